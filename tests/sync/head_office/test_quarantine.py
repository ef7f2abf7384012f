"""What head office kept as bytes only, looked at and released (R6, R9)."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from sync.head_office import quarantine, reports, upkeep
from tests.sync import chain as kit
from tests.sync.head_office.office_kit import CHECKOUT, JournalingTill, line, transaction


def holds(hq):
    hq.engine.fold()
    result = upkeep.verify(hq.office)
    assert not result.problems, result.problems


def net(hq) -> str:
    hq.engine.fold()
    return reports.daily(hq.office.dialect)[0]["net"]


@pytest.fixture
def damaged(hq):
    """A till whose second sale came with a hash that its bytes do not give."""
    till = JournalingTill()
    till.open()
    till.sell(transaction(1, [line(1, "A", 1000, 500)]))
    till.sell(transaction(2, [line(1, "A", 1000, 300)]))
    till.append_bytes(till.records.pop()[1], stated=b"\x07" * 32)
    till.sell(transaction(3, [line(1, "A", 1000, 20)]))
    assert hq.take(till).quarantined == (3,)
    return till


def test_a_released_entry_counts_as_if_it_had_come_well(hq, damaged):
    [held] = quarantine.listed(hq.office)
    assert held.key == "01/1/1/3"
    assert net(hq) == "5.20"
    shown = quarantine.show(hq.office, held.key)
    assert (shown.gives_its_hash, shown.problem, shown.kind) == (False, "", "transaction")
    assert '"T0002"' in shown.text

    assert quarantine.release(hq.office, held.key, by="王会计", reason="纸条核对") == "released"

    assert net(hq) == "8.20"
    assert quarantine.listed(hq.office) == []
    assert [h.released_utc_ms > 0 for h in quarantine.listed(hq.office, everything=True)] == [True]
    assert hq.rows("SELECT detail FROM sales_audit WHERE code = 'quarantine_released'") == [
        ("王会计: released 纸条核对",)
    ]
    [(flags, digest)] = hq.rows("SELECT flags, hash FROM journal WHERE seq = 3")
    assert (flags, digest) == ("released", b"\x07" * 32)
    holds(hq)
    assert hq.take(damaged).acked_seq == 4  # the till's repeat changes nothing
    with pytest.raises(quarantine.NotReleased, match="before"):
        quarantine.release(hq.office, held.key, by="王会计")
    assert net(hq) == "8.20"


def test_what_was_sent_again_meanwhile_is_not_booked_twice(hq, damaged):
    uuid = quarantine.show(hq.office, "01/1/1/3").entry_uuid
    damaged.sell(transaction(2, [line(1, "A", 1000, 300)]), entry_uuid=uuid)
    hq.take(damaged, 5)
    assert quarantine.show(hq.office, "01/1/1/3").booked_elsewhere == "01/1/1/5"

    assert quarantine.release(hq.office, "01/1/1/3", by="王会计") == quarantine.REPEAT

    assert net(hq) == "8.20"
    assert hq.rows("SELECT flags, entry_uuid FROM journal WHERE seq = 3") == [
        (quarantine.REPEAT, None)
    ]
    holds(hq)


def test_released_first_and_sent_again_later_counts_once(hq, damaged):
    uuid = quarantine.show(hq.office, "01/1/1/3").entry_uuid
    quarantine.release(hq.office, "01/1/1/3", by="王会计")
    damaged.sell(transaction(2, [line(1, "A", 1000, 300)]), entry_uuid=uuid)
    hq.take(damaged, 5)
    assert net(hq) == "8.20"
    assert hq.rows("SELECT flags FROM journal WHERE seq = 5") == [("repeat",)]
    holds(hq)


def test_what_nobody_can_read_stays_with_its_reason(hq):
    till = JournalingTill()
    till.open()
    till.append_bytes(b"\xff\x00 no entry")
    till.note()
    hq.take(till)
    shown = quarantine.show(hq.office, "01/1/1/2")
    assert shown.gives_its_hash
    assert "not a journal entry" in shown.problem
    assert shown.text.startswith("\\xff")
    with pytest.raises(quarantine.NotReleased, match="cannot be read"):
        quarantine.release(hq.office, "01/1/1/2", by="王会计")
    assert len(quarantine.listed(hq.office)) == 1
    holds(hq)


@pytest.mark.parametrize("key", ["", "01", "01/1/1/99", "01/x/1/2", "a/b/c/d/e", "01/1/1/2/"])
def test_a_key_that_is_none_is_told(hq, key):
    with pytest.raises(LookupError):
        quarantine.show(hq.office, key)
    with pytest.raises(quarantine.NotReleased, match="name"):
        quarantine.release(hq.office, key, by=" ")


def test_the_command_lists_shows_and_releases(tmp_path):
    from tests.sync.head_office.office_kit import make_office

    hq = make_office(tmp_path)
    till = JournalingTill()
    till.open()
    till.sell(transaction(2, [line(1, "A", 1000, 300)]))
    till.append_bytes(till.records.pop()[1], stated=b"\x07" * 32)
    hq.take(till)
    hq.office.close()

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "sync.head_office", "quarantine", *arguments, "--home", tmp_path],
            cwd=CHECKOUT, env=kit.environment(), capture_output=True, text=True, check=False,
        )  # fmt: skip

    waiting = run("list")
    assert (waiting.returncode, waiting.stdout.split()[0]) == (1, "01/1/1/2")
    assert json.loads(run("show", "01/1/1/2").stdout)["kind"] == "transaction"
    assert run("release", "01/1/1/9", "--by", "x").returncode == 2
    done = run("release", "01/1/1/2", "--by", "王会计")
    assert (done.returncode, done.stdout) == (0, "Booked.\n"), done.stderr
    assert (run("list").returncode, run("list").stdout) == (0, "Nothing is in quarantine.\n")
