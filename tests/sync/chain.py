"""A head office that is served, enrolled tills, and their uploader as a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

from pos.config import HomePaths
from pos.store.clock import SystemClock
from pos.store.journal import Identity, JournalStore
from pos.store.reference_writer import ReferenceWriter
from sync.enrolment import keep_identity, machine_id, make_key
from sync.head_office import stores
from sync.head_office.auth import Auth
from sync.head_office.database import HeadOffice, initialise, open_head_office
from sync.head_office.home import HeadOfficeHome
from sync.protocol import PROTOCOL, EnrolRequest, public_key_of
from tests.sync.head_office.office_kit import CHECKOUT

STORE = "001"


def make_head_office(home: Path) -> Path:
    """An empty head office with one store."""
    office = initialise(
        HeadOfficeHome(home, f"sqlite:///{home / 'hq.db'}"), currency="CNY", app_version="test"
    )
    stores.add_store(office, STORE, name="测试店")
    office.close()
    return home


def new_code(hq: Path, workstation: str = "01") -> str:
    """A one-use code, as `hq enrol` prints."""
    office = open_head_office(hq)
    try:
        return Auth(office).new_code(STORE, workstation)
    finally:
        office.close()


def ask(hq: Path, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """Read head office's database beside its server."""
    office: HeadOffice = open_head_office(hq, read_only=True)
    try:
        return office.dialect.query(sql, values)
    finally:
        office.close()


def make_till(home: Path, hq: Path, url: str, workstation: str = "01") -> Path:
    """An enrolled home whose uploader is quick; enrolled beside the server, which counts them."""
    HomePaths(home).create()
    office = open_head_office(hq)
    auth = Auth(office)
    answer = auth.enrol(
        EnrolRequest(
            protocol=PROTOCOL,
            code=auth.new_code(STORE, workstation),
            public_key=public_key_of(make_key(home)),
            machine_id=machine_id(),
            app_version="test",
            till_clock_ms=0,
        )
    )
    office.close()
    with ReferenceWriter.open(home, app_version="test") as writer:
        keep_identity(writer, answer, url, SystemClock())
    set_sync(home, url)
    return home


def set_sync(home: Path, url: str, **more: Any) -> None:
    """Write the home's `[sync]`."""
    values = {"interval_s": 1, "timeout_s": 5, "backoff_max_s": 2} | more
    lines = [f"{key} = {value}" for key, value in values.items()]
    (home / "guitai.toml").write_text(
        "\n".join(["[sync]", f'head_office_url = "{url}"', *lines]) + "\n", encoding="utf-8"
    )


def open_till(home: Path, workstation: str = "01") -> JournalStore:
    """The till's journal, by the machine's clock."""
    return JournalStore.open(
        home, Identity(store_id=STORE, workstation_id=workstation), SystemClock(), "test"
    )


def environment() -> dict[str, str]:
    """What child processes see: no home of the person who runs the tests, English."""
    kept = {k: v for k, v in os.environ.items() if k not in ("HQ_HOME", "POS_HOME", "LANGUAGE")}
    return kept | {"LC_ALL": "C.UTF-8", "LANG": "C.UTF-8"}


def sync(*arguments: object, timeout_s: float = 60) -> subprocess.CompletedProcess[str]:
    """Run `pos-sync` to its end."""
    return subprocess.run(
        [sys.executable, "-m", "sync", *map(str, arguments)],
        cwd=CHECKOUT,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


class UploaderProcess:
    """`pos-sync run` for a home."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self.process = subprocess.Popen(
            [sys.executable, "-m", "sync", "run", "--home", str(home), *arguments],
            cwd=CHECKOUT,
            env=environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def stop(self, number: int = signal.SIGTERM) -> tuple[int, str]:
        """Signal it and wait; returns exit code and output."""
        if self.process.poll() is None:
            self.process.send_signal(number)
        output, _ = self.process.communicate(timeout=20)
        return self.process.returncode, output

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop(signal.SIGKILL)


def until(what: Callable[[], Any], *, timeout_s: float = 30.0) -> Any:
    """Wait for another process's doing; returns what it was waited for."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = what()
        if found:
            return found
        if time.monotonic() > deadline:
            raise AssertionError("it did not happen in time")
        time.sleep(0.02)


def status(home: Path) -> dict[str, Any]:
    """`pos-sync status --json`, without a process."""
    from sync.cli import _facts

    return dict(json.loads(json.dumps(_facts(home))))
