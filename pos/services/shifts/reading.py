"""Where day and shift stand, their figures so far, and X."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import date, timedelta
from typing import Any

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.shift_bodies import ShiftClose, XReport
from pos.domain.shift import Totals
from pos.domain.tender import CASH
from pos.i18n import N_
from pos.services import printing, reporting
from pos.services.approvals import Approvals, Gate
from pos.services.context import NeedsApproval, Till
from pos.services.reporting import OpenItem
from pos.services.shifts import rows
from pos.services.shifts.goods_items import goods_items_of
from pos.store.journal import WriteTransaction


class _Closed(msgspec.Struct):
    """A journal entry of a closed shift, as far as it is read here."""

    body: ShiftClose


_CLOSED = msgspec.json.Decoder(_Closed)


def left_in_drawer(till: Till) -> int | None:
    """What this day's last shift counted and left in the drawer; None when nobody counted it.

    It is the next shift's opening cash: whoever takes another figure has moved money.
    """
    row = (
        till.journal.reader()
        .execute(
            "SELECT j.bytes FROM shift s JOIN journal_entry j ON j.entry_id = s.closed_entry_id "
            "WHERE s.business_day = ? ORDER BY s.shift_no DESC LIMIT 1",
            (till.business_day,),
        )
        .fetchone()
    )
    if row is None:
        return None
    body = _CLOSED.decode(row[0]).body
    counted = any(
        one.tender_type == CASH and one.counted_minor is not None for one in body.counted
    )
    return body.left_minor if counted else None


class DayState(msgspec.Struct, frozen=True, kw_only=True):
    """What the opening screen shows."""

    business_day: str
    """Empty when no day is open."""

    shift_no: int
    shift_operator_id: str
    last_closed_day: str
    suggested_day: str
    """The business day to offer: today, or the day after the last closed one."""

    forgotten: bool
    """The open day is older than today: its close may have been forgotten."""


class ForgottenClose(msgspec.Struct, frozen=True, kw_only=True):
    """A day that should have been closed, and what it leaves open."""

    business_day: str
    shift_no: int
    operator_id: str
    transactions: int
    open_items: tuple[OpenItem, ...]


class XReading(msgspec.Struct, frozen=True, kw_only=True):
    """X: the figures and their slip."""

    totals: Totals
    document: Document
    job_id: str
    saved: Future[Any]


def day_state(till: Till) -> DayState:
    """Where the till stands."""
    reader = till.journal.reader()
    last = rows.state(reader).last_closed_day
    shift = rows.shift(reader, till.shift_no) if till.shift_no else None
    today = till.local_iso()[:10]
    suggested = today
    if last and last >= today:
        suggested = (date.fromisoformat(last) + timedelta(days=1)).isoformat()
    return DayState(
        business_day=till.business_day,
        shift_no=till.shift_no,
        shift_operator_id=shift.operator_id if shift is not None else "",
        last_closed_day=last,
        suggested_day=suggested,
        forgotten=bool(till.business_day) and till.business_day < today,
    )


def forgotten_close(till: Till) -> ForgottenClose | None:
    """The open day that is older than today, or None."""
    now = day_state(till)
    if not now.forgotten:
        return None
    reader = till.journal.reader()
    return ForgottenClose(
        business_day=now.business_day,
        shift_no=now.shift_no,
        operator_id=now.shift_operator_id,
        transactions=rows.folded_day(reader, now.business_day).totals.transactions,
        open_items=tuple(open_items(till)),
    )


def open_items(till: Till) -> list[OpenItem]:
    """What a close now would leave open."""
    reader, due = till.journal.reader(), due_day(till)
    return [
        *rows.parked_sales(reader, due),
        *rows.undecided_tenders(reader, due),
        *rows.held_print_jobs(reader, due),
        *rows.half_signed_receipts(reader, due),
        *goods_items_of(till),
    ]


def due_day(till: Till) -> str:
    """Day by which what is carried over a close must be settled."""
    if not till.business_day:
        return ""
    days = timedelta(days=till.settings.day.carried_due_days)
    return (date.fromisoformat(till.business_day) + days).isoformat()


def shift_totals(till: Till) -> Totals | None:
    """Figures of the open shift so far, or None."""
    if not till.shift_no:
        return None
    return rows.folded_shift(till.journal.reader(), till.shift_no).totals


def day_totals(till: Till) -> Totals | None:
    """Figures of the open business day so far, or None."""
    if not till.business_day:
        return None
    return rows.folded_day(till.journal.reader(), till.business_day).totals


def x_report(till: Till, approval: Approvals = None) -> XReading | Refusal | NeedsApproval:
    """X: read the open shift's figures (the day's between shifts), journaled and printed."""
    if not till.business_day:
        return Refusal("day_not_open", N_("no business day is open; open one first"))
    gate = Gate(till, approval)
    missing = gate.right("report.x")
    if missing is not None:
        return missing
    totals = shift_totals(till) or day_totals(till) or Totals()
    facts, top = reporting.facts_of(till), reporting.slip_head(till)
    document = reporting.x_document(facts, top, totals)
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    body = XReport(totals=totals, shift_no=till.shift_no)
    operator_id, day = till.operator_id, till.business_day
    spent = gate.spend()

    def job(txn: WriteTransaction) -> None:
        spent(txn)
        txn.append(EntryKind.X_REPORT, body, operator_id=operator_id, business_day=day)
        printing.insert_job(txn, job_id, "x", document, created)

    saved = till.write(job)
    printing.submit_when_saved(till, saved, job_id)
    return XReading(totals=totals, document=document, job_id=job_id, saved=saved)
