"""Planted bugs: each breaks one rule on purpose, and the simulation has to notice (reliability gate).

A bug is a patch of shipped code for the length of one seed. What a simulation does not catch it
does not test: `test_planted_bugs.py` runs each of these until a seed fails, and none may survive.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import msgspec

from pos.domain.journal import EntryKind, chain_hash
from pos.domain.journal.bodies import EpochOpen
from pos.services import directives
from pos.store import projections as rollover_rows
from pos.store import rollover
from pos.store.reference_writer import ReferenceWriter
from sync import outbox
from sync.engine import Engine
from sync.exchange import Lost
from sync.head_office import batches, entries, epochs, ingest, service
from sync.inbox import CURSOR, FEED_HASH, Inbox
from sync.protocol import ERROR_MALFORMED, WireError
from sync.pull import Pull
from sync.push import Push


@dataclass(frozen=True)
class Bug:
    """One planted bug."""

    rule: str
    text: str
    plant: Callable[[random.Random], Any]
    """Makes the context manager under which the bug lives; gets dice of its own."""

    @contextmanager
    def planted(self, seed: int) -> Iterator[None]:
        """Let the bug live while a seed runs."""
        with self.plant(random.Random(f"bug {seed}")):
            yield


# ------------------------------------------------------------------------------- head office


def _ack_before_commit(dice: random.Random) -> Any:
    shipped = ingest.Ingest.take

    class _Late(Exception):
        pass

    def take(self: Any, source: Any, batch: Any) -> Any:
        if dice.random() > 0.1:
            return shipped(self, source, batch)
        answer = None
        try:
            with self.dialect.transaction():
                answer = self._take(source, batch, careful=True)
                raise _Late  # the answer is on its way; the commit was to follow
        except _Late:
            return answer

    return patch.object(ingest.Ingest, "take", take)


def _dropped_watermark_check(_dice: random.Random) -> Any:
    shipped = epochs.Epochs.lock_mark

    def lock_mark(self: Any, source: Any, batch: Any, now_ms: int) -> Any:
        mark = shipped(self, source, batch, now_ms)
        if batch.first_seq > mark.acked_seq + 1:
            mark.acked_seq = batch.first_seq - 1
            mark.head_hash = batch.prev_hash
        return mark

    return patch.object(epochs.Epochs, "lock_mark", lock_mark)


def _no_hash_check_on_duplicates(_dice: random.Random) -> Any:
    return patch.object(epochs.Epochs, "first_difference", lambda *_: None)


def _fork_overwrites(_dice: random.Random) -> Any:
    shipped = epochs.Epochs.keep_fork

    def keep_fork(self: Any, source: Any, place: Any, batch: Any, seq: int, now_ms: int) -> None:
        shipped(self, source, place, batch, seq, now_ms)
        for offset, (digest, data) in enumerate(batch.records):
            if batch.first_seq + offset >= seq:
                self.dialect.execute(
                    "UPDATE journal SET hash = ?, bytes = ? WHERE store_id = ? "
                    "AND workstation_no = ? AND epoch_no = ? AND seq = ?",
                    (
                        digest,
                        data,
                        place.store_id,
                        place.workstation_no,
                        place.epoch_no,
                        batch.first_seq + offset,
                    ),
                )

    return patch.object(epochs.Epochs, "keep_fork", keep_fork)


def _quarantine_blocks(_dice: random.Random) -> Any:
    shipped = ingest.Ingest.take

    def take(self: Any, source: Any, batch: Any) -> Any:
        previous = batch.prev_hash
        for digest, data in batch.records:
            if chain_hash(previous, data) != digest:
                raise WireError(ERROR_MALFORMED, "a record does not give its hash")
            previous = digest
        return shipped(self, source, batch)

    return patch.object(ingest.Ingest, "take", take)


def _uuid_booked_twice(_dice: random.Random) -> Any:
    """The UNIQUE index still refuses the second row; the bug is to give that row another name."""
    shipped = entries.read_entry

    def read_entry(data: bytes) -> Any:
        entry = shipped(data)
        if isinstance(entry, str) or not entry.envelope.reappended_from:
            return entry
        renamed = msgspec.structs.replace(
            entry.envelope, entry_uuid=entry.envelope.entry_uuid + "-again"
        )
        return msgspec.structs.replace(entry, envelope=renamed)

    return patch.object(ingest, "read_entry", read_entry)


def _late_duplicate_moves_back(_dice: random.Random) -> Any:
    shipped = ingest.Ingest._take

    def take(self: Any, source: Any, batch: Any, *, careful: bool) -> Any:
        answer = shipped(self, source, batch, careful=careful)
        last = batch.first_seq + len(batch.records) - 1
        if isinstance(answer, batches.Accepted) and last < answer.acked_seq:
            self.dialect.execute(
                "UPDATE epoch SET acked_seq = ?, head_hash = ? WHERE epoch = ?",
                (last, batch.records[-1][0], batch.epoch),
            )
        return answer

    return patch.object(ingest.Ingest, "_take", take)


# ---------------------------------------------------------------------------------- the till


def _ack_without_hash_check(_dice: random.Random) -> Any:
    def journal_answered(self: Push, answer: Any) -> None:
        batch = self._sent()
        self._request = None
        self.inbox.set_ack(
            batch.epoch, answer.acked.seq, answer.head_hash, incarnation=answer.incarnation
        )

    return patch.object(Push, "journal_answered", journal_answered)


def _resend_from_wrong_seq(_dice: random.Random) -> Any:
    shipped = Push._compare

    def compare(self: Push, head: Any, seq: int, digest: str, incarnation: str) -> None:
        before = self.inbox.acked_seq(head.epoch)
        shipped(self, head, seq, digest, incarnation)
        after = self.inbox.acked_seq(head.epoch)
        if after < before:
            own = self.outbox.hash_at(head, after + 1)
            if own is not None:
                self.inbox.set_ack(head.epoch, after + 1, own.hex(), incarnation=incarnation)

    return patch.object(Push, "_compare", compare)


def _regress_is_ignored(_dice: random.Random) -> Any:
    shipped = Push._compare

    def compare(self: Push, head: Any, seq: int, digest: str, incarnation: str) -> None:
        if seq >= self.inbox.acked_seq(head.epoch):
            shipped(self, head, seq, digest, incarnation)

    def gap_answered(self: Push) -> None:
        """Believe head office has it, and go on with what comes next."""
        batch = self._sent()
        self._request = None
        self.inbox.set_ack(batch.epoch, batch.last_seq, batch.records[-1][0].hex(), incarnation="")

    return _both(
        patch.object(Push, "_compare", compare),
        patch.object(Push, "gap_answered", gap_answered),
    )


def _newest_epoch_first(_dice: random.Random) -> Any:
    def newest(self: Push, heads: list[Any]) -> Any:
        for head in reversed(heads):
            if self.inbox.acked_seq(head.epoch) < head.max_seq:
                return head
        return None

    return patch.object(Push, "_oldest_unacknowledged", newest)


def _retry_with_new_bytes(_dice: random.Random) -> Any:
    seen: set[bytes] = set()
    shipped = Push._record

    def record(self: Push, digest: bytes, data: bytes) -> Any:
        if digest in seen:
            data = data.replace(b'"schema":1', b'"schema": 1')
        seen.add(digest)
        return shipped(self, digest, data)

    return _both(
        patch.object(Push, "_record", record),
        # The shipped engine keeps an undecided request as it was; this one makes it anew.
        patch.object(Push, "next", _without_memory(Push.next)),
    )


def _without_memory(shipped: Any) -> Any:
    def ask(self: Push) -> Any:
        self._request = None
        return shipped(self)

    return ask


def _half_a_snapshot(_dice: random.Random) -> Any:
    shipped = Pull.page_answered

    def page_answered(self: Pull, page: Any) -> bool:
        return shipped(self, msgspec.structs.replace(page, last=True))

    def unverified(self: ReferenceWriter, count: int, sha256: str, **more: Any) -> None:
        snapshot = self._begun()
        with patch.object(type(snapshot), "verify", lambda *_: None):
            finish(self, count, sha256, **more)

    finish = ReferenceWriter.finish_snapshot
    return _both(
        patch.object(Pull, "page_answered", page_answered),
        patch.object(ReferenceWriter, "finish_snapshot", unverified),
    )


def _fork_loses_its_first_entry(_dice: random.Random) -> Any:
    shipped = directives._fork_of

    def fork_of(directive: Any) -> Any:
        fork = shipped(directive)
        return fork and msgspec.structs.replace(fork, agreed_seq=fork.agreed_seq + 1)

    return patch.object(directives, "_fork_of", fork_of)


def _fork_renames_its_entries(_dice: random.Random) -> Any:
    shipped = directives._entries_above

    def all_of_them(connection: Any, epoch_no: int, _seq: int) -> Any:
        return shipped(connection, epoch_no, 1)

    def append_again(txn: Any, envelope: Any, origin: str) -> None:
        txn.append(
            EntryKind(envelope.kind),
            envelope.body,
            operator_id=envelope.operator_id,
            business_day=envelope.business_day,
            reappended_from=origin,
        )

    return _both(
        patch.object(directives, "_entries_above", all_of_them),
        patch.object(directives, "_append_again", append_again),
    )


def _gives_up(_dice: random.Random) -> Any:
    shipped = Engine.receive

    def receive(self: Engine, request: Any, answer: Any) -> None:
        shipped(self, request, answer)
        if isinstance(answer, Lost) and self.failures >= 4:
            self._not_before_ms = 1 << 60

    return patch.object(Engine, "receive", receive)


def _cursor_before_rows(_dice: random.Random) -> Any:
    shipped = Inbox.apply_changes

    def apply_changes(self: Inbox, answer: Any) -> int:
        before = self.feed_hash
        self.set_metas({CURSOR: answer.cursor, FEED_HASH: answer.feed_hash})
        self._meta[FEED_HASH] = before
        return shipped(self, answer)

    return patch.object(Inbox, "apply_changes", apply_changes)


# --------------------------------------------------------------------------------- the till's files


def _rollover_does_not_wait(_dice: random.Random) -> Any:
    return patch.object(rollover, "_unsafe_epochs", lambda *_: iter(()))


def _rollover_trusts_a_node(_dice: random.Random) -> Any:
    """Head office lags with what is durable; the bug is not to look at it."""
    shipped = rollover._unsafe_epochs

    def unsafe(connection: Any, acked: Any) -> Any:
        found = shipped(connection, acked)
        return (one for one in found if one.code != "not_durable")

    return _both(
        patch.object(service, "durable_seq", lambda taken: max(0, taken.acked_seq - 2)),
        patch.object(rollover, "_unsafe_epochs", unsafe),
    )


def _rollover_starts_numbers_anew(_dice: random.Random) -> Any:
    carried = {name: one for name, one in rollover_rows.CARRIED.items() if name != "till_state"}
    return patch.object(rollover_rows, "CARRIED", carried)


def _rollover_forgets_the_seam(_dice: random.Random) -> Any:
    shipped = EpochOpen

    def opening(**values: Any) -> Any:
        return shipped(**values | {"previous_hash": "00" * 32})

    return _both(
        patch.object(rollover, "EpochOpen", opening),
        patch.object(rollover, "_verify", lambda *_: None),
    )


def _closed_files_are_not_pushed(_dice: random.Random) -> Any:
    """Seen when head office comes back without what a closed file holds."""
    return patch.object(outbox, "files_of", lambda connection: iter((connection,)))


@contextmanager
def _both(*patches: Any) -> Iterator[None]:
    for each in patches:
        each.start()
    try:
        yield
    finally:
        for each in reversed(patches):
            each.stop()


BUGS: dict[str, Bug] = {
    "ack-before-commit": Bug(
        "R6, R7", "head office answers before it has committed, and is killed", _ack_before_commit
    ),
    "dropped-watermark-check": Bug("R6", "a batch after a gap is taken", _dropped_watermark_check),
    "no-hash-check-on-duplicates": Bug(
        "R6, R17", "a known sequence is skipped whatever its hash", _no_hash_check_on_duplicates
    ),
    "fork-overwrites": Bug("R17", "the second history replaces the first", _fork_overwrites),
    "quarantine-blocks": Bug(
        "R9", "a damaged record refuses its batch, for ever", _quarantine_blocks
    ),
    "uuid-booked-twice": Bug(
        "R6, R17", "an entry appended again is booked again", _uuid_booked_twice
    ),
    "late-duplicate-moves-back": Bug(
        "R6", "a late copy of an old batch sets the watermark", _late_duplicate_moves_back
    ),
    "ack-without-hash-check": Bug(
        "R7", "the till believes every acknowledgement", _ack_without_hash_check
    ),
    "resend-from-wrong-seq": Bug(
        "R16", "after a regress the till sends one entry too late", _resend_from_wrong_seq
    ),
    "regress-is-ignored": Bug(
        "R16", "the till does not go back when head office has", _regress_is_ignored
    ),
    "newest-epoch-first": Bug(
        "R2", "a second epoch is pushed before the first is drained", _newest_epoch_first
    ),
    "retry-with-new-bytes": Bug("R7", "what is sent again is spelled anew", _retry_with_new_bytes),
    "half-a-snapshot": Bug(
        "R11", "a snapshot is swapped in before its last page", _half_a_snapshot
    ),
    "fork-loses-its-first-entry": Bug(
        "R17", "the new epoch begins one entry too late", _fork_loses_its_first_entry
    ),
    "fork-renames-its-entries": Bug(
        "R17", "entries appended again get new uuids", _fork_renames_its_entries
    ),
    "gives-up": Bug("R8", "after four failures the till stops trying", _gives_up),
    "rollover-does-not-wait": Bug(
        "R30", "a file is closed before head office has it", _rollover_does_not_wait
    ),
    "rollover-trusts-one-node": Bug(
        "R6, R30", "a file is closed before it is durable", _rollover_trusts_a_node
    ),
    "rollover-starts-anew": Bug(
        "R30", "the new file begins without the old one's numbers", _rollover_starts_numbers_anew
    ),
    "rollover-without-seam": Bug(
        "R30", "the new epoch names another head", _rollover_forgets_the_seam
    ),
    "closed-files-not-pushed": Bug(
        "R16, R30", "after a regress closed files are not sent", _closed_files_are_not_pushed
    ),
    "cursor-before-rows": Bug(
        "R13", "the feed's cursor is stored before its rows", _cursor_before_rows
    ),
}
