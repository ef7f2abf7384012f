"""Traces over all stores and the records of the law (QLT-07, -09, -11, -14, -15, RCV-10)."""

from __future__ import annotations

import datetime as dt

import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ClassRule, ItemRule
from pos.domain.goods.registers import Register
from sync.head_office import quality_notes, quality_records, quality_trace, quality_upkeep
from sync.head_office.feed import Feed
from sync.protocol import FeedBarcode, FeedChanges, FeedItem
from tests.sync.head_office.goods_kit import document, goods_line, note, post
from tests.sync.head_office.office_kit import DAY, JournalingTill, line, transaction


def days_before(days):
    return (dt.date.fromisoformat(DAY) - dt.timedelta(days=days)).isoformat()


@pytest.fixture
def chain(hq, monkeypatch):
    """A batch from a supplier, sent on to another store, sold in both, with and without its name."""
    monkeypatch.setattr(type(hq.office), "today", lambda _self: dt.date.fromisoformat(DAY))
    Feed(hq.office).publish(
        FeedChanges(
            items=(
                FeedItem(item_code="A", name="氨酚黄那敏", item_class="drug", spec="10 粒"),
                FeedItem(item_code="B", name="方便面", item_class="food"),
            ),
            class_rules=(
                ClassRule(item_class="drug", trade="medicine", maintenance_days=30),
                ClassRule(item_class="food"),
            ),
            item_rules=(ItemRule(item_code="A", generic_name="氨酚黄那敏颗粒", maker="制药厂"),),
        )
    )
    first, second = JournalingTill(), JournalingTill(store_id="02", workstation_uuid="uuid-2")
    for till in (first, second):
        till.open()
    first.business_day = days_before(40)
    lines = [
        goods_line(
            1, "A", 20, batch="L1", expiry="2027-06-01", production_day="2026-06-01",
            item_class="drug", received_milli=20_000, delivered_milli=20_000, unit_cost_e4=25_000,
        ),
        goods_line(2, "B", 20, item_class="food", received_milli=20_000),
    ]  # fmt: skip
    post(first, document("rc", lines, counterparty_name="国药控股", reference_no="DH-7"))
    post(
        first,
        document(
            "to", [goods_line(1, "A", 5, batch="L1")], kind=DocumentKind.TRANSFER_OUT,
            counterparty_id="02",
        ),
    )  # fmt: skip
    first.sell(
        transaction(
            1, [line(1, "A", 1000, 500, batch="L1")], transaction_no="0101-0001",
            member_id="13800001111",
        )
    )  # fmt: skip
    first.sell(transaction(2, [line(1, "A", 1000, 500)], transaction_no="0101-0002"))
    hq.take(first)
    second.business_day = DAY
    post(
        second,
        document(
            "ti", [goods_line(1, "A", 5, batch="L1", expiry="2027-06-01")],
            kind=DocumentKind.TRANSFER_IN, counterparty_id="01", reference="to",
        ),
    )  # fmt: skip
    second.sell(transaction(1, [line(1, "A", 2000, 500)], transaction_no="0201-0001"))
    second.sell(
        transaction(2, [line(1, "A", 1000, 500, unit_code="SN1")], transaction_no="0201-0002")
    )
    hq.take(second)
    return hq, first, second


def test_qlt_14_forward_from_a_batch_over_all_stores(chain):
    hq, _first, _second = chain
    (one,) = quality_trace.find(hq.office.dialect, "L1").traces
    assert (one.item_code, one.batch, one.expiry, one.production_day) == (
        "A", "L1", "2027-06-01", "2026-06-01",
    )  # fmt: skip
    assert one.suppliers == ("国药控股",)
    assert [(s.store_id, s.reason, s.quantity_milli) for s in one.came] == [
        ("01", "receipt", 20_000),
        ("02", "transfer_in", 5_000),
    ]
    assert (one.came[0].partner_paper, one.came[0].people) == (
        "DH-7",
        "3001 name 3001 · 1001 name 1001",
    )
    assert [(s.store_id, s.reason, s.partner) for s in one.went] == [("01", "transfer_out", "02")]
    assert sorted((s.store_id, s.transaction_no, s.certain) for s in one.slips) == [
        ("01", "0101-0001", True),
        ("01", "0101-0002", False),
        ("02", "0201-0001", False),
    ]
    assert dict(one.left) == {"01": 13_000, "02": 2_000}


def test_qlt_14_back_from_a_slip_to_the_supplier(chain):
    """A slip that names the batch leads to it; one that names none to those it may have been."""
    hq, _first, _second = chain
    dialect = hq.office.dialect
    certain = quality_trace.find(dialect, "0101-0001")
    assert certain.slips[0].member == "13800001111"
    assert [one.suppliers for one in certain.traces] == [("国药控股",)]
    perhaps = quality_trace.find(dialect, "0201-0001")
    assert perhaps.slips[0].lines[0].perhaps == ("L1",)
    assert perhaps.traces == ()
    serial = quality_trace.find(dialect, "SN1")
    assert [one.transaction_no for one in serial.traces[0].slips] == ["0201-0002"]
    (item,) = quality_trace.find(dialect, "A").items
    assert [(b.batch, b.suppliers, b.received_milli, b.stores) for b in item[2]] == [
        ("L1", "国药控股", 20_000, 2)
    ]
    assert quality_trace.find(dialect, "nothing") == quality_trace.Found()


def test_a_packs_code_leads_to_its_batch_and_a_barcode_to_its_item(chain):
    """(01)(10) as a scanner types it; the control is a batch that never came."""
    hq, _first, second = chain
    dialect = hq.office.dialect
    code = FeedBarcode(code="06901234567892", item_code="A")
    Feed(hq.office).publish(FeedChanges(barcodes=(code,)))
    (one,) = quality_trace.find(dialect, "(01)06901234567892(10)L1").traces
    assert (one.item_code, one.batch, len(one.came)) == ("A", "L1", 2)
    (one,) = quality_trace.find(dialect, "(01)06901234567892(21)SN1").traces
    assert one.unit_code == "SN1"
    second.sell(
        transaction(
            3,
            [line(1, "A", 1000, 500, unit_code="010690123456789221SN2")],
            transaction_no="0201-0003",
        )
    )
    hq.take(second)
    (one,) = quality_trace.find(dialect, "(01)06901234567892(21)SN2").traces
    assert [slip.transaction_no for slip in one.slips] == ["0201-0003"], "sold by its 2D code"
    (one,) = quality_trace.find(dialect, "(01)06901234567892(10)L9").traces
    assert not one.came
    assert [item[0] for item in quality_trace.find(dialect, "6901234567892").items] == ["A"]


def test_a_reader_of_one_store_traces_no_other(chain):
    hq, _first, _second = chain
    (one,) = quality_trace.find(hq.office.dialect, "L1", "02").traces
    assert {step.store_id for step in (*one.came, *one.went)} == {"02"}
    assert {slip.store_id for slip in one.slips} == {"02"}
    assert quality_trace.find(hq.office.dialect, "0101-0001", "02").slips == ()


def test_qlt_07_maintenance_is_due_by_class_in_every_store(chain):
    """Due 30 days after receipt or the last look, at whichever till; sold-out batches are not."""
    hq, first, second = chain
    dialect = hq.office.dialect
    found = quality_upkeep.due(dialect, DAY)
    assert [(one.store_id, one.batch, one.overdue_days, one.looked) for one in found] == [
        ("01", "L1", 10, False)
    ]
    assert [one.store_id for one in quality_upkeep.due(dialect, DAY, within_days=30)] == [
        "01", "02",
    ]  # fmt: skip
    first.business_day = DAY
    note(first, Register.MAINTENANCE, "A/L1", "keep", item_code="A", batch="L1")
    hq.take(first)
    assert quality_upkeep.due(dialect, DAY) == []
    second.sell(transaction(3, [line(1, "A", 3000, 500)], transaction_no="0201-0003"))
    hq.take(second)
    assert [one.store_id for one in quality_upkeep.due(dialect, DAY, within_days=30)] == ["01"]


def test_rcv_10_the_purchase_record_is_of_recorded_trades_over_all_stores(chain):
    hq, _first, _second = chain
    columns, rows = quality_records.record(hq.office, "purchases", days_before(60), DAY)
    assert [(row["store_id"], row["batch"], row["supplier"]) for row in rows] == [
        ("02", "L1", "01"),
        ("01", "L1", "国药控股"),
    ]
    own = rows[1]
    assert set(own) == set(columns)
    assert (own["generic_name"], own["maker"], own["spec"], own["reference_no"]) == (
        "氨酚黄那敏颗粒", "制药厂", "10 粒", "DH-7",
    )  # fmt: skip
    assert (own["accepted"], own["unit_cost"], own["inspected_by"], own["checked_by"]) == (
        "20", "2.50", "3001 name 3001", "1001 name 1001",
    )  # fmt: skip
    assert quality_records.record(hq.office, "purchases", DAY, DAY, "01")[1] == []


def test_qlt_09_and_11_looks_and_readings_stand_in_their_records(chain):
    hq, first, _second = chain
    first.business_day = DAY
    note(
        first, Register.MAINTENANCE, "A/L1", "hold", item_code="A", batch="L1",
        quantity_milli=2000, fields={"finding": "受潮", "failed": "packaging", "name": "药"},
    )  # fmt: skip
    note(first, Register.MAINTENANCE, "A/L1", "case_open", item_code="A", batch="L1")
    fields = {
        "temperature_tenths": "-55", "lowest_tenths": "-200", "highest_tenths": "-100",
        "measure": "调低", "name": "冷冻柜", "at": "2026-11-21T09:00:00+08:00",
    }  # fmt: skip
    note(first, Register.TEMPERATURE, "deep", "out_of_limits", fields=fields)
    hq.take(first)
    _columns, looks = quality_records.record(hq.office, "maintenance", DAY, DAY)
    assert [(one["result"], one["finding"], one["quantity"]) for one in looks] == [
        ("hold", "受潮", "2")
    ]
    _columns, (reading,) = quality_records.record(hq.office, "temperatures", DAY, DAY)
    assert (reading["temperature"], reading["read_at"], reading["place"]) == (
        "-5.5", "2026-11-21 09:00", "冷冻柜",
    )  # fmt: skip
    assert reading["entered"]


def test_qlt_15_the_time_of_an_event_stands_beside_that_of_its_entry_when_they_differ(chain):
    hq, first, _second = chain
    note(first, Register.ADVERSE, "x", "reported", item_code="A", event_utc_ms=1_000)
    note(first, Register.ADVERSE, "y", "reported", item_code="A")
    hq.take(first)
    late, same = quality_notes.notes(hq.office.dialect, "adverse")
    assert late.happened_utc_ms == 1_000
    assert same.happened_utc_ms == 0
