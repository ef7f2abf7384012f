"""商品发货登记: goods sold and not taken, until their customer signs (REG-01, 02, 06..11)."""

from __future__ import annotations

import pytest

from drivers.document_layout import layout
from pos.domain.cart import EntryMethod, Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.journal import EntryKind
from pos.services import checkout, returnable, returns, reversals, shifts
from pos.services.context import Grant
from pos.services.goods import dispatch, documents, drafting, gate, held
from pos.services.goods.dispatch import Customer
from pos.services.goods.held import MoreThanOpen
from pos.services.print_documents import stored_slip
from pos.services.shifts.reading import open_items
from tests.pos.services import shop as support
from tests.pos.services.goods.large_shop import FRIDGE, KETTLE, places, stock_large

WANG = Customer(name="王先生", phone="13800000000", address="人民路 8 号 302", half="am")


@pytest.fixture
def till(open_shop):
    stock_large(open_shop)
    return open_shop


def add(till, *codes, quantity_milli=1000):
    for code in codes:
        added = checkout.add_item(till, code, quantity_milli, entry_method=EntryMethod.KEYED)
        assert isinstance(added, checkout.LineAdded), added


def sold_and_held(till, quantity_milli=1000, mode=dispatch.DELIVER):
    add(till, FRIDGE, quantity_milli=quantity_milli)
    dispatch.hold(till, mode, WANG)
    return support.pay(till)


def waiting(till):
    till.write(lambda _: None).result()
    return held.open_entries(till)


def cleared(till, number, **more):
    facts = {"receipt_no": "HD-77", "signed_day": support.DAY, "signer": "王太太"} | more
    posted = dispatch.clear(till, number, **facts)
    assert isinstance(posted, documents.Posted), posted
    return posted.saved.result(5)


def test_large_goods_are_asked_about_once_and_others_never_reg_01(till):
    add(till, KETTLE)
    assert dispatch.to_ask(till) == ()
    add(till, FRIDGE)
    assert [line.item_code for line in dispatch.to_ask(till)] == [FRIDGE]
    dispatch.hold(till, dispatch.KEEP, WANG)
    assert dispatch.to_ask(till) == ()


def test_a_shop_may_choose_not_to_be_asked(tmp_path):
    till = support.open_till(tmp_path, dispatch__ask=False)
    try:
        support.staff(till)
        support.act_as(till, "8001")
        support.begin_day(till)
        stock_large(till)
        add(till, FRIDGE)
        assert dispatch.to_ask(till) == ()
    finally:
        till.journal.close()


def test_what_stays_is_sold_and_reserved_by_the_sales_own_commit_reg_01(till):
    sale = sold_and_held(till)

    assert places(till) == {(FRIDGE, ""): -1000, (FRIDGE, "reserved"): 1000}
    (entry,) = waiting(till)
    assert (entry.transaction_no, entry.customer, entry.mode, entry.half) == (
        sale.transaction_no,
        "王先生",
        "deliver",
        "am",
    )
    assert entry.due_day == "2026-11-24"  # three days (REG-06)
    rows = till.journal.reader().execute("SELECT kind FROM journal_entry ORDER BY entry_id DESC")
    assert [row[0] for row in rows.fetchmany(2)] == ["goods_document", "transaction"]
    assert drafting.drafts(till) == []


def test_the_register_form_prints_for_the_customer_and_the_shop_after_the_commit(till):
    sold_and_held(till)
    kinds = till.journal.reader().execute("SELECT job_id, job_kind FROM print_job").fetchall()
    forms = [job_id for job_id, kind in kinds if kind == "goods_dispatch_hold"]
    assert len(forms) == 2
    assert set(forms) <= set(till.printer.jobs)


def test_a_sale_that_cannot_be_written_registers_nothing(till):
    add(till, FRIDGE)
    dispatch.hold(till, dispatch.KEEP, WANG)
    paid = checkout.tender(till, "cash", None)
    assert isinstance(paid, checkout.TenderAdded)

    def refuse(txn):
        txn.connection.execute(
            "CREATE TEMP TRIGGER full BEFORE INSERT ON print_job "
            "BEGIN SELECT RAISE(ABORT, 'disk full'); END"
        )

    till.write(refuse).result()
    done = checkout.complete(till)
    with pytest.raises(Exception, match="disk full"):
        done.saved.result(5)
    till.write(lambda txn: txn.connection.execute("DROP TRIGGER temp.full")).result()
    assert places(till) == {}
    assert waiting(till) == []
    # The control: the same sale, once the disk takes it.
    done = checkout.complete(till)
    done.saved.result(5)
    assert len(waiting(till)) == 1


def test_a_power_cut_between_tender_and_commit_keeps_the_answer(till, tmp_path):
    add(till, FRIDGE)
    dispatch.hold(till, dispatch.DELIVER, WANG)
    till.write(lambda _: None).result()
    till.journal.close()
    again = support.open_till(tmp_path)
    try:
        support.act_as(again, "8001")
        assert isinstance(checkout.resume_recovered(again), checkout.Recalled)
        assert dispatch.to_ask(again) == ()
        support.pay(again)
        (entry,) = waiting(again)
        assert entry.phone == "13800000000"
    finally:
        again.journal.close()
        till.journal = again.journal  # closed once


def test_a_cancelled_sale_leaves_no_draft_behind(till):
    add(till, FRIDGE)
    dispatch.hold(till, dispatch.KEEP, WANG)
    grant = Grant(approval_uuid="A1", right="sale.void_sale", approver_id="3001")
    assert isinstance(checkout.cancel_sale(till, "customer", grant), checkout.Cancelled)
    till.write(lambda _: None).result()
    assert drafting.drafts(till) == []


def test_less_on_the_sale_than_was_to_stay_registers_less(till):
    add(till, FRIDGE, quantity_milli=3000)
    dispatch.hold(till, dispatch.KEEP, WANG)
    line = till.sale.cart.lines[0]
    checkout.change_quantity(till, line.line_no, 2000)
    support.pay(till)
    (entry,) = waiting(till)
    assert entry.pieces_milli == 2000


def test_taken_now_registers_nothing_and_prints_a_gate_pass_reg_10(till):
    add(till, FRIDGE)
    dispatch.take_now(till)
    sale = support.pay(till)
    assert waiting(till) == []
    assert places(till) == {(FRIDGE, ""): -1000}
    (one,) = gate.passes(till)
    assert one.reference == sale.transaction_no
    assert not one.closed


@pytest.mark.parametrize(
    ("mode", "customer", "code"),
    [
        (dispatch.KEEP, Customer(), "no_customer"),
        (dispatch.DELIVER, Customer(name="王"), "no_address"),
    ],
)
def test_an_entry_says_whose_goods_and_where_to(till, mode, customer, code):
    add(till, FRIDGE)
    refused = dispatch.hold(till, mode, customer)
    assert isinstance(refused, Refusal)
    assert refused.code == code


def test_only_the_signed_receipt_clears_and_a_part_leaves_the_rest_reg_02(till):
    sold_and_held(till, 3000)
    (entry,) = waiting(till)
    number = entry.number
    refused = dispatch.clear(till, number, receipt_no="", signed_day=support.DAY, signer="王")
    assert isinstance(refused, Refusal)
    assert refused.code == "receipt_missing"

    done = cleared(till, number, quantities={entry.lines[0].line.line_no: 1000})
    assert done.fields["clerk"] == "8001"
    (rest,) = waiting(till)
    assert rest.pieces_milli == 2000
    assert places(till)[(FRIDGE, "reserved")] == 2000
    cleared(till, number)
    assert waiting(till) == []
    assert places(till) == {(FRIDGE, ""): -3000}


def test_nothing_is_cleared_twice_however_close_together(till):
    sold_and_held(till)
    (entry,) = waiting(till)
    facts = {"receipt_no": "HD-1", "signed_day": support.DAY, "signer": "王"}
    first = dispatch.clear(till, entry.number, **facts)
    second = dispatch.clear(till, entry.number, **facts)
    first.saved.result(5)
    if isinstance(second, documents.Posted):
        with pytest.raises(MoreThanOpen):
            second.saved.result(5)
    else:
        assert second.code == "no_such_entry"
    assert places(till) == {(FRIDGE, ""): -1000}


def test_late_goods_name_the_person_who_registered_them_reg_06(till):
    sold_and_held(till)
    (entry,) = waiting(till)
    assert (entry.overdue_days, entry.age_days) == (0, 0)
    till.business_day = "2026-11-26"
    (entry,) = waiting(till)
    assert (entry.age_days, entry.overdue_days, entry.person_id) == (5, 2, "8001")
    dispatch.promise(till, entry.number, "2026-11-28", "顾客出差").result(5)
    (entry,) = waiting(till)
    assert entry.overdue_days == 0


def test_delivered_and_unsigned_is_a_state_of_its_own_reg_09(till):
    sold_and_held(till)
    (entry,) = waiting(till)
    assert entry.state == held.WAITING
    dispatch.courier(till, entry.number, "顺丰", "SF123").result(5)
    dispatch.delivered(till, entry.number, support.DAY, "小刘").result(5)
    (entry,) = waiting(till)
    assert (entry.state, entry.courier, entry.tracking_no) == (held.UNSIGNED, "顺丰", "SF123")
    assert places(till)[(FRIDGE, "reserved")] == 1000
    assert [one.number for one in held.left_without_pass(till)] == [entry.number]
    assert [one.fields["tracking"] for one in held.courier_slips(till, "2026-11")] == ["SF123"]


def test_what_leaves_is_scanned_against_the_entry_and_gets_a_pass_stk_19_reg_10(till):
    sold_and_held(till)
    (entry,) = waiting(till)
    refused = dispatch.check_out(till, entry.number, {KETTLE: 1000})
    assert isinstance(refused, Refusal)
    assert refused.code == "other_goods"
    number = dispatch.check_out(till, entry.number, {FRIDGE: 1000}).result(5)
    (entry,) = waiting(till)
    assert entry.state == held.OUT
    assert gate.scan_out(till, number.lower()).result(5) is None
    again = gate.scan_out(till, number)
    assert isinstance(again, Refusal)
    assert again.code == "pass_used"
    assert gate.scan_out(till, "MZ-NONE").code == "no_such_pass"
    assert [one.closed for one in gate.passes(till)] == [True]
    dispatch.delivered(till, entry.number, support.DAY, "小刘").result(5)
    assert held.left_without_pass(till) == []


def test_the_pick_list_has_what_is_due_and_late_by_half_day_reg_07(till):
    sold_and_held(till)
    assert held.pick_rows(till, "2026-11-23") == []
    assert [row.half for row in held.pick_rows(till, "2026-11-24", "am")] == ["am"]
    assert held.pick_rows(till, "2026-11-24", "pm") == []
    assert len(held.pick_rows(till, "2026-11-25", "pm")) == 1
    held.print_pick_list(till, "2026-11-24").result(5)
    assert held.print_pick_list(till, "2026-11-23").code == "nothing_to_deliver"


def test_promises_kept_are_counted_reg_11(till):
    sold_and_held(till)
    (entry,) = waiting(till)
    cleared(till, entry.number)
    found = held.on_time(till, "2026-11")
    assert (found.entries, found.on_time) == (1, 1)


def give_back(till, number, quantity_milli):
    receipt = returnable.find_receipt(till, number)
    line = receipt.lines[0]
    result = returns.start_return(till, number, {line.line_no: quantity_milli}, "quality")
    assert isinstance(result, returns.ReturnStarted), result
    return support.pay(till)


def test_a_return_of_goods_never_taken_clears_the_register(till):
    sale = sold_and_held(till, 2000)
    give_back(till, sale.transaction_no, 2000)
    assert waiting(till) == []
    assert places(till) == {}
    done = [
        one
        for one in support.entries(till, EntryKind.GOODS_DOCUMENT)
        if one.document_kind is DocumentKind.DISPATCH_DONE
    ]
    assert [one.reason for one in done] == [dispatch.NEVER_TAKEN]


def test_goods_that_were_taken_come_back_first(till):
    sale = sold_and_held(till, 2000)
    (entry,) = waiting(till)
    cleared(till, entry.number, quantities={entry.lines[0].line.line_no: 1000})
    give_back(till, sale.transaction_no, 1000)
    assert waiting(till)[0].pieces_milli == 1000
    give_back(till, sale.transaction_no, 1000)
    assert waiting(till) == []
    assert places(till) == {}


def test_a_reversed_sale_leaves_the_register_too(till):
    sale = sold_and_held(till)
    grant = Grant(approval_uuid="A1", right="sale.void_paid", approver_id="3001")
    done = reversals.void_transaction(till, sale.transaction_no, "mistake", grant)
    assert isinstance(done, checkout.Completion), done
    done.saved.result(5)
    assert waiting(till) == []
    assert places(till) == {}


def test_an_ordinary_return_touches_no_register(till):
    add(till, KETTLE)
    sale = support.pay(till)
    give_back(till, sale.transaction_no, 1000)
    assert support.entries(till, EntryKind.GOODS_DOCUMENT) == []


def slips(till, kind):
    till.write(lambda _: None).result()
    rows = till.journal.reader().execute(
        "SELECT document FROM print_job WHERE job_kind = ? ORDER BY rowid", (kind,)
    )
    return [layout_text(stored_slip(row[0])) for row in rows]


def layout_text(document):
    return "\n".join(line.preview for line in layout(document, 48))


def test_handover_and_day_close_name_what_waits_with_its_age_reg_02(till):
    sold_and_held(till)
    number = waiting(till)[0].number
    later = "2026-11-26"
    till.business_day, day = later, till.business_day
    (item,) = [one for one in open_items(till) if one.kind == "dispatch_entry"]
    assert item.text() == f"dispatch_entry {number} owner=8001 due=2026-11-24 age=5"
    till.business_day = day
    closed = shifts.close_shift(till, {"cash": 349_900})
    assert isinstance(closed, shifts.ShiftClosed), closed
    closed.saved.result(5)
    assert number in slips(till, "shift")[-1]
    z = shifts.close_day(till)
    assert isinstance(z, shifts.DayClosed), z
    assert (
        f"dispatch_entry {number} owner=8001 due=2026-11-24 age=0" in z.saved.result(5).open_items
    )


def test_a_close_without_open_entries_names_none(till):
    add(till, KETTLE)
    support.pay(till)
    closed = shifts.close_shift(till, {"cash": 59_900})
    assert isinstance(closed, shifts.ShiftClosed), closed
    closed.saved.result(5)
    assert "FH" not in slips(till, "shift")[-1]
