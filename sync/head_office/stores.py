"""Stores of a head office: adding them, listing them, taking over another head office's."""

from __future__ import annotations

from typing import Any

from pos.domain.money import check_currency
from sync.head_office.database import HeadOffice
from sync.head_office.feed import Feed

_ENROLMENT_TABLES = {
    "store": ("store_id", "name", "currency", "contact", "active", "created_utc_ms"),
    "workstation": (
        "store_id",
        "workstation_no",
        "workstation_uuid",
        "workstation_id",
        "public_key",
        "machine_id",
        "app_version",
        "state",
        "enrolled_utc_ms",
        "last_seen_utc_ms",
    ),
}


def add_store(
    office: HeadOffice, store_id: str, *, name: str = "", currency: str = "", contact: str = ""
) -> None:
    """Add a store, or change name and contact of one; its currency is fixed once it is there.

    Raises MoneyFormatError for a bad currency and ValueError for a bad number or another currency.
    """
    if not store_id or len(store_id) > 40 or store_id != store_id.strip():
        raise ValueError(f"expected a store number of 1 to 40 characters, got {store_id[:60]!r}")
    chosen = check_currency(currency or office.currency)
    with office.dialect.transaction():
        row = office.dialect.one("SELECT currency FROM store WHERE store_id = ?", (store_id,))
        if row is not None and currency and row[0] != chosen:
            raise ValueError(f"store {store_id} trades in {row[0]}; its currency does not change")
        office.dialect.execute(
            "INSERT INTO store (store_id, name, currency, contact, created_utc_ms) "
            "VALUES (?, ?, ?, ?, ?) ON CONFLICT (store_id) DO UPDATE SET "
            "name = CASE WHEN excluded.name <> '' THEN excluded.name ELSE store.name END, "
            "contact = CASE WHEN excluded.contact <> '' THEN excluded.contact "
            "ELSE store.contact END",
            (store_id, name, chosen, contact, office.clock_ms()),
        )
        Feed(office).catch_up(store_id)


def stores(office: HeadOffice) -> list[dict[str, Any]]:
    """Every store, in order."""
    rows = office.dialect.query(
        "SELECT store_id, name, currency, contact, active FROM store ORDER BY store_id"
    )
    return [
        {
            "store_id": store_id,
            "name": name,
            "currency": currency,
            "contact": contact,
            "active": bool(active),
        }
        for store_id, name, currency, contact, active in rows
    ]


def copy_enrolments(source: HeadOffice, target: HeadOffice) -> int:
    """Take over stores and enrolled tills, so that segments of those tills are believed here."""
    count = 0
    with target.dialect.transaction():
        for table, columns in _ENROLMENT_TABLES.items():
            rows = source.dialect.query(f"SELECT {', '.join(columns)} FROM {table}")
            target.dialect.insert_missing(table, columns, [tuple(row) for row in rows])
            count += len(rows)
    return count
