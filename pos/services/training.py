"""Training: practice in a database of its own; this till's journal says only that it began and ended.

The till that practises is another `Till` over `HOME/training`, made by the shell; what is here is
what the live till does about it (R3, experience rule 7).
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any, Final

import msgspec

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind, decode_entry
from pos.domain.journal.bodies import Training
from pos.i18n import N_
from pos.services.approvals import Approvals, Gate
from pos.services.context import NeedsApproval, Till
from pos.store.journal import WriteTransaction

PREFIX: Final = "T"
"""Before the till's number on practice slips: a number range of its own."""


class Switched(msgspec.Struct, frozen=True):
    """Training may begin, or is over."""

    saved: Future[Any]


def begin(till: Till, approval: Approvals = None) -> Switched | Refusal | NeedsApproval:
    """Let training begin, between sales, within `training.switch`; the journal says so first."""
    if till.training:
        return Refusal("training_on", N_("this is training already"))
    if not till.sale.empty:
        return Refusal("sale_open", N_("finish or park the sale on the screen first"))
    gate = Gate(till, approval)
    missing = gate.rule("training.switch")
    if missing is not None:
        return missing
    operator_id, day, spent = till.operator_id, till.business_day, gate.spend()

    def job(txn: WriteTransaction) -> None:
        spent(txn)
        txn.append(
            EntryKind.TRAINING, Training(began=True), operator_id=operator_id, business_day=day
        )

    return Switched(till.write(job))


def end(till: Till) -> Switched | None:
    """Note in the live journal that training is over; None when none had begun."""
    row = (
        till.journal.reader()
        .execute(
            "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id DESC LIMIT 1",
            (EntryKind.TRAINING.value,),
        )
        .fetchone()
    )
    body = getattr(decode_entry(row[0]), "body", None) if row is not None else None
    if not isinstance(body, Training) or not body.began:
        return None
    return Switched(till.append(EntryKind.TRAINING, Training(began=False)))
