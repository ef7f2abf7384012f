"""The line mode over the same services: a sale, an unknown code, an approval, a closed day."""

from __future__ import annotations

import pytest

from pos.bootstrap import build_till, close_till
from pos.store.clock import FixedClock
from pos.ui.plain import PlainTill
from pos.ui.scan_router import ScanEvent
from tests.pos.ui.shop import DAY, HELD, NOBODYS, NOODLES, START, WINE


class Lines:
    def __init__(self, till):
        self.till = till
        self.out: list[str] = []
        self.plain = PlainTill(till, self.out.append)
        self.plain.start()

    def type(self, *lines: str) -> str:
        self.out.clear()
        for line in lines:
            self.plain.line(line)
        return "".join(self.out)

    def scan(self, code: str) -> str:
        self.out.clear()
        self.plain.post_scan(ScanEvent(code.encode(), "t", 0))
        return "".join(self.out)


@pytest.fixture
def lines(home):
    till = build_till(home, clock=FixedClock(START))
    yield Lines(till)
    close_till(till)


def open_shop(lines):
    lines.type("1002", "1470")
    assert lines.type("", "500").endswith("> ")
    assert lines.till.business_day == DAY


def test_a_sale_in_lines_of_text(lines):
    open_shop(lines)

    assert "Puyuan Cabernet Dry Red 750ml 1 × 68.00 = 68.00" in lines.scan(WINE)
    assert "17.70" in lines.type(f"3*{NOODLES}")
    answer = lines.type("pay 100")
    assert "010101-20261121-0001" in answer
    assert "Change 14.30" in answer


def test_payment_outside_the_till_waits_for_a_decision(lines):
    open_shop(lines)
    lines.scan(WINE)

    assert "Received" in lines.type("pay 68*2")
    assert "0001" in lines.type("1")


def test_scans_before_sign_on_are_refused(lines):
    assert "✗" in lines.scan(WINE)
    assert not lines.till.sale.cart.lines


def test_a_scan_during_a_question_waits_for_the_sale(lines):
    open_shop(lines)
    lines.scan(WINE)
    lines.type("void")
    assert "1 scan waits" in lines.scan(NOODLES)
    lines.type("1")

    assert [line.item_code for line in lines.till.sale.cart.lines] == ["200073"]


def test_an_unknown_code_is_sold_as_a_department(lines):
    open_shop(lines)
    assert NOBODYS in lines.scan(NOBODYS)
    lines.type("1", "3.50")

    assert lines.till.sale.cart.last.barcode == NOBODYS


def test_a_held_item_is_refused_with_a_bell(lines):
    open_shop(lines)

    answer = lines.scan(HELD)
    assert "\a" in answer
    assert "must not be sold" in answer


def test_an_approval_names_another_person(lines):
    open_shop(lines)
    lines.scan(WINE)
    answer = lines.type("cancel", "1", "3001", "7531")

    assert not lines.till.sale.cart.lines, answer


def test_the_day_is_closed_and_its_slip_shown(lines):
    open_shop(lines)
    lines.scan(WINE)
    lines.type("pay 68")
    answer = lines.type("close", "568", "0")

    assert "568.00" in answer
    assert lines.till.business_day == ""


def test_quit_at_sign_on_ends_it(lines):
    lines.type("quit")

    assert lines.plain.ended
