"""The uploader's brain, without a network: what to ask next, and what an answer means (R5-R22).

Rule 1: everything that decides is here, in `push` and in `pull`; nothing here opens a connection,
reads the machine's clock or rolls its own dice. Clock, random numbers, outbox and inbox come in;
requests go out as values and answers come back as values, so that one seed is one test.

    while True:
        step = engine.next()
        if isinstance(step, Idle): wait, or until the journal grows
        else: engine.receive(step, carry(step))

There is no "offline" state that could stick: each attempt is judged by itself, and a failure only
sets the time before which the next attempt is not made (full jitter, at most five minutes, for
ever). Anything that is not plainly head office's own answer is unknown, and unknown means that the
same is asked again (R7).
"""

from __future__ import annotations

import hashlib
import random as random_module
from collections.abc import Callable, Mapping

from pos.store.clock import Clock
from sync.exchange import Answer, Identity, Idle, Lost, Pace, Request, RequestKind, Status
from sync.inbox import Inbox
from sync.outbox import Outbox
from sync.protocol import (
    ERROR_FORK,
    ERROR_GAP,
    ERROR_SKEW,
    ERROR_UNKNOWN_EPOCH,
    PROTOCOL,
    ROUTE_HEARTBEAT,
    ChangesAnswer,
    ErrorAnswer,
    HeartbeatAnswer,
    HeartbeatRequest,
    HelloAnswer,
    JournalAnswer,
    OwnEntriesAnswer,
    SnapshotAnswer,
    WireError,
    decode,
    encode,
)
from sync.pull import Pull
from sync.push import Mismatch, Push
from sync.sibling_wire import SiblingsAnswer
from sync.siblings import Siblings
from sync.sold_wire import SoldAnswer
from sync.stock import Stock
from sync.stock_wire import StockAnswer

RETRY_AFTER_MAX_MS = 3_600_000
_FLOOR_MS = 100
"""Even a lucky throw of the jitter leaves head office this much room."""


class Engine:
    """One workstation's exchange with head office; one request in flight (R5)."""

    def __init__(
        self,
        *,
        outbox: Outbox,
        inbox: Inbox,
        clock: Clock,
        random: random_module.Random,
        identity: Identity,
        pace: Pace | None = None,
        words: Callable[[], Mapping[str, str]] = dict,
    ) -> None:
        """`words` says how devices and disk are, for the heartbeat."""
        self.pace = pace or Pace()
        self.outbox = outbox
        self.inbox = inbox
        self.clock = clock
        self.random = random
        self.identity = identity
        self.words = words
        self.push = Push(outbox, inbox, clock, identity, self.pace)
        self.pull = Pull(inbox)
        self.status = Status()
        self.failures = 0
        self._not_before_ms = clock.monotonic_ms()
        self.stock = Stock(inbox, self.pace, self._not_before_ms)
        self.siblings = Siblings(inbox, self.pace, self._not_before_ms)
        self._heartbeat_at_ms = self._not_before_ms
        self._hello_at_ms = self._not_before_ms
        self._clock_corrected = False
        self._stalled = 0
        """Gaps, forks and cuts in a row without an acknowledgement between them."""

        self._pulled_last = False
        digest = hashlib.sha256(identity.workstation_uuid.encode()).digest()
        self._phase_ms = int.from_bytes(digest[:8], "big") % self.pace.interval_ms

    # ------------------------------------------------------------------------------- asking

    def next(self) -> Request | Idle:
        """The next request, or how long there is nothing to ask. Raises StoreError."""
        now = self.clock.monotonic_ms()
        if now < self._not_before_ms:
            return Idle(self._not_before_ms - now, failing=True)
        if now >= self._hello_at_ms:
            self.push.hello_due = True
        if self.push.hello_due:
            return self._required(self.push.next())
        turn = (self.push.next, self.pull.next)
        # A long backlog must not keep a hold from coming down, nor a long catalogue the sales.
        for ask in turn if self._pulled_last else turn[::-1]:
            request = ask()
            if request is not None:
                self._pulled_last = request.kind in (RequestKind.CHANGES, RequestKind.SNAPSHOT)
                return request
        request = self.siblings.next(now) or self.stock.next(now)
        if request is not None:
            return request
        if now >= self._heartbeat_at_ms:
            return self._heartbeat()
        due = (
            self._heartbeat_at_ms - now,
            self.stock.due_in_ms(now),
            self.siblings.due_in_ms(now),
        )
        return Idle(min(ms for ms in due if ms is not None))

    def _required(self, request: Request | None) -> Request:
        if request is None:
            msg = "hello is always possible"
            raise AssertionError(msg)
        return request

    def _heartbeat(self) -> Request:
        heads = self.outbox.epochs()
        head = heads[-1] if heads else None
        epoch = "" if head is None else head.epoch
        days = self.outbox.day_state()
        unsent = self.outbox.unsent(self.inbox.acked())
        message = HeartbeatRequest(
            protocol=PROTOCOL,
            workstation_uuid=self.identity.workstation_uuid,
            epoch=epoch,
            max_seq=0 if head is None else head.max_seq,
            acked_seq=self.inbox.acked_seq(epoch),
            app_version=self.identity.app_version,
            till_clock_ms=self.clock.utc_ms(),
            business_day=days.business_day,
            day_state=days.state,
            open_day=days.open_day,
            last_z=days.last_z,
            unsent=unsent.count,
            oldest_unsent_ms=unsent.oldest_utc_ms,
            incarnation=self.inbox.incarnation,
            feed_cursor=self.inbox.cursor,
            catalogue_version=days.catalogue_version,
            status=dict(self.words()),
        )
        return Request(
            kind=RequestKind.HEARTBEAT, method="POST", target=ROUTE_HEARTBEAT, body=encode(message)
        )

    # ------------------------------------------------------------------------ understanding

    def receive(self, request: Request, answer: Answer | Lost) -> None:
        """Take in what became of `request`. Raises StoreError when it cannot be written down."""
        if isinstance(answer, Lost):
            self._fail("network", answer.reason)
            return
        try:
            if answer.status == 200:
                self._accept(request, answer.body)
            else:
                self._refused(request, answer)
        except (WireError, Mismatch) as error:
            self._fail("not_head_office", str(error))

    def trouble(self, reason: str) -> None:
        """Something of ours failed (a disk, a locked file): pause and try again."""
        self._fail("store", reason)

    def _accept(self, request: Request, body: bytes) -> None:
        sent_utc_ms = self.clock.utc_ms()
        match request.kind:
            case RequestKind.HELLO:
                hello = decode(body, HelloAnswer)
                self.push.hello_answered(hello)
                self._hello_at_ms = self.clock.monotonic_ms() + self.pace.hello_interval_ms
                self.pull.changes_due = True  # its answer compares the feed's hash as well
                self.siblings.soon(self.clock.monotonic_ms())
                self.stock.soon(self.clock.monotonic_ms())
                self._well(hello.server_time_ms - sent_utc_ms)
            case RequestKind.LOCATE:
                self.push.located(decode(body, OwnEntriesAnswer))
                self._well(None)
            case RequestKind.JOURNAL:
                taken = decode(body, JournalAnswer)
                self.push.journal_answered(taken)
                self._note_life(taken.incarnation)
                self._stalled = 0
                self.stock.soon(self.clock.monotonic_ms())
                self._well(taken.server_time_ms - sent_utc_ms)
                self._pause_s(taken.retry_after_s)
            case RequestKind.HEARTBEAT:
                heard = decode(body, HeartbeatAnswer)
                self._note_life(heard.incarnation)
                self.pull.newest_is(heard.feed_version, heard.directives)
                self._heartbeat_at_ms = self.clock.monotonic_ms() + self._to_next_slot_ms()
                self._well(heard.server_time_ms - sent_utc_ms)
            case RequestKind.CHANGES:
                changes = decode(body, ChangesAnswer)
                self._note_life(changes.incarnation)
                self.pull.changes_answered(changes)
                self._well(changes.server_time_ms - sent_utc_ms)
            case RequestKind.SNAPSHOT:
                self.pull.page_answered(decode(body, SnapshotAnswer))
                self._well(None)
            case RequestKind.SIBLINGS:
                told = decode(body, SiblingsAnswer)
                self._note_life(told.incarnation)
                self.siblings.told_entries(told, self.clock.monotonic_ms())
                self._well(None)
            case RequestKind.SOLD:
                sold = decode(body, SoldAnswer)
                self._note_life(sold.incarnation)
                self.siblings.told_days(sold, self.clock.monotonic_ms())
                self._well(None)
            case RequestKind.STOCK:
                stock = decode(body, StockAnswer)
                self._note_life(stock.incarnation)
                self.stock.answered(stock, self.clock.monotonic_ms())
                self._well(None)

    def _note_life(self, incarnation: str) -> None:
        """Another incarnation: head office was restored; compare notes before going on (R16)."""
        if incarnation != self.inbox.incarnation:
            self.push.hello_due = True

    def _refused(self, request: Request, answer: Answer) -> None:  # noqa: C901, PLR0912 - one case per status of R8
        error = _error_of(answer.body)
        status = answer.status
        code = "" if error is None else error.error
        detail = f"{status} {code}".strip() if error is None else f"{status} {code} {error.detail}"
        is_journal = request.kind is RequestKind.JOURNAL
        if error is not None and error.server_time_ms:
            self.status.server_offset_ms = error.server_time_ms - self.clock.utc_ms()
        if status in (429, 503):
            self._busy(answer, error, detail)
        elif status == 413 and is_journal:
            self._cut(detail, smaller=self.push.too_large())
        elif error is None:
            self._fail("not_head_office", detail)
        elif status == 401 and code == ERROR_SKEW and not self._clock_corrected:
            # The offset that came with the answer is used for the next signature; once.
            self._clock_corrected = True
            self.status.last_error = f"clock: {detail}"
        elif status in (401, 403):
            self._fail("clock" if code == ERROR_SKEW else "credential", detail)
        elif status == 409 and is_journal and code == ERROR_GAP:
            self.push.gap_answered()
            self._stall("gap", detail)
        elif status == 409 and is_journal and code == ERROR_FORK:
            self.push.fork_answered(error.expected)
            self._stall("fork", detail)
        elif status == 422 and is_journal:
            self._cut(detail, smaller=self.push.refused())
        elif status == 426:
            self._fail("upgrade", detail)
        elif status == 404 and request.kind is RequestKind.LOCATE and code == ERROR_UNKNOWN_EPOCH:
            self.push.epoch_unknown()
        elif status in (404, 410) and request.kind in (RequestKind.CHANGES, RequestKind.SNAPSHOT):
            self.pull.gone()
            self._stall("refused", detail)
        elif status in (404, 410) and request.kind is RequestKind.STOCK:
            self.stock.refused(self.clock.monotonic_ms())
        elif status in (404, 410) and request.kind in (RequestKind.SIBLINGS, RequestKind.SOLD):
            self.siblings.refused(request.kind, self.clock.monotonic_ms())
        else:
            self._fail("refused", detail)

    # --------------------------------------------------------------------------- the pace

    def _well(self, offset_ms: int | None) -> None:
        self.failures = 0
        self._clock_corrected = False
        self.status.online = True
        self.status.last_success_utc_ms = self.clock.utc_ms()
        self.status.last_error = f"fork: {self.push.blocked}" if self.push.blocked else ""
        if offset_ms is not None:
            self.status.server_offset_ms = offset_ms

    def _fail(self, code: str, detail: str) -> None:
        """Back off with full jitter: anywhere between now and twice the last limit (R8)."""
        limit = min(self.pace.backoff_max_ms, self.pace.backoff_base_ms << min(self.failures, 30))
        self.failures += 1
        self._wait(max(_FLOOR_MS, self.random.randrange(limit + 1)))
        self.status.online = code in ("refused", "gap", "fork")
        self.status.last_error = f"{code}: {detail}"[:500]

    def _stall(self, code: str, detail: str) -> None:
        """An answer that is part of the protocol, unless it repeats without any progress."""
        self._stalled += 1
        self.status.last_error = f"{code}: {detail}"[:500]
        if self._stalled > 2:
            self._fail(code, detail)

    def _cut(self, detail: str, *, smaller: bool) -> None:
        if not smaller:
            self._fail("refused", detail)

    def _busy(self, answer: Answer, error: ErrorAnswer | None, detail: str) -> None:
        self._fail("busy", detail)
        asked_s = answer.retry_after_s
        if asked_s is None and error is not None and error.retry_after_s is not None:
            asked_s = float(error.retry_after_s)
        self._pause_s(asked_s)

    def _pause_s(self, seconds: float | None) -> None:
        """What head office asked for, and up to a tenth more: tills must not come in step."""
        if seconds is not None and seconds > 0:
            asked_ms = min(int(seconds * 1000), RETRY_AFTER_MAX_MS)
            self._wait(asked_ms + self.random.randrange(asked_ms // 10 + 1))

    def _wait(self, wait_ms: int) -> None:
        until = self.clock.monotonic_ms() + wait_ms
        self._not_before_ms = max(self._not_before_ms, until)

    def _to_next_slot_ms(self) -> int:
        """Each till has its own moment within the interval, by the hash of its id (R22)."""
        interval = self.pace.interval_ms
        return interval - (self.clock.utc_ms() - self._phase_ms) % interval


def _error_of(body: bytes) -> ErrorAnswer | None:
    try:
        return decode(body, ErrorAnswer)
    except WireError:
        return None
