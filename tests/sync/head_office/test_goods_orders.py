"""Dispatches, requisitions, recalls, claims, invoices, figures: what goes down and what is refused."""

from __future__ import annotations

import msgspec
import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Order, OrderLine, Supplier
from pos.domain.goods.registers import Register
from sync.head_office import goods_figures
from sync.head_office.goods_allocations import OverAllocation
from sync.head_office.goods_claims import Claims
from sync.head_office.goods_dispatching import Dispatching
from sync.head_office.goods_items import UnknownItem, named, typed_lines
from sync.head_office.goods_matching import Matching, Mismatch
from sync.head_office.goods_orders import WrongState
from sync.head_office.goods_recalls import Recalls, parts_of
from sync.head_office.goods_requisitions import Requisitions
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.invoice_book import InvoiceLine
from sync.head_office.order_documents import OrderState
from sync.head_office.rights import NotAllowed
from sync.protocol import FeedBarcode, FeedChanges
from tests.sync.head_office.goods_kit import goods_line, note
from tests.sync.head_office.office_kit import NOW_MS, line, transaction
from tests.sync.head_office.orders_kit import (
    BUYER,
    FINANCE,
    QUALITY,
    SECOND_BUYER,
    SECOND_FINANCE,
    SECOND_QUALITY,
    WRITER,
    Bureau,
)

DAY_MS = 86_400_000


@pytest.fixture
def bureau(hq):
    made = Bureau(hq)
    made.supplier()
    return made


def pieces(*items: tuple[str, int]) -> list[OrderLine]:
    return [
        OrderLine(line_no=n, item_code=code, quantity_milli=count * 1000)
        for n, (code, count) in enumerate(items, start=1)
    ]


# --------------------------------------------------------------------------------- dispatches


def test_a_dispatch_is_in_transit_until_received_and_its_copies_are_due_two_days_later(bureau):
    """RCV-11, RCV-12, RCV-13."""
    keeper = Dispatching(bureau.orders)
    sent = keeper.send(BUYER, store_id="01", lines=pieces(("B", 20)))
    told = bureau.orders.published("01", sent.order_id)
    assert told is not None
    assert (told.order_kind, told.state, told.sent_day) == ("dispatch", "open", "2026-11-21")
    assert keeper.copies_out() == []

    bureau.receive(sent, (1, 20))
    (out,) = keeper.copies_out()
    assert out.missing == ("goods", "finance_1", "finance_2")
    assert not out.overdue
    bureau.hq.clock.now_ms += 3 * DAY_MS
    assert keeper.copies_out()[0].overdue
    for copy in out.missing:
        keeper.copy_back(BUYER, "01", sent.order_id, copy)
        keeper.copy_back(SECOND_BUYER, "01", sent.order_id, copy)
    assert keeper.copies_out() == []
    assert keeper.copies("01", sent.order_id)["goods"][1] == "Li"
    with pytest.raises(ValueError, match="one of"):
        keeper.copy_back(BUYER, "01", sent.order_id, "store")


def test_a_dispatch_that_was_part_received_is_closed_and_not_cancelled(bureau):
    keeper = Dispatching(bureau.orders)
    sent = keeper.send(BUYER, store_id="01", lines=pieces(("B", 20)))
    bureau.receive(sent, (1, 5))
    keeper.recall_back(BUYER, "01", sent.order_id, "truck came back")
    assert bureau.orders.get("01", sent.order_id).state is OrderState.CLOSED
    other = keeper.send(BUYER, store_id="01", lines=pieces(("B", 1)))
    keeper.recall_back(BUYER, "01", other.order_id, "wrong store")
    told = bureau.orders.published("01", other.order_id)
    assert told is not None
    assert told.state == "cancelled"
    with pytest.raises(NotAllowed):
        keeper.send(WRITER, store_id="01", lines=pieces(("B", 1)))
    with pytest.raises(LookupError):
        keeper.send(BUYER, store_id="99", lines=pieces(("B", 1)))


# ------------------------------------------------------------------------------- requisitions


def requisition(bureau, *lines: tuple[str, int], store_id: str = "01") -> str:
    return bureau.post(
        [goods_line(n, code, count) for n, (code, count) in enumerate(lines, start=1)],
        kind=DocumentKind.REQUISITION,
        people=(),
        store_id=store_id,
    )


def test_a_requisition_is_confirmed_limited_or_refused_and_the_store_hears_it(bureau):
    """SUP-03, HO-02: the answer says what was asked and what is granted."""
    keeper = Requisitions(bureau.orders)
    for granted, verdict, state in (
        ({}, "confirmed", "open"),
        ({1: 3_000}, "limited", "open"),
        ({1: 0, 2: 0}, "refused", "done"),
    ):
        name = requisition(bureau, ("A", 10), ("B", 2))
        assert keeper.answer(BUYER, "01", name, granted, "so it is").answer == verdict
        told = bureau.orders.published("01", name)
        assert told is not None
        assert (told.fields["answer"], told.state, told.note) == (verdict, state, "so it is")
        assert told.lines[0].quantity_milli == 10_000
        assert told.lines[0].done_milli == granted.get(1, 10_000)
    with pytest.raises(ValueError, match="0 to 10"):
        keeper.answer(BUYER, "01", requisition(bureau, ("A", 10)), {1: 11_000})
    with pytest.raises(NotAllowed):
        keeper.answer(WRITER, "01", name, {})


def test_an_answer_may_be_changed_until_it_went_into_an_order(bureau):
    keeper = Requisitions(bureau.orders)
    name = requisition(bureau, ("A", 10))
    keeper.answer(BUYER, "01", name, {1: 0})
    keeper.answer(BUYER, "01", name, {1: 4_000})
    told = bureau.orders.published("01", name)
    assert told is not None
    assert (told.state, told.lines[0].done_milli) == ("open", 4_000)
    keeper.dispatch(BUYER, "01", [name])
    with pytest.raises(WrongState):
        keeper.answer(BUYER, "01", name, {})
    with pytest.raises(WrongState):
        keeper.dispatch(BUYER, "01", [name])


def test_the_month_s_allocation_bounds_what_is_granted(bureau):
    """REP-07: forecast by season, in whole units; the control is an item without an allocation."""
    keeper = Requisitions(bureau.orders)
    cap = keeper.allowances.allocate(
        FINANCE, store_id="01", month="2026-11", item_code="A", forecast_milli=9_000,
        factor_percent=150,
    )  # fmt: skip
    assert cap.cap_milli == 13_000
    first = requisition(bureau, ("A", 10), ("B", 500))
    keeper.answer(BUYER, "01", first, {})
    second = requisition(bureau, ("A", 10))
    with pytest.raises(OverAllocation):
        keeper.answer(BUYER, "01", second, {})
    assert keeper.answer(BUYER, "01", second, {1: 3_000}).answer == "limited"
    assert keeper.allowances.allocations("01", "2026-11")["A"].granted_milli == 13_000
    keeper.answer(BUYER, "01", first, {1: 0})
    assert keeper.answer(BUYER, "01", second, {}).answer == "confirmed"
    with pytest.raises(NotAllowed):
        keeper.allowances.allocate(
            WRITER, store_id="01", month="2026-11", item_code="A", forecast_milli=1
        )


def test_requisitions_of_one_store_are_merged_into_one_order(bureau):
    """SUP-03: same items are added up, and each requisition says where it went."""
    keeper = Requisitions(bureau.orders)
    names = [requisition(bureau, ("A", 10), ("B", 2)), requisition(bureau, ("A", 5), ("C", 1))]
    other = requisition(bureau, ("A", 7), store_id="02")
    assert {row["item_code"]: row["quantity_milli"] for row in keeper.demand()} == {
        "A": 22_000, "B": 2_000, "C": 1_000
    }  # fmt: skip
    with pytest.raises(WrongState):
        keeper.purchase(BUYER, "01", names, supplier_id="S1", due_day="2026-12-01")
    for name in names:
        keeper.answer(BUYER, "01", name, {})
    with pytest.raises(LookupError):
        keeper.purchase(BUYER, "01", [other], supplier_id="S1", due_day="2026-12-01")
    made = keeper.purchase(BUYER, "01", names, supplier_id="S1", due_day="2026-12-01")
    assert made.state is OrderState.DRAFT
    merged = {one.item_code: one.quantity_milli for one in made.order.lines}
    assert merged == {"A": 15_000, "B": 2_000, "C": 1_000}
    assert {keeper.get("01", name).order_id for name in names} == {made.order_id}
    assert [row["stores"] for row in keeper.demand()] == [["02"]]


# ----------------------------------------------------------------------------------- recalls


def test_a_notice_goes_to_every_till_and_names_those_that_have_not_applied_it(bureau):
    """QLT-04, QLT-05: holds first, then the recall's order to each store."""
    keeper = Recalls(bureau.orders)
    notice = keeper.issue(
        QUALITY, notice_no="N-1", item_code="A", reason="glass", batches=("B1", "B2"), recall=True
    )
    assert [till.store_id for till in keeper.not_applied(notice)] == ["01", "02"]
    version = bureau.feed.version("01")
    bureau.office.dialect.execute(
        "INSERT INTO heartbeat (store_id, workstation_no, received_utc_ms, epoch, max_seq, "
        "acked_seq, unsent, business_day, day_state, catalogue_version, body) "
        "VALUES ('01', 1, 0, '', 0, 0, 0, '', '', ?, '')",
        (version - 2,),
    )
    assert [till.store_id for till in keeper.not_applied(notice)] == ["01", "02"]
    beat_ms = 9_000_000_000_000
    bureau.office.dialect.execute("UPDATE heartbeat SET received_utc_ms = ?", (beat_ms,))
    waiting = keeper.not_applied(notice)
    assert [till.store_id for till in waiting] == ["02", "01"]
    assert waiting[1].last_heard_utc_ms == beat_ms
    bureau.office.dialect.execute(
        "UPDATE heartbeat SET catalogue_version = ? WHERE store_id = '01'", (version - 1,)
    )
    assert [till.store_id for till in keeper.not_applied(notice)] == ["02"]
    rows = bureau.hq.rows("SELECT row FROM catalogue WHERE dataset = 'holds'")
    holds = [msgspec.json.decode(bytes(row[0])) for row in rows]
    assert sorted(hold["batch"] for hold in holds) == ["B1", "B2"]
    assert {hold["reason"] for hold in holds} == {"N-1 glass"}
    for store_id in ("01", "02"):
        told = bureau.orders.published(store_id, f"RC-{notice.notice_id}")
        assert told is not None
        assert (told.order_kind, told.order_no) == ("recall", "N-1")
        assert [one.batch for one in told.lines] == ["B1", "B2"]


def test_only_another_person_with_another_right_lifts_a_notice(bureau):
    """QLT-04: no PIN and no role overrides a hold; it is lifted at head office by two people."""
    keeper = Recalls(bureau.orders)
    notice = keeper.issue(QUALITY, notice_no="N-1", item_code="A", reason="x", recall=True)
    for person in (BUYER, FINANCE, WRITER):
        with pytest.raises(NotAllowed) as caught:
            keeper.lift(person, notice.notice_id, "fine")
        assert caught.value.code == "no_right"
    with pytest.raises(NotAllowed) as caught:
        keeper.lift(QUALITY, notice.notice_id, "fine")
    assert caught.value.code == "same_person"
    with pytest.raises(ValueError, match="reason"):
        keeper.lift(SECOND_QUALITY, notice.notice_id, " ")
    keeper.lift(SECOND_QUALITY, notice.notice_id, "tested clean")
    assert bureau.hq.rows("SELECT 1 FROM catalogue WHERE dataset = 'holds'") == []
    told = bureau.orders.published("01", f"RC-{notice.notice_id}")
    assert told is not None
    assert told.state == "done"
    with pytest.raises(WrongState):
        keeper.lift(SECOND_QUALITY, notice.notice_id, "again")


def test_a_recall_s_progress_is_what_was_sold_against_what_came_back(bureau):
    """QLT-05: by batch where the sale names it, store by store."""
    keeper = Recalls(bureau.orders)
    till = bureau.tills["01"]
    first = len(till.records) + 1
    till.sell(
        transaction(
            1,
            [
                line(1, "A", 3_000, 900, batch="B1"),
                line(2, "A", 5_000, 1_500, batch="B9"),
            ],
        )
    )
    bureau.hq.take(till, first)
    notice = keeper.issue(QUALITY, notice_no="N-1", item_code="A", reason="x", batches=("B1",))
    bureau.post([goods_line(1, "A", 2, batch="B1")], kind=DocumentKind.TO_JUDGE)
    first = len(till.records) + 1
    subject = f"RC-{notice.notice_id}"
    note(till, Register.RECALL, subject, "not_reached", document_no="T0001")
    note(till, Register.RECALL, subject, "told", document_no="T0001")
    note(till, Register.RECALL, subject, "not_reached", document_no="T0002")
    note(till, Register.RECALL, subject, "returned", item_code="A", quantity_milli=1_000)
    note(till, Register.RECALL, "RC-another", "told", document_no="T0003")
    bureau.hq.take(till, first)
    (row,) = keeper.progress(notice)
    assert (row.store_id, row.sold_milli, row.set_apart_milli) == ("01", 3_000, 2_000)
    assert (row.told, row.not_reached, row.returned_milli, row.reported) == (1, 1, 1_000, False)
    bureau.hq.engine.goods_jobs.run()
    whole = keeper.issue(QUALITY, notice_no="N-2", item_code="A", reason="x")
    assert keeper.progress(whole)[0].sold_milli == 8_000


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("", ()),
        ("B1, B2；B3", ("B1", "B2", "B3")),
        ("A08..A11", ("A08", "A09", "A10", "A11")),
        ("A08 ~ A09 X", ("A08", "A09", "X")),
        ("7至9", ("7", "8", "9")),
        ("B1 B1", ("B1",)),
    ],
)
def test_batches_and_ranges_are_read_as_typed(text, parts):
    assert parts_of(text) == parts


@pytest.mark.parametrize("text", ["A9..A1", "A1..B5", "1..5000"])
def test_a_range_that_is_none_is_refused(text):
    with pytest.raises(ValueError, match="range"):
        parts_of(text)


# ------------------------------------------------------------------------ claims, judgements


def test_a_claim_keeps_every_answer(bureau):
    keeper = Claims(bureau.orders)
    name = bureau.post(
        [goods_line(1, "A", 2, reason="short")], kind=DocumentKind.DISCREPANCY, people=()
    )
    assert len(keeper.all(open_only=True)) == 1
    with pytest.raises(ValueError, match="reason"):
        keeper.answer(BUYER, "01", name, "refused")
    keeper.answer(BUYER, "01", name, "refused", note="signed for")
    claim = keeper.answer(WRITER, "01", name, "credited", amount_minor=500)
    assert [said.answer for said in claim.answers] == ["refused", "credited"]
    assert keeper.all(open_only=True) == []
    with pytest.raises(NotAllowed):
        keeper.answer(QUALITY, "01", name, "accepted")


def test_goods_set_apart_are_judged_once_and_the_order_ends_when_it_is_carried_out(bureau):
    """STK-06."""
    keeper = Claims(bureau.orders)
    bureau.post([goods_line(1, "C", 3, batch="B7")], kind=DocumentKind.TO_JUDGE)
    made = keeper.judge(
        BUYER, store_id="01", item_code="C", batch="B7", quantity_milli=2_000, verdict="back"
    )
    told = bureau.orders.published("01", made.order_id)
    assert told is not None
    assert (told.order_kind, told.lines[0].reason) == ("judgement", "back")
    (waiting,) = keeper.set_apart()
    assert (waiting.quantity_milli, waiting.ordered_milli) == (3_000, 2_000)
    with pytest.raises(ValueError, match="at most 1"):
        keeper.judge(
            BUYER, store_id="01", item_code="C", batch="B7", quantity_milli=2_000, verdict="scrap"
        )
    bureau.post(
        [goods_line(1, "C", 2, batch="B7")], kind=DocumentKind.JUDGED, reference=made.order_id
    )
    assert bureau.orders.get("01", made.order_id).state is OrderState.RECEIVED
    (waiting,) = keeper.set_apart()
    assert (waiting.quantity_milli, waiting.ordered_milli) == (1_000, 0)


# ---------------------------------------------------------------------------------- invoices


def invoice(matching, placed, number="F1", *, amount=2_500, lines=(), person=WRITER):
    return matching.enter(
        person, store_id="01", order_id=placed.order_id, invoice_no=number,
        invoice_day="2026-11-25", amount_minor=amount, lines=lines,
    )  # fmt: skip


def bought(pieces_: int, price_e4: int = 25_000) -> list[InvoiceLine]:
    return [
        InvoiceLine(
            order_line=1, item_code="A", quantity_milli=pieces_ * 1000, unit_cost_e4=price_e4
        )
    ]


def test_an_invoice_matches_order_and_two_signed_receipts(bureau):
    """SUP-07: ordered, received, invoiced; then another person approves, and it is listed."""
    matching = Matching(bureau.orders)
    placed = bureau.placed([("A", 10, 25_000)])
    bureau.receive(placed, (1, 10))
    found = invoice(matching, placed)
    assert found.clean
    assert found.lines[0].invoiced_milli == 10_000
    with pytest.raises(NotAllowed):
        matching.approve(WRITER, "01", "S1", "F1")
    assert matching.pay_list() == []
    matching.approve(FINANCE, "01", "S1", "F1")
    assert [one.invoice_no for one in matching.pay_list()] == ["F1"]
    with pytest.raises(WrongState):
        matching.refuse(FINANCE, "01", "S1", "F1", "too late")
    with pytest.raises(ValueError, match="already"):
        invoice(matching, placed)


def test_finance_does_not_approve_what_it_entered_itself(bureau):
    matching = Matching(bureau.orders)
    placed = bureau.placed([("A", 10, 25_000)])
    bureau.receive(placed, (1, 10))
    invoice(matching, placed, person=FINANCE)
    with pytest.raises(NotAllowed) as caught:
        matching.approve(FINANCE, "01", "S1", "F1")
    assert caught.value.code == "same_person"
    assert matching.approve(SECOND_FINANCE, "01", "S1", "F1").invoice.state == "approved"


def test_more_than_was_received_is_never_approved(bureau):
    """One signature is no receipt; two invoices for the same goods are one too many."""
    matching = Matching(bureau.orders)
    placed = bureau.placed([("A", 10, 25_000)])
    bureau.receive(placed, (1, 10), people=("3001",))
    found = invoice(matching, placed, lines=bought(10))
    assert found.differences == ("over_received",)
    with pytest.raises(Mismatch):
        matching.approve(FINANCE, "01", "S1", "F1", "trust me")
    bureau.receive(placed, (1, 10))
    assert matching.match("01", "S1", "F1").clean
    matching.approve(FINANCE, "01", "S1", "F1")
    assert invoice(matching, placed, "F2", lines=bought(1), amount=250).differences == (
        "over_received",
    )
    matching.refuse(FINANCE, "01", "S1", "F2", "double")


def test_a_dearer_invoice_asks_for_a_reason(bureau):
    matching = Matching(bureau.orders)
    placed = bureau.placed([("A", 10, 25_000)])
    bureau.receive(placed, (1, 10))
    found = invoice(matching, placed, lines=bought(10, 26_000), amount=2_600)
    assert found.differences == ("price",)
    with pytest.raises(Mismatch):
        matching.approve(FINANCE, "01", "S1", "F1")
    matching.approve(FINANCE, "01", "S1", "F1", "agreed by telephone")
    other = invoice(matching, bureau.placed([("A", 1, 1)]), "F2", amount=99_999)
    assert "sum" in other.differences


# ------------------------------------------------------------------------ suppliers, figures


def test_a_supplier_goes_down_only_when_somebody_else_approved_it(bureau):
    """SUP-02; a change that matters is approved anew, and the stores keep what they knew."""
    keeper = Suppliers(bureau.feed)

    def told(supplier_id: str) -> Supplier | None:
        rows = bureau.hq.rows(
            "SELECT row FROM catalogue WHERE dataset = 'suppliers' AND row_key = ?", supplier_id
        )
        return msgspec.json.decode(bytes(rows[0][0]), type=Supplier) if rows else None

    keeper.enter(BUYER, Supplier(supplier_id="S5", name="五号", tolerance_bp=200))
    assert told("S5") is None
    with pytest.raises(NotAllowed) as caught:
        keeper.approve(BUYER, "S5")
    assert caught.value.code == "same_person"
    keeper.approve(FINANCE, "S5")
    assert told("S5") is not None
    keeper.enter(BUYER, Supplier(supplier_id="S5", name="五号", tolerance_bp=200, phone="1"))
    assert keeper.get("S5").approved
    keeper.enter(BUYER, Supplier(supplier_id="S5", name="五号", tolerance_bp=500, phone="1"))
    assert not keeper.get("S5").approved
    kept = told("S5")
    assert kept is not None
    assert (kept.tolerance_bp, kept.phone) == (200, "1")
    with pytest.raises(ValueError, match="reason"):
        keeper.set_state(FINANCE, "S5", "dropped")


def test_supplier_figures_are_computed_from_orders_and_receipts(bureau):
    """SUP-01, SUP-08: rejected, short, late, dearer; each figure by hand."""
    first = bureau.placed([("A", 10, 20_000)])
    bureau.tills["01"].business_day = "2026-08-20"
    bureau.receive(first, (1, 10))
    bureau.tills["01"].business_day = "2026-11-21"
    second = bureau.placed([("A", 10, 25_000), ("B", 10, 300_000)])
    bureau.post(
        [
            goods_line(
                1, "A", 6, order_line=1, received_milli=8_000, rejected_milli=2_000,
                unit_cost_e4=25_000,
            ),
            goods_line(2, "B", 2, order_line=2, received_milli=2_000, unit_cost_e4=300_000),
        ],
        reference=second.order_id, counterparty_id="S1",
    )  # fmt: skip
    bureau.purchasing.close(BUYER, "01", second.order_id, "no more")
    bureau.post(
        [goods_line(1, "A", 2)], kind=DocumentKind.DISCREPANCY, people=(), counterparty_id="S1"
    )
    found = goods_figures.figures(bureau.office, "2026-10-01", "2026-12-31")["S1"]
    assert (found.receipts, found.received_milli, found.rejected_milli) == (1, 10_000, 2_000)
    assert found.reject_bp == 2_000
    assert (found.orders_ended, found.ordered_milli, found.accepted_milli) == (2, 30_000, 18_000)
    assert found.short_bp == 4_000
    assert found.on_time_bp == 10_000
    # Six A at 2.50 against 2.00 before; B was not bought before and says nothing.
    assert found.price_trend_bp == 2_500
    assert found.claims == 1
    history = goods_figures.price_history(bureau.office.dialect, item_code="A")
    assert [(one.business_day, one.unit_cost_e4) for one in history] == [
        ("2026-11-21", 25_000), ("2026-08-20", 20_000)
    ]  # fmt: skip
    assert goods_figures.figures(bureau.office, "2030-01-01", "2030-12-31") == {}


# ------------------------------------------------------------------------------------- lines


def test_lines_are_read_as_typed_or_pasted():
    found = typed_lines("A 24 2.50\n\nB\t1.5\t¥3\nC，2\n")
    assert [(one.item_code, one.quantity_milli, one.unit_cost_e4) for one in found] == [
        ("A", 24_000, 25_000), ("B", 1_500, 30_000), ("C", 2_000, None)
    ]  # fmt: skip


@pytest.mark.parametrize("text", ["A", "A x", "A 1 y", "A 1 2 3 4"])
def test_a_line_that_is_none_is_named(text):
    with pytest.raises(ValueError, match="line 2"):
        typed_lines("A 1 1\n" + text)


def test_goods_are_found_by_their_barcode_but_not_by_a_case_s(bureau):
    """The pack in the hand shows a barcode; a case's price would be ambiguous."""
    bureau.feed.publish(
        FeedChanges(
            barcodes=(
                FeedBarcode(code="06981323783631", item_code="B"),
                FeedBarcode(code="16981323783638", item_code="B", quantity_milli=15_000),
            )
        )
    )
    (line,) = named(bureau.office.dialect, "01", typed_lines("6981323783631 3 2.50"))
    assert (line.item_code, line.quantity_milli, line.unit_cost_e4) == ("B", 3_000, 25_000)
    notice = Recalls(bureau.orders).issue(
        QUALITY, notice_no="N-1", item_code="6981323783631", reason="glass"
    )
    assert notice.item_code == "B"
    with pytest.raises(UnknownItem) as refused:
        named(bureau.office.dialect, "01", typed_lines("B 1 1\n16981323783638 1 37.50"))
    (problem,) = refused.value.problems
    assert (problem.field, problem.line) == ("lines", 2)
    assert "a case of 15 Rice 5 kg" in str(refused.value)


def test_orders_of_any_kind_are_published_and_closed(bureau):
    """What counts and other jobs use: an order goes to one store, is closed, and keeps its history."""
    order = Order(order_id="CT-1", order_kind="count", lines=tuple(pieces(("A", 1))))
    bureau.orders.publish_order("01", order, by="Zhang")
    assert bureau.orders.published("02", "CT-1") is None
    bureau.orders.close_order("01", "CT-1", by="Zhang")
    told = bureau.orders.published("01", "CT-1")
    assert told is not None
    assert told.state == "done"
    with pytest.raises(WrongState):
        bureau.orders.close_order("01", "CT-1")
    with pytest.raises(LookupError):
        bureau.orders.publish_order("99", order)
    with pytest.raises(UnknownItem):
        bureau.draft([("nope", 1, 1)])
    assert bureau.orders.get("01", "CT-1").entered_utc_ms == NOW_MS
