"""Goods and money back: never more than was sold, never more than was paid (R33, RET-02)."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import msgspec
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from pos.domain.cart import LineKind, Refusal
from pos.domain.journal import EntryKind
from pos.domain.sale import TransactionType
from pos.domain.tender import CASH
from pos.services import approvals, checkout, returnable, returns, reversals, shifts
from pos.services.context import NeedsApproval
from pos.store.returns_guard import NothingLeftToReturn, left_of
from tests.pos.services.shop import act_as, begin_day, entries, open_till, pay, pin_of, sell, staff


def grant(till, needed, who="8001"):
    given_ = approvals.grant(
        till, needed.right, who, pin_of(who), "ok", limit_value=needed.limit_value
    )
    assert not isinstance(given_, Refusal), given_
    return given_


@pytest.fixture
def counter(open_shop):
    act_as(open_shop, "1001")
    return open_shop


def discounted_sale(till):
    """Three for 1.00 and a water, 0.40 taken off the whole."""
    act_as(till, "8001")
    checkout.add_item(till, "ODD", 3000)
    checkout.add_item(till, "W550", 1000)
    changed = checkout.discount_whole(till, 40, "goodwill")
    assert isinstance(changed, checkout.CartChanged), changed
    sold = pay(till)
    act_as(till, "1001")
    return sold


def test_a_scanned_receipt_shows_what_can_come_back(counter):
    sold = sell(counter, ("W550", 2000), ("NOOD", 1000), given=2000)
    found = returnable.find_receipt(counter, sold.transaction_no)
    assert [(one.remaining_milli, one.remaining_minor) for one in found.lines] == [
        (2000, 400),
        (1000, 450),
    ]
    assert (found.tender_types, found.undecided, found.late) == (("cash",), False, False)


def test_a_returned_piece_is_paid_back_and_cannot_come_back_again(counter):
    sold = sell(counter, ("W550", 2000))
    started = returns.start_return(counter, sold.transaction_no, {1: 1000}, "quality")
    assert started.refund_minor == 200
    back = pay(counter)
    assert (back.transaction_type, back.total_minor) == (TransactionType.RETURN, -200)
    assert back.original_transaction_no == sold.transaction_no
    assert [t.amount_minor for t in back.tenders] == [-200]
    (line,) = back.lines
    assert (line.kind, line.quantity_milli, line.original.line_no) == (LineKind.RETURN, -1000, 1)
    left = returnable.find_receipt(counter, sold.transaction_no).lines[0]
    assert left.remaining_milli == 1000
    refused = returns.start_return(counter, sold.transaction_no, {1: 2000})
    assert (refused.code, refused.values["left_milli"]) == ("nothing_left", 1000)


def test_what_is_paid_back_is_what_was_paid_discount_included(counter):
    sold = discounted_sale(counter)
    paid = {line.line_no: line.amount_minor for line in sold.lines}
    refunds = []
    for _ in range(3):
        refunds.append(returns.start_return(counter, sold.transaction_no, {1: 1000}).refund_minor)
        pay(counter)
    assert sum(refunds) == paid[1]
    assert max(refunds) - min(refunds) <= 1
    rest = returns.start_return(counter, sold.transaction_no)
    assert rest.refund_minor == paid[2]


def test_discounts_come_back_with_the_goods(counter):
    sold = discounted_sale(counter)
    returns.start_return(counter, sold.transaction_no)
    back = pay(counter)
    assert back.total_minor == -sold.total_minor
    assert back.discount_minor == -sold.discount_minor


def test_lines_already_on_the_screen_count_as_gone(counter):
    sold = sell(counter, ("W550", 2000))
    returns.start_return(counter, sold.transaction_no, {1: 2000}).saved.result()
    assert returns.start_return(counter, sold.transaction_no, {1: 1000}).code == "nothing_left"
    assert returns.start_return(counter, sold.transaction_no).code == "nothing_left"


def test_the_database_holds_the_line_when_two_returns_were_begun(counter):
    sold = sell(counter, ("W550", 1000))
    returns.start_return(counter, sold.transaction_no)
    checkout.park(counter).saved.result()
    returns.start_return(counter, sold.transaction_no)
    pay(counter)
    parked = checkout.parked(counter)[0]
    checkout.recall(counter, parked.sale_uuid)
    checkout.tender(counter, CASH)
    done = checkout.complete(counter)
    assert isinstance(done.saved.exception(), NothingLeftToReturn)
    assert len(entries(counter, EntryKind.TRANSACTION)) == 2


def test_an_exchange_is_one_document_with_one_net_amount(counter):
    sold = sell(counter, ("NOOD", 1000))
    returns.start_return(counter, sold.transaction_no)
    exchanged = sell(counter, ("W550", 1000))
    assert exchanged.transaction_type is TransactionType.SALE
    assert exchanged.total_minor == 200 - 450


def test_a_return_line_can_be_neither_repriced_nor_raised(counter):
    act_as(counter, "8001")
    sold = sell(counter, ("W550", 2000))
    returns.start_return(counter, sold.transaction_no, {1: 1000})
    line_no = counter.sale.cart.lines[-1].line_no
    act_as(counter, "8001")
    assert checkout.override_price(counter, line_no, 21_000, "x").code == "price_fixed_by_label"
    assert isinstance(checkout.change_quantity(counter, line_no, -2000), Refusal)


def test_a_late_return_takes_an_approval(counter):
    sold = sell(counter, ("W550", 1000))
    act_as(counter, "8001")
    shifts.close_day(counter, {CASH: 50_200}).saved.result()
    counter.clock.advance(10 * 24 * 3_600_000)
    begin_day(counter, "2026-12-01", 0)
    act_as(counter, "1001")
    assert returnable.find_receipt(counter, sold.transaction_no).late
    needed = returns.start_return(counter, sold.transaction_no)
    assert needed.right == "sale.return_late"
    started = returns.start_return(counter, sold.transaction_no, approval=grant(counter, needed))
    assert isinstance(started, returns.ReturnStarted)
    assert counter.sale.approver_id == "8001"


def test_a_large_refund_is_beyond_the_cashiers_limit(counter):
    sold = sell(counter, ("NOOD", 50_000))
    needed = returns.start_return(counter, sold.transaction_no)
    assert (needed.right, needed.limit_value) == ("sale.return_receipt", 22_500)


def test_a_limit_is_not_passed_by_returning_in_parts(counter):
    sold = sell(counter, ("NOOD", 50_000))
    first = returns.start_return(counter, sold.transaction_no, {1: 40_000})
    assert isinstance(first, returns.ReturnStarted)
    assert isinstance(
        returns.start_return(counter, sold.transaction_no, {1: 10_000}), NeedsApproval
    )


def test_a_number_that_this_till_never_gave_is_refused(counter):
    assert returnable.find_receipt(counter, "0101-20261121-9999").code == "no_such_receipt"


def test_another_tills_receipt_takes_an_approval_and_is_named(counter):
    needed = returnable.find_receipt(counter, "0102-20261121-0007")
    assert isinstance(needed, NeedsApproval)
    assert needed.right == "sale.return_other_till"
    asked = returns.return_without_receipt(
        counter, "W550", 1000, None, "quality", other_receipt="0102-20261121-0007"
    )
    started = returns.return_without_receipt(
        counter,
        "W550",
        1000,
        None,
        "quality",
        grant(counter, asked),
        other_receipt="0102-20261121-0007",
    )
    assert started.refund_minor == 200
    (line,) = pay(counter).lines
    assert line.original.transaction_no == "0102-20261121-0007"
    assert line.flags == ("return_other_till",)


def test_without_a_receipt_it_takes_an_approval_and_at_most_todays_price(counter):
    asked = returns.return_without_receipt(counter, "W550", 2000, None, "quality")
    assert (asked.right, asked.limit_value) == ("sale.return_no_receipt", 400)
    assert (
        returns.return_without_receipt(counter, "W550", 1000, 20_001, "x").code
        == "price_above_list"
    )
    started = returns.return_without_receipt(
        counter, "W550", 2000, None, "quality", grant(counter, asked)
    )
    assert started.refund_minor == 400
    assert pay(counter).total_minor == -400


def test_where_the_shop_forbids_it_nothing_comes_back_without_a_receipt(tmp_path):
    till = open_till(tmp_path, rules__preset="pharmacy")
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    refused = returns.return_without_receipt(till, "W550", 1000, None, "x")
    till.journal.close()
    assert refused.code == "blocked_by_rule"


def test_a_sale_of_the_day_is_reversed_whole_by_the_tenders_it_came_by(counter):
    sold = sell(counter, ("W550", 2000), tender="wechat")
    needed = reversals.void_transaction(counter, sold.transaction_no, "wrong")
    assert needed.right == "sale.void_paid"
    done = reversals.void_transaction(
        counter, sold.transaction_no, "wrong", grant(counter, needed)
    )
    done.saved.result()
    voided = done.transaction
    assert (voided.transaction_type, voided.total_minor) == (TransactionType.VOID, -400)
    assert [(t.tender_type, t.amount_minor) for t in voided.tenders] == [("wechat", -400)]
    assert (voided.approver_id, voided.reason) == ("8001", "wrong")
    assert voided.transaction_no != sold.transaction_no


def voided(till, transaction_no):
    needed = reversals.void_transaction(till, transaction_no, "wrong")
    done = reversals.void_transaction(till, transaction_no, "wrong", grant(till, needed))
    done.saved.result()
    return done.transaction


def test_nothing_is_reversed_twice_nor_returned_after_it_was_reversed(counter):
    sold = sell(counter, ("W550", 2000))
    voided(counter, sold.transaction_no)
    assert (
        reversals.void_transaction(counter, sold.transaction_no, "wrong").code
        == "already_returned"
    )
    assert returns.start_return(counter, sold.transaction_no).code == "nothing_left"


def test_a_sale_of_which_something_came_back_is_not_reversed(counter):
    sold = sell(counter, ("W550", 2000))
    returns.start_return(counter, sold.transaction_no, {1: 1000})
    pay(counter)
    assert (
        reversals.void_transaction(counter, sold.transaction_no, "wrong").code
        == "already_returned"
    )


def test_yesterdays_sale_is_not_reversed(open_shop):
    sold = sell(open_shop, ("W550", 1000))
    shifts.close_day(open_shop, {CASH: 50_200}).saved.result()
    begin_day(open_shop, "2026-11-22")
    refused = reversals.void_transaction(open_shop, sold.transaction_no, "wrong")
    assert refused.code == "not_this_day"


def test_a_reversed_return_gives_the_goods_back_to_the_customer(counter):
    sold = sell(counter, ("W550", 2000))
    returns.start_return(counter, sold.transaction_no)
    back = pay(counter)
    voided(counter, back.transaction_no)
    left = returnable.find_receipt(counter, sold.transaction_no).lines[0]
    assert (left.remaining_milli, left.remaining_minor) == (2000, 400)
    assert (
        reversals.void_transaction(counter, back.transaction_no, "again").code
        == "already_returned"
    )
    returns.start_return(counter, sold.transaction_no)
    assert pay(counter).total_minor == -400


def test_a_void_that_goes_round_the_service_is_held_by_the_database(counter):
    sold = sell(counter, ("W550", 1000))
    first = voided(counter, sold.transaction_no)
    again = msgspec.structs.replace(first, transaction_no="0101-20261121-0099", number=99)
    completion = checkout.commit_transaction(counter, again)
    assert isinstance(completion.saved.exception(), NothingLeftToReturn)


def test_after_payment_only_the_difference_comes_back_once_per_piece(counter):
    sold = sell(counter, ("NOOD", 2000))
    started = returns.refund_difference(counter, sold.transaction_no, 1, 40_000)
    assert started.refund_minor == 100
    back = pay(counter)
    (line,) = back.lines
    assert (back.total_minor, line.kind, line.reason) == (
        -100,
        LineKind.OTHER,
        "price_difference",
    )
    again = returns.refund_difference(counter, sold.transaction_no, 1, 30_000)
    assert again.code == "nothing_left"
    assert entries(counter, EntryKind.PRICE_CORRECTED)[0].new_unit_price_e4 == 40_000
    moved = counter.journal.reader().execute(
        "SELECT sum(quantity_milli) FROM stock_movement WHERE item_code = 'NOOD'"
    )
    assert moved.fetchone()[0] == -2000


def test_goods_whose_difference_was_paid_back_return_at_what_was_left(counter):
    sold = sell(counter, ("NOOD", 2000))
    returns.refund_difference(counter, sold.transaction_no, 1, 40_000)
    pay(counter)
    assert returns.start_return(counter, sold.transaction_no).refund_minor == 800


def test_a_dearer_price_is_no_difference_to_pay_back(counter):
    sold = sell(counter, ("NOOD", 1000))
    assert returns.refund_difference(counter, sold.transaction_no, 1, 45_000).code == "not_cheaper"


def test_a_large_difference_takes_an_approval(counter):
    sold = sell(counter, ("NOOD", 1000))
    counter.operator = msgspec.structs.replace(
        counter.operator,
        role=msgspec.structs.replace(
            counter.operator.role, limits={"price.correct.limit_minor": 100}
        ),
    )
    needed = returns.refund_difference(counter, sold.transaction_no, 1, 30_000)
    assert (needed.right, needed.limit_value) == ("price.correct", 150)


PARTS = st.lists(st.integers(1, 4), min_size=1, max_size=6)


@settings(max_examples=12, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(
    pieces=st.integers(1, 7),
    code=st.sampled_from(["ODD", "W550", "NOOD"]),
    discount=st.integers(0, 90),
    parts=PARTS,
    corrected=st.one_of(st.none(), st.integers(1, 3000)),
)
def test_refunds_never_exceed_what_was_paid(pieces, code, discount, parts, corrected):
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        till = open_till(Path(folder))
        stack.callback(till.journal.close)
        staff(till)
        act_as(till, "8001")
        begin_day(till)
        checkout.add_item(till, code, pieces * 1000)
        checkout.add_item(till, "W550" if code != "W550" else "NOOD", 1000)
        total = till.sale.cart.total_minor
        assert isinstance(
            checkout.discount_whole(till, total * discount // 200, "x"), checkout.CartChanged
        )
        sold = pay(till)
        paid = sold.lines[0].amount_minor
        refunds = []
        if corrected is not None:
            started = returns.refund_difference(till, sold.transaction_no, 1, corrected)
            if isinstance(started, returns.ReturnStarted):
                refunds.append(started.refund_minor)
                pay(till)
        left = pieces
        for part in parts:
            started = returns.start_return(till, sold.transaction_no, {1: part * 1000})
            if part > left:
                assert isinstance(started, Refusal)
                continue
            assert isinstance(started, returns.ReturnStarted), started
            refunds.append(started.refund_minor)
            left -= part
            pay(till)
        last = left_of(till.journal.reader(), sold.transaction_no, 1)
    assert all(refund >= 0 for refund in refunds)
    assert sum(refunds) <= paid
    assert last.left_minor == paid - sum(refunds)
    if left == 0:
        assert sum(refunds) == paid
