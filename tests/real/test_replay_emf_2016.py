"""EMF 2016 is traded again through till and sync, and head office's figures are the event's."""

from collections.abc import Callable

import pytest

from tests.real.controls import CONTROLS, Figures, check_all
from tests.real.harness import Replayed, all_hq_daily, day_differences, expected_daily, report
from tests.real.rolls import session_counts
from tests.real.stores import (
    close_differences,
    count_differences,
    head_office_lines,
    till_differences,
)


@pytest.mark.timeout(900)
def test_emf_2016_comes_out_of_head_office_as_it_went_over_the_bar(
    replayed: Callable[[str], Replayed],
) -> None:
    traded = replayed("emf2016")
    daily = all_hq_daily(traded.home)
    differences = day_differences(daily, expected_daily(traded.info))
    differences += till_differences(traded, ("workstation", "item", "operator", "tender"))
    differences += close_differences(traded)
    differences += count_differences(traded, session_counts(2016))
    figures = Figures(
        daily=daily,
        lines=head_office_lines(traded),
        till_names=traded.info.till_names,
        marked=traded.info.marked,
    )
    differences += check_all(CONTROLS["emf2016"], figures)
    assert not differences, report(differences)
