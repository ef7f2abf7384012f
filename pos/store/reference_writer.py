"""The one writer of `reference.db`: the uploader's inbox, or `pos init` and `pos import` (R25).

It holds `reference.lock` for as long as it lives. Every method is one transaction, so that a kill
leaves the catalogue before it or after it; facts that belong together (rows and the feed's cursor)
are given together. The till reads on meanwhile: a reader in WAL mode never waits for this writer.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter, itemgetter
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from pos.store import search
from pos.store.connection import connect_raw
from pos.store.errors import N_, StoreError, StoreUnavailable
from pos.store.journal_files import REFERENCE_DB
from pos.store.locks import REFERENCE_LOCK, FileLock
from pos.store.migrate import migrate
from pos.store.migrations import REFERENCE
from pos.store.reference_rows import (
    ADD_WORDS,
    FIND_ITEM,
    INSERT_ITEM,
    SET_META,
    TAKE_WORDS,
    UPDATE_ITEM,
    UPSERT_BARCODE,
    UPSERT_CLASS,
    UPSERT_GOODS,
    UPSERT_HOLD,
    UPSERT_OPERATOR,
    UPSERT_QUICK_KEY,
    WORD_FIELDS,
    barcode_values,
    class_values,
    document,
    goods_values,
    hold_values,
    item_values,
    operator_rows,
    price_sql,
    price_values,
    quick_key_values,
)
from pos.store.reference_schema import (
    DATASETS,
    AckTable,
    DirectiveTable,
    FeedVersionTable,
    insert_sql,
    table_name,
    upsert_sql,
)
from pos.store.reference_snapshot import Snapshot
from pos.store.reference_values import AckRow, Directive, FeedChanges

IDENTITY_KEYS = (
    "workstation_uuid",
    "store_id",
    "workstation_id",
    "store_name",
    "currency",
    "incarnation",
    "head_office_url",
)


class ReferenceWriter:
    """The open file, its lock and its only writing connection. Not thread-safe.

    `seal` turns an operator's verifier into what is stored: HMAC with the workstation's pepper
    (R29); without it verifiers are stored as given.
    """

    def __init__(
        self,
        home: Path,
        lock: FileLock,
        connection: sqlite3.Connection,
        seal: Callable[[str], str],
    ) -> None:
        self.home = home
        self.connection = connection
        self._lock = lock
        self._seal = seal
        self._snapshot: Snapshot | None = None

    @classmethod
    def open(
        cls,
        home: Path,
        *,
        app_version: str,
        command: str = "",
        seal: Callable[[str], str] | None = None,
    ) -> ReferenceWriter:
        """Take the lock, migrate and open; a half-fetched snapshot of an earlier run is dropped.

        Raises FileLocked naming the holder, NewerDatabase, MigrationFailed, StoreUnavailable.
        """
        lock = FileLock.acquire(home / REFERENCE_LOCK, command)
        try:
            path = home / REFERENCE_DB
            migrate(path, REFERENCE, backup_dir=home / "backups", app_version=app_version)
            connection = connect_raw(path, cache_kib=65_536, check_same_thread=False)
            writer = cls(home, lock, connection, seal or str)
            Snapshot.sweep(connection)
            if writer.meta("search_version") != str(search.INDEX_VERSION):
                writer.rebuild_search()
        except BaseException:
            lock.release()
            raise
        return writer

    # ------------------------------------------------------------------------------ the feed

    def apply_version(
        self,
        version: int,
        changes: FeedChanges,
        *,
        sha256: str = "",
        meta: Mapping[str, str] | None = None,
    ) -> bool:
        """Apply one version of the feed in one transaction (R13); False when it already was.

        `meta` (the feed's cursor and hash) is set in the same transaction. Rows are changed in the
        order of their keys: half the time of the order in which they came.
        """
        if version <= self.catalogue_version:
            return False
        with self.transaction():
            self.apply_rows(version, changes)
            self.record_version(version, sha256)
            self._set_metas(meta or {})
        return True

    def add_local(self, changes: FeedChanges) -> int:
        """Apply changes made on a lone till as a version of its own; returns its number."""
        version = self.catalogue_version + 1
        self.apply_version(version, changes)
        return version

    def begin_snapshot(self) -> None:
        """Make empty shadow tables; rows now go there until `finish_snapshot` (R11)."""
        self._snapshot = Snapshot.begin(self.connection, self.transaction, self._seal)

    def add_snapshot_page(self, dataset: str, rows: Sequence[Any], raw: bytes) -> None:
        """Put one page into its shadow table, in a transaction of its own.

        `raw` is the page's rows as they came: what head office counted and hashed.
        """
        self._begun().add_page(dataset, rows, raw)

    def finish_snapshot(
        self,
        expected_count: int,
        expected_sha256: str,
        *,
        version: int,
        meta: Mapping[str, str] | None = None,
    ) -> None:
        """Verify count and hash, index, then swap the table names in one transaction.

        `version` and `meta` (cursor, feed hash, incarnation) change with it. Acknowledgements,
        directives and other facts are left alone; holds are replaced only when the snapshot
        brought its own. Raises SnapshotMismatch, after which the old catalogue stays.
        """
        snapshot = self._begun()
        self._snapshot = None
        snapshot.verify(expected_count, expected_sha256)
        snapshot.index()
        with self.transaction():
            snapshot.swap()
            self.record_version(version, expected_sha256, snapshot=True)
            self._set_metas({**(meta or {}), "search_version": str(search.INDEX_VERSION)})
        snapshot.sweep(self.connection)

    def abandon_snapshot(self) -> None:
        """Drop a snapshot that will not be finished."""
        self._snapshot = None
        Snapshot.sweep(self.connection)

    @property
    def catalogue_version(self) -> int:
        """Version of the feed in force; 0 before the first."""
        return int(self.meta("catalogue_version") or 0)

    # --------------------------------------------------------------- head office and identity

    def set_ack(self, ack: AckRow) -> None:
        """Store how far an epoch is acknowledged; judging a regress is the caller's (R16)."""
        values = attrgetter(
            "epoch", "acked_seq", "head_hash", "durable_seq", "incarnation", "at_utc_ms"
        )
        with self.transaction() as connection:
            connection.execute(upsert_sql(AckTable, key=("epoch",)), values(ack))

    def add_directive(self, directive: Directive) -> None:
        """Store a directive; the same one again changes nothing (R27)."""
        sql = insert_sql(DirectiveTable) + " ON CONFLICT (directive_id) DO NOTHING"
        values = attrgetter("directive_id", "kind", "body", "created_utc_ms")
        with self.transaction() as connection:
            connection.execute(sql, values(directive))

    def remove_directive(self, directive_id: str) -> None:
        """Forget a directive that the till has journaled as done."""
        with self.transaction() as connection:
            connection.execute("DELETE FROM directive WHERE directive_id = ?", (directive_id,))

    def meta(self, key: str) -> str | None:
        """One fact, or None."""
        row = self.connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return None if row is None else str(row[0])

    def set_metas(self, values: Mapping[str, str]) -> None:
        """Store several facts in one transaction."""
        with self.transaction():
            self._set_metas(values)

    def set_identity(self, **values: str) -> None:
        """Store what enrolment gave, by `IDENTITY_KEYS`: from now on the home is enrolled."""
        unknown = set(values) - set(IDENTITY_KEYS)
        if unknown:
            raise StoreError(N_("Unknown identity fields: {names}."), names=sorted(unknown))
        self.set_metas({f"identity.{name}": value for name, value in values.items()})

    def identity(self) -> dict[str, str]:
        """What enrolment gave; empty on a lone till."""
        found = {name: self.meta(f"identity.{name}") for name in IDENTITY_KEYS}
        return {name: value for name, value in found.items() if value is not None}

    @property
    def is_enrolled(self) -> bool:
        """Whether head office owns this home's catalogue: `pos import` then refuses (R25)."""
        return bool(self.meta("identity.workstation_uuid"))

    # --------------------------------------------------------------------------------- search

    def set_popularity(self, lines_sold: Mapping[str, int]) -> int:
        """Order search results by lines sold in the last 30 days; returns items that moved.

        Items that are not named fall back to unsold. Documents move only when the order of
        magnitude of their sales did, in transactions of a thousand.
        """
        current = self.connection.execute(
            "SELECT item_code, popularity FROM item WHERE popularity > 0"
        )
        before = dict(current.fetchall())
        wanted = {code: max(count, 0) for code, count in lines_sold.items()}
        wanted |= dict.fromkeys(before.keys() - wanted.keys(), 0)
        changed = sorted(c for c, n in wanted.items() if n != before.get(c, 0))
        moved = 0
        for start in range(0, len(changed), 1000):
            with self.transaction() as connection:
                for code in changed[start : start + 1000]:
                    row = connection.execute(FIND_ITEM, (code,)).fetchone()
                    if row is None:
                        continue
                    moved += self._move(row, wanted[code])
        return moved

    def rebuild_search(self) -> None:
        """Make the index anew from the items, in one transaction."""
        with self.transaction() as connection:
            connection.execute("INSERT INTO search_text (search_text) VALUES ('delete-all')")
            rows = connection.cursor().execute(
                f"SELECT item_id, popularity, {WORD_FIELDS} FROM item ORDER BY item_id"
            )
            connection.executemany(ADD_WORDS, (document(row) for row in rows))
            self._set_metas({"search_version": str(search.INDEX_VERSION)})

    # -------------------------------------------------------------------------------- the file

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """One `BEGIN IMMEDIATE … COMMIT`; rolled back when the block raises."""
        connection = self.connection
        try:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            try:
                connection.execute("COMMIT")
            except sqlite3.Error:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
        except sqlite3.OperationalError as error:
            raise StoreUnavailable(
                N_("{path} cannot be written: {reason}."),
                path=self.home / REFERENCE_DB,
                reason=error,
            ) from error

    def checkpoint(self) -> None:
        """Give the WAL's space back when no reader is in the way; for idle moments."""
        self.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()

    def close(self) -> None:
        """Close the file and let the lock go."""
        self.connection.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    # ---------------------------------------------------------------------------------- inside

    def _begun(self) -> Snapshot:
        if self._snapshot is None:
            raise StoreError(N_("No snapshot was begun."))
        return self._snapshot

    def apply_rows(self, version: int, changes: FeedChanges) -> None:
        """Change the rows of one version, or of a part of it; the caller holds the transaction.

        What is removed goes first, then the rows are set; of a key given twice the last counts.
        """
        execute_many = self.connection.executemany
        for dataset, keys in changes.removed.items():
            self._remove(dataset, keys)
        self._put_items(changes.items)
        by_code, by_item_and_day = itemgetter(0), itemgetter(0, 1)
        barcodes = sorted(map(barcode_values, changes.barcodes), key=by_code)
        execute_many(UPSERT_BARCODE, barcodes)
        prices = sorted(map(price_values, changes.prices), key=by_item_and_day)
        execute_many(price_sql(version), prices)
        execute_many(UPSERT_CLASS, map(class_values, changes.classes))
        execute_many(UPSERT_OPERATOR, operator_rows(changes.operators, version, self._seal))
        execute_many(UPSERT_HOLD, map(hold_values, changes.holds))
        execute_many(UPSERT_QUICK_KEY, map(quick_key_values, changes.quick_keys))
        for dataset, sql in UPSERT_GOODS.items():
            rows = getattr(changes, dataset)
            execute_many(sql, [goods_values(dataset, row) for row in rows])

    def _put_items(self, items: Iterable[Any]) -> None:
        execute = self.connection.execute
        for item in sorted(items, key=attrgetter("item_code")):
            values = item_values(item)
            before = execute(FIND_ITEM, (item.item_code,)).fetchone()
            if before is None:
                item_id = execute(INSERT_ITEM, (*values, 0)).lastrowid
                after = (item_id, 0, item.name, item.name_en, item.spec, item.model, item.mnemonic)
                execute(ADD_WORDS, document(after))
                continue
            execute(UPDATE_ITEM, (*values[1:], before[0]))
            texts = (item.name, item.name_en, item.spec, item.model, item.mnemonic)
            if texts != before[2:]:
                execute(TAKE_WORDS, document(before))
                execute(ADD_WORDS, document((*before[:2], *texts)))

    def _move(self, row: tuple[Any, ...], popularity: int) -> bool:
        execute = self.connection.execute
        execute("UPDATE item SET popularity = ? WHERE item_id = ?", (popularity, row[0]))
        before, after = document(row), document((row[0], popularity, *row[2:]))
        if before[0] == after[0]:
            return False
        execute(TAKE_WORDS, before)
        execute(ADD_WORDS, after)
        return True

    def _remove(self, dataset: str, keys: Iterable[str]) -> None:
        known = DATASETS.get(dataset)
        if known is None:
            return  # a newer head office's dataset
        where = " AND ".join(f"{name} = ?" for name in known.key)
        sql = f"DELETE FROM {table_name(known.model)} WHERE {where}"
        for key in keys:
            parts = key.split("\t")
            if len(parts) != len(known.key):
                continue
            if dataset == "items":
                before = self.connection.execute(FIND_ITEM, parts).fetchone()
                if before is not None:
                    self.connection.execute(TAKE_WORDS, document(before))
                # Taken away and set again later, it must not come back at an old price.
                self.connection.execute("DELETE FROM barcode WHERE item_code = ?", parts)
                self.connection.execute("DELETE FROM price WHERE item_code = ?", parts)
            self.connection.execute(sql, parts)

    def record_version(self, version: int, sha256: str = "", *, snapshot: bool = False) -> None:
        """Say which version is in force; the caller holds the transaction."""
        if snapshot:
            # Another life of head office may count from lower (R16).
            self.connection.execute("DELETE FROM feed_version WHERE version >= ?", (version,))
        self.connection.execute(
            upsert_sql(FeedVersionTable, key=("version",)),
            (version, sha256, time.time_ns() // 1_000_000, snapshot),
        )
        self._set_metas({"catalogue_version": str(version)})

    def _set_metas(self, values: Mapping[str, str]) -> None:
        self.connection.executemany(SET_META, list(values.items()))
