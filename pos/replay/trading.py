"""Trading a roll through the services: days open and close as it moves on; resumable."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from pos.bootstrap import build_till, close_till
from pos.domain.cart import Refusal
from pos.domain.roll import RollTransaction
from pos.replay.reading import RollSummary, transactions
from pos.replay.shop import ReplayShop
from pos.services import rolls, shifts
from pos.services.context import Till

Progress = Callable[[int, int, str], None]
"""Called with (done, total, what)."""


class ReplayReport(msgspec.Struct, frozen=True, kw_only=True):
    """What a replay did."""

    transactions: int
    already_traded: int
    lines: int
    tills: int
    closed_days: int
    seconds_trading: float
    seconds_draining: float


class ReplayFailed(Exception):
    """The replay cannot go on; what was traded stays and a new start goes on from there."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.hint = hint


def trade_roll(
    roll: Path,
    summary: RollSummary,
    shop: ReplayShop,
    homes: dict[tuple[str, str], Path],
    progress: Progress,
) -> ReplayReport:
    """Trade every transaction that is not on disk yet, close the days and wait for head office."""
    began = time.monotonic()
    tills: dict[tuple[str, str], Till] = {}
    skip: dict[tuple[str, str], int] = {}
    closed = done = skipped = lines = 0
    try:
        for key, home in homes.items():
            till = build_till(home)
            tills[key] = till
            rolls.begin_roll(till, roll.name, summary.sha256)
            rolls.drop_unfinished(till)
            skip[key] = rolls.traded(till)
        for transaction in transactions(roll):
            key = (transaction.store_id, transaction.workstation_id)
            if skip[key]:
                skip[key] -= 1
                skipped += 1
                continue
            till = tills[key]
            closed += _move_day(till, transaction)
            try:
                rolls.trade(till, transaction)
            except rolls.RollRefused as error:
                raise ReplayFailed(str(error)) from error
            done += 1
            lines += len(transaction.lines)
            if done % 50 == 0:
                progress(done + skipped, summary.transactions, transaction.business_day)
                shop.check()
        for till in tills.values():
            closed += _close_day(till)
        traded_at = time.monotonic()
        progress(summary.transactions, summary.transactions, "")
        _drain(tills, shop, progress)
    finally:
        for till in tills.values():
            close_till(till)
    return ReplayReport(
        transactions=done,
        already_traded=skipped,
        lines=lines,
        tills=len(tills),
        closed_days=closed,
        seconds_trading=traded_at - began,
        seconds_draining=time.monotonic() - traded_at,
    )


def _move_day(till: Till, transaction: RollTransaction) -> int:
    if till.business_day == transaction.business_day:
        return 0
    closed = _close_day(till)
    opened = shifts.open_day(till, transaction.business_day, 0)
    if isinstance(opened, Refusal):
        raise ReplayFailed(opened.message)
    if not isinstance(opened, shifts.DayOpened):
        raise ReplayFailed(f"the day cannot be opened: {opened}")
    opened.saved.result()
    return closed


def _close_day(till: Till) -> int:
    if not till.business_day:
        return 0
    result = shifts.close_day(till, {})
    if isinstance(result, Refusal):
        raise ReplayFailed(result.message)
    if not isinstance(result, shifts.DayClosed):
        raise ReplayFailed(f"the day cannot be closed: {result}")
    result.saved.result()
    return 1


def _drain(tills: dict[tuple[str, str], Till], shop: ReplayShop, progress: Progress) -> None:
    """Wait until head office has acknowledged every till's last entry."""
    while True:
        left = 0
        for till in tills.values():
            row = till.reference.acked().get(till.journal.epoch_id)
            acked = row.acked_seq if row is not None else 0
            left += till.journal.head()[0] - acked
        if left <= 0:
            return
        progress(-left, 0, "")
        shop.check()
        time.sleep(0.1)  # another process drains: there is nothing of ours to wait on
