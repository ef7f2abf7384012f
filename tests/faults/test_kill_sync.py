"""kill -9 of uploader and head office at random instants while a till sells and pushes."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.faults.process import CHECKOUT, Home, Running, running
from tests.support.headless import code_of

pytestmark = [pytest.mark.fault, pytest.mark.timeout(900)]

KILLS = 12


def command(module: str, *arguments: object) -> list[str]:
    """Command line of one of the product's programs."""
    return [sys.executable, "-m", module, *map(str, arguments)]


def ended(module: str, *arguments: object, codes: tuple[int, ...] = (0,)) -> str:
    """Run a program to its end and return what it printed."""
    done = subprocess.run(
        command(module, *arguments), cwd=CHECKOUT, capture_output=True, text=True, timeout=120,
        check=False, env={k: v for k, v in os.environ.items() if k not in ("HQ_HOME", "POS_HOME")},
    )  # fmt: skip
    assert done.returncode in codes, f"{arguments}: {done.stdout[-1500:]}{done.stderr[-3000:]}"
    return done.stdout


class Process:
    """A long-running program that is killed and started again."""

    def __init__(self, *line: str) -> None:
        self.line = line
        self.process: subprocess.Popen[bytes] | None = None
        self.kills = 0

    def start(self) -> None:
        """Start it."""
        self.process = subprocess.Popen(
            self.line, cwd=CHECKOUT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def kill(self) -> None:
        """kill -9."""
        assert self.process is not None
        if self.process.poll() is None:
            self.kills += 1
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(timeout=30)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class Chain:
    """A head office with one till enrolled at it."""

    def __init__(self, folder: Path, home: Home) -> None:
        self.office_home = folder / "head-office"
        self.home = home
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        ended("sync.head_office", "init", "--home", self.office_home)
        ended("sync.head_office", "add-store", "--home", self.office_home, "S1", "--name", "店")
        items = folder / "items.csv"
        rows = [f"{1000 + i},goods{i},{(100 + i) / 100:.2f},{code_of(i)}\n" for i in range(40)]
        items.write_text("item_code,name,price,barcodes\n" + "".join(rows), encoding="utf-8")
        ended(
            "sync.head_office", "import-items", "--home", self.office_home, items,
            "--effective-day", "2020-01-01",
        )  # fmt: skip
        answer = json.loads(
            ended(
                "sync.head_office",
                "enrol",
                "--home",
                self.office_home,
                "--store",
                "S1",
                "--workstation",
                "01",
                "--json",
            )
        )
        self.office = Process(
            *command("sync.head_office", "serve", "--home", self.office_home, "--port", port)
        )
        self.uploader = Process(*command("sync", "run", "--home", home.path))
        self.office.start()
        self.wait_for_office()
        ended("sync", "enrol", "--home", home.path, "--url", self.url, "--code", answer["code"])
        ended("sync", "once", "--home", home.path)

    def wait_for_office(self) -> None:
        """Until it listens."""
        host, port = self.url.removeprefix("http://").split(":")
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                socket.create_connection((host, int(port)), timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        pytest.fail("head office never listened")

    def received(self) -> int:
        """Entries that head office holds."""
        with contextlib.closing(
            sqlite3.connect(f"file:{self.office_home / 'hq.db'}?mode=ro", uri=True)
        ) as connection:
            return int(connection.execute("SELECT count(*) FROM journal").fetchone()[0])

    def drain(self) -> None:
        """Everything goes up."""
        if self.uploader.process is not None:
            self.uploader.kill()
        ended("sync", "once", "--home", self.home.path)

    def daily(self) -> list[dict[str, Any]]:
        """Head office's days of the store."""
        printed = json.loads(
            ended("sync.head_office", "daily", "--home", self.office_home, "--format", "json")
        )
        return list(printed["rows"] if isinstance(printed, dict) else printed)

    def close(self) -> None:
        """End both."""
        for process in (self.uploader, self.office):
            if process.process is not None:
                process.kill()


@pytest.fixture
def chain(disk: Path, home: Home) -> Iterator[Chain]:
    """Head office and till, certainly ended."""
    made = Chain(disk, home)
    yield made
    made.close()


def till_figures(home: Home) -> dict[str, int]:
    """The till's own day, from its projections."""
    with contextlib.closing(
        sqlite3.connect(f"file:{home.path / 'journal.db'}?mode=ro", uri=True)
    ) as connection:
        entries, (transactions, net), (lines, units) = (
            connection.execute("SELECT count(*) FROM journal_entry").fetchone()[0],
            connection.execute("SELECT count(*), sum(total_minor) FROM txn").fetchone(),
            connection.execute("SELECT count(*), sum(quantity_milli) FROM txn_line").fetchone(),
        )
    return {
        "entries": entries, "transactions": transactions, "net": net, "lines": lines, "units": units,
    }  # fmt: skip


def assert_received(chain: Chain) -> dict[str, int]:
    """Head office holds what the till holds, no more and no less; returns the till's figures."""
    own, rows = till_figures(chain.home), chain.daily()

    def total(name: str) -> Decimal:
        return sum((Decimal(str(row[name])) for row in rows), Decimal(0))

    assert chain.received() == own["entries"]
    assert total("transactions") == own["transactions"]
    assert total("lines") == own["lines"]
    assert total("net") * 100 == own["net"]
    assert total("units_sold") * 1000 == own["units"]
    ended("sync.head_office", "verify", "--home", chain.office_home)
    return own


def sell_meanwhile(chain: Chain, till: Running, seed: int, victims: tuple[Process, ...]) -> None:
    """Kill at random instants, let the till go on, start again."""
    chance = random.Random(seed)
    for number in range(KILLS):
        victim = victims[number % len(victims)]
        time.sleep(0.2 + chance.random() * 0.8)
        victim.kill()
        time.sleep(chance.random() * 0.3)
        victim.start()
        if victim is chain.office:
            chain.wait_for_office()
        assert till.wait_for("ack"), till.said[-3:]


@pytest.mark.parametrize("what", ["uploader", "head office", "both"])
def test_kill_9_between_till_and_head_office_loses_and_doubles_nothing(
    chain: Chain, what: str
) -> None:
    victims = {
        "uploader": (chain.uploader,),
        "head office": (chain.office,),
        "both": (chain.uploader, chain.office),
    }[what]

    chain.uploader.start()
    with running(chain.home.command("--lines", "3", "--pause-s", "0.02")) as till:
        assert till.wait_for("ack"), till.said
        sell_meanwhile(chain, till, len(what), victims)
        till.kill()
    chain.drain()

    assert sum(victim.kills for victim in victims) >= KILLS
    assert chain.home.check().faults == []
    own = assert_received(chain)
    print(f"\n{what}: {KILLS} kills, {own['transactions']} sales, equal at both ends")


def test_till_uploader_and_head_office_killed_together_agree_again(chain: Chain) -> None:
    chance = random.Random(77)
    for _ in range(5):
        chain.uploader.start()
        with running(chain.home.command("--lines", "3", "--pause-s", "0.01")) as till:
            assert till.wait_for("ack"), till.said
            time.sleep(chance.random())
            for process in (chain.office, chain.uploader):
                process.kill()
            till.kill()
        chain.office.start()
        chain.wait_for_office()
    chain.drain()

    assert chain.home.check().faults == []
    assert_received(chain)


def test_an_acknowledgement_that_was_never_earned_is_found(chain: Chain) -> None:
    # Negative control: an uploader that notes what head office does not hold leaves a hole that
    # the comparison of the two days sees.
    chain.home.run("--sales", "5")
    with contextlib.closing(sqlite3.connect(chain.home.path / "reference.db")) as connection:
        connection.execute("UPDATE ack SET acked_seq = acked_seq + 4")
        connection.commit()

    with pytest.raises(AssertionError):
        assert_received(chain)
    chain.drain()
    assert_received(chain)  # and the next hello heals it (R16)
