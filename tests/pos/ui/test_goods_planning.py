"""What to order, at the till: lines in words, another quantity, one key to ask (REP-05, REP-08, HO-02)."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections import Counter

import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ItemRule, Supplier
from pos.services import catalogue
from pos.services.goods import requisition_drafts, requisitions
from pos.ui.flows import goods_planning as goods_planning_flow
from pos.ui.flows.goods_home import goods_home
from pos.ui.flows.goods_planning import goods_planning
from pos.ui.text_grid import clipped
from tests.pos.services.goods.stockroom import line, post
from tests.pos.services.goods.test_planning import tell
from tests.pos.ui.shop import NOODLES, trading


def stocked(till) -> str:
    code = catalogue.find(till.till, (NOODLES.zfill(14),)).item.item_code
    post(till.till, DocumentKind.OPENING, line(1, code, 9_000, 30_000))
    day = dt.date.fromisoformat(till.till.business_day)
    tell(
        till.till,
        Supplier(
            supplier_id="S1",
            name="丰仓粮油食品有限公司",
            delivery_weekdays=str((day + dt.timedelta(days=3)).isoweekday()),
            lead_days=2,
        ),
        ItemRule(
            item_code=code,
            supplier_id="S1",
            case_milli=12_000,
            min_milli=10_000,
            max_milli=60_000,
            cost_e4=30_000,
        ),
    )
    return code


async def open_plan(till):
    till.screen.run(goods_planning(till.app, till.screen))
    await till.settle()


@pytest.mark.parametrize(("lang", "words"), [("en", "9 left, supplier comes"), ("zh_CN", "丰仓")])
async def test_a_receiver_sees_why_changes_the_quantity_and_asks_with_one_key(home, lang, words):
    async with trading(home, lang=lang) as till:
        code = stocked(till)
        await open_plan(till)
        await till.press("1", "enter")
        await till.press("1", "enter")
        assert words in till.text()
        assert "48" in till.text()
        await till.press(*"36", "enter")
        assert "36" in till.text()
        assert clipped == []
        await till.press("enter")
        await till.press("1", "enter")
        await till.settle()

        (asked,) = requisitions.asked(till.till)
        assert [(one.item_code, one.quantity_milli) for one in asked.lines] == [(code, 36_000)]
        assert asked.document_no in till.text()


async def test_half_cases_are_said_and_half_pieces_are_refused(home):
    async with trading(home) as till:
        stocked(till)
        await open_plan(till)
        await till.press("1", "enter")
        await till.press("1", "enter")
        await till.press(*"13", "enter")
        assert "Not whole cases of 12" in till.text()
        rings = till.rings
        await till.press(*"1.5", "enter")
        assert "whole number" in till.text()
        assert till.rings == rings + 1


async def test_what_is_behind_a_line_is_shown_by_a_point_and_left_by_minus(home):
    async with trading(home) as till:
        stocked(till)
        await open_plan(till)
        await till.press("1", "enter")
        await till.press("1", "enter")
        await till.press(".")
        assert "Minimum 10, maximum 60, case 12" in till.text()
        await till.press("-")
        assert "Minimum 10" not in till.text()


async def test_warnings_are_listed_by_kind_with_their_figures(home):
    async with trading(home) as till:
        stocked(till)
        await open_plan(till)
        await till.press("2", "enter")
        assert "Low" in till.text()
        await till.press("1", "enter")
        assert "9 left, minimum is 10" in till.text()


async def test_rep_04_enter_puts_a_low_item_on_a_requisition(home):
    async with trading(home) as till:
        code = stocked(till)
        await open_plan(till)
        await till.press("2", "enter")
        await till.press("1", "enter")
        await till.press("enter")
        await till.settle()
        (draft,) = requisition_drafts.drafts(till.till)
        assert [one.item_code for one in draft.document.lines] == [code]
        assert "put on the requisition" in till.text()
        assert "1  ✓" in till.text()
        await till.press("enter")
        await till.settle()
        assert "On a requisition already" in till.text()


@pytest.mark.parametrize("lang", ["en", "zh_CN"])
async def test_sup_03_goods_are_asked_for_by_scan_with_supplier_and_day(home, lang):
    async with trading(home, lang=lang) as till:
        code = stocked(till)
        await open_plan(till)
        await till.press("6", "enter")
        await till.press("1", "enter")
        await till.press(*"20261130", "enter", gap=3.0)
        await till.scan(NOODLES)
        await till.press(*"24", "enter")
        await till.settle()
        assert "24" in till.text()
        await till.press("enter")
        await till.settle()
        assert "2026-11-30" in till.text()
        assert clipped == []
        await till.press("1", "enter")
        await till.settle()
        (asked,) = requisitions.asked(till.till)
        assert [(one.item_code, one.quantity_milli) for one in asked.lines] == [(code, 24_000)]
        assert asked.document_no in till.text()


async def test_rep_04_20_at_the_goods_home_opens_the_list(home):
    async with trading(home) as till:
        stocked(till)
        till.screen.run(goods_home(till.app, till.screen))
        await till.settle()
        await till.press(*"20", "enter")
        await till.settle()
        for _ in range(100):
            if "Stock that needs somebody" in till.text():
                break
            await till.pause()
            await asyncio.sleep(0.02)
        assert "Stock that needs somebody" in till.text()
        assert "Low" in till.text()


async def test_rep_04_the_goods_home_tells_of_dead_stock_too(home):
    async with trading(home) as till:
        counts = Counter(dict.fromkeys(goods_planning_flow._AT_HOME, 12))
        key = (
            till.till.journal.head()[0],
            till.till.reference.catalogue_version(),
            till.till.business_day,
        )
        goods_planning_flow._known[till.till] = (key, counts)
        lines = goods_planning_flow.overdue_lines(till.app)
        assert "Dead stock 12" in " ".join(lines)
        assert "Slow 12" in " ".join(lines)
        assert lines[-1].endswith("(20 Enter)")
        assert all(len(one) <= 76 for one in lines)


async def test_rep_04_the_goods_home_tells_how_much_stock_needs_somebody(home):
    async with trading(home) as till:
        stocked(till)
        till.screen.run(goods_home(till.app, till.screen))
        await till.settle()
        for _ in range(100):
            if "Stock: Low 1" in till.text():
                break
            await asyncio.sleep(0.02)
        assert "Stock: Low 1" in till.text()
