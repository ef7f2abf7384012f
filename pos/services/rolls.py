"""Trading a till roll again, line by line and sale by sale, on the roll's own journaled authority.

Every line is persisted and every sale committed as the screen does it: no batching, no weaker
durability, no skipped service. Prices of the roll override the catalogue's with ROLL as their
named source (I8).
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.cart import (
    CartLine,
    EntryMethod,
    LineKind,
    PriceOverride,
    Refusal,
    add_line,
)
from pos.domain.journal import EntryKind
from pos.domain.journal.people_bodies import Authority
from pos.domain.pricing import price
from pos.domain.roll import RollLine, RollTransaction
from pos.domain.sale import (
    Transaction,
    TransactionContext,
    close_return,
    close_sale,
    close_tender_exchange,
    close_void_lines,
)
from pos.domain.tender import CASH, Payment, Tender
from pos.i18n import gettext as _
from pos.services import catalogue
from pos.services.checkout.paying import commit_transaction, context_for
from pos.services.checkout.persisting import begin, save_cart, save_payment
from pos.services.checkout.results import Completion
from pos.services.context import ROLL, OpenSale, Till
from pos.store import open_sales


class RollRefused(Exception):
    """A roll, or a transaction of it, that this till cannot trade; said in the language in use."""


class _AuthorityEntry(msgspec.Struct):
    body: Authority


_AUTHORITY = msgspec.json.Decoder(_AuthorityEntry)
_NAME = "roll"


def begin_roll(till: Till, name: str, sha256: str) -> None:
    """Journal on whose authority what follows is traded.

    Raises RollRefused while a day of another roll is open: closing it would end that roll early,
    and trading on in it would mix the two.
    """
    authorities = _authorities(till)
    if till.business_day and authorities and authorities[-1][1].sha256 != sha256:
        raise RollRefused(
            _(
                "workstation {workstation} is in the middle of the roll {roll} (business day "
                "{day}); replay that one to its end first, or choose another folder with --home"
            ).format(
                workstation=till.journal.identity.workstation_id,
                roll=authorities[-1][1].source,
                day=till.business_day,
            )
        )
    till.authority = ROLL
    till.append(EntryKind.AUTHORITY, Authority(name=_NAME, source=name, sha256=sha256)).result()


def traded(till: Till, sha256: str) -> int:
    """How many transactions of this roll the till has committed: where a killed replay goes on.

    Transactions of other rolls, such as yesterday's, do not count.
    """
    authorities = _authorities(till)
    ends = [entry_id for entry_id, _body in authorities[1:]] + [1 << 62] * bool(authorities)
    count = 0
    for (start, authority), end in zip(authorities, ends, strict=True):
        if authority.sha256 == sha256:
            row = (
                till.journal.reader()
                .execute(
                    "SELECT count(*) FROM txn WHERE roll_transaction <> '' "
                    "AND entry_id > ? AND entry_id < ?",
                    (start, end),
                )
                .fetchone()
            )
            count += int(row[0])
    return count


def _authorities(till: Till) -> list[tuple[int, Authority]]:
    """Every start of a replay that the journal knows, with its entry's id."""
    rows = till.journal.reader().execute(
        "SELECT entry_id, bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id",
        (EntryKind.AUTHORITY.value,),
    )
    found = [(int(entry_id), _AUTHORITY.decode(entry).body) for entry_id, entry in rows]
    return [(entry_id, body) for entry_id, body in found if body.name == _NAME]


def drop_unfinished(till: Till) -> None:
    """A sale that a killed replay left open is entered again from its first line."""
    for stored in open_sales.load_sales(till.journal.reader(), "open"):
        uuid = stored.sale_uuid
        till.write(lambda txn, uuid=uuid: open_sales.drop_sale(txn.connection, uuid)).result()  # type: ignore[misc]
    till.sale = OpenSale()


def trade(till: Till, roll: RollTransaction) -> Transaction:
    """Trade one transaction; returns when it is on disk. Raises RollRefused with its reason."""
    begin_transaction(till, roll)
    for line in roll.lines:
        enter(till, line).result()
    till.now = roll.at
    closed = settle(till, roll)
    if isinstance(closed, Refusal):
        raise RollRefused(
            _("transaction {name} (row {number}): {why}").format(
                name=roll.transaction, number=roll.row_number, why=_(closed.message)
            )
        )
    closed.saved.result()
    till.sale = OpenSale()
    till.roll = None
    return closed.transaction


def begin_transaction(till: Till, roll: RollTransaction) -> None:
    """The roll's next transaction begins; what is entered from here on is its own."""
    till.acting_operator_id = roll.operator_id
    till.roll = roll
    till.now = roll.at
    till.sale = OpenSale()


def enter(till: Till, line: RollLine) -> Future[Any]:
    """Put a line of the roll on the sale and on disk; the roll's price is the one charged."""
    item = catalogue.find_item(till, line.item_code) if line.item_code else None
    list_price = item.unit_price_e4 if item is not None else None
    cart_line = CartLine(
        line_no=0,
        kind=line.kind,
        item_code=line.item_code,
        description=line.description,
        item_class=item.item_class if item is not None else "",
        unit=item.unit if item is not None else "",
        entry_method=EntryMethod.ROLL,
        quantity_milli=line.quantity_milli,
        list_price_e4=list_price if list_price is not None else line.unit_price_e4,
        price_version=item.price_version if item is not None else 0,
        unit_price_e4=line.unit_price_e4,
        unit_discount_e4=line.unit_discount_e4,
        tax_code=item.tax_code if item is not None else "",
        tax_rate_bp=item.tax_rate_bp if item is not None else 0,
        override=PriceOverride(source=ROLL) if list_price != line.unit_price_e4 else None,
        at=line.at,
    )
    till.now = line.at
    begin(till)
    return save_cart(till, add_line(till.sale.cart, cart_line, merge=False), undoable=False)


def settle(till: Till, roll: RollTransaction) -> Completion | Refusal:
    """Pay the sale with the roll's tenders and close it; `saved` is done when it is on disk."""
    tenders = _tenders(till, roll)
    lines = till.sale.cart.lines
    if lines:
        till.sale.payment = Payment(sum(t.amount_minor for t in tenders), tenders)
        till.sale.phase = "payment"
        save_payment(till)
    context = context_for(till)
    closed = _close(till, tenders, context)
    if isinstance(closed, Refusal):
        return closed
    return commit_transaction(till, closed, till.sale.sale_uuid)


def _tenders(till: Till, roll: RollTransaction) -> tuple[Tender, ...]:
    total = sum(line.amount_minor for line in till.sale.cart.lines)
    if not roll.tenders:
        return (Tender(tender_no=1, tender_type=CASH, amount_minor=total, at=roll.at),)
    return tuple(
        Tender(
            tender_no=number,
            tender_type=tender.tender_type,
            amount_minor=tender.amount_minor,
            change=tender.amount_minor < 0 < total,
            at=tender.at,
        )
        for number, tender in enumerate(roll.tenders, start=1)
    )


def _close(
    till: Till, tenders: tuple[Tender, ...], context: TransactionContext
) -> Transaction | Refusal:
    if not till.sale.cart.lines:
        return close_tender_exchange(tenders, context)
    priced = price(till.sale.cart)
    kinds = {line.kind for line in till.sale.cart.lines}
    if kinds == {LineKind.RETURN}:
        return close_return(priced, tenders, context)
    if kinds == {LineKind.VOID}:
        return close_void_lines(priced, tenders, context)
    return close_sale(priced, tenders, context)
