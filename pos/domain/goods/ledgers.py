"""Registers that stay open until something is closed: loans, goods sold and not taken (REG-01..06).

Pure: ages, bands and what a return takes off the register.
"""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum


class LoanState(StrEnum):
    """How long a loan is out (REG-05)."""

    OUT = "out"
    WARNED = "warned"
    OVERDUE = "overdue"
    """More days out than the rule allows: whoever is responsible may be charged."""

    BACK = "back"


def days_between(first_day: str, day: str) -> int:
    """Whole days from one ISO date to another; 0 when either cannot be read."""
    try:
        return (date.fromisoformat(day) - date.fromisoformat(first_day)).days
    except ValueError:
        return 0


def day_after(day: str, days: int) -> str:
    """The ISO date that many days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def loan_state(days_out: int, warn_days: int, overdue_days: int) -> LoanState:
    """Warned of from day `warn_days` on; overdue with strictly more than `overdue_days`."""
    if days_out > overdue_days:
        return LoanState.OVERDUE
    return LoanState.WARNED if days_out >= warn_days else LoanState.OUT


def taken_off_by_return(open_milli: int, left_milli: int) -> int:
    """What leaves the register when goods come back: more cannot wait than the customer has bought.

    `left_milli` is what is left of the sale's line after the return. Goods that were taken come
    back first; only what cannot have been taken was never fetched.
    """
    return max(0, open_milli - max(0, left_milli))
