"""Customers' payment codes: in no journal entry, no log and no screen outside the payment step (B3)."""

from __future__ import annotations

import pytest

from pos.bootstrap import build_till, close_till
from pos.domain.cart import Refusal
from pos.services import catalogue, checkout
from pos.services.checkout import LineAdded, PaymentCodeSeen, UnknownCode
from pos.services.context import Operator
from pos.ui.scan_router import ScanEvent, shown_code
from tests.support.headless import code_of, make_shop, open_day

CODES = {
    "wechat": "134567890123456789",
    "alipay": "2812345678901234567",
    "unionpay": "6212345678901234567",
}


@pytest.fixture
def till(tmp_path):
    make_shop(tmp_path)
    made = build_till(tmp_path)
    made.operator = Operator(operator_id="1001", name="李娜", role=made.roles["manager"])
    open_day(made)
    yield made
    close_till(made)


def journal_text(till):
    till.journal.run(lambda _txn: None)
    rows = till.journal.reader().execute("SELECT bytes FROM journal_entry").fetchall()
    return "\n".join(bytes(row[0]).decode("utf-8", "replace") for row in rows)


@pytest.mark.parametrize("code", CODES.values(), ids=CODES)
@pytest.mark.parametrize("aim", [None, "]C0", "]Q1"])
def test_a_payment_code_before_payment_leaves_no_trace(till, code, aim):
    answer = checkout.scan(till, code, aim)
    assert isinstance(answer, UnknownCode | Refusal)
    if isinstance(answer, UnknownCode):
        catalogue.report_unknown(till, answer.shown)
        checkout.sell_unknown_as_department(till, answer.shown, "D1", 10_000)
    checkout.price_check(till, code, aim)

    assert code not in str(answer)  # what a log would get of it
    assert code not in journal_text(till)
    assert code not in shown_code(ScanEvent(code.encode(), "s", 0, aim))
    assert all(code not in repr(line) for line in till.sale.cart.lines)


@pytest.mark.parametrize(("scheme", "code"), CODES.items())
def test_in_the_payment_step_it_is_handed_over_once_and_never_written(till, scheme, code):
    assert isinstance(checkout.scan(till, code_of(0)), LineAdded)
    checkout.start_payment(till)

    seen = checkout.scan(till, code, in_payment=True)

    assert isinstance(seen, PaymentCodeSeen)
    assert seen.code == code
    assert code not in seen.masked
    assert code not in journal_text(till)


def test_goods_in_the_payment_step_are_no_payment_code(till):
    checkout.scan(till, code_of(0))
    checkout.start_payment(till)

    assert isinstance(checkout.scan(till, code_of(1), in_payment=True), LineAdded)


def test_the_control_an_ordinary_unknown_code_is_journaled_as_it_is(till):
    checkout.price_check(till, "6901234567892")

    assert "6901234567892" in journal_text(till)
