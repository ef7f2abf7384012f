"""One item's history at head office, and the documents behind it (STK-15, STK-18).

A card's line says what moved, when, by whom, on which till and with which document; the document
itself is read from the entry's own bytes, with its signatures and whether they hold.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from pos.domain.goods.documents import GoodsDocument, Signature
from pos.domain.goods.signing import holds
from sync.head_office import goods_booking, projections, stock_fold
from sync.head_office.dialect import Dialect
from sync.head_office.entries import read_entry
from sync.head_office.quality_notes import SAME_MS

PAGE_LINES: Final = 50
LATE_MS: Final = 3_600_000
"""An entry that took longer to come here says when it came."""

_CARD = {name: at for at, name in enumerate(stock_fold.CARD_COLUMNS)}
_ORDER = ("at_utc_ms", "workstation_no", "epoch_no", "seq", "line_no")


class CardLine(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of an item, the newest first on a page."""

    key: str
    """workstation no./epoch no./sequence of its entry: the address of its document."""

    at_utc_ms: int
    business_day: str
    workstation_id: str
    operator_id: str
    place: str
    batch: str
    unit_code: str
    quantity_milli: int
    reason: str
    unit_cost_e4: int | None
    document_no: str
    document_kind: str
    people: str
    """Who inspected and who checked, of a goods document."""

    on_hand_milli: int | None
    """In the shop after it; None on a page of one batch or unit."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A page of an item's history."""

    lines: list[CardLine]
    before: str = ""
    """Where the next, older page begins; empty at the end."""


class DocumentLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a document, as a page shows it."""

    line_no: int
    item_code: str
    description: str
    quantity_milli: int
    batch: str = ""
    expected_milli: int | None = None
    delivered_milli: int = 0
    received_milli: int = 0
    rejected_milli: int = 0
    unit_cost_e4: int | None = None
    production_day: str = ""
    expiry: str = ""
    unit_codes: tuple[str, ...] = ()
    reason: str = ""
    note: str = ""
    failed_checks: tuple[str, ...] = ()
    """Points of the checklist that were answered with no (RCV-05)."""

    certificate: str = ""
    temperature_tenths: int | None = None
    """On arrival, tenths of a degree Celsius (RCV-16)."""

    amount_minor: int | None = None
    """Of a sale."""


class SignatureShown(msgspec.Struct, frozen=True, kw_only=True):
    """A signature and whether what it signed still reads so."""

    signature: Signature
    holds: bool


class DocumentShown(msgspec.Struct, frozen=True, kw_only=True):
    """A goods document or a transaction, whole."""

    store_id: str
    key: str
    kind: str
    document_no: str
    business_day: str
    at_utc_ms: int
    workstation_id: str
    operator_id: str
    state: str = ""
    problems: tuple[str, ...] = ()
    lines: tuple[DocumentLine, ...] = ()
    document: GoodsDocument | None = None
    signatures: tuple[SignatureShown, ...] = ()
    sha256: str = ""
    """Hash of its journal entry."""

    happened_utc_ms: int = 0
    """When it happened, where that is not when it was entered (QLT-15)."""

    received_utc_ms: int = 0
    """When it came to head office, where that is long after it was entered."""


def card(
    dialect: Dialect,
    store_id: str,
    item_code: str,
    *,
    before: str = "",
    batch: str | None = None,
    unit_code: str = "",
    limit: int = PAGE_LINES,
) -> Card:
    """A page of an item's history, or of one batch or unit of it, the newest line first."""
    after = _position(before)
    with dialect.snapshot():
        tail = sorted(
            (row for row in stock_fold.tail(dialect, store_id, item_code)),
            key=_at,
            reverse=True,
        )
        rows = [
            row
            for row in tail
            if (after is None or _at(row) < after) and _wanted(row, batch, unit_code)
        ]
        # What is not folded may be older than what is: tills send when they can.
        rows += _folded(dialect, store_id, item_code, after, batch, unit_code, limit + 1)
        rows = sorted(rows, key=_at, reverse=True)[: limit + 1]
        shown, more = rows[:limit], len(rows) > limit
        on_hand: int | None = None
        if shown and batch is None and not unit_code:
            on_hand = _on_hand_at(dialect, store_id, item_code, tail, _at(shown[0]))
        lines = []
        for row in shown:
            lines.append(_line(dialect, row, on_hand))
            if on_hand is not None and row[_CARD["place"]] == "":
                on_hand -= int(row[_CARD["quantity_milli"]])
    return Card(lines=lines, before=".".join(map(str, _at(shown[-1]))) if more else "")


def items_of(dialect: Dialect, store_id: str, text: str) -> list[str]:
    """Items that a typed code may mean: an item, one of its barcodes, a unit or a batch."""
    found = [
        str(code)
        for (code,) in dialect.query(
            "SELECT row_key FROM catalogue WHERE scope IN ('', ?) AND dataset = 'items' "
            "AND row_key = ? UNION SELECT item_code FROM stock_balance "
            "WHERE store_id = ? AND item_code = ?",
            (store_id, text, store_id, text),
        )
    ]
    for (row,) in dialect.query(
        "SELECT row FROM catalogue WHERE scope IN ('', ?) AND dataset = 'barcodes' "
        "AND row_key = ?",
        (store_id, text),
    ):
        found.append(str(msgspec.json.decode(bytes(row))["item_code"]))
    for column in ("unit_code", "batch"):
        for table in ("stock_move", "sale_batch"):
            found += [
                str(code)
                for (code,) in dialect.query(
                    f"SELECT DISTINCT item_code FROM {table} WHERE store_id = ? "
                    f"AND {column} = ? AND {column} <> '' LIMIT 20",
                    (store_id, text),
                )
            ]
    return list(dict.fromkeys(found))


def document(dialect: Dialect, store_id: str, key: str) -> DocumentShown:
    """A document by its entry's place, `workstation no./epoch no./sequence`; raises LookupError."""
    numbers = key.split("/")
    if len(numbers) != 3 or not all(n.isascii() and n.isdigit() and len(n) < 16 for n in numbers):
        raise LookupError(f"expected workstation/epoch/sequence, got {key[:60]!r}")
    row = dialect.one(
        "SELECT bytes, hash, kind, received_utc_ms FROM journal WHERE store_id = ? "
        "AND workstation_no = ? AND epoch_no = ? AND seq = ?",
        (store_id, *map(int, numbers)),
    )
    entry = read_entry(bytes(row[0])) if row else "missing"
    if row is None or isinstance(entry, str):
        raise LookupError(f"there is no entry {key} of store {store_id}")
    envelope = entry.envelope
    entered_ms = envelope.at_utc_ms + (envelope.head_office_offset_ms or 0)
    event_ms = _event_ms(entry.body)
    shown = DocumentShown(
        store_id=store_id,
        key=key,
        kind=str(row[2]),
        document_no="",
        business_day=envelope.business_day,
        at_utc_ms=entered_ms,
        happened_utc_ms=event_ms if event_ms and abs(event_ms - entered_ms) > SAME_MS else 0,
        received_utc_ms=int(row[3]) if int(row[3]) - entered_ms > LATE_MS else 0,
        workstation_id=envelope.workstation_id,
        operator_id=envelope.operator_id,
        sha256=bytes(row[1]).hex(),
    )
    if envelope.kind == "goods_document":
        return _goods_document(dialect, store_id, [*map(int, numbers)], shown, entry.body)
    if envelope.kind == "transaction":
        return _transaction(dialect, store_id, [*map(int, numbers)], shown, entry.body)
    raise LookupError(f"entry {key} of store {store_id} is no document")


# ------------------------------------------------------------------------------------ helpers


def _event_ms(body: Any) -> int:
    """When what an entry tells of happened: as a document says, or by the time on a slip."""
    told = int(getattr(body, "event_utc_ms", 0) or 0)
    if told:
        return told
    try:
        at = dt.datetime.fromisoformat(str(getattr(body, "at", "")))
    except ValueError:
        return 0
    return int(at.timestamp() * 1000) if at.tzinfo is not None else 0


def _at(row: Sequence[Any]) -> tuple[int, ...]:
    return tuple(int(row[_CARD[name]]) for name in _ORDER)


def _position(text: str) -> tuple[int, ...] | None:
    parts = text.split(".")
    plain = all(p.isascii() and p.isdigit() and len(p) < 19 for p in parts)
    return tuple(map(int, parts)) if len(parts) == len(_ORDER) and plain else None


def _wanted(row: Sequence[Any], batch: str | None, unit_code: str) -> bool:
    return (batch is None or row[_CARD["batch"]] == batch) and (
        not unit_code or row[_CARD["unit_code"]] == unit_code
    )


def _folded(
    dialect: Dialect,
    store_id: str,
    item_code: str,
    after: tuple[int, ...] | None,
    batch: str | None,
    unit_code: str,
    limit: int,
) -> list[stock_fold.Row]:
    where, values = "store_id = ? AND item_code = ?", [store_id, item_code]
    if after is not None:
        where += f" AND ({', '.join(_ORDER)}) < (?, ?, ?, ?, ?)"
        values += list(after)  # type: ignore[arg-type]
    if batch is not None:
        where, values = f"{where} AND batch = ?", [*values, batch]
    if unit_code:
        where, values = f"{where} AND unit_code = ?", [*values, unit_code]
    order = ", ".join(f"{name} DESC" for name in _ORDER)
    return dialect.query(
        f"SELECT {', '.join(stock_fold.CARD_COLUMNS)} FROM stock_card WHERE {where} "
        f"ORDER BY {order} LIMIT ?",
        (*values, limit),
    )


def _on_hand_at(
    dialect: Dialect,
    store_id: str,
    item_code: str,
    tail: Sequence[stock_fold.Row],
    at: tuple[int, ...],
) -> int:
    """In the shop after the movement at `at`: now, less what came later."""
    row = dialect.one(
        "SELECT COALESCE(SUM(quantity_milli), 0) FROM stock_balance "
        "WHERE store_id = ? AND item_code = ? AND place = ''",
        (store_id, item_code),
    )
    later = dialect.one(
        "SELECT COALESCE(SUM(quantity_milli), 0) FROM stock_card WHERE store_id = ? "
        f"AND item_code = ? AND place = '' AND ({', '.join(_ORDER)}) > (?, ?, ?, ?, ?)",
        (store_id, item_code, *at),
    )
    waiting = sum(
        int(one[_CARD["quantity_milli"]])
        for one in tail
        if one[_CARD["place"]] == "" and _at(one) <= at
    )
    return (int(row[0]) if row else 0) - (int(later[0]) if later else 0) + waiting


def _line(dialect: Dialect, row: stock_fold.Row, on_hand: int | None) -> CardLine:
    at = (row[0], row[3], row[4], row[5])
    where = "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? AND seq = ?"
    found = dialect.one(
        f"SELECT document_no, document_kind, workstation_id, operator_id, inspected_by, checked_by "
        f"FROM goods_document {where}",
        at,
    )
    if found is None:
        sale = dialect.one(
            f"SELECT transaction_no, 'transaction', workstation_id, operator_id FROM sale {where}",
            at,
        )
        found = (*(sale or ("", "", "", "")), "", "")
    cost = row[_CARD["unit_cost_e4"]]
    return CardLine(
        key=f"{row[3]}/{row[4]}/{row[5]}",
        at_utc_ms=int(row[2]),
        business_day=str(row[_CARD["business_day"]]),
        place=str(row[_CARD["place"]]),
        batch=str(row[_CARD["batch"]]),
        unit_code=str(row[_CARD["unit_code"]]),
        quantity_milli=int(row[_CARD["quantity_milli"]]),
        reason=str(row[_CARD["reason"]]),
        unit_cost_e4=None if cost is None else int(cost),
        document_no=str(found[0]),
        document_kind=str(found[1]),
        workstation_id=str(found[2]),
        operator_id=str(found[3]),
        people=" · ".join(str(person) for person in found[4:6] if person),
        on_hand_milli=on_hand,
    )


def _goods_document(
    dialect: Dialect, store_id: str, key: Sequence[int], shown: DocumentShown, body: Any
) -> DocumentShown:
    lines = list(body.lines)
    if body.parts:
        parts = projections.part_lookup(dialect, store_id)(body.parts)
        lines = [
            *(line for uuid in body.parts if uuid in parts for line in parts[uuid].lines),
            *lines,
        ]
    row = dialect.one(
        "SELECT state, problem FROM goods_document WHERE store_id = ? AND workstation_no = ? "
        "AND epoch_no = ? AND seq = ?",
        (store_id, *key),
    )
    read = goods_booking.as_document(body, lines)
    return msgspec.structs.replace(
        shown,
        kind=body.document_kind,
        document_no=body.document_no,
        state=str(row[0]) if row else "",
        problems=tuple(str(row[1]).split()) if row else (),
        document=read,
        lines=tuple(
            DocumentLine(
                line_no=line.line_no,
                item_code=line.item_code,
                description=line.description,
                quantity_milli=line.quantity_milli,
                batch=line.batch,
                expected_milli=line.expected_milli,
                delivered_milli=line.delivered_milli,
                received_milli=line.received_milli,
                rejected_milli=line.rejected_milli,
                unit_cost_e4=line.unit_cost_e4,
                production_day=line.production_day,
                expiry=line.expiry,
                unit_codes=line.unit_codes,
                reason=line.reason,
                note=line.note,
                failed_checks=tuple(line.failed_checks),
                certificate=line.certificate,
                temperature_tenths=line.temperature_tenths,
            )
            for line in lines
        ),
        signatures=tuple(
            SignatureShown(signature=one, holds=holds(read, one)) for one in read.signatures
        )
        if read is not None
        else (),
    )


def _transaction(
    dialect: Dialect, store_id: str, key: Sequence[int], shown: DocumentShown, body: Any
) -> DocumentShown:
    rows = dialect.query(
        "SELECT l.line_no, l.item_code, l.description, l.quantity_milli, l.amount_minor, l.kind, "
        "COALESCE(b.batch, ''), COALESCE(b.unit_code, '') FROM sale_line l "
        "LEFT JOIN sale_batch b ON b.store_id = l.store_id "
        "AND b.workstation_no = l.workstation_no AND b.epoch_no = l.epoch_no "
        "AND b.seq = l.seq AND b.line_no = l.line_no WHERE l.store_id = ? "
        "AND l.workstation_no = ? AND l.epoch_no = ? AND l.seq = ? ORDER BY l.line_no",
        (store_id, *key),
    )
    return msgspec.structs.replace(
        shown,
        document_no=body.transaction_no,
        operator_id=body.operator_id,
        lines=tuple(
            DocumentLine(
                line_no=int(row[0]),
                item_code=str(row[1]),
                description=str(row[2]),
                quantity_milli=int(row[3]),
                amount_minor=int(row[4]),
                reason=str(row[5]),
                batch=str(row[6]),
                unit_codes=(str(row[7]),) if row[7] else (),
            )
            for row in rows
        ),
    )
