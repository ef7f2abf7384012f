"""Quality's pages on the screen, from the sale and with the number pad (QLT)."""

from __future__ import annotations

import pytest

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import ClassRule, Order, OrderLine
from pos.services.goods import documents, drafting
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store.reference_values import Changes, Hold
from pos.store.reference_writer import ReferenceWriter
from pos.ui.commands import NUMBERS
from tests.pos.ui.shop import trading

NOODLE_CODE = "200073"
NUMBER = next(number for number, name in NUMBERS.items() if name == "goods_quality")


def publish(home, **rows):
    with ReferenceWriter.open(home, app_version="test") as writer:
        writer.add_local(Changes(**rows))


def receive(till, batch, expiry):
    line = GoodsLine(
        line_no=1, item_code=NOODLE_CODE, quantity_milli=5000, batch=batch, expiry=expiry
    )
    document = GoodsDocument(
        document_uuid="",
        document_kind=DocumentKind.RECEIPT,
        document_no="",
        lines=(line,),
        counterparty_name="康源医药",
        reference_no="SH-1",
    )
    draft = drafting.begin(till, document)
    for operator_id in ("3001", "8001"):
        draft = documents.sign(till, draft, Credentials(person(till, operator_id)))
    documents.post(till, draft).saved.result(5)


async def open_quality(till):
    await till.press("0", "enter")
    await till.press(*str(NUMBER), "enter")
    await till.settle()


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize("size", [(80, 24), (160, 45)])
async def test_the_menu_and_the_list_of_dates(home, lang, size):
    async with trading(home, lang=lang, size=size) as till:
        receive(till.till, "B-PAST", "2026-11-20")
        await open_quality(till)
        await till.press("1", "enter")
        await till.settle()
        assert "B-PAST" in till.text()
        assert "2026-11-20" in till.text()


async def test_a_batch_is_traced_on_one_page(home):
    """QLT-14: forward and back in one screen."""
    async with trading(home) as till:
        receive(till.till, "77", "2028-11-20")
        await open_quality(till)
        await till.press("6", "enter")
        await till.press("7", "7", "enter")
        await till.settle()
        text = till.text()
        assert "康源医药" in text
        assert "SH-1" in text
        assert "Still here: 5" in text


async def test_a_recall_lists_buyers_and_logs_who_was_told(home):
    """QLT-05, with the number pad alone."""
    async with trading(home) as till:
        receive(till.till, "77", "2028-11-20")
        await till.scan("0106906018916897" + "1728112010" + "77", "]d2")
        await till.press("enter", "enter", "1", "0", "enter")
        await till.settle()
        number = till.till.last_transaction_no
        publish(
            home,
            holds=[Hold(hold_id="H1", item_code=NOODLE_CODE, batch="77", reason="ZH-7")],
            orders=[
                Order(
                    order_id="RC1",
                    order_kind="recall",
                    order_no="ZH-7",
                    lines=(
                        OrderLine(line_no=1, item_code=NOODLE_CODE, quantity_milli=0, batch="77"),
                    ),
                )
            ],
        )
        await open_quality(till)
        await till.press("2", "enter", "1", "enter")
        await till.settle()
        assert "Sold 1" in till.text()
        await till.press("1", "enter")
        await till.settle()
        assert number in till.text()
        await till.press("1", "enter", "1", "enter", "enter")
        await till.settle()
        assert " told" in till.text()
        await till.press("-", "2", "enter", "1", "enter", "1", "enter")
        await till.press("enter", "1", "enter")
        await till.settle()
        (line,) = till.cart.lines
        assert line.flags == ("recalled:RC1",)
        assert not till.app.screen_stack[-1].is_modal, "every menu is closed"


async def test_maintenance_is_recorded_by_exception(home):
    """QLT-08: Enter says that everything is in order."""
    async with trading(home) as till:
        item_class = till.till.reference.item(NOODLE_CODE, "2026-11-21").item_class
        publish(home, class_rules=[ClassRule(item_class=item_class, maintenance_days=30)])
        receive(till.till, "77", "2028-11-20")
        till.till.business_day = "2026-12-25"
        await open_quality(till)
        await till.press("3", "enter")
        await till.settle()
        assert "4 days late" in till.text()
        await till.press("1", "enter", "1", "enter")
        await till.settle()
        assert "Nothing here" in till.text()


async def test_f1_says_in_words_what_quality_is_for(home):
    async with trading(home) as till:
        await open_quality(till)
        await till.press("f1")
        await till.settle()
        assert "Each row says how much waits there" in till.text()
