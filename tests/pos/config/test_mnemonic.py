"""助记码: pinyin initials, brands read as the street reads them, and two-way readings."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.config.mnemonic import MAX_ALTERNATIVES, alternatives, mnemonic, shipped_pinyin


@pytest.mark.parametrize(
    ("name", "initials"),
    [
        ("长江", "cj"),
        ("重庆", "cq"),
        ("朝日", "cr"),
        ("曾记", "zj"),
        ("朝日啤酒500ml", "crpj500ml"),
        ("重庆曾记豆干", "cqzjdg"),
        ("长寿面", "csm"),
        ("绿茶", "lc"),
        ("ＡＤ钙奶 220ｇ", "adgn220g"),
        ("可口·可乐(大)", "kkkld"),
        ("Ünal 巧克力", "unalqkl"),
        ("𠮷野家", "yj"),
        ("——", ""),
        ("", ""),
    ],
)
def test_names_become_their_initials(name, initials):
    assert mnemonic(name) == initials


def test_overrides_of_ones_own_take_the_longest_word_first():
    assert mnemonic("长城长", {"长": "z", "长城": "gw"}) == "gwz"
    assert mnemonic("朝日", {}) == "zr"  # what the dictionary says without the shipped file


def test_two_way_readings_are_offered_beside_the_mnemonic():
    assert alternatives("长江") == ("zj",)
    assert alternatives("长江 重庆") == ("cjzq", "zjcq", "zjzq")
    assert alternatives("朝日") == ()  # an override settles it
    assert alternatives("牛奶") == ()


def test_alternatives_stay_few_for_a_name_full_of_two_way_readings():
    assert len(alternatives("长重朝曾行乐单盛")) == MAX_ALTERNATIVES


@given(st.text(max_size=30))
def test_any_text_gives_ascii_letters_and_digits_and_alternatives_of_the_same_length(name):
    initials = mnemonic(name)

    assert initials == "" or (initials.isascii() and initials.isalnum())
    assert initials == initials.lower()
    assert all(len(other) == len(initials) != 0 for other in alternatives(name))
    assert initials not in alternatives(name)


def test_the_shipped_exceptions_are_well_formed():
    pinyin = shipped_pinyin()

    assert all(initials.isascii() and initials.isalnum() for initials in pinyin.overrides.values())
    assert all(len(character) == 1 for character in pinyin.heteronyms)
    # A single reading is no heteronym; it only hides a mistake in the file.
    assert [c for c, letters in pinyin.heteronyms.items() if len(set(letters)) < 2] == []
    # An override that says what the dictionary says anyway is dead weight.
    assert [
        word for word, letters in pinyin.overrides.items() if mnemonic(word, {}) == letters
    ] == []


def test_pypinyin_is_loaded_only_by_the_first_name():
    code = "import sys, pos.config.mnemonic; print('pypinyin' in sys.modules)"

    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert out.stdout.strip() == "False"
