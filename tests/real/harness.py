"""Trading a roll again with the product, from outside: commands in, rows and files out.

The product is started as its user starts it (`python -m pos`, `python -m sync.head_office`), and
what it kept is read with sqlite3 or psycopg. Nothing here imports pos, drivers or sync.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tests.real import expected
from tests.real.expected import COUNTS, GROUPINGS, MONEY, QUANTITIES, Row
from tests.real.roll import RollInfo

CHECKOUT = Path(__file__).resolve().parents[2]
REPLAY_TIMEOUT_S = 3600
COMMAND_TIMEOUT_S = 300
SHOWN_DIFFERENCES = 30


class CommandError(AssertionError):
    """A command of the product ended with an error; says which, and what it printed."""


@dataclass(frozen=True)
class Replayed:
    """A roll that was traded: where its till homes and its head office lie."""

    info: RollInfo
    home: Path

    @property
    def head_office(self) -> Path:
        """Head office's own home."""
        return self.home / "head-office"

    def till(self, store_id: str, workstation_id: str) -> Path:
        """A workstation's own home."""
        return self.home / "tills" / f"{store_id}-{workstation_id}"

    @property
    def tills(self) -> tuple[tuple[str, str, Path], ...]:
        """(store, workstation, home) of every till of the roll."""
        return tuple(
            (store, name, self.till(store, name)) for store, name in self.info.workstations
        )


def replay_command(
    roll: Path,
    home: Path,
    *,
    currency: str,
    through: str = "services",
    head_office_db: str | None = None,
    counts: Path | None = None,
) -> list[str]:
    """Return the command line that trades a roll again."""
    command = [sys.executable, "-m", "pos", "replay", str(roll), "--home", str(home)]
    command += ["--currency", currency, "--create-items", "--through", through]
    if head_office_db is not None:
        command += ["--head-office-db", head_office_db]
    if counts is not None:
        command += ["--counts", str(counts)]
    return command


def replay(
    info: RollInfo,
    home: Path,
    *,
    through: str = "services",
    head_office_db: str | None = None,
    counts: Path | None = None,
    timeout_s: float = REPLAY_TIMEOUT_S,
) -> Replayed:
    """Trade a roll again; returns when head office has everything. Raises CommandError."""
    command = replay_command(
        info.path,
        home,
        currency=info.currency,
        through=through,
        head_office_db=head_office_db,
        counts=counts,
    )
    run(command, timeout_s=timeout_s)
    return Replayed(info, home)


def run(
    command: Sequence[str],
    *,
    timeout_s: float = COMMAND_TIMEOUT_S,
    home: Path | None = None,
) -> str:
    """Run a command of the product in the checkout and return what it printed.

    ``home`` becomes POS_HOME. Without it the variable is taken away, so that a test never
    touches the home of whoever runs it.
    """
    environment = {k: v for k, v in os.environ.items() if k != "POS_HOME"}
    if home is not None:
        environment["POS_HOME"] = str(home)
    done = subprocess.run(
        command,
        cwd=CHECKOUT,
        env=environment,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=timeout_s,
        check=False,
    )
    if done.returncode:
        tail = "\n".join((done.stdout + "\n" + done.stderr).splitlines()[-40:])
        raise CommandError(f"{' '.join(command)}\nended with {done.returncode}:\n{tail}")
    return done.stdout


def hq(*arguments: str) -> list[str]:
    """Return a command line of head office."""
    return [sys.executable, "-m", "sync.head_office", *arguments]


def pos(*arguments: str) -> list[str]:
    """Return a command line of the till."""
    return [sys.executable, "-m", "pos", *arguments]


def hq_daily(
    home: Path, by: str, *, business_day: str | None = None, store: str | None = None
) -> list[Row]:
    """Return what `hq daily --by BY --format json` says of all days, or of one."""
    command = hq("daily", "--home", str(home), "--by", by, "--format", "json")
    if business_day is not None:
        command += ["--business-day", business_day]
    if store is not None:
        command += ["--store", store]
    answer = json.loads(run(command, timeout_s=COMMAND_TIMEOUT_S))
    rows = answer["rows"] if isinstance(answer, dict) else answer
    return [dict(row) for row in rows]


def all_hq_daily(home: Path) -> dict[str, list[Row]]:
    """Return head office's rows of every grouping."""
    return {by: hq_daily(home, by) for by in GROUPINGS}


# --- comparing -------------------------------------------------------------------------------


def compare(actual: Sequence[Row], wanted: Sequence[Row], by: str) -> list[str]:
    """Return the differences between head office's rows and the expected ones, one a line.

    Counts must be numbers, money text with 2 places, quantities decimal text of the same value.
    Rows in which every figure is zero are left out on both sides. A description is compared
    without surrounding blanks, and only where some line of the row has one.
    """
    keys = ("store_id", "business_day", "currency", *GROUPINGS[by])
    found, differences = _by_key(actual, keys, "head office")
    needed, own = _by_key(wanted, keys, "the expected rows")
    differences += own
    for key in needed.keys() - found.keys():
        differences.append(f"by {by} {key}: head office has no row, expected {needed[key]}")
    for key in found.keys() - needed.keys():
        differences.append(f"by {by} {key}: head office has a row too many, {found[key]}")
    for key in sorted(needed.keys() & found.keys()):
        differences.extend(
            f"by {by} {key}: {text}" for text in _row_differences(found[key], needed[key])
        )
    return differences


def report(differences: Sequence[str]) -> str:
    """Return differences as text for an assertion: how many, and the first of them."""
    shown = "\n  ".join(differences[:SHOWN_DIFFERENCES])
    more = len(differences) - SHOWN_DIFFERENCES
    return f"{len(differences)} differences\n  {shown}" + (f"\n  … {more} more" * (more > 0))


def _by_key(
    rows: Sequence[Row], keys: Sequence[str], whose: str
) -> tuple[dict[tuple[str, ...], Row], list[str]]:
    found: dict[tuple[str, ...], Row] = {}
    differences = []
    for row in rows:
        missing = [name for name in keys if name not in row]
        if missing:
            differences.append(f"{whose}: no {', '.join(missing)} in {row}")
            continue
        if _is_zero(row):
            continue
        key = tuple(row[name] for name in keys)
        if key in found:
            differences.append(f"{whose}: two rows of {key}")
        found[key] = row
    return found, differences


def _is_zero(row: Row) -> bool:
    try:
        return not any(
            Decimal(row[name]) for name in (*COUNTS, *QUANTITIES, *MONEY) if name in row
        )
    except InvalidOperation:
        return False


def _row_differences(found: Row, needed: Row) -> list[str]:
    differences = []
    for name, value in needed.items():
        if name not in found:
            differences.append(f"{name} is missing, expected {value!r}")
        elif not _equal(name, found[name], value):
            differences.append(f"{name} is {found[name]!r}, expected {value!r}")
    return differences


def _equal(name: str, found: Any, needed: Any) -> bool:
    if name == "description":
        return not needed.strip() or str(found).strip() == needed.strip()
    if name in QUANTITIES:
        try:
            return isinstance(found, str) and Decimal(found) == Decimal(needed)
        except InvalidOperation:
            return False
    return type(found) is type(needed) and bool(found == needed)


def day_differences(
    daily: Mapping[str, Sequence[Row]], wanted: Mapping[str, Sequence[Row]]
) -> list[str]:
    """Return the differences of every grouping."""
    return [text for by, rows in wanted.items() for text in compare(daily[by], rows, by)]


def expected_daily(info: RollInfo) -> dict[str, list[Row]]:
    """Return the expected rows of every grouping of a roll."""
    return expected.all_daily(info.path, info.currency)


def verify_books(traded: Replayed) -> None:
    """Have every till and head office check their own books; raises CommandError."""
    for _store, _workstation, till in traded.tills:
        run(pos("journal", "verify", "--home", str(till)))
    verify_head_office(traded.home)


def verify_head_office(home: Path) -> None:
    """Have head office check its books, then make its figures again from the journal.

    Who calls compares the figures with those of before.
    """
    run(hq("verify", "--home", str(home)))
    run(hq("rebuild", "--home", str(home)))


# --- a second head office --------------------------------------------------------------------


def ingest_elsewhere(traded: Replayed, home: Path, database_url: str) -> None:
    """Take the journals of a replay's tills into another head office, as exported segments.

    ``home`` becomes a head office with its database at ``database_url`` (made at the first
    call). It starts as a copy of the first head office's enrolments, since a segment is believed
    by the key that its till enrolled with.
    """
    if not (home / "head-office").exists():
        home.mkdir(parents=True, exist_ok=True)
        command = hq("init", "--home", str(home / "head-office"), "--database", database_url)
        run([*command, "--enrolments-from", str(traded.head_office)])
    for store_id, workstation_id, till in traded.tills:
        segment = home / "segments" / f"{store_id}-{workstation_id}.segment"
        segment.parent.mkdir(exist_ok=True)
        if not segment.exists():
            run(pos("journal", "export", "--home", str(till), "--all", "--out", str(segment)))
        run(
            hq("ingest", str(segment), "--home", str(home / "head-office")),
            timeout_s=REPLAY_TIMEOUT_S,
        )
