"""Loans, deliveries and drafts of last year go on in the new year's journal (R30, REG-02, REG-04)."""

from __future__ import annotations

import pytest

from pos.domain.cart import EntryMethod
from pos.domain.goods.documents import DocumentKind
from pos.services import catalogue, checkout, returns
from pos.services.goods import (
    dispatch,
    documents,
    drafting,
    held,
    leaving,
    loan_returns,
    loans,
    scanning,
)
from pos.services.goods.count_posting import is_posted
from pos.services.goods.dispatch import Customer
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store.rollover import roll_over
from tests.pos.services import shop as support
from tests.pos.services.goods.large_shop import FRIDGE, stock_large
from tests.pos.services.goods.stockroom import line
from tests.pos.services.goods.stockroom import post as post_document
from tests.pos.services.test_rollovers import NEW, OLD, acked, begin, close


def sign(till, draft):
    for operator_id in ("3001", "8001"):
        draft = documents.sign(till, draft, Credentials(person(till, operator_id)))
    return draft


def fridge(till):
    return scanning.of_item(till, catalogue.find_item(till, FRIDGE))


@pytest.fixture
def till(shop):
    """A year's end with a loan out, a fridge that waits, and a write-off signed by one person."""
    support.act_as(shop, "8001")
    begin(shop, OLD)
    stock_large(shop)
    post_document(shop, DocumentKind.RECEIPT, line(1, FRIDGE, 10_000))
    draft = loans.begin(shop, borrower="兴隆", application_no="SQ-1", reason="display")
    draft, _number = leaving.put(shop, draft, fridge(shop), 2000)
    loans.post(shop, sign(shop, draft)).saved.result(5)
    checkout.add_item(shop, FRIDGE, 1000, entry_method=EntryMethod.KEYED)
    dispatch.hold(shop, dispatch.KEEP, Customer(name="王"))
    shop.sold_no = support.pay(shop).transaction_no
    close(shop)
    draft = leaving.begin(shop, DocumentKind.SCRAP, reason="damaged")
    leaving.put(shop, draft, fridge(shop), 1000)
    roll_over(shop.journal, acked(shop), "2027")
    begin(shop, NEW)
    return shop


def test_no_number_is_given_twice_on_the_day_that_a_new_file_begins(shop):
    """Goods come at five in the morning, before the day is opened and the file of the year closed."""
    support.act_as(shop, "8001")
    begin(shop, OLD)
    stock_large(shop)
    close(shop)
    shop.clock.advance(20 * 3_600_000)  # the new year's first morning, no day is open
    first = post_document(shop, DocumentKind.RECEIPT, line(1, FRIDGE, 1_000))
    roll_over(shop.journal, acked(shop), "2027")
    begin(shop, NEW)
    second = post_document(shop, DocumentKind.RECEIPT, line(1, FRIDGE, 1_000))
    assert [one.document_no[-12:] for one in (first, second)] == ["20270101-001", "20270101-002"]
    assert is_posted(shop, first.document_uuid)
    assert not is_posted(shop, "another")


def test_a_loan_of_last_year_comes_back_in_the_new_one(till):
    (loan,) = loans.ledger(till)
    draft = loan_returns.give_back(till, loan.number)
    loan_returns.post_back(till, sign(till, draft)).saved.result(5)
    assert loans.ledger(till) == []


def test_a_delivery_of_last_year_is_cleared_in_the_new_one(till):
    (entry,) = held.open_entries(till)
    done = dispatch.clear(till, entry.number, receipt_no="R1", signed_day=NEW, signer="王")
    done.saved.result(5)
    assert held.open_entries(till) == []


def test_goods_of_last_year_never_taken_leave_the_register_with_their_return(till):
    started = returns.start_return(till, till.sold_no, None, "quality")
    assert isinstance(started, returns.ReturnStarted), started
    support.pay(till)
    assert held.open_entries(till) == []


def test_a_draft_of_last_year_can_still_be_gone_on_with(till):
    (draft,) = drafting.drafts(till)
    assert [one.item_code for one in draft.document.lines] == [FRIDGE]
