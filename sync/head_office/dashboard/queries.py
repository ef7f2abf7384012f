"""What the pages read beside `reports`, `completeness` and `answers`: sums over a range of days.

Everything comes from the aggregates; nothing is ever added across currencies.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from sync.head_office import answers, completeness, reports
from sync.head_office.aggregates import MEASURES
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect

RECENT_DAYS = 7
"""Business days back in which incomplete ones are looked for."""

MAX_STORE_DAYS = 200
MAX_LISTED = 100
MAX_TENDERS = 200


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Sums in minor units, with counts."""

    transactions: int = 0
    gross_sales_minor: int = 0
    returns_minor: int = 0
    voids_minor: int = 0
    other_minor: int = 0
    discounts_minor: int = 0

    @property
    def list_minor(self) -> int:
        """原价额: what the sold goods would have cost without anything taken off."""
        return self.gross_sales_minor + self.discounts_minor

    @property
    def net_minor(self) -> int:
        """Sales − returns − voids + other."""
        return self.gross_sales_minor - self.returns_minor - self.voids_minor + self.other_minor


class StoreDay(msgspec.Struct, frozen=True, kw_only=True):
    """One store's business day; `state` is COMPLETE or PARTIAL."""

    store_id: str
    store_name: str
    business_day: str
    currency: str
    figures: Figures
    state: str


class TenderSum(msgspec.Struct, frozen=True, kw_only=True):
    """A way of paying over the stores and days asked for; cash is net of change."""

    currency: str
    tender_type: str
    transactions: int
    amount_minor: int


class ItemSum(msgspec.Struct, frozen=True, kw_only=True):
    """An item over the stores and days asked for."""

    currency: str
    item_code: str
    description: str
    units_sold_milli: int
    net_minor: int
    transactions: int


class Selection(msgspec.Struct, frozen=True, kw_only=True):
    """What the page shows: days from first to last, one store or all."""

    first_day: str
    last_day: str
    store_id: str = ""
    by: str = "store"


class Board(msgspec.Struct, frozen=True, kw_only=True):
    """The figures of the page."""

    totals: dict[str, Figures]
    """By currency."""

    hours: dict[str, list[tuple[str, Figures]]]
    """By currency: hour and its figures, in order."""

    store_days: list[StoreDay]
    more_store_days: int
    tenders: list[TenderSum]
    items: list[ItemSum]
    missing: list[tuple[str, completeness.TillDay]]
    """(business day, till-day) that keep the selection from being complete."""

    state: str

    @property
    def currencies(self) -> set[str]:
        """Currencies on the page; with one alone no column needs to say it."""
        return {row.currency for row in self.store_days} | set(self.totals)


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What comes first on the page."""

    silent: list[completeness.Silent]
    incomplete: list[completeness.Completeness]
    changed: list[dict[str, Any]]
    now_ms: int


class StoreName(msgspec.Struct, frozen=True):
    """A store to choose."""

    store_id: str
    name: str


def store_names(office: HeadOffice, only: str = "") -> list[StoreName]:
    """Active stores in order; `only` for a reader of one store."""
    rows = office.dialect.query("SELECT store_id, name FROM store WHERE active = 1 ORDER BY 1")
    return [StoreName(str(row[0]), str(row[1])) for row in rows if only in ("", row[0])]


def store_exists(office: HeadOffice, store_id: str) -> bool:
    """Whether a store was ever added, active or not."""
    return office.dialect.one("SELECT 1 FROM store WHERE store_id = ?", (store_id,)) is not None


def latest_day(office: HeadOffice, only: str = "") -> str:
    """The newest business day that has figures; empty when nothing was ever sold."""
    where, values = (" WHERE store_id = ?", (only,)) if only else ("", ())
    row = office.dialect.one(f"SELECT MAX(business_day) FROM store_day{where}", values)
    return str(row[0] or "") if row else ""


def status(office: HeadOffice, only: str = "") -> Status:
    """Tills that have not synced, recent days that are not complete, days changed since pulled."""
    rows = office.dialect.query(
        "SELECT DISTINCT business_day FROM store_day WHERE business_day <> '' "
        "ORDER BY business_day DESC LIMIT ?",
        (RECENT_DAYS,),
    )
    days = [completeness.of_day(office, str(day), only) for (day,) in rows]
    return Status(
        silent=[till for till in completeness.silent(office) if only in ("", till.store_id)],
        incomplete=[day for day in days if day.status != completeness.COMPLETE],
        changed=[
            row for row in answers.changed_since_download(office) if only in ("", row["store_id"])
        ],
        now_ms=office.clock_ms(),
    )


def board(office: HeadOffice, selection: Selection, days: Sequence[str]) -> Board:
    """Everything below the status, in one consistent read. `days` are the selection's days."""
    with office.dialect.snapshot():
        states = [completeness.of_day(office, day, selection.store_id) for day in days]
        done = all(state.status == completeness.COMPLETE for state in states)
        store_days, more = _store_days(office, selection, days, states)
        return Board(
            totals={
                row[0]: _figures(row[2:]) for row in _sums(office.dialect, "store", selection)
            },
            hours=_hours(office.dialect, selection),
            store_days=store_days,
            more_store_days=more,
            tenders=_tenders(office.dialect, selection),
            items=_items(office.dialect, selection),
            missing=[(state.business_day, till) for state in states for till in state.missing],
            state=completeness.COMPLETE if done else completeness.PARTIAL,
        )


def _store_days(
    office: HeadOffice,
    selection: Selection,
    days: Sequence[str],
    states: Sequence[completeness.Completeness],
) -> tuple[list[StoreDay], int]:
    names = {store.store_id: store.name for store in store_names(office, selection.store_id)}
    rows = office.dialect.query("SELECT store_id, currency FROM store")
    currencies = {str(store_id): str(currency) for store_id, currency in rows}
    where, values = _where(office.dialect, selection)
    sums = ", ".join(f"SUM({name})" for name in MEASURES)
    rows = office.dialect.query(
        f"SELECT store_id, business_day, currency, {sums} FROM daily "
        f"WHERE dimension = 'store'{where} GROUP BY store_id, business_day, currency",
        values,
    )
    found = {(str(row[1]), str(row[0]), str(row[2])): _figures(row[3:]) for row in rows}
    heard = {(day, store_id) for day, store_id, _ in found}
    for day in days:
        for store_id in names:
            if (day, store_id) not in heard:
                found[day, store_id, currencies[store_id]] = Figures()
    partial = {(s.business_day, till.store_id) for s in states for till in s.missing}
    keys = sorted(found, key=lambda key: (key[1], key[2]))
    keys.sort(key=lambda key: key[0], reverse=True)
    shown = [
        StoreDay(
            store_id=store_id,
            store_name=names.get(store_id, ""),
            business_day=day,
            currency=currency,
            figures=found[day, store_id, currency],
            state=completeness.PARTIAL if (day, store_id) in partial else completeness.COMPLETE,
        )
        for day, store_id, currency in keys[:MAX_STORE_DAYS]
    ]
    return shown, max(0, len(keys) - MAX_STORE_DAYS)


def _hours(dialect: Dialect, selection: Selection) -> dict[str, list[tuple[str, Figures]]]:
    found: dict[str, list[tuple[str, Figures]]] = {}
    for row in _sums(dialect, "hour", selection):
        found.setdefault(str(row[0]), []).append((str(row[1]), _figures(row[2:])))
    return found


def _tenders(dialect: Dialect, selection: Selection) -> list[TenderSum]:
    where, values = _where(dialect, selection)
    rows = dialect.query(
        "SELECT currency, tender_type, SUM(transactions), SUM(amount_minor) AS amount "
        f"FROM daily_tender WHERE 1 = 1{where} GROUP BY currency, tender_type "
        "ORDER BY currency, amount DESC, tender_type LIMIT ?",
        (*values, MAX_TENDERS),
    )
    return [
        TenderSum(
            currency=str(row[0]),
            tender_type=str(row[1]),
            transactions=int(row[2]),
            amount_minor=int(row[3]),
        )
        for row in rows
    ]


def _items(dialect: Dialect, selection: Selection, limit: int = 10) -> list[ItemSum]:
    where, values = _where(dialect, selection)
    rows = dialect.query(
        "SELECT currency, grouping_key, MAX(description), SUM(units_sold_milli), "
        "SUM(gross_sales_minor - returns_minor - voids_minor + other_minor) AS net, "
        f"SUM(transactions) FROM daily WHERE dimension = 'item' AND grouping_key <> ''{where} "
        "GROUP BY currency, grouping_key ORDER BY net DESC, grouping_key LIMIT ?",
        (*values, limit),
    )
    return [
        ItemSum(
            currency=str(row[0]),
            item_code=str(row[1]),
            description=str(row[2]),
            units_sold_milli=int(row[3]),
            net_minor=int(row[4]),
            transactions=int(row[5]),
        )
        for row in rows
    ]


def _sums(dialect: Dialect, dimension: str, selection: Selection) -> list[tuple[Any, ...]]:
    where, values = _where(dialect, selection)
    sums = ", ".join(f"SUM({name})" for name in MEASURES)
    rows = dialect.query(
        f"SELECT currency, grouping_key, {sums} FROM daily WHERE dimension = ?{where} "
        "GROUP BY currency, grouping_key",
        (dimension, *values),
    )
    return sorted(tuple(row) for row in rows)


def _where(dialect: Dialect, selection: Selection) -> tuple[str, tuple[str, ...]]:
    text, values = " AND business_day BETWEEN ? AND ?", (selection.first_day, selection.last_day)
    if selection.store_id:
        return f"{text} AND store_id = ?", (*values, selection.store_id)
    every, stores = reports.every_store(dialect)
    return f"{text}{every}", (*values, *stores)


def _figures(measures: Sequence[Any]) -> Figures:
    values = dict(zip(MEASURES, (int(value) for value in measures), strict=True))
    return Figures(**{name: values[name] for name in Figures.__struct_fields__})
