"""Money is integers with one rounding: properties and the cases that people argue about."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain import money, quantity

amounts = st.integers(-(10**12), 10**12)


@given(st.integers(-(10**9), 10**9), st.integers(-(10**9), 10**9))
def test_an_extended_amount_is_the_decimal_product_rounded_half_away(price: int, qty: int) -> None:
    exact = Decimal(price) / 10_000 * Decimal(qty) / 1000

    expected = int(exact.copy_abs().quantize(Decimal("0.01"), ROUND_HALF_UP) * 100)

    assert money.extended_amount(price, qty) == (expected if exact >= 0 else -expected)


@pytest.mark.parametrize(
    ("price", "qty", "expected"),
    [(25_000, 1_000, 250), (100, 500, 1), (-100, 500, -1), (50, 1000, 1), (49, 1000, 0)],
)
def test_halves_go_away_from_zero(price: int, qty: int, expected: int) -> None:
    assert money.extended_amount(price, qty) == expected


@given(amounts)
def test_amounts_survive_formatting(amount: int) -> None:
    assert money.parse_amount(money.format_amount(amount)) == amount


@given(st.integers(-(10**12), 10**12))
def test_unit_prices_survive_formatting(price: int) -> None:
    assert money.parse_unit_price(money.format_unit_price(price)) == price


@given(st.integers(-(10**11), 10**11))
def test_quantities_survive_formatting(milli: int) -> None:
    assert quantity.parse_quantity(quantity.format_quantity(milli)) == milli


@pytest.mark.parametrize("text", ["", "1,5", "1.234", "abc", "１２", "1e5", "--1", "NaN", "."])
def test_what_is_no_amount_is_refused_with_what_came(text: str) -> None:
    with pytest.raises(money.MoneyFormatError, match="expected an amount") as caught:
        money.parse_amount(text)

    assert repr(text) in str(caught.value)


@given(amounts, st.lists(st.integers(0, 10**9), min_size=1, max_size=40))
def test_an_allocation_sums_back_and_never_strays_by_more_than_one(
    amount: int, weights: list[int]
) -> None:
    parts = money.allocate(amount, weights)

    assert sum(parts) == amount
    total = sum(weights)
    if total:
        for part, weight in zip(parts, weights, strict=True):
            assert abs(part * total - amount * weight) < total


@given(st.integers(-(10**9), 10**9), st.integers(0, 10_000))
def test_contained_tax_never_exceeds_the_amount(amount: int, rate: int) -> None:
    tax = money.tax_included(amount, rate)

    assert abs(tax) <= abs(amount)
    assert tax * amount >= 0


def test_three_and_a_half_fold_is_thirty_five_percent_to_pay() -> None:
    """PRC-13: 3.5折."""
    assert money.percent_of_e4(100_000, 3_500) == 35_000


@given(amounts, st.sampled_from([0, 5, 10, 50, 100]))
def test_cash_rounding_moves_by_at_most_half_a_step(amount: int, step: int) -> None:
    rounded = money.round_to_step(amount, step)

    assert 2 * abs(rounded - amount) <= max(step, 0)
    assert step <= 1 or rounded % step == 0


@pytest.mark.parametrize(
    ("value", "decimals", "unit", "expected"),
    [(1234, 3, "kg", 1234), (500, 0, "g", 500), (2, 0, "jin", 1000), (15, 1, "jin", 750)],
)
def test_weights_become_thousandths_of_a_kilogram(
    value: int, decimals: int, unit: str, expected: int
) -> None:
    assert quantity.weight_to_milli_kg(value, decimals, unit) == expected
