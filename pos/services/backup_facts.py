"""What the screens say of backups: how each place stands, and that a round has ended (R32)."""

from __future__ import annotations

import msgspec

from pos.services.context import Till
from pos.store.backup_rounds import PlaceStatus, read_status


class BackupRound(msgspec.Struct, frozen=True, kw_only=True):
    """Event: a round of backups has ended."""

    failed: bool
    first: bool = False
    """It failed, and the one before it had not."""

    places: tuple[PlaceStatus, ...] = ()


def backup_places(till: Till) -> list[PlaceStatus]:
    """How each place stood after the last round; empty before the first."""
    return read_status(till.home)


__all__ = ["BackupRound", "PlaceStatus", "backup_places"]
