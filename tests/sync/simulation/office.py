"""The simulated head office: its shipped service on a real SQLite file, called without HTTP."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

import msgspec

from sync import protocol
from sync.exchange import Answer, Request, RequestKind
from sync.head_office.auth import Auth, AuthError, Signed
from sync.head_office.batches import Refused
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import open_dialect
from sync.head_office.home import HeadOfficeHome
from sync.head_office.ingest_route import _refusal
from sync.head_office.service import Service
from sync.head_office.upkeep import ingest_file
from sync.head_office.web import error_body
from sync.protocol import WireError, encode
from tests.sync.simulation.faults import Fuse, SimulatedKill
from tests.sync.simulation.template import STORE

if TYPE_CHECKING:
    from tests.sync.simulation.world import World


class Office:
    """Head office and what may befall it."""

    def __init__(self, world: World, home: Path) -> None:
        self.world = world
        self.home = home
        self.fuse = Fuse()
        self.up = False
        self.lives = 0
        self.service: Service
        self._backups: list[Path] = []
        if world.random.random() < 0.25:
            self._backups.append(home / "before.db")  # from before any till was enrolled
        self.start()

    # --------------------------------------------------------------------------- its life

    def start(self) -> None:
        """Open the database as `hq serve` does."""
        self.fuse.put_out()
        path = self.home / "hq.db"
        dialect = open_dialect(f"sqlite:///{path}")
        office = HeadOffice(
            HeadOfficeHome(self.home, f"sqlite:///{path}"),
            dialect,
            clock_ms=lambda: self.world.now_ms,
        )
        dialect.transaction = self.fuse.guard(dialect.transaction)  # type: ignore[method-assign, assignment]
        self.service = Service(office)
        self.up = True

    @property
    def office(self) -> HeadOffice:
        """The open head office."""
        return self.service.office

    def kill(self) -> None:
        """The process is gone; what was not committed is gone with it."""
        self.fuse.put_out()
        self.office.close()
        self.up = False

    def back_up(self) -> None:
        """Copy the database, as `hq backup` does."""
        target = self.home / f"backup-{len(self._backups)}.db"
        with sqlite3.connect(target) as copy:
            self.office.dialect.connection().backup(copy)
        copy.close()
        self._backups.append(target)

    @property
    def has_backup(self) -> bool:
        """Whether there is something to restore."""
        return bool(self._backups)

    def restore(self, index: int, *, by_hand: bool) -> None:
        """Put a backup in place; `hq restore` begins a new life, a copy by hand forgets to (R16)."""
        if self.up:
            self.kill()
        for name in ("hq.db", "hq.db-wal", "hq.db-shm"):
            (self.home / name).unlink(missing_ok=True)
        shutil.copyfile(self._backups[index % len(self._backups)], self.home / "hq.db")
        shutil.rmtree(self.home / "exports" / "snapshots", ignore_errors=True)
        self.start()
        if by_hand:
            return
        self.lives += 1
        self.office.incarnation = f"life-{self.lives}"
        with self.office.dialect.transaction():
            self.office.set_setting("incarnation", self.office.incarnation)

    # ----------------------------------------------------------------------- what it does

    def publish(self, changes: protocol.FeedChanges) -> None:
        """Publish one version of the feed."""
        self.service.feed.publish(changes, scope="")

    def take_stick(self, file: Path) -> int:
        """`hq ingest FILE`; returns how many entries were new. Raises SimulatedKill."""
        return ingest_file(self.office, file).new

    def handle(self, workstation_uuid: str, machine_id: str, request: Request) -> Answer:
        """Answer one request as the routes do. Raises SimulatedKill when the fuse burns down."""
        try:
            return self._answered(workstation_uuid, machine_id, request)
        except WireError as error:
            status, body = error_body(error)
            return Answer(status=status, body=body)
        except SimulatedKill:
            raise
        except Exception as error:  # noqa: BLE001 - as the route: 500, and the till asks again
            self.world.count(f"office error {type(error).__name__}")
            status, body = error_body(WireError(protocol.ERROR_INTERNAL, repr(error)))
            return Answer(status=status, body=body)

    def _answered(self, workstation_uuid: str, machine_id: str, request: Request) -> Answer:
        service = self.service
        workstation = Auth(self.office)._workstation(workstation_uuid)
        if workstation is None:
            raise AuthError(protocol.ERROR_UNKNOWN_KEY, "this workstation is not enrolled here")
        nonce = self.world.random.randbytes(8).hex()
        signed = Signed(workstation, nonce, machine_id, self.world.now_ms)
        query = dict(parse_qsl(urlsplit(request.target).query))
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
            case RequestKind.STOCK:
                answer = service.stock(signed, query)
            case RequestKind.SIBLINGS:
                answer = service.siblings(signed, query)
            case RequestKind.SOLD:
                answer = service.sold(signed, query)
        return Answer(status=200, body=encode(answer))

    # -------------------------------------------------------------------- what can be seen

    def watermark(self, epoch: str) -> list[tuple[int, int, int, bytes]]:
        """(workstation, epoch number, acknowledged sequence, head hash) of an epoch."""
        return [
            (int(a), int(b), int(c), bytes(d))
            for a, b, c, d in self.office.dialect.query(
                "SELECT workstation_no, epoch_no, acked_seq, head_hash FROM epoch "
                "WHERE store_id = ? AND epoch = ?",
                (STORE, epoch),
            )
        ]

    def held_uuids(self) -> set[str]:
        """entry_uuids of every entry that was booked."""
        rows = self.office.dialect.query(
            "SELECT entry_uuid FROM journal WHERE entry_uuid IS NOT NULL"
        )
        return {str(row[0]) for row in rows}
