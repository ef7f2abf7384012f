"""Recalls: who bought a batch, whom one has told, what came back, how far it is (QLT-05)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import Final

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.orders import Order, OrderLine
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.i18n import N_
from pos.receipt.goods_recall import RecallFacts, recall_slip
from pos.services import catalogue, printing, reporting
from pos.services.context import Till
from pos.services.goods import coming_back, documents, stock
from pos.services.goods.days import stock_day
from pos.services.journal_reading import find_transaction
from pos.store import goods_ledgers, stock_ledger
from pos.store.journal import WriteTransaction

CONTACTS: Final = ("told", "not_reached", "returned_elsewhere", "used_up")
"""What may be said of a buyer: told, not reached, gave it back elsewhere, has used it up."""

_PAGE = 500
_MOST = 5_000
_OUT = ("sale", "return", "void")


class Buyer(msgspec.Struct, frozen=True, kw_only=True):
    """One slip that carried goods of a recall."""

    transaction_no: str
    business_day: str
    at: str = ""
    operator_id: str = ""
    member_id: str = ""
    item_code: str
    name: str = ""
    batch: str = ""
    """Empty where the slip names none: the goods may be of the batch."""

    unit_code: str = ""
    quantity_milli: int = 0
    returned_milli: int = 0
    contact: str = ""
    """The last thing said of the buyer, empty when nobody has tried."""

    buyer: str = ""
    phone: str = ""

    @property
    def certain(self) -> bool:
        """Whether the slip itself names the batch or unit."""
        return bool(self.batch or self.unit_code)


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How far a recall is in this till's journal."""

    sold_milli: int = 0
    """Of what the slips say is of the batch."""

    maybe_milli: int = 0
    """Sold without a batch on the slip."""

    returned_milli: int = 0
    on_shelf_milli: int = 0
    slips: int = 0
    told: int = 0
    not_reached: int = 0
    reported: bool = False
    """Whether this till has said to head office that it is done."""


def open_recalls(till: Till) -> list[Order]:
    """Recalls of head office that are open."""
    return coming_back.recalls(till)


def buyers(till: Till, order: Order) -> list[Buyer]:
    """Slips with goods of a recall, the latest first; those that name the batch in front.

    A slip of this till alone: other tills' are head office's to see. Reads closed years.
    """
    contacts = _contacts(till, order)
    found: dict[tuple[str, str, str, str], Buyer] = {}
    back: dict[tuple[str, str, str], int] = {}
    for line in order.lines:
        for move in _moves(till, line):
            if move.reason != "sale":
                continue
            key = (move.document_no, move.item_code, move.batch, move.unit_code)
            before = found.get(key)
            quantity = -move.quantity_milli + (before.quantity_milli if before else 0)
            found[key] = _buyer(till, move, quantity, contacts)
    for note in goods_ledgers.notes(till.journal.reader(), Register.RECALL.value, order.order_id):
        if note.action == "returned" and note.fields.get("sold_as"):
            where = (note.fields["sold_as"], note.item_code, note.batch)
            back[where] = back.get(where, 0) + note.quantity_milli
    rows = [
        msgspec.structs.replace(
            one, returned_milli=back.get((one.transaction_no, one.item_code, one.batch), 0)
        )
        for one in found.values()
    ]
    return sorted(rows, key=lambda one: one.certain, reverse=True)


def progress(till: Till, order: Order) -> Progress:
    """Recalled-in against sold, and how many buyers were told."""
    rows = buyers(till, order)
    # What other tills sold, took back and reported is theirs: here it would be counted twice.
    notes = goods_ledgers.notes(
        till.journal.reader(), Register.RECALL.value, order.order_id, own_only=True
    )
    last: dict[str, str] = {}
    for note in notes:
        if note.action in CONTACTS:
            last[note.document_no] = note.action
    shelf = 0
    for line in order.lines:
        shelf += sum(
            one.quantity_milli
            for one in stock.batches(till, line.item_code)
            if not line.batch or one.batch == line.batch
        )
    return Progress(
        sold_milli=sum(one.quantity_milli for one in rows if one.certain),
        maybe_milli=sum(one.quantity_milli for one in rows if not one.certain),
        returned_milli=sum(n.quantity_milli for n in notes if n.action == "returned"),
        on_shelf_milli=shelf,
        slips=len({one.transaction_no for one in rows}),
        told=sum(action != "not_reached" for action in last.values()),
        not_reached=sum(action == "not_reached" for action in last.values()),
        reported=any(note.action == "done" for note in notes),
    )


def contact(
    till: Till, order: Order, buyer: Buyer, outcome: str, *, how: str = "", note: str = ""
) -> Future[None] | Refusal:
    """Log that a buyer was told, or could not be reached."""
    if outcome not in CONTACTS:
        return Refusal("no_such_outcome", N_("choose what came of it"))
    fields = {"how": how, "note": note, "buyer": buyer.buyer, "member": buyer.member_id}
    return documents.note(
        till,
        RegisterNoted(
            register=Register.RECALL,
            subject=order.order_id,
            action=outcome,
            item_code=buyer.item_code,
            batch=buyer.batch,
            unit_code=buyer.unit_code,
            quantity_milli=buyer.quantity_milli,
            document_no=buyer.transaction_no,
            fields={name: value for name, value in fields.items() if value},
        ),
    )


def report_done(till: Till, order: Order) -> Future[None]:
    """Tell head office what this till has done about a recall."""
    now = progress(till, order)
    figures = {
        "sold_milli": now.sold_milli,
        "maybe_milli": now.maybe_milli,
        "returned_milli": now.returned_milli,
        "on_shelf_milli": now.on_shelf_milli,
        "slips": now.slips,
        "told": now.told,
        "not_reached": now.not_reached,
    }
    return documents.note(
        till,
        RegisterNoted(
            register=Register.RECALL,
            subject=order.order_id,
            action="done",
            fields={name: str(value) for name, value in figures.items()},
        ),
    )


def print_slip(till: Till, order: Order) -> Future[None]:
    """The notice for customers and the counter: what is recalled and what to do."""
    document = recall_slip(
        RecallFacts(
            number=order.order_no or order.order_id,
            reason=order.note,
            lines=tuple((_name(till, one), one.batch) for one in order.lines),
            day=stock_day(till),
        ),
        reporting.facts_of(till),
    )
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    operator_id, day = till.operator_id, stock_day(till)
    note = RegisterNoted(register=Register.RECALL, subject=order.order_id, action="slip_printed")

    def job(txn: WriteTransaction) -> None:
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)
        printing.insert_job(txn, job_id, "goods_recall", document, created)

    saved: Future[None] = till.write(job)
    printing.submit_when_saved(till, saved, job_id)
    return saved


def _name(till: Till, line: OrderLine) -> str:
    item = catalogue.find_item(till, line.item_code)
    return line.description or (item.name if item is not None else line.item_code)


def _contacts(till: Till, order: Order) -> dict[tuple[str, str], str]:
    return {
        (note.document_no, note.item_code): note.action
        for note in goods_ledgers.notes(
            till.journal.reader(), Register.RECALL.value, order.order_id
        )
        if note.action in CONTACTS
    }


def _moves(till: Till, line: OrderLine) -> list[stock_ledger.Movement]:
    """Movements of an item that a recall's line is about, and those that name no batch."""
    found: list[stock_ledger.Movement] = []
    wanted = {line.batch, ""} if line.batch else {None}
    for batch in wanted:
        before: tuple[int, int] | None = None
        while len(found) < _MOST:
            page = stock.history(till, line.item_code, before, _PAGE, batch=batch)
            found += [one for one in page if one.reason in _OUT and _concerns(line, one)]
            if len(page) < _PAGE:
                break
            before = page[-1].cursor
    return sorted(found, key=lambda one: one.cursor, reverse=True)


def _concerns(line: OrderLine, move: stock_ledger.Movement) -> bool:
    return not (line.unit_codes and move.unit_code and move.unit_code not in line.unit_codes)


def _buyer(
    till: Till,
    move: stock_ledger.Movement,
    quantity_milli: int,
    contacts: dict[tuple[str, str], str],
) -> Buyer:
    stored = find_transaction(till.journal.reader(), move.document_no)
    sold = stored.transaction if stored is not None else None
    device = next(
        (
            note
            for note in goods_ledgers.notes(
                till.journal.reader(), Register.DEVICE_SALE.value, move.document_no
            )
            if note.item_code == move.item_code
        ),
        None,
    )
    name = next(
        (
            one.description
            for one in (sold.lines if sold else ())
            if one.item_code == move.item_code
        ),
        move.item_code,
    )
    return Buyer(
        transaction_no=move.document_no,
        business_day=move.business_day,
        at=sold.at if sold is not None else "",
        operator_id=move.operator_id,
        member_id=sold.member_id if sold is not None else "",
        item_code=move.item_code,
        name=name,
        batch=move.batch,
        unit_code=move.unit_code,
        quantity_milli=quantity_milli,
        contact=contacts.get((move.document_no, move.item_code), ""),
        buyer=device.fields.get("buyer", "") if device is not None else "",
        phone=device.fields.get("buyer_contact", "") if device is not None else "",
    )
