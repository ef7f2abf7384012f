"""Totals of shift and day: any split of the same sales sums to the same Z (I4)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.cart import LineKind, Refusal
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.shift import (
    Totals,
    TotalsBuilder,
    check_business_day,
    count_denominations,
    count_tenders,
)
from pos.domain.tender import Tender

kinds = st.sampled_from([LineKind.SALE, LineKind.RETURN, LineKind.VOID, LineKind.OTHER])


@st.composite
def transactions(draw: st.DrawFn) -> Transaction:
    lines = []
    for number in range(1, draw(st.integers(0, 4)) + 1):
        kind = draw(kinds)
        sign = 1 if kind in (LineKind.SALE, LineKind.OTHER) else -1
        amount = sign * draw(st.integers(0, 10**6))
        lines.append(
            TransactionLine(
                line_no=number,
                kind=kind,
                item_code="a",
                description="",
                quantity_milli=sign * draw(st.integers(1, 9)) * 1000,
                unit_price_e4=0,
                amount_minor=amount,
                discount_minor=draw(st.integers(0, 100)),
            )
        )
    total = sum(line.amount_minor for line in lines)
    cash = draw(st.integers(-1000, 1000))
    tenders = (
        Tender(tender_no=1, tender_type="cash", amount_minor=cash),
        Tender(tender_no=2, tender_type="card", amount_minor=total - cash),
    )
    return Transaction(
        transaction_type=TransactionType.SALE,
        transaction_no="x",
        number=1,
        operator_id="01",
        lines=tuple(lines),
        tenders=tenders,
        total_minor=total,
    )


def fold(sales: list[Transaction], start: Totals | None = None) -> Totals:
    builder = TotalsBuilder(start)
    for sale in sales:
        builder.add_transaction(sale)
    return builder.totals()


@given(st.lists(transactions(), max_size=12), st.data())
def test_two_shifts_make_the_day(sales: list[Transaction], data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, len(sales)))

    assert fold(sales[cut:], fold(sales[:cut])) == fold(sales)


@given(st.lists(transactions(), max_size=12))
def test_net_is_what_the_tenders_brought(sales: list[Transaction]) -> None:
    totals = fold(sales)

    assert totals.net_minor == sum(t.amount_minor for t in totals.tenders.values())
    assert totals.lines == sum(len(sale.lines) for sale in sales)
    assert totals.transactions == sum(1 for sale in sales if sale.lines)


def test_expected_cash_is_float_plus_in_minus_out() -> None:
    builder = TotalsBuilder()
    for name, amount in (
        ("opening_float_minor", 10_000),
        ("paid_in_minor", 500),
        ("paid_out_minor", 2_000),
        ("pickups_minor", 3_000),
    ):
        builder.add(name, amount)

    totals = builder.totals()

    assert totals.expected_minor("cash") == 5_500
    assert totals.expected_minor("card") == 0
    (cash,) = count_tenders(totals, {"cash": 5_400})
    assert cash.over_short_minor == -100
    (unknown,) = count_tenders(totals, {})
    assert unknown.over_short_minor is None


def test_denominations_sum_and_negative_counts_are_refused() -> None:
    assert count_denominations({10_000: 2, 50: 3}) == 20_150
    assert isinstance(count_denominations({10_000: -1}), Refusal)


@pytest.mark.parametrize(
    ("last", "new", "refused"),
    [
        ("", "2026-11-21", False),
        ("2026-11-20", "2026-11-21", False),
        ("2026-11-21", "2026-11-21", True),
        ("2026-11-22", "2026-11-21", True),
    ],
)
def test_a_business_day_never_goes_backwards(last: str, new: str, refused: bool) -> None:
    assert isinstance(check_business_day(last, new), Refusal) is refused
