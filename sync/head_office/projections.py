"""Writing bookings into the projections, throwing them away, and rebuilding them (I3).

All that is written here can be dropped and rebuilt from `journal` to identical content; what a
rebuild cannot know (when a day changed, what people decided) is kept in other tables.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from sync.head_office import goods_booking, goods_tables, stock_fold
from sync.head_office.aggregates import MEASURES, RANK_LENGTH
from sync.head_office.booking import Booking
from sync.head_office.booking_values import Place
from sync.head_office.dialect import Dialect
from sync.head_office.entries import read_entry

PROJECTIONS = (
    "sale",
    "sale_line",
    "sale_tender",
    "tender_decision",
    "till_day",
    "daily_folded",
    "daily_delta",
    *goods_tables.COLUMNS,
    *stock_fold.TABLES,
)
"""Tables that are projections of `journal`, and nothing else."""

FOLD_AFTER_BATCHES = 64
"""Deltas of so many batches are folded even when there is no quiet moment."""

_KEY = ("store_id", "workstation_no", "epoch_no", "seq")
SALE_COLUMNS = (
    *_KEY,
    "business_day",
    "workstation_id",
    "currency",
    "transaction_no",
    "transaction_type",
    "shift_no",
    "operator_id",
    "at",
    "at_utc_ms",
    "lines",
    "total_minor",
    "discount_minor",
    "original_transaction_no",
    "roll_transaction",
    "corrected_utc_ms",
)
LINE_COLUMNS = (
    *_KEY,
    "line_no",
    "business_day",
    "currency",
    "kind",
    "item_code",
    "description",
    "item_class",
    "quantity_milli",
    "unit_price_e4",
    "unit_discount_e4",
    "amount_minor",
    "discount_minor",
    "tax_rate_bp",
    "tax_minor",
    "at",
    "original_transaction_no",
    "original_line_no",
)
TENDER_COLUMNS = (
    *_KEY,
    "tender_no",
    "tender_type",
    "amount_minor",
    "state",
    "is_change",
    "reference",
)
DECISION_COLUMNS = (
    *_KEY,
    "transaction_no",
    "tender_no",
    "state",
    "amount_minor",
    "business_day",
)
_DAILY_KEY = ("store_id", "business_day", "currency", "dimension", "grouping_key")
DAILY_COLUMNS = (*_DAILY_KEY, *MEASURES, "described")
_FOLD = (
    f"INSERT INTO daily_folded ({', '.join(DAILY_COLUMNS)}) "
    f"SELECT {', '.join(_DAILY_KEY)}, {', '.join(f'SUM({name})' for name in MEASURES)}, "
    f"MAX(described) FROM ? WHERE 1 = 1 GROUP BY {', '.join(_DAILY_KEY)} "
    "ON CONFLICT (store_id, dimension, business_day, currency, grouping_key) DO UPDATE SET "
    + ", ".join(f"{name} = daily_folded.{name} + excluded.{name}" for name in MEASURES)
    + ", described = CASE WHEN excluded.described > daily_folded.described "
    "THEN excluded.described ELSE daily_folded.described END"
)
_TILL_DAY_KEY = ("store_id", "business_day", "workstation_no")
_TILL_DAY_SUMS = ("transactions", "lines", "net_minor", "discounts_minor")
_Z_COLUMNS = (
    "z_no",
    "z_transactions",
    "z_lines",
    "z_net_minor",
    "z_discounts_minor",
    "z_forced",
    "z_perpetual_gross_minor",
    "z_at_utc_ms",
    "z_rank",
)


def write(dialect: Dialect, booking: Booking, further: Iterable[object] = ()) -> None:
    """Write a batch's lines and deltas; the caller holds the transaction, and adds `write_heads`.

    Each step of `further` books more entries, whose lines are made while the database stores
    those before; it must not touch the database.
    """
    with dialect.copying("sale_line", LINE_COLUMNS) as copy:
        copy(booking.taken_lines())
        for _ in further:
            copy(booking.taken_lines())
        copy(booking.taken_lines())
        deltas = dialect.ready(booking.daily_rows())  # while the server stores the last lines
    if deltas:
        with dialect.copying("daily_delta", DAILY_COLUMNS) as copy:
            copy(deltas)
    if booking.goods:
        goods_booking.write(dialect, booking)


def write_heads(dialect: Dialect, booking: Booking) -> None:
    """Write what has a row per sale or day; it reads nothing, so it may be pipelined."""
    dialect.insert_rows("sale", SALE_COLUMNS, booking.sales)
    dialect.insert_rows("sale_tender", TENDER_COLUMNS, booking.tenders)
    dialect.insert_rows("tender_decision", DECISION_COLUMNS, booking.decisions)
    _write_days(dialect, booking)


def _write_days(dialect: Dialect, booking: Booking) -> None:
    """Add a batch to its workstation's business days."""
    zeros = (0,) * len(_Z_COLUMNS)
    dialect.upsert(
        "till_day",
        (*_TILL_DAY_KEY, "opened", *_TILL_DAY_SUMS, *_Z_COLUMNS),
        [(*row, *zeros) for row in booking.day_rows()],
        ", ".join(_TILL_DAY_KEY),
        ", ".join(f"{name} = till_day.{name} + excluded.{name}" for name in _TILL_DAY_SUMS)
        + ", opened = CASE WHEN excluded.opened > 0 THEN 1 ELSE till_day.opened END",
    )
    for row in booking.close_rows():
        dialect.execute(
            f"UPDATE till_day SET {', '.join(f'{name} = ?' for name in _Z_COLUMNS)} "
            "WHERE store_id = ? AND business_day = ? AND workstation_no = ? AND z_rank < ?",
            (*row[3:], *row[:3], row[-1]),
        )


def fold(dialect: Dialect) -> None:
    """Move the deltas into their places. Reports are the same before and after, only quicker."""
    with dialect.transaction():
        dialect.move("daily_delta", _FOLD)


def rebuild(dialect: Dialect, *, batch: int = 500) -> int:
    """Drop the projections and derive them again from the journal; returns entries booked."""
    with dialect.transaction():
        return rebuild_here(dialect, batch=batch)


def rebuild_here(dialect: Dialect, *, batch: int = 500) -> int:
    """As `rebuild`, within the caller's transaction."""
    booked = 0
    for table in PROJECTIONS:
        dialect.execute(f"DELETE FROM {table}")
    stock_fold.forget(dialect)
    places = dialect.query(
        "SELECT store_id, workstation_no, epoch_no FROM epoch "
        "ORDER BY store_id, workstation_no, epoch_no"
    )
    for store_id, workstation_no, epoch_no in places:
        place = Place(store_id, workstation_no, epoch_no)
        for booking, count in _bookings(dialect, place, batch):
            write(dialect, booking)
            write_heads(dialect, booking)
            booked += count
    dialect.move("daily_delta", _FOLD)
    stock_fold.fold_all(dialect)
    return booked


def digest(dialect: Dialect) -> dict[str, str]:
    """SHA-256 of each projection's rows in key order: equal content gives equal digests.

    The stock ledger is folded first, because cards and costs exist folded only.
    """
    stock_fold.fold_all(dialect)
    found: dict[str, str] = {}
    for table, select in _DIGESTED.items():
        rows = dialect.query(select)
        whole = hashlib.sha256()
        for row in sorted(rows):
            whole.update(repr([v if isinstance(v, str | bytes) else int(v) for v in row]).encode())
        found[table] = whole.hexdigest()
    return found


def part_lookup(dialect: Dialect, store_id: str) -> Any:
    """Read parts of long transactions that are already in the journal."""

    def find(uuids: Sequence[str]) -> dict[str, Any]:
        rows = dialect.rows_of_keys(
            "SELECT entry_uuid, bytes FROM journal WHERE store_id = ? AND entry_uuid IN ?",
            (store_id,),
            list(uuids),
        )
        found: dict[str, Any] = {}
        for uuid, data in rows:
            entry = read_entry(bytes(data))
            if not isinstance(entry, str) and hasattr(entry.body, "part"):
                found[str(uuid)] = entry.body
        return found

    return find


def daily_sums() -> str:
    """SELECT list of `daily` for a GROUP BY: sums, and the last description."""
    sums = ", ".join(f"SUM({name})" for name in MEASURES)
    return f"{sums}, SUBSTR(MAX(described), {RANK_LENGTH + 1})"


def _no_null(name: str) -> str:
    return f"COALESCE({name}, -1)" if name in ("expected_milli", "unit_cost_e4") else name


_DIGESTED = {
    "sale": f"SELECT {', '.join(SALE_COLUMNS)} FROM sale",
    "sale_line": f"SELECT {', '.join(LINE_COLUMNS)} FROM sale_line",
    "sale_tender": f"SELECT {', '.join(TENDER_COLUMNS)} FROM sale_tender",
    "tender_decision": f"SELECT {', '.join(DECISION_COLUMNS)} FROM tender_decision",
    "till_day": (
        f"SELECT {', '.join((*_TILL_DAY_KEY, 'opened', *_TILL_DAY_SUMS, *_Z_COLUMNS))} "
        "FROM till_day"
    ),
    "daily": (
        f"SELECT {', '.join(_DAILY_KEY)}, {daily_sums()} FROM daily "
        f"GROUP BY {', '.join(_DAILY_KEY)}"
    ),
    **{
        table: f"SELECT {', '.join(_no_null(name) for name in columns)} FROM {table}"
        for table, columns in goods_tables.COLUMNS.items()
    },
    **stock_fold.DIGESTED,
}
"""What is compared: the aggregates as they read, folded or not."""


def _bookings(dialect: Dialect, place: Place, batch: int) -> Iterator[tuple[Booking, int]]:
    after = 0
    while True:
        rows = dialect.query(
            "SELECT seq, entry_uuid, bytes FROM journal WHERE store_id = ? "
            "AND workstation_no = ? AND epoch_no = ? AND seq > ? ORDER BY seq LIMIT ?",
            (place.store_id, place.workstation_no, place.epoch_no, after, batch),
        )
        if not rows:
            return
        booking = Booking(place, part_lookup(dialect, place.store_id))
        count = 0
        for seq, entry_uuid, data in rows:
            if entry_uuid is None:  # quarantined, or booked under another epoch already
                continue
            entry = read_entry(bytes(data))
            if not isinstance(entry, str):
                booking.add(entry, seq)
                count += 1
        after = rows[-1][0]
        yield booking, count
