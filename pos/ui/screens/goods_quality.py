"""Lists of quality with their own page under F1: the menu, a recall, a batch to choose."""

from __future__ import annotations

from pos.ui.screens.choose import ChooseScreen, Value


class QualityList(ChooseScreen[Value], inherit_bindings=False):
    """The quality menu and its lists."""

    help_topic = "goods_quality"


class RecallList(ChooseScreen[Value], inherit_bindings=False):
    """A recall: what to do, whom it concerns."""

    help_topic = "goods_recall"


class BatchList(ChooseScreen[Value], inherit_bindings=False):
    """Which batch is sold, or whether the pack in hand is of a held one."""

    help_topic = "goods_batch"
