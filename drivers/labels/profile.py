"""What one model of label printer can do; the profiles that ship are data (config/printers/labels)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from drivers.profile_mapping import Wrong, profile_from


@dataclass(frozen=True, slots=True)
class LabelProfile:
    """Language and limits of one label printer."""

    name: str
    language: Literal["tspl", "zpl"] = "tspl"
    dots_per_mm: Literal[8, 12] = 8
    """8 for a head of 203 dots per inch, 12 for 300."""
    font: str = "TSS24.BF2"
    """A font with Chinese glyphs in the printer: TSPL's name, or ZPL's with its drive."""
    font_dots: int = 24
    """Height of that font; a hanzi is as wide, ASCII half of it."""
    width_dots_max: int = 832
    """Of the head; a wider label is refused."""
    status: Literal["ask", "none"] = "ask"
    """Whether the printer answers ESC ! ? (TSPL) or ~HS (ZPL)."""
    speed: int = 0
    """Inches a second; 0 leaves what is set at the printer."""
    density: int = -1
    """Darkness 0 to 15; -1 leaves what is set at the printer."""
    status_timeout_ms: int = 1000
    write_timeout_ms: int = 5000
    label_ms: int = 2000
    """Longest time for one label, added up over a job before its outcome is unknown."""


_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "font_dots": (8, 96),
    "width_dots_max": (100, 4000),
    "speed": (0, 14),
    "density": (-1, 15),
    "status_timeout_ms": (50, 10_000),
    "write_timeout_ms": (100, 60_000),
    "label_ms": (100, 30_000),
}


def label_profile_from_mapping(mapping: Mapping[str, Any]) -> LabelProfile:
    """Check ``mapping`` field by field.

    Raises:
        Illegal: with every fault in one message, each naming the key, what was expected and got.
    """
    taking = {"name": _plain, "font": _plain}
    return profile_from(LabelProfile, "label printer profile", mapping, _LIMITS, taking)


def _plain(value: object) -> str:
    """Text that stands within a command of the printer."""
    if not isinstance(value, str):
        raise Wrong(f"expected text, got {value!r}")
    if not value.isascii() or not value.isprintable() or '"' in value:
        raise Wrong(f"expected plain ASCII without quotes, got {value!r}")
    return value
