"""Quality over all stores: dates, readings, problems, records of the law (QLT).

Everything is read from what the tills sent: registers, receipts, ledger. What is left of a batch is
seen as the shelf is emptied: sales that name none are taken off the one that expires first
(QLT-06, QLT-11, QLT-12, QLT-13).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from sync.head_office import goods_items, stock_batches
from sync.head_office.dialect import Dialect
from sync.head_office.quality_notes import Note, notes

MAX_ROWS: Final = 2_000
DEFAULT_BANDS: Final = (90, 60, 30)
READINGS_A_DAY: Final = 2
_LOOK_BACK_DAYS = 30
DEVICE_COLUMNS: Final = (
    "store_id", "transaction_no", "name", "spec", "registration_no", "quantity", "unit_price",
    "amount", "batch_or_serial", "expiry", "sale_date", "maker", "maker_licence_no", "buyer",
    "buyer_licence", "buyer_address", "buyer_contact", "sterilisation_batch", "handler",
    "responsible",
)  # fmt: skip
"""Store and slip, then the columns of QLT-02 and QLT-03 in their order."""


class Ending(msgspec.Struct, frozen=True, kw_only=True):
    """A batch in a store that is past its date or near it."""

    store_id: str
    item_code: str
    name: str
    batch: str
    expiry: str
    days_left: int
    band: int
    """The narrowest band that holds; 0 for what is past its date."""

    quantity_milli: int


class NotRead(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a store whose thermometer was not read often enough on a day."""

    store_id: str
    place: str
    name: str
    business_day: str
    read: int
    wanted: int
    out_of_limits: int


# ------------------------------------------------------------------------------------ dates


def ending(dialect: Dialect, today: str, store_id: str = "") -> list[Ending]:
    """Batches in the stores past their date or within their class's bands, the worst first."""
    day = dt.date.fromisoformat(today)
    bands = _Bands(dialect)
    widest = (day + dt.timedelta(days=bands.widest)).isoformat()
    where, values = _store(store_id)
    rows = dialect.query(
        "SELECT store_id, item_code, batch, MIN(expiry), MAX(description), MAX(item_class) "
        f"FROM goods_line WHERE expiry <> '' AND expiry <= ?{where} "
        "GROUP BY store_id, item_code, batch ORDER BY 4, 1, 2, 3",
        (widest, *values),
    )
    by_store: dict[str, list[tuple[Any, ...]]] = defaultdict(list)
    for row in rows:
        by_store[str(row[0])].append(row)
    found: list[Ending] = []
    for one, listed in by_store.items():
        left = stock_batches.of_store(dialect, one, {str(row[1]) for row in listed})
        for row in listed:
            code, batch, expiry = str(row[1]), str(row[2]), str(row[3])
            quantity = left.get(code, {}).get(batch, 0)
            days_left = (dt.date.fromisoformat(expiry) - day).days
            band = bands.of(str(row[5]), days_left)
            if quantity <= 0 or (days_left >= 0 and not band):
                continue
            found.append(
                Ending(
                    store_id=one,
                    item_code=code,
                    name=str(row[4]),
                    batch=batch,
                    expiry=expiry,
                    days_left=days_left,
                    band=band,
                    quantity_milli=quantity,
                )
            )
    return sorted(found, key=lambda one: (one.expiry, one.store_id, one.item_code))[:MAX_ROWS]


class _Bands:
    """Bands of near expiry by class."""

    def __init__(self, dialect: Dialect) -> None:
        self._by_class = {
            rule.item_class: rule.near_days for rule in goods_items.class_rules(dialect)
        }
        every = [day for days in self._by_class.values() for day in days]
        self.widest = max((*every, *DEFAULT_BANDS))

    def of(self, item_class: str, days_left: int) -> int:
        if days_left < 0:
            return 0
        bands = self._by_class.get(item_class, DEFAULT_BANDS)
        return min((band for band in bands if days_left <= band), default=0)


# ------------------------------------------------------------------------------------ registers


def not_read(dialect: Dialect, today: str, store_id: str = "", days: int = 7) -> list[NotRead]:
    """Days on which a place that is read at all was read less than twice, or out of limits."""
    last = dt.date.fromisoformat(today)
    since = (last - dt.timedelta(days=_LOOK_BACK_DAYS)).isoformat()
    counts: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(dict)
    names: dict[tuple[str, str], str] = {}
    for note in notes(dialect, "temperature", store_id=store_id, since_day=since):
        key = (note.store_id, note.subject)
        names[key] = note.fields.get("name", note.subject)
        seen = counts[key].setdefault(note.business_day, [0, 0])
        seen[0] += 1
        seen[1] += note.action == "out_of_limits"
    found: list[NotRead] = []
    for key, by_day in counts.items():
        first = dt.date.fromisoformat(min(by_day))
        for back in range(days):
            day = last - dt.timedelta(days=back)
            if day < first:
                break
            read, out = by_day.get(day.isoformat(), [0, 0])
            if read >= READINGS_A_DAY and not out:
                continue
            found.append(
                NotRead(
                    store_id=key[0],
                    place=key[1],
                    name=names[key],
                    business_day=day.isoformat(),
                    read=read,
                    wanted=READINGS_A_DAY,
                    out_of_limits=out,
                )
            )
    return sorted(found, key=lambda one: (one.business_day, one.store_id), reverse=True)


def open_cases(dialect: Dialect, store_id: str = "") -> list[Note]:
    """Problems of maintenance that no store has dealt with yet."""
    return _open(notes(dialect, "maintenance", store_id=store_id), "case_open", "case_closed")


def open_arrivals(dialect: Dialect, store_id: str = "") -> list[Note]:
    """Controlled goods whose arrival nobody has verified (QLT-13)."""
    return _open(notes(dialect, "arrival_check", store_id=store_id), "open", "verified")


def reactions(dialect: Dialect, store_id: str = "") -> list[Note]:
    """Adverse reactions that stores reported, the latest first (QLT-12)."""
    return notes(dialect, "adverse", store_id=store_id)[::-1]


def device_rows(
    dialect: Dialect, first_day: str, last_day: str, store_id: str = ""
) -> list[dict[str, str]]:
    """The devices' sales record of all stores, with exactly its columns (QLT-02)."""
    found = notes(dialect, "device_sale", store_id=store_id, since_day=first_day)
    signed = {
        (note.store_id, note.subject, note.item_code, note.batch): note.fields.get(
            "responsible", note.person_id
        )
        for note in found
        if note.action == "signed"
    }
    return [
        {
            **{name: note.fields.get(name, "") for name in DEVICE_COLUMNS},
            "store_id": note.store_id,
            "transaction_no": note.document_no,
            "responsible": note.fields.get("responsible", "")
            or signed.get((note.store_id, note.subject, note.item_code, note.batch), ""),
        }
        for note in found
        if note.business_day <= last_day and note.action != "signed"
    ]


def _open(found: Iterable[Note], opening: str, closing: str) -> list[Note]:
    left: dict[tuple[str, str], Note] = {}
    for note in found:
        key = (note.store_id, note.subject)
        if note.action == opening:
            left[key] = note
        elif note.action == closing:
            left.pop(key, None)
    return list(left.values())


def _store(store_id: str, prefix: str = "") -> tuple[str, list[str]]:
    return (f" AND {prefix}store_id = ?", [store_id]) if store_id else ("", [])


def as_row(one: msgspec.Struct) -> Mapping[str, Any]:
    """A value as a row of a sheet."""
    return msgspec.structs.asdict(one)
