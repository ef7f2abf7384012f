"""The list of goods documents: what the tills posted, by store, kind, state, days and text."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from pos.domain.quantity import format_quantity
from sync.head_office.dialect import Dialect

_NAMES: Final = (
    *("store_id", "workstation_no", "epoch_no", "seq", "document_kind", "document_no"),
    *("state", "problem", "counterparty_name", "inspected_by", "checked_by", "business_day"),
    *("at_utc_ms", "workstation_id", "line_count", "quantity_milli", "reference"),
)
COLUMNS: Final = (
    *("store_id", "business_day", "workstation_id", "document_kind", "document_no", "state"),
    *("problem", "counterparty_name", "reference", "inspected_by", "checked_by", "line_count"),
    "quantity",
)


class DocumentFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which documents; what is empty does not narrow."""

    store_id: str = ""
    kind: str = ""
    state: str = ""
    first_day: str = ""
    last_day: str = ""
    find: str = ""
    """Part of a document's number, reference or other party, or an item code on it."""


class DocumentTotals(msgspec.Struct, frozen=True):
    """What all documents of a filter come to."""

    count: int
    lines: int
    quantity_milli: int


def totals(dialect: Dialect, wanted: DocumentFilter) -> DocumentTotals:
    """How many documents there are, with how many lines and how much."""
    where, values = _where(wanted)
    row = dialect.one(
        "SELECT COUNT(*), COALESCE(SUM(line_count), 0), COALESCE(SUM(quantity_milli), 0) "
        f"FROM goods_document d {where}",
        values,
    )
    return DocumentTotals(*map(int, row)) if row else DocumentTotals(0, 0, 0)


def listed(
    dialect: Dialect, wanted: DocumentFilter, *, offset: int = 0, limit: int = 100
) -> list[dict[str, Any]]:
    """Documents, the latest first; `key` is the address of each."""
    where, values = _where(wanted)
    rows = dialect.query(
        f"SELECT {', '.join(_NAMES)} FROM goods_document d {where} "
        "ORDER BY at_utc_ms DESC, store_id, workstation_no, epoch_no, seq LIMIT ? OFFSET ?",
        (*values, limit, offset),
    )
    return [
        {**dict(zip(_NAMES, row, strict=True)), "key": f"{row[1]}/{row[2]}/{row[3]}"}
        for row in rows
    ]


def as_rows(documents: Iterable[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Rows of a file, in `COLUMNS`."""
    for one in documents:
        yield {**one, "quantity": format_quantity(one["quantity_milli"])}


def _where(wanted: DocumentFilter) -> tuple[str, list[Any]]:
    parts, values = ["1 = 1"], list[Any]()
    for column, sign, value in (
        ("store_id", "=", wanted.store_id),
        ("document_kind", "=", wanted.kind),
        ("state", "=", wanted.state),
        ("business_day", ">=", wanted.first_day),
        ("business_day", "<=", wanted.last_day),
    ):
        if value:
            parts.append(f"d.{column} {sign} ?")
            values.append(value)
    if wanted.find:
        text = wanted.find.lower().replace("!", "!!").replace("%", "!%").replace("_", "!_")
        named = " OR ".join(
            f"LOWER(d.{column}) LIKE ? ESCAPE '!'"
            for column in ("document_no", "reference", "counterparty_name", "inspected_by")
        )
        keys = ("store_id", "workstation_no", "epoch_no", "seq")
        joined = " AND ".join(f"l.{key} = d.{key}" for key in keys)
        parts.append(
            f"({named} OR EXISTS (SELECT 1 FROM goods_line l WHERE {joined} AND l.item_code = ?))"
        )
        values += [f"%{text}%"] * 4 + [wanted.find]
    return f"WHERE {' AND '.join(parts)}", values
