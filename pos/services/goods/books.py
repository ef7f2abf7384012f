"""建账: whether this shop's books are open, and until when they must be (STK-01, STK-02).

Opening balances come from one place alone: a posted `opening` document of a count that two people
signed, at whichever till of the shop; a count that found an empty shop is noted instead. Where
`stock.opening_count` is `required`, a till without it is UNBOOKED and sells nothing; a manager may
waive the count here, which is journaled, and so is the setting when it is changed.
"""

from __future__ import annotations

from concurrent.futures import Future
from datetime import date, timedelta
from enum import StrEnum

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.i18n import N_
from pos.services.approvals import Approvals, Gate
from pos.services.context import ROLL, NeedsApproval, Till
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers
from pos.store.journal import WriteTransaction
from pos.store.journal_files import shop_files_of

RIGHT = "stock.adjust"
"""Whoever may adjust stock may waive the count that comes first, or approve that it is waived."""

WAIVED_ACTION = "opening_waived"
EMPTY_ACTION = "opening_empty"
"""The opening count found nothing: there are no balances to post, and the books are open."""

_DAYS = 3
"""Days after the first goods came in by which the books must be open (STK-02)."""


class State(StrEnum):
    """How the books stand."""

    UNBOOKED = "unbooked"
    """Nobody counted: nothing is sold."""

    WAIVED = "waived"
    """By the setting or by a manager; there are no opening balances."""

    BOOKED = "booked"


class Books(msgspec.Struct, frozen=True, kw_only=True):
    """How the books of this shop stand."""

    state: State
    document_no: str = ""
    """The opening document, or who waived it and why."""

    first_day: str = ""
    """When the first goods came in."""

    due_day: str = ""
    """The last day on which the books may still be opened; empty when nothing came in, or once
    they are open."""

    days_left: int = 0
    """Below nothing when it is past."""


class BooksOpened(msgspec.Struct, frozen=True):
    """Event: the books are open or the opening count is waived; goods may be sold."""


def books(till: Till) -> Books:
    """How the books stand, with the clock of the first three days."""
    opening = _first(till, (DocumentKind.OPENING,))
    if opening is not None or _noted(till, EMPTY_ACTION):
        return Books(state=State.BOOKED, document_no=opening[0] if opening else "")
    waived = till.settings.stock.opening_count != "required"
    reason = "" if waived else _waiver(till)
    state = State.WAIVED if waived or reason else State.UNBOOKED
    first = _first(till, (DocumentKind.RECEIPT, DocumentKind.TRANSFER_IN))
    if first is None or state is not State.UNBOOKED:
        return Books(state=state, document_no=reason, first_day=first[1] if first else "")
    due = date.fromisoformat(first[1]) + timedelta(days=_DAYS)
    return Books(
        state=state,
        first_day=first[1],
        due_day=due.isoformat(),
        days_left=(due - date.fromisoformat(stock_day(till))).days,
    )


def is_unbooked(till: Till) -> bool:
    """Whether goods may not be sold yet; for a till that need not count it costs one comparison."""
    if till.settings.stock.opening_count != "required" or till.training or till.authority == ROLL:
        return False
    return books(till).state is State.UNBOOKED


def still_unbooked(till: Till) -> bool:
    """Look again: another till of the shop may have opened the books, or waived the count."""
    till.unbooked = is_unbooked(till)
    if not till.unbooked:
        till.tell(BooksOpened())
    return till.unbooked


def waive(
    till: Till, reason: str, approval: Approvals = None
) -> Future[None] | Refusal | NeedsApproval:
    """Sell without an opening count; journaled, with who and why (STK-01)."""
    if not reason.strip():
        return Refusal("no_reason", N_("say why the opening count is waived"))
    gate = Gate(till, approval)
    missing = gate.right(RIGHT, detail=reason)
    if missing is not None:
        return missing
    note = RegisterNoted(
        register=Register.BOOKS,
        subject="opening",
        action=WAIVED_ACTION,
        person_id=gate.approver_id or till.operator_id,
        fields={"reason": reason.strip()[:200]},
    )
    spent = gate.spend()
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        spent(txn)
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)

    saved = till.write(job)
    till.unbooked = False
    till.tell(BooksOpened())
    return saved


def _first(till: Till, kinds: tuple[DocumentKind, ...]) -> tuple[str, str] | None:
    """Number and business day of the shop's first document of some kinds, at any till."""
    found: list[tuple[str, str]] = []
    for file in shop_files_of(till.journal.reader()):
        row = file.execute(
            "SELECT document_no, business_day FROM goods_document "
            "WHERE document_kind IN (?, ?) ORDER BY entry_id LIMIT 1",
            (kinds[0].value, kinds[-1].value),
        ).fetchone()
        if row is not None:
            found.append((str(row[0]), str(row[1])))
    return min(found, key=lambda first: first[1]) if found else None


def are_open(till: Till) -> bool:
    """Whether the shop's books were opened by an opening count, at whichever till (STK-01)."""
    return _first(till, (DocumentKind.OPENING,)) is not None or bool(_noted(till, EMPTY_ACTION))


def _waiver(till: Till) -> str:
    """Who waived the count and why; empty when nobody did."""
    noted = _noted(till, WAIVED_ACTION)
    return f"{noted[-1].person_id}: {noted[-1].fields.get('reason', '')}" if noted else ""


def _noted(till: Till, action: str) -> list[goods_ledgers.Note]:
    lines = goods_ledgers.notes(till.journal.reader(), Register.BOOKS.value, "opening")
    return [line for line in lines if line.action == action]
