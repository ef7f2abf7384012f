"""Goods that leave, on the real screens: scanned, signed by two, posted and printed."""

from __future__ import annotations

import pytest

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import ClassRule, Order, OrderLine, Supplier
from pos.domain.journal import decode_entry
from pos.services import people
from pos.services.goods import documents, drafting, held, loan_returns, loans, scanning, transfers
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter
from pos.ui.flows import goods_tasks
from tests.pos.ui.shop import DAY, NOODLES, WINE, trading

PINS = {"3001": "7531", "8001": "852741"}


@pytest.fixture
def stocked(home):
    """The sample shop with a supplier, and wine that counts as large."""
    with ReferenceWriter.open(home, app_version="test") as writer:
        writer.add_local(Changes(suppliers=[Supplier(supplier_id="G01", name="兴农合作社")]))
    return home


def tell(till, **changes):
    with ReferenceWriter.open(till.till.home, app_version="test") as writer:
        writer.add_local(Changes(**changes))
    till.till.goods_rules = None


def receive(till, *goods):
    """Goods into stock by a receipt that two people signed."""
    lines = tuple(
        GoodsLine(line_no=number, item_code=code, quantity_milli=milli)
        for number, (code, milli) in enumerate(goods, start=1)
    )
    draft = drafting.begin(
        till.till,
        GoodsDocument(
            document_uuid="", document_kind=DocumentKind.RECEIPT, document_no="", lines=lines
        ),
    )
    for operator_id in PINS:
        draft = documents.sign(till.till, draft, Credentials(person(till.till, operator_id)))
    documents.post(till.till, draft).saved.result(5)


def item_of(till, barcode):
    return scanning.read(till.till, barcode).item


def on_hand(till, barcode, place=""):
    till.till.write(lambda _: None).result()
    row = till.till.journal.reader().execute(
        "SELECT coalesce(sum(quantity_milli), 0) FROM stock_movement "
        "WHERE item_code = ? AND place = ?",
        (item_of(till, barcode).item_code, place),
    )
    return row.fetchone()[0]


def posted(till):
    till.till.write(lambda _: None).result()
    rows = till.till.journal.reader().execute(
        "SELECT bytes FROM journal_entry WHERE kind = 'goods_document' ORDER BY entry_id"
    )
    return [decode_entry(row[0]).body for row in rows]


def sign_on(till, operator_id):
    till.till.operator = people.as_operator(till.till, person(till.till, operator_id))


async def begin(till, story):
    till.screen.run(story(till.app, till.screen))
    await till.pilot.pause()


async def signs(till, *people):
    """Each types number (unless it stands there) and PIN into the signature dialog."""
    for operator_id in people:
        assert type(till.screen).__name__ == "SignScreen", till.text()
        if till.screen.fields[0] != operator_id:
            if till.screen.fields[0]:
                till.screen.at = 0
                till.screen.fields[0] = ""
            await till.type(operator_id)
            await till.press("enter")
        await till.type(PINS[operator_id])
        await till.press("enter")
        for _ in range(100):
            await till.settle()
            if type(till.screen).__name__ != "SignScreen" or not till.screen.checking:
                break
        await till.settle()


async def test_goods_go_back_to_the_supplier_by_scan_and_two_signatures_ret_03(stocked):
    async with trading(stocked) as till:
        receive(till, (item_of(till, WINE).item_code, 10_000))
        await begin(till, goods_tasks.send_back)
        await till.press("1", "enter")
        assert "兴农合作社" in till.text()
        await till.press("1", "enter", "2", "enter")  # the supplier; damaged
        await till.type("LaoZhang")
        await till.press("enter", "enter")
        await till.scan(WINE)
        await till.press("3", "enter")
        assert "Return to supplier" in till.text()
        await till.press("enter")
        await signs(till, "8001", "3001")
        assert "is posted" in till.text()
        document = posted(till)[-1]
        assert document.document_kind is DocumentKind.SUPPLIER_RETURN
        assert (document.deliverer_name, document.reason) == ("LaoZhang", "damaged")
        assert on_hand(till, WINE) == 7_000


@pytest.mark.parametrize(
    "story", [goods_tasks.transfer, goods_tasks.send_back, goods_tasks.scrap, goods_tasks.loans]
)
async def test_who_does_not_keep_goods_opens_none_of_their_tasks(stocked, story):
    async with trading(stocked, role="cashier") as till:
        await begin(till, story)
        assert "You have no right to do this" in till.text()
        # The control: the dispatch register is a cashier's too.
        await begin(till, goods_tasks.dispatch)
        assert type(till.screen).__name__ == "WideChooseScreen"


async def test_the_books_have_less_is_said_at_the_scan_and_asks_for_approval(stocked):
    async with trading(stocked) as till:
        sign_on(till, "3001")
        await begin(till, goods_tasks.scrap)
        await till.press("1", "enter", "1", "enter")
        await till.scan(WINE)
        assert "The books have 0" in till.text()
        await till.press("enter")
        await till.approve("8001", "852741")
        assert type(till.screen).__name__ == "SignScreen"
        assert "more than the books have" in till.text()


async def test_a_draft_is_kept_and_taken_up_again(stocked):
    async with trading(stocked) as till:
        receive(till, (item_of(till, WINE).item_code, 10_000))
        await begin(till, goods_tasks.scrap)
        await till.press("1", "enter", "2", "enter")
        await till.scan(WINE)
        await till.press("escape")
        await till.settle()
        assert "Kept as a draft" in till.text() or "Go on:" in till.text()
        await till.settle()
        assert len(drafting.drafts(till.till)) == 1


async def test_goods_from_another_store_are_received_as_any_delivery_stk_13(stocked):
    async with trading(stocked) as till:
        order = Order(
            order_id="T-1",
            order_kind="transfer",
            order_no="DC0102",
            counterparty_id="0102",
            counterparty_name="中山路店",
            fields={"from_store": "0102"},
            lines=(
                OrderLine(
                    line_no=1, item_code=item_of(till, WINE).item_code, quantity_milli=2_000
                ),
            ),
        )
        tell(till, orders=[order])
        await begin(till, goods_tasks.transfer)
        await till.press("1", "enter")
        assert "DC0102" in till.text()
        await till.press("1", "enter")
        assert type(till.screen).__name__ == "ReceiveScreen"
        (draft,) = drafting.drafts(till.till)
        assert draft.document.reference == "T-1"


async def test_goods_are_sent_to_another_store_and_are_on_their_way_stk_13(stocked):
    async with trading(stocked) as till:
        receive(till, (item_of(till, WINE).item_code, 10_000))
        await begin(till, goods_tasks.transfer)
        await till.press("2", "enter", "1", "enter")
        await till.type("0102")
        await till.press("enter", "2", "enter", "enter")
        await till.scan(WINE)
        await till.press("4", "enter", "enter")
        await signs(till, "8001", "3001")
        assert "is posted" in till.text()
        assert on_hand(till, WINE) == 6_000
        (one,) = transfers.in_transit(till.till)
        assert (one.store, one.pieces_milli) == ("0102", 4_000)
        await begin(till, goods_tasks.transfer)
        await till.press("4", "enter")
        assert one.number in till.text()


async def test_a_loan_is_lent_came_back_in_part_and_is_charged_reg_03_05(stocked):
    async with trading(stocked) as till:
        receive(till, (item_of(till, WINE).item_code, 10_000))
        await begin(till, goods_tasks.loans)
        await till.press("1", "enter", "1", "enter")
        await till.type("Xinglong")
        await till.press("enter", "enter")  # no telephone
        await till.type("SQ-3")
        await till.press("enter", "enter", "enter")  # due and person as proposed
        await till.scan(WINE)
        await till.press("3", "enter", "enter")
        await signs(till, "3001", "8001")
        assert "is posted" in till.text()
        assert on_hand(till, WINE, "loan") == 3_000

        await begin(till, goods_tasks.loans)
        await till.press("2", "enter", "enter", "2", "enter", "1", "enter")
        await signs(till, "8001", "3001")
        (loan,) = loans.ledger(till.till)
        assert loan.left_milli == 2_000

        # The control: not overdue, so nobody is charged.
        await begin(till, goods_tasks.loans)
        await till.press("2", "enter", "enter", "3", "enter", "enter")
        await till.settle()
        assert "more than 15 days" in till.text()

        till.till.business_day = "2026-12-07"
        await begin(till, goods_tasks.loans)
        assert "1 overdue" in till.text()
        await till.press("2", "enter", "enter", "3", "enter", "enter")
        await signs(till, "8001", "3001")
        assert "The charge is on the sale" in till.text()
        assert [line.reason for line in till.cart.lines] == ["loan_charge"]
        till.till.business_day = DAY
        await till.press("enter", "enter", "2", "0", "0", "enter")  # subtotal, pay, cash
        await till.settle()
        assert loan_returns.charges(till.till) == []
        assert on_hand(till, WINE) == 8_000


async def test_large_goods_are_asked_about_at_tender_and_registered_reg_01(stocked):
    async with trading(stocked) as till:
        tell(till, class_rules=[ClassRule(item_class=item_of(till, WINE).item_class, large=True)])
        await till.scan(WINE)
        await till.press("enter", "enter")
        assert "Large goods" in till.text()
        await till.press("2", "enter")
        await till.type("Wang")
        await till.press("enter")
        await till.type("13800000000")
        await till.press("enter")
        await till.type("Renmin 8-302")
        await till.press("enter", "enter", "1", "enter", "enter")
        await till.settle()
        assert type(till.screen).__name__ == "PaymentScreen"
        await till.press("1", "0", "0", "enter")
        await till.settle()
        (entry,) = held.open_entries(till.till)
        assert (entry.customer, entry.address, entry.half) == ("Wang", "Renmin 8-302", "am")
        assert on_hand(till, WINE, "reserved") == 1_000

        await begin(till, goods_tasks.dispatch)
        await till.press("1", "enter", "enter", "2", "enter")
        await till.scan(NOODLES)
        assert "Not of this delivery" in till.text()
        await till.scan(WINE)
        await till.press("enter")
        await till.settle()
        assert "is printed" in till.text()

        await begin(till, goods_tasks.dispatch)
        await till.press("4", "enter")
        number = till.screen.inside[0].number
        await till.scan(number)
        await till.settle()
        assert "may leave" in till.text()
        await till.scan(number)
        assert "used already" in till.text()
        await till.press("escape")
        await till.press("1", "enter", "enter", "1", "enter")
        await till.type("HD-77")
        await till.press("enter", "enter", "enter")
        await till.settle()
        assert held.open_entries(till.till) == []
        assert on_hand(till, WINE, "reserved") == 0


async def test_goods_taken_now_go_straight_to_payment_and_esc_goes_back_to_the_goods(stocked):
    async with trading(stocked) as till:
        tell(till, class_rules=[ClassRule(item_class=item_of(till, WINE).item_class, large=True)])
        await till.scan(WINE)
        await till.press("enter", "enter", "escape")
        assert type(till.screen).__name__ == "SaleScreen"
        assert len(till.cart.lines) == 1
        await till.press("enter", "1", "enter")
        assert type(till.screen).__name__ == "PaymentScreen"
        await till.press("1", "0", "0", "enter")
        await till.settle()
        assert type(till.screen).__name__ == "SaleScreen"
        assert held.open_entries(till.till) == []


async def test_plain_goods_ask_nothing(stocked):
    async with trading(stocked) as till:
        await till.scan(NOODLES)
        await till.press("enter", "enter")
        assert type(till.screen).__name__ == "PaymentScreen"


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
@pytest.mark.parametrize("lang", ["en", "zh_CN"])
@pytest.mark.parametrize(
    "story",
    [
        goods_tasks.transfer,
        goods_tasks.send_back,
        goods_tasks.scrap,
        goods_tasks.loans,
        goods_tasks.dispatch,
    ],
)
async def test_each_task_opens_in_both_languages_and_sizes(stocked, story, lang, size):
    async with trading(stocked, lang=lang, size=size) as till:
        await begin(till, story)
        assert type(till.screen).__name__ == "WideChooseScreen"
        await till.press("escape")
        assert type(till.screen).__name__ == "SaleScreen"


async def test_what_leaves_is_signed_for_and_not_inspected(stocked):
    """RET-03: the second signer is told who signed first, in the words of goods that leave."""
    async with trading(stocked) as till:
        receive(till, (item_of(till, WINE).item_code, 3_000))
        await begin(till, goods_tasks.scrap)
        await till.press("1", "enter", "1", "enter")
        await till.scan(WINE)
        await till.press("enter")
        await till.settle()
        assert "1 line, quantity 1" in till.text(), till.text()
        await signs(till, "8001")
        assert "Signed first by" in till.text()
        assert "inspector" not in till.text()
