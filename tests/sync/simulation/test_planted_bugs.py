"""Every planted bug is caught within so many seeds, and none of them is left unlisted."""

from __future__ import annotations

import pytest

from tests.sync import simulation
from tests.sync.simulation.bugs import BUGS
from tests.sync.simulation.runner import run_seed

WITHIN = 150
AT_ONCE = ("ack-before-commit", "late-duplicate-moves-back", "retry-with-new-bytes", "gives-up")
"""Caught by the first seeds, so that every run shows that the simulation has teeth."""


def first_caught(bug: str, seeds: range) -> str:
    for seed in seeds:
        told = run_seed(seed, bug=bug)
        if told.violation:
            return told.violation
    return ""


@pytest.mark.parametrize("bug", AT_ONCE)
def test_a_coarse_bug_is_caught_at_once(bug):
    assert first_caught(bug, range(8)) != ""


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("bug", sorted(BUGS))
def test_every_planted_bug_is_caught(bug):
    assert first_caught(bug, range(WITHIN)) != ""


def test_the_planted_bugs_are_listed_with_their_rules():
    listed = {
        line.split()[0]: line
        for line in (simulation.__doc__ or "").partition("Planted bugs")[2].splitlines()[2:]
        if line.strip()
    }

    assert set(listed) == set(BUGS)
    assert [name for name, bug in BUGS.items() if bug.rule not in listed[name]] == []
    assert len(BUGS) >= 10
