"""商品发货登记 of all stores: what waits, is out, was delivered and not signed for (REG-01, REG-06..11).

The state follows from the register's notes as the till reads them: checked out, delivered without
a signature, another day promised, which courier. The dispatch is cleared by the signed document.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from pos.domain.goods.documents import DocumentKind
from sync.head_office import register_documents
from sync.head_office.database import HeadOffice
from sync.head_office.loan_register import days_past
from sync.head_office.register_documents import Note, Opened

WAITING, OUT, UNSIGNED = "waiting", "out", "unsigned"
"""In the shop; on its way; delivered and not signed for, which is no receivable yet (REG-09)."""

STATES: Final = (UNSIGNED, OUT, WAITING)
DUE_DAYS: Final = 3
"""Days after the sale by which goods are delivered where the entry says no day (REG-06)."""

PASS_DAYS: Final = 400
DELIVERY_COLUMNS: Final = (
    "store_id", "document_no", "transaction_no", "business_day", "state", "due_day",
    "first_due_day", "days_overdue", "mode", "customer", "phone", "address", "clerk", "courier",
    "tracking_no", "out_day", "delivered_day", "delivered_by", "left",
)  # fmt: skip
PASS_COLUMNS: Final = (
    "store_id", "pass_no", "document_no", "business_day", "goods", "quantity", "issued_by",
    "out_day", "out_by",
)  # fmt: skip
SLIP_COLUMNS: Final = (
    "store_id", "business_day", "courier", "tracking_no", "document_no", "entered_by",
)  # fmt: skip


class Delivery(msgspec.Struct, frozen=True, kw_only=True):
    """An entry that is not cleared."""

    opened: Opened
    state: str
    due_day: str
    """As promised last; the document's own day where nothing else was agreed."""

    days_overdue: int
    courier: str
    tracking_no: str
    out_day: str
    delivered_day: str
    delivered_by: str

    @property
    def clerk(self) -> str:
        """Who registered it and answers for it when it is late (REG-06)."""
        return self.opened.fields.get("clerk", "") or self.opened.operator_id


class GatePass(msgspec.Struct, frozen=True, kw_only=True):
    """A pass by which goods leave (REG-10)."""

    store_id: str
    number: str
    document_no: str
    business_day: str
    goods: str
    quantity_milli: int
    issued_by: str
    out_day: str
    """Empty while the guard has not scanned it."""

    out_by: str


class CourierSlip(msgspec.Struct, frozen=True, kw_only=True):
    """A slip to hold against the courier's bill (REG-08)."""

    store_id: str
    business_day: str
    courier: str
    tracking_no: str
    document_no: str
    entered_by: str


def deliveries(
    office: HeadOffice,
    *,
    store_id: str = "",
    only_overdue: bool = False,
    state: str = "",
    with_goods: bool = True,
) -> list[Delivery]:
    """Entries that are not cleared, what is due first on top; `with_goods` names what waits."""
    today = office.today()
    opened = register_documents.opened(
        office.dialect,
        DocumentKind.DISPATCH_HOLD.value,
        DocumentKind.DISPATCH_DONE.value,
        store_id=store_id,
        with_goods=with_goods,
    )
    since = min((one.business_day for one in opened), default="9999")
    notes = register_documents.notes(
        office.dialect, "dispatch", store_id=store_id, since_day=since
    )
    found = [
        _delivery(one, notes.get(f"{one.store_id}/{one.document_no}", []), today) for one in opened
    ]
    found = [
        one for one in found if (one.days_overdue or not only_overdue) and state in ("", one.state)
    ]
    return sorted(found, key=lambda one: (one.due_day or "9999", one.opened.store_id))


def gate_passes(
    office: HeadOffice, *, store_id: str = "", only_open: bool = True
) -> list[GatePass]:
    """Passes of the last year and a bit, the oldest first; those still inside, unless all are asked."""
    since = (office.today() - dt.timedelta(days=PASS_DAYS)).isoformat()
    found: list[GatePass] = []
    for place, lines in register_documents.notes(
        office.dialect, "gate_pass", store_id=store_id, since_day=since
    ).items():
        issued = next((one for one in lines if one.action == "issued"), None)
        out = next((one for one in lines if one.action == "out"), None)
        if issued is None or (only_open and out is not None):
            continue
        found.append(
            GatePass(
                store_id=place.partition("/")[0],
                number=issued.subject,
                document_no=issued.document_no,
                business_day=issued.business_day,
                goods=issued.fields.get("goods", ""),
                quantity_milli=issued.quantity_milli,
                issued_by=issued.operator_id,
                out_day=out.business_day if out else "",
                out_by=out.operator_id if out else "",
            )
        )
    return sorted(found, key=lambda one: (one.business_day, one.store_id, one.number))


def courier_slips(office: HeadOffice, month: str, *, store_id: str = "") -> list[CourierSlip]:
    """Slips of a month, by courier (REG-08)."""
    found = [
        CourierSlip(
            store_id=place.partition("/")[0],
            business_day=note.business_day,
            courier=note.fields.get("courier", ""),
            tracking_no=note.fields.get("tracking", ""),
            document_no=note.document_no or note.subject,
            entered_by=note.operator_id,
        )
        for place, lines in register_documents.notes(
            office.dialect, "dispatch", store_id=store_id, since_day=f"{month}-01"
        ).items()
        for note in lines
        if note.action == "courier" and note.business_day.startswith(month)
    ]
    return sorted(found, key=lambda one: (one.courier, one.business_day, one.tracking_no))


def delivery_row(one: Delivery, quantity: Any) -> dict[str, Any]:
    """A row of a file, in `DELIVERY_COLUMNS`."""
    return {
        "store_id": one.opened.store_id,
        "document_no": one.opened.document_no,
        "transaction_no": one.opened.reference,
        "business_day": one.opened.business_day,
        "state": one.state,
        "due_day": one.due_day,
        "first_due_day": one.opened.due_day,
        "days_overdue": one.days_overdue,
        "mode": one.opened.fields.get("mode", ""),
        "customer": one.opened.counterparty_name,
        "phone": one.opened.fields.get("phone", ""),
        "address": one.opened.fields.get("address", ""),
        "clerk": one.clerk,
        "courier": one.courier,
        "tracking_no": one.tracking_no,
        "out_day": one.out_day,
        "delivered_day": one.delivered_day,
        "delivered_by": one.delivered_by,
        "left": quantity(one.opened.left_milli),
    }


def pass_row(one: GatePass, quantity: Any) -> dict[str, Any]:
    """A row of a file, in `PASS_COLUMNS`."""
    return {
        "store_id": one.store_id,
        "pass_no": one.number,
        "document_no": one.document_no,
        "business_day": one.business_day,
        "goods": one.goods,
        "quantity": quantity(one.quantity_milli),
        "issued_by": one.issued_by,
        "out_day": one.out_day,
        "out_by": one.out_by,
    }


def _delivery(one: Opened, notes: list[Note], today: dt.date) -> Delivery:
    last = {note.action: note for note in notes}
    promised, sent = last.get("promised"), last.get("courier")
    delivered, out = last.get("delivered"), last.get("checked_out")
    due = (promised.fields.get("due_day", "") if promised else "") or one.due_day or _due(one)
    state = UNSIGNED if delivered else OUT if out else WAITING
    return Delivery(
        opened=one,
        state=state,
        due_day=due,
        days_overdue=max(0, days_past(due, today)),
        courier=sent.fields.get("courier", "") if sent else "",
        tracking_no=sent.fields.get("tracking", "") if sent else "",
        out_day=out.business_day if out else "",
        delivered_day=(delivered.fields.get("day", "") or delivered.business_day)
        if delivered
        else "",
        delivered_by=delivered.fields.get("by", "") if delivered else "",
    )


def _due(one: Opened) -> str:
    try:
        return (dt.date.fromisoformat(one.business_day) + dt.timedelta(days=DUE_DAYS)).isoformat()
    except (ValueError, OverflowError):
        return ""
