"""Rows of counts at head office, and what is asked of other tables about them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from sync.head_office.dialect import Dialect, Row
from sync.protocol import FeedOperator, FeedPrice

DRAWN: Final = "drawn"
OPEN: Final = "open"
COMPUTED: Final = "computed"
APPROVED: Final = "approved"
POSTED: Final = "posted"
CANCELLED: Final = "cancelled"
"""States of a count."""

_JSON = msgspec.json.Decoder(tuple[str, ...])


class StockCount(msgspec.Struct, frozen=True, kw_only=True):
    """One count as head office holds it."""

    store_id: str
    count_id: str
    count_kind: str
    state: str
    passes: int
    item_classes: tuple[str, ...]
    item_codes: tuple[str, ...]
    due_day: str
    note: str
    opened_by: str
    """Empty when a till opened it."""

    opened_utc_ms: int = 0
    ended_utc_ms: int = 0
    computed_utc_ms: int = 0
    posted_by: str = ""
    checked_by: str = ""
    approved_utc_ms: int = 0
    to_workstation_no: int = 0
    document_uuid: str = ""
    counted_lines: int = 0
    waived: tuple[str, ...] = ()
    """Tills that finance did not wait for."""

    result: str = ""
    """The order that was issued, as JSON."""


class KeptLine(msgspec.Struct, frozen=True, kw_only=True):
    """One difference of a count, with its reason."""

    item_code: str
    batch: str
    description: str
    item_class: str
    unit: str
    counted_milli: int
    expected_milli: int
    item_variance_milli: int
    unit_cost_e4: int | None
    unit_price_e4: int | None
    finding: str
    pass_no: int
    counted_utc_ms: int
    moved_meanwhile_milli: int
    areas: tuple[str, ...]
    counters: tuple[str, ...]
    reason: str = ""
    note: str = ""
    reason_by: str = ""

    @property
    def variance_milli(self) -> int:
        """Surplus above zero, shortage below."""
        return self.counted_milli - self.expected_milli

    @property
    def value_minor(self) -> int | None:
        """The difference at cost, else at price, in the smallest unit; None when neither is known."""
        per_unit = self.unit_cost_e4 if self.unit_cost_e4 is not None else self.unit_price_e4
        if per_unit is None:
            return None
        value = abs(self.variance_milli) * per_unit
        minor = (value + 50_000) // 100_000
        return minor if self.variance_milli >= 0 else -minor


COUNT_COLUMNS = tuple(StockCount.__struct_fields__)
LINE_COLUMNS = tuple(KeptLine.__struct_fields__)
_LISTS = {"item_classes", "item_codes", "waived", "areas", "counters"}


def put(dialect: Dialect, count: StockCount) -> None:
    """Write a count's row."""
    values = [_stored(name, getattr(count, name)) for name in COUNT_COLUMNS]
    updates = ", ".join(f"{name} = excluded.{name}" for name in COUNT_COLUMNS[2:])
    dialect.execute(
        f"INSERT INTO stock_count ({', '.join(COUNT_COLUMNS)}) "
        f"VALUES ({', '.join('?' * len(COUNT_COLUMNS))}) "
        f"ON CONFLICT (store_id, count_id) DO UPDATE SET {updates}",
        values,
    )


def find(dialect: Dialect, *, store_id: str = "", state: str = "") -> list[StockCount]:
    """Counts of a store or in a state, the newest first."""
    where, values = "WHERE 1 = 1", list[str]()
    for column, value in (("store_id", store_id), ("state", state)):
        if value:
            where += f" AND {column} = ?"
            values.append(value)
    rows = dialect.query(
        f"SELECT {', '.join(COUNT_COLUMNS)} FROM stock_count {where} "
        "ORDER BY due_day DESC, count_id DESC",
        values,
    )
    return [_count(row) for row in rows]


def of_document(dialect: Dialect, store_id: str, document_uuid: str) -> StockCount | None:
    """The count whose result a document posts, or None."""
    row = dialect.one(
        f"SELECT {', '.join(COUNT_COLUMNS)} FROM stock_count "
        "WHERE store_id = ? AND document_uuid = ?",
        (store_id, document_uuid),
    )
    return None if row is None else _count(row)


def put_lines(dialect: Dialect, count: StockCount, kept: Sequence[KeptLine]) -> None:
    """Replace a count's differences by those just computed."""
    key = (count.store_id, count.count_id)
    dialect.execute("DELETE FROM stock_count_line WHERE store_id = ? AND count_id = ?", key)
    dialect.copy_rows(
        "stock_count_line",
        ("store_id", "count_id", *LINE_COLUMNS),
        [(*key, *(_stored(name, getattr(line, name)) for name in LINE_COLUMNS)) for line in kept],
    )


def lines(dialect: Dialect, store_id: str, count_id: str) -> list[KeptLine]:
    """A count's differences, by item and batch."""
    rows = dialect.query(
        f"SELECT {', '.join(LINE_COLUMNS)} FROM stock_count_line "
        "WHERE store_id = ? AND count_id = ? ORDER BY item_code, batch",
        (store_id, count_id),
    )
    return [
        KeptLine(
            **{name: _read(name, value) for name, value in zip(LINE_COLUMNS, row, strict=True)}
        )
        for row in rows
    ]


def put_reason(
    dialect: Dialect, count: StockCount, line: KeptLine, reason: str, note: str, by: str
) -> None:
    """Write one line's reason."""
    dialect.execute(
        "UPDATE stock_count_line SET reason = ?, note = ?, reason_by = ? "
        "WHERE store_id = ? AND count_id = ? AND item_code = ? AND batch = ?",
        (reason, note[:500], by, count.store_id, count.count_id, line.item_code, line.batch),
    )


def tell(
    dialect: Dialect, now_ms: int, count: StockCount, by: str, action: str, note: str = ""
) -> None:
    """Add a line to a count's history; the caller has a transaction."""
    key = (count.store_id, count.count_id)
    row = dialect.one(
        "SELECT COALESCE(MAX(event_no), 0) + 1 FROM stock_count_event "
        "WHERE store_id = ? AND count_id = ?",
        key,
    )
    dialect.execute(
        "INSERT INTO stock_count_event (store_id, count_id, event_no, at_utc_ms, by_name, "
        "action, note) VALUES (?, ?, ?, ?, ?, ?, ?)",
        (*key, int(row[0]) if row else 1, now_ms, by, action, note[:500]),
    )


def history(dialect: Dialect, count: StockCount) -> list[tuple[int, str, str, str]]:
    """(when, who, what, note) of a count, in order."""
    rows = dialect.query(
        "SELECT at_utc_ms, by_name, action, note FROM stock_count_event "
        "WHERE store_id = ? AND count_id = ? ORDER BY event_no",
        (count.store_id, count.count_id),
    )
    return [(int(row[0]), str(row[1]), str(row[2]), str(row[3])) for row in rows]


def unknown_counts(dialect: Dialect) -> list[tuple[str, str]]:
    """(store, count) of counts that tills opened and head office has no row of."""
    rows = dialect.query(
        "SELECT DISTINCT e.store_id, e.count_id FROM count_event e "
        "LEFT JOIN stock_count c ON c.store_id = e.store_id AND c.count_id = e.count_id "
        "WHERE e.action = 'opened' AND e.count_kind IN ('detailed', 'cycle') "
        "AND c.count_id IS NULL ORDER BY 1, 2"
    )
    return [(str(store_id), str(count_id)) for store_id, count_id in rows]


# ---------------------------------------------------------------------------- other tables


def costs(dialect: Dialect, store_id: str, item_codes: Sequence[str]) -> dict[str, int]:
    """Moving-average cost of one unit by item, where known."""
    rows = dialect.rows_of_keys(
        "SELECT item_code, unit_cost_e4 FROM stock_cost WHERE store_id = ? AND item_code IN ?",
        (store_id,),
        list(item_codes),
    )
    return {str(code): int(cost) for code, cost in rows}


def prices(dialect: Dialect, store_id: str, item_codes: Sequence[str], day: str) -> dict[str, int]:
    """Price of one unit by item on a day, where it was published."""
    found: dict[str, tuple[str, int]] = {}
    for code in dict.fromkeys(item_codes):
        for (data,) in dialect.query(
            "SELECT row FROM catalogue WHERE scope IN ('', ?) AND dataset = 'prices' "
            "AND row_key > ? AND row_key < ?",
            (store_id, f"{code}\t", f"{code}\n"),
        ):
            price = msgspec.json.decode(bytes(data), type=FeedPrice)
            before = found.get(code)
            if price.effective_day <= day and (before is None or price.effective_day >= before[0]):
                found[code] = (price.effective_day, price.unit_price_e4)
    return {code: value for code, (_, value) in found.items()}


def operator_names(dialect: Dialect, store_id: str, operator_ids: Sequence[str]) -> set[str]:
    """Names of operators by their numbers."""
    found = set()
    for scope in ("", store_id):
        rows: list[Row] = dialect.rows_of_keys(
            "SELECT row FROM catalogue WHERE scope = ? AND dataset = 'operators' AND row_key IN ?",
            (scope,),
            list(operator_ids),
        )
        found |= {msgspec.json.decode(bytes(row[0]), type=FeedOperator).name for row in rows}
    return found


def _count(row: Row) -> StockCount:
    return StockCount(
        **{name: _read(name, value) for name, value in zip(COUNT_COLUMNS, row, strict=True)}
    )


def _stored(name: str, value: Any) -> Any:
    return msgspec.json.encode(value).decode() if name in _LISTS else value


def _read(name: str, value: Any) -> Any:
    if name in _LISTS:
        return _JSON.decode(str(value)) if value else ()
    return value
