"""The dispatch register read: what waits, since when, whose it is, what is late (REG-02, 06..11)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.ledgers import days_between
from pos.domain.goods.registers import Register
from pos.i18n import N_
from pos.receipt.goods_dispatch import PickRow, pick_list
from pos.services import printing, reporting
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers
from pos.store.errors import StoreError
from pos.store.goods_ledgers import Note, StoredDocument
from pos.store.journal import WriteTransaction

_OPENING, _CLOSING = DocumentKind.DISPATCH_HOLD, DocumentKind.DISPATCH_DONE
WAITING, OUT, UNSIGNED = "waiting", "out", "unsigned"
"""In the shop; on its way with a checker's name; delivered and not signed for (REG-09)."""


class MoreThanOpen(StoreError):
    """More would be closed than is open; nothing was written."""

    default_hint = N_("Look at the entry again: part of it has been closed already.")


class HeldLine(msgspec.Struct, frozen=True, kw_only=True):
    """What waits of one line."""

    line: GoodsLine
    open_milli: int


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of the register that is not clear yet."""

    number: str
    transaction_no: str
    day: str
    due_day: str
    age_days: int
    overdue_days: int
    """Days past the day promised; 0 while there is time."""

    mode: str
    customer: str
    phone: str
    address: str
    half: str
    state: str
    person_id: str
    """Who registered it: named when it is late (REG-06)."""

    courier: str
    tracking_no: str
    lines: tuple[HeldLine, ...]
    document: GoodsDocument

    @property
    def pieces_milli(self) -> int:
        """All that waits, in thousandths."""
        return sum(one.open_milli for one in self.lines)


class OnTime(msgspec.Struct, frozen=True, kw_only=True):
    """How a month's promises were kept (REG-11)."""

    entries: int
    on_time: int
    within_two_days: int


def open_entries(till: Till) -> list[Held]:
    """Everything that waits, what is due first on top."""
    reader = till.journal.reader()
    found = []
    for number, lines in goods_ledgers.still_open(reader, _OPENING, _CLOSING).items():
        stored = goods_ledgers.by_number(reader, number)
        if stored is not None:
            found.append(_held(till, stored, lines))
    return sorted(found, key=lambda one: (one.due_day, one.number))


def find(till: Till, number: str) -> Held | None:
    """The open entry of that number, or of that sale's; None when nothing waits."""
    reader, number = till.journal.reader(), number.strip()
    stored = goods_ledgers.by_number(reader, number)
    if stored is None or stored.document.document_kind is not _OPENING:
        stored = next(iter(goods_ledgers.by_reference(reader, number, _OPENING)), None)
    if stored is None:
        return None
    closed = goods_ledgers.closed_of(reader, stored.document.document_no, _CLOSING)
    lines = {
        line.line_no: left
        for line in stored.document.lines
        if (left := line.quantity_milli - closed.get(line.line_no, 0)) > 0
    }
    return _held(till, stored, lines) if lines else None


def refuse_more_than_open(
    opening: GoodsDocument, closing: DocumentKind
) -> Callable[[WriteTransaction, GoodsDocument], None]:
    """A step for the transaction that closes: it undoes itself when too much would be closed."""

    def step(txn: WriteTransaction, _document: GoodsDocument) -> None:
        closed = goods_ledgers.closed_of(txn.connection, opening.document_no, closing)
        for line in opening.lines:
            if closed.get(line.line_no, 0) > line.quantity_milli:
                raise MoreThanOpen(
                    N_("Line {line} of {number} would be closed twice."),
                    line=line.line_no,
                    number=opening.document_no,
                )

    return step


def left_without_pass(till: Till) -> list[Held]:
    """Goods delivered for which no pass was ever issued (REG-10)."""
    passes = goods_ledgers.notes(till.journal.reader(), Register.GATE_PASS)
    known = {note.document_no for note in passes}
    return [one for one in open_entries(till) if one.state == UNSIGNED and one.number not in known]


def pick_rows(till: Till, day: str, half: str = "") -> list[PickRow]:
    """What is to leave on a day, or on one half of it; what is late leaves first (REG-07)."""
    return [
        PickRow(
            number=one.number,
            customer=one.customer,
            phone=one.phone,
            address=one.address,
            half=one.half,
            lines=tuple(
                msgspec.structs.replace(held.line, quantity_milli=held.open_milli)
                for held in one.lines
            ),
        )
        for one in open_entries(till)
        if one.mode == "deliver"
        and one.state == WAITING
        and (one.due_day < day or (one.due_day == day and half in ("", one.half or half)))
    ]


def print_pick_list(till: Till, day: str, half: str = "") -> Future[None] | Refusal:
    """Print the pick list of a half day."""
    rows = pick_rows(till, day, half)
    if not rows:
        return Refusal("nothing_to_deliver", N_("nothing is to be delivered then"))
    paper = pick_list(rows, reporting.facts_of(till), day, half)
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    saved = till.write(
        lambda txn: printing.insert_job(txn, job_id, "goods_pick_list", paper, created)
    )
    printing.submit_when_saved(till, saved, job_id)
    return saved


def courier_slips(till: Till, month: str) -> list[Note]:
    """Courier slips of a month (`2026-11`), for the courier's bill (REG-08)."""
    lines = goods_ledgers.notes(till.journal.reader(), Register.DISPATCH, since_day=f"{month}-01")
    return [
        line for line in lines if line.action == "courier" and line.business_day.startswith(month)
    ]


def on_time(till: Till, month: str) -> OnTime:
    """Entries cleared in a month, and how many by the day that was promised (REG-11)."""
    reader = till.journal.reader()
    entries = kept = nearly = 0
    for stored in goods_ledgers.of_kind(reader, _CLOSING, since_day=f"{month}-01"):
        document = stored.document
        if not stored.business_day.startswith(month) or "signed_day" not in document.fields:
            continue
        opening = goods_ledgers.by_number(reader, document.reference)
        if opening is None:
            continue
        late = days_between(opening.document.due_day, document.fields["signed_day"])
        entries += 1
        kept += late <= 0
        nearly += late <= 2
    return OnTime(entries=entries, on_time=kept, within_two_days=nearly)


def _held(till: Till, stored: StoredDocument, open_lines: dict[int, int]) -> Held:
    document, today = stored.document, stock_day(till)
    notes: Sequence[Note] = goods_ledgers.notes(
        till.journal.reader(), Register.DISPATCH, document.document_no
    )
    last = {note.action: note for note in notes}
    due = last["promised"].fields.get("due_day", "") if "promised" in last else ""
    state = UNSIGNED if "delivered" in last else OUT if "checked_out" in last else WAITING
    sent = last["courier"].fields if "courier" in last else {}
    due = due or document.due_day
    return Held(
        number=document.document_no,
        transaction_no=document.reference,
        day=stored.business_day,
        due_day=due,
        age_days=max(0, days_between(stored.business_day, today)),
        overdue_days=max(0, days_between(due, today)),
        mode=document.fields.get("mode", ""),
        customer=document.counterparty_name,
        phone=document.fields.get("phone", ""),
        address=document.fields.get("address", ""),
        half=document.fields.get("half", ""),
        state=state,
        person_id=stored.operator_id,
        courier=sent.get("courier", ""),
        tracking_no=sent.get("tracking", ""),
        lines=tuple(
            HeldLine(line=line, open_milli=open_lines[line.line_no])
            for line in document.lines
            if line.line_no in open_lines
        ),
        document=document,
    )
