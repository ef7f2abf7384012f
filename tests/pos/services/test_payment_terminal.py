"""Tenders at a payment terminal: pending on disk first, never charged twice, never forgotten."""

from __future__ import annotations

import json
import threading
from concurrent.futures import Future

import msgspec
import pytest

from drivers.errors import DeviceError
from drivers.payment_terminal import Scripted, SimulatedPaymentTerminal, terminal_from_url
from drivers.ports import PaymentResult, PaymentState
from pos.config import load_settings
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.tender import TenderKind, TenderState, TenderType
from pos.services import approvals, checkout, payment_terminal, returns, reversals
from pos.services.context import NeedsApproval
from pos.services.payment_terminal import TerminalCall
from pos.store import open_sales
from tests.pos.services import shop as support

WATER = "6901234567892"
SECRET = "134567890123456789"
CARD = TenderType(
    number=7, id="pos_card", name="银联刷卡", name_en="Card", kind=TenderKind.TERMINAL
)
WAIT_S = 5.0


@pytest.fixture
def till(open_shop):
    """A shop with a terminal that does what it is told to."""
    support.act_as(open_shop, "1001")
    return equip(open_shop, SimulatedPaymentTerminal())


def equip(till, terminal):
    till.tender_types = (*(t for t in till.tender_types if t.id != CARD.id), CARD)
    till.payment_terminal = terminal
    return till


def sell(till, code=WATER):
    assert not isinstance(checkout.scan(till, code), Refusal)
    return checkout.start_payment(till)


def begin(till, code="", amount=None):
    added = checkout.tender(till, CARD.id, amount)
    assert isinstance(added, checkout.TenderAdded), added
    call = payment_terminal.call(till, added.tender, added.saved, code)
    assert isinstance(call, TerminalCall)
    call._poll_s = 0.01
    return added.tender, call


def answer(call):
    return call.result.result(WAIT_S)


def pay(till, amount=None):
    tender, call = begin(till, amount=amount)
    settled = payment_terminal.settle(till, tender.tender_no, answer(call))
    assert isinstance(settled, checkout.PaymentChanged)
    return next((t for t in settled.payment.tenders if t.tender_no == tender.tender_no), None)


def close(till):
    done = checkout.complete(till)
    assert isinstance(done, checkout.Completion), done
    done.saved.result(WAIT_S)
    return done.transaction


def grant_for(till, needed, number="8001"):
    given = approvals.grant(
        till,
        needed.right,
        number,
        support.pin_of(number),
        reason="顾客在场",
        detail=needed.detail,
        limit_name=needed.limit_name,
        limit_value=needed.limit_value,
    )
    assert not isinstance(given, Refusal), given
    return given


class Watching(SimulatedPaymentTerminal):
    """Notes what was on disk when it was called."""

    def __init__(self, till, *script):
        super().__init__(script)
        self.till = till
        self.on_disk: list[list[str]] = []
        self.calls: list[str] = []

    def pay(self, amount_minor, currency, reference, code=""):
        self.calls.append("pay")
        stored = open_sales.load_sales(self.till.journal.reader(), "open")
        tenders = stored[0].payment.tenders if stored and stored[0].payment else ()
        self.on_disk.append([f"{t.state}:{t.reference}" for t in tenders])
        return super().pay(amount_minor, currency, reference, code)

    def query(self, reference):
        self.calls.append("query")
        return super().query(reference)


def test_the_tender_is_pending_on_disk_before_the_terminal_is_called(open_shop):
    terminal = Watching(open_shop)
    till = equip(open_shop, terminal)
    sell(till)
    tender, call = begin(till)

    assert answer(call).state is PaymentState.APPROVED
    assert terminal.on_disk == [[f"pending:{tender.reference}"]]
    assert 0 < len(tender.reference) <= 32


def test_a_terminal_is_not_called_for_what_the_disk_refused(till):
    sell(till)
    added = checkout.tender(till, CARD.id)
    refused: Future[None] = Future()
    refused.set_exception(OSError("no space left"))
    call = payment_terminal.call(till, added.tender, refused)

    assert answer(call).code == "not_written"
    assert till.payment_terminal.charged == {}


def test_approved_is_received_by_itself_with_the_acquirer_s_number(till):
    sell(till)
    tender = pay(till)
    sold = close(till)

    assert tender.state is TenderState.RECEIVED
    assert tender.terminal_reference == "SIM00000001"
    assert tender.decided_by == payment_terminal.TERMINAL
    assert till.payment_terminal.charged == {tender.reference: sold.total_minor}
    states = [one.tender.state for one in support.entries(till, EntryKind.TENDER_STATE)]
    assert states == [TenderState.PENDING, TenderState.RECEIVED]


@pytest.mark.parametrize("script", [Scripted.DECLINE, Scripted.OFFLINE, Scripted.LATE_DECLINE])
def test_declined_is_failed_and_another_tender_can_be_chosen(till, script):
    till.payment_terminal.then(script)
    sell(till)
    assert pay(till).state is TenderState.FAILED

    assert isinstance(checkout.tender(till, "cash", None), checkout.TenderAdded)
    assert [t.tender_type for t in close(till).tenders] == ["cash"]
    assert till.payment_terminal.charged == {}


def test_a_time_out_after_the_charge_is_asked_about_and_never_charged_again(open_shop):
    terminal = Watching(open_shop, Scripted.LATE_APPROVE)
    till = equip(open_shop, terminal)
    sell(till)
    assert pay(till).state is TenderState.RECEIVED
    sold = close(till)

    assert terminal.calls == ["pay", "query"]
    assert list(terminal.charged.values()) == [sold.total_minor]


def test_paying_anew_after_a_time_out_would_have_charged_twice(open_shop):
    """The control: a till that calls a time-out a failure and pays under a new key."""
    till = equip(open_shop, SimulatedPaymentTerminal([Scripted.LATE_APPROVE]))
    sell(till)
    checkout.tender(till, CARD.id)
    for reference in ("a", "b"):
        till.payment_terminal.pay(200, "CNY", reference)

    assert sum(till.payment_terminal.charged.values()) == 400


def test_what_is_never_answered_stays_pending_until_a_manager_decides(till):
    till.payment_terminal.then(Scripted.HANG)
    sell(till)
    tender, call = begin(till)
    said = answer(call)
    assert said.state is PaymentState.UNDECIDED
    assert isinstance(payment_terminal.settle(till, tender.tender_no, said), Refusal)
    assert checkout.complete(till).code == "tender_pending"
    assert checkout.remove_last_tender(till).code == "tender_pending"
    assert checkout.cancel_sale(till, "mistake").code == "tenders_entered"

    needed = checkout.decide(till, tender.tender_no, TenderState.UNDECIDED)
    assert isinstance(needed, NeedsApproval)
    grant = grant_for(till, needed)
    checkout.decide(till, tender.tender_no, TenderState.UNDECIDED, approval=grant)
    assert "undecided_tender" in close(till).review


def test_asking_again_finds_what_became_of_it(till):
    till.payment_terminal.then(Scripted.HANG)
    sell(till)
    tender, call = begin(till)
    assert answer(call).state is PaymentState.UNDECIDED
    # The line is up again: the terminal had charged it.
    till.payment_terminal._payments[tender.reference].script = Scripted.LATE_APPROVE
    call.ask_again()

    assert answer(call).state is PaymentState.APPROVED
    assert len(till.payment_terminal.charged) == 1


def test_a_terminal_that_breaks_off_leaves_a_doubt_not_a_failure(till):
    class BreaksOff(SimulatedPaymentTerminal):
        def pay(self, *args, **kwargs):
            super().pay(*args, **kwargs)
            raise DeviceError("the line went down", code="failure")

    equip(till, BreaksOff())
    sell(till)
    assert pay(till).state is TenderState.RECEIVED
    assert len(till.payment_terminal.charged) == 1


def test_an_approval_of_another_amount_is_a_doubt(till):
    class Partly(SimulatedPaymentTerminal):
        def query(self, reference):
            return PaymentResult(PaymentState.APPROVED, reference, 1, "CNY")

        pay = lambda self, amount, currency, reference, code="": self.query(reference)  # noqa: E731

    equip(till, Partly())
    sell(till)
    _tender, call = begin(till)
    assert answer(call).state is PaymentState.UNDECIDED


def test_cancelled_at_the_terminal_is_a_failure_and_charges_nothing(till):
    going = threading.Event()
    equip(
        till,
        SimulatedPaymentTerminal(latency_s=50.0, sleep=lambda _s: going.wait(WAIT_S) and None),
    )
    sell(till)
    tender, call = begin(till)
    while tender.reference not in till.payment_terminal._payments:
        pass
    call.cancel()
    while till.payment_terminal.query(tender.reference).code != "cancelled":
        pass
    going.set()

    assert answer(call).code == "cancelled"
    settled = payment_terminal.settle(till, tender.tender_no, answer(call))
    assert settled.payment.tenders[0].state is TenderState.FAILED
    assert till.payment_terminal.charged == {}


def test_money_that_was_faster_than_the_cancel_is_received(till):
    sell(till)
    tender, call = begin(till)
    answer(call)
    call.cancel()
    settled = payment_terminal.settle(till, tender.tender_no, answer(call))

    assert settled.payment.tenders[0].state is TenderState.RECEIVED


def test_after_a_crash_the_pending_tender_is_asked_about_and_not_charged_again(tmp_path):
    book = tmp_path / "terminal.json"
    till = support.open_till(tmp_path / "home")
    support.staff(till)
    support.act_as(till, "8001")
    support.begin_day(till)
    equip(till, SimulatedPaymentTerminal(book=book))
    sell(till)
    added = checkout.tender(till, CARD.id)
    added.saved.result(WAIT_S)
    # The terminal charges, the till dies before it hears of it.
    till.payment_terminal.pay(added.tender.amount_minor, "CNY", added.tender.reference, SECRET)
    till.journal.close()
    assert SECRET not in book.read_text()

    again = equip(support.open_till(tmp_path / "home"), SimulatedPaymentTerminal(book=book))
    support.act_as(again, "8001")
    checkout.resume_recovered(again)
    (pending,) = again.sale.payment.pending
    call = payment_terminal.call(again, pending)
    payment_terminal.settle(again, pending.tender_no, answer(call))
    sold = close(again)
    again.journal.close()

    assert sold.tenders[0].state is TenderState.RECEIVED
    assert list(json.loads(book.read_text())["charged"].values()) == [sold.total_minor]


def test_after_a_crash_before_the_call_nothing_was_charged(till):
    """The control: the tender was written, the terminal never heard of it."""
    sell(till)
    added = checkout.tender(till, CARD.id)
    call = payment_terminal.call(till, added.tender)

    assert answer(call).code == "not_found"
    settled = payment_terminal.settle(till, added.tender.tender_no, answer(call))
    assert settled.payment.tenders[0].state is TenderState.FAILED


def test_a_terminal_killed_in_the_middle_goes_on_by_itself(tmp_path):
    book = tmp_path / "terminal.json"
    first = SimulatedPaymentTerminal(
        book=book, latency_s=1.0, sleep=lambda _s: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        first.pay(200, "CNY", "r1")

    assert SimulatedPaymentTerminal(book=book).query("r1").state is PaymentState.APPROVED


def test_the_payment_code_is_nowhere_in_the_journal(till):
    sell(till)
    tender, call = begin(till, code=SECRET)
    payment_terminal.settle(till, tender.tender_no, answer(call))
    close(till)

    rows = till.journal.reader().execute("SELECT bytes FROM journal_entry").fetchall()
    assert not any(SECRET.encode() in row[0] for row in rows)
    assert SECRET not in repr(vars(call))


def test_what_the_terminal_took_is_given_back_before_it_is_forgotten(till):
    sell(till)
    paid = pay(till, amount=100)
    assert checkout.remove_last_tender(till).code == "tender_charged"

    begun = payment_terminal.give_back(till, paid.tender_no)
    begun.saved.result(WAIT_S)
    stored = open_sales.load_sales(till.journal.reader(), "open")
    assert [t.state for t in stored[0].payment.tenders] == ["received", "pending"]
    assert payment_terminal.give_back(till, paid.tender_no).code == "tender_not_received"

    call = payment_terminal.call(till, begun.tender, begun.saved)
    payment_terminal.settle(till, begun.tender.tender_no, answer(call))
    assert till.payment_terminal.charged == {paid.reference: 0}
    assert [t.state for t in till.sale.payment.tenders] == [TenderState.FAILED]
    assert till.sale.payment.remaining_minor == till.sale.payment.due_minor


def test_a_refund_left_by_a_crash_is_asked_for_again_and_paid_once(till):
    sell(till)
    paid = pay(till, amount=100)
    begun = payment_terminal.give_back(till, paid.tender_no)
    till.payment_terminal.refund(paid.reference, 100, begun.tender.reference)  # then the crash

    call = payment_terminal.call(till, begun.tender)
    assert answer(call).state is PaymentState.APPROVED
    assert till.payment_terminal.charged == {paid.reference: 0}


def test_a_return_goes_back_to_the_card_that_paid(till):
    sell(till)
    paid = pay(till)
    sold = close(till)
    returns.start_return(till, sold.transaction_no, None, "quality")
    checkout.start_payment(till)
    assert checkout.way_back(till).id == CARD.id

    tender, call = begin(till)
    assert tender.original_reference == paid.reference
    payment_terminal.settle(till, tender.tender_no, answer(call))
    back = close(till)
    assert back.tenders[0].amount_minor == -sold.total_minor
    assert till.payment_terminal.charged == {paid.reference: 0}


def test_goods_without_a_receipt_have_no_card_to_go_back_to(till):
    needed = returns.return_without_receipt(till, "W550", 1000, None, "quality")
    grant = grant_for(till, needed) if isinstance(needed, NeedsApproval) else None
    if grant is not None:
        returns.return_without_receipt(till, "W550", 1000, None, "quality", grant)
    checkout.start_payment(till)

    assert checkout.tender(till, CARD.id).code == "no_original_payment"


def test_a_refund_by_another_tender_needs_the_rule(till):
    sell(till)
    pay(till)
    sold = close(till)
    support.act_as(till, "1001")
    started = returns.start_return(till, sold.transaction_no, None, "quality")
    if isinstance(started, NeedsApproval):
        grant = grant_for(till, started)
        returns.start_return(till, sold.transaction_no, None, "quality", grant)
    checkout.start_payment(till)
    needed = checkout.tender(till, "cash", None)
    assert isinstance(needed, NeedsApproval)
    assert needed.rule == "return.other_tender"

    grant = grant_for(till, needed)
    added = checkout.tender(till, "cash", None, approval=grant)
    assert isinstance(added, checkout.TenderAdded)
    assert close(till).tenders[0].tender_type == "cash"


@pytest.mark.parametrize(("mode", "refused"), [("block", True), ("warn", False), ("off", False)])
def test_the_rule_of_another_tender_is_as_strict_as_the_shop_says(till, mode, refused):
    rules = till.rules
    till.rules = msgspec.structs.replace(rules, modes={**rules.modes, "return.other_tender": mode})
    sell(till)
    pay(till)
    sold = close(till)
    support.act_as(till, "8001")  # who has the right; a cashier asks even where the rule warns
    returns.start_return(till, sold.transaction_no, None, "quality")
    checkout.start_payment(till)
    result = checkout.tender(till, "cash", None)

    assert isinstance(result, Refusal) is refused
    if not refused:
        assert result.warning == ("return.other_tender" if mode == "warn" else "")


def test_back_by_the_same_tender_asks_nobody(till):
    """The control: cash came, cash goes."""
    sell(till)
    checkout.tender(till, "cash", None)
    sold = close(till)
    returns.start_return(till, sold.transaction_no, None, "quality")
    checkout.start_payment(till)

    assert isinstance(checkout.tender(till, "cash", None), checkout.TenderAdded)


def test_a_reversal_pays_the_card_back_before_it_is_written(till):
    sell(till)
    paid = pay(till)
    sold = close(till)
    needed = reversals.void_transaction(till, sold.transaction_no, "mistake")
    grant = grant_for(till, needed) if isinstance(needed, NeedsApproval) else None
    first = reversals.void_transaction(till, sold.transaction_no, "mistake", grant)
    assert isinstance(first, reversals.RefundFirst)

    (refund,) = first.refunds
    call = payment_terminal.call(till, refund, reversals.begin_refund(till, refund))
    done = reversals.refunded(till, refund, answer(call))
    # Tried again after a crash, the same key pays nothing twice.
    again = payment_terminal.call(till, refund, reversals.begin_refund(till, refund))
    assert answer(again).state is PaymentState.APPROVED
    assert till.payment_terminal.charged == {paid.reference: 0}

    voided = reversals.void_transaction(
        till, sold.transaction_no, "mistake", grant, {paid.tender_no: done}
    )
    voided.saved.result(WAIT_S)
    assert [(t.tender_type, t.amount_minor) for t in voided.transaction.tenders] == [
        (CARD.id, -sold.total_minor)
    ]


def test_a_refund_that_the_terminal_refuses_reverses_nothing(till):
    sell(till)
    paid = pay(till)
    sold = close(till)
    till.payment_terminal.refund(paid.reference, 1, "elsewhere")
    refund = payment_terminal.refund_of(paid)
    call = payment_terminal.call(till, refund, reversals.begin_refund(till, refund))

    assert reversals.refunded(till, refund, answer(call)).code == "refund_refused"
    assert len(support.entries(till, EntryKind.TRANSACTION)) == 1
    assert sold.transaction_no


def test_a_tender_at_a_terminal_needs_one(tmp_path, open_shop):
    till = equip(open_shop, None)
    sell(till)
    assert checkout.tender(till, CARD.id).code == "no_terminal"

    (tmp_path / "guitai.toml").write_text(
        '[[payment.tenders]]\nnumber = 1\nid = "cash"\nname = "现金"\nkind = "cash"\n'
        '[[payment.tenders]]\nnumber = 2\nid = "card"\nname = "卡"\nkind = "terminal"\n'
    )
    with pytest.raises(Exception, match="there is none"):
        load_settings(tmp_path)


def test_the_simulation_is_named_by_a_url(tmp_path):
    terminal = terminal_from_url("sim:terminal.json?amounts=1", tmp_path)
    assert terminal.pay(1_091, "CNY", "r").state is PaymentState.DECLINED
    assert terminal.pay(1_096, "CNY", "s").code == "offline"
    assert terminal.pay(1_000, "CNY", "t").state is PaymentState.APPROVED
    assert terminal_from_url("sim:terminal.json", tmp_path).query("t").state is (
        PaymentState.APPROVED
    )
    with pytest.raises(DeviceError):
        terminal_from_url("tcp:10.0.0.1:8000", tmp_path)
