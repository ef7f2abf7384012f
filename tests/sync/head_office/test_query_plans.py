"""What head office reads again and again is found by a key, however long the history is."""

from __future__ import annotations

import msgspec
import pytest

from sync.head_office import (
    answers,
    completeness,
    goods_board,
    goods_figures,
    goods_following,
    goods_transfers,
    ledger_proofs,
    quality_buyers,
    quality_records,
    quality_sold,
    quality_trace,
    reports,
    sibling_entries,
    sold_days,
    stock_age,
    stock_batches,
    stock_cards,
    stock_figures,
    stock_fold,
    stock_reports,
    stock_warnings,
    stores,
)
from sync.head_office.dashboard import queries
from sync.head_office.dashboard.queries import Selection
from sync.head_office.feed import Feed
from sync.head_office.goods_claims import Claims
from sync.head_office.goods_dispatching import Dispatching
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.goods_recall_progress import progress as recall_progress
from sync.head_office.goods_recalls import Notice
from sync.head_office.goods_requisitions import Requisitions
from sync.head_office.service import Service
from tests.sync.head_office.office_kit import DAY, make_office

NOTICE = Notice(
    store_id="", notice_id="1", notice_no="1", item_code="A", item_name="", reason="",
    issued_by="", issued_utc_ms=0, publication_no=1,
)  # fmt: skip


def _with_siblings(office, ask):
    """Asked by a till with two siblings, whose epochs are on the record."""
    for number in (1, 2, 3):
        office.dialect.execute(
            "INSERT INTO workstation (store_id, workstation_no, workstation_uuid, workstation_id, "
            "public_key, machine_id, enrolled_utc_ms) VALUES ('01', ?, ?, ?, '', '', 0)",
            (number, f"uuid-{number}", f"{number:02d}"),
        )
        office.dialect.execute(
            "INSERT INTO epoch (store_id, workstation_no, epoch_no, epoch, acked_seq, head_hash, "
            "opened_utc_ms, last_seen_utc_ms) VALUES ('01', ?, 1, ?, 9, ?, 0, 0)",
            (number, f"epoch-{number}", b""),
        )
    return ask(office, "01", 1, f"{office.incarnation}~2.1.4")


READERS = {
    "a day's report": lambda o: reports.daily(o.dialect, by="item", business_day=DAY),
    "a day's tenders": lambda o: reports.daily(o.dialect, by="tender", business_day=DAY),
    "a store's day": lambda o: reports.daily(o.dialect, business_day=DAY, store_id="01"),
    "top items": lambda o: reports.top_items(o.dialect, DAY),
    "hours": lambda o: reports.sales_by_hour(o.dialect, DAY),
    "the page's figures": lambda o: queries.board(
        o, Selection(first_day=DAY, last_day=DAY), [DAY]
    ),
    "the page's status": queries.status,
    "the latest day": queries.latest_day,
    "a day's completeness": lambda o: completeness.of_day(o, DAY),
    "one day's answer": lambda o: answers.ask(o, answers.Question(business_day=DAY)),
    "an item's stock": lambda o: stock_figures.of_item(o.dialect, "01", "A"),
    "some items' stock": lambda o: stock_figures.of_store(o.dialect, "01", ["A", "B"]),
    "what a till asks": lambda o: stock_figures.answer(o, "01", f"{o.incarnation}.0."),
    "what a sibling wrote": lambda o: _with_siblings(o, sibling_entries.answer),
    "what a sibling sold": lambda o: _with_siblings(o, sold_days.answer),
    "an item's card": lambda o: stock_cards.card(o.dialect, "01", "A", before="9.9.9.9.9"),
    "what was just booked": lambda o: stock_fold.ledger(o.dialect, ("01", 1, 1), 0, 9),
    "what a code may mean": lambda o: stock_cards.items_of(o.dialect, "01", "A"),
    "a store's stock report": lambda o: stock_reports.report(o.dialect, "01", DAY, DAY),
    "ledgers to compare": lambda o: ledger_proofs.check(o, "01"),
    "a till's day in the ledger": lambda o: ledger_proofs.shares(o.dialect, "01", DAY, 1),
    "orders to follow": lambda o: goods_following.follow(GoodsOrders(Feed(o)), "01"),
    "requisitions": lambda o: Requisitions(GoodsOrders(Feed(o))).all(),
    "claims": lambda o: Claims(GoodsOrders(Feed(o))).all(),
    "goods set apart": lambda o: Claims(GoodsOrders(Feed(o))).set_apart(),
    "suppliers' figures": lambda o: goods_figures.figures(o, DAY, DAY),
    "purchase prices": lambda o: goods_figures.price_history(
        o.dialect, supplier_id="S1", since_day=DAY
    ),
    "copies due back": lambda o: Dispatching(GoodsOrders(Feed(o))).copies_out(),
    "a recall's progress": lambda o: [
        recall_progress(o.dialect, notice, ["01"])
        for notice in (NOTICE, msgspec.structs.replace(NOTICE, batches=("B",), serials=("S",)))
    ],
    "who bought a batch": lambda o: quality_buyers.bought(o.dialect, "A", ["B"], ["S"]),
    "who perhaps bought a batch": lambda o: quality_sold.cards(o.dialect, "01", "A", 0, 9),
    "a batch's trace": lambda o: quality_trace.find(o.dialect, "B"),
    "an item's batches": lambda o: quality_trace.batches_of(o.dialect, "A"),
    "the contact log": lambda o: quality_buyers.contact_log(o.dialect, "RC-1"),
    "the purchase record": lambda o: quality_records.record(o, "purchases", DAY, DAY),
    "the maintenance record": lambda o: quality_records.record(o, "maintenance", DAY, DAY),
    "batches in a shop": lambda o: stock_batches.of_item(o.dialect, "01", "A"),
    "stock warnings": stock_warnings.lines,
    "sold below zero": lambda o: stock_warnings.sold_below_zero(o.dialect, DAY),
    "the age of stock": lambda o: stock_age.ages(o.dialect, DAY),
    "what waits about goods": lambda o: goods_board.board(Service(o)),
    "transfers to tell": lambda o: goods_transfers.tell(GoodsOrders(Feed(o)), "01"),
}
LARGE = (
    *("daily_folded", "till_day", "store_day", "journal", "sale", "sale_line", "till_closed"),
    *("stock_card", "stock_balance", "stock_change", "stock_move", "stock_day", "sale_batch"),
    *("goods_document", "goods_line", "register_note", "ledger_proof"),
)


@pytest.mark.parametrize("reader", READERS)
def test_no_reader_goes_through_a_whole_history(tmp_path, reader):
    hq = make_office(tmp_path)
    for number in range(3):
        stores.add_store(hq.office, f"{number:02d}")
    asked: list[tuple[str, tuple[object, ...]]] = []
    dialect = hq.office.dialect
    plain = dialect.execute

    def execute(text, parameters=()):
        if text.lstrip().startswith("SELECT"):
            asked.append((text, tuple(parameters)))
        return plain(text, parameters)

    dialect.execute = execute
    READERS[reader](hq.office)
    plans = [
        (row[3], text)
        for text, parameters in asked
        for row in plain(f"EXPLAIN QUERY PLAN {text}", parameters).fetchall()
    ]
    hq.office.close()
    assert plans
    scans = [
        plan
        for plan in plans
        if plan[0].startswith("SCAN")
        and plan[0].split()[1] in LARGE
        and "USING COVERING INDEX store_day_by_date" not in plan[0]  # stops after the latest days
    ]
    assert not scans, scans


def test_a_scan_is_seen(tmp_path):
    """Negative control: the plan of a question without a store names the scan."""
    hq = make_office(tmp_path)
    rows = hq.rows("EXPLAIN QUERY PLAN SELECT * FROM till_day WHERE business_day = ?", DAY)
    hq.office.close()
    assert rows[0][3].startswith("SCAN till_day")
