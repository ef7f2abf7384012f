"""Receiving through the real screens: the receiver's whole road, in keys and scans (RCV-01..13)."""

from __future__ import annotations

from unittest.mock import patch

import msgspec
import pytest

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.services import catalogue
from pos.services.goods import documents, drafting, receiving
from pos.ui.flows.goods_receive_check import _figures
from pos.ui.goods_names import goods_name
from tests.pos.services.goods import receiving_shop as goods
from tests.pos.ui.shop import NOBODYS, trading

COLA = goods.fixed(goods.COLA_EAN)
COLA_CASE = goods.fixed(goods.COLA_CASE)
MILK = goods.fixed(goods.MILK_EAN)


@pytest.fixture
def goods_home(home):
    goods.publish(home)
    return home


def screen_of(till) -> str:
    return type(till.screen).__name__


async def sign(till, number: str, pin: str) -> None:
    assert screen_of(till) == "SignScreen", till.text()
    while till.screen.fields[0]:
        till.screen.fields[0] = ""
    till.screen.at = 0
    await till.type(number)
    await till.press("enter")
    await till.type(pin)
    await till.press("enter")
    await till.settle()


async def go_receiving(till) -> None:
    till.app.screen.command("goods_receive", None) if hasattr(till.screen, "command") else None
    await till.settle()


async def choose(till, words: str) -> None:
    """Choose the line with these words, by its number."""
    found = next((c for c in till.screen.choices if words in c.words), None)
    assert found is not None, till.text()
    await till.type(str(found.number))
    await till.press("enter")
    await till.settle()


async def note(till, number: str = "SH-1", seal: bool = True) -> None:
    assert screen_of(till) == "FactsScreen", till.text()
    await till.type(number)
    await till.press("enter")
    await till.type("Wang")
    await till.press("enter", "enter")
    await till.press("1" if seal else "2", "enter")
    await till.settle()


def stock(till) -> dict[str, int]:
    rows = till.till.journal.reader().execute(
        "SELECT item_code, sum(quantity_milli) FROM stock_movement GROUP BY item_code"
    )
    return dict(rows)


async def test_an_order_from_scan_to_stock(goods_home):
    """RCV-01, RCV-06, RCV-07, RCV-15: count, note, two signatures, posted, claim printed."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "Purchase order NO-PO1")
        await choose(till, "Count with the ordered")
        assert screen_of(till) == "ReceiveScreen"
        await till.scan(COLA_CASE, "]I1")
        await till.press("2", "enter")
        assert till.screen.row(1).quantity_milli == 48_000
        await till.press("enter")
        await choose(till, "All is counted")
        await note(till)
        await choose(till, "The note says so too")
        assert screen_of(till) == "CheckScreen", till.text()
        await till.press("1", "enter")
        await sign(till, "8001", "852741")
        assert stock(till) == {}
        await till.press("1", "enter")
        await sign(till, "3001", "7531")
        assert stock(till) == {goods.COLA: 48_000}
        assert "in stock" in till.text()
        assert drafting.drafts(till.till) == []


async def test_what_the_class_wants_is_asked_once_and_scans_meanwhile_are_not_lost(goods_home):
    """QLT-06, RCV-16."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "By a delivery note")
        await choose(till, "新希望乳业")
        await till.press("enter")
        await choose(till, "The note is typed")
        receive = till.screen
        await till.scan(MILK)
        assert screen_of(till) == "FactsScreen"
        await till.scan(COLA)
        await till.type("261120")
        await till.press("enter")
        await till.type("4.5")
        await till.press("enter")
        await till.settle()
        assert screen_of(till) == "ReceiveScreen"
        line = receive.receiving.line(1)
        assert (line.production_day, line.expiry, line.temperature_tenths) == (
            "2026-11-20",
            "2026-12-11",
            45,
        )
        assert receive.receiving.line(2).item_code == goods.COLA
        await till.scan(MILK)
        assert screen_of(till) == "ReceiveScreen"
        assert receive.receiving.line(1).received_milli == 2_000


async def test_a_draft_survives_the_switch_to_the_till_and_goes_on_from_the_home(goods_home):
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count blind")
        await till.scan(COLA)
        assert "48" not in till.text()
        await till.press("escape")
        await till.settle()
        await till.scan(COLA)  # nobody's: the sample till sells it
        assert screen_of(till) == "SaleScreen"
        assert till.cart.pieces_milli == 1_000
        (draft,) = receiving.drafts(till.till)
        assert draft.document.lines[0].received_milli == 1_000
        till.screen.command("goods_home", None)
        await till.settle()
        assert "Drafts to go on with" in till.text()
        await till.type("21")
        await till.press("enter")
        await till.settle()
        assert screen_of(till) == "ReceiveScreen"
        assert till.screen.total_milli == 1_000


async def test_an_unknown_code_is_found_later(goods_home):
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.press("6", "*")
        await till.scan(NOBODYS)
        assert till.rings == 1
        await till.press("enter")
        await choose(till, "1 unknown code")
        await choose(till, NOBODYS)
        await choose(till, "It is goods of the list")
        await till.type(goods.COLA)
        await till.press("enter")
        await till.settle()
        assert screen_of(till) == "ReceiveScreen"
        assert till.screen.row(1).quantity_milli == 6_000
        assert till.screen.unknown_count == 0


async def test_a_no_on_a_line_is_marked_and_claimed(goods_home):
    """RCV-05."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(COLA_CASE, "]I1")
        await till.press(".")
        await choose(till, "checklist")
        await choose(till, "maker's address")
        await till.press("4", "enter")
        await till.press("enter")
        await till.settle()
        line = till.screen.receiving.line(1)
        assert (line.quantity_milli, line.rejected_milli) == (20_000, 4_000)
        assert "✗4 Not as required" in till.text()


async def test_three_broken_take_two_keys_and_the_footer_names_the_key(goods_home):
    """RCV-05: the number and `+`, on the counting screen itself; again adds to it."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(COLA_CASE, "]I1")
        await till.type("3")
        assert "Broken" in till.text()
        await till.press("+")
        await till.settle()
        line = till.screen.receiving.line(1)
        assert (line.received_milli, line.rejected_milli, line.reason) == (
            24_000,
            3_000,
            "damaged",
        )
        assert "✗3 Damaged" in till.text()
        await till.press(".")
        await choose(till, "checklist")
        await choose(till, "trademark")
        await till.press("2", "enter")
        await till.type("brand")
        await till.press("enter")
        await till.settle()
        assert "✗5 Damaged 3 Not as required 2" in till.text()
        await till.press("9", "9", "+")
        await till.settle()
        assert till.screen.receiving.line(1).rejected_milli == 5_000
        assert "not more than was received" in till.text().lower()


async def test_goods_behind_an_unknown_code_go_back_with_a_word_for_the_claim(goods_home):
    """RCV-06: the code, how many and what they are stand on the check page's claim."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(COLA_CASE, "]I1")
        await till.press("6", "*")
        await till.scan(NOBODYS)
        await till.press("enter")
        await choose(till, "1 unknown code")
        await choose(till, NOBODYS)
        await choose(till, "Not ours")
        await till.type("red box")
        await till.press("enter")
        await till.settle()
        assert "goes back, on the claim" in till.text()
        await till.press("escape")
        await till.settle()
        await till.press("enter")
        await choose(till, "All is counted")
        await note(till)
        await choose(till, "The note says so too")
        assert screen_of(till) == "CheckScreen", till.text()
        assert f"6 red box {NOBODYS}: Not ordered" in till.text()


async def test_a_closed_box_is_answered_on_its_line_and_shown(goods_home):
    """RCV-04."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(COLA_CASE, "]I1")
        await till.press(".")
        await choose(till, "The box was not opened")
        assert "box not opened" in till.text()
        await till.press("enter")
        await choose(till, "All is counted")
        assert "is unopened; open it or reject" in till.text()
        await till.press(".")
        await choose(till, "opened after all")
        assert "box not opened" not in till.text()


async def test_who_may_see_costs_types_the_days_price_and_others_are_not_asked(goods_home):
    """A delivery note of vegetables has no order: its price is the day's."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(COLA_CASE, "]I1")
        await till.press(".")
        may = till.till.operator.role.may("stock.adjust")
        assert any("Purchase price" in c.words for c in till.screen.choices) == may
        role = till.till.roles["manager"]
        till.till.operator = msgspec.structs.replace(till.till.operator, role=role)
        await till.press("escape", ".")
        await choose(till, "Purchase price")
        await till.type("2.35")
        await till.press("enter")
        await till.settle()
        assert till.screen.receiving.line(1).unit_cost_e4 == 23_500
        role = till.till.roles["receiver"]
        till.till.operator = msgspec.structs.replace(till.till.operator, role=role)
        await till.press(".")
        assert not any("Purchase price" in c.words for c in till.screen.choices)


async def test_goods_without_a_price_are_said_loudly_and_kept_for_the_claim(goods_home):
    """CAT-05: nothing without an approved price is accepted."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(goods.fixed(goods.TOFU_EAN))
        assert till.rings == 1
        assert "cannot be accepted: No retail price" in till.text()


async def test_half_signed_goods_are_named_at_the_days_close(goods_home):
    """RCV-03."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(COLA_CASE, "]I1")
        await till.press("enter")
        await choose(till, "All is counted")
        await note(till)
        await choose(till, "The note says so too")
        await till.press("1", "enter")
        await sign(till, "8001", "852741")
        await till.press("5", "enter")
        await till.settle()
        from pos.services.shifts.reading import open_items

        named = [one for one in open_items(till.till) if one.kind == "half_signed_receipt"]
        assert [one.owner for one in named] == ["8001"]
        assert "SH-1" in named[0].reference


async def test_a_receiver_lands_on_the_goods_and_a_seller_at_the_till(goods_home):
    from pos.services.context import Operator

    async with trading(goods_home, sign_on=False) as till:
        role = till.till.roles["receiver"]
        till.till.operator = Operator(operator_id="8001", name="收货", role=role)
        till.till.business_day = "2026-11-21"
        till.app.screen.finish("signed_on")
        await till.settle()
        assert screen_of(till) == "GoodsHomeScreen"
        assert "Receive goods" in till.text()
        # Esc, pressed to be sure that no dialog is open, sends nobody home; `-` does.
        await till.press("escape")
        await till.settle()
        assert screen_of(till) == "GoodsHomeScreen"
        await till.press("-")
        await till.settle()
        assert screen_of(till) == "SignOnScreen"
        await till.press("escape")
        await till.settle()
        assert till.app.is_running
        assert screen_of(till) == "SignOnScreen"


def test_batch_and_date_are_read_whole_before_they_are_signed_for():
    """RCV-06: what does not fit beside the four numbers has a row of its own."""
    whole = GoodsLine(
        line_no=1,
        item_code="900001",
        quantity_milli=40_000,
        description="康民感冒灵颗粒",
        batch="B2611",
        expiry="2028-09-30",
    )
    rows = _figures(whole, whole.description, expected=True)
    assert len(rows) == 2
    assert rows[1].strip() == "B2611 2028-09-30"
    long = "Kangmin Blood Pressure Meter"
    rows = _figures(whole, long, expected=True)
    assert rows[0] == f"1 {long}"
    assert rows[1].startswith("    B2611 2028-09-30 ")
    # The negative control: a short name keeps its batch beside it.
    short = GoodsLine(
        line_no=1, item_code="900003", quantity_milli=1000, description="口罩", batch="M9"
    )
    (row,) = _figures(short, short.description, expected=True)
    assert row.startswith("1 口罩 M9 ")


async def test_a_corrected_temperature_takes_its_red_line_away(goods_home):
    """RCV-12: too warm is said until it is corrected; a value that stays wrong keeps it (control)."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(MILK)
        await till.type("261120")
        await till.press("enter")
        await till.type("15")
        await till.press("enter")
        await till.settle()
        assert "cannot be accepted" in till.text()
        for typed, is_said in (("12", True), ("4.5", False)):
            await till.press(".")
            await choose(till, "Batch, dates")
            await till.press("enter", "enter")
            while "Temperature" not in till.screen.field.label:
                await till.press("enter")
            await till.type(typed)
            await till.press("enter", "enter")
            await till.settle()
            assert screen_of(till) == "ReceiveScreen", till.text()
            assert ("cannot be accepted" in till.text()) is is_said, till.text()


async def test_a_field_that_is_being_corrected_is_no_longer_called_wrong(goods_home):
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(MILK)
        await till.type("99")
        await till.press("enter")
        assert "Type the date" in till.text()
        await till.press("2")
        assert "Type the date" not in till.text()


@pytest.mark.parametrize(("lang", "other"), [("en", "中文"), ("zh_CN", "English")])
async def test_the_receivers_home_changes_its_language_by_a_key_that_it_names(
    goods_home, lang, other
):
    """TRN-04: a newcomer finds the other language by its own name, on the number pad."""
    from pos.services.context import Operator

    async with trading(goods_home, sign_on=False) as till:
        role = till.till.roles["receiver"]
        till.till.operator = Operator(operator_id="8001", name="收货", role=role)
        till.till.business_day = "2026-11-21"
        till.app.screen.finish("signed_on")
        await till.settle()
        till.app.use_language(lang)
        await till.pilot.pause()
        assert f"*  {other}" in till.text()
        await till.press("*", "enter")
        await till.settle()
        assert f"*  {other}" not in till.text()
        assert ("Receive goods" in till.text()) is (lang == "zh_CN")


async def test_a_date_that_cannot_be_is_said_where_it_is_typed(goods_home):
    """RCV-16: the page stays with what was typed and says why; a right date goes on (control)."""
    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(MILK)
        await till.type("62611205")
        await till.press("enter")
        assert "Type the date" in till.text()
        await till.press("escape")
        await till.type("261125")
        await till.press("enter")
        await till.type("4")
        await till.press("enter")
        await till.settle()
        assert screen_of(till) == "FactsScreen"
        assert "future" in till.text()
        assert "261125" in till.text()
        await till.type("261120")
        await till.press("enter", "enter")
        await till.settle()
        assert screen_of(till) == "ReceiveScreen", till.text()


@pytest.mark.parametrize(("lang", "shown"), [("en", "Fresh milk"), ("zh_CN", "鲜牛奶 950ml")])
async def test_papers_name_goods_in_the_language_of_the_screen(goods_home, lang, shown):
    async with trading(goods_home, lang=lang) as till:
        item = catalogue.find_item(till.till, goods.MILK)
        line = GoodsLine(
            line_no=1, item_code=goods.MILK, quantity_milli=1_000, description=item.name
        )
        known = msgspec.structs.replace(item, name_en="Fresh milk")
        with patch.object(catalogue, "find_item", lambda _till, _code: known):
            assert goods_name(till.till, line) == shown
        assert (
            goods_name(
                till.till,
                GoodsLine(line_no=1, item_code="GONE", quantity_milli=1_000, description="旧商品"),
            )
            == "旧商品"
        )


async def test_whoever_is_signed_on_need_not_type_their_number_to_sign_second(goods_home):
    """RCV-01: nobody types a PIN where their number was expected; the inspector's never stands there."""
    from pos.services.context import Operator

    async with trading(goods_home) as till:
        await go_receiving(till)
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        await till.scan(COLA_CASE, "]I1")
        await till.press("enter")
        await choose(till, "All is counted")
        await note(till)
        await choose(till, "The note says so too")
        await till.press("1", "enter")
        assert till.screen.fields[0] == "8001"
        await sign(till, "8001", "852741")
        await till.press("1", "enter")
        assert till.screen.fields[0] == ""
        await till.press("escape")
        role = till.till.roles["counter_head"]
        till.till.operator = Operator(operator_id="3001", name="柜长", role=role)
        await till.press("1", "enter")
        await till.settle()
        assert screen_of(till) == "SignScreen", till.text()
        assert till.screen.fields[0] == "3001"


async def test_a_scan_into_a_menu_of_the_home_is_said_and_never_counted_in_the_next_task(
    goods_home,
):
    """RCV-16; a scan made while a list's own dialog is open is counted there (control)."""
    from pos.services.context import Operator

    async with trading(goods_home, sign_on=False) as till:
        role = till.till.roles["receiver"]
        till.till.operator = Operator(operator_id="8001", name="收货", role=role)
        till.till.business_day = "2026-11-21"
        till.app.screen.finish("signed_on")
        await till.settle()
        await till.press("2", "enter")
        await till.press("1", "enter")
        await till.press("escape", "escape")
        await till.press("4", "enter")
        await till.scan(COLA)
        assert "1 scan waits" in till.text()
        assert "for the sale" not in till.text()
        await till.press("escape")
        await till.settle()
        assert screen_of(till) == "GoodsHomeScreen"
        assert "Not scanned, scan again" in till.text()
        await till.press("1", "enter")
        await till.settle()
        await choose(till, "NO-PO1")
        await choose(till, "Count with")
        assert all(not row.quantity_milli for row in till.screen.rows)
        await till.press("enter")
        await till.scan(COLA)
        await choose(till, "Go on counting")
        assert [row.quantity_milli for row in till.screen.rows if row.quantity_milli] == [1_000]


async def test_a_lone_shop_chooses_its_own_requisition_among_what_is_to_be_received(goods_home):
    """RCV-15: what the shop asked a supplier for stands in the list, with what is still open."""
    async with trading(goods_home) as till:
        posted = documents.post(
            till.till,
            GoodsDocument(
                document_uuid="",
                document_kind=DocumentKind.REQUISITION,
                document_no="",
                counterparty_id=goods.SUPPLIER,
                counterparty_name="新希望乳业",
                lines=(GoodsLine(line_no=1, item_code=goods.COLA, quantity_milli=24_000),),
            ),
        )
        number = posted.saved.result(5).document_no
        await go_receiving(till)
        await choose(till, f"Our own order {number}")
        await choose(till, "Count with")
        await till.scan(COLA_CASE, "]I1")
        line = till.screen.receiving.line(1)
        assert (line.expected_milli, line.received_milli) == (24_000, 24_000)
