"""What newcomers stumbled over at the counter, and the pad's reach at sign-on."""

from __future__ import annotations

import msgspec
import pytest

from drivers.payment_terminal import Scripted, SimulatedPaymentTerminal
from pos.config import load_settings
from pos.domain.tender import TenderKind, TenderState, TenderType
from pos.services import checkout
from pos.services.context import NeedsApproval
from pos.ui.flows.registry import SWITCH_TRAINING, Outcome
from pos.ui.scan_router import ScanEvent, shown_code
from pos.ui.screens.sale import SaleScreen
from tests.pos.ui.shop import HOTPOT, NOBODYS, NOODLES, WINE, trading, with_settings

SECRET = "134567890123451234"
SCAN_PAY = TenderType(
    number=7, id="scan_pay", name="扫码付", name_en="Payment code", kind=TenderKind.TERMINAL
)


def name(till) -> str:
    return type(till.screen).__name__


def bodies(till, kind):
    till.till.journal.run(lambda _txn: None)
    rows = till.till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id", (kind,)
    )
    return [msgspec.json.decode(row[0])["body"] for row in rows]


def equip(till, *script, terminal=None):
    """A terminal that takes payment codes."""
    settings = till.till.settings
    tender = msgspec.structs.replace(
        settings.payment.tenders[1],
        number=7,
        id="scan_pay",
        kind="terminal",
        confirm="none",
        payment_codes=("wechat", "alipay"),
    )
    till.till.settings = with_settings(
        settings, payment={"tenders": (*settings.payment.tenders, tender)}
    )
    till.till.tender_types = (*till.till.tender_types, SCAN_PAY)
    till.till.payment_terminal = terminal or SimulatedPaymentTerminal(script)
    return till.till.payment_terminal


async def until(till, wanted: str) -> None:
    """Wait for a screen; the terminal answers on its own thread."""
    import asyncio

    for _ in range(500):
        await till.settle()
        if name(till) == wanted:
            return
        await asyncio.sleep(0.01)
    raise AssertionError(till.text())


async def pay_by_code(till, *codes):
    for code in codes:
        await till.scan(code)
    await till.press("f9")
    await till.scan(SECRET)


# ------------------------------------------------------------ the payment terminal


async def test_a_payment_code_at_the_payment_step_pays_by_itself(home):
    async with trading(home) as till:
        terminal = equip(till)
        await pay_by_code(till, WINE)
        await until(till, "SaleScreen")

        (sold,) = bodies(till, "transaction")
        assert [(t["tender_type"], t["amount_minor"]) for t in sold["tenders"]] == [
            ("scan_pay", 6_800)
        ]
        assert list(terminal.charged.values()) == [6_800]
        assert SECRET not in till.text()


async def test_a_payment_code_elsewhere_is_refused_and_never_shown(home):
    async with trading(home) as till:
        equip(till)
        await till.scan(WINE)
        await till.press("/")
        await till.scan(SECRET)
        await till.press("escape")
        assert SECRET not in till.text()
        assert shown_code(ScanEvent(SECRET.encode(), "t", 0)).count("*") > 8
        assert not till.till.payment_terminal.charged


async def test_a_tender_by_code_asks_for_the_code_first(home):
    async with trading(home) as till:
        terminal = equip(till)
        await till.scan(WINE)
        await till.press("f9", "2", "0", "*", "7", "enter")
        assert name(till) == "PaymentCodeScreen"
        assert not till.till.sale.payment.tenders
        await till.scan(WINE)
        assert name(till) == "PaymentCodeScreen", "goods are no payment code"
        await till.scan(SECRET)
        await until(till, "PaymentScreen")

        assert list(terminal.charged.values()) == [2_000]
        assert till.till.sale.payment.remaining_minor == 4_800


async def test_declined_says_so_loudly_and_another_tender_is_chosen(home):
    async with trading(home) as till:
        terminal = equip(till, Scripted.DECLINE)
        await pay_by_code(till, WINE)
        await until(till, "PaymentScreen")
        assert "declined" in till.text()
        assert till.rings == 1
        await till.press("6", "8", "enter")
        await until(till, "SaleScreen")

        assert terminal.charged == {}
        assert bodies(till, "transaction")[0]["tenders"][0]["tender_type"] == "cash"


async def test_the_screen_goes_on_while_the_terminal_is_busy_and_a_cancel_reaches_it(home):
    import threading

    gate = threading.Event()
    terminal = SimulatedPaymentTerminal(latency_s=10.0, sleep=lambda _s: gate.wait(10))
    async with trading(home) as till:
        equip(till, terminal=terminal)
        await pay_by_code(till, WINE)
        assert name(till) == "TerminalPaymentScreen"
        await till.press("enter", "enter", "enter", "7")
        assert name(till) == "TerminalPaymentScreen"
        await till.press("-")
        while not any(p.result.code == "cancelled" for p in terminal._payments.values()):
            await till.pilot.pause()
        gate.set()
        await until(till, "PaymentScreen")

        assert terminal.charged == {}
        assert till.till.sale.payment.tenders[0].state is TenderState.FAILED


async def test_no_answer_asks_again_first_and_leaves_the_rest_to_a_manager(home):
    async with trading(home, role="cashier") as till:
        terminal = equip(till, Scripted.HANG)
        await till.scan(WINE)
        await till.press("f9")
        await till.scan(SECRET)
        call = till.screen.call
        call._poll_s = 0.01
        call._wake.set()
        while till.screen.asking:
            await till.pilot.pause()
        assert "never charged twice" in till.text()
        assert till.screen.choices[till.screen.marked][0] == "again"

        await till.press("3", "enter")
        assert name(till) == "ApprovalScreen"
        await till.approve("8001", "852741")
        await until(till, "SaleScreen")
        (sold,) = bodies(till, "transaction")
        assert sold["tenders"][0]["state"] == "undecided"
        assert len(terminal._payments) == 1


async def test_a_payment_left_by_a_power_cut_is_asked_about_at_once(home):
    async with trading(home) as till:
        terminal = equip(till)
        await till.scan(WINE)
        checkout.start_payment(till.till)
        added = checkout.tender(till.till, "scan_pay")
        terminal.pay(6_800, "CNY", added.tender.reference, SECRET)
        await till.settle()
        # The next life: the sale screen opens over a sale whose payment has begun.
        till.app.open_screen(SaleScreen(till.till), lambda _answer: None)
        await until(till, "SaleScreen")

        assert list(terminal.charged.values()) == [6_800]
        assert len(bodies(till, "transaction")) == 1


# ------------------------------------------------------------ refunds


async def test_a_refund_shows_what_is_paid_back(home):
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.press("f9", "1", "0", "enter")
        await till.settle()
        number = till.till.last_transaction_no
        from pos.services import returns

        started = returns.start_return(till.till, number, None, "quality")
        if isinstance(started, NeedsApproval):
            pytest.skip("this shop asks for an approval")
        till.screen.recalled()
        await till.press("enter")
        assert "Pay back" in till.text()
        await till.press("enter")
        assert "Back by Cash" in till.text()
        assert "Paid back 0.00" in till.text()
        await till.press("enter")
        await till.settle()

        assert till.screen.total.amount == "5.90"
        assert "Paid back" in till.text()


async def test_a_concession_takes_no_cash(home):
    settings = with_settings(load_settings(home), store={"mode": "concession"})
    async with trading(home, settings=settings) as till:
        await till.scan(NOODLES)
        await till.press("f9", "1", "0", "enter")
        assert "The mall takes the cash" in till.text()
        await till.press("*", "6", "enter")
        await till.settle()
        assert len(bodies(till, "transaction")) == 1


# ------------------------------------------------------------ members and receipts


@pytest.mark.parametrize("scanned", [True, False])
async def test_a_member_is_kept_with_the_sale_and_masked(home, scanned):
    async with trading(home) as till:
        await till.press("f2")
        if scanned:
            await till.scan("13812345678")
        else:
            await till.type("13812345678")
            await till.press("enter")
        assert "138****5678" in till.text()
        assert "13812345678" not in till.text()
        await till.scan(NOODLES)
        await till.settle()
        (stored,) = till.till.journal.reader().execute("SELECT header FROM open_sale").fetchall()
        assert b"13812345678" in bytes(stored[0])
        await till.press("f9", "1", "0", "enter")
        await till.settle()

        assert bodies(till, "transaction")[0]["member_id"] == "13812345678"
        assert till.till.sale.member_id == ""


async def test_goods_and_payment_codes_are_no_members(home):
    async with trading(home) as till:
        for code in (WINE, SECRET):
            await till.press("f2")
            await till.scan(code)
            assert till.till.sale.member_id == ""
            assert SECRET not in till.text()
        assert till.rings == 2


async def test_a_member_comes_back_with_a_parked_sale(home):
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.press("f2", *"88001234", "enter", "f5", "enter")
        await till.settle()
        assert till.till.sale.member_id == ""
        await till.press("f6", "enter")
        await till.settle()
        assert till.till.sale.member_id == "88001234"


async def test_a_sale_without_a_member_says_nothing_of_one(home):
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.press("f9", "1", "0", "enter")
        await till.settle()
        assert "member_id" not in bodies(till, "transaction")[0]


@pytest.mark.parametrize(("choice", "state"), [("1", "WAITING"), ("2", "ASK"), ("3", "OFF")])
async def test_receipts_are_always_asked_for_or_off(home, choice, state):
    async with trading(home) as till:
        await till.press("ctrl+p", choice, "enter")
        await till.scan(NOODLES)
        await till.press("f9", "1", "0", "enter")
        await till.settle()
        rows = till.till.journal.reader().execute("SELECT state FROM print_job").fetchall()
        assert rows == [(state,)]


# ------------------------------------------------------------ parked sales, one less, the header


async def test_a_parked_sale_is_known_by_its_goods(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.scan(HOTPOT)
        await till.press("f5", "enter")
        await till.settle()
        till.till.clock.advance(12 * 60 * 1000)
        await till.press("f6")

        row = next(line for line in till.text().splitlines() if "▶ 1" in line)
        assert "(12m)" in row
        assert "+1 line" in row
        assert "87.90" in row
        assert till.screen.choices[0].words.split(") ")[1][:4] in till.text()


async def test_a_recalled_sale_has_no_unknown_code_of_the_one_before(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("f5", "enter")
        await till.settle()
        await till.scan(NOBODYS)
        assert till.screen.unknown is not None
        await till.press("f6", "enter")
        await till.settle()

        assert [line.barcode for line in till.cart.lines] == [WINE]
        assert till.screen.unknown is None
        await till.press("f9")
        assert name(till) == "PaymentScreen"


async def test_one_less_is_no_void(home):
    async with trading(home) as till:
        await till.scan(WINE)
        await till.press("+", "-")
        assert "taken off" not in till.text()
        assert [line.quantity_milli for line in till.cart.lines] == [1000]
        assert len(bodies(till, "line_voided")) == 1


@pytest.mark.parametrize(("lang", "words"), [("zh_CN", "箱开"), ("en", "Drw open")])
async def test_an_open_drawer_reads_as_open(home, lang, words):
    async with trading(home, lang=lang) as till:
        till.till.status.drawer = "open"
        till.app.refresh_header()
        await till.pilot.pause()
        header = till.text().splitlines()[0]
        assert words in header
        assert "✗" not in header


async def test_the_idle_footer_says_where_the_day_is_closed(home):
    async with trading(home) as till:
        assert "0 Enter  Functions: hand over, close day" in till.text()
        await till.scan(WINE)
        assert "Pay" in till.text().splitlines()[-1]
        assert "close day" not in till.text()


# ------------------------------------------------------------ sign-on by the pad


async def test_sign_on_reaches_language_and_a_forgotten_pin_by_the_pad_alone(home):
    async with trading(home, sign_on=False) as till:
        assert "Operator's number" in till.text()
        await till.press("+")
        assert "工号" in till.text()
        await till.press("+")
        assert "Operator's number" in till.text()
        await till.press("*")
        assert name(till) == "EntryScreen"
        assert "PIN forgotten" in till.text()


def test_recovery_codes_can_be_typed_on_a_number_pad():
    from pos.services import pin_changes

    code = pin_changes.make_recovery_code()
    assert code.replace("-", "").isdigit()
    assert len(code.replace("-", "")) == 24


# ------------------------------------------------------------ training


async def test_training_is_entered_from_the_menu_between_sales(home):
    async with trading(home, role="cashier") as till:
        await till.scan(WINE)
        till.screen._start("training")
        await till.pilot.pause()
        assert name(till) == "SaleScreen"
        assert till.rings == 1
        await till.press("f9", "1", "0", "0", "enter")
        await till.settle()

        outcome = []
        sale = till.screen
        sale.finish = outcome.append
        sale._start("training")
        await till.settle()
        assert name(till) == "ChooseScreen", till.text()
        assert "Practice in a database" in till.text()
        await till.press("1", "enter")
        await till.approve("8001", "852741")
        assert outcome == [Outcome.TRAINING]
        assert [one["began"] for one in bodies(till, "training")] == [True]
        assert SWITCH_TRAINING != 0
