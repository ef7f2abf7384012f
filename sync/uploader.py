"""One home's uploader put together: files, engine and client from settings and identity."""

from __future__ import annotations

import contextlib
import random
import shutil
import sqlite3
from pathlib import Path

from pos.config import Settings, load_settings
from pos.store.clock import Clock, SystemClock
from pos.store.errors import N_, StoreError
from pos.store.pepper import load_pepper, seal
from pos.store.reference_writer import ReferenceWriter
from pos.version import __version__
from sync import rotation
from sync.client import Client
from sync.engine import Engine
from sync.enrolment import load_key, machine_id
from sync.exchange import Identity, Pace
from sync.inbox import Inbox
from sync.outbox import Outbox, Unsent

_STATUS_EVERY_MS = 30_000
_STATUS_GAP_MS = 1_000


class NotEnrolledError(StoreError):
    """This home has no identity at head office yet."""

    default_hint = N_("Enrol it: `pos-sync enrol --url … --code …`; `hq enrol` makes the code.")


class Uploader:
    """What `run` and `once` work with; holds `reference.lock` until it is closed."""

    def __init__(
        self,
        home: Path,
        *,
        settings: Settings | None = None,
        clock: Clock | None = None,
        pace: Pace | None = None,
        command: str = "pos-sync",
    ) -> None:
        """Open everything. Raises NotEnrolledError, FileLocked, StoreError, ConfigError."""
        self.home = home
        self.settings = settings or load_settings(home)
        self.clock = clock or SystemClock()
        sync = self.settings.sync
        self.writer = ReferenceWriter.open(
            home, app_version=__version__, command=command, seal=Sealer(home)
        )
        try:
            identity = self.writer.identity()
            url = sync.head_office_url or identity.get("head_office_url", "")
            workstation_uuid = identity.get("workstation_uuid", "")
            if not workstation_uuid or not url:
                raise NotEnrolledError(N_("{home} is not enrolled at a head office."), home=home)
            self.client = _client(url, home, self.settings, workstation_uuid, self.clock)
            self.outbox = Outbox(home)
            self.inbox = Inbox(self.writer, self.clock)
            self.engine = Engine(
                outbox=self.outbox,
                inbox=self.inbox,
                clock=self.clock,
                random=random.SystemRandom(),
                identity=Identity(workstation_uuid=workstation_uuid, app_version=__version__),
                pace=pace or pace_of(self.settings),
                words=self._words,
            )
        except BaseException:
            self.writer.close()
            raise
        self._written: tuple[object, ...] | None = None
        self._written_at_ms = -_STATUS_EVERY_MS

    def unsent(self) -> Unsent:
        """What waits; nothing when the journal cannot be read now."""
        try:
            return self.outbox.unsent(self.inbox.acked())
        except (StoreError, sqlite3.Error):
            return Unsent()

    def write_status(self, *, force: bool = False) -> None:
        """Tell the till's header how the exchange stands, when that changed and not too often."""
        now = self.clock.monotonic_ms()
        since = now - self._written_at_ms
        if since < _STATUS_GAP_MS and not force:
            return
        status, unsent = self.engine.status, self.unsent()
        offset_ms = status.server_offset_ms
        facts = (
            status.online,
            status.last_error,
            unsent.count,
            None if offset_ms is None else offset_ms // 1000,
        )
        if facts == self._written and since < _STATUS_EVERY_MS and not force:
            return
        self.inbox.set_metas(
            {
                "online": "1" if status.online else "0",
                "last_success_ms": str(status.last_success_utc_ms)
                if status.last_success_utc_ms
                else self.inbox.meta("last_success_ms"),
                "last_error": status.last_error,
                "unsent": str(unsent.count),
                "oldest_unsent_ms": str(unsent.oldest_utc_ms or ""),
                "head_office_offset_ms": "" if offset_ms is None else str(offset_ms),
                "uploader_seen_ms": str(self.clock.utc_ms()),
            }
        )
        self._written, self._written_at_ms = facts, now

    def change_key(self) -> str:
        """Change to the next key and use it at once; returns why not, empty when it is done."""
        uuid = self.engine.identity.workstation_uuid
        why = rotation.rotate(self.home, self.client, uuid, self.engine.status.server_offset_ms)
        if not why:
            self.engine.push.hello_due = True  # its first use ends the old one
        return why

    def say_stopped(self) -> None:
        """Leave `offline` behind: nobody exchanges any more."""
        self.engine.status.online = False
        with contextlib.suppress(StoreError, sqlite3.Error):  # the next uploader says how it is
            self.write_status(force=True)

    def close(self) -> None:
        """Close connection and files, and let the lock go."""
        self.client.close()
        self.outbox.close()
        self.writer.close()

    def _words(self) -> dict[str, str]:
        """How the machine is, for the heartbeat."""
        try:
            return {"disk_free_mb": str(shutil.disk_usage(self.home).free // 1_000_000)}
        except OSError:
            return {}


def pace_of(settings: Settings) -> Pace:
    """The settings' `[sync]` as the engine's pace."""
    sync = settings.sync
    return Pace(
        interval_ms=int(sync.interval_s * 1000),
        stock_interval_ms=int(sync.stock_interval_s * 1000),
        sold_interval_ms=Pace().sold_interval_ms if sync.stock_interval_s else 0,
        backoff_max_ms=sync.backoff_max_s * 1000,
        batch_entries=sync.batch_entries,
        batch_bytes=sync.batch_bytes,
    )


class Sealer:
    """Seals verifiers with the home's pepper, which is read when the first one comes (R29)."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._pepper: bytes | None = None

    def __call__(self, verifier: str) -> str:
        """What is stored instead of a verifier."""
        if self._pepper is None:
            self._pepper = load_pepper(self._home)
        return seal(self._pepper, verifier)


def _client(
    url: str, home: Path, settings: Settings, workstation_uuid: str, clock: Clock
) -> Client:
    try:
        return Client(
            url,
            private_key=load_key(home),
            workstation_uuid=workstation_uuid,
            machine_id=machine_id(),
            clock=clock,
            timeout_s=settings.sync.timeout_s,
            ca_file=settings.sync.ca_file,
        )
    except (ValueError, OSError) as error:
        raise NotEnrolledError(
            N_("{url} cannot be used: {reason}."),
            url=url,
            reason=error,
            hint=N_("Check `sync.head_office_url` and `sync.ca_file` in the settings."),
        ) from error
