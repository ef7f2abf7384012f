"""What booking is told and leaves behind: whose entries, deltas of a day, findings for sales audit."""

from __future__ import annotations

import msgspec


class Place(msgspec.Struct, frozen=True):
    """Whose entries are booked: identity by enrolment, never by an entry's labels."""

    store_id: str
    workstation_no: int
    epoch_no: int

    @property
    def key(self) -> tuple[str, int, int]:
        """The columns that lead the keys of an epoch's rows."""
        return self.store_id, self.workstation_no, self.epoch_no


class Finding(msgspec.Struct, frozen=True):
    """Something for sales audit (R9)."""

    code: str
    subject: str
    business_day: str
    workstation_id: str
    detail: str = ""


class DayDelta(msgspec.Struct):
    """What a batch adds to one workstation's business day."""

    opened: int = 0
    transactions: int = 0
    lines: int = 0
    net_minor: int = 0
    discounts_minor: int = 0
