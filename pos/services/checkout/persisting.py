"""Keeping the open sale on disk: every change is one small job of the write worker (rule 6)."""

from __future__ import annotations

import operator
from concurrent.futures import Future
from typing import Any

from pos.domain.cart import Cart, CartLine
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import LineVoided
from pos.services.context import Grant, Till, spend
from pos.store import open_sales
from pos.store.journal import WriteTransaction

HISTORY = 50


def begin(till: Till) -> None:
    """Give the sale its identity with its first line."""
    if not till.sale.sale_uuid:
        till.sale.sale_uuid = till.new_uuid()
        till.sale.begun_at = till.local_iso()


def header_of(till: Till) -> open_sales.SaleHeader:
    """The sale's own row."""
    sale = till.sale
    return open_sales.SaleHeader(
        next_line_no=sale.cart.next_line_no,
        whole_discount_minor=sale.cart.whole_discount_minor,
        whole_discount_reason=sale.cart.whole_discount_reason,
        phase=sale.phase,
        due_minor=None if sale.payment is None else sale.payment.due_minor,
        rounding_minor=sale.rounding_minor,
        return_mode=sale.return_mode,
        original_transaction_no=sale.original_transaction_no,
        approver_id=sale.approver_id,
        reason=sale.reason,
        member_id=sale.member_id,
        buyer=sale.buyer,
        dispatch=sale.dispatch,
    )


def save_cart(
    till: Till,
    cart: Cart,
    *,
    voided: tuple[LineVoided, ...] = (),
    approval: Grant | None = None,
    undoable: bool = True,
) -> Future[Any]:
    """Make `cart` the sale's cart: remember the old one for undo and write what changed."""
    sale = till.sale
    before = sale.cart
    if undoable:
        sale.history = [*sale.history[-HISTORY:], before]
    sale.cart = cart
    changed, gone = _difference(before, cart)
    sale_uuid, begun_at, label, header = sale.sale_uuid, sale.begun_at, sale.label, header_of(till)
    operator_id, day = till.operator_id, till.business_day
    given = till.offered if approval is None else (approval, *till.offered)
    spent = [spend(till, one) for one in given]

    def job(txn: WriteTransaction) -> None:
        for step in spent:
            step(txn)
        for body in voided:
            txn.append(EntryKind.LINE_VOIDED, body, operator_id=operator_id, business_day=day)
        open_sales.put_sale(
            txn.connection, sale_uuid, "open", operator_id, begun_at, label, header
        )
        if changed:
            open_sales.put_lines(txn.connection, sale_uuid, changed)
        if gone:
            open_sales.drop_lines(txn.connection, sale_uuid, gone)

    # Lines alone may share a transaction with the lines of the same burst; what is journaled or
    # uses an approval up stands for itself.
    return till.write(job, together=not voided and not given)


def _difference(before: Cart, after: Cart) -> tuple[tuple[CartLine, ...], tuple[int, ...]]:
    """New and changed lines, and the numbers of those that are gone."""
    old, new = before.lines, after.lines
    if len(new) > len(old) and all(map(operator.is_, old, new)):
        return new[len(old) :], ()  # a scan: nothing but the end is looked at line by line
    known = {id(line) for line in old}
    kept = {line.line_no for line in new}
    return (
        tuple(line for line in new if id(line) not in known),
        tuple(line.line_no for line in old if line.line_no not in kept),
    )


def save_payment(till: Till, *, approval: Grant | None = None) -> Future[Any]:
    """Write phase and tenders of the sale: a pending payment survives a power cut (rule 12)."""
    sale = till.sale
    sale_uuid, begun_at, label, header = sale.sale_uuid, sale.begun_at, sale.label, header_of(till)
    operator_id = till.operator_id
    tenders = sale.payment.tenders if sale.payment is not None else ()
    spent = spend(till, approval)

    def job(txn: WriteTransaction) -> None:
        spent(txn)
        open_sales.put_sale(
            txn.connection, sale_uuid, "open", operator_id, begun_at, label, header
        )
        open_sales.put_tenders(txn.connection, sale_uuid, tenders)

    return till.write(job)
