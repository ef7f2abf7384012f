"""Counting goods by scanning: the rhythm of the base screen, over a list that remembers nothing."""

from __future__ import annotations

from pathlib import Path

import pos.ui
from pos.domain.cart import Refusal
from pos.ui.flow import Ask
from pos.ui.screens.goods_scan import Counted, GoodsScanScreen
from pos.ui.widgets.goods_list import GoodsRow
from tests.pos.ui.shop import HOTPOT, NOBODYS, NOODLES, trading


class Tally(GoodsScanScreen[str], inherit_bindings=False):
    CSS_PATH = str(Path(pos.ui.__file__).parent / "screens/goods_scan.tcss")
    caption = "Tally"

    def __init__(self, till):
        super().__init__(till)
        self.unknown = []

    def count(self, scanned, quantity_milli):
        found = next((r for r in self.rows if r.code == scanned.item.item_code), None)
        number = found.number if found else len(self.rows) + 1
        before = found.quantity_milli if found else 0
        self.put_row(
            GoodsRow(
                number, scanned.item.name, before + quantity_milli, code=scanned.item.item_code
            )
        )
        return Counted(number, before)

    def set_quantity(self, number, quantity_milli):
        if quantity_milli > 900_000:
            return Refusal("quantity_too_large", "")
        row = self.row(number)
        self.put_row(GoodsRow(number, row.name, quantity_milli, code=row.code))
        return None

    def keep_unknown(self, code, quantity_milli):
        self.unknown.append((code, quantity_milli))
        self.unknown_count += 1

    def done(self):
        self.finish("done")

    def leave(self):
        self.finish("left")


async def opened(hands) -> Tally:
    screen = Tally(hands.till)

    async def story():
        screen.told = await Ask(screen)

    hands.app.start(story())
    await hands.settle()
    return screen


async def test_scan_then_quantity_and_enter(home):
    async with trading(home) as till:
        tally = await opened(till)
        await till.scan(NOODLES)
        await till.press("2", "4", "enter")
        await till.scan(HOTPOT)
        await till.scan(NOODLES)
        await till.press("6", "enter")
        assert [row.quantity_milli for row in tally.rows] == [30_000, 1_000]
        assert tally.total.amount == "31"


async def test_the_quantity_may_stand_before_the_scan(home):
    async with trading(home) as till:
        tally = await opened(till)
        await till.press("1", "2", "*")
        await till.scan(NOODLES)
        await till.scan(NOODLES)
        assert tally.rows[0].quantity_milli == 13_000


async def test_plus_and_minus_count_one_and_never_below_nothing(home):
    async with trading(home) as till:
        tally = await opened(till)
        await till.scan(NOODLES)
        await till.press("+", "+", "-")
        assert tally.rows[0].quantity_milli == 2_000
        await till.press("-", "-", "-")
        assert tally.rows[0].quantity_milli == 0
        assert till.rings == 1


async def test_an_unknown_code_is_said_and_kept(home):
    async with trading(home) as till:
        tally = await opened(till)
        await till.press("3", "*")
        await till.scan(NOBODYS)
        assert till.rings == 1
        assert tally.unknown == [(NOBODYS, 3_000)]
        assert "Unknown codes 1" in till.text()
        assert not till.cart.lines


async def test_a_long_number_is_a_code_and_slash_finds_by_item_code(home):
    async with trading(home) as till:
        tally = await opened(till)
        await till.type(NOODLES)
        await till.press("enter")
        code = tally.rows[0].code
        await till.type(code)
        await till.press("/")
        assert tally.rows[0].quantity_milli == 2_000


async def test_arrows_choose_a_row_and_its_whole_quantity_is_typed(home):
    async with trading(home) as till:
        tally = await opened(till)
        await till.scan(NOODLES)
        await till.scan(HOTPOT)
        await till.press("up", "5", "enter")
        assert [row.quantity_milli for row in tally.rows] == [5_000, 1_000]


async def test_scans_behind_a_dialog_of_this_screen_are_counted_here_and_never_sold(home):
    async with trading(home) as till:
        tally = await opened(till)
        await till.scan(NOODLES)
        await till.press("f1")
        await till.scan(HOTPOT)
        assert len(tally.rows) == 1
        await till.press("enter")
        assert len(tally.rows) == 2
        assert not till.cart.lines


async def test_escape_leaves_and_enter_goes_on(home):
    async with trading(home) as till:
        tally = await opened(till)
        await till.press("escape")
        assert tally.told == "left"
        tally = await opened(till)
        await till.press("enter")
        assert tally.told == "done"


async def test_a_burst_of_two_hundred_scans_back_to_back_loses_none(home):
    async with trading(home) as till:
        tally = await opened(till)
        from pos.ui.scan_router import ScanEvent

        for number in range(200):
            code = NOODLES if number % 2 else HOTPOT
            till.app.post_scan(ScanEvent(code.encode(), "counter", number))
        await till.settle()
        assert tally.total_milli == 200_000
