"""The sale screen on a real shop: the number pad alone, errors that stay, the last goods large."""

from __future__ import annotations

import msgspec
import pytest

from pos.config import load_settings
from pos.ui.keys import PadState
from tests.pos.ui.shop import (
    HELD,
    HOTPOT,
    MISREAD,
    NOBODYS,
    NOODLES,
    WINE,
    trading,
    with_settings,
)


async def test_a_scan_adds_a_line_and_its_total_is_on_the_screen(home):
    async with trading(home, lang="zh_CN") as till:
        await till.scan(NOODLES)

        assert [line.item_code for line in till.cart.lines] == ["200073"]
        assert till.app.screen.total.amount == "5.90"
        assert "蜀味堂酸辣粉 130g" in till.text()


async def test_the_last_goods_are_repeated_large_with_spec_quantity_and_price(home):
    """Rule 5: name, spec, quantity and price of the last line, to compare with the goods in hand."""
    async with trading(home, lang="zh_CN") as till:
        await till.scan(NOODLES)
        await till.scan(NOODLES)

        name, detail, figures, amount = till.app.screen.last.state
        assert (name, amount) == ("蜀味堂酸辣粉", "11.80")
        assert "130g" in detail
        assert figures == "2 桶 × 5.90"


async def test_the_total_stands_in_digits_of_three_rows(home):
    """Rule 5: the total in at least 3-row digits."""
    async with trading(home) as till:
        await till.scan(WINE)
        rows = till.text().splitlines()[17:20]

        assert all(set("█▀") & set(row) for row in rows)
        assert "¥" in rows[2]


async def test_wide_and_tall_screens_get_digits_of_five_rows(home):
    async with trading(home, size=(160, 45)) as till:
        await till.scan(WINE)
        blocks = [row for row in till.text().splitlines() if "█" in row]

        assert len(blocks) >= 7


async def test_a_whole_sale_with_the_number_pad_alone(home):
    """Rule 1: quantity before the scan, +, -, *, subtotal, cash, change; no other key."""
    async with trading(home) as till:
        await till.press("3", "*")
        await till.scan(NOODLES)
        await till.press("+", "+", "-")
        assert till.cart.last.quantity_milli == 4000
        await till.press("*", "6", "enter")
        assert till.cart.last.quantity_milli == 6000
        await till.press("2", "0", "0", "0", "7", "7", "enter")
        assert till.cart.last.item_code == "200077"
        await till.press("enter", "enter")
        await till.press("1", "0", "0", "enter")
        await till.settle()

        assert till.till.last_transaction_no == "010101-20261121-0001"
        assert till.app.screen.total.amount == "44.70"
        assert till.app.screen.total.caption == "Change"


async def test_esc_clears_then_goes_back(home):
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.press("enter")
        assert till.screen.pad_state is PadState.SUBTOTAL
        await till.press("escape")
        await till.press("1", "2", "escape")

        assert till.screen.typed == ""
        assert till.till.sale.phase == "lines"


async def test_plus_on_typed_digits_is_refused_loudly(home):
    async with trading(home) as till:
        await till.press("1", "2", "+")

        assert till.rings == 1
        assert till.screen.band.is_error
        assert till.screen.typed == "12"


async def test_plus_and_minus_are_refused_on_weighed_goods(home):
    async with trading(home) as till:
        await till.press("1", "0", "0", "0", "1", "enter")
        await till.press("0", ".", "3", "2", "8", "enter")
        assert till.cart.last.quantity_milli == 328
        await till.press("+")
        await till.press("-")

        assert till.cart.last.quantity_milli == 328
        assert till.rings == 2
        assert "void it and weigh again" in till.screen.band.text


async def test_minus_at_one_asks_to_void_and_takes_a_reason(home):
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.press("-")
        assert "Take this line off?" in till.text()
        await till.press("enter")

        assert not till.cart.lines
        entries = till.till.journal.reader().execute(
            "SELECT count(*) FROM journal_entry WHERE kind = 'line_voided'"
        )
        await till.settle()
        assert entries.fetchone()[0] == 1


async def test_a_full_keyboard_voids_the_marked_line(home):
    """Rule 2: Del voids the marked line, and asks once."""
    async with trading(home) as till:
        for code in (WINE, NOODLES, HOTPOT):
            await till.scan(code)
        await till.press("up", "up", "delete", "enter")

        assert [line.item_code for line in till.cart.lines] == ["200073", "200077"]


async def test_backspace_pressed_anew_on_an_empty_entry_voids_the_last_line(home):
    """Rule 2: Backspace pressed anew is 即更."""
    async with trading(home) as till:
        await till.scan(WINE)
        await till.scan(NOODLES)
        await till.press("backspace")

        assert [line.item_code for line in till.cart.lines] == ["200063"]


async def test_a_run_of_backspaces_stops_at_the_empty_entry(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("1", "2")
        await till.press("backspace", "backspace", "backspace", "backspace", gap=0.2)

        assert till.screen.typed == ""
        assert len(till.cart.lines) == 1


async def test_undo_takes_the_last_line_action_back(home):
    """Rule 2: F4."""
    async with trading(home) as till:
        await till.scan(WINE)
        await till.scan(NOODLES)
        await till.press("f4")

        assert [line.item_code for line in till.cart.lines] == ["200063"]


async def test_price_override_asks_price_and_reason(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press(".", "6", "0", "enter", "2", "enter")

        line = till.cart.last
        assert (line.unit_price_e4, line.override.reason) == (600_000, "near_expiry")


async def test_a_discount_is_typed_per_cent_in_english_and_zhe_in_chinese(home):
    async with trading(home) as till:
        await till.scan(WINE)
        till.app.use_language("en")
        await till.press("/", "1", "0", "enter", "1", "enter")
        assert till.cart.last.amount_minor == 6120
        till.app.use_language("zh_CN")
        await till.press("/", "8", ".", "5", "enter", "1", "enter")

        assert till.cart.last.amount_minor == 5780


async def test_round_off_takes_what_stands_behind_the_point(home):
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.press("enter", "/", "1", "enter")

        assert till.cart.total_minor == 500


async def test_all_functions_are_reached_by_number(home):
    async with trading(home) as till:
        await till.press("0", "enter")
        assert "All functions by number" in till.text()
        await till.press("1", "2", "enter")

        assert "What does it cost?" in till.text()


async def test_every_command_of_the_menu_does_something(home):
    from pos.ui.commands import NUMBERS
    from pos.ui.flows.registry import STORIES

    own = {"help", "subtotal"}

    assert set(NUMBERS.values()) - own <= set(STORIES)


@pytest.mark.parametrize("code", [NOBODYS, MISREAD, HELD])
async def test_an_error_is_heard_and_its_code_stays_until_the_next_good_scan(home, code):
    """Rule 4."""
    async with trading(home) as till:
        await till.scan(code)
        assert till.rings == 1
        assert f"✗ {code}" in till.text()
        await till.press("up", "down")
        assert f"✗ {code}" in till.text()
        await till.scan(NOODLES)

        assert "✗" not in till.text()


async def test_the_error_band_is_as_wide_as_the_screen(home):
    async with trading(home) as till:
        await till.scan(NOBODYS)
        band = till.screen.band

        assert band.size.width == 80
        assert {role for line in band.painted for _text, role in line} == {"error"}


async def test_an_unknown_code_is_sold_as_a_department_with_one_key_and_a_price(home):
    """Rule 14: the barcode stays on the line and goes on the list for head office."""
    async with trading(home) as till:
        await till.scan(NOBODYS)
        await till.press("enter", "1", "enter", "3", ".", "5", "enter")
        await till.settle()

        line = till.cart.last
        assert (line.item_code, line.barcode, line.amount_minor) == ("D1", NOBODYS, 350)
        kinds = till.till.journal.reader().execute(
            "SELECT count(*) FROM journal_entry WHERE kind = 'unknown_code'"
        )
        assert kinds.fetchone()[0] == 1


async def test_an_unknown_code_is_reported(home):
    async with trading(home) as till:
        await till.scan(NOBODYS)
        await till.press("enter", "5", "enter")
        await till.settle()

        assert till.screen.unknown is None
        assert not till.cart.lines


async def test_payment_waits_until_an_unknown_code_is_dealt_with(home):
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.scan(NOBODYS)
        await till.press("f9")

        assert till.screen.__class__.__name__ == "SaleScreen"
        assert NOBODYS in till.screen.band.text


async def test_goods_without_codes_are_sold_by_their_number(home):
    async with trading(home) as till:
        await till.press("ctrl+g", "1", "enter")

        assert till.cart.last.item_code == "200315"


async def test_park_and_recall(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("f5", "7", "enter")
        assert not till.cart.lines
        till.till.clock.advance(1)  # a sale begins at its own millisecond
        await till.scan(NOODLES)
        await till.press("f6", "1", "enter", "1", "enter")

        assert [line.item_code for line in till.cart.lines] == ["200063"]


async def test_a_cancelled_sale_leaves_its_trace(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("ctrl+delete", "1", "enter")
        await till.approve()

        assert not till.cart.lines
        kinds = till.till.journal.reader().execute(
            "SELECT count(*) FROM journal_entry WHERE kind = 'sale_cancelled'"
        )
        assert kinds.fetchone()[0] == 1


@pytest.mark.parametrize("name", ["[red]boom[/]", "[@click=app.quit]x[/]", "\x1b[2Jclear", "a\nb"])
async def test_a_name_is_data_and_never_markup_or_control(home, name):
    async with trading(home, lang="zh_CN") as till:
        await till.scan(WINE)
        line = msgspec.structs.replace(till.cart.lines[0], description=name)
        till.till.sale.cart = type(till.cart)((line,), 2)
        till.screen.refresh_sale()
        await till.pilot.pause()

        shown = till.text()
        assert "\x1b" not in shown
        assert name.replace("\x1b", "").replace("\n", " ")[:12] in shown
        assert till.app.is_running


async def test_num_lock_off_is_asked_about(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("left", "right", "left", gap=0.3)

        assert "NumLock" in till.text()
        assert len(till.cart.lines) == 1


async def test_held_enter_neither_pays_nor_confirms(home):
    """Rule 1: key repeat never voids, pays or confirms."""
    async with trading(home) as till:
        exact = with_settings(load_settings(home), payment={"enter": "exact"})
        till.till.settings = exact
        await till.scan(WINE)
        await till.press("enter")
        await till.press("enter", gap=0.5)
        for _ in range(40):
            await till.press("enter", gap=0.033)
        await till.settle()

        assert till.till.last_transaction_no == ""
        assert till.till.sale.payment is None or not till.till.sale.payment.tenders


async def test_enter_pressed_three_times_by_hand_pays_exactly(home):
    async with trading(home) as till:
        till.till.settings = with_settings(load_settings(home), payment={"enter": "exact"})
        await till.scan(WINE)
        await till.press("enter", "enter", "enter", gap=0.25)
        await till.pilot.pause(0.2)
        await till.settle()

        assert till.till.last_transaction_no == "010101-20261121-0001"


async def test_held_minus_does_not_void(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("-")
        for _ in range(9):
            await till.press("-", gap=0.033)

        assert len(till.cart.lines) == 1


async def test_item_search_finds_with_every_keystroke(home):
    async with trading(home) as till:
        await till.press("f12", "s", "w", "t")
        assert "Shuweitang" in till.text()
        first = till.screen.hits[0].item.item_code
        await till.press("enter")

        assert till.cart.last.item_code == first


async def test_a_letter_on_the_sale_screen_begins_a_search(home):
    async with trading(home) as till:
        await till.press("s", "w", "t", "s", "l", "f")

        assert till.screen.typed == "swtslf"
        assert [hit.item.item_code for hit in till.screen.hits] == ["200073"]


async def test_price_check_sells_nothing(home):
    async with trading(home) as till:
        await till.press("f3")
        await till.scan(WINE)
        assert "Puyuan Cabernet Dry Red" in till.text()
        await till.press("-")

        assert not till.cart.lines
        assert till.screen.__class__.__name__ == "SaleScreen"


async def test_help_shows_all_keys_of_the_screen_and_all_functions(home):
    """Rule 2: F1."""
    async with trading(home, size=(100, 60)) as till:
        await till.press("f1")
        text = till.text()

        assert "Subtotal" in text
        assert "Ctrl+R" in text
        assert "Put this sale aside" in text
