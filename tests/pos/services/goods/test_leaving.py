"""Returns to suppliers, write-offs, transfers, goods set apart (RET-03, 04, 11; STK-06, 13, 14)."""

from __future__ import annotations

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ClassRule, Order, OrderLine, Supplier
from pos.domain.item import Item, Price
from pos.domain.journal import EntryKind
from pos.services import catalogue
from pos.services.context import Grant, NeedsApproval
from pos.services.goods import (
    documents,
    drafting,
    judging,
    leaving,
    proposed_to_leave,
    receiving,
    receiving_posting,
    scanning,
    transfers,
)
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter
from tests.pos.services import shop as support
from tests.pos.services.goods.large_shop import FRIDGE, KETTLE, places, stock_large
from tests.pos.services.goods.stockroom import line
from tests.pos.services.goods.stockroom import post as post_document

RETURN, SCRAP = DocumentKind.SUPPLIER_RETURN, DocumentKind.SCRAP


@pytest.fixture
def till(open_shop):
    stock_large(open_shop)
    tell(open_shop, suppliers=[Supplier(supplier_id="G1", name="兴农合作社")])
    post_document(
        open_shop,
        DocumentKind.RECEIPT,
        line(1, FRIDGE, 10_000, 20_000_000),
        line(2, KETTLE, 9_000, 600_000, batch="B1", expiry="2026-11-20"),
        line(3, KETTLE, 5_000, 600_000, batch="B2", expiry="2027-11-20"),
    )
    return open_shop


def tell(till, **changes):
    with ReferenceWriter.open(till.home, app_version="test") as writer:
        writer.add_local(Changes(**changes))
    till.goods_rules = None


def scanned(till, code, **facts):
    found = scanning.of_item(till, catalogue.find_item(till, code))
    return msgspec.structs.replace(found, **facts)


def sign(till, draft, *who):
    for operator_id in who or ("3001", "8001"):
        result = documents.sign(till, draft, Credentials(person(till, operator_id)))
        assert isinstance(result, drafting.StoredDraft), result
        draft = result
    return draft


def filled(till, kind, *goods, **more):
    draft = leaving.begin(till, kind, **({"reason": "quality", "partner_name": "兴农"} | more))
    assert not isinstance(draft, Refusal), draft
    for code, milli, facts in goods:
        put = leaving.put(till, draft, scanned(till, code, **facts), milli)
        assert not isinstance(put, Refusal), put
        draft = put[0]
    return draft


def posted(till, draft):
    result = leaving.post(till, sign(till, leaving.ready(till, draft)))
    assert isinstance(result, documents.Posted), result
    return result.saved.result(5)


def test_a_return_to_the_supplier_takes_two_people_and_prints_ret_03_ret_04(till):
    draft = filled(till, RETURN, (FRIDGE, 2000, {}), partner_id="G1", driver="老张")
    assert leaving.post(till, draft).code == "single_signature"
    once = sign(till, leaving.ready(till, draft), "3001")
    same = documents.sign(till, once, Credentials(person(till, "3001")))
    assert isinstance(same, Refusal)
    document = leaving.post(till, sign(till, once, "8001")).saved.result(5)
    assert document.document_no.startswith("TG")
    assert document.deliverer_name == "老张"
    assert document.fields["cost_minor"] == "400000"
    assert places(till)[(FRIDGE, "")] == 8_000
    kinds = till.journal.reader().execute("SELECT job_kind FROM print_job").fetchall()
    assert kinds.count(("goods_supplier_return",)) == 2


def test_a_return_names_who_takes_it_and_why(till):
    assert leaving.begin(till, RETURN).code == "no_partner"
    draft = filled(till, RETURN, (FRIDGE, 1000, {}), reason="")
    refused = leaving.ready(till, draft)
    assert isinstance(refused, Refusal)
    assert refused.code == "reason_missing"


def test_more_than_on_hand_needs_an_approval_and_says_so(till):
    support.act_as(till, "3001")
    draft = filled(till, RETURN, (FRIDGE, 12_000, {}))
    (one,) = leaving.beyond(till, draft.document)
    assert (one.wanted_milli, one.on_hand_milli) == (12_000, 10_000)
    needed = leaving.ready(till, draft)
    assert isinstance(needed, NeedsApproval)
    assert needed.right == "stock.adjust"
    grant = Grant(approval_uuid="A", right="stock.adjust", approver_id="8001")
    ready = leaving.ready(till, draft, grant)
    assert ready.document.approver_id == "8001"
    assert leaving.ready(till, draft, grant).code == "approval_used"
    done = leaving.post(till, sign(till, ready)).saved.result(5)
    assert done.review == (leaving.BEYOND,)
    # The control: as much as is there asks nobody.
    plain = leaving.ready(till, filled(till, RETURN, (KETTLE, 1000, {"batch": "B2"})))
    assert not isinstance(plain, NeedsApproval)
    assert plain.document.approver_id == ""


def test_more_than_the_batch_has_is_beyond_too(till):
    draft = filled(till, SCRAP, (KETTLE, 10_000, {"batch": "B1"}))
    (one,) = leaving.beyond(till, draft.document)
    assert (one.wanted_milli, one.on_hand_milli) == (10_000, 9_000)


def test_scrap_shows_its_value_and_is_approved_by_who_may_adjust_stk_14(till):
    draft = leaving.ready(till, filled(till, SCRAP, (FRIDGE, 1000, {}), reason="damaged"))
    assert draft.document.fields == {"retail_minor": "299900", "cost_minor": "200000"}
    once = sign(till, draft, "8001")
    refused = documents.sign(till, once, Credentials(person(till, "3001")))
    assert isinstance(refused, Refusal)
    assert refused.values["right"] == "stock.adjust"
    document = leaving.post(till, sign(till, draft)).saved.result(5)
    assert document.document_no.startswith("BS")
    assert places(till)[(FRIDGE, "")] == 9_000


def test_a_reason_has_the_name_of_its_own_kind_of_document(till):
    assert leaving.reason_names(till, SCRAP)["damaged"] == ("破损", "Damaged")
    apart = leaving.reason_names(till, DocumentKind.TO_JUDGE)
    assert apart["damaged"] == ("退回破损", "Came back damaged")


def test_expired_batches_are_proposed_ret_11(till):
    (one,) = proposed_to_leave.expired(till)
    assert (one.item_code, one.batch, one.quantity_milli) == (KETTLE, "B1", 9_000)
    draft = leaving.begin(till, SCRAP, reason="expired", lines=[one])
    posted(till, draft)
    assert proposed_to_leave.expired(till) == []
    assert places(till)[(KETTLE, "")] == 5_000


def test_rejected_goods_go_back_without_touching_stock(till):
    receipt = post_document(
        till,
        DocumentKind.RECEIPT,
        line(1, FRIDGE, 3_000, received_milli=5_000, rejected_milli=2_000, reason="damaged"),
        counterparty_id="G1",
    )
    before = places(till)
    waiting = proposed_to_leave.with_rejected(till)
    assert [one.document_no for one in waiting] == [receipt.document_no]
    found = proposed_to_leave.rejected_of(till, receipt.document_no)
    assert not isinstance(found, Refusal)
    draft = leaving.begin(
        till,
        RETURN,
        partner_id="G1",
        source=leaving.REJECTED,
        reference=receipt.document_no,
        reason="damaged",
        lines=found[1],
    )
    document = posted(till, draft)
    assert document.lines[0].rejected_milli == 2_000
    assert places(till) == before
    assert proposed_to_leave.with_rejected(till) == []
    assert proposed_to_leave.rejected_of(till, receipt.document_no).code == "nothing_rejected"
    assert proposed_to_leave.rejected_of(till, "YS-NONE").code == "no_such_receipt"


def test_a_class_asks_for_batch_and_numbers_of_each_piece(till):
    tell(
        till,
        class_rules=[
            ClassRule(item_class="0802", batch_tracked=True),
            ClassRule(item_class="0801", large=True, serial_tracked=True),
        ],
    )
    assert (
        leaving.ready(till, filled(till, SCRAP, (KETTLE, 1000, {}))).code == "line_without_batch"
    )
    assert (
        leaving.ready(till, filled(till, SCRAP, (FRIDGE, 1000, {}))).code == "line_without_numbers"
    )
    draft = filled(till, SCRAP, (FRIDGE, 1000, {"unit_code": "S1"}))
    twice = leaving.put(till, draft, scanned(till, FRIDGE, unit_code="S1"), 1000)
    assert isinstance(twice, Refusal)
    assert twice.code == "unit_twice"
    assert not isinstance(leaving.ready(till, draft), Refusal)


def test_a_piece_leaves_under_the_number_it_came_in_with_cat_03(till):
    post_document(
        till, DocumentKind.RECEIPT, line(1, FRIDGE, 2_000, unit_codes=("S8", "S9"), batch="B7")
    )
    draft = filled(till, SCRAP, (FRIDGE, 1000, {"unit_code": "0106900021S9", "serial": "S9"}))
    (only,) = draft.document.lines
    assert (only.unit_codes, only.batch) == (("S9",), "B7")
    posted(till, draft)
    gone = leaving.put(
        till,
        filled(till, SCRAP),
        scanned(till, FRIDGE, unit_code="0106900021S9", serial="S9"),
        1000,
    )
    assert isinstance(gone, Refusal)
    assert gone.code == "unit_not_here"
    # The control: its neighbour is still here.
    assert not isinstance(
        leaving.put(till, filled(till, SCRAP), scanned(till, FRIDGE, unit_code="S8"), 1000),
        Refusal,
    )


def test_scans_of_one_item_and_batch_make_one_line(till):
    draft = filled(till, SCRAP, (KETTLE, 1000, {"batch": "B1"}), (KETTLE, 2000, {"batch": "B1"}))
    assert [one.quantity_milli for one in draft.document.lines] == [3000]
    draft = leaving.set_quantity(till, draft, 1, 0)
    assert draft.document.lines == ()


# --------------------------------------------------------------------------------- transfers


def transfer(state="open", order_id="T-1", from_store="0102"):
    return Order(
        order_id=order_id,
        order_kind="transfer",
        order_no="DC0102",
        state=state,
        counterparty_id="0102",
        counterparty_name="中山路店",
        fields={"from_store": from_store, "to_store": "01"},
        lines=(
            OrderLine(line_no=1, item_code=FRIDGE, quantity_milli=2_000),
            OrderLine(line_no=2, item_code=KETTLE, quantity_milli=6_000),
        ),
    )


def test_goods_sent_are_in_transit_until_head_office_says_they_arrived_stk_13(till):
    draft = transfers.begin_out(till, store_id="0102", store_name="中山路店", reason="overstock")
    draft, _n = leaving.put(till, draft, scanned(till, FRIDGE), 2000)
    document = posted(till, draft)
    assert places(till)[(FRIDGE, "")] == 8_000
    (one,) = transfers.in_transit(till)
    assert (one.number, one.store, one.pieces_milli) == (document.document_no, "中山路店", 2000)
    tell(till, orders=[transfer("done", document.document_uuid, from_store="01")])
    assert transfers.in_transit(till) == []
    assert [one.store_id for one in transfers.stores(till)] == ["0102"]


def test_goods_are_not_sent_to_the_own_store(till):
    assert transfers.begin_out(till, store_id="01").code == "own_store"


def test_what_another_till_of_the_store_sent_is_not_to_be_sent_again(till):
    sent = transfer(order_id="U-7", from_store="01")
    fields = {**sent.fields, "document_no": "DC0102-1"}
    tell(till, orders=[msgspec.structs.replace(sent, fields=fields)])
    assert transfers.to_send(till) == []
    assert transfers.incoming(till) == []


def test_an_order_to_send_brings_its_lines(till):
    tell(till, orders=[transfer(order_id="S-9", from_store="01")])
    (order,) = transfers.to_send(till)
    draft = transfers.begin_out(till, store_id="", order=order)
    assert [one.expected_milli for one in draft.document.lines] == [2_000, 6_000]
    draft = leaving.set_quantity(till, draft, 2, 5_000)
    posted(till, draft)
    assert transfers.to_send(till) == []


def test_what_comes_is_received_as_any_delivery_and_differences_go_to_the_sender_stk_13(till):
    tell(till, orders=[transfer()])
    (order,) = transfers.incoming(till)
    one = receiving.begin_order(till, order)
    assert isinstance(one, receiving.Receiving), one
    assert one.document.document_kind is DocumentKind.TRANSFER_IN
    one.count(scanned(till, FRIDGE), 1000)
    one.count(scanned(till, KETTLE), 6000)
    header = {"reference_no": "DC0102", "deliverer_name": "老李", "sealed": True}
    one.set_header(msgspec.structs.replace(one.document, **header))
    one.finish_counting(note_as_counted=False)
    for operator_id in ("3001", "8001"):
        one.draft = sign(till, one.draft, operator_id)
    posted_in = receiving_posting.post(one)
    assert isinstance(posted_in, documents.Posted), posted_in
    document = posted_in.saved.result(5)
    assert document.reference == "T-1"
    assert places(till) == {(FRIDGE, ""): 11_000, (KETTLE, ""): 20_000}
    difference = support.entries(till, EntryKind.GOODS_DOCUMENT)[-1]
    assert difference.document_kind is DocumentKind.DISCREPANCY
    assert [one.item_code for one in difference.lines] == [FRIDGE]
    assert transfers.incoming(till) == []


# --------------------------------------------------------------------------------- set apart


def set_apart(till, milli=3000):
    return posted(
        till, filled(till, DocumentKind.TO_JUDGE, (FRIDGE, milli, {}), reason="mixed_tag")
    )


def test_goods_set_apart_come_back_by_who_may_adjust_stk_06(till):
    set_apart(till)
    assert places(till)[(FRIDGE, "judge")] == 3000
    (one,) = judging.waiting(till)
    part = msgspec.structs.replace(one, left_milli=1000)
    draft = judging.judge(till, judging.BACK, [part])
    once = sign(till, leaving.ready(till, draft), "8001")
    assert isinstance(documents.sign(till, once, Credentials(person(till, "3001"))), Refusal)
    posted(till, draft)
    assert places(till)[(FRIDGE, "judge")] == 2000
    (rest,) = judging.waiting(till)
    assert rest.left_milli == 2000
    posted(till, judging.judge(till, judging.OUT, [rest], reason="quality"))
    assert judging.waiting(till) == []
    assert places(till)[(FRIDGE, "")] == 8_000


def test_head_office_may_judge_and_then_two_receivers_sign_stk_06(till):
    set_apart(till)
    order = Order(
        order_id="J-1",
        order_kind="judgement",
        fields={"verdict": "back"},
        lines=(
            OrderLine(line_no=1, item_code=FRIDGE, quantity_milli=2_000),
            OrderLine(line_no=2, item_code=FRIDGE, quantity_milli=1_000, reason="out"),
        ),
    )
    tell(till, orders=[order])
    (found,) = judging.orders(till)
    assert judging.verdicts_of(till, found) == ("back", "out")
    for verdict in judging.verdicts_of(till, found):
        assert verdict in judging.verdicts_of(till, judging.orders(till)[0])
        draft = leaving.ready(till, judging.by_order(till, found, verdict))
        assert not isinstance(draft, Refusal), draft
        leaving.post(till, sign(till, draft, "8001", "3001")).saved.result(5)
    assert judging.orders(till) == []
    assert judging.waiting(till) == []
    assert places(till)[(FRIDGE, "")] == 9_000


def test_more_than_was_set_apart_is_beyond(till):
    set_apart(till, 1000)
    (one,) = judging.waiting(till)
    more = msgspec.structs.replace(one, left_milli=2000)
    draft = judging.judge(till, judging.BACK, [more])
    assert [one.on_hand_milli for one in leaving.beyond(till, draft.document)] == [1000]


def test_goods_have_their_price_before_the_day_is_open(till):
    """STK-14: goods leave in the morning too, and what they are worth decides who must approve."""
    item = Item(item_code="D9", name="花生油", unit="桶")
    price = Price(item_code="D9", effective_day="2020-01-01", unit_price_e4=125_000)
    tell(till, items=[item], prices=[price])
    till.business_day = ""
    early = catalogue.find_item(till, "D9")
    assert early is not None
    assert early.unit_price_e4 == 125_000
    # The negative control: a price that begins later is not used before its day.
    till.business_day = "2019-12-31"
    before = catalogue.find_item(till, "D9")
    assert before is None or before.unit_price_e4 is None
