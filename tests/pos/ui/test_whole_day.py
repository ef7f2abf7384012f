"""A whole day on the screens: sign-on, opening, selling, X, hand-over, next cashier, Z."""

from __future__ import annotations

import asyncio

import msgspec
import pytest

from pos.config import load_settings
from pos.services import catalogue, shifts
from pos.ui.flows import closing
from pos.ui.text_grid import clipped
from tests.pos.ui.shop import NOODLES, WINE, trading, with_settings


def name(till) -> str:
    return type(till.screen).__name__


async def sign_on(till, number="1001", pin="2580"):
    await till.type(number)
    await till.press("enter")
    await till.type(pin)
    await till.press("enter")
    await till.settle()


async def open_day(till, cash="500"):
    assert name(till) == "OpenDayScreen"
    await till.press("enter", *cash, "enter")
    await till.settle()


async def sell(till, *codes, given="100"):
    for code in codes:
        await till.scan(code)
    await till.press("f9", *given, "enter")
    await till.settle()
    assert till.screen.total.caption in ("Change", "找零")


async def test_a_day_from_sign_on_to_z_with_the_number_pad(home):
    async with trading(home, sign_on=False, lang="en") as till:
        await sign_on(till, "1002", "1470")
        await open_day(till)
        assert name(till) == "SaleScreen"
        assert (till.till.business_day, till.till.shift_no) == ("2026-11-21", 1)
        await sell(till, WINE)
        await sell(till, NOODLES, NOODLES)
        await till.press("0", "enter", "3", "enter")
        assert name(till) == "DayCloseScreen"
        await till.press("1", "enter")
        await till.press(*"579.80", "enter", *["enter"] * 6)
        assert name(till) == "SlipScreen", till.text()
        await till.settle()
        assert "579.80" in till.text() or "Z" in till.text()
        await till.press("enter")

        assert name(till) == "SignOnScreen"
        assert till.till.business_day == ""
        assert till.till.operator is None


async def test_handing_over_and_the_next_cashier(home):
    async with trading(home, sign_on=False) as till:
        await sign_on(till)
        await open_day(till)
        await sell(till, WINE)
        await till.press("0", "enter", "2", "enter")
        assert name(till) == "CountScreen"
        assert "Cash expected" not in till.text()
        await till.press(*"568", "enter", *["enter"] * 5, *"68", "enter")
        assert name(till) == "EntryScreen"
        await till.press("enter")
        await till.settle()
        assert name(till) == "SlipScreen"
        await till.press("enter")
        assert name(till) == "SignOnScreen"
        await sign_on(till, "1002", "1470")
        assert name(till) == "OpenShiftScreen"
        await till.press(*"500", "enter")
        await till.settle()

        assert name(till) == "SaleScreen"
        assert till.till.shift_no == 2


async def test_the_next_cashier_begins_with_what_was_left_in_the_drawer(home):
    """Enter takes the money that lies there: 500.00 of the settings would lose the rest."""
    async with trading(home, sign_on=False) as till:
        await sign_on(till)
        await open_day(till)
        await sell(till, WINE)
        await till.press("0", "enter", "2", "enter", *"568", "enter", *["enter"] * 7)
        await till.settle()
        await till.press("enter")
        await sign_on(till, "1002", "1470")
        assert name(till) == "OpenShiftScreen"
        assert "568.00" in till.text()
        await till.press("enter")
        await till.settle()

        assert shifts.day_totals(till.till).opening_float_minor == 50_000
        assert shifts.day_totals(till.till).expected_minor("cash") == 56_800


async def test_an_uncounted_drawer_leaves_the_settings_float(home):
    async with trading(home, sign_on=False) as till:
        await sign_on(till)
        await open_day(till)
        assert shifts.left_in_drawer(till.till) is None


async def test_the_count_may_be_note_by_note(home):
    async with trading(home, sign_on=False) as till:
        till.till.settings = with_settings(load_settings(home), shift={"count_by": "denomination"})
        await sign_on(till)
        await open_day(till)
        await till.press("0", "enter", "2", "enter")
        faces = len(till.till.settings.shift.denominations_minor)
        await till.press("5", "enter", *["enter"] * (faces - 1), *["enter"] * 6)
        await till.press("enter")
        await till.settle()
        assert name(till) == "SlipScreen", till.text()
        closed = till.till.journal.reader().execute(
            "SELECT bytes FROM journal_entry WHERE kind = 'shift_close'"
        )
        counted = msgspec.json.decode(closed.fetchone()[0])["body"]["counted"]
        cash = next(one for one in counted if one["tender_type"] == "cash")

        assert cash["counted_minor"] == 50_000


async def test_x_shows_the_figures_so_far(home):
    async with trading(home) as till:
        till.till.business_day, till.till.shift_no = "", 0
        await shifts_opened(till)
        await sell(till, WINE)
        await till.press("ctrl+x")
        await till.settle()

        assert name(till) == "SlipScreen"
        assert "68.00" in till.text()


async def shifts_opened(till):
    shifts.open_day(till.till, "2026-11-21", 50_000).saved.result()


async def test_a_forgotten_close_is_made_good_from_the_opening_screen(home):
    """Rule 13: a forgotten close is made good."""
    async with trading(home, sign_on=False) as till:
        await sign_on(till, "8001", "852741")
        await open_day(till)
        await till.press("0", "enter", "5", "enter")
        assert name(till) == "SignOnScreen"
        till.till.clock.advance(24 * 3600 * 1000)
        await sign_on(till, "8001", "852741")
        assert name(till) == "ForgottenCloseScreen"
        await till.press("1", "enter")
        await till.press(*"500", "enter", *["enter"] * 6)
        await till.settle()
        assert name(till) == "SlipScreen", till.text()
        await till.press("enter")
        assert name(till) == "OpenDayScreen"
        await till.press("enter", "enter")
        await till.settle()

        assert till.till.business_day == "2026-11-22"


async def test_the_opening_day_can_be_typed_without_dashes(home):
    async with trading(home, sign_on=False) as till:
        await sign_on(till)
        await till.press(*"20261122", "enter", "enter")
        await till.settle()

        assert till.till.business_day == "2026-11-22"


async def test_a_wrong_pin_is_refused_and_says_how_long_to_wait(home):
    async with trading(home, sign_on=False) as till:
        for _ in range(4):
            await till.type("1001") if not till.screen.at_pin else None
            if not till.screen.at_pin:
                await till.press("enter")
            await till.type("9999")
            await till.press("enter")
            await till.settle()

        assert name(till) == "SignOnScreen"
        assert "Wait" in till.text()
        assert till.till.operator is None


async def test_a_demo_shop_shows_its_people_and_a_real_one_does_not(home):
    async with trading(home, sign_on=False, demo=True) as till:
        assert "Li Na" in till.text()
        assert "2580" in till.text()
    async with trading(home, sign_on=False) as till:
        assert "2580" not in till.text()


async def test_the_language_follows_the_operator(home):
    async with trading(home, sign_on=False, lang="zh_CN") as till:
        await sign_on(till, "1002", "1470")
        await open_day(till)
        assert "Subtotal" in till.text()
        await till.press("0", "enter", "5", "enter")
        await sign_on(till, "1001", "2580")

        assert "小计" in till.text()


async def test_lock_and_change_of_cashier_between_customers(home):
    """Rule 8."""
    async with trading(home, sign_on=False) as till:
        await sign_on(till)
        await open_day(till)
        await till.press("ctrl+l")
        assert name(till) == "LockScreen"
        await till.press("+")
        assert name(till) == "SignOnScreen"
        await sign_on(till, "1002", "1470")

        assert name(till) == "SaleScreen"
        assert till.till.operator.operator_id == "1002"


@pytest.mark.parametrize(("answer", "lines"), [("1", 2), ("2", 0)])
async def test_after_a_power_cut_the_sale_is_continued_or_cancelled(home, answer, lines):
    """Rule 6: what was open is on disk and offered after the PIN."""
    async with trading(home, sign_on=False) as till:
        await sign_on(till)
        await open_day(till)
        await till.scan(WINE)
        await till.scan(NOODLES)
    async with trading(home, sign_on=False) as till:
        await sign_on(till)
        assert name(till) == "RecoveryScreen"
        assert "73.90" in till.text()
        await till.scan(WINE)
        assert till.rings == 1
        await till.press(answer, "enter")
        if answer == "2":
            await till.press("1", "enter")
            await till.approve()

        assert name(till) == "SaleScreen"
        assert len(till.cart.lines) == lines


async def test_a_committed_sale_is_never_sold_again_but_its_receipt_can_be_printed(home):
    async with trading(home, sign_on=False) as till:
        await sign_on(till)
        await open_day(till)
        await sell(till, WINE)
    async with trading(home, sign_on=False) as till:
        printed = []
        till.till.printer.submit = printed.append
        await sign_on(till)
        text = till.text().replace("\n", " ")
        assert name(till) == "UnprintedScreen"
        assert "0001" in text
        assert "32.00" in text
        await till.press("1", "enter")
        await till.settle()

        assert name(till) == "SaleScreen"
        assert not till.cart.lines
        assert len(printed) == 1


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_stk_17_books_that_do_not_add_up_are_said_and_the_day_closes(home, lang):
    async with trading(home, sign_on=False, lang=lang) as till:
        await sign_on(till, *({"en": ("1002", "1470")}.get(lang, ())))
        await open_day(till)
        code = catalogue.find(till.till, (WINE.zfill(14),)).item.item_code
        other = catalogue.find(till.till, (NOODLES.zfill(14),)).item.item_code
        await sell(till, WINE, NOODLES)
        rows = [(code, 1_000), (other, -1_000)]
        till.till.journal.run(
            lambda txn: txn.connection.executemany(
                "INSERT INTO stock_balance VALUES (?, '', '', ?)", rows
            )
        )
        await till.press("0", "enter", "3", "enter")
        for _ in range(200):
            await till.pause()
            if "pos doctor" in till.text():
                break
            await asyncio.sleep(0.01)
        assert "pos doctor" in till.text()
        assert clipped == []
        await till.press("1", "enter")
        await till.press(*"573.90", "enter", *["enter"] * 6)
        await till.settle()
        assert name(till) == "SlipScreen", till.text()
        assert any("pos doctor" in line for line in till.app.screen.text)


async def test_books_that_add_up_say_nothing_at_the_close(home):
    async with trading(home) as till:
        await sell(till, WINE)
        till.screen.run(closing.day_close(till.app, till.screen))
        await till.settle()
        assert name(till) == "DayCloseScreen"
        assert "pos doctor" not in till.text()
