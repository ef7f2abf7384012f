"""Transfers between stores: the two halves matched, the goods between them in transit (STK-13).

When the sending half is booked, both stores hear of an order of kind `transfer` whose id is the
document's uuid: the receiving store counts against it, and its document refers to it. When that
half is booked too, the order is done at both. What is in transit is a view of documents, never a
place; what arrived short or over is told beside it, and sales audit hears of more than was sent:
two tills of a store that have not heard of each other may both receive one transfer (R9).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.domain.quantity import format_quantity
from sync.head_office import findings
from sync.head_office.dialect import Dialect
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.order_documents import ENDED_STATES, OrderState

BY: Final = "transfer"
"""Who published, in the history of orders."""

OVER: Final = "over_received"
"""Finding: more came than was sent."""

_MAX_LISTED = 500
_AUDITED_DAYS = 60
"""A transfer that arrived longer ago is looked at no more."""

_DAY_MS = 86_400_000


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One item and batch of a transfer: what was sent, what came."""

    item_code: str
    description: str
    batch: str
    sent_milli: int
    received_milli: int

    @property
    def difference_milli(self) -> int:
        """More than nothing: more came than was sent."""
        return self.received_milli - self.sent_milli


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer: its sending half, and the receiving half when it is booked."""

    from_store: str
    to_store: str
    document_no: str
    document_uuid: str
    business_day: str
    sent_utc_ms: int
    sent_milli: int
    line_count: int
    received_no: str = ""
    received_day: str = ""
    received_utc_ms: int = 0
    received_milli: int = 0

    @property
    def arrived(self) -> bool:
        """Whether the receiving half is booked."""
        return bool(self.received_no)

    def age_days(self, now_ms: int) -> int:
        """Whole days under way, until it arrived or until now."""
        return max(0, ((self.received_utc_ms or now_ms) - self.sent_utc_ms) // _DAY_MS)


_SENT = (
    "SELECT d.store_id, d.counterparty_id, d.document_no, d.document_uuid, d.business_day, "
    "d.at_utc_ms, d.quantity_milli, d.line_count, i.document_no, i.business_day, i.at_utc_ms, "
    "i.quantity_milli FROM goods_document d LEFT JOIN goods_document i "
    "ON i.store_id = d.counterparty_id AND i.document_kind = 'transfer_in' "
    "AND i.state = 'posted' AND i.reference IN (d.document_uuid, d.document_no) "
    "WHERE d.document_kind = 'transfer_out' AND d.state = 'posted'"
)


def transfers(
    dialect: Dialect, *, store_id: str = "", only_open: bool = False, limit: int = _MAX_LISTED
) -> list[Transfer]:
    """Transfers of a store, either way, or of all; those under way first, the oldest first.

    A transfer that arrived in several documents is told by the first of them, with all quantities.
    """
    where, values = (
        (" AND (d.store_id = ? OR d.counterparty_id = ?)", (store_id, store_id))
        if store_id
        else ("", ())
    )
    if only_open:
        where += " AND i.document_no IS NULL"
    rows = dialect.query(
        f"{_SENT}{where} ORDER BY CASE WHEN i.document_no IS NULL THEN 0 ELSE 1 END, "
        "CASE WHEN i.document_no IS NULL THEN d.at_utc_ms ELSE -d.at_utc_ms END, "
        "d.store_id, d.document_no, i.at_utc_ms LIMIT ?",
        (*values, limit),
    )
    found: dict[tuple[str, str], Transfer] = {}
    for row in rows:
        one = _transfer(row)
        known = found.get((one.from_store, one.document_uuid))
        if known is not None:
            one = msgspec.structs.replace(
                known, received_milli=known.received_milli + one.received_milli
            )
        found[one.from_store, one.document_uuid] = one
    return list(found.values())


def lines_of(dialect: Dialect, transfer: Transfer) -> list[Line]:
    """What was sent and what came, by item and batch; those that differ first."""
    sums: dict[tuple[str, str], list[Any]] = {}
    for store_id, kind, names, at in (
        (transfer.from_store, "transfer_out", (transfer.document_uuid,), 0),
        (transfer.to_store, "transfer_in", (transfer.document_uuid, transfer.document_no), 1),
    ):
        column = "document_uuid" if at == 0 else "reference"
        for code, description, batch, quantity in dialect.rows_of_keys(
            "SELECT l.item_code, l.description, l.batch, l.quantity_milli FROM goods_document d "
            "JOIN goods_line l ON l.store_id = d.store_id "
            "AND l.workstation_no = d.workstation_no AND l.epoch_no = d.epoch_no "
            "AND l.seq = d.seq WHERE d.store_id = ? AND d.document_kind = ? "
            f"AND d.state = 'posted' AND d.{column} IN ?",
            (store_id, kind),
            names,
        ):
            cell = sums.setdefault((str(code), str(batch)), [str(description), 0, 0])
            cell[1 + at] += int(quantity)
    lines = [
        Line(
            item_code=code,
            batch=batch,
            description=cell[0],
            sent_milli=cell[1],
            received_milli=cell[2],
        )
        for (code, batch), cell in sums.items()
    ]
    return sorted(lines, key=lambda line: (not line.difference_milli, line.item_code, line.batch))


# --------------------------------------------------------------------------- telling stores


def tell(orders: GoodsOrders, store_id: str) -> int:
    """Tell of transfers whose sending or receiving half this store booked; returns how many.

    Each is told exactly once: the row that says so is written in the publication's transaction.
    """
    told = _tell_sent(orders, store_id) + _tell_arrived(orders, store_id)
    _audit_over(orders, store_id)
    return told


def _tell_sent(orders: GoodsOrders, store_id: str) -> int:
    dialect, told = orders.dialect, 0
    waiting = dialect.query(
        "SELECT document_uuid FROM goods_document d WHERE store_id = ? "
        "AND document_kind = 'transfer_out' AND state = 'posted' AND NOT EXISTS "
        "(SELECT 1 FROM transfer_order t WHERE t.store_id = d.store_id "
        "AND t.document_uuid = d.document_uuid) ORDER BY document_uuid",
        (store_id,),
    )
    for (uuid,) in waiting:
        with dialect.transaction():
            told += _tell_one(orders, store_id, str(uuid))
    return told


def _tell_one(orders: GoodsOrders, store_id: str, uuid: str) -> bool:
    dialect, now_ms = orders.dialect, orders.office.clock_ms()
    head = dialect.one(
        "SELECT workstation_no, epoch_no, seq, workstation_id, counterparty_id, "
        "counterparty_name, document_no, business_day, due_day, reference FROM goods_document "
        "WHERE store_id = ? AND document_uuid = ? AND state = 'posted'",
        (store_id, uuid),
    )
    if head is None:
        return False
    *key, workstation_id, to_store, to_name, number, day, due_day, reference = head
    names: dict[str, str] = dict(
        dialect.query(
            "SELECT store_id, name FROM store WHERE store_id IN (?, ?)", (store_id, to_store)
        )
    )
    if to_store not in names or to_store == store_id:
        findings.note(
            dialect,
            store_id=store_id,
            code="unknown_destination",
            subject=uuid,
            workstation_id=str(workstation_id),
            detail=f"{number} was sent to store {str(to_store)[:60]!r}, which is not known here",
            found_utc_ms=now_ms,
            business_day=str(day),
        )
        return False
    dialect.insert_missing(
        "transfer_order",
        ("store_id", "document_uuid", "to_store_id", "published_utc_ms"),
        [(store_id, uuid, str(to_store), now_ms)],
    )
    order = Order(
        order_id=uuid,
        order_kind=OrderKind.TRANSFER.value,
        order_no=str(number),
        counterparty_id=store_id,
        counterparty_name=str(names.get(store_id, "")) or store_id,
        due_day=str(due_day),
        sent_day=str(day),
        lines=_order_lines(dialect, store_id, key),
        # With its number: it is sent already, whatever another till of the store knows of it.
        fields={"from_store": store_id, "to_store": str(to_store), "document_no": str(number)},
    )
    ours = msgspec.structs.replace(
        order,
        counterparty_id=str(to_store),
        counterparty_name=str(to_name) or str(names.get(to_store, "")),
    )
    for store, one in ((str(to_store), order), (store_id, ours)):
        if orders.find(store, uuid) is None:
            orders.publish_order(store, one, by=BY)
    if reference and reference != uuid:
        _end(orders, store_id, str(reference), note=str(number))
    return True


def _tell_arrived(orders: GoodsOrders, store_id: str) -> int:
    dialect, told = orders.dialect, 0
    arrived = dialect.query(
        "SELECT DISTINCT t.store_id, t.document_uuid, i.document_no FROM transfer_order t "
        "JOIN goods_document d ON d.store_id = t.store_id AND d.document_uuid = t.document_uuid "
        "JOIN goods_document i ON i.store_id = t.to_store_id "
        "AND i.document_kind = 'transfer_in' AND i.state = 'posted' "
        "AND i.reference IN (d.document_uuid, d.document_no) "
        "WHERE t.done_utc_ms = 0 AND (t.to_store_id = ? OR t.store_id = ?) "
        "ORDER BY t.store_id, t.document_uuid, i.document_no",
        (store_id, store_id),
    )
    for sender, uuid, number in arrived:
        with dialect.transaction():
            row = dialect.one(
                "SELECT to_store_id FROM transfer_order WHERE store_id = ? AND document_uuid = ? "
                "AND done_utc_ms = 0" + dialect.for_update,
                (sender, uuid),
            )
            if row is None:
                continue
            dialect.execute(
                "UPDATE transfer_order SET done_utc_ms = ? "
                "WHERE store_id = ? AND document_uuid = ?",
                (orders.office.clock_ms(), sender, uuid),
            )
            for store in (str(row[0]), str(sender)):
                _end(orders, store, str(uuid), note=str(number), state=OrderState.RECEIVED)
            told += 1
    return told


def _audit_over(orders: GoodsOrders, store_id: str) -> None:
    """Find transfers of which this store booked more than was sent: both papers stand, one is told."""
    dialect = orders.dialect
    with dialect.transaction():
        for uuid, number, sent, received, last_no, workstation_id in dialect.query(
            "SELECT d.document_uuid, d.document_no, d.quantity_milli, SUM(i.quantity_milli), "
            "MAX(i.document_no), MAX(i.workstation_id) FROM transfer_order t "
            "JOIN goods_document d ON d.store_id = t.store_id "
            "AND d.document_uuid = t.document_uuid AND d.state = 'posted' "
            "JOIN goods_document i ON i.store_id = t.to_store_id "
            "AND i.document_kind = 'transfer_in' AND i.state = 'posted' "
            "AND i.reference IN (d.document_uuid, d.document_no) "
            "WHERE t.to_store_id = ? AND t.done_utc_ms > ? AND NOT EXISTS "
            "(SELECT 1 FROM sales_audit a WHERE a.store_id = t.to_store_id "
            f"AND a.code = '{OVER}' AND a.subject = d.document_uuid) "
            "GROUP BY d.document_uuid, d.document_no, d.quantity_milli "
            "HAVING SUM(i.quantity_milli) > d.quantity_milli",
            (store_id, orders.office.clock_ms() - _AUDITED_DAYS * _DAY_MS),
        ):
            findings.note(
                dialect,
                store_id=store_id,
                code=OVER,
                subject=str(uuid),
                workstation_id=str(workstation_id),
                detail=f"{number}: {format_quantity(int(received))} received of "
                f"{format_quantity(int(sent))} sent, last by {last_no}",
                found_utc_ms=orders.office.clock_ms(),
            )


def _end(
    orders: GoodsOrders,
    store_id: str,
    order_id: str,
    *,
    note: str,
    state: OrderState = OrderState.CLOSED,
) -> None:
    """Tell a store that a transfer's order is done, unless it has ended."""
    kept = orders.find(store_id, order_id)
    if (
        kept is not None
        and kept.order.order_kind == OrderKind.TRANSFER
        and kept.state not in ENDED_STATES
    ):
        orders.move(kept, state, action=state.value, by=BY, note=note)


def _order_lines(dialect: Dialect, store_id: str, key: Sequence[Any]) -> tuple[OrderLine, ...]:
    rows = dialect.query(
        "SELECT l.line_no, l.item_code, l.quantity_milli, l.description, l.unit, "
        "COALESCE(l.unit_cost_e4, c.unit_cost_e4), l.batch, l.production_day, l.expiry, "
        "l.unit_codes, l.reason FROM goods_line l LEFT JOIN stock_cost c "
        "ON c.store_id = l.store_id AND c.item_code = l.item_code WHERE l.store_id = ? "
        "AND l.workstation_no = ? AND l.epoch_no = ? AND l.seq = ? ORDER BY l.line_no",
        (store_id, *key),
    )
    return tuple(
        OrderLine(
            line_no=int(row[0]),
            item_code=str(row[1]),
            quantity_milli=int(row[2]),
            description=str(row[3]),
            unit=str(row[4]),
            unit_cost_e4=None if row[5] is None else int(row[5]),
            batch=str(row[6]),
            production_day=str(row[7]),
            expiry=str(row[8]),
            unit_codes=tuple(str(row[9]).split()),
            reason=str(row[10]),
        )
        for row in rows
    )


def _transfer(row: Sequence[Any]) -> Transfer:
    return Transfer(
        from_store=str(row[0]),
        to_store=str(row[1]),
        document_no=str(row[2]),
        document_uuid=str(row[3]),
        business_day=str(row[4]),
        sent_utc_ms=int(row[5]),
        sent_milli=int(row[6]),
        line_count=int(row[7]),
        received_no=str(row[8] or ""),
        received_day=str(row[9] or ""),
        received_utc_ms=int(row[10] or 0),
        received_milli=int(row[11] or 0),
    )
