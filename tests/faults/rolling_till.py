"""A till that begins a new journal file, to be killed; and what must hold of its home then (R30).

    python -m tests.faults.rolling_till --home HOME [--kill-at STEP | --close-first] [--only-open]

It says `{"rolled": name}` once the new file is live. `--close-first` is the negative control: the
old file is closed before the new one is there.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import ItemSet, Note
from pos.domain.journal.shift_bodies import DayClose, DayOpen
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.shift import Totals
from pos.domain.tender import Tender
from pos.store import rollover
from pos.store.clock import FixedClock
from pos.store.errors import StoreError
from pos.store.journal import Identity, JournalStore
from pos.store.journal_files import journal_files
from pos.store.reference_values import AckRow
from pos.store.verification import verify_journals

STEPS = ("draft", "carry", "verify", "sync", "close", "commit")
DAY = "2026-12-31"
SALES = 5
PRICE_MINOR = 250


def open_store(home: Path) -> JournalStore:
    """The till's journal."""
    clock = FixedClock(datetime(2027, 1, 1, 1, 0, tzinfo=UTC))
    return JournalStore.open(home, Identity(store_id="01", workstation_id="02"), clock, "0")


def trade(store: JournalStore, day: str, sales: int) -> None:
    """A whole day: opened, sold, closed."""
    number = z_no(store)
    store.run(lambda txn: txn.append(EntryKind.DAY_OPEN, DayOpen(), business_day=day))
    for sale in range(1, sales + 1):
        store.run(
            lambda txn, sale=sale: txn.append(  # type: ignore[misc]
                EntryKind.TRANSACTION, _sale(day, sale), business_day=day
            )
        )
    close = DayClose(z_no=number, totals=Totals())
    store.run(lambda txn: txn.append(EntryKind.DAY_CLOSE, close, business_day=day))


def z_no(store: JournalStore) -> int:
    """Number of the next Z."""
    return int(store.reader().execute("SELECT next_z_no FROM till_state").fetchone()[0])


def prepare(home: Path) -> None:
    """A home that closed its year."""
    store = open_store(home)
    for code in ("A", "B"):
        item = ItemSet(item_code=code, name=code, unit_price_e4=25_000, barcodes=(f"69{code}",))
        store.run(lambda txn, item=item: txn.append(EntryKind.ITEM_SET, item))  # type: ignore[misc]
    trade(store, DAY, SALES)
    store.close()


def roll(store: JournalStore, progress: Any = None) -> rollover.RolledOver:
    """Begin the next file; head office is taken to have everything."""
    seq, digest = store.head()
    row = AckRow(
        epoch=store.epoch_id,
        acked_seq=seq,
        head_hash=digest.hex(),
        durable_seq=seq,
        incarnation="",
        at_utc_ms=0,
    )
    standing = rollover.Standing(acked={store.epoch_id: row})
    return rollover.roll_over(store, standing, "2027", progress)


def faults_of(home: Path) -> list[str]:
    """What is wrong with a home that was killed: it must start, in one file, and lose nothing."""
    faults: list[str] = []
    try:
        files = journal_files(home)
        live = [path for path in home.glob("journal*.db") if not _closed(path)]
        # A draft is no live file: nobody names it, and nothing can have been traded in it.
        live = [path for path in live if path in files or _sales(path)]
        if live != [files[-1]]:
            faults.append(f"live files: {[path.name for path in live]}")
        store = open_store(home)
    except (StoreError, sqlite3.Error) as error:
        return [*faults, f"does not start: {error}"]
    try:
        if store.path == home / "journal.db":
            roll(store)
        sums = (
            store.reader()
            .execute("SELECT next_z_no, perpetual_gross_minor FROM till_state")
            .fetchone()
        )
        if sums != (2, SALES * PRICE_MINOR):
            faults.append(f"counters are {sums}")
        if store.reader().execute("SELECT count(*) FROM local_item").fetchone()[0] != 2:
            faults.append("the shop's own items are not there")
        trade(store, "2027-01-01", 1)
    finally:
        store.close()
    files = journal_files(home)
    if [path.name for path in files] != ["journal.db", "journal-2027.db"]:
        faults.append(f"files: {[path.name for path in files]}")
    if [_sales(path) for path in files] != [SALES, 1]:
        faults.append(f"sales: {[_sales(path) for path in files]}")
    found = verify_journals(home)
    if not found.ok:
        faults.append(f"does not verify: {found.broken or found.damage or found.differing}")
    return faults


def main(arguments: Sequence[str] | None = None) -> int:
    """Roll over, or be killed on the way."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--kill-at", choices=STEPS)
    parser.add_argument("--close-first", action="store_true")
    parser.add_argument("--only-open", action="store_true")
    options = parser.parse_args(arguments)

    def progress(step: str) -> None:
        if step == options.kill_at:
            os.kill(os.getpid(), signal.SIGKILL)

    store = open_store(options.home)
    if options.close_first:
        store.run(lambda txn: rollover._close(txn.connection, "journal-2027.db"))
        path = options.home / "journal-2027.db"
        store.run(lambda txn: rollover._make(store, txn, path, progress))
        store.run(lambda txn: setattr(txn, "successor", path.name))
    elif not options.only_open:
        done = roll(store, progress)
        store.run(lambda txn: txn.append(EntryKind.NOTE, Note(text="in the new year")))
        sys.stdout.write(json.dumps({"rolled": done.opened.name}) + "\n")
    store.close()
    return 0


def _sale(day: str, number: int) -> Transaction:
    line = TransactionLine(
        line_no=1,
        kind=LineKind.SALE,
        item_code="A",
        description="A",
        quantity_milli=1000,
        unit_price_e4=25_000,
        amount_minor=PRICE_MINOR,
    )
    return Transaction(
        transaction_type=TransactionType.SALE,
        transaction_no=f"0102-{day}-{number}",
        number=number,
        operator_id="7",
        lines=(line,),
        tenders=(Tender(tender_no=1, tender_type="cash", amount_minor=PRICE_MINOR),),
        total_minor=PRICE_MINOR,
        at=f"{day}T10:00:00",
    )


def _closed(path: Path) -> bool:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            query = "SELECT 1 FROM local_meta WHERE key = 'successor'"
            return connection.execute(query).fetchone() is not None
        except sqlite3.OperationalError:
            return False


def _sales(path: Path) -> int:
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as connection:
        try:
            return int(connection.execute("SELECT count(*) FROM txn").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


if __name__ == "__main__":
    sys.exit(main())
