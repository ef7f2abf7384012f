"""`pos journal rollover`, and what the other commands say of several journal files (R30)."""

import pytest

from pos.bootstrap import build_till
from pos.services import shifts
from pos.store.journal_files import journal_files
from tests.pos.commands.conftest import pos
from tests.support import headless


@pytest.fixture
def closed(traded):
    """The home after its day was closed."""
    till = build_till(traded)
    try:
        headless.sign_on(till)
        cash = shifts.shift_totals(till).expected_minor("cash")
        done = shifts.close_day(till, {"cash": cash})
        assert isinstance(done, shifts.DayClosed), done
        done.saved.result()
    finally:
        headless.close_counter(till)
    return traded


def test_a_dry_run_says_what_is_in_the_way_and_does_nothing(traded):
    ran = pos("journal", "rollover", "--dry-run", home=traded)

    assert ran.code == 75
    assert "2026-11-21 is open" in ran.out
    assert [path.name for path in journal_files(traded)] == ["journal.db"]


def test_a_dry_run_works_beside_the_running_till(closed):
    till = build_till(closed)
    try:
        facts = pos("journal", "rollover", "--dry-run", "--json", home=closed).json
    finally:
        headless.close_counter(till)

    assert [one["code"] for one in facts["obstacles"]] == ["not_backed_up"]
    assert facts["carried"]["till_state"] == 1
    assert facts["carried"]["local_operator"] == 2


def test_by_hand_a_running_till_holds_its_journal(closed):
    till = build_till(closed)
    try:
        ran = pos("journal", "rollover", home=closed)
    finally:
        headless.close_counter(till)

    assert ran.code == 75
    assert "journal.lock" in ran.err


def test_the_journal_goes_on_and_every_command_reads_both_files(closed):
    refused = pos("journal", "rollover", home=closed)
    assert (refused.code, "pos backup" in refused.err) == (75, True)
    assert pos("backup", home=closed).code == 0

    ran = pos("journal", "rollover", home=closed)

    assert ran.code == 0, ran.err
    old, new = journal_files(closed)
    assert new.name in ran.out
    assert "switching" in ran.out
    verified = pos("journal", "verify", "--json", home=closed).json
    assert (verified["ok"], len(verified["epochs"])) == (True, 2)
    assert verified["kinds"]["transaction"] == 3
    shown = pos("journal", "show", "--day", "2026-11-21", "--kind", "transaction", home=closed)
    assert shown.out.count("transaction_no=") == 3
    number = shown.out.split("transaction_no=")[1].split()[0]
    assert number in pos("receipt", "preview", number, home=closed).out
    status = {file["name"]: file for file in pos("db", "status", "--json", home=closed).json}
    assert (status[old.name]["closed"], status[new.name]["closed"]) == (True, False)
    assert status[old.name]["days"] == ["2026-11-21", "2026-11-21"]
    assert pos("db", "rebuild", "--json", home=closed).json["identical"] is True
    doctor = pos("doctor", home=closed)
    assert f"{old.name} is whole" in doctor.out
    assert "closed; business days 2026-11-21 to 2026-11-21" in doctor.out
