"""Rows as CSV for people: BOM so that Excel reads UTF-8, and a guard against formulas.

Only text columns are guarded: a negative amount must remain a number.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

BOM = "\ufeff"
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
TEXT_COLUMNS = frozenset(
    {
        "store_id",
        "store_name",
        "business_day",
        "currency",
        "workstation_id",
        "item_code",
        "operator_id",
        "item_class",
        "hour",
        "tender_type",
        "description",
        "state",
        "contact",
        "detail",
        "batch",
        "document_no",
        "reason",
        "place",
        "unit_code",
        "kind",
        "from_store",
        "to_store",
        "received_no",
        "sha256",
        "own_sha256",
    }
)


def guard(text: str) -> str:
    """Text that a spreadsheet will not take for a formula."""
    return f"'{text}" if text.startswith(_RISKY) else text


def to_csv(columns: Sequence[str], rows: Iterable[Mapping[str, Any]], *, bom: bool = True) -> str:
    """CSV of the given columns, CRLF, quoted where needed."""
    stream = io.StringIO()
    writer = csv.writer(stream)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(
            [guard(str(row[name])) if name in TEXT_COLUMNS else row[name] for name in columns]
        )
    return (BOM if bom else "") + stream.getvalue()
