"""GS1 element strings and Digital Links, by identifier and by shape, with what biip lets through."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from biip.gs1_messages import GS1Message as BiipMessage
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.barcode import (
    Classified,
    Gs1Message,
    Gtin,
    ScanContext,
    TraceCode,
    Unknown,
    UnknownReason,
    check_digit,
    classify,
    iso_date,
    lookup_keys,
    preload_gs1,
)

ROOT = Path(__file__).parents[3]

GTIN = "06901234567892"
SSCC = "106141412345678908"
GS = "\x1d"


def scan(text: str | bytes, aim: str | None = None, today_year: int | None = 2026) -> Classified:
    return classify(
        text, symbology_id=aim, layouts=(), context=ScanContext.SALE, today_year=today_year
    )


def reason(text: str | bytes, aim: str | None = None) -> UnknownReason:
    result = scan(text, aim)
    assert isinstance(result, Unknown), result
    return result.reason


def message(text: str | bytes, aim: str | None = None) -> Gs1Message:
    result = scan(text, aim)
    assert isinstance(result, Gs1Message), result
    return result


# -------------------------------------------------------------------------------------- fields


@pytest.mark.parametrize("aim", ["]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1", None, "]X0"])
def test_every_gs1_carrier_gives_the_same_message(aim: str | None) -> None:
    text = f"01{GTIN}172611301526110010ABC-1{GS}21XYZ"

    assert message(text, aim) == Gs1Message(
        raw=text,
        gtin14=GTIN,
        batch="ABC-1",
        expiry="2026-11-30",
        best_before="2026-11-30",
        serial="XYZ",
        elements=(
            ("01", GTIN),
            ("17", "261130"),
            ("15", "261100"),
            ("10", "ABC-1"),
            ("21", "XYZ"),
        ),
    )
    assert message(text.encode("ascii"), aim).gtin14 == GTIN
    assert lookup_keys(message(text, aim)) == (GTIN,)


def test_the_identifier_in_front_of_the_data_is_taken_off() -> None:
    assert message(f"]d201{GTIN}").raw == f"01{GTIN}"
    assert message(f"]d201{GTIN}", "]d2").raw == f"01{GTIN}"


def test_a_leading_fnc1_is_no_data() -> None:
    assert message(f"{GS}01{GTIN}10A{GS}").batch == "A"
    assert message(f"{GS}10A", "]d2").gtin14 is None
    assert reason(GS) is UnknownReason.EMPTY
    assert reason(f"]d2{GS}{GS}") is UnknownReason.EMPTY


@pytest.mark.parametrize(
    ("element", "expected"),
    [
        ("3103001234", 1234),
        ("3100000002", 2000),
        ("3105123456", 1235),  # 1.23456 kg
        ("3104000005", 1),  # 0.0005 kg: half away from zero
        ("3104000004", 0),
    ],
)
def test_net_weight_in_thousandths_of_a_kilogram(element: str, expected: int) -> None:
    assert message(f"01{GTIN}{element}", "]e0").net_weight_milli == expected


@pytest.mark.parametrize(
    ("element", "price_minor", "currency"),
    [
        ("39221234", 1234, None),
        ("392012", 1200, None),
        ("39231235", 124, None),  # 1.235
        ("39295", 0, None),
        ("39321561234", 1234, "156"),
        ("393082612", 1200, "826"),
    ],
)
def test_the_price_on_the_pack(element: str, price_minor: int, currency: str | None) -> None:
    result = message(f"01{GTIN}{element}", "]e0")

    assert (result.price_minor, result.price_currency) == (price_minor, currency)


def test_a_logistic_label_counts_its_content_and_is_not_sold_as_one() -> None:
    result = message(f"00{SSCC}02{GTIN}3724", "]C1")

    assert (result.sscc, result.content_gtin, result.count) == (SSCC, GTIN, 24)
    assert result.gtin14 is None
    assert lookup_keys(result) == ()
    assert message(f"02{GTIN}3724", "]C1").count == 24
    assert message(f"02{GTIN}3724").count == 24
    assert message(f"00{SSCC}").sscc == SSCC


def test_a_serial_with_letters_needs_no_separator_at_the_end_and_keeps_its_case() -> None:
    assert message(f"01{GTIN}21aB/9").serial == "aB/9"
    assert message(f"01{GTIN}21aB/9").elements[1] == ("21", "aB/9")


# --------------------------------------------------------------------------------------- dates


@pytest.mark.parametrize(
    ("text", "today_year", "expected"),
    [
        ("261130", 2026, "2026-11-30"),
        ("261100", 2026, "2026-11-30"),
        ("260200", 2026, "2026-02-28"),
        ("280200", 2026, "2028-02-29"),
        ("760101", 2026, "2076-01-01"),
        ("770101", 2026, "1977-01-01"),
        ("000101", 2049, "2000-01-01"),
        ("000101", 2050, "2100-01-01"),
        ("490101", 2099, "2149-01-01"),
        ("500101", 2099, "2050-01-01"),
        ("990101", 2000, "1999-01-01"),
        ("990101", None, "2099-01-01"),
        ("260230", 2026, None),
        ("261301", 2026, None),
        ("260001", 2026, None),
        ("260000", 2026, None),
        ("000000", 2026, None),
        ("26113", 2026, None),
        ("26113a", 2026, None),
        ("２６1130", 2026, None),
        ("261130", 0, "0026-11-30"),
        ("261130", 99_999, None),
        ("261100", 10**40, None),
        ("261130", -500, None),
    ],
)
def test_dates_follow_the_year_of_the_business_day(
    text: str, today_year: int | None, expected: str | None
) -> None:
    assert iso_date(text, today_year) == expected


@given(st.integers(1950, 2949), st.integers(0, 99))
def test_the_window_is_forty_nine_years_back_and_fifty_ahead(today_year: int, yy: int) -> None:
    date = iso_date(f"{yy:02d}0615", today_year)

    assert date is not None
    assert int(date[:4]) % 100 == yy
    assert -49 <= int(date[:4]) - today_year <= 50


def test_a_date_that_no_calendar_has_is_a_reason() -> None:
    assert reason(f"01{GTIN}17260230", "]d2") is UnknownReason.BAD_DATE
    assert reason(f"01{GTIN}11000000", "]d2") is UnknownReason.BAD_DATE
    assert reason(f"01{GTIN}17261330", "]d2") is UnknownReason.GS1_UNREADABLE


# -------------------------------------------------------------------------- what biip lets through


@pytest.mark.parametrize(
    "text", ["0106901234567893", "0216901234567893" + "3712", "00106141412345678909"]
)
def test_a_wrong_check_digit_inside_is_a_reason(text: str) -> None:
    """Trap 4: the field parser leaves the wrong number in the message."""
    assert BiipMessage.parse(text).element_strings
    result = scan(text, "]C1")

    assert result == Unknown(UnknownReason.BAD_CHECK_DIGIT, text)
    assert lookup_keys(result) == ()


@pytest.mark.parametrize(
    "text",
    [
        f"02{GTIN}",  # content without count
        f"01{GTIN}3712",  # count without content
        f"01{GTIN}02{GTIN}3712",
        f"01{GTIN}01{'16901234567899'}",
        f"01{GTIN}31030010003102000100",
        f"01{GTIN}39221234{GS}39321561234",
    ],
)
def test_fields_that_contradict_each_other_are_a_reason(text: str) -> None:
    assert reason(text, "]C1") is UnknownReason.GS1_INCONSISTENT


def test_a_field_said_twice_alike_is_no_contradiction() -> None:
    assert message(f"01{GTIN}01{GTIN}", "]C1").gtin14 == GTIN


@pytest.mark.parametrize(
    "text", ["ABC", "0169012", f"01{GTIN}99", "6901234567892", "01" + "A" * 14]
)
def test_a_gs1_carrier_with_something_else_in_it_is_a_reason(text: str) -> None:
    assert reason(text, "]C1") is UnknownReason.GS1_UNREADABLE


@given(
    st.sampled_from(["20", "21", "22", "91", "97"]),
    st.text("0123456789", min_size=11, max_size=11),
)
def test_an_ean_13_never_becomes_a_gs1_message(prefix: str, rest: str) -> None:
    """Trap 2: with a wrong check digit the field parser reads most of them as a message."""
    for aim in (None, "]E0", "]X0", "]C0", "]Q1", "]d1"):
        assert not isinstance(scan(f"{prefix}{rest}", aim), Gs1Message)


def test_the_field_parser_would_take_a_misread_ean_13_for_a_serial_number() -> None:
    assert BiipMessage.parse("2112345678901").element_strings.get(ai="21")
    assert check_digit("211234567890") != 1
    assert reason("2112345678901") is UnknownReason.BAD_CHECK_DIGIT


@given(st.text("0123456789", min_size=19, max_size=19))
def test_a_drug_trace_code_is_no_gs1_message(rest: str) -> None:
    assert scan(f"8{rest}") == TraceCode(f"8{rest}", f"8{rest[:6]}")


@pytest.mark.parametrize("aim", ["]d1", "]Q1", "]C0", "]A0"])
def test_a_carrier_that_is_not_gs1_holds_no_element_string(aim: str) -> None:
    """Trap 5: numeric data of plain symbols ran through all parsers."""
    result = scan(f"01{GTIN}17261130", aim)

    assert isinstance(result, Unknown)
    assert reason(f"01{GTIN}10A{GS}21B", aim) is UnknownReason.CONTROL_CHARACTER


@pytest.mark.parametrize(
    "text",
    [
        "0106901234567893",  # wrong check digit
        f"01{GTIN}99",  # the rest cannot be read
        f"01{GTIN}XY",
        f"02{GTIN}",
        "010690123456789",
        "00106141412345678909",
        "0010614141234567890",
    ],
)
def test_what_only_looks_like_gs1_is_perhaps_a_stock_code(text: str) -> None:
    assert scan(text) == Unknown(UnknownReason.NOT_A_STANDARD_CODE, text, text)


def test_separators_without_identifier_promise_gs1() -> None:
    assert reason(f"ABC{GS}DEF") is UnknownReason.GS1_UNREADABLE
    assert reason(f"0106901234567893{GS}10A") is UnknownReason.BAD_CHECK_DIGIT


# ------------------------------------------------------------------------------- Digital Link


@pytest.mark.parametrize("aim", ["]Q1", "]d1", "]Q3", None])
@pytest.mark.parametrize(
    "uri",
    [
        f"https://id.gs1.org/01/{GTIN}",
        "https://id.gs1.org/01/6901234567892",
        f"HTTPS://ID.GS1.ORG/01/{GTIN}",
        f"http://Example.CN/some/path/01/{GTIN}/",
        f"https://example.cn/01/{GTIN}?utm=1#top",
        f"https://example.cn:8443/01/{GTIN}",
    ],
)
def test_a_digital_link_names_its_gtin(uri: str, aim: str | None) -> None:
    """Trap 3: neither `]Q1https://…` nor `HTTPS://` is read by the field parser itself."""
    result = message(uri, aim)

    assert (result.raw, result.gtin14) == (uri, GTIN)
    assert lookup_keys(result) == (GTIN,)
    if aim is not None:
        assert message(f"{aim}{uri}") == result


def test_a_digital_link_with_attributes() -> None:
    uri = f"https://id.gs1.org/01/{GTIN}/10/aB%2F1/21/S?17=261100&3103=000195&3922=1250&x=y"

    result = message(uri, "]Q1")

    assert (result.batch, result.serial, result.expiry) == ("aB/1", "S", "2026-11-30")
    assert (result.net_weight_milli, result.price_minor) == (195, 1250)


def test_a_digital_link_of_a_logistic_unit() -> None:
    result = message(f"https://id.gs1.org/00/{SSCC}?02={GTIN}&37=25", "]Q1")

    assert (result.sscc, result.content_gtin, result.count) == (SSCC, GTIN, 25)


@pytest.mark.parametrize(
    "text",
    [
        "https://u.wechat.com/EAbc123",
        "http://weixin.qq.com/r/abc",
        "https://example.cn/",
        "https://",
        "https://[",
        "https://example.cn/01/",
        "https://example.cn/2026/01/15/x.html",
        "https://example.cn/2026/01/20260115",
        "https://example.cn/01/%D9%A0%D9%A6%D9%A9%D9%A0%D9%A1%D9%A2%D9%A3",
        "wxp://f2f0abc",
        "weixin://wxpay/bizpayurl?pr=abc",
        "alipays://platformapi",
    ],
)
@pytest.mark.parametrize("aim", ["]Q1", None])
def test_any_other_address_is_not_a_product_code(text: str, aim: str | None) -> None:
    result = scan(text, aim)

    assert isinstance(result, Unknown)
    assert result.reason is UnknownReason.NOT_A_PRODUCT_CODE
    assert lookup_keys(result) == ()


def test_a_matrix_code_with_text_may_be_the_shops_own() -> None:
    result = scan("shelf 85123A", "]Q1")

    assert result == Unknown(UnknownReason.NOT_A_PRODUCT_CODE, "shelf 85123A", "shelf 85123A")
    assert reason("x" * 65, "]d1") is UnknownReason.NOT_A_PRODUCT_CODE
    assert lookup_keys(scan("x" * 65, "]d1")) == ()


@pytest.mark.parametrize(
    ("uri", "expected"),
    [
        ("https://id.gs1.org/01/06901234567893", UnknownReason.BAD_CHECK_DIGIT),
        (f"https://id.gs1.org/01/{GTIN}/buy", UnknownReason.GS1_UNREADABLE),
        (f"https://id.gs1.org/01/{GTIN}?17=991399", UnknownReason.GS1_UNREADABLE),
        (f"https://id.gs1.org/01/{GTIN}?17=260230", UnknownReason.BAD_DATE),
        (f"https://id.gs1.org/01/{GTIN}?37=5", UnknownReason.GS1_INCONSISTENT),
        (
            f"https://id.gs1.org/01/{GTIN}?3103=%D9%A3%D9%A3%D9%A3%D9%A3%D9%A3%D9%A3",
            UnknownReason.GS1_UNREADABLE,
        ),
    ],
)
def test_a_digital_link_that_makes_no_sense_is_a_reason(uri: str, expected: UnknownReason) -> None:
    assert reason(uri, "]Q1") is expected


# ----------------------------------------------------------------------------------- generated

charset = st.text(
    "!%&'*+-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz",
    min_size=1,
    max_size=20,
)


@given(st.text("0123456789", min_size=13, max_size=13), charset, charset)
def test_any_batch_and_serial_come_back(body: str, batch: str, serial: str) -> None:
    gtin14 = f"{body}{check_digit(body)}"

    result = message(f"01{gtin14}10{batch}{GS}21{serial}", "]d2")

    assert (result.gtin14, result.batch, result.serial) == (gtin14, batch, serial)


def test_a_plain_scan_does_not_import_the_field_parser_and_a_preload_does() -> None:
    program = (
        "import sys\n"
        "from pos.domain.barcode import ScanContext, classify, preload_gs1\n"
        "classify('6901234567892', symbology_id=']E0', layouts=(), context=ScanContext.SALE)\n"
        "classify('85123A', symbology_id=None, layouts=(), context=ScanContext.SALE)\n"
        "classify('https://x.cn', symbology_id=']Q1', layouts=(), context=ScanContext.SALE)\n"
        "assert 'biip' not in sys.modules\n"
        "preload_gs1()\n"
        "assert 'biip.gs1_digital_link_uris' in sys.modules\n"
    )

    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
    preload_gs1()


def test_gtin_in_a_plain_qr_code_is_a_gtin() -> None:
    assert isinstance(scan("6901234567892", "]Q1"), Gtin)
