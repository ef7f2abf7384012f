"""Colours: three themes, each a table of roles; blue and orange mean something, no red or green.

A sign (✓ ✗ ▲ ▼ !) always stands beside a colour, so that nothing is said by colour alone.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from rich.style import Style
from textual.theme import Theme

_Role = tuple[str, str, bool]

DARK: Final[dict[str, str]] = {
    "ground": "#0f1419",
    "raised": "#1b2733",
    "panel": "#16202b",
    "text": "#e6e6e6",
    "dim": "#93a4b5",
    "blue": "#5ab0ff",
    "orange": "#ffa040",
    "on_blue": "#08131f",
    "on_orange": "#1a0f00",
    "mark": "#23527c",
    "mark_text": "#ffffff",
    "bright": "#ffffff",
}
LIGHT: Final[dict[str, str]] = {
    "ground": "#fbfbf8",
    "raised": "#e4ebf2",
    "panel": "#f1f4f7",
    "text": "#1a1f24",
    "dim": "#51606e",
    "blue": "#0b5cad",
    "orange": "#a34700",
    "on_blue": "#ffffff",
    "on_orange": "#ffffff",
    "mark": "#0b5cad",
    "mark_text": "#ffffff",
    "bright": "#000000",
}
CONTRAST: Final[dict[str, str]] = {
    "ground": "#000000",
    "raised": "#000000",
    "panel": "#000000",
    "text": "#ffffff",
    "dim": "#ffffff",
    "blue": "#66ccff",
    "orange": "#ffb000",
    "on_blue": "#000000",
    "on_orange": "#000000",
    "mark": "#ffffff",
    "mark_text": "#000000",
    "bright": "#ffffff",
}
_TABLES: Final = {"dark": DARK, "light": LIGHT, "high-contrast": CONTRAST}

_ROLES: Final[dict[str, _Role]] = {
    "text": ("text", "ground", False),
    "strong": ("bright", "ground", True),
    "dim": ("dim", "ground", False),
    "blue": ("blue", "ground", True),
    "orange": ("orange", "ground", True),
    "header": ("text", "raised", False),
    "header_strong": ("bright", "raised", True),
    "header_blue": ("blue", "raised", True),
    "header_orange": ("orange", "raised", True),
    "heading": ("dim", "ground", True),
    "mark": ("mark_text", "mark", True),
    "last": ("bright", "raised", True),
    "last_dim": ("dim", "raised", False),
    "total": ("bright", "panel", True),
    "total_label": ("text", "panel", False),
    "total_strong": ("bright", "panel", True),
    "change": ("blue", "panel", True),
    "refund": ("orange", "panel", True),
    "entry": ("bright", "ground", True),
    "entry_note": ("orange", "ground", True),
    "error": ("on_orange", "orange", True),
    "note": ("on_blue", "blue", True),
    "key": ("on_blue", "blue", True),
    "key_text": ("text", "raised", False),
    "frame": ("blue", "panel", False),
    "panel": ("text", "panel", False),
    "panel_strong": ("bright", "panel", True),
    "panel_dim": ("dim", "panel", False),
    "panel_blue": ("blue", "panel", True),
    "panel_orange": ("orange", "panel", True),
    "panel_field": ("bright", "raised", True),
    "training": ("on_orange", "orange", True),
}

THEME_NAMES: Final = tuple(_TABLES)
ROLE_NAMES: Final = tuple(_ROLES)


@lru_cache(maxsize=8)
def styles(theme_name: str) -> dict[str, Style]:
    """Role → parsed style of a theme; an unknown theme is the dark one."""
    table = _TABLES.get(theme_name.removeprefix("guitai-"), DARK)
    return {
        role: Style(color=table[front], bgcolor=table[back], bold=bold or None)
        for role, (front, back, bold) in _ROLES.items()
    }


def themes() -> list[Theme]:
    """The themes as Textual knows them, for the few surfaces that it paints by itself."""
    return [
        Theme(
            name=f"guitai-{name}",
            primary=table["blue"],
            secondary=table["mark"],
            warning=table["orange"],
            error=table["orange"],
            success=table["blue"],
            accent=table["orange"],
            foreground=table["text"],
            background=table["ground"],
            surface=table["raised"],
            panel=table["panel"],
            dark=name != "light",
        )
        for name, table in _TABLES.items()
    ]
