"""What stores received and claimed, as head office booked it: queries over goods documents.

Only posted documents count, which are those with two valid signatures where two are asked for.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import msgspec

from pos.domain.goods.orders import Order, OrderLine
from sync.head_office.dialect import Dialect

JOINED = (
    "JOIN goods_line l ON l.store_id = d.store_id AND l.workstation_no = d.workstation_no "
    "AND l.epoch_no = d.epoch_no AND l.seq = d.seq"
)
"""Lines `l` of documents `d`."""


IN_STORES = "IN (SELECT store_id FROM store)"
"""Every store, said so that keys that begin with the store are used."""


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """What receipts say of one line of an order."""

    accepted_milli: int = 0
    received_milli: int = 0
    rejected_milli: int = 0


class GoodsPaper(msgspec.Struct, frozen=True, kw_only=True):
    """A booked document's head."""

    store_id: str
    document_uuid: str
    document_kind: str
    document_no: str
    business_day: str
    at_utc_ms: int
    workstation_id: str
    reference: str
    reference_no: str
    counterparty_id: str
    counterparty_name: str
    inspected_by: str
    checked_by: str
    reason: str
    due_day: str
    lines: tuple[PaperLine, ...] = ()


class PaperLine(msgspec.Struct, frozen=True, kw_only=True):
    """A booked document's line."""

    line_no: int
    item_code: str
    description: str
    unit: str
    quantity_milli: int
    expected_milli: int | None
    delivered_milli: int
    received_milli: int
    rejected_milli: int
    unit_cost_e4: int | None
    batch: str
    order_line: int
    reason: str
    note: str


_PAPER = (
    "d.store_id, d.document_uuid, d.document_kind, d.document_no, d.business_day, d.at_utc_ms, "
    "d.workstation_id, d.reference, d.reference_no, d.counterparty_id, d.counterparty_name, "
    "d.inspected_by, d.checked_by, d.reason, d.due_day"
)
_PAPER_LINE = (
    "l.line_no, l.item_code, l.description, l.unit, l.quantity_milli, l.expected_milli, "
    "l.delivered_milli, l.received_milli, l.rejected_milli, l.unit_cost_e4, l.batch, "
    "l.order_line, l.reason, l.note"
)


def papers(
    dialect: Dialect,
    kinds: Sequence[str],
    *,
    store_id: str = "",
    reference: str = "",
    document_uuid: str = "",
    since_day: str = "",
    limit: int = 200,
    with_lines: bool = True,
) -> list[GoodsPaper]:
    """Booked documents of some kinds, the latest first, with their lines where asked for."""
    where = [f"d.document_kind IN ({', '.join('?' * len(kinds))})", "d.state = 'posted'"]
    values: list[str | int] = list(kinds)
    if not store_id:
        where.append(f"d.store_id {IN_STORES}")
    for column, wanted in (
        ("d.store_id", store_id),
        ("d.reference", reference),
        ("d.document_uuid", document_uuid),
    ):
        if wanted:
            where.append(f"{column} = ?")
            values.append(wanted)
    if since_day:
        where.append("d.business_day >= ?")
        values.append(since_day)
    rows = dialect.query(
        f"SELECT {_PAPER}, d.workstation_no, d.epoch_no, d.seq FROM goods_document d "
        f"WHERE {' AND '.join(where)} ORDER BY d.at_utc_ms DESC, d.store_id, d.document_no "
        "LIMIT ?",
        (*values, limit),
    )
    names = GoodsPaper.__struct_fields__[:-1]
    found: list[GoodsPaper] = []
    for row in rows:
        lines = (
            []
            if not with_lines
            else dialect.query(
                f"SELECT {_PAPER_LINE} FROM goods_line l WHERE l.store_id = ? "
                "AND l.workstation_no = ? AND l.epoch_no = ? AND l.seq = ? ORDER BY l.line_no",
                (row[0], *row[len(names) :]),
            )
        )
        found.append(
            GoodsPaper(
                **dict(zip(names, row, strict=False)),
                lines=tuple(
                    PaperLine(**dict(zip(PaperLine.__struct_fields__, line, strict=True)))
                    for line in lines
                ),
            )
        )
    return found


def day_before(now_ms: int, days: int) -> str:
    """The calendar day so many days before a moment."""
    return (
        dt.datetime.fromtimestamp(now_ms / 1000, tz=dt.UTC).date() - dt.timedelta(days)
    ).isoformat()


def received_by_order(
    dialect: Dialect, store_id: str, order_ids: Sequence[str]
) -> dict[str, list[tuple[int, str, Received]]]:
    """(order line or 0, item, sums) of posted receipts, by the order that they name."""
    rows = dialect.rows_of_keys(
        "SELECT d.reference, l.order_line, l.item_code, SUM(l.quantity_milli), "
        "SUM(l.received_milli), SUM(l.rejected_milli) "
        f"FROM goods_document d {JOINED} WHERE d.store_id = ? AND d.state = 'posted' "
        "AND d.document_kind = 'receipt' AND d.reference IN ? "
        "GROUP BY d.reference, l.order_line, l.item_code",
        (store_id,),
        list(order_ids),
    )
    found: dict[str, list[tuple[int, str, Received]]] = {}
    for reference, order_line, item_code, accepted, received, rejected in rows:
        found.setdefault(str(reference), []).append(
            (
                int(order_line),
                str(item_code),
                Received(
                    accepted_milli=int(accepted),
                    received_milli=int(received),
                    rejected_milli=int(rejected),
                ),
            )
        )
    return found


def spread(
    order: Order, rows: Sequence[tuple[int, str, Received]]
) -> tuple[dict[int, Received], list[tuple[str, Received]]]:
    """Received by line of the order, and what was received that the order does not name.

    A receipt's line that names no line of the order fills the lines of its item one after the
    other; the last of them takes what is over.
    """
    by_number = {line.line_no: line for line in order.lines}
    found = {number: Received() for number in by_number}
    others: list[tuple[str, Received]] = []
    for number, item_code, part in sorted(rows, key=lambda row: row[0] == 0):
        line = by_number.get(number)
        if line is not None and line.item_code == item_code:
            found[number] = _sum(found[number], part)
            continue
        lines = [one for one in order.lines if one.item_code == item_code]
        if not lines:
            others.append((item_code, part))
            continue
        _fill(found, lines, part)
    return found, others


def _fill(found: dict[int, Received], lines: Sequence[OrderLine], part: Received) -> None:
    left = part.accepted_milli
    for line in lines[:-1]:
        room = max(line.quantity_milli - found[line.line_no].accepted_milli, 0)
        taken = min(room, left)
        left -= taken
        found[line.line_no] = _sum(found[line.line_no], Received(accepted_milli=taken))
    rest = msgspec.structs.replace(part, accepted_milli=left)
    last = lines[-1].line_no
    found[last] = _sum(found[last], rest)


def _sum(one: Received, other: Received) -> Received:
    return Received(
        accepted_milli=one.accepted_milli + other.accepted_milli,
        received_milli=one.received_milli + other.received_milli,
        rejected_milli=one.rejected_milli + other.rejected_milli,
    )
