"""交班: a cashier's shift ends with a blind count, split into handed up and left (CSH-03..05).

The figures of the slip are folded again inside the write job, so that they are the journal's own
whatever was still on its way to the disk when the close was asked for.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from concurrent.futures import Future

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.goods.handover_totals import HandoverTotals
from pos.domain.journal import EntryKind
from pos.domain.journal.shift_bodies import ShiftClose
from pos.domain.shift import CountedTender, Totals, count_denominations, count_tenders
from pos.domain.tender import CASH
from pos.i18n import N_
from pos.services import printing, reporting
from pos.services.approvals import Approvals, Gate
from pos.services.context import ROLL, NeedsApproval, Till
from pos.services.goods import daily_total
from pos.services.people import person
from pos.services.shifts import rows
from pos.services.shifts.goods_items import goods_items_of
from pos.services.shifts.opening import write_session
from pos.services.shifts.reading import due_day
from pos.store.journal import WriteTransaction

OVER_SHORT_LIMIT = "cash.over_limit.limit_minor"

Counted = Mapping[str, int | None]
"""Tender type → minor units counted; None or absent is 未点."""

Denominations = Mapping[int, int]
"""Face value in minor units → pieces of cash."""


class Count(msgspec.Struct, frozen=True, kw_only=True):
    """A count as it was typed, before the till said what it expects."""

    counted: dict[str, int | None] = {}
    denominations: dict[str, int] = {}
    handed_up_minor: int | None = None
    left_minor: int | None = None

    @property
    def cash_minor(self) -> int | None:
        """Counted cash, None when nobody counted."""
        return self.counted.get(CASH)


class ShiftClosed(msgspec.Struct, frozen=True, kw_only=True):
    """The shift is handed over; `saved` gives the body as it is on disk."""

    body: ShiftClose
    document: Document
    job_id: str
    saved: Future[ShiftClose]
    warnings: tuple[str, ...] = ()


def close_shift(
    till: Till,
    counted: Counted | None = None,
    *,
    denominations: Denominations | None = None,
    handed_up_minor: int | None = None,
    left_minor: int | None = None,
    receiver_id: str = "",
    reason: str = "",
    approval: Approvals = None,
    pieces: HandoverTotals | None = None,
) -> ShiftClosed | Refusal | NeedsApproval:
    """Close the open shift with a count.

    Of handed up and left one may be missing: the two are what was counted. Without either
    everything stays in the drawer. `approval` takes one grant, or all that earlier answers asked
    for: another's shift, no count, a difference beyond the limit. `pieces` are the goods that were
    counted: they are recorded with the close and printed, and a difference bars nothing (CSH-03).
    """
    if not till.shift_no:
        return Refusal("no_shift", N_("no shift is open"))
    if not till.sale.empty:
        return Refusal("sale_open", N_("finish or park the sale on the screen first"))
    count = make_count(counted, denominations, handed_up_minor, left_minor)
    if isinstance(count, Refusal):
        return count
    refusal = check_receiver(till, receiver_id)
    if refusal is not None:
        return refusal
    reader = till.journal.reader()
    if rows.state(reader).shift_no != till.shift_no:
        return Refusal("closing", N_("the shift is being written; try again in a moment"))
    gate = Gate(till, approval)
    missing = gate.right("shift.close") or check_owner(till, gate, "shift.close_other")
    if missing is None and count.cash_minor is None:
        missing = gate.right("shift.uncounted")
    totals = rows.folded_shift(reader, till.shift_no).totals
    missing = missing or check_over_short(till, gate, totals, count)
    if missing is not None:
        return missing
    shift_no, day, operator_id = till.shift_no, till.business_day, till.operator_id
    facts, top = reporting.facts_of(till), reporting.slip_head(till)
    job_id, created, due = till.new_uuid(), till.clock.utc_ms(), due_day(till)
    approver_id, spent = gate.approver_id, gate.spend()
    goods = rows.capped(goods_items_of(till))
    count_pieces = daily_total.writer(till, pieces) if pieces is not None else None

    def make(connection: sqlite3.Connection) -> ShiftClose:
        return shift_close_body(
            connection,
            shift_no,
            count,
            due,
            receiver_id=receiver_id,
            approver_id=approver_id,
            reason=reason,
        )

    def job(txn: WriteTransaction) -> ShiftClose:
        if rows.state(txn.connection).shift_no != shift_no:
            raise rows.DayChanged(N_("Shift {shift} is not open."), shift=shift_no)
        spent(txn)
        if count_pieces is not None:
            count_pieces(txn)
        body = make(txn.connection)
        txn.append(EntryKind.SHIFT_CLOSE, body, operator_id=operator_id, business_day=day)
        slip = reporting.shift_document(facts, top, body, goods, pieces)
        printing.insert_job(txn, job_id, "shift", slip, created)
        return body

    now = make(reader)
    saved = write_session(till, job, business_day=day, shift_no=0, next_number=till.next_number)
    printing.submit_when_saved(till, saved, job_id)
    return ShiftClosed(
        body=now,
        document=reporting.shift_document(facts, top, now, goods, pieces),
        job_id=job_id,
        saved=saved,
        warnings=tuple(gate.warnings),
    )


def make_count(
    counted: Counted | None,
    denominations: Denominations | None,
    handed_up_minor: int | None,
    left_minor: int | None,
) -> Count | Refusal:
    """A count that is consistent in itself: denominations add up, handed up and left too."""
    values = dict(counted or {})
    if denominations:
        total = count_denominations(dict(denominations))
        if isinstance(total, Refusal):
            return total
        if values.setdefault(CASH, total) != total:
            return Refusal(
                "count_differs", N_("notes and coins do not come to the sum that was typed")
            )
    if any(value is not None and value < 0 for value in values.values()):
        return Refusal("count_negative", N_("a count cannot be below 0"))
    cash, handed, left = values.get(CASH), handed_up_minor, left_minor
    if (handed or 0) < 0 or (left or 0) < 0:
        return Refusal("amount_negative", N_("the amount cannot be below 0"))
    if cash is not None:
        if handed is None and left is None:
            handed, left = 0, cash
        elif handed is None:
            handed = cash - (left or 0)
        elif left is None:
            left = cash - handed
        if handed + (left or 0) != cash or handed < 0 or (left or 0) < 0:
            return Refusal(
                "split_wrong",
                N_("what is handed up and what is left must come to what was counted"),
                {"counted_minor": cash},
            )
    return Count(
        counted=values,
        denominations={str(face): pieces for face, pieces in (denominations or {}).items()},
        handed_up_minor=handed,
        left_minor=left,
    )


def shift_close_body(
    connection: sqlite3.Connection,
    shift_no: int,
    count: Count,
    due: str,
    *,
    receiver_id: str,
    approver_id: str,
    reason: str,
) -> ShiftClose:
    """The close of a shift from what the journal has and what was counted."""
    totals = rows.folded_shift(connection, shift_no).totals
    tenders = count_tenders(totals, count.counted, count.denominations)
    handed, left = count.handed_up_minor or 0, count.left_minor
    if count.cash_minor is None and left is None:
        # 未点: the drawer is taken to hold what the books say, so that no later shift inherits it.
        left = totals.expected_minor(CASH) - handed
    return ShiftClose(
        shift_no=shift_no,
        totals=totals,
        counted=tenders,
        handed_up_minor=handed,
        left_minor=left or 0,
        receiver_id=receiver_id,
        approver_id=approver_id,
        reason=reason,
        undecided=rows.capped(rows.undecided_tenders(connection, due)),
    )


def check_owner(till: Till, gate: Gate, rule: str) -> NeedsApproval | Refusal | None:
    """Closing another cashier's shift has a rule of its own."""
    found = rows.shift(till.journal.reader(), till.shift_no)
    if found is None or found.operator_id == till.operator_id:
        return None
    return gate.rule(rule, detail=found.operator_id)


def check_over_short(
    till: Till, gate: Gate, totals: Totals, count: Count
) -> NeedsApproval | Refusal | None:
    """A difference beyond the operator's limit is signed by somebody else (CSH-05)."""
    worst = max((abs(one.over_short_minor or 0) for one in _compared(totals, count)), default=0)
    if till.authority == ROLL or till.operator is None:
        return None
    if worst <= till.operator.role.limit(OVER_SHORT_LIMIT):
        return None
    return gate.rule("cash.over_short", limit_name=OVER_SHORT_LIMIT, limit_value=worst)


def _compared(totals: Totals, count: Count) -> tuple[CountedTender, ...]:
    return count_tenders(totals, count.counted, count.denominations)


def check_receiver(till: Till, receiver_id: str) -> Refusal | None:
    """Why that person cannot take the drawer over; empty is nobody, which is allowed."""
    if not receiver_id:
        return None
    if receiver_id == till.operator_id:
        return Refusal("same_person", N_("somebody else must take the drawer over"))
    found = person(till, receiver_id)
    if found is None or not found.active:
        return Refusal("no_such_operator", N_("there is no such operator"))
    return None
