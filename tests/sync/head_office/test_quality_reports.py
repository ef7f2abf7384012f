"""Quality over all stores: dates, readings, problems, records of the law (QLT)."""

from __future__ import annotations

import csv
import io

import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register
from sync.head_office import quality_reports as reports
from sync.head_office import stock_fold
from tests.sync.head_office.goods_kit import document, goods_line, note, post
from tests.sync.head_office.office_kit import DAY, JournalingTill, line, transaction


@pytest.fixture
def till(hq):
    made = JournalingTill()
    made.open()
    made.open_day()
    return made


def sell(till, number, batch, *, code="A", quantity=1000, unit_code="", **more):
    sold = line(1, code, quantity, 500, batch=batch, unit_code=unit_code)
    till.sell(transaction(number, [sold], transaction_no=f"0101-{number:04d}", **more))


def test_batches_near_their_date_are_listed_by_store(hq, till):
    """QLT-06: what is still in the shop of a batch, past its date or within a band."""
    post(
        till,
        document(
            "d1",
            [
                goods_line(1, "A", 5, batch="PAST", expiry="2026-11-01"),
                goods_line(2, "A", 5, batch="SOON", expiry="2026-12-10"),
                goods_line(3, "A", 5, batch="FAR", expiry="2028-01-01"),
                goods_line(4, "B", 1, batch="GONE", expiry="2026-11-02"),
            ],
        ),
    )
    sell(till, 1, "SOON", quantity=2000)
    post(
        till,
        document("d2", [goods_line(1, "B", 1, batch="GONE")], kind=DocumentKind.SCRAP),
    )
    hq.take(till)
    stock_fold.fold_all(hq.office.dialect)
    found = reports.ending(hq.office.dialect, "2026-11-21")
    assert [(one.batch, one.days_left, one.band, one.quantity_milli) for one in found] == [
        ("PAST", -20, 0, 5000),
        ("SOON", 19, 30, 3000),
    ]
    assert reports.ending(hq.office.dialect, "2026-11-21", "02") == []


def test_qlt_06_batches_that_ean_sales_emptied_are_not_past_their_date(hq, till):
    """Sales without a batch empty what expires first; the control is one piece more."""
    post(
        till,
        document(
            "d1",
            [
                goods_line(1, "A", 5, batch="PAST", expiry="2026-11-01"),
                goods_line(2, "A", 5, batch="SOON", expiry="2026-12-10"),
            ],
        ),
    )
    sell(till, 1, "", quantity=4000)
    hq.take(till)
    found = reports.ending(hq.office.dialect, "2026-11-21")
    assert [(one.batch, one.quantity_milli) for one in found] == [("PAST", 1000), ("SOON", 5000)]
    sell(till, 2, "", quantity=3000)
    hq.take(till)
    stock_fold.fold_all(hq.office.dialect)
    found = reports.ending(hq.office.dialect, "2026-11-21")
    assert [(one.batch, one.quantity_milli) for one in found] == [("SOON", 3000)]


def test_missing_and_bad_readings_are_found(hq, till):
    """QLT-11: twice a day; a place that is never read is not known here."""
    for action in ("reading", "reading"):
        note(till, Register.TEMPERATURE, "cool", action, fields={"name": "阴凉区"})
    note(till, Register.TEMPERATURE, "cold", "out_of_limits", fields={"name": "冷藏柜"})
    hq.take(till)
    found = reports.not_read(hq.office.dialect, DAY)
    assert [(one.place, one.read, one.out_of_limits) for one in found] == [("cold", 1, 1)]


def test_open_cases_and_arrivals_end_when_they_are_closed(hq, till):
    """QLT-09, QLT-13."""
    for subject in ("A/L1", "A/L2"):
        note(till, Register.MAINTENANCE, subject, "case_open", item_code="A")
        note(till, Register.ARRIVAL_CHECK, subject, "open", item_code="A")
    note(till, Register.MAINTENANCE, "A/L1", "case_closed", item_code="A")
    note(till, Register.ARRIVAL_CHECK, "A/L1", "verified", item_code="A")
    hq.take(till)
    assert [one.subject for one in reports.open_cases(hq.office.dialect)] == ["A/L2"]
    assert [one.subject for one in reports.open_arrivals(hq.office.dialect)] == ["A/L2"]


def test_the_devices_record_has_its_columns_over_all_stores(hq, till):
    """QLT-02."""
    fields = {"name": "注射器", "batch_or_serial": "D1", "buyer": "仁济医院", "quantity": "2"}
    note(till, Register.DEVICE_SALE, "T1", "sold", document_no="T1", fields=fields)
    hq.take(till)
    (row,) = reports.device_rows(hq.office.dialect, DAY, DAY)
    assert tuple(row) == reports.DEVICE_COLUMNS
    assert (row["transaction_no"], row["buyer"], row["quantity"]) == ("T1", "仁济医院", "2")
    assert reports.device_rows(hq.office.dialect, "2027-01-01", "2027-01-31") == []


@pytest.mark.parametrize(
    "name",
    ["ending", "bought", "readings", "devices", "purchases", "due", "maintenance", "temperatures"],
)
def test_every_list_is_a_sheet(hq, till, name):
    from sync.head_office.quality_lists import list_text
    from sync.head_office.service import Service

    hq.take(till)
    rows = list(csv.reader(io.StringIO(list_text(Service(hq.office), name))))
    assert len(rows) == 1
    assert "store_id" in ",".join(rows[0])


def test_the_command_knows_every_list():
    from sync.head_office.cli import quality
    from sync.head_office.quality_lists import SHEETS

    assert set(quality._LISTS) == set(SHEETS)
