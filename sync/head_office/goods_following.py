"""Orders follow what stores booked: open quantities fall, states move, stores are told (RCV-15).

Called in quiet moments after a till's goods documents were taken in (`goods_jobs`). It reads
everything anew each time, so that a rebuild of the books, a late receipt and a document that came
twice all end in the same place.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.goods.orders import OrderKind
from pos.domain.goods.receiving import allowed_milli
from sync.head_office import findings, goods_received
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.goods_purchasing import KEPT_FROM
from sync.head_office.goods_suppliers import Suppliers
from sync.head_office.order_documents import BOOKED, OPEN_STATES, OrderDocument, OrderState

FOLLOWED = (OrderKind.PURCHASE.value, OrderKind.DISPATCH.value)
LOOK_BACK_DAYS = 60
_DAY_MS = 86_400_000
_ORDERS_AT_ONCE = 1_000


def follow(orders: GoodsOrders, store_id: str) -> list[str]:
    """Bring a store's orders up to its booked receipts; returns the ids of those that moved."""
    dialect = orders.dialect
    rows = dialect.query(
        "SELECT order_id FROM order_document o WHERE store_id = ? AND order_kind IN (?, ?) "
        "AND (state IN (?, ?) OR ended_utc_ms > ?) AND EXISTS (SELECT 1 FROM goods_document d "
        "WHERE d.store_id = o.store_id AND d.reference = o.order_id) ORDER BY order_id LIMIT ?",
        (
            store_id,
            *FOLLOWED,
            *(state.value for state in OPEN_STATES),
            orders.office.clock_ms() - LOOK_BACK_DAYS * _DAY_MS,
            _ORDERS_AT_ONCE,
        ),
    )
    names = [str(order_id) for (order_id,) in rows]
    carried_out = _end_judgements(orders, store_id)
    if not names:
        return carried_out
    received = goods_received.received_by_order(dialect, store_id, names)
    return carried_out + [
        order_id
        for order_id in names
        if order_id in received and _follow_one(orders, store_id, order_id, received[order_id])
    ]


def follow_all(orders: GoodsOrders) -> list[str]:
    """`follow` for every store."""
    found: list[str] = []
    for (store_id,) in orders.dialect.query("SELECT store_id FROM store ORDER BY store_id"):
        found += follow(orders, str(store_id))
    return found


def _end_judgements(orders: GoodsOrders, store_id: str) -> list[str]:
    """End judgements that the store carried out (STK-06); returns their ids."""
    rows = orders.dialect.query(
        "SELECT DISTINCT o.order_id FROM order_document o JOIN goods_document d "
        "ON d.store_id = o.store_id AND d.reference = o.order_id AND d.state = 'posted' "
        "WHERE o.store_id = ? AND o.order_kind = 'judgement' AND o.state = 'placed'",
        (store_id,),
    )
    done = [str(order_id) for (order_id,) in rows]
    for order_id in done:
        kept = orders.get(store_id, order_id)
        orders.move(kept, OrderState.RECEIVED, action="carried_out", by="")
    return done


def _follow_one(
    orders: GoodsOrders,
    store_id: str,
    order_id: str,
    rows: Sequence[tuple[int, str, goods_received.Received]],
) -> bool:
    with orders.dialect.transaction():
        kept = orders.get(store_id, order_id)
        by_line, others = goods_received.spread(kept.order, rows)
        lines = tuple(
            msgspec.structs.replace(line, done_milli=by_line[line.line_no].accepted_milli)
            for line in kept.order.lines
        )
        papers = goods_received.papers(
            orders.dialect,
            ("receipt",),
            store_id=store_id,
            reference=order_id,
            limit=1_000,
            with_lines=False,
        )
        booked = " ".join(sorted(paper.document_no for paper in papers))
        if lines == kept.order.lines and booked == kept.order.fields.get(BOOKED, ""):
            return False
        over = lines_over(kept, by_line, tolerance_of(orders, kept))
        _audit(orders, kept, papers, over, others)
        fields = kept.order.fields | {BOOKED: booked}
        changed = msgspec.structs.replace(
            kept, order=msgspec.structs.replace(kept.order, lines=lines, fields=fields)
        )
        state = kept.state
        if state in OPEN_STATES:
            whole = all(line.done_milli >= line.quantity_milli for line in lines)
            state = OrderState.RECEIVED if whole else OrderState.PART_RECEIVED
        orders.move(changed, state, action="received", by="", note=_told(kept, changed))
    return True


def lines_over(
    kept: OrderDocument, by_line: dict[int, goods_received.Received], tolerance_bp: int = 0
) -> list[int]:
    """Numbers of lines of which more was accepted than ordered and its tolerance (RCV-15)."""
    return [
        line.line_no
        for line in kept.order.lines
        if by_line[line.line_no].accepted_milli
        > allowed_milli(line.quantity_milli, tolerance_bp, pieces=False)
    ]


def tolerance_of(orders: GoodsOrders, kept: OrderDocument) -> int:
    """How much more of a line the supplier may bring, in basis points; nothing of a dispatch."""
    if kept.order.order_kind != OrderKind.PURCHASE:
        return 0
    record = Suppliers(orders.feed).find(kept.order.counterparty_id)
    return record.supplier.tolerance_bp if record is not None else 0


def _audit(
    orders: GoodsOrders,
    kept: OrderDocument,
    papers: Sequence[goods_received.GoodsPaper],
    over: Sequence[int],
    others: Sequence[tuple[str, goods_received.Received]],
) -> None:
    """What is odd about receipts is told, never refused (R9)."""
    found: list[tuple[str, str]] = []
    if over:
        found.append(("over_received", f"lines {', '.join(map(str, over))}"))
    if others:
        found.append(("not_ordered", ", ".join(item for item, _part in others)))
    kept_from = set(kept.order.fields.get(KEPT_FROM, "").split())
    for paper in papers:
        signers = {*paper.inspected_by.split(), *paper.checked_by.split()}
        if kept_from & signers:
            both = ", ".join(sorted(kept_from & signers))
            found.append(("order_and_receive", f"{paper.document_no}: {both}"))
    for code, detail in found:
        findings.note(
            orders.dialect,
            store_id=kept.store_id,
            code=code,
            subject=kept.order_id,
            workstation_id=papers[0].workstation_id if papers else "",
            detail=f"{kept.order.order_no} {detail}",
            found_utc_ms=orders.office.clock_ms(),
        )


def _told(before: OrderDocument, after: OrderDocument) -> str:
    parts = [
        f"{new.line_no}: {old.done_milli} -> {new.done_milli}"
        for old, new in zip(before.order.lines, after.order.lines, strict=True)
        if old.done_milli != new.done_milli
    ]
    return ", ".join(parts)[:500]
