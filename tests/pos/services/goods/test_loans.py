"""外借: consent, then approval; a ledger; back in parts; charged when overdue (REG-03..05)."""

from __future__ import annotations

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.ledgers import LoanState, loan_state
from pos.domain.item import Item
from pos.domain.journal import EntryKind
from pos.services import catalogue, checkout
from pos.services.goods import documents, drafting, leaving, loan_returns, loans, scanning
from pos.services.operators import Credentials
from pos.services.people import person
from tests.pos.services import shop as support
from tests.pos.services.goods.large_shop import FRIDGE, KETTLE, places, stock_large
from tests.pos.services.goods.stockroom import line
from tests.pos.services.goods.stockroom import post as post_document


@pytest.fixture
def till(open_shop):
    stock_large(open_shop)
    post_document(
        open_shop,
        DocumentKind.RECEIPT,
        line(1, FRIDGE, 10_000, 20_000_000),
        line(2, KETTLE, 9_000),
    )
    return open_shop


def scanned(till, code, **facts):
    item = catalogue.find_item(till, code)
    assert isinstance(item, Item)
    found = scanning.of_item(till, item)
    return msgspec.structs.replace(found, **facts)


def sign(till, draft, *who):
    for operator_id in who:
        result = documents.sign(till, draft, Credentials(person(till, operator_id)))
        assert isinstance(result, drafting.StoredDraft), result
        draft = result
    return draft


def lend(till, *goods):
    draft = loans.begin(
        till, borrower="兴隆商行", application_no="SQ-3", reason="display", responsible_id="1002"
    )
    assert not isinstance(draft, Refusal), draft
    for code, milli in goods:
        draft, _number = leaving.put(till, draft, scanned(till, code), milli)
    draft = leaving.ready(till, draft)
    draft = sign(till, draft, "3001", "8001")
    return loans.post(till, draft).saved.result(5)


def brought_back(till, draft):
    return loan_returns.post_back(till, sign(till, draft, "3001", "8001")).saved.result(5)


def test_consent_comes_first_and_approval_second_reg_03(till):
    draft = loans.begin(till, borrower="兴隆", application_no="SQ-1", reason="display")
    draft, _n = leaving.put(till, draft, scanned(till, FRIDGE), 1000)
    early = documents.sign(till, draft, Credentials(person(till, "8001")))
    assert isinstance(early, Refusal)
    assert early.values["right"] == "loan.consent"
    draft = sign(till, draft, "3001")
    again = documents.sign(till, draft, Credentials(person(till, "3001")))
    assert isinstance(again, Refusal)
    assert places(till)[(FRIDGE, "")] == 10_000  # nothing has moved yet
    assert loans.post(till, draft).code == "single_signature"
    draft = sign(till, draft, "8001")
    loans.post(till, draft).saved.result(5)
    assert places(till)[(FRIDGE, "")] == 9_000
    assert places(till)[(FRIDGE, "loan")] == 1_000


@pytest.mark.parametrize(
    ("facts", "code"),
    [
        ({"borrower": ""}, "no_borrower"),
        ({"application_no": ""}, "no_application"),
        ({"due_day": "2026-12-31"}, "wrong_day"),
        ({"responsible_id": "4444"}, "no_such_person"),
    ],
)
def test_a_loan_needs_borrower_application_day_and_person(till, facts, code):
    given = {"borrower": "兴隆", "application_no": "SQ-1", "reason": "display"} | facts
    refused = loans.begin(till, **given)
    assert isinstance(refused, Refusal)
    assert refused.code == code


def test_two_papers_are_printed_for_the_signatures_by_hand(till):
    lend(till, (FRIDGE, 1000))
    rows = till.journal.reader().execute("SELECT job_kind FROM print_job").fetchall()
    assert [kind for (kind,) in rows].count("goods_loan_out") == 2


def test_the_ledger_tells_out_due_back_left_and_days_reg_04(till):
    number = lend(till, (FRIDGE, 3000), (KETTLE, 1000)).document_no
    draft = loan_returns.give_back(till, number, {1: 1000})
    brought_back(till, draft)
    (loan,) = loans.ledger(till)
    assert (loan.out_milli, loan.left_milli, loan.borrower) == (4000, 3000, "兴隆商行")
    assert [one.back_milli for one in loan.lines] == [1000, 0]
    assert loan.due_day == "2026-12-06"
    brought_back(till, loan_returns.give_back(till, number))
    assert loans.ledger(till) == []
    assert [one.state for one in loans.ledger(till, settled=True)] == [LoanState.BACK]
    assert places(till) == {(FRIDGE, ""): 10_000, (KETTLE, ""): 9_000}


def test_more_than_is_out_never_comes_back(till):
    number = lend(till, (FRIDGE, 2000)).document_no
    assert loan_returns.give_back(till, number, {1: 3000}).code == "more_than_open"
    one = sign(till, loan_returns.give_back(till, number), "3001", "8001")
    two = sign(till, loan_returns.give_back(till, number), "3001", "8001")
    first, second = loan_returns.post_back(till, one), loan_returns.post_back(till, two)
    first.saved.result(5)
    if isinstance(second, documents.Posted):
        assert second.saved.exception(5) is not None
    assert places(till)[(FRIDGE, "")] == 10_000
    assert (FRIDGE, "loan") not in places(till)


@pytest.mark.parametrize(
    ("days", "state"),
    [(11, LoanState.OUT), (12, LoanState.WARNED), (15, LoanState.WARNED), (16, LoanState.OVERDUE)],
)
def test_warned_from_day_12_and_overdue_at_day_16_reg_05(days, state):
    assert loan_state(days, 12, 15) is state


def test_only_what_is_overdue_is_charged_and_paid_through_the_till_reg_05(till):
    number = lend(till, (FRIDGE, 2000)).document_no
    till.business_day = "2026-12-06"  # day 15
    refused = loan_returns.charge(till, number, "1002")
    assert isinstance(refused, Refusal)
    assert refused.code == "not_overdue"
    assert [one.number for one in loans.warned(till)] == [number]

    till.business_day = "2026-12-07"
    draft = loan_returns.charge(till, number, "1002", {1: 1000})
    paper = brought_back(till, draft)
    (charge,) = loan_returns.charges(till)
    assert (charge.number, charge.person) == (paper.document_no, "王强")
    assert loans.ledger(till)[0].left_milli == 1000

    till.business_day = support.DAY
    lines = loan_returns.sell(till, charge.number)
    assert [(one.unit_price_e4, one.reason) for one in lines] == [(29_990_000, "loan_charge")]
    sale = support.pay(till)
    assert sale.total_minor == 299_900
    assert sale.lines[0].salesperson_id == "1002"
    assert loan_returns.charges(till) == []
    notes = support.entries(till, EntryKind.REGISTER_NOTED)
    assert [(one.action, one.person_id) for one in notes if one.register == "loan"] == [
        ("charged", "1002"),
        ("paid", "1002"),
    ]
    assert places(till)[(FRIDGE, "")] == 8_000
    assert places(till)[(FRIDGE, "loan")] == 1_000


def test_a_charge_that_was_not_paid_stays_listed(till):
    number = lend(till, (FRIDGE, 1000)).document_no
    till.business_day = "2026-12-20"
    brought_back(till, loan_returns.charge(till, number, "1002"))
    till.business_day = support.DAY
    (charge,) = loan_returns.charges(till)
    loan_returns.sell(till, charge.number)
    assert loan_returns.sell(till, charge.number).code == "sale_open"
    checkout.park(till)
    till.write(lambda _: None).result()
    assert [one.number for one in loan_returns.charges(till)] == [charge.number]


def test_a_charge_at_cost_where_the_shop_says_so(tmp_path):
    till = support.open_till(tmp_path, loans__charge="cost")
    try:
        support.staff(till)
        support.act_as(till, "8001")
        support.begin_day(till)
        stock_large(till)
        post_document(till, DocumentKind.RECEIPT, line(1, FRIDGE, 5_000, 20_000_000))
        number = lend(till, (FRIDGE, 1000)).document_no
        till.business_day = "2026-12-20"
        brought_back(till, loan_returns.charge(till, number, "1002"))
        till.business_day = support.DAY
        (row,) = loan_returns.sell(till, loan_returns.charges(till)[0].number)
        assert (row.unit_price_e4, row.list_price_e4) == (20_000_000, 29_990_000)
        assert row.override.approver_id == "8001"
    finally:
        till.journal.close()


def test_pieces_with_numbers_come_back_by_their_numbers(till):
    draft = loans.begin(till, borrower="兴隆", application_no="SQ-9", reason="sample")
    for code in ("U1", "U2"):
        draft, _n = leaving.put(till, draft, scanned(till, KETTLE, unit_code=code), 1000)
    number = loans.post(till, sign(till, draft, "3001", "8001")).saved.result(5).document_no
    assert loan_returns.give_back(till, number, {1: 1000}).code == "line_without_numbers"
    brought_back(till, loan_returns.give_back(till, number, {1: 1000}, units=("U2",)))
    (loan,) = loans.ledger(till)
    assert loan.lines[0].units_left == ("U1",)
