"""What quality knows of closed years: traces, serial numbers in stock, expiry of old batches (QLT-14)."""

from __future__ import annotations

import pytest

from pos.services import checkout
from pos.services.quality import dates, maintenance, recalls, tracing
from pos.store.rollover import roll_over
from tests.pos.services import shop as support
from tests.pos.services.goods import quality_shop as q
from tests.pos.services.goods.quality_shop import EANS, PHONE, PILLS
from tests.pos.services.test_rollovers import NEW, OLD, acked, begin, close


@pytest.fixture
def till(shop):
    """A till in its new year; goods were received and sold in the old one."""
    support.act_as(shop, "8001")
    begin(shop, OLD)
    q.stocked(shop)
    checkout.scan(shop, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    shop.old_sale = support.pay(shop).transaction_no
    checkout.serial_given(shop, checkout.scan(shop, EANS[PHONE]), "SN1")
    support.pay(shop)
    close(shop)
    roll_over(shop.journal, acked(shop), "2027")
    shop.sale = type(shop.sale)()
    begin(shop, NEW)
    return shop


def test_a_trace_reads_closed_years(till):
    """QLT-14: forward and back, closed year files too."""
    (found,) = tracing.trace(till, "B-OLD")
    assert [one.partner_paper for one in found.came] == ["SH-0815"]
    assert [one.document_no for one in found.went] == [till.old_sale]
    (back,) = tracing.trace(till, till.old_sale)
    assert (back.batch, back.came[0].partner) == ("B-OLD", "康源医药")


def test_serial_numbers_of_last_year_are_in_stock_once(till):
    """CAT-03 over a rollover: sold last year is gone, received last year may be sold."""
    asked = checkout.scan(till, EANS[PHONE])
    assert checkout.serial_given(till, asked, "SN1").code == "serial_sold"
    assert isinstance(checkout.serial_given(till, asked, "SN2"), checkout.LineAdded)


def test_batches_keep_their_dates_and_are_due_for_a_look(till):
    found = {one.batch: (one.expiry, one.quantity_milli) for one in dates.batches_of(till, PILLS)}
    assert found["B-OLD"] == ("2027-03-31", 3000)
    till.business_day = "2027-02-15"
    assert {one.batch for one in maintenance.tasks(till)} >= {"B-OLD", "B-NEW"}
    checkout_refused = checkout.scan(till, q.pack(PILLS, "B-PAST"), q.AIM)
    assert checkout_refused.code == "pack_expired"


def test_a_recall_finds_last_years_buyers(till):
    """QLT-05."""
    q.recall(till, PILLS, "B-OLD")
    (order,) = recalls.open_recalls(till)
    assert [one.transaction_no for one in recalls.buyers(till, order)] == [till.old_sale]
