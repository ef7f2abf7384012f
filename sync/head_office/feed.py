"""What goes down to the tills: versions, changes, snapshots, directives (R11-R13, R27).

A publication is one set of changes; each store in its scope gets it as the next version of its own
feed, so no global sequence is visible to a till. Versions are assigned serially inside the
publishing transaction (R12). The feed hash rolls over the canonical bytes of a store's versions.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from pos.domain.journal import encode_canonical
from sync.head_office import publication
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Row
from sync.protocol import (
    DATASETS,
    ERROR_FOREIGN_CURSOR,
    GENESIS_HEX,
    ChangesAnswer,
    Directive,
    FeedChanges,
    FeedVersion,
    SnapshotAnswer,
    WireError,
    encode,
    feed_key,
    make_cursor,
    roll_feed_hash,
    split_cursor,
)

MAX_CHANGES_BYTES = 8 * 1024 * 1024
"""Versions are put into one answer up to this size; a single larger one travels alone."""

SNAPSHOT_CHEAPER_BYTES = 48 * 1024 * 1024
"""A till that is further behind than this is told to take a snapshot."""

SNAPSHOT_PAGE_ROWS = 5_000
_LOCK = "publication_lock"


class Feed:
    """Publishing and answering. Publishing belongs to the writer; answering to any thread."""

    def __init__(self, office: HeadOffice) -> None:
        """Work on an open head office."""
        self.office = office
        self.dialect = office.dialect
        self._snapshots = office.home.exports / "snapshots"

    # ------------------------------------------------------------------ publishing

    def publish(self, changes: FeedChanges, *, scope: str = "", by: str = "") -> int:
        """Publish to every store, or to the one named by `scope`; returns the publication number.

        Removed first, then set, as `FeedChanges` says; `publication.settle` says what else the
        version carries. Raises WireError for a row without a key.
        """
        dialect = self.dialect
        with dialect.transaction():
            self._lock()
            changes = publication.settle(dialect, scope, changes)
            data = encode_canonical(changes)
            number = self._next_number()
            rows = [*(getattr(changes, name) for name in DATASETS), *changes.removed.values()]
            dialect.execute(
                "INSERT INTO publication (publication_no, scope, sha256, published_utc_ms, "
                "published_by, row_count, changes) VALUES (?, ?, ?, ?, ?, ?, ?)",
                (
                    number,
                    scope,
                    hashlib.sha256(data).hexdigest(),
                    self.office.clock_ms(),
                    by,
                    sum(map(len, rows)),
                    data,
                ),
            )
            publication.apply(dialect, scope, number, changes)
            for (store_id,) in dialect.query(
                "SELECT store_id FROM store" + (" WHERE store_id = ?" if scope else ""),
                (scope,) if scope else (),
            ):
                self._append(str(store_id), number, data)
        return number

    def catch_up(self, store_id: str) -> None:
        """Give a new store's feed its publications; the caller has a transaction."""
        self._lock()
        for number, data in self.dialect.query(
            "SELECT publication_no, changes FROM publication WHERE scope IN ('', ?) "
            "AND publication_no > COALESCE((SELECT MAX(publication_no) FROM feed "
            "WHERE store_id = ?), 0) ORDER BY publication_no",
            (store_id, store_id),
        ):
            self._append(store_id, int(number), bytes(data))

    def unchanged(self, dataset: str, rows: Sequence[msgspec.Struct], scope: str = "") -> set[str]:
        """Keys of rows that the catalogue already has exactly so: nothing to publish for them."""
        wanted = {feed_key(row): encode(row) for row in rows}
        found = self.dialect.rows_of_keys(
            "SELECT row_key, row FROM catalogue WHERE scope = ? AND dataset = ? AND row_key IN ?",
            (scope, dataset),
            list(wanted),
        )
        return {str(key) for key, data in found if wanted[str(key)] == bytes(data)}

    def direct(self, store_id: str, workstation_no: int, kind: str, body: str, ident: str) -> None:
        """Ask something of a workstation (R27); the same id is asked once."""
        self.dialect.insert_missing(
            "directive",
            ("store_id", "directive_id", "workstation_no", "kind", "body", "created_utc_ms"),
            [(store_id, ident, workstation_no, kind, body, self.office.clock_ms())],
        )

    # ------------------------------------------------------------------- answering

    def version(self, store_id: str) -> int:
        """Newest version of a store's feed; 0 when nothing was published."""
        row = self.dialect.one("SELECT MAX(version) FROM feed WHERE store_id = ?", (store_id,))
        return int(row[0] or 0) if row else 0

    def changes(
        self, store_id: str, workstation_no: int, cursor: str, feed_hash: str
    ) -> ChangesAnswer:
        """Versions after a cursor (R11); raises WireError `foreign_cursor` for 410."""
        incarnation, after = split_cursor(cursor)
        known = self._hash_at(store_id, after)
        if (incarnation and incarnation != self.office.incarnation) or known is None:
            raise WireError(ERROR_FOREIGN_CURSOR, "this cursor is of another life of head office")
        if feed_hash and feed_hash != known:
            raise WireError(ERROR_FOREIGN_CURSOR, "the feed hash at this cursor differs")
        versions: list[FeedVersion] = []
        size, more, last_hash = 0, False, known
        sizes = self.dialect.query(
            "SELECT feed.version, LENGTH(publication.changes) FROM feed JOIN publication "
            "ON publication.publication_no = feed.publication_no "
            "WHERE feed.store_id = ? AND feed.version > ? ORDER BY feed.version LIMIT 1000",
            (store_id, after),
        )
        if sum(int(length) for _, length in sizes) > SNAPSHOT_CHEAPER_BYTES:
            raise WireError(ERROR_FOREIGN_CURSOR, "so far behind that a snapshot is shorter")
        for version, length in sizes:
            if versions and size + int(length) > MAX_CHANGES_BYTES:
                more = True
                break
            size += int(length)
            made, last_hash = self._version(store_id, int(version))
            versions.append(made)
        reached = versions[-1].version if versions else after
        return ChangesAnswer(
            incarnation=self.office.incarnation,
            cursor=make_cursor(self.office.incarnation, reached),
            feed_hash=last_hash,
            server_time_ms=self.office.clock_ms(),
            versions=tuple(versions),
            more=more,
            directives=self.directives(store_id, workstation_no),
        )

    def directives(self, store_id: str, workstation_no: int) -> tuple[Directive, ...]:
        """Directives that a workstation has not yet reported done."""
        rows = self.dialect.query(
            "SELECT directive_id, kind, body, created_utc_ms FROM directive WHERE store_id = ? "
            "AND workstation_no = ? AND done_utc_ms = 0 ORDER BY created_utc_ms, directive_id "
            "LIMIT 100",
            (store_id, workstation_no),
        )
        return tuple(
            Directive(directive_id=ident, kind=kind, body=body, created_utc_ms=int(created))
            for ident, kind, body, created in rows
        )

    def snapshot(self, store_id: str, token: str, page: int) -> SnapshotAnswer:
        """One page of the catalogue as of a version; raises WireError when the token is stale."""
        version = self.version(store_id)
        # The hash as well: a database copied by hand counts on in the same life (R11).
        feed_hash = self._hash_at(store_id, version) or GENESIS_HEX
        current = f"{self.office.incarnation}.{version}.{feed_hash[:16]}"
        if token and token != current:
            raise WireError(ERROR_FOREIGN_CURSOR, "something was published since; begin again")
        folder = self._spooled(store_id, version, current)
        about = msgspec.json.decode((folder / "about.json").read_bytes(), type=_About)
        if not 0 <= page < len(about.pages):
            raise WireError(ERROR_FOREIGN_CURSOR, f"expected a page below {len(about.pages)}")
        return SnapshotAnswer(
            token=current,
            version=version,
            cursor=make_cursor(self.office.incarnation, version),
            feed_hash=feed_hash,
            dataset=about.pages[page],
            rows=msgspec.Raw((folder / f"{page}.json").read_bytes()),
            page=page,
            last=page == len(about.pages) - 1,
            count=about.count,
            sha256=about.sha256,
        )

    # --------------------------------------------------------------------- helpers

    def _lock(self) -> None:
        # SQLite's transaction is serial already; on PostgreSQL this row is what publishing
        # waits on, so that no version commits after a later one (R12).
        self.dialect.execute(
            "INSERT INTO setting (name, value) VALUES (?, '') ON CONFLICT DO NOTHING", (_LOCK,)
        )
        self.dialect.query(
            "SELECT value FROM setting WHERE name = ?" + self.dialect.for_update, (_LOCK,)
        )

    def _next_number(self) -> int:
        row = self.dialect.one("SELECT COALESCE(MAX(publication_no), 0) + 1 FROM publication")
        return int(row[0]) if row else 1

    def _append(self, store_id: str, number: int, data: bytes) -> None:
        version = self.version(store_id)
        before = self._hash_at(store_id, version) or GENESIS_HEX
        self.dialect.execute(
            "INSERT INTO feed (store_id, version, publication_no, feed_hash) VALUES (?, ?, ?, ?)",
            (store_id, version + 1, number, roll_feed_hash(before, data)),
        )

    def _hash_at(self, store_id: str, version: int) -> str | None:
        if version == 0:
            return GENESIS_HEX
        row = self.dialect.one(
            "SELECT feed_hash FROM feed WHERE store_id = ? AND version = ?", (store_id, version)
        )
        return None if row is None else str(row[0])

    def _version(self, store_id: str, version: int) -> tuple[FeedVersion, str]:
        row = self.dialect.one(
            "SELECT feed.feed_hash, publication.sha256, publication.published_utc_ms, "
            "publication.changes FROM feed JOIN publication "
            "ON publication.publication_no = feed.publication_no "
            "WHERE feed.store_id = ? AND feed.version = ?",
            (store_id, version),
        )
        if row is None:
            raise WireError(ERROR_FOREIGN_CURSOR, f"version {version} is not here")
        return (
            FeedVersion(
                version=version,
                sha256=str(row[1]),
                published_utc_ms=int(row[2]),
                changes=msgspec.Raw(bytes(row[3])),
            ),
            str(row[0]),
        )

    def _spooled(self, store_id: str, version: int, token: str) -> Path:
        """Pages of a snapshot as files: made once, read by every till of the store.

        Their folder is named by the feed's hash too: the same version of another history, as a
        copied or restored database has it, never finds these pages.
        """
        name = hashlib.sha256(f"{store_id}\n{token}".encode()).hexdigest()[:24]
        folder = self._snapshots / name
        if (folder / "about.json").exists():
            return folder
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        whole, count, pages = hashlib.sha256(), 0, list[str]()
        with self.dialect.snapshot():
            if self.version(store_id) != version:
                raise WireError(ERROR_FOREIGN_CURSOR, "something was published; begin again")
            versions: dict[int, int] = dict(
                self.dialect.query(
                    "SELECT publication_no, version FROM feed WHERE store_id = ?", (store_id,)
                )
            )
            for dataset in DATASETS:
                written = self._pages(store_id, dataset, versions)
                if dataset == "holds":
                    # A till keeps its holds through a snapshot that brings none (R11), so an
                    # empty page says that the last one was lifted.
                    written = itertools.chain([next(written, [])], written)
                for rows in written:
                    data = b"[" + b",".join(rows) + b"]"
                    (folder / f"{len(pages)}.json").write_bytes(data)
                    whole.update(data)
                    count += len(rows)
                    pages.append(dataset)
        about = _About(count=count, sha256=whole.hexdigest(), pages=pages)
        partial = folder / "about.tmp"
        partial.write_bytes(encode(about))
        partial.rename(folder / "about.json")
        return folder

    def _pages(
        self, store_id: str, dataset: str, versions: Mapping[int, int]
    ) -> Iterator[list[bytes]]:
        after = ""
        while True:
            found: list[Row] = self.dialect.query(
                "SELECT row_key, publication_no, row FROM catalogue c WHERE dataset = ? "
                "AND scope IN ('', ?) AND row_key > ? AND NOT EXISTS (SELECT 1 FROM catalogue o "
                "WHERE o.dataset = c.dataset AND o.row_key = c.row_key AND o.scope <> c.scope "
                "AND o.scope IN ('', ?) AND o.publication_no > c.publication_no) "
                "ORDER BY row_key LIMIT ?",
                (dataset, store_id, after, store_id, SNAPSHOT_PAGE_ROWS),
            )
            if not found:
                return
            after = str(found[-1][0])
            if dataset == "prices":
                yield [
                    bytes(row)[:-1] + b',"version":%d}' % versions.get(int(number), 0)
                    for _, number, row in found
                ]
            else:
                yield [bytes(row) for _, _, row in found]


class _About(msgspec.Struct):
    count: int
    sha256: str
    pages: list[str]
