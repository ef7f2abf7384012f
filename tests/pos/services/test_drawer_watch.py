"""The drawer by its sense pin: openings nobody asked for, and a drawer left open."""

from __future__ import annotations

import pytest

from pos.domain.journal import EntryKind
from pos.services import cash, drawer_watch
from pos.services.drawer_watch import DrawerLeftOpen, DrawerOpenedItself
from tests.pos.services.shop import entries, sell


class Pin:
    """The drawer's sense pin, a second at a time."""

    def __init__(self, till) -> None:
        self.till = till
        self.told: list[object] = []
        till.on_event.append(self.told.append)
        self.stands("closed")

    def stands(self, state: str, seconds: int = 1) -> None:
        for _ in range(seconds):
            self.till.clock.advance(1000)
            self.till.status.drawer = state
            drawer_watch.watch(self.till)

    @property
    def noted(self) -> list[tuple[str, int]]:
        return [(body.what, body.open_s) for body in entries(self.till, EntryKind.DRAWER_NOTED)]


@pytest.fixture
def pin(open_shop):
    return Pin(open_shop)


def test_an_opening_for_a_sale_needs_no_entry_of_its_own(open_shop, pin):
    sell(open_shop, ("W550", 1000))
    assert open_shop.printer.kicks == 1
    pin.stands("open", 5)
    pin.stands("closed")

    assert pin.noted == []
    assert not [one for one in pin.told if isinstance(one, DrawerOpenedItself)]


def test_an_opening_with_a_reason_is_that_entry(open_shop, pin):
    cash.paid_in(open_shop, 10_000, "change_fund").saved.result()
    pin.stands("open", 5)

    assert pin.noted == []
    assert [body.reason for body in entries(open_shop, EntryKind.CASH_MOVEMENT)] == ["change_fund"]


def test_a_drawer_that_nobody_opened_is_journaled_and_said(pin):
    pin.stands("open", 3)

    assert pin.noted == [("unexpected", 0)]
    assert [one for one in pin.told if isinstance(one, DrawerOpenedItself)]


def test_a_second_opening_is_not_covered_by_the_first(open_shop, pin):
    sell(open_shop, ("W550", 1000))
    pin.stands("open", 2)
    pin.stands("closed")
    pin.stands("open")

    assert pin.noted == [("unexpected", 0)]


def test_a_drawer_left_open_is_said_once_and_its_closing_noted(open_shop, pin):
    sell(open_shop, ("W550", 1000))
    pin.stands("open", 59)
    assert pin.noted == []
    pin.stands("open", 60)
    assert pin.noted == [("left_open", 60)]
    assert [one for one in pin.told if isinstance(one, DrawerLeftOpen)] == [DrawerLeftOpen(60)]
    pin.stands("closed")

    assert pin.noted == [("left_open", 60), ("closed_late", 119)]


def test_a_printer_that_is_silent_for_a_while_moved_no_drawer(open_shop, pin):
    sell(open_shop, ("W550", 1000))
    pin.stands("open", 2)
    pin.stands("unknown", 5)
    pin.stands("open", 2)

    assert pin.noted == []
