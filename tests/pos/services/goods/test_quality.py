"""Quality at the till: dates, recalls, maintenance, readings, forms, tracing, exports (QLT)."""

from __future__ import annotations

import csv

import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.services import checkout, returns
from pos.services.context import NeedsApproval
from pos.services.goods import coming_back, stock
from pos.services.journal_reading import find_transaction
from pos.services.quality import dates, exports, forms, maintenance, readings, recalls, tracing
from pos.store import goods_ledgers
from tests.pos.services import shop as support
from tests.pos.services.goods import quality_shop as q
from tests.pos.services.goods.quality_shop import COLA, DOSE, EANS, PHONE, PILLS, STENT


@pytest.fixture
def till(open_shop):
    q.stocked(open_shop)
    return open_shop


def notes(till, register):
    found = support.entries(till, EntryKind.REGISTER_NOTED)
    return [one for one in found if one.register == register]


def sell_pack(till, item_code=PILLS, batch="B-OLD", expiry="270331", member=""):
    checkout.scan(till, q.pack(item_code, batch, expiry), q.AIM)
    till.sale.member_id = member
    return support.pay(till).transaction_no


# -- dates (QLT-06) -------------------------------------------------------------------------------


def test_batches_stand_by_their_dates_with_bands(till):
    """QLT-06: near-expiry bands, expired first."""
    q.receive(till, q.line(1, PILLS, 2, batch="B-60", expiry="2027-01-10"))
    found = dates.batches_of(till, PILLS)
    assert [(one.batch, one.band, one.expired) for one in found] == [
        ("B-PAST", 0, True),
        ("B-60", 60, False),
        ("B-OLD", 0, False),
        ("B-NEW", 0, False),
    ]
    assert [one.batch for one in dates.ending(till)] == ["B-PAST", "B-60"]


def test_a_batch_that_is_sold_out_or_written_off_is_not_listed(till):
    """The control of the list above: it is about what is in the shop."""
    q.post(
        till,
        DocumentKind.SCRAP,
        q.line(1, PILLS, 1, batch="B-PAST", expiry="2026-11-20", reason="expired"),
    )
    assert dates.ending(till) == []


def test_a_held_batch_is_marked(till):
    q.hold(till, PILLS, batch="B-OLD")
    found = {one.batch: one.held for one in dates.batches_of(till, PILLS)}
    assert (found["B-OLD"], found["B-NEW"]) == ("召回2026-7号", "")


# -- recalls (QLT-05) -----------------------------------------------------------------------------


def test_a_recall_lists_who_bought_the_batch(till):
    """QLT-05: slips, time, cashier, member of a batch; other batches' buyers are not in it."""
    first = sell_pack(till, member="13800001111")
    sell_pack(till, batch="B-NEW", expiry="280531")
    second = sell_pack(till)
    q.recall(till, PILLS, "B-OLD")
    (order,) = recalls.open_recalls(till)
    found = recalls.buyers(till, order)
    assert [(one.transaction_no, one.member_id, one.quantity_milli) for one in found] == [
        (second, "", 1000),
        (first, "13800001111", 1000),
    ]
    assert all(one.certain and one.operator_id == "8001" and one.at for one in found)


def test_slips_that_name_no_batch_are_listed_as_possible(till):
    support.sell(till, (COLA, 2000))
    q.recall(till, COLA, "L77")
    (order,) = recalls.open_recalls(till)
    assert [(one.certain, one.quantity_milli) for one in recalls.buyers(till, order)] == [
        (False, 2000)
    ]


def test_contacts_and_goods_back_make_the_progress(till):
    """QLT-05: contact log, recalled-in quantity against sold quantity, told to head office."""
    number = sell_pack(till)
    sell_pack(till)
    q.recall(till, PILLS, "B-OLD")
    (order,) = recalls.open_recalls(till)
    before = recalls.progress(till, order)
    assert (before.sold_milli, before.returned_milli, before.told) == (2000, 0, 0)
    assert before.on_shelf_milli == 2000
    buyers = recalls.buyers(till, order)
    recalls.contact(till, order, buyers[0], "told", how="phone").result(5)
    recalls.contact(till, order, buyers[1], "not_reached").result(5)
    returns.start_return(till, number, {1: 1000}, "quality", recall=order.order_id)
    support.pay(till)
    after = recalls.progress(till, order)
    assert (after.told, after.not_reached, after.returned_milli) == (1, 1, 1000)
    back = {one.transaction_no: one.returned_milli for one in recalls.buyers(till, order)}
    assert back[number] == 1000
    recalls.report_done(till, order).result(5)
    assert recalls.progress(till, order).reported
    done = [one for one in notes(till, "recall") if one.action == "done"]
    assert done[0].fields["returned_milli"] == "1000"


def test_a_recall_slip_is_printed(till):
    """QLT-05: the notice names number, goods, batch and what to do."""
    q.recall(till, PILLS, "B-OLD")
    (order,) = recalls.open_recalls(till)
    recalls.print_slip(till, order).result(5)
    row = (
        till.journal.reader()
        .execute("SELECT document FROM print_job WHERE job_kind = 'goods_recall'")
        .fetchone()
    )
    text = row[0].decode()
    assert "ZH-7" in text
    assert "B-OLD" in text


# -- maintenance (QLT-07..09) ---------------------------------------------------------------------


def test_the_plan_follows_from_class_and_batch(till):
    """QLT-07: a task for each batch in stock, due a cycle after the receipt, then after the look."""
    assert maintenance.tasks(till) == [], "received today: nothing is due"
    till.business_day = "2026-12-25"
    due = maintenance.tasks(till)
    assert {(one.batch, one.due_day, one.overdue_days) for one in due} == {
        ("B-NEW", "2026-12-21", 4),
        ("B-OLD", "2026-12-21", 4),
        ("B-PAST", "2026-12-21", 4),
    }
    looked = next(one for one in due if one.batch == "B-NEW")
    maintenance.record(till, looked).result(5)
    assert {one.batch for one in maintenance.tasks(till)} == {"B-OLD", "B-PAST"}
    (note,) = notes(till, "maintenance")
    assert (note.action, note.subject) == ("keep", "PILLS/B-NEW")
    assert note.fields["points"].startswith("packaging,label")


def test_a_problem_opens_a_case_that_somebody_closes(till):
    """QLT-08, QLT-09: tick items, finding, action; a problem opens a case."""
    till.business_day = "2026-12-25"
    task = maintenance.tasks(till)[0]
    refused = maintenance.record(till, task, failed=("label",), action="hold")
    assert refused.code == "finding_missing"
    maintenance.record(till, task, failed=("label",), finding="标签脱落", action="hold").result(5)
    (case,) = maintenance.cases(till)
    assert (case.finding, case.batch) == ("标签脱落", task.batch)
    maintenance.close_case(till, case, "已退货").result(5)
    assert maintenance.cases(till) == []


# -- readings (QLT-11) ----------------------------------------------------------------------------


@pytest.fixture
def cool(tmp_path):
    made = support.open_till(
        tmp_path / "cool",
        quality__places=[
            {"id": "cool", "name": "阴凉区", "lowest_tenths": 0, "highest_tenths": 200}
        ],
    )
    support.staff(made)
    support.act_as(made, "8001")
    support.begin_day(made)
    yield made
    made.journal.close()


def test_readings_are_missing_until_both_are_made(cool):
    """QLT-11: twice a day, limits per location."""
    assert [one.missing for one in readings.today(cool)] == [2]
    readings.record(cool, "cool", 185, 60).result(5)
    assert [(one.missing, one.last_tenths) for one in readings.today(cool)] == [(1, 185)]
    assert readings.record(cool, "cool", 231).code == "measure_missing"
    readings.record(cool, "cool", 231, measure="开启空调").result(5)
    (place,) = readings.today(cool)
    assert (place.missing, place.out_of_limits) == (0, True)
    assert readings.record(cool, "attic", 100).code == "no_such_place"


# -- forms (QLT-12, QLT-13) -----------------------------------------------------------------------


def test_an_arrival_is_open_until_somebody_verified_it(till):
    """QLT-13."""
    checkout.scan(till, EANS[DOSE])
    support.pay(till)
    (arrival,) = forms.arrivals(till)
    assert (arrival.item_code, arrival.batch) == (DOSE, "C1")
    forms.verify_arrival(till, arrival, by="顾客电话确认").result(5)
    assert forms.arrivals(till) == []


def test_an_adverse_reaction_is_reported_whole_or_not_at_all(till):
    """QLT-12."""
    whole = {
        "patient": "王某, 62",
        "reaction": "皮疹",
        "began": "2026-11-20",
        "outcome": "停药后好转",
        "reporter": "周建国",
    }
    part = {name: value for name, value in whole.items() if name != "outcome"}
    assert forms.report_reaction(till, PILLS, "B-OLD", part).values["fields"] == "outcome"
    forms.report_reaction(till, PILLS, "B-OLD", whole).result(5)
    (note,) = notes(till, "adverse")
    assert note.fields == whole


# -- tracing (QLT-14) -----------------------------------------------------------------------------


def test_a_batch_is_traced_to_its_supplier_and_its_buyers(till):
    """QLT-14 forward: batch → receipts, supplier, slips, members, scrap."""
    number = sell_pack(till, member="13800001111")
    q.post(till, DocumentKind.SCRAP, q.line(1, PILLS, 1, batch="B-OLD", reason="damaged"))
    (found,) = tracing.trace(till, "B-OLD")
    assert [(one.reason, one.partner, one.partner_paper) for one in found.came] == [
        ("receipt", "康源医药", "SH-0815")
    ]
    assert [(one.reason, one.quantity_milli) for one in found.went] == [
        ("sale", -1000),
        ("scrap", -1000),
    ]
    assert found.went[0].document_no == number
    assert found.went[0].partner == "13800001111"
    assert (found.expiry, found.in_shop_milli) == ("2027-03-31", 2000)


def test_a_slip_is_traced_back_to_the_suppliers_note(till):
    """QLT-14 back: slip → line → batch → receipt → supplier's note."""
    number = sell_pack(till)
    (found,) = tracing.trace(till, number)
    assert (found.item_code, found.batch, found.from_slip) == (PILLS, "B-OLD", number)
    assert found.came[0].partner_paper == "SH-0815"


def test_a_serial_number_is_traced_both_ways(till):
    checkout.serial_given(till, checkout.scan(till, EANS[PHONE]), "SN1")
    number = support.pay(till).transaction_no
    (found,) = tracing.trace(till, "SN1")
    assert [one.reason for one in found.came] == ["receipt"]
    assert [one.document_no for one in found.went] == [number]
    assert tracing.trace(till, "SN404") == [], "the control: what nobody knows has no trace"


@pytest.mark.parametrize("code", ["SN7", "2D"])
def test_cat_03_a_unit_received_as_ean_and_serial_is_sold_by_its_bare_serial(till, code):
    """CAT-03: the stockroom keeps GTIN and serial; the box at the till shows the serial alone."""
    whole = q.pack(PHONE, serial="SN7")
    q.receive(till, q.line(1, PHONE, 1, unit_codes=(whole,)))
    asked = checkout.scan(till, EANS[PHONE])
    given = checkout.serial_given(till, asked, whole if code == "2D" else code)
    assert not isinstance(given, Refusal | NeedsApproval), given
    number = support.pay(till).transaction_no
    assert stock.unit_named(till, "SN7")[1].transaction_no == number
    (found,) = tracing.trace(till, "SN7")
    assert [one.document_no for one in found.went] == [number]
    again = checkout.serial_given(till, checkout.scan(till, EANS[PHONE]), "SN7")
    assert isinstance(again, Refusal), "sold already"
    for back in ("SN7", whole):
        line = find_transaction(till.journal.reader(), number).transaction.lines[0]
        assert coming_back.check_unit(till, line, back) is None
    assert coming_back.check_unit(till, line, "SN8").code == "serial_differs", "the control"


def test_a_pack_code_is_traced_by_its_batch(till):
    (found,) = tracing.trace(till, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    assert found.batch == "B-OLD"


# -- exports (QLT-02) -----------------------------------------------------------------------------


def test_the_devices_record_has_exactly_the_columns_of_the_law(till):
    """QLT-02, QLT-03: exactly these columns, in this order."""
    checkout.scan(till, EANS[STENT])
    till.sale.buyer = {"mode": "retail"}
    support.pay(till)
    path = exports.export(till, "device_sales", words=str)
    rows = list(csv.reader(path.read_text(encoding="utf-8-sig").splitlines()))
    assert rows[0] == [
        "Name", "Spec (model)", "Registration or filing no.", "Quantity", "Unit price", "Amount",
        "Batch or serial no.", "Expiry", "Sale date", "Maker", "Maker's licence no.",
        "Buyer's name", "Buyer's licence no.", "Buyer's address", "Buyer's contact",
        "Sterilisation batch", "Handled by", "Responsible person",
    ]  # fmt: skip
    assert rows[1][:11] == [
        "一次性注射器", "10片", "国械注准20193140001", "1", "12.50", "12.50", "D1",
        "2029-01-31", support.DAY, "康德莱", "沪药监械生产许20010001",
    ]  # fmt: skip


def test_medicine_purchases_carry_every_field(till):
    """CAT-14: generic name, dosage form, spec, batch, expiry, manufacturer; both signatures."""
    columns, rows = exports.medicine_purchases(till, "2026-11-01", "2026-11-30")
    row = dict(zip(columns, rows[0], strict=True))
    assert row["Generic name"] == "阿莫西林"
    assert (row["Dosage form"], row["Maker"], row["Batch"]) == ("胶囊剂", "华北制药", "B-NEW")
    assert (row["Supplier"], row["Delivery note"]) == ("康源医药", "SH-0815")
    assert row["Inspected by"] != row["Checked by"]
    assert {one[columns.index("Name")] for one in rows} >= {"阿莫西林胶囊", "一次性注射器"}
    assert not any("可乐" in one for one in rows), "plain goods are not in it"


def test_a_spreadsheet_takes_no_cell_for_a_formula():
    text = exports.csv_text(["a"], [["=1+1"], ["-3"], ["-cmd"]])
    assert text.splitlines() == ["a", "'=1+1", "-3", "'-cmd"]


def test_sterile_goods_are_signed_for_by_another_person_once_a_day(till):
    """QLT-03: the responsible person's signature at day close; the seller does not sign."""
    checkout.scan(till, EANS[STENT])
    support.pay(till)
    assert [note.item_code for note in forms.unsigned_sterile(till)] == [STENT]
    assert forms.sign_sterile(till, "8001").code == "same_person"
    forms.sign_sterile(till, "3001").result(5)
    assert forms.unsigned_sterile(till) == []
    columns, rows = exports.device_sales(till, support.DAY, support.DAY)
    assert [row[columns.index("Responsible person")] for row in rows] == ["3001"]
    assert forms.sign_sterile(till, "3001").code == "nothing_to_sign"


@pytest.mark.parametrize(
    ("choice", "mode", "asks"),
    [
        ("never", "", False),
        ("always", "", True),
        ("ask", "", True),
        ("wholesale", "retail", False),
        ("wholesale", "wholesale", True),
    ],
)
def test_the_shop_says_when_a_buyer_is_asked_for(tmp_path, choice, mode, asks):
    """QLT-02: buyer fields for wholesale mode."""
    from pos.services.checkout import records

    licences = [{"trade": "device", "mode": mode}] if mode else []
    made = support.open_till(tmp_path, quality__device_buyer=choice, quality__licences=licences)
    support.staff(made)
    support.act_as(made, "8001")
    support.begin_day(made)
    q.stocked(made)
    checkout.scan(made, EANS[COLA])
    assert not records.wants_buyer(made), "plain goods ask nobody"
    checkout.scan(made, EANS[STENT])
    assert records.wants_buyer(made) is asks
    made.journal.close()


def test_what_another_till_noted_of_a_recall_is_not_counted_here(till):
    """QLT-05: sold here against given back here; the sibling's report does not stand for ours."""
    sell_pack(till)
    q.recall(till, PILLS, "B-OLD")
    (order,) = recalls.open_recalls(till)
    before = recalls.progress(till, order)
    q.sibling_notes(
        till,
        RegisterNoted(
            register=Register.RECALL,
            subject=order.order_id,
            action="returned",
            item_code=PILLS,
            batch="B-OLD",
            quantity_milli=5000,
        ),
        RegisterNoted(register=Register.RECALL, subject=order.order_id, action="done"),
    )
    assert len(goods_ledgers.notes(till.journal.reader(), Register.RECALL.value)) == 2
    assert recalls.progress(till, order) == before
    recalls.report_done(till, order).result(5)
    assert recalls.progress(till, order).reported
