"""Forms that go to head office: adverse reactions, and arrivals of controlled goods (QLT-12, 13)."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Final

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.registers import Register, RegisterNoted
from pos.i18n import N_
from pos.services.context import Till
from pos.services.goods import documents
from pos.services.journal_reading import find_transaction
from pos.store import goods_ledgers

REACTION_FIELDS: Final = ("patient", "reaction", "began", "outcome", "reporter")
"""What a report must hold: who (initials, age), what happened, when, what became of it, by whom."""


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """Controlled goods that left the shop and whose arrival nobody has verified."""

    subject: str
    transaction_no: str
    item_code: str
    name: str
    batch: str
    quantity_milli: int
    business_day: str
    contact: str = ""


def arrivals(till: Till) -> list[Arrival]:
    """Arrivals to verify, the oldest first (QLT-13)."""
    found: dict[str, Arrival] = {}
    for note in goods_ledgers.notes(till.journal.reader(), Register.ARRIVAL_CHECK.value):
        if note.action == "open":
            found[note.subject] = Arrival(
                subject=note.subject,
                transaction_no=note.document_no,
                item_code=note.item_code,
                name=note.fields.get("name", note.item_code),
                batch=note.batch,
                quantity_milli=note.quantity_milli,
                business_day=note.business_day,
                contact=note.fields.get("buyer_contact", "") or note.fields.get("member", ""),
            )
        elif note.action == "verified":
            found.pop(note.subject, None)
    return list(found.values())


def verify_arrival(till: Till, arrival: Arrival, *, by: str, note: str = "") -> Future[None]:
    """The goods are with the customer; `by` says who saw or heard it."""
    fields = {"by": by, "note": note}
    return documents.note(
        till,
        RegisterNoted(
            register=Register.ARRIVAL_CHECK,
            subject=arrival.subject,
            action="verified",
            item_code=arrival.item_code,
            batch=arrival.batch,
            quantity_milli=arrival.quantity_milli,
            document_no=arrival.transaction_no,
            fields={name: value for name, value in fields.items() if value},
        ),
    )


def unsigned_sterile(till: Till) -> list[goods_ledgers.Note]:
    """Lines of the sales record of sterile goods that the responsible person has not signed."""
    open_ones: dict[tuple[str, str, str], goods_ledgers.Note] = {}
    for note in goods_ledgers.notes(till.journal.reader(), Register.DEVICE_SALE.value):
        key = (note.subject, note.item_code, note.batch)
        if note.action == "signed":
            open_ones.pop(key, None)
        elif note.fields.get("sterile") and not note.fields.get("responsible"):
            open_ones[key] = note
    return list(open_ones.values())


def sign_sterile(till: Till, responsible: str) -> Future[None] | Refusal:
    """The responsible person, whose PIN was just checked, signs what was sold (QLT-03)."""
    found = unsigned_sterile(till)
    if not found:
        return Refusal("nothing_to_sign", N_("everything is signed"))
    if any(note.operator_id == responsible for note in found):
        return Refusal("same_person", N_("somebody else than the seller signs"))
    return documents.note(
        till,
        *(
            RegisterNoted(
                register=Register.DEVICE_SALE,
                subject=note.subject,
                action="signed",
                item_code=note.item_code,
                batch=note.batch,
                document_no=note.document_no,
                person_id=responsible,
            )
            for note in found
        ),
    )


def report_reaction(
    till: Till,
    item_code: str,
    batch: str,
    fields: Mapping[str, str],
    *,
    transaction_no: str = "",
    happened_utc_ms: int = 0,
) -> Future[None] | Refusal:
    """An adverse reaction to head office; every field of the form is needed (QLT-12)."""
    missing = [name for name in REACTION_FIELDS if not fields.get(name, "").strip()]
    if missing or not item_code:
        return Refusal(
            "form_incomplete", N_("the form is not complete"), {"fields": ", ".join(missing)}
        )
    if transaction_no and find_transaction(till.journal.reader(), transaction_no) is None:
        return Refusal("no_such_receipt", N_("this till has no such receipt"))
    return documents.note(
        till,
        RegisterNoted(
            register=Register.ADVERSE,
            subject=till.new_uuid(),
            action="reported",
            item_code=item_code,
            batch=batch,
            document_no=transaction_no,
            event_utc_ms=happened_utc_ms,
            fields={name: value.strip() for name, value in fields.items() if value.strip()},
        ),
    )
