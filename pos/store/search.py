"""How typed text finds items among a million: words, their index, and what is asked of it.

Theory. Whatever is typed is cut into words at blanks; every word must match (AND). A word matches
an item when

* its Chinese part (also Japanese and Korean) is a part of the name, of the specification or of the
  model: `牛肉` finds 红烧牛肉面, and one character is enough;
* its other part is the beginning of a word there, or a part of the 助记码: `niu`, `hsnr`, `nrm`.

Both sides are folded alike (NFKC, case), so full-width and half-width forms are one. The index
holds, per item, each Chinese run as overlapping pairs of characters (红烧 烧牛 牛肉 肉面 面), each
other word, and each tail of the 助记码 (hsnrm snrm nrm rm m): every question is then an exact word
or the beginning of one, which FTS5 answers from one list. (Its trigram tokenizer silently finds
nothing for two characters; single characters as words make every question an intersection of the
longest lists.) Pairs do not know their order, so three characters and more are checked against
the item once found.

Results come in the order of the index's rowids, because sorting by rank reads every match: an
item that sells has a *negative* rowid, lower the more it sells (`document_id`), so the first
twenty are the best twenty without looking at the twenty-first.

Digits and codes typed as one word are also looked up as the beginning of an item code or barcode,
and four to eight digits as the end of a barcode. Nothing typed ever reaches FTS5 as syntax: the
words put into the question are letters, digits and characters only, in quotes.
"""

from __future__ import annotations

import re
import sqlite3
import unicodedata
from collections.abc import Iterable, Iterator, Sequence

import msgspec

INDEX_VERSION = 1
"""Changed with the rules of `document_words`; the writer then rebuilds the index."""

_ID_BITS = 40
ID_MASK = (1 << _ID_BITS) - 1
"""`rowid & ID_MASK` of a found document is its item's item_id."""

MAX_TEXT = 64
_MAX_WORDS = 8
_MAX_MNEMONIC = 32
_CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z\-_./+]*", re.ASCII)
# How GTINs of 13, 12, 8 and 14 digits, and other codes, begin once they are kept as fourteen.
_PADDINGS = ("0", "", "00", "000000")

_HAN = (
    r"\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff"
    r"\U00020000-\U000323af"
)
"""Characters written without blanks between words: Han, kana, hangul."""

_RUNS = re.compile(rf"(?P<han>[{_HAN}]+)|(?P<word>[^\W_{_HAN}]+)")


class Question(msgspec.Struct, frozen=True):
    """Typed text, understood."""

    match: str
    """For FTS5; empty when there is no letter, digit or character in it."""

    phrases: tuple[str, ...]
    """Runs of three characters and more, to be checked in the item itself."""

    code: str
    """The text as a code, or empty."""


class CodeHit(msgspec.Struct, frozen=True):
    """An item found by a part of a code."""

    item_code: str
    barcode: str = ""
    quantity_milli: int = 0
    """Of the barcode; 0 when the item code itself was found."""


def fold(text: str) -> str:
    """Text as both sides compare it: compatibility forms and case made one."""
    if text.isascii():
        return text.lower()  # the same, at a third of the cost
    return unicodedata.normalize("NFKC", text).casefold()


def document_id(item_id: int, popularity: int) -> int:
    """Rowid of an item's document: the more it sells, the earlier it comes.

    Popularity counts by its order of magnitude, so that a day's sales move few documents.
    """
    return item_id - (max(popularity, 0).bit_length() << _ID_BITS)


def document_words(*texts: str, mnemonic: str) -> str:
    """The words of an item's document, separated by blanks.

    `texts` are its name, English name, specification and model.
    """
    words: dict[str, None] = {}
    for text in texts:
        if not text:
            continue
        for run in _RUNS.finditer(fold(text)):
            if run["han"] is None:
                words[run[0]] = None
                continue
            han = run[0]
            for start in range(len(han)):
                words[han[start : start + 2]] = None
    code = _mnemonic(mnemonic)
    for start in range(len(code)):
        words[code[start:]] = None
    return " ".join(words)


def ask(text: str) -> Question:
    """Understand typed text; never raises, whatever is in it."""
    text = text[:MAX_TEXT].strip()
    terms: list[str] = []
    phrases: list[str] = []
    for run in list(_RUNS.finditer(fold(text)))[:_MAX_WORDS]:
        piece = run[0]
        if run["han"] is None or len(piece) == 1:
            terms.append(f'"{piece}" *')
        else:
            terms.extend(f'"{piece[i : i + 2]}"' for i in range(len(piece) - 1))
            if len(piece) > 2:
                phrases.append(piece)
    return Question(
        " AND ".join(dict.fromkeys(terms)),
        tuple(phrases),
        text if _CODE.fullmatch(text) else "",
    )


def has_phrases(phrases: Sequence[str], *texts: str) -> bool:
    """Whether every phrase stands in one of the texts."""
    folded = [fold(text) for text in texts if text]
    return all(any(phrase in text for text in folded) for phrase in phrases)


def find_codes(connection: sqlite3.Connection, code: str, limit: int) -> list[list[CodeHit]]:
    """Items by a whole code, an item code's beginning, a barcode's end, a barcode's beginning.

    One list of at most `limit` items each, in this order; the end is four to eight digits.
    """
    digits = code.isdigit()
    lists = [
        _take(_exact(connection, code), limit),
        _take(_item_codes(connection, code), limit),
    ]
    if digits and 4 <= len(code) <= 8:
        rows = _range(connection, _BY_TAIL, code[::-1])
        lists.append(_take((CodeHit(*row) for row in rows), limit))
    beginnings = (
        row
        for padding in (_PADDINGS if digits else ("",))
        for row in _range(connection, _BY_BARCODE, padding + code)
    )
    lists.append(_take((CodeHit(*row) for row in beginnings), limit))
    return lists


def share(lists: Sequence[Sequence[CodeHit]], limit: int) -> list[CodeHit]:
    """Merge lists in their order, each item once; a long list leaves room for the others."""
    room = max(limit // max(sum(1 for hits in lists if hits), 1), 1)
    chosen: dict[str, tuple[int, CodeHit]] = {}
    for width in (room, limit):
        for order, hits in enumerate(lists):
            for hit in hits[:width]:
                if len(chosen) < limit:
                    chosen.setdefault(hit.item_code, (order, hit))
    return [hit for _order, hit in sorted(chosen.values(), key=lambda pair: pair[0])]


_BY_ITEM_CODE = (
    "SELECT item_code FROM item WHERE item_code >= ? AND item_code < ? ORDER BY item_code"
)
_BY_BARCODE = (
    "SELECT item_code, code, quantity_milli FROM barcode"
    " WHERE code >= ? AND code < ? ORDER BY code"
)
_BY_TAIL = (
    "SELECT item_code, code, quantity_milli FROM barcode"
    " WHERE reversed >= ? AND reversed < ? ORDER BY reversed"
)


def _exact(connection: sqlite3.Connection, code: str) -> Iterator[CodeHit]:
    found = connection.execute("SELECT item_code FROM item WHERE item_code = ?", (code,))
    yield from (CodeHit(row[0]) for row in found)
    keys = (code, code.zfill(14)) if code.isdigit() else (code,)
    for key in keys:
        found = connection.execute(
            "SELECT item_code, code, quantity_milli FROM barcode WHERE code = ?", (key,)
        )
        yield from (CodeHit(*row) for row in found)


def _item_codes(connection: sqlite3.Connection, code: str) -> Iterator[CodeHit]:
    for form in dict.fromkeys((code, code.upper(), code.lower())):
        yield from (CodeHit(row[0]) for row in _range(connection, _BY_ITEM_CODE, form))


def _range(
    connection: sqlite3.Connection, sql: str, beginning: str
) -> Iterator[tuple[str, str, int]]:
    """Rows from `beginning` up to what no longer begins with it: an index range, never LIKE."""
    cursor = connection.execute(sql, (beginning, beginning[:-1] + chr(ord(beginning[-1]) + 1)))
    try:
        yield from cursor
    finally:
        cursor.close()  # resets the statement: an unread range would hold a read transaction open


def _take(hits: Iterable[CodeHit], limit: int) -> list[CodeHit]:
    """The first `limit` different items."""
    found: dict[str, CodeHit] = {}
    for hit in hits:
        found.setdefault(hit.item_code, hit)
        if len(found) == limit:
            break
    return list(found.values())


def _mnemonic(mnemonic: str) -> str:
    folded = fold(mnemonic)
    if not folded.isalnum():
        folded = "".join(c for c in folded if c.isalnum())
    return folded[:_MAX_MNEMONIC]
