"""What one model of label printer can do; the profiles that ship are data (config/printers/labels)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields
from typing import Any, Final, Literal, get_args, get_origin, get_type_hints

from drivers.errors import Illegal


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
    hints = get_type_hints(LabelProfile)
    required = {one.name for one in fields(LabelProfile) if one.default is MISSING}
    faults = [f"{name}: missing" for name in sorted(required - mapping.keys())]
    for name, value in mapping.items():
        fault = _fault(name, value, hints.get(name))
        if fault:
            faults.append(f"{name}: {fault}")
    if faults:
        name = mapping.get("name", "unnamed")
        raise Illegal(f"label printer profile {name!r}: " + "; ".join(faults))
    return LabelProfile(**mapping)


def _fault(name: str, value: object, hint: Any) -> str:
    if hint is None:
        return "unknown"
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        wrong = isinstance(value, bool) or value not in choices
        return f"expected one of {', '.join(map(repr, choices))}, got {value!r}" if wrong else ""
    if isinstance(value, bool) or not isinstance(value, hint):
        return f"expected {hint.__name__}, got {value!r}"
    if isinstance(value, str) and (not value.isascii() or not value.isprintable() or '"' in value):
        return f"expected plain ASCII without quotes, got {value!r}"
    if name in _LIMITS and isinstance(value, int):
        least, most = _LIMITS[name]
        if not least <= value <= most:
            return f"expected {least} to {most}, got {value}"
    return ""
