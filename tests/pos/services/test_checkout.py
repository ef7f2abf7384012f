"""Selling at a real till on a real disk: entering, changing, parking, paying, closing, recovering."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from pos.bootstrap import build_till, close_till
from pos.domain.cart import EntryMethod, Refusal
from pos.domain.journal import decode_entry
from pos.domain.tender import TenderState
from pos.services import checkout
from pos.services.checkout import (
    AskVoid,
    Cancelled,
    CartChanged,
    Completion,
    LineAdded,
    Parked,
    PriceNeeded,
    Recalled,
    ReceiptFound,
    TenderAdded,
    UnknownCode,
    WeightNeeded,
)
from pos.services.context import Grant, NeedsApproval, Operator, Till
from tests.support.headless import code_of, make_shop, open_day


class Paper:
    """Notes what the till hands to printer and drawer, and whether the sale was on disk then."""

    def __init__(self) -> None:
        self.till: Till | None = None
        self.jobs: list[str] = []
        self.kicks = 0
        self.committed_before_print: list[bool] = []

    def submit(self, job_id: str) -> None:
        assert self.till is not None
        row = self.till.journal._connection.execute(
            "SELECT count(*) FROM txn t JOIN print_job p USING (transaction_no) "
            "WHERE p.job_id = ?",
            (job_id,),
        ).fetchone()
        self.committed_before_print.append(row[0] == 1)
        self.jobs.append(job_id)

    def open_drawer(self) -> None:
        self.kicks += 1


@pytest.fixture
def paper() -> Paper:
    return Paper()


@pytest.fixture
def till(tmp_path: Path, paper: Paper) -> Iterator[Till]:
    make_shop(tmp_path)
    made = build_till(tmp_path, printer=paper)
    paper.till = made
    made.operator = Operator(operator_id="1001", name="李娜", role=made.roles["cashier"])
    open_day(made)
    yield made
    close_till(made)


def scan(till: Till, index: int = 0) -> LineAdded:
    added = checkout.scan(till, code_of(index))
    assert isinstance(added, LineAdded), added
    added.saved.result(5)
    return added


def sell(till: Till, *indices: int) -> Completion:
    for index in indices or (0,):
        scan(till, index)
    paid = checkout.tender(till, "cash")
    assert isinstance(paid, TenderAdded)
    done = checkout.complete(till)
    assert isinstance(done, Completion)
    done.saved.result(5)
    return done


def kinds(till: Till) -> list[str]:
    return [
        kind
        for (kind,) in till.journal.reader()
        .execute("SELECT kind FROM journal_entry ORDER BY entry_id")
        .fetchall()
    ]


def body(till: Till, kind: str) -> Any:
    row = (
        till.journal.reader()
        .execute("SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id DESC", (kind,))
        .fetchone()
    )
    entry = decode_entry(row[0])
    return entry.body  # type: ignore[union-attr]


def grant(right: str, limit_value: int = 0) -> Grant:
    return Grant(
        approval_uuid=f"approval-{right}",
        right=right,
        approver_id="9001",
        limit_value=limit_value,
        reason="test",
    )


def as_manager(till: Till) -> None:
    till.operator = Operator(operator_id="9001", name="经理", role=till.roles["manager"])


def test_a_scan_becomes_a_line_that_is_on_disk(till: Till) -> None:
    added = scan(till, 3)

    rows = till.journal.reader().execute("SELECT count(*) FROM open_sale_line").fetchone()
    assert added.line.unit_price_e4 == 10_300
    assert rows == (1,)


def test_the_sale_is_on_disk_before_anything_prints_or_opens(till: Till, paper: Paper) -> None:
    done = sell(till, 0, 1)

    assert paper.jobs == [done.job_id]
    assert paper.committed_before_print == [True]
    assert paper.kicks == 1
    assert till.sale.empty
    assert done.transaction.transaction_no == "S101-20260302-0001"


def test_numbers_follow_each_other(till: Till) -> None:
    numbers = [sell(till).transaction.number for _ in range(3)]

    assert numbers == [1, 2, 3]


def test_quantity_before_the_scan_counts_for_one_scan(till: Till) -> None:
    assert checkout.set_next_quantity(till, 12_000) is None

    first, second = scan(till, 0), scan(till, 1)

    assert (first.line.quantity_milli, second.line.quantity_milli) == (12_000, 1_000)


def test_an_unknown_code_is_a_value_and_sells_as_a_department_once_asked(till: Till) -> None:
    unknown = checkout.scan(till, "6999999999994")
    assert isinstance(unknown, UnknownCode)
    department = till.settings.department[0].item_code

    asked = checkout.add_item(till, department)
    sold = checkout.sell_unknown_as_department(till, unknown.shown, department, 35_000)

    assert isinstance(asked, PriceNeeded)
    assert isinstance(sold, LineAdded)
    assert (sold.line.barcode, sold.line.entry_method) == (
        "6999999999994",
        EntryMethod.DEPARTMENT,
    )
    sold.saved.result(5)
    sell(till, 0)
    listed = (
        till.journal.reader().execute("SELECT code, unit_price_e4 FROM unknown_code").fetchall()
    )
    assert listed == [("6999999999994", 35_000)]


def test_a_department_price_beyond_the_cashiers_limit_asks_for_a_second_person(till: Till) -> None:
    department = till.settings.department[0].item_code

    asked = checkout.sell_unknown_as_department(till, "x", department, 10_000_000)

    assert isinstance(asked, NeedsApproval)
    assert asked.right == "item.open_item"


def test_a_receipts_number_begins_a_return(till: Till) -> None:
    done = sell(till)

    assert checkout.scan(till, done.transaction.transaction_no) == ReceiptFound(
        done.transaction.transaction_no
    )


@pytest.mark.parametrize("code", ["6901234567890", "bad\x07code", "１２３４５", "=1+1", "[red]x"])
def test_bad_codes_are_values_never_lines(till: Till, code: str) -> None:
    assert isinstance(checkout.scan(till, code), UnknownCode)
    assert till.sale.empty


def test_minus_at_one_asks_to_void_and_a_void_leaves_its_trace(till: Till) -> None:
    line = scan(till).line
    assert checkout.decrement(till, line.line_no) == AskVoid(line.line_no)

    voided = checkout.void_line(till, line.line_no, "wrong item")

    assert isinstance(voided, CartChanged)
    voided.saved.result(5)
    trace = body(till, "line_voided")
    assert (trace.line.item_code, trace.quantity_milli, trace.reason) == (
        line.item_code,
        1000,
        "wrong item",
    )


def test_undo_takes_back_the_last_action_and_journals_goods_that_left(till: Till) -> None:
    scan(till, 0)
    scan(till, 1)

    undone = checkout.undo(till)

    assert isinstance(undone, CartChanged)
    undone.saved.result(5)
    assert [x.item_code for x in undone.cart.lines] == ["1000"]
    assert body(till, "line_voided").reason == "undo"
    assert isinstance(checkout.undo(till), CartChanged)
    assert isinstance(checkout.undo(till), Refusal)


def test_a_cashier_needs_a_second_person_for_a_price_and_an_approval_serves_once(
    till: Till,
) -> None:
    scan(till, 0)
    scan(till, 1)
    asked = checkout.override_price(till, 1, 5_000, "damaged")
    assert isinstance(asked, NeedsApproval)
    approval = grant(asked.right, 99)

    changed = checkout.override_price(till, 1, 5_000, "damaged", approval)

    assert isinstance(changed, CartChanged)
    changed.saved.result(5)
    override = changed.cart.lines[0].override
    assert override is not None
    assert (override.source, override.approver_id) == ("approval", "9001")
    again = checkout.override_price(till, 2, 5_000, "damaged", approval)
    assert isinstance(again, Refusal)
    assert again.code == "approval_used"
    till.spent_approvals.clear()  # a till that was restarted: now only the database knows
    after_restart = checkout.override_price(till, 2, 5_000, "damaged", approval)
    assert isinstance(after_restart, CartChanged)
    with pytest.raises(Exception, match="UNIQUE"):
        after_restart.saved.result(5)


def test_an_approval_for_another_action_is_refused(till: Till) -> None:
    scan(till)

    refused = checkout.override_price(till, 1, 5_000, "x", grant("drawer.no_sale", 99))

    assert isinstance(refused, Refusal)
    assert refused.code == "approval_for_other_action"


def test_a_manager_changes_prices_within_the_limit_alone(till: Till) -> None:
    as_manager(till)
    scan(till)

    changed = checkout.override_price(till, 1, 9_900, "shelf")

    assert isinstance(changed, CartChanged)


def test_a_whole_discount_is_spread_over_the_lines(till: Till) -> None:
    as_manager(till)
    scan(till, 0)
    scan(till, 5)
    changed = checkout.discount_whole(till, 7, "抹零", round_off=True)
    assert isinstance(changed, CartChanged)
    paid = checkout.tender(till, "cash")
    assert isinstance(paid, TenderAdded)
    done = checkout.complete(till)

    assert isinstance(done, Completion)
    assert done.transaction.total_minor == 100 + 105 - 7
    assert sum(x.allocated_discount_minor for x in done.transaction.lines) == 7


def test_change_is_counted_and_the_tender_can_be_taken_back(till: Till) -> None:
    scan(till)
    paid = checkout.tender(till, "cash", 2_000)
    assert isinstance(paid, TenderAdded)
    assert paid.change_minor == 1_900
    assert isinstance(checkout.void_line(till, 1, "x"), Refusal)

    assert not isinstance(checkout.remove_last_tender(till), Refusal)
    asked = checkout.void_line(till, 1, "x")
    assert isinstance(asked, NeedsApproval), "after the total was shown a void is approved"
    voided = checkout.void_line(till, 1, "x", grant(asked.right))
    assert isinstance(voided, CartChanged)


def pending_tender(till: Till) -> str:
    return next(t.id for t in till.tender_types if t.confirm)


def test_a_payment_that_hangs_is_never_charged_twice(till: Till) -> None:
    scan(till)
    paid = checkout.tender(till, pending_tender(till))
    assert isinstance(paid, TenderAdded)
    assert paid.tender.state is TenderState.PENDING
    assert isinstance(checkout.complete(till), Refusal)
    assert isinstance(checkout.tender(till, "cash"), Refusal)
    assert isinstance(checkout.cancel_sale(till, "x"), Refusal)
    asked = checkout.decide(till, 1, TenderState.UNDECIDED)
    assert isinstance(asked, NeedsApproval)

    decided = checkout.decide(
        till, 1, TenderState.UNDECIDED, approval=grant(asked.right, asked.limit_value)
    )
    done = checkout.complete(till)

    assert not isinstance(decided, Refusal | NeedsApproval)
    assert isinstance(done, Completion)
    done.saved.result(5)
    assert done.transaction.review == ("undecided_tender",)
    waiting = till.journal.reader().execute("SELECT state FROM tender_decision").fetchall()
    assert waiting == [("undecided",)]


def test_parking_frees_the_till_and_recall_brings_the_sale_back(till: Till) -> None:
    scan(till, 0)
    parked = checkout.park(till, "red coat")
    assert isinstance(parked, Parked)
    parked.saved.result(5)
    sell(till, 1)
    (listed,) = checkout.parked(till)
    assert (listed.label, listed.lines, listed.total_minor) == ("red coat", 1, 100)

    back = checkout.recall(till, listed.sale_uuid)

    assert isinstance(back, Recalled)
    back.saved.result(5)
    assert checkout.parked(till) == []
    assert "suspended" in kinds(till)
    assert "resumed" in kinds(till)
    assert sell(till, 2).transaction.lines[0].item_code == "1000"


def test_cancelling_leaves_the_lines_in_the_journal(till: Till) -> None:
    as_manager(till)
    scan(till, 0)

    asked = checkout.cancel_sale(till, "customer left")
    assert isinstance(asked, NeedsApproval)

    cancelled = checkout.cancel_sale(till, "customer left", grant(asked.right))

    assert isinstance(cancelled, Cancelled)
    cancelled.saved.result(5)
    assert body(till, "sale_cancelled").lines[0].item_code == "1000"
    assert till.journal.reader().execute("SELECT count(*) FROM open_sale").fetchone() == (0,)


def test_a_price_looked_at_is_journaled(till: Till) -> None:
    checkout.price_check(till, code_of(2))
    checkout.price_check(till, "nothing")
    till.journal.run(lambda _: None)

    assert kinds(till).count("price_check") == 2


def test_an_item_at_payment_before_any_tender_returns_to_the_sale(till: Till) -> None:
    scan(till, 0)
    checkout.start_payment(till)
    assert till.sale.phase == "payment"

    scan(till, 1)

    assert till.sale.phase == "lines"
    checkout.tender(till, "cash", 50)
    refused = checkout.scan(till, code_of(1), in_payment=True)
    assert isinstance(refused, Refusal)
    assert refused.code == "item_after_tender"


def reopen(till: Till, home: Path) -> Till:
    close_till(till)
    again = build_till(home)
    again.operator = Operator(operator_id="1001", name="李娜", role=again.roles["cashier"])
    return again


def test_after_a_power_cut_lines_and_pending_payment_are_offered_again(
    till: Till, tmp_path: Path
) -> None:
    done = sell(till, 4)
    scan(till, 0)
    scan(till, 1)
    hanging = checkout.tender(till, pending_tender(till))
    assert isinstance(hanging, TenderAdded)
    hanging.saved.result(5)
    again = reopen(till, tmp_path)
    left = checkout.recover(again)
    assert left.open_cart is not None
    assert left.last_transaction_no == done.transaction.transaction_no
    assert left.receipt_job_id == done.job_id

    resumed = checkout.resume_recovered(again)

    assert isinstance(resumed, Recalled)
    assert [x.item_code for x in again.sale.cart.lines] == ["1000", "1001"]
    assert again.sale.payment is not None
    assert again.sale.payment.pending[0].amount_minor == 201
    assert again.next_number == 2
    close_till(again)


def test_a_sale_that_was_committed_is_never_sold_again(till: Till, tmp_path: Path) -> None:
    sell(till)
    again = reopen(till, tmp_path)

    assert checkout.recover(again).open_cart is None
    close_till(again)


def test_without_a_business_day_nothing_is_sold(till: Till) -> None:
    till.business_day = ""

    refused = checkout.scan(till, code_of(0))

    assert isinstance(refused, Refusal)
    assert refused.code == "day_not_open"


def test_a_weighed_item_asks_for_its_weight(till: Till) -> None:
    class Weighing:
        def __init__(self, real: Any) -> None:
            self.real = real

        def find_code(self, keys: Any, day: str) -> Any:
            hit = self.real.find_code(keys, day)
            weighed = msgspec.structs.replace(hit.item, weighed=True)
            return msgspec.structs.replace(hit, item=weighed)

        def item(self, code: str, day: str) -> Any:
            return msgspec.structs.replace(self.real.item(code, day), weighed=True)

        def __getattr__(self, name: str) -> Any:
            return getattr(self.real, name)

    till.reference = Weighing(till.reference)  # type: ignore[assignment]
    asked = checkout.scan(till, code_of(0))
    assert isinstance(asked, WeightNeeded)

    added = checkout.add_item(till, asked.item.item_code, 328)

    assert isinstance(added, LineAdded)
    assert added.line.amount_minor == 33
    assert isinstance(checkout.increment(till, added.line.line_no), Refusal)
