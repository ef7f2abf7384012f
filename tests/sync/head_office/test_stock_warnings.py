"""Stock warnings and the age of stock over all stores, and the tile that counts them (REP-04, STK-15)."""

from __future__ import annotations

import datetime as dt

import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ClassRule, ItemRule
from pos.domain.goods.registers import Register
from sync.head_office import goods_board, stock_age, stock_fold, stock_warnings
from sync.head_office.feed import Feed
from sync.head_office.service import Service
from sync.protocol import FeedChanges, FeedItem, FeedPrice
from tests.sync.head_office.goods_kit import document, goods_line, note, post
from tests.sync.head_office.office_kit import DAY, JournalingTill, line, transaction


def day_before(days):
    return (dt.date.fromisoformat(DAY) - dt.timedelta(days=days)).isoformat()


@pytest.fixture
def shops(hq, monkeypatch):
    """Two stores and a catalogue; head office's day is the tills'."""
    monkeypatch.setattr(type(hq.office), "today", lambda _self: dt.date.fromisoformat(DAY))
    codes = ("LOW", "OUT", "OVER", "DEAD", "SLOW", "NEAR", "GONE", "NEG", "FREE", "THERE", "NEW")
    Feed(hq.office).publish(
        FeedChanges(
            items=tuple(
                FeedItem(item_code=c, name=f"name {c}", item_class="drug" if c == "NEAR" else "x")
                for c in codes
            ),
            prices=tuple(
                FeedPrice(item_code=c, effective_day="2026-01-01", unit_price_e4=10_000)
                for c in codes
                if c != "FREE"
            ),
            item_rules=(
                ItemRule(item_code="LOW", min_milli=5_000),
                ItemRule(item_code="OUT", min_milli=5_000),
                ItemRule(item_code="OVER", max_milli=5_000),
            ),
            class_rules=(ClassRule(item_class="drug", near_days=(200,)),),
        )
    )
    till = JournalingTill()
    till.open()
    till.business_day = day_before(70)
    counted = [goods_line(n, c, 9) for n, c in enumerate(("DEAD", "SLOW"), start=1)]
    post(till, document("o", counted, kind=DocumentKind.OPENING))
    till.business_day = day_before(1)
    fresh = [
        goods_line(1, "LOW", 5),
        goods_line(2, "OVER", 6),
        goods_line(3, "NEAR", 5, batch="N1", expiry="2027-05-01"),
        goods_line(4, "GONE", 5, batch="G1", expiry="2026-11-01"),
        goods_line(5, "GONE", 5, batch="G2", expiry="2028-11-01"),
        goods_line(6, "FREE", 5),
        goods_line(7, "THERE", 5),
    ]
    post(till, document("c", fresh, kind=DocumentKind.OPENING))
    post(till, document("n", [goods_line(1, "NEW", 5)]))
    sold = [
        line(1, "SLOW", 10, 1),
        line(2, "GONE", 5_000, 1),
        line(3, "NEG", 1_000, 1),
    ]
    till.sell(transaction(1, sold))
    hq.take(till)
    other = JournalingTill(store_id="02", workstation_uuid="uuid-2")
    other.open()
    other.sell(transaction(1, [line(1, "THERE", 3_000, 1)]))
    hq.take(other)
    return hq, till


def listed(hq, **more):
    return {
        (one.store_id, one.item_code, one.warned.kind.value)
        for one in stock_warnings.lines(hq.office, **more)
    }


def test_rep_04_every_kind_is_told_over_all_stores(shops):
    """EAN sales emptied the expired batch: it is not told (QLT-06). Idle stock is dead after 60 days."""
    hq, _till = shops
    found = listed(hq, store_id="01")
    assert found == {
        ("01", "LOW", "low"),
        ("01", "OUT", "out"),
        ("01", "OVER", "over"),
        ("01", "DEAD", "dead"),
        ("01", "SLOW", "slow"),
        ("01", "NEAR", "near_expiry"),
        ("01", "NEG", "negative"),
        ("01", "FREE", "no_price"),
        ("01", "THERE", "unmoved"),
        ("01", "NEW", "never_counted"),
    }
    assert {store for store, _code, _kind in listed(hq)} == {"01", "02"}
    assert ("02", "THERE", "negative") in listed(hq)


def test_a_store_class_and_kind_narrow_the_list(shops):
    hq, _till = shops
    assert listed(hq, item_class="drug") == {("01", "NEAR", "near_expiry")}
    assert listed(hq, store_id="01", kinds=("low", "out")) == {
        ("01", "LOW", "low"),
        ("01", "OUT", "out"),
    }
    assert listed(hq, kinds=("expired",)) == set()


def test_the_list_follows_what_is_booked_and_published(shops):
    """REP-04: nothing stale is told. The control: the expired batch comes back with one piece."""
    hq, till = shops
    assert ("01", "GONE", "expired") not in listed(hq)
    post(till, document("g", [goods_line(1, "GONE", 1, batch="G1", expiry="2026-11-01")]))
    post(till, document("l", [goods_line(1, "LOW", 9)]))
    hq.take(till)
    stock_fold.fold_all(hq.office.dialect)
    found = listed(hq)
    assert ("01", "GONE", "expired") in found
    assert ("01", "LOW", "low") not in found
    price = FeedPrice(item_code="FREE", effective_day="2026-01-02", unit_price_e4=1)
    Feed(hq.office).publish(FeedChanges(prices=(price,)))
    assert ("01", "FREE", "no_price") not in listed(hq)


def test_the_overview_counts_without_waiting_for_every_store(shops):
    hq, _till = shops
    counts, waiting = stock_warnings.counts(hq.office, budget_s=-1)
    assert (sum(counts.values()), waiting) == (0, 2)
    counts, waiting = stock_warnings.counts(hq.office, budget_s=60)
    assert waiting == 0
    assert sum(counts.values()) == len(stock_warnings.lines(hq.office))
    board = goods_board.board(Service(hq.office), "01")
    warned = {one.what: one.count for one in board.warnings}
    assert warned["low"] == warned["unmoved"] == warned["negative"] == 1
    assert all(not one.count for one in board.waits if one.what != "counts")


def test_stk_15_what_was_sold_below_zero_is_told(shops):
    hq, till = shops
    till.business_day = DAY
    note(till, Register.BOOKS, "NEG", "sold_below_zero", item_code="NEG", quantity_milli=-1_000)
    note(till, Register.BOOKS, "NEG", "counted", item_code="NEG")
    hq.take(till)
    (one,) = stock_warnings.sold_below_zero(hq.office.dialect, DAY)
    assert (one.store_id, one.item_code, one.quantity_milli) == ("01", "NEG", -1_000)
    assert stock_warnings.sold_below_zero(hq.office.dialect, DAY, "02") == []


def test_rep_12_the_age_of_stock_is_by_batch(shops):
    """Days since receipt and last sale; a sale without a batch is the item's."""
    hq, _till = shops
    for folded in (False, True):
        if folded:
            stock_fold.fold_all(hq.office.dialect)
        found = {(a.item_code, a.batch): a for a in stock_age.ages(hq.office.dialect, DAY, "01")}
        dead = found["DEAD", ""]
        assert (dead.received_days, dead.sold_days, dead.idle_days) == (70, None, 70)
        slow = found["SLOW", ""]
        assert (slow.received_days, slow.sold_days, slow.idle_days) == (70, 1, 1)
        assert ("GONE", "G1") not in found
        assert found["GONE", "G2"].sold_day == day_before(1)
        idle = stock_age.ages(hq.office.dialect, DAY, "01", idle_days=30)
        assert [one.item_code for one in idle] == ["DEAD"]
    rows = stock_age.as_rows(stock_age.ages(hq.office.dialect, DAY))
    assert tuple(rows[0]) == stock_age.COLUMNS
    assert rows[0]["item_code"] == "DEAD"
