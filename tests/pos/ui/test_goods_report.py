"""Stock report and earnings at the till's screen, by the number pad alone (STK-16, REP-10)."""

from __future__ import annotations

import pytest

from pos.domain.goods.documents import DocumentKind
from pos.services import catalogue
from pos.ui.flows.goods_report import earned_pages, stock_pages
from pos.ui.flows.goods_stock import goods_stock
from pos.ui.text_grid import clipped
from tests.pos.services.goods.stockroom import line, post
from tests.pos.ui.shop import NOODLES, trading


def stocked(till):
    code = catalogue.find(till.till, (NOODLES.zfill(14),)).item.item_code
    post(till.till, DocumentKind.OPENING, line(1, code, 20_000, 30_000))
    post(
        till.till,
        DocumentKind.RECEIPT,
        line(1, code, 1_234_567_000, 30_000, batch="L1", expiry="2027-03-01"),
    )
    return code


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_a_manager_looks_through_classes_items_and_batches(home, lang, size):
    async with trading(home, lang=lang, size=size) as till:
        stocked(till)
        till.screen.run(goods_stock(till.app, till.screen))
        await till.settle()
        await till.press("5", "enter")
        await till.press("1", "enter")
        await till.settle()
        assert "1234587" in till.text()
        assert "3,703,761.00" in till.text() or "3703761.00" in till.text()
        await till.press("enter")
        await till.settle()
        assert "1234587" in till.text()
        await till.press("enter")
        await till.settle()
        assert "L1" in till.text()
        await till.press(".")
        await till.settle()
        rows = till.till.journal.reader().execute(
            "SELECT count(*) FROM print_job WHERE job_kind = 'goods_report'"
        )
        assert rows.fetchone()[0] == 1
        assert {"en": "Sent to the printer", "zh_CN": "已送打印机"}[lang] in till.text()
        await till.press("-")
        await till.press("-")
        assert clipped == []


async def test_another_day_is_typed_and_has_nothing_before_the_first_goods(home):
    async with trading(home) as till:
        stocked(till)
        till.screen.run(stock_pages(till.app, till.screen))
        await till.settle()
        await till.press("4", "enter")
        await till.press(*"20261120", "enter", gap=3.0)
        await till.settle()
        assert "Nothing here" in till.text()


async def test_rep_10_what_was_earned_stands_by_class_and_item(home):
    async with trading(home) as till:
        stocked(till)
        till.screen.run(earned_pages(till.app, till.screen))
        await till.settle()
        await till.press("2", "enter")
        await till.settle()
        assert "Margin" in till.text()
        await till.press("enter")
        await till.settle()
        assert "Margin" in till.text()


@pytest.mark.parametrize("pages", [stock_pages, earned_pages])
async def test_a_cashier_sees_no_costs(home, pages):
    async with trading(home, role="cashier") as till:
        stocked(till)
        till.screen.run(pages(till.app, till.screen))
        await till.settle()
        assert "You may not see what goods cost" in till.text()
