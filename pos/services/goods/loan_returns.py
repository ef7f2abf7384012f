"""Loans brought back in parts, and loans charged to whoever answers for them (REG-04, REG-05).

A charge is two things in their order: a paper, signed by two, that takes the goods off the loan,
and a sale of them through the till. Between the two the charge is listed as unpaid; the sale's own
transaction notes that it is paid.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence

import msgspec

from drivers.document import Document
from pos.domain.cart import CartLine, EntryMethod, PriceOverride, Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.ledgers import LoanState
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.domain.quantity import ONE
from pos.domain.sale import Transaction
from pos.i18n import N_
from pos.receipt.goods_loan import loan_slip
from pos.services import catalogue, people, reporting
from pos.services.checkout.companions import LOAN_CHARGE
from pos.services.checkout.lines import enter_line
from pos.services.context import OpenSale, Till
from pos.services.goods import documents, drafting, leaving, stock
from pos.services.goods.documents import Posted
from pos.services.goods.held import refuse_more_than_open
from pos.services.goods.loans import find, unknown_loan
from pos.store import goods_ledgers
from pos.store.goods_drafts import StoredDraft
from pos.store.journal import WriteTransaction

_BACK = DocumentKind.LOAN_RETURN
CHARGED, PAID = "charged", "paid"
"""Notes of the loan register: what was charged to whom, and the receipt that paid it."""


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of a loan that somebody is to pay for."""

    number: str
    """Of the document that took them off the loan."""

    person_id: str
    person: str
    day: str
    document: GoodsDocument


def give_back(
    till: Till,
    number: str,
    quantities: Mapping[int, int] | None = None,
    *,
    units: Sequence[str] = (),
    note: str = "",
) -> StoredDraft | Refusal:
    """Draft what came back: thousandths by line of the loan, None for everything.

    Of goods with numbers of their own, `units` are those that came; without them all are.
    """
    return _take_off(till, number, quantities, units=units, note=note)


def charge(
    till: Till,
    number: str,
    person_id: str,
    quantities: Mapping[int, int] | None = None,
    *,
    units: Sequence[str] = (),
    note: str = "",
) -> StoredDraft | Refusal:
    """Draft the compensation of goods overdue: signed by two, it is then sold to that person."""
    loan = find(till, number)
    if loan is None:
        return unknown_loan(number)
    if loan.state is not LoanState.OVERDUE:
        return Refusal(
            "not_overdue",
            N_("this loan is not overdue yet"),
            {"days": till.settings.loans.overdue_days, "out": loan.days_out},
        )
    person = people.person(till, person_id)
    if person is None:
        return Refusal("no_such_person", N_("nobody here has this number"))
    return _take_off(
        till,
        number,
        quantities,
        units=units,
        note=note,
        reason=LOAN_CHARGE,
        fields={"charged_to": person.operator_id, "charged_name": person.name},
    )


def post_back(till: Till, draft: StoredDraft) -> Posted | Refusal:
    """Post what came back or is charged; never more than is out, however close together."""
    document = draft.document
    loan = find(till, document.reference)
    if loan is None:
        return unknown_loan(document.reference)
    left = {one.line.line_no: one.left_milli for one in loan.lines}
    if any(line.quantity_milli > left.get(line.order_line, 0) for line in document.lines):
        return Refusal("more_than_open", N_("more than is still out of this loan"))
    facts, at, reasons = (
        reporting.facts_of(till),
        till.local_iso(),
        leaving.reason_names(till, DocumentKind.LOAN_OUT),
    )
    charged_to = document.fields.get("charged_to", "")
    notes = []
    if charged_to:
        notes.append(
            RegisterNoted(
                register=Register.LOAN,
                subject=loan.number,
                action=CHARGED,
                person_id=charged_to,
                quantity_milli=sum(line.quantity_milli for line in document.lines),
                fields={"days_out": str(loan.days_out)},
            )
        )

    def slips(posted: GoodsDocument) -> Sequence[Document]:
        return [loan_slip(posted, facts, at, reasons)] * 2

    return documents.post(
        till,
        draft,
        slips=slips,
        notes=notes,
        step=refuse_more_than_open(loan.document, _BACK),
    )


def charges(till: Till) -> list[Charge]:
    """Charged and not paid: the sale was never finished."""
    reader = till.journal.reader()
    notes = goods_ledgers.notes(reader, Register.LOAN)
    paid = {one.document_no for one in notes if one.action == PAID}
    numbers = [one.document_no for one in notes if one.action == CHARGED]
    found: list[Charge] = []
    for number in numbers:
        stored = None if number in paid else goods_ledgers.by_number(reader, number)
        if stored is None:
            continue
        fields = stored.document.fields
        found.append(
            Charge(
                number=number,
                person_id=fields.get("charged_to", ""),
                person=fields.get("charged_name", ""),
                day=stored.business_day,
                document=stored.document,
            )
        )
    return found


def sell(till: Till, number: str) -> tuple[CartLine, ...] | Refusal:
    """Put a charge on an empty sale, to be paid as any other (REG-05, SEL-01)."""
    found = next((one for one in charges(till) if one.number == number), None)
    if found is None:
        return Refusal("no_such_charge", N_("nothing is to be paid under this number"))
    if not till.business_day or not till.shift_no:
        return Refusal("shift_not_open", N_("no shift is open; open one first"))
    if not till.sale.empty:
        return Refusal("sale_open", N_("finish or park the sale on the screen first"))
    lines = []
    for one in found.document.lines:
        line = _charged_line(till, one, found)
        if isinstance(line, Refusal):
            return line
        lines.append(line)
    till.sale.reason = f"{LOAN_CHARGE}:{found.number}"
    for line in lines:
        enter_line(till, line, merge=False)
    return till.sale.cart.lines


def charged_step(
    till: Till, transaction: Transaction, sale: OpenSale
) -> Callable[[WriteTransaction], Sequence[str]]:
    """What the sale's own transaction notes: which charge it paid, when every piece is on it."""
    number = sale.reason.partition(":")[2]
    operator_id, day = till.operator_id, till.business_day
    sold: dict[str, int] = defaultdict(int)
    for line in transaction.lines:
        sold[line.item_code] += line.quantity_milli

    def step(txn: WriteTransaction) -> Sequence[str]:
        stored = goods_ledgers.by_number(txn.connection, number)
        if stored is None:
            return ()
        asked: dict[str, int] = defaultdict(int)
        for line in stored.document.lines:
            asked[line.item_code] += line.quantity_milli
        if any(sold[code] < milli for code, milli in asked.items()):
            return ()
        note = RegisterNoted(
            register=Register.LOAN,
            subject=stored.document.reference,
            action=PAID,
            document_no=number,
            person_id=stored.document.fields.get("charged_to", ""),
            fields={
                "transaction_no": transaction.transaction_no,
                "amount_minor": str(transaction.total_minor),
            },
        )
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        return ()

    return step


# ----------------------------------------------------------------------------------- helpers


def _take_off(
    till: Till,
    number: str,
    quantities: Mapping[int, int] | None,
    *,
    units: Sequence[str],
    note: str,
    reason: str = "",
    fields: dict[str, str] | None = None,
) -> StoredDraft | Refusal:
    loan = find(till, number)
    if loan is None:
        return unknown_loan(number)
    lines: list[GoodsLine] = []
    for one in loan.lines:
        asked = one.left_milli if quantities is None else quantities.get(one.line.line_no, 0)
        if asked < 0 or asked > one.left_milli:
            return Refusal("more_than_open", N_("more than is still out of this loan"))
        if not asked:
            continue
        codes: tuple[str, ...] = ()
        if one.units_left:
            named = tuple(code for code in one.units_left if code in units)
            codes = named or (one.units_left if asked == one.left_milli else ())
            if len(codes) * ONE != asked:
                return Refusal("line_without_numbers", N_("scan the number of each piece"))
        lines.append(
            msgspec.structs.replace(
                one.line,
                line_no=len(lines) + 1,
                order_line=one.line.line_no,
                quantity_milli=asked,
                unit_codes=codes,
                reason=reason,
            )
        )
    if not lines:
        return Refusal("no_lines", N_("nothing is on this document yet"))
    return drafting.begin(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=_BACK,
            document_no="",
            reference=loan.number,
            reference_no=loan.application_no,
            counterparty_name=loan.borrower,
            reason=reason,
            note=note,
            fields=fields or {},
            lines=tuple(lines),
        ),
    )


def _charged_line(till: Till, one: GoodsLine, found: Charge) -> CartLine | Refusal:
    item = catalogue.find_item(till, one.item_code)
    price = item.unit_price_e4 if item is not None else None
    if item is None or price is None:
        return Refusal(
            "no_charge_price", N_("these goods have no price to charge"), {"item": one.description}
        )
    override = None
    cost = stock.unit_cost_e4(till, one.item_code)
    if till.settings.loans.charge == "cost" and cost is not None:
        second = next((s for s in found.document.signatures if s.slot == 2), None)
        override = PriceOverride(
            source="approval",
            reason=LOAN_CHARGE,
            approver_id=second.operator_id if second is not None else "",
        )
    return CartLine(
        line_no=till.sale.cart.next_line_no,
        item_code=item.item_code,
        description=item.name,
        description_en=item.name_en,
        spec=item.spec,
        unit=item.unit,
        item_class=item.item_class,
        batch=one.batch,
        expiry=one.expiry,
        unit_code=one.unit_codes[0]
        if len(one.unit_codes) * ONE == one.quantity_milli == ONE
        else "",
        entry_method=EntryMethod.KEYED,
        quantity_milli=one.quantity_milli,
        weighed=item.weighed,
        list_price_e4=price,
        price_version=item.price_version,
        unit_price_e4=cost if override is not None and cost is not None else price,
        tax_code=item.tax_code,
        tax_rate_bp=item.tax_rate_bp,
        override=override,
        salesperson_id=found.person_id,
        reason=LOAN_CHARGE,
        flags=("compensation",),
        at=till.local_iso(),
    )
