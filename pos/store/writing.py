"""What a job of the write worker may do: append entries, write tables that are no projections.

`seq`, the hash chain and the canonical bytes are made here, inside the job's transaction (R3, R4).
When a commit is in doubt the job runs again with what it made the first time: the same bytes, the
same uuid and the same sequence (R15).
"""

from __future__ import annotations

import os
import sqlite3
from typing import Any, Protocol

import msgspec

from pos.domain.goods.documents import GoodsDocument, GoodsPart
from pos.domain.journal import (
    GENESIS_HASH,
    MAX_ENTRY_BYTES,
    SCHEMA,
    EntryKind,
    Envelope,
    chain_hash,
    encode_body,
    encode_entry,
    uuid7,
)
from pos.domain.journal.bodies import EpochOpen
from pos.domain.journal.sale_bodies import TransactionPart
from pos.domain.sale import Transaction
from pos.store import projections
from pos.store.clock import Clock
from pos.store.models import JournalEntry, insert_sql

_INSERT_ENTRY = insert_sql(JournalEntry)
_PART_LINES = 300
_PART_THRESHOLD = MAX_ENTRY_BYTES - 16 * 1024
_DOCUMENTS = (Transaction, GoodsDocument)


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who this till is: labels, and the identity that head office issued (R1)."""

    store_id: str
    workstation_id: str
    workstation_uuid: str = ""
    currency: str = "CNY"


class Appended(msgspec.Struct, frozen=True):
    """An entry as it was appended."""

    entry_id: int
    epoch_no: int
    seq: int
    entry_uuid: str
    kind: str
    at_utc_ms: int
    hash: bytes
    entry_bytes: bytes


class Head(msgspec.Struct):
    """Where the journal stands: the epoch, its last entry, and the hash that the next one follows."""

    epoch_no: int = 0
    epoch_id: str = ""
    seq: int = 0
    entry_id: int = 0
    hash: bytes = GENESIS_HASH


class Journal(Protocol):
    """What a transaction needs to know of the store it writes to."""

    identity: Identity
    clock: Clock
    app_version: str
    flags: tuple[str, ...]


class WriteTransaction:
    """What a job may do: append entries and write tables that are no projections."""

    def __init__(
        self,
        store: Journal,
        connection: sqlite3.Connection,
        head: Head,
        doubtful: WriteTransaction | None = None,
    ) -> None:
        self.connection = connection
        self.appended: list[Appended] = []
        self.made: dict[int, Appended] = {}
        """Number of the call within the job → what it appended; a refused call has none."""

        self.opened_epochs: list[str] = []
        self.successor = ""
        """Name of the file that this transaction closes the journal in favour of (R30)."""

        self.once: set[tuple[str, str]] = set()
        """What jobs that share this transaction have written for all of them: what, and whose."""

        self._store = store
        # When a commit is in doubt the same bytes and ids are tried again (R15).
        self._remembered = dict(doubtful.made if doubtful else {})
        self._calls = 0
        self._remembered_epochs = list(doubtful.opened_epochs if doubtful else ())
        self.head = msgspec.structs.replace(head)

    @property
    def head_hash(self) -> bytes:
        """Hash of the last entry."""
        return self.head.hash

    @property
    def last_seq(self) -> int:
        """Sequence number of the last entry."""
        return self.head.seq

    def append(
        self,
        kind: EntryKind,
        body: msgspec.Struct,
        *,
        operator_id: str = "",
        business_day: str = "",
        flags: tuple[str, ...] = (),
        entry_uuid: str = "",
        reappended_from: str = "",
    ) -> Appended:
        """Append an entry and apply its projections; a transaction too long is split (R4).

        Raises EntryTooLargeError for any other body over 256 KiB, CanonicalError for a body that
        is no canonical value.
        """
        if isinstance(body, _DOCUMENTS) and len(body.lines) > _PART_LINES and not body.parts:
            body = self._split(body, operator_id, business_day, flags)
        return self._append(
            kind, body, operator_id, business_day, flags, entry_uuid, reappended_from
        )

    def _split(
        self,
        body: Transaction | GoodsDocument,
        operator_id: str,
        business_day: str,
        flags: tuple[str, ...],
    ) -> Transaction | GoodsDocument:
        if len(encode_body(body)) <= _PART_THRESHOLD:
            return body
        parts: list[str] = []
        chunk: list[Any] = []
        size = 0
        rest: list[Any] = list(body.lines)
        while rest:
            line = rest.pop(0)
            size += len(encode_body(line)) + 1
            chunk.append(line)
            if size > _PART_THRESHOLD // 2 and rest:
                kind, part = _part(body, len(parts) + 1, tuple(chunk))
                appended = self._append(kind, part, operator_id, business_day, flags, "", "")
                parts.append(appended.entry_uuid)
                chunk, size = [], 0
        return msgspec.structs.replace(body, lines=tuple(chunk), parts=tuple(parts))

    def _append(
        self,
        kind: EntryKind,
        body: msgspec.Struct,
        operator_id: str,
        business_day: str,
        flags: tuple[str, ...],
        entry_uuid: str,
        reappended_from: str,
    ) -> Appended:
        self._calls += 1
        appended = self._remembered.pop(self._calls, None)
        if appended is None:
            # A number is taken once the bytes are accepted: a job that lives on without an entry
            # that was too large must not leave a gap.
            seq, entry_id = self.head.seq + 1, self.head.entry_id + 1
            clock = self._store.clock
            identity = self._store.identity
            at_utc_ms = clock.utc_ms()
            uuid = entry_uuid or uuid7(at_utc_ms, os.urandom(10))
            entry_bytes = encode_entry(
                Envelope(
                    schema=SCHEMA,
                    kind=kind.value,
                    store_id=identity.store_id,
                    workstation_id=identity.workstation_id,
                    workstation_uuid=identity.workstation_uuid,
                    epoch=self.head.epoch_id,
                    seq=seq,
                    entry_uuid=uuid,
                    business_day=business_day,
                    at_utc_ms=at_utc_ms,
                    utc_offset_minutes=clock.utc_offset_minutes(),
                    monotonic_ms=clock.monotonic_ms(),
                    operator_id=operator_id,
                    currency=identity.currency,
                    app_version=self._store.app_version,
                    body=encode_body(body),
                    head_office_offset_ms=clock.head_office_offset_ms,
                    flags=(*self._store.flags, *flags),
                    reappended_from=reappended_from,
                )
            )
            appended = Appended(
                entry_id,
                self.head.epoch_no,
                seq,
                uuid,
                kind.value,
                at_utc_ms,
                chain_hash(self.head.hash, entry_bytes),
                entry_bytes,
            )
        self.connection.execute(
            _INSERT_ENTRY,
            (
                appended.entry_id,
                appended.epoch_no,
                appended.seq,
                appended.entry_uuid,
                appended.kind,
                business_day,
                appended.at_utc_ms,
                appended.hash,
                appended.entry_bytes,
            ),
        )
        self.head.seq, self.head.entry_id = appended.seq, appended.entry_id
        self.head.hash = appended.hash
        self.appended.append(appended)
        self.made[self._calls] = appended
        if not reappended_from:  # this till counted it when it was first appended (R17)
            applied = projections.Applied(
                appended.entry_id, appended.entry_uuid, appended.kind, business_day, operator_id
            )
            projections.apply(self.connection, applied, body)
        return appended

    def open_epoch(self, body: EpochOpen) -> Appended:
        """Begin a new epoch (R2): a new chain from genesis whose first entry says why."""
        remembered = self._remembered_epochs
        epoch_id = remembered.pop(0) if remembered else os.urandom(16).hex()
        self.opened_epochs.append(epoch_id)
        # Numbers go on over files (R30), so they are not left to the table to give.
        self.head.epoch_no += 1
        self.connection.execute(
            "INSERT INTO epoch (epoch_no, epoch_id, reason, opened_utc_ms) VALUES (?, ?, ?, ?)",
            (self.head.epoch_no, epoch_id, body.reason, self._store.clock.utc_ms()),
        )
        self.head.epoch_id = epoch_id
        self.head.seq = 0
        self.head.hash = GENESIS_HASH
        return self._append(EntryKind.EPOCH_OPEN, body, "", "", (), "", "")


def _part(
    body: Transaction | GoodsDocument, part: int, lines: tuple[Any, ...]
) -> tuple[EntryKind, msgspec.Struct]:
    if isinstance(body, Transaction):
        return EntryKind.TRANSACTION_PART, TransactionPart(
            transaction_no=body.transaction_no, part=part, lines=lines
        )
    return EntryKind.GOODS_PART, GoodsPart(
        document_uuid=body.document_uuid, part=part, lines=lines
    )
