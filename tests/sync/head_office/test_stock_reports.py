"""Reports and cards against the ledger summed by hand (STK-15, STK-16, STK-18)."""

from __future__ import annotations

import random

import pytest

from pos.domain import stock_report
from pos.domain.cart import LineKind
from pos.domain.goods.documents import DocumentKind
from sync.head_office import stock_cards, stock_figures, stock_fold, stock_reports
from sync.head_office.feed import Feed
from sync.protocol import FeedBarcode, FeedChanges, FeedItem
from tests.sync.head_office.goods_kit import document, goods_line, post
from tests.sync.head_office.office_kit import JournalingTill, line, transaction

DAYS = ("2026-11-19", "2026-11-20", "2026-11-21", "2026-11-22")


@pytest.fixture
def traded(hq):
    """Two tills that traded and received for four days, some of it folded."""
    chance = random.Random(7)
    feed = Feed(hq.office)
    for till in [JournalingTill(), JournalingTill(workstation_uuid="uuid-2", workstation_id="2")]:
        till.open()
        hq.source(till)
        for day in DAYS:
            till.business_day = day
            for number in range(12):
                code, batch = chance.choice("ABC"), chance.choice(["", "", "L1"])
                if chance.random() < 0.6:
                    kind = chance.choice([LineKind.SALE, LineKind.SALE, LineKind.RETURN])
                    sign = -1 if kind is LineKind.RETURN else 1
                    sold = line(1, code, sign * 1000, sign * 100, kind=kind, batch=batch)
                    till.sell(transaction(number, [sold]))
                else:
                    post(
                        till,
                        document(
                            f"{till.workstation_id}-{day}-{number}",
                            [
                                goods_line(
                                    1, code, chance.randint(1, 9), batch=batch, unit_cost_e4=20_000
                                )
                            ],
                            kind=chance.choice(
                                [
                                    DocumentKind.RECEIPT,
                                    DocumentKind.SCRAP,
                                    DocumentKind.ADJUSTMENT,
                                    DocumentKind.LOAN_OUT,
                                ]
                            ),
                        ),
                    )
        hq.take(till)
        if till.workstation_id == "1":
            stock_fold.fold_all(hq.office.dialect)
    items = tuple(FeedItem(item_code=c, name=f"name {c}", item_class=f"c{c}") for c in "ABC")
    barcode = FeedBarcode(code="690", item_code="A")
    feed.publish(FeedChanges(items=items, barcodes=(barcode,)))
    return hq


def ledger_sums(hq, condition, *values, batch=False):
    """Item (and batch) → Σ of the shop's ledger, by the view."""
    by = "item_code, batch" if batch else "item_code"
    rows = hq.rows(
        f"SELECT {by}, SUM(quantity_milli) FROM stock_ledger WHERE store_id = '01' "
        f"AND place = '' AND {condition} GROUP BY {by}",
        *values,
    )
    return {tuple(row[:-1]): int(row[-1]) for row in rows if row[-1]}


def emptied(sums):
    """Sums by batch as the shelf is emptied, computed by hand for one named batch."""
    found = dict(sums)
    for code in "ABC":
        taken = min(max(found.get((code, "L1"), 0), 0), max(-found.get((code, ""), 0), 0))
        found[code, "L1"] = found.get((code, "L1"), 0) - taken
        found[code, ""] = found.get((code, ""), 0) + taken
    return {key: quantity for key, quantity in found.items() if quantity}


@pytest.mark.parametrize("period", [(DAYS[0], DAYS[3]), (DAYS[1], DAYS[2]), (DAYS[2], DAYS[2])])
@pytest.mark.parametrize("by", ["item", "batch"])
def test_a_reports_opening_and_closing_are_the_ledgers_sums(traded, period, by):
    found = stock_reports.report(traded.office.dialect, "01", *period, by)
    keys = {(r.key, r.batch) if by == "batch" else (r.key,): r for r in found.rows}
    batch = by == "batch"
    opening = ledger_sums(traded, "business_day < ?", period[0], batch=batch)
    closing = ledger_sums(traded, "business_day <= ?", period[1], batch=batch)
    if batch:
        # The only named batch: what no batch is short of was taken off it.
        opening, closing = emptied(opening), emptied(closing)
    assert {k: r.opening_milli for k, r in keys.items() if r.opening_milli} == opening
    assert {k: r.closing_milli for k, r in keys.items() if r.closing_milli} == closing
    inside = "business_day >= ? AND business_day <= ? AND reason "
    totals = {}
    for row in found.rows:
        totals[row.key] = totals.get(row.key, 0) + row.closing_milli
    assert {c: q for c, q in totals.items() if q} == {
        c: q for (c,), q in ledger_sums(traded, "business_day <= ?", period[1]).items()
    }
    adjusted = ledger_sums(traded, inside + "IN ('count', 'adjust')", *period, batch=batch)
    assert {k: r.adjust_milli for k, r in keys.items() if r.adjust_milli} == adjusted
    for row in found.rows:
        assert (
            row.opening_milli + row.in_milli - row.out_milli + row.adjust_milli
            == row.closing_milli
        )


def test_a_class_is_the_sum_of_its_items_and_value_is_closing_at_cost(traded):
    items = stock_reports.report(traded.office.dialect, "01", DAYS[0], DAYS[3], "item")
    classes = stock_reports.report(traded.office.dialect, "01", DAYS[0], DAYS[3], "class")
    assert {r.key: r.closing_milli for r in classes.rows} == {
        f"c{r.key}": r.closing_milli for r in items.rows
    }
    costed = [r for r in items.rows if r.unit_cost_e4]
    assert costed
    for row in costed:
        assert row.unit_cost_e4 == 20_000
        assert row.value_minor == row.closing_milli * 200 // 1000
    assert items.value_minor == classes.value_minor


def test_turnover_is_the_average_stock_over_the_days_sales():
    row = stock_report.StockRow(key="A", opening_milli=10_000, closing_milli=20_000)
    assert stock_report.turnover_days(row, 30) is None
    row.sold_milli = 45_000
    assert stock_report.turnover_days(row, 30) == 10


def test_a_card_goes_through_every_movement_once_with_what_was_left(traded):
    dialect = traded.office.dialect
    for code in "ABC":
        seen, before = [], ""
        while True:
            page = stock_cards.card(dialect, "01", code, before=before, limit=4)
            seen += page.lines
            before = page.before
            if not before:
                break
        rows = traded.rows(
            "SELECT quantity_milli, place FROM stock_ledger WHERE item_code = ? "
            "ORDER BY at_utc_ms DESC, workstation_no DESC, epoch_no DESC, seq DESC, line_no DESC",
            code,
        )
        assert [(one.quantity_milli, one.place) for one in seen] == rows
        left = stock_figures.on_hand_milli(dialect, "01", code)
        for one in seen:
            assert one.on_hand_milli == left
            left -= one.quantity_milli if one.place == "" else 0
        assert left == 0
        assert all(one.document_no for one in seen)
        assert {one.people for one in seen if one.document_kind != "transaction"} == {
            "3001 name 3001 · 1001 name 1001"
        }


def test_one_batch_or_unit_has_a_history_of_its_own(traded):
    till = JournalingTill(workstation_uuid="uuid-3", workstation_id="3")
    till.open()
    post(till, document("s", [goods_line(1, "A", 2, unit_codes=("S1", "S2"))]))
    till.sell(transaction(9, [line(1, "A", 1000, 100, unit_code="S1")]))
    traded.take(till)
    dialect = traded.office.dialect
    for folded in (False, True):
        if folded:
            stock_fold.fold_all(dialect)
        page = stock_cards.card(dialect, "01", "A", unit_code="S1")
        assert [one.quantity_milli for one in page.lines] == [-1000, 1000]
        batch = stock_cards.card(dialect, "01", "A", batch="L1", limit=500)
        assert {one.batch for one in batch.lines} == {"L1"}
    assert stock_cards.items_of(dialect, "01", "S1") == ["A"]
    assert stock_cards.items_of(dialect, "01", "690") == ["A"]
    assert stock_cards.items_of(dialect, "01", "nothing") == []


def test_a_document_is_shown_with_its_numbers_and_whether_its_signatures_hold(hq):
    till = JournalingTill()
    till.open()
    post(till, document("d", [goods_line(1, "A", 5, expected_milli=6000, received_milli=5000)]))
    bad = document("bad", [goods_line(1, "A", 5)])
    post(till, type(bad)(**{**{f: getattr(bad, f) for f in bad.__struct_fields__}, "note": "x"}))
    till.sell(transaction(1, [line(1, "A", 1000, 100)]))
    hq.take(till)
    dialect = hq.office.dialect
    shown = stock_cards.document(dialect, "01", "1/1/2")
    assert (shown.document_no, shown.state, shown.lines[0].expected_milli) == (
        "NO-d",
        "posted",
        6000,
    )
    assert [one.holds for one in shown.signatures] == [True, True]
    refused = stock_cards.document(dialect, "01", "1/1/3")
    assert (refused.state, [one.holds for one in refused.signatures]) == (
        "refused",
        [False, False],
    )
    sale = stock_cards.document(dialect, "01", "1/1/4")
    assert (sale.kind, sale.document_no, sale.lines[0].amount_minor) == (
        "transaction",
        "T0001",
        100,
    )
    for key in ("1/1/1", "1/1/99", "x", "1/1"):
        with pytest.raises(LookupError):
            stock_cards.document(dialect, "01", key)


def test_qlt_15_a_document_says_when_it_happened_if_that_is_not_when_it_was_entered(hq):
    """The control: a document entered as it happened says one time alone."""
    till = JournalingTill()
    till.open()
    post(till, document("late", [goods_line(1, "A", 1)], event_utc_ms=1_000_000))
    post(till, document("now", [goods_line(1, "A", 1)]))
    hq.take(till)
    late = stock_cards.document(hq.office.dialect, "01", "1/1/2")
    now = stock_cards.document(hq.office.dialect, "01", "1/1/3")
    assert late.happened_utc_ms == 1_000_000
    assert late.at_utc_ms > 1_000_000
    assert now.happened_utc_ms == 0


def test_qlt_06_by_batch_unnamed_sales_leave_the_batch_that_expires_first(hq):
    """EAN sales name no batch: the report takes them off, the item's sums stay the ledger's."""
    till = JournalingTill()
    till.open()
    till.business_day = DAYS[0]
    lines = [
        goods_line(1, "A", 4, batch="NEW", expiry="2027-06-01"),
        goods_line(2, "A", 5, batch="OLD", expiry="2026-12-01"),
    ]
    post(till, document("r", lines))
    till.sell(transaction(1, [line(1, "A", 2000, 100)]))
    till.business_day = DAYS[1]
    till.sell(transaction(2, [line(1, "A", 4000, 100)]))
    hq.take(till)
    for day, old, new, sold_old, sold_new in (
        (DAYS[0], 3_000, 4_000, 2_000, 0),
        (DAYS[1], 0, 3_000, 3_000, 1_000),
    ):
        found = stock_reports.report(hq.office.dialect, "01", day, day, "batch")
        rows = {row.batch: row for row in found.rows}
        assert (rows["OLD"].closing_milli, rows["NEW"].closing_milli) == (old, new)
        assert (rows["OLD"].sold_milli, rows["NEW"].sold_milli) == (sold_old, sold_new)
        assert "" not in rows or rows[""].closing_milli == 0
        for row in found.rows:
            assert row.opening_milli + row.in_milli - row.out_milli == row.closing_milli
    (whole,) = stock_reports.report(hq.office.dialect, "01", DAYS[0], DAYS[1]).rows
    assert (whole.in_milli, whole.out_milli, whole.closing_milli) == (9_000, 6_000, 3_000)
    # The ledger itself books what the tills booked: the view moves nothing.
    assert stock_figures.of_item(hq.office.dialect, "01", "A") == {
        ("", ""): -6_000,
        ("", "NEW"): 4_000,
        ("", "OLD"): 5_000,
    }


def test_rep_13_a_stores_value_stands_beside_its_target(traded):
    till = JournalingTill(workstation_uuid="uuid-3", workstation_id="3")
    till.open()
    post(till, document("much", [goods_line(1, "A", 999)]))
    traded.take(till)
    (value,) = stock_reports.store_values(traded.office)
    assert (value.over_target, value.target_minor) == (False, None)
    stock_reports.set_target(traded.office, "01", value.value_minor - 1)
    (value,) = stock_reports.store_values(traded.office)
    assert value.over_target
    stock_reports.set_target(traded.office, "01", None)
    assert stock_reports.target(traded.office, "01") is None
    with pytest.raises(LookupError):
        stock_reports.set_target(traded.office, "99", 1)
