"""Fixtures of the real-input tests: where rolls lie, and the rolls, each written once."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.postgres_fixture import postgres_server, postgres_url
from tests.real.harness import Replayed, replay
from tests.real.roll import RollInfo, data_directory
from tests.real.rolls import EVENTS, ROLLS, write_counts

MEMORY = Path("/dev/shm")


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder for rolls and replay homes, in memory where the machine has such a place."""
    parent = MEMORY if MEMORY.is_dir() else None
    folder = Path(tempfile.mkdtemp(prefix="guitai-real-", dir=parent))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def roll(scratch: Path) -> Callable[[str], RollInfo]:
    """A function that returns a roll by name, written at its first use."""
    written: dict[str, RollInfo] = {}

    def get(name: str) -> RollInfo:
        if name != "odd" and data_directory() is None:
            pytest.skip("the real data is not beside this checkout (../shared/data)")
        if name not in written:
            written[name] = ROLLS[name](scratch / "rolls" / f"{name}.csv")
        return written[name]

    return get


@pytest.fixture(scope="session")
def replayed(scratch: Path, roll: Callable[[str], RollInfo]) -> Callable[[str], Replayed]:
    """A function that trades a roll by name, once, with head office on SQLite.

    The events' days are closed with what their staff counted.
    """
    traded: dict[str, Replayed] = {}

    def get(name: str) -> Replayed:
        if name not in traded:
            info, counts = roll(name), None
            if name in EVENTS:
                counts = write_counts(EVENTS[name], scratch / "rolls" / f"{name}-counts.csv")
            traded[name] = replay(info, scratch / "homes" / name, counts=counts)
        return traded[name]

    return get


__all__ = ["postgres_server", "postgres_url", "replayed", "roll", "scratch"]
