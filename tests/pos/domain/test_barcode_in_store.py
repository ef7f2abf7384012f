"""Weighed labels: layouts, their errors, decimals and units, check digits right and wrong."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.barcode import (
    Classified,
    Gs1Message,
    Gtin,
    InStoreCode,
    LayoutError,
    ScanContext,
    Unknown,
    UnknownReason,
    WeighedLayout,
    check_digit,
    classify,
    lookup_keys,
    parse_layout,
    quantity_from_amount,
)
from pos.domain.money import extended_amount

WEIGHT_13 = WeighedLayout("weight", "21IIIIIWWWWWC")
AMOUNT_13 = WeighedLayout("amount", "20IIIIIPPPPPC")
LONG_18 = WeighedLayout("amount then weight", "26IIIIIPPPPPWWWWWC")
LONG_18_SWAPPED = WeighedLayout("weight then amount", "27IIIIIWWWWWPPPPPC")


def scan(text: str, *layouts: WeighedLayout, aim: str | None = None) -> Classified:
    return classify(text, symbology_id=aim, layouts=layouts, context=ScanContext.SALE)


def with_check(body: str) -> str:
    return f"{body}{check_digit(body)}"


def test_thirteen_digits_with_weight() -> None:
    result = scan(with_check("210030101250"), WEIGHT_13)

    assert result == InStoreCode(
        raw=with_check("210030101250"),
        item_code="00301",
        quantity_milli=1250,
        amount_minor=None,
        layout="weight",
        check_ok=True,
        prefixed_item_code="2100301",
    )
    assert lookup_keys(result) == ("00301", "2100301")


def test_thirteen_digits_with_amount() -> None:
    result = scan(with_check("200030101234"), WEIGHT_13, AMOUNT_13)

    assert isinstance(result, InStoreCode)
    assert (result.item_code, result.amount_minor, result.quantity_milli) == ("00301", 1234, None)


@pytest.mark.parametrize("aim", [None, "]C0", "]I0", "]C1", "]X0"])
def test_eighteen_digits_with_amount_and_weight_in_either_order(aim: str | None) -> None:
    first = scan("260030100350004181", LONG_18, LONG_18_SWAPPED, aim=aim)
    second = scan(with_check("27003010041800350"), LONG_18, LONG_18_SWAPPED, aim=aim)

    assert isinstance(first, InStoreCode)
    assert isinstance(second, InStoreCode)
    assert (first.item_code, first.amount_minor, first.quantity_milli) == ("00301", 350, 418)
    assert (second.item_code, second.amount_minor, second.quantity_milli) == ("00301", 350, 418)


def test_the_left_weighted_check_digit_of_eighteen_digits_is_wrong() -> None:
    result = scan("260030100350004187", LONG_18)

    assert isinstance(result, Unknown)
    assert result.reason is UnknownReason.BAD_CHECK_DIGIT


@pytest.mark.parametrize("label", ["2100301003501", "2000001023109", "2000003035003"])
def test_labels_found_in_shops_with_a_wrong_check_digit(label: str) -> None:
    pattern = f"{label[:2]}IIIIIPPPPPC"
    strict = WeighedLayout("strict", pattern)
    lenient = WeighedLayout("lenient", pattern, check=False)

    assert scan(label, strict) == Unknown(UnknownReason.BAD_CHECK_DIGIT, label, label)
    assert scan(label) == Unknown(UnknownReason.BAD_CHECK_DIGIT, label, label)
    read = scan(label, lenient)
    assert isinstance(read, InStoreCode)
    assert (read.item_code, read.amount_minor) == (label[2:7], int(label[7:12]))
    assert not read.check_ok
    corrected = scan(with_check(label[:-1]), lenient)
    assert isinstance(corrected, InStoreCode)
    assert corrected.check_ok
    # A later layout may accept what an earlier one refuses.
    assert scan(label, strict, lenient) == read


def test_a_configured_label_has_priority_over_the_gtin() -> None:
    grocery = WeighedLayout("69 as weighed", "69IIIIIWWWWWC")

    assert isinstance(scan("6901234567892"), Gtin)
    assert isinstance(scan("6901234567892", grocery), InStoreCode)
    off = WeighedLayout("69 as weighed", "69IIIIIWWWWWC", enabled=False)
    assert isinstance(scan("6901234567892", off), Gtin)


def test_labels_of_other_lengths_literals_inside_and_ignored_digits() -> None:
    thirty = WeighedLayout("with expiry", "28IIIIIPPPPPPWWWWWXXXXXX9XXXX", check=False)
    code = "28" + "12345" + "001999" + "00500" + "261130" + "9" + "0000"

    result = scan(code, thirty)

    assert len(code) == 29
    assert isinstance(result, InStoreCode)
    assert (result.item_code, result.amount_minor, result.quantity_milli) == ("12345", 1999, 500)
    assert result.check_ok
    assert isinstance(scan(code[:24] + "8" + code[25:], thirty), Unknown)


def test_four_digit_plu_with_six_digit_amount() -> None:
    result = scan(with_check("220031123456"), WeighedLayout("22", "22IIIIPPPPPPC"))

    assert isinstance(result, InStoreCode)
    assert (result.item_code, result.amount_minor) == ("0031", 123456)


@pytest.mark.parametrize(
    ("decimals", "expected"), [(0, 1234500), (1, 123450), (2, 12345), (3, 1235), (4, 123)]
)
def test_amount_decimals(decimals: int, expected: int) -> None:
    layout = WeighedLayout("a", "20IIIIIPPPPPC", amount_decimals=decimals)

    result = scan(with_check("200030112345"), layout)

    assert isinstance(result, InStoreCode)
    assert result.amount_minor == expected


@pytest.mark.parametrize(
    ("unit", "decimals", "expected"),
    [
        ("kg", 3, 1001),
        ("kg", 2, 10010),
        ("g", 0, 1001),
        ("g", 1, 100),
        ("jin", 3, 501),  # 1.001 斤 = 500.5 g, half away from zero
        ("jin", 2, 5005),
    ],
)
def test_weight_units_and_decimals(unit: str, decimals: int, expected: int) -> None:
    layout = WeighedLayout("w", "21IIIIIWWWWWC", weight_unit=unit, weight_decimals=decimals)

    result = scan(with_check("210030101001"), layout)

    assert isinstance(result, InStoreCode)
    assert result.quantity_milli == expected


def test_a_weight_of_zero_beside_an_amount_is_no_weight() -> None:
    both = scan(with_check("26003010035000000"), LONG_18)
    alone = scan(with_check("210030100000"), WEIGHT_13)

    assert isinstance(both, InStoreCode)
    assert isinstance(alone, InStoreCode)
    assert (both.amount_minor, both.quantity_milli) == (350, None)
    assert (alone.amount_minor, alone.quantity_milli) == (None, 0)


def test_a_gs1_carrier_with_a_real_message_is_not_taken_for_a_label() -> None:
    any_01 = WeighedLayout("01", "26IIIIIPPPPPWWWWWC")

    assert isinstance(scan("0106901234567892", any_01, aim="]C1"), Gs1Message)


# ------------------------------------------------------------------------------------ settings


def test_a_layout_is_built_from_a_table_of_the_settings() -> None:
    full = parse_layout(
        {
            "name": "熟食",
            "pattern": "26IIIIIPPPPPWWWWWC",
            "amount_decimals": 1,
            "weight_unit": "jin",
            "weight_decimals": 2,
            "check": False,
            "enabled": False,
        }
    )

    assert full == WeighedLayout(
        "熟食", "26IIIIIPPPPPWWWWWC", 1, "jin", 2, check=False, enabled=False
    )
    assert full.prefix == "26"
    assert parse_layout({"name": "a", "pattern": "21IIIIIWWWWWC"}) == WeighedLayout(
        "a", "21IIIIIWWWWWC", 2, "kg", 3, check=True, enabled=True
    )
    assert not parse_layout({"name": "a", "pattern": "21IIIIIWWWWW"}).check


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pattern": "IIIIIIIWWWWWC"}, "literal digits first"),
        ({"pattern": "21IIIIIWWWWWQ"}, "literal digits first"),
        ({"pattern": "21iiiiiwwwwwc"}, "literal digits first"),
        ({"pattern": "21IIIIICWWWWW"}, "C only at the end"),
        ({"pattern": "２１IIIIIWWWWWC"}, "literal digits first"),
        ({"pattern": "2IPC"}, "6 to 64 characters, got 4"),
        ({"pattern": "2I" + "P" * 70 + "C"}, "6 to 64 characters, got 73"),
        ({"pattern": "21IIIIIXXXXXC"}, "at least one of amount P and weight W"),
        ({"pattern": "21XXXXXWWWWWC"}, "expected item digits I"),
        ({"pattern": "21IIWWIIIWWWC"}, "all I beside each other"),
        ({"pattern": "21IIIPPIIPPPC"}, "all I beside each other"),
        ({"pattern": "21IIIIIPPWWPC"}, "all P beside each other"),
        ({"pattern": "21IIIIIWWWWW", "check": True}, "check digit C at the end"),
        ({"pattern": ""}, "expected pattern as text"),
        ({"pattern": 21}, "expected pattern as text"),
        ({"name": None}, "expected name as text"),
        ({"amount_decimals": 5}, "amount_decimals from 0 to 4, got 5"),
        ({"weight_decimals": -1}, "weight_decimals from 0 to 4, got -1"),
        ({"weight_decimals": "3"}, "weight_decimals as a whole number, got '3'"),
        ({"amount_decimals": True}, "amount_decimals as a whole number, got True"),
        ({"weight_unit": "lb"}, "weight_unit kg, g, jin, got 'lb'"),
        ({"weight_unit": 1}, "expected weight_unit as text"),
        ({"check": 1}, "check as true or false, got 1"),
        ({"enabled": "yes"}, "enabled as true or false, got 'yes'"),
        ({"patern": "x", "zz": 1}, "got patern, zz"),
    ],
)
def test_a_layout_that_cannot_work_says_why(change: dict[str, object], message: str) -> None:
    with pytest.raises(LayoutError, match=message):
        parse_layout({"name": "a", "pattern": "21IIIIIWWWWWC", **change})


# ---------------------------------------------------------------------------- the label's amount


@pytest.mark.parametrize(
    ("amount_minor", "unit_price_e4", "expected"),
    [
        (1234, 50_000, 2468),
        (350, 83_800, 418),
        (1, 200_000, 1),  # 0.5 g, half away from zero
        (1, 200_001, 0),
        (-1, 200_000, -1),
        (100, 30_000, 333),
        (200, 30_000, 667),
        (0, 30_000, 0),
        (-1234, 50_000, -2468),
        (1234, 0, None),
        (1234, -1, None),
    ],
)
def test_quantity_follows_from_the_amount(
    amount_minor: int, unit_price_e4: int, expected: int | None
) -> None:
    assert quantity_from_amount(amount_minor, unit_price_e4) == expected


@given(st.integers(0, 10**7), st.integers(1, 10**7))
def test_the_derived_quantity_is_within_half_a_gram_of_the_amount(
    amount_minor: int, unit_price_e4: int
) -> None:
    quantity = quantity_from_amount(amount_minor, unit_price_e4)

    assert quantity is not None
    assert abs(quantity * unit_price_e4 - amount_minor * 100_000) * 2 <= unit_price_e4
    tolerance = unit_price_e4 // 200_000 + 1
    assert abs(extended_amount(unit_price_e4, quantity) - amount_minor) <= tolerance


@given(st.integers(0, 99999), st.integers(0, 99999), st.integers(1, 99999), st.booleans())
def test_any_label_reads_back_what_was_printed(
    item: int, amount: int, weight: int, amount_first: bool
) -> None:
    first, second = (amount, weight) if amount_first else (weight, amount)
    prefix = "26" if amount_first else "27"
    code = with_check(f"{prefix}{item:05d}{first:05d}{second:05d}")

    result = scan(code, LONG_18, LONG_18_SWAPPED)

    assert isinstance(result, InStoreCode)
    assert result.item_code == f"{item:05d}"
    assert (result.amount_minor, result.quantity_milli) == (amount, weight)
