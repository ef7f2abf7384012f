"""Building blocks of head office's tests: tills that journal, offices on both engines, a server."""

import json
import os
import random
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from pos.domain.cart import LineKind
from pos.domain.journal import (
    GENESIS_HASH,
    EntryKind,
    Envelope,
    chain_hash,
    encode_body,
    encode_entry,
    uuid7,
)
from pos.domain.journal.bodies import EpochOpen, Note
from pos.domain.journal.sale_bodies import TransactionPart
from pos.domain.journal.shift_bodies import DayClose, DayOpen
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.shift import TotalsBuilder
from pos.domain.tender import Tender
from sync import protocol
from sync.head_office import stores
from sync.head_office.auth import Auth
from sync.head_office.batches import Accepted, Batch, Refused, Source
from sync.head_office.database import HeadOffice, initialise
from sync.head_office.home import HeadOfficeHome
from sync.head_office.ingest import Ingest

CHECKOUT = Path(__file__).resolve().parents[3]
NOW_MS = 1_795_300_000_000
"""2026-11-21 in UTC."""

DAY = "2026-11-21"


class ManualClock:
    """A clock that tests move."""

    def __init__(self, now_ms: int = NOW_MS) -> None:
        self.now_ms = now_ms

    def __call__(self) -> int:
        return self.now_ms


def line(
    number: int, code: str, quantity_milli: int, amount_minor: int, **more: Any
) -> TransactionLine:
    """A closed line; kind, description and so on by keyword."""
    values: dict[str, Any] = {
        "kind": LineKind.SALE,
        "description": f"goods {code}",
        "unit_price_e4": 0,
        "item_class": "c1",
    } | more
    return TransactionLine(
        line_no=number,
        item_code=code,
        quantity_milli=quantity_milli,
        amount_minor=amount_minor,
        **values,
    )


def transaction(
    number: int,
    lines: Sequence[TransactionLine],
    *,
    tenders: Sequence[Tender] | None = None,
    **more: Any,
) -> Transaction:
    """A balanced transaction: one cash tender unless tenders are given."""
    total = sum(x.amount_minor for x in lines)
    paid = (
        (Tender(tender_no=1, tender_type="cash", amount_minor=total),)
        if tenders is None
        else tenders
    )
    values: dict[str, Any] = {
        "transaction_type": TransactionType.SALE,
        "transaction_no": f"T{number:04d}",
        "operator_id": "1001",
        "at": f"{DAY}T09:30:00",
    } | more
    return Transaction(
        number=number,
        lines=tuple(lines),
        tenders=tuple(paid),
        total_minor=total,
        discount_minor=sum(x.discount_minor for x in lines),
        **values,
    )


@dataclass
class JournalingTill:
    """A till's journal as values: one epoch, appended to, cut into batches."""

    store_id: str = "01"
    workstation_id: str = "1"
    workstation_uuid: str = "uuid-1"
    epoch: str = "epoch-1"
    business_day: str = DAY
    currency: str = "CNY"
    seed: int = 0
    records: list[tuple[bytes, bytes]] = field(default_factory=list)
    uuids: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._random = random.Random(f"{self.seed}/{self.workstation_uuid}/{self.epoch}")
        self.totals = TotalsBuilder()

    @property
    def head(self) -> bytes:
        return self.records[-1][0] if self.records else GENESIS_HASH

    def append(self, kind: str, body: Any, *, entry_uuid: str | None = None, **more: Any) -> str:
        """Append an entry; returns its uuid."""
        seq = len(self.records) + 1
        at = NOW_MS + seq * 1000
        uuid = entry_uuid or uuid7(at, self._random.randbytes(10))
        values: dict[str, Any] = {
            "schema": 1,
            "kind": kind,
            "store_id": self.store_id,
            "workstation_id": self.workstation_id,
            "workstation_uuid": self.workstation_uuid,
            "epoch": self.epoch,
            "seq": seq,
            "entry_uuid": uuid,
            "business_day": self.business_day,
            "at_utc_ms": at,
            "utc_offset_minutes": 480,
            "monotonic_ms": seq,
            "operator_id": "1001",
            "currency": self.currency,
            "app_version": "0.1.0",
            "body": encode_body(body),
        } | more
        self.append_bytes(encode_entry(Envelope(**values)))
        self.uuids.append(uuid)
        return uuid

    def append_bytes(self, data: bytes, *, stated: bytes | None = None) -> None:
        """Append any bytes, with their true hash or a stated one."""
        self.records.append((stated or chain_hash(self.head, data), data))

    def open(self, reason: str = "new", **more: Any) -> None:
        self.append(EntryKind.EPOCH_OPEN, EpochOpen(reason=reason, **more), business_day="")

    def open_day(self) -> None:
        self.totals = TotalsBuilder()
        self.append(EntryKind.DAY_OPEN, DayOpen())

    def sell(self, body: Transaction, **more: Any) -> str:
        self.totals.add_transaction(body)
        return self.append(EntryKind.TRANSACTION, body, **more)

    def part(self, body: TransactionPart) -> str:
        return self.append(EntryKind.TRANSACTION_PART, body)

    def close_day(self, z_no: int = 1) -> None:
        self.append(EntryKind.DAY_CLOSE, DayClose(z_no=z_no, totals=self.totals.totals()))

    def note(self, text: str = "note") -> str:
        return self.append(EntryKind.NOTE, Note(text=text))

    def batch(self, first: int = 1, last: int | None = None, **more: Any) -> Batch:
        """Entries first..last (both counted) as a batch."""
        end = len(self.records) if last is None else last
        return Batch(
            epoch=self.epoch,
            first_seq=first,
            prev_hash=GENESIS_HASH if first == 1 else self.records[first - 2][0],
            records=self.records[first - 1 : end],
            **more,
        )

    def request(
        self, first: int = 1, last: int | None = None, **more: Any
    ) -> protocol.JournalRequest:
        """The same as it goes over the wire."""
        batch = self.batch(first, last)
        values: dict[str, Any] = {
            "protocol": 1,
            "workstation_uuid": self.workstation_uuid,
            "epoch": self.epoch,
            "first_seq": batch.first_seq,
            "prev_hash": batch.prev_hash.hex(),
            "records": tuple(protocol.Record(h.hex(), d.decode()) for h, d in batch.records),
            "app_version": "0.1.0",
            "till_clock_ms": NOW_MS,
        } | more
        return protocol.JournalRequest(**values)


@dataclass
class Office:
    """A head office with its engine."""

    office: HeadOffice
    engine: Ingest
    clock: Any
    sources: dict[str, Source] = field(default_factory=dict)

    def source(self, till: JournalingTill) -> Source:
        """Enrol a till without a key, once."""
        known = self.sources.get(till.workstation_uuid)
        if known is None:
            dialect = self.office.dialect
            stores.add_store(self.office, till.store_id, currency=till.currency)
            number = (
                dialect.query(
                    "SELECT COUNT(*) FROM workstation WHERE store_id = ?", (till.store_id,)
                )[0][0]
                + 1
            )
            dialect.execute(
                "INSERT INTO workstation (store_id, workstation_no, workstation_uuid, workstation_id, "
                "public_key, machine_id, enrolled_utc_ms) VALUES (?, ?, ?, ?, '', '', ?)",
                (till.store_id, number, till.workstation_uuid, till.workstation_id, self.clock()),
            )
            known = Source(till.store_id, number, till.workstation_uuid, till.workstation_id)
            self.sources[till.workstation_uuid] = known
        return known

    def take(
        self, till: JournalingTill, first: int = 1, last: int | None = None, **more: Any
    ) -> Accepted:
        """Push a batch that must be accepted."""
        answer = self.engine.take(self.source(till), till.batch(first, last, **more))
        assert isinstance(answer, Accepted), answer
        return answer

    def refuse(self, till: JournalingTill, batch: Batch) -> Refused:
        """Push a batch that must be refused."""
        answer = self.engine.take(self.source(till), batch)
        assert isinstance(answer, Refused), answer
        return answer

    def rows(self, sql: str, *values: Any) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in self.office.dialect.query(sql, values)]

    def count(self, table: str) -> int:
        return int(self.rows(f"SELECT COUNT(*) FROM {table}")[0][0])

    def audit(self) -> set[str]:
        return {row[0] for row in self.rows("SELECT code FROM sales_audit")}


def make_office(folder: Path, url: str | None = None, clock: Any = None) -> Office:
    """A new head office in a folder; SQLite unless a URL is given."""
    chosen = clock or ManualClock()
    home = HeadOfficeHome(folder, url or f"sqlite:///{folder / 'hq.db'}")
    office = initialise(
        home, currency="CNY", app_version="test", database_url=url, clock_ms=chosen
    )
    return Office(office, Ingest(office), chosen)


# ------------------------------------------------------------------------------- over HTTP


class Server:
    """A real `hq serve` on loopback."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self.home = home
        self._arguments = arguments
        self.url = ""
        self.database_url: str | None = None
        self.stderr = ""
        self.code = 0
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            [
                sys.executable,
                "-m",
                "sync.head_office",
                "serve",
                "--home",
                str(self.home),
                *self._arguments,
            ],
            cwd=CHECKOUT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env={k: v for k, v in os.environ.items() if k != "HQ_HOME"},
        )
        assert self._process.stdout is not None
        text = self._process.stdout.readline()
        if not text:
            assert self._process.stderr is not None
            raise AssertionError(self._process.stderr.read())
        self.url = str(json.loads(text)["url"])
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process is not None
        self._process.terminate()
        self.stderr = self._process.communicate(timeout=20)[1]
        self.code = self._process.returncode

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid


@dataclass
class Answer:
    """An HTTP answer."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def error(self) -> str:
        return str(self.json["error"])


def call(
    method: str, url: str, body: bytes | None = None, headers: dict[str, str] | None = None
) -> Answer:
    """One HTTP request; an error status is an answer, not an exception."""
    request = urllib.request.Request(url, data=body, headers=headers or {}, method=method)
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:
            return Answer(
                answer.status, answer.read(), {k.lower(): v for k, v in answer.headers.items()}
            )
    except urllib.error.HTTPError as error:
        with error:
            return Answer(
                error.code, error.read(), {k.lower(): v for k, v in error.headers.items()}
            )


@dataclass
class EnrolledTill:
    """A till that speaks HTTP with its own key."""

    url: str
    private_key: bytes
    workstation_uuid: str
    machine: str = "machine-1"
    answer: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def enrol(
        cls, url: str, code: str, *, machine: str = "machine-1", **more: Any
    ) -> "EnrolledTill":
        key = protocol.new_private_key()
        done = enrol_call(url, code, key, machine=machine, **more)
        assert done.status == 200, done.body
        return cls(url, key, done.json["workstation_uuid"], machine, done.json)

    def headers(
        self, method: str, target: str, body: bytes, *, time_ms: int | None = None, nonce: str = ""
    ) -> dict[str, str]:
        return protocol.request_headers(
            private_key=self.private_key,
            workstation_uuid=self.workstation_uuid,
            machine=self.machine,
            method=method,
            target=target,
            body=body,
            time_ms=time.time_ns() // 1_000_000 if time_ms is None else time_ms,
            nonce=nonce or os.urandom(8).hex(),
        )

    def get(self, target: str) -> Answer:
        return call("GET", self.url + target, headers=self.headers("GET", target, b""))

    def post(self, target: str, message: Any, **more: Any) -> Answer:
        body = protocol.encode(message)
        headers = self.headers("POST", target, body, **more) | {"Content-Type": "application/json"}
        return call("POST", self.url + target, body, headers)

    def push_bytes(
        self, body: bytes, *, headers: dict[str, str] | None = None, **more: Any
    ) -> Answer:
        """Push any bytes as the body, signed."""
        signed = self.headers("POST", protocol.ROUTE_JOURNAL, body, **more) | {
            "Content-Type": "application/json",
            "Content-Encoding": "gzip",
        }
        return call("POST", self.url + protocol.ROUTE_JOURNAL, body, signed | (headers or {}))

    def push(self, request: protocol.JournalRequest) -> Answer:
        return self.push_bytes(protocol.deflate(protocol.encode(request)))


def enrol_call(
    url: str, code: str, key: bytes, *, machine: str = "machine-1", **more: Any
) -> Answer:
    """POST /sync/v1/enrol."""
    request = protocol.EnrolRequest(
        protocol=1,
        code=code,
        public_key=protocol.public_key_of(key),
        machine_id=machine,
        app_version="0.1.0",
        till_clock_ms=0,
        **more,
    )
    return call(
        "POST",
        url + protocol.ROUTE_ENROL,
        protocol.encode(request),
        {"Content-Type": "application/json"},
    )


def new_code(office: HeadOffice, store_id: str = "01", workstation_id: str = "1") -> str:
    """An enrolment code for a place, adding the store when it is not there."""
    stores.add_store(office, store_id)
    return Auth(office).new_code(store_id, workstation_id)


def shopping(till: JournalingTill, count: int, seed: int = 0) -> Iterator[str]:
    """Sell at random: every kind of line, several tenders, weighed goods."""
    chance = random.Random(seed)
    for number in range(1, count + 1):
        lines = []
        for position in range(1, chance.randint(1, 5) + 1):
            kind = chance.choice(
                [LineKind.SALE] * 6
                + [LineKind.RETURN, LineKind.VOID, LineKind.ADJUST, LineKind.OTHER]
            )
            quantity = chance.choice([1000, 2000, 328])
            amount = chance.randint(1, 5000)
            if kind in (LineKind.RETURN, LineKind.VOID):
                quantity, amount = -quantity, -amount
            if kind is LineKind.ADJUST:
                amount = 0
            lines.append(
                line(
                    position,
                    chance.choice(["A", "a", "B", "棉花糖", "", "X=1"]),
                    quantity,
                    amount,
                    kind=kind,
                    description=chance.choice(["", f"name {number}", "名字"]),
                    item_class=chance.choice(["", "food"]),
                    discount_minor=chance.choice([0, 0, 10]),
                    at="",
                )
            )
        total = sum(x.amount_minor for x in lines)
        tenders = [Tender(tender_no=1, tender_type="cash", amount_minor=total + 50)]
        tenders.append(Tender(tender_no=2, tender_type="cash", amount_minor=-50, change=True))
        if chance.random() < 0.5:
            tenders.append(Tender(tender_no=3, tender_type="wechat", amount_minor=7))
            tenders.append(Tender(tender_no=4, tender_type="cash", amount_minor=-7))
        yield till.sell(
            transaction(
                number,
                lines,
                tenders=tenders,
                operator_id=chance.choice(["1001", "1002"]),
                at=chance.choice(["", f"{DAY}T{chance.randint(8, 21):02d}:00:00"]),
            )
        )
