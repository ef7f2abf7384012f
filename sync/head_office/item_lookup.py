"""What somebody at head office typed for an item: its code, a barcode of it, or its 助记码.

A code of a case is not taken: whether its price is meant by the case or by the piece is not said,
so whoever types is told how much it holds and reads the pack. Several items that fit are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import msgspec

from pos.domain.barcode.gtin import normalise_gtin14
from pos.domain.quantity import ONE
from sync.head_office.dialect import Dialect, Row
from sync.protocol import FeedBarcode, FeedItem

MAX_CANDIDATES: Final = 6
MAX_OFFERED: Final = 20
"""Texts of a list for which items that only begin so are looked for; of a longer list the first."""

_LEAST_PREFIX: Final = 2


class Lookup(msgspec.Struct, frozen=True, kw_only=True):
    """What a typed text means."""

    typed: str
    item: FeedItem | None = None
    candidates: tuple[FeedItem, ...] = ()
    """Items that fit as well as each other; none is taken."""

    case_milli: int = 0
    """What is in the case whose code was typed; 0 for any other text."""


def items(dialect: Dialect, codes: Sequence[str], store_id: str = "") -> dict[str, FeedItem]:
    """Items by code as a store sees them, its own row before the common one."""
    rows: list[Row] = []
    for scope in ("", store_id) if store_id else ("",):
        rows += dialect.rows_of_keys(
            "SELECT scope, row_key, row FROM catalogue "
            "WHERE scope = ? AND dataset = 'items' AND row_key IN ?",
            (scope,),
            list(dict.fromkeys(codes)),
        )
    return {str(key): msgspec.json.decode(bytes(row), type=FeedItem) for _, key, row in rows}


def look_up(dialect: Dialect, typed: Iterable[str], store_id: str = "") -> dict[str, Lookup]:
    """What each text means, in as few queries as there are ways to mean something."""
    texts = list(dict.fromkeys(typed))
    by_code = items(dialect, texts, store_id)
    found = {text: Lookup(typed=text, item=by_code[text]) for text in texts if text in by_code}
    rest = [text for text in texts if text not in found]
    codes = _barcodes(dialect, rest, store_id) if rest else {}
    if codes:
        meant = items(dialect, [one.item_code for one in codes.values()], store_id)
        for text, code in codes.items():
            item = meant.get(code.item_code)
            if code.quantity_milli == ONE and item is not None:
                found[text] = Lookup(typed=text, item=item)
            elif item is not None:
                found[text] = Lookup(
                    typed=text, candidates=(item,), case_milli=code.quantity_milli
                )
    rest = [text for text in rest if text not in found]
    if rest:
        found |= _by_mnemonic(dialect, rest, store_id)
    return found


def _barcodes(dialect: Dialect, texts: Sequence[str], store_id: str) -> dict[str, FeedBarcode]:
    typed = {key: text for text in texts if (key := normalise_gtin14(text)) is not None}
    found: dict[str, FeedBarcode] = {}
    for scope in ("", store_id) if store_id else ("",):
        for key, row in dialect.rows_of_keys(
            "SELECT row_key, row FROM catalogue "
            "WHERE scope = ? AND dataset = 'barcodes' AND row_key IN ?",
            (scope,),
            list(typed),
        ):
            found[typed[str(key)]] = msgspec.json.decode(bytes(row), type=FeedBarcode)
    return found


def _by_mnemonic(dialect: Dialect, texts: Sequence[str], store_id: str) -> dict[str, Lookup]:
    """The whole 助记码 or name first, then what begins so; one scan for all texts.

    A pasted list of texts that nobody knows costs no more than reading the catalogue once.
    """
    by_folded: dict[str, list[str]] = {}
    for text in texts:
        by_folded.setdefault(text.casefold(), []).append(text)
    offered = [(text, text.casefold()) for text in texts[:MAX_OFFERED]]
    whole: dict[str, dict[str, FeedItem]] = {text: {} for text in texts}
    begun: dict[str, dict[str, FeedItem]] = {text: {} for text in texts}
    few = [folded.encode() for _, folded in offered] if len(texts) <= MAX_OFFERED else []
    for (row,) in dialect.query(
        "SELECT row FROM catalogue WHERE scope IN ('', ?) AND dataset = 'items' ORDER BY row_key",
        (store_id,),
    ):
        data = bytes(row)
        if few:
            lowered = data.lower()
            if not any(needle in lowered for needle in few):
                continue
        item = msgspec.json.decode(data, type=FeedItem)
        mnemonic, name = item.mnemonic.casefold(), item.name.casefold()
        for key in {mnemonic, name}:
            for text in by_folded.get(key, ()):
                whole[text][item.item_code] = item
        for text, folded in offered:
            begins = mnemonic.startswith(folded) or folded in name
            if begins and folded not in (mnemonic, name) and len(folded) >= _LEAST_PREFIX:
                begun[text][item.item_code] = item
    made: dict[str, Lookup] = {}
    for text in texts:
        same = list(whole[text].values())
        if len(same) == 1:
            made[text] = Lookup(typed=text, item=same[0])
        else:
            # What only begins so is offered, never taken: a list may be longer tomorrow.
            fitting = same or list(begun[text].values())
            made[text] = Lookup(typed=text, candidates=tuple(fitting[:MAX_CANDIDATES]))
    return made
