"""Requisitions that people fill themselves: by scan, by search, or off a warning (SUP-03, REP-04).

A draft is for one supplier, or for head office to say whom; it has the day by which the goods are
wanted. It lives among the other drafts until it is asked for, and moves nothing (`requisitions`).
"""

from __future__ import annotations

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import Supplier, SupplierState
from pos.domain.item import Item
from pos.domain.planning.warnings import Warned
from pos.domain.quantity import ONE
from pos.i18n import N_
from pos.receipt.goods_plan import requisition_slip
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import documents, drafting, stock
from pos.services.goods.days import stock_day
from pos.services.goods.planning import Plan
from pos.services.goods.requisitions import RIGHT
from pos.services.reporting import facts_of
from pos.store import goods_reference
from pos.store.goods_drafts import StoredDraft

_NO_RIGHT = N_("you may not ask for goods; a counter head or manager may")


class Added(msgspec.Struct, frozen=True):
    """An item on a draft; `new` is false where it was there already and was left as it was."""

    draft: StoredDraft
    line: GoodsLine
    new: bool


def may_ask(till: Till) -> bool:
    """Whether who is signed on may ask for goods."""
    return till.operator is not None and till.operator.role.may(RIGHT)


def drafts(till: Till) -> list[StoredDraft]:
    """Requisitions that are not asked for yet, the one touched last first."""
    till.journal.run(lambda _txn: None)  # what was put on one a moment ago is on it
    return drafting.drafts(till, DocumentKind.REQUISITION)


def suppliers(till: Till) -> list[Supplier]:
    """Whom goods may be asked of, by name."""
    found: list[Supplier] = till.reference.ask(goods_reference.suppliers, [])
    kept = [one for one in found if one.state != SupplierState.DROPPED]
    return sorted(kept, key=lambda one: (one.name, one.supplier_id))


def begin(
    till: Till, supplier: Supplier | None = None, wanted_day: str = ""
) -> StoredDraft | Refusal:
    """Start a draft for a supplier, or for head office to say whom."""
    if not may_ask(till):
        return Refusal("no_right", _NO_RIGHT)
    refusal = _past(till, wanted_day)
    if refusal is not None:
        return refusal
    document = GoodsDocument(
        document_uuid="",
        document_kind=DocumentKind.REQUISITION,
        document_no="",
        counterparty_id=supplier.supplier_id if supplier is not None else "",
        counterparty_name=supplier.name if supplier is not None else "",
        due_day=wanted_day,
    )
    return drafting.begin(till, document)


def put(till: Till, draft: StoredDraft, item: Item, quantity_milli: int) -> Added:
    """Add a quantity of an item; one line an item."""
    lines = draft.document.lines
    line = next((one for one in lines if one.item_code == item.item_code), None)
    new = line is None
    if line is None:
        number = max((one.line_no for one in lines), default=0) + 1
        line = _line(till, item, number)
    line = msgspec.structs.replace(line, quantity_milli=line.quantity_milli + quantity_milli)
    return Added(drafting.put_line(till, draft, line), line, new)


def set_quantity(
    till: Till, draft: StoredDraft, line_no: int, quantity_milli: int
) -> StoredDraft | Refusal:
    """Say how much of a line is wanted; none takes it off."""
    line = next((one for one in draft.document.lines if one.line_no == line_no), None)
    if line is None:
        return Refusal("no_document_line", N_("there is no such line"))
    if quantity_milli <= 0:
        return drafting.drop_line(till, draft, line_no)
    changed = msgspec.structs.replace(line, quantity_milli=quantity_milli)
    return drafting.put_line(till, draft, changed)


def set_supplier(till: Till, draft: StoredDraft, supplier: Supplier | None) -> StoredDraft:
    """Say whom the goods are asked of; None leaves it to head office."""
    document = msgspec.structs.replace(
        draft.document,
        counterparty_id=supplier.supplier_id if supplier is not None else "",
        counterparty_name=supplier.name if supplier is not None else "",
    )
    return drafting.change(till, draft, document)


def set_wanted_day(till: Till, draft: StoredDraft, day: str) -> StoredDraft | Refusal:
    """Say by when the goods are wanted."""
    refusal = _past(till, day)
    if refusal is not None:
        return refusal
    return drafting.change(till, draft, msgspec.structs.replace(draft.document, due_day=day))


def add_warned(till: Till, plan: Plan, warned: Warned) -> Added | Refusal:
    """Put what runs out on the draft of its supplier, as much as the plan proposes (REP-04).

    What no plan proposes is filled to its minimum. An item that a draft has already stays as it is.
    """
    if not may_ask(till):
        return Refusal("no_right", _NO_RIGHT)
    code = warned.item_code
    item = catalogue.find_item(till, code)
    if item is None:
        return Refusal("unknown_item", N_("this till does not know these goods"))
    open_drafts = drafts(till)
    for draft in open_drafts:
        for line in draft.document.lines:
            if line.item_code == code:
                return Added(draft, line, new=False)
    proposed = next((one for one in plan.lines if one.item_code == code), None)
    supplier_id = proposed.supplier_id if proposed is not None else ""
    quantity = max(warned.limit_milli - warned.quantity_milli, ONE)
    wanted = ""
    if proposed is not None:
        quantity = proposed.proposal.quantity_milli or quantity
        wanted = proposed.proposal.cover.arrives.isoformat()
    found = next((d for d in open_drafts if d.document.counterparty_id == supplier_id), None)
    if found is None:
        begun = begin(till, plan.suppliers.get(supplier_id), max(wanted, stock_day(till)))
        if isinstance(begun, Refusal):
            return begun
        found = begun
    return put(till, found, item, quantity)


def ask(till: Till, draft: StoredDraft) -> documents.Posted | Refusal:
    """Post the draft as a requisition and print it."""
    if not may_ask(till):
        return Refusal("no_right", _NO_RIGHT)
    document = draft.document
    if not document.lines:
        return Refusal("no_lines", N_("nothing is on this document yet"))
    if any(line.quantity_milli <= 0 for line in document.lines):
        return Refusal("no_quantity", N_("a line has no quantity"))
    if not document.due_day:
        return Refusal("no_day", N_("say by when the goods are wanted"))
    refusal = _past(till, document.due_day)
    if refusal is not None:
        return refusal
    facts, at = facts_of(till), till.local_iso()

    def slips(posted: GoodsDocument) -> list[Document]:
        return [requisition_slip(posted, facts, at)]

    return documents.post(till, draft, slips=slips)


def _past(till: Till, day: str) -> Refusal | None:
    if day and day < stock_day(till):
        return Refusal("day_past", N_("this day is over: say a later one"), {"day": day})
    return None


def _line(till: Till, item: Item, number: int) -> GoodsLine:
    return GoodsLine(
        line_no=number,
        item_code=item.item_code,
        quantity_milli=0,
        description=item.name,
        spec=item.spec,
        unit=item.unit,
        item_class=item.item_class,
        unit_cost_e4=stock.unit_cost_e4(till, item.item_code),
    )
