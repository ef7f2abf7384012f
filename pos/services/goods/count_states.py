"""Counts as this till knows them: head office's orders, and what the journal says of each count."""

from __future__ import annotations

import msgspec

from pos.domain.goods.counting import CountAction, CountEvent, CountKind
from pos.domain.goods.orders import Order, OrderKind
from pos.domain.goods.variance import LAST_PASS
from pos.services.context import Till
from pos.store import counts, goods_reference


class AreaState(msgspec.Struct, kw_only=True):
    """One area in one pass: who counts it here, and how far it is."""

    pass_no: int
    area: str
    counter_id: str = ""
    scans: int = 0
    pieces_milli: int = 0
    done: bool = False


class CountState(msgspec.Struct, kw_only=True):
    """A count as this till knows it."""

    count_id: str
    kind: CountKind
    passes: int = 1
    item_classes: tuple[str, ...] = ()
    item_codes: tuple[str, ...] = ()
    """What it is about; both empty is everything."""

    order_id: str = ""
    """Head office's order; empty for a count that was opened here."""

    due_day: str = ""
    note: str = ""
    begun: bool = False
    """Somebody at this till opened or joined it."""

    ended: bool = False
    cancelled: bool = False
    opened_utc_ms: int = 0
    areas: dict[tuple[int, str], AreaState] = {}

    @property
    def pieces_milli(self) -> int:
        """Everything scanned here so far, over all passes."""
        return sum(area.pieces_milli for area in self.areas.values())

    def pass_counters(self, pass_no: int) -> set[str]:
        """Who counts in a pass at this till."""
        return {
            area.counter_id
            for area in self.areas.values()
            if area.pass_no == pass_no and area.counter_id
        }


# --------------------------------------------------------------------------------- what there is


def open_counts(till: Till) -> list[CountState]:
    """Counts to work on: head office's orders and those begun here, the oldest first."""
    known = states(till)
    found = {one.count_id: one for one in known if not one.ended and not one.cancelled}
    over = {one.count_id for one in known if one.ended or one.cancelled}
    for order in count_orders(till):
        count_id = count_id_of(order)
        if count_id in found:
            continue
        if count_id not in over or _recounts(till, count_id, order):
            found[count_id] = state_of_order(order)
    return sorted(found.values(), key=lambda one: (one.opened_utc_ms or 2**62, one.due_day))


def _recounts(till: Till, count_id: str, order: Order) -> bool:
    """Whether head office wants items counted a third time that nobody here has counted so."""
    wanted = set(filter(None, order.fields.get("recount", "").split("\n")))
    third = {
        scan.item_code
        for scan in counts.scans(till.journal.reader(), count_id)
        if scan.pass_no == LAST_PASS
    }
    return bool(wanted - third)


def states(till: Till) -> list[CountState]:
    """Every count that was begun at this till."""
    found: dict[str, CountState] = {}
    reader = till.journal.reader()
    for event in counts.events(reader):
        body = event.body
        if not body.count_id or body.count_kind is CountKind.TOTAL:
            continue  # a handover's totals are over when they are written
        state = found.get(body.count_id)
        if state is None:
            state = found[body.count_id] = CountState(count_id=body.count_id, kind=body.count_kind)
        _tell(state, body, event.at_utc_ms)
    for state in found.values():
        for (pass_no, area), (scans, pieces) in counts.progress(reader, state.count_id).items():
            one = state.areas.setdefault((pass_no, area), AreaState(pass_no=pass_no, area=area))
            one.scans, one.pieces_milli = scans, pieces
    return list(found.values())


def state(till: Till, count_id: str) -> CountState | None:
    """One count as it stands, or None when it was never begun here."""
    return next((one for one in states(till) if one.count_id == count_id), None)


def count_orders(till: Till) -> list[Order]:
    """Head office's open orders to count, for any till or for this one (STK-05)."""
    found = till.reference.ask(
        lambda connection: goods_reference.orders(connection, [OrderKind.COUNT.value]),
        list[Order](),
    )
    own = till.journal.identity.workstation_uuid
    return [one for one in found if one.to_workstation_uuid in ("", own)]


def count_id_of(order: Order) -> str:
    """The count that an order is about: the same at every till of the store."""
    return order.fields.get("count_id", "") or order.order_id


def state_of_order(order: Order) -> CountState:
    """An order as a count that nobody here has begun."""
    fields = order.fields
    kind = fields.get("count_kind", CountKind.DETAILED.value)
    return CountState(
        count_id=count_id_of(order),
        kind=CountKind(kind) if kind in set(CountKind) else CountKind.DETAILED,
        passes=2 if fields.get("passes", "1") == "2" else 1,
        item_classes=tuple(filter(None, fields.get("item_classes", "").split("\n"))),
        item_codes=tuple(dict.fromkeys(line.item_code for line in order.lines)),
        order_id=order.order_id,
        due_day=order.due_day,
        note=order.note,
    )


def _tell(state: CountState, body: CountEvent, at_utc_ms: int) -> None:
    match body.action:
        case CountAction.OPENED:
            state.begun = True
            state.ended = False
            state.kind = body.count_kind
            state.passes = body.passes or 1
            state.item_classes, state.item_codes = body.item_classes, body.item_codes
            state.order_id = body.order_id
            state.note = body.note
            state.opened_utc_ms = state.opened_utc_ms or at_utc_ms
        case CountAction.ASSIGNED | CountAction.AREA_DONE:
            key = (body.pass_no, body.area)
            area = state.areas.setdefault(key, AreaState(pass_no=body.pass_no, area=body.area))
            area.counter_id = body.counter_id or area.counter_id
            area.done = body.action is CountAction.AREA_DONE
        case CountAction.ENDED:
            state.ended = True
        case CountAction.CANCELLED:
            state.cancelled = True
