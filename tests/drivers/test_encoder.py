"""Texts become GBK bytes that a printer can only print."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from drivers.escpos.encoder import cell_width, clean, encode_text, is_rare

CONTROLS = {*range(0x20), 0x7F}
any_text = st.text(st.characters(codec=None), max_size=60)


@given(any_text)
@example("\x1bp\x00\x32\x32\x1dV\x00")  # opens the drawer, cuts
@example("中\x80文\x10\x04\x01")  # real-time request between hanzi
@example("e\u0301\u202e\u200b\ud800\U0010ffff")
@example("𠮷\u2028㐂가\x85")
def test_no_control_byte_comes_from_data(text):
    data = encode_text(text).data

    at = 0
    while at < len(data):
        if data[at] < 0x80:
            assert data[at] not in CONTROLS
            at += 1
        else:
            assert 0x81 <= data[at] <= 0xFE
            assert 0x40 <= data[at + 1] <= 0xFE
            assert data[at + 1] != 0x7F
            at += 2


@given(any_text)
def test_the_width_in_cells_is_the_length_of_the_bytes(text):
    assert cell_width(clean(text)) == len(encode_text(text).data)


@given(any_text)
def test_a_rare_character_that_is_kept_is_as_wide_as_a_hanzi(text):
    kept = clean(text, rare=True)

    assert clean(kept, rare=True) == kept
    assert cell_width(kept) == sum(2 if is_rare(one) else len(one.encode("gbk")) for one in kept)
    assert "\x1b" not in kept


@given(any_text)
def test_cleaning_is_idempotent_and_shows_what_is_printed(text):
    cleaned = clean(text)

    assert clean(cleaned) == cleaned
    assert encode_text(text).data.decode("gbk") == cleaned


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("中文¥1", "中文￥1"),
        ("￥5.50", "￥5.50"),
        ("，。", "，。"),
        ("Ａ１①②〇", "Ａ１①②〇"),
        ("€5 • 10 °C", "EUR5 · 10 °C"),
        ("a\u00a0b\tc", "a b c"),
        ("caf\u00e9", "café"),
        ("cafe\u0301", "café"),
        ("\u202eevil\u200b", "evil"),
        ("\x1bp\x00\x32\x32注入", "p22注入"),
        ("—…“”×", "—…“”×"),
        ("Ångström", "Angstr?m".replace("?", "o")),
    ],
)
def test_texts_of_a_shop(text, printed):
    encoded = encode_text(text)

    assert encoded.data.decode("gbk") == printed
    assert encoded.substitutions == 0


@pytest.mark.parametrize("character", ["𠮷", "😀", "ß", "ไ", "\ue000"])
def test_what_has_no_glyph_is_replaced_and_counted(character):
    encoded = encode_text(f"a{character}b")

    assert encoded.data == b"a?b"
    assert encoded.substitutions == 1


def test_ambiguous_characters_are_two_cells_wide():
    assert [cell_width(one) for one in "①“”…×→A中"] == [2, 2, 2, 2, 2, 2, 1, 2]
