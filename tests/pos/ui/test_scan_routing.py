"""Scans go by the policy of the screen on top: taken, kept for the sale, or refused loudly (rule 3)."""

from __future__ import annotations

import pytest

from pos.ui.scan_router import Route, ScanEvent, ScanPolicy, ScanRouter, shown_code
from tests.pos.ui.shop import HOTPOT, NOBODYS, NOODLES, WINE, trading


def scan(code: bytes) -> ScanEvent:
    return ScanEvent(code, "counter", 0)


def test_only_forwarded_scans_are_queued():
    router = ScanRouter()

    routes = [router.route(scan(b"1"), policy) for policy in ScanPolicy]

    assert routes == [Route.TAKEN, Route.QUEUED, Route.REFUSED]
    assert [one.data for one in router.waiting] == [b"1"]


def test_a_full_queue_refuses_instead_of_losing():
    router = ScanRouter(limit=2)

    routes = [router.route(scan(b"1"), ScanPolicy.FORWARD) for _ in range(3)]

    assert routes == [Route.QUEUED, Route.QUEUED, Route.REFUSED]


def test_a_code_is_shown_without_control_characters():
    assert shown_code(scan(b"01\x1d\x1b[2J")) == "01··[2J"


DIALOGS = {
    "quantity": ["*"],
    "price": ["."],
    "line discount": ["/"],
    "void reason": ["delete"],
    "function menu": ["0", "enter"],
    "park": ["f5"],
    "quick keys": ["ctrl+g"],
    "help": ["f1"],
}


@pytest.mark.parametrize("keys", DIALOGS.values(), ids=DIALOGS.keys())
async def test_a_scan_during_a_dialog_is_neither_lost_nor_typed(home, keys):
    """Rule 3: it never answers a dialog."""
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press(*keys)
        dialog = till.screen
        await till.scan(NOODLES)
        await till.scan(HOTPOT)
        assert till.screen is dialog
        assert getattr(dialog, "typed", "") == ""
        assert [line.item_code for line in till.cart.lines] == ["200063"]
        while till.screen.__class__.__name__ != "SaleScreen":
            await till.press("-")

        assert [line.item_code for line in till.cart.lines] == ["200063", "200073", "200077"]


async def test_waiting_scans_are_said_in_the_dialog(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("*")
        await till.scan(NOODLES)

        assert "1 scan waits" in till.text()


async def test_scans_queued_behind_a_void_are_added_after_it(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("delete")
        await till.scan(NOODLES)
        await till.press("enter")

        assert [line.item_code for line in till.cart.lines] == ["200073"]


async def test_cancelling_the_sale_drops_waiting_scans_loudly(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("ctrl+delete")
        await till.scan(NOODLES)
        await till.press("1", "enter")
        await till.approve()

        assert not till.cart.lines
        assert NOODLES in till.screen.band.text
        assert till.rings == 1


async def test_the_lock_screen_refuses_and_queues_nothing(home):
    """Rule 3."""
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("ctrl+l")
        await till.scan(NOODLES)
        assert till.rings == 1
        assert NOODLES in till.screen.band.text
        assert till.screen.pin == ""
        await till.type("852741")
        await till.press("enter")
        await till.settle()

        assert till.screen.__class__.__name__ == "SaleScreen"
        assert [line.item_code for line in till.cart.lines] == ["200063"]


async def test_a_scan_never_lands_in_a_pin_field(home):
    """Rule 3."""
    async with trading(home, sign_on=False) as till:
        await till.type("1001")
        await till.press("enter")
        await till.scan(NOODLES)

        assert till.screen.pin == ""
        assert till.rings == 1


async def test_an_item_at_payment_before_any_tender_returns_to_the_sale(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("f9")
        await till.scan(NOODLES)

        assert till.screen.__class__.__name__ == "SaleScreen"
        assert len(till.cart.lines) == 2


async def test_an_item_after_a_tender_is_refused_loudly(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("f9", "5", "enter")
        await till.scan(NOODLES)

        assert till.screen.__class__.__name__ == "PaymentScreen"
        assert NOODLES in till.screen.band.text
        assert len(till.cart.lines) == 1


async def test_an_item_in_the_list_of_tenders_returns_to_the_sale(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("f9", "*")
        await till.scan(NOODLES)

        assert till.screen.__class__.__name__ == "SaleScreen"
        assert len(till.cart.lines) == 2


async def test_a_scan_on_the_change_screen_begins_the_next_sale(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("f9", "1", "0", "0", "enter")
        await till.settle()
        assert till.screen.total.caption == "Change"
        await till.scan(NOODLES)

        assert till.screen.total.caption == "Total"
        assert [line.item_code for line in till.cart.lines] == ["200073"]


async def test_a_scan_while_the_sale_is_being_written_belongs_to_the_next_sale(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("f9", "1", "0", "0")
        till.now += 2
        till.app.press("enter")
        till.app.post_scan(scan(NOODLES.encode()))
        await till.settle()

        assert till.till.last_transaction_no.endswith("0001")
        assert [line.item_code for line in till.cart.lines] == ["200073"]


async def test_a_scan_in_the_search_is_sold_and_not_typed(home):
    async with trading(home) as till:
        await till.press("f12", "s")
        await till.scan(NOODLES)

        assert till.screen.__class__.__name__ == "SaleScreen"
        assert [line.item_code for line in till.cart.lines] == ["200073"]


async def test_unknown_codes_at_payment_are_said_on_the_sale_screen(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("f9")
        await till.scan(NOBODYS)

        assert till.screen.__class__.__name__ == "SaleScreen"
        assert NOBODYS in till.screen.band.text


async def test_a_burst_of_fifty_scans_loses_none(home):
    async with trading(home) as till:
        for index in range(50):
            code = (WINE, NOODLES)[index % 2]
            till.app.post_scan(scan(code.encode()))
        await till.pilot.pause()

        assert len(till.cart.lines) == 50
        assert till.screen.total.amount == "1,847.50"


async def test_keys_and_scans_in_one_burst_keep_their_order(home):
    async with trading(home) as till:
        for key in ("3", "*"):
            till.now += 2
            till.app.press(key)
        till.app.post_scan(scan(NOODLES.encode()))
        for key in ("*", "7", "enter"):
            till.now += 2
            till.app.press(key)
        till.app.post_scan(scan(HOTPOT.encode()))
        await till.pilot.pause()

        assert [line.quantity_milli for line in till.cart.lines] == [7000, 1000]
