"""Proposals by minimum, cycle, forecast and customers; cases; deliveries (REP-01, REP-06, REP-08)."""

import datetime as dt

from hypothesis import given
from hypothesis import strategies as st

from pos.domain.planning.deliveries import cover, cycle_reached, delivery_on_or_after
from pos.domain.planning.proposals import (
    Available,
    Limit,
    Policy,
    Why,
    days_left,
    last_day,
    propose,
)

SUNDAY = dt.date(2026, 11, 22)
THURSDAY = dt.date(2026, 11, 26)
WEEKLY = cover(SUNDAY, weekdays="4", lead_days=2)


def ask(have=0, *, policy=None, per_day=0, need=0, **more):
    available = Available(on_hand_milli=have, **more.pop("stock", {}))
    return propose(
        "A",
        available,
        policy or Policy(),
        WEEKLY,
        per_day_milli=per_day,
        needed_milli=need,
        **more,
    )


def test_a_weekly_supplier_has_to_last_until_the_delivery_after_next():
    assert WEEKLY.arrives == THURSDAY
    assert WEEKLY.until == THURSDAY + dt.timedelta(days=7)
    assert len(WEEKLY.days(SUNDAY)) == 11
    assert cover(SUNDAY, lead_days=0).arrives == SUNDAY
    assert cover(SUNDAY, weekdays="1", lead_days=2).arrives == dt.date(2026, 11, 30)
    assert cover(SUNDAY, weekdays="14", lead_days=1, cycle_days=7).until == dt.date(2026, 11, 30)


def test_at_or_below_the_minimum_the_stock_is_brought_to_its_maximum():
    policy = Policy(min_milli=10_000, max_milli=30_000)

    assert ask(10_001, policy=policy) is None
    at = ask(10_000, policy=policy)
    assert (at.quantity_milli, at.why) == (20_000, Why.MINIMUM)
    assert ask(0, policy=policy).why is Why.OUT


def test_what_is_on_order_and_in_transit_counts_as_there():
    policy = Policy(min_milli=10_000, max_milli=30_000)

    coming = ask(1_000, policy=policy, stock={"on_order_milli": 5_000, "in_transit_milli": 2_000})
    assert coming.quantity_milli == 22_000
    assert ask(1_000, policy=policy, stock={"on_order_milli": 10_000}) is None


def test_at_its_cycle_an_item_is_filled_up_though_above_the_minimum():
    policy = Policy(min_milli=5_000, max_milli=30_000)

    assert ask(20_000, policy=policy) is None
    at = ask(20_000, policy=policy, at_cycle=True)
    assert (at.quantity_milli, at.why) == (10_000, Why.CYCLE)
    assert cycle_reached(SUNDAY, None, 7)
    assert cycle_reached(SUNDAY, SUNDAY - dt.timedelta(days=7), 7)
    assert not cycle_reached(SUNDAY, SUNDAY - dt.timedelta(days=6), 7)
    assert not cycle_reached(SUNDAY, None, 0)


def test_sold_4_2_a_day_9_left_supplier_comes_thursday_case_of_12():
    got = ask(9_000, policy=Policy(case_milli=12_000), per_day=4_200, need=46_200)

    assert (got.quantity_milli, got.cases, got.why) == (48_000, 4, Why.FORECAST)
    assert got.limits == (Limit.CASES,)
    assert ask(50_000, policy=Policy(case_milli=12_000), per_day=4_200, need=46_200) is None


def test_customers_orders_come_before_the_maximum():
    policy = Policy(min_milli=1_000, max_milli=5_000)

    got = ask(2_000, policy=policy, stock={"customer_milli": 20_000})
    assert (got.why, got.quantity_milli) == (Why.CUSTOMER, 23_000)
    assert ask(2_000, policy=policy, stock={"customer_milli": 500}) is None


def test_a_case_more_than_the_maximum_is_left_out_unless_it_is_needed():
    policy = Policy(min_milli=4_000, max_milli=20_000, case_milli=12_000)

    assert ask(4_000, policy=policy).quantity_milli == 12_000
    assert ask(0, policy=Policy(min_milli=4_000, max_milli=6_000, case_milli=12_000)).cases == 1


def test_the_stock_lasts_as_long_as_it_is_sold():
    assert days_left(9_000, 4_200) == 2
    assert days_left(9_000, 0) is None
    assert last_day(SUNDAY, 9_000, 4_200) == SUNDAY + dt.timedelta(days=2)


MILLI = st.integers(0, 500_000)


@given(
    have=st.integers(-50_000, 500_000),
    on_order=MILLI,
    customer=MILLI,
    least=MILLI,
    extra=MILLI,
    case=st.sampled_from([0, 1_000, 6_000, 12_000, 2_500]),
    need=MILLI,
    safety=MILLI,
    at_cycle=st.booleans(),
)
def test_a_proposal_is_whole_cases_enough_and_never_without_need(
    have, on_order, customer, least, extra, case, need, safety, at_cycle
):
    policy = Policy(min_milli=least, max_milli=least + extra, case_milli=case)
    stock = Available(on_hand_milli=have, on_order_milli=on_order, customer_milli=customer)
    got = propose(
        "A",
        stock,
        policy,
        WEEKLY,
        per_day_milli=need // 11,
        needed_milli=need,
        error_safety_milli=safety,
        at_cycle=at_cycle,
    )
    total = stock.total_milli
    most = policy.max_milli
    if got is None:
        below = most and total <= least and most > total
        assert not below
        assert not (customer and total < 0)
        return
    assert got.quantity_milli > 0
    assert got.quantity_milli % (case or 1000) == 0
    # One case too many at most, whatever asked for it.
    unit = case or 1000
    asked = max(most - total if most else need + safety - total, -total)
    assert got.quantity_milli < asked + unit
    if most and total <= least and not customer:
        assert total + got.quantity_milli > least or total + got.quantity_milli >= most


@given(
    st.dates(dt.date(2026, 1, 1), dt.date(2030, 1, 1)),
    st.sets(st.integers(1, 7)),
    st.integers(0, 30),
)
def test_a_delivery_is_on_one_of_its_weekdays_and_within_a_week(day, weekdays, lead):
    text = "".join(map(str, sorted(weekdays)))
    found = delivery_on_or_after(day, text)

    assert 0 <= (found - day).days < 7
    assert not weekdays or found.isoweekday() in weekdays
    plan = cover(day, weekdays=text, lead_days=lead)
    assert day + dt.timedelta(days=lead) <= plan.arrives < plan.until
