"""The command sheet: a till driven without a keyboard, and what its codes may never do."""

from __future__ import annotations

import pytest

from pos.ui.command_codes import BY_CODE, SHEET, label_of
from pos.ui.scan_router import ScanEvent
from tests.pos.ui.shop import HOTPOT, NOODLES, WINE, trading

SECOND = 1_000_000_000


class Sheet:
    """Scans codes of the sheet, two seconds apart unless told otherwise."""

    def __init__(self, hands):
        self.hands = hands
        self.at_ns = 100 * SECOND

    async def __call__(self, code, after_ns=2 * SECOND):
        self.at_ns += after_ns
        event = ScanEvent(f"$POS:{code}".encode(), "counter", self.at_ns, "]C0")
        self.hands.app.post_scan(event)
        await self.hands.settle()


def name(hands):
    return type(hands.screen).__name__


def test_every_code_is_short_unlike_any_goods_and_said_in_words():
    assert len(BY_CODE) == len(SHEET)
    assert all(len(one.code) <= 8 and one.code.isalnum() for one in SHEET)
    assert label_of(BY_CODE["QTY3"]) == "Next scan × 3"


async def test_a_sale_from_scan_to_exact_cash_without_a_key(home):
    async with trading(home) as till:
        sheet = Sheet(till)
        await sheet("QTY3")
        await till.scan(WINE)
        await till.scan(NOODLES)
        await sheet("VOID")
        assert [line.quantity_milli for line in till.cart.lines] == [3000]
        await sheet("SUB")
        assert till.till.sale.phase == "subtotal"
        await sheet("CASH")
        assert name(till) == "PaymentScreen"
        await sheet("CASH")

        assert name(till) == "SaleScreen"
        assert till.cart.lines == ()
        done = till.screen.done.transaction
        assert [(one.tender_type, one.amount_minor) for one in done.tenders] == [("cash", 20_400)]


async def test_a_code_read_twice_within_a_second_is_one_press(home):
    async with trading(home) as till:
        sheet = Sheet(till)
        await till.scan(WINE)
        await till.scan(NOODLES)
        await sheet("VOID")
        await sheet("VOID", after_ns=SECOND // 2)
        assert len(till.cart.lines) == 1
        await sheet("CASH")
        await sheet("CASH", after_ns=SECOND // 2)

        assert name(till) == "PaymentScreen"
        assert till.screen.payment.tenders == ()


async def test_a_code_never_adds_cash_after_another_tender_or_a_typed_amount(home):
    async with trading(home) as till:
        sheet = Sheet(till)
        await till.scan(WINE)
        await sheet("CASH")
        await till.type("100")
        rings = till.rings
        await sheet("CASH")

        assert (name(till), till.rings) == ("PaymentScreen", rings + 1)
        assert till.screen.payment.tenders == ()


DIALOGS = {"quantity": ["*"], "void reason": ["delete"], "menu": ["0", "enter"], "help": ["f1"]}


@pytest.mark.parametrize("keys", DIALOGS.values(), ids=DIALOGS.keys())
async def test_a_code_answers_no_dialog_and_does_nothing_later(home, keys):
    async with trading(home) as till:
        sheet = Sheet(till)
        await till.scan(WINE)
        await till.scan(HOTPOT)
        await till.press(*keys)
        dialog, rings = till.screen, till.rings
        await sheet("VOID")
        await sheet("CASH")
        assert till.screen is dialog
        assert till.rings == rings + 2
        while name(till) != "SaleScreen":
            await till.press("-")
        await till.settle()

        assert len(till.cart.lines) == 2
        assert name(till) == "SaleScreen"


async def test_a_void_that_needs_an_approval_is_not_confirmed_by_codes(home):
    with (home / "guitai.toml").open("a", encoding="utf-8") as file:
        file.write('[rules]\npreset = "counter"\n')  # there somebody else signs for a void
    async with trading(home, role="cashier") as till:
        sheet = Sheet(till)
        await till.scan(WINE)
        await sheet("VOID")
        assert name(till) == "ApprovalScreen"
        await sheet("VOID")
        await sheet("CASH")

        assert name(till) == "ApprovalScreen"
        assert len(till.cart.lines) == 1


async def test_codes_on_an_empty_sale_and_unknown_codes_are_refused_loudly(home):
    async with trading(home) as till:
        sheet = Sheet(till)
        for code in ("VOID", "CASH", "AGAIN", "DANCE"):
            rings = till.rings
            await sheet(code)
            assert (till.rings, name(till)) == (rings + 1, "SaleScreen"), code


async def test_park_and_recall(home):
    async with trading(home) as till:
        sheet = Sheet(till)
        await till.scan(WINE)
        await sheet("PARK")
        while name(till) != "SaleScreen":
            await till.press("enter")
        await till.settle()
        assert till.cart.lines == ()
        await till.scan(NOODLES)
        await sheet("AGAIN")
        assert till.cart.pieces_milli == 2000
