"""Settings of planning: when stock is slow or dead, the seasons, shelves to fill."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from pos.config.setting_types import Table

Days = Annotated[int, Meta(ge=1, le=3650)]
SeasonPercent = Annotated[int, Meta(ge=1, le=1000)]


class Planning(Table, frozen=True, kw_only=True):
    """What to order and what to look at (REP-02..07, REP-12)."""

    slow_days: Days
    dead_days: Days
    season_percent: Annotated[tuple[SeasonPercent, ...], Meta(min_length=12, max_length=12)]
    refill_days: Annotated[int, Meta(ge=1, le=60)]
