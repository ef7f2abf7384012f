"""Moving average with a weekday profile, its tracked error and safety stock (REP-02, REP-06, REP-07)."""

import datetime as dt
from fractions import Fraction
from math import isqrt

from hypothesis import given
from hypothesis import strategies as st

from pos.domain.planning.forecast import (
    BP,
    EVEN,
    Error,
    expected_milli,
    profile,
    safety_milli,
    track,
)

MONDAY = dt.date(2026, 11, 2)


def days_from(first, count):
    return [first + dt.timedelta(days=n) for n in range(count)]


def history(quantities, first=MONDAY):
    return list(zip(days_from(first, len(quantities)), quantities, strict=True))


QUANTITIES = st.lists(st.integers(-2_000, 200_000), max_size=90)


def test_saturdays_that_sell_double_are_forecast_double():
    week = [1000, 1000, 1000, 1000, 1000, 2000, 1000]
    shares = profile(history(week * 4))

    assert sum(shares) in range(7 * BP - 4, 7 * BP + 5)
    saturday = expected_milli(week * 4, shares, [dt.date(2026, 12, 5)])
    tuesday = expected_milli(week * 4, shares, [dt.date(2026, 12, 1)])
    assert (saturday, tuesday) == (2000, 1000)
    assert expected_milli(week * 4, shares, days_from(MONDAY, 7)) == sum(week)


def test_a_shut_weekday_sells_nothing_and_does_not_pull_the_others_down():
    open_days = [(day, 700) for day in days_from(MONDAY, 28) if day.weekday() != 6]
    shares = profile(open_days)

    assert shares == (BP,) * 6 + (0,)
    assert expected_milli([700] * 24, shares, days_from(MONDAY, 7)) == 6 * 700


def test_less_than_two_weeks_say_nothing_about_weekdays():
    assert profile(history(([0] * 6 + [9000]) * 2)[:13]) == EVEN
    assert profile(history(([0] * 6 + [9000]) * 2)) != EVEN


def test_a_season_raises_the_forecast_by_its_coefficient():
    assert expected_milli([1000] * 7, EVEN, days_from(MONDAY, 10), 12_000) == 12_000


def test_a_slow_item_keeps_its_fractions_until_the_end():
    """One piece in 56 days is a piece in 56 days, not 0.018 a day rounded 56 times."""
    assert expected_milli([1000] + [0] * 55, EVEN, days_from(MONDAY, 56)) == 1000


def test_a_steady_item_has_no_error_and_needs_no_safety_stock():
    error = track(history([3000] * 60))

    assert (error.days, error.signed_milli, error.absolute_milli) == (28, 0, 0)
    assert safety_milli(error, 4) == 0


def test_an_item_that_doubles_is_underestimated_and_the_sign_says_so():
    error = track(history([1000] * 56 + [2000] * 4))

    assert error.signed_milli == error.absolute_milli > 0
    assert error.actual_milli == 24 * 1000 + 4 * 2000
    assert track(history([2000] * 56 + [1000] * 4)).signed_milli < 0


@given(QUANTITIES)
def test_error_adds_up_and_is_at_least_its_signed_sum(quantities):
    error = track(history(quantities))

    assert error.actual_milli - error.forecast_milli == error.signed_milli
    assert abs(error.signed_milli) <= error.absolute_milli
    assert error.days == min(28, max(len(quantities) - 14, 0))
    assert error.squared * error.days >= error.absolute_milli**2


@given(st.lists(st.integers(0, 200_000), min_size=16, max_size=40), st.integers(0, 100_000))
def test_a_forecast_knows_nothing_of_the_day_it_is_for(quantities, other):
    """What a later day sold changes that day's error alone, not what was forecast for it."""
    changed = [*quantities[:-1], other]

    assert track(history(quantities)).forecast_milli == track(history(changed)).forecast_milli


@given(QUANTITIES, st.integers(0, 40), st.integers(5_000, 20_000))
def test_expected_is_the_exact_mean_rounded_once(quantities, days, season):
    got = expected_milli(quantities, EVEN, days_from(MONDAY, days), season)

    exact = (
        Fraction(max(sum(quantities), 0) * days * season, len(quantities) * BP)
        if quantities
        else Fraction(0)
    )
    assert abs(Fraction(got) - exact) <= Fraction(1, 2)


@given(st.lists(st.integers(0, 50_000), min_size=28, max_size=28), st.integers(1, 14))
def test_safety_grows_with_the_square_root_of_the_days(quantities, days):
    error = track(history(quantities))

    assert safety_milli(error, days) == isqrt(error.squared * 272 * days // (error.days * 100))
    assert safety_milli(error, 4 * days) in range(
        2 * safety_milli(error, days), 2 * safety_milli(error, days) + 3
    )
    assert safety_milli(Error(), days) == 0


@given(st.lists(st.integers(0, 100_000), min_size=14, max_size=84))
def test_a_profile_gives_each_weekday_of_the_window_back_what_it_sold(quantities):
    days = history(quantities)
    shares = profile(days)
    if sum(quantities) == 0:
        assert shares == EVEN
        return
    for weekday in range(7):
        mine = [(day, quantity) for day, quantity in days if day.weekday() == weekday]
        again = expected_milli(quantities, shares, [day for day, _ in mine])
        # A share is rounded to a ten-thousandth of a mean day, once for each of the days.
        slack = len(mine) * sum(quantities) // (len(quantities) * BP * 2) + 1
        assert abs(again - sum(quantity for _, quantity in mine)) <= slack
