"""A clock in doubt: journaled once, flagged, asked about once, put right or confirmed (R20)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.config import load_rules
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind, decode_entry
from pos.services import clock_watch, operators, upkeep
from pos.services.clock_watch import FLAG, Confirmed, StillWrong
from pos.store.clock import FixedClock
from pos.store.reference_writer import ReferenceWriter
from tests.pos.services import shop as support

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000


@pytest.fixture
def till(open_shop):
    upkeep.tick(open_shop)
    return open_shop


def steps(till) -> list[str]:
    """What came of each step, in order; an empty text is a step that was seen."""
    return [body.outcome for body in support.entries(till, EntryKind.CLOCK_STEP)]


def flagged(till) -> list[bool]:
    till.write(lambda _: None).result()
    found = till.journal.reader().execute("SELECT bytes FROM journal_entry ORDER BY entry_id")
    return [FLAG in decode_entry(row[0]).envelope.flags for row in found]


def credentials(till, who="8001"):
    checked = operators.check_credentials(till, who, support.pin_of(who))
    assert not isinstance(checked, Refusal), checked
    return checked


def ticks(till, count=3):
    for _ in range(count):
        till.clock.advance(1000)
        upkeep.tick(till)


def test_a_steady_clock_is_never_asked_about(till):
    for _ in range(50):
        till.clock.advance(HOUR)
        upkeep.tick(till)

    assert (clock_watch.question(till), steps(till), till.journal.flags) == (None, [], ())
    assert till.status.clock == ""


@pytest.mark.parametrize("step_ms", [-2 * MINUTE, -3 * HOUR, -400 * DAY, 2 * DAY])
def test_a_step_is_journaled_once_flagged_and_asked_about_once(till, step_ms):
    support.sell(till, ("W550", 1000))
    till.clock.step(step_ms)
    ticks(till)

    doubt = clock_watch.question(till)
    assert doubt is not None
    assert doubt.clock_utc_ms - doubt.expected_utc_ms == step_ms
    assert doubt.cause == ("back" if step_ms < 0 else "ahead")
    assert till.status.clock == "doubt"
    support.sell(till, ("W550", 1000))  # selling goes on
    assert steps(till) == [""]
    assert not flagged(till)[-3]
    assert all(flagged(till)[-2:])


@pytest.mark.parametrize("step_ms", [-30_000, 5 * MINUTE, 23 * HOUR])
def test_what_time_synchronisation_does_is_no_step(till, step_ms):
    till.clock.step(step_ms)
    ticks(till)

    assert (clock_watch.question(till), steps(till)) == (None, [])


def test_small_steps_back_add_up(till):
    for _ in range(3):
        till.clock.step(-25_000)
        ticks(till, 1)

    assert steps(till) == [""]


def test_forward_and_back_again_is_a_step_back(till):
    till.clock.step(2 * HOUR)
    ticks(till)
    till.clock.step(-2 * HOUR)
    ticks(till)

    assert steps(till) == [""]
    assert clock_watch.question(till).cause == "back"


def test_it_is_not_asked_about_in_a_sale(till):
    till.clock.step(-DAY)
    ticks(till)
    support.checkout.add_item(till, "W550", 1000)

    assert clock_watch.question(till) is None
    support.pay(till)
    assert clock_watch.question(till) is not None


def test_put_off_it_is_not_asked_again_but_entries_stay_flagged(till):
    till.clock.step(-DAY)
    ticks(till)
    clock_watch.put_off(till)
    clock_watch.put_off(till)
    ticks(till)

    assert clock_watch.question(till) is None
    assert clock_watch.open_doubt(till) is not None
    assert steps(till) == ["", "put_off"]
    support.sell(till, ("W550", 1000))
    assert flagged(till)[-1]


def test_another_step_is_another_question(till):
    till.clock.step(-DAY)
    ticks(till)
    clock_watch.put_off(till)
    till.clock.step(-DAY)
    ticks(till)

    assert clock_watch.question(till) is not None
    assert steps(till) == ["", "put_off", ""]


def test_a_manager_confirms_and_the_next_entries_are_clean(till):
    till.clock.step(-DAY)
    ticks(till)

    assert isinstance(clock_watch.answer(till, credentials(till)), Confirmed)
    ticks(till)
    support.sell(till, ("W550", 1000))

    bodies = support.entries(till, EntryKind.CLOCK_STEP)
    assert [(one.outcome, one.approver_id) for one in bodies] == [("", ""), ("confirmed", "8001")]
    assert flagged(till)[-2:] == [False, False]
    assert (till.status.clock, clock_watch.question(till)) == ("", None)


def test_a_cashier_may_not_confirm(till):
    till.clock.step(-DAY)
    ticks(till)

    refused = clock_watch.answer(till, credentials(till, "1001"))

    assert isinstance(refused, Refusal)
    assert refused.code == "may_not_approve"
    assert clock_watch.question(till) is not None
    assert steps(till) == [""]


def test_a_manager_who_says_another_time_leaves_the_flag_until_the_clock_is_set_to_it(till):
    right = till.clock.utc_ms()
    till.clock.step(-DAY)
    ticks(till, 1)
    said = right - right % MINUTE

    wrong = clock_watch.answer(till, credentials(till), said)
    assert isinstance(wrong, StillWrong)
    assert abs(wrong.off_ms + DAY) < MINUTE + 2000
    ticks(till)
    assert (clock_watch.question(till), till.journal.flags) == (None, (FLAG,))

    till.clock.step(DAY)
    ticks(till)
    assert (till.journal.flags, till.status.clock) == ((), "")
    assert steps(till) == ["", "wrong", "put_right"]


def test_a_time_typed_as_the_clock_shows_it_confirms(till):
    till.clock.step(-DAY)
    ticks(till)
    now = till.clock.utc_ms()

    assert isinstance(clock_watch.answer(till, credentials(till), now - now % MINUTE), Confirmed)


def test_a_clock_that_is_put_right_takes_flag_and_question_back_by_itself(till):
    till.clock.step(-3 * HOUR)
    ticks(till)
    till.clock.step(3 * HOUR)
    ticks(till)

    assert (clock_watch.question(till), till.journal.flags) == (None, ())
    assert steps(till) == ["", "put_right"]


def reopen(till, clock):
    till.journal.close()
    again = support.open_till(till.home, clock=clock)
    upkeep.tick(again)
    return again


def at_start(till, step_ms):
    now = datetime.fromtimestamp((till.clock.utc_ms() + step_ms) / 1000, UTC)
    return reopen(till, FixedClock(now))


@pytest.mark.parametrize(("step_ms", "expected"), [(-DAY, [""]), (-10_000, []), (3 * DAY, [])])
def test_at_the_start_the_clock_is_compared_with_the_last_entry(till, step_ms, expected):
    again = at_start(till, step_ms)
    try:
        assert steps(again) == expected
        assert (clock_watch.question(again) is not None) is bool(expected)
        assert flagged(again)[-1] is bool(expected)
    finally:
        again.journal.close()


def test_a_restart_asks_what_was_not_asked_and_never_what_was_put_off(till):
    till.clock.step(-DAY)
    ticks(till)
    again = at_start(till, MINUTE)
    assert clock_watch.question(again) is not None
    clock_watch.put_off(again)

    third = at_start(again, MINUTE)
    try:
        assert clock_watch.question(third) is None
        assert clock_watch.open_doubt(third) is not None
        assert (third.journal.flags, third.status.clock) == ((FLAG,), "doubt")
        assert steps(third) == ["", "put_off"]
    finally:
        third.journal.close()


def test_a_lone_till_whose_clock_is_right_again_at_the_next_start_is_clean(till):
    till.clock.step(-DAY)
    ticks(till)
    clock_watch.put_off(till)

    again = at_start(till, DAY + HOUR)
    try:
        assert steps(again) == ["", "put_off", "put_right"]
        assert (again.journal.flags, clock_watch.open_doubt(again)) == ((), None)
    finally:
        again.journal.close()


def test_after_a_confirmation_a_restart_has_nothing_to_ask(till):
    till.clock.step(-DAY)
    ticks(till)
    clock_watch.answer(till, credentials(till))

    again = at_start(till, MINUTE)
    try:
        assert (clock_watch.open_doubt(again), steps(again)) == (None, ["", "confirmed"])
    finally:
        again.journal.close()


# ------------------------------------------------------------------------------------ head office


def head_office(till, offset_ms, heard_ago_ms=0):
    till.reference.close()
    with ReferenceWriter.open(till.home, app_version="test") as writer:
        writer.set_metas(
            {
                "head_office_offset_ms": str(offset_ms),
                "last_success_ms": str(till.clock.utc_ms() - heard_ago_ms),
                "online": "1",
            }
        )
    till.reference = support.ReferenceReader(till.home)
    ticks(till)


@pytest.mark.parametrize(
    ("offset_ms", "status", "asked"),
    [
        (30_000, "", False),
        (HOUR, "off", False),
        (2 * DAY, "doubt", True),
        (-2 * DAY, "doubt", True),
    ],
)
def test_head_offices_time_marks_first_and_asks_beyond_a_day(till, offset_ms, status, asked):
    head_office(till, offset_ms)

    assert till.status.clock == status
    doubt = clock_watch.question(till)
    assert (doubt is not None) is asked
    if doubt is not None:
        assert doubt.cause == "head_office"
        assert doubt.expected_utc_ms - doubt.clock_utc_ms == offset_ms
    assert steps(till) == ([""] if asked else [])


def test_what_head_office_said_by_another_clock_long_ago_counts_for_nothing(till):
    head_office(till, 2 * DAY, heard_ago_ms=HOUR)

    assert (till.status.clock, steps(till)) == ("", [])


def test_a_manager_who_is_right_against_head_office_is_not_asked_again(till):
    head_office(till, 2 * DAY)
    clock_watch.answer(till, credentials(till))
    head_office(till, 2 * DAY)

    assert clock_watch.question(till) is None
    assert steps(till) == ["", "confirmed"]
    assert till.status.clock == "off"


def test_head_offices_time_settles_a_doubt(till):
    till.clock.step(-3 * HOUR)
    ticks(till)
    head_office(till, 1000)

    assert steps(till) == ["", "put_right"]


# ------------------------------------------------------------------------------------ the rule


@pytest.mark.parametrize(
    ("mode", "journaled", "flag", "asked"),
    [("off", [""], (), False), ("warn", [""], (FLAG,), False), ("approve", [""], (FLAG,), True)],
)
def test_the_rule_says_how_strictly_a_step_is_taken(till, mode, journaled, flag, asked):
    till.rules = load_rules(till.rules.preset, {clock_watch.RULE: mode})
    till.clock.step(-DAY)
    ticks(till)

    assert (steps(till), till.journal.flags) == (journaled, flag)
    assert (clock_watch.question(till) is not None) is asked
    assert till.status.clock == ("doubt" if flag else "")


def test_a_rule_that_blocks_cannot_be_put_off(till):
    till.rules.modes[clock_watch.RULE] = "block"  # the table's bounds keep shops from it
    till.clock.step(-DAY)
    ticks(till)
    clock_watch.put_off(till)

    assert clock_watch.question(till) is not None
    assert not clock_watch.may_put_off(till)


def test_neither_a_replay_nor_training_is_watched(till):
    for name, value in (("authority", "ROLL"), ("training", True)):
        before = getattr(till, name)
        setattr(till, name, value)
        till.clock.step(-DAY)
        clock_watch.watch(till)
        setattr(till, name, before)
        till.clock.step(DAY)

    assert steps(till) == []


# ------------------------------------------------------------------------------------ any clock

MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(0, 40 * DAY)),
        st.tuples(st.just("step"), st.integers(-40 * DAY, 40 * DAY)),
        st.tuples(st.just("put_off"), st.just(0)),
        st.tuples(st.just("confirm"), st.just(0)),
    ),
    max_size=12,
)


@settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(moves=MOVES)
def test_whatever_a_clock_does_a_tick_more_changes_nothing_and_flags_say_the_doubt(till, moves):
    manager = credentials(till)
    for what, by_ms in moves:
        seen = len(steps(till))
        if what == "advance":
            till.clock.advance(by_ms)
        elif what == "step":
            till.clock.step(by_ms)
        elif what == "put_off":
            clock_watch.put_off(till)
        else:
            clock_watch.answer(till, manager)
        upkeep.tick(till)
        once = steps(till)
        assert len(once) - seen <= 1
        if what == "advance":
            assert len(once) == seen
        upkeep.tick(till)
        assert steps(till) == once
        doubtful = clock_watch.open_doubt(till) is not None
        assert (till.journal.flags == (FLAG,)) is doubtful
        assert (till.status.clock == "doubt") is doubtful
        assert doubtful or once == [] or once[-1] in ("confirmed", "put_right")
    clock_watch.answer(till, manager)
    assert till.journal.flags == ()
