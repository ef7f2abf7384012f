"""What stores register and head office reads: daily totals, tags, books, loans, deliveries, copies."""

from __future__ import annotations

import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ClassRule, OrderLine
from pos.domain.goods.registers import Register
from sync.head_office import (
    count_plans,
    count_tags,
    daily_totals,
    delivery_register,
    dispatch_copies,
    goods_overdue,
    loan_register,
    promotions,
    store_books,
    store_reminders,
)
from sync.head_office.count_plans import CountPlan
from sync.head_office.goods_dispatching import Dispatching
from sync.head_office.goods_lists import set_rules
from sync.head_office.refusals import Refused
from sync.head_office.rights import NotAllowed
from tests.sync.head_office.orders_kit import BUYER, FINANCE, WRITER
from tests.sync.head_office.registers_chain import Registrar


@pytest.fixture
def shop(hq):
    return Registrar(hq)


def findings(shop, code: str) -> list[tuple[str, str]]:
    return [
        (str(store), str(subject))
        for store, subject in shop.bureau.hq.rows(
            "SELECT store_id, subject FROM sales_audit WHERE code = ? ORDER BY 1, 2", code
        )
    ]


# -------------------------------------------------------------------------- daily totals


def test_daily_totals_come_with_difference_reason_and_both_signers(shop):
    """STK-04, CSH-03."""
    shop.total("01", 40, 40, back=1)
    shop.total("01", 38, 40, reason="a carton was lent")
    found = daily_totals.totals(shop.office.dialect)
    assert [(one.difference_milli, one.state) for one in found] == [
        (-2000, "differs"),
        (0, "equal"),
    ]
    first = found[0]
    assert (first.reason, first.outgoing_signed_by, first.incoming_signed_by, first.shift_no) == (
        "a carton was lent",
        "1001",
        "1002",
        "1",
    )
    assert len(daily_totals.totals(shop.office.dialect, only_differing=True)) == 1
    store_reminders.remind(shop.office)
    ((store, subject),) = findings(shop, "daily_total_differs")
    assert (store, subject.endswith("/烟")) == ("01", True)


def test_a_closed_day_without_its_pieces_is_a_finding_only_where_they_are_asked_for(shop):
    """STK-04: the class's rule and the store's plan ask; a till that asked in vain says so itself."""
    for store in ("01", "02"):
        shop.close_day(store, back=2)
    shop.total("02", 5, 5, back=2)
    shop.close_day("02", back=1)
    shop.not_counted("02", back=1, shift=3)
    store_reminders.remind(shop.office)
    told = ("02", f"{shop.day(1)}/1/3")
    assert findings(shop, "daily_total_missed") == [told]  # control: no plan asks store 01
    set_rules(
        shop.bureau.feed, BUYER, "class_rules", [ClassRule(item_class="烟", counted_daily=True)]
    )
    count_plans.set_plan(shop.office, FINANCE, CountPlan(daily_total=True))
    store_reminders.remind(shop.office)
    assert findings(shop, "daily_total_missed") == [("01", shop.day(2)), told]


# ---------------------------------------------------------------------------- bad tags


def test_more_than_five_bad_tags_of_a_month_are_a_violation_without_any_count(shop):
    """STK-07, STK-08: what the store found itself is forgiven."""
    shop.tag("01", 5)
    shop.tag("01", 9, found_by="store")
    store_reminders.remind(shop.office)
    assert findings(shop, "tag_violation") == []
    shop.tag("01", 1)
    shop.tag("02", 5)
    store_reminders.remind(shop.office)
    assert findings(shop, "tag_violation") == [("01", shop.day()[:7])]
    found = count_tags.tags(shop.office.dialect)
    months = {
        one.store_id: (one.found_milli, one.forgiven_milli) for one in count_tags.months(found)
    }
    assert months == {"01": (6000, 9000), "02": (5000, 0)}
    assert {one.tag for one in found} == {"lost"}


# ------------------------------------------------------------------------------- books


def test_the_three_days_begin_with_the_first_goods_and_end_with_count_or_waiver(shop):
    """STK-01, STK-02."""
    (first, second) = store_books.books(shop.office.dialect, shop.day())
    assert (first.state, first.due_day) == ("empty", "")
    shop.paper("01", DocumentKind.RECEIPT, 5, back=4)
    shop.paper("02", DocumentKind.TRANSFER_IN, 5, back=2)
    (first, second) = store_books.books(shop.office.dialect, shop.day())
    assert (first.state, first.first_day, first.due_day, first.days_left, first.late) == (
        "unbooked",
        shop.day(4),
        shop.day(1),
        -1,
        True,
    )
    assert (second.state, second.days_left, second.late) == ("unbooked", 1, False)
    store_reminders.remind(shop.office)
    assert findings(shop, "books_late") == [("01", shop.day(1))]
    shop.paper("01", DocumentKind.OPENING, 5)
    shop.note(
        "02", Register.BOOKS, "opening", "opening_waived", person_id="8001",
        fields={"reason": "counted by hand"},
    )  # fmt: skip
    (first, second) = store_books.books(shop.office.dialect, shop.day())
    assert (first.state, first.opening_day, first.late) == ("booked", shop.day(), True)
    assert (second.state, second.waivers[0].reason) == ("waived", "counted by hand")


def test_an_opening_count_that_found_an_empty_shop_opens_the_books(shop):
    """STK-01: there is no document without lines."""
    shop.note("01", Register.BOOKS, "opening", "opening_empty", 1, fields={"count": "K-1"})
    (first, second) = store_books.books(shop.office.dialect, shop.day())
    assert (first.state, first.opening_day, first.opening_no) == ("booked", shop.day(1), "K-1")
    assert second.state == "empty"


# ------------------------------------------------------------------------------- loans


def lend(shop, back: int, due: int, pieces: int = 6) -> str:
    return shop.paper(
        "01", DocumentKind.LOAN_OUT, pieces, back, counterparty_name="Museum",
        reference_no="AP-7", due_day=shop.day(due),
        fields={"responsible": "3001", "responsible_name": "Wang", "phone": "138"},
    )  # fmt: skip


def test_a_loan_is_overdue_by_its_own_day_and_names_who_answers(shop):
    """REG-04, REG-05."""
    number = lend(shop, 6, 2)
    lend(shop, 3, -5)
    (late, fine) = loan_register.loans(shop.office)
    assert (late.opened.document_no, late.days_out, late.days_overdue) == (number, 6, 2)
    assert (late.responsible_id, late.responsible, late.phone) == ("3001", "Wang", "138")
    assert fine.days_overdue == 0
    assert [
        one.opened.document_no for one in loan_register.loans(shop.office, only_overdue=True)
    ] == [number]
    shop.paper("01", DocumentKind.LOAN_RETURN, 4, reference=number)
    assert loan_register.loans(shop.office)[0].opened.left_milli == 2000
    (entry,) = goods_overdue.open_entries(shop.office, only_overdue=True)
    assert (entry.document_no, entry.responsible, entry.left_milli) == (number, "3001 Wang", 2000)


def test_a_loan_of_sixteen_days_is_overdue_whatever_day_was_agreed(shop):
    """REG-05: strictly more than fifteen."""
    lend(shop, 15, -30)
    assert loan_register.loans(shop.office)[0].days_overdue == 0
    shop.bureau.hq.clock.now_ms += 86_400_000
    assert loan_register.loans(shop.office)[0].days_overdue == 1


def test_a_charge_is_open_until_a_sale_paid_it(shop):
    """REG-05."""
    number = lend(shop, 20, 5, 2)
    charge = shop.paper(
        "01", DocumentKind.LOAN_RETURN, 2, reference=number, reason="loan_charge",
        fields={"charged_to": "3001", "charged_name": "Wang"},
    )  # fmt: skip
    assert loan_register.loans(shop.office) == []
    (open_one,) = loan_register.charges(shop.office, only_open=True)
    assert (open_one.document_no, open_one.loan_no, open_one.person, open_one.paid) == (
        charge,
        number,
        "Wang",
        False,
    )
    shop.note(
        "01", Register.LOAN, number, "paid", document_no=charge, person_id="3001",
        fields={"transaction_no": "S-9", "amount_minor": "5600"},
    )  # fmt: skip
    assert loan_register.charges(shop.office, only_open=True) == []
    (paid,) = loan_register.charges(shop.office)
    assert (paid.transaction_no, paid.amount_minor) == ("S-9", 5600)


# -------------------------------------------------------------------------- deliveries


def hold(shop, back: int, due: int | None = None, store: str = "01") -> str:
    return shop.paper(
        store, DocumentKind.DISPATCH_HOLD, 1, back, people=(), counterparty_name="Zhao",
        reference="S-1", due_day="" if due is None else shop.day(due),
        fields={"mode": "deliver", "clerk": "1007"},
    )  # fmt: skip


def test_a_delivery_tells_where_it_stands_and_is_late_by_the_day_promised_last(shop):
    """REG-06, REG-08, REG-09."""
    number = hold(shop, 6, 3)
    (one,) = delivery_register.deliveries(shop.office)
    assert (one.state, one.days_overdue, one.clerk) == ("waiting", 3, "1007")

    def said(action, **fields):
        shop.note("01", Register.DISPATCH, number, action, document_no=number, fields=fields)

    said("promised", due_day=shop.day(1))
    assert delivery_register.deliveries(shop.office)[0].days_overdue == 1
    said("checked_out", checker="1007")
    said("courier", courier="SF", tracking="SF100")
    (one,) = delivery_register.deliveries(shop.office, state="out")
    assert (one.courier, one.tracking_no, one.out_day) == ("SF", "SF100", shop.day())
    said("delivered", day=shop.day(), by="SF")
    assert delivery_register.deliveries(shop.office)[0].state == "unsigned"
    (slip,) = delivery_register.courier_slips(shop.office, shop.day()[:7])
    assert (slip.courier, slip.document_no) == ("SF", number)
    shop.paper("01", DocumentKind.DISPATCH_DONE, 1, people=(), reference=number)
    assert delivery_register.deliveries(shop.office) == []


def test_a_delivery_without_a_day_is_due_three_days_after_the_sale(shop):
    """REG-06."""
    hold(shop, 3)
    hold(shop, 4, store="02")
    found = {
        one.opened.store_id: one.days_overdue for one in delivery_register.deliveries(shop.office)
    }
    assert found == {"01": 0, "02": 1}


def test_a_gate_pass_is_open_until_the_guard_scanned_it(shop):
    """REG-10."""
    shop.note(
        "01", Register.GATE_PASS, "MZ1", "issued", 1, document_no="NO-1",
        quantity_milli=1000, fields={"goods": "sofa × 1"},
    )  # fmt: skip
    (one,) = delivery_register.gate_passes(shop.office)
    assert (one.number, one.document_no, one.goods, one.out_day) == ("MZ1", "NO-1", "sofa × 1", "")
    shop.note("01", Register.GATE_PASS, "MZ1", "out")
    assert delivery_register.gate_passes(shop.office) == []
    assert delivery_register.gate_passes(shop.office, only_open=False)[0].out_by == "1001"


# ------------------------------------------------------------------------------ copies


def test_copies_close_when_store_and_head_office_both_say_so(shop):
    """RCV-12, RCV-13."""
    keeper = Dispatching(shop.bureau.orders)
    line = OrderLine(line_no=1, item_code="B", quantity_milli=9_000)
    sent = keeper.send(BUYER, store_id="01", lines=[line])
    receipt = shop.paper("01", DocumentKind.RECEIPT, 9, code="B", reference=sent.order_id)

    def state():
        told = dispatch_copies.told_by_store(shop.office.dialect, "01", sent.order_id)
        back = keeper.copies("01", sent.order_id)
        missing = [one for one in ("goods", "finance_1", "finance_2") if one not in back]
        return dispatch_copies.state(told, missing)

    shop.note(
        "01", Register.COPIES, receipt, "printed",
        fields={"order_no": sent.order_id, "due": shop.day(-5)},
    )  # fmt: skip
    assert state() == "at_store"
    shop.note("01", Register.COPIES, receipt, "sent", fields={"by": "driver Qian"})
    (out,) = keeper.copies_out()
    assert (out.due_day, out.sent_day, out.carrier, out.back_day) == (
        shop.day(-5),
        shop.day(),
        "driver Qian",
        "",
    )
    assert state() == "under_way"
    shop.note("01", Register.COPIES, receipt, "received")
    assert state() == "store_only"
    assert keeper.copies_out()[0].back_day == shop.day()
    for copy in out.missing:
        keeper.copy_back(BUYER, "01", sent.order_id, copy)
    assert state() == "both"
    assert keeper.copies_out() == []
    told = shop.bureau.orders.published("01", sent.order_id)
    assert told is not None
    assert told.fields["copies_back"].split() == ["finance_1", "finance_2", "goods"]


# -------------------------------------------------------------------------- promotions


def test_a_suggested_promotion_is_answered_by_who_may_and_with_a_reason_for_no(shop):
    """REP-05."""
    shop.note(
        "01", Register.PLANNING, "A", "promotion_suggested", item_code="A",
        quantity_milli=30_000, fields={"kind": "slow", "days": "120", "note": "too sweet"},
    )  # fmt: skip
    (one,) = promotions.suggestions(shop.office, only_open=True)
    assert (one.name, one.kind, one.days, one.note) == ("酱油 500ml", "slow", "120", "too sweet")
    with pytest.raises(NotAllowed):
        promotions.answer(shop.office, WRITER, "01", one.key, "price")
    with pytest.raises(Refused):
        promotions.answer(shop.office, BUYER, "01", one.key, "no")
    with pytest.raises(LookupError):
        promotions.answer(shop.office, BUYER, "02", one.key, "price")
    promotions.answer(shop.office, BUYER, "01", one.key, "no", "new label comes")
    promotions.answer(shop.office, BUYER, "01", one.key, "price", "from Monday")
    assert promotions.suggestions(shop.office, only_open=True) == []
    (done,) = promotions.suggestions(shop.office)
    assert [(said.answer, said.by_name) for said in done.answers] == [
        ("no", "Li"),
        ("price", "Li"),
    ]
