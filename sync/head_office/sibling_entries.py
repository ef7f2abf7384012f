"""What a till is told of its shop's other tills: booked goods entries, as they were written (R14).

The position is a sequence for each epoch of each sibling, so that nothing is skipped however the
commits of two tills interleave. Entries are found by what was booked of them, never by reading the
journal through: a document that was refused is not handed on.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pos.domain.goods.documents import GoodsDocument
from pos.domain.journal import Unreadable, decode_entry
from pos.domain.sale import Transaction
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.goods_tables import POSTED
from sync.sibling_wire import (
    PAGE_BYTES,
    PAGE_ENTRIES,
    Position,
    SiblingsAnswer,
    WireEntry,
    cursor_of,
    position_of,
)

_PLACE = "store_id = ? AND workstation_no = ? AND epoch_no = ? AND seq > ?"
# One scan of a key range for each projection; a sale of many lines names its sequence many times.
_FOUND = f"""
SELECT seq FROM (
  SELECT seq FROM goods_document WHERE {_PLACE} AND state = '{POSTED}'
  UNION SELECT seq FROM register_note WHERE {_PLACE}
  UNION SELECT seq FROM sale_batch WHERE {_PLACE} AND unit_code <> ''
) AS found ORDER BY seq LIMIT ?"""


def answer(
    office: HeadOffice,
    store_id: str,
    workstation_no: int,
    cursor: str,
    *,
    page_entries: int = PAGE_ENTRIES,
    page_bytes: int = PAGE_BYTES,
) -> SiblingsAnswer:
    """One page of what the siblings of a till wrote after a position; a foreign one begins anew."""
    dialect = office.dialect
    known = position_of(office.incarnation, cursor)
    position: Position = dict(known or {})
    entries: list[WireEntry] = []
    size, more = 0, False
    with dialect.snapshot():
        for epoch in siblings_of(dialect, store_id, workstation_no):
            number, epoch_no, _, _ = epoch
            after = position.get((number, epoch_no), 0)
            room = page_entries - len(entries)
            if room <= 0 or size >= page_bytes:
                more = True
                break
            place = (store_id, number, epoch_no, after)
            found = [int(seq) for (seq,) in dialect.query(_FOUND, (*place * 3, room + 1))]
            for seq, data in _bytes(dialect, store_id, epoch, found[:room]):
                if size >= page_bytes:
                    break
                for part in (*_parts(dialect, store_id, data), data):
                    entries.append(WireEntry(epoch[2], epoch[3], seq, part.decode()))
                    size += len(part)
                position[number, epoch_no] = seq
            more = more or (bool(found) and found[-1] > position.get((number, epoch_no), 0))
    return SiblingsAnswer(
        incarnation=office.incarnation,
        cursor=cursor_of(office.incarnation, position),
        server_time_ms=office.clock_ms(),
        whole=known is None,
        more=more,
        entries=tuple(entries),
    )


def siblings_of(
    dialect: Dialect, store_id: str, workstation_no: int
) -> list[tuple[int, int, str, str]]:
    """(workstation number, epoch number, workstation id, epoch) of a till's siblings."""
    rows = dialect.query(
        "SELECT e.workstation_no, e.epoch_no, w.workstation_id, e.epoch FROM epoch e "
        "JOIN workstation w ON w.store_id = e.store_id AND w.workstation_no = e.workstation_no "
        "WHERE e.store_id = ? AND e.workstation_no <> ? ORDER BY e.workstation_no, e.epoch_no",
        (store_id, workstation_no),
    )
    return [(int(w), int(e), str(name), str(epoch)) for w, e, name, epoch in rows]


def _bytes(
    dialect: Dialect, store_id: str, epoch: tuple[int, int, str, str], found: Sequence[int]
) -> Iterable[tuple[int, bytes]]:
    if not found:
        return []
    rows = dialect.rows_of_keys(
        "SELECT seq, bytes FROM journal "
        "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? AND seq IN ?",
        (store_id, epoch[0], epoch[1]),
        list(found),
    )
    return sorted((int(seq), bytes(data)) for seq, data in rows)


def _parts(dialect: Dialect, store_id: str, data: bytes) -> list[bytes]:
    """The entries that hold a long document's or a long sale's first lines (R4)."""
    decoded = decode_entry(data)
    if isinstance(decoded, Unreadable) or not isinstance(
        decoded.body, GoodsDocument | Transaction
    ):
        return []
    found: list[bytes] = []
    for uuid in decoded.body.parts:
        row = dialect.one(
            "SELECT bytes FROM journal WHERE store_id = ? AND entry_uuid = ?", (store_id, uuid)
        )
        if row is not None:
            found.append(bytes(row[0]))
    return found
