"""Which printer of the store a slip goes to; sending it to another one, and taking it out.

A job's printer stands in its document: nothing means the till's own for slips, and the label
printer for labels. Every change of mind is an entry of the journal.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import msgspec

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import PrintOutcomeBody
from pos.i18n import N_
from pos.services import print_jobs, printing
from pos.services.context import NoPrinter, Till
from pos.services.print_documents import route_of, routed
from pos.services.print_jobs import LABEL
from pos.services.printing import PrintQueued
from pos.store.journal import WriteTransaction

_SETTLED = ("PRINTED", "CANCELLED", "SENDING")


class StorePrinter(msgspec.Struct, frozen=True, kw_only=True):
    """A printer of the store that a slip can go to."""

    name: str
    role: str
    """receipt or label."""

    own: bool = False
    """The till's own receipt printer."""


@runtime_checkable
class _Withdrawing(Protocol):
    def withdraw(self, job_id: str) -> bool: ...


def store_printers(till: Till) -> list[StorePrinter]:
    """Every printer of the settings, the till's own first."""
    settings = till.settings
    found = []
    if settings.printer.url or not isinstance(till.printer, NoPrinter):
        found.append(StorePrinter(name=settings.printer.name, role="receipt", own=True))
    found += [StorePrinter(name=p.name, role=p.role) for p in settings.more_printers if p.url]
    return found


def printer_of(till: Till, job: printing.PrintJob) -> str:
    """Name of the printer that a job waits for."""
    return job.printer or default_printer(till, job.job_kind) or till.settings.printer.name


def default_printer(till: Till, job_kind: str) -> str:
    """Where jobs of a kind go by themselves: the name of another printer, empty for the own."""
    if job_kind != LABEL:
        return ""
    labels = (one.name for one in till.settings.more_printers if one.role == "label" and one.url)
    return next(labels, "")


def other_printers(till: Till, job: printing.PrintJob) -> list[StorePrinter]:
    """Where a waiting job could go instead; a label can be a card of paper, a slip no label."""
    now = printer_of(till, job)
    return [
        one
        for one in store_printers(till)
        if one.name != now and (one.role == "receipt" or job.job_kind == LABEL)
    ]


def print_now(till: Till, job_id: str) -> PrintQueued | Refusal:
    """Somebody has seen to the printer: do not wait."""
    row = _row(till, job_id)
    if row is None or row[2] not in ("WAITING", "NOT_SENT"):
        return _gone()
    printing.submit(till, job_id, route_of(row[1]) or default_printer(till, row[0]))
    return PrintQueued(job_id, till.write(lambda _: None))


def reroute(till: Till, job_id: str, printer: str) -> PrintQueued | Refusal:
    """Send a waiting slip to another printer; one that may have come out goes there as a copy."""
    target = next((one for one in store_printers(till) if one.name == printer), None)
    row = _row(till, job_id)
    if target is None:
        return Refusal("no_such_printer", N_("the store has no such printer"))
    if row is None or row[2] in _SETTLED:
        return _gone()
    if isinstance(till.printer, _Withdrawing) and not till.printer.withdraw(job_id):
        return Refusal("being_sent", N_("the printer is just trying this slip"))
    name = "" if target.own else target.name
    operator_id, day = till.operator_id, till.business_day

    def job(txn: WriteTransaction) -> int:
        found = txn.connection.execute(
            "SELECT job_kind, transaction_no, document, state FROM print_job WHERE job_id = ?",
            (job_id,),
        ).fetchone()
        if found is None or found[3] in _SETTLED:
            return 0
        job_kind, transaction_no, document, state = found
        # The own name is written too: a label has another default.
        document = routed(document, target.name if job_kind == LABEL else name)
        if state in ("HELD", "UNKNOWN"):
            document = print_jobs.marked_copy(
                txn, job_kind, transaction_no, job_id, document, operator_id, day
            )
        txn.connection.execute(
            "UPDATE print_job SET state = 'WAITING', detail = '', document = ? WHERE job_id = ?",
            (document, job_id),
        )
        _journal(txn, job_id, "rerouted", transaction_no, printer, operator_id, day)
        return 1

    saved = till.write(job)
    printing.submit_when_saved(till, saved, job_id, name)
    return PrintQueued(job_id, saved)


def cancel(till: Till, job_id: str, reason: str) -> PrintQueued | Refusal:
    """Take a slip out of the queue, with the reason; receipts stay printable from their sale."""
    row = _row(till, job_id)
    if row is None or row[2] in _SETTLED:
        return _gone()
    if isinstance(till.printer, _Withdrawing) and not till.printer.withdraw(job_id):
        return Refusal("being_sent", N_("the printer is just trying this slip"))
    operator_id, day = till.operator_id, till.business_day

    def job(txn: WriteTransaction) -> int:
        found = txn.connection.execute(
            "SELECT transaction_no, state FROM print_job WHERE job_id = ?", (job_id,)
        ).fetchone()
        if found is None or found[1] in _SETTLED:
            return 0
        txn.connection.execute(
            "UPDATE print_job SET state = 'CANCELLED', detail = ? WHERE job_id = ?",
            (reason, job_id),
        )
        _journal(txn, job_id, "cancelled", found[0], reason, operator_id, day)
        return 1

    return PrintQueued(job_id, till.write(job))


def _journal(
    txn: WriteTransaction,
    job_id: str,
    outcome: str,
    transaction_no: str,
    detail: str,
    operator_id: str,
    day: str,
) -> None:
    body = PrintOutcomeBody(
        job_id=job_id, outcome=outcome, transaction_no=transaction_no, detail=detail
    )
    txn.append(EntryKind.PRINT_OUTCOME, body, operator_id=operator_id, business_day=day)


def _row(till: Till, job_id: str) -> Any:
    return (
        till.journal.reader()
        .execute("SELECT job_kind, document, state FROM print_job WHERE job_id = ?", (job_id,))
        .fetchone()
    )


def _gone() -> Refusal:
    return Refusal("not_waiting", N_("this slip does not wait any more"))


__all__ = [
    "StorePrinter",
    "cancel",
    "default_printer",
    "other_printers",
    "print_now",
    "printer_of",
    "reroute",
    "store_printers",
]
