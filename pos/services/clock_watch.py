"""The till's doubts about its own clock: seen, journaled, asked about once, flagged (R20).

A clock is in doubt when it stepped back, or is more than `clock.ask_manager_off_by_s` off. It is
looked at when the till starts (against the last entry of the journal) and once a second from then
on (the wall clock against the monotonic one, and against head office's while that is fresh). A
doubt is journaled once, as a `clock_step` that says what the time should have been and what the
clock said. From then on every entry carries the flag `clock_suspect`, until the clock is put right
or a manager has confirmed date and time; selling goes on, and order is by sequence anyway.

A manager is asked once for each doubt. The question can be put off; that too is journaled, so that
a restart does not ask again. It stays open under its function, and the header keeps its mark.

The rule `clock.off` says how strictly: `off` journals the step and no more, `warn` also marks and
flags, `approve` also asks, `block` asks and does not let itself be put off.
"""

from __future__ import annotations

import sqlite3
from typing import cast
from weakref import WeakKeyDictionary

import msgspec

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind, Unreadable, decode_entry
from pos.domain.journal.bodies import ClockStep
from pos.i18n import N_
from pos.services.context import ROLL, Till
from pos.services.operators import Credentials
from pos.store.errors import StoreError

RULE = "clock.off"
RIGHT = "clock.confirm"
FLAG = "clock_suspect"

STEP_MS = 60_000
"""A clock set back by less was corrected, as time synchronisation does; nobody is asked."""

SAME_MS = 3 * 60_000
"""A time typed by hand agrees with the clock within this much."""

_FRESH_MS = 5 * 60_000
"""Head office's time counts for this long after the uploader last heard of it."""


class Doubt(msgspec.Struct, frozen=True, kw_only=True):
    """What is wrong with the clock, for the question."""

    cause: str
    """`back` (it stepped back), `ahead` (it jumped on) or `head_office` (it differs)."""

    expected_utc_ms: int
    """What it should have said when it was seen; for `back` at a start, at least that."""

    clock_utc_ms: int
    """What it said then."""


class Confirmed(msgspec.Struct, frozen=True):
    """The manager says that the clock is right."""


class StillWrong(msgspec.Struct, frozen=True):
    """The manager says another time; entries stay flagged until the clock is set to it."""

    off_ms: int
    """How far the clock is ahead of what was said; negative when it is behind."""


class _Watch(msgspec.Struct, kw_only=True):
    """What one life of a till knows of its clock."""

    trusted_utc_ms: int
    """The time at `trusted_monotonic_ms`, by the last clock that was not in doubt."""

    trusted_monotonic_ms: int
    last_utc_ms: int
    last_monotonic_ms: int
    doubt: Doubt | None = None
    asked: bool = False
    from_before: bool = False
    """The doubt is an earlier life's: how long the till was off is not known."""

    accepted_offset_ms: int | None = None
    """Head office's difference when a manager said that this till is right."""


_WATCHES: WeakKeyDictionary[Till, _Watch] = WeakKeyDictionary()


def watch(till: Till) -> None:
    """Look at the clock, from the screen's tick; journals what is new and never raises.

    The first call compares with the journal. A replay has its own time, and training does not
    count: neither is watched.
    """
    if till.authority == ROLL or till.training or till.journal.undecided:
        return
    try:
        found = _WATCHES.get(till)
        if found is None:
            found = _WATCHES[till] = _begin(till)
        else:
            _look(till, found)
        found.last_utc_ms, found.last_monotonic_ms = till.clock.utc_ms(), till.clock.monotonic_ms()
        _show(till, found)
    except (StoreError, sqlite3.Error):
        return  # the disk is in trouble, which is said elsewhere; the clock is looked at again


def open_doubt(till: Till) -> Doubt | None:
    """What is wrong with the clock now, asked about or not."""
    found = _WATCHES.get(till)
    return found.doubt if found is not None else None


def question(till: Till) -> Doubt | None:
    """The doubt that a manager is to be asked about now, between sales; None when there is none."""
    found = _WATCHES.get(till)
    if found is None or found.doubt is None or found.asked or not till.sale.empty:
        return None
    return found.doubt if till.rules.mode(RULE) in ("approve", "block") else None


def may_put_off(till: Till) -> bool:
    """Whether selling may go on before somebody has answered."""
    return till.rules.mode(RULE) != "block"


def put_off(till: Till) -> None:
    """Nobody can say now: sell on, flagged, and do not ask again for this step."""
    found = _WATCHES.get(till)
    if found is None or found.doubt is None or not may_put_off(till):
        return
    if not found.asked:
        _note(till, found.doubt.expected_utc_ms, till.clock.utc_ms(), outcome="put_off")
    found.asked = True


def answer(
    till: Till, credentials: Credentials, said_utc_ms: int | None = None
) -> Confirmed | StillWrong | Refusal:
    """What a manager says the time is; None, or a time near the clock's, says that it is right.

    Whoever answers has the right `clock.confirm` and has just typed a PIN; it may be the person
    who is signed on, for nothing of theirs is approved by it.
    """
    found = _WATCHES.get(till)
    if found is None:
        return Refusal("clock_not_watched", N_("the clock is not looked at in this mode"))
    role = till.roles.get(credentials.person.role)
    if role is None or not (role.may(RIGHT) or role.may_approve(RIGHT)):
        return Refusal("may_not_approve", N_("this person may not approve this"), {"right": RIGHT})
    now = till.clock.utc_ms()
    approver_id = credentials.person.operator_id
    found.asked = True
    if said_utc_ms is not None and abs(said_utc_ms - now) > SAME_MS:
        _trust(till, found, said_utc_ms)
        found.doubt = Doubt(
            cause="back" if said_utc_ms > now else "ahead",
            expected_utc_ms=said_utc_ms,
            clock_utc_ms=now,
        )
        found.from_before = False
        _show(till, found)
        _note(till, said_utc_ms, now, approver_id, outcome="wrong")
        return StillWrong(now - said_utc_ms)
    before = found.doubt.expected_utc_ms if found.doubt is not None else now
    found.accepted_offset_ms = _fresh_offset(till)
    _end(till, found, before, approver_id, outcome="confirmed")
    return Confirmed()


# ------------------------------------------------------------------------------------ looking


def _begin(till: Till) -> _Watch:
    """Compare with the journal at the start of a life."""
    now, monotonic = till.clock.utc_ms(), till.clock.monotonic_ms()
    found = _Watch(
        trusted_utc_ms=now,
        trusted_monotonic_ms=monotonic,
        last_utc_ms=now,
        last_monotonic_ms=monotonic,
    )
    reader = till.journal.reader()
    row = reader.execute(
        "SELECT at_utc_ms, bytes FROM journal_entry WHERE kind != ? ORDER BY entry_id DESC LIMIT 1",
        (EntryKind.EPOCH_OPEN.value,),  # opened by this very start after a restore
    ).fetchone()
    if row is None:
        return found
    left = _left_open(reader, row[1]) if till.rules.mode(RULE) != "off" else None
    if left is not None:
        found.doubt, found.asked = left
        found.trusted_utc_ms = found.doubt.expected_utc_ms
        found.from_before = True
        if now < int(row[0]) - STEP_MS:
            _doubt(till, found, "back", int(row[0]), now)  # and another step since
        else:
            _settle_left_open(till, found, now)
    elif now < int(row[0]) - STEP_MS:
        found.trusted_utc_ms = int(row[0])
        _doubt(till, found, "back", int(row[0]), now)
    return found


def _left_open(reader: sqlite3.Connection, last_entry: bytes) -> tuple[Doubt, bool] | None:
    """The doubt in which an earlier life ended, and whether somebody was asked about it."""
    entry = decode_entry(bytes(last_entry))
    if isinstance(entry, Unreadable) or FLAG not in entry.envelope.flags:
        return None
    asked = False
    rows = reader.execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id DESC LIMIT 20",
        (EntryKind.CLOCK_STEP.value,),
    )
    for (entry_bytes,) in rows:
        found = decode_entry(bytes(entry_bytes))
        body = None if isinstance(found, Unreadable) else found.body
        if not isinstance(body, ClockStep):
            continue
        if body.outcome == "put_off":
            asked = True
            continue
        if body.outcome in ("confirmed", "put_right"):
            return None  # flagged by somebody else's doing; there is nothing to go on
        cause = "back" if body.to_utc_ms < body.from_utc_ms else "ahead"
        doubt = Doubt(cause=cause, expected_utc_ms=body.from_utc_ms, clock_utc_ms=body.to_utc_ms)
        return doubt, asked or body.outcome == "wrong"
    return None


def _look(till: Till, found: _Watch) -> None:
    now, monotonic = till.clock.utc_ms(), till.clock.monotonic_ms()
    stepped_ms = now - found.last_utc_ms - (monotonic - found.last_monotonic_ms)
    limit_ms = till.settings.clock.ask_manager_off_by_s * 1000
    off_ms = now - found.trusted_utc_ms - (monotonic - found.trusted_monotonic_ms)
    expected = now - off_ms
    if found.doubt is None:
        if off_ms < -STEP_MS:
            _doubt(till, found, "back", expected, now)
        elif off_ms > limit_ms:
            _doubt(till, found, "ahead", expected, now)
        elif stepped_ms > STEP_MS:
            _trust(till, found, now)  # a correction forward, as after an empty battery
    elif _is_right(found, off_ms, stepped_ms, limit_ms):
        _put_right(till, found, expected)
    elif abs(stepped_ms) > STEP_MS:
        cause = "back" if stepped_ms < 0 else "ahead"
        _doubt(till, found, cause, now - stepped_ms, now)
    _compare_with_head_office(till, found, now, limit_ms)


def _is_right(found: _Watch, off_ms: int, stepped_ms: int, limit_ms: int) -> bool:
    """Whether a clock in doubt agrees again with the time that was trusted last."""
    if found.from_before:  # how long the till was off is not known: only a hand puts it right
        return stepped_ms > STEP_MS and off_ms >= -STEP_MS
    return -STEP_MS <= off_ms <= limit_ms


def _compare_with_head_office(till: Till, found: _Watch, now: int, limit_ms: int) -> None:
    offset_ms = _fresh_offset(till)
    if offset_ms is None:
        return
    accepted_ms = found.accepted_offset_ms
    if accepted_ms is not None and abs(offset_ms - accepted_ms) <= limit_ms:
        return
    if found.doubt is None:
        if abs(offset_ms) > limit_ms:
            _trust(till, found, now + offset_ms)
            _doubt(till, found, "head_office", now + offset_ms, now)
    elif abs(offset_ms) <= max(SAME_MS, till.settings.clock.warn_off_by_s * 1000):
        _put_right(till, found, now + offset_ms)


def _settle_left_open(till: Till, found: _Watch, now: int) -> None:
    """A lone till has nothing but its journal: a clock past the last good time is taken as right.

    With a head office its time decides, as soon as it is known.
    """
    doubt = found.doubt
    alone = not till.status.enrolled and not till.settings.sync.head_office_url
    if doubt is not None and doubt.cause == "back" and alone and now >= doubt.expected_utc_ms:
        _put_right(till, found, now)


def _fresh_offset(till: Till) -> int | None:
    """Head office's clock minus ours, heard of in the last minutes by the clock as it is now."""
    offset_ms = till.clock.head_office_offset_ms
    if offset_ms is None:
        return None
    heard = int(till.reference.meta("last_success_ms") or 0)
    return offset_ms if abs(till.clock.utc_ms() - heard) <= _FRESH_MS else None


# ------------------------------------------------------------------------------------ deciding


def _trust(till: Till, found: _Watch, utc_ms: int) -> None:
    found.trusted_utc_ms, found.trusted_monotonic_ms = utc_ms, till.clock.monotonic_ms()


def _doubt(till: Till, found: _Watch, cause: str, expected_utc_ms: int, now: int) -> None:
    """A step is seen for the first time: one entry, and from it on the flag."""
    if till.rules.mode(RULE) == "off":
        _trust(till, found, now)
        found.doubt = None
    else:
        found.doubt = Doubt(cause=cause, expected_utc_ms=expected_utc_ms, clock_utc_ms=now)
        found.asked = False
        _show(till, found)
    _note(till, expected_utc_ms, now)


def _put_right(till: Till, found: _Watch, expected_utc_ms: int) -> None:
    _end(till, found, expected_utc_ms, "", outcome="put_right")


def _end(
    till: Till, found: _Watch, expected_utc_ms: int, approver_id: str, *, outcome: str
) -> None:
    now = till.clock.utc_ms()
    _trust(till, found, now)
    found.doubt, found.asked, found.from_before = None, False, False
    _show(till, found)
    _note(till, expected_utc_ms, now, approver_id, outcome=outcome)


def _show(till: Till, found: _Watch) -> None:
    """The header's mark, and the flag of every entry from now on."""
    till.journal.flags = (FLAG,) if found.doubt is not None else ()
    if found.doubt is not None:
        till.status.clock = "doubt"
        return
    offset_ms = _fresh_offset(till)
    far = offset_ms is not None and abs(offset_ms) > till.settings.clock.warn_off_by_s * 1000
    marked = far and till.rules.mode(RULE) != "off"
    till.status.clock = "off" if marked else ""


def _note(
    till: Till, from_utc_ms: int, to_utc_ms: int, approver_id: str = "", *, outcome: str = ""
) -> None:
    body = ClockStep(
        from_utc_ms=from_utc_ms, to_utc_ms=to_utc_ms, approver_id=approver_id, outcome=outcome
    )
    till.append(EntryKind.CLOCK_STEP, cast("msgspec.Struct", body))


__all__ = [
    "FLAG",
    "RIGHT",
    "RULE",
    "Confirmed",
    "Doubt",
    "StillWrong",
    "answer",
    "may_put_off",
    "open_doubt",
    "put_off",
    "question",
    "watch",
]
