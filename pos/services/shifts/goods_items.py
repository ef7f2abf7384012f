"""Goods that a close names: sold and not taken, lent and overdue (REG-02, REG-05, REG-06).

They wait for their customers, not for the shop, so they are named with age and person and never
keep a shift or a day from being closed.
"""

from __future__ import annotations

import sqlite3

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.ledgers import LoanState, day_after, days_between, loan_state
from pos.domain.goods.registers import Register
from pos.services.context import Till
from pos.services.reporting import OpenItem
from pos.store import goods_ledgers

DISPATCH_ENTRY, LOAN = "dispatch_entry", "loan"


def goods_items_of(till: Till) -> list[OpenItem]:
    """Open entries of the dispatch register, then loans to be reminded of, each by its age."""
    reader, rules = till.journal.reader(), till.settings.loans
    day = till.business_day or till.local_iso()[:10]
    return [
        *_dispatch_entries(reader, day),
        *_loans(reader, day, rules.warn_days, rules.overdue_days),
    ]


def _dispatch_entries(connection: sqlite3.Connection, day: str) -> list[OpenItem]:
    items = []
    for number in goods_ledgers.still_open(
        connection, DocumentKind.DISPATCH_HOLD, DocumentKind.DISPATCH_DONE
    ):
        stored = goods_ledgers.by_number(connection, number)
        if stored is None:
            continue
        due = stored.document.due_day
        for note in goods_ledgers.notes(connection, Register.DISPATCH, number):
            due = note.fields.get("due_day", due) if note.action == "promised" else due
        items.append(
            OpenItem(
                kind=DISPATCH_ENTRY,
                reference=number,
                owner=stored.operator_id,
                due_day=due,
                age_days=max(0, days_between(stored.business_day, day)),
            )
        )
    return sorted(items, key=lambda item: (-(item.age_days or 0), item.reference))


def _loans(
    connection: sqlite3.Connection, day: str, warn_days: int, overdue_days: int
) -> list[OpenItem]:
    items = []
    for number in goods_ledgers.still_open(
        connection, DocumentKind.LOAN_OUT, DocumentKind.LOAN_RETURN
    ):
        stored = goods_ledgers.by_number(connection, number)
        if stored is None:
            continue
        age = days_between(stored.business_day, day)
        if loan_state(age, warn_days, overdue_days) is LoanState.OUT:
            continue
        items.append(
            OpenItem(
                kind=LOAN,
                reference=number,
                owner=stored.document.fields.get("responsible", stored.operator_id),
                due_day=day_after(stored.business_day, overdue_days),
                age_days=age,
            )
        )
    return sorted(items, key=lambda item: (-(item.age_days or 0), item.reference))
