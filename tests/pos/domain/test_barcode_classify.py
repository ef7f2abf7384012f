"""The classifier as a whole: order of the questions, payment codes, receipts, hostile input."""

from __future__ import annotations

import timeit

import pytest
from biip.gtin import Gtin as BiipGtin
from biip.sscc import Sscc
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pos.domain.barcode import (
    MAX_SCAN_LENGTH,
    Classified,
    Gs1Message,
    Gtin,
    InStoreCode,
    PaymentCode,
    PaymentScheme,
    ReceiptNumber,
    ScanContext,
    Unknown,
    UnknownReason,
    WeighedLayout,
    check_digit,
    classify,
    lookup_keys,
    mask_payment_codes,
    payment_scheme,
)

LABEL_18 = WeighedLayout("18", "26IIIIIPPPPPWWWWWC")
OUTSIDE = [context for context in ScanContext if context is not ScanContext.PAYMENT]

WECHAT = "134567890123456789"
ALIPAY = "281234567890123456"
UNIONPAY = "6212345678901234567"


def scan(
    text: str | bytes,
    aim: str | None = None,
    *layouts: WeighedLayout,
    context: ScanContext = ScanContext.SALE,
) -> Classified:
    return classify(text, symbology_id=aim, layouts=layouts, context=context, today_year=2026)


# -------------------------------------------------------------------------------- payment codes


@pytest.mark.parametrize(
    ("code", "scheme"),
    [
        (WECHAT, PaymentScheme.WECHAT),
        ("10" + "0" * 16, PaymentScheme.WECHAT),
        ("15" + "9" * 16, PaymentScheme.WECHAT),
        (ALIPAY, PaymentScheme.ALIPAY),
        ("25" + "1" * 14, PaymentScheme.ALIPAY),
        ("30" + "1" * 22, PaymentScheme.ALIPAY),
        (UNIONPAY, PaymentScheme.UNIONPAY),
        ("16" + "0" * 16, None),
        ("09" + "0" * 16, None),
        ("13" + "0" * 15, None),
        ("13" + "0" * 17, None),
        ("25" + "1" * 13, None),
        ("30" + "1" * 23, None),
        ("24" + "1" * 16, None),
        ("31" + "1" * 16, None),
        ("62" + "1" * 16, None),
        ("62" + "1" * 18, None),
        ("1３" + "0" * 16, None),
        ("", None),
    ],
)
def test_a_payment_code_is_known_by_prefix_and_length(
    code: str, scheme: PaymentScheme | None
) -> None:
    assert payment_scheme(code) is scheme


@pytest.mark.parametrize("aim", [None, "]C0", "]Q1", "]X0"])
@pytest.mark.parametrize("code", [WECHAT, ALIPAY, UNIONPAY])
def test_a_payment_code_is_one_in_the_payment_step_alone(code: str, aim: str | None) -> None:
    masked = code[:2] + "*" * (len(code) - 6) + code[-4:]

    paid = scan(code, aim, context=ScanContext.PAYMENT)

    assert isinstance(paid, PaymentCode)
    assert (paid.text, paid.masked) == (code, masked)
    assert code not in repr(paid)
    assert masked in repr(paid)
    assert lookup_keys(paid) == ()
    for context in OUTSIDE:
        result = scan(code, aim, context=context)
        assert result == Unknown(UnknownReason.PAYMENT_CODE_OUTSIDE_PAYMENT, masked)
        assert lookup_keys(result) == ()


def test_a_weighed_label_that_looks_like_a_payment_code() -> None:
    label = "260030100350004181"
    assert payment_scheme(label) is PaymentScheme.ALIPAY

    assert isinstance(scan(label, None, LABEL_18), InStoreCode)
    assert isinstance(scan(label, None, LABEL_18, context=ScanContext.PAYMENT), PaymentCode)


def test_a_refused_label_that_may_be_a_payment_code_is_masked() -> None:
    result = scan("260030100350004182", "]C0", LABEL_18)

    assert result == Unknown(UnknownReason.BAD_CHECK_DIGIT, "26************4182")


@pytest.mark.parametrize(
    "code", ["6901234567892", "16901234567899", "85123A", "0101-20261121-0042"]
)
def test_a_product_in_the_payment_step_stays_a_product(code: str) -> None:
    assert scan(code, context=ScanContext.PAYMENT) == scan(code)
    assert not isinstance(scan(code, context=ScanContext.PAYMENT), PaymentCode)


def test_other_symbologies_carry_no_payment_codes() -> None:
    for aim in ("]I0", "]E0", "]A0", "]d1"):
        result = scan(ALIPAY, aim, context=ScanContext.PAYMENT)
        assert isinstance(result, Unknown)
        assert result.lookup_text is None
        assert ALIPAY not in repr(result)


@given(
    st.sampled_from(["10", "11", "12", "13", "14", "15"]),
    st.text("0123456789", min_size=16, max_size=16),
)
def test_no_payment_code_becomes_an_sscc_or_a_message(prefix: str, rest: str) -> None:
    """The field parser takes one in ten for an SSCC."""
    assert isinstance(scan(prefix + rest, context=ScanContext.PAYMENT), PaymentCode)
    assert isinstance(scan(prefix + rest), Unknown)


def test_the_field_parser_would_take_one_for_an_sscc() -> None:
    body = WECHAT[:17]

    assert Sscc.parse(f"{body}{check_digit(body)}").extension_digit == 1


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (f"pay {WECHAT}!", "pay 13************6789!"),
        ("８" * 18, "８" * 18),
        ("１３４５６７８９０１２３４５６７８９", "１３************６７８９"),
        ("81111111111111111234", "81111111111111111234"),
        ("6901234567892", "6901234567892"),
    ],
)
def test_masking_finds_payment_codes_in_any_script(text: str, expected: str) -> None:
    assert mask_payment_codes(text) == expected


@pytest.mark.parametrize(
    "text", [f"{WECHAT}\x00", f"é{WECHAT}", f"ID:{WECHAT}", f"https://x.cn/?c={WECHAT}"]
)
def test_a_payment_code_inside_other_text_is_masked_and_goes_no_further(text: str) -> None:
    result = scan(text, "]Q1")

    assert isinstance(result, Unknown)
    assert WECHAT not in repr(result)
    assert lookup_keys(result) == ()


# -------------------------------------------------------------------- receipts and stock codes


@pytest.mark.parametrize("text", ["0101-20261121-0042", "S1.A_2-20261121-123456"])
@pytest.mark.parametrize("aim", [None, "]C0", "]Q1"])
def test_a_transaction_number_is_a_receipt(text: str, aim: str | None) -> None:
    result = scan(text, aim)

    assert result == ReceiptNumber(text)
    assert lookup_keys(result) == ()


@pytest.mark.parametrize(
    "text", ["0101-20261121-042", "0101-2026112-0042", "-20261121-0042", "01 01-20261121-0042"]
)
def test_what_is_no_transaction_number_is_no_receipt(text: str) -> None:
    assert scan(text) == Unknown(UnknownReason.NOT_A_STANDARD_CODE, text, text)


@pytest.mark.parametrize(
    "text", ["85123A", "85123a", "POST", "BANK CHARGES", "B0032UPZQO", "301", "0", "21733", "]x"]
)
def test_a_stock_code_may_be_looked_up_exactly_as_written(text: str) -> None:
    result = scan(text)

    assert result == Unknown(UnknownReason.NOT_A_STANDARD_CODE, text, text)
    assert lookup_keys(result) == (text,)


def test_a_stock_code_is_never_long() -> None:
    assert lookup_keys(scan("A" * 64)) == ("A" * 64,)
    assert lookup_keys(scan("A" * 65)) == ()


def test_an_identifier_that_is_none_is_ignored() -> None:
    for aim in ("", "]", "]E", "E", "]E00", "??", "]é0", "]\n"):
        assert scan("6901234567892", aim) == scan("6901234567892")


def test_an_identifier_that_contradicts_the_data_leaves_the_data_alone() -> None:
    result = scan("]E06901234567892", "]Q1")

    assert isinstance(result, Unknown)
    assert result.text == "]E06901234567892"


# --------------------------------------------------------------------------------- hostile input


@pytest.mark.parametrize(
    "text",
    [
        "６９０１２３４５６７８９２",
        "٦٩٠١٢٣٤٥٦٧٨٩٢",
        "690123456789２",
        "朝日啤酒",
        "²²²²²²²²²²²²²",
        "\ud800",
        "6901234567892\u00a0",
    ],
)
def test_ascii_first(text: str) -> None:
    """Trap 6: the field parser accepts digits of any script."""
    for aim in (None, "]E0", "]C1", "]Q1"):
        result = scan(text, aim)
        assert isinstance(result, Unknown)
        assert result.reason is UnknownReason.NOT_ASCII
        assert lookup_keys(result) == ()


def test_the_field_parser_would_accept_full_width_digits() -> None:
    assert BiipGtin.parse("６９０１２３４５６７８９２").check_digit == 2


@pytest.mark.parametrize("scan_bytes", [b"\xff\xfe", "６９０".encode("gb18030"), b"690\x80"])
def test_bytes_beyond_ascii_are_a_reason(scan_bytes: bytes) -> None:
    result = scan(scan_bytes)

    assert isinstance(result, Unknown)
    assert result.reason is UnknownReason.NOT_ASCII


@pytest.mark.parametrize("text", ["", " ", "\r\n", "]E0", b"", b"]E0"])
def test_nothing_is_empty(text: str | bytes) -> None:
    assert scan(text) == Unknown(UnknownReason.EMPTY, "")


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("690\x001234", "690␀1234"),
        ("\x1b[2J690", "␛[2J690"),
        ("[)>\x1e06\x1d1P", "[)>␞06␝1P"),
        ("a\x7fb", "a\ufffdb"),
    ],
)
def test_control_characters_are_a_reason_and_are_shown_as_pictures(text: str, shown: str) -> None:
    for aim in (None, "]d2"):
        assert scan(text, aim) == Unknown(UnknownReason.CONTROL_CHARACTER, shown)


@pytest.mark.parametrize("kind", [str, bytes])
def test_length_is_bounded(kind: type) -> None:
    def of(length: int) -> str | bytes:
        return "7" * length if kind is str else b"7" * length

    at_limit = scan(of(MAX_SCAN_LENGTH))
    beyond = scan(of(MAX_SCAN_LENGTH + 1))

    assert isinstance(at_limit, Unknown)
    assert isinstance(beyond, Unknown)
    assert at_limit.reason is UnknownReason.NOT_A_STANDARD_CODE
    assert beyond.reason is UnknownReason.TOO_LONG
    assert len(at_limit.text) == 121
    assert len(beyond.text) == 120
    assert lookup_keys(at_limit) == lookup_keys(beyond) == ()


aims = st.one_of(
    st.none(),
    st.text(max_size=4),
    st.sampled_from(
        [
            f"]{c}"
            for c in (
                "E0",
                "E1",
                "E2",
                "E3",
                "E4",
                "C0",
                "C1",
                "I0",
                "I1",
                "e0",
                "d1",
                "d2",
                "Q1",
                "Q3",
                "J1",
                "A0",
                "X0",
                "Z0",
            )
        ]
    ),
)
layout_lists = st.lists(
    st.sampled_from(
        [
            LABEL_18,
            WeighedLayout("13", "21IIIIIWWWWWC"),
            WeighedLayout("lenient", "20IIIIIPPPPPC", check=False),
            WeighedLayout("odd", "1IXXXP", check=False),
        ]
    )
)
gs1_like = st.text("0123456789\x1d]AC()/%?&=.:", max_size=60).map(lambda rest: f"01{rest}")
links = st.text("0123456789/%?&=#.:[]@ABF", max_size=80).map(lambda rest: f"https://{rest}")
anything = st.one_of(
    st.text(),
    st.text("0123456789", max_size=40),
    st.text(st.characters(codec="ascii"), max_size=60),
    gs1_like,
    links,
    links.map(lambda uri: f"{uri}/01/06901234567892"),
    st.binary(),
    st.text("0123456789", max_size=40).map(lambda digits: digits.encode("ascii")),
)


@settings(max_examples=500)
@given(
    anything,
    aims,
    layout_lists,
    st.sampled_from(ScanContext),
    st.none() | st.integers(),
    st.booleans(),
)
@example("\ud800", "]\ud800", [], ScanContext.SALE, None, False)
@example(b"]Q1https://[/01/06901234567892", None, [], ScanContext.SALE, 0, True)
def test_no_input_raises_and_every_value_keeps_its_promises(
    text: str | bytes,
    aim: str | None,
    layouts: list[WeighedLayout],
    context: ScanContext,
    today_year: int | None,
    upc_e: bool,
) -> None:
    result = classify(
        text,
        symbology_id=aim,
        layouts=layouts,
        context=context,
        today_year=today_year,
        upc_e=upc_e,
    )

    hash(result)
    keys = lookup_keys(result)
    assert all(key and key.isascii() for key in keys)
    assert len(set(keys)) == len(keys)
    match result:
        case Gtin(gtin14=gtin14):
            assert len(gtin14) == 14
            assert check_digit(gtin14[:13]) == int(gtin14[13])
        case Gs1Message(gtin14=str(gtin14)):
            assert check_digit(gtin14[:13]) == int(gtin14[13])
        case PaymentCode():
            assert context is ScanContext.PAYMENT
        case Unknown(text=shown):
            assert shown.isprintable()
            assert len(shown) <= 121
            assert shown == mask_payment_codes(shown)
        case _:
            pass


# ------------------------------------------------------------------------------------------ speed


def test_a_plain_ean_13_costs_microseconds() -> None:
    """Far above what it costs (2 µs), so that a busy machine does not fail it; a parse is 111 µs."""
    layouts = (LABEL_18, WeighedLayout("13", "21IIIIIWWWWWC"))

    def one() -> Classified:
        return classify(
            "6901234567892", symbology_id="]E0", layouts=layouts, context=ScanContext.SALE
        )

    best_s = min(timeit.repeat(one, number=1000, repeat=20)) / 1000

    assert best_s < 20e-6


@given(st.text("0123456789", min_size=13, max_size=13), st.sampled_from([None, "]E0", "]X0"]))
@example("6901234567892", None)
def test_thirteen_digits_are_the_same_as_text_and_as_bytes(digits: str, aim: str | None) -> None:
    label = WeighedLayout("13", "21IIIIIWWWWWC")

    assert scan(digits.encode(), aim, label) == scan(digits, aim, label)
