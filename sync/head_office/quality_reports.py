"""Quality over all stores: dates, recalls, readings, problems, records of the law (QLT).

Everything is read from what the tills sent: registers, receipts, ledger. Who bought recalled goods
is known where the sale names its batch or unit; whose purchase names neither may have them too,
and its store is told to look (QLT-05, QLT-06, QLT-11, QLT-14).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any, Final

import msgspec

from sync.head_office import goods_items, stock_figures
from sync.head_office.dialect import Dialect
from sync.head_office.entries import read_entry

MAX_ROWS: Final = 2_000
DEFAULT_BANDS: Final = (90, 60, 30)
READINGS_A_DAY: Final = 2
_LOOK_BACK_DAYS = 30
_FIELDS = msgspec.json.Decoder(dict[str, str])
TOLD: Final = ("told", "returned_elsewhere", "used_up")
"""Actions of the contact log after which a buyer knows."""

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


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """A slip with recalled goods."""

    store_id: str
    business_day: str
    at: str
    transaction_no: str
    operator_id: str
    item_code: str
    batch: str
    unit_code: str
    quantity_milli: int
    member: str = ""
    buyer: str = ""
    contact: str = ""
    """The last thing that a store noted of the buyer."""


class StoreRecall(msgspec.Struct, frozen=True, kw_only=True):
    """How a recall stands in one store, by what its tills noted."""

    store_id: str
    sold_milli: int = 0
    returned_milli: int = 0
    slips: int = 0
    told: int = 0
    not_reached: int = 0
    tills_done: int = 0


class NotRead(msgspec.Struct, frozen=True, kw_only=True):
    """A place of a store whose thermometer was not read often enough on a day."""

    store_id: str
    place: str
    name: str
    business_day: str
    read: int
    wanted: int
    out_of_limits: int


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a register."""

    store_id: str
    business_day: str
    workstation_id: str
    operator_id: str
    subject: str
    action: str
    item_code: str
    batch: str
    quantity_milli: int
    document_no: str
    person_id: str
    fields: dict[str, str]


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
        figures = stock_figures.of_store(dialect, one, {str(row[1]) for row in listed})
        for row in listed:
            code, batch, expiry = str(row[1]), str(row[2]), str(row[3])
            quantity = figures.get(code, {}).get(("", batch), 0)
            left = (dt.date.fromisoformat(expiry) - day).days
            band = bands.of(str(row[5]), left)
            if quantity <= 0 or (left >= 0 and not band):
                continue
            found.append(
                Ending(
                    store_id=one,
                    item_code=code,
                    name=str(row[4]),
                    batch=batch,
                    expiry=expiry,
                    days_left=left,
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


# ------------------------------------------------------------------------------------ recalls


def bought(
    dialect: Dialect,
    item_code: str,
    batches: Iterable[str] = (),
    serials: Iterable[str] = (),
    *,
    store_id: str = "",
) -> list[Bought]:
    """Slips of all stores that name a batch or unit of an item, the latest first.

    Without batches and serial numbers every slip that names any of the item counts.
    """
    where, values = _store(store_id, "b.")
    text = (
        "SELECT b.store_id, b.workstation_no, b.epoch_no, b.seq, s.business_day, s.at, "
        "s.transaction_no, s.operator_id, b.batch, b.unit_code, l.quantity_milli "
        "FROM sale_batch b JOIN sale_line l ON l.store_id = b.store_id "
        "AND l.workstation_no = b.workstation_no AND l.epoch_no = b.epoch_no "
        "AND l.seq = b.seq AND l.line_no = b.line_no "
        "JOIN sale s ON s.store_id = b.store_id AND s.workstation_no = b.workstation_no "
        "AND s.epoch_no = b.epoch_no AND s.seq = b.seq "
        f"WHERE b.item_code = ? AND l.kind = 'sale'{where}"
    )
    fixed = (item_code, *values)
    rows: list[tuple[Any, ...]] = []
    wanted = {"batch": list(batches), "unit_code": list(serials)}
    for column, keys in wanted.items():
        if keys:
            rows += dialect.rows_of_keys(f"{text} AND b.{column} IN ?", fixed, keys)
    if not any(wanted.values()):
        rows = dialect.query(text, fixed)
    rows = sorted(rows, key=lambda row: (str(row[4]), str(row[5])), reverse=True)[:MAX_ROWS]
    contacts = _contacts(dialect, item_code)
    buyers = {
        (note.store_id, note.document_no): note.fields.get("buyer", "")
        for note in notes(dialect, "device_sale", item_code=item_code)
    }
    return [
        Bought(
            store_id=str(row[0]),
            business_day=str(row[4]),
            at=str(row[5]),
            transaction_no=str(row[6]),
            operator_id=str(row[7]),
            item_code=item_code,
            batch=str(row[8]),
            unit_code=str(row[9]),
            quantity_milli=int(row[10]),
            member=_member(dialect, row[:4]),
            buyer=buyers.get((str(row[0]), str(row[6])), ""),
            contact=contacts.get((str(row[0]), str(row[6])), ""),
        )
        for row in rows
    ]


def recall_by_store(dialect: Dialect, order_id: str, rows: Iterable[Bought]) -> list[StoreRecall]:
    """Progress of one recall in each store that sold of it or noted anything (QLT-05)."""
    sold: dict[str, int] = defaultdict(int)
    slips: dict[str, set[str]] = defaultdict(set)
    for one in rows:
        sold[one.store_id] += one.quantity_milli
        slips[one.store_id].add(one.transaction_no)
    back: dict[str, int] = defaultdict(int)
    last: dict[str, dict[str, str]] = defaultdict(dict)
    done: dict[str, set[str]] = defaultdict(set)
    for note in notes(dialect, "recall", subject=order_id):
        if note.action == "returned":
            back[note.store_id] += note.quantity_milli
        elif note.action == "done":
            done[note.store_id].add(note.workstation_id)
        elif note.action in (*TOLD, "not_reached"):
            last[note.store_id][note.document_no] = note.action
    return [
        StoreRecall(
            store_id=one,
            sold_milli=sold[one],
            returned_milli=back[one],
            slips=len(slips[one]),
            told=sum(action in TOLD for action in last[one].values()),
            not_reached=sum(action == "not_reached" for action in last[one].values()),
            tills_done=len(done[one]),
        )
        for one in sorted({*sold, *back, *last, *done})
    ]


def _contacts(dialect: Dialect, item_code: str) -> dict[tuple[str, str], str]:
    return {
        (note.store_id, note.document_no): note.action
        for note in notes(dialect, "recall", item_code=item_code)
        if note.action in (*TOLD, "not_reached")
    }


def _member(dialect: Dialect, key: tuple[Any, ...]) -> str:
    """The member's number of a sale, from the entry's own bytes."""
    row = dialect.one(
        "SELECT bytes FROM journal WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? "
        "AND seq = ?",
        key,
    )
    entry = read_entry(bytes(row[0])) if row is not None else "missing"
    return "" if isinstance(entry, str) else str(getattr(entry.body, "member_id", "") or "")


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


def notes(
    dialect: Dialect,
    register: str,
    *,
    subject: str = "",
    item_code: str = "",
    store_id: str = "",
    since_day: str = "",
) -> list[Note]:
    """Lines of a register over all stores, in the order of their times."""
    where, values = _store(store_id)
    asked: list[Any] = [register, *values]
    for column, value in (("subject", subject), ("item_code", item_code)):
        if value:
            where += f" AND {column} = ?"
            asked.append(value)
    if since_day:
        where += " AND business_day >= ?"
        asked.append(since_day)
    rows = dialect.query(
        "SELECT store_id, business_day, workstation_id, operator_id, subject, action, item_code, "
        "batch, quantity_milli, document_no, person_id, fields FROM register_note "
        f"WHERE register = ?{where} ORDER BY at_utc_ms, workstation_no, epoch_no, seq",
        asked,
    )
    return [
        Note(
            store_id=str(row[0]),
            business_day=str(row[1]),
            workstation_id=str(row[2]),
            operator_id=str(row[3]),
            subject=str(row[4]),
            action=str(row[5]),
            item_code=str(row[6]),
            batch=str(row[7]),
            quantity_milli=int(row[8]),
            document_no=str(row[9]),
            person_id=str(row[10]),
            fields=_read_fields(str(row[11])),
        )
        for row in rows
    ]


def _read_fields(text: str) -> dict[str, str]:
    try:
        return _FIELDS.decode(text or "{}")
    except msgspec.MsgspecError:
        return {}


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
