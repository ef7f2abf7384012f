"""Seeds: forty on every run, a thousand in CI, the same story twice, and no fault left unused."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.sync.simulation.runner import run_seed, run_seeds

FAST, CHUNK = 40, 10
SLOW, SLOW_CHUNK = 1000, 25

HAPPENS = (
    "directive fork new_epoch",
    "entry damaged",
    "hello 200",
    "journal 409",
    "journal 413",
    "journal 429",
    "journal 503",
    "late answers",
    "locate 200",
    "net: answer lost",
    "net: delayed",
    "net: repeated",
    "net: request lost",
    "net: stranger",
    "office down",
    "office killed inside a transaction",
    "office restored",
    "office restored by hand",
    "rollover",
    "rollover not now: not_acknowledged",
    "snapshot 200",
    "stick: new",
    "stick: nothing new",
    "till cloned",
    "till enrolled again",
    "till killed",
    "till killed in a rollover",
    "till restored (image)",
    "till restored (journal)",
    "till restored (proper)",
    "uploader killed",
    "uploader killed inside a transaction",
)
"""What a hundred seeds have to go through, or the simulation tests less than it says."""


def violations(seeds: range) -> list[str]:
    return [told.violation for told in run_seeds(seeds) if told.violation]


@pytest.mark.parametrize("first", range(0, FAST, CHUNK))
def test_nothing_is_lost_or_doubled_whatever_the_seed(first):
    assert violations(range(first, first + CHUNK)) == []


@pytest.mark.slow
@pytest.mark.parametrize("first", range(FAST, FAST + SLOW, SLOW_CHUNK))
def test_nothing_is_lost_or_doubled_in_a_thousand_seeds(first):
    assert violations(range(first, first + SLOW_CHUNK)) == []


def test_the_same_seed_tells_the_same_story():
    first, second = run_seed(7), run_seed(7)

    assert first.counts
    assert first == second


@pytest.mark.slow
def test_a_hundred_seeds_go_through_every_fault():
    counts: Counter[str] = Counter()
    for told in run_seeds(range(2000, 2100)):
        counts.update(told.counts)

    assert [what for what in HAPPENS if not counts[what]] == []
