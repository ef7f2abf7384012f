"""Goods that leave or are set apart: returned, scrapped, sent, judged (RET-03, RET-04, RET-11, STK-14).

All are drafts of the one machine (`documents`): filled line by line, made ready (values, approval of
what the books do not have), signed by two people, posted with their paper.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

import msgspec

from drivers.document import Document
from pos.config import Reason
from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.money import extended_amount
from pos.domain.quantity import ONE
from pos.i18n import N_
from pos.receipt.goods_leaving import leaving_slip
from pos.services import catalogue, reporting
from pos.services.context import (
    Authorised,
    Grant,
    NeedsApproval,
    Till,
    authorise,
    spend,
)
from pos.services.goods import documents, drafting, stock
from pos.services.goods.documents import Posted
from pos.services.goods.rules import rule_for
from pos.services.goods.scanning import Scanned
from pos.store import units
from pos.store.goods_drafts import StoredDraft
from pos.store.units import Unit

SUPPLIER, GOODS_DEPARTMENT = "supplier", "goods_department"
"""Who takes goods back: `source` of a supplier return."""

REJECTED = "rejected"
"""`source` of a return of goods that were never accepted: they are in no stock to leave it."""

BEYOND = "beyond_on_hand"
"""Finding on a document that took more than the books had, approved or since it was signed."""

_OUT_OF_JUDGE = (DocumentKind.JUDGED, DocumentKind.JUDGED_OUT)


class Beyond(msgspec.Struct, frozen=True, kw_only=True):
    """An item of which more is to leave than the books have."""

    item_code: str
    description: str
    wanted_milli: int
    on_hand_milli: int


class Value(msgspec.Struct, frozen=True, kw_only=True):
    """What the goods of a document are worth, in minor units."""

    retail_minor: int
    cost_minor: int | None
    """None while a line's cost is not known."""


# ------------------------------------------------------------------------------------ drafts


def begin(
    till: Till,
    kind: DocumentKind,
    *,
    partner_id: str = "",
    partner_name: str = "",
    reference: str = "",
    reference_no: str = "",
    reason: str = "",
    driver: str = "",
    note: str = "",
    source: str = "",
    lines: Sequence[GoodsLine] = (),
) -> StoredDraft | Refusal:
    """Start a document of goods that leave; refused where nobody takes them."""
    if kind is DocumentKind.SUPPLIER_RETURN and not (partner_id or partner_name):
        return Refusal("no_partner", N_("who takes the goods back? Choose the supplier"))
    if kind is DocumentKind.TRANSFER_OUT:
        if not (partner_id or partner_name):
            return Refusal("no_partner", N_("to which store do the goods go?"))
        if partner_id == till.journal.identity.store_id:
            return Refusal("own_store", N_("goods cannot be sent to this very store"))
    return drafting.begin(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=kind,
            document_no="",
            source=source,
            reference=reference,
            reference_no=reference_no,
            counterparty_id=partner_id,
            counterparty_name=partner_name or partner_id,
            deliverer_name=driver,
            reason=reason,
            note=note,
            lines=tuple(lines),
        ),
    )


def put(
    till: Till, draft: StoredDraft, scanned: Scanned, quantity_milli: int, reason: str = ""
) -> tuple[StoredDraft, int] | Refusal:
    """Count a scan onto the draft; gives it with the number of the line that grew.

    One line for each item, batch and reason. A unit with a number of its own is there once.
    """
    reason = reason or draft.document.reason
    code = scanned.unit_code
    unit = unit_of(till, scanned) if code else None
    if unit is not None:
        if not unit.in_shop and draft.document.source != REJECTED:
            return Refusal(
                "unit_not_here",
                N_("this very piece is not in the shop: it was sold, lent or sent away"),
                {"code": unit.unit_code},
            )
        code = unit.unit_code
        scanned = msgspec.structs.replace(
            scanned, unit_code=code, batch=scanned.batch or unit.batch
        )
    if code and any(code in line.unit_codes for line in draft.document.lines):
        return Refusal("unit_twice", N_("this very piece is on the document already"))
    key = (scanned.item.item_code, scanned.batch, reason)
    line = next(
        (
            one
            for one in draft.document.lines
            if (one.item_code, one.batch, one.reason) == key and bool(one.unit_codes) == bool(code)
        ),
        None,
    )
    if line is None:
        number = max((one.line_no for one in draft.document.lines), default=0) + 1
        line = new_line(till, scanned, number, reason)
    quantity = line.quantity_milli + quantity_milli
    units = (*line.unit_codes, code) if code else line.unit_codes
    line = msgspec.structs.replace(line, unit_codes=units, **_placed(draft.document, quantity))
    return drafting.put_line(till, draft, line), line.line_no


def unit_of(till: Till, scanned: Scanned) -> Unit | None:
    """The piece that was scanned, by the number it came in with; None when nobody knows it here."""
    names = [name for name in (scanned.unit_code, scanned.serial) if name]
    return units.unit(till.journal.reader(), scanned.item.item_code, names)


def new_line(till: Till, scanned: Scanned, number: int, reason: str = "") -> GoodsLine:
    """An empty line of what was scanned."""
    item = scanned.item
    return GoodsLine(
        line_no=number,
        item_code=item.item_code,
        quantity_milli=0,
        description=item.name,
        spec=item.spec,
        unit=item.unit,
        item_class=item.item_class,
        unit_cost_e4=stock.unit_cost_e4(till, item.item_code),
        batch=scanned.batch,
        production_day=scanned.production_day,
        expiry=scanned.expiry,
        barcode=scanned.barcode,
        reason=reason,
    )


def set_quantity(
    till: Till, draft: StoredDraft, line_no: int, quantity_milli: int
) -> StoredDraft | Refusal:
    """Type a line's quantity; none takes it off."""
    line = next((one for one in draft.document.lines if one.line_no == line_no), None)
    if line is None:
        return Refusal("no_document_line", N_("there is no such line"))
    if quantity_milli <= 0:
        return drafting.drop_line(till, draft, line_no)
    if line.unit_codes and quantity_milli != len(line.unit_codes) * ONE:
        return Refusal("unit_count", N_("as many serial numbers as pieces are needed, each once"))
    changed = msgspec.structs.replace(line, **_placed(draft.document, quantity_milli))
    return drafting.put_line(till, draft, changed)


def set_line(till: Till, draft: StoredDraft, line_no: int, **facts: str) -> StoredDraft:
    """Say more of a line: `batch`, `expiry`, `reason`, `note`."""
    line = next(one for one in draft.document.lines if one.line_no == line_no)
    return drafting.put_line(till, draft, msgspec.structs.replace(line, **facts))


def pieces_milli(line: GoodsLine) -> int:
    """How much a line is about, whether or not it is in stock."""
    return line.quantity_milli or line.rejected_milli


# ------------------------------------------------------------------------- ready, signed, posted


def value(till: Till, document: GoodsDocument) -> Value:
    """What the goods are worth: at today's price and, where it is known, at cost (STK-14)."""
    retail, cost, known = 0, 0, True
    for line in document.lines:
        item = catalogue.find_item(till, line.item_code)
        retail += extended_amount(
            (item.unit_price_e4 if item is not None else None) or 0, pieces_milli(line)
        )
        if line.unit_cost_e4 is None:
            known = False
        else:
            cost += extended_amount(line.unit_cost_e4, pieces_milli(line))
    return Value(retail_minor=retail, cost_minor=cost if known else None)


def beyond(till: Till, document: GoodsDocument) -> list[Beyond]:
    """Items of which more is to leave than is there, by item and by batch."""
    wanted: dict[str, int] = defaultdict(int)
    by_batch: dict[tuple[str, str], int] = defaultdict(int)
    names: dict[str, str] = {}
    for line in document.lines:
        wanted[line.item_code] += line.quantity_milli
        names[line.item_code] = line.description or line.item_code
        if line.batch:
            by_batch[line.item_code, line.batch] += line.quantity_milli
    judged = document.document_kind in _OUT_OF_JUDGE
    found = []
    for item_code, milli in wanted.items():
        there = stock.on_hand(till, item_code)
        have = there.judge_milli if judged else there.shop_milli
        batches = {} if judged else {b.batch: b for b in stock.batches(till, item_code)}
        for (code, batch), batch_milli in by_batch.items():
            in_batch = batches[batch].quantity_milli if batch in batches else 0
            if code == item_code and batches and batch_milli > in_batch:
                have = min(have, milli - batch_milli + in_batch)
        if milli > have:
            found.append(
                Beyond(
                    item_code=item_code,
                    description=names[item_code],
                    wanted_milli=milli,
                    on_hand_milli=have,
                )
            )
    return found


def ready(
    till: Till, draft: StoredDraft, approval: Grant | None = None
) -> StoredDraft | Refusal | NeedsApproval:
    """Make a draft ready for its first signature.

    Every line has its reason, batch and serial numbers where its class asks; scrap and returns say
    what they are worth; more than the books have needs the rule `goods.beyond_on_hand`.
    """
    document = draft.document
    refusal = _incomplete(till, document)
    if refusal is not None:
        return refusal
    fields = dict(document.fields)
    if document.document_kind in (DocumentKind.SCRAP, DocumentKind.SUPPLIER_RETURN):
        worth = value(till, document)
        fields["retail_minor"] = str(worth.retail_minor)
        fields.pop("cost_minor", None)
        if worth.cost_minor is not None:
            fields["cost_minor"] = str(worth.cost_minor)
    approver = document.approver_id
    too_much = beyond(till, document)
    if too_much and not approver:
        allowed = allow_beyond(till, too_much, approval)
        if not isinstance(allowed, Authorised):
            return allowed
        approver = allowed.approver_id or till.operator_id
        if approval is not None:
            till.write(spend(till, approval))
    elif not too_much:
        approver = ""
    changed = msgspec.structs.replace(document, fields=fields, approver_id=approver)
    return draft if changed == document else drafting.change(till, draft, changed)


def allow_beyond(
    till: Till, too_much: Sequence[Beyond], approval: Grant | None
) -> Authorised | Refusal | NeedsApproval:
    """Whether more may leave than the books have (rule `goods.beyond_on_hand`)."""
    detail = ", ".join(one.description for one in too_much[:3])
    return authorise(till, "goods.beyond_on_hand", detail=detail, approval=approval)


def post(till: Till, draft: StoredDraft) -> Posted | Refusal:
    """Post what two people have signed, and print it; what the books lack by now travels with it."""
    document = draft.document
    refusal = _incomplete(till, document)
    if refusal is not None:
        return refusal
    if beyond(till, document) and BEYOND not in document.review:
        document = msgspec.structs.replace(document, review=(*document.review, BEYOND))
    facts, at = reporting.facts_of(till), till.local_iso()
    reasons = reason_names(till, document.document_kind)
    copies = 1 if document.document_kind in (DocumentKind.SCRAP, DocumentKind.JUDGED) else 2

    def slips(posted: GoodsDocument) -> Sequence[Document]:
        return [leaving_slip(posted, facts, at, reasons)] * copies

    return documents.post(till, msgspec.structs.replace(draft, document=document), slips=slips)


def reasons_of(till: Till, kind: DocumentKind) -> tuple[Reason, ...]:
    """The shop's reasons for a kind of document."""
    groups = till.settings.reasons
    return {
        DocumentKind.SUPPLIER_RETURN: groups.supplier_return,
        DocumentKind.SCRAP: groups.scrap,
        DocumentKind.TRANSFER_OUT: groups.transfer,
        DocumentKind.LOAN_OUT: groups.loan,
        DocumentKind.TO_JUDGE: groups.set_apart,
        DocumentKind.JUDGED_OUT: groups.supplier_return,
    }.get(kind, groups.set_apart)


def reason_names(till: Till, kind: DocumentKind) -> dict[str, tuple[str, str]]:
    """Reason id → name and English name; an id that several kinds have is this kind's."""
    groups = till.settings.reasons
    every = (
        *groups.supplier_return,
        *groups.scrap,
        *groups.transfer,
        *groups.loan,
        *groups.set_apart,
        *reasons_of(till, kind),
    )
    return {one.id: (one.name, one.name_en or one.name) for one in every}


# ----------------------------------------------------------------------------------- helpers


def _placed(document: GoodsDocument, quantity_milli: int) -> dict[str, int]:
    """Where a quantity stands: goods never accepted leave no stock."""
    if document.source == REJECTED:
        return {"quantity_milli": 0, "rejected_milli": quantity_milli}
    return {"quantity_milli": quantity_milli}


def _incomplete(till: Till, document: GoodsDocument) -> Refusal | None:
    if not document.lines:
        return Refusal("no_lines", N_("nothing is on this document yet"))
    for line in document.lines:
        name: dict[str, str | int] = {"item": line.description or line.item_code}
        if not pieces_milli(line):
            return Refusal("no_quantity", N_("a line has no quantity"), name)
        if not (line.reason or document.reason) and document.document_kind not in (
            DocumentKind.JUDGED,
            DocumentKind.LOAN_RETURN,
        ):
            return Refusal("reason_missing", N_("choose a reason"), name)
        item = catalogue.find_item(till, line.item_code)
        rule = rule_for(till, item) if item is not None else None
        if rule is None or document.source == REJECTED:
            continue
        if rule.batch_tracked and not line.batch:
            return Refusal("line_without_batch", N_("the batch of these goods is needed"), name)
        if rule.serial_tracked and len(line.unit_codes) * ONE != line.quantity_milli:
            return Refusal("line_without_numbers", N_("scan the number of each piece"), name)
    return None
