"""Keys of a terminal: which are a scanner's and which a person's."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.scanner.wedge import KeyFate, WedgeReader
from pos.domain.barcode import has_valid_check_digit

EAN, EAN8 = "6901234567892", "12345670"


def reader(prefix="", check_digit=True):
    return WedgeReader(prefix=prefix, check_digit=check_digit, is_code=has_valid_check_digit)


def typed(one, text, at=0.0, step=0.005, end="enter"):
    """Type a text and its end; the fates and the codes."""
    found = []
    for character in text:
        found.append(one.key(character, character, at))
        at += step
    if end:
        found.append(one.key(end, None, at))
    return found


def codes(found):
    return [one.code for one in found if one.fate is KeyFate.SCANNED]


@pytest.mark.parametrize(
    "code", [EAN, EAN8, "036000291452", "16901234567899", "260030100350004181"]
)
def test_digits_with_a_right_check_digit_typed_at_once_are_a_scan(code):
    found = typed(reader(), code)

    assert codes(found) == [code.encode()]
    assert all(one.fate is KeyFate.TYPED for one in found[:-1])  # no key is ever held back


def test_a_person_is_slower():
    found = typed(reader(), EAN, step=0.06)

    assert codes(found) == []
    assert found[-1].fate is KeyFate.TYPED


def test_gaps_between_keys_mean_nothing():
    one = reader()
    found = []
    at = 0.0
    for number, digit in enumerate(EAN):
        at += 0.3 if number == 6 else 0.0  # the terminal stalled in the middle
        found.append(one.key(digit, digit, at))
    found.append(one.key("enter", "\r", at + 0.01))

    assert codes(found) == [EAN.encode()]


def test_a_wrong_check_digit_is_a_persons_number():
    assert codes(typed(reader(), "6901234567891")) == []


def test_nothing_shorter_is_cut_out_of_a_longer_number():
    one = reader()
    for tail in range(100):
        assert codes(typed(one, f"812345678901234567{tail:02d}")) == []
        assert codes(typed(one, f"69012345678{tail:02d}")) in (
            [],
            [f"69012345678{tail:02d}".encode()],
        )


def test_a_digit_typed_just_before_does_not_spoil_the_code():
    found = typed(reader(), "2" + EAN8)

    assert codes(found) == [EAN8.encode()]
    assert found[-1].since_s == pytest.approx(0.005)


def test_back_to_back_codes_are_two():
    one = reader()

    assert codes(typed(one, EAN) + typed(one, EAN8, at=0.07)) == [EAN.encode(), EAN8.encode()]


def test_the_second_key_of_cr_and_lf_is_swallowed_and_a_later_enter_is_not():
    one = reader()
    typed(one, EAN, at=0.0)

    assert one.key("ctrl+j", "\n", 0.07).fate is KeyFate.SWALLOWED
    assert one.key("enter", "\r", 0.08).fate is KeyFate.TYPED
    typed(one, EAN, at=1.0)
    assert one.key("enter", "\r", 1.5).fate is KeyFate.TYPED


def test_with_a_prefix_every_key_is_the_codes_and_any_text_can_be_one():
    found = typed(reader("~"), "~]d20106901234567892", end="")
    one = reader("ctrl+b")
    assert one.key("ctrl+b", "\x02", 0).fate is KeyFate.SWALLOWED
    one.key("A", "A", 0.01)
    one.key("ctrl+right_square_bracket", "\x1d", 0.02)
    one.key("1", "1", 0.03)

    assert all(key.fate is KeyFate.SWALLOWED for key in found)
    assert one.key("enter", "\r", 0.04).code == b"A\x1d1"


def test_a_prefix_without_an_end_is_given_up_loudly():
    one = reader("~")
    typed(one, "~690", end="")

    assert one.expire(1.0) is None
    assert one.expire(3.5).fate is KeyFate.CUT_OFF
    assert one.key("1", "1", 3.6).fate is KeyFate.TYPED


def test_switched_off_nothing_is_a_scan():
    assert codes(typed(reader(check_digit=False), EAN)) == []


def test_pasted_codes_are_taken_by_the_same_signs():
    one = reader("~")

    assert one.pasted(f"{EAN}\r\n~ABC-1\nhello\n6901234567891\n") == [EAN.encode(), b"ABC-1"]


@given(
    st.lists(
        st.tuples(
            st.sampled_from([*"0123456789~aA", "enter", "ctrl+j", "f8", "tab"]), st.floats(0, 1)
        ),
        max_size=80,
    )
)
@example([("~", 0.0), *[(one, 0.0) for one in EAN], ("ctrl+j", 0.0), ("enter", 0.0)])  # CR LF
@example([("~", 0.0), ("~", 0.0), ("enter", 0.0)])  # a prefix and no code
@example([(one, 1.0) for one in EAN] + [("enter", 0.0)])  # typed by hand, slowly
def test_no_keys_break_the_reader_and_only_codes_come_out(keys):
    one, at = reader("~"), 0.0
    for key, gap in keys:
        at += gap
        wedged = one.key(key, key if len(key) == 1 else None, at)
        if wedged.fate is KeyFate.SCANNED:
            assert wedged.code
            assert wedged.since_s <= at
