"""From cart to closed sale: totals hold under every operation, and a sale always balances (I5)."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from pos.domain.cart import (
    Cart,
    CartLine,
    LineKind,
    PriceOverride,
    Refusal,
    add_line,
    discount_line,
    discount_whole,
    line_for_item,
    override_price,
    set_quantity,
    void_line,
)
from pos.domain.item import Item
from pos.domain.pricing import cash_rounding, price
from pos.domain.sale import (
    Transaction,
    TransactionContext,
    TransactionType,
    close_return,
    close_sale,
    close_tender_exchange,
    close_void,
    close_void_lines,
)
from pos.domain.stock import movements_of
from pos.domain.tender import (
    Payment,
    Tender,
    TenderState,
    TenderType,
    add_tender,
    change_due,
    decide_tender,
    remove_last_tender,
)

CASH = TenderType(number=1, id="cash", name="现金", name_en="Cash", gives_change=True)
WECHAT = TenderType(number=2, id="wechat", name="微信", name_en="WeChat", confirm=True)
CONTEXT = TransactionContext(
    transaction_no="0101-20261121-0001", number=1, business_day="2026-11-21", operator_id="01"
)
OVERRIDE = PriceOverride(source="cashier")


def item(code: str = "a", unit_price_e4: int | None = 20_000, **more: object) -> Item:
    return Item(item_code=code, name=f"item {code}", unit_price_e4=unit_price_e4, **more)  # type: ignore[arg-type]


def line(code: str = "a", unit_price_e4: int = 20_000, quantity_milli: int = 1000) -> CartLine:
    made = line_for_item(item(code, unit_price_e4), quantity_milli=quantity_milli)
    assert isinstance(made, CartLine)
    return made


def cart_of(*lines: CartLine) -> Cart:
    cart = Cart()
    for one in lines:
        cart = add_line(cart, one, merge=False)
    return cart


def sold(cart: Cart, *tenders: Tender) -> Transaction:
    priced = price(cart)
    paid = tenders or (Tender(tender_no=1, tender_type="cash", amount_minor=priced.total_minor),)
    closed = close_sale(priced, paid, CONTEXT)
    assert isinstance(closed, Transaction)
    return closed


class CartMachine(RuleBasedStateMachine):
    """Any order of cashier's actions keeps the cart's identities."""

    def __init__(self) -> None:
        super().__init__()
        self.cart = Cart()

    def take(self, result: Cart | Refusal) -> None:
        if isinstance(result, Cart):
            self.cart = result

    @rule(
        code=st.sampled_from("abc"),
        unit_price=st.integers(0, 10**7),
        qty=st.integers(1, 20),
        merge=st.booleans(),
    )
    def add(self, code: str, unit_price: int, qty: int, merge: bool) -> None:
        self.cart = add_line(self.cart, line(code, unit_price, qty * 1000), merge=merge)

    @rule(number=st.integers(1, 12), qty=st.integers(-2, 50))
    def quantity(self, number: int, qty: int) -> None:
        self.take(set_quantity(self.cart, number, qty * 1000))

    @rule(number=st.integers(1, 12), unit_price=st.integers(-1, 10**7))
    def override(self, number: int, unit_price: int) -> None:
        self.take(override_price(self.cart, number, unit_price, OVERRIDE))

    @rule(number=st.integers(1, 12), points=st.integers(-10, 11_000))
    def discount(self, number: int, points: int) -> None:
        self.take(discount_line(self.cart, number, points, OVERRIDE))

    @rule(number=st.integers(1, 12))
    def void(self, number: int) -> None:
        self.take(void_line(self.cart, number))

    @precondition(lambda self: self.cart.lines)
    @rule(amount=st.integers(0, 10**6))
    def whole(self, amount: int) -> None:
        self.take(discount_whole(self.cart, amount, "round"))

    @invariant()
    def priced_lines_sum_to_the_total(self) -> None:
        priced = price(self.cart)
        assert priced.total_minor == self.cart.total_minor
        assert sum(p.amount_minor for p in priced.lines) == priced.total_minor
        assert sum(p.allocated_discount_minor for p in priced.lines) == (
            self.cart.whole_discount_minor if self.cart.lines else 0
        )
        assert priced.total_minor >= 0

    @invariant()
    def line_numbers_are_never_used_twice(self) -> None:
        numbers = [one.line_no for one in self.cart.lines]
        assert len(set(numbers)) == len(numbers)
        assert all(number < self.cart.next_line_no for number in numbers)

    @invariant()
    def what_is_paid_closes_and_balances(self) -> None:
        if not self.cart.lines:
            return
        closed = sold(self.cart)
        assert sum(one.amount_minor for one in closed.lines) == closed.total_minor
        assert sum(one.amount_minor for one in closed.tenders) == closed.total_minor
        assert sum(tax.gross_minor for tax in closed.taxes) == closed.total_minor
        reversed_ = close_void(closed, CONTEXT)
        assert isinstance(reversed_, Transaction)
        assert reversed_.total_minor == -closed.total_minor
        moved = [m.quantity_milli for m in (*movements_of(closed), *movements_of(reversed_))]
        assert sum(moved) == 0


TestCartMachine = CartMachine.TestCase


def test_a_second_scan_of_the_same_item_raises_the_last_line() -> None:
    cart = add_line(add_line(Cart(), line()), line())

    assert [(x.line_no, x.quantity_milli) for x in cart.lines] == [(1, 2000)]


def test_a_different_item_between_keeps_lines_apart() -> None:
    cart = add_line(add_line(add_line(Cart(), line("a")), line("b")), line("a"))

    assert [x.item_code for x in cart.lines] == ["a", "b", "a"]


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (item(unit_price_e4=None), "no_price"),
        (item(held=True, hold_reason="recall"), "item_held"),
    ],
)
def test_what_may_not_be_sold_is_refused_with_a_reason(bad: Item, code: str) -> None:
    made = line_for_item(bad)

    assert isinstance(made, Refusal)
    assert made.code == code


def test_half_a_bottle_is_refused_but_half_a_kilogram_is_not() -> None:
    assert isinstance(line_for_item(item(), quantity_milli=500), Refusal)
    assert isinstance(line_for_item(item(weighed=True), quantity_milli=500), CartLine)


def test_a_labels_amount_is_never_recomputed() -> None:
    made = line_for_item(item(weighed=True), quantity_milli=328, label_amount_minor=777)
    assert isinstance(made, CartLine)
    cart = cart_of(made)

    assert cart.total_minor == 777
    assert isinstance(override_price(cart, 1, 1, OVERRIDE), Refusal)
    assert isinstance(set_quantity(cart, 1, 2000), Refusal)


def test_under_list_price_is_a_discount_over_it_is_none() -> None:
    cheap = override_price(cart_of(line(unit_price_e4=20_000)), 1, 15_000, OVERRIDE)
    dear = override_price(cart_of(line(unit_price_e4=20_000)), 1, 25_000, OVERRIDE)

    assert isinstance(cheap, Cart)
    assert isinstance(dear, Cart)
    assert (cheap.lines[0].unit_discount_e4, dear.lines[0].unit_discount_e4) == (5_000, 0)


def test_cash_over_what_is_due_gives_change_as_a_row_of_its_own() -> None:
    payment = add_tender(Payment(1_350), CASH, 2_000)

    assert isinstance(payment, Payment)
    assert change_due(payment) == 650
    assert payment.remaining_minor == 0
    assert [(t.amount_minor, t.change) for t in payment.tenders] == [(2_000, False), (-650, True)]


def test_a_pending_payment_counts_as_paid_until_it_failed_so_it_is_never_charged_twice() -> None:
    pending = add_tender(Payment(1_000), WECHAT, 1_000)
    assert isinstance(pending, Payment)

    assert pending.remaining_minor == 0
    again = add_tender(pending, WECHAT, 1_000)
    assert isinstance(again, Refusal)
    failed = decide_tender(pending, 1, TenderState.FAILED)
    assert isinstance(failed, Payment)
    assert failed.remaining_minor == 1_000


def test_a_sale_with_a_pending_tender_does_not_close() -> None:
    cart = cart_of(line())
    waiting = Tender(
        tender_no=1, tender_type="wechat", amount_minor=200, state=TenderState.PENDING
    )

    closed = close_sale(price(cart), (waiting,), CONTEXT)

    assert isinstance(closed, Refusal)
    assert closed.code == "tender_pending"


def test_an_undecided_tender_closes_and_is_listed_for_review() -> None:
    tender = Tender(
        tender_no=1, tender_type="wechat", amount_minor=200, state=TenderState.UNDECIDED
    )

    assert sold(cart_of(line()), tender).review == ("undecided_tender",)


def test_money_that_looks_like_a_barcode_is_refused() -> None:
    refused = add_tender(Payment(1_000), CASH, 690_123_456, ceiling_over_due_minor=100_000)

    assert isinstance(refused, Refusal)
    assert refused.code == "looks_like_barcode"


def test_a_tender_that_gives_no_change_takes_at_most_what_is_due() -> None:
    refused = add_tender(Payment(1_000), WECHAT, 1_001)

    assert isinstance(refused, Refusal)
    assert refused.code == "no_change_given"


def test_the_last_tender_goes_back_with_its_change_but_a_pending_one_stays() -> None:
    cash = add_tender(Payment(1_000), CASH, 2_000)
    assert isinstance(cash, Payment)
    removed = remove_last_tender(cash)
    assert not isinstance(removed, Refusal)
    assert removed[0].tenders == ()
    pending = add_tender(Payment(1_000), WECHAT, 1_000)
    assert isinstance(pending, Payment)

    assert isinstance(remove_last_tender(pending), Refusal)


@given(
    st.lists(st.tuples(st.booleans(), st.integers(1, 5_000)), max_size=6), st.integers(1, 9_000)
)
def test_any_mix_of_tenders_settles_exactly(steps: list[tuple[bool, int]], due: int) -> None:
    payment = Payment(due)
    for cash, amount in steps:
        result = add_tender(payment, CASH if cash else WECHAT, amount)
        if isinstance(result, Payment):
            payment = result
    if payment.remaining_minor:
        last = add_tender(payment, CASH, payment.remaining_minor)
        assert isinstance(last, Payment)
        payment = last

    assert payment.remaining_minor == 0
    assert sum(t.amount_minor for t in payment.tenders) == due


def test_lines_and_tenders_that_differ_are_refused_with_both_figures() -> None:
    tender = Tender(tender_no=1, tender_type="cash", amount_minor=199)

    refused = close_sale(price(cart_of(line())), (tender,), CONTEXT)

    assert isinstance(refused, Refusal)
    assert refused.values == {"total_minor": 200, "paid_minor": 199}


def test_a_sale_needs_a_line_and_an_exchange_needs_tenders_that_cancel_out() -> None:
    cash = Tender(tender_no=1, tender_type="cash", amount_minor=-500)
    card = Tender(tender_no=2, tender_type="card", amount_minor=500)

    assert isinstance(close_sale(price(Cart()), (), CONTEXT), Refusal)
    assert isinstance(close_tender_exchange((), CONTEXT), Refusal)
    assert isinstance(close_tender_exchange((cash,), CONTEXT), Refusal)
    exchanged = close_tender_exchange((cash, card), CONTEXT)
    assert isinstance(exchanged, Transaction)
    assert exchanged.transaction_type is TransactionType.TENDER_EXCHANGE


def test_a_return_holds_return_lines_only() -> None:
    back = msgspec.structs.replace(line(), kind=LineKind.RETURN, quantity_milli=-1000)
    refund = Tender(tender_no=1, tender_type="cash", amount_minor=-200)

    closed = close_return(price(cart_of(back)), (refund,), CONTEXT)

    assert isinstance(closed, Transaction)
    assert closed.transaction_type is TransactionType.RETURN
    assert isinstance(close_return(price(cart_of(line())), (), CONTEXT), Refusal)
    assert isinstance(close_void_lines(price(cart_of(back)), (refund,), CONTEXT), Refusal)


@given(st.integers(0, 10**6), st.sampled_from([5, 10, 50]))
def test_cash_rounding_is_a_line_of_its_own(unit_price: int, step: int) -> None:
    cart = cart_of(line(unit_price_e4=unit_price))
    rounding = cash_rounding(cart.total_minor, step)
    tender = Tender(tender_no=1, tender_type="cash", amount_minor=cart.total_minor + rounding)

    closed = close_sale(price(cart), (tender,), CONTEXT, rounding_minor=rounding)

    assert isinstance(closed, Transaction)
    assert closed.total_minor % step == 0
    assert len(closed.lines) == (2 if rounding else 1)
    if rounding:
        assert closed.lines[-1].kind is LineKind.OTHER


def test_adjust_lines_move_stock_by_their_quantity_and_money_not_at_all() -> None:
    adjust = msgspec.structs.replace(
        line(unit_price_e4=0), kind=LineKind.ADJUST, quantity_milli=-10_000
    )
    zero = Tender(tender_no=1, tender_type="cash", amount_minor=0)

    closed = sold(cart_of(adjust), zero)

    assert [m.quantity_milli for m in movements_of(closed)] == [-10_000]
    assert closed.total_minor == 0


def test_a_closed_transaction_cannot_be_changed() -> None:
    closed = sold(cart_of(line()))

    with pytest.raises(AttributeError):
        closed.total_minor = 0  # type: ignore[misc]
