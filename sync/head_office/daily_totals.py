"""日盘总数 as stores sent it: pieces by class at each handover, what differs, who missed it (STK-04).

A till registers one note for each class: what who went and who came counted, the books, the reason
and both signers (CSH-03). A shift that was asked and not counted says so in its count's last event.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sync.head_office import count_plans, goods_items
from sync.head_office.dialect import Dialect

ACTION: Final = "daily_total"
NOT_COUNTED: Final = "not counted"
MAX_ROWS: Final = 5_000
COLUMNS: Final = (
    "store_id", "business_day", "workstation_id", "shift_no", "item_class", "outgoing",
    "incoming", "books", "difference", "reason", "signed_by_outgoing", "signed_by_incoming",
    "receiver_id",
)  # fmt: skip


class DailyTotal(msgspec.Struct, frozen=True, kw_only=True):
    """One class at one handover. Quantities are thousandths of a piece."""

    store_id: str
    business_day: str
    workstation_id: str
    shift_no: str
    item_class: str
    outgoing_milli: int | None
    incoming_milli: int | None
    """None when nobody who came has counted."""

    book_milli: int | None
    difference_milli: int
    reason: str
    outgoing_signed_by: str
    incoming_signed_by: str
    receiver_id: str
    count_id: str

    @property
    def state(self) -> str:
        """`equal` or `differs`."""
        return "differs" if self.difference_milli else "equal"

    @property
    def counts_differ(self) -> bool:
        """Whether the two people counted differently."""
        return self.incoming_milli is not None and self.incoming_milli != self.outgoing_milli


class Missed(msgspec.Struct, frozen=True, kw_only=True):
    """A day whose pieces were not counted where they are asked for."""

    store_id: str
    business_day: str
    workstation_id: str
    """The till whose shift was asked and not counted; empty when nobody counted all day."""

    shift_no: str = ""


def totals(
    dialect: Dialect,
    *,
    store_id: str = "",
    first_day: str = "",
    last_day: str = "9999",
    only_differing: bool = False,
) -> list[DailyTotal]:
    """Notes of business days, the latest first."""
    where, values = _between(store_id, first_day, last_day)
    differing = " AND quantity_milli <> 0" if only_differing else ""
    rows = dialect.query(
        "SELECT store_id, business_day, workstation_id, subject, quantity_milli, document_no, "
        "person_id, fields FROM register_note WHERE register = 'books' AND action = ? "
        f"AND {where}{differing} ORDER BY business_day DESC, store_id, workstation_id, "
        "at_utc_ms DESC, subject LIMIT ?",
        (ACTION, *values, MAX_ROWS),
    )
    return [_total(row) for row in rows]


def missed(dialect: Dialect, *, store_id: str = "", first_day: str, last_day: str) -> list[Missed]:
    """Days and shifts that were not counted, the latest first.

    A store whose plan asks for daily totals misses a day that a till closed without any; a till
    that asked and got no answer says so itself, whatever the plan.
    """
    where, values = _between(store_id, first_day, last_day)
    found = [
        Missed(
            store_id=str(store),
            business_day=str(day),
            workstation_id=str(label),
            shift_no=_shift(str(count_id)),
        )
        for store, day, label, count_id in dialect.query(
            "SELECT store_id, business_day, workstation_id, count_id FROM count_event "
            f"WHERE count_kind = 'total' AND action = 'ended' AND note = ? AND {where}",
            (NOT_COUNTED, *values),
        )
    ]
    asked = {
        store for store, plan in count_plans.plans(dialect, store_id).items() if plan.daily_total
    }
    if asked and asked_classes(dialect):
        told = {(one.store_id, one.business_day) for one in found} | {
            (str(store), str(day))
            for store, day in dialect.query(
                "SELECT DISTINCT store_id, business_day FROM register_note "
                f"WHERE register = 'books' AND action = ? AND {where}",
                (ACTION, *values),
            )
        }
        found += [
            Missed(store_id=str(store), business_day=str(day), workstation_id="")
            for store, day in dialect.query(
                f"SELECT DISTINCT store_id, business_day FROM till_day WHERE z_no > 0 AND {where}",
                values,
            )
            if str(store) in asked and (str(store), str(day)) not in told
        ]
    found.sort(key=lambda one: (one.store_id, one.workstation_id))
    return sorted(found, key=lambda one: one.business_day, reverse=True)


def asked_classes(dialect: Dialect) -> list[str]:
    """Classes whose pieces are counted every day, by their rule."""
    return [rule.item_class for rule in goods_items.class_rules(dialect) if rule.counted_daily]


def as_row(one: DailyTotal, quantity: Any) -> dict[str, Any]:
    """A row of a file, in `COLUMNS`; `quantity` writes thousandths."""

    def said(value: int | None) -> str:
        return "" if value is None else str(quantity(value))

    return {
        "store_id": one.store_id,
        "business_day": one.business_day,
        "workstation_id": one.workstation_id,
        "shift_no": one.shift_no,
        "item_class": one.item_class,
        "outgoing": said(one.outgoing_milli),
        "incoming": said(one.incoming_milli),
        "books": said(one.book_milli),
        "difference": said(one.difference_milli),
        "reason": one.reason,
        "signed_by_outgoing": one.outgoing_signed_by,
        "signed_by_incoming": one.incoming_signed_by,
        "receiver_id": one.receiver_id,
    }


def _between(store_id: str, first_day: str, last_day: str) -> tuple[str, tuple[str, ...]]:
    """Condition and values; stores are named, so that keys beginning with the store are used."""
    if store_id:
        return "store_id = ? AND business_day >= ? AND business_day <= ?", (
            store_id,
            first_day,
            last_day,
        )
    return (
        "store_id IN (SELECT store_id FROM store) AND business_day >= ? AND business_day <= ?",
        (first_day, last_day),
    )


def _total(row: tuple[Any, ...]) -> DailyTotal:
    fields = _fields(row[7])
    return DailyTotal(
        store_id=str(row[0]),
        business_day=str(row[1]),
        workstation_id=str(row[2]),
        shift_no=_shift(str(row[5])),
        item_class=str(row[3]),
        outgoing_milli=_number(fields.get("outgoing_milli", "")),
        incoming_milli=_number(fields.get("incoming_milli", "")),
        book_milli=_number(fields.get("book_milli", "")),
        difference_milli=int(row[4]),
        reason=fields.get("reason", ""),
        outgoing_signed_by=fields.get("outgoing_signed_by", ""),
        incoming_signed_by=fields.get("incoming_signed_by", ""),
        receiver_id=str(row[6]),
        count_id=str(row[5]),
    )


def _shift(count_id: str) -> str:
    """Shift of a count's id such as `T20261121-01-3`; nothing of another form."""
    parts = count_id.split("-")
    return parts[2] if len(parts) == 3 and parts[2].isdigit() else ""


def _fields(text: Any) -> dict[str, str]:
    try:
        return msgspec.json.decode(str(text), type=dict[str, str])
    except msgspec.MsgspecError:
        return {}


def _number(text: str) -> int | None:
    plain = text.removeprefix("-")
    return int(text) if plain.isascii() and plain.isdigit() and len(plain) < 19 else None
