"""GTINs: check digits, UPC-E, restricted ranges, add-ons, AIM identifiers of the EAN family."""

from __future__ import annotations

import pytest
from biip.gtin import Gtin as BiipGtin
from biip.upc import Upc
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.barcode import (
    Classified,
    Gtin,
    GtinFormat,
    InStoreCode,
    ScanContext,
    Unknown,
    UnknownReason,
    check_digit,
    classify,
    expand_upc_e,
    has_valid_check_digit,
    is_valid_gtin,
    lookup_keys,
    normalise_gtin14,
)

digits = st.text("0123456789", min_size=1, max_size=30)


def scan(text: str | bytes, aim: str | None = None, *, upc_e: bool = False) -> Classified:
    return classify(text, symbology_id=aim, layouts=(), context=ScanContext.SALE, upc_e=upc_e)


# ------------------------------------------------------------------------------- check digits


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("690123456789", 2),
        ("6901234", 1),
        ("01234567890", 5),
        ("1690123456789", 9),
        # The 18-digit weighed label: the right-most data digit weighs 3. Weighted from the left
        # the answer would be 7.
        ("26003010035000418", 1),
        # Labels found in shops with other digits printed.
        ("210030100350", 7),
        ("200000102310", 5),
        ("200000303500", 7),
        ("", 0),
    ],
)
def test_check_digit_weighs_the_rightmost_digit_three(body: str, expected: int) -> None:
    if body:
        assert check_digit(body) == expected
    else:
        with pytest.raises(ValueError, match="expected ASCII digits"):
            check_digit(body)


def test_left_weighting_would_give_seven_for_the_eighteen_digit_label() -> None:
    body = "26003010035000418"
    left = sum((3 if i % 2 else 1) * int(c) for i, c in enumerate(body))

    assert -left % 10 == 7
    assert check_digit(body) == 1


@pytest.mark.parametrize("body", ["12a", "１２３", "٣٣", " 12", "²"])
def test_check_digit_of_anything_but_ascii_digits_is_an_error_of_the_caller(body: str) -> None:
    with pytest.raises(ValueError, match="expected ASCII digits"):
        check_digit(body)


@given(digits)
def test_a_body_with_its_check_digit_is_valid_and_with_any_other_is_not(body: str) -> None:
    right = check_digit(body)

    for digit in range(10):
        assert has_valid_check_digit(f"{body}{digit}") is (digit == right)


@pytest.mark.parametrize("code", ["", "0", "x5", "６９０１２３４５６７８９２"])
def test_what_is_not_ascii_digits_has_no_valid_check_digit(code: str) -> None:
    assert not has_valid_check_digit(code)
    assert not is_valid_gtin(code)


@given(digits)
def test_one_misread_digit_is_always_found(body: str) -> None:
    code = f"{body}{check_digit(body)}"

    for i, c in enumerate(code):
        wrong = str((int(c) + 1) % 10)
        assert not has_valid_check_digit(code[:i] + wrong + code[i + 1 :])


# ---------------------------------------------------------------------------------- the family


@pytest.mark.parametrize(
    ("text", "aim", "expected"),
    [
        ("6901234567892", None, Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("6901234567892", "]E0", Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("6901234567892", "E0", Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("]E06901234567892", None, Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("]E06901234567892", "]E0", Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("6901234567892", "]X0", Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("6901234567892", "]C0", Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("6901234567892", "]Q1", Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("6901234567892", "]d1", Gtin("06901234567892", "6901234567892", GtinFormat.EAN_13)),
        ("0012345678905", "]E0", Gtin("00012345678905", "0012345678905", GtinFormat.EAN_13)),
        ("012345678905", None, Gtin("00012345678905", "012345678905", GtinFormat.UPC_A)),
        ("69012341", "]E4", Gtin("00000069012341", "69012341", GtinFormat.EAN_8)),
        ("69012341", None, Gtin("00000069012341", "69012341", GtinFormat.EAN_8)),
        ("16901234567899", "]I1", Gtin("16901234567899", "16901234567899", GtinFormat.ITF_14)),
        ("16901234567899", None, Gtin("16901234567899", "16901234567899", GtinFormat.ITF_14)),
        ("9787544270878", "]E0", Gtin("09787544270878", "9787544270878", GtinFormat.EAN_13)),
        ("9770793914006", None, Gtin("09770793914006", "9770793914006", GtinFormat.EAN_13)),
        ("9820233546202", None, Gtin("09820233546202", "9820233546202", GtinFormat.EAN_13)),
    ],
)
def test_a_valid_code_of_the_family_is_a_gtin(text: str, aim: str | None, expected: Gtin) -> None:
    assert scan(text, aim) == expected
    assert scan(text.encode("ascii"), aim) == expected


def test_a_code_with_the_frame_still_on_it_is_read() -> None:
    assert scan(" 6901234567892\r\n") == scan("6901234567892")


@pytest.mark.parametrize(
    "text", ["6901234567893", "69012345", "012345678906", "16901234567890", "51000009"]
)
def test_a_wrong_check_digit_is_an_unknown_that_may_still_be_looked_up(text: str) -> None:
    result = scan(text)

    assert result == Unknown(UnknownReason.BAD_CHECK_DIGIT, text, text)
    assert lookup_keys(result) == (text,)


@pytest.mark.parametrize("aim", ["]I0", "]I1"])
@pytest.mark.parametrize("text", ["69012341", "012345678905"])
def test_a_short_read_of_interleaved_two_of_five_is_never_a_gtin(text: str, aim: str) -> None:
    assert scan(text, aim) == Unknown(UnknownReason.NOT_A_STANDARD_CODE, text, text)


def test_a_case_code_keeps_its_indicator_in_its_keys() -> None:
    result = scan("16901234567899", "]I1")

    assert lookup_keys(result) == ("16901234567899",)


@pytest.mark.parametrize(
    "text",
    [
        "2080103518211",  # 20-29
        "2201328569028",
        "2920901808117",
        "0249288714302",  # 02
        "0412345678903",  # 04
        "202564123564",  # UPC-A number system 2
        "400211292537",  # UPC-A number system 4
        "00000116",  # EAN-8, 0
        "20123451",  # EAN-8, 2
        "02080103518211",  # fourteen digits of an EAN-13
    ],
)
def test_a_code_of_the_shops_own_range_is_looked_up_exactly(text: str) -> None:
    assert is_valid_gtin(text)
    result = scan(text)

    assert result == InStoreCode(
        text, text, None, None, None, check_ok=True, gtin14=text.zfill(14)
    )
    expected = (text.zfill(14), text) if len(text) < 14 else (text,)
    assert lookup_keys(result) == expected


def test_a_pack_of_an_own_number_is_a_gtin_of_its_own() -> None:
    assert isinstance(scan("40363245597369"), Gtin)
    assert isinstance(scan("22080103518215"), Gtin)


def test_thirteen_digits_that_only_pad_an_eight_digit_code_share_its_key() -> None:
    padded = scan("0000042242055")

    assert isinstance(padded, Gtin)
    assert padded.gtin14 == "00000042242055" == normalise_gtin14("42242055")


# --------------------------------------------------------------------------------------- UPC-E


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("01234505", "012000003455"),
        ("01234514", "012100003454"),
        ("01234523", "012200003453"),
        ("01234531", "012300000451"),
        ("01234543", "012340000053"),
        ("01234565", "012345000065"),
        ("04252614", "042100005264"),
        ("12345670", "123456000070"),
        ("02345673", "023456000073"),
    ],
)
def test_upc_e_expands_by_its_last_digit(code: str, expected: str) -> None:
    assert expand_upc_e(code) == expected


@pytest.mark.parametrize("code", ["0123456", "21234565", "01234566", "0123456x", "", "０1234565"])
def test_what_is_no_upc_e_does_not_expand(code: str) -> None:
    assert expand_upc_e(code) is None


@given(st.sampled_from("01"), st.text("0123456789", min_size=6, max_size=6))
def test_upc_e_expands_as_the_field_parser_does(system: str, six: str) -> None:
    code = next(
        f"{system}{six}{d}" for d in range(10) if expand_upc_e(f"{system}{six}{d}") is not None
    )

    assert expand_upc_e(code) == Upc.parse(code).as_upc_a()


def test_eight_digits_beginning_with_zero_need_an_identifier_or_the_setting() -> None:
    """`02345673` is valid both ways."""
    own_number = scan("02345673")
    upc_e = Gtin("00023456000073", "02345673", GtinFormat.UPC_E)

    assert isinstance(own_number, InStoreCode)
    assert own_number == scan("02345673", "]E4") == scan("02345673", "]E4", upc_e=True)
    assert scan("02345673", "]E0") == upc_e
    assert scan("02345673", upc_e=True) == upc_e
    assert scan("12345670", upc_e=True) == scan("12345670")
    assert scan("12345670", "]E0") == Gtin("00123456000070", "12345670", GtinFormat.UPC_E)


def test_eight_digits_that_are_only_ean_8_are_that_whatever_the_setting() -> None:
    assert expand_upc_e("00000109") is None
    assert scan("00000109", upc_e=True) == scan("00000109")
    assert scan("69012341", "]E0") == scan("69012341", "]E4")


def test_eight_digits_that_are_only_upc_e_are_not_guessed() -> None:
    assert expand_upc_e("00123415") == "001100002345"
    assert not has_valid_check_digit("00123415")
    assert scan("00123415") == Unknown(UnknownReason.BAD_CHECK_DIGIT, "00123415", "00123415")


# ------------------------------------------------------------------------------------- add-ons


@pytest.mark.parametrize(
    ("text", "aim", "expected"),
    [
        ("977079391400605", "]E3", ("9770793914006", GtinFormat.EAN_13, "05")),
        ("977079391400605", None, ("9770793914006", GtinFormat.EAN_13, "05")),
        ("977079391400601205", None, ("9770793914006", GtinFormat.EAN_13, "01205")),
        ("978754427087851299", "]E3", ("9787544270878", GtinFormat.EAN_13, "51299")),
        ("978754427087851299", None, ("9787544270878", GtinFormat.EAN_13, "51299")),
        ("690123456789212345", "]E3", ("6901234567892", GtinFormat.EAN_13, "12345")),
        ("01234567890512", "]E3", ("012345678905", GtinFormat.UPC_A, "12")),
        ("01234567890512345", "]E3", ("012345678905", GtinFormat.UPC_A, "12345")),
        ("6901234567892", "]E3", ("6901234567892", GtinFormat.EAN_13, None)),
    ],
)
def test_an_add_on_is_split_from_its_code(
    text: str, aim: str | None, expected: tuple[str, GtinFormat, str | None]
) -> None:
    raw, form, add_on = expected

    assert scan(text, aim) == Gtin(raw.zfill(14), raw, form, add_on)


def test_the_issue_of_a_magazine_is_looked_up_before_its_title() -> None:
    assert lookup_keys(scan("977079391400605", "]E3")) == (
        "977079391400605",
        "09770793914006",
        "9770793914006",
    )


def test_an_add_on_beside_a_wrong_code_is_a_wrong_check_digit() -> None:
    result = scan("977079391400705", "]E3")

    assert isinstance(result, Unknown)
    assert result.reason is UnknownReason.BAD_CHECK_DIGIT


@pytest.mark.parametrize("text", ["690123456789205", "978754427087905", "977079391400705"])
def test_fifteen_digits_without_identifier_are_no_guess(text: str) -> None:
    assert scan(text) == Unknown(UnknownReason.NOT_A_STANDARD_CODE, text, text)


@pytest.mark.parametrize(("text", "aim"), [("05", "]E1"), ("51299", "]E2")])
def test_an_add_on_alone_asks_for_another_scan(text: str, aim: str) -> None:
    assert scan(text, aim) == Unknown(UnknownReason.ADD_ON_ALONE, text)


# ------------------------------------------------------------------------------ normalisation


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("6901234567892", "06901234567892"),
        (" 6901234567892 ", "06901234567892"),
        ("012345678905", "00012345678905"),
        ("69012341", "00000069012341"),
        ("16901234567899", "16901234567899"),
        ("2080103518211", "02080103518211"),
        ("6901234567893", None),
        ("690123456789", None),
        ("６９０１２３４５６７８９２", None),
        ("85123A", None),
        ("", None),
    ],
)
def test_item_lists_are_normalised_to_fourteen_digits(code: str, expected: str | None) -> None:
    assert normalise_gtin14(code) == expected


def test_item_lists_hold_upc_e_only_by_setting() -> None:
    assert normalise_gtin14("02345673") == "00000002345673"
    assert normalise_gtin14("02345673", upc_e=True) == "00023456000073"
    assert normalise_gtin14("00000109", upc_e=True) == "00000000000109"


@given(st.sampled_from([7, 11, 12, 13]), st.data())
def test_the_import_and_the_scan_agree_on_the_key(length: int, data: st.DataObject) -> None:
    body = data.draw(st.text("0123456789", min_size=length, max_size=length))
    code = f"{body}{check_digit(body)}"

    key = normalise_gtin14(code)

    assert key is not None
    assert len(key) == 14
    assert key in lookup_keys(scan(code))


@given(st.text("0123456789", min_size=12, max_size=12))
def test_a_gtin_agrees_with_the_field_parser(body: str) -> None:
    code = f"{body}{check_digit(body)}"

    assert normalise_gtin14(code) == BiipGtin.parse(code).as_gtin_14()


def test_an_own_number_made_without_key_is_looked_up_as_it_is() -> None:
    assert lookup_keys(InStoreCode("42", "42", None, None, None, check_ok=True)) == ("42",)
