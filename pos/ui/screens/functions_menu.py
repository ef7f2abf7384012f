"""All functions by number: `0` Enter, then the number. Every command, with the pad alone."""

from __future__ import annotations

from typing import ClassVar

from pos.config import Keymap
from pos.i18n import gettext as _
from pos.ui.commands import NAMES, NUMBERS, key_name
from pos.ui.screens.choose import Choice, ChooseScreen


class FunctionsMenu(ChooseScreen[str], inherit_bindings=False):
    """Answers with the command, or None."""

    CSS_PATH = "functions_menu.tcss"
    width_wanted: ClassVar[int] = 72

    def __init__(self, keymap: Keymap) -> None:
        choices = [
            Choice(
                number,
                _(NAMES[command][1]),
                command,
                detail=" ".join(key_name(key) for key in keymap.keys.get(command, ())[:1]),
            )
            for number, command in NUMBERS.items()
        ]
        super().__init__(_("All functions by number"), choices)
