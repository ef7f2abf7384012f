"""The drawer beside sales, and payments decided after the sale."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from drivers.document_layout import render_text
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.tender import TenderState
from pos.services import approvals, cash, checkout, shifts, undecided
from pos.services.context import NeedsApproval
from pos.services.print_jobs import JournalPrintJobs
from pos.store.errors import StoreUnavailable
from tests.pos.services.shop import act_as, entries, open_till, pin_of, sell, staff


def grant(till, needed, who="8001"):
    given = approvals.grant(
        till, needed.right, who, pin_of(who), "ok", limit_value=needed.limit_value
    )
    assert not isinstance(given, Refusal), given
    return given


def test_money_put_in_is_a_numbered_voucher_and_counts_in_the_drawer(open_shop):
    numbers = []
    for amount in (10_000, 2500):
        moved = cash.paid_in(open_shop, amount, "change_fund")
        numbers.append(moved.saved.result().number)
    assert numbers == [1, 2]
    assert open_shop.printer.kicks == 2
    totals = shifts.shift_totals(open_shop)
    assert (totals.paid_in_minor, totals.expected_minor("cash")) == (12_500, 62_500)
    text = render_text(JournalPrintJobs(open_shop, 48).load(moved.job_id), 48)
    assert "补零钱" in text
    assert "25.00" in text


def test_money_taken_out_takes_a_second_person_and_leaves_the_drawer(open_shop):
    act_as(open_shop, "1001")
    needed = cash.paid_out(open_shop, 3000, "purchase")
    assert (needed.right, needed.limit_value) == ("cash.paid_out", 3000)
    moved = cash.paid_out(open_shop, 3000, "purchase", grant(open_shop, needed))
    body = moved.saved.result()
    assert (body.movement, body.approver_id) == ("paid_out", "8001")
    assert shifts.shift_totals(open_shop).expected_minor("cash") == 47_000


def test_more_than_the_cashiers_limit_takes_an_approval(open_shop):
    act_as(open_shop, "1001")
    assert isinstance(cash.paid_in(open_shop, 100_000, "other"), cash.CashMoved)
    assert isinstance(cash.paid_in(open_shop, 100_001, "other"), NeedsApproval)


@pytest.mark.parametrize(
    ("amount", "reason", "code"),
    [
        (0, "other", "amount_not_positive"),
        (-5, "other", "amount_not_positive"),
        (6_901_234_567_892, "other", "looks_like_barcode"),
        (100, "", "reason_missing"),
    ],
)
def test_what_is_no_amount_and_what_has_no_reason_is_refused(open_shop, amount, reason, code):
    assert cash.paid_in(open_shop, amount, reason).code == code
    assert entries(open_shop, EntryKind.CASH_MOVEMENT) == []


def test_without_an_open_shift_no_money_moves(shop):
    act_as(shop, "8001")
    assert cash.paid_in(shop, 100, "other").code == "shift_not_open"


def test_a_locked_till_opens_no_drawer(open_shop):
    open_shop.locked = True
    assert cash.no_sale(open_shop, "change").code == "locked"


def test_the_drawer_opens_after_its_entry_is_on_disk_and_counts_on_the_x(tmp_path):
    till = open_till(tmp_path, rules__preset="convenience")
    staff(till)
    act_as(till, "3001")
    shifts.open_day(till, "2026-11-21", 0).saved.result()
    done = cash.no_sale(till, "change")
    assert done.warnings == ("drawer.no_sale",)
    done.saved.result()
    till.write(lambda _: None).result()
    kicks, totals = till.printer.kicks, shifts.shift_totals(till)
    body = entries(till, EntryKind.NO_SALE)[0]
    till.journal.close()
    assert (kicks, totals.no_sales, body.reason) == (1, 1, "change")


def test_the_drawer_stays_shut_when_the_disk_refuses(open_shop, monkeypatch):
    refused = Future()
    refused.set_exception(StoreUnavailable("no disk"))
    monkeypatch.setattr(open_shop.journal, "submit", lambda _job, **_more: refused)
    done = cash.paid_in(open_shop, 1000, "other")
    assert done.saved.exception() is not None
    assert (open_shop.printer.kicks, open_shop.printer.jobs) == (0, [])


def undecided_sale(till):
    checkout.add_item(till, "W550", 1000)
    tender = checkout.tender(till, "wechat").tender
    needed = checkout.decide(till, tender.tender_no, TenderState.UNDECIDED)
    checkout.decide(till, tender.tender_no, TenderState.UNDECIDED, approval=grant(till, needed))
    done = checkout.complete(till)
    done.saved.result()
    return done.transaction


def test_a_payment_is_decided_after_the_sale_without_changing_it(open_shop):
    act_as(open_shop, "1001")
    sold = undecided_sale(open_shop)
    (waiting,) = undecided.undecided_tenders(open_shop)
    assert (waiting.transaction_no, waiting.amount_minor) == (sold.transaction_no, 200)
    where = (open_shop, sold.transaction_no, waiting.tender_no, TenderState.RECEIVED)
    needed = undecided.settle_tender(*where, "0827")
    assert needed.right == "tender.decide"
    settled = undecided.settle_tender(*where, "0827", grant(open_shop, needed))
    settled.saved.result()
    assert undecided.undecided_tenders(open_shop) == []
    body = entries(open_shop, EntryKind.TENDER_STATE)[-1]
    assert (body.tender.reference, body.tender.decided_by) == ("0827", "8001")
    assert entries(open_shop, EntryKind.TRANSACTION) == [sold]
    assert undecided.settle_tender(*where).code == "tender_not_pending"


def test_two_decisions_at_once_are_one(open_shop):
    act_as(open_shop, "1001")
    sold = undecided_sale(open_shop)
    act_as(open_shop, "8001")
    first = undecided.settle_tender(open_shop, sold.transaction_no, 1, TenderState.RECEIVED)
    second = undecided.settle_tender(open_shop, sold.transaction_no, 1, TenderState.FAILED)
    first.saved.result()
    if isinstance(second, undecided.TenderSettled):
        assert isinstance(second.saved.exception(), undecided.AlreadyDecidedError)


def test_a_received_payment_is_not_decided_again(open_shop):
    sold = sell(open_shop, ("W550", 1000), tender="wechat")
    answer = undecided.settle_tender(open_shop, sold.transaction_no, 1, TenderState.FAILED)
    assert answer.code == "tender_not_pending"
