"""Opening the business day and a shift; the day is chosen by people, never by the clock (R20)."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import date
from typing import Any

import msgspec

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.shift_bodies import DayClose, DayOpen, ShiftOpen
from pos.domain.shift import check_business_day
from pos.i18n import N_
from pos.services.approvals import Approvals, Gate
from pos.services.context import ROLL, NeedsApproval, Till
from pos.services.rollovers import roll_over_for
from pos.services.shifts import rows
from pos.store.journal import WriteTransaction
from pos.store.journal_files import files_of
from pos.store.number_gaps import first_of_day

_DAY_CLOSE = msgspec.json.Decoder(DayClose)


class DayOpened(msgspec.Struct, frozen=True, kw_only=True):
    """The business day and its first shift are open."""

    business_day: str
    shift_no: int
    saved: Future[Any]
    warnings: tuple[str, ...] = ()


class ShiftOpened(msgspec.Struct, frozen=True):
    """A cashier's shift is open."""

    shift_no: int
    saved: Future[Any]


def open_day(
    till: Till, business_day: str, opening_float_minor: int = 0, approval: Approvals = None
) -> DayOpened | Refusal | NeedsApproval:
    """Open a business day with its first shift and the cash in the drawer (开业).

    Refused: a day is open, the day is closed already or earlier than a closed one, no right. A day
    more than one away from the clock's date asks a manager: one of the two is wrong.
    """
    now = rows.state(till.journal.reader())
    refusal = _refusal(till, now, business_day, opening_float_minor)
    if refusal is not None:
        return refusal
    gate = Gate(till, approval)
    missing = gate.right("day.open")
    if missing is None and till.authority != ROLL and _far_from_clock(till, business_day):
        missing = gate.rule("clock.off", detail=business_day)
    if missing is not None:
        return missing
    roll_over_for(till, business_day)
    body = DayOpen(
        opening_float_minor=opening_float_minor,
        forgotten_close_of=_forgotten(till, now),
        first_number=_first_number(till, business_day),
    )
    shift_no, operator_id = now.next_shift_no, till.operator_id
    first = ShiftOpen(shift_no=shift_no, opening_float_minor=opening_float_minor)
    spent = gate.spend()

    def job(txn: WriteTransaction) -> None:
        found = rows.state(txn.connection)
        if found.business_day or found.next_shift_no != shift_no:
            raise rows.DayChanged(
                N_("Business day {day} is open already."), day=found.business_day
            )
        spent(txn)
        txn.append(EntryKind.DAY_OPEN, body, operator_id=operator_id, business_day=business_day)
        txn.append(EntryKind.SHIFT_OPEN, first, operator_id=operator_id, business_day=business_day)

    saved = write_session(
        till, job, business_day=business_day, shift_no=shift_no, next_number=body.first_number
    )
    return DayOpened(
        business_day=business_day,
        shift_no=shift_no,
        saved=saved,
        warnings=tuple(gate.warnings),
    )


def _first_number(till: Till, business_day: str) -> int:
    if till.authority == ROLL:
        return 1  # a roll's numbers are the roll's
    elsewhere = till.reference.meta("last_business_day") or ""
    return first_of_day(till.journal.reader(), business_day, elsewhere)


def open_shift(till: Till, opening_float_minor: int = 0) -> ShiftOpened | Refusal | NeedsApproval:
    """Open the next cashier's shift within the day (开班)."""
    now = rows.state(till.journal.reader())
    if not till.business_day:
        return Refusal("day_not_open", N_("no business day is open; open one first"))
    if till.shift_no:
        return Refusal("shift_open", N_("a shift is open; hand it over first"))
    if now.shift_no or now.business_day != till.business_day:
        return _being_written()
    if opening_float_minor < 0:
        return Refusal("amount_negative", N_("the amount cannot be below 0"))
    gate = Gate(till, None)
    missing = gate.right("shift.open")
    if missing is not None:
        return missing
    shift_no, operator_id, day = now.next_shift_no, till.operator_id, till.business_day
    body = ShiftOpen(shift_no=shift_no, opening_float_minor=opening_float_minor)

    def job(txn: WriteTransaction) -> None:
        found = rows.state(txn.connection)
        if found.shift_no or found.next_shift_no != shift_no or found.business_day != day:
            raise rows.DayChanged(N_("Shift {shift} is open already."), shift=found.shift_no)
        txn.append(EntryKind.SHIFT_OPEN, body, operator_id=operator_id, business_day=day)

    return ShiftOpened(
        shift_no,
        write_session(
            till, job, business_day=day, shift_no=shift_no, next_number=till.next_number
        ),
    )


def write_session(
    till: Till, job: Any, *, business_day: str, shift_no: int, next_number: int
) -> Future[Any]:
    """Write a job that moves day or shift; the till stands where it leads unless it fails."""
    before = (till.business_day, till.shift_no, till.next_number)
    till.business_day, till.shift_no, till.next_number = business_day, shift_no, next_number

    def settle(done: Future[Any]) -> None:
        if done.exception() is not None:
            till.business_day, till.shift_no, till.next_number = before

    saved: Future[Any] = till.write(job)
    saved.add_done_callback(settle)
    return saved


def _refusal(till: Till, now: rows.State, business_day: str, float_minor: int) -> Refusal | None:
    if till.business_day:
        return Refusal(
            "day_open",
            N_("a business day is open; close it first"),
            {"business_day": till.business_day},
        )
    if now.business_day:
        return _being_written()
    try:
        valid = date.fromisoformat(business_day).isoformat() == business_day
    except ValueError:
        valid = False
    if not valid:
        return Refusal("no_such_day", N_("a business day is a date such as 2026-11-21"))
    if float_minor < 0:
        return Refusal("amount_negative", N_("the amount cannot be below 0"))
    return check_business_day(now.last_closed_day, business_day)


def _far_from_clock(till: Till, business_day: str) -> bool:
    today = date.fromisoformat(till.local_iso()[:10])
    return abs((date.fromisoformat(business_day) - today).days) > 1


def _forgotten(till: Till, now: rows.State) -> str:
    """The day before this one when its close had to be made good."""
    for file in files_of(till.journal.reader()):
        row = file.execute(
            "SELECT json_extract(j.bytes, '$.body.forced') FROM business_day d "
            "JOIN journal_entry j ON j.entry_id = d.closed_entry_id WHERE d.business_day = ?",
            (now.last_closed_day,),
        ).fetchone()
        if row is not None:
            return now.last_closed_day if row[0] else ""
    return ""


def _being_written() -> Refusal:
    return Refusal("closing", N_("the last close is being written; try again in a moment"))
