"""Trading a roll through devices: the real `pos run`, worked from outside as a cashier works it.

Goods are scanned as bytes through a pseudo-terminal, quantities and money are keyed, and every
receipt is read back from what the printer got. Lines and tenders that goods and keys cannot say
come as scanned roll commands (`pos.services.roll_commands`).
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from pos.bootstrap import build_till, close_till
from pos.config import HomePaths, load_settings, set_value
from pos.domain.roll import RollTransaction
from pos.i18n import gettext as _
from pos.replay.reading import RollSummary, TillKey, transactions
from pos.replay.shop import ReplayShop
from pos.replay.till_desk import TillDesk
from pos.replay.trading import Progress, ReplayFailed, ReplayReport
from pos.services import rolls
from pos.store.reference import ReferenceReader

_SETTINGS = (
    ("receipt.printing", "always"),
    ("receipt.language", "en"),
    ("ui.language", "en"),
    ("ui.sound", "off"),
)


def trade_roll_through_devices(
    roll: Path,
    summary: RollSummary,
    shop: ReplayShop,
    homes: dict[TillKey, Path],
    progress: Progress,
) -> ReplayReport:
    """Trade every transaction that is not on disk yet at running tills, and wait for head office.

    Raises ReplayFailed with the screen or the receipt that was not as the roll says.
    """
    began = time.monotonic()
    counter = _Counter(summary)
    try:
        for key, home in homes.items():
            counter.open(key, home, roll)
        for desk in counter.desks.values():
            desk.wait_ready()
        for transaction in transactions(roll):
            if counter.trade(transaction):
                seen = counter.done + counter.skipped
                progress(seen, summary.transactions, transaction.business_day)
                shop.check()
        for key in counter.desks:
            counter.close_day(key)
        traded_at = time.monotonic()
        progress(summary.transactions, summary.transactions, "")
        _drain(counter, homes, shop, progress)
    finally:
        counter.close()
    return ReplayReport(
        transactions=counter.done,
        already_traded=counter.skipped,
        lines=counter.lines,
        tills=len(homes),
        closed_days=counter.closed_days,
        seconds_trading=traded_at - began,
        seconds_draining=time.monotonic() - traded_at,
    )


class _Counter:
    """The running tills of a roll, and how far each of them is."""

    def __init__(self, summary: RollSummary) -> None:
        self.desks: dict[TillKey, TillDesk] = {}
        self.done = self.skipped = self.lines = self.closed_days = 0
        self._summary = summary
        self._skip: dict[TillKey, int] = {}

    def open(self, key: TillKey, home: Path, roll: Path) -> None:
        """Start a till; its journal says where a killed replay goes on."""
        for name, value in _SETTINGS:
            set_value(home, name, value)
        till = build_till(home)
        try:
            self._skip[key] = rolls.traded(till, self._summary.sha256)
            business_day = till.business_day
        finally:
            close_till(till)
        desk = TillDesk(home, roll, load_settings(home), self.idle)
        desk.business_day = business_day
        self.desks[key] = desk

    def idle(self) -> None:
        """Let no till wait for its terminal while another one is worked at."""
        for desk in self.desks.values():
            while desk.program.pump(0):
                pass

    def trade(self, transaction: RollTransaction) -> bool:
        """Trade one transaction; False when the till has it already."""
        key = (transaction.store_id, transaction.workstation_id)
        if self._skip[key]:
            self._skip[key] -= 1
            self.skipped += 1
            return False
        desk = self.desks[key]
        if desk.business_day != transaction.business_day:
            self.close_day(key)
            desk.open_day(transaction.business_day, transaction.operator_id)
        desk.trade(transaction)
        self.done += 1
        self.lines += len(transaction.lines)
        return True

    def close_day(self, key: TillKey) -> None:
        """Close a till's business day with what people counted, when one is open."""
        desk = self.desks[key]
        if desk.business_day:
            desk.close_day(self._summary.counts.get((*key, desk.business_day), {}))
            self.closed_days += 1

    def close(self) -> None:
        """End every till."""
        for desk in self.desks.values():
            desk.close()


def _drain(
    counter: _Counter, homes: dict[TillKey, Path], shop: ReplayShop, progress: Progress
) -> None:
    """Wait until head office has acknowledged every till's last entry, sent by its own uploader."""
    readers = {key: ReferenceReader(home) for key, home in homes.items()}
    try:
        while True:
            left = sum(_unsent(home, readers[key]) for key, home in homes.items())
            if left <= 0:
                return
            progress(-left, 0, "")
            shop.check()
            ended = [desk for desk in counter.desks.values() if desk.program.ended()]
            if ended:
                msg = _("{till}: the till ended").format(till=ended[0].home.name)
                raise ReplayFailed(msg, ended[0].program.screen.text())
            counter.idle()
            time.sleep(0.1)  # another process drains: there is nothing of ours to wait on
    finally:
        for reader in readers.values():
            reader.close()


def _unsent(home: Path, reference: ReferenceReader) -> int:
    """Entries of the till's journal that head office has not acknowledged."""
    journal = f"file:{HomePaths(home).journal}?mode=ro"
    with closing(sqlite3.connect(journal, uri=True)) as connection:
        epoch, seq = connection.execute(
            "SELECT e.epoch_id, max(j.seq) FROM epoch e JOIN journal_entry j USING (epoch_no) "
            "WHERE epoch_no = (SELECT max(epoch_no) FROM epoch)"
        ).fetchone()
    acked = reference.acked().get(epoch)
    return int(seq or 0) - (acked.acked_seq if acked is not None else 0)
