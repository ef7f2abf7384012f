"""Bought, sold, lost and earned from the ledger's movements (REP-10): by example and by property."""

from collections import defaultdict
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pos.domain.planning.margins import Move, margins


def move(day, quantity, reason, cost=None, place=""):
    return Move("A", f"2026-11-{day:02d}", quantity, reason, place, cost)


def test_goods_go_out_at_the_average_of_the_moment():
    moves = [
        move(1, 10_000, "receipt", 20_000),
        move(1, -4_000, "sale"),
        move(2, 6_000, "receipt", 30_000),
        move(2, -6_000, "sale"),
        move(2, -1_000, "scrap"),
        move(2, 2_000, "return"),
    ]
    revenue = {("A", "2026-11-01"): 1_200, ("A", "2026-11-02"): 1_300}

    found = margins(moves, revenue)
    first, second = found["A", "2026-11-01"], found["A", "2026-11-02"]
    assert (first.bought_minor, first.cost_minor, first.margin_minor) == (2_000, 800, 400)
    # Six at 2.00 and six at 3.00 are twelve at 2.50.
    assert (second.sold_milli, second.cost_minor) == (4_000, 1_000)
    assert (second.lost_milli, second.lost_minor, second.margin_minor) == (1_000, 250, 50)
    assert margins(moves, revenue, first="2026-11-02")["A", "2026-11-02"] == second


def test_what_was_sold_before_anybody_said_a_cost_is_told_apart():
    found = margins([move(1, -2_000, "sale"), move(1, 5_000, "receipt", 10_000)], {})

    assert found["A", "2026-11-01"].uncosted_milli == 2_000
    assert found["A", "2026-11-01"].cost_minor == 0


def test_loans_and_reservations_earn_nothing():
    moves = [move(1, 5_000, "receipt", 10_000), move(1, -1_000, "loan"),
             move(1, 1_000, "loan", None, "loan"), move(1, 2_000, "dispatch", None, "reserved")]  # fmt: skip

    one = margins(moves, {})["A", "2026-11-01"]
    assert (one.sold_milli, one.lost_milli, one.bought_milli) == (0, 0, 5_000)


@given(
    st.lists(
        st.tuples(
            st.integers(1, 5),
            st.integers(1, 9_000),
            st.sampled_from(["receipt", "sale", "scrap"]),
            st.integers(0, 90_000),
        ),
        max_size=30,
    ).map(sorted)
)
def test_what_is_bought_is_sold_lost_or_left_and_its_value_within_rounding(steps):
    moves = [
        move(day, quantity if reason == "receipt" else -quantity, reason, cost)
        if reason == "receipt"
        else move(day, -quantity, reason)
        for day, quantity, reason, cost in steps
    ]
    have = 0
    kept = []
    for one in moves:  # nothing is sold that is not there, so that the average is plain
        if one.quantity_milli > 0 or have + one.quantity_milli >= 0:
            kept.append(one)
            have += one.quantity_milli
    found = margins(kept, {})
    total = defaultdict(int)
    for figures in found.values():
        for name in figures.__struct_fields__:
            total[name] += getattr(figures, name)

    assert total["bought_milli"] - total["sold_milli"] - total["lost_milli"] == have
    paid = sum(Fraction(m.quantity_milli * (m.unit_cost_e4 or 0), 10**5) for m in kept)
    assert abs(total["bought_minor"] - paid) <= Fraction(len(kept), 2)
    out = total["cost_minor"] + total["lost_minor"]
    # Averages are rounded to 1/10,000: each may move the value of all that is there by half of it.
    slack = len(kept) + Fraction(sum(abs(m.quantity_milli) for m in kept) * len(kept), 10**5)
    assert out <= paid + slack
