"""Settings of quality: licences, warnings, places with a thermometer, buyers of devices."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

_Text = Annotated[str, Meta(max_length=64)]
_LineText = Annotated[str, Meta(max_length=200)]
_Id = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$", examples=["medicine"])]
_Day = Annotated[str, Meta(pattern="^$|^\\d{4}-\\d{2}-\\d{2}$", examples=["2027-12-31"])]
_Tenths = Annotated[int, Meta(ge=-900, le=900)]
_Percent = Annotated[int, Meta(ge=0, le=100)]


class _Group(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the settings file."""


class Licence(_Group, frozen=True, kw_only=True):
    """What the shop may trade in, and until when (CAT-15)."""

    trade: _Id
    number: _Text = ""
    mode: Literal["retail", "wholesale"] = "retail"
    until: _Day = ""


class SaleWarning(_Group, frozen=True, kw_only=True):
    """What is said when goods of a trade are scanned (CAT-11)."""

    trade: _Id
    text: _LineText
    text_en: _LineText = ""


class ReadingPlace(_Group, frozen=True, kw_only=True):
    """A place whose temperature is read (QLT-11)."""

    id: _Id
    name: _Text
    name_en: _Text = ""
    lowest_tenths: _Tenths = -900
    highest_tenths: _Tenths = 900
    humidity_lowest: _Percent = 0
    humidity_highest: _Percent = 100


class Quality(_Group, frozen=True, kw_only=True):
    """Batches, licences, readings, records that the law wants (QLT)."""

    device_buyer: Literal["always", "ask", "wholesale", "never"]
    sterile_signature: Literal["tender", "day", "off"]
    readings_per_day: Annotated[int, Meta(ge=0, le=24)]
    check_points: tuple[_Id, ...]
    licences: tuple[Licence, ...]
    warnings: tuple[SaleWarning, ...]
    places: tuple[ReadingPlace, ...]

    def warning_of(self, trade: str) -> SaleWarning | None:
        """The warning of a trade, or None."""
        return next((one for one in self.warnings if one.trade == trade), None)

    def licence_of(self, trade: str) -> Licence | None:
        """The licence for a trade, or None where none is written down."""
        return next((one for one in self.licences if one.trade == trade), None)
