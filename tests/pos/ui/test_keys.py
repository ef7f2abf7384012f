"""Keys: the number pad's table, one name for each key, held keys, NumLock."""

from __future__ import annotations

import pytest

from pos.ui.keys import (
    MEANINGS,
    PAD_KEYS,
    PAD_TABLE,
    NumLockWatch,
    PadState,
    RepeatGuard,
    Verdict,
    canonical,
    pad_action,
)

RULE_1 = {
    PadState.SALE_EMPTY: [
        "subtotal",
        "increment",
        "decrement",
        "quantity",
        "line_discount",
        "price",
    ],
    PadState.SALE_DIGITS: ["find_code", "refuse", "clear", "next_quantity", "refuse", "type"],
    PadState.SUBTOTAL: ["pay", "refuse", "back", "ignore", "sale_discount", "ignore"],
    PadState.PAY_EMPTY: ["pay_enter", "ignore", "remove_tender", "tender_list", "ignore", "type"],
    PadState.PAY_DIGITS: ["cash_given", "ignore", "clear", "tender_number", "ignore", "type"],
    PadState.DIALOG: ["choose", "next", "cancel", "ignore", "ignore", "ignore"],
    PadState.HOME: ["choose", "next", "cancel", "language", "ignore", "ignore"],
    PadState.LIST: ["choose", "next", "cancel", "page", "ignore", "ignore"],
}


@pytest.mark.parametrize("state", RULE_1)
def test_the_pad_means_what_rule_1_says(state):
    assert [pad_action(state, key) for key in PAD_KEYS] == RULE_1[state]


@pytest.mark.parametrize("state", [state for state in PadState if state != "sale_empty"])
def test_esc_clears_and_goes_back_as_minus_does(state):
    assert pad_action(state, "escape") == pad_action(state, "-")


def test_esc_with_nothing_to_leave_takes_nothing_off_the_sale():
    assert pad_action(PadState.SALE_EMPTY, "escape") is None
    assert pad_action(PadState.SALE_EMPTY, "-") is not None


@pytest.mark.parametrize("state", PadState)
def test_every_pad_key_has_a_meaning_in_every_state(state):
    assert set(PAD_TABLE[state]) == set(PAD_KEYS)
    silent = {"ignore", "type", "refuse"}
    assert all(action in MEANINGS or action in silent for action in PAD_TABLE[state].values())


@pytest.mark.parametrize(
    ("names", "one"),
    [
        (("add", "plus"), "+"),
        (("subtract", "minus"), "-"),
        (("multiply", "asterisk"), "*"),
        (("divide", "slash"), "/"),
        (("decimal", "full_stop"), "."),
        (("enter", "ctrl+m", "ctrl+j", "return"), "enter"),
    ],
)
def test_both_names_of_a_pad_key_are_one_key(names, one):
    assert {canonical(name, None) for name in names} == {one}


def test_full_width_digits_of_an_input_method_are_digits():
    assert [canonical("x", c) for c in "０９．＋"] == ["0", "9", ".", "+"]


def test_a_key_pressed_anew_fires():
    guard = RepeatGuard()

    assert [guard.judge("enter", t) for t in (0.0, 2.0, 4.0)] == [Verdict.FIRE] * 3


def test_a_quick_second_press_waits_to_see_whether_it_is_held():
    guard = RepeatGuard()

    assert [guard.judge("enter", t) for t in (0.0, 0.18)] == [Verdict.FIRE, Verdict.WAIT]


@pytest.mark.parametrize("rate_s", [0.025, 0.033, 0.04])
def test_a_held_key_never_fires_a_second_time(rate_s):
    guard = RepeatGuard()
    times = [0.0] + [0.5 + rate_s * n for n in range(50)]

    verdicts = [guard.judge("enter", t) for t in times]

    assert verdicts[0] is Verdict.FIRE
    assert Verdict.FIRE not in verdicts[1:]
    assert set(verdicts[2:]) == {Verdict.HELD}


def test_another_key_in_between_ends_a_run():
    guard = RepeatGuard()
    guard.judge("enter", 0.0)
    guard.judge("5", 0.1)

    assert guard.judge("enter", 0.2) is Verdict.FIRE


def test_digits_from_a_pad_without_num_lock_are_noticed():
    watch = NumLockWatch()

    assert [watch.press(key) for key in ("end", "insert", "pagedown")] == [False, False, True]


@pytest.mark.parametrize(
    "keys", [("up", "up", "up", "down"), ("pagedown", "pagedown", "pagedown"), ("delete",) * 3]
)
def test_moving_in_a_list_is_not_taken_for_it(keys):
    watch = NumLockWatch()

    assert not any(watch.press(key) for key in keys)
