"""Selling goods that carry a batch or serial number: QLT-01, QLT-04, QLT-06, CAT-03, CAT-11, CAT-15."""

from __future__ import annotations

import pytest

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.services import checkout
from pos.services.goods.rules import PLAIN, rule_for
from pos.store.reference_values import Changes
from tests.pos.services import shop as support
from tests.pos.services.goods import quality_shop as q
from tests.pos.services.goods.quality_shop import COLA, DOSE, EANS, FUSE, GUN, PHONE, PILLS, STENT


@pytest.fixture
def till(open_shop):
    q.stocked(open_shop)
    return open_shop


def notes(till, register):
    found = support.entries(till, EntryKind.REGISTER_NOTED)
    return [one for one in found if one.register == register]


# -- batches (QLT-01) -----------------------------------------------------------------------------


def test_a_batch_is_picked_first_expired_first_and_stands_on_the_sale(till):
    """QLT-01: the sale line carries batch and expiry."""
    asked = checkout.scan(till, EANS[PILLS])
    assert isinstance(asked, checkout.BatchNeeded)
    assert [(one.batch, one.refused) for one in asked.choices] == [
        ("B-PAST", "expired"),
        ("B-OLD", ""),
        ("B-NEW", ""),
    ]
    added = checkout.batch_given(till, asked, "B-OLD")
    assert isinstance(added, checkout.LineAdded)
    line = support.pay(till).lines[0]
    assert (line.batch, line.expiry) == ("B-OLD", "2027-03-31")


def test_a_batch_of_the_code_needs_no_question(till):
    added = checkout.scan(till, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    assert isinstance(added, checkout.LineAdded)
    assert added.line.batch == "B-OLD"


def test_the_only_batch_in_stock_is_taken_by_itself(till):
    added = checkout.scan(till, EANS[DOSE])
    assert isinstance(added, checkout.LineAdded)
    assert (added.line.batch, added.line.expiry) == ("C1", "2028-01-31")


def test_a_batch_that_ends_earlier_is_pointed_at(till):
    """FEFO: another batch in stock ends earlier."""
    later = checkout.scan(till, q.pack(PILLS, "B-NEW", "280531"), q.AIM)
    assert [(one.code, one.values.get("batch")) for one in later.advice] == [("fefo", "B-OLD")]
    first = checkout.scan(till, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    assert first.advice == ()


def test_an_expired_batch_is_refused_however_it_is_named(till):
    """QLT-06: expired is refused at the scan, picked or scanned, also when the code says no date."""
    asked = checkout.scan(till, EANS[PILLS])
    assert checkout.batch_given(till, asked, "B-PAST").code == "pack_expired"
    assert checkout.scan(till, q.pack(PILLS, "B-PAST"), q.AIM).code == "pack_expired"
    assert till.sale.cart.lines == ()


@pytest.mark.parametrize(
    ("expiry", "band"), [("261215", "30"), ("270115", "60"), ("270215", "90"), ("270331", "")]
)
def test_near_expiry_is_told_by_band(till, expiry, band):
    """QLT-06: bands of 30, 60 and 90 days."""
    added = checkout.scan(till, q.pack(PILLS, "B-OLD", expiry), q.AIM)
    told = [one.values["band"] for one in added.advice if one.code == "near_expiry"]
    assert told == ([band] if band else [])
    assert added.warning == ("sale.near_expiry" if band else "")


def test_expiry_follows_from_the_production_day_of_the_code(till):
    """QLT-06: expiry = production date + shelf life when not given."""
    from pos.domain.goods.orders import ClassRule

    q.publish(till, Changes(class_rules=[ClassRule(item_class="drinks", shelf_life_days=30)]))
    gtin = EANS[COLA].rjust(14, "0")
    assert checkout.scan(till, f"01{gtin}11261001", q.AIM).code == "pack_expired"
    assert isinstance(checkout.scan(till, f"01{gtin}11261115", q.AIM), checkout.LineAdded)


# -- serial numbers (CAT-03) ----------------------------------------------------------------------


def test_a_serial_number_must_be_in_stock_and_leaves_it_once(till):
    """CAT-03: the line refuses to complete without an in-stock serial."""
    asked = checkout.scan(till, EANS[PHONE])
    assert isinstance(asked, checkout.SerialNeeded)
    assert checkout.serial_given(till, asked, "SN9").code == "serial_not_in_stock"
    added = checkout.serial_given(till, asked, "SN1")
    assert added.line.unit_code == "SN1"
    asked = checkout.scan(till, EANS[PHONE])
    assert checkout.serial_given(till, asked, "SN1").code == "serial_on_sale"
    sold = support.pay(till)
    asked = checkout.scan(till, EANS[PHONE])
    again = checkout.serial_given(till, asked, "SN1")
    assert (again.code, again.values["receipt"]) == ("serial_sold", sold.transaction_no)
    assert isinstance(checkout.serial_given(till, asked, "SN2"), checkout.LineAdded)


def test_a_number_that_another_till_may_have_received_wants_an_approval(till):
    """CAT-03 where other tills trade as well: their receipts are not in this journal."""
    from pos.services.context import Grant, NeedsApproval
    from pos.store.goods_reference import StockIncluded

    asked = checkout.scan(till, EANS[PHONE])
    assert checkout.serial_given(till, asked, "SN9").code == "serial_not_in_stock"
    with q.ReferenceWriter.open(till.home, app_version="test") as writer:
        one = StockIncluded(
            workstation_uuid="other", epoch="e", seq=1, workstation_id="02", at_utc_ms=1
        )
        writer.connection.execute(
            "INSERT INTO stock_included (workstation_uuid, epoch, seq, workstation_id, at_utc_ms)"
            " VALUES (?, ?, ?, ?, ?)",
            (one.workstation_uuid, one.epoch, one.seq, one.workstation_id, one.at_utc_ms),
        )
    needed = checkout.serial_given(till, asked, "SN9")
    assert isinstance(needed, NeedsApproval)
    grant = Grant(approval_uuid="a1", right=needed.right, approver_id="8001")
    added = checkout.serial_given(till, asked, "SN9", approval=grant)
    assert added.line.unit_code == "SN9"
    assert checkout.serial_given(till, asked, "SN1").line.unit_code == "SN1", "known here: no need"


def test_a_line_without_its_serial_number_cannot_be_paid(till):
    """CAT-03 at the tender: a line that came another way is found."""
    asked = checkout.scan(till, EANS[PHONE])
    added = checkout.serial_given(till, asked, "SN1")
    import msgspec

    bare = msgspec.structs.replace(added.line, unit_code="")
    till.sale.cart = msgspec.structs.replace(till.sale.cart, lines=(bare,))
    assert checkout.start_payment(till).code == "gap_serial_missing"


def test_two_units_are_two_scans(till):
    checkout.set_next_quantity(till, 2000)
    asked = checkout.scan(till, EANS[PHONE])
    assert checkout.serial_given(till, asked, "SN1").code == "one_pack"


# -- holds of a batch (QLT-04, I7) ----------------------------------------------------------------


def test_an_ean_of_an_item_with_a_held_batch_asks_to_look_at_the_pack(till):
    """QLT-04, 看批号: asked yes or no, journaled; nothing held is sold (I7)."""
    q.hold(till, COLA, batch="L77")
    asked = checkout.scan(till, EANS[COLA])
    assert isinstance(asked, checkout.BatchToSee)
    assert [one.batch for one in asked.holds] == ["L77"]
    refused = checkout.batch_seen(till, asked, is_held=True)
    assert refused.code == "pack_held"
    assert till.sale.cart.lines == ()
    added = checkout.batch_seen(till, checkout.scan(till, EANS[COLA]), is_held=False)
    assert isinstance(added, checkout.LineAdded)
    support.pay(till)
    seen = notes(till, "batch_seen")
    assert [(one.batch, one.action) for one in seen] == [("L77", "held"), ("L77", "other_batch")]


def test_without_a_hold_nothing_is_asked(till):
    """The control of the test above."""
    assert isinstance(checkout.scan(till, EANS[COLA]), checkout.LineAdded)
    support.pay(till)
    assert notes(till, "batch_seen") == []


def test_no_right_softens_a_held_batch(till):
    """QLT-04: no PIN overrides it, picked or scanned; another batch is sold."""
    support.act_as(till, "8001")
    q.hold(till, PILLS, batch="B-OLD")
    asked = checkout.scan(till, EANS[PILLS])
    assert {one.batch: one.refused for one in asked.choices}["B-OLD"] == "held"
    assert checkout.batch_given(till, asked, "B-OLD").code == "pack_held"
    assert checkout.scan(till, q.pack(PILLS, "B-OLD", "270331"), q.AIM).code == "pack_held"
    assert isinstance(checkout.batch_given(till, asked, "B-NEW"), checkout.LineAdded)


def test_a_held_serial_is_refused(till):
    q.hold(till, PHONE, serial="SN1")
    asked = checkout.scan(till, EANS[PHONE])
    assert checkout.serial_given(till, asked, "SN1").code == "pack_held"
    assert isinstance(checkout.serial_given(till, asked, "SN2"), checkout.LineAdded)


@pytest.mark.parametrize("held", ["batch", "whole"])
def test_a_hold_that_arrives_while_the_line_is_on_the_sale_is_found_at_tender(till, held):
    """QLT-04: the line is taken out, journaled, and the sale goes on without it."""
    checkout.scan(till, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    checkout.scan(till, EANS[COLA])
    q.hold(till, PILLS, batch="B-OLD" if held == "batch" else "")
    assert checkout.start_payment(till).code == "gap_held"
    assert checkout.tender(till, "cash").code == "gap_held"
    found = checkout.gaps(till)
    assert [(one.code, one.line.item_code) for one in found] == [("held", PILLS)]
    assert isinstance(checkout.take_out(till, found), checkout.CartChanged)
    sold = support.pay(till)
    assert [one.item_code for one in sold.lines] == [COLA]
    voided = support.entries(till, EntryKind.LINE_VOIDED)
    assert [(one.line.item_code, one.reason) for one in voided] == [(PILLS, "held 召回2026-7号")]


def test_another_batch_on_the_sale_is_not_touched_by_the_hold(till):
    """The control: a hold of another batch leaves the line alone."""
    checkout.scan(till, q.pack(PILLS, "B-NEW", "280531"), q.AIM)
    q.hold(till, PILLS, batch="B-OLD")
    assert checkout.gaps(till) == []
    assert support.pay(till).lines[0].batch == "B-NEW"


def test_a_batch_hold_that_arrives_on_a_line_without_batch_asks_at_tender(till):
    checkout.scan(till, EANS[COLA])
    q.hold(till, COLA, batch="L77")
    assert checkout.start_payment(till).code == "gap_batch_to_see"
    (gap,) = checkout.gaps(till)
    assert checkout.batch_of_line_seen(till, gap, is_held=False) is None
    assert checkout.gaps(till) == []
    q.hold(till, COLA, batch="L88", hold_id="H2")
    (gap,) = checkout.gaps(till)
    assert [one.batch for one in gap.holds] == ["L88"], "a newer hold is asked about anew"
    assert isinstance(checkout.batch_of_line_seen(till, gap, is_held=True), checkout.CartChanged)
    assert till.sale.cart.lines == ()


def test_one_more_of_a_looked_at_line_is_looked_at_again(till):
    """QLT-04: `+` is another pack; it may be of the held batch."""
    q.hold(till, COLA, batch="L77")
    checkout.batch_seen(till, checkout.scan(till, EANS[COLA]), is_held=False)
    assert checkout.gaps(till) == []
    assert isinstance(checkout.increment(till, 1), checkout.CartChanged)
    assert [gap.code for gap in checkout.gaps(till)] == ["batch_to_see"]


def test_one_more_of_a_serial_number_is_refused(till):
    """CAT-03: one number, one unit."""
    checkout.serial_given(till, checkout.scan(till, EANS[PHONE]), "SN1")
    assert checkout.increment(till, 1).code == "one_pack"


def test_undo_does_not_bring_a_held_line_back(till):
    checkout.scan(till, EANS[FUSE])
    checkout.scan(till, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    q.hold(till, PILLS, batch="B-OLD")
    checkout.take_out(till, checkout.gaps(till))
    assert isinstance(checkout.undo(till), Refusal)


def test_a_hold_that_comes_while_the_customer_pays_goes_to_review(till):
    checkout.scan(till, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    checkout.tender(till, "cash")
    q.hold(till, PILLS, batch="B-OLD")
    done = checkout.complete(till)
    done.saved.result(5)
    assert "held_while_paid" in done.transaction.review


# -- classes (CAT-11, CAT-13, CAT-15) -------------------------------------------------------------


def test_the_warning_of_safety_goods_is_said_at_the_scan(till):
    """CAT-11: warning text shown on scan; plain goods have none."""
    assert [one.code for one in checkout.scan(till, EANS[FUSE]).advice] == ["safety"]
    assert checkout.scan(till, EANS[COLA]).advice == ()


def test_goods_outside_the_licence_are_refused(till):
    """CAT-15: a commodity outside scope cannot be sold."""
    assert checkout.scan(till, EANS[GUN]).code == "out_of_scope"


@pytest.mark.parametrize(
    ("until", "code"), [("2026-11-20", "licence_expired"), ("2026-11-21", "")]
)
def test_with_the_licence_run_out_nothing_of_its_trade_is_sold(tmp_path, until, code):
    """CAT-15: licence expired; on its last day it still holds."""
    made = support.open_till(
        tmp_path, quality__licences=[{"trade": "medicine", "number": "沪A", "until": until}]
    )
    support.staff(made)
    support.act_as(made, "8001")
    support.begin_day(made)
    q.stocked(made)
    result = checkout.scan(made, q.pack(PILLS, "B-OLD", "270331"), q.AIM)
    assert getattr(result, "code", "") == code
    made.journal.close()


def test_a_device_without_its_registration_is_refused(till):
    """CAT-13: registration number, maker and maker's licence are mandatory."""
    from pos.domain.goods.orders import ItemRule

    assert isinstance(checkout.scan(till, EANS[STENT]), checkout.LineAdded)
    till.sale = type(till.sale)()
    q.publish(till, Changes(item_rules=[ItemRule(item_code=STENT, maker="康德莱")]))
    assert checkout.scan(till, EANS[STENT]).code == "device_record"


# -- what a sale records (QLT-02, QLT-03, QLT-13) -------------------------------------------------


def test_a_device_sale_records_every_field(till):
    """QLT-02, QLT-03: the columns of the sales record, the sterile goods' second batch too."""
    checkout.scan(till, EANS[STENT])
    till.sale.buyer = {
        "mode": "wholesale",
        "buyer": "仁济医院",
        "buyer_licence": "PDY-1",
        "buyer_address": "山东中路145号",
        "buyer_contact": "021-58752345",
        "responsible": "3001",
    }
    number = support.pay(till).transaction_no
    (note,) = notes(till, "device_sale")
    assert note.document_no == number
    assert note.person_id == "3001"
    assert note.fields == {
        "name": "一次性注射器",
        "spec": "10片",
        "registration_no": "国械注准20193140001",
        "quantity": "1",
        "unit": "盒",
        "unit_price": "12.50",
        "amount": "12.50",
        "batch_or_serial": "D1",
        "expiry": "2029-01-31",
        "sale_date": support.DAY,
        "maker": "康德莱",
        "maker_licence_no": "沪药监械生产许20010001",
        "buyer": "仁济医院",
        "buyer_licence": "PDY-1",
        "buyer_address": "山东中路145号",
        "buyer_contact": "021-58752345",
        "mode": "wholesale",
        "sterile": "1",
        "sterilisation_batch": "MJ-5",
        "handler": "8001",
        "responsible": "3001",
    }


def test_controlled_goods_leave_an_arrival_to_verify(till):
    """QLT-13: a controlled sale creates an open task; plain goods leave no line in any register."""
    checkout.scan(till, EANS[COLA])
    support.pay(till)
    assert notes(till, "arrival_check") == []
    checkout.scan(till, EANS[DOSE])
    number = support.pay(till).transaction_no
    (note,) = notes(till, "arrival_check")
    assert (note.action, note.subject) == ("open", f"{number}/1")


def test_plain_goods_cost_one_look_into_the_rules_kept(till):
    """The sale path of plain goods: no question to the database about rules once seen."""
    from pos.services import catalogue

    item = catalogue.find(till, (EANS[COLA].rjust(14, "0"),)).item
    assert not rule_for(till, item).at_sale
    book = till.goods_rules
    assert COLA in book.by_item
    checkout.scan(till, EANS[COLA])
    assert till.goods_rules is book
    assert PLAIN.near_days == ()


# -- the slip -------------------------------------------------------------------------------------


def slip_of(till, number):
    from pos.services import printing

    return printing.preview_text(printing.receipt_of(till, number), 48, till.settings)


def test_the_slip_names_batch_date_and_registration(till):
    """QLT-01, CAT-13: printed on the slip."""
    checkout.scan(till, EANS[STENT])
    text = slip_of(till, support.pay(till).transaction_no)
    assert "D1" in text
    assert "2029-01-31" in text
    assert "国械注准20193140001" in text


def test_the_slip_bears_the_warning_of_safety_goods_alone(till):
    """CAT-11: printable on the slip."""
    checkout.scan(till, EANS[FUSE])
    assert "警示说明" in slip_of(till, support.pay(till).transaction_no)
    checkout.scan(till, EANS[COLA])
    assert "警示说明" not in slip_of(till, support.pay(till).transaction_no)
