"""Two stores with two tills each and their head office, all shipped code on real files, without wires.

Messages are carried by the test: at once, late, twice, or with the answer lost. Time is one clock
that the test moves; every till's own clock is off by some seconds.
"""

from __future__ import annotations

import base64
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import msgspec

from pos.services.context import Till
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store import stock_ledger
from pos.store.journal import Identity as JournalIdentity
from pos.store.models import PROJECTIONS
from pos.store.projections import rebuild
from pos.store.reference_writer import ReferenceWriter
from pos.store.stock_models import FOLDED
from pos.store.writing import WriteTransaction
from sync import protocol
from sync.engine import Engine
from sync.enrolment import key_path
from sync.exchange import Answer, Identity, Idle, Lost, Pace, Request, RequestKind
from sync.head_office import projections, stores
from sync.head_office.auth import Auth, Signed
from sync.head_office.batches import Refused
from sync.head_office.database import initialise
from sync.head_office.goods_jobs import GoodsJobs
from sync.head_office.home import HeadOfficeHome
from sync.head_office.ingest_route import _refusal
from sync.head_office.service import Service
from sync.head_office.web import error_body
from sync.inbox import INCARNATION, Inbox
from sync.outbox import Outbox
from sync.protocol import FeedBarcode, FeedChanges, FeedItem, FeedPrice, WireError, encode
from tests.pos.services import shop as support

STORES = ("01", "02")
WORKSTATIONS = ("01", "02")
ITEMS = ("NOOD", "W550", "EGG")
_AT_LEAST = 6
"""Exchanges of a drain: heartbeat and feed are asked for at least once."""

START = datetime(2026, 11, 21, 2, 0, tzinfo=UTC)


class WorldClock:
    """One till's clock over the world's: off by `offset_ms`."""

    def __init__(self, world: GoodsWorld, offset_ms: int) -> None:
        self._world = world
        self.offset_ms = offset_ms
        self.head_office_offset_ms: int | None = -offset_ms

    def utc_ms(self) -> int:
        return self._world.now_ms + self.offset_ms

    def monotonic_ms(self) -> int:
        return self._world.now_ms

    def utc_offset_minutes(self) -> int:
        return 480

    def local_iso(self) -> str:
        at = datetime.fromtimestamp(self.utc_ms() / 1000, tz=UTC) + timedelta(hours=8)
        return at.strftime("%Y-%m-%dT%H:%M:%S")


class GoodsTill:
    """One till: the shipped services over a journal, and the shipped engine of its uploader."""

    def __init__(
        self, world: GoodsWorld, store_id: str, workstation_id: str, offset_s: int
    ) -> None:
        self.world, self.store_id, self.workstation_id = world, store_id, workstation_id
        self.home = world.folder / f"{store_id}-{workstation_id}"
        self.home.mkdir()
        self.uuid = world.enrol(self.home, store_id, workstation_id)
        self.clock = WorldClock(world, offset_s * 1000)
        self.till: Till = support.open_till(
            self.home,
            clock=self.clock,  # type: ignore[arg-type]  # any clock will do
            identity=JournalIdentity(
                store_id=store_id, workstation_id=workstation_id, workstation_uuid=self.uuid
            ),
            **world.settings,
        )
        support.staff(self.till)
        self.outbox = Outbox(self.home)
        self.writer = ReferenceWriter.open(self.home, app_version="test")
        self.inbox = Inbox(self.writer, self.clock)  # type: ignore[arg-type]
        self.engine = Engine(
            outbox=self.outbox,
            inbox=self.inbox,
            clock=self.clock,  # type: ignore[arg-type]
            random=world.random,
            identity=Identity(workstation_uuid=self.uuid, app_version="test"),
            pace=Pace(interval_ms=1000, hello_interval_ms=10_000, batch_entries=7),
        )
        self.sent: list[Request] = []

    def credentials(self, operator_id: str) -> Credentials:
        found = person(self.till, operator_id)
        assert found is not None
        return Credentials(found)

    def exchange(self, *, lose_answer: bool = False) -> bool:
        """One request to head office and its answer; False when there is nothing to say."""
        step = self.engine.next()
        if isinstance(step, Idle):
            return False
        self.sent.append(step)
        answer = self.world.handle(self.uuid, step)
        self.engine.receive(step, Lost("timeout") if lose_answer else answer)
        return True

    def repeat(self, index: int) -> None:
        """Something sent before arrives again; nobody waits for the answer."""
        journals = [one for one in self.sent if one.kind is RequestKind.JOURNAL]
        if journals:
            self.world.handle(self.uuid, journals[index % len(journals)])

    def drain(self) -> None:
        """Say everything and hear everything."""
        for spoken in range(400):
            self.world.now_ms += 1500
            self.exchange()
            push = self.engine.push
            quiet = push.next() is None and not push.blocked and not push.hello_due
            if spoken >= _AT_LEAST and quiet and self.engine.pull.next() is None:
                return
        raise AssertionError(f"never quiet: {self.engine.status.last_error}")

    def derived(self) -> dict[str, list[tuple[object, ...]]]:
        """Every projection and folded view of the journal, once everything is folded."""

        def job(txn: WriteTransaction) -> dict[str, list[tuple[object, ...]]]:
            stock_ledger.fold_all(txn.connection)
            return {
                model._meta.table_name: sorted(
                    txn.connection.execute(f"SELECT * FROM {model._meta.table_name}"), key=repr
                )
                for model in (*PROJECTIONS, *FOLDED)
            }

        return self.till.journal.run(job)

    def rebuilt(self) -> dict[str, list[tuple[object, ...]]]:
        """The same after all of them were thrown away and derived from the entries again."""
        before = self.derived()
        self.till.journal.run(lambda txn: rebuild(txn.connection))
        after = self.derived()
        assert before == after
        return before

    def close(self) -> None:
        self.till.journal.close()
        self.till.reference.close()
        self.outbox.close()
        self.writer.close()


class GoodsWorld:
    """Head office and four tills."""

    def __init__(
        self, folder: Path, random: object, database_url: str | None = None, **settings: object
    ) -> None:
        """`database_url` is head office's; a SQLite file of its own unless it is given."""
        self.folder, self.random = folder, random
        self.settings = settings
        self.now_ms = int(START.timestamp() * 1000)
        home = folder / "office"
        self.office = initialise(
            HeadOfficeHome(home, database_url or f"sqlite:///{home / 'hq.db'}"),
            currency="CNY",
            app_version="test",
            database_url=database_url,
            clock_ms=lambda: self.now_ms,
        )
        for store_id in STORES:
            stores.add_store(self.office, store_id, name=f"Store {store_id}")
        self.auth = Auth(self.office)
        self.service = Service(self.office)
        self.service.feed.publish(
            FeedChanges(
                items=tuple(FeedItem(item_code=code, name=code) for code in ITEMS),
                prices=tuple(
                    FeedPrice(item_code=code, effective_day="2026-01-01", unit_price_e4=10_000)
                    for code in ITEMS
                ),
                barcodes=tuple(
                    FeedBarcode(code=f"CODE{number}", item_code=code)
                    for number, code in enumerate(ITEMS)
                ),
            )
        )
        self.tills = {
            (store_id, workstation_id): GoodsTill(self, store_id, workstation_id, offset_s)
            for (store_id, workstation_id), offset_s in zip(
                ((s, w) for s in STORES for w in WORKSTATIONS), (0, 25, -40, 3), strict=True
            )
        }

    def enrol(self, home: Path, store_id: str, workstation_id: str) -> str:
        """Enrol a till as `pos-sync enrol` does."""
        key = protocol.new_private_key()
        answer = self.auth.enrol(
            protocol.EnrolRequest(
                protocol=protocol.PROTOCOL,
                code=self.auth.new_code(store_id, workstation_id),
                public_key=protocol.public_key_of(key),
                machine_id=f"machine-{store_id}-{workstation_id}",
                app_version="test",
                till_clock_ms=self.now_ms,
            )
        )
        path = key_path(home)
        path.parent.mkdir(exist_ok=True)
        path.write_text(base64.b64encode(key).decode())
        with ReferenceWriter.open(home, app_version="test") as writer:
            writer.set_metas(
                {
                    "workstation_uuid": answer.workstation_uuid,
                    "store_id": answer.store_id,
                    "workstation_id": answer.workstation_id,
                    "head_office_url": "http://head-office",
                    INCARNATION: answer.incarnation,
                }
            )
        return answer.workstation_uuid

    def handle(self, workstation_uuid: str, request: Request) -> Answer:
        """Answer one request as the routes do."""
        try:
            return self._answered(workstation_uuid, request)
        except WireError as error:
            status, body = error_body(error)
            return Answer(status=status, body=body)

    def _answered(self, workstation_uuid: str, request: Request) -> Answer:
        workstation = self.auth._workstation(workstation_uuid)
        assert workstation is not None
        nonce = f"{self.random.getrandbits(64):016x}"  # type: ignore[attr-defined]
        signed = Signed(workstation, nonce, f"machine-{workstation_uuid}", self.now_ms)
        query = dict(parse_qsl(urlsplit(request.target).query))
        service = self.service
        answer: msgspec.Struct
        match request.kind:
            case RequestKind.HELLO:
                answer = service.hello(signed, request.body)
            case RequestKind.JOURNAL:
                taken = service.journal(signed, request.body)
                if isinstance(taken, Refused):
                    return Answer(status=409, body=encode(_refusal(taken)))
                answer = taken
            case RequestKind.LOCATE:
                answer = service.own_entries(signed, query)
            case RequestKind.HEARTBEAT:
                answer = service.heartbeat(signed, request.body)
            case RequestKind.CHANGES:
                answer = service.changes(signed, query)
            case RequestKind.SNAPSHOT:
                answer = service.snapshot(signed, query)
            case other:
                answer = getattr(service, other.value)(signed, query)
        return Answer(status=200, body=encode(answer))

    # ---------------------------------------------------------------------- what is in the books

    def drain(self) -> None:
        """Everything is said, heard, and acted on, until nobody has anything left."""
        for _ in range(3):
            for till in self.tills.values():
                till.drain()
            self.jobs()

    def jobs(self) -> None:
        """What head office does between requests."""
        GoodsJobs(self.office).run()

    def of_tills(self, store_id: str) -> dict[tuple[str, str], int]:
        """(item, place) → Σ of the movements of a store's tills; zero sums left out."""
        sums: dict[tuple[str, str], int] = {}
        for (store, _), till in self.tills.items():
            if store != store_id:
                continue
            for item_code, place, quantity in till.till.journal.reader().execute(
                "SELECT item_code, place, sum(quantity_milli) FROM stock_movement "
                "GROUP BY item_code, place"
            ):
                sums[item_code, place] = sums.get((item_code, place), 0) + quantity
        return {key: value for key, value in sums.items() if value}

    def of_head_office(self, store_id: str) -> dict[tuple[str, str], int]:
        """(item, place) → Σ of head office's ledger of a store; zero sums left out."""
        rows = self.office.dialect.query(
            "SELECT item_code, place, SUM(quantity_milli) FROM stock_ledger WHERE store_id = ? "
            "GROUP BY item_code, place",
            (store_id,),
        )
        return {(str(i), str(p)): int(q) for i, p, q in rows if q}

    def posted_numbers(self, store_id: str) -> set[str]:
        """Numbers of the goods documents that head office has booked of a store."""
        rows = self.office.dialect.query(
            "SELECT document_no FROM goods_document WHERE store_id = ? AND state = 'posted'",
            (store_id,),
        )
        return {str(number) for (number,) in rows}

    def on_hand_at_head_office(self, store_id: str) -> dict[str, int]:
        """Item → on hand, by the figures that pages and tills are told."""
        rows = self.office.dialect.query(
            "SELECT item_code, SUM(quantity_milli) FROM stock_on_hand WHERE store_id = ? "
            "GROUP BY item_code",
            (store_id,),
        )
        return {str(i): int(q) for i, q in rows if q}

    def rebuilt_equal(self) -> bool:
        """Whether the projections, thrown away and derived again, are what they were (I3)."""
        before = projections.digest(self.office.dialect)
        projections.rebuild(self.office.dialect)
        return projections.digest(self.office.dialect) == before

    def close(self) -> None:
        for till in self.tills.values():
            till.close()
        self.office.close()
        shutil.rmtree(self.folder, ignore_errors=True)
