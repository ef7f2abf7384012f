"""The growing delay after wrong PINs: persistent, at most five minutes, never for good.

Within one run of the till the delay is measured by the monotonic clock, so a hand on the wall
clock changes nothing. What is on disk is how much of the delay was left: a new run serves that
again in full, because the wall clock cannot be trusted to say that it has passed.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import Any
from weakref import WeakKeyDictionary

import msgspec

from pos.domain.journal import EntryKind
from pos.domain.journal.people_bodies import LockoutLifted, PinFailed
from pos.services.context import Till
from pos.store.journal import WriteTransaction

MAX_TRIED_ID = 32
"""Longest operator id that is remembered as tried."""


class _Entry(msgspec.Struct):
    failures: int
    until_monotonic_ms: int
    on_disk_ms: int


_GUARD = threading.Lock()
_ENTRIES: WeakKeyDictionary[Till, dict[str, _Entry]] = WeakKeyDictionary()


def wait_ms(till: Till, operator_id: str) -> int:
    """How long this id must still wait before a PIN is looked at; 0 when it need not."""
    with _GUARD:
        entry = _entry(till, operator_id)
        if entry is None:
            return 0
        left = max(0, entry.until_monotonic_ms - till.clock.monotonic_ms())
        served = left == 0 and entry.on_disk_ms > 0
        if served:
            entry.on_disk_ms = 0
    if served:
        till.write(
            lambda txn: (
                txn.connection.execute(
                    "UPDATE lockout SET remaining_ms = 0 WHERE operator_id = ?", (operator_id,)
                ).rowcount
            )
        )
    return left


def failed(till: Till, operator_id: str, *, grows: bool = True) -> int:
    """Note a wrong PIN, journal it, and return the delay in ms before the next try.

    `grows` false keeps the first delay: the last one who can lift delays is never shut out.
    """
    tried = operator_id[:MAX_TRIED_ID]
    security = till.settings.security
    with _GUARD:
        entry = _entry(till, tried)
        failures = (entry.failures if entry is not None else 0) + 1
        beyond = failures - security.lockout_free_attempts
        delay_ms = 0
        if beyond > 0:
            seconds = security.lockout_first_delay_s * (2 ** min(beyond - 1, 12) if grows else 1)
            delay_ms = min(seconds, security.lockout_max_delay_s, 300) * 1000
        _ENTRIES[till][tried] = _Entry(failures, till.clock.monotonic_ms() + delay_ms, delay_ms)
    until_utc_ms = till.clock.utc_ms() + delay_ms if delay_ms else 0
    body = PinFailed(operator_tried=tried, failures=failures, locked_until_utc_ms=until_utc_ms)
    by, day = till.operator_id, till.business_day

    def job(txn: WriteTransaction) -> None:
        txn.connection.execute(
            "INSERT OR REPLACE INTO lockout VALUES (?, ?, ?, ?)",
            (tried, failures, until_utc_ms, delay_ms),
        )
        txn.append(EntryKind.PIN_FAILED, body, operator_id=by, business_day=day)

    till.write(job)
    return delay_ms


def succeeded(till: Till, operator_id: str) -> None:
    """Forget the failures of an id whose PIN was right."""
    with _GUARD:
        if _entry(till, operator_id) is None:
            return
        del _ENTRIES[till][operator_id]
    till.write(lambda txn: _drop(txn, operator_id))


def lift(till: Till, operator_id: str) -> Future[Any]:
    """Lift a delay and journal who did it; the caller has checked the right."""
    with _GUARD:
        _entry(till, operator_id)
        _ENTRIES[till].pop(operator_id, None)
    by, day = till.operator_id, till.business_day

    def job(txn: WriteTransaction) -> None:
        _drop(txn, operator_id)
        txn.append(
            EntryKind.LOCKOUT_LIFTED,
            LockoutLifted(operator_tried=operator_id),
            operator_id=by,
            business_day=day,
        )

    return till.write(job)


def delayed(till: Till) -> dict[str, int]:
    """Ids that must wait now, with the ms they must wait."""
    with _GUARD:
        _load(till)
        ids = list(_ENTRIES[till])
    return {one: left for one in ids if (left := wait_ms(till, one))}


def _drop(txn: WriteTransaction, operator_id: str) -> None:
    txn.connection.execute("DELETE FROM lockout WHERE operator_id = ?", (operator_id,))


def _entry(till: Till, operator_id: str) -> _Entry | None:
    _load(till)
    return _ENTRIES[till].get(operator_id)


def _load(till: Till) -> None:
    """Take over what the last run left, once."""
    if till in _ENTRIES:
        return
    now_ms = till.clock.monotonic_ms()
    _ENTRIES[till] = {
        operator_id: _Entry(failures, now_ms + remaining_ms, remaining_ms)
        for operator_id, failures, remaining_ms in till.journal.reader().execute(
            "SELECT operator_id, failures, remaining_ms FROM lockout"
        )
    }
