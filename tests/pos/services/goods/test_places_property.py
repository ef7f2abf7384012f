"""Whatever is lent, brought back, kept, cleared, set apart and judged, in any order: no place of
the ledger goes below zero, and the four places add up to what came in less what left for good
(REG-01..05, STK-06, invariant of places)."""

from __future__ import annotations

from itertools import count

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.domain.cart import EntryMethod, Refusal
from pos.domain.goods.documents import DocumentKind
from pos.services import catalogue, checkout, returns
from pos.services.context import NeedsApproval, OpenSale
from pos.services.goods import (
    dispatch,
    documents,
    held,
    judging,
    leaving,
    loan_returns,
    loans,
    scanning,
)
from pos.services.goods.dispatch import Customer
from pos.services.operators import Credentials
from pos.services.people import person
from tests.pos.services import shop as support
from tests.pos.services.goods.large_shop import FRIDGE, places, stock_large
from tests.pos.services.goods.stockroom import line
from tests.pos.services.goods.stockroom import post as post_document

STEPS = ("lend", "bring_back", "keep", "clear", "return", "set_apart", "judge_back", "judge_out")
_home = count()


class Shop:
    """A till and what its ledger should say."""

    def __init__(self, folder) -> None:
        self.till = support.open_till(folder)
        support.staff(self.till)
        support.act_as(self.till, "8001")
        support.begin_day(self.till)
        stock_large(self.till)
        post_document(self.till, DocumentKind.RECEIPT, line(1, FRIDGE, 20_000))
        self.expected = {"": 20_000, "loan": 0, "reserved": 0, "judge": 0}
        self.sold: dict[str, int] = {}

    def move(self, out_of: str, into: str, milli: int) -> None:
        self.expected[out_of] = self.expected.get(out_of, 0) - milli
        self.expected[into] = self.expected.get(into, 0) + milli

    def sign(self, draft):
        for operator_id in ("3001", "8001"):
            draft = documents.sign(self.till, draft, Credentials(person(self.till, operator_id)))
        return draft

    def put(self, draft, milli):
        found = scanning.of_item(self.till, catalogue.find_item(self.till, FRIDGE))
        return leaving.put(self.till, draft, found, milli)[0]

    def posted(self, result) -> bool:
        if isinstance(result, Refusal):
            return False
        return result.saved.exception(10) is None

    # ------------------------------------------------------------------ steps

    def lend(self, milli):
        draft = loans.begin(self.till, borrower="甲", application_no="1", reason="display")
        draft = leaving.ready(self.till, self.put(draft, milli))
        if isinstance(draft, (Refusal, NeedsApproval)):
            return
        if draft.document.approver_id:  # beyond what is there: the books would go negative
            return
        if self.posted(loans.post(self.till, self.sign(draft))):
            self.move("", "loan", milli)

    def bring_back(self, milli):
        for loan in loans.ledger(self.till)[:1]:
            draft = loan_returns.give_back(self.till, loan.number, {1: milli})
            if isinstance(draft, Refusal):
                assert milli > loan.left_milli
            elif self.posted(loan_returns.post_back(self.till, self.sign(draft))):
                self.move("loan", "", milli)

    def keep(self, milli):
        if self.expected[""] < milli:
            return
        checkout.add_item(self.till, FRIDGE, milli, entry_method=EntryMethod.KEYED)
        dispatch.hold(self.till, dispatch.KEEP, Customer(name="乙"))
        sale = support.pay(self.till)
        self.sold[sale.transaction_no] = milli
        self.move("", "reserved", milli)

    def clear(self, milli):
        for entry in held.open_entries(self.till)[:1]:
            number = entry.lines[0].line.line_no
            result = dispatch.clear(
                self.till,
                entry.number,
                receipt_no="R",
                signed_day=support.DAY,
                signer="乙",
                quantities={number: milli},
            )
            if isinstance(result, Refusal):
                assert milli > entry.pieces_milli
            elif self.posted(result):
                self.move("reserved", "gone", milli)

    def return_(self, milli):
        for number, left in list(self.sold.items())[:1]:
            if milli > left:
                return
            waiting = held.find(self.till, number)
            before = waiting.pieces_milli if waiting is not None else 0
            started = returns.start_return(self.till, number, {1: milli}, "quality")
            if not isinstance(started, returns.ReturnStarted):
                self.till.sale = OpenSale()
                return
            support.pay(self.till)
            rest = left - milli
            self.sold[number] = rest
            if not rest:
                del self.sold[number]
            off = max(0, before - rest)
            self.move("reserved", "", off)
            self.move("gone", "", milli - off)

    def set_apart(self, milli):
        if self.expected[""] < milli:
            return
        draft = leaving.begin(self.till, DocumentKind.TO_JUDGE, reason="mixed_tag")
        draft = leaving.ready(self.till, self.put(draft, milli))
        if self.posted(leaving.post(self.till, self.sign(draft))):
            self.move("", "judge", milli)

    def judge(self, verdict, milli):
        for one in judging.waiting(self.till)[:1]:
            part = msgspec.structs.replace(one, left_milli=min(milli, one.left_milli))
            draft = judging.judge(self.till, verdict, [part], reason="quality")
            draft = leaving.ready(self.till, draft)
            if self.posted(leaving.post(self.till, self.sign(draft))):
                self.move("judge", "" if verdict == judging.BACK else "gone", part.left_milli)

    def judge_back(self, milli):
        self.judge(judging.BACK, milli)

    def judge_out(self, milli):
        self.judge(judging.OUT, milli)

    def check(self) -> None:
        found = {place: milli for (_item, place), milli in places(self.till).items()}
        for place in ("", "loan", "reserved", "judge"):
            assert found.get(place, 0) == self.expected.get(place, 0), (place, found)
            assert found.get(place, 0) >= 0
        assert sum(self.expected.values()) == 20_000


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(1, 4)), max_size=14))
def test_no_place_goes_below_zero_in_any_order(tmp_path, steps):
    shop = Shop(tmp_path / str(next(_home)))
    try:
        for name, pieces in steps:
            getattr(shop, {"return": "return_"}.get(name, name))(pieces * 1000)
            shop.check()
    finally:
        shop.till.journal.close()
