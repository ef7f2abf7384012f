"""Rolls: every wrong row is refused with its number, what was expected and what came."""

from __future__ import annotations

from typing import Any

import pytest

from pos.domain.roll import COLUMNS, RollError, check_header, read_transactions

GOOD: dict[str, str] = {
    "store_id": "s",
    "workstation_id": "1",
    "business_day": "2016-08-05",
    "at": "2016-08-05T10:00:00",
    "transaction": "1",
    "operator_id": "7",
    "row": "sale",
    "item_code": "a",
    "description": "x",
    "quantity": "2",
    "unit_price": "1.25",
    "unit_discount": "",
    "amount": "2.50",
    "tender_type": "",
}


def row(**changes: str) -> dict[str, str]:
    return {**GOOD, **changes}


def read(*rows: dict[str, str]) -> list[Any]:
    return list(read_transactions(rows))


def test_a_good_row_is_a_transaction() -> None:
    (found,) = read(row())

    assert (found.transaction, found.at, len(found.lines), found.tenders) == (
        "1",
        "2016-08-05T10:00:00",
        1,
        (),
    )
    assert (found.lines[0].quantity_milli, found.lines[0].unit_price_e4) == (2_000, 12_500)


def test_times_may_go_back_and_may_be_blank_but_days_may_not() -> None:
    found = read(
        row(),
        row(transaction="2", at="2016-08-04T09:00:00"),
        row(transaction="3", at=""),
        row(transaction="4", business_day="2016-08-06"),
    )
    assert [x.at[:10] for x in found] == ["2016-08-05", "2016-08-04", "", "2016-08-05"]

    with pytest.raises(RollError, match=r"row 3: .*2016-08-04 comes after 2016-08-05"):
        read(row(), row(transaction="2", business_day="2016-08-04"))


def test_another_workstation_has_days_of_its_own() -> None:
    found = read(row(), row(workstation_id="2", business_day="2016-08-01"))

    assert [x.business_day for x in found] == ["2016-08-05", "2016-08-01"]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"amount": "2.51"}, "rounds to 2.50, but the amount says 2.51"),
        ({"quantity": "-1", "amount": ""}, "quantity above 0"),
        ({"row": "return", "amount": ""}, "quantity below 0"),
        ({"row": "adjust", "amount": ""}, "money must be 0"),
        ({"row": "gift"}, "expected one of sale, return, void, adjust, other, tender"),
        ({"quantity": "1.2345"}, "at most 3 decimals"),
        ({"unit_price": "1.23456"}, "at most 4 decimals"),
        ({"unit_price": "1e3"}, "expected a unit price"),
        ({"business_day": "05/08/2016"}, "YYYY-MM-DD"),
        ({"business_day": "20160805"}, "YYYY-MM-DD"),
        ({"business_day": "2016-02-30"}, "YYYY-MM-DD"),
        ({"at": "noon"}, "expected a time"),
        ({"at": "2016-08-05"}, "expected a time"),
        ({"at": "20160805T100000"}, "expected a time"),
        ({"at": "2016-08-05T25:00:00"}, "expected a time"),
        ({"item_code": ""}, "needs an item_code"),
        ({"store_id": ""}, "store_id is empty"),
        ({"row": "tender", "amount": "2.50"}, "needs a tender_type"),
        ({"quantity": "１"}, "expected a quantity"),
    ],
)
def test_a_wrong_row_is_refused_by_number(changes: dict[str, str], message: str) -> None:
    with pytest.raises(RollError, match=r"row 3") as caught:
        read(row(), row(transaction="2", **changes))

    assert message in str(caught.value)


def test_half_units_round_away_from_zero() -> None:
    (found,) = read(row(quantity="0.5", unit_price="0.01", amount="0.01"))

    assert found.lines[0].quantity_milli == 500
    with pytest.raises(RollError, match=r"rounds to 0\.01"):
        read(row(quantity="0.5", unit_price="0.01", amount="0.00"))


def test_lines_and_tenders_must_balance() -> None:
    tender = row(row="tender", tender_type="cash", amount="2.49")

    with pytest.raises(RollError, match=r"row 2: .*2.50 and its tenders to 2.49"):
        read(row(), tender)


def test_change_is_a_negative_tender() -> None:
    (found,) = read(
        row(),
        row(row="tender", tender_type="cash", amount="10.00"),
        row(row="tender", tender_type="cash", amount="-7.50"),
    )

    assert [t.amount_minor for t in found.tenders] == [1_000, -750]


def test_a_number_that_comes_again_is_a_transaction_of_its_own() -> None:
    found = read(row(), row(transaction="2"), row())

    assert [(x.transaction, x.row_number) for x in found] == [("1", 2), ("2", 3), ("1", 4)]


def test_the_header_is_exact() -> None:
    check_header(COLUMNS)

    with pytest.raises(RollError, match="expected the header"):
        check_header(COLUMNS[:-1])


def test_a_refusal_is_a_sentence_in_the_readers_language() -> None:
    """What is said goes through the catalogue; numbers, days and codes are put in afterwards."""
    spoken = {
        "row {number}: {sentence}": "第 {number} 行: {sentence}",
        "expected an amount such as 12.50, got {got}": "应为 12.50 这样的金额, 现为 {got}",
    }
    wrong = row(amount="1.2.3")
    with pytest.raises(RollError) as caught:
        list(read_transactions([wrong]))

    assert str(caught.value) == "row 2: expected an amount such as 12.50, got '1.2.3'"
    said = caught.value.text(lambda text: spoken[text])
    assert said == "第 2 行: 应为 12.50 这样的金额, 现为 '1.2.3'"
