"""Scanners that type: a code is never lost, never cut, and its Enter never answers a dialog.

The table of the measurement that decided how codes are told from people, run again: codes back to
back, dialogs opening and dialogs closing in the middle of a code.
"""

from __future__ import annotations

import time
from itertools import count

import pytest
from textual import events

from pos.config import load_settings
from tests.pos.ui.shop import HOTPOT, NOODLES, WINE, trading, with_settings

GOODS = (WINE, NOODLES, HOTPOT)
ITEMS = {WINE: "200063", NOODLES: "200073", HOTPOT: "200077"}

WAYS = {
    "prefix": {"prefix": "ctrl+b", "check_digit": False},
    "check digit": {"prefix": "", "check_digit": True},
}


@pytest.fixture(params=WAYS, ids=str)
def way(request):
    return WAYS[request.param]


def keys_of(code, way, end=("enter",)):
    first = [way["prefix"]] if way["prefix"] else []
    return [*first, *code, *end]


START_S = time.monotonic() + 10_000
KEY_TIMES = (START_S + 0.005 * key for key in count())
"""Five milliseconds a key, however busy this machine is; ahead of its clock, so that none is late."""


def type_key(hands, key):
    """One key as the terminal's driver posts it, with its own time."""
    character = {"enter": "\r", "ctrl+j": "\n", "ctrl+b": "\x02"}.get(key, key)
    event = events.Key(key, character)
    event.time = next(KEY_TIMES)
    hands.app.post_message(event)


async def type_code(hands, code, way, meanwhile=None, end=("enter",)):
    keys = keys_of(code, way, end)
    for place, key in enumerate(keys):
        if meanwhile is not None and place == len(keys) // 2:
            await meanwhile()
        type_key(hands, key)
    await hands.pilot.pause()


def sold(hands):
    return [line.item_code for line in hands.cart.lines]


def pieces(hands):
    return hands.cart.pieces_milli // 1000


def wedged(home, way):
    return with_settings(load_settings(home), wedge=way)


async def test_a_hundred_codes_back_to_back_are_a_hundred_pieces(home, way):
    async with trading(home, settings=wedged(home, way)) as till:
        for number in range(100):
            for key in keys_of(GOODS[number % 3], way):
                type_key(till, key)
        await till.pilot.pause()
        await till.settle()

        assert pieces(till) == 100
        assert till.screen.typed == ""


@pytest.mark.parametrize("end", [("enter", "ctrl+j"), ("ctrl+j",)], ids=["CR LF", "LF"])
async def test_the_extra_key_of_crlf_does_nothing(home, way, end):
    async with trading(home, settings=wedged(home, way)) as till:
        await type_code(till, WINE, way, end=end)
        await type_code(till, NOODLES, way, end=end)

        assert sold(till) == [ITEMS[WINE], ITEMS[NOODLES]]
        assert till.till.sale.phase == "lines"


async def test_twenty_dialogs_opening_in_the_middle_of_a_code_are_not_answered(home, way):
    async with trading(home, settings=wedged(home, way)) as till:
        await till.scan(WINE)
        for number in range(20):

            async def open_dialog(number=number):
                await till.press(("*", ".", "delete", "f5")[number % 4])

            await type_code(till, NOODLES, way, meanwhile=open_dialog)
            assert type(till.screen).__name__ != "SaleScreen"
            assert getattr(till.screen, "typed", "") == ""
            assert len(till.app.router.waiting) == 1
            while type(till.screen).__name__ != "SaleScreen":
                await till.press("-")
            assert pieces(till) == number + 2
            assert till.screen.typed == ""

        assert sold(till) == [ITEMS[WINE], ITEMS[NOODLES]]


async def test_twenty_dialogs_closing_in_the_middle_of_a_code_lose_nothing(home, way):
    async with trading(home, settings=wedged(home, way)) as till:
        await till.scan(WINE)
        for number in range(20):
            await till.press("*")

            async def close_dialog():
                await till.press("escape")
                if type(till.screen).__name__ != "SaleScreen":
                    await till.press("escape")  # the first cleared what the code had typed

            await type_code(till, NOODLES, way, meanwhile=close_dialog)
            assert type(till.screen).__name__ == "SaleScreen"
            assert pieces(till) == number + 2
            assert till.screen.typed == ""


async def test_without_the_wedge_a_scanners_enter_would_answer_the_dialog(home):
    """The control: this is what the two tests above protect from."""
    settings = with_settings(load_settings(home), wedge={"enabled": False})
    async with trading(home, settings=settings) as till:
        await till.scan(WINE)
        await till.press("delete")
        assert type(till.screen).__name__ != "SaleScreen"
        await type_code(till, NOODLES, WAYS["check digit"])
        await till.settle()

        assert sold(till) != [ITEMS[WINE], ITEMS[NOODLES]]


async def test_a_pin_field_keeps_nothing_of_a_code(home, way):
    async with trading(home, settings=wedged(home, way), sign_on=False) as till:
        await till.type("1001")
        await till.press("enter")
        await till.type("25")
        rings = till.rings
        await type_code(till, WINE, way)

        assert till.screen.pin == "25"
        assert till.rings == rings + 1  # refused loudly


async def test_a_code_at_payment_returns_to_the_sale_and_is_not_cash(home, way):
    async with trading(home, settings=wedged(home, way)) as till:
        await till.scan(WINE)
        await till.press("f9")
        assert type(till.screen).__name__ == "PaymentScreen"
        await type_code(till, NOODLES, way)
        await till.settle()

        assert sold(till) == [ITEMS[WINE], ITEMS[NOODLES]]
        assert type(till.screen).__name__ == "SaleScreen"


async def test_what_a_person_had_typed_stays_out_of_the_code(home):
    way = WAYS["prefix"]
    async with trading(home, settings=wedged(home, way)) as till:
        await till.type("12")
        await till.press("*")
        await type_code(till, NOODLES, way)

        assert pieces(till) == 12


async def test_pasted_codes_are_scans_and_other_text_is_refused(home):
    async with trading(home) as till:
        till.app.post_message(events.Paste(f"{WINE}\r\n{NOODLES}\n"))
        await till.pilot.pause()
        assert sold(till) == [ITEMS[WINE], ITEMS[NOODLES]]
        rings = till.rings
        till.app.post_message(events.Paste("hello 123\n"))
        await till.pilot.pause()

        assert till.rings == rings + 1
        assert sold(till) == [ITEMS[WINE], ITEMS[NOODLES]]


async def test_digits_typed_by_a_person_are_still_a_typed_code(home):
    async with trading(home) as till:
        await till.type(WINE)
        assert till.screen.typed == WINE
        await till.press("enter")

        assert till.cart.lines[0].entry_method == "keyed"


async def test_the_scanner_is_told_what_became_of_its_code(home):
    heard = []
    async with trading(home) as till:
        till.app.on_feedback = lambda source, kind: heard.append((source, kind.value))
        await till.scan(WINE)
        await till.scan("6909999999999")
        await till.press("ctrl+l")
        await till.scan(WINE)

        assert heard == [("counter", "good"), ("counter", "not_on_file"), ("counter", "busy")]


def test_the_terminals_clock_is_the_one_that_codes_are_timed_by():
    assert abs(events.Key("a", "a").time - time.monotonic()) < 1
