"""Registers of stores that stay open too long: sold and not delivered, lent and not given back.

Seen by the documents' own due days: of a loan the day agreed, and fifteen days whatever was agreed;
of a dispatch register entry the day promised last, three days where none was (REG-02, REG-04..06).
"""

from __future__ import annotations

import msgspec

from pos.domain.goods.documents import DocumentKind
from sync.head_office import delivery_register, loan_register
from sync.head_office.database import HeadOffice
from sync.head_office.loan_register import days_past
from sync.head_office.register_documents import MAX_LISTED, Opened


class OpenEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a store's register that is not cleared."""

    store_id: str
    kind: str
    document_no: str
    key: str
    business_day: str
    person: str
    """Customer or borrower."""

    responsible: str
    """Who answers for it: its number, and its name where the till said it."""

    due_day: str
    left_milli: int
    age_days: int
    days_overdue: int

    @property
    def overdue(self) -> bool:
        """Whether it should be cleared by now."""
        return self.days_overdue > 0


def open_entries(
    office: HeadOffice, *, store_id: str = "", only_overdue: bool = False
) -> list[OpenEntry]:
    """Entries that are not cleared, the oldest first."""
    today = office.today()
    found: list[OpenEntry] = []

    def add(kind: DocumentKind, one: Opened, who: str, due_day: str, overdue: int) -> None:
        found.append(
            OpenEntry(
                store_id=one.store_id,
                kind=kind.value,
                document_no=one.document_no,
                key=one.key,
                business_day=one.business_day,
                person=one.counterparty_name,
                responsible=who.strip(),
                due_day=due_day,
                left_milli=one.left_milli,
                age_days=max(0, days_past(one.business_day, today)),
                days_overdue=overdue,
            )
        )

    for loan in loan_register.loans(
        office, store_id=store_id, only_overdue=only_overdue, with_goods=False
    ):
        who = f"{loan.responsible_id} {loan.responsible}"
        add(DocumentKind.LOAN_OUT, loan.opened, who, loan.opened.due_day, loan.days_overdue)
    for one in delivery_register.deliveries(
        office, store_id=store_id, only_overdue=only_overdue, with_goods=False
    ):
        add(DocumentKind.DISPATCH_HOLD, one.opened, one.clerk, one.due_day, one.days_overdue)
    return sorted(found, key=lambda one: -one.age_days)[:MAX_LISTED]
