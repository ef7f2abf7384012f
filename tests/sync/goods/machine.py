"""The state machine over two stores, two tills each and head office (issue: goods in full, proof).

Any order of receiving, selling, returning, transfers, counts, scrap, lending and recalls, with
messages delayed, repeated and answers lost, during counts as well. At every settling: stock at head
office = opening + Σ deltas = what the tills' own ledgers say = what a model in a dictionary says;
and both tills of a store know the same documents, registers and batches. At the end everything that
was derived, at head office and at each till, is derived again and is the same.
"""

from __future__ import annotations

import random
import tempfile
from collections import Counter
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from pos.domain.cart import EntryMethod, Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.stock import Place
from pos.services import checkout, returnable, returns, upkeep
from pos.services.goods import (
    count_states,
    counting,
    documents,
    drafting,
    receiving,
    receiving_posting,
    stock,
    transfers,
)
from pos.services.goods.documents import Posted
from pos.store import goods_ledgers as ledgers
from pos.store import units
from pos.store.goods_drafts import StoredDraft
from sync.head_office.goods_counts import GoodsCounts, NotReady
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.goods_recalls import Recalls
from sync.head_office.people import Person
from tests.pos.services import shop as support
from tests.sync.goods.world import ITEMS, START, STORES, WORKSTATIONS, GoodsTill, GoodsWorld

tills = st.tuples(st.sampled_from(STORES), st.sampled_from(WORKSTATIONS))
items = st.sampled_from(ITEMS)
pieces = st.integers(1, 6)
OPENING = 20_000
QUALITY, CHIEF = Person("Zhao", "quality"), Person("Sun", "quality")

_ONE_SIDED = {
    DocumentKind.RECEIPT: (Place.SHOP, 1),
    DocumentKind.SUPPLIER_RETURN: (Place.SHOP, -1),
    DocumentKind.SCRAP: (Place.SHOP, -1),
}
_MOVES = {
    DocumentKind.LOAN_OUT: (Place.SHOP, Place.LOAN),
    DocumentKind.LOAN_RETURN: (Place.LOAN, Place.SHOP),
    DocumentKind.TO_JUDGE: (Place.SHOP, Place.JUDGE),
    DocumentKind.JUDGED: (Place.JUDGE, Place.SHOP),
}


class GoodsMachine(RuleBasedStateMachine):
    """What may happen; `settle` is where everything is compared."""

    def __init__(self) -> None:
        super().__init__()
        self.world: GoodsWorld
        self.model: Counter[tuple[str, str, str]] = Counter()
        """(store, item, place) → thousandths."""

    @initialize(seed=st.integers(0, 2**16))
    def begin(self, seed: int) -> None:
        """Four tills open their day; each store's first till posts the opening count."""
        folder = Path(tempfile.mkdtemp(prefix="guitai-goods-"))
        self.world = GoodsWorld(folder, random.Random(seed))
        self.taken_in: set[str] = set()
        self.stolen: Counter[tuple[str, str]] = Counter()
        self.batches: set[tuple[str, str, str, str]] = set()
        """(store, item, batch, expiry) of what was received so."""

        self.dice = random.Random(seed)
        self.receipts: list[tuple[tuple[str, str], str, str]] = []
        self.drafts: list[tuple[GoodsTill, StoredDraft, str, int]] = []
        self.world.drain()
        for till in self.world.tills.values():
            support.act_as(till.till, "8001")
            support.begin_day(till.till)
        for store_id in STORES:
            lines = [(item, OPENING) for item in ITEMS]
            self.post(self.world.tills[store_id, "01"], DocumentKind.OPENING, *lines)
            for item in ITEMS:
                self.model[store_id, item, ""] += OPENING

    # ------------------------------------------------------------------------------ goods

    @rule(at=tills, item=items, pieces=pieces)
    def sell(self, at: tuple[str, str], item: str, pieces: int) -> None:
        """A cashier sells."""
        sold = support.sell(self.world.tills[at].till, (item, pieces * 1000))
        self.receipts.append((at, sold.transaction_no, item))
        self.model[at[0], item, ""] -= pieces * 1000

    @precondition(lambda self: self.receipts)
    @rule(number=st.integers(0, 10**6))
    def give_back(self, number: int) -> None:
        """A customer brings one piece back to the till that sold it."""
        at, transaction_no, item = self.receipts[number % len(self.receipts)]
        till = self.world.tills[at].till
        found = returnable.find_receipt(till, transaction_no)
        if not found.lines or found.lines[0].remaining_milli < 1000:
            return
        started = returns.start_return(till, transaction_no, {1: 1000}, "quality")
        assert isinstance(started, returns.ReturnStarted), started
        support.pay(till)
        self.model[at[0], item, ""] += 1000

    @rule(at=tills, kind=st.sampled_from(list(_ONE_SIDED)), item=items, pieces=pieces)
    def come_or_go(self, at: tuple[str, str], kind: DocumentKind, item: str, pieces: int) -> None:
        """Goods come from a supplier, go back, or are scrapped."""
        place, sign = _ONE_SIDED[kind]
        self.post(self.world.tills[at], kind, (item, pieces * 1000))
        self.model[at[0], item, place.value] += sign * pieces * 1000

    @rule(at=tills, kind=st.sampled_from(list(_MOVES)), item=items, pieces=pieces)
    def move(self, at: tuple[str, str], kind: DocumentKind, item: str, pieces: int) -> None:
        """Lent, given back, set apart for a recall, judged good again."""
        source, target = _MOVES[kind]
        if source is not Place.SHOP and self.model[at[0], item, source.value] < pieces * 1000:
            return
        self.post(self.world.tills[at], kind, (item, pieces * 1000))
        self.model[at[0], item, source.value] -= pieces * 1000
        self.model[at[0], item, target.value] += pieces * 1000

    @rule(at=tills, item=items, pieces=pieces, days=st.integers(1, 400))
    def receive_a_batch(self, at: tuple[str, str], item: str, pieces: int, days: int) -> None:
        """Goods come with a batch and its date, which every till of the shop will know."""
        batch = f"B{days % 7}"
        expiry = (START + timedelta(days=400 + days % 7)).date().isoformat()
        line = GoodsLine(
            line_no=1, item_code=item, quantity_milli=pieces * 1000, batch=batch, expiry=expiry
        )
        self.post(self.world.tills[at], DocumentKind.RECEIPT, line)
        self.batches.add((at[0], item, batch, expiry))
        self.model[at[0], item, ""] += pieces * 1000

    @rule(at=tills, subject=st.sampled_from(("L1", "L2")), action=st.sampled_from("abc"))
    def note(self, at: tuple[str, str], subject: str, action: str) -> None:
        """Something is written into a register; it moves nothing."""
        body = RegisterNoted(register=Register.LOAN, subject=subject, action=action)
        documents.note(self.world.tills[at].till, body).result(10)

    @rule(item=items, everywhere=st.booleans(), pieces=pieces)
    def recall(self, item: str, everywhere: bool, pieces: int) -> None:
        """Head office calls an item back: no till sells it until another person lifts it (QLT-04)."""
        recalls = Recalls(GoodsOrders(self.world.service.feed))
        store_id = "" if everywhere else STORES[0]
        notice = recalls.issue(
            QUALITY, notice_no="N1", item_code=item, reason="test", store_id=store_id, recall=True
        )
        self.quiet()
        for at, till in self.world.tills.items():
            if store_id not in ("", at[0]):
                support.sell(till.till, (item, 1000))
                self.model[at[0], item, ""] -= 1000
                continue
            refused = checkout.add_item(till.till, item, 1000, entry_method=EntryMethod.KEYED)
            assert isinstance(refused, Refusal), refused
            self.post(till, DocumentKind.TO_JUDGE, (item, pieces * 1000))
            self.model[at[0], item, ""] -= pieces * 1000
            self.model[at[0], item, Place.JUDGE.value] += pieces * 1000
        recalls.lift(CHIEF, notice.notice_id, "the maker says so")
        self.quiet()
        for at, till in self.world.tills.items():
            self.sell(at, item, 1)
            assert till.till.sale.cart.lines == ()

    @rule(at=tills, item=items, pieces=pieces)
    def half_sign(self, at: tuple[str, str], item: str, pieces: int) -> None:
        """One person signs goods in: no stock, for nobody."""
        till = self.world.tills[at]
        draft = self.draft(till, DocumentKind.RECEIPT, (item, pieces * 1000))
        signed = documents.sign(till.till, draft, till.credentials("3001"))
        assert isinstance(signed, StoredDraft)
        self.drafts.append((till, signed, item, pieces))

    @precondition(lambda self: self.drafts)
    @rule(number=st.integers(0, 10**6))
    def sign_the_other_half(self, number: int) -> None:
        """The second person signs what waits: now it counts."""
        till, draft, item, pieces = self.drafts.pop(number % len(self.drafts))
        signed = documents.sign(till.till, draft, till.credentials("8001"))
        assert isinstance(signed, StoredDraft)
        posted = documents.post(till.till, signed)
        assert isinstance(posted, Posted)
        posted.saved.result(10)
        self.model[till.store_id, item, ""] += pieces * 1000

    @rule(at=tills, item=items, pieces=pieces)
    def send_to_the_other_store(self, at: tuple[str, str], item: str, pieces: int) -> None:
        """A transfer goes out; the other store hears of it by head office (STK-13)."""
        other = next(one for one in STORES if one != at[0])
        goods = (item, pieces * 1000)
        self.post(self.world.tills[at], DocumentKind.TRANSFER_OUT, goods, counterparty_id=other)
        self.model[at[0], item, ""] -= pieces * 1000

    @rule(at=tills, lost=st.integers(0, 1))
    def take_in_a_transfer(self, at: tuple[str, str], lost: int) -> None:
        """What is on its way here arrives, perhaps one piece short."""
        till = self.world.tills[at]
        waiting = [o for o in transfers.incoming(till.till) if o.order_id not in self.taken_in]
        if not waiting:
            return
        self.taken_in.add(waiting[0].order_id)
        one = receiving.begin_order(till.till, waiting[0])
        assert isinstance(one, receiving.Receiving), one
        line = one.lines[0]
        came = max(1000, (line.expected_milli or 0) - lost * 1000)
        counted = one.set_received(line.line_no, came)
        assert not isinstance(counted, Refusal), counted
        one.finish_counting(note_as_counted=True)
        one.set_header(
            msgspec.structs.replace(
                one.document, reference_no="TR", deliverer_name="马师傅", sealed=True
            )
        )
        assert one.gaps() == []
        one.took(self.signed(till, one.draft))
        posted = receiving_posting.post(one)
        assert isinstance(posted, Posted), posted
        posted.saved.result(10)
        self.model[at[0], line.item_code, ""] += came

    @rule(store_id=st.sampled_from(STORES), item=items, pieces=pieces)
    def lose(self, store_id: str, item: str, pieces: int) -> None:
        """Goods go without anybody noting it: only a count will tell."""
        if self.model[store_id, item, ""] - self.stolen[store_id, item] >= pieces * 1000:
            self.stolen[store_id, item] += pieces * 1000

    @rule(store_id=st.sampled_from(STORES), selling=st.lists(items, max_size=3))
    def count(self, store_id: str, selling: list[str]) -> None:
        """A count while the other till sells; what head office computes is posted at a till."""
        counts = GoodsCounts(self.world.service.feed)
        ours = [till for (store, _), till in self.world.tills.items() if store == store_id]
        self.quiet()
        if any(self.model[store_id, item, ""] < 10_000 for item in ITEMS):
            return  # nobody can count less than nothing
        opened = counts.open(store_id, by="finance")
        self.quiet()
        joined = [
            counting.join(till.till, _found(till, opened.count_id)) for till in ours
        ]  # fmt: skip
        for item in ITEMS:
            on_shelf = self.model[store_id, item, ""] - self.stolen[store_id, item]
            group = (opened.count_id, 1, "1", "1001")
            self.world.now_ms += 1000
            for till in ours:  # an open count meets late and lost messages too
                till.exchange(lose_answer=self.dice.random() < 0.3)
            counting.scan(ours[0].till, group, counting.counted_line(item, on_shelf)).result(10)
            self.world.now_ms += 1000
            for sold in selling:
                support.sell(ours[1].till, (sold, 1000))
                self.model[store_id, sold, ""] -= 1000
        for till, one in zip(ours, joined, strict=True):
            self.world.now_ms += 1000
            counting.end(till.till, one).result(10)
            with suppress(NotReady):  # never with what one till has not told yet
                early, lines = counts.compute(counts.get(store_id, opened.count_id), by="finance")
                raise AssertionError(f"computed before both tills were through: {early} {lines}")
        self.quiet()
        computed, lines = counts.compute(counts.get(store_id, opened.count_id), by="finance")
        found = {line.item_code: line.variance_milli for line in lines if line.variance_milli}
        expected = {
            item: -quantity
            for (store, item), quantity in self.stolen.items()
            if store == store_id and quantity
        }
        assert found == expected
        if found:
            counts.reason(computed, "*", "theft", by="finance")
            counts.approve(counts.get(store_id, opened.count_id), by="chief")
            self.quiet()
            for item, variance in found.items():
                self.model[store_id, item, ""] += variance
                self.stolen[store_id, item] = 0
        self.compare()

    # -------------------------------------------------------------------------- messages

    @rule(at=tills, lose_answer=st.booleans(), times=st.integers(1, 4))
    def speak(self, at: tuple[str, str], lose_answer: bool, times: int) -> None:
        """Some requests go through, or their answers get lost."""
        for _ in range(times):
            self.world.now_ms += 2_000
            self.world.tills[at].exchange(lose_answer=lose_answer)

    @rule(at=tills, index=st.integers(0, 10**6))
    def arrive_again(self, at: tuple[str, str], index: int) -> None:
        """A message of before arrives once more."""
        self.world.tills[at].repeat(index)

    @rule(seconds=st.integers(1, 4000))
    def wait(self, seconds: int) -> None:
        """Time passes."""
        self.world.now_ms += seconds * 1000

    # -------------------------------------------------------------------------- reckoning

    @rule()
    def settle(self) -> None:
        """Everything is said: all books agree, and the rebuilt ones too."""
        self.world.drain()
        self.compare()

    def compare(self) -> None:
        """The invariant (I2, I3)."""
        for till in self.world.tills.values():
            till.engine.siblings.soon(self.world.now_ms)
        self.world.drain()
        for store_id in STORES:
            self.compare_knowledge(store_id)
            expected = {
                (item, place): quantity
                for (store, item, place), quantity in self.model.items()
                if store == store_id and quantity
            }
            assert self.world.of_tills(store_id) == expected
            assert self.world.of_head_office(store_id) == expected
            on_hand = {item: q for (item, place), q in expected.items() if not place}
            assert self.world.on_hand_at_head_office(store_id) == on_hand
            for (store, _), till in self.world.tills.items():
                for item in ITEMS if store == store_id else ():
                    said = stock.on_hand(till.till, item)
                    assert said.shop_milli == on_hand.get(item, 0)  # R14
                    assert said.loan_milli == expected.get((item, "loan"), 0)

    def compare_knowledge(self, store_id: str) -> None:
        """Every till of a store knows what any of them wrote about goods (R14)."""
        known = [
            (
                {
                    one.document.document_no
                    for kind in DocumentKind
                    for one in ledgers.of_kind(reader, kind)
                },
                sorted((n.subject, n.action) for n in ledgers.notes(reader, Register.LOAN)),
                {(i, b, facts.expiry) for (i, b), facts in units.batches(reader).items()},
            )
            for (store, _), till in self.world.tills.items()
            if store == store_id
            for reader in (till.till.journal.reader(),)
        ]
        assert known[0] == known[1]
        assert known[0][0] == self.world.posted_numbers(store_id)
        assert known[0][2] == {one[1:] for one in self.batches if one[0] == store_id}

    def teardown(self) -> None:
        """A last settling, then the rebuilds."""
        if hasattr(self, "world"):
            try:
                self.world.drain()
                self.compare()
                assert self.world.rebuilt_equal()
                for till in self.world.tills.values():
                    till.rebuilt()
                self.compare()
            finally:
                self.world.close()

    # --------------------------------------------------------------------------- helpers

    def quiet(self) -> None:
        """Everything is said and heard, and every till has had a moment between sales."""
        for _ in range(2):
            self.world.drain()
            for till in self.world.tills.values():
                upkeep.between_sales(till.till)
                till.till.write(lambda _: None).result(10)
        self.world.drain()

    def draft(
        self,
        till: GoodsTill,
        kind: DocumentKind,
        *goods: tuple[str, int] | GoodsLine,
        **header: str,
    ) -> StoredDraft:
        """A draft with these lines."""
        lines = tuple(
            one
            if isinstance(one, GoodsLine)
            else GoodsLine(line_no=number, item_code=one[0], quantity_milli=one[1])
            for number, one in enumerate(goods, start=1)
        )
        blank = GoodsDocument(
            document_uuid="", document_kind=kind, document_no="", lines=lines, **header
        )
        return drafting.begin(till.till, blank)

    def signed(self, till: GoodsTill, draft: StoredDraft) -> StoredDraft:
        """With the signatures of two people."""
        for operator_id in ("3001", "8001"):
            signed = documents.sign(till.till, draft, till.credentials(operator_id))
            assert isinstance(signed, StoredDraft), signed
            draft = signed
        return draft

    def post(
        self,
        till: GoodsTill,
        kind: DocumentKind,
        *goods: tuple[str, int] | GoodsLine,
        **header: str,
    ) -> str:
        """Draft, two signatures, posted; gives the document's uuid."""
        draft = self.signed(till, self.draft(till, kind, *goods, **header))
        posted = documents.post(till.till, draft)
        assert isinstance(posted, Posted), posted
        posted.saved.result(10)
        return posted.document_uuid


def _found(till: GoodsTill, count_id: str) -> count_states.CountState:
    return next(one for one in count_states.open_counts(till.till) if one.count_id == count_id)
