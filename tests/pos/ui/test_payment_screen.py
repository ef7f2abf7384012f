"""Payment: tenders by number, states of a payment, what is never done twice (rules 1 and 12)."""

from __future__ import annotations

import msgspec
import pytest

from pos.config import load_settings
from pos.domain.tender import TenderState
from tests.pos.ui.shop import HOTPOT, NOODLES, WINE, trading, with_settings


def entries(till, kind):
    rows = till.till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id", (kind,)
    )
    return [msgspec.json.decode(row[0])["body"] for row in rows]


def name(till) -> str:
    return type(till.screen).__name__


async def to_payment(till, *codes):
    for code in codes:
        await till.scan(code)
    await till.press("f9")
    assert name(till) == "PaymentScreen"


async def test_cash_given_and_change(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("1", "0", "0", "enter")
        await till.settle()

        assert till.screen.total.amount == "32.00"
        (sale,) = entries(till, "transaction")
        assert [(t["tender_type"], t["amount_minor"]) for t in sale["tenders"]] == [
            ("cash", 10_000),
            ("cash", -3_200),
        ]


async def test_amount_then_tender_number_and_the_rest_in_cash(home):
    """`20 * 2`, then cash: one sale, two tenders."""
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("2", "0", "*", "2", "enter")
        assert name(till) == "TenderDecisionScreen"
        await till.press("1", "2", "3", "4", "enter")
        assert till.screen.total.amount == "48.00"
        await till.press("5", "0", "enter")
        await till.settle()

        (sale,) = entries(till, "transaction")
        assert [(t["tender_type"], t["amount_minor"]) for t in sale["tenders"]] == [
            ("wechat", 2_000),
            ("cash", 5_000),
            ("cash", -200),
        ]
        assert sale["tenders"][0]["reference"] == "1234"


async def test_the_star_list_pays_the_rest_by_any_tender(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("*", "6", "enter")
        await till.settle()

        (sale,) = entries(till, "transaction")
        assert sale["tenders"][0]["tender_type"] == "voucher"


async def test_an_enter_out_of_habit_never_confirms_a_payment(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("6", "8", "*", "2")
        for _ in range(5):
            await till.press("enter", gap=0.033)

        assert name(till) == "TenderDecisionScreen"
        assert till.till.last_transaction_no == ""


async def test_not_received_lets_another_tender_be_chosen_and_is_never_charged(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("*", "2", "enter", "+", "+", "enter")
        assert till.screen.total.amount == "68.00"
        assert "✗ Not received" in till.text()
        await till.press("6", "8", "enter")
        await till.settle()

        (sale,) = entries(till, "transaction")
        assert [t["tender_type"] for t in sale["tenders"]] == ["cash"]


async def test_a_pending_payment_is_not_charged_twice(home):
    """Rule 12."""
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("*", "2", "enter", "-")
        assert "… Waiting" in till.text()
        await till.press("*", "3", "enter")

        assert till.rings == 1
        assert len(till.till.sale.payment.tenders) == 1
        assert name(till) == "PaymentScreen"


async def test_a_waiting_payment_is_asked_about_with_enter_and_confirmed_on_purpose(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("*", "2", "enter", "-", "enter", "enter", "enter", "enter")
        await till.settle()
        assert entries(till, "transaction") == []
        assert till.till.sale.payment.pending

        await till.press("enter", "+", "enter")
        await till.settle()
        assert len(entries(till, "transaction")) == 1


async def test_the_trade_number_s_digits_say_that_the_payment_was_seen(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("*", "2", "enter", "8", "8", "-", "enter")
        assert till.till.sale.payment.pending
        await till.press("enter", "8", "8", "0", "7", "enter")
        await till.settle()

        assert entries(till, "transaction")[0]["tenders"][0]["reference"] == "8807"


async def test_a_choice_by_number_out_of_habit_says_nothing_about_the_money(home):
    """Rule 12: 3 for the third row, which is "not received", does not confirm the payment."""
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("*", "2", "enter", "3", "enter")
        assert till.till.sale.payment.pending
        assert "Type all 4 digits" in till.text()
        await till.press("-", "+", "+", "enter")

        assert not till.till.sale.payment.pending
        assert till.till.sale.payment.tenders[0].state == "failed"
        assert entries(till, "transaction") == []


async def test_uncertain_needs_another_person_and_the_sale_is_listed_for_review(home):
    async with trading(home, role="cashier") as till:
        await to_payment(till, WINE)
        await till.press("*", "2", "enter", "+", "+", "+", "enter")
        if name(till) == "ApprovalScreen":
            await till.approve("8001", "852741")
        await till.settle()

        (sale,) = entries(till, "transaction")
        assert sale["tenders"][0]["state"] == TenderState.UNDECIDED, sale
        assert "undecided_tender" in sale["review"]


@pytest.mark.parametrize("typed", ["2000", "69012345", "6901234567892"])
async def test_what_looks_like_a_barcode_is_refused_as_cash(home, typed):
    """Rule 1: cash far beyond the total, or of 8 digits."""
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press(*typed, "enter")

        assert till.rings == 1
        assert "barcode" in till.screen.band.text
        assert not till.till.sale.payment.tenders


async def test_minus_takes_the_last_tender_back_then_returns_to_the_goods(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("2", "0", "enter", "-")
        assert not till.till.sale.payment.tenders
        await till.press("-")

        assert name(till) == "SaleScreen"
        assert len(till.cart.lines) == 1


async def test_enter_with_nothing_typed_asks_or_takes_the_exact_amount(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("enter")
        assert till.rings == 1
        till.till.settings = with_settings(load_settings(home), payment={"enter": "exact"})
        await till.press("enter")
        await till.settle()

        (sale,) = entries(till, "transaction")
        assert [t["amount_minor"] for t in sale["tenders"]] == [6_800]


async def test_an_unknown_tender_number_is_refused(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("2", "0", "*", "9")

        assert till.rings == 1
        assert name(till) == "PaymentScreen"


async def test_a_sale_that_cannot_be_written_stays_on_the_screen(home, monkeypatch):
    async with trading(home) as till:
        await to_payment(till, NOODLES)
        real = till.till.journal.submit

        def refuse(job, **how):
            def failing(txn):
                job(txn)
                raise OSError(28, "No space left on device")

            return real(failing, **how)

        monkeypatch.setattr(till.till.journal, "submit", refuse)
        await till.press("1", "0", "enter")
        for _ in range(200):
            if till.screen.band.text:
                break
            await till.pilot.pause(0.02)
        monkeypatch.setattr(till.till.journal, "submit", real)

        assert name(till) == "PaymentScreen"
        assert "✗" in till.screen.band.text
        assert till.till.last_transaction_no == ""


async def test_the_change_stays_until_the_next_scan(home):
    async with trading(home) as till:
        await to_payment(till, WINE, HOTPOT)
        await till.press("1", "0", "0", "enter")
        await till.settle()
        await till.press("up", "enter", "down")

        assert till.screen.total.caption == "Change"
        assert till.screen.total.amount == "12.10"


async def test_receipts_are_asked_for_when_the_shop_says_so(home):
    async with trading(
        home, settings=with_settings(load_settings(home), receipt={"printing": "ask"})
    ) as till:
        printed = []
        till.till.printer.submit = printed.append
        await to_payment(till, WINE)
        await till.press("1", "0", "0", "enter")
        await till.settle()
        assert "Does the customer want a receipt?" in till.text()
        assert not printed
        await till.press("enter")
        await till.settle()

        assert len(printed) == 1


async def test_what_waits_is_not_called_paid(home):
    async with trading(home) as till:
        await to_payment(till, WINE)
        await till.press("2", "0", "*", "6", "enter")
        assert "… Waiting" not in till.text()
        await till.press("3", "0", "*", "2", "enter", "-")

        assert "Paid 20.00  … Waiting 30.00" in till.text()
