"""What came down, and how far what went up is held: writing `reference.db` (R11, R13, R25).

The inbox is the uploader's only way into that file and remembers nothing that is not in it: a kill
at any moment leaves a feed version applied or not, an acknowledgement known or asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from pos.store.clock import Clock
from pos.store.errors import SnapshotMismatch
from pos.store.goods_reference import StockIncluded
from pos.store.reference_stock import ItemStock, put_stock
from pos.store.reference_values import AckRow, Directive
from pos.store.reference_writer import ReferenceWriter
from pos.store.sibling_journals import SiblingDay, SiblingEntry, put_days, put_entries
from sync.outbox import EpochHead
from sync.protocol import (
    DATASETS,
    ERROR_MALFORMED,
    GENESIS_HEX,
    ChangesAnswer,
    SnapshotAnswer,
    WireError,
    decode_changes,
    roll_feed_hash,
)

CURSOR = "feed_cursor"
FEED_HASH = "feed_hash"
INCARNATION = "incarnation"
SNAPSHOT_WANTED = "snapshot_wanted"
STOCK_CURSOR = "stock_cursor"
SIBLINGS_CURSOR = "siblings_cursor"
SOLD_CURSOR = "sold_cursor"
FORK = "fork"
"""Kind of the directive that makes the till open a new epoch (R17)."""


class ForkBody(msgspec.Struct, frozen=True, kw_only=True):
    """What a fork directive says: from where on entries are appended again."""

    epoch: str
    agreed_seq: int
    agreed_hash: str = ""
    head_office_seq: int = 0


class FeedMismatch(ValueError):
    """Changes that do not follow what was applied; a snapshot puts it right (R11)."""


class Inbox:
    """Acknowledgements, directives and the feed, through the one writer of `reference.db`."""

    def __init__(self, writer: ReferenceWriter, clock: Clock) -> None:
        self.writer = writer
        self.clock = clock
        select = writer.connection.execute
        self._acks: dict[str, AckRow] = {
            row[0]: AckRow(
                epoch=row[0],
                acked_seq=row[1],
                head_hash=row[2],
                durable_seq=row[3],
                incarnation=row[4],
                at_utc_ms=row[5],
            )
            for row in select(
                "SELECT epoch, acked_seq, head_hash, durable_seq, incarnation, at_utc_ms FROM ack"
            )
        }
        self._directives: dict[str, Directive] = {
            row[0]: Directive(directive_id=row[0], kind=row[1], body=row[2], created_utc_ms=row[3])
            for row in select("SELECT directive_id, kind, body, created_utc_ms FROM directive")
        }
        self._meta: dict[str, str] = dict(select("SELECT key, value FROM meta").fetchall())

    # ------------------------------------------------------------------ acknowledgements

    def acked_seq(self, epoch: str) -> int:
        """Acknowledged sequence of an epoch; 0 when nothing is."""
        row = self._acks.get(epoch)
        return 0 if row is None else row.acked_seq

    def acked(self) -> dict[str, int]:
        """Acknowledged sequences by epoch."""
        return {epoch: row.acked_seq for epoch, row in self._acks.items()}

    def acked_in(self, epoch: str) -> str:
        """Incarnation of head office in which an epoch was last acknowledged."""
        row = self._acks.get(epoch)
        return "" if row is None else row.incarnation

    def set_ack(
        self,
        epoch: str,
        seq: int,
        head_hash: str,
        *,
        durable_seq: int | None = None,
        incarnation: str,
    ) -> None:
        """Store an acknowledgement whose hash was found to be ours; it may be lower (R16)."""
        row = AckRow(
            epoch=epoch,
            acked_seq=seq,
            head_hash=head_hash,
            durable_seq=seq if durable_seq is None else min(durable_seq, seq),
            incarnation=incarnation,
            at_utc_ms=self.clock.utc_ms(),
        )
        self.writer.set_ack(row)
        self._acks[epoch] = row

    # ------------------------------------------------------------------------- directives

    def add_fork(
        self, head: EpochHead, agreed_seq: int, agreed_hash: str, head_office_seq: int
    ) -> None:
        """Tell the till to append again what lies above `agreed_seq` in a new epoch (R17)."""
        body = ForkBody(
            epoch=head.epoch,
            agreed_seq=agreed_seq,
            agreed_hash=agreed_hash,
            head_office_seq=head_office_seq,
        )
        self._add(
            Directive(
                directive_id=f"{FORK}.{head.epoch}.{agreed_seq}",
                kind=FORK,
                body=msgspec.json.encode(body).decode(),
                created_utc_ms=self.clock.utc_ms(),
            )
        )

    def fork_waits(self, head: EpochHead) -> bool:
        """Whether the till still has to act on a fork of this epoch; what it did is forgotten."""
        waiting = False
        for directive in list(self._directives.values()):
            if directive.kind != FORK:
                continue
            try:
                body = msgspec.json.decode(directive.body, type=ForkBody)
            except msgspec.MsgspecError:
                continue
            if body.epoch != head.epoch:
                continue
            if head.max_seq > body.agreed_seq:
                waiting = True
            elif head.forked:
                self._remove(directive.directive_id)
        return waiting

    def directives(self) -> list[Directive]:
        """Directives that are kept for the till."""
        return list(self._directives.values())

    def _add(self, directive: Directive) -> None:
        if directive.directive_id not in self._directives:
            self.writer.add_directive(directive)
            self._directives[directive.directive_id] = directive

    def _remove(self, directive_id: str) -> None:
        self.writer.remove_directive(directive_id)
        del self._directives[directive_id]

    # --------------------------------------------------------------------------- the feed

    @property
    def incarnation(self) -> str:
        """Head office's life as last seen; empty at first."""
        return self._meta.get(INCARNATION, "")

    def set_incarnation(self, incarnation: str) -> None:
        """Remember head office's life."""
        self.set_metas({INCARNATION: incarnation})

    @property
    def cursor(self) -> str:
        """Position in the feed; opaque."""
        return self._meta.get(CURSOR, "")

    @property
    def feed_hash(self) -> str:
        """Hash of the feed up to the cursor."""
        return self._meta.get(FEED_HASH, GENESIS_HEX)

    @property
    def version(self) -> int:
        """Version of the feed in force."""
        return self.writer.catalogue_version

    def apply_changes(self, answer: ChangesAnswer) -> int:
        """Apply versions one by one, each in its transaction (R13); returns how many were new.

        Raises WireError for bytes that do not give their hash, FeedMismatch for versions that do
        not follow what is here.
        """
        rolled = self.feed_hash
        decoded = []
        for version in answer.versions:
            decoded.append((version, decode_changes(version)))
            rolled = roll_feed_hash(rolled, bytes(version.changes))
        if rolled != answer.feed_hash:
            raise FeedMismatch(f"expected feed hash {answer.feed_hash[:12]}, got {rolled[:12]}")
        new = 0
        position = {CURSOR: answer.cursor, FEED_HASH: answer.feed_hash}
        for number, (version, changes) in enumerate(decoded, start=1):
            meta = position if number == len(decoded) else None
            new += self.writer.apply_version(
                version.version, changes, sha256=version.sha256, meta=meta
            )
        # A version that an earlier run applied brings no cursor with it.
        self._meta.update(position)
        if self.writer.meta(CURSOR) != answer.cursor:
            self.writer.set_metas(position)
        self._sync_directives(answer)
        return new

    def _sync_directives(self, answer: ChangesAnswer) -> None:
        """Keep head office's directives as long as it lists them; ours until acted on (R27)."""
        listed = {directive.directive_id for directive in answer.directives}
        for directive in answer.directives:
            self._add(
                Directive(
                    directive_id=directive.directive_id,
                    kind=directive.kind,
                    body=directive.body,
                    created_utc_ms=directive.created_utc_ms,
                )
            )
        for directive_id, kept in list(self._directives.items()):
            if directive_id not in listed and not directive_id.startswith(f"{FORK}."):
                self._remove(kept.directive_id)

    # --------------------------------------------------------------------------- snapshots

    @property
    def snapshot_wanted(self) -> bool:
        """Whether a whole catalogue has to be fetched; survives restarts."""
        return self._meta.get(SNAPSHOT_WANTED) == "1"

    def want_snapshot(self) -> None:
        """Fetch a whole catalogue before any further change (R11, R16)."""
        if not self.snapshot_wanted:
            self.set_metas({SNAPSHOT_WANTED: "1"})

    def add_page(self, page: SnapshotAnswer) -> None:
        """Put one page away; the last one swaps the catalogue in.

        Raises WireError for rows of the wrong shape, SnapshotMismatch when count or hash differ.
        """
        if page.page == 0:
            self.writer.begin_snapshot()
        raw = bytes(page.rows)
        row_type = DATASETS.get(page.dataset)
        try:
            rows: list[Any] = (
                msgspec.json.decode(raw)
                if row_type is None
                else msgspec.json.decode(raw, type=list[row_type])  # type: ignore[valid-type]
            )
        except (msgspec.MsgspecError, RecursionError) as error:
            raise WireError(ERROR_MALFORMED, f"a page of {page.dataset}: {error}") from error
        self.writer.add_snapshot_page(page.dataset, rows, raw)
        if page.last:
            done = {CURSOR: page.cursor, FEED_HASH: page.feed_hash, SNAPSHOT_WANTED: "0"}
            self.writer.finish_snapshot(page.count, page.sha256, version=page.version, meta=done)
            self._meta.update(done)

    def abandon_snapshot(self) -> None:
        """Drop what was fetched of a snapshot."""
        self.writer.abandon_snapshot()

    # ---------------------------------------------------------------------------------- stock

    @property
    def stock_cursor(self) -> str:
        """Position in the store's stock; empty before the first figures."""
        return self._meta.get(STOCK_CURSOR, "")

    def put_stock(
        self,
        items: Sequence[ItemStock],
        included: Sequence[StockIncluded],
        *,
        replace: bool,
        cursor: str,
    ) -> None:
        """Write figures, what they include and the position, in one transaction (R14)."""
        meta = {STOCK_CURSOR: cursor}
        put_stock(self.writer, items, included, replace=replace, meta=meta)
        self._meta.update(meta)

    # ------------------------------------------------------------------------------- siblings

    @property
    def siblings_cursor(self) -> str:
        """Position in what other tills wrote; empty before the first page."""
        return self._meta.get(SIBLINGS_CURSOR, "")

    def put_siblings(self, entries: Sequence[SiblingEntry], *, replace: bool, cursor: str) -> int:
        """Write entries of other tills and the position; returns how many were new (R14)."""
        if not entries and not replace and cursor == self.siblings_cursor:
            return 0
        meta = {SIBLINGS_CURSOR: cursor}
        new = put_entries(self.writer, entries, replace=replace, meta=meta)
        self._meta.update(meta)
        return new

    @property
    def sold_cursor(self) -> str:
        """Position in what other tills sold by day; empty before the first page."""
        return self._meta.get(SOLD_CURSOR, "")

    def put_sold(self, days: Sequence[SiblingDay], *, replace: bool, cursor: str) -> None:
        """Write days of other tills and the position (REP-06)."""
        if not days and not replace and cursor == self.sold_cursor:
            return
        meta = {SOLD_CURSOR: cursor}
        put_days(self.writer, days, replace=replace, meta=meta)
        self._meta.update(meta)

    # --------------------------------------------------------------------------- single facts

    def meta(self, key: str) -> str:
        """One fact, empty when unknown."""
        return self._meta.get(key, "")

    def set_metas(self, values: Mapping[str, str]) -> None:
        """Store facts that changed, in one transaction; nothing when none did."""
        changed = {key: value for key, value in values.items() if self._meta.get(key) != value}
        if changed:
            self.writer.set_metas(changed)
            self._meta.update(changed)


__all__ = ["FORK", "FeedMismatch", "ForkBody", "Inbox", "SnapshotMismatch"]
