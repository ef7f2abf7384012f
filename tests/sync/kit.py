"""A till's two files and an engine over them, with a head office that says what a test tells it to."""

from __future__ import annotations

import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import Note
from pos.domain.journal.shift_bodies import DayOpen
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.tender import Tender
from pos.store.clock import FixedClock
from pos.store.journal import Identity as JournalIdentity
from pos.store.journal import JournalStore
from pos.store.reference_writer import ReferenceWriter
from sync import protocol
from sync.engine import Engine
from sync.exchange import Answer, Identity, Idle, Lost, Pace, Request, RequestKind
from sync.inbox import Inbox
from sync.outbox import Outbox

UUID = "11111111-2222-4333-8444-555555555555"
START = datetime(2026, 11, 21, 2, tzinfo=UTC)
DAY = "2026-11-21"
LIFE = "life-1"


def open_journal(home: Path, clock: FixedClock | None = None) -> JournalStore:
    """The till's journal."""
    identity = JournalIdentity(store_id="001", workstation_id="01", workstation_uuid=UUID)
    return JournalStore.open(home, identity, clock or FixedClock(START), "test")


def open_day(journal: JournalStore, day: str = DAY) -> None:
    """Begin a business day."""
    journal.run(lambda txn: txn.append(EntryKind.DAY_OPEN, DayOpen(), business_day=day))


def sell(journal: JournalStore, number: int, amount_minor: int = 100) -> None:
    """Journal one sale."""
    line = TransactionLine(
        line_no=1,
        kind=LineKind.SALE,
        item_code="苹果",
        description="苹果",
        quantity_milli=1000,
        unit_price_e4=amount_minor * 100,
        amount_minor=amount_minor,
    )
    body = Transaction(
        transaction_type=TransactionType.SALE,
        transaction_no=f"001-01-{number}",
        number=number,
        operator_id="7",
        lines=(line,),
        tenders=(Tender(tender_no=1, tender_type="cash", amount_minor=amount_minor),),
        total_minor=amount_minor,
        at="2026-11-21T10:00:00",
    )
    journal.run(
        lambda txn: txn.append(EntryKind.TRANSACTION, body, operator_id="7", business_day=DAY)
    )


def note(journal: JournalStore, text: str = "x") -> None:
    """Journal a note."""
    journal.run(lambda txn: txn.append(EntryKind.NOTE, Note(text=text)))


class Bench:
    """One engine at work on real files; `ask` and `tell` are the wire."""

    def __init__(self, home: Path, *, entries: int = 0, seed: int = 1, **pace: Any) -> None:
        self.home = home
        self.clock = FixedClock(START)
        self.journal = open_journal(home, self.clock)
        if entries > 1:
            self.journal.run(
                lambda txn: [
                    txn.append(EntryKind.NOTE, Note(text=f"note {number}"))
                    for number in range(1, entries)
                ]
            )
        self.epoch = self.journal.epoch_id
        unasked = {"stock_interval_ms": 0, "sold_interval_ms": 0}  # but where it is tested
        self.pace = Pace(**(unasked | pace))
        self.seed = seed
        self.life = LIFE
        self.start()

    def start(self) -> None:
        """Start the uploader, again when it was stopped."""
        self.writer = ReferenceWriter.open(self.home, app_version="test")
        self.outbox = Outbox(self.home)
        self.inbox = Inbox(self.writer, self.clock)
        self.engine = Engine(
            outbox=self.outbox,
            inbox=self.inbox,
            clock=self.clock,
            random=random.Random(self.seed),
            identity=Identity(workstation_uuid=UUID, app_version="test"),
            pace=self.pace,
        )

    def stop(self) -> None:
        """Stop the uploader."""
        self.outbox.close()
        self.writer.close()

    def close(self) -> None:
        """Let every file go."""
        self.stop()
        self.journal.close()

    # ---------------------------------------------------------------------------- the wire

    def ask(self, kind: RequestKind | None = None) -> Request:
        """The next request; waits that the engine asks for pass at once."""
        for _ in range(10):
            step = self.engine.next()
            if isinstance(step, Request):
                if kind is not None:
                    assert step.kind == kind, f"expected {kind}, got {step.kind}"
                return step
            self.clock.advance(step.wait_ms)
        raise AssertionError("the engine only waits")

    def idle(self) -> Idle:
        """The engine has nothing to ask now."""
        step = self.engine.next()
        assert isinstance(step, Idle), step
        return step

    def tell(self, request: Request, answer: Answer | Lost | msgspec.Struct) -> None:
        """Answer a request."""
        if not isinstance(answer, Answer | Lost):
            answer = Answer(status=200, body=protocol.encode(answer))
        self.engine.receive(request, answer)

    def refuse(self, request: Request, status: int, code: str, **more: Any) -> None:
        """Answer with an error of head office."""
        error = protocol.ErrorAnswer(error=code, **more)
        retry = more.get("retry_after_s")
        self.tell(
            request,
            Answer(status=status, body=protocol.encode(error), retry_after_s=retry),
        )

    # ------------------------------------------------------------------- usual conversations

    def say_hello(self, *marks: tuple[int, str], incarnation: str = "", feed: int = 0) -> None:
        """Answer the hello that is due; a mark is (acknowledged, hash) of each epoch in turn."""
        request = self.ask(RequestKind.HELLO)
        asked = protocol.decode(request.body, protocol.HelloRequest).epochs
        known = [*marks, *[(0, protocol.GENESIS_HEX)] * (len(asked) - len(marks))]
        self.tell(
            request,
            protocol.HelloAnswer(
                protocol=1,
                incarnation=incarnation or self.life,
                server_time_ms=self.clock.utc_ms(),
                feed_version=feed,
                watermarks=tuple(
                    protocol.Watermark(epoch=state.epoch, acked_seq=seq, head_hash=digest)
                    for state, (seq, digest) in zip(asked, known, strict=True)
                ),
            ),
        )

    def no_changes(self, request: Request | None = None) -> None:
        """Answer the request for changes that is due: nothing new."""
        request = request or self.ask(RequestKind.CHANGES)
        self.tell(
            request,
            protocol.ChangesAnswer(
                incarnation=self.life,
                cursor=self.inbox.cursor or f"{self.life}.0",
                feed_hash=self.inbox.feed_hash,
                server_time_ms=self.clock.utc_ms(),
            ),
        )

    def settle(self, *marks: tuple[int, str]) -> None:
        """Hello and an empty feed, so that only pushes are left."""
        self.say_hello(*marks)
        self.no_changes()

    def sent(self, request: Request) -> protocol.JournalRequest:
        """What a push says."""
        assert request.kind is RequestKind.JOURNAL
        return protocol.decode(protocol.inflate(request.body), protocol.JournalRequest)

    def ack(self, request: Request, seq: int | None = None, **more: Any) -> None:
        """Acknowledge a push, up to its last record or to `seq`."""
        message = self.sent(request)
        last = message.first_seq + len(message.records) - 1
        head = message.records[-1].hash if seq is None else self.hash_at(seq, message.epoch)
        values: dict[str, Any] = {
            "acked": protocol.Acked(epoch=message.epoch, seq=last if seq is None else seq),
            "head_hash": head,
            "durable_seq": last if seq is None else seq,
            "incarnation": self.life,
            "server_time_ms": self.clock.utc_ms(),
        }
        self.tell(request, protocol.JournalAnswer(**(values | more)))

    def heard(self, *, incarnation: str = "", feed: int = 0, directives: int = 0) -> None:
        """Answer the heartbeat that is due."""
        self.tell(
            self.ask(RequestKind.HEARTBEAT),
            protocol.HeartbeatAnswer(
                incarnation=incarnation or self.life,
                server_time_ms=self.clock.utc_ms(),
                feed_version=feed,
                directives=directives,
            ),
        )

    def hash_at(self, seq: int, epoch: str = "") -> str:
        """This journal's hash at a sequence, in hex."""
        head = next(h for h in self.outbox.epochs() if h.epoch == (epoch or self.epoch))
        digest = self.outbox.hash_at(head, seq)
        assert digest is not None
        return digest.hex()

    @property
    def acked(self) -> int:
        """Acknowledged sequence of the first epoch."""
        return self.inbox.acked_seq(self.epoch)
