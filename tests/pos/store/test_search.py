"""What is typed finds what a scan of the whole list would find, twenty at most, best first."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.store import search
from pos.store.reference import ReferenceReader
from pos.store.reference_values import Changes
from tests.pos.store.rows import BarcodeRow, ItemRow, PriceRow, open_writer
from tests.support.big_catalogue import base_names, mnemonic_of

DAY = "2026-05-01"
HAN = re.compile(
    r"[\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U000323af]"
)


def fill(home, items, codes=()):
    with open_writer(home) as writer:
        writer.apply_version(
            1,
            Changes(
                items=items,
                barcodes=list(codes),
                prices=[PriceRow(i.item_code, "2026-01-01", 10_000) for i in items],
            ),
        )
    return ReferenceReader(home)


def names(reader, text, limit=20):
    return [hit.item.name for hit in reader.search(text, DAY, limit)]


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    items = [
        ItemRow("1001", "康师傅红烧牛肉面", spec="105g*5", mnemonic="ksfhsnrm"),
        ItemRow("1002", "牛奶", name_en="Fresh Milk", spec="250ml", mnemonic="nn"),
        ItemRow("1003", "可口可乐", name_en="Coca-Cola", spec="330ml", mnemonic="kkkl"),
        ItemRow("1004", "百事可乐", name_en="Pepsi Cola", spec="500ml", mnemonic="bskl"),
        ItemRow("1005", "肉松牛角包", mnemonic="rsnjb"),
        ItemRow("AB-12", "充电线", name_en="USB-C Cable", model="X200"),
    ]
    codes = [
        BarcodeRow("06901234567892", "1003"),
        BarcodeRow("16901234567899", "1003", 24_000),
        BarcodeRow("00012345678905", "1004"),
        BarcodeRow("00000096385074", "1002"),
    ]
    reader = fill(tmp_path_factory.mktemp("shop"), items, codes)
    yield reader
    reader.close()


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("牛肉", ["康师傅红烧牛肉面"]),  # 肉…牛 of 肉松牛角包 is no 牛肉
        ("红烧", ["康师傅红烧牛肉面"]),
        ("红烧牛肉", ["康师傅红烧牛肉面"]),
        ("可乐", ["可口可乐", "百事可乐"]),
        ("牛", ["康师傅红烧牛肉面", "牛奶", "肉松牛角包"]),
        ("hsnr", ["康师傅红烧牛肉面"]),
        ("kl", ["可口可乐", "百事可乐"]),
        ("KKK", ["可口可乐"]),
        ("ｋｋｋ", ["可口可乐"]),
        ("mil", ["牛奶"]),
        ("cola pep", ["百事可乐"]),
        ("可乐 330", ["可口可乐"]),
        ("可乐500", ["百事可乐"]),
        ("x2", ["充电线"]),
        ("ab", ["充电线"]),
        ("AB-12", ["充电线"]),
        ("6901234567892", ["可口可乐"]),
        ("690123", ["可口可乐"]),
        ("012345678905", ["百事可乐"]),
        ("9638", ["牛奶"]),
        ("7892", ["可口可乐"]),
        ("78905", ["百事可乐"]),
        ("鱼", []),
        ("牛鱼", []),
        ("", []),
        ("   ", []),
        ("。！", []),
    ],
)
def test_typed_text_finds_the_right_rows(shop, typed, expected):
    assert names(shop, typed) == expected


def test_a_code_found_says_what_it_stands_for(shop):
    hit = shop.search("16901234567899", DAY)[0]

    assert (hit.item.name, hit.quantity_milli, hit.barcode) == (
        "可口可乐",
        24_000,
        "16901234567899",
    )


@pytest.mark.parametrize(
    "typed",
    [
        '"',
        "''",
        "牛肉 OR 可乐",
        "NOT 牛",
        "name:牛",
        "* ",
        "^牛",
        "NEAR(牛 肉)",
        "(",
        "'; DROP TABLE item; --",
        "%",
        "_",
        "\0牛肉\0",
        "\ud800",
        "a" * 10_000,
        "牛" * 10_000,
        "-牛",
        "{x}",
        "\u202e牛肉",
    ],
)
def test_nothing_typed_is_a_query_language(shop, typed):
    found = names(shop, typed)

    assert len(found) <= 20
    assert shop.item_count() == 6
    if typed == "牛肉 OR 可乐":
        assert found == []  # three words that must all match


def test_what_sells_comes_first_and_a_limit_is_kept(tmp_path):
    reader = fill(tmp_path, [ItemRow(f"{n:04d}", f"可乐{n}号", mnemonic="kl") for n in range(300)])
    with open_writer(tmp_path) as writer:
        assert writer.set_popularity({"0290": 500, "0100": 3, "0200": 40, "9999": 7}) == 3

        assert names(reader, "可乐", 5) == [
            "可乐290号",
            "可乐200号",
            "可乐100号",
            "可乐0号",
            "可乐1号",
        ]
        assert names(reader, "kl", 2) == ["可乐290号", "可乐200号"]
        assert len(names(reader, "可乐")) == 20
        assert writer.set_popularity({"0100": 3, "0200": 41}) == 1
        assert names(reader, "可乐", 3) == ["可乐200号", "可乐100号", "可乐0号"]
        writer.apply_version(2, Changes(items=[ItemRow("0200", "可乐改名", mnemonic="klgm")]))
        assert names(reader, "可乐", 2) == ["可乐改名", "可乐100号"]
        writer.rebuild_search()
        assert names(reader, "可乐", 2) == ["可乐改名", "可乐100号"]
    reader.close()


def test_what_sells_here_comes_before_what_the_catalogue_ranks(tmp_path):
    reader = fill(tmp_path, [ItemRow(f"{i:04d}", f"可乐{i}", mnemonic="kl") for i in range(60)])
    ranked = [hit.item.item_code for hit in reader.search("可乐", DAY, 5)]
    sixth, seventh = [hit.item.item_code for hit in reader.search("可乐", DAY, 7)][5:]
    here = {seventh: 9, sixth: 3}

    assert [hit.item.item_code for hit in reader.search("可乐", DAY, 5, here)] == [
        seventh,
        sixth,
        *ranked[:3],
    ]
    assert [hit.item.item_code for hit in reader.search("kl", DAY, 5, {ranked[4]: 1})] == [
        ranked[4],
        *ranked[:4],
    ]
    reader.close()


def test_no_kind_of_match_crowds_the_others_out(tmp_path):
    items = [ItemRow(f"1234{n:03d}", f"货{n}") for n in range(100)] + [
        ItemRow("x", "尾号"),
        ItemRow("y", "头号"),
        ItemRow("z", "1234型"),
    ]
    reader = fill(
        tmp_path, items, [BarcodeRow("06900000001234", "x"), BarcodeRow("01234000000001", "y")]
    )

    found = names(reader, "1234")

    assert len(found) == 20
    assert {"尾号", "头号", "1234型"} < set(found)
    reader.close()


# ------------------------------------------------------------------- against a scan of everything


def fold(text):
    return unicodedata.normalize("NFKC", text).casefold()


def runs(text):
    """(is_han, run) of folded text, written another way than the index does."""
    found, current = [], ""
    for c in [*fold(text), " "]:
        kind = bool(HAN.match(c)) if c.isalnum() or HAN.match(c) else None
        if current and (kind is None or kind != bool(HAN.match(current[0]))):
            found.append((bool(HAN.match(current[0])), current))
            current = ""
        if kind is not None:
            current += c
    return found


def matches_text(item, typed):
    texts = [item.name, item.name_en, item.spec, item.model]
    words = [run for text in texts for han, run in runs(text) if not han]
    mnemonic = "".join(c for c in fold(item.mnemonic) if c.isalnum())[:32]
    asked = runs(typed[:64].strip())[:8]
    for han, run in asked:
        if han and not any(run in fold(text) for text in texts):
            return False
        if not han and not (any(word.startswith(run) for word in words) or run in mnemonic):
            return False
    return bool(asked)


def matches_code(item, codes, typed):
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z\-_./+]*", typed, re.ASCII):
        return False
    if any(item.item_code.startswith(form) for form in (typed, typed.upper(), typed.lower())):
        return True
    own = [code.code for code in codes if code.item_code == item.item_code]
    if typed.isdigit():
        if 4 <= len(typed) <= 8 and any(code.endswith(typed) for code in own):
            return True
        if typed.zfill(14) in own:
            return True
        return any(
            code.startswith(zeros + typed) for zeros in ("0", "", "00", "000000") for code in own
        )
    return any(code.startswith(typed) for code in own)


REAL = base_names()[:900]
ALPHABET = "牛肉红烧面可乐奶ab12 C-　ｂ"
texts = st.text(st.sampled_from(ALPHABET), max_size=8)
item_lists = st.lists(
    st.tuples(
        st.one_of(st.sampled_from(REAL), texts.filter(str.strip)),
        texts,
        st.text("abkln ", max_size=6),
    ),
    min_size=1,
    max_size=25,
)
typed_texts = st.one_of(
    texts, st.text("0123456789", max_size=14), st.text(max_size=6), st.text("abkln ", max_size=4)
)


@settings(max_examples=40, deadline=None)
@given(rows=item_lists, typed=st.lists(typed_texts, min_size=1, max_size=20), data=st.data())
def test_search_equals_a_scan_of_the_whole_list(tmp_path_factory, rows, typed, data):
    items = [
        ItemRow(f"{n * 37:03d}a", name, spec=spec, mnemonic=mnemonic)
        for n, (name, spec, mnemonic) in enumerate(rows)
    ]
    numbers = st.one_of(st.integers(0, 10**13 - 1), st.integers(0, 99_999))
    codes = [
        BarcodeRow(f"{number:014d}", items[index % len(items)].item_code)
        for index, number in enumerate(data.draw(st.lists(numbers, unique=True, max_size=30)))
    ]
    reader = fill(tmp_path_factory.mktemp("search"), items, codes)
    pieces = [
        name[start : start + width]
        for name, _, _ in rows
        for start in (0, 1, 3)
        for width in (1, 2, 3)
    ][:40]
    tails = [code.code[-5:] for code in codes[:5]] + [
        code.code.lstrip("0")[:4] for code in codes[:5]
    ]
    for text in [*typed, *pieces, *tails]:
        expected = {
            item.item_code
            for item in items
            if matches_text(item, text) or matches_code(item, codes, text.strip())
        }

        actual = [hit.item.item_code for hit in reader.search(text, DAY, limit=200)]

        assert len(actual) == len(set(actual))
        assert set(actual) == expected, text
        few = [hit.item.item_code for hit in reader.search(text, DAY, limit=3)]
        assert len(few) == min(3, len(expected))
        assert set(few) <= expected
    reader.close()


def test_words_of_real_names_find_their_items(tmp_path):
    items = [ItemRow(f"{n:05d}", name, mnemonic=mnemonic_of(name)) for n, name in enumerate(REAL)]
    reader = fill(tmp_path, items)
    for item in items[::7]:
        for word in item.name.split()[:2]:
            if runs(word):
                assert item.item_code in [
                    hit.item.item_code for hit in reader.search(word, DAY, limit=1000)
                ], word
    reader.close()


def test_documents_keep_their_item_in_the_low_bits_however_they_are_ranked():
    for popularity in (0, 1, 2, 1000, 10**9):
        rowid = search.document_id(1_234_567, popularity)

        assert rowid & search.ID_MASK == 1_234_567
        assert (rowid < 0) == (popularity > 0)
