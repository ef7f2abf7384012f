"""Drafts of goods documents on disk: each change writes only the rows that changed (RCV-01).

A draft survives the switch to the till, a lock and a power cut. It is no journal entry: what is
not signed by two people does not exist for stock, finance or head office (RCV-03).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

import msgspec

from pos.domain.goods.documents import GoodsDocument, GoodsLine
from pos.store.goods_models import GoodsDraft, GoodsDraftLine
from pos.store.models import insert_sql

_PUT_DRAFT = insert_sql(GoodsDraft, replace=True)
_PUT_LINE = insert_sql(GoodsDraftLine, replace=True)
_HEADER = msgspec.json.Decoder(GoodsDocument)
_LINE = msgspec.json.Decoder(GoodsLine)
_SELECT = (
    "SELECT draft_uuid, document_kind, state, operator_id, updated_utc_ms, header, working "
    "FROM goods_draft"
)


class StoredDraft(msgspec.Struct, frozen=True, kw_only=True):
    """A draft as it is on disk."""

    draft_uuid: str
    document_kind: str
    state: str
    operator_id: str
    """Who worked on it last."""

    updated_utc_ms: int
    document: GoodsDocument
    """With its lines and the signatures it has so far."""

    working: bytes = b"{}"
    """JSON object of what only the dialogue needs."""


def put_draft(
    connection: sqlite3.Connection,
    document: GoodsDocument,
    *,
    state: str,
    operator_id: str,
    updated_utc_ms: int,
    working: bytes = b"{}",
) -> None:
    """Write the draft's own row; lines go by `put_lines` and `drop_lines`."""
    header = msgspec.structs.replace(document, lines=())
    connection.execute(
        _PUT_DRAFT,
        (
            document.document_uuid,
            document.document_kind.value,
            state,
            operator_id,
            updated_utc_ms,
            msgspec.json.encode(header),
            working,
        ),
    )


def put_whole(connection: sqlite3.Connection, draft: StoredDraft) -> None:
    """Write a draft with its lines, as it comes from another till."""
    put_draft(
        connection,
        draft.document,
        state=draft.state,
        operator_id=draft.operator_id,
        updated_utc_ms=draft.updated_utc_ms,
        working=draft.working,
    )
    put_lines(connection, draft.draft_uuid, draft.document.lines)


def put_lines(connection: sqlite3.Connection, draft_uuid: str, lines: Iterable[GoodsLine]) -> None:
    """Write new and changed lines."""
    connection.executemany(
        _PUT_LINE, [(draft_uuid, line.line_no, msgspec.json.encode(line)) for line in lines]
    )


def drop_lines(
    connection: sqlite3.Connection, draft_uuid: str, line_numbers: Sequence[int]
) -> None:
    """Take lines off the draft."""
    connection.executemany(
        "DELETE FROM goods_draft_line WHERE draft_uuid = ? AND line_no = ?",
        [(draft_uuid, number) for number in line_numbers],
    )


def drop_draft(connection: sqlite3.Connection, draft_uuid: str) -> None:
    """Forget a draft that was posted or given up: in the same transaction as its entry."""
    connection.execute("DELETE FROM goods_draft WHERE draft_uuid = ?", (draft_uuid,))
    connection.execute("DELETE FROM goods_draft_line WHERE draft_uuid = ?", (draft_uuid,))


def load_drafts(connection: sqlite3.Connection, *kinds: str) -> list[StoredDraft]:
    """All drafts, or those of some kinds, the one touched last first."""
    where = f" WHERE document_kind IN ({', '.join('?' * len(kinds))})" if kinds else ""
    rows = connection.execute(
        f"{_SELECT}{where} ORDER BY updated_utc_ms DESC, draft_uuid", kinds
    ).fetchall()
    return [_load(connection, *row) for row in rows]


def load_draft(connection: sqlite3.Connection, draft_uuid: str) -> StoredDraft | None:
    """One draft, or None."""
    row = connection.execute(f"{_SELECT} WHERE draft_uuid = ?", (draft_uuid,)).fetchone()
    return None if row is None else _load(connection, *row)


def _load(
    connection: sqlite3.Connection,
    draft_uuid: str,
    document_kind: str,
    state: str,
    operator_id: str,
    updated_utc_ms: int,
    header: bytes,
    working: bytes,
) -> StoredDraft:
    lines = tuple(
        _LINE.decode(row[0])
        for row in connection.execute(
            "SELECT body FROM goods_draft_line WHERE draft_uuid = ? ORDER BY line_no",
            (draft_uuid,),
        )
    )
    return StoredDraft(
        draft_uuid=draft_uuid,
        document_kind=document_kind,
        state=state,
        operator_id=operator_id,
        updated_utc_ms=updated_utc_ms,
        document=msgspec.structs.replace(_HEADER.decode(header), lines=lines),
        working=bytes(working),
    )
