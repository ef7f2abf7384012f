"""F1: all keys of the screen below, and every command with its key and its number."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pos.i18n import gettext as _
from pos.ui.commands import NAMES, NUMBERS, key_name
from pos.ui.help_pages import PAGES
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import cells, pad, wrap

if TYPE_CHECKING:
    from pos.ui.screens.base import TillScreen


class HelpScreen(ReadScreen, inherit_bindings=False):
    """A page of keys; scans go on to the sale."""

    CSS_PATH = "help.tcss"

    def __init__(self, below: TillScreen[Any]) -> None:
        rows = [(key, words) for key, words in below.help_lines() if words]
        lines = [*_about(below), _("Keys of this screen"), ""]
        lines += [f"  {_pad(key, 14)}{words}" for key, words in rows]
        if getattr(below, "has_commands", False):
            lines += ["", _("All functions (0 Enter, then the number)"), ""]
            keymap = below.host.keymap
            for number, command in NUMBERS.items():
                keys = " ".join(key_name(key) for key in keymap.keys.get(command, ()))
                lines.append(f"  {number:>2}  {_pad(keys, 12)}{_(NAMES[command][1])}")
        super().__init__(_("Help"), lines, scan_policy=ScanPolicy.FORWARD)


def _about(below: TillScreen[Any]) -> list[str]:
    """The job in words, wrapped to the screen, where its page is written."""
    page = PAGES.get(below.help_topic)
    if page is None:
        return []
    lines: list[str] = []
    for text in page.texts():
        lines += [*wrap(text, below.host.size.width - 4), ""]
    return lines


def _pad(text: str, width: int) -> str:
    return pad(text, width - cells(text))
