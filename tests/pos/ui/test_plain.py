"""The line mode over the same services: a sale, an unknown code, an approval, a closed day."""

from __future__ import annotations

import msgspec
import pytest

from pos.bootstrap import build_till, close_till
from pos.domain.goods.orders import ClassRule
from pos.services import catalogue
from pos.services.goods import held
from pos.store.clock import FixedClock
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter
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


@pytest.fixture
def large(lines):
    """Wine is a large good here."""
    tell(lines, class_rules=[ClassRule(item_class=class_of(lines, WINE), large=True)])
    open_shop(lines)
    return lines


def class_of(lines, barcode):
    return catalogue.find(lines.till, (barcode.zfill(14),)).item.item_class


def tell(lines, **rows):
    with ReferenceWriter.open(lines.till.home, app_version="test") as writer:
        writer.add_local(Changes(**rows))


def test_large_goods_are_asked_about_in_lines_too_reg_01(large):
    """REG-01: delivered goods stand in the register with the sale; an empty name goes back."""
    large.type(f"2*{WINE}")
    assert "Large goods" in large.type("pay 200")
    assert "Customer" in large.type("2", "1")
    assert "where do the goods go" in large.type("Wang", "", "", "", "1")
    answer = large.type("Wang", "", "Renmin 8-302", "tomorrow", "", "1")
    assert "Change 64.00" in answer
    (entry,) = held.open_entries(large.till)
    assert (entry.customer, entry.address, entry.half) == ("Wang", "Renmin 8-302", "am")
    assert [line.open_milli for line in entry.lines] == [1_000]


def test_large_goods_taken_now_are_paid_and_an_empty_answer_goes_back(large):
    large.scan(WINE)
    assert large.type("pay 100", "").endswith("> ")
    assert large.till.sale.payment is None
    assert "Change 32.00" in large.type("pay 100", "1")
    assert held.open_entries(large.till) == []


def test_small_goods_ask_nothing_in_lines(large):
    """The control."""
    large.scan(NOODLES)
    assert "Change 4.10" in large.type("pay 10")


def test_an_entry_that_needs_a_second_person_asks_for_one_in_lines(lines):
    """Rule 10: refused once, then sold with the approval that the line used up."""
    open_shop(lines)
    modes = {**lines.till.rules.modes, "sale.near_expiry": "approve"}
    lines.till.rules = msgspec.structs.replace(lines.till.rules, modes=modes)
    near = f"010{NOODLES}17261122"
    assert "Approver's number" in lines.scan(near)
    assert "nobody approved" in lines.type("")
    assert lines.till.sale.cart.lines == ()
    lines.scan(near)
    lines.type("3001", "7531")
    assert [line.expiry for line in lines.till.sale.cart.lines] == ["2026-11-22"]
