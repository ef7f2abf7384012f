"""Goods documents read back: what one kind opened and another closed, by any till of the shop.

A loan is open until it came back, goods sold and kept are open until their customer signed. What
opens and what closes may lie in different files (R30) or be another till's (R14), so every question
asks all of them: `shop_files_of`.
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict

import msgspec

from pos.domain.goods.documents import DocumentKind, GoodsDocument
from pos.domain.journal import Unreadable, decode_entry
from pos.store.errors import N_, CorruptStore
from pos.store.goods_projections import whole_document
from pos.store.journal_files import files_of, shop_files_of


class StoredDocument(msgspec.Struct, frozen=True, kw_only=True):
    """A posted document as the journal has it."""

    entry_id: int
    business_day: str
    operator_id: str
    at_utc_ms: int
    document: GoodsDocument


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a register."""

    entry_id: int
    subject: str
    action: str
    item_code: str
    unit_code: str
    quantity_milli: int
    document_no: str
    person_id: str
    business_day: str
    operator_id: str
    fields: dict[str, str]
    batch: str = ""
    event_utc_ms: int = 0
    at_utc_ms: int = 0
    """When it was written, by that till's clock."""


_FIELDS = msgspec.json.Decoder(dict[str, str])
_DOCUMENT = """
SELECT d.entry_id, d.business_day, d.operator_id, j.bytes
FROM goods_document d JOIN journal_entry j ON j.entry_id = d.entry_id
WHERE d.{column} = ? {more} ORDER BY d.entry_id DESC
"""
_NUMBER_OF = "SELECT document_no FROM goods_document WHERE document_uuid = ?"
_TIMES_POSTED = "SELECT count(*) FROM goods_document WHERE document_uuid = ?"
_NUMBERS_GIVEN = "SELECT count(*) FROM goods_document WHERE document_no >= ? AND document_no < ?"
_LINES = """
SELECT d.document_no, l.line_no, l.quantity_milli FROM goods_document d
JOIN goods_line l ON l.entry_id = d.entry_id WHERE d.document_kind = ?
"""
_CLOSED = """
SELECT d.reference, l.order_line, sum(l.quantity_milli) FROM goods_document d
JOIN goods_line l ON l.entry_id = d.entry_id WHERE d.document_kind = ? AND d.reference <> ''
GROUP BY d.reference, l.order_line
"""
_CLOSED_OF = """
SELECT l.order_line, sum(l.quantity_milli) FROM goods_document d
JOIN goods_line l ON l.entry_id = d.entry_id WHERE d.reference = ? AND d.document_kind = ?
GROUP BY l.order_line
"""
_SUBJECTS_GIVEN = """
SELECT count(*) FROM register_note
WHERE register = ? AND subject >= ? AND subject < ? AND action = ?
"""
_RECEIVED_OF = """
SELECT d.document_no, l.order_line, sum(l.quantity_milli) FROM goods_document d
JOIN goods_line l ON l.entry_id = d.entry_id
WHERE d.reference = ? AND d.document_kind IN ('receipt', 'transfer_in') AND l.order_line > 0
GROUP BY d.document_no, l.order_line
"""
_NOTES = """
SELECT r.entry_id, subject, action, item_code, unit_code, quantity_milli, document_no, person_id,
       r.business_day, operator_id, fields, batch, event_utc_ms, j.at_utc_ms
FROM register_note r JOIN journal_entry j ON j.entry_id = r.entry_id
WHERE register = ? {more} ORDER BY r.entry_id
"""


def by_number(connection: sqlite3.Connection, document_no: str) -> StoredDocument | None:
    """The document of that number, or None."""
    return next(iter(_documents(connection, "document_no", document_no)), None)


def number_of(connection: sqlite3.Connection, document_uuid: str) -> str:
    """Number under which a document was posted, in whichever file; empty when it never was."""
    for file in shop_files_of(connection):
        row = file.execute(_NUMBER_OF, (document_uuid,)).fetchone()
        if row is not None:
            return str(row[0])
    return ""


def times_posted(connection: sqlite3.Connection, document_uuid: str) -> int:
    """Entries that post a document, over all files."""
    return sum(
        file.execute(_TIMES_POSTED, (document_uuid,)).fetchone()[0]
        for file in shop_files_of(connection)
    )


def numbers_given(connection: sqlite3.Connection, stem: str) -> int:
    """Documents of this till whose number begins so.

    A day before whose opening a file was closed has two files. Numbers carry their till's name, so
    no sibling has given one: a writing transaction does not look into what came of them.
    """
    return sum(
        file.execute(_NUMBERS_GIVEN, (stem, stem + ":")).fetchone()[0]
        for file in files_of(connection)
    )


def subjects_given(connection: sqlite3.Connection, register: str, stem: str, action: str) -> int:
    """This till's lines of a register with this action whose subject begins so: for numbers."""
    values = (register, stem, stem + ":", action)
    return sum(
        file.execute(_SUBJECTS_GIVEN, values).fetchone()[0] for file in files_of(connection)
    )


def received_of(connection: sqlite3.Connection, order_id: str) -> list[tuple[str, int, int]]:
    """(document number, order line, thousandths accepted) of what was received of an order."""
    return [
        row
        for file in shop_files_of(connection)
        for row in file.execute(_RECEIVED_OF, (order_id,))
    ]


def by_reference(
    connection: sqlite3.Connection, reference: str, kind: DocumentKind | None = None
) -> list[StoredDocument]:
    """Documents that refer to an order, a sale or another document, newest first."""
    more = "" if kind is None else f"AND d.document_kind = '{kind.value}'"
    return _documents(connection, "reference", reference, more)


def of_kind(
    connection: sqlite3.Connection, kind: DocumentKind, *, since_day: str = ""
) -> list[StoredDocument]:
    """Documents of a kind, newest first; `since_day` leaves out those of earlier days."""
    more = f"AND d.business_day >= '{since_day}'" if since_day.replace("-", "").isdigit() else ""
    return _documents(connection, "document_kind", kind.value, more)


def still_open(
    connection: sqlite3.Connection, opening: DocumentKind, closing: DocumentKind
) -> dict[str, dict[int, int]]:
    """Document number → line number → thousandths not closed yet; closed documents are left out."""
    left: dict[str, dict[int, int]] = defaultdict(dict)
    for file in shop_files_of(connection):
        for number, line_no, quantity_milli in file.execute(_LINES, (opening.value,)):
            left[number][line_no] = left[number].get(line_no, 0) + quantity_milli
    for file in shop_files_of(connection):
        for number, line_no, quantity_milli in file.execute(_CLOSED, (closing.value,)):
            if number in left and line_no in left[number]:
                left[number][line_no] -= quantity_milli
    return {
        number: open_lines
        for number, lines in left.items()
        if (open_lines := {line: milli for line, milli in lines.items() if milli > 0})
    }


def closed_of(
    connection: sqlite3.Connection, document_no: str, closing: DocumentKind
) -> dict[int, int]:
    """Line number → thousandths closed of one document so far."""
    sums: dict[int, int] = defaultdict(int)
    for file in shop_files_of(connection):
        for line_no, quantity_milli in file.execute(_CLOSED_OF, (document_no, closing.value)):
            sums[line_no] += quantity_milli
    return dict(sums)


def notes(
    connection: sqlite3.Connection,
    register: str,
    subject: str = "",
    *,
    since_day: str = "",
    own_only: bool = False,
) -> list[Note]:
    """Lines of a register, oldest first by the clock; of one subject alone where one is named.

    `own_only` leaves out what the shop's other tills wrote.
    """
    values: list[str] = [register]
    more = ""
    if subject:
        more, values = "AND subject = ?", [*values, subject]
    if since_day:
        more, values = f"{more} AND r.business_day >= ?", [*values, since_day]
    own = list(files_of(connection))
    shop = () if own_only else shop_files_of(connection)
    others = [file for file in shop if file not in own]
    sql, rows, latest_ms = _NOTES.format(more=more), [], 0
    for file in reversed(own):  # the live file comes first; older files hold the earlier lines
        for row in file.execute(sql, values):
            latest_ms = max(latest_ms, row[13])  # our lines keep their order if a clock stepped
            rows.append((latest_ms, row))
    rows += [(row[13], row) for file in others for row in file.execute(sql, values)]
    rows.sort(key=lambda timed: timed[0])
    return [
        Note(
            entry_id=row[0],
            subject=row[1],
            action=row[2],
            item_code=row[3],
            unit_code=row[4],
            quantity_milli=row[5],
            document_no=row[6],
            person_id=row[7],
            business_day=row[8],
            operator_id=row[9],
            fields=_FIELDS.decode(row[10]),
            batch=row[11],
            event_utc_ms=row[12],
            at_utc_ms=row[13],
        )
        for _, row in rows
    ]


def _documents(
    connection: sqlite3.Connection, column: str, value: str, more: str = ""
) -> list[StoredDocument]:
    """Newest first."""
    found: list[StoredDocument] = []
    for file in shop_files_of(connection):
        for row in file.execute(_DOCUMENT.format(column=column, more=more), (value,)):
            decoded = decode_entry(row[3])
            if isinstance(decoded, Unreadable):
                raise CorruptStore(
                    N_("A journal entry cannot be read: {reason}."), reason=decoded.reason
                )
            found.append(
                StoredDocument(
                    entry_id=row[0],
                    business_day=row[1],
                    operator_id=row[2],
                    at_utc_ms=decoded.envelope.at_utc_ms,
                    document=whole_document(file, decoded.body),
                )
            )
    return sorted(found, key=lambda one: (-one.at_utc_ms, -one.entry_id))
