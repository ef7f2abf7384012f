"""The simulated payment terminal never charges twice and leaves doubt where there is doubt."""

import pytest

from drivers.errors import Illegal
from drivers.payment_terminal import Scripted, SimulatedPaymentTerminal
from drivers.ports import PaymentState, PaymentTerminal


def test_it_is_a_payment_terminal():
    assert isinstance(SimulatedPaymentTerminal(), PaymentTerminal)


def test_an_approved_payment_is_charged_once_per_reference():
    terminal = SimulatedPaymentTerminal()
    first = terminal.pay(360, "CNY", "r1", "134567890123456789")

    assert first.state is PaymentState.APPROVED
    assert terminal.pay(360, "CNY", "r1") == first
    assert terminal.charged == {"r1": 360}
    assert "134567890123456789" not in repr(first)


def test_a_declined_payment_charges_nothing():
    terminal = SimulatedPaymentTerminal([Scripted.DECLINE])

    assert terminal.pay(360, "CNY", "r1").state is PaymentState.DECLINED
    assert terminal.query("r1").state is PaymentState.DECLINED
    assert terminal.charged == {}


@pytest.mark.parametrize(
    ("script", "found", "charged"),
    [
        (Scripted.HANG, PaymentState.UNDECIDED, {}),
        (Scripted.LATE_APPROVE, PaymentState.APPROVED, {"r1": 360}),
        (Scripted.LATE_DECLINE, PaymentState.DECLINED, {}),
    ],
)
def test_a_payment_that_hangs_is_undecided_until_it_is_asked_for(script, found, charged):
    terminal = SimulatedPaymentTerminal([script])

    assert terminal.pay(360, "CNY", "r1").state is PaymentState.UNDECIDED
    assert terminal.query("r1").state is found
    assert terminal.charged == charged


def test_a_pending_payment_is_confirmed_by_the_customer():
    terminal = SimulatedPaymentTerminal([Scripted.PENDING])

    assert terminal.pay(360, "CNY", "r1").state is PaymentState.PENDING
    assert terminal.query("r1").state is PaymentState.APPROVED


def test_cancelling_takes_back_what_is_not_decided_and_nothing_else():
    terminal = SimulatedPaymentTerminal([Scripted.LATE_APPROVE, Scripted.APPROVE, Scripted.HANG])
    for number in (1, 2, 3):
        terminal.pay(100, "CNY", f"r{number}")

    assert terminal.cancel("r1").code == "cancelled"
    assert terminal.query("r1").state is PaymentState.DECLINED
    assert terminal.cancel("r2").state is PaymentState.APPROVED
    assert terminal.cancel("r3").state is PaymentState.UNDECIDED
    assert terminal.cancel("never").code == "not_found"
    assert terminal.charged == {"r2": 100}


def test_refunds_never_exceed_the_payment():
    terminal = SimulatedPaymentTerminal()
    terminal.pay(100, "CNY", "r1")

    assert terminal.refund("r1", 60, "f1").state is PaymentState.APPROVED
    assert terminal.refund("r1", 60, "f1").state is PaymentState.APPROVED  # the same refund
    assert terminal.refund("r1", 60).code == "exceeds_payment"
    assert terminal.refund("never", 1).code == "not_found"
    assert terminal.charged == {"r1": 40}


def test_nonsense_is_refused():
    terminal = SimulatedPaymentTerminal()
    terminal.pay(100, "CNY", "r1")
    for call in (
        lambda: terminal.pay(0, "CNY", "r2"),
        lambda: terminal.pay(200, "CNY", "r1"),
        lambda: terminal.refund("r1", -1),
    ):
        with pytest.raises(Illegal):
            call()


def test_amounts_choose_the_outcome_in_a_demonstration():
    terminal = SimulatedPaymentTerminal(demo_amounts=True)

    assert terminal.pay(1091, "CNY", "a").state is PaymentState.DECLINED
    assert terminal.pay(1092, "CNY", "b").state is PaymentState.UNDECIDED
    assert terminal.pay(1000, "CNY", "c").state is PaymentState.APPROVED
