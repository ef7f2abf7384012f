"""The journal goes on in a new file with the first business day of a year (R30).

Nothing here is ever in the way of trading: when a condition does not hold, or a disk is in trouble,
the day opens in the file there is, and the next day asks again.
"""

from __future__ import annotations

import logging
import sqlite3
import time
from pathlib import Path

import msgspec

from pos.services.context import ROLL, Till
from pos.services.session import load_session
from pos.store import rollover
from pos.store.backup import list_backups
from pos.store.errors import StoreError

_WAIT_S = 2.0
"""How long a day waits for head office's word about the sign-on a moment ago, once a year."""

_RECENT_ENTRIES = 20

_log = logging.getLogger(__name__)


class JournalWentOn(msgspec.Struct, frozen=True, kw_only=True):
    """The journal goes on in a new file; told to listeners."""

    closed: str
    opened: str


def standing_of(till: Till) -> rollover.Standing:
    """What head office has, or at a lone till what backups have. Raises StoreError."""
    if till.reference.meta("workstation_uuid"):
        return rollover.Standing(acked=till.reference.acked())
    places = [Path(till.home) / "backups"]
    if till.settings.backup.directory:
        places.append(Path(till.settings.backup.directory).expanduser())
    heads = [info.head for place in places for info in list_backups(place)]
    return rollover.Standing(backups=tuple((head.entry_id, head.hash) for head in heads))


def plan_of(till: Till) -> rollover.Plan:
    """What a rollover would do now, and what is in its way; reads only."""
    connection = till.journal.reader()
    path = Path(connection.execute("PRAGMA database_list").fetchone()[2])
    return rollover.plan(connection, path, standing_of(till))


def roll_over(
    till: Till, year: str, progress: rollover.Progress | None = None
) -> rollover.RolledOver:
    """Go on in a new file now. Raises RolloverNotNow with what is in the way, StoreError."""
    done = rollover.roll_over(till.journal, standing_of(till), year, progress)
    till.overlays = None
    load_session(till)
    return done


def roll_over_for(till: Till, business_day: str) -> JournalWentOn | None:
    """Go on in a new file when `business_day`, about to be opened, is the first of a year."""
    if till.training or till.authority == ROLL or till.settings.journal.rollover == "off":
        return None
    try:
        if not is_due(till, business_day):
            return None
        _wait_for_the_last_entries(till)
        done = roll_over(till, business_day[:4])
    except rollover.RolloverNotNow as later:
        codes = ", ".join(one.code for one in later.obstacles)
        _log.info("the journal stays in its file: %s", codes)
        return None
    except (StoreError, sqlite3.Error, OSError) as error:
        _log.warning("the journal stays in its file: %s", error)
        return None
    told = JournalWentOn(closed=done.closed.name, opened=done.opened.name)
    _log.info("the journal goes on in %s", told.opened)
    till.tell(told)
    return told


def is_due(till: Till, business_day: str) -> bool:
    """Whether the live file has a closed day of an earlier year than `business_day`."""
    first = (
        till.journal.reader()
        .execute("SELECT min(business_day) FROM business_day WHERE state = 'closed'")
        .fetchone()[0]
    )
    return bool(first) and first[:4] < business_day[:4]


def _wait_for_the_last_entries(till: Till) -> None:
    """Give head office a moment to acknowledge what was written since the operator sat down."""
    if not till.status.online:
        return
    till.write(lambda _txn: None).result()  # what is queued, such as an approval, counts too
    deadline = time.monotonic() + _WAIT_S
    while time.monotonic() < deadline:
        row = till.reference.acked().get(till.journal.epoch_id)
        waiting = till.journal.head()[0] - (row.durable_seq if row is not None else 0)
        if waiting <= 0 or waiting > _RECENT_ENTRIES:
            return
        time.sleep(0.05)  # another process drains: there is nothing of ours to wait on
