"""商品发货登记: goods paid for that stay in the shop, from the tender to the customer's signature.

Asked at tender, the answer is a draft on disk that bears the open sale's uuid; the sale's own
transaction makes a DISPATCH_HOLD of it, so that a power cut loses neither or both (REG-01). Only
the customer's signed receipt clears an entry (REG-02), or the return of goods never taken.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future

import msgspec

from pos.domain.cart import CartLine, LineKind, Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.ledgers import day_after, taken_off_by_return
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.domain.sale import Transaction
from pos.i18n import N_
from pos.receipt.goods_dispatch import register_form
from pos.services import printing, reporting
from pos.services.checkout.persisting import begin as begin_sale
from pos.services.checkout.persisting import save_payment
from pos.services.context import OpenSale, Till
from pos.services.goods import documents, drafting, gate
from pos.services.goods.days import stock_day
from pos.services.goods.documents import Posted
from pos.services.goods.held import find, refuse_more_than_open
from pos.services.goods.rules import class_rule_for
from pos.store import goods_drafts, goods_ledgers
from pos.store.goods_drafts import StoredDraft
from pos.store.journal import WriteTransaction
from pos.store.returns_guard import left_of

DELIVER, KEEP, TAKEN = "deliver", "keep", "taken"
COURIER, CHECKED_OUT, DELIVERED, PROMISED = "courier", "checked_out", "delivered", "promised"
NEVER_TAKEN = "never_taken"
"""Reason of a clearing that came by the return of the goods."""


class Customer(msgspec.Struct, frozen=True, kw_only=True):
    """Whose goods stay, where they go and by when."""

    name: str = ""
    phone: str = ""
    address: str = ""
    due_day: str = ""
    half: str = ""
    """am, pm or empty."""

    note: str = ""


# --------------------------------------------------------------------------------- at tender


def large_lines(till: Till) -> tuple[CartLine, ...]:
    """Lines of the open sale that the register is asked about (class rule `large`)."""
    lines = [
        line
        for line in till.sale.cart.lines
        if line.kind is LineKind.SALE and line.quantity_milli > 0 and line.item_code
    ]
    rules = {name: class_rule_for(till, name) for name in {line.item_class for line in lines}}
    large = {name for name, rule in rules.items() if rule is not None and rule.large}
    return tuple(line for line in lines if line.item_class in large)


def to_ask(till: Till) -> tuple[CartLine, ...]:
    """Large lines of a sale that nobody has answered for yet; empty for nearly every sale."""
    if till.sale.dispatch_asked or not till.settings.dispatch.ask or till.authority:
        return ()
    return large_lines(till)


def due_day(till: Till) -> str:
    """The day by which goods are delivered when the customer wants no other (REG-06)."""
    return day_after(stock_day(till), till.settings.dispatch.due_days)


def hold(
    till: Till, mode: str, customer: Customer, quantities: Mapping[int, int] | None = None
) -> StoredDraft | Refusal:
    """Goods of the open sale stay: `quantities` by line number in thousandths, None for all large.

    The draft is on disk before the first tender; the sale's commit posts it.
    """
    wanted = {line.line_no: line.quantity_milli for line in large_lines(till)}
    if quantities is not None:
        wanted = {number: milli for number, milli in quantities.items() if milli > 0}
    lines = [line for line in till.sale.cart.lines if line.line_no in wanted]
    if not lines:
        return Refusal("no_lines", N_("nothing stays here"))
    if mode != TAKEN and not (customer.name or customer.phone):
        return Refusal("no_customer", N_("whose goods are they? Type a name or a telephone"))
    if mode == DELIVER and not customer.address:
        return Refusal("no_address", N_("where do the goods go? Type the address"))
    if any(wanted[line.line_no] > line.quantity_milli for line in lines):
        return Refusal("more_than_sold", N_("more than is on this sale"))
    begin_sale(till)
    fields = {
        "mode": mode,
        "phone": customer.phone,
        "address": customer.address,
        "half": customer.half,
        "clerk": till.operator_id,
    }
    document = GoodsDocument(
        document_uuid=till.sale.sale_uuid,
        document_kind=DocumentKind.DISPATCH_HOLD,
        document_no="",
        source="sale",
        counterparty_id=till.sale.member_id,
        counterparty_name=customer.name,
        due_day=customer.due_day or due_day(till),
        note=customer.note,
        fields={name: value for name, value in fields.items() if value},
        lines=tuple(_held_line(line, wanted[line.line_no]) for line in lines),
    )
    known = drafting.load(till, document.document_uuid)
    if known is not None:
        draft = drafting.change(till, known, document)
    else:
        draft = drafting.begin(till, document)
    till.sale.dispatch = till.sale.dispatch_asked = True
    save_payment(till)
    return draft


def take_now(till: Till) -> None:
    """The customer takes everything: nothing is registered, and a pass is printed where one is due."""
    if till.settings.dispatch.gate_pass and large_lines(till):
        hold(till, TAKEN, Customer())
        return
    let_go(till)
    till.sale.dispatch_asked = True


def let_go(till: Till) -> None:
    """Forget what was answered for the open sale."""
    sale = till.sale
    if sale.dispatch:
        sale_uuid = sale.sale_uuid
        till.write(lambda txn: goods_drafts.drop_draft(txn.connection, sale_uuid))
        sale.dispatch = False
        save_payment(till)
    sale.dispatch_asked = False


def register_step(
    till: Till, transaction: Transaction, sale: OpenSale
) -> Callable[[WriteTransaction], Sequence[str]]:
    """What the sale's own transaction does: the draft becomes the register's entry."""
    facts, at, day = reporting.facts_of(till), till.local_iso(), till.business_day
    operator_id, sale_uuid = till.operator_id, sale.sale_uuid
    job_ids, created = (till.new_uuid(), till.new_uuid()), till.clock.utc_ms()
    slip = gate.slip_for(till)
    sold = {line.line_no: line for line in transaction.lines}

    def step(txn: WriteTransaction) -> Sequence[str]:
        draft = goods_drafts.load_draft(txn.connection, sale_uuid)
        if draft is None:
            return ()
        goods_drafts.drop_draft(txn.connection, sale_uuid)
        lines = tuple(
            msgspec.structs.replace(
                line, quantity_milli=min(line.quantity_milli, sold[line.order_line].quantity_milli)
            )
            for line in draft.document.lines
            if line.order_line in sold and sold[line.order_line].item_code == line.item_code
        )
        lines = tuple(_whole_units(line) for line in lines if line.quantity_milli > 0)
        if not lines:
            return ()
        if draft.document.fields.get("mode") == TAKEN:
            gate.write_pass(txn, slip, transaction.transaction_no, lines)
            return (slip.job_id,)
        document = msgspec.structs.replace(
            draft.document, reference=transaction.transaction_no, lines=lines
        )
        numbered = documents.append(till, txn, document, operator_id, day)
        paper = register_form(numbered, facts, at)
        for job_id in job_ids:  # the customer's copy and the shop's
            printing.insert_job(txn, job_id, "goods_dispatch_hold", paper, created)
        return job_ids

    return step


def brought_back_step(
    till: Till, transaction: Transaction
) -> Callable[[WriteTransaction], Sequence[str]]:
    """What a return's own transaction does: goods that were never taken leave the register."""
    day, operator_id = till.business_day, till.operator_id
    originals = {
        (line.original.transaction_no, line.original.line_no)
        for line in transaction.lines
        if line.original is not None and line.kind in (LineKind.RETURN, LineKind.VOID)
    }

    def step(txn: WriteTransaction) -> Sequence[str]:
        for number in sorted({one for one, _ in originals}):
            for entry in goods_ledgers.by_reference(
                txn.connection, number, DocumentKind.DISPATCH_HOLD
            ):
                done = _never_taken(txn, entry.document, originals)
                if done is not None:
                    done = msgspec.structs.replace(
                        done,
                        document_uuid=till.new_uuid(),
                        fields={"return": transaction.transaction_no},
                    )
                    documents.append(till, txn, done, operator_id, day)
        return ()

    return step


def _never_taken(
    txn: WriteTransaction, held: GoodsDocument, originals: set[tuple[str, int]]
) -> GoodsDocument | None:
    closed = goods_ledgers.closed_of(txn.connection, held.document_no, DocumentKind.DISPATCH_DONE)
    lines: list[GoodsLine] = []
    for line in held.lines:
        if (held.reference, line.order_line) not in originals:
            continue
        left = left_of(txn.connection, held.reference, line.order_line)
        waiting = line.quantity_milli - closed.get(line.line_no, 0)
        back = taken_off_by_return(waiting, left.left_milli if left is not None else 0)
        if back:
            lines.append(_part_of(line, back, len(lines) + 1))
    if not lines:
        return None
    return GoodsDocument(
        document_uuid="",
        document_kind=DocumentKind.DISPATCH_DONE,
        document_no="",
        reference=held.document_no,
        counterparty_name=held.counterparty_name,
        reason=NEVER_TAKEN,
        lines=tuple(lines),
    )


# ------------------------------------------------------------------------------ until it is clear


def courier(till: Till, number: str, name: str, tracking_no: str) -> Future[None] | Refusal:
    """Which courier took it, under which number (REG-08)."""
    if not name:
        return Refusal("no_courier", N_("type the courier's name"))
    return _noted(till, number, COURIER, courier=name, tracking=tracking_no)


def promise(till: Till, number: str, day: str, reason: str) -> Future[None] | Refusal:
    """Another day was agreed with the customer; the old one stays in the register (REG-11)."""
    return _noted(till, number, PROMISED, due_day=day, reason=reason)


def delivered(till: Till, number: str, day: str, by: str) -> Future[None] | Refusal:
    """Delivered, and the signed receipt is not here yet: reported apart, not cleared (REG-09)."""
    return _noted(till, number, DELIVERED, day=day, by=by)


def check_out(till: Till, number: str, counted: Mapping[str, int]) -> Future[str] | Refusal:
    """Goods leave for delivery: what was scanned must be what waits; prints the pass (STK-19).

    `counted` is item code → thousandths scanned; more or other than waits is refused.
    """
    held = find(till, number)
    if held is None:
        return _unknown(number)
    waiting: dict[str, int] = {}
    for one in held.lines:
        waiting[one.line.item_code] = waiting.get(one.line.item_code, 0) + one.open_milli
    for item_code, milli in counted.items():
        if milli > waiting.get(item_code, 0):
            return Refusal(
                "other_goods",
                N_("these are not the goods of this entry, or more than it has"),
                {"item": item_code},
            )
    if not any(counted.values()):
        return Refusal("no_lines", N_("scan what leaves"))
    left = dict(counted)
    rows: list[GoodsLine] = []
    for one in held.lines:
        take = min(one.open_milli, left.get(one.line.item_code, 0))
        if take:
            left[one.line.item_code] -= take
            rows.append(_part_of(one.line, take, len(rows) + 1))
    slip = gate.slip_for(till)
    note = _note(held.number, CHECKED_OUT, checker=till.operator_id)
    operator_id, day, with_pass = (
        till.operator_id,
        stock_day(till),
        till.settings.dispatch.gate_pass,
    )

    def job(txn: WriteTransaction) -> str:
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        return gate.write_pass(txn, slip, held.number, rows) if with_pass else ""

    saved = till.write(job)
    if with_pass:
        printing.submit_when_saved(till, saved, slip.job_id)
    return saved


def clear(
    till: Till,
    number: str,
    *,
    receipt_no: str,
    signed_day: str,
    signer: str,
    quantities: Mapping[int, int] | None = None,
) -> Posted | Refusal:
    """回单销帐: the customer has signed; `quantities` by line for a part, None for all (REG-02)."""
    held = find(till, number)
    if held is None:
        return _unknown(number)
    if not receipt_no or not signer or not signed_day:
        return Refusal(
            "receipt_missing",
            N_("number and date of the signed receipt and its signer are needed"),
        )
    if signed_day < held.day or signed_day > stock_day(till):
        return Refusal("wrong_day", N_("the receipt was signed between the sale and today"))
    lines: list[GoodsLine] = []
    for one in held.lines:
        asked = one.open_milli if quantities is None else quantities.get(one.line.line_no, 0)
        if asked < 0 or asked > one.open_milli:
            return Refusal("more_than_open", N_("more than waits for this customer"))
        if asked:
            lines.append(_part_of(one.line, asked, len(lines) + 1))
    if not lines:
        return Refusal("no_lines", N_("nothing is on this document yet"))
    document = GoodsDocument(
        document_uuid="",
        document_kind=DocumentKind.DISPATCH_DONE,
        document_no="",
        reference=held.number,
        reference_no=receipt_no,
        counterparty_name=held.customer,
        fields={"signer": signer, "signed_day": signed_day, "clerk": till.operator_id},
        lines=tuple(lines),
    )
    return documents.post(
        till,
        document,
        step=refuse_more_than_open(held.document, DocumentKind.DISPATCH_DONE),
    )


# ----------------------------------------------------------------------------------- helpers


def _held_line(line: CartLine, quantity_milli: int) -> GoodsLine:
    return _whole_units(
        GoodsLine(
            line_no=line.line_no,
            item_code=line.item_code,
            quantity_milli=quantity_milli,
            description=line.description,
            spec=line.spec,
            unit=line.unit,
            item_class=line.item_class,
            batch=line.batch,
            expiry=line.expiry,
            unit_codes=(line.unit_code,) if line.unit_code else (),
            barcode=line.barcode,
            order_line=line.line_no,
        )
    )


def _whole_units(line: GoodsLine) -> GoodsLine:
    """A unit's number stays with one whole piece; part of a line has none."""
    if len(line.unit_codes) * 1000 in (0, line.quantity_milli):
        return line
    return msgspec.structs.replace(line, unit_codes=())


def _part_of(line: GoodsLine, quantity_milli: int, line_no: int) -> GoodsLine:
    """Part of a line that waits, as a line of what closes it."""
    return _whole_units(
        msgspec.structs.replace(
            line, line_no=line_no, order_line=line.line_no, quantity_milli=quantity_milli
        )
    )


def _note(number: str, action: str, **fields: str) -> RegisterNoted:
    return RegisterNoted(
        register=Register.DISPATCH,
        subject=number,
        action=action,
        document_no=number,
        fields={name: value for name, value in fields.items() if value},
    )


def _noted(till: Till, number: str, action: str, **fields: str) -> Future[None] | Refusal:
    held = find(till, number)
    if held is None:
        return _unknown(number)
    return documents.note(till, _note(held.number, action, **fields))


def _unknown(number: str) -> Refusal:
    return Refusal("no_such_entry", N_("nothing waits under this number"), {"code": number})
