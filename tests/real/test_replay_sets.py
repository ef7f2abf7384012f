"""Every other set is traded again through till and sync: head office, tills and Zs are right."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from tests.real.controls import CONTROLS, Figures, check_all
from tests.real.expected import GROUPINGS
from tests.real.harness import (
    Replayed,
    all_hq_daily,
    day_differences,
    expected_daily,
    replay,
    report,
    verify_books,
)
from tests.real.roll import CENT, RollInfo
from tests.real.rolls import EVENTS, session_counts
from tests.real.stores import (
    close_differences,
    count_differences,
    head_office_lines,
    till_differences,
)

pytestmark = [pytest.mark.slow, pytest.mark.timeout(3600)]

SETS = [
    pytest.param(name, marks=pytest.mark.xdist_group(f"replay-{name}"))
    for name in ("odd", "emf2022", "split", "veg", "vending", "or")
]
COUNTED = [pytest.param(name, marks=pytest.mark.xdist_group(f"replay-{name}")) for name in EVENTS]


@pytest.mark.parametrize("name", SETS)
def test_a_set_comes_out_of_head_office_as_it_was_traded(
    replayed: Callable[[str], Replayed], name: str
) -> None:
    traded = replayed(name)
    daily = all_hq_daily(traded.home)
    differences = day_differences(daily, expected_daily(traded.info))
    figures = Figures(
        daily=daily,
        lines=head_office_lines(traded),
        till_names=traded.info.till_names,
        marked=traded.info.marked,
    )
    differences += check_all(CONTROLS[name], figures)
    assert not differences, report(differences)


@pytest.mark.parametrize("name", SETS)
def test_the_tills_own_projections_and_their_zs_say_the_same(
    replayed: Callable[[str], Replayed], name: str
) -> None:
    traded = replayed(name)
    differences = till_differences(traded, GROUPINGS, all_hq_daily(traded.home))
    differences += close_differences(traded)
    assert not differences, report(differences)


@pytest.mark.parametrize("name", SETS)
def test_the_books_of_a_set_verify_and_are_made_again_to_the_same_figures(
    replayed: Callable[[str], Replayed], name: str
) -> None:
    traded = replayed(name)
    before = all_hq_daily(traded.home)
    verify_books(traded)
    assert all_hq_daily(traded.home) == before


@pytest.mark.parametrize("name", COUNTED)
def test_a_sessions_expected_money_and_its_over_and_short_are_the_events(
    replayed: Callable[[str], Replayed], name: str
) -> None:
    counts = session_counts(EVENTS[name])
    differences = count_differences(replayed(name), counts)
    assert not differences, report(differences)
    other = replace(counts[0], expected=counts[0].expected + CENT)
    assert len(count_differences(replayed(name), [other])) == 1


@pytest.mark.xdist_group("replay-odd")
def test_trading_a_finished_roll_again_adds_nothing(
    replayed: Callable[[str], Replayed],
) -> None:
    traded = replayed("odd")
    before = all_hq_daily(traded.home)
    replay(traded.info, traded.home)
    assert all_hq_daily(traded.home) == before


@pytest.mark.xdist_group("replay-evening")
def test_an_evening_traded_through_devices_gives_the_same_figures(
    roll: Callable[[str], RollInfo], scratch: Path
) -> None:
    info = roll("evening")
    traded = replay(info, scratch / "homes" / "evening-devices", through="devices")
    differences = day_differences(all_hq_daily(traded.home), expected_daily(info))
    differences += close_differences(traded)
    assert not differences, report(differences)
