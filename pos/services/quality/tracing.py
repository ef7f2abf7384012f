"""追溯: from a batch, a serial number or a slip to where goods came from and went to (QLT-14)."""

from __future__ import annotations

import msgspec

from pos.domain.barcode import Gs1Message, ReceiptNumber, ScanContext, TraceCode, classify
from pos.domain.barcode import lookup_keys as keys_of
from pos.domain.goods.documents import DocumentKind
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import coming_back, stock
from pos.services.journal_reading import find_transaction
from pos.store import goods_ledgers, stock_ledger, units

_PAGE = 500
_MOST = 5_000


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One movement of the goods traced, with both its papers."""

    business_day: str
    reason: str
    """Reason of the movement: receipt, sale, return, transfer_out, scrap …"""

    document_no: str
    quantity_milli: int
    batch: str = ""
    unit_code: str = ""
    partner: str = ""
    """Supplier, other store, buyer, member."""

    partner_paper: str = ""
    """Number of the supplier's delivery note."""

    operator_id: str = ""
    expiry: str = ""


class Trace(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that this till knows of one batch or unit of one item."""

    item_code: str
    name: str
    name_en: str = ""
    batch: str = ""
    unit_code: str = ""
    expiry: str = ""
    production_day: str = ""
    came: tuple[Step, ...] = ()
    went: tuple[Step, ...] = ()
    in_shop_milli: int = 0
    from_slip: str = ""
    """The slip that the question began with."""


def trace(till: Till, code: str, symbology_id: str | None = None) -> list[Trace]:
    """Trace what was scanned or typed: a slip's number, a batch, a serial number, a pack's code.

    Forward (batch → slips) and back (slip → line → batch → receipt → supplier's note) are one
    answer; closed years are read too. Empty when nothing here bears it.
    """
    text = code.strip()
    if not text:
        return []
    found = classify(
        text,
        symbology_id=symbology_id,
        layouts=till.layouts,
        context=ScanContext.RETURN,
        today_year=till.year,
    )
    number = found.text if isinstance(found, ReceiptNumber) else text
    if find_transaction(till.journal.reader(), number) is not None:
        return of_slip(till, number)
    if isinstance(found, Gs1Message):
        hit = catalogue.find(till, keys_of(found))
        if hit is not None and found.serial:
            return _of_unit(till, hit.item.item_code, coming_back.names_of(till, text))
        if hit is not None and found.batch:
            return [of_batch(till, hit.item.item_code, found.batch)]
    if isinstance(found, TraceCode):
        text = found.text
    item_code, unit = stock.unit_named(till, text)
    if unit is not None:
        return _of_unit(till, item_code, {text, unit.unit_code})
    return [
        of_batch(till, item_code, text)
        for item_code in units.items_of_batch(till.journal.reader(), text)
    ]


def of_slip(till: Till, transaction_no: str) -> list[Trace]:
    """Back from a slip: each line that names a batch or unit, to its receipt and supplier."""
    stored = find_transaction(till.journal.reader(), transaction_no)
    traces = []
    for line in stored.transaction.lines if stored is not None else ():
        if not line.item_code or not (line.batch or line.unit_code):
            continue
        batch, unit_code = line.batch, line.unit_code
        one = _traced(till, line.item_code, batch, "" if batch else unit_code)
        traces.append(msgspec.structs.replace(one, unit_code=unit_code, from_slip=transaction_no))
    return traces


def of_batch(till: Till, item_code: str, batch: str) -> Trace:
    """Forward and back from a batch of an item."""
    return _traced(till, item_code, batch, "")


def _of_unit(till: Till, item_code: str, names: set[str]) -> list[Trace]:
    return [
        one
        for name in sorted(names)
        for one in [_traced(till, item_code, "", name)]
        if one.came or one.went
    ]


def _traced(till: Till, item_code: str, batch: str, unit_code: str) -> Trace:
    item = catalogue.find_item(till, item_code)
    moves = _moves(till, item_code, batch, unit_code)
    if unit_code and not batch:
        batch = next((one.batch for one in moves if one.batch), "")
    facts = units.batch(till.journal.reader(), item_code, batch) if batch else None
    steps = [_step(till, one) for one in moves if not one.place]
    return Trace(
        item_code=item_code,
        name=item.name if item is not None else item_code,
        name_en=item.name_en if item is not None else "",
        batch=batch,
        unit_code=unit_code,
        expiry=facts.expiry if facts is not None else "",
        production_day=facts.production_day if facts is not None else "",
        came=tuple(one for one in steps if one.quantity_milli > 0),
        went=tuple(one for one in steps if one.quantity_milli <= 0),
        in_shop_milli=sum(one.quantity_milli for one in steps),
    )


def _moves(till: Till, item_code: str, batch: str, unit_code: str) -> list[stock_ledger.Movement]:
    found: list[stock_ledger.Movement] = []
    before: tuple[int, int] | None = None
    while len(found) < _MOST:
        page = stock.history(
            till, item_code, before, _PAGE, batch=batch or None, unit_code=unit_code
        )
        found += page
        if len(page) < _PAGE:
            break
        before = page[-1].cursor
    return [one for one in reversed(found) if one.reason != "carried_forward"]


def _step(till: Till, move: stock_ledger.Movement) -> Step:
    reader = till.journal.reader()
    partner = paper = expiry = ""
    if move.reason in ("sale", "return", "void"):
        stored = find_transaction(reader, move.document_no)
        partner = stored.transaction.member_id if stored is not None else ""
        for note in goods_ledgers.notes(reader, "device_sale", move.document_no):
            partner = note.fields.get("buyer", "") or partner
    elif move.document_no:
        document = goods_ledgers.by_number(reader, move.document_no)
        if document is not None:
            body = document.document
            partner = body.counterparty_name or body.counterparty_id
            paper = body.reference_no or body.reference
            expiry = next((one.expiry for one in body.lines if one.batch == move.batch), "")
            if body.document_kind is DocumentKind.SCRAP:
                partner = body.reason
    return Step(
        business_day=move.business_day,
        reason=move.reason,
        document_no=move.document_no,
        quantity_milli=move.quantity_milli,
        batch=move.batch,
        unit_code=move.unit_code,
        partner=partner,
        partner_paper=paper,
        operator_id=move.operator_id,
        expiry=expiry,
    )
