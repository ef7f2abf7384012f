"""日结: one Z per till and business day; open items are carried, approved or block it (rule 13)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from concurrent.futures import Future

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.goods.handover_totals import HandoverTotals
from pos.domain.journal import EntryKind
from pos.domain.journal.shift_bodies import DayClose, ShiftClose
from pos.domain.shift import CountedTender, Totals
from pos.domain.tender import CASH
from pos.i18n import N_
from pos.services import printing, reporting
from pos.services.approvals import Approvals, Gate
from pos.services.context import NeedsApproval, Till
from pos.services.goods import daily_total, day_proof
from pos.services.goods.day_proof import Reconciliation
from pos.services.reporting import OpenItem, StockDifference
from pos.services.shifts import rows
from pos.services.shifts.goods_items import goods_items_of
from pos.services.shifts.handover import (
    Count,
    Counted,
    Denominations,
    check_over_short,
    check_owner,
    make_count,
    shift_close_body,
)
from pos.services.shifts.opening import write_session
from pos.services.shifts.reading import due_day
from pos.store.journal import WriteTransaction

_RULES = {
    "parked_sale": "day.parked_sales",
    "undecided_tender": "day.undecided_tenders",
    "print_job": "day.held_print_jobs",
    "half_signed_receipt": "day.half_signed_receipts",
}


class DayClosed(msgspec.Struct, frozen=True, kw_only=True):
    """The business day is closed; `saved` gives the Z as it is on disk."""

    business_day: str
    z: DayClose
    preview: Document
    job_id: str
    saved: Future[DayClose]
    warnings: tuple[str, ...] = ()
    printed: list[Document] = msgspec.field(default_factory=list)
    """The slip as it was written, once `saved` is done: with what the proof of stock found."""

    @property
    def document(self) -> Document:
        """The Z as it is printed; before it is written, as far as it is known."""
        return self.printed[-1] if self.printed else self.preview


class DayIsClosed(msgspec.Struct, frozen=True):
    """Event: a Z is on disk (a full backup may now be made)."""

    business_day: str
    z_no: int


class _Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that the write job needs, decided before it was handed over."""

    business_day: str
    shift_no: int
    count: Count
    due: str
    carried: tuple[str, ...]
    forced: bool
    approver_id: str
    reason: str
    pieces: HandoverTotals | None = None


def close_day(
    till: Till,
    counted: Counted | None = None,
    *,
    denominations: Denominations | None = None,
    handed_up_minor: int | None = None,
    left_minor: int | None = None,
    reason: str = "",
    approval: Approvals = None,
    forced: bool = False,
    pieces: HandoverTotals | None = None,
) -> DayClosed | Refusal | NeedsApproval:
    """Close the business day: its open shift with the count, then the Z.

    `forced` makes a forgotten close good from the opening screen. Data not yet sent never blocks.
    `pieces` are the goods counted as the last shift ended: recorded and printed as at a handover,
    and a difference bars nothing (STK-04, CSH-03).
    """
    if not till.business_day:
        return Refusal("day_not_open", N_("no business day is open"))
    if not till.sale.empty:
        return Refusal("sale_open", N_("finish or park the sale on the screen first"))
    count = make_count(counted, denominations, handed_up_minor, left_minor)
    if isinstance(count, Refusal):
        return count
    reader = till.journal.reader()
    now = rows.state(reader)
    if (now.business_day, now.shift_no) != (till.business_day, till.shift_no):
        return Refusal("closing", N_("the day is being written; try again in a moment"))
    if not till.shift_no and count.cash_minor is not None:
        return Refusal("no_shift", N_("every shift is handed over; there is nothing to count"))
    due = due_day(till)
    items = [*_open_items(reader, due), *goods_items_of(till)]
    gate = Gate(till, approval)
    missing = _allowed(till, gate, count, items, forced=forced)
    if missing is not None:
        return missing
    plan = _Plan(
        business_day=till.business_day,
        shift_no=till.shift_no,
        count=count,
        due=due,
        carried=rows.capped(items),
        forced=forced,
        approver_id=gate.approver_id,
        reason=reason,
        pieces=pieces if till.shift_no else None,
    )
    return _write(till, plan, gate)


def _write(till: Till, plan: _Plan, gate: Gate) -> DayClosed:
    facts, top = reporting.facts_of(till), reporting.slip_head(till)
    job_id, created, operator_id = till.new_uuid(), till.clock.utc_ms(), till.operator_id
    day, spent = plan.business_day, gate.spend()
    count_pieces = None if plan.pieces is None else daily_total.writer(till, plan.pieces)

    printed: list[Document] = []

    def job(txn: WriteTransaction) -> DayClose:
        found = rows.state(txn.connection)
        if (found.business_day, found.shift_no) != (day, plan.shift_no):
            raise rows.DayChanged(N_("Business day {day} is not open."), day=day)
        spent(txn)
        if count_pieces is not None:
            count_pieces(txn)
        if plan.shift_no:
            handover = _handover(txn.connection, plan)
            txn.append(EntryKind.SHIFT_CLOSE, handover, operator_id=operator_id, business_day=day)
        notes, books = day_proof.proven(txn.connection, day)
        for note in notes:
            txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        body = _z(txn.connection, plan, (), txn.head_hash)
        txn.append(EntryKind.DAY_CLOSE, body, operator_id=operator_id, business_day=day)
        slip = reporting.z_document(facts, top, body, plan.pieces, _told(till, books))
        printed[:] = [slip]
        printing.insert_job(txn, job_id, "z", slip, created)
        return body

    reader = till.journal.reader()
    pending = (_handover(reader, plan),) if plan.shift_no else ()
    body_now = _z(reader, plan, pending, till.journal.head()[1])
    saved = write_session(till, job, business_day="", shift_no=0, next_number=1)

    def tell(done: Future[DayClose]) -> None:
        if done.exception() is None:
            till.tell(DayIsClosed(day, done.result().z_no))

    printing.submit_when_saved(till, saved, job_id)
    saved.add_done_callback(tell)
    return DayClosed(
        business_day=day,
        z=body_now,
        printed=printed,
        preview=reporting.z_document(facts, top, body_now, plan.pieces),
        job_id=job_id,
        saved=saved,
        warnings=tuple(gate.warnings),
    )


def _told(till: Till, books: Reconciliation) -> StockDifference | None:
    """What the Z says of books that do not add up, goods by their names; None where they do."""
    if books.adds_up:
        return None
    return StockDifference(
        difference_milli=books.difference_milli,
        items=tuple(
            (day_proof.name_of(till, one.item_code), one.difference_milli)
            for one in books.wrong[: day_proof.NAMED]
        ),
        more=max(0, len(books.wrong) - day_proof.NAMED),
    )


def _allowed(
    till: Till, gate: Gate, count: Count, items: Sequence[OpenItem], *, forced: bool
) -> NeedsApproval | Refusal | None:
    missing = gate.right("day.force_close" if forced else "day.close", detail=till.business_day)
    for kind, rule in _RULES.items():
        ours = [item for item in items if item.kind == kind]
        if missing is None and ours:
            missing = gate.rule(rule, detail=", ".join(item.reference for item in ours[:5]))
    if missing is None and till.shift_no:
        missing = check_owner(till, gate, "day.open_shifts")
        if missing is None and count.cash_minor is None:
            missing = gate.rule("day.uncounted_close", detail=till.business_day)
        if missing is None:
            totals = rows.folded_shift(till.journal.reader(), till.shift_no).totals
            missing = check_over_short(till, gate, totals, count)
    if missing is None and till.status.unsent:
        missing = gate.rule("day.unsent_data", detail=str(till.status.unsent))
    return missing


def _open_items(connection: sqlite3.Connection, due: str) -> list[OpenItem]:
    return [
        *rows.parked_sales(connection, due),
        *rows.undecided_tenders(connection, due),
        *rows.held_print_jobs(connection, due),
        *rows.half_signed_receipts(connection, due),
    ]


def _handover(connection: sqlite3.Connection, plan: _Plan) -> ShiftClose:
    return shift_close_body(
        connection,
        plan.shift_no,
        plan.count,
        plan.due,
        receiver_id="",
        approver_id=plan.approver_id,
        reason=plan.reason,
    )


def _z(
    connection: sqlite3.Connection,
    plan: _Plan,
    pending: tuple[ShiftClose, ...],
    head_hash: bytes,
) -> DayClose:
    """The Z from the journal; `pending` is a handover that the journal does not have yet."""
    folded = rows.folded_day(connection, plan.business_day)
    now = rows.state(connection)
    return DayClose(
        z_no=now.next_z_no,
        totals=folded.totals,
        counted=_day_count(folded.totals, (*folded.shift_closes, *pending)),
        first_transaction_no=folded.first_transaction_no,
        last_transaction_no=folded.last_transaction_no,
        perpetual_gross_minor=now.perpetual_gross_minor,
        perpetual_returns_minor=now.perpetual_returns_minor,
        shifts=folded.shifts,
        open_items=plan.carried,
        forced=plan.forced,
        approver_id=plan.approver_id,
        journal_head=head_hash.hex(),
    )


def _day_count(totals: Totals, closes: tuple[ShiftClose, ...]) -> tuple[CountedTender, ...]:
    """The day's count: cash is what lay in the drawer at the end, the rest is what shifts counted.

    So the day's over and short is the sum of its shifts'.
    """
    by_tender: dict[str, list[CountedTender]] = {}
    for close in closes:
        for one in close.counted:
            by_tender.setdefault(one.tender_type, []).append(one)
    names = sorted({CASH} | set(totals.tenders) | set(by_tender))
    result = []
    for name in names:
        counts = by_tender.get(name, [])
        if name == CASH:
            last = counts[-1] if counts else None
            number = last.counted_minor if last is not None else None
            notes = last.denominations if last is not None else {}
        else:
            notes = {}
            known = [one.counted_minor for one in counts if _matters(one)]
            number = None if None in known or not known else sum(one or 0 for one in known)
        result.append(
            CountedTender(
                tender_type=name,
                expected_minor=totals.expected_minor(name),
                counted_minor=number,
                denominations=notes,
            )
        )
    return tuple(result)


def _matters(one: CountedTender) -> bool:
    return one.counted_minor is not None or one.expected_minor != 0
