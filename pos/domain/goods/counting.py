"""Counts: what was counted where and when, and what the books expected at that moment (R14).

A count's entries carry scans, not results: each scan has its time and the sequence that this
journal had reached, so that whoever knows the whole ledger can replay it to that very moment.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class CountKind(StrEnum):
    """Which count it is."""

    OPENING = "opening"
    """建账盘点 (STK-01)."""

    TOTAL = "total"
    """日盘总数: pieces of chosen classes at handover (STK-04)."""

    DETAILED = "detailed"
    """月盘明细, opened by finance (STK-05)."""

    CYCLE = "cycle"
    """Cycle count by ABC class (STK-10, STK-12)."""


class Tag(StrEnum):
    """What is wrong with a piece's tag; such a piece is not counted in (STK-06)."""

    NONE = ""
    MIXED = "mixed"
    """混签."""

    LOST = "lost"
    """丢签."""


class CountScan(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One counted line."""

    item_code: str
    quantity_milli: int
    at_utc_ms: int
    after_seq: int
    """Sequence of this till's journal when it was counted: what is later came after."""

    batch: str = ""
    unit_code: str = ""
    tag: Tag = Tag.NONE
    description: str = ""
    """Of a piece without identity: what it looks like and where it was found."""

    at_local: str = ""
    head_office_offset_ms: int | None = None
    """Head office's clock minus this one when it was counted, where known (R14, R20)."""

    epoch: str = ""
    """Epoch of `after_seq` where it is no longer that of the entry."""


class CountScans(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Body of `count_scans`: some scans of one counter in one area and pass, in order."""

    count_id: str
    pass_no: int
    """1 and 2 are blind; 3 counts again what differs."""

    area: str
    counter_id: str
    scans: tuple[CountScan, ...]


class CountAction(StrEnum):
    """What happened to a count."""

    OPENED = "opened"
    ASSIGNED = "assigned"
    AREA_DONE = "area_done"
    ENDED = "ended"
    """No further scans from this workstation."""

    CANCELLED = "cancelled"


class CountEvent(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Body of `count_event`."""

    count_id: str
    action: CountAction
    count_kind: CountKind = CountKind.DETAILED
    pass_no: int = 0
    area: str = ""
    counter_id: str = ""
    item_classes: tuple[str, ...] = ()
    item_codes: tuple[str, ...] = ()
    """What the count is about; both empty is everything."""

    passes: int = 0
    """Blind passes asked for, 1 or 2; said when it is opened."""

    order_id: str = ""
    """Head office's order that drew its date (STK-05)."""

    approver_id: str = ""
    note: str = ""
