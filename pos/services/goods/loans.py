"""外借: lent with consent and approval, a ledger of its own, back in parts, or charged (REG-03..05).

The two signatures of a loan are its two approvals, in their order: the counter head consents, the
department manager approves; only then stock moves to place `loan`. What stays away for more days
than the rule allows is brought back on paper and sold to the person responsible, through the till.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.ledgers import LoanState, day_after, days_between, loan_state
from pos.i18n import N_
from pos.receipt.goods_loan import loan_slip
from pos.services import people, reporting
from pos.services.context import Till
from pos.services.goods import documents, drafting, leaving
from pos.services.goods.days import stock_day
from pos.services.goods.documents import Posted
from pos.store import goods_ledgers
from pos.store.goods_drafts import StoredDraft
from pos.store.goods_ledgers import StoredDocument

_OUT, _BACK = DocumentKind.LOAN_OUT, DocumentKind.LOAN_RETURN


class LoanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a loan."""

    line: GoodsLine
    left_milli: int
    units_left: tuple[str, ...]

    @property
    def back_milli(self) -> int:
        """What came back or was charged."""
        return self.line.quantity_milli - self.left_milli


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the ledger (专项台帐)."""

    number: str
    borrower: str
    phone: str
    application_no: str
    day: str
    due_day: str
    days_out: int
    state: LoanState
    responsible_id: str
    responsible: str
    lines: tuple[LoanLine, ...]
    document: GoodsDocument

    @property
    def left_milli(self) -> int:
        """What is still out, in thousandths."""
        return sum(one.left_milli for one in self.lines)

    @property
    def out_milli(self) -> int:
        """What was lent."""
        return sum(one.line.quantity_milli for one in self.lines)


# ------------------------------------------------------------------------------------ lending


def begin(
    till: Till,
    *,
    borrower: str,
    application_no: str,
    reason: str,
    phone: str = "",
    due_day: str = "",
    responsible_id: str = "",
    note: str = "",
) -> StoredDraft | Refusal:
    """Start a loan: who borrows, on which written application, until when, who answers for it."""
    if not borrower:
        return Refusal("no_borrower", N_("who borrows the goods?"))
    if not application_no:
        return Refusal(
            "no_application", N_("goods are lent on a written application: type its number")
        )
    responsible = people.person(till, responsible_id or till.operator_id)
    if responsible is None:
        return Refusal("no_such_person", N_("nobody here has this number"))
    latest = day_after(stock_day(till), till.settings.loans.overdue_days)
    due = due_day or latest
    if due < stock_day(till) or due > latest:
        return Refusal(
            "wrong_day", N_("the goods are due back between today and the last day allowed")
        )
    fields = {
        "phone": phone,
        "responsible": responsible.operator_id,
        "responsible_name": responsible.name,
    }
    return drafting.begin(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=_OUT,
            document_no="",
            reference_no=application_no,
            counterparty_name=borrower,
            reason=reason,
            note=note,
            due_day=due,
            fields={name: value for name, value in fields.items() if value},
        ),
    )


def post(till: Till, draft: StoredDraft) -> Posted | Refusal:
    """Post a loan both have approved; two papers, for the shop and for the borrower."""
    facts, at, reasons = (
        reporting.facts_of(till),
        till.local_iso(),
        leaving.reason_names(till, DocumentKind.LOAN_OUT),
    )

    def slips(posted: GoodsDocument) -> Sequence[Document]:
        return [loan_slip(posted, facts, at, reasons)] * 2

    document = draft.document
    if leaving.beyond(till, document):
        document = msgspec.structs.replace(document, review=(leaving.BEYOND,))
    return documents.post(till, msgspec.structs.replace(draft, document=document), slips=slips)


# ------------------------------------------------------------------------------------ the ledger


def ledger(till: Till, *, settled: bool = False) -> list[Loan]:
    """Loans, the longest out first; `settled` shows those that are back too."""
    reader = till.journal.reader()
    open_lines = goods_ledgers.still_open(reader, _OUT, _BACK)
    if settled:
        stored = goods_ledgers.of_kind(reader, _OUT)
    else:
        stored = [
            one
            for number in open_lines
            if (one := goods_ledgers.by_number(reader, number)) is not None
        ]
    loans = [_loan(till, one, open_lines.get(one.document.document_no, {})) for one in stored]
    return sorted(loans, key=lambda one: (one.state is LoanState.BACK, one.day, one.number))


def find(till: Till, number: str) -> Loan | None:
    """A loan by its number, or None."""
    reader = till.journal.reader()
    stored = goods_ledgers.by_number(reader, number.strip().upper())
    if stored is None or stored.document.document_kind is not _OUT:
        return None
    closed = goods_ledgers.closed_of(reader, stored.document.document_no, _BACK)
    left = {
        line.line_no: rest
        for line in stored.document.lines
        if (rest := line.quantity_milli - closed.get(line.line_no, 0)) > 0
    }
    return _loan(till, stored, left)


def warned(till: Till) -> list[Loan]:
    """Loans that are due a reminder or overdue."""
    return [one for one in ledger(till) if one.state in (LoanState.WARNED, LoanState.OVERDUE)]


# ----------------------------------------------------------------------------------- helpers


def _loan(till: Till, stored: StoredDocument, left: Mapping[int, int]) -> Loan:
    document = stored.document
    back = (
        _units_back(till, document.document_no)
        if any(line.unit_codes for line in document.lines)
        else frozenset()
    )
    days = max(0, days_between(stored.business_day, stock_day(till)))
    rules = till.settings.loans
    state = loan_state(days, rules.warn_days, rules.overdue_days) if left else LoanState.BACK
    return Loan(
        number=document.document_no,
        borrower=document.counterparty_name,
        phone=document.fields.get("phone", ""),
        application_no=document.reference_no,
        day=stored.business_day,
        due_day=document.due_day,
        days_out=days,
        state=state,
        responsible_id=document.fields.get("responsible", ""),
        responsible=document.fields.get("responsible_name", ""),
        lines=tuple(
            LoanLine(
                line=line,
                left_milli=left.get(line.line_no, 0),
                units_left=tuple(code for code in line.unit_codes if code not in back),
            )
            for line in document.lines
        ),
        document=document,
    )


def _units_back(till: Till, number: str) -> frozenset[str]:
    return frozenset(
        code
        for one in goods_ledgers.by_reference(till.journal.reader(), number, _BACK)
        for line in one.document.lines
        for code in line.unit_codes
    )


def unknown_loan(number: str) -> Refusal:
    """Say that no loan of this shop has that number."""
    return Refusal("no_such_loan", N_("no till of this shop has such a loan"), {"code": number})
