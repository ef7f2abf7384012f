"""Projections of the journal: what an entry does to the tables that can be rebuilt (invariant 1).

`apply` is called with every entry, in the transaction that appends it and again by `rebuild`, and
depends on nothing but the entry and the tables before it; so the rebuilt tables equal the ones kept
along the way.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable
from typing import Any

import msgspec
import peewee

from pos.domain.journal import EntryKind, Unreadable, decode_entry
from pos.domain.journal.bodies import (
    CarriedForward,
)
from pos.store import goods_projections, sale_projections, stock_ledger, till_projections
from pos.store.errors import N_, CorruptStore
from pos.store.goods_models import BatchRow, StockUnit
from pos.store.models import PROJECTIONS, TillState
from pos.store.overlay_models import (
    LocalBarcode,
    LocalItem,
    LocalOperator,
    LocalPrice,
    UnknownCodeRow,
)
from pos.store.sale_models import ReprintCount, SoldUnit, TenderDecision
from pos.store.stock_models import FOLDED, StockBalance, StockValue

CARRIED: dict[str, type[peewee.Model]] = {
    model._meta.table_name: model  # noqa: SLF001 - peewee's own way to its metadata
    for model in (
        TillState,
        LocalItem,
        LocalBarcode,
        LocalPrice,
        LocalOperator,
        UnknownCodeRow,
        ReprintCount,
        TenderDecision,
        SoldUnit,
        BatchRow,
        StockUnit,
        StockBalance,
        StockValue,
    )
}
"""Projections that a new file begins with instead of beginning empty; the rest is read where it is."""

FIRST_STATE = "INSERT OR IGNORE INTO till_state VALUES (1, '', 1, 1, 0, 1, 1, 0, 0, 0, '')"


class Applied(msgspec.Struct, frozen=True):
    """What a projection needs to know of an entry beside its body."""

    entry_id: int
    entry_uuid: str
    kind: str
    business_day: str
    operator_id: str


def apply(connection: sqlite3.Connection, entry: Applied, body: Any) -> None:
    """Bring the projections up to `entry`; kinds without a projection change nothing."""
    handler = _HANDLERS.get(entry.kind)
    if handler is not None:
        handler(connection, entry, body)


def rebuild(connection: sqlite3.Connection, progress: Callable[[int], None] | None = None) -> int:
    """Empty every projection and apply the whole journal again; returns the number of entries.

    The folded ledger comes out as far as it was. The caller holds the transaction. Raises
    CorruptStore naming the first entry that cannot be read.
    """
    for model in PROJECTIONS:
        connection.execute(f"DELETE FROM {model._meta.table_name}")  # noqa: SLF001
    folded = stock_ledger.clear(connection)
    connection.execute(FIRST_STATE)
    count = 0
    rows = connection.execute(
        "SELECT entry_id, epoch_no, seq, bytes FROM journal_entry ORDER BY entry_id"
    )
    for entry_id, epoch_no, seq, entry_bytes in rows:
        decoded = decode_entry(entry_bytes)
        if isinstance(decoded, Unreadable):
            raise CorruptStore(
                N_("Journal entry {seq} of epoch {epoch} cannot be read: {reason}."),
                seq=seq,
                epoch=epoch_no,
                reason=decoded.reason,
            )
        envelope = decoded.envelope
        if not envelope.reappended_from:  # counted when it was first appended (R17)
            applied = Applied(
                entry_id,
                envelope.entry_uuid,
                envelope.kind,
                envelope.business_day,
                envelope.operator_id,
            )
            apply(connection, applied, decoded.body)
        count += 1
        if progress is not None and count % 1000 == 0:
            progress(count)
    stock_ledger.fold_all(connection, until=folded)
    return count


def fingerprint(connection: sqlite3.Connection) -> dict[str, str]:
    """SHA-256 of every projection's rows in key order: equal content, equal text."""
    result = {}
    for model in (*PROJECTIONS, *FOLDED):
        meta = model._meta  # noqa: SLF001 - peewee's own way to its metadata
        keys = meta.get_primary_keys()  # type: ignore[no-untyped-call]
        key = ", ".join(field.column_name for field in keys)
        digest = hashlib.sha256()
        for row in connection.execute(f"SELECT * FROM {meta.table_name} ORDER BY {key}"):
            digest.update(repr(row).encode())
        result[meta.table_name] = digest.hexdigest()
    return result


def _carried_forward(connection: sqlite3.Connection, _: Applied, body: CarriedForward) -> None:
    """The first rows of a file that goes on where another ended (R30)."""
    model = CARRIED.get(body.table)
    known = {field.column_name for field in model._meta.sorted_fields} if model else set()  # noqa: SLF001
    if not known.issuperset(body.columns) or not body.columns:
        raise CorruptStore(
            N_("Rows of {table} cannot be carried forward by this version."), table=body.table
        )
    places = ", ".join("?" for _name in body.columns)
    connection.executemany(
        f"INSERT OR REPLACE INTO {body.table} ({', '.join(body.columns)}) VALUES ({places})",
        body.rows,
    )


_HANDLERS: dict[str, Callable[[sqlite3.Connection, Applied, Any], None]] = {
    EntryKind.CARRIED_FORWARD: _carried_forward,
    **sale_projections.HANDLERS,
    **till_projections.HANDLERS,
    **goods_projections.HANDLERS,
}
