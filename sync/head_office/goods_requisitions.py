"""Requisitions from stores: shown, answered within the allocation, made into orders (SUP-03, HO-02).

A store's requisition is a booked document of kind `requisition`. The answer goes down as an order
of the same kind, whose id is the document's: confirmed, limited, refused, dispatched. Requisitions of
one store are merged into one dispatch or one purchase order, with lines of the same item added up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

import msgspec

from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from sync.head_office import goods_received, rights
from sync.head_office.goods_allocations import Allowances, Granted
from sync.head_office.goods_dispatching import Dispatching
from sync.head_office.goods_orders import GoodsOrders, WrongState
from sync.head_office.goods_purchasing import Purchasing
from sync.head_office.goods_received import GoodsPaper
from sync.head_office.order_documents import ENDED_STATES, OPEN_STATES, OrderDocument
from sync.head_office.people import Person
from sync.head_office.refusals import refused

SHOWN_DAYS = 120
"""Older requisitions are not listed any more; by their own number they are found."""


class Answer(StrEnum):
    """What a store hears about its requisition."""

    CONFIRMED = "confirmed"
    LIMITED = "limited"
    REFUSED = "refused"
    DISPATCHED = "dispatched"


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


class Requisitions:
    """Requisitions of one head office's stores. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.orders = orders
        self.office = orders.office
        self.dialect = orders.dialect
        self.allowances = Allowances(orders)

    # -------------------------------------------------------------------- reading

    def all(self, *, store_id: str = "", limit: int = 100) -> list[Requisition]:
        """Requisitions of the last weeks with their answers, the latest first."""
        found = goods_received.papers(
            self.dialect,
            ("requisition",),
            store_id=store_id,
            since_day=goods_received.day_before(self.office.clock_ms(), SHOWN_DAYS),
            limit=limit,
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
                    raise refused(
                        f"granted-{line.line_no}",
                        N_("%(item)s: expected 0 to %(most)s."),
                        item=line.item_code,
                        most=format_quantity(line.quantity_milli),
                    )
                lines[line.line_no] = wanted
            self.allowances.check(
                store_id,
                asked.paper.business_day[:7],
                _by_item(asked.paper, lines),
                besides=document_uuid,
            )
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
            granted=msgspec.json.decode(str(row[5]), type=Granted).granted,
        )

    def _merged(
        self, store_id: str, document_uuids: Sequence[str]
    ) -> tuple[list[Requisition], list[OrderLine]]:
        if not document_uuids:
            raise refused("document", N_("Choose at least one requisition."))
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
        body = Granted(
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


def _by_item(paper: GoodsPaper, lines: Mapping[int, int]) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in paper.lines:
        quantity = lines.get(line.line_no, 0)
        found[line.item_code] = found.get(line.item_code, 0) + quantity
    return found
