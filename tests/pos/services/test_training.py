"""Training: a database and a number range of its own; the live journal says only when it was."""

from __future__ import annotations

import pytest

from pos.bootstrap import build_till, close_till
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.services import returnable, training
from pos.services.context import NeedsApproval
from pos.store.clock import FixedClock
from tests.pos.services import shop as support
from tests.pos.services.test_payment_terminal import grant_for


@pytest.fixture
def counter(open_shop):
    support.act_as(open_shop, "3001")
    return open_shop


def begin(till):
    needed = training.begin(till)
    assert isinstance(needed, NeedsApproval)
    assert needed.rule == "training.switch"
    begun = training.begin(till, grant_for(till, needed))
    assert isinstance(begun, training.Switched)
    begun.saved.result()


def test_the_live_journal_says_that_it_began_and_ended_and_nothing_else(counter):
    before = counter.journal.head()[0]
    begin(counter)
    training.end(counter).saved.result()

    assert [one.began for one in support.entries(counter, EntryKind.TRAINING)] == [True, False]
    # The approval that let it begin is the live till's own.
    assert counter.journal.head()[0] == before + 3


def test_an_end_without_a_beginning_is_not_noted(counter):
    assert training.end(counter) is None
    begin(counter)
    training.end(counter).saved.result()
    assert training.end(counter) is None


def test_training_left_by_a_crash_is_ended_by_the_next_start(counter):
    begin(counter)  # and the power fails during practice
    ended = training.end(counter)

    assert ended is not None
    ended.saved.result()
    assert [one.began for one in support.entries(counter, EntryKind.TRAINING)] == [True, False]


def test_it_begins_between_sales_only(counter):
    from pos.services import checkout

    checkout.scan(counter, "6901234567892")
    result = training.begin(counter)
    assert isinstance(result, Refusal)
    assert result.code == "sale_open"


def test_practice_slips_have_numbers_of_their_own_and_bring_nothing_back(tmp_path, counter):
    home = tmp_path / "live"
    home.mkdir()
    (home / "guitai.toml").write_text(
        '[store]\nstore_id = "01"\n[workstation]\nworkstation_id = "01"\n'
    )
    practice = build_till(home, clock=FixedClock(support.START), training=True)
    try:
        support.staff(practice)
        support.act_as(practice, "1001")
        support.begin_day(practice)
        slip = support.sell(practice, ("W550", 1000))
    finally:
        close_till(practice)

    assert slip.transaction_no == "01T01-20261121-0001"
    assert not (home / "journal.db").exists()
    refused = returnable.find_receipt(counter, slip.transaction_no)
    assert isinstance(refused, Refusal)
    assert refused.code == "practice_receipt"
