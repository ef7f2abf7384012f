"""A number that stands on a customer's receipt is not given again after a journal was lost (R19)."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from pos.domain.journal import EntryKind
from pos.services import shifts
from pos.store.clock import FixedClock
from pos.store.reference_writer import ReferenceWriter
from pos.store.verification import verify_journal
from tests.pos.services.shop import DAY, START, act_as, entries, open_till, sell, staff


def trading(home, *, clock=None, day: str = ""):
    till = open_till(home, clock=clock)
    act_as(till, "3001")
    if day:
        opened = shifts.open_day(till, day, 0)
        assert isinstance(opened, shifts.DayOpened), opened
        opened.saved.result()
    return till


@pytest.fixture
def home(tmp_path):
    till = open_till(tmp_path)
    staff(till)
    till.journal.close()
    return tmp_path


def restored(home) -> None:
    """As `pos restore` leaves a home."""
    (home / "restore.json").write_text(json.dumps({"agreed_seq": 0}))


def test_without_a_loss_numbers_go_on_one_by_one(home):
    till = trading(home, day=DAY)
    assert [sell(till, ("W550", 1000)).number for _ in range(2)] == [1, 2]
    till.journal.close()
    till = trading(home)

    assert sell(till, ("W550", 1000)).number == 3
    till.journal.close()


def test_in_a_restored_day_they_go_on_after_a_gap(home):
    till = trading(home, day=DAY)
    sell(till, ("W550", 1000))
    till.journal.close()
    restored(home)
    till = trading(home)

    assert sell(till, ("W550", 1000)).number == 1002
    assert sell(till, ("W550", 1000)).number == 1003
    till.journal.close()
    found = verify_journal(home / "journal.db")
    assert (found.broken, found.differing) == (None, ())


def test_a_day_that_the_lost_journal_may_have_opened_begins_after_the_gap(home):
    restored(home)
    till = trading(home, day=DAY)
    assert sell(till, ("W550", 1000)).number == 1001
    (opened,) = entries(till, EntryKind.DAY_OPEN)
    assert opened.first_number == 1001
    till.journal.close()
    found = verify_journal(home / "journal.db")
    assert (found.broken, found.differing) == (None, ())


def test_days_after_the_loss_begin_with_one(home):
    restored(home)
    till = trading(home)
    till.journal.close()
    till = trading(home, clock=FixedClock(START + timedelta(days=3)), day="2026-11-24")

    assert sell(till, ("W550", 1000)).number == 1
    till.journal.close()


@pytest.mark.parametrize(("known", "first"), [(DAY, 1001), ("2026-11-20", 1), ("", 1)])
def test_a_new_disk_does_not_repeat_what_head_office_knows_of_its_place(home, known, first):
    with ReferenceWriter.open(home, app_version="test") as writer:
        writer.set_metas({"last_business_day": known})
    till = trading(home, day=DAY)

    assert sell(till, ("W550", 1000)).number == first
    till.journal.close()
