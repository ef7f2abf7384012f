"""Scale and customer's display at the sale screen: read by itself, shown without waiting."""

from __future__ import annotations

import pytest

from drivers.line_display.simulated import FakeLineDisplay
from drivers.ports import Lamp
from drivers.scale.simulated import FakeScale
from pos.bootstrap import build_till, close_till
from pos.counter import Counter
from pos.demo.devices import Control, DemoDevices
from pos.services import checkout, customer_display, returns
from pos.services.context import Operator
from pos.services.simulation import Simulation
from pos.store.clock import FixedClock
from pos.ui.flows.returns import without_receipt
from pos.ui.flows.simulation import FAULTS
from pos.ui.plain import PlainTill
from pos.ui.scan_router import ScanEvent
from pos.ui.screens.base import KeyPress
from tests.contract.counter_benches import display_profile
from tests.pos.ui.shop import DAY, HOTPOT, NOODLES, START, WINE, trading

CABBAGE = ("1", "0", "0", "0", "1", "enter")
"""大白菜, 2.60 a kg."""


def with_scale(till, **model) -> FakeScale:
    scale = FakeScale()
    for name, value in model.items():
        setattr(scale.model, name, value)
    till.till.scale = scale
    Counter(till.till, scale, None).enable()
    return scale


def with_display(till, model: str = "lcd-gbk") -> FakeLineDisplay:
    display = FakeLineDisplay(display_profile(model))
    till.till.display = display
    return display


async def test_goods_laid_on_the_scale_are_sold_by_themselves(home):
    async with trading(home) as till:
        scale = with_scale(till)
        await till.press(*CABBAGE)
        assert "Put the goods on the scale" in till.text()
        scale.put(300, settling=True)
        await till.pilot.pause()
        assert not till.cart.lines
        scale.put(328)
        await till.pilot.pause()

        assert (till.cart.last.quantity_milli, till.cart.last.amount_minor) == (328, 85)
        assert "on the scale" not in till.text()


async def test_the_same_goods_still_lying_there_wait_for_enter(home):
    async with trading(home) as till:
        scale = with_scale(till)
        await till.press(*CABBAGE)
        scale.put(500)
        await till.pilot.pause()
        await till.press(*CABBAGE)

        assert len(till.cart.lines) == 1
        assert "0.5 kg ✓ stable: Enter takes it" in till.text()
        await till.press("enter")
        assert len(till.cart.lines) == 2


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"weight_g": 16_000}, "Too heavy for this scale"),
        ({"weight_g": -5}, "Below zero"),
        ({"weight_g": 0}, "Put the goods on the scale"),
        ({"weight_g": 400, "settling": True}, "settling"),
        ({"silent": True}, "does not answer: type what it shows"),
    ],
)
async def test_what_is_no_weight_is_never_sold_and_says_why(home, model, said):
    async with trading(home) as till:
        with_scale(till, **model)
        await till.press(*CABBAGE)
        assert said in till.text()
        await till.press("enter")

        assert not till.cart.lines
        assert till.screen.band.is_error
        await till.press("0", ".", "2", "enter")  # what it shows can always be typed
        assert till.cart.last.quantity_milli == 200


async def test_weighed_goods_that_come_back_are_read_by_the_scale_as_well(home):
    async with trading(home) as till:
        scale = with_scale(till)
        till.app.start(without_receipt(till.app, till.app.screen))
        await till.pilot.pause()
        await till.press("1", "0", "0", "0", "1", "enter")
        await till.settle()
        assert "Put the goods on the scale" in till.text()
        scale.put(500)
        await till.pilot.pause()

        assert "Unit price" in till.text()  # the next question: the weight is taken


async def test_a_typed_weight_is_not_overtaken_by_the_scale(home):
    async with trading(home) as till:
        scale = with_scale(till)
        await till.press(*CABBAGE, "1", ".")
        scale.put(700)
        await till.pilot.pause()
        assert not till.cart.lines
        await till.press("2", "enter")

        assert till.cart.last.quantity_milli == 1200


async def test_a_pulled_scale_is_named_in_the_header_and_weights_are_typed(home):
    async with trading(home) as till:
        scale = with_scale(till)
        scale.unplug()
        await till.pilot.pause()
        assert "Scale✗" in till.text().splitlines()[0]
        await till.press(*CABBAGE)

        assert "not connected: type the weight" in till.text()
        scale.replug()
        scale.put(250)
        await till.pilot.pause()
        assert till.cart.last.quantity_milli == 250
        assert "Scale✗" not in till.text().splitlines()[0]


async def test_a_scan_while_goods_are_weighed_waits_its_turn(home):
    async with trading(home) as till:
        scale = with_scale(till)
        await till.press(*CABBAGE)
        await till.scan(NOODLES)
        assert not till.cart.lines
        scale.put(420)
        await till.pilot.pause()

        assert [line.item_code for line in till.cart.lines] == ["10001", "200073"]


async def test_the_customer_reads_goods_total_and_change(home):
    async with trading(home) as till:
        display = with_display(till)
        await till.scan(NOODLES)
        assert display.rows == ("蜀味堂酸辣粉", "1 x 5.90        5.90")
        await till.press("+")
        assert display.rows[1] == "2 x 5.90       11.80"
        await till.press("enter")
        assert (display.rows, display.shown[-1].lamp) == (("合计", " " * 15 + "11.80"), Lamp.TOTAL)
        await till.press("enter", "2", "0", "enter")
        await till.settle()

        assert display.rows == ("收款 20.00", "找零" + " " * 12 + "8.20")
        assert display.shown[-1].lamp is Lamp.CHANGE


async def test_the_customer_reads_what_a_part_paid_and_what_is_still_due(home):
    async with trading(home) as till:
        display = with_display(till)
        await till.scan(HOTPOT)
        await till.press("enter", "enter", "5", "enter")
        assert display.rows == ("收款 5.00", "还需" + " " * 11 + "14.90")
        assert display.shown[-1].lamp is Lamp.TOTAL
        await till.press("1", "4", ".", "9", "enter")
        await till.settle()

        assert display.rows == ("谢谢惠顾", "收款" + " " * 11 + "19.90")
        assert display.shown[-1].lamp is Lamp.RECEIVED


async def test_money_that_may_not_have_arrived_is_not_shown_as_received(home):
    async with trading(home) as till:
        display = with_display(till)
        await till.scan(HOTPOT)
        await till.press("enter", "enter", "*", "2", "enter")
        assert till.till.sale.payment.pending
        assert display.rows == ("合计", " " * 15 + "19.90")


async def test_a_display_without_hanzi_says_paid_and_change_in_letters(home):
    async with trading(home) as till:
        display = with_display(till, "vfd-escpos")
        await till.scan(HOTPOT)
        await till.press("enter", "enter", "2", "0", "enter")
        await till.settle()

        assert display.rows == ("PAID 20.00", "CHANGE" + " " * 10 + "0.10")


async def test_a_numeric_display_lights_the_lamp_of_its_figure(home):
    async with trading(home) as till:
        display = with_display(till, "led8n")
        await till.scan(HOTPOT)
        await till.press("enter", "enter", "2", "0", "enter")
        await till.settle()

        figures = [(one.number or one.amount, one.lamp) for one in display.shown if one.amount]
        assert figures == [
            ("19.90", Lamp.PRICE),
            ("19.90", Lamp.TOTAL),
            ("20.00", Lamp.RECEIVED),
            ("0.10", Lamp.CHANGE),
        ]


async def test_a_return_shows_what_goes_back(home):
    async with trading(home) as till:
        display = with_display(till)
        await till.scan(HOTPOT)
        await till.press("enter", "enter", "1", "9", ".", "9", "enter")
        await till.settle()
        sold = till.app.screen.done.transaction
        started = returns.start_return(till.till, sold.transaction_no, {1: 1000}, "quality")
        assert isinstance(started, returns.ReturnStarted), started
        till.app.screen.refresh_sale()
        assert display.rows == ("蜀味堂自热火锅", "-1 x 19.90    -19.90")
        await till.press("enter", "enter")
        assert display.rows == ("退款", " " * 15 + "19.90")


@pytest.mark.parametrize("leave", ["lock", "sign_off"])
async def test_the_display_is_empty_while_nobody_serves(home, leave):
    async with trading(home) as till:
        display = with_display(till)
        await till.scan(HOTPOT)
        if leave == "sign_off":
            await till.press("enter", "enter", "1", "9", ".", "9", "enter")
            await till.settle()
        assert display.rows[0]
        till.app.screen.command(leave, KeyPress("enter"))
        await till.pilot.pause()
        assert display.rows == ("", " " * 20)
        if leave == "lock":
            await till.type("852741")
            await till.press("enter")
            await till.settle()
            assert display.rows[1].endswith("19.90")


def test_training_shows_the_customer_the_same(home):
    till = build_till(home, clock=FixedClock(START), training=True)
    try:
        display = FakeLineDisplay(display_profile("lcd-gbk"))
        till.display = display
        till.operator = Operator(
            operator_id="8001", name="周建国", role=till.roles["manager"], language="zh_CN"
        )
        till.business_day, till.shift_no = DAY, 1
        checkout.scan(till, NOODLES)
        customer_display.show_sale(till, till.sale.cart.last)
        assert display.rows == ("蜀味堂酸辣粉", "1 x 5.90        5.90")
    finally:
        close_till(till)


def test_the_line_mode_shows_the_customer_the_same(home):
    till = build_till(home, clock=FixedClock(START))
    try:
        display = FakeLineDisplay(display_profile("lcd-gbk"))
        till.display = display
        plain = PlainTill(till, lambda _text: None)
        plain.start()
        assert display.rows == ("", " " * 20)
        for line in ("1002", "1470", "", "500"):
            plain.line(line)
        plain.post_scan(ScanEvent(WINE.encode(), "counter", 0))
        assert display.rows[1] == "1 x 68.00      68.00"
        plain.line("pay 50")
        assert display.rows == ("收款 50.00", "还需" + " " * 11 + "18.00")
        plain.line("20")
        assert display.rows == ("收款 70.00", "找零" + " " * 12 + "2.00")
        plain.line("off")
        assert display.rows == ("", " " * 20)
    finally:
        close_till(till)


async def test_a_display_without_hanzi_shows_the_english_name(home):
    async with trading(home) as till:
        display = with_display(till, "vfd-escpos")
        await till.scan(NOODLES)

        assert display.rows[0].isascii()
        assert display.rows[0] != ""


async def test_a_till_without_scale_asks_for_the_weight_as_ever(home):
    async with trading(home) as till:
        await till.press(*CABBAGE)
        assert "Scale:" not in till.text()
        await till.press("0", ".", "3", "enter")

        assert till.cart.last.quantity_milli == 300


async def test_a_shop_trains_for_a_fault_from_the_panel(home, tmp_path):
    devices = DemoDevices(tmp_path)
    control = Control(tmp_path / "control", devices)
    control.start()
    try:
        async with trading(home, lang="zh_CN") as till:
            till.till.simulation = Simulation(tmp_path / "control")
            till.app.screen.command("devices", KeyPress("enter"))
            await till.pilot.pause()
            await till.press("2", "enter")
            assert len(till.screen.choices) == len(FAULTS) + 2
            await till.press("2", "enter")
            assert devices.printer.model.paper is False
            assert till.text().count("●") == 1
            await till.press("1", "enter", "0", ".", "5", "enter")
            assert devices.scale.model.weight_g == 500
            await till.press("-")
            assert till.app.screen.total.caption == "合计"
    finally:
        control.close()
        devices.close()
