"""Parked sales and what a power cut left behind (挂单, 取单; experience rules 6 and 8)."""

from __future__ import annotations

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind, decode_entry
from pos.domain.journal.sale_bodies import Suspended
from pos.domain.sale import Transaction
from pos.services.checkout.changing import cancel_sale
from pos.services.checkout.readiness import ready_to_sell
from pos.services.checkout.results import Cancelled, Parked, ParkedSale, Recalled, Recovered
from pos.services.context import Grant, NeedsApproval, OpenSale, Till
from pos.store import open_sales
from pos.store.journal import WriteTransaction
from pos.store.journal_files import files_of
from pos.store.open_sales import StoredSale


def park(till: Till, label: str = "") -> Parked | Refusal:
    """Put the open sale aside; it belongs to the till, not to the cashier (rule 8)."""
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    sale = till.sale
    if not sale.cart.lines:
        return Refusal("no_lines", "there is no open sale to park")
    if sale.payment is not None and sale.payment.tenders:
        return Refusal("tenders_entered", "a tender is already entered; take it back first")
    body = Suspended(
        sale_uuid=sale.sale_uuid,
        lines=len(sale.cart.lines),
        total_minor=sale.cart.total_minor,
        label=label,
    )
    sale_uuid, operator_id, day = sale.sale_uuid, till.operator_id, till.business_day

    def job(txn: WriteTransaction) -> None:
        txn.append(EntryKind.SUSPENDED, body, operator_id=operator_id, business_day=day)
        txn.connection.execute(
            "UPDATE open_sale SET state = 'parked', label = ? WHERE sale_uuid = ?",
            (label, sale_uuid),
        )

    till.sale = OpenSale()
    return Parked(sale_uuid, till.write(job))


def parked(till: Till) -> list[ParkedSale]:
    """Sales put aside on this till, oldest first."""
    return [
        ParkedSale(
            sale_uuid=stored.sale_uuid,
            label=stored.label,
            lines=len(stored.cart.lines),
            total_minor=stored.cart.total_minor,
            begun_at=stored.begun_at,
            operator_id=stored.operator_id,
            first=stored.cart.lines[0] if stored.cart.lines else None,
        )
        for stored in open_sales.load_sales(till.journal.reader(), "parked")
    ]


def recall(till: Till, sale_uuid: str) -> Recalled | Refusal:
    """Bring a parked sale back onto an empty screen."""
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    if not till.sale.empty:
        return Refusal("sale_open", "finish or park the sale on the screen first")
    stored = open_sales.load_sale(till.journal.reader(), sale_uuid)
    if stored is None or stored.state != "parked":
        return Refusal("no_such_sale", "this sale is not parked any more")
    _restore(till, stored)
    body = Suspended(
        sale_uuid=sale_uuid,
        lines=len(stored.cart.lines),
        total_minor=stored.cart.total_minor,
        label=stored.label,
    )
    operator_id, day = till.operator_id, till.business_day

    def job(txn: WriteTransaction) -> None:
        txn.append(EntryKind.RESUMED, body, operator_id=operator_id, business_day=day)
        txn.connection.execute(
            "UPDATE open_sale SET state = 'open' WHERE sale_uuid = ?", (sale_uuid,)
        )

    return Recalled(stored.cart, till.write(job))


def recover(till: Till) -> Recovered:
    """What the last life left: an open sale to continue or cancel, and the last sale's receipt."""
    reader = till.journal.reader()
    left = open_sales.load_sales(reader, "open")
    for extra in left[:-1]:
        _set_aside(till, extra)
    stored = left[-1] if left else None
    last = last_transaction(till)
    job = reader.execute(
        "SELECT job_id FROM print_job WHERE transaction_no = ? AND job_kind = 'receipt' "
        "AND state NOT IN ('PRINTED', 'OFF', 'CANCELLED')",
        (last.transaction_no if last is not None else "",),
    ).fetchone()
    return Recovered(
        open_cart=stored.cart if stored is not None else None,
        open_payment=stored.payment if stored is not None else None,
        last_transaction_no=last.transaction_no if last is not None else "",
        last_change_minor=last.change_minor if last is not None else 0,
        last_total_minor=last.total_minor if last is not None else 0,
        receipt_job_id=job[0] if job else "",
    )


def resume_recovered(till: Till) -> Recalled | Refusal:
    """继续: the sale stands on the screen as it was, pending payments with it."""
    left = open_sales.load_sales(till.journal.reader(), "open")
    if not left:
        return Refusal("no_such_sale", "nothing was left open")
    _restore(till, left[-1])
    done = till.write(lambda _: None)
    return Recalled(left[-1].cart, done)


def cancel_recovered(
    till: Till, reason: str, approval: Grant | None = None
) -> Cancelled | Refusal | NeedsApproval:
    """取消: the sale is given up with its trace."""
    resumed = resume_recovered(till)
    if isinstance(resumed, Refusal):
        return resumed
    result = cancel_sale(till, reason, approval)
    if not isinstance(result, Cancelled):
        till.sale = OpenSale()
    return result


def last_transaction(till: Till) -> Transaction | None:
    """The last closed transaction of this till."""
    for file in files_of(till.journal.reader()):
        row = file.execute(
            "SELECT e.bytes FROM txn t JOIN journal_entry e ON e.entry_id = t.entry_id "
            "ORDER BY t.entry_id DESC LIMIT 1"
        ).fetchone()
        if row is not None:
            body = getattr(decode_entry(row[0]), "body", None)
            return body if isinstance(body, Transaction) else None
    return None


def _restore(till: Till, stored: StoredSale) -> None:
    header = stored.header
    till.sale = OpenSale(
        sale_uuid=stored.sale_uuid,
        cart=stored.cart,
        payment=stored.payment,
        phase=header.phase if header.phase != "closing" else "payment",
        begun_at=stored.begun_at,
        label=stored.label,
        return_mode=header.return_mode,
        original_transaction_no=header.original_transaction_no,
        rounding_minor=header.rounding_minor,
        approver_id=header.approver_id,
        reason=header.reason,
        member_id=header.member_id,
        buyer=header.buyer,
        dispatch=header.dispatch,
        dispatch_asked=header.dispatch,
        subtotal_shown=header.phase != "lines",
    )


def _set_aside(till: Till, stored: StoredSale) -> None:
    """More than one open sale can only be left by a crash between two writes: park the older."""
    till.write(
        lambda txn: (
            txn.connection.execute(
                "UPDATE open_sale SET state = 'parked', label = '!' WHERE sale_uuid = ?",
                (stored.sale_uuid,),
            ).rowcount
        )
    )
