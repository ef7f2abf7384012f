"""The stock screen as a receiver sees it: views, batches, history, what is odd, the books."""

from __future__ import annotations

import msgspec
import pytest

from pos.config import load_settings
from pos.domain.goods.documents import DocumentKind
from pos.services import catalogue
from pos.ui.flows.goods_stock import goods_stock
from pos.ui.text_grid import clipped
from tests.pos.services.goods.stockroom import line, post
from tests.pos.ui.shop import NOODLES, trading, with_settings


def code_of(till) -> str:
    return catalogue.find(till.till, (NOODLES.zfill(14),)).item.item_code


def stocked(till) -> str:
    code = code_of(till)
    post(till.till, DocumentKind.OPENING, line(1, code, 20_000, 30_000))
    post(
        till.till,
        DocumentKind.RECEIPT,
        line(1, code, 6_000, batch="L1", expiry="2026-11-01", unit_codes=()),
        line(2, code, 5_000, batch="L2", expiry="2027-03-01"),
    )
    return code


async def open_stock(till):
    till.screen.run(goods_stock(till.app, till.screen))
    await till.pilot.pause()


@pytest.mark.parametrize(("lang", "word"), [("en", "On hand 31"), ("zh_CN", "31")])
async def test_stk_16_a_scan_shows_every_view_of_an_item_and_its_batches(home, lang, word):
    async with trading(home, lang=lang) as till:
        stocked(till)
        await open_stock(till)
        await till.scan(NOODLES)
        shown = till.text()
        assert word in shown
        assert "L1" in shown
        assert "2027-03-01" in shown
        assert "YS010101-20261121-001" in shown or "YS0101" in shown
        assert clipped == []


async def test_a_scan_in_the_item_shows_the_next_and_an_unknown_one_is_loud(home):
    async with trading(home) as till:
        stocked(till)
        await open_stock(till)
        await till.scan(NOODLES)
        await till.scan("6901666783853")
        assert "On hand 0" in till.text()
        assert "This till never moved it" in till.text()
        rings = till.rings
        await till.scan("6909999999999")
        assert till.rings > rings


async def test_history_pages_back_and_narrows_to_a_batch(home):
    async with trading(home) as till:
        code = stocked(till)
        for _ in range(25):
            post(till.till, DocumentKind.SCRAP, line(1, code, 100))
        await open_stock(till)
        await till.scan(NOODLES)
        await till.press("enter")
        assert "Page 1" in till.text()
        assert "Scrapped" in till.text()
        await till.press("*")
        assert "Page 2" in till.text()
        assert "Opening count" in till.text()
        await till.press("-", "*", "2", "enter")
        assert "L2" in till.text()
        assert "Scrapped" not in till.text()


async def test_stk_15_what_is_odd_is_listed_and_opens(home):
    async with trading(home) as till:
        code = stocked(till)
        post(till.till, DocumentKind.SCRAP, line(1, code, 1_000))
        await open_stock(till)
        await till.press("2", "enter")
        assert "expired" in till.text()
        await till.press("enter")
        assert "Expired 6" in till.text()


async def test_stk_02_the_books_are_due_and_a_manager_may_waive_them(home):
    settings = with_settings(load_settings(home), stock={"opening_count": "required"})
    async with trading(home, settings=settings) as till:
        post(till.till, DocumentKind.RECEIPT, line(1, code_of(till), 6_000))
        await till.scan(NOODLES)
        assert "opening count" in till.text()
        assert till.till.sale.empty
        till.app.screen.command("goods_home", None)
        await till.settle()
        assert "Missing: 3 Count stock" in till.text()
        assert "may waive: " in till.text()
        assert "Store manager" in till.text()
        await till.press("-")
        await open_stock(till)
        assert "3 days left" in till.text()
        await till.press("4", "enter", "2", "enter")
        await till.press(*"other till")
        await till.press("enter")
        await till.settle()
        row = till.till.journal.reader().execute(
            "SELECT fields FROM register_note WHERE action = 'opening_waived'"
        )
        assert row.fetchone() is not None or "approv" in till.text().lower()


async def test_a_serial_number_leads_to_its_history(home):
    async with trading(home) as till:
        code = code_of(till)
        post(till.till, DocumentKind.RECEIPT, line(1, code, 1_000, unit_codes=("SN12345",)))
        await open_stock(till)
        await till.press("3", "enter")
        await till.press(*"SN12345")
        await till.press("enter")
        assert "Came in" in till.text()
        assert "SN12345" in till.text()
        assert "Now: in the shop, for sale" in till.text()


def test_every_reason_and_place_of_the_ledger_has_its_word():
    from pos.domain.stock import MovementReason, Place
    from pos.ui.screens.goods_stock import PLACES, REASONS

    assert set(REASONS) == {reason.value for reason in MovementReason}
    assert set(PLACES) == {place.value for place in Place}
    assert msgspec.json.encode(REASONS)
