"""Writing to a home's journal without opening its till: set-up, settings, people."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pos.config import Settings
from pos.version import __version__

if TYPE_CHECKING:
    from pos.domain.journal.bodies import RulesChanged
    from pos.store.journal import JournalStore

JOURNALED_GROUPS = ("rules", "approval", "security", "payment", "prices", "returns", "stock")
"""Groups of settings whose changes are journaled (rule 13)."""


def open_journal(home: Path, settings: Settings) -> JournalStore:
    """The home's journal for a command that writes; FileLocked names a till at work (R25)."""
    from pos.store.clock import SystemClock
    from pos.store.journal import Identity, JournalStore
    from pos.store.reference import ReferenceReader

    reference = ReferenceReader(home)
    try:
        uuid = reference.meta("identity.workstation_uuid") or ""
    finally:
        reference.close()
    identity = Identity(
        store_id=settings.store.store_id,
        workstation_id=settings.workstation.workstation_id,
        workstation_uuid=uuid,
        currency=settings.store.currency,
    )
    return JournalStore.open(home, identity, SystemClock(), __version__)


def is_enrolled(home: Path) -> bool:
    """Whether head office owns this home's items and people (R25)."""
    from pos.store.reference import ReferenceReader

    reference = ReferenceReader(home)
    try:
        return bool(reference.meta("identity.workstation_uuid"))
    finally:
        reference.close()


def journaled_changes(old: Settings, new: Settings) -> list[RulesChanged]:
    """What the journal must know of a change of settings: how strictly a shop is run."""
    from pos.domain.journal.bodies import RulesChanged

    found = []
    for group in JOURNALED_GROUPS:
        before = msgspec.to_builtins(getattr(old, group))
        after = msgspec.to_builtins(getattr(new, group))
        found += [
            RulesChanged(key=f"{group}.{key}", old=_short(before[key]), new=_short(after[key]))
            for key in after
            if before[key] != after[key]
        ]
    return found


def opening_count_waived(settings: Settings) -> list[RulesChanged]:
    """What the journal of a new till says when its shop is not counted before it sells (STK-01)."""
    from pos.domain.journal.bodies import RulesChanged

    if settings.stock.opening_count == "required":
        return []
    return [RulesChanged(key="stock.opening_count", old="required", new="waived")]


def _short(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
