"""Business day and shift: opening, X, handover (交班), Z (日结), and a forgotten close made good."""

from pos.services.journal_reading import fold_entries
from pos.services.shifts.day_close import DayClosed, DayIsClosed, close_day
from pos.services.shifts.handover import ShiftClosed, check_receiver, close_shift
from pos.services.shifts.opening import DayOpened, ShiftOpened, open_day, open_shift
from pos.services.shifts.reading import (
    DayState,
    ForgottenClose,
    XReading,
    day_state,
    day_totals,
    forgotten_close,
    left_in_drawer,
    shift_totals,
    x_report,
)

__all__ = [
    "DayClosed",
    "DayIsClosed",
    "DayOpened",
    "DayState",
    "ForgottenClose",
    "ShiftClosed",
    "ShiftOpened",
    "XReading",
    "check_receiver",
    "close_day",
    "close_shift",
    "day_state",
    "day_totals",
    "fold_entries",
    "forgotten_close",
    "left_in_drawer",
    "open_day",
    "open_shift",
    "shift_totals",
    "x_report",
]
