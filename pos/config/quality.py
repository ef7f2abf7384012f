"""Settings of quality: licences, warnings, places with a thermometer, buyers of devices."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pos.config.setting_types import LineText, ShortText, Table

_TradeId = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$", examples=["medicine"])]
_Day = Annotated[str, Meta(pattern="^$|^\\d{4}-\\d{2}-\\d{2}$", examples=["2027-12-31"])]
_Tenths = Annotated[int, Meta(ge=-900, le=900)]
_Percent = Annotated[int, Meta(ge=0, le=100)]


class Licence(Table, frozen=True, kw_only=True):
    """What the shop may trade in, and until when (CAT-15)."""

    trade: _TradeId
    number: ShortText = ""
    mode: Literal["retail", "wholesale"] = "retail"
    until: _Day = ""


class SaleWarning(Table, frozen=True, kw_only=True):
    """What is said when goods of a trade are scanned (CAT-11)."""

    trade: _TradeId
    text: LineText
    text_en: LineText = ""


class ReadingPlace(Table, frozen=True, kw_only=True):
    """A place whose temperature is read (QLT-11)."""

    id: _TradeId
    name: ShortText
    name_en: ShortText = ""
    lowest_tenths: _Tenths = -900
    highest_tenths: _Tenths = 900
    humidity_lowest: _Percent = 0
    humidity_highest: _Percent = 100


class Quality(Table, frozen=True, kw_only=True):
    """Batches, licences, readings, records that the law wants (QLT)."""

    device_buyer: Literal["always", "ask", "wholesale", "never"]
    sterile_signature: Literal["tender", "day", "off"]
    readings_per_day: Annotated[int, Meta(ge=0, le=24)]
    check_points: tuple[_TradeId, ...]
    licences: tuple[Licence, ...]
    warnings: tuple[SaleWarning, ...]
    places: tuple[ReadingPlace, ...]

    def warning_of(self, trade: str) -> SaleWarning | None:
        """The warning of a trade, or None."""
        return next((one for one in self.warnings if one.trade == trade), None)

    def licence_of(self, trade: str) -> Licence | None:
        """The licence for a trade, or None where none is written down."""
        return next((one for one in self.licences if one.trade == trade), None)
