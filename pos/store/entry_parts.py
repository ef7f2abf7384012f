"""Lines that stand in entries of their own, because their document was too long for one (R4)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

from pos.domain.journal import EntryKind, Unreadable, decode_entry
from pos.store.errors import CorruptStore


def lines_of_parts(
    connection: sqlite3.Connection,
    kind: EntryKind,
    uuids: Iterable[str],
    missing: str,
    number: str,
) -> list[Any]:
    """Lines of the parts of kind `kind`, in their order.

    Raises CorruptStore with the sentence `missing`, filled with `uuid` and `number`, for a part
    that is not there or cannot be read.
    """
    lines: list[Any] = []
    for uuid in uuids:
        row = connection.execute(
            "SELECT bytes FROM journal_entry WHERE kind = ? AND entry_uuid = ? "
            "ORDER BY entry_id DESC LIMIT 1",
            (kind, uuid),
        ).fetchone()
        decoded = decode_entry(row[0]) if row else Unreadable("missing")
        if isinstance(decoded, Unreadable):
            raise CorruptStore(missing, uuid=uuid, number=number)
        lines.extend(decoded.body.lines)
    return lines
