"""ABC, turnover, and stock that somebody must act on (REP-03, REP-04, REP-11, REP-12)."""

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.planning.classes import abc, turnover_days
from pos.domain.planning.warnings import (
    Batch,
    Facts,
    Kind,
    Limits,
    of_batches,
    of_item,
    ordered,
)

TODAY = dt.date(2026, 11, 22)
LIMITS = Limits(slow_days=90, dead_days=60)


def test_the_first_eighty_percent_of_sales_value_are_a_up_to_ninety_five_b():
    values = {"bread": 50, "milk": 30, "salt": 15, "soap": 4, "rope": 1, "comb": 0, "lamp": -3}

    assert abc(values) == {
        "bread": "A",
        "milk": "A",
        "salt": "B",
        "soap": "C",
        "rope": "C",
        "comb": "C",
        "lamp": "C",
    }
    assert abc({"only": 7}) == {"only": "A"}
    assert abc({}) == {}


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.integers(-100, 10**9), max_size=40))
def test_a_brings_at_least_its_share_and_no_dearer_item_is_in_a_worse_class(values):
    classes = abc(values)
    total = sum(value for value in values.values() if value > 0)
    a = sum(max(values[code], 0) for code, grade in classes.items() if grade == "A")
    b = sum(max(values[code], 0) for code, grade in classes.items() if grade == "B")

    assert set(classes) == set(values)
    assert 10 * a >= 8 * total
    assert 100 * (a + b) >= 95 * total
    for one in values:
        for other in values:
            if values[one] > values[other]:
                assert classes[one] <= classes[other]


def test_turnover_is_how_long_the_stock_lasts():
    assert turnover_days(30, 10, 30) == 90
    assert turnover_days(30, 0, 30) is None
    assert turnover_days(-5, 10, 30) == 0


def facts(have, **more):
    return Facts(item_code="A", on_hand_milli=have, **{"last_sold": "2026-11-21", **more})


@pytest.mark.parametrize(
    ("known", "kinds"),
    [
        (facts(-1), [Kind.NEGATIVE]),
        (facts(0, min_milli=2_000), [Kind.OUT]),
        (facts(0, min_milli=2_000, coming_milli=9_000), []),
        (facts(0), []),
        (facts(2_000, min_milli=2_000), [Kind.LOW]),
        (facts(2_000, min_milli=2_000, coming_milli=1), []),
        (facts(2_001, min_milli=2_000), []),
        (facts(9_001, max_milli=9_000), [Kind.OVER]),
        (facts(9_000, max_milli=9_000), []),
        (facts(1_000, last_sold="2026-09-23"), [Kind.DEAD]),
        (facts(1_000, last_sold="2026-09-24"), []),
        (facts(1_000, last_sold="", last_received="2026-11-01"), []),
        (facts(1_000, last_sold=""), [Kind.DEAD]),
        (facts(9_100, per_day_milli=100), [Kind.SLOW]),
        (facts(9_000, per_day_milli=100), []),
        (facts(1_000, counted=False), [Kind.NEVER_COUNTED]),
        (facts(1_000, unpriced=True), [Kind.NO_PRICE]),
        (facts(0, unpriced=True), []),
        (facts(1_000, sold_elsewhere_milli=1), [Kind.UNMOVED]),
        (facts(0, sold_elsewhere_milli=1), []),
    ],
)
def test_what_is_warned_about(known, kinds):
    assert [one.kind for one in of_item(known, TODAY, LIMITS)] == kinds


def test_batches_are_warned_about_within_their_band_and_past_their_date():
    batches = [
        Batch(item_code="A", batch="gone", expiry="2026-11-21", quantity_milli=1),
        Batch(item_code="A", batch="today", expiry="2026-11-22", quantity_milli=1),
        Batch(item_code="A", batch="edge", expiry="2027-02-20", quantity_milli=1),
        Batch(item_code="A", batch="far", expiry="2027-02-21", quantity_milli=1),
        Batch(item_code="A", batch="sold", expiry="2026-01-01", quantity_milli=0),
        Batch(item_code="A", batch="none", expiry="", quantity_milli=1),
    ]

    found = of_batches(batches, TODAY)

    assert [(one.batch, one.kind, one.days) for one in ordered(found)] == [
        ("gone", Kind.EXPIRED, -1),
        ("today", Kind.NEAR_EXPIRY, 0),
        ("edge", Kind.NEAR_EXPIRY, 90),
    ]
