"""Printing slips, and what waits in the print queue: asked, declined, printed again, resolved (R31).

A receipt is rendered when it is printed, from the journaled transaction; other slips are kept as
documents. The rows themselves are `print_jobs`'s.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Protocol, runtime_checkable

import msgspec

from drivers.document import Document
from drivers.document_json import dump_document
from drivers.document_layout import render_text
from drivers.events import PrintOutcome
from pos.config import Settings
from pos.domain.cart import Refusal
from pos.i18n import N_
from pos.receipt import receipt_document
from pos.services import printer_profiles
from pos.services.approvals import Approvals, Gate
from pos.services.checkout.records import slip_facts
from pos.services.context import NeedsApproval, Till
from pos.services.journal_reading import find_transaction
from pos.services.print_documents import (
    copy_mark,
    route_of,
    title_of,
)
from pos.services.print_jobs import (
    BY_PERSON,
    RECEIPT,
    REPRINT,
    count_copy,
    mark_outcome,
)
from pos.services.reporting import facts_of
from pos.store.journal import WriteTransaction
from pos.store.journal_files import files_of

_SHOWN = 200


class PrintJob(msgspec.Struct, frozen=True, kw_only=True):
    """A job in the list on the screen."""

    job_id: str
    job_kind: str
    transaction_no: str
    state: str
    attempts: int
    created_utc_ms: int
    detail: str = ""
    title: str = ""
    printer: str = ""
    """The printer it was sent to by hand; empty for where its kind goes by itself."""

    @property
    def asks(self) -> bool:
        """Whether a person must say if it was printed."""
        return self.state in ("HELD", "UNKNOWN")


class PrintQueued(msgspec.Struct, frozen=True):
    """A slip goes to the printer once it is on disk."""

    job_id: str
    saved: Future[Any]


class Reprinted(msgspec.Struct, frozen=True):
    """A marked copy goes to the printer; `saved` gives its number."""

    job_id: str
    saved: Future[int]
    warning: str = ""


class Resolved(msgspec.Struct, frozen=True):
    """A person's word about a doubtful job was taken."""

    job_id: str
    printed: bool


@runtime_checkable
class _Resolving(Protocol):
    def resolve(self, job_id: str, *, printed: bool) -> None: ...


@runtime_checkable
class _Routing(Protocol):
    def submit_to(self, job_id: str, printer: str) -> None: ...


@runtime_checkable
class _Retrying(Protocol):
    def retry_now(self) -> None: ...


# -- making jobs -------------------------------------------------------------------------------


def insert_job(
    txn: WriteTransaction, job_id: str, job_kind: str, document: Document, created_utc_ms: int
) -> None:
    """Put a slip into the queue's table, inside the transaction of what it is about."""
    txn.connection.execute(
        "INSERT INTO print_job VALUES (?, ?, '', ?, 'WAITING', 0, ?, '', 0)",
        (job_id, job_kind, dump_document(document).encode(), created_utc_ms),
    )


def submit_when_saved(till: Till, saved: Future[Any], job_id: str, printer: str = "") -> None:
    """Hand a job to the printer once its row is on disk; nothing is printed that did not happen."""

    def settle(done: Future[Any]) -> None:
        if done.exception() is None:
            submit(till, job_id, printer)

    saved.add_done_callback(settle)


def submit(till: Till, job_id: str, printer: str = "") -> None:
    """Hand a job that is on disk to the till's own printer, or to the store's called `printer`."""
    if printer and isinstance(till.printer, _Routing):
        till.printer.submit_to(job_id, printer)
    else:
        till.printer.submit(job_id)


def print_receipt(till: Till, transaction_no: str) -> PrintQueued | Refusal:
    """Print a receipt that has not been printed: asked for after the sale, or left by a crash."""
    row = _receipt_job(till, transaction_no)
    if row is None:
        return _no_receipt()
    job_id, state = row
    if state == "PRINTED":
        return Refusal("already_printed", N_("this receipt is printed; print it again instead"))
    if state in ("SENDING", "HELD", "UNKNOWN"):
        return Refusal(
            "print_in_doubt", N_("this receipt may have come out; say first whether it did")
        )
    saved = till.write(
        lambda txn: (
            txn.connection.execute(
                "UPDATE print_job SET state = 'WAITING' WHERE job_id = ? AND state IN ('ASK', 'OFF')",
                (job_id,),
            ).rowcount
        )
    )
    if state in ("WAITING", "NOT_SENT") and isinstance(till.printer, _Retrying):
        till.printer.retry_now()  # it is in the queue already; twice would be two receipts
    else:
        submit_when_saved(till, saved, job_id)
    return PrintQueued(job_id, saved)


def decline_receipt(till: Till, transaction_no: str) -> PrintQueued | Refusal:
    """The customer wants no receipt: the job that asked is settled."""
    row = _receipt_job(till, transaction_no)
    if row is None:
        return _no_receipt()
    saved = till.write(
        lambda txn: (
            txn.connection.execute(
                "UPDATE print_job SET state = 'OFF' WHERE job_id = ? AND state = 'ASK'", (row[0],)
            ).rowcount
        )
    )
    return PrintQueued(row[0], saved)


def reprint(
    till: Till, transaction_no: str, approval: Approvals = None
) -> Reprinted | PrintQueued | Refusal | NeedsApproval:
    """补打: print a receipt again, marked and counted; one that never came out prints unmarked."""
    row = _receipt_job(till, transaction_no)
    if row is None:
        return _no_receipt()
    if row[1] in ("ASK", "OFF", "WAITING", "NOT_SENT"):
        return print_receipt(till, transaction_no)
    gate = Gate(till, approval)
    missing = gate.rule("receipt.reprint", detail=transaction_no)
    if missing is not None:
        return missing
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    operator_id, day = till.operator_id, till.business_day
    spent = gate.spend()

    def job(txn: WriteTransaction) -> int:
        spent(txn)
        count = count_copy(txn, transaction_no, job_id, operator_id, day)
        txn.connection.execute(
            "INSERT INTO print_job VALUES (?, ?, ?, ?, 'WAITING', 0, ?, '', 0)",
            (job_id, REPRINT, transaction_no, copy_mark(count), created),
        )
        return count

    saved = till.write(job)
    submit_when_saved(till, saved, job_id)
    return Reprinted(job_id, saved, gate.warnings[0] if gate.warnings else "")


def reprint_last(
    till: Till, approval: Approvals = None
) -> Reprinted | PrintQueued | Refusal | NeedsApproval:
    """Print the last receipt of this till again."""
    if not till.last_transaction_no:
        return _no_receipt()
    return reprint(till, till.last_transaction_no, approval)


# -- what waits --------------------------------------------------------------------------------


def queue(till: Till) -> list[PrintJob]:
    """Jobs that have not come to their end, oldest first; at most 200 of them."""
    rows = till.journal.reader().execute(
        "SELECT job_id, job_kind, transaction_no, state, attempts, created_utc_ms, detail, "
        "document FROM print_job WHERE state NOT IN ('PRINTED', 'CANCELLED', 'OFF') "
        "ORDER BY created_utc_ms, job_id LIMIT ?",
        (_SHOWN,),
    )
    return [
        PrintJob(
            job_id=row[0],
            job_kind=row[1],
            transaction_no=row[2],
            state=row[3],
            attempts=row[4],
            created_utc_ms=row[5],
            detail=row[6],
            title=row[2] or title_of(row[7]),
            printer=route_of(row[7]),
        )
        for row in rows
    ]


def resolve_unknown(till: Till, job_id: str, printed: bool) -> Resolved | Refusal:  # noqa: FBT001 - as agreed with the screens
    """A person has looked at the paper: it came out, or it is printed again as a marked copy."""
    row = (
        till.journal.reader()
        .execute("SELECT state FROM print_job WHERE job_id = ?", (job_id,))
        .fetchone()
    )
    if row is None or row[0] not in ("HELD", "UNKNOWN", "SENDING"):
        return Refusal("not_in_doubt", N_("nobody needs to decide about this slip"))
    if isinstance(till.printer, _Resolving):
        till.printer.resolve(job_id, printed=printed)
        return Resolved(job_id, printed)
    outcome = PrintOutcome.PRINTED if printed else PrintOutcome.NOT_SENT
    mark_outcome(till, job_id, outcome, BY_PERSON)
    if not printed:
        till.printer.submit(job_id)
    return Resolved(job_id, printed)


# -- documents ---------------------------------------------------------------------------------


def receipt_of(
    till: Till, transaction_no: str, *, columns: int | None = None, reprint_count: int = 0
) -> Document | Refusal:
    """The receipt of a transaction of this till as a document, for a preview."""
    stored = find_transaction(till.journal.reader(), transaction_no)
    if stored is None:
        return _no_receipt()
    facts = slip_facts(till.journal.reader(), stored.transaction, facts_of(till, columns))
    return receipt_document(stored.transaction, facts, reprint_count=reprint_count)


def preview_text(document: Document, columns: int, settings: Settings | None = None) -> str:
    """The slip as text, cell for cell as it comes out; `settings` name the printer."""
    if settings is None:
        return render_text(document, columns)
    return printer_profiles.preview(document, columns, settings)


def _receipt_job(till: Till, transaction_no: str) -> tuple[str, str] | None:
    live = till.journal.reader()
    for file in files_of(live):
        row: tuple[str, str] | None = file.execute(
            "SELECT job_id, state FROM print_job WHERE transaction_no = ? AND job_kind = ?",
            (transaction_no, RECEIPT),
        ).fetchone()
        if row is not None:
            # Of a closed file only settled jobs stay behind (R30): it can be printed again.
            return row if file is live else (row[0], "PRINTED")
    return None


def _no_receipt() -> Refusal:
    return Refusal("no_such_receipt", N_("this till has no such receipt"))


__all__ = [
    "PrintJob",
    "PrintQueued",
    "Reprinted",
    "Resolved",
    "decline_receipt",
    "insert_job",
    "preview_text",
    "print_receipt",
    "queue",
    "receipt_of",
    "reprint",
    "reprint_last",
    "resolve_unknown",
    "submit_when_saved",
]
