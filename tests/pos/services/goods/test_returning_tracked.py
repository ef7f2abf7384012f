"""Tracked goods that come back: the unit on the slip (CAT-03), recalled goods without limits (QLT-05)."""

from __future__ import annotations

import pytest

from pos.domain.journal import EntryKind
from pos.services import checkout, returns
from pos.services.context import NeedsApproval
from tests.pos.services import shop as support
from tests.pos.services.goods import quality_shop as q
from tests.pos.services.goods.quality_shop import COLA, EANS, PHONE, PILLS


@pytest.fixture
def till(open_shop):
    q.stocked(open_shop)
    return open_shop


def sold_phone(till, serial="SN1"):
    checkout.serial_given(till, checkout.scan(till, EANS[PHONE]), serial)
    return support.pay(till).transaction_no


def test_the_unit_that_comes_back_is_the_one_on_the_slip(till):
    """CAT-03: return must match the serial on the original slip."""
    number = sold_phone(till)
    assert returns.start_return(till, number, {1: 1000}).code == "serial_needed"
    other = returns.start_return(till, number, {1: 1000}, units={1: "SN2"})
    assert other.code == "serial_differs"
    started = returns.start_return(till, number, {1: 1000}, units={1: "SN1"})
    assert isinstance(started, returns.ReturnStarted)
    support.pay(till)
    asked = checkout.scan(till, EANS[PHONE])
    added = checkout.serial_given(till, asked, "SN1")
    assert isinstance(added, checkout.LineAdded), "what came back is in stock again"


def test_goods_without_serial_numbers_come_back_without_one(till):
    """The control."""
    number = support.sell(till, (COLA, 1000)).transaction_no
    assert isinstance(returns.start_return(till, number, {1: 1000}), returns.ReturnStarted)


def test_goods_with_serial_numbers_never_come_back_without_their_sale(till):
    found = returns.return_without_receipt(till, PHONE, 1000)
    assert found.code == "serial_needs_receipt"


def test_recalled_goods_come_back_without_limit_and_count_against_the_recall(till):
    """QLT-05: recall slip for returns without price limits; recalled-in quantity."""
    support.act_as(till, "1001")
    checkout.scan(till, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    number = support.pay(till).transaction_no
    q.recall(till, PILLS, "B-OLD")
    plain = returns.start_return(till, number, {1: 1000}, "quality")
    assert not isinstance(plain, NeedsApproval) or plain.rule == "return.with_receipt"
    till.sale = type(till.sale)()
    started = returns.start_return(till, number, {1: 1000}, "quality", recall="RC1")
    assert isinstance(started, returns.ReturnStarted)
    back = support.pay(till)
    assert back.lines[0].flags == ("recalled:RC1",)
    notes = [
        one for one in support.entries(till, EntryKind.REGISTER_NOTED) if one.register == "recall"
    ]
    assert [(n.subject, n.action, n.batch, n.quantity_milli) for n in notes] == [
        ("RC1", "returned", "B-OLD", 1000)
    ]
    assert notes[0].fields["sold_as"] == number


def test_recalled_goods_come_back_above_todays_price_and_without_a_slip(till):
    support.act_as(till, "1001")
    q.recall(till, PILLS, "B-OLD")
    back = returns.return_without_receipt(till, PILLS, 1000, 990_000, recall="RC1", batch="B-OLD")
    assert isinstance(back, returns.ReturnStarted)
    assert back.refund_minor == 9900


def test_a_recall_brings_nothing_back_that_it_does_not_name(till):
    """The control: another batch, another item, a recall that is not open."""
    q.recall(till, PILLS, "B-OLD")
    wrong = returns.return_without_receipt(till, PILLS, 1000, recall="RC1", batch="B-NEW")
    assert wrong.code == "not_recalled"
    assert returns.return_without_receipt(till, COLA, 1000, recall="RC1").code == "not_recalled"
    assert returns.return_without_receipt(till, PILLS, 1000, recall="RC9").code == "not_recalled"
