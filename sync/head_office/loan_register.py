"""外借专项台帐 of all stores: what is out, until when, who answers, what was charged (REG-04, 05)."""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from pos.domain.goods.documents import DocumentKind
from sync.head_office import register_documents
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.goods_received import IN_STORES
from sync.head_office.register_documents import Opened, body_of

OVERDUE_DAYS: Final = 15
"""Out for more days than this is overdue whatever day was agreed (REG-05)."""

CHARGE: Final = "loan_charge"
"""Reason of the document by which goods leave a loan to be paid."""

SHOWN_CHARGES_DAYS: Final = 400
LOAN_COLUMNS: Final = (
    "store_id", "document_no", "business_day", "borrower", "phone", "application_no",
    "responsible_id", "responsible", "due_day", "days_out", "days_overdue", "lent", "left",
)  # fmt: skip
CHARGE_COLUMNS: Final = (
    "store_id", "document_no", "loan_no", "business_day", "person_id", "person", "quantity",
    "paid_day", "transaction_no", "amount",
)  # fmt: skip


class Loan(msgspec.Struct, frozen=True, kw_only=True):
    """A loan of which something is still out."""

    opened: Opened
    days_out: int
    days_overdue: int
    """Past the day agreed, or past the fifteenth day out, whichever is more; 0 while in time."""

    @property
    def responsible_id(self) -> str:
        """Who answers for it; whoever entered it where nobody was named."""
        return self.opened.fields.get("responsible", "") or self.opened.operator_id

    @property
    def responsible(self) -> str:
        """That person's name, where the till said it."""
        return self.opened.fields.get("responsible_name", "")

    @property
    def phone(self) -> str:
        """The borrower's telephone."""
        return self.opened.fields.get("phone", "")


class Charge(msgspec.Struct, frozen=True, kw_only=True):
    """Goods of a loan that somebody is to pay for, and the sale that paid them."""

    store_id: str
    document_no: str
    key: str
    loan_no: str
    business_day: str
    person_id: str
    person: str
    quantity_milli: int
    transaction_no: str = ""
    paid_day: str = ""
    amount_minor: int = 0

    @property
    def paid(self) -> bool:
        """Whether a sale paid it."""
        return bool(self.transaction_no)


def loans(
    office: HeadOffice, *, store_id: str = "", only_overdue: bool = False, with_goods: bool = True
) -> list[Loan]:
    """Loans that are not back, the longest out first; `with_goods` names what was lent."""
    today = office.today()
    found = [
        _loan(one, today)
        for one in register_documents.opened(
            office.dialect,
            DocumentKind.LOAN_OUT.value,
            DocumentKind.LOAN_RETURN.value,
            store_id=store_id,
            with_goods=with_goods,
        )
    ]
    return [one for one in found if one.days_overdue or not only_overdue]


def charges(office: HeadOffice, *, store_id: str = "", only_open: bool = False) -> list[Charge]:
    """Charges of the last year and a bit, those unpaid first, the latest first."""
    dialect = office.dialect
    since = (office.today() - dt.timedelta(days=SHOWN_CHARGES_DAYS)).isoformat()
    paid = _paid(dialect, store_id, since)
    where, values = ("= ?", (store_id,)) if store_id else (IN_STORES, ())
    rows = dialect.query(
        "SELECT store_id, document_no, workstation_no, epoch_no, seq, reference, business_day, "
        f"quantity_milli FROM goods_document WHERE store_id {where} AND document_kind = ? "
        "AND state = 'posted' AND reason = ? AND business_day >= ? ORDER BY at_utc_ms DESC LIMIT ?",
        (*values, DocumentKind.LOAN_RETURN.value, CHARGE, since, register_documents.MAX_LISTED),
    )
    found: list[Charge] = []
    for row in rows:
        key = f"{row[2]}/{row[3]}/{row[4]}"
        fields = getattr(body_of(dialect, str(row[0]), key), "fields", {}) or {}
        note = paid.get((str(row[0]), str(row[1])))
        amount = note.fields.get("amount_minor", "") if note is not None else ""
        made = Charge(
            store_id=str(row[0]),
            document_no=str(row[1]),
            key=key,
            loan_no=str(row[5]),
            business_day=str(row[6]),
            person_id=fields.get("charged_to", ""),
            person=fields.get("charged_name", ""),
            quantity_milli=int(row[7]),
            transaction_no=note.fields.get("transaction_no", "") if note is not None else "",
            paid_day=note.business_day if note is not None else "",
            amount_minor=int(amount) if amount.isascii() and amount.isdigit() else 0,
        )
        if not (only_open and made.paid):
            found.append(made)
    return sorted(found, key=lambda one: one.paid)


def loan_row(one: Loan, quantity: Any) -> dict[str, Any]:
    """A row of a file, in `LOAN_COLUMNS`."""
    return {
        "store_id": one.opened.store_id,
        "document_no": one.opened.document_no,
        "business_day": one.opened.business_day,
        "borrower": one.opened.counterparty_name,
        "phone": one.phone,
        "application_no": one.opened.reference_no,
        "responsible_id": one.responsible_id,
        "responsible": one.responsible,
        "due_day": one.opened.due_day,
        "days_out": one.days_out,
        "days_overdue": one.days_overdue,
        "lent": quantity(one.opened.quantity_milli),
        "left": quantity(one.opened.left_milli),
    }


def charge_row(one: Charge, quantity: Any, money: Any) -> dict[str, Any]:
    """A row of a file, in `CHARGE_COLUMNS`."""
    return {
        "store_id": one.store_id,
        "document_no": one.document_no,
        "loan_no": one.loan_no,
        "business_day": one.business_day,
        "person_id": one.person_id,
        "person": one.person,
        "quantity": quantity(one.quantity_milli),
        "paid_day": one.paid_day,
        "transaction_no": one.transaction_no,
        "amount": money(one.amount_minor) if one.paid else "",
    }


def days_past(day: str, today: dt.date) -> int:
    """Days since an ISO day, below nothing before it; nothing for what is no day."""
    try:
        return (today - dt.date.fromisoformat(day)).days
    except ValueError:
        return 0


def _loan(one: Opened, today: dt.date) -> Loan:
    out = max(0, days_past(one.business_day, today))
    agreed = days_past(one.due_day, today) if one.due_day else 0
    return Loan(opened=one, days_out=out, days_overdue=max(0, agreed, out - OVERDUE_DAYS))


def _paid(
    dialect: Dialect, store_id: str, since: str
) -> dict[tuple[str, str], register_documents.Note]:
    found: dict[tuple[str, str], register_documents.Note] = {}
    for place, lines in register_documents.notes(
        dialect, "loan", store_id=store_id, since_day=since
    ).items():
        store, _, _subject = place.partition("/")
        for note in lines:
            if note.action == "paid":
                found[store, note.document_no] = note
    return found
