"""Rows of the sales audit: kept once per (store, code, subject), never a reason to refuse (R9)."""

from __future__ import annotations

from sync.head_office.dialect import Dialect

COLUMNS = (
    "store_id",
    "code",
    "subject",
    "business_day",
    "workstation_id",
    "detail",
    "found_utc_ms",
)
MAX_DETAIL = 500


def note(
    dialect: Dialect,
    *,
    store_id: str,
    code: str,
    subject: str,
    workstation_id: str,
    detail: str,
    found_utc_ms: int,
    business_day: str = "",
) -> None:
    """Write one finding; one that is there already stays as it was first found."""
    row = (
        store_id,
        code,
        subject,
        business_day,
        workstation_id,
        detail[:MAX_DETAIL],
        found_utc_ms,
    )
    dialect.insert_missing("sales_audit", COLUMNS, [row])
