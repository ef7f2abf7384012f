"""Requisitions: a plan becomes one document for head office or a supplier; what was answered.

A requisition moves nothing (SUP-03). Head office answers it line by line, and what it then orders
or sends comes down as an order of its own (HO-02). A lone shop prints it for the supplier.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import Order, Supplier
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.planning.warnings import Kind, Warned
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.receipt.goods_plan import explained, plan_slip, requisition_slip
from pos.receipt.words import Words
from pos.services import catalogue, printing
from pos.services.context import Till
from pos.services.goods import documents
from pos.services.goods.on_the_way import answers_of
from pos.services.goods.planning import Plan, PlanLine, today_of
from pos.services.reporting import facts_of
from pos.store import goods_planning
from pos.store.goods_planning import AskedLine, SupplierFigure

RIGHT = "stock.order"
SHOWN_DAYS = 60
"""How far back requisitions are listed."""


class Picked(msgspec.Struct, frozen=True):
    """A line of the plan with the quantity that a person decided on."""

    line: PlanLine
    quantity_milli: int


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """A requisition and what became of it."""

    document_uuid: str
    document_no: str
    business_day: str
    lines: tuple[AskedLine, ...]
    answer: Order | None = None

    @property
    def verdict(self) -> str:
        """confirmed, limited, refused, dispatched, or empty while nobody answered."""
        return "" if self.answer is None else self.answer.fields.get("answer", "")

    def granted_milli(self, line_no: int) -> int | None:
        """What head office grants of a line; None while it has not answered."""
        if self.answer is None:
            return None
        return sum(one.done_milli for one in self.answer.lines if one.line_no == line_no)


def ask(
    till: Till,
    plan: Plan,
    supplier: Supplier | None,
    picked: Sequence[Picked],
    *,
    note: str = "",
    paper: bool = True,
) -> documents.Posted | Refusal:
    """Make a requisition of the picked lines and send it on its way (one key, REP-05)."""
    if till.operator is None or not till.operator.role.may(RIGHT):
        return Refusal("no_right", N_("you may not ask for goods; a counter head or manager may"))
    wanted = [one for one in picked if one.quantity_milli > 0]
    if not wanted:
        return Refusal("no_lines", N_("nothing is on this document yet"))
    due = min(one.line.proposal.cover.arrives for one in wanted)
    document = GoodsDocument(
        document_uuid="",
        document_kind=DocumentKind.REQUISITION,
        document_no="",
        counterparty_id=supplier.supplier_id if supplier is not None else "",
        counterparty_name=supplier.name if supplier is not None else "",
        due_day=due.isoformat(),
        note=note,
        lines=tuple(_line(till, plan, n, one) for n, one in enumerate(wanted, start=1)),
    )
    facts, at = facts_of(till), till.local_iso()

    def slips(posted: GoodsDocument) -> list[Document]:
        return [requisition_slip(posted, facts, at)] if paper else []

    return documents.post(till, document, slips=slips)


def asked(till: Till) -> list[Asked]:
    """Requisitions of the last weeks with their answers, the latest first."""
    since = today_of(till).toordinal() - SHOWN_DAYS
    day = today_of(till).fromordinal(since).isoformat()
    answers = answers_of(till)
    by_document: dict[str, list[AskedLine]] = {}
    for line in goods_planning.asked_for(till.journal.reader(), day):
        by_document.setdefault(line.document_uuid, []).append(line)
    found = [
        Asked(
            document_uuid=uuid,
            document_no=lines[0].document_no,
            business_day=lines[0].business_day,
            lines=tuple(lines),
            answer=answers.get(uuid),
        )
        for uuid, lines in by_document.items()
    ]
    return found[::-1]


def suggest_promotion(till: Till, warned: Warned, note: str = "") -> Future[Any] | Refusal:
    """Tell head office that something moves too slowly to be left alone (REP-05)."""
    if till.operator is None or not till.operator.role.may(RIGHT):
        return Refusal("no_right", N_("you may not ask for goods; a counter head or manager may"))
    return documents.note(
        till,
        RegisterNoted(
            register=Register.PLANNING,
            subject=warned.item_code,
            action="promotion_suggested",
            item_code=warned.item_code,
            batch=warned.batch,
            quantity_milli=warned.quantity_milli,
            fields={"kind": warned.kind.value, "days": str(warned.days), "note": note},
        ),
    )


PROMOTED = frozenset({Kind.OVER, Kind.DEAD, Kind.SLOW, Kind.NEAR_EXPIRY})
"""Warnings that a promotion may help against; the others need goods or a count."""


def print_plan(till: Till, plan: Plan, lines: Sequence[PlanLine], title: str) -> str:
    """Print the plan with its sentences; gives the print job's id."""
    facts = facts_of(till)
    words = Words(facts.language)
    rows = []
    for line in lines:
        item = catalogue.find_item(till, line.item_code)
        name = words.name(item.name, item.name_en) if item is not None else line.item_code
        quantity = _with_unit(line.proposal.quantity_milli, item.unit if item else "")
        rows.append((name, quantity, explained(line.proposal, plan.today.toordinal(), words)))
    note = words(N_("Sales of this till alone")) if plan.own_sales else ""
    slip = plan_slip(rows, facts, till.local_iso(), title, note)
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    saved = till.write(lambda txn: printing.insert_job(txn, job_id, "goods_plan", slip, created))
    printing.submit_when_saved(till, saved, job_id)
    return job_id


def supplier_figures(till: Till) -> list[SupplierFigure]:
    """Reject rate, lateness and price trend of each supplier by this till's receipts (SUP-01)."""
    day = today_of(till)
    return goods_planning.supplier_figures(
        till.journal.reader(), day.replace(year=day.year - 1, day=1).isoformat()
    )


def _line(till: Till, plan: Plan, number: int, picked: Picked) -> GoodsLine:
    proposal = picked.line.proposal
    item = catalogue.find_item(till, picked.line.item_code)
    words = Words(till.settings.receipt.language)
    return GoodsLine(
        line_no=number,
        item_code=picked.line.item_code,
        quantity_milli=picked.quantity_milli,
        description=item.name if item is not None else "",
        spec=item.spec if item is not None else "",
        unit=item.unit if item is not None else "",
        item_class=item.item_class if item is not None else "",
        expected_milli=proposal.quantity_milli,
        unit_cost_e4=picked.line.cost_e4,
        reason=proposal.why.value,
        note=explained(proposal, plan.today.toordinal(), words),
    )


def _with_unit(quantity_milli: int, unit: str) -> str:
    return f"{format_quantity(quantity_milli)} {unit}".rstrip()
