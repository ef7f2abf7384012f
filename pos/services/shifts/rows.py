"""What the projections say of day and shift; read in services and again inside the write jobs."""

from __future__ import annotations

import sqlite3

import msgspec

from pos.services.journal_reading import Folded, fold
from pos.services.reporting import OpenItem
from pos.store import draft_offers, goods_drafts, open_sales
from pos.store.errors import N_, StoreError
from pos.store.journal_files import files_of


class DayChanged(StoreError):
    """Day or shift are not what they were when the action was asked for; nothing was written."""

    default_hint = N_("Look at the opening screen again.")


class State(msgspec.Struct, frozen=True):
    """The one row of counters."""

    business_day: str
    shift_no: int
    next_shift_no: int
    next_z_no: int
    next_cash_movement_no: int
    perpetual_gross_minor: int
    perpetual_returns_minor: int
    last_closed_day: str


class Shift(msgspec.Struct, frozen=True):
    """One shift."""

    shift_no: int
    operator_id: str
    opened_entry_id: int


def state(connection: sqlite3.Connection) -> State:
    """Where the till stands on disk."""
    row = connection.execute(
        "SELECT business_day, shift_no, next_shift_no, next_z_no, next_cash_movement_no, "
        "perpetual_gross_minor, perpetual_returns_minor, last_closed_day FROM till_state WHERE id = 1"
    ).fetchone()
    return State(*row) if row else State("", 0, 1, 1, 1, 0, 0, "")


def shift(connection: sqlite3.Connection, shift_no: int) -> Shift | None:
    """One shift, or None."""
    row = connection.execute(
        "SELECT shift_no, operator_id, opened_entry_id FROM shift WHERE shift_no = ?", (shift_no,)
    ).fetchone()
    return Shift(*row) if row else None


def day_entries(
    connection: sqlite3.Connection, business_day: str
) -> tuple[int, int | None] | None:
    """Entry that opened a business day and the one that closed it, if any; or None."""
    row: tuple[int, int | None] | None = connection.execute(
        "SELECT opened_entry_id, closed_entry_id FROM business_day WHERE business_day = ?",
        (business_day,),
    ).fetchone()
    return row


def folded_shift(connection: sqlite3.Connection, shift_no: int) -> Folded:
    """Everything of a shift up to now."""
    found = shift(connection, shift_no)
    if found is None:
        raise DayChanged(N_("Shift {shift} is not open."), shift=shift_no)
    return fold(connection, found.opened_entry_id)


def folded_day(connection: sqlite3.Connection, business_day: str) -> Folded:
    """Everything of a business day up to now, or to its close; of closed files too (R30)."""
    for file in files_of(connection):
        entries = day_entries(file, business_day)
        if entries is not None:
            return fold(file, *entries)
    raise DayChanged(N_("Business day {day} is not open."), day=business_day)


NAMED_ITEMS = 50
"""Open items of one kind that a close names one by one; of more it says how many there are."""


def capped(items: list[OpenItem]) -> tuple[str, ...]:
    """Open items as a close names them: a journal entry has an upper size (R4)."""
    texts: list[str] = []
    for kind in dict.fromkeys(item.kind for item in items):
        ours = [item for item in items if item.kind == kind]
        if len(ours) <= NAMED_ITEMS + 1:
            texts += [item.text() for item in ours]
        else:
            texts += [item.text() for item in ours[:NAMED_ITEMS]]
            more = OpenItem(
                kind=kind, reference=f"+{len(ours) - NAMED_ITEMS}", due_day=ours[0].due_day
            )
            texts.append(more.text())
    return tuple(texts)


def undecided_tenders(connection: sqlite3.Connection, due_day: str) -> list[OpenItem]:
    """Payments 待核, of whatever day."""
    return [
        OpenItem(
            kind="undecided_tender",
            reference=f"{number}/{tender_no}",
            owner=operator_id or "",
            due_day=due_day,
            amount_minor=amount,
        )
        for number, tender_no, amount, operator_id in connection.execute(
            "SELECT d.transaction_no, d.tender_no, d.amount_minor, t.operator_id "
            "FROM tender_decision d LEFT JOIN txn t ON t.transaction_no = d.transaction_no "
            "WHERE d.state = 'undecided' ORDER BY d.transaction_no, d.tender_no"
        )
    ]


def half_signed_receipts(connection: sqlite3.Connection, due_day: str) -> list[OpenItem]:
    """Goods documents that one person has signed: no stock, no entry, and named (RCV-03).

    One that this till offers to the others is still its own until somebody takes it.
    """
    documents = [
        draft.document
        for draft in goods_drafts.load_drafts(connection)
        if draft.state == "half_signed"
    ]
    documents += [
        one.draft.document
        for one in draft_offers.waiting(connection)
        if one.draft is not None and one.own
    ]
    return [
        OpenItem(
            kind="half_signed_receipt",
            reference=" ".join(
                part
                for part in (
                    document.counterparty_name or document.document_kind.value,
                    document.reference_no,
                )
                if part
            ).replace("=", "-"),
            owner=document.signatures[0].operator_id if document.signatures else "",
            due_day=due_day,
        )
        for document in documents
    ]


def parked_sales(connection: sqlite3.Connection, due_day: str) -> list[OpenItem]:
    """Parked and left-over sales."""
    found = [
        stored for word in ("parked", "open") for stored in open_sales.load_sales(connection, word)
    ]
    return [
        OpenItem(
            kind="parked_sale",
            reference=stored.label or stored.sale_uuid[-6:].upper(),
            owner=stored.operator_id,
            due_day=due_day,
            amount_minor=stored.cart.total_minor,
        )
        for stored in found
    ]


def held_print_jobs(connection: sqlite3.Connection, due_day: str) -> list[OpenItem]:
    """Receipts that were to be printed and are not known to have come out; many are summed up."""
    # The condition is that of the partial index, so that printed receipts cost nothing.
    where = (
        "FROM print_job WHERE state NOT IN ('PRINTED', 'CANCELLED', 'OFF') "
        "AND state <> 'ASK' AND job_kind = 'receipt'"
    )
    items = [
        OpenItem(kind="print_job", reference=number, due_day=due_day)
        for (number,) in connection.execute(
            f"SELECT transaction_no {where} ORDER BY created_utc_ms LIMIT ?",
            (NAMED_ITEMS,),
        )
    ]
    if len(items) == NAMED_ITEMS:
        count = connection.execute(f"SELECT count(*) {where}").fetchone()[0]
        if count > NAMED_ITEMS:
            more = f"+{count - NAMED_ITEMS}"
            items.append(OpenItem(kind="print_job", reference=more, due_day=due_day))
    return items
