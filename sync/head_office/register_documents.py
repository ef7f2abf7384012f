"""Documents that open an entry of a store's register, what closed them, and what is left of each.

A loan or a dispatch register entry is open while the posted documents that refer to its number took
back less than it set apart (REG-02, REG-04). Who answers for it, telephone and courier are fields of
the document itself, which is read from the entry's own bytes.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sync.head_office.dialect import Dialect
from sync.head_office.entries import read_entry
from sync.head_office.goods_received import IN_STORES

MAX_LISTED: Final = 500


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A document that opened an entry."""

    store_id: str
    key: str
    """workstation no./epoch no./sequence: the address of its document."""

    document_no: str
    business_day: str
    at_utc_ms: int
    workstation_id: str
    operator_id: str
    reference: str
    reference_no: str
    counterparty_name: str
    reason: str
    due_day: str
    quantity_milli: int
    left_milli: int
    fields: dict[str, str] = {}
    goods: tuple[str, ...] = ()
    """Names of its first lines."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a store's register."""

    business_day: str
    at_utc_ms: int
    operator_id: str
    subject: str
    action: str
    document_no: str
    person_id: str
    quantity_milli: int
    fields: dict[str, str]


_NAMES: Final = (
    "store_id", "workstation_no", "epoch_no", "seq", "document_no", "business_day", "at_utc_ms",
    "workstation_id", "operator_id", "reference", "reference_no", "counterparty_name", "reason",
    "due_day", "quantity_milli",
)  # fmt: skip


def opened(
    dialect: Dialect, kind: str, closed_by: str, *, store_id: str = "", with_goods: bool = False
) -> list[Opened]:
    """Documents of a kind of which something is left, the oldest first; at most `MAX_LISTED`."""
    where, values = ("= ?", (store_id,)) if store_id else (IN_STORES, ())
    left = (
        "d.quantity_milli - COALESCE((SELECT SUM(c.quantity_milli) FROM goods_document c "
        "WHERE c.store_id = d.store_id AND c.reference = d.document_no "
        "AND c.document_kind = ? AND c.state = 'posted'), 0)"
    )
    rows = dialect.query(
        f"SELECT * FROM (SELECT {', '.join('d.' + name for name in _NAMES)}, {left} AS left_milli "
        f"FROM goods_document d WHERE d.store_id {where} AND d.document_kind = ? "
        "AND d.state = 'posted') o WHERE left_milli > 0 "
        "ORDER BY at_utc_ms, store_id, document_no LIMIT ?",
        (closed_by, *values, kind, MAX_LISTED),
    )
    return [_opened(dialect, row, with_goods=with_goods) for row in rows]


def notes(
    dialect: Dialect, register: str, *, store_id: str = "", since_day: str = ""
) -> dict[str, list[Note]]:
    """Store/subject → its lines of a register, in order of time."""
    where, values = ("= ?", (store_id,)) if store_id else (IN_STORES, ())
    rows = dialect.query(
        "SELECT store_id, business_day, at_utc_ms, operator_id, subject, action, document_no, "
        f"person_id, quantity_milli, fields FROM register_note WHERE store_id {where} "
        "AND register = ? AND business_day >= ? ORDER BY at_utc_ms, epoch_no, seq",
        (*values, register, since_day),
    )
    found: dict[str, list[Note]] = {}
    for row in rows:
        found.setdefault(f"{row[0]}/{row[4]}", []).append(
            Note(
                business_day=str(row[1]),
                at_utc_ms=int(row[2]),
                operator_id=str(row[3]),
                subject=str(row[4]),
                action=str(row[5]),
                document_no=str(row[6]),
                person_id=str(row[7]),
                quantity_milli=int(row[8]),
                fields=fields_of(row[9]),
            )
        )
    return found


def body_of(dialect: Dialect, store_id: str, key: str) -> Any:
    """A document as its entry says it; None when that cannot be read."""
    row = dialect.one(
        "SELECT bytes FROM journal WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? "
        "AND seq = ?",
        (store_id, *map(int, key.split("/"))),
    )
    if row is None:
        return None
    entry = read_entry(bytes(row[0]))
    return None if isinstance(entry, str) else entry.body


def fields_of(text: Any) -> dict[str, str]:
    """Fields of a note as they are kept; nothing for what is none."""
    try:
        return msgspec.json.decode(str(text), type=dict[str, str])
    except msgspec.MsgspecError:
        return {}


def _opened(dialect: Dialect, row: tuple[Any, ...], *, with_goods: bool) -> Opened:
    values = dict(zip(_NAMES, row, strict=False))
    key = f"{row[1]}/{row[2]}/{row[3]}"
    body = body_of(dialect, str(row[0]), key)
    goods: tuple[str, ...] = ()
    if with_goods:
        goods = tuple(
            str(name or code)
            for name, code in dialect.query(
                "SELECT description, item_code FROM goods_line WHERE store_id = ? "
                "AND workstation_no = ? AND epoch_no = ? AND seq = ? ORDER BY line_no LIMIT 5",
                tuple(row[:4]),
            )
        )
    names = [name for name in _NAMES if name not in ("workstation_no", "epoch_no", "seq")]
    return Opened(
        **{name: values[name] for name in names},
        key=key,
        left_milli=int(row[len(_NAMES)]),
        fields=dict(getattr(body, "fields", {}) or {}),
        goods=goods,
    )
