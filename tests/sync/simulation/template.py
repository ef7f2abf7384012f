"""Homes that every seed starts from: made once per process by the product's own set-up, then copied."""

from __future__ import annotations

import atexit
import base64
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from unittest.mock import patch

from pos.store import journal as journal_module
from pos.store import reference_writer as writer_module
from pos.store.migrate import migrate
from pos.store.migrations import JOURNAL
from pos.store.reference_writer import ReferenceWriter
from sync import protocol
from sync.enrolment import key_path
from sync.head_office import stores
from sync.head_office.auth import Auth
from sync.head_office.database import initialise
from sync.head_office.home import HeadOfficeHome
from sync.inbox import INCARNATION

STORE = "001"
TILLS = 3
START_MS = 1_795_300_000_000
"""2026-11-21 in UTC."""


def scratch() -> Path:
    """Where databases of a simulation lie: in memory when the machine has such a place."""
    shared = Path("/dev/shm")
    return shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())


def uuid_of(number: int) -> str:
    """Identity of the n-th till; fixed, because the engine's pace is drawn from it."""
    return f"00000000-0000-4000-8000-{number:012d}"


def key_of(number: int) -> bytes:
    """Private key of the n-th till; fixed."""
    return bytes([number]) * 32


@lru_cache(maxsize=1)
def template() -> Path:
    """Folder with `office/` and `till1/` … `till3/`."""
    folder = Path(tempfile.mkdtemp(prefix="guitai-template-", dir=scratch()))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    home = folder / "office"
    office = initialise(
        HeadOfficeHome(home, f"sqlite:///{home / 'hq.db'}"),
        currency="CNY",
        app_version="simulation",
        clock_ms=lambda: START_MS,
    )
    stores.add_store(office, STORE, name="Simulated")
    with office.dialect.transaction():
        office.set_setting("incarnation", "life-0")
    office.incarnation = "life-0"
    office.dialect.connection().execute("VACUUM INTO ?", (str(home / "before.db"),))
    for number in range(1, TILLS + 1):
        _till(folder / f"till{number}", enrol(Auth(office), number), key_of(number))
    office.close()
    return folder


def enrol(auth: Auth, number: int) -> protocol.EnrolAnswer:
    """Enrol the n-th till with a fresh code and its own key, claiming its identity back (R16)."""
    code = auth.new_code(STORE, f"{number:02d}")
    public = protocol.public_key_of(key_of(number))
    message = protocol.reclaim_message(code, uuid_of(number), public)
    return auth.enrol(
        protocol.EnrolRequest(
            protocol=protocol.PROTOCOL,
            code=code,
            public_key=public,
            machine_id=f"machine-{number}",
            app_version="simulation",
            till_clock_ms=START_MS,
            reclaim_uuid=uuid_of(number),
            reclaim_signature=protocol.sign(key_of(number), message),
        )
    )


@contextmanager
def current_schema() -> Iterator[None]:
    """While it lasts, files are taken to have the newest schema, as every copy of the template has."""

    def nothing(*_: object, **__: object) -> None:
        pass

    with (
        patch.object(journal_module, "migrate", nothing),
        patch.object(writer_module, "migrate", nothing),
    ):
        yield


def _till(home: Path, answer: protocol.EnrolAnswer, key: bytes) -> None:
    home.mkdir()
    key_path(home).parent.mkdir()
    key_path(home).write_text(base64.b64encode(key).decode())
    migrate(home / "journal.db", JOURNAL, backup_dir=home / "backups", app_version="simulation")
    with ReferenceWriter.open(home, app_version="simulation") as writer:
        writer.set_metas(
            {
                "workstation_uuid": answer.workstation_uuid,
                "store_id": answer.store_id,
                "workstation_id": answer.workstation_id,
                INCARNATION: answer.incarnation,
            }
        )
