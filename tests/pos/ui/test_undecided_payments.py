"""待核: payments of closed sales are listed and decided at the till, by who has the right (rule 12)."""

from __future__ import annotations

import pytest

from pos.services.undecided import undecided_tenders
from pos.ui.commands import NUMBERS
from pos.ui.text_grid import clipped
from tests.pos.ui.shop import NOODLES, WINE, trading
from tests.pos.ui.test_approvals_and_drawer import entries, name

VERIFY = next(number for number, what in NUMBERS.items() if what == "verify")


async def sold_uncertain(till, code, *digits):
    """A sale whose WeChat payment a manager let go as 不确定."""
    await till.scan(code)
    await till.press("f9", "*", "2", "enter", *digits)
    await till.press(*["+"] * (2 if digits else 3), "enter")
    await till.settle()
    if name(till) == "ApprovalScreen":
        await till.approve("8001", "852741")
    await till.settle()
    return till.till.last_transaction_no


async def open_list(till):
    await till.press("0", "enter", *str(VERIFY), "enter")
    assert name(till) == "UndecidedScreen"


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
async def test_a_payment_that_arrived_after_all_leaves_the_list(home, lang):
    async with trading(home, role="cashier", lang=lang) as till:
        first = await sold_uncertain(till, WINE, "1", "2", "3", "4")
        second = await sold_uncertain(till, NOODLES)
        await open_list(till)
        shown = till.text()
        for part in (first, second, "68.00", "5.90", "73.90", "11-21 10:00"):
            assert part in shown, shown
        await till.press("1", "enter")
        assert name(till) == "TenderDecisionScreen"
        assert first in till.text()
        assert "1234" in till.text()
        await till.press("+", "enter")
        await till.approve("8001", "852741")

        assert name(till) == "UndecidedScreen"
        (left,) = undecided_tenders(till.till)
        assert left.transaction_no == second
        body = entries(till, "tender_state")[-1]["body"]
        assert body["transaction_no"] == first
        assert body["tender"].get("state", "received") == "received"
        assert (body["tender"]["decided_by"], body["tender"]["reference"]) == ("8001", "1234")
        assert clipped == []


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
async def test_a_payment_that_never_came_is_noted_and_the_sale_stays_as_it_is(home, lang):
    async with trading(home, role="cashier", lang=lang) as till:
        number = await sold_uncertain(till, WINE)
        before = entries(till, "transaction")
        await open_list(till)
        await till.press("1", "enter", "+", "+", "enter")
        await till.approve("8001", "852741")

        assert name(till) == "SaleScreen"
        assert number in till.text()
        assert entries(till, "transaction") == before
        body = entries(till, "tender_state")[-1]["body"]
        assert (body["tender"]["state"], body["tender"]["decided_by"]) == ("failed", "8001")
        assert undecided_tenders(till.till) == []
        assert clipped == []


async def test_an_enter_out_of_habit_decides_nothing(home):
    async with trading(home, role="cashier") as till:
        await sold_uncertain(till, WINE)
        await open_list(till)
        await till.press("enter", "enter")

        assert name(till) == "UndecidedScreen"
        assert len(undecided_tenders(till.till)) == 1
        await till.press("-")
        assert name(till) == "SaleScreen"


async def test_a_cashier_reads_the_list_but_a_manager_decides(home):
    async with trading(home, role="cashier") as till:
        await sold_uncertain(till, WINE)
        await open_list(till)
        await till.press("1", "enter", "+", "enter")
        assert name(till) == "ApprovalScreen"
        assert "✓ Received 68.00" in till.text()
        await till.press("-")
        assert len(undecided_tenders(till.till)) == 1

        assert name(till) == "UndecidedScreen"
        await till.press("1", "enter", "+", "enter")
        await till.approve("8001", "852741")
        assert undecided_tenders(till.till) == []
        body = entries(till, "tender_state")[-1]["body"]
        assert body["tender"]["decided_by"] == "8001"


async def test_an_empty_list_says_so(home):
    async with trading(home) as till:
        await open_list(till)
        assert "Nothing here" in till.text()
        await till.press("enter")
        assert name(till) == "SaleScreen"
