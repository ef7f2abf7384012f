"""A wide list to choose from: documents, loans, deliveries, each with its figures at the right."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from pos.ui.screens.choose import ChooseScreen

Value = TypeVar("Value")


class WideChooseScreen(ChooseScreen[Value], inherit_bindings=False):
    """As `ChooseScreen`, nearly as wide as the screen."""

    CSS_PATH = "choose.tcss"

    width_wanted: ClassVar[int] = 78
