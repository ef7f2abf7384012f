"""The upward half of the engine: agreeing on a watermark and pushing what lies above it.

Theory. For each epoch the till knows what head office has acknowledged (the ack), and may say so
only when head office's hash at that sequence is its own (R7). `hello` compares notes; three things
can come out.

* Head office's hash at its watermark is ours: the ack becomes that watermark. When it was higher,
  head office has been restored from a backup: entries are sent again from there, and whatever came
  down may be gone too, so a snapshot is forced (R16).
* Head office's hash there is not ours, or we have no such entry: one of us has another history
  (R17). A binary search over `GET /sync/v1/journal` finds the last sequence at which the hashes
  are equal; the ack becomes that one. When entries of ours lie above it, pushing them lets head
  office store their bytes and say "fork"; when none do, this journal is behind its own watermark,
  which is the same thing. Either way a directive is written: between sales the till opens a new
  epoch and appends its divergent entries again, with their own uuids.
* Head office answers a push with a hash that is not ours: not an acknowledgement; search as above.

Epochs are pushed oldest first, and an epoch that waits for its directive holds back the later ones
(R2, R22). One request is in flight; while its fate is unknown the very same bytes are sent (R7).
"""

from __future__ import annotations

from urllib.parse import urlencode

import msgspec

from pos.domain.journal import GENESIS_HASH
from pos.store.clock import Clock
from sync.exchange import Identity, Pace, Request, RequestKind
from sync.inbox import Inbox
from sync.outbox import Batch, EpochHead, Outbox
from sync.protocol import (
    GENESIS_HEX,
    MAX_COMPRESSED_BYTES,
    MAX_INFLATED_BYTES,
    PROTOCOL,
    READABLE_PROTOCOLS,
    ROUTE_HELLO,
    ROUTE_JOURNAL,
    EpochState,
    HelloAnswer,
    HelloRequest,
    JournalAnswer,
    JournalRequest,
    OwnEntriesAnswer,
    Record,
    deflate,
    encode,
    to_base64,
)

RESEND = "resend_epoch"
"""Fact in `reference.db`: an epoch that a person asked to be sent again."""

_HELLO_EPOCHS = 500
_RAW_BYTES = MAX_INFLATED_BYTES * 3 // 4
"""Of entries in one batch: JSON's escapes make them longer on the wire."""


class Mismatch(Exception):
    """The answer contradicts itself or the question: it is taken as unknown (R7)."""


class _Search(msgspec.Struct):
    """Binary search for the last sequence at which both histories agree."""

    head: EpochHead
    remote_seq: int
    high: int
    low: int = 0
    probe: int = 0
    fork: bool = False
    """Head office has said that the histories part."""


class Push:
    """Watermarks, batches and forks. Written for one request in flight."""

    def __init__(
        self, outbox: Outbox, inbox: Inbox, clock: Clock, identity: Identity, pace: Pace
    ) -> None:
        self.outbox = outbox
        self.inbox = inbox
        self.clock = clock
        self.identity = identity
        self.pace = pace
        self.hello_due = True
        self.blocked = ""
        """Epoch whose fork the till has not acted on yet."""

        self._searches: list[_Search] = []
        self._batch: Batch | None = None
        self._request: Request | None = None
        self._max_entries = pace.batch_entries
        self._as_base64 = False
        self._known = (0, 0)

    # ------------------------------------------------------------------------------ asking

    def next(self) -> Request | None:
        """The request to be made now, or None when head office holds everything it shall hold."""
        if self.hello_due:
            return self._hello()
        heads = self.outbox.epochs()
        if (self.outbox.generation, len(heads)) != self._known:
            # Another file lies there, and may be behind its own watermark (R17); or an epoch was
            # closed, and its final sequence is to be declared (R2). Due until it is answered.
            self.hello_due = True
            return self._hello()
        if self._request is not None:
            return self._request
        if self._searches:
            return self._locate(self._searches[0])
        head = self._oldest_unacknowledged(heads)
        return None if head is None else self._journal(head)

    def _hello(self) -> Request:
        heads = self.outbox.epochs()
        self._known = (self.outbox.generation, len(heads))
        self._request = None
        message = HelloRequest(
            protocol_versions=READABLE_PROTOCOLS,
            workstation_uuid=self.identity.workstation_uuid,
            app_version=self.identity.app_version,
            till_clock_ms=self.clock.utc_ms(),
            epochs=tuple(
                EpochState(epoch=head.epoch, max_seq=head.max_seq, final=head.final)
                for head in heads[-_HELLO_EPOCHS:]
            ),
            incarnation=self.inbox.incarnation,
        )
        return Request(
            kind=RequestKind.HELLO, method="POST", target=ROUTE_HELLO, body=encode(message)
        )

    def _oldest_unacknowledged(self, heads: list[EpochHead]) -> EpochHead | None:
        self.blocked = ""
        for head in heads:
            if self.inbox.fork_waits(head):
                self.blocked = head.epoch
                return None
            if self.inbox.acked_seq(head.epoch) < head.max_seq:
                return head
        return None

    def _journal(self, head: EpochHead) -> Request | None:
        acked = self.inbox.acked_seq(head.epoch)
        entries = self._max_entries
        while True:
            batch = self.outbox.batch(head, acked, max_entries=entries, max_bytes=_RAW_BYTES)
            if batch is None:
                return None
            plain = encode(self._message(batch))
            body = deflate(plain)
            limit = min(self.pace.batch_bytes, MAX_COMPRESSED_BYTES)
            if len(batch.records) == 1 or (
                len(body) <= limit and len(plain) <= MAX_INFLATED_BYTES
            ):
                break
            entries = len(batch.records) // 2
        self._batch = batch
        self._request = Request(
            kind=RequestKind.JOURNAL, method="POST", target=ROUTE_JOURNAL, body=body, gzip=True
        )
        return self._request

    def _message(self, batch: Batch) -> JournalRequest:
        return JournalRequest(
            protocol=PROTOCOL,
            workstation_uuid=self.identity.workstation_uuid,
            epoch=batch.epoch,
            first_seq=batch.first_seq,
            prev_hash=batch.prev_hash.hex(),
            records=tuple(self._record(digest, data) for digest, data in batch.records),
            app_version=self.identity.app_version,
            till_clock_ms=self.clock.utc_ms(),
            final_seq=batch.final_seq,
        )

    def _record(self, digest: bytes, data: bytes) -> Record:
        if not self._as_base64:
            try:
                return Record(hash=digest.hex(), text=data.decode())
            except UnicodeDecodeError:
                pass  # damaged on disk; head office quarantines it and the queue goes on (R9)
        return Record(hash=digest.hex(), b64=to_base64(data))

    # ------------------------------------------------------------------------- understanding

    def hello_answered(self, answer: HelloAnswer) -> None:
        """Compare notes on every epoch (R16); raises Mismatch for a protocol we do not speak."""
        if answer.protocol not in READABLE_PROTOCOLS:
            raise Mismatch(f"expected protocol {PROTOCOL}, head office chose {answer.protocol}")
        known = bool(self.inbox.incarnation)
        changed = answer.incarnation != self.inbox.incarnation
        marks = {mark.epoch: (mark.acked_seq, mark.head_hash) for mark in answer.watermarks}
        self._searches.clear()
        for head in self.outbox.epochs()[-_HELLO_EPOCHS:]:
            seq, digest = marks.get(head.epoch, (0, GENESIS_HEX))
            self._compare(head, seq, digest, answer.incarnation)
        if changed and known:
            self.inbox.want_snapshot()
        if changed:
            self.inbox.set_incarnation(answer.incarnation)
        self.hello_due = False

    def _compare(self, head: EpochHead, seq: int, digest: str, incarnation: str) -> None:
        """Settle one epoch, or start a search for where the histories part."""
        acked = self.inbox.acked_seq(head.epoch)
        if seq < acked:
            # Head office has less than it had (R16). Wanted first, lowered second: a kill between
            # the two must not forget it.
            self.inbox.want_snapshot()
        own = self.outbox.hash_at(head, seq)
        if own is not None and own.hex() == digest:
            again = seq > acked and self.inbox.meta(RESEND) == head.epoch
            if seq != acked and not again:
                self.inbox.set_ack(head.epoch, seq, digest, incarnation=incarnation)
            return
        settled = seq >= head.max_seq == acked and head.final
        if settled and self.inbox.acked_in(head.epoch) == incarnation:
            return  # a fork's other side goes on in this epoch; our part of it is held
        self._searches.append(
            _Search(head=head, remote_seq=seq, high=min(seq, self.outbox.last_seq(head)))
        )

    def journal_answered(self, answer: JournalAnswer) -> None:
        """Accept an acknowledgement, if its hash is ours (R7); raises Mismatch."""
        batch = self._sent()
        if answer.acked.epoch != batch.epoch:
            raise Mismatch(f"expected an answer about epoch {batch.epoch}")
        self._request = None
        head = self._head(batch.epoch)
        seq = answer.acked.seq
        own = self.outbox.hash_at(head, seq)
        if own is None or own.hex() != answer.head_hash:
            self._start_search(head, seq, high=seq)
            return
        if seq < batch.first_seq - 1:
            self.hello_due = True  # less than it had: compare notes before anything else (R16)
            return
        if self.inbox.meta(RESEND) == batch.epoch:
            # Sent again by hand: go on to the watermark batch by batch. Head office has compared
            # the hashes of this one.
            if seq > batch.last_seq:
                seq, own = batch.last_seq, batch.records[-1][0]
            else:
                self.inbox.set_metas({RESEND: ""})
        self.inbox.set_ack(
            batch.epoch,
            seq,
            own.hex(),
            durable_seq=answer.durable_seq,
            incarnation=answer.incarnation,
        )
        self._as_base64 = False
        self._max_entries = min(self.pace.batch_entries, self._max_entries * 2)

    def gap_answered(self) -> None:
        """409 gap: head office has less than we thought. Its hash there decides, so ask (R8)."""
        self._request = None
        self.hello_due = True

    def fork_answered(self, seq: int | None) -> None:
        """409 fork: find the last entry both have, then leave a directive for the till (R17)."""
        batch = self._sent()
        self._request = None
        if seq is None or not batch.first_seq <= seq <= batch.last_seq:
            seq = batch.first_seq
        self._start_search(self._head(batch.epoch), batch.last_seq, high=seq - 1, fork=True)

    def too_large(self) -> bool:
        """413: halve the batch; False when one entry is already too large for what is between."""
        batch = self._sent()
        self._request = None
        self._max_entries = max(1, len(batch.records) // 2)
        return len(batch.records) > 1

    def refused(self) -> bool:
        """422: something in the batch could not be read: halve, then spell it in base64 (R9)."""
        if self.too_large():
            return True
        spelled = self._as_base64
        self._as_base64 = True
        return not spelled

    def forget_request(self) -> None:
        """Build the next request anew: what was sent is known not to have been taken."""
        self._request = None

    def _sent(self) -> Batch:
        if self._batch is None:
            raise Mismatch("an answer to a batch that was not sent")
        return self._batch

    def _head(self, epoch: str) -> EpochHead:
        for head in self.outbox.epochs():
            if head.epoch == epoch:
                return head
        raise Mismatch(f"epoch {epoch} is no longer in the journal")

    # --------------------------------------------------------------------------- the search

    def _start_search(
        self, head: EpochHead, remote_seq: int, *, high: int, fork: bool = False
    ) -> None:
        high = min(high, self.outbox.last_seq(head))
        self._searches = [s for s in self._searches if s.head.epoch != head.epoch]
        search = _Search(head=head, remote_seq=remote_seq, high=high, fork=fork)
        self._searches.insert(0, search)
        if high <= 0:
            self._finish(search)

    def _locate(self, search: _Search) -> Request | None:
        if search.high <= search.low:
            self._finish(search)
            return self.next()
        # Usually everything up to the watermark is shared: ask there first, then halve.
        first = search.probe == 0
        search.probe = search.high if first else (search.low + search.high + 1) // 2
        query = urlencode({"epoch": search.head.epoch, "after": search.probe})
        return Request(kind=RequestKind.LOCATE, method="GET", target=f"{ROUTE_JOURNAL}?{query}")

    def located(self, answer: OwnEntriesAnswer) -> None:
        """Head office's hash at the probe; raises Mismatch when it answers something else."""
        search = self._searches[0]
        if answer.epoch != search.head.epoch or answer.first_seq != search.probe + 1:
            self.hello_due = True
            raise Mismatch(f"expected the hash at {search.probe} of epoch {search.head.epoch}")
        own = self.outbox.hash_at(search.head, search.probe)
        if own is not None and own.hex() == answer.prev_hash:
            search.low = search.probe
        else:
            search.high = search.probe - 1
        if search.high <= search.low:
            self._finish(search)

    def epoch_unknown(self) -> None:
        """Head office does not know the epoch: nothing is shared."""
        search = self._searches[0]
        search.low = search.high = 0
        self._finish(search)

    def _finish(self, search: _Search) -> None:
        self._searches.remove(search)
        head, agreed = search.head, search.low
        digest = self.outbox.hash_at(head, agreed) or GENESIS_HASH
        if agreed != self.inbox.acked_seq(head.epoch) or head.final:
            self.inbox.set_ack(
                head.epoch, agreed, digest.hex(), incarnation=self.inbox.incarnation
            )
        last = self.outbox.last_seq(head)
        behind = search.remote_seq > agreed and last == agreed and not head.final
        if search.fork or behind:
            self.inbox.add_fork(head, agreed, digest.hex(), search.remote_seq)
