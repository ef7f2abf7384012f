"""The view of batches that the dates make of a ledger whose sales name none (QLT-06, STK-15)."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from pos.domain.batches import in_order, left_by_batch

DATES = {"OLD": "2026-01-01", "NEW": "2027-01-01"}


def test_qlt_06_unnamed_sales_empty_the_batch_that_expires_first():
    stock = {"NEW": 5_000, "": -6_000, "OLD": 4_000, "UNDATED": 3_000}
    assert left_by_batch(stock, DATES) == {"OLD": 0, "NEW": 3_000, "UNDATED": 3_000, "": 0}


def test_what_is_sold_beyond_every_batch_stays_below_zero_on_no_batch():
    assert left_by_batch({"OLD": 1_000, "": -3_000}, DATES) == {"OLD": 0, "": -2_000}


def test_goods_without_a_batch_take_nothing_off_any():
    """The negative control: an unnamed rest, or a batch below zero, changes nothing."""
    for stock in ({"OLD": 1_000, "": 2_000}, {"OLD": -1_000, "NEW": 2_000}, {"OLD": 1_000}):
        assert left_by_batch(stock, DATES) == stock


def test_the_order_is_by_date_then_undated_then_unnamed():
    assert in_order(["", "B", "A", "NEW", "OLD"], DATES) == ["OLD", "NEW", "A", "B", ""]


@given(st.dictionaries(st.sampled_from(["", "OLD", "NEW", "X"]), st.integers(-9_000, 9_000)))
def test_the_view_keeps_the_whole_and_takes_only_what_is_there(stock):
    left = left_by_batch(stock, DATES)
    assert sum(left.values()) == sum(stock.values())
    assert left.keys() == stock.keys()
    for batch in stock.keys() - {""}:
        assert min(stock[batch], 0) <= left[batch] <= stock[batch]
    named_left = [batch for batch in left if batch and left[batch] > 0]
    assert left.get("", 0) >= 0 or not named_left
