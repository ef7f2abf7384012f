"""Opening head office: home, database, settings of its own life (incarnation, currency).

`HeadOffice` is what every other module works on. It is cheap to pass between threads: each thread
gets its own connection from the dialect.
"""

from __future__ import annotations

import datetime as dt
import os
import secrets
import time
from collections.abc import Callable
from pathlib import Path

from sync.head_office import migrate as migrations
from sync.head_office.dialect import DatabaseSetupError, Dialect, open_dialect
from sync.head_office.home import HeadOfficeHome, create, locate

INCARNATION = "incarnation"
CURRENCY = "currency"


def system_clock_ms() -> int:
    """Unix milliseconds of this machine."""
    return time.time_ns() // 1_000_000


class HeadOffice:
    """One head office's database, with its incarnation and clock."""

    def __init__(
        self,
        home: HeadOfficeHome,
        dialect: Dialect,
        *,
        clock_ms: Callable[[], int] = system_clock_ms,
    ) -> None:
        """Take an open dialect whose schema is current."""
        self.home = home
        self.dialect = dialect
        self.clock_ms = clock_ms
        self.incarnation = self.setting(INCARNATION)
        self.currency = self.setting(CURRENCY)

    def today(self) -> dt.date:
        """Head office's calendar day."""
        return dt.datetime.fromtimestamp(self.clock_ms() // 1000, tz=dt.UTC).astimezone().date()

    def setting(self, name: str, default: str = "") -> str:
        """One value of the table `setting`."""
        row = self.dialect.one("SELECT value FROM setting WHERE name = ?", (name,))
        return default if row is None else str(row[0])

    def set_setting(self, name: str, value: str) -> None:
        """Write one value; the caller holds a transaction or accepts one of its own."""
        self.dialect.execute(
            "INSERT INTO setting (name, value) VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET value = excluded.value",
            (name, value),
        )

    def renew_incarnation(self) -> str:
        """Begin a new life, as after restoring a backup (R16); returns it."""
        self.incarnation = secrets.token_hex(8)
        with self.dialect.transaction():
            self.set_setting(INCARNATION, self.incarnation)
        return self.incarnation

    def close(self) -> None:
        """Close this thread's connection."""
        self.dialect.close()


def initialise(
    home: HeadOfficeHome,
    *,
    currency: str,
    app_version: str,
    database_url: str | None = None,
    clock_ms: Callable[[], int] = system_clock_ms,
) -> HeadOffice:
    """Create the home and its schema; doing it again changes nothing."""
    create(home, database_url)
    dialect = open_dialect(home.database_url)
    migrations.migrate(dialect, app_version)
    with dialect.transaction():
        dialect.execute(
            "INSERT INTO setting (name, value) VALUES (?, ?), (?, ?) ON CONFLICT DO NOTHING",
            (INCARNATION, secrets.token_hex(8), CURRENCY, currency),
        )
    if home.database_url.startswith("sqlite:///"):
        Path(home.database_url.removeprefix("sqlite:///")).chmod(0o600)
    return HeadOffice(home, dialect, clock_ms=clock_ms)


def open_head_office(
    home: str | os.PathLike[str] | None = None,
    *,
    database_url: str | None = None,
    read_only: bool = False,
    app_version: str = "",
    clock_ms: Callable[[], int] = system_clock_ms,
) -> HeadOffice:
    """Open an existing head office; raises DatabaseSetupError when there is none.

    With an `app_version` a database of an older schema is migrated, else it is refused.
    `read_only` opens a SQLite file `mode=ro`, so that it may be read while it is served.
    """
    place = locate(home, database_url)
    if place.database_url.startswith("sqlite:///"):
        file = place.database_url.removeprefix("sqlite:///")
        if not os.path.exists(file):  # noqa: PTH110 - a URL's path, not one of ours
            raise DatabaseSetupError(f"{file} does not exist: run `hq init` first")
    dialect = open_dialect(place.database_url, read_only=read_only)
    if app_version and not read_only:
        if not migrations.applied_numbers(dialect):
            raise DatabaseSetupError("this is no head office yet: run `hq init` first")
        migrations.migrate(dialect, app_version)
    migrations.check_current(dialect)
    return HeadOffice(place, dialect, clock_ms=clock_ms)
