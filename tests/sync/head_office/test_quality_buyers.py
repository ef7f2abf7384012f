"""Who bought what is recalled, who perhaps did, and how recalls go in the stores (QLT-05)."""

from __future__ import annotations

import msgspec
import pytest

from pos.domain.cart import LineKind, OriginalLine
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register
from sync.head_office import quality_buyers as buyers
from sync.head_office import quality_sold, stock_fold
from sync.head_office.goods_recall_progress import progress
from sync.head_office.goods_recalls import Notice
from tests.sync.head_office.goods_kit import document, goods_line, note, post
from tests.sync.head_office.office_kit import JournalingTill, line, transaction


@pytest.fixture
def till(hq):
    made = JournalingTill()
    made.open()
    made.open_day()
    return made


def sell(till, number, batch="", *, code="A", quantity=1000, unit_code="", **more):
    sold = line(1, code, quantity, 500, batch=batch, unit_code=unit_code)
    till.sell(transaction(number, [sold], transaction_no=f"0101-{number:04d}", **more))


def slips(found):
    return sorted((one.transaction_no, one.certain) for one in found)


def notice(issued_utc_ms=quality_sold.FOREVER, **more):
    values = {"batches": ("L1",), **more}
    return Notice(
        store_id="", notice_id="1", notice_no="N1", item_code="A", item_name="", reason="x",
        recall=True, issued_by="q", issued_utc_ms=issued_utc_ms, publication_no=1, **values,
    )  # fmt: skip


def test_who_bought_a_batch_is_known_across_stores(hq, till):
    """QLT-05, QLT-14: slips, time, cashier, member; another batch is the control."""
    sell(till, 1, "L1", member_id="13800001111")
    sell(till, 2, "L2")
    sell(till, 3, "", unit_code="SN7")
    hq.take(till)
    found = buyers.bought(hq.office.dialect, "A", ["L1"])
    assert [(one.transaction_no, one.member, one.operator_id) for one in found] == [
        ("0101-0001", "13800001111", "1001")
    ]
    assert [one.unit_code for one in buyers.bought(hq.office.dialect, "A", (), ["SN7"])] == ["SN7"]
    assert slips(buyers.bought(hq.office.dialect, "A")) == [
        ("0101-0001", True),
        ("0101-0002", True),
        ("0101-0003", True),
    ]
    assert buyers.bought(hq.office.dialect, "A", ["L9"]) == []


def test_a_recalls_progress_stands_by_store(hq, till):
    """QLT-05: recalled-in against sold, told and not reached, reported done."""
    sell(till, 1, "L1")
    sell(till, 2, "L1")
    note(till, Register.RECALL, "RC-1", "not_reached", item_code="A", document_no="0101-0001")
    note(till, Register.RECALL, "RC-1", "told", item_code="A", document_no="0101-0001")
    note(till, Register.RECALL, "RC-1", "not_reached", item_code="A", document_no="0101-0002")
    note(till, Register.RECALL, "RC-1", "returned", item_code="A", quantity_milli=1000)
    note(till, Register.RECALL, "RC-1", "done")
    note(till, Register.RECALL, "RC-2", "returned", item_code="A", quantity_milli=9000)
    hq.take(till)
    rows = buyers.bought(hq.office.dialect, "A", ["L1"])
    assert {one.transaction_no: one.contact for one in rows} == {
        "0101-0001": "told",
        "0101-0002": "not_reached",
    }
    lines = quality_sold.sold(hq.office.dialect, "A", ["L1"])
    (one,) = buyers.recall_by_store(hq.office.dialect, "RC-1", lines)
    assert (one.sold_milli, one.returned_milli, one.slips) == (2000, 1000, 2)
    assert (one.told, one.not_reached, one.tills_done) == (1, 1, 1)


def test_qlt_05_buyers_of_ean_goods_are_told_as_perhaps(hq, till):
    """Slips without a batch between its first receipt and the notice, apart from the certain."""
    sell(till, 1)  # before it came
    post(till, document("r", [goods_line(1, "A", 9, batch="L1", expiry="2027-01-01")]))
    sell(till, 2, member_id="13800002222")
    sell(till, 3, "L1")
    sell(till, 4, "L2")
    sell(till, 5, code="B")
    hq.take(till)
    (till_time,) = hq.rows("SELECT MAX(at_utc_ms) FROM sale")[0]
    sell(till, 6)  # after the notice
    hq.take(till)
    for folded in (False, True):
        if folded:
            stock_fold.fold_all(hq.office.dialect)
        found = buyers.bought(hq.office.dialect, "A", ["L1"], until_utc_ms=int(till_time))
        assert slips(found) == [("0101-0002", False), ("0101-0003", True)]
        assert found[0].certain
        assert [one.member for one in found if not one.certain] == ["13800002222"]
    (one,) = progress(hq.office.dialect, notice(int(till_time)), ["01", "02"])
    assert (one.sold_milli, one.perhaps_milli, one.perhaps_slips) == (1000, 1000, 1)
    lines = quality_sold.sold(hq.office.dialect, "A", ["L1"], until_utc_ms=int(till_time))
    (store,) = buyers.recall_by_store(hq.office.dialect, "RC-1", lines)
    assert (store.sold_milli, store.perhaps_milli, store.slips, store.perhaps_slips) == (
        1000, 1000, 1, 1,
    )  # fmt: skip


def test_a_batch_that_never_came_to_a_store_has_no_perhaps_there(hq, till):
    """The negative control: the other store received it, this one only sells the item."""
    sell(till, 1)
    hq.take(till)
    other = JournalingTill(store_id="02", workstation_uuid="uuid-2")
    other.open()
    post(other, document("r", [goods_line(1, "A", 9, batch="L1")]))
    sell(other, 2)
    hq.take(other)
    found = buyers.bought(hq.office.dialect, "A", ["L1"])
    assert [(one.store_id, one.transaction_no, one.certain) for one in found] == [
        ("02", "0101-0002", False)
    ]
    assert buyers.bought(hq.office.dialect, "A", ["L1"], store_id="01") == []


def test_goods_are_in_the_shop_from_the_first_signature_on(hq, till):
    """A shop may sell before the second signature posts the receipt: those buyers count too."""
    sell(till, 1)
    sell(till, 2)
    hq.take(till)
    (second_ms,) = hq.rows("SELECT MAX(at_utc_ms) FROM sale")[0]
    made = document("r", [goods_line(1, "A", 9, batch="L1")])
    first, checked = made.signatures
    first = msgspec.structs.replace(first, at_utc_ms=int(second_ms) - 1)
    post(till, msgspec.structs.replace(made, signatures=(first, checked)))
    hq.take(till)
    assert slips(buyers.bought(hq.office.dialect, "A", ["L1"])) == [("0101-0002", False)]


def test_nobody_is_perhaps_once_the_batch_left_the_shop(hq, till):
    post(till, document("r", [goods_line(1, "A", 2, batch="L1"), goods_line(2, "A", 9)]))
    sell(till, 1)
    post(till, document("s", [goods_line(1, "A", 2, batch="L1")], kind=DocumentKind.SCRAP))
    sell(till, 2)
    hq.take(till)
    assert slips(buyers.bought(hq.office.dialect, "A", ["L1"])) == [("0101-0001", False)]


def test_a_reversed_slip_is_nobodys_and_a_return_is_told(hq, till):
    post(till, document("r", [goods_line(1, "A", 9, batch="L1")]))
    for number, kind in ((1, LineKind.VOID), (2, LineKind.RETURN)):
        sell(till, number)
        back = line(
            1,
            "A",
            -1000,
            -500,
            kind=kind,
            original=OriginalLine(transaction_no=f"0101-{number:04d}", line_no=1),
        )
        till.sell(transaction(10 + number, [back], transaction_no=f"0101-{10 + number:04d}"))
    hq.take(till)
    (one,) = buyers.bought(hq.office.dialect, "A", ["L1"])
    assert (one.transaction_no, one.returned_milli) == ("0101-0002", 1000)


def test_the_contact_log_is_one_of_each_batch(hq, till):
    """What was said about another batch, or in another recall, says nothing of this one."""
    for batch in ("L1", "L2"):
        post(till, document(batch, [goods_line(1, "A", 9, batch=batch)]))
        sell(till, 1 if batch == "L1" else 2, batch)
    note(
        till, Register.RECALL, "RC-1", "not_reached", item_code="A", batch="L2",
        document_no="0101-0002",
    )  # fmt: skip
    note(
        till, Register.RECALL, "RC-1", "told", item_code="A", batch="L1",
        document_no="0101-0001", fields={"how": "phone"},
    )  # fmt: skip
    note(
        till, Register.RECALL, "RC-2", "used_up", item_code="A", batch="L1",
        document_no="0101-0001",
    )  # fmt: skip
    hq.take(till)
    log = buyers.contact_log(hq.office.dialect, "RC-1")
    assert [(one.batch, one.action) for one in log] == [("L1", "told"), ("L2", "not_reached")]
    found = buyers.bought(hq.office.dialect, "A", ["L1"], order_id="RC-1")
    assert [(one.transaction_no, one.contact) for one in found] == [("0101-0001", "told")]
    other = buyers.bought(hq.office.dialect, "A", ["L1"], order_id="RC-9")
    assert [one.contact for one in other] == [""]


def test_the_telephone_of_who_left_goods_here_is_known(hq, till):
    """A delivery names its customer: the call list has name and number (QLT-05, REG-01)."""
    post(till, document("r", [goods_line(1, "A", 9, batch="L1")]))
    sell(till, 1)
    held = document(
        "h", [goods_line(1, "A", 1)], kind=DocumentKind.DISPATCH_HOLD,
        reference="0101-0001", counterparty_name="王女士", fields={"phone": "13900003333"},
    )  # fmt: skip
    post(till, held)
    hq.take(till)
    (one,) = buyers.bought(hq.office.dialect, "A", ["L1"])
    assert (one.buyer, one.phone) == ("王女士", "13900003333")
