"""Every roll that can be written, under one name each."""

from collections.abc import Callable
from pathlib import Path

from tests.real.roll import RollInfo
from tests.real.rolls_emf import (
    session_counts,
    write_counts,
    write_emf_roll,
    write_evening_roll,
    write_split_roll,
)
from tests.real.rolls_odd import write_odd_roll
from tests.real.rolls_online_retail import write_or_roll
from tests.real.rolls_vegetables import write_veg_roll
from tests.real.rolls_vending import write_vending_roll

__all__ = [
    "EVENTS",
    "ROLLS",
    "session_counts",
    "write_counts",
    "write_emf_roll",
    "write_evening_roll",
    "write_odd_roll",
    "write_or_roll",
    "write_split_roll",
    "write_veg_roll",
    "write_vending_roll",
]

EVENTS = {"emf2016": 2016, "emf2022": 2022}
"""Year of each roll whose days were counted by people."""

ROLLS: dict[str, Callable[[Path], RollInfo]] = {
    "emf2016": lambda out: write_emf_roll(2016, out),
    "emf2022": lambda out: write_emf_roll(2022, out),
    "or": write_or_roll,
    "vending": write_vending_roll,
    "veg": write_veg_roll,
    "split": write_split_roll,
    "evening": write_evening_roll,
    "odd": write_odd_roll,
}
"""The writer of each roll by its name; all but ``odd`` need the real data."""
