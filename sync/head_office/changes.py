"""What moved between two revisions of a day's answer: the rows of the sheet 变更.

Only figures and states are compared. Pure: it sees rows as they were told, never the database.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

MAX_CHANGES = 5_000
"""A day whose every item moved is read from its rows; the list of changes stays readable."""

STATE = "state"
"""`column` of a change of a till-day's state, and of the whole day's."""

_LABELS = frozenset({"store_id", "business_day", "currency", "description"})


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One figure or state that a revision told differently from the one before it."""

    revision: int
    created_utc_ms: int
    store_id: str
    currency: str = ""
    key: str = ""
    """The grouping's key, or the workstation of a state."""

    column: str
    before: str
    """Empty when the row was not there."""

    after: str
    """Empty when the row is no longer there."""


def differences(
    before: Iterable[Mapping[str, Any]],
    after: Iterable[Mapping[str, Any]],
    *,
    columns: Sequence[str],
    key_column: str,
    revision: int,
    created_utc_ms: int,
) -> list[Change]:
    """Changes of figures between two sets of rows, in the order of the newer rows."""
    figures = [name for name in columns if name not in _LABELS and name != key_column]
    old, new = _by_key(before, key_column), _by_key(after, key_column)
    found: list[Change] = []
    for key in [*new, *(key for key in old if key not in new)]:
        then, now = old.get(key, {}), new.get(key, {})
        found += [
            Change(
                revision=revision,
                created_utc_ms=created_utc_ms,
                store_id=key[0],
                currency=key[1],
                key=key[2],
                column=name,
                before=_text(then.get(name)),
                after=_text(now.get(name)),
            )
            for name in figures
            if _moved(then.get(name), now.get(name))
        ]
        if len(found) >= MAX_CHANGES:
            break
    return found[:MAX_CHANGES]


def state_changes(
    before: Mapping[tuple[str, str], str],
    after: Mapping[tuple[str, str], str],
    *,
    revision: int,
    created_utc_ms: int,
) -> list[Change]:
    """Changes of till-days' states, by (store, workstation)."""
    keys = dict.fromkeys([*after, *before])
    return [
        Change(
            revision=revision,
            created_utc_ms=created_utc_ms,
            store_id=store_id,
            key=workstation_id,
            column=STATE,
            before=before.get((store_id, workstation_id), ""),
            after=after.get((store_id, workstation_id), ""),
        )
        for store_id, workstation_id in keys
        if before.get((store_id, workstation_id)) != after.get((store_id, workstation_id))
    ]


def _by_key(
    rows: Iterable[Mapping[str, Any]], key_column: str
) -> dict[tuple[str, str, str], Mapping[str, Any]]:
    return {
        (str(row["store_id"]), str(row["currency"]), str(row.get(key_column, ""))): row
        for row in rows
    }


def _moved(then: Any, now: Any) -> bool:
    return _text(then) != _text(now) and not (_is_nothing(then) and _is_nothing(now))


def _is_nothing(value: Any) -> bool:
    # A row that appears with a nought in it is no news about that figure.
    return _text(value).strip("0.") == ""


def _text(value: Any) -> str:
    return "" if value is None else str(value)
