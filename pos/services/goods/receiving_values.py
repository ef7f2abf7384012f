"""Values of receiving: what is kept beside the draft, and what counting a scan answers."""

from __future__ import annotations

import msgspec

from pos.domain.goods.documents import GoodsLine


class UnknownScan(msgspec.Struct, frozen=True):
    """A code that nobody knew: kept with the draft until somebody says what it is."""

    code: str
    quantity_milli: int
    at: str = ""
    note: str = ""
    """What the goods behind it are, as far as anybody said."""


class Working(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What only the dialogue needs, kept beside the draft."""

    unknown: tuple[UnknownScan, ...] = ()
    nameless: tuple[UnknownScan, ...] = ()
    """Codes that stayed unknown: the goods behind them go back and are claimed."""

    counted: bool = False
    """Counting is done; the document is being checked and signed."""

    noting: bool = False
    """The delivery note is being typed; what is scanned now is what it says."""

    over: dict[str, int] = {}
    """Line number → what of it is beyond the tolerance and was rejected for that."""

    units: dict[str, tuple[str, ...]] = {}
    """Line number → every unit code scanned, those of rejected units too."""

    unopened: tuple[int, ...] = ()
    """Lines whose boxes somebody did not open (RCV-04)."""

    temperature_tenths: int | None = None
    """As last measured on this delivery; the next cold goods propose it."""


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A scan was counted."""

    line: GoodsLine
    before_milli: int
    asks: tuple[str, ...] = ()
    """What the rule of its class still wants to know: batch, production_day, expiry, temperature."""

    warnings: tuple[str, ...] = ()
    """Codes of what is wrong with it, loudest first: a `Difference`, or `short_life`, `over`."""

    days_left: int | None = None
