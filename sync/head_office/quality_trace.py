"""追溯 over all stores: from supplier and receipt over transfers to slips and buyers, and back (QLT-14).

A batch or a serial number is followed through every store's ledger. Slips that name it are certain;
slips of goods sold without a batch stand as perhaps, by the rule of `quality_sold`. Back from a
slip a line leads to its batch, or to those that it may have been.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from pos.domain.barcode import Gs1Message, ReceiptNumber, ScanContext, classify
from sync.head_office import goods_items, quality_buyers, quality_sold, stock_batches, stock_cards
from sync.head_office.dialect import Dialect
from sync.head_office.goods_received import IN_STORES
from sync.head_office.item_lookup import look_up
from sync.head_office.quality_buyers import Bought

MAX_STEPS: Final = 500
_PRINTED: Final = re.compile(r"\((\d{2,4})\)")
MAX_SLIPS: Final = 200
MAX_BATCHES: Final = 60
MAX_PERHAPS: Final = 20
"""Batches, the latest first, that a line without one is held against."""


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """A movement of the goods traced outside of sales, with its paper and its partner."""

    store_id: str
    key: str
    """workstation no./epoch no./sequence: the address of its document."""

    business_day: str
    at_utc_ms: int
    reason: str
    quantity_milli: int
    document_no: str
    partner: str = ""
    """Supplier or other store."""

    partner_paper: str = ""
    people: str = ""
    """Who inspected and who checked."""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that is known of one batch or unit of an item."""

    item_code: str
    name: str
    batch: str
    unit_code: str
    expiry: str
    production_day: str
    came: tuple[Step, ...]
    """Into a shop, the first first."""

    went: tuple[Step, ...]
    """Out of a shop, other than by a sale."""

    slips: tuple[Bought, ...]
    left: tuple[tuple[str, int], ...]
    """(store, what is in the shop of it)."""

    @property
    def suppliers(self) -> tuple[str, ...]:
        """Who delivered it."""
        names = [one.partner for one in self.came if one.reason == "receipt" and one.partner]
        return tuple(dict.fromkeys(names))


class BatchKnown(msgspec.Struct, frozen=True, kw_only=True):
    """A batch of an item, over all stores."""

    batch: str
    expiry: str
    suppliers: str
    first_day: str
    received_milli: int
    stores: int


class SlipLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a slip with the batch that it names, or those that it may have been."""

    line_no: int
    item_code: str
    name: str
    quantity_milli: int
    batch: str = ""
    unit_code: str = ""
    perhaps: tuple[str, ...] = ()


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """A slip that the question began with."""

    store_id: str
    key: str
    transaction_no: str
    business_day: str
    at: str
    operator_id: str
    member: str
    lines: tuple[SlipLine, ...]


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """What a typed code led to."""

    slips: tuple[Slip, ...] = ()
    traces: tuple[Trace, ...] = ()
    items: tuple[tuple[str, str, tuple[BatchKnown, ...]], ...] = ()
    """(item, name, its batches) of codes that mean an item."""


def find(dialect: Dialect, text: str, store_id: str = "") -> Found:
    """Trace what was typed or scanned: a slip's number, a serial number, a batch, an item.

    A pack's GS1 code leads to its batch or serial number, a barcode or 助记码 to its item.
    """
    scanned = classify(
        _as_scanned(text), symbology_id=None, layouts=(), context=ScanContext.RETURN
    )
    if isinstance(scanned, Gs1Message) and scanned.gtin14 and (scanned.batch or scanned.serial):
        item = look_up(dialect, [scanned.gtin14], store_id)[scanned.gtin14].item
        if item is None:
            return Found()
        code, batch, unit = item.item_code, scanned.batch or "", scanned.serial or ""
        # The serial number is the narrower question, where it was ever seen.
        # A till keeps it under the whole code, or bare where the serial alone was read.
        for name in (f"01{scanned.gtin14}21{unit}", unit) if unit else ():
            if code in _items_by(dialect, "unit_code", name, store_id):
                unit, batch = name, ""
                break
        return Found(
            traces=(trace(dialect, code, batch, "" if batch else unit, store_id=store_id),)
        )
    if isinstance(scanned, ReceiptNumber):
        text = scanned.text
    if not text:
        return Found()
    slips = _slips(dialect, text, store_id)
    if slips:
        wanted = dict.fromkeys(
            (line.item_code, line.batch, "" if line.batch else line.unit_code)
            for slip in slips
            for line in slip.lines
            if line.batch or line.unit_code
        )
        traces = [trace(dialect, *key, store_id=store_id) for key in list(wanted)[:10]]
        return Found(slips=tuple(slips), traces=tuple(traces))
    units = _items_by(dialect, "unit_code", text, store_id)
    if units:
        found = [trace(dialect, code, "", text, store_id=store_id) for code in units]
        return Found(traces=tuple(found))
    batches = _items_by(dialect, "batch", text, store_id)
    if batches:
        found = [trace(dialect, code, text, "", store_id=store_id) for code in batches]
        return Found(traces=tuple(found))
    meant = look_up(dialect, [text], store_id)[text]
    codes = dict.fromkeys(
        one.item_code for one in (meant.item, *meant.candidates) if one is not None
    ) or dict.fromkeys(
        code
        for store in _stores(dialect, store_id)
        for code in stock_cards.items_of(dialect, store, text)
    )
    names = goods_items.items(dialect, list(codes), store_id)
    return Found(
        items=tuple(
            (
                code,
                names[code].name if code in names else "",
                tuple(batches_of(dialect, code, store_id)),
            )
            for code in codes
        )
    )


def _as_scanned(text: str) -> str:
    """A GS1 code as it is printed below the bars, `(01)…(10)…`, as a scanner sends it."""
    return _PRINTED.sub("\x1d\\1", text).removeprefix("\x1d")


def trace(
    dialect: Dialect, item_code: str, batch: str, unit_code: str = "", *, store_id: str = ""
) -> Trace:
    """Forward and back from a batch or a serial number of an item, over all stores or in one."""
    column, value = ("batch", batch) if batch else ("unit_code", unit_code)
    steps = _steps(dialect, item_code, column, value, store_id)
    item = goods_items.items(dialect, [item_code], store_id).get(item_code)
    expiry, production_day = _dates(dialect, item_code, batch, store_id)
    stores = _stores(dialect, store_id)
    left = (
        [
            (store, stock_batches.of_item(dialect, store, item_code).get(batch, 0))
            for store in stores
        ]
        if batch
        else []
    )
    return Trace(
        item_code=item_code,
        name=item.name if item else "",
        batch=batch,
        unit_code=unit_code,
        expiry=expiry,
        production_day=production_day,
        came=tuple(one for one in steps if one.quantity_milli > 0),
        went=tuple(one for one in steps if one.quantity_milli < 0),
        slips=tuple(
            quality_buyers.bought(
                dialect,
                item_code,
                (batch,) if batch else (),
                () if batch else (unit_code,),
                store_id=store_id,
                limit=MAX_SLIPS,
            )
        ),
        left=tuple((store, quantity) for store, quantity in left if quantity),
    )


def batches_of(dialect: Dialect, item_code: str, store_id: str = "") -> list[BatchKnown]:
    """Batches of an item that came into a store, the latest first."""
    where, values = _of_stores("m", store_id)
    found: dict[str, list[Any]] = {}
    for batch, store, day, quantity, reason, partner in dialect.query(
        "SELECT m.batch, m.store_id, m.business_day, m.quantity_milli, m.reason, "
        f"COALESCE(d.counterparty_name, '') FROM stock_move m {_DOCUMENT} WHERE {where} "
        "AND m.item_code = ? AND m.batch <> '' AND m.place = '' AND m.quantity_milli > 0 "
        "ORDER BY m.at_utc_ms",
        (*values, item_code),
    ):
        known = found.setdefault(str(batch), [str(day), 0, set(), {}])
        known[1] += int(quantity) if reason == "receipt" else 0
        known[2].add(str(store))
        if reason == "receipt" and partner:
            known[3][str(partner)] = True
    return [
        BatchKnown(
            batch=batch,
            expiry=_dates(dialect, item_code, batch, store_id)[0],
            suppliers=", ".join(known[3]),
            first_day=known[0],
            received_milli=known[1],
            stores=len(known[2]),
        )
        for batch, known in list(found.items())[::-1][:MAX_BATCHES]
    ]


# ------------------------------------------------------------------------------------ slips


def _slips(dialect: Dialect, number: str, store_id: str) -> list[Slip]:
    where, values = _of_stores("s", store_id)
    rows = dialect.query(
        "SELECT s.store_id, s.workstation_no, s.epoch_no, s.seq, s.transaction_no, "
        f"s.business_day, s.at, s.operator_id FROM sale s WHERE {where} AND s.transaction_no = ? "
        "ORDER BY s.at_utc_ms DESC LIMIT 5",
        (*values, number),
    )
    return [
        Slip(
            store_id=str(row[0]),
            key=f"{row[1]}/{row[2]}/{row[3]}",
            transaction_no=str(row[4]),
            business_day=str(row[5]),
            at=str(row[6]),
            operator_id=str(row[7]),
            member=quality_buyers.member(dialect, row[:4]),
            lines=tuple(_slip_lines(dialect, row[:4])),
        )
        for row in rows
    ]


def _slip_lines(dialect: Dialect, key: Sequence[Any]) -> list[SlipLine]:
    rows = dialect.query(
        "SELECT l.line_no, l.item_code, l.description, l.quantity_milli, COALESCE(b.batch, ''), "
        "COALESCE(b.unit_code, ''), l.kind FROM sale_line l LEFT JOIN sale_batch b "
        "ON b.store_id = l.store_id AND b.workstation_no = l.workstation_no "
        "AND b.epoch_no = l.epoch_no AND b.seq = l.seq AND b.line_no = l.line_no "
        "WHERE l.store_id = ? AND l.workstation_no = ? AND l.epoch_no = ? AND l.seq = ? "
        "AND l.item_code <> '' ORDER BY l.line_no",
        tuple(key),
    )
    found: list[SlipLine] = []
    for line_no, code, name, quantity, batch, unit_code, kind in rows:
        unnamed = not batch and not unit_code and kind == "sale"
        found.append(
            SlipLine(
                line_no=int(line_no),
                item_code=str(code),
                name=str(name),
                quantity_milli=int(quantity),
                batch=str(batch),
                unit_code=str(unit_code),
                perhaps=tuple(_perhaps_batches(dialect, key, int(line_no), str(code)))
                if unnamed
                else (),
            )
        )
    return found


def _perhaps_batches(
    dialect: Dialect, key: Sequence[Any], line_no: int, item_code: str
) -> list[str]:
    """Batches that a line which names none may have been of."""
    store_id = str(key[0])
    rows = dialect.query(
        "SELECT batch, MAX(at_utc_ms) FROM stock_move WHERE store_id = ? AND item_code = ? "
        "AND batch <> '' AND place = '' AND quantity_milli > 0 GROUP BY batch "
        "ORDER BY 2 DESC LIMIT ?",
        (store_id, item_code, MAX_PERHAPS),
    )
    place = (*key, line_no)
    return [
        str(batch)
        for batch, _came in rows
        if any(
            one[:5] == place
            for one in quality_sold.sold(dialect, item_code, (str(batch),), store_id=store_id)
            if not one.certain
        )
    ]


# ------------------------------------------------------------------------------------ helpers

_DOCUMENT: Final = (
    "LEFT JOIN goods_document d ON d.store_id = m.store_id "
    "AND d.workstation_no = m.workstation_no AND d.epoch_no = m.epoch_no AND d.seq = m.seq"
)


def _steps(dialect: Dialect, item_code: str, column: str, value: str, store_id: str) -> list[Step]:
    where, values = _of_stores("m", store_id)
    rows = dialect.query(
        "SELECT m.store_id, m.workstation_no, m.epoch_no, m.seq, m.business_day, m.at_utc_ms, "
        "m.reason, SUM(m.quantity_milli), m.document_no, MAX(COALESCE(d.counterparty_name, '')), "
        "MAX(COALESCE(d.counterparty_id, '')), MAX(COALESCE(d.reference_no, '')), "
        "MAX(COALESCE(d.inspected_by, '')), MAX(COALESCE(d.checked_by, '')) "
        f"FROM stock_move m {_DOCUMENT} WHERE {where} AND m.{column} = ? AND m.{column} <> '' "
        "AND m.item_code = ? AND m.place = '' GROUP BY m.store_id, m.workstation_no, m.epoch_no, "
        "m.seq, m.business_day, m.at_utc_ms, m.reason, m.document_no "
        "ORDER BY m.at_utc_ms, m.store_id, m.seq LIMIT ?",
        (*values, value, item_code, MAX_STEPS),
    )
    return [
        Step(
            store_id=str(row[0]),
            key=f"{row[1]}/{row[2]}/{row[3]}",
            business_day=str(row[4]),
            at_utc_ms=int(row[5]),
            reason=str(row[6]),
            quantity_milli=int(row[7]),
            document_no=str(row[8]),
            partner=str(row[9]) or str(row[10]),
            partner_paper=str(row[11]),
            people=" · ".join(one for one in (str(row[12]), str(row[13])) if one),
        )
        for row in rows
    ]


def _dates(dialect: Dialect, item_code: str, batch: str, store_id: str) -> tuple[str, str]:
    """The earliest expiry and production day that documents name for a batch."""
    if not batch:
        return "", ""
    where, values = _of_stores("l", store_id)
    row = dialect.one(
        "SELECT MIN(CASE WHEN l.expiry <> '' THEN l.expiry END), "
        "MIN(CASE WHEN l.production_day <> '' THEN l.production_day END) FROM goods_line l "
        f"WHERE {where} AND l.item_code = ? AND l.batch = ?",
        (*values, item_code, batch),
    )
    return (str(row[0] or ""), str(row[1] or "")) if row else ("", "")


def _items_by(dialect: Dialect, column: str, value: str, store_id: str) -> list[str]:
    """Items of which goods under a batch or serial number ever moved or were sold."""
    where, values = _of_stores("m", store_id)
    found: list[str] = []
    for table in ("stock_move", "sale_batch"):
        found += [
            str(code)
            for (code,) in dialect.query(
                f"SELECT DISTINCT m.item_code FROM {table} m WHERE {where} "
                f"AND m.{column} = ? AND m.{column} <> '' LIMIT 20",
                (*values, value),
            )
        ]
    return list(dict.fromkeys(found))


def _of_stores(table: str, store_id: str) -> tuple[str, tuple[str, ...]]:
    """A condition on the store: one, or every one by name, so that keys are used."""
    if store_id:
        return f"{table}.store_id = ?", (store_id,)
    return f"{table}.store_id {IN_STORES}", ()


def _stores(dialect: Dialect, store_id: str) -> list[str]:
    if store_id:
        return [store_id]
    return [str(row[0]) for row in dialect.query("SELECT store_id FROM store ORDER BY store_id")]
