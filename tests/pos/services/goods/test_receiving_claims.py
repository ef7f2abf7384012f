"""The claim of a receipt: unknown goods, several reasons for one line, notes (RCV-05, RCV-06)."""

from __future__ import annotations

import pytest

from pos.domain.goods import signing
from pos.domain.goods.documents import DocumentKind, GoodsDocument
from pos.domain.goods.receiving import Difference
from pos.domain.journal import EntryKind
from pos.services.goods import receiving, receiving_posting
from tests.pos.services import shop as support
from tests.pos.services.goods import receiving_shop as goods
from tests.pos.services.goods.test_receiving import (
    begun,
    claims,
    free,
    item,
    milk_facts,
    post,
    stock,
)

STRANGE = "6901234567892"


@pytest.fixture
def shop(open_shop):
    goods.publish(open_shop.home)
    return open_shop


def claim(till) -> GoodsDocument:
    return next(
        body
        for body in support.entries(till, EntryKind.GOODS_DOCUMENT)
        if body.document_kind is DocumentKind.DISCREPANCY
    )


def printed(till) -> str:
    rows = till.journal.reader().execute("SELECT document FROM print_job")
    return "\n".join(str(row[0]) for row in rows)


def test_goods_whose_code_nobody_knows_are_claimed_with_their_quantity(shop):
    """RCV-06: what came and is on no list goes back; its code, quantity and words are kept."""
    one = begun(shop)
    item(one, goods.COLA, 48)
    one.keep_unknown(STRANGE, 3_000)
    one.keep_unknown(STRANGE, 2_000)
    assert one.send_back_unknown(1, "红色盒子").code == STRANGE
    assert one.send_back_unknown(0, "红色盒子").quantity_milli == 3_000
    assert one.send_back_unknown(0) is None
    assert one.gaps() == []
    post(one, as_counted=True)
    assert claims(shop) == [(STRANGE, 5_000, "wrong")]
    line = claim(shop).lines[0]
    assert (line.barcode, line.description, line.line_no) == (STRANGE, "红色盒子", 1)
    assert stock(shop) == {goods.COLA: 48_000}
    assert STRANGE in printed(shop)


def test_the_control_a_code_that_was_no_goods_is_on_no_claim(shop):
    one = begun(shop)
    item(one, goods.COLA, 48)
    one.keep_unknown(STRANGE, 3_000)
    one.send_back_unknown(0)
    one.ask_again(0)
    assert [gap.code for gap in one.gaps()] == ["unknown_codes"]
    one.drop_unknown(0)
    post(one, as_counted=True)
    assert claims(shop) == []


def test_unknown_goods_stay_with_a_draft_that_is_opened_again(shop):
    one = begun(shop)
    item(one, goods.COLA, 1)
    one.keep_unknown(STRANGE, 3_000)
    one.send_back_unknown(0, "盒")
    again = receiving.resume(shop, one.draft.draft_uuid)
    assert again is not None
    found = receiving_posting.claims_of(again)
    assert [(line.item_code, line.quantity_milli) for line in found] == [(STRANGE, 3_000)]


def test_a_line_is_rejected_for_several_reasons_and_each_has_its_line_on_the_claim(shop):
    """RCV-05: three broken and two of another brand are two claims, not one of the latter."""
    one = begun(shop)
    item(one, goods.COLA, 48)
    one.reject(1, 3_000, Difference.DAMAGED)
    line = one.reject(1, 2_000, failed_checks=("trademark",), note="商标不符")
    assert (line.quantity_milli, line.rejected_milli) == (43_000, 5_000)
    document = post(one, as_counted=True)
    assert claims(shop) == [(goods.COLA, 3_000, "damaged"), (goods.COLA, 2_000, "checklist")]
    second = claim(shop).lines[1]
    assert (second.failed_checks, second.note) == (("trademark",), "商标不符")
    assert claim(shop).lines[0].failed_checks == ()
    assert [share.quantity_milli for share in document.lines[0].rejections] == [3_000, 2_000]
    assert signing.signature_problems(document) == ()
    assert stock(shop) == {goods.COLA: 43_000}


def test_shares_of_one_reason_add_up_and_more_than_came_is_refused(shop):
    one = begun(shop)
    item(one, goods.COLA, 10)
    one.reject(1, 1_000)
    line = one.reject(1, 2_000)
    assert (line.rejected_milli, line.reason, line.rejections) == (3_000, "damaged", ())
    assert one.reject(1, 8_000).code == "more_than_received"
    assert one.reject(1, 7_000).quantity_milli == 0
    back = one.reject(1, 0)
    assert (back.quantity_milli, back.reason) == (10_000, "")


def test_a_share_is_changed_or_taken_back_by_itself(shop):
    one = begun(shop)
    item(one, goods.COLA, 10)
    one.reject(1, 3_000)
    one.reject(1, 2_000, failed_checks=("trademark",))
    first, second = one.shares_of(one.line(1))
    line = one.set_shares(1, (second,))
    assert (line.rejected_milli, line.reason, line.failed_checks) == (
        2_000,
        "checklist",
        ("trademark",),
    )
    line = one.set_shares(1, (first, second))
    assert line.rejected_milli == 5_000


def test_fewer_counted_afterwards_cut_the_shares(shop):
    one = begun(shop)
    item(one, goods.COLA, 10)
    one.reject(1, 3_000)
    one.reject(1, 2_000, failed_checks=("trademark",))
    one.set_received(1, 4_000)
    line = one.line(1)
    assert [share.quantity_milli for share in line.rejections] == [3_000, 1_000]
    assert (line.quantity_milli, line.rejected_milli) == (0, 4_000)


def test_too_much_and_broken_of_one_line_stay_apart_however_often_counting_ends(shop):
    """RCV-15 and RCV-05 on one line: what is too much is no damage."""
    one = begun(shop)
    item(one, goods.COLA, 60)
    one.reject(1, 3_000)
    one.reject(1, 2_000, failed_checks=("trademark",))
    for _again in range(3):
        one.finish_counting(note_as_counted=True)
        found = {(line.reason, line.quantity_milli) for line in receiving_posting.claims_of(one)}
        taken = one.line(1).quantity_milli
        assert {("damaged", 3_000), ("checklist", 2_000)} <= found
        assert taken + sum(quantity for _reason, quantity in found) == 60_000
        one.count_again()
    one.reject(1, 1_000)
    one.finish_counting(note_as_counted=True)
    found = {(line.reason, line.quantity_milli) for line in receiving_posting.claims_of(one)}
    assert ("damaged", 4_000) in found
    assert one.line(1).quantity_milli + sum(quantity for _reason, quantity in found) == 60_000


def test_a_rule_that_rejects_all_of_a_line_leaves_no_shares(shop):
    one = free(shop)
    number = item(one, goods.MILK, 5).line.line_no
    milk_facts(one, number)
    one.reject(number, 1_000)
    one.reject(number, 1_000, failed_checks=("trademark",))
    one.set_facts(number, temperature_tenths=200)
    line = one.line(number)
    assert (line.reason, line.rejected_milli, line.rejections) == ("temperature", 5_000, ())
