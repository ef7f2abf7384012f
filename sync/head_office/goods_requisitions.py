"""Requisitions from stores: shown, answered within the allocation, made into orders (SUP-03, HO-02).

A store's requisition is a booked document of kind `requisition`. The answer goes down as an order
of the same kind, whose id is the document's: confirmed, limited, refused, dispatched. Requisitions of
one store are merged into one dispatch or one purchase order, with lines of the same item added up.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from pos.domain.goods.orders import Order, OrderKind, OrderLine
from sync.head_office import goods_received, rights
from sync.head_office.goods_dispatching import Dispatching
from sync.head_office.goods_orders import GoodsOrders, WrongState
from sync.head_office.goods_purchasing import Purchasing
from sync.head_office.goods_received import GoodsPaper
from sync.head_office.order_documents import ENDED_STATES, OPEN_STATES, OrderDocument
from sync.head_office.people import Person


class Answer(StrEnum):
    """What a store hears about its requisition."""

    CONFIRMED = "confirmed"
    LIMITED = "limited"
    REFUSED = "refused"
    DISPATCHED = "dispatched"


class OverAllocation(ValueError):
    """More is granted than the month's allocation leaves."""

    code = "over_allocation"


class Requisition(msgspec.Struct, frozen=True, kw_only=True):
    """A store's requisition and what became of it."""

    paper: GoodsPaper
    answer: str = ""
    """An `Answer`; empty while it waits."""

    answered_by: str = ""
    answered_utc_ms: int = 0
    note: str = ""
    granted: dict[int, int] = {}
    """Line → granted quantity, thousandths."""

    order_id: str = ""
    """The dispatch or purchase order that it went into."""


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an item a store may be granted in a month (REP-07)."""

    store_id: str
    month: str
    item_code: str
    forecast_milli: int
    factor_percent: int
    cap_milli: int
    granted_milli: int
    """Granted so far in that month."""


class Requisitions:
    """Requisitions of one head office's stores. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.orders = orders
        self.office = orders.office
        self.dialect = orders.dialect

    # -------------------------------------------------------------------- reading

    def all(self, *, store_id: str = "", limit: int = 100) -> list[Requisition]:
        """Requisitions with their answers, the latest first."""
        found = goods_received.papers(
            self.dialect, ("requisition",), store_id=store_id, limit=limit
        )
        return [self._with_answer(paper) for paper in found]

    def get(self, store_id: str, document_uuid: str) -> Requisition:
        """One requisition; raises LookupError."""
        found = goods_received.papers(
            self.dialect, ("requisition",), store_id=store_id, document_uuid=document_uuid
        )
        if not found:
            raise LookupError(f"store {store_id!r} has no requisition {document_uuid[:60]!r}")
        return self._with_answer(found[0])

    def demand(self) -> list[dict[str, Any]]:
        """What waiting and confirmed requisitions ask for, item by item over all stores."""
        wanted: dict[str, dict[str, Any]] = {}
        for one in self.all(limit=500):
            if one.answer in (Answer.REFUSED, Answer.DISPATCHED) or one.order_id:
                continue
            for line in one.paper.lines:
                quantity = one.granted.get(line.line_no, line.quantity_milli)
                row = wanted.setdefault(
                    line.item_code,
                    {
                        "item_code": line.item_code,
                        "description": line.description,
                        "unit": line.unit,
                        "quantity_milli": 0,
                        "stores": set(),
                    },
                )
                row["quantity_milli"] += quantity
                row["stores"].add(one.paper.store_id)
        return [
            {**row, "stores": sorted(row["stores"])}
            for row in sorted(wanted.values(), key=lambda row: row["item_code"])
            if row["quantity_milli"]
        ]

    # ------------------------------------------------------------------ answering

    def answer(
        self,
        person: Person,
        store_id: str,
        document_uuid: str,
        granted: Mapping[int, int],
        note: str = "",
    ) -> Requisition:
        """Grant quantities line by line; a line that is not named is granted as asked for.

        Raises NotAllowed, LookupError, WrongState once it went into an order, OverAllocation.
        """
        rights.require(person.name, person.role, rights.REQUISITION_ANSWER)
        with self.dialect.transaction():
            asked = self.get(store_id, document_uuid)
            if asked.order_id:
                raise WrongState(f"this requisition went into {asked.order_id} already")
            lines: dict[int, int] = {}
            for line in asked.paper.lines:
                wanted = granted.get(line.line_no, line.quantity_milli)
                if not 0 <= wanted <= line.quantity_milli:
                    raise ValueError(
                        f"line {line.line_no}: expected 0 to {line.quantity_milli / 1000:g}"
                    )
                lines[line.line_no] = wanted
            self._check_allocation(asked, lines)
            total = sum(lines.values())
            if total == 0:
                verdict = Answer.REFUSED
            elif all(lines[one.line_no] == one.quantity_milli for one in asked.paper.lines):
                verdict = Answer.CONFIRMED
            else:
                verdict = Answer.LIMITED
            self._keep(person, asked.paper, verdict, note.strip()[:200], "", lines)
            self._tell(asked.paper, verdict, lines, note.strip()[:200], "", by=person.name)
            return self.get(store_id, document_uuid)

    def dispatch(
        self, person: Person, store_id: str, document_uuids: Sequence[str], note: str = ""
    ) -> OrderDocument:
        """Send what was granted on some requisitions of one store as one dispatch."""
        with self.dialect.transaction():
            found, lines = self._merged(store_id, document_uuids)
            made = Dispatching(self.orders).send(
                person, store_id=store_id, lines=lines, note=note, requisitions=document_uuids
            )
            self._went(person, found, made.order_id, Answer.DISPATCHED)
            return made

    def purchase(
        self,
        person: Person,
        store_id: str,
        document_uuids: Sequence[str],
        *,
        supplier_id: str,
        due_day: str,
    ) -> OrderDocument:
        """Draft a purchase order of what was granted on some requisitions of one store."""
        with self.dialect.transaction():
            found, lines = self._merged(store_id, document_uuids)
            made = Purchasing(self.orders).draft(
                person,
                store_id=store_id,
                supplier_id=supplier_id,
                due_day=due_day,
                lines=lines,
                requisitions=document_uuids,
            )
            self._went(person, found, made.order_id, None)
            return made

    # ----------------------------------------------------------------- allocation

    def allocate(
        self,
        person: Person,
        *,
        store_id: str,
        month: str,
        item_code: str,
        forecast_milli: int,
        factor_percent: int = 100,
    ) -> Allocation:
        """Set a month's allocation: forecast by seasonal factor, rounded down to whole units."""
        rights.require(person.name, person.role, rights.ALLOCATE)
        dt.date.fromisoformat(f"{month}-01")
        if not 0 <= forecast_milli <= 10**12 or not 0 <= factor_percent <= 1000:
            raise ValueError("expected a forecast, and a factor of 0 to 1000 per cent")
        cap = forecast_milli * factor_percent // 100 // 1000 * 1000
        with self.dialect.transaction():
            self.dialect.upsert(
                "allocation",
                (
                    "store_id",
                    "month",
                    "item_code",
                    "forecast_milli",
                    "factor_percent",
                    "cap_milli",
                    "set_by",
                    "set_utc_ms",
                ),
                [
                    (
                        store_id,
                        month,
                        item_code,
                        forecast_milli,
                        factor_percent,
                        cap,
                        person.name,
                        self.office.clock_ms(),
                    )
                ],
                "store_id, month, item_code",
                "forecast_milli = excluded.forecast_milli, cap_milli = excluded.cap_milli, "
                "factor_percent = excluded.factor_percent, set_by = excluded.set_by, "
                "set_utc_ms = excluded.set_utc_ms",
            )
            return self.allocations(store_id, month)[item_code]

    def allocations(self, store_id: str, month: str) -> dict[str, Allocation]:
        """A store's allocations of a month by item, with what was granted so far."""
        rows = self.dialect.query(
            "SELECT item_code, forecast_milli, factor_percent, cap_milli FROM allocation "
            "WHERE store_id = ? AND month = ? ORDER BY item_code",
            (store_id, month),
        )
        granted = self._granted(store_id, month) if rows else {}
        return {
            str(row[0]): Allocation(
                store_id=store_id,
                month=month,
                item_code=str(row[0]),
                forecast_milli=int(row[1]),
                factor_percent=int(row[2]),
                cap_milli=int(row[3]),
                granted_milli=granted.get(str(row[0]), 0),
            )
            for row in rows
        }

    def _granted(self, store_id: str, month: str, besides: str = "") -> dict[str, int]:
        rows = self.dialect.query(
            "SELECT document_uuid, body FROM requisition_answer WHERE store_id = ?", (store_id,)
        )
        found: dict[str, int] = {}
        for document_uuid, body in rows:
            kept = msgspec.json.decode(str(body), type=_Body)
            if document_uuid == besides or kept.month != month:
                continue
            for item_code, quantity in kept.items.items():
                found[item_code] = found.get(item_code, 0) + quantity
        return found

    def _check_allocation(self, asked: Requisition, lines: Mapping[int, int]) -> None:
        month = asked.paper.business_day[:7]
        caps = self.allocations(asked.paper.store_id, month)
        if not caps:
            return
        granted = self._granted(asked.paper.store_id, month, asked.paper.document_uuid)
        for item_code, wanted in _by_item(asked.paper, lines).items():
            cap = caps.get(item_code)
            left = None if cap is None else cap.cap_milli - granted.get(item_code, 0)
            if left is not None and wanted > max(left, 0):
                raise OverAllocation(
                    f"{item_code}: the allocation of {month} leaves {max(left, 0) / 1000:g}, "
                    f"{wanted / 1000:g} was granted"
                )

    # -------------------------------------------------------------------- helpers

    def _with_answer(self, paper: GoodsPaper) -> Requisition:
        row = self.dialect.one(
            "SELECT answer, answered_by, answered_utc_ms, note, order_id, body "
            "FROM requisition_answer WHERE store_id = ? AND document_uuid = ?",
            (paper.store_id, paper.document_uuid),
        )
        if row is None:
            return Requisition(paper=paper)
        return Requisition(
            paper=paper,
            answer=str(row[0]),
            answered_by=str(row[1]),
            answered_utc_ms=int(row[2]),
            note=str(row[3]),
            order_id=str(row[4]),
            granted=msgspec.json.decode(str(row[5]), type=_Body).granted,
        )

    def _merged(
        self, store_id: str, document_uuids: Sequence[str]
    ) -> tuple[list[Requisition], list[OrderLine]]:
        if not document_uuids:
            raise ValueError("expected at least one requisition")
        found = [self.get(store_id, one) for one in dict.fromkeys(document_uuids)]
        merged: dict[str, int] = {}
        for one in found:
            if one.order_id:
                raise WrongState(f"{one.paper.document_no} went into {one.order_id} already")
            if one.answer not in (Answer.CONFIRMED, Answer.LIMITED):
                raise WrongState(f"{one.paper.document_no}: answer it first")
            for item_code, quantity in _by_item(one.paper, one.granted).items():
                merged[item_code] = merged.get(item_code, 0) + quantity
        lines = [
            OrderLine(line_no=number, item_code=item_code, quantity_milli=quantity)
            for number, (item_code, quantity) in enumerate(merged.items(), start=1)
            if quantity
        ]
        return found, lines

    def _went(
        self,
        person: Person,
        found: Sequence[Requisition],
        order_id: str,
        verdict: Answer | None,
    ) -> None:
        for one in found:
            said = verdict or Answer(one.answer)
            self._keep(person, one.paper, said, one.note, order_id, one.granted)
            self._tell(one.paper, said, one.granted, one.note, order_id, by=person.name)

    def _keep(
        self,
        person: Person,
        paper: GoodsPaper,
        verdict: Answer,
        note: str,
        order_id: str,
        lines: Mapping[int, int],
    ) -> None:
        body = _Body(
            granted=dict(lines), items=_by_item(paper, lines), month=paper.business_day[:7]
        )
        self.dialect.upsert(
            "requisition_answer",
            (
                "store_id",
                "document_uuid",
                "answer",
                "answered_by",
                "answered_utc_ms",
                "note",
                "order_id",
                "body",
            ),
            [
                (
                    paper.store_id,
                    paper.document_uuid,
                    verdict.value,
                    person.name,
                    self.office.clock_ms(),
                    note,
                    order_id,
                    msgspec.json.encode(body).decode(),
                )
            ],
            "store_id, document_uuid",
            "answer = excluded.answer, answered_by = excluded.answered_by, note = excluded.note, "
            "answered_utc_ms = excluded.answered_utc_ms, order_id = excluded.order_id, "
            "body = excluded.body",
        )

    def _tell(
        self,
        paper: GoodsPaper,
        verdict: Answer,
        lines: Mapping[int, int],
        note: str,
        order_id: str,
        *,
        by: str,
    ) -> None:
        """Tell the store: quantity is what it asked for, `done_milli` what it gets."""
        fields = {"answer": verdict.value, "requisition_no": paper.document_no}
        if order_id:
            fields["order_id"] = order_id
        order = Order(
            order_id=paper.document_uuid,
            order_no=paper.document_no,
            order_kind=OrderKind.REQUISITION.value,
            state="done" if verdict in (Answer.REFUSED, Answer.DISPATCHED) else "open",
            counterparty_id=paper.counterparty_id,
            counterparty_name=paper.counterparty_name,
            lines=tuple(
                OrderLine(
                    line_no=line.line_no,
                    item_code=line.item_code,
                    quantity_milli=line.quantity_milli,
                    description=line.description,
                    unit=line.unit,
                    done_milli=lines.get(line.line_no, 0),
                )
                for line in paper.lines
            ),
            fields=fields,
            note=note,
        )
        kept = self.orders.find(paper.store_id, order.order_id)
        self.orders.publish_order(paper.store_id, order, by=by)
        if kept is not None:
            state = ENDED_STATES[1] if order.state == "done" else OPEN_STATES[0]
            told = self.orders.get(paper.store_id, order.order_id)
            self.orders.save(msgspec.structs.replace(told, state=state))
            self.orders.note(paper.store_id, order.order_id, verdict.value, state, by=by)


class _Body(msgspec.Struct, frozen=True, kw_only=True):
    granted: dict[int, int]
    items: dict[str, int]
    month: str


def _by_item(paper: GoodsPaper, lines: Mapping[int, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in paper.lines:
        quantity = lines.get(line.line_no, 0)
        found[line.item_code] = found.get(line.item_code, 0) + quantity
    return found
