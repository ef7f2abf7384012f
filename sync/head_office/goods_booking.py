"""Booking goods: documents, what they move, registers and counts, from read entries to rows.

A document that is not validly signed by two people, or whose lines cannot be, is kept as it came
(bytes in `journal`, its header and lines as rows with state `refused`) and moves no stock; sales
audit hears of it and the till's queue goes on (RCV-01..03, R9). A document that two entries post
is booked once, by the first of them in the order of workstation, epoch and sequence, so that a
rebuild decides as ingest did (I3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from pos.domain.goods.count_results import claims_head_office
from pos.domain.goods.documents import GoodsDocument, movements_of_document
from pos.domain.goods.signing import digest, line_problems, signature_problems
from pos.domain.journal import EntryKind
from sync.head_office import count_checks, stock_fold
from sync.head_office.booking_values import Finding
from sync.head_office.dialect import Dialect
from sync.head_office.entries import ReadEntry
from sync.head_office.goods_tables import COLUMNS, DOCUMENT_COLUMNS, DOUBLE, KEY, POSTED, REFUSED

if TYPE_CHECKING:
    from sync.head_office.booking import Booking

Row = tuple[Any, ...]
UNKNOWN_KIND: Final = "unknown_document_kind"
_LABEL = 200
_TEXT = 2_000


class BookedDocument(msgspec.Struct):
    """A document of this batch: its row, and what it moves if it is booked."""

    head: dict[str, Any]
    moves: list[Row]
    workstation_id: str
    sworn: GoodsDocument | None = None
    """The whole document, where it says that head office's people signed it."""

    @property
    def key(self) -> tuple[int, int, int]:
        """Workstation, epoch and sequence: the order in which the first of two counts."""
        return self.head["workstation_no"], self.head["epoch_no"], self.head["seq"]


class GoodsRows:
    """Rows of one batch; nearly always empty, because most batches are sales alone."""

    __slots__ = ("documents", "events", "lines", "notes", "sale_batches", "scans")

    def __init__(self) -> None:
        self.documents: list[BookedDocument] = []
        self.lines: list[Row] = []
        self.notes: list[Row] = []
        self.events: list[Row] = []
        self.scans: list[Row] = []
        self.sale_batches: list[Row] = []

    def add_sale_batch(self, key: Row, line: Any) -> None:
        """A sale's line that names a batch or a unit; `key` is that of its row."""
        labels = (_label(line.item_code), _label(line.batch), _label(line.unit_code))
        self.sale_batches.append((*key, *labels))

    def __bool__(self) -> bool:
        return bool(self.documents or self.notes or self.scans or self.events or self.sale_batches)


# ------------------------------------------------------------------------------------- kinds


def _document(booking: Booking, entry: ReadEntry, seq: int) -> None:
    body = entry.body
    found_before = len(booking.findings)
    lines = body.lines if not body.parts else booking.with_parts(entry, seq)
    incomplete = len(booking.findings) > found_before
    read = as_document(body, lines)
    problems = (UNKNOWN_KIND,) if read is None else _problems(booking, entry, seq, read)
    if incomplete:
        problems = (*problems, "missing_part")
    key = _key(booking, seq)
    renumber = len({line.line_no for line in lines}) != len(lines)
    for code in problems[: len(problems) - incomplete]:
        booking.find(entry, seq, code, f"{body.document_kind[:40]} {body.document_no[:80]}")
    for code in body.review:
        booking.find(entry, seq, code[:60], f"{body.document_kind[:40]} {body.document_no[:80]}")
    signers = [
        " ".join(dict.fromkeys(_person(one) for one in body.signatures if one.slot == slot))
        for slot in (1, 2)
    ]
    head = dict(
        zip(
            DOCUMENT_COLUMNS,
            (
                *key,
                *_by(entry),
                _label(body.document_uuid),
                _label(body.document_kind),
                _label(body.document_no),
                REFUSED if problems else POSTED,
                " ".join(problems)[:_LABEL],
                _label(body.source),
                _label(body.reference),
                _label(body.reference_no),
                _label(body.counterparty_id),
                _label(body.counterparty_name),
                _label(signers[0]),
                _label(signers[1]),
                _label(body.approver_id),
                body.reason[:_TEXT],
                _label(body.due_day),
                " ".join(body.review)[:_TEXT],
                len(lines),
                sum(line.quantity_milli for line in lines),
            ),
            strict=True,
        )
    )
    moves = [] if problems or read is None else _moves(head, read)
    sworn = read if read is not None and claims_head_office(read) else None
    booking.goods.documents.append(
        BookedDocument(head, moves, entry.envelope.workstation_id, sworn)
    )
    booking.goods.lines += [
        (
            *key,
            number if renumber else line.line_no,
            _label(line.item_code),
            line.description[:_TEXT],
            line.spec[:_TEXT],
            line.unit[:_LABEL],
            _label(line.item_class),
            line.quantity_milli,
            line.expected_milli,
            line.delivered_milli,
            line.received_milli,
            line.rejected_milli,
            line.unit_cost_e4,
            _label(line.batch),
            _label(line.sterilisation_batch),
            _label(line.production_day),
            _label(line.expiry),
            " ".join(line.unit_codes),
            _label(line.barcode),
            line.order_line,
            line.reason[:_TEXT],
            line.note[:_TEXT],
        )
        for number, line in enumerate(lines, start=1)
    ]


def _part(booking: Booking, entry: ReadEntry, seq: int) -> None:
    del seq
    booking.keep_part(entry)


def _register(booking: Booking, entry: ReadEntry, seq: int) -> None:
    body = entry.body
    booking.goods.notes.append(
        (
            *_key(booking, seq),
            *_by(entry),
            _label(body.register),
            _label(body.subject),
            _label(body.action),
            _label(body.item_code),
            _label(body.batch),
            _label(body.unit_code),
            body.quantity_milli,
            _label(body.document_no),
            _label(body.person_id),
            body.event_utc_ms,
            msgspec.json.encode(body.fields, order="sorted").decode(),
        )
    )


def _count_event(booking: Booking, entry: ReadEntry, seq: int) -> None:
    body = entry.body
    booking.goods.events.append(
        (
            *_key(booking, seq),
            *_by(entry),
            _label(body.count_id),
            _label(body.action),
            _label(body.count_kind),
            body.pass_no,
            _label(body.area),
            _label(body.counter_id),
            _label(body.order_id),
            _label(body.approver_id),
            msgspec.json.encode(body.item_classes).decode(),
            msgspec.json.encode(body.item_codes).decode(),
            body.note[:_TEXT],
        )
    )


def _count_scans(booking: Booking, entry: ReadEntry, seq: int) -> None:
    body, envelope = entry.body, entry.envelope
    offset_ms = envelope.head_office_offset_ms or 0
    key = _key(booking, seq)
    booking.goods.scans += [
        (
            *key,
            number,
            envelope.business_day,
            _label(body.count_id),
            body.pass_no,
            _label(body.area),
            _label(body.counter_id),
            _label(scan.item_code),
            scan.quantity_milli,
            scan.at_utc_ms + offset_ms,
            scan.after_seq,
            _label(scan.batch),
            _label(scan.unit_code),
            _label(scan.tag),
            scan.description[:_TEXT],
        )
        for number, scan in enumerate(body.scans, start=1)
    ]


KINDS: Final[dict[str, Any]] = {
    EntryKind.GOODS_DOCUMENT: _document,
    EntryKind.GOODS_PART: _part,
    EntryKind.REGISTER_NOTED: _register,
    EntryKind.COUNT_EVENT: _count_event,
    EntryKind.COUNT_SCANS: _count_scans,
}
"""Kind of entry → what books it; part of `booking`."""


# ----------------------------------------------------------------------------------- writing


def write(dialect: Dialect, booking: Booking) -> None:
    """Write a batch's goods; the caller holds the transaction. Reads what earlier batches booked."""
    goods = booking.goods
    for forged in count_checks.settle(dialect, booking.place.store_id, goods.documents):
        _tell(booking, count_checks.FORGED, forged, forged.key, "not what was issued")
    _settle_doubles(dialect, booking)
    documents = goods.documents
    rows: dict[str, list[Row]] = {
        "goods_document": [tuple(one.head.values()) for one in documents],
        "goods_line": goods.lines,
        "stock_move": [
            row for one in documents if one.head["state"] == POSTED for row in one.moves
        ],
        "sale_batch": goods.sale_batches,
        "register_note": goods.notes,
        "count_event": goods.events,
        "count_scan": goods.scans,
    }
    for table, found in rows.items():
        dialect.copy_rows(table, COLUMNS[table], found)
    booking.goods = GoodsRows()
    booking.goods_booked = True


def _settle_doubles(dialect: Dialect, booking: Booking) -> None:
    """Of entries that post the same document, let the first alone move stock."""
    posted = [one for one in booking.goods.documents if one.head["state"] == POSTED]
    if not posted:
        return
    store_id = booking.place.store_id
    # Two workstations may push the same document in the same instant (PostgreSQL).
    stock_fold.lock(dialect, store_id)
    uuids = list({str(one.head["document_uuid"]) for one in posted})
    known = {
        str(uuid): (int(workstation), int(epoch), int(seq))
        for uuid, workstation, epoch, seq in dialect.rows_of_keys(
            "SELECT document_uuid, workstation_no, epoch_no, seq FROM goods_document "
            f"WHERE store_id = ? AND state = '{POSTED}' AND document_uuid IN ?",
            (store_id,),
            uuids,
        )
    }
    first: dict[str, BookedDocument] = {}
    for one in sorted(posted, key=lambda found: found.key):
        uuid = str(one.head["document_uuid"])
        before = known.get(uuid)
        if uuid in first or (before is not None and before < one.key):
            other = first[uuid].key if uuid in first else before
            one.head["state"] = DOUBLE
            one.head["problem"] = "double_document"
            _tell_double(booking, one, one.key, other)
            continue
        first[uuid] = one
        if before is not None:
            # It came later and stands earlier in the order: the one booked so far gives way.
            stock_fold.unbook(dialect, store_id, before)
            dialect.execute(
                "UPDATE goods_document SET state = ?, problem = ? WHERE store_id = ? "
                "AND workstation_no = ? AND epoch_no = ? AND seq = ?",
                (DOUBLE, "double_document", store_id, *before),
            )
            _tell_double(booking, one, before, one.key)


def _tell_double(
    booking: Booking,
    document: BookedDocument,
    key: Sequence[int],
    other: Sequence[int] | None,
) -> None:
    detail = f"is booked from {'/'.join(map(str, other or ()))}"
    _tell(booking, "double_document", document, key, detail)


def _tell(
    booking: Booking, code: str, document: BookedDocument, key: Sequence[int], detail: str
) -> None:
    booking.findings.append(
        Finding(
            code,
            "/".join(map(str, key)),
            str(document.head["business_day"]),
            document.workstation_id,
            f"{document.head['document_no']} {detail}",
        )
    )


# ----------------------------------------------------------------------------------- helpers


def as_document(body: Any, lines: Iterable[Any]) -> GoodsDocument | None:
    """The entry's plain values as the domain's own type; None for a kind that is not known."""
    plain = msgspec.to_builtins(body)
    plain["lines"] = [msgspec.to_builtins(line) for line in lines]
    plain["parts"] = ()
    try:
        return msgspec.convert(plain, GoodsDocument)
    except msgspec.ValidationError:
        return None


def _problems(
    booking: Booking, entry: ReadEntry, seq: int, document: GoodsDocument
) -> tuple[str, ...]:
    found = signature_problems(document)
    if found and "unknown_fields" in entry.findings:
        # A newer till signed fields that are not known here: who signed which lines can be
        # judged, the hashes cannot.
        booking.find(entry, seq, "signature_unverified", document.document_no[:80])
        document = msgspec.structs.replace(
            document,
            signatures=tuple(
                msgspec.structs.replace(one, sha256=digest(document, one.lines))
                for one in document.signatures
            ),
        )
        found = signature_problems(document)
    return (*found, *line_problems(document))


def _moves(head: dict[str, Any], document: GoodsDocument) -> list[Row]:
    key = tuple(head[name] for name in KEY)
    return [
        (
            *key,
            movement.line_no,
            head["business_day"],
            head["at_utc_ms"],
            _label(movement.item_code),
            movement.place.value,
            _label(movement.batch),
            _label(movement.unit_code),
            movement.quantity_milli,
            movement.reason.value,
            head["document_no"],
            head["document_kind"],
            head["reference"],
            head["counterparty_id"],
            movement.unit_cost_e4,
        )
        for movement in movements_of_document(document)
    ]


def _key(booking: Booking, seq: int) -> tuple[str, int, int, int]:
    place = booking.place
    return place.store_id, place.workstation_no, place.epoch_no, seq


def _by(entry: ReadEntry) -> tuple[str, int, str, str]:
    envelope = entry.envelope
    return (
        envelope.business_day,
        envelope.at_utc_ms + (envelope.head_office_offset_ms or 0),
        envelope.workstation_id,
        envelope.operator_id,
    )


def _person(signature: Any) -> str:
    return f"{signature.operator_id} {signature.name}".strip()


def _label(text: str) -> str:
    return text[:_LABEL]
