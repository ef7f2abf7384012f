"""Where the four copies of each dispatch note are, and which are due (RCV-12, RCV-13)."""

from __future__ import annotations

from concurrent.futures import Future

import msgspec

from pos.domain.goods.receiving import later_by
from pos.domain.goods.registers import Register, RegisterNoted
from pos.services.context import Till
from pos.services.goods import documents
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers, goods_reference

PRINTED, SENT, RECEIVED = "printed", "sent", "received"
GIVEN_BACK = ("goods", "finance_1", "finance_2")
COPIES_BACK = "copies_back"
"""Field of a dispatch: copies that head office has."""


class NoteCopies(msgspec.Struct, frozen=True, kw_only=True):
    """One dispatch note and the way of its copies."""

    document_no: str
    order_no: str
    counterparty_name: str
    printed_day: str
    due_day: str
    sent_day: str = ""
    sent_by: str = ""
    """Who took the three copies along."""

    received_day: str = ""
    """The goods department has them back, signed."""

    head_office_has: tuple[str, ...] = ()
    """Copies that head office says came back to it."""

    @property
    def confirmed(self) -> bool:
        """Whether head office has all three; the store then only has to note it."""
        return set(GIVEN_BACK) <= set(self.head_office_has)

    @property
    def state(self) -> str:
        """printed, sent or received."""
        return RECEIVED if self.received_day else SENT if self.sent_day else PRINTED

    def overdue(self, today: str) -> bool:
        """Whether the signed copies should be back by now."""
        return not self.received_day and not self.confirmed and self.due_day < today


def printed_note(till: Till, order_no: str, counterparty_name: str) -> RegisterNoted:
    """The line of the register that printing the four copies makes; its number comes at posting."""
    day = stock_day(till)
    return RegisterNoted(
        register=Register.COPIES,
        subject="",
        action=PRINTED,
        fields={
            "order_no": order_no,
            "from": counterparty_name,
            "due": due_of(till, day),
            "copies": "store goods finance_1 finance_2",
        },
    )


def due_of(till: Till, day: str) -> str:
    """Day by which the signed copies are back."""
    return later_by(day, till.settings.receiving.copies_due_days)


def notes(till: Till, *, open_only: bool = True) -> list[NoteCopies]:
    """Dispatch notes and their copies, what is due first on top; closed ones only when asked."""
    found: dict[str, NoteCopies] = {}
    for note in goods_ledgers.notes(till.journal.reader(), Register.COPIES.value):
        subject, action, day, fields = note.subject, note.action, note.business_day, note.fields
        if action == PRINTED:
            found[subject] = NoteCopies(
                document_no=subject,
                order_no=fields.get("order_no", ""),
                counterparty_name=fields.get("from", ""),
                printed_day=day,
                due_day=fields.get("due", day),
            )
        elif subject in found and action == SENT:
            found[subject] = msgspec.structs.replace(
                found[subject], sent_day=day, sent_by=fields.get("by", "")
            )
        elif subject in found and action == RECEIVED:
            found[subject] = msgspec.structs.replace(found[subject], received_day=day)
    listed = [
        _with_head_office(till, one)
        for one in found.values()
        if not (open_only and one.received_day)
    ]
    return sorted(listed, key=lambda one: (bool(one.received_day), one.due_day, one.document_no))


def _with_head_office(till: Till, one: NoteCopies) -> NoteCopies:
    """The note with what head office says of it, in the order it came with."""
    receipt = goods_ledgers.by_number(till.journal.reader(), one.document_no)
    if receipt is None:
        return one
    order_id = receipt.document.reference
    order = till.reference.ask(lambda c: goods_reference.order(c, order_id), None)
    has = order.fields.get(COPIES_BACK, "").split() if order is not None else []
    return msgspec.structs.replace(one, head_office_has=tuple(has)) if has else one


def overdue(till: Till) -> list[NoteCopies]:
    """Notes whose copies should be back at the goods department."""
    today = stock_day(till)
    return [one for one in notes(till) if one.overdue(today)]


def sent(till: Till, document_no: str, by: str) -> Future[None]:
    """The three copies have left, with whom."""
    return _note(till, document_no, SENT, {"by": by} if by else {})


def received(till: Till, document_no: str) -> Future[None]:
    """The goods department has them back."""
    return _note(till, document_no, RECEIVED, {})


def _note(till: Till, document_no: str, action: str, fields: dict[str, str]) -> Future[None]:
    return documents.note(
        till,
        RegisterNoted(
            register=Register.COPIES,
            subject=document_no,
            action=action,
            document_no=document_no,
            fields=fields,
        ),
    )
