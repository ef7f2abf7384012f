"""建账 by store: first goods, opening count, waivers, the three days, books not opened (STK-01, STK-02).

A store's clock starts with its first receipt or transfer in; within three days its books have to be
open, which they are by a posted opening document or by a waiver. A shop whose own setting asks for
no opening count sells without either; that it sells is how head office knows.
"""

from __future__ import annotations

import datetime as dt
from typing import Any, Final

import msgspec

from sync.head_office import findings
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect

DAYS: Final = 3
"""Days after the first goods by which the books must be open (STK-02)."""

LATE: Final = "books_late"
WAIVED_ACTION: Final = "opening_waived"
EMPTY_ACTION: Final = "opening_empty"
"""An opening count found nothing: there are no balances to post, and the books are open."""


class Waiver(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody at a till let the opening count be (STK-01)."""

    business_day: str
    workstation_id: str
    person_id: str
    operator_id: str
    reason: str


class StoreBooks(msgspec.Struct, frozen=True, kw_only=True):
    """How the books of one store stand."""

    store_id: str
    state: str
    """`booked`, `waived`, `sells` (without a count, by the shop's setting), `unbooked`, `empty`."""

    first_day: str = ""
    """When the first goods came in."""

    first_no: str = ""
    due_day: str = ""
    opening_no: str = ""
    opening_day: str = ""
    opening_key: str = ""
    """Address of the opening document; empty where the count found an empty shop."""

    days_left: int = 0
    """Until the books are due; below nothing when that is past. Only while they are not open."""

    waivers: tuple[Waiver, ...] = ()

    @property
    def late(self) -> bool:
        """Whether the books were opened after their day, or are still not open then."""
        if not self.due_day:
            return False
        if self.opening_day:
            return self.opening_day > self.due_day
        return self.state == "unbooked" and self.days_left < 0


def books(dialect: Dialect, today: str, *, store_id: str = "") -> list[StoreBooks]:
    """Every active store, or one."""
    of_store, values = (" AND store_id = ?", (store_id,)) if store_id else ("", ())
    stores = dialect.query(
        f"SELECT store_id FROM store WHERE active = 1{of_store} ORDER BY store_id", values
    )
    return [_books(dialect, str(one), today) for (one,) in stores]


def check(office: HeadOffice, store_id: str = "") -> list[StoreBooks]:
    """Write a finding for every store that has goods and no books after three days; returns those."""
    found = [
        one
        for one in books(office.dialect, office.today().isoformat(), store_id=store_id)
        if one.state == "unbooked" and one.late
    ]
    for one in found:
        findings.note(
            office.dialect,
            store_id=one.store_id,
            code=LATE,
            subject=one.due_day,
            workstation_id="",
            detail=f"first goods {one.first_day} {one.first_no}, books due {one.due_day}",
            found_utc_ms=office.clock_ms(),
            business_day=one.first_day,
        )
    return found


def _books(dialect: Dialect, store_id: str, today: str) -> StoreBooks:
    first = _first(dialect, store_id, "'receipt', 'transfer_in'")
    opening = _first(dialect, store_id, "'opening'") or _found_empty(dialect, store_id)
    waivers = _waivers(dialect, store_id)
    due = _later(first[1]) if first is not None else ""
    if opening is not None:
        state = "booked"
    elif waivers:
        state = "waived"
    elif _sells(dialect, store_id):
        state = "sells"
    else:
        state = "unbooked" if first is not None else "empty"
    left = (dt.date.fromisoformat(due) - dt.date.fromisoformat(today)).days if due else 0
    return StoreBooks(
        store_id=store_id,
        state=state,
        first_day=first[1] if first else "",
        first_no=first[0] if first else "",
        due_day=due,
        opening_no=opening[0] if opening else "",
        opening_day=opening[1] if opening else "",
        opening_key=opening[2] if opening else "",
        days_left=left if state == "unbooked" else 0,
        waivers=waivers,
    )


def _later(day: str) -> str:
    """The last day for the books; empty for a day that no calendar has."""
    try:
        return (dt.date.fromisoformat(day) + dt.timedelta(days=DAYS)).isoformat()
    except (ValueError, OverflowError):
        return ""


def _first(dialect: Dialect, store_id: str, kinds: str) -> tuple[str, str, str] | None:
    """Number, day and address of the first posted document of some kinds; one without a day is none."""
    row = dialect.one(
        "SELECT document_no, business_day, workstation_no, epoch_no, seq FROM goods_document "
        f"WHERE store_id = ? AND document_kind IN ({kinds}) AND state = 'posted' "
        "AND business_day <> '' ORDER BY business_day, at_utc_ms LIMIT 1",
        (store_id,),
    )
    return None if row is None else (str(row[0]), str(row[1]), f"{row[2]}/{row[3]}/{row[4]}")


def _found_empty(dialect: Dialect, store_id: str) -> tuple[str, str, str] | None:
    """Count, day and no address of an opening count that found an empty shop."""
    row = dialect.one(
        "SELECT fields, business_day FROM register_note WHERE store_id = ? "
        "AND register = 'books' AND subject = 'opening' AND action = ? "
        "ORDER BY at_utc_ms LIMIT 1",
        (store_id, EMPTY_ACTION),
    )
    return None if row is None else (_fields(row[0]).get("count", ""), str(row[1]), "")


def _waivers(dialect: Dialect, store_id: str) -> tuple[Waiver, ...]:
    rows = dialect.query(
        "SELECT business_day, workstation_id, person_id, operator_id, fields FROM register_note "
        "WHERE store_id = ? AND register = 'books' AND subject = 'opening' AND action = ? "
        "ORDER BY at_utc_ms",
        (store_id, WAIVED_ACTION),
    )
    return tuple(
        Waiver(
            business_day=str(day),
            workstation_id=str(till),
            person_id=str(person),
            operator_id=str(operator),
            reason=_fields(fields).get("reason", ""),
        )
        for day, till, person, operator, fields in rows
    )


def _sells(dialect: Dialect, store_id: str) -> bool:
    row = dialect.one(
        "SELECT 1 FROM till_day WHERE store_id = ? AND transactions > 0 LIMIT 1", (store_id,)
    )
    return row is not None


def _fields(text: Any) -> dict[str, str]:
    try:
        return msgspec.json.decode(str(text), type=dict[str, str])
    except msgspec.MsgspecError:
        return {}
