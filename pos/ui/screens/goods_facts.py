"""What the class of goods wants to know and no code told: batch, dates, temperature (RCV-10)."""

from __future__ import annotations

from collections.abc import Sequence

from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.ui import parsing
from pos.ui.parsing import TypedError
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.fields import Field, FieldsScreen
from pos.ui.text_grid import Line


class FactsScreen(FieldsScreen, inherit_bindings=False):
    """Fields of goods; scans wait meanwhile, and none is lost."""

    CSS_PATH = "fields.tcss"
    scan_policy = ScanPolicy.FORWARD
    help_topic = "goods_facts"

    def body(self, width: int, height: int) -> Sequence[Line]:
        rows = list(super().body(width, height))
        waiting = len(self.host.router.waiting)
        if waiting:
            text = ngettext("{count} scan waits", "{count} scans wait", waiting)
            rows += [(), ((f" ▲ {text.format(count=waiting)}", "orange"),)]
        return rows


def text_field(name: str, label: str, typed: str = "", *, optional: bool = False) -> Field:
    """A field for any text: a number of a paper, a name, a batch."""
    return Field(name, label, parsing.words, typed, optional, free=True)


def day_field(name: str, label: str, typed: str = "", *, optional: bool = False) -> Field:
    """A date: `261130`, `20261130` or `2026-11-30`."""
    return Field(name, label, short_day, typed, optional, letters="-")


def temperature_field(typed: str = "") -> Field:
    """Degrees Celsius with at most one decimal: `4.5`, `-18`."""
    return Field("temperature", _("Temperature on arrival °C"), tenths, typed, letters="-")


def short_day(text: str) -> str:
    """A date; six digits are a year of this century, month and day."""
    digits = text.replace("-", "").strip()
    try:
        found = parsing.day("20" + digits if len(digits) == 6 else digits)
        # A digit too many makes a year that no goods see.
        if not "2000" <= found[:4] <= "2099":
            raise TypedError(found)
    except TypedError as error:
        raise TypedError(_("Type the date as 261130 or 20261130")) from error
    return found


def tenths(text: str) -> int:
    """`4.5` → 45 tenths of a degree."""
    sign = -1 if text.startswith("-") else 1
    whole, _point, rest = text.removeprefix("-").partition(".")
    if not whole.isdigit() or len(whole) > 3 or (rest and not rest.isdigit()) or len(rest) > 1:
        raise TypedError(_("Type a temperature such as 4.5 or -18"))
    return sign * (int(whole) * 10 + int(rest or 0))
