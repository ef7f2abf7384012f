"""The same journals make the same day at a head office on PostgreSQL.

Each roll is traded once (its head office on SQLite); its tills' journals then go, as exported
segments, into a head office on PostgreSQL. The small odd roll is also traded straight into one.
"""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.real.controls import CONTROLS, Figures, check_all
from tests.real.expected import GROUPINGS
from tests.real.harness import (
    Replayed,
    all_hq_daily,
    day_differences,
    expected_daily,
    ingest_elsewhere,
    replay,
    report,
    verify_head_office,
)
from tests.real.roll import RollInfo
from tests.real.stores import head_office_lines, till_differences

pytestmark = [pytest.mark.slow, pytest.mark.postgres, pytest.mark.timeout(3600)]

SETS = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"replay-{name}"))
    for name in ("odd", "emf2016", "emf2022", "split", "veg", "vending", "or")
]


@pytest.mark.parametrize("name", SETS)
def test_the_journals_of_a_set_make_the_same_day_on_postgresql(
    replayed: Callable[[str], Replayed], scratch: Path, postgres_url: str, name: str
) -> None:
    traded = replayed(name)
    other = scratch / "postgres" / name
    ingest_elsewhere(traded, other, postgres_url)
    daily = all_hq_daily(other)
    differences = day_differences(daily, expected_daily(traded.info))
    figures = Figures(
        daily=daily,
        lines=head_office_lines(traded, postgres_url),
        till_names=traded.info.till_names,
        marked=traded.info.marked,
    )
    differences += check_all(CONTROLS[name], figures)
    differences += till_differences(traded, GROUPINGS, daily)
    assert not differences, report(differences)
    verify_head_office(other)
    assert all_hq_daily(other) == daily


@pytest.mark.xdist_group("replay-odd")
def test_segments_taken_in_twice_change_nothing(
    replayed: Callable[[str], Replayed], scratch: Path, postgres_url: str
) -> None:
    traded = replayed("odd")
    other = scratch / "postgres" / "odd-twice"
    ingest_elsewhere(traded, other, postgres_url)
    before = all_hq_daily(other)
    ingest_elsewhere(traded, other, postgres_url)
    assert all_hq_daily(other) == before


@pytest.mark.xdist_group("replay-odd")
def test_a_roll_is_traded_straight_into_postgresql(
    roll: Callable[[str], RollInfo], scratch: Path, postgres_url: str
) -> None:
    info = roll("odd")
    traded = replay(info, scratch / "homes" / "odd-postgres", head_office_db=postgres_url)
    differences = day_differences(all_hq_daily(traded.home), expected_daily(info))
    assert not differences, report(differences)
