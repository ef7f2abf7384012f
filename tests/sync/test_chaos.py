"""The real uploader and the real head office over a line that loses, cuts, repeats and lies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pos.domain.journal import GENESIS_HASH, chain_hash
from tests.sync import chain as kit
from tests.sync.head_office.office_kit import CHECKOUT, Server
from tests.sync.kit import note, open_day, sell

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

MISHAPS = (
    "slow",
    "drop-request",
    "cut-request",
    "drop-answer",
    "cut-answer",
    "twice",
    "later",
    "black-hole",
    "portal",
    "portal-redirect",
    "bad-gateway",
    "wrong-json",
    "busy",
    "too-large",
    "reset",
)


class Line:
    """A chaos proxy before a head office."""

    def __init__(self, folder: Path, url: str) -> None:
        self.plan = folder / "plan.json"
        self.set({"pass": 1.0})
        ready = folder / "line.ready"
        self.process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "tests.support.chaos_proxy",
                "--to",
                url.removeprefix("http://"),
                "--plan",
                str(self.plan),
                "--ready",
                str(ready),
            ],
            cwd=CHECKOUT,
        )
        kit.until(lambda: ready.exists() or self.process.poll() is not None)
        self.url = ready.read_text()

    def set(self, mishaps: dict[str, float], seed: int = 1) -> None:
        """Change the line from the next request on."""
        draft = self.plan.with_suffix(".part")
        draft.write_text(json.dumps({"seed": seed, "mishaps": mishaps}))
        draft.replace(self.plan)

    @property
    def counts(self) -> dict[str, int]:
        """What was done how often."""
        file = self.plan.with_suffix(".counts.json")
        return dict(json.loads(file.read_text())) if file.exists() else {}

    def close(self) -> None:
        self.process.terminate()
        self.process.wait(10)


@pytest.fixture
def chain(tmp_path):
    hq = kit.make_head_office(tmp_path / "hq")
    with Server(hq) as server:
        line = Line(tmp_path, server.url)
        till = kit.make_till(tmp_path / "till", hq, line.url)
        kit.set_sync(till, line.url, timeout_s=1, backoff_max_s=1)
        journal = kit.open_till(till)
        open_day(journal, "2026-11-21")
        yield hq, till, journal, line
        journal.close()
        line.close()


def assert_equal_books(hq, journal) -> None:
    """Head office has the till's chain, byte for byte and once, and its sums."""
    ours = journal.reader().execute(
        "SELECT seq, hash, CAST(bytes AS BLOB) FROM journal_entry ORDER BY seq"
    )
    theirs = kit.ask(hq, "SELECT seq, hash, bytes FROM journal ORDER BY seq")
    assert [tuple(row) for row in theirs] == ours.fetchall()
    previous = GENESIS_HASH
    for _, digest, data in theirs:
        assert chain_hash(previous, data) == digest
        previous = digest
    count, total = (
        journal.reader()
        .execute("SELECT count(*), coalesce(sum(total_minor), 0) FROM txn")
        .fetchone()
    )
    [(transactions, gross)] = kit.ask(
        hq,
        "SELECT COALESCE(SUM(transactions), 0), COALESCE(SUM(gross_sales_minor), 0) "
        "FROM daily WHERE dimension = 'store'",
    )
    assert (transactions, gross) == (count, total)


def drained(till) -> bool:
    return kit.status(till)["unsent"] == 0


@pytest.mark.parametrize("mishap", MISHAPS)
def test_each_mishap_alone_costs_time_and_nothing_else(chain, mishap):
    hq, till, journal, line = chain
    line.set({"pass": 0.4, mishap: 0.6}, seed=7)
    with kit.UploaderProcess(till):
        for number in range(1, 13):
            sell(journal, number, number)
            time.sleep(0.05)
        kit.until(lambda: line.counts.get(mishap, 0) >= 2, timeout_s=60)
        line.set({"pass": 1.0})
        kit.until(lambda: drained(till), timeout_s=60)

    assert_equal_books(hq, journal)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_everything_at_once_with_kills_of_the_uploader(chain, seed):
    hq, till, journal, line = chain
    line.set({"pass": 4.0} | dict.fromkeys(MISHAPS, 0.5), seed=seed)
    number = 0
    for _ in range(4):
        with kit.UploaderProcess(till) as uploader:
            for _ in range(8):
                number += 1
                sell(journal, number, number)
                note(journal, f"note {number}")
                time.sleep(0.1)
            uploader.stop(signal.SIGKILL)
    line.set({"pass": 1.0})
    with kit.UploaderProcess(till):
        kit.until(lambda: drained(till), timeout_s=60)

    assert_equal_books(hq, journal)
    assert sum(line.counts.values()) - line.counts.get("pass", 0) > 0


def test_without_mishaps_the_same_line_drains_at_once(chain):
    """The control: what the tests above overcome is the line's doing."""
    hq, till, journal, line = chain
    for number in range(1, 13):
        sell(journal, number, number)
    began = time.monotonic()

    done = kit.sync("once", "--home", till)

    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < 20
    assert set(line.counts) == {"pass"}
    assert_equal_books(hq, journal)
