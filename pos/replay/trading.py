"""Trading a roll through the services: days open and close as it moves on; resumable."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from pos.bootstrap import build_till, close_till
from pos.domain.cart import Refusal
from pos.domain.roll import RollTransaction
from pos.domain.tender import CASH
from pos.i18n import gettext as _
from pos.replay.reading import RollSummary, transactions
from pos.replay.shop import ReplayShop
from pos.services import rolls, shifts, upkeep
from pos.services.context import Till

Progress = Callable[[int, int, str], None]
"""Called with (done, total, business day); done below 0 is minus the entries still to be sent."""


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
            _begin(till, roll, summary)
            skip[key] = rolls.traded(till, summary.sha256)
        for transaction in transactions(roll):
            key = (transaction.store_id, transaction.workstation_id)
            if skip[key]:
                skip[key] -= 1
                skipped += 1
                continue
            till = tills[key]
            closed += _move_day(till, transaction, summary)
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
            closed += _close_day(till, summary)
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


def _begin(till: Till, roll: Path, summary: RollSummary) -> None:
    try:
        rolls.begin_roll(till, roll.name, summary.sha256)
    except rolls.RollRefused as error:
        raise ReplayFailed(str(error)) from error
    rolls.drop_unfinished(till)
    upkeep.apply_catalogue(till)


def _move_day(till: Till, transaction: RollTransaction, summary: RollSummary) -> int:
    if till.business_day == transaction.business_day:
        return 0
    closed = _close_day(till, summary)
    till.acting_operator_id = transaction.operator_id
    opened = shifts.open_day(till, transaction.business_day, 0)
    if isinstance(opened, Refusal):
        raise ReplayFailed(_refused(till, transaction.business_day, opened))
    if not isinstance(opened, shifts.DayOpened):
        raise ReplayFailed(_("The day cannot be opened: {why}").format(why=opened))
    opened.saved.result()
    return closed


def _close_day(till: Till, summary: RollSummary) -> int:
    """Close the day with what people counted, if the roll's owner knows it; cash is handed up."""
    if not till.business_day:
        return 0
    identity = till.journal.identity
    key = (identity.store_id, identity.workstation_id, till.business_day)
    counted = summary.counts.get(key, {})
    result = shifts.close_day(till, counted, handed_up_minor=counted.get(CASH))
    if isinstance(result, Refusal):
        raise ReplayFailed(_refused(till, till.business_day, result))
    if not isinstance(result, shifts.DayClosed):
        raise ReplayFailed(_("The day cannot be closed: {why}").format(why=result))
    result.saved.result()
    return 1


def _refused(till: Till, business_day: str, refusal: Refusal) -> str:
    identity = till.journal.identity
    return _("store {store} workstation {workstation}, business day {day}: {why}").format(
        store=identity.store_id,
        workstation=identity.workstation_id,
        day=business_day,
        why=_(refusal.message),
    )


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
