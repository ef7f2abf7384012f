"""Two tills of one store and their head office, without wires: what each till takes stock to be."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import msgspec

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import TransactionPart
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.tender import Tender
from pos.store import goods_reference
from pos.store.clock import FixedClock
from pos.store.journal import Identity as JournalIdentity
from pos.store.journal import JournalStore
from pos.store.reference_writer import ReferenceWriter
from sync import protocol
from sync.engine import Engine
from sync.exchange import Answer, Identity, Idle, Lost, Pace, Request, RequestKind
from sync.head_office import stock_figures, stock_fold, stores
from sync.head_office.auth import Auth, Signed
from sync.head_office.batches import Refused
from sync.head_office.database import initialise
from sync.head_office.home import HeadOfficeHome
from sync.head_office.ingest_route import _refusal
from sync.head_office.service import Service
from sync.head_office.web import error_body
from sync.inbox import Inbox
from sync.outbox import Outbox
from sync.protocol import WireError, encode
from tests.sync.head_office.goods_kit import document, goods_line
from tests.sync.kit import DAY, START

STORE = "001"
ITEMS = ("A", "B", "C")


class StockTill:
    """A journal, and the shipped engine that carries it."""

    def __init__(self, world: StockWorld, workstation_id: str) -> None:
        self.world = world
        self.workstation_id = workstation_id
        self.home = world.folder / workstation_id
        self.home.mkdir()
        code = world.auth.new_code(STORE, workstation_id)
        answer = world.auth.enrol(
            protocol.EnrolRequest(
                protocol=protocol.PROTOCOL,
                code=code,
                public_key=protocol.public_key_of(protocol.new_private_key()),
                machine_id=f"machine-{workstation_id}",
                app_version="test",
                till_clock_ms=0,
            )
        )
        self.uuid = answer.workstation_uuid
        identity = JournalIdentity(
            store_id=STORE, workstation_id=workstation_id, workstation_uuid=self.uuid
        )
        self.journal = JournalStore.open(self.home, identity, world.clock, "test")
        self.outbox = Outbox(self.home)
        self.writer = ReferenceWriter.open(self.home, app_version="test")
        self.start()
        self.moved: dict[tuple[str, str, str], int] = {}
        """(item, place, batch) → Σ of what this till journaled: the truth to hold against."""

        self._number = 0

    def start(self) -> None:
        """Start the uploader, again when it was stopped."""
        self.inbox = Inbox(self.writer, self.world.clock)
        self.engine = Engine(
            outbox=self.outbox,
            inbox=self.inbox,
            clock=self.world.clock,
            random=random.Random(1),
            identity=Identity(workstation_uuid=self.uuid, app_version="test"),
            pace=Pace(interval_ms=1_000, batch_entries=3, stock_interval_ms=5_000),
        )

    def _note(self, code: str, quantity_milli: int, place: str = "", batch: str = "") -> None:
        key = (code, place, batch)
        self.moved[key] = self.moved.get(key, 0) + quantity_milli

    def sell(
        self,
        code: str,
        pieces: int = 1,
        batch: str = "",
        unit_code: str = "",
        *,
        in_parts: bool = False,
    ) -> str:
        """Journal a sale, its line perhaps in a part before it (R4); returns its number."""
        self._number += 1
        line = TransactionLine(
            line_no=1,
            kind=LineKind.SALE,
            item_code=code,
            description=code,
            quantity_milli=pieces * 1000,
            unit_price_e4=100,
            amount_minor=pieces,
            batch=batch,
            unit_code=unit_code,
        )
        body = Transaction(
            transaction_type=TransactionType.SALE,
            transaction_no=f"{self.workstation_id}-{self._number}",
            number=self._number,
            operator_id="7",
            lines=(line,),
            tenders=(Tender(tender_no=1, tender_type="cash", amount_minor=pieces),),
            total_minor=pieces,
            at=f"{DAY}T10:00:00",
        )
        if in_parts:
            part = TransactionPart(transaction_no=body.transaction_no, part=1, lines=body.lines)
            written = self.journal.run(
                lambda txn: txn.append(EntryKind.TRANSACTION_PART, part, business_day=DAY)
            )
            body = msgspec.structs.replace(body, lines=(), parts=(written.entry_uuid,))
        self._append(EntryKind.TRANSACTION, body)
        self._note(code, -pieces * 1000, batch=batch)
        return body.transaction_no

    def receive(self, code: str, pieces: int = 1, batch: str = "", **more: Any) -> None:
        """Journal a receipt signed by two."""
        self._number += 1
        made = document(
            f"{self.workstation_id}-{self._number}",
            [goods_line(1, code, pieces, batch=batch, **more)],
        )
        self._append(EntryKind.GOODS_DOCUMENT, made)
        self._note(code, pieces * 1000, batch=batch)

    def receive_alone(self, code: str, pieces: int) -> None:
        """What a tampered till might journal; head office books none of it."""
        self._number += 1
        made = document(
            f"{self.workstation_id}-{self._number}", [goods_line(1, code, pieces)], people=("1",)
        )
        self._append(EntryKind.GOODS_DOCUMENT, made)

    def _append(self, kind: str, body: Any) -> None:
        self.journal.run(lambda txn: txn.append(kind, body, operator_id="7", business_day=DAY))

    # ------------------------------------------------------------------------------ the wire

    def exchange(self, *, lose: str = "") -> Request | Idle:
        """One request, its answer perhaps lost on the way."""
        step = self.engine.next()
        if isinstance(step, Idle):
            return step
        if lose == "request":
            self.engine.receive(step, Lost("timeout"))
            return step
        answer = self.world.handle(self.uuid, step)
        self.engine.receive(step, Lost("timeout") if lose else answer)
        return step

    def drain(self) -> None:
        """Say everything and hear everything, stock included."""
        heard = 0
        for _ in range(300):
            self.world.clock.advance(600)
            step = self.exchange()
            heard += isinstance(step, Request) and step.kind is RequestKind.STOCK
            quiet = self.engine.push.next() is None and self.engine.pull.next() is None
            if heard >= 2 and quiet:
                return
        raise AssertionError(f"never quiet: {self.engine.status.last_error}")

    # ------------------------------------------------------------------------- what it takes

    def on_hand(self) -> dict[tuple[str, str, str], int]:
        """Figures and own deltas above what they include (R14), as told by the two files."""
        connection = self.writer.connection
        above = {row.epoch: row.seq for row in goods_reference.included(connection)
                 if row.workstation_uuid == self.uuid}  # fmt: skip
        sums: dict[tuple[str, str, str], int] = {}
        for code in ITEMS:
            for row in goods_reference.figures(connection, code):
                sums[row.item_code, row.place, row.batch] = row.quantity_milli
        for epoch, seq, code, place, batch, quantity in self.journal.reader().execute(
            "SELECT e.epoch_id, j.seq, m.item_code, m.place, m.batch, m.quantity_milli "
            "FROM stock_movement m JOIN journal_entry j ON j.entry_id = m.entry_id "
            "JOIN epoch e ON e.epoch_no = j.epoch_no"
        ):
            if seq > above.get(epoch, 0):
                sums[code, place, batch] = sums.get((code, place, batch), 0) + quantity
        return {key: value for key, value in sums.items() if value}

    def included_seq(self, other: StockTill) -> int:
        """How far another till's journal is in the figures here."""
        return max(
            (row.seq for row in goods_reference.included(self.writer.connection)
             if row.workstation_uuid == other.uuid),
            default=0,
        )  # fmt: skip

    def close(self) -> None:
        self.journal.close()
        self.outbox.close()
        self.writer.close()


class StockWorld:
    """Head office on SQLite or PostgreSQL, and its tills."""

    def __init__(self, folder: Path, url: str = "", tills: int = 2) -> None:
        self.folder = folder
        self.clock = FixedClock(START)
        home = folder / "office"
        home.mkdir(parents=True)
        self.office = initialise(
            HeadOfficeHome(home, url or f"sqlite:///{home / 'hq.db'}"),
            currency="CNY",
            app_version="test",
            clock_ms=self.clock.utc_ms,
        )
        stores.add_store(self.office, STORE, name="测试店")
        self.auth = Auth(self.office)
        self.service = Service(self.office)
        self.page_items = 2_000
        self.tills = [StockTill(self, f"{number:02d}") for number in range(1, tills + 1)]

    def handle(self, workstation_uuid: str, request: Request) -> Answer:
        """Answer one request as the routes do."""
        try:
            workstation = self.auth._workstation(workstation_uuid)
            assert workstation is not None
            nonce = random.Random(self.clock.monotonic_ms()).randbytes(8).hex()
            signed = Signed(workstation, nonce, f"machine-{workstation_uuid}", self.clock.utc_ms())
            query = dict(parse_qsl(urlsplit(request.target).query))
            service = self.service
            match request.kind:
                case RequestKind.HELLO:
                    answer: Any = service.hello(signed, request.body)
                case RequestKind.HEARTBEAT:
                    answer = service.heartbeat(signed, request.body)
                case RequestKind.JOURNAL:
                    answer = service.journal(signed, request.body)
                    if isinstance(answer, Refused):
                        return Answer(status=409, body=encode(_refusal(answer)))
                case RequestKind.STOCK:
                    answer = stock_figures.answer(
                        self.office, STORE, query.get("cursor", ""), page_items=self.page_items
                    )
                case RequestKind.LOCATE:
                    answer = service.own_entries(signed, query)
                case other:
                    answer = getattr(service, other.value)(signed, query)
            return Answer(status=200, body=encode(answer))
        except WireError as error:
            status, body = error_body(error)
            return Answer(status=status, body=body)

    def fold(self, entries: int = 2_000) -> None:
        """A quiet moment at head office."""
        stock_fold.fold_step(self.office.dialect, entries=entries)

    def drain(self) -> None:
        """Until nobody has anything left to say or hear."""
        for till in (*self.tills, *self.tills):
            till.drain()

    def truth(self) -> dict[tuple[str, str, str], int]:
        """Σ of what all tills journaled."""
        sums: dict[tuple[str, str, str], int] = {}
        for till in self.tills:
            for key, quantity in till.moved.items():
                sums[key] = sums.get(key, 0) + quantity
        return {key: value for key, value in sums.items() if value}

    def close(self) -> None:
        for till in self.tills:
            till.close()
        self.office.close()
