"""Print jobs as the print queue keeps them: rows of `journal.db`, settled by later entries (R31)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from drivers.document import Document
from drivers.errors import DeviceError
from drivers.events import PrintOutcome
from drivers.print_queue import JobState, PendingJob
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import PrintOutcomeBody, Reprint
from pos.receipt import SlipFacts, receipt_document
from pos.services.checkout.records import slip_facts
from pos.services.context import Till
from pos.services.journal_reading import find_transaction
from pos.services.print_documents import (
    cards_in,
    copy_mark,
    copy_of,
    route_of,
    routed,
    stored_slip,
)
from pos.services.reporting import facts_of
from pos.store.errors import StoreError
from pos.store.journal import WriteTransaction
from pos.store.price_cards import note_printed

RECEIPT = "receipt"
REPRINT = "reprint"
LABEL = "label"
"""Kinds of jobs that are not slips: a sale's receipt, a marked copy of one, labels."""

_PENDING = {
    "WAITING": JobState.PENDING,
    "NOT_SENT": JobState.NOT_SENT,
    "SENDING": JobState.SENDING,
    "HELD": JobState.HELD,
    "UNKNOWN": JobState.UNKNOWN,
}
_OUTCOMES = {
    PrintOutcome.PRINTED: "PRINTED",
    PrintOutcome.HELD: "HELD",
    PrintOutcome.NOT_SENT: "NOT_SENT",
    PrintOutcome.UNKNOWN: "UNKNOWN",
}
BY_PERSON = "operator"
"""Detail of an outcome that a person decided, as the print queue gives it."""


class JournalPrintJobs:
    """Keeps the print queue's jobs; its calls come from the queue's own thread.

    What must be on disk before the first byte (`begin`) waits for the disk there; an outcome need
    not, because a job whose outcome is lost counts as unknown after a restart.
    """

    def __init__(
        self,
        till: Till,
        columns: int,
        takes: Callable[[str, str], bool] = lambda _kind, _printer: True,
    ) -> None:
        """`takes(job_kind, printer)` says which jobs are for the queue's printer."""
        self._till = till
        self._columns = columns
        self._takes = takes

    def list_pending(self) -> list[PendingJob]:
        """Every job that is not printed, oldest first."""
        rows = self._till.write(
            lambda txn: txn.connection.execute(
                "SELECT job_id, state, detail, job_kind, document FROM print_job "
                "WHERE state NOT IN ('PRINTED', 'CANCELLED', 'OFF') "
                "ORDER BY created_utc_ms, job_id"
            ).fetchall()
        ).result()
        return [
            PendingJob(row[0], _PENDING[row[1]], row[2])
            for row in rows
            if row[1] in _PENDING and self._takes(row[3], route_of(row[4]))
        ]

    def load(self, job_id: str) -> Document | None:
        """The job's document as it is to be printed now; None when there is no such job."""
        facts = facts_of(self._till, self._columns)
        # Through the writer, so that what was just submitted is seen.
        return self._till.write(lambda txn: _load(txn.connection, job_id, facts)).result()

    def begin(self, job_id: str) -> None:
        """Note on disk, before the first byte, that the job may have been printed.

        Raises DeviceError when the disk does not take it: then nothing is sent.
        """
        noted = self._till.write(
            lambda txn: (
                txn.connection.execute(
                    "UPDATE print_job SET state = 'SENDING', attempts = attempts + 1 "
                    "WHERE job_id = ?",
                    (job_id,),
                ).rowcount
            )
        )
        try:
            noted.result()
        except (StoreError, sqlite3.Error) as error:
            raise DeviceError(str(error), code="failure") from error

    def mark(self, job_id: str, outcome: PrintOutcome, detail: str) -> None:
        """Note what became of it, in the journal and in the table."""
        mark_outcome(self._till, job_id, outcome, detail)


def _load(connection: sqlite3.Connection, job_id: str, facts: SlipFacts) -> Document | None:
    row = connection.execute(
        "SELECT job_kind, transaction_no, document FROM print_job WHERE job_id = ? "
        "AND state <> 'CANCELLED'",
        (job_id,),
    ).fetchone()
    if row is None:
        return None
    job_kind, transaction_no, document = row
    if job_kind not in (RECEIPT, REPRINT):
        return stored_slip(document)
    stored = find_transaction(connection, transaction_no)
    if stored is None:
        return None
    facts = slip_facts(connection, stored.transaction, facts)
    return receipt_document(stored.transaction, facts, reprint_count=copy_of(document))


def mark_outcome(till: Till, job_id: str, outcome: PrintOutcome, detail: str) -> None:
    """Journal what became of a job; a receipt put back by a person is a marked copy from then on."""
    operator_id, day = till.operator_id, till.business_day

    def job(txn: WriteTransaction) -> None:
        row = txn.connection.execute(
            "SELECT job_kind, transaction_no, document, state FROM print_job WHERE job_id = ?",
            (job_id,),
        ).fetchone()
        if row is None or row[3] == "CANCELLED":
            return
        job_kind, transaction_no, document = row[:3]
        txn.connection.execute(
            "UPDATE print_job SET state = ?, detail = ? WHERE job_id = ?",
            (_OUTCOMES[outcome], detail, job_id),
        )
        if job_kind == LABEL and outcome is PrintOutcome.PRINTED:
            note_printed(till.home, cards_in(document), till.clock.utc_ms())
        body = PrintOutcomeBody(
            job_id=job_id, outcome=outcome.value, transaction_no=transaction_no, detail=detail
        )
        txn.append(EntryKind.PRINT_OUTCOME, body, operator_id=operator_id, business_day=day)
        doubted = outcome is PrintOutcome.NOT_SENT and detail == BY_PERSON
        if doubted:
            marked = marked_copy(txn, job_kind, transaction_no, job_id, document, operator_id, day)
            txn.connection.execute(
                "UPDATE print_job SET document = ? WHERE job_id = ?", (marked, job_id)
            )

    till.write(job)


def marked_copy(
    txn: WriteTransaction,
    job_kind: str,
    transaction_no: str,
    job_id: str,
    document: bytes,
    operator_id: str,
    day: str,
) -> bytes:
    """A receipt may lie half printed in a bin somewhere: what comes out now is marked, counted."""
    if job_kind not in (RECEIPT, REPRINT):
        return document
    count = count_copy(txn, transaction_no, job_id, operator_id, day)
    return routed(copy_mark(count), route_of(document))


def count_copy(
    txn: WriteTransaction, transaction_no: str, job_id: str, operator_id: str, day: str
) -> int:
    """Count and journal one more copy of a receipt; returns its number."""
    row = txn.connection.execute(
        "SELECT times FROM reprint_count WHERE transaction_no = ?", (transaction_no,)
    ).fetchone()
    count = (int(row[0]) if row else 0) + 1
    txn.append(
        EntryKind.REPRINT,
        Reprint(transaction_no=transaction_no, count=count, job_id=job_id),
        operator_id=operator_id,
        business_day=day,
    )
    return count
