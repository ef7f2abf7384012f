"""Every `/sync/v1` call as a function from checked request to answer; no HTTP here.

`Service` belongs to the one writer thread (`worker.py`); the calls that only read may run on the
reader thread with a service of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import TypeVar

import msgspec

from sync.head_office import (
    completeness,
    remote_approvals,
    sibling_entries,
    sold_days,
    stock_figures,
)
from sync.head_office.auth import Auth, AuthError, Signed
from sync.head_office.batches import Accepted, Batch, Refused, durable_seq
from sync.head_office.database import HeadOffice
from sync.head_office.feed import Feed
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.ingest import Ingest
from sync.protocol import (
    ERROR_FORBIDDEN,
    ERROR_MALFORMED,
    ERROR_REPLAYED,
    ERROR_TOO_LARGE,
    ERROR_UNKNOWN_EPOCH,
    ERROR_UPGRADE,
    GENESIS_HEX,
    MAX_INFLATED_BYTES,
    MAX_RECORDS,
    READABLE_PROTOCOLS,
    Acked,
    ChangesAnswer,
    EnrolAnswer,
    EnrolRequest,
    HeartbeatAnswer,
    HeartbeatRequest,
    HelloAnswer,
    HelloRequest,
    JournalAnswer,
    JournalRequest,
    OwnEntriesAnswer,
    Record,
    RotateKeyAnswer,
    RotateKeyRequest,
    SnapshotAnswer,
    Watermark,
    WireError,
    decode,
    inflate,
    to_base64,
)
from sync.sibling_wire import MAX_CURSOR, SiblingsAnswer
from sync.sold_wire import SoldAnswer
from sync.stock_wire import StockAnswer

_Message = TypeVar("_Message", HelloRequest, HeartbeatRequest, JournalRequest, RotateKeyRequest)
_MAX_SEQ = 2**53
_OWN_BYTES = 4 * 1024 * 1024


class Service:
    """Answers tills. Failures are WireError (4xx) or AuthError (401, 403, 426)."""

    def __init__(self, office: HeadOffice) -> None:
        """Work on an open head office."""
        self.office = office
        self.auth = Auth(office)
        self.feed = Feed(office)
        self.ingest = Ingest(office)
        self.orders = GoodsOrders(self.feed)
        self._feed_seen = 0

    # -------------------------------------------------------------------- unsigned

    def enrol(self, body: bytes) -> EnrolAnswer:
        """POST /sync/v1/enrol."""
        return self.auth.enrol(decode(body, EnrolRequest))

    # ---------------------------------------------------------------------- signed

    def hello(self, signed: Signed, body: bytes) -> HelloAnswer:
        """POST /sync/v1/hello (R21, R16)."""
        request = self._own(signed, decode(body, HelloRequest))
        common = [n for n in request.protocol_versions if n in READABLE_PROTOCOLS]
        if not common:
            raise AuthError(ERROR_UPGRADE, f"expected one of {READABLE_PROTOCOLS}", 426)
        self.auth.spend_nonce(signed)
        self._seen(signed, request.app_version)
        workstation = signed.workstation
        marks = {
            str(epoch): (int(number), int(acked), bytes(head))
            for epoch, number, acked, head in self.office.dialect.query(
                "SELECT epoch, epoch_no, acked_seq, head_hash FROM epoch "
                "WHERE store_id = ? AND workstation_no = ?",
                (workstation.store_id, workstation.workstation_no),
            )
        }
        return HelloAnswer(
            protocol=max(common),
            incarnation=self.office.incarnation,
            server_time_ms=self.office.clock_ms(),
            watermarks=tuple(
                Watermark(
                    epoch=state.epoch,
                    acked_seq=marks[state.epoch][1],
                    head_hash=marks[state.epoch][2].hex(),
                    epoch_no=marks[state.epoch][0],
                )
                if state.epoch in marks
                else Watermark(epoch=state.epoch, acked_seq=0, head_hash=GENESIS_HEX)
                for state in request.epochs[:1000]
            ),
            feed_version=self.feed.version(workstation.store_id),
        )

    def journal(self, signed: Signed, body: bytes | JournalRequest) -> JournalAnswer | Refused:
        """POST /sync/v1/journal (R5-R9): `body` as sent, or read already by `journal_request`."""
        read = journal_request(body) if isinstance(body, bytes) else body
        request = self._own(signed, read)
        if request.protocol not in READABLE_PROTOCOLS:
            raise AuthError(ERROR_UPGRADE, f"expected one of {READABLE_PROTOCOLS}", 426)
        batch = _batch(request)
        self._note_machine(signed)
        self._catalogue_may_have_moved()
        taken = self.ingest.take(signed.workstation.source, batch)
        if isinstance(taken, Refused):
            return taken
        return self._accepted(taken)

    def heartbeat(self, signed: Signed, body: bytes) -> HeartbeatAnswer:
        """POST /sync/v1/heartbeat (R10)."""
        request = self._own(signed, decode(body, HeartbeatRequest))
        self.auth.spend_nonce(signed)
        self._seen(signed, request.app_version)
        self._note_machine(signed)
        self._keep_heartbeat(signed, request)
        workstation = signed.workstation
        return HeartbeatAnswer(
            incarnation=self.office.incarnation,
            server_time_ms=self.office.clock_ms(),
            feed_version=self.feed.version(workstation.store_id),
            directives=len(self.feed.directives(workstation.store_id, workstation.workstation_no)),
        )

    def rotate_key(self, signed: Signed, body: bytes) -> RotateKeyAnswer:
        """POST /sync/v1/rotate-key (R8): another key for the same till."""
        request = self._own(signed, decode(body, RotateKeyRequest))
        if request.protocol not in READABLE_PROTOCOLS:
            raise AuthError(ERROR_UPGRADE, f"expected one of {READABLE_PROTOCOLS}", 426)
        self.auth.spend_nonce(signed)
        self.auth.rotate_key(signed, request.public_key, request.proof)
        uuid = signed.workstation.workstation_uuid
        return RotateKeyAnswer(
            incarnation=self.office.incarnation,
            server_time_ms=self.office.clock_ms(),
            approval_secret=remote_approvals.secret_of(self.office, uuid).hex(),
        )

    def changes(self, signed: Signed, query: Mapping[str, str]) -> ChangesAnswer:
        """GET /sync/v1/changes."""
        return self.feed.changes(
            signed.workstation.store_id,
            signed.workstation.workstation_no,
            query.get("cursor", ""),
            query.get("feed_hash", ""),
        )

    def snapshot(self, signed: Signed, query: Mapping[str, str]) -> SnapshotAnswer:
        """GET /sync/v1/snapshot."""
        page = _number(query.get("page", "0"), "page")
        return self.feed.snapshot(signed.workstation.store_id, query.get("token", ""), page)

    def stock(self, signed: Signed, query: Mapping[str, str]) -> StockAnswer:
        """GET /sync/v1/stock: the store's figures and what they include (R14)."""
        store_id = signed.workstation.store_id
        return stock_figures.answer(self.office, store_id, query.get("cursor", "")[:500])

    def siblings(self, signed: Signed, query: Mapping[str, str]) -> SiblingsAnswer:
        """GET /sync/v1/siblings: what the shop's other tills wrote about goods (R14)."""
        place = signed.workstation
        cursor = query.get("cursor", "")[:MAX_CURSOR]
        return sibling_entries.answer(self.office, place.store_id, place.workstation_no, cursor)

    def sold(self, signed: Signed, query: Mapping[str, str]) -> SoldAnswer:
        """GET /sync/v1/sold: what the shop's other tills sold and received by day (REP-06)."""
        place = signed.workstation
        cursor = query.get("cursor", "")[:MAX_CURSOR]
        return sold_days.answer(self.office, place.store_id, place.workstation_no, cursor)

    def own_entries(self, signed: Signed, query: Mapping[str, str]) -> OwnEntriesAnswer:
        """GET /sync/v1/journal: a till's own entries back (R24)."""
        workstation = signed.workstation
        epoch, after = query.get("epoch", ""), _number(query.get("after", "0"), "after")
        dialect = self.office.dialect
        place = (workstation.store_id, workstation.workstation_no)
        row = dialect.one(
            "SELECT epoch_no FROM epoch WHERE store_id = ? AND workstation_no = ? AND epoch = ?",
            (*place, epoch),
        )
        if row is None:
            raise WireError(ERROR_UNKNOWN_EPOCH, "this epoch is not here")
        where = "store_id = ? AND workstation_no = ? AND epoch_no = ?"
        before = dialect.one(
            f"SELECT hash FROM journal WHERE {where} AND seq = ?", (*place, row[0], after)
        )
        rows = dialect.query(
            f"SELECT seq, hash, bytes FROM journal WHERE {where} AND seq > ? ORDER BY seq LIMIT ?",
            (*place, row[0], after, MAX_RECORDS + 1),
        )
        records: list[Record] = []
        size = 0
        for _, digest, data in rows[:MAX_RECORDS]:
            size += len(data)
            if records and size > _OWN_BYTES:
                break
            records.append(_record(bytes(digest), bytes(data)))
        return OwnEntriesAnswer(
            epoch=epoch,
            first_seq=after + 1,
            prev_hash=bytes(before[0]).hex() if before else GENESIS_HEX,
            records=tuple(records),
            last=len(records) == len(rows),
        )

    # --------------------------------------------------------------------- helpers

    def _accepted(self, taken: Accepted) -> JournalAnswer:
        return JournalAnswer(
            acked=Acked(epoch=taken.epoch, seq=taken.acked_seq),
            head_hash=taken.head_hash.hex(),
            durable_seq=durable_seq(taken),
            incarnation=self.office.incarnation,
            server_time_ms=self.office.clock_ms(),
            quarantined=taken.quarantined,
        )

    def _own(self, signed: Signed, request: _Message) -> _Message:
        # The key says who it is; a request that names another identity is an attack or a mix-up.
        if request.workstation_uuid != signed.workstation.workstation_uuid:
            raise AuthError(ERROR_FORBIDDEN, "the key is not that workstation's", 403)
        self.auth.promote(signed)
        return request

    def _seen(self, signed: Signed, app_version: str) -> None:
        with self.office.dialect.transaction():
            self.office.dialect.execute(
                "UPDATE workstation SET last_seen_utc_ms = ?, app_version = ? "
                "WHERE store_id = ? AND workstation_no = ?",
                (
                    self.office.clock_ms(),
                    app_version[:40],
                    signed.workstation.store_id,
                    signed.workstation.workstation_no,
                ),
            )

    def _note_machine(self, signed: Signed) -> None:
        if not self.auth.note_machine(signed):
            return
        now_ms = self.office.clock_ms()
        with self.office.dialect.transaction():
            self.ingest.auditor.alarm(
                signed.workstation.source,
                "two_machines",
                f"{signed.workstation.workstation_no}/{now_ms // 86_400_000}",
                "one key signed from two machines in one day: a cloned till (R18)",
                now_ms,
            )

    def _catalogue_may_have_moved(self) -> None:
        row = self.office.dialect.one("SELECT MAX(publication_no) FROM publication")
        newest = int(row[0] or 0) if row else 0
        if newest != self._feed_seen:
            self._feed_seen = newest
            self.ingest.auditor.forget()

    def _keep_heartbeat(self, signed: Signed, request: HeartbeatRequest) -> None:
        workstation, now_ms = signed.workstation, self.office.clock_ms()
        dialect = self.office.dialect
        place = (workstation.store_id, workstation.workstation_no)
        columns = (
            "store_id",
            "workstation_no",
            "received_utc_ms",
            "epoch",
            "max_seq",
            "acked_seq",
            "unsent",
            "oldest_unsent_ms",
            "business_day",
            "day_state",
            "catalogue_version",
            "body",
        )
        body = msgspec.json.encode(request).decode()
        numbers = (request.max_seq, request.acked_seq, request.unsent, request.catalogue_version)
        if any(not 0 <= number <= _MAX_SEQ for number in numbers):
            raise WireError(ERROR_MALFORMED, "expected counts of ordinary size")
        with dialect.transaction():
            dialect.execute(
                f"INSERT INTO heartbeat ({', '.join(columns)}) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                "ON CONFLICT (store_id, workstation_no) DO UPDATE SET "
                + ", ".join(f"{name} = excluded.{name}" for name in columns[2:]),
                (
                    *place,
                    now_ms,
                    request.epoch[:64],
                    request.max_seq,
                    request.acked_seq,
                    request.unsent,
                    request.oldest_unsent_ms,
                    request.business_day[:10],
                    request.day_state[:20],
                    request.catalogue_version,
                    body,
                ),
            )
            closed = request.last_z
            if closed is not None and closed.business_day:
                dialect.upsert(
                    "till_closed",
                    (
                        "store_id",
                        "business_day",
                        "workstation_no",
                        "z_no",
                        "transactions",
                        "lines",
                        "net_minor",
                        "received_utc_ms",
                    ),
                    [
                        (
                            workstation.store_id,
                            closed.business_day[:10],
                            workstation.workstation_no,
                            closed.z_no,
                            closed.transactions,
                            closed.lines,
                            closed.net_minor,
                            now_ms,
                        )
                    ],
                    "store_id, business_day, workstation_no",
                    "z_no = excluded.z_no, transactions = excluded.transactions, "
                    "lines = excluded.lines, net_minor = excluded.net_minor, "
                    "received_utc_ms = excluded.received_utc_ms",
                )
            completeness.note_declared(
                dialect,
                [
                    (
                        workstation.store_id,
                        day[:10],
                        workstation.workstation_id,
                        "not_trading",
                        "till",
                        "",
                        now_ms,
                    )
                    for day in request.not_trading[:31]
                ],
            )


def journal_request(body: bytes) -> JournalRequest:
    """Read a push as sent, gzip; it needs no database, so the writer need not wait for it."""
    return decode(inflate(body), JournalRequest)


def _batch(request: JournalRequest) -> Batch:
    if len(request.records) > MAX_RECORDS:
        raise WireError(ERROR_TOO_LARGE, f"expected at most {MAX_RECORDS} records")
    if not 1 <= request.first_seq <= _MAX_SEQ or not 1 <= len(request.epoch) <= 64:
        raise WireError(ERROR_MALFORMED, "expected an epoch and a first_seq from 1 on")
    if request.final_seq is not None and not 0 <= request.final_seq <= _MAX_SEQ:
        raise WireError(ERROR_MALFORMED, "expected a final_seq from 0 on")
    return Batch(
        epoch=request.epoch,
        first_seq=request.first_seq,
        prev_hash=_hash(request.prev_hash),
        records=[(_hash(record.hash), record.payload()) for record in request.records],
        final_seq=request.final_seq,
        app_version=request.app_version,
    )


def _hash(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != hashlib.sha256().digest_size or len(text) != 64:
        raise WireError(ERROR_MALFORMED, f"expected a SHA-256 in hex, got {text[:80]!r}")
    return digest


def _number(text: str, name: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 15:
        raise WireError(ERROR_MALFORMED, f"expected a number as {name}, got {text[:40]!r}")
    return int(text)


def _record(digest: bytes, data: bytes) -> Record:
    try:
        return Record(digest.hex(), data.decode())
    except UnicodeDecodeError:
        return Record(digest.hex(), b64=to_base64(data))


__all__ = ["ERROR_REPLAYED", "MAX_INFLATED_BYTES", "Service"]
