"""Tracked goods on the screen: batch picked, pack looked at, a held line taken out (QLT-01, QLT-04)."""

from __future__ import annotations

import msgspec
import pytest

from pos.config import load_settings
from pos.domain.goods.orders import ClassRule, ItemRule
from pos.store.reference_values import Changes, Hold
from pos.store.reference_writer import ReferenceWriter
from tests.pos.ui.shop import HOTPOT, NOODLES, trading, with_settings

NOODLE_CODE = "200073"


def publish(home, **rows):
    with ReferenceWriter.open(home, app_version="test") as writer:
        writer.add_local(Changes(**rows))


def hold(batch, hold_id="H1"):
    return Hold(hold_id=hold_id, item_code=NOODLE_CODE, batch=batch, reason="召回ZH-7")


async def test_a_held_batch_asks_to_look_and_no_key_sells_by_habit(home):
    """QLT-04: 看批号; Enter out of habit does not sell."""
    publish(home, holds=[hold("L77")])
    async with trading(home, lang="zh_CN") as till:
        await till.scan(NOODLES)
        assert "L77" in till.text()
        await till.press("enter")
        await till.settle()
        assert till.cart.lines == ()
        await till.scan(NOODLES)
        await till.press("1", "enter")
        await till.settle()
        assert [line.item_code for line in till.cart.lines] == [NOODLE_CODE]


async def test_the_packs_own_code_answers_the_question(home):
    publish(home, holds=[hold("L77")])
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.scan(f"010{NOODLES}17281231" + "10GOOD1", "]d2")
        await till.settle()
        assert [line.batch for line in till.cart.lines] == ["GOOD1"]


async def test_goods_without_a_held_batch_ask_nothing(home):
    """The control."""
    async with trading(home) as till:
        await till.scan(NOODLES)
        assert len(till.cart.lines) == 1


async def test_a_batch_is_typed_where_none_is_in_stock(home):
    """QLT-01: the sale line carries a batch."""
    publish(home, item_rules=[ItemRule(item_code=NOODLE_CODE, batch_tracked=True)])
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.press("4", "7", "enter", "enter")
        await till.settle()
        assert [(line.batch, line.expiry) for line in till.cart.lines] == [("47", "")]


async def test_giving_the_batch_up_sells_nothing(home):
    publish(home, item_rules=[ItemRule(item_code=NOODLE_CODE, batch_tracked=True)])
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.press("-")
        await till.settle()
        assert till.cart.lines == ()
        assert "no batch" in till.text()


@pytest.mark.parametrize("where", ["before paying", "while paying"])
async def test_a_hold_found_at_the_tender_takes_its_line_out_with_one_key(home, where):
    """QLT-04: the held line leaves with one key and the sale goes on."""
    async with trading(home) as till:
        await till.scan(HOTPOT)
        await till.scan(NOODLES)
        if where == "while paying":
            await till.press("enter", "enter")
        publish(home, holds=[Hold(hold_id="H9", item_code=NOODLE_CODE, reason="召回ZH-9")])
        if where == "while paying":
            await till.press("5", "0", "enter")
        else:
            await till.press("enter", "enter")
        await till.settle()
        assert "ZH-9" in till.text()
        await till.press("enter")
        await till.settle()
        assert [line.item_code for line in till.cart.lines] == ["200077"]
        await till.press("5", "0", "enter")
        await till.settle()
        assert till.till.last_transaction_no


async def test_the_warning_of_safety_goods_stands_on_the_screen(home):
    """CAT-11."""
    async with trading(home) as till:
        item_class = till.till.reference.item("200077", "2026-11-21").item_class
        publish(home, class_rules=[ClassRule(item_class=item_class, trade="safety")])
        await till.scan(HOTPOT)
        await till.settle()
        assert "Safety goods" in till.text()


async def test_a_serial_number_is_scanned_or_typed(home):
    """CAT-03: what no receipt names is refused, and said."""
    publish(home, item_rules=[ItemRule(item_code=NOODLE_CODE, serial_tracked=True)])
    async with trading(home) as till:
        await till.scan(NOODLES)
        await till.scan("SN-404")
        await till.settle()
        assert till.cart.lines == ()
        assert "SN-404" in till.text()
        await till.scan(NOODLES)
        await till.press("4", "0", "5", "enter")
        await till.settle()
        assert "405" in till.text()


async def test_a_device_asks_who_buys_it(home):
    """QLT-02: buyer's fields at the tender; a private person is one key."""
    async with trading(home) as till:
        item_class = till.till.reference.item(NOODLE_CODE, "2026-11-21").item_class
    publish(
        home,
        class_rules=[ClassRule(item_class=item_class, trade="device")],
        item_rules=[
            ItemRule(item_code=NOODLE_CODE, registration_no="R1", maker="M", maker_licence_no="L")
        ],
    )
    asking = with_settings(load_settings(home), quality={"device_buyer": "ask"})
    async with trading(home, settings=asking) as till:
        await till.scan(NOODLES)
        await till.press("enter", "enter")
        assert "Who buys the device?" in till.text()
        await till.press("2", "enter")
        for text in ("11", "22", "33", "44"):
            await till.press(*text, "enter")
        await till.press("1", "0", "enter")
        await till.settle()
        fields = till.till.journal.reader().execute("SELECT fields FROM register_note").fetchone()
        assert '"buyer":"11"' in fields[0]
        assert '"buyer_contact":"44"' in fields[0]


def near_date_needs_a_signature(till, mode="approve"):
    rules = till.till.rules
    modes = {**rules.modes, "sale.near_expiry": mode}
    till.till.rules = msgspec.structs.replace(rules, modes=modes)


NEAR = f"010{NOODLES}17261122" + "10B9"
"""A pack of noodles that ends the day after the shop's day."""


def used(till):
    rows = till.till.journal.reader().execute("SELECT count(*) FROM approval_used")
    return rows.fetchone()[0]


async def test_goods_that_need_an_approval_ask_for_it_as_prices_do(home):
    """QLT-05, rule 10: the dialog opens, the same code is entered once, as often as was typed."""
    async with trading(home, role="cashier") as till:
        near_date_needs_a_signature(till)
        await till.press("3", "*")
        await till.scan(NEAR, "]d2")
        await till.settle()
        assert till.cart.lines == ()
        await till.approve()
        assert [(line.batch, line.quantity_milli) for line in till.cart.lines] == [("B9", 3_000)]
        assert used(till) == 1


async def test_an_approval_that_nobody_gives_sells_nothing_and_holds_no_number(home):
    async with trading(home, role="cashier") as till:
        near_date_needs_a_signature(till)
        await till.press("3", "*")
        await till.scan(NEAR, "]d2")
        await till.press("escape")
        await till.settle()
        assert type(till.screen).__name__ == "SaleScreen"
        assert till.cart.lines == ()
        assert "nobody approved" in till.text()
        await till.scan(HOTPOT)
        assert [line.quantity_milli for line in till.cart.lines] == [1_000]
        assert used(till) == 0


async def test_a_shop_that_only_warns_asks_nobody(home):
    """The control of the approval."""
    async with trading(home, role="cashier") as till:
        near_date_needs_a_signature(till, "warn")
        await till.scan(NEAR, "]d2")
        await till.settle()
        assert [line.batch for line in till.cart.lines] == ["B9"]


async def test_a_batch_typed_for_goods_near_their_date_asks_for_the_approval_too(home):
    publish(home, item_rules=[ItemRule(item_code=NOODLE_CODE, batch_tracked=True)])
    async with trading(home, role="cashier") as till:
        near_date_needs_a_signature(till)
        await till.scan(NOODLES)
        await till.press("4", "7", "enter", *"20261122", "enter")
        await till.settle()
        await till.approve()
        assert [(line.batch, line.expiry) for line in till.cart.lines] == [("47", "2026-11-22")]
        assert used(till) == 1
