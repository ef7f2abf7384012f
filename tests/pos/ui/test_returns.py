"""Returns on the screens: by the receipt, by the goods, without a receipt, price differences."""

from __future__ import annotations

import msgspec

from tests.pos.ui.shop import NOODLES, WINE, trading

FIRST = "010101-20261121-0001"


def name(till) -> str:
    return type(till.screen).__name__


def transactions(till):
    rows = till.till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = 'transaction' ORDER BY entry_id"
    )
    return [msgspec.json.decode(row[0])["body"] for row in rows]


async def sell(till, *codes):
    for code in codes:
        await till.scan(code)
    await till.press("f9", "1", "0", "0", "enter")
    await till.settle()


async def approve_if_asked(till, number="8001", pin="852741"):
    if name(till) == "ApprovalScreen":
        await till.approve(number, pin)


async def pay_back(till):
    await till.press("enter", "enter", "enter")
    await till.settle()


async def test_scanning_a_receipt_on_the_sale_screen_begins_a_return(home):
    async with trading(home, role="cashier") as till:
        await sell(till, WINE, NOODLES, NOODLES)
        await till.scan(FIRST)
        assert name(till) == "ReturnScreen"
        await till.press("enter", "1", "enter", "1", "enter")
        await approve_if_asked(till)
        assert till.cart.total_minor == -590
        await pay_back(till)

        back = transactions(till)[-1]
        assert back["transaction_type"] == "return"
        assert (back["original_transaction_no"], back["total_minor"]) == (FIRST, -590)
        assert till.screen.total.caption == "Paid back"


async def test_what_has_come_back_cannot_come_back_again(home):
    async with trading(home, role="cashier") as till:
        await sell(till, NOODLES)
        await till.scan(FIRST)
        await till.press("*", "enter", "1", "enter")
        await approve_if_asked(till)
        await pay_back(till)
        await till.scan(FIRST)

        assert name(till) == "SaleScreen"
        assert "come back already" in till.screen.band.text


async def test_more_than_remains_is_refused(home):
    async with trading(home, role="cashier") as till:
        await sell(till, NOODLES)
        await till.scan(FIRST)
        await till.press("5", "enter", "1", "enter")
        await approve_if_asked(till)

        assert not till.cart.lines
        assert till.rings >= 1


async def test_a_lost_receipt_is_found_by_scanning_the_goods(home):
    """Rule 15: the goods find their sales."""
    async with trading(home, role="cashier") as till:
        await sell(till, WINE, NOODLES)
        await till.press("ctrl+t")
        await till.scan(NOODLES)
        assert "Which sale?" in till.text()
        assert "5.90" in till.text()
        await till.press("1", "enter")
        assert name(till) == "ReturnScreen"
        await till.press("enter", "enter", "1", "enter")
        await approve_if_asked(till)

        assert [line.item_code for line in till.cart.lines] == ["200073"]


async def test_the_days_receipt_by_its_short_number(home):
    async with trading(home, role="cashier") as till:
        await sell(till, NOODLES)
        await till.press("ctrl+t", "1", "enter")

        assert name(till) == "ReturnScreen"
        assert FIRST in till.text()


async def test_without_a_receipt_another_person_signs(home):
    async with trading(home, role="cashier") as till:
        await till.press("ctrl+t", "*", *"swtslf")
        assert "Sell" not in till.text()  # nothing is sold here: the goods are only named
        await till.press("enter")
        await till.press("1", "enter", "enter", "1", "enter")
        assert name(till) == "ApprovalScreen"
        await till.approve("8001", "852741")

        assert till.cart.total_minor == -590


async def test_a_wrong_shelf_card_pays_only_the_difference_back(home):
    """Rule 15: after payment only the difference."""
    async with trading(home, role="cashier") as till:
        await sell(till, WINE)
        await till.press("ctrl+w", "1", "enter", "4", "enter", "1", "enter")
        await till.press("6", "0", "enter")
        await approve_if_asked(till)

        assert till.cart.total_minor == -800


async def test_a_whole_sale_is_reversed_by_approval(home):
    async with trading(home, role="cashier") as till:
        await sell(till, WINE)
        await till.press("ctrl+w", "1", "enter", "5", "enter", "1", "enter")
        await approve_if_asked(till)
        await till.settle()

        assert transactions(till)[-1]["transaction_type"] == "void"
        assert transactions(till)[-1]["total_minor"] == -6800


async def test_an_earlier_receipt_is_shown_as_it_was_printed(home):
    async with trading(home) as till:
        await sell(till, WINE)
        await till.press("ctrl+w", "1", "enter", "1", "enter")

        assert name(till) == "SlipScreen"
        assert "葡园解百纳干红" in till.text()


async def test_a_code_that_is_neither_receipt_nor_goods_is_refused(home):
    async with trading(home) as till:
        await till.press("ctrl+t", *"123456", "enter")

        assert name(till) == "SaleScreen"
        assert "123456" in till.screen.band.text
