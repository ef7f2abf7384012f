"""Moving-average cost (STK-16): receipts change it, everything else goes out at it."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.stock_cost import Average, moved, value_minor

NOTHING = Average()


def received(before: Average, quantity_milli: int, cost_e4: int | None) -> Average:
    return moved(before, quantity_milli, "receipt", "", cost_e4)


def sold(before: Average, quantity_milli: int) -> Average:
    return moved(before, -quantity_milli, "sale", "", None)


def test_ten_at_two_and_thirty_at_four_are_forty_at_three_and_a_half() -> None:
    first = received(NOTHING, 10_000, 20_000)
    assert received(first, 30_000, 40_000) == Average(40_000, 35_000)


def test_a_sale_goes_out_at_the_average_and_leaves_it() -> None:
    assert sold(received(NOTHING, 10_000, 20_000), 4_000) == Average(6_000, 20_000)
    assert sold(NOTHING, 1_000) == Average(-1_000, None)


@pytest.mark.parametrize("sold_before_milli", [10_000, 12_000])
def test_a_delivery_that_finds_nothing_or_less_sets_its_own_cost(sold_before_milli: int) -> None:
    empty = sold(received(NOTHING, 10_000, 20_000), sold_before_milli)
    assert received(empty, 5_000, 30_000).unit_cost_e4 == 30_000


def test_goods_that_come_without_a_cost_come_in_at_the_average() -> None:
    first = received(NOTHING, 10_000, 20_000)
    assert received(first, 10_000, None) == Average(20_000, 20_000)
    assert moved(first, 10_000, "return", "", 99) == Average(20_000, 20_000)
    assert moved(first, -5_000, "supplier_return", "", 99) == Average(5_000, 20_000)


def test_goods_lent_and_to_be_judged_are_still_ours_and_reserved_ones_are_not() -> None:
    stock = received(NOTHING, 10_000, 20_000)
    lent = moved(moved(stock, -2_000, "loan", "", None), 2_000, "loan", "loan", None)
    assert lent == stock
    assert moved(stock, 1_000, "dispatch", "reserved", None) == stock


@given(st.lists(st.tuples(st.integers(1, 50_000), st.integers(0, 5_000_000)), min_size=1))
def test_receipts_alone_give_the_weighted_mean_within_a_rounding_each(
    receipts: list[tuple[int, int]],
) -> None:
    average = NOTHING
    for quantity, cost in receipts:
        average = received(average, quantity, cost)
    whole = sum(quantity for quantity, _ in receipts)
    exact = Fraction(sum(quantity * cost for quantity, cost in receipts), whole)
    assert average.quantity_milli == whole
    assert average.unit_cost_e4 is not None
    assert abs(average.unit_cost_e4 - exact) <= Fraction(len(receipts), 2)
    assert min(c for _, c in receipts) <= average.unit_cost_e4 <= max(c for _, c in receipts)


def test_a_value_is_rounded_once_and_is_negative_with_its_stock() -> None:
    assert value_minor(1_500, 33_333) == 500
    assert value_minor(-1_500, 33_333) == -500
    assert value_minor(1_000, None) is None
    assert value_minor(2_000, 15_000, minor_digits=0) == 3
