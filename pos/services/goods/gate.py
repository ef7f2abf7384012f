"""出门证: goods leave with a pass, and the guard's scan at the exit closes it (REG-10)."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.documents import GoodsLine
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_dispatch import gate_pass
from pos.services import printing, reporting
from pos.services.context import Till
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers
from pos.store.journal import WriteTransaction

ISSUED, OUT = "issued", "out"


class GatePass(msgspec.Struct, frozen=True, kw_only=True):
    """A pass of this till."""

    number: str
    reference: str
    """Dispatch, transfer, return or sale that it was issued for."""

    day: str
    goods: str
    operator_id: str
    closed: bool


class Slip(msgspec.Struct, frozen=True, kw_only=True):
    """What a pass needs to know, gathered before the transaction that writes it."""

    facts: SlipFacts
    at: str
    operator_id: str
    day: str
    job_id: str
    created_utc_ms: int
    stem: str


def slip_for(till: Till) -> Slip:
    """Gather what a pass needs, on the till's own thread."""
    day, identity = stock_day(till), till.journal.identity
    return Slip(
        facts=reporting.facts_of(till),
        at=till.local_iso(),
        operator_id=till.operator_id,
        day=day,
        job_id=till.new_uuid(),
        created_utc_ms=till.clock.utc_ms(),
        stem=f"MZ{identity.store_id}{identity.workstation_id}-{day.replace('-', '')}-",
    )


def write_pass(
    txn: WriteTransaction, slip: Slip, reference: str, rows: Sequence[GoodsLine]
) -> str:
    """Journal a pass and queue its slip, in the transaction of what it belongs to; its number."""
    count = goods_ledgers.subjects_given(txn.connection, Register.GATE_PASS, slip.stem, ISSUED)
    number = f"{slip.stem}{count + 1:03d}"
    goods = ", ".join(
        f"{row.description or row.item_code} × {format_quantity(row.quantity_milli)}"
        for row in rows[:5]
    )
    note = RegisterNoted(
        register=Register.GATE_PASS,
        subject=number,
        action=ISSUED,
        document_no=reference,
        quantity_milli=sum(row.quantity_milli for row in rows),
        fields={"goods": goods, "lines": str(len(rows))},
    )
    txn.append(EntryKind.REGISTER_NOTED, note, operator_id=slip.operator_id, business_day=slip.day)
    paper = gate_pass(number, reference, rows, slip.facts, slip.at, slip.operator_id)
    printing.insert_job(txn, slip.job_id, "goods_gate_pass", paper, slip.created_utc_ms)
    return number


def issue(till: Till, reference: str, rows: Sequence[GoodsLine]) -> Future[str]:
    """Issue a pass for goods that leave now; gives its number once it is on disk."""
    slip = slip_for(till)
    saved = till.write(lambda txn: write_pass(txn, slip, reference, rows))
    printing.submit_when_saved(till, saved, slip.job_id)
    return saved


def scan_out(till: Till, number: str) -> Future[None] | Refusal:
    """The guard's scan at the exit: the pass is used, once."""
    number = number.strip().upper()
    lines = goods_ledgers.notes(till.journal.reader(), Register.GATE_PASS, number)
    if not any(line.action == ISSUED for line in lines):
        return Refusal(
            "no_such_pass",
            N_("no till of this shop issued a pass of this number"),
            {"code": number},
        )
    if any(line.action == OUT for line in lines):
        return Refusal(
            "pass_used", N_("this pass was used already: keep the goods here"), {"code": number}
        )
    issued = next(line for line in lines if line.action == ISSUED)
    note = RegisterNoted(
        register=Register.GATE_PASS,
        subject=number,
        action=OUT,
        document_no=issued.document_no,
        event_utc_ms=till.clock.utc_ms(),
        fields={"at": till.local_iso()},
    )
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        used = goods_ledgers.notes(txn.connection, Register.GATE_PASS, number)
        if not any(line.action == OUT for line in used):
            txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)

    return till.write(job)


def passes(till: Till, *, since_day: str = "") -> list[GatePass]:
    """Passes, newest first; those without `closed` are still inside."""
    lines = goods_ledgers.notes(till.journal.reader(), Register.GATE_PASS, since_day=since_day)
    out = {line.subject for line in lines if line.action == OUT}
    return [
        GatePass(
            number=line.subject,
            reference=line.document_no,
            day=line.business_day,
            goods=line.fields.get("goods", ""),
            operator_id=line.operator_id,
            closed=line.subject in out,
        )
        for line in reversed(lines)
        if line.action == ISSUED
    ]
