"""The comparison notices every kind of difference, and nothing that is none."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.real.harness import compare, day_differences, expected_daily, report
from tests.real.roll import RollInfo

Rolls = Callable[[str], RollInfo]


def test_equal_days_have_no_difference(roll: Rolls) -> None:
    wanted = expected_daily(roll("odd"))
    assert day_differences(wanted, wanted) == []


@pytest.mark.parametrize("by", ["store", "workstation", "item", "operator", "hour", "tender"])
def test_a_missing_row_and_a_row_too_many_are_named(roll: Rolls, by: str) -> None:
    rows = expected_daily(roll("odd"))[by]
    (missing,) = compare(rows[1:], rows, by)
    assert "head office has no row" in missing
    (extra,) = compare(rows, rows[1:], by)
    assert "a row too many" in extra
    assert "two rows of" in compare([*rows, rows[0]], rows, by)[0]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("gross_sales", "0.01"),
        ("gross_sales", 168_648.70),
        ("gross_sales", "168648.7"),
        ("lines", "30"),
        ("lines", 31.0),
        ("units_sold", 82_023.125),
        ("units_sold", "82023.12"),
        ("units_sold", "many"),
        ("net", None),
        ("discounts", "4.370"),
    ],
)
def test_a_wrong_figure_or_a_figure_of_the_wrong_type_is_named(
    roll: Rolls, field: str, value: Any
) -> None:
    rows = expected_daily(roll("odd"))["workstation"]
    assert rows[0]["workstation_id"] == "t1"
    (text,) = compare([rows[0] | {field: value}, *rows[1:]], rows, "workstation")
    assert field in text
    without = {name: kept for name, kept in rows[0].items() if name != field}
    (text,) = compare([without, *rows[1:]], rows, "workstation")
    assert f"{field} is missing" in text


def test_trailing_zeros_of_a_quantity_and_rows_of_nothing_are_no_difference(roll: Rolls) -> None:
    rows = expected_daily(roll("odd"))["store"]
    other = [rows[0] | {"units_sold": f"{rows[0]['units_sold']}0"}, *rows[1:]]
    empty = {name: _nothing(value) for name, value in rows[0].items()} | {
        "store_id": "corner",
        "business_day": "2024-12-31",
        "currency": "CNY",
    }
    assert compare([*other, empty], rows, "store") == []


def _nothing(value: Any) -> Any:
    return 0 if isinstance(value, int) else "0.00"


def test_two_codes_that_differ_only_by_case_are_two_rows(roll: Rolls) -> None:
    rows = expected_daily(roll("odd"))["item"]
    folded = [row | {"item_code": row["item_code"].upper()} for row in rows]
    assert compare(folded, rows, "item") != []


def test_a_report_says_how_many_and_shows_the_first() -> None:
    text = report([f"difference {number}" for number in range(100)])
    assert text.startswith("100 differences")
    assert "difference 0" in text
    assert "70 more" in text
