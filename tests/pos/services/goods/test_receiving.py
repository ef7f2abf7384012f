"""Receiving: counted, judged by class, signed by two, posted with its claim (RCV-01..16)."""

from __future__ import annotations

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Order
from pos.domain.goods.receiving import Difference, Source
from pos.domain.journal import EntryKind
from pos.services.goods import (
    copies,
    documents,
    drafting,
    orders_due,
    receiving,
    receiving_posting,
    scanning,
)
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store.reference_values import Changes
from tests.pos.services import shop as support
from tests.pos.services.goods import receiving_shop as goods


@pytest.fixture
def shop(open_shop):
    goods.publish(open_shop.home)
    return open_shop


def order(till, order_id: str) -> Order:
    found = orders_due.order_of(till, order_id)
    assert found is not None
    return found


def scan(one: receiving.Receiving, code: str, times: int = 1, symbology: str | None = "]E0"):
    found = scanning.read(
        one.till, goods.fixed(code) if len(code) in (13, 14) else code, symbology
    )
    assert not isinstance(found, Refusal), found
    return one.count(found, found.quantity_milli * times)


def item(one: receiving.Receiving, item_code: str, pieces: int):
    found = scanning.read(one.till, item_code, keyed=True)
    return one.count(found, pieces * 1000)


def note(one: receiving.Receiving, *, sealed: bool = True) -> None:
    one.set_header(
        msgspec.structs.replace(
            one.document, reference_no="SH-1", deliverer_name="王师傅", sealed=sealed
        )
    )


def sign(one: receiving.Receiving, operator_id: str):
    signed = documents.sign(one.till, one.draft, Credentials(person(one.till, operator_id)))
    if not isinstance(signed, Refusal):
        one.took(signed)
    return signed


def post(one: receiving.Receiving, *, as_counted: bool = False):
    note(one)
    one.finish_counting(note_as_counted=as_counted)
    sign(one, "3001")
    sign(one, "8001")
    posted = receiving_posting.post(one)
    assert not isinstance(posted, Refusal), posted
    return posted.saved.result(5)


def begun(till, order_id: str = "PO1", *, blind: bool = False) -> receiving.Receiving:
    one = receiving.begin_order(till, order(till, order_id), blind=blind)
    assert isinstance(one, receiving.Receiving)
    return one


def free(till, supplier: str = goods.SUPPLIER, source: Source = Source.NOTE):
    one = receiving.begin_free(till, source, supplier, "新希望乳业")
    assert isinstance(one, receiving.Receiving), one
    return one


def milk_facts(one: receiving.Receiving, number: int) -> None:
    one.set_facts(number, production_day="2026-11-20", temperature_tenths=40)


def stock(till) -> dict[str, int]:
    rows = till.journal.reader().execute(
        "SELECT item_code, sum(quantity_milli) FROM stock_movement GROUP BY item_code"
    )
    return dict(rows)


def claims(till) -> list[tuple[str, int, str]]:
    found = [
        body
        for body in support.entries(till, EntryKind.GOODS_DOCUMENT)
        if body.document_kind is DocumentKind.DISCREPANCY
    ]
    return [
        (line.item_code, line.quantity_milli, line.reason) for one in found for line in one.lines
    ]


def test_an_order_is_received_line_by_line_and_its_open_quantity_falls(shop):
    """RCV-08, RCV-15."""
    one = begun(shop)
    scan(one, goods.COLA_CASE, symbology="]I1")
    document = post(one, as_counted=True)
    first = document.lines[0]
    assert (first.item_code, first.quantity_milli) == (goods.COLA, 24_000)
    assert stock(shop) == {goods.COLA: 24_000}
    assert claims(shop) == []
    left = {row.item_code: open_ for row, open_ in orders_due.open_lines(shop, order(shop, "PO1"))}
    assert left == {goods.COLA: 24_000, goods.MILK: 20_000}


def test_head_offices_figure_and_ours_are_not_counted_twice(shop):
    """RCV-15: `booked` names the receipts that head office's done quantity holds."""
    one = begun(shop)
    scan(one, goods.COLA_CASE, symbology="]I1")
    number = post(one, as_counted=True).document_no
    row = order(shop, "PO1")
    done = msgspec.structs.replace(row.lines[0], done_milli=24_000)
    for booked, left in (("", 24_000), (number, 24_000), ("YS-OTHER", 0)):
        again = msgspec.structs.replace(
            row, lines=(done, *row.lines[1:]), fields={"booked": booked} if booked else {}
        )
        found = {r.item_code: open_ for r, open_ in orders_due.open_lines(shop, again)}
        assert found.get(goods.COLA, 0) == left


def test_short_against_the_note_is_claimed_and_the_rest_posts(shop):
    """RCV-06."""
    one = begun(shop)
    item(one, goods.COLA, 40)
    counted = item(one, goods.MILK, 20)
    assert counted.asks == ("production_day", "temperature")
    milk_facts(one, counted.line.line_no)
    post(one)
    assert stock(shop) == {goods.COLA: 40_000, goods.MILK: 20_000}
    assert claims(shop) == [(goods.COLA, 8_000, "short")]


def test_what_is_beyond_the_tolerance_is_refused_and_goes_back(shop):
    """RCV-15: the supplier's tolerance is 5 %, so 50 of 48 are taken and 2 go back."""
    one = begun(shop)
    assert item(one, goods.COLA, 50).warnings == ()
    assert item(one, goods.COLA, 2).warnings == ("over",)
    post(one, as_counted=True)
    assert stock(shop) == {goods.COLA: 50_000}
    assert (goods.COLA, 2_000, "over") in claims(shop)


def test_goods_that_nobody_ordered_are_not_taken(shop):
    one = begun(shop)
    item(one, goods.COLA, 48)
    assert item(one, goods.PHONE, 0).line.order_line == 0
    unit = scanning.read(shop, f"01{goods.gtin14(goods.fixed(goods.PHONE_EAN))}21SN1", "]d2")
    assert one.count(unit, 1000).warnings == ("wrong",)
    post(one, as_counted=True)
    assert stock(shop) == {goods.COLA: 48_000}
    assert (goods.PHONE, 1_000, "wrong") in claims(shop)


def test_finishing_twice_rejects_what_is_too_much_once(shop):
    one = begun(shop)
    item(one, goods.COLA, 60)
    for _ in range(3):
        one.finish_counting(note_as_counted=True)
    line = one.line(1)
    assert (line.received_milli, line.quantity_milli, line.rejected_milli) == (
        60_000,
        50_000,
        10_000,
    )


def test_expired_goods_are_refused_into_the_discrepancy(shop):
    one = free(shop)
    code = f"01{goods.gtin14(goods.fixed(goods.MILK_EAN))}11261001"
    counted = scan(one, code, 6, "]d2")
    assert counted.warnings[0] == "expired"
    assert (counted.line.quantity_milli, counted.line.rejected_milli) == (0, 6_000)
    one.set_facts(counted.line.line_no, temperature_tenths=40)
    item(one, goods.COLA, 5)
    post(one)
    assert stock(shop) == {goods.COLA: 5_000}
    assert (goods.MILK, 6_000, "expired") in claims(shop)


def test_expiry_follows_from_the_production_day_and_a_short_rest_is_warned_of(shop):
    """QLT-06, RCV-10."""
    one = free(shop)
    number = item(one, goods.MILK, 3).line.line_no
    told = one.set_facts(number, production_day="2026-11-05")
    assert told.line.expiry == "2026-11-26"
    assert told.warnings == ("short_life",)
    assert told.days_left == 5
    assert one.set_facts(number, production_day="2026-11-20").warnings == ()


def test_a_production_day_to_come_is_no_production_day(shop):
    one = free(shop)
    number = item(one, goods.MILK, 3).line.line_no
    assert one.set_facts(number, production_day="2027-01-01").code == "produced_later"


def test_too_warm_goods_are_rejected(shop):
    """RCV-16."""
    one = free(shop)
    number = item(one, goods.MILK, 3).line.line_no
    assert one.set_facts(number, temperature_tenths=121).warnings == ("temperature",)
    assert one.set_facts(number, temperature_tenths=60).line.quantity_milli == 3_000


@pytest.mark.parametrize(
    ("item_code", "reason"),
    [(goods.TOFU, "no_price"), (goods.WINE, "no_papers")],
)
def test_goods_without_price_or_papers_are_counted_and_not_accepted(shop, item_code, reason):
    """CAT-05, CAT-09."""
    one = free(shop)
    counted = item(one, item_code, 4)
    assert counted.warnings == (reason,)
    assert counted.line.quantity_milli == 0
    refused = one.reject(counted.line.line_no, 0)
    assert refused.code == "rejected_by_rule"


def test_nothing_is_received_from_a_dropped_supplier(shop):
    refused = receiving.begin_free(shop, Source.NOTE, goods.DROPPED, "旧日食品")
    assert refused.code == "supplier_dropped"


def test_a_no_on_the_checklist_sends_the_line_to_rejected(shop):
    """RCV-05."""
    one = free(shop)
    number = item(one, goods.COLA, 10).line.line_no
    line = one.reject(number, 4_000, failed_checks=("maker_address",))
    assert (line.quantity_milli, line.rejected_milli, line.reason) == (
        6_000,
        4_000,
        Difference.CHECKLIST,
    )
    item(one, goods.COLA, 2)
    assert one.line(number).quantity_milli == 8_000
    assert one.reject(number, 0).reason == ""
    assert one.reject(number, 99_000).code == "more_than_received"


def test_one_statement_covers_checklist_and_opened_boxes(shop):
    """RCV-04, RCV-05."""
    one = free(shop)
    item(one, goods.COLA, 10)
    one.finish_counting(note_as_counted=True)
    assert one.document.statement.split()[:2] == ["opened", "quality"]
    assert all(line.opened for line in one.lines)


def test_every_unit_has_its_number_and_none_comes_twice(shop):
    """CAT-03."""
    one = free(shop)
    unit = f"01{goods.gtin14(goods.fixed(goods.PHONE_EAN))}21"
    first = scan(one, f"{unit}A1", symbology="]d2")
    scan(one, f"{unit}A2", symbology="]d2")
    assert scan(one, f"{unit}A1", symbology="]d2").code == "unit_twice"
    assert len(one.line(first.line.line_no).unit_codes) == 2
    one.reject(1, 1_000)
    assert len(one.line(1).unit_codes) == 1
    post(one)
    assert stock(shop) == {goods.PHONE: 1_000}
    again = free(shop)
    assert scan(again, f"{unit}A1", symbology="]d2").code == "unit_in_stock"


def test_batches_stand_on_lines_of_their_own(shop):
    """RCV-10."""
    one = free(shop)
    code = f"01{goods.gtin14(goods.fixed(goods.PILLS_EAN))}1126010117280101"
    for batch in ("B1", "B2", "B1"):
        scan(one, f"{code}10{batch}", symbology="]d2")
    assert [(line.batch, line.received_milli) for line in one.lines] == [
        ("B1", 2_000),
        ("B2", 1_000),
    ]


def test_the_rest_is_taken_as_ordered_but_not_what_must_be_seen(shop):
    """其余按单."""
    one = begun(shop)
    assert one.accept_rest() == 1  # milk has a date and a temperature to be told
    assert one.line(1).quantity_milli == 48_000
    assert one.line(2).received_milli == 0
    blind = free(shop, source=Source.BLIND)
    assert blind.accept_rest().code == "blind"


def test_a_blind_count_hides_what_is_expected_until_it_is_signed(shop):
    one = begun(shop, blind=True)
    assert one.blind
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=False)
    sign(one, "3001")
    assert not one.blind


@pytest.mark.parametrize("as_counted", [True, False])
def test_what_a_blind_count_lacks_is_claimed_when_the_note_promised_it(shop, as_counted):
    """RCV-06, RCV-08: counting blind is no way to lose a shortage."""
    one = begun(shop, blind=True)
    item(one, goods.COLA, 40)
    note(one)
    one.finish_counting(note_as_counted=as_counted)
    sign(one, "3001")
    line = one.line(1)
    assert (line.received_milli, line.expected_milli) == (40_000, 48_000)
    assert line.delivered_milli == (40_000 if as_counted else 48_000)
    claimed = [(c.item_code, c.quantity_milli) for c in receiving_posting.claims_of(one)]
    assert ((goods.COLA, 8_000) in claimed) is not as_counted


def test_without_seal_note_and_deliverer_it_stays_a_draft(shop):
    """RCV-07."""
    one = free(shop, supplier=goods.STRICT)
    item(one, goods.COLA, 1)
    assert [gap.code for gap in receiving_posting.missing(one)] == ["note", "deliverer", "seal"]
    note(one, sealed=False)
    one.finish_counting(note_as_counted=True)
    assert receiving_posting.signable(one).code == "missing_seal"
    note(one)
    assert receiving_posting.signable(one) is None
    lax = free(shop)
    item(lax, goods.COLA, 1)
    note(lax, sealed=False)
    assert receiving_posting.missing(lax) == []


def test_an_unknown_code_is_kept_and_must_be_dealt_with(shop):
    one = free(shop)
    one.keep_unknown("6901234567892", 3_000)
    item(one, goods.COLA, 1)
    assert "unknown_codes" in [gap.code for gap in one.gaps()]
    again = receiving.resume(shop, one.draft.draft_uuid)
    assert again.working.unknown[0].code == "6901234567892"
    again.drop_unknown(0)
    assert again.gaps() == []


def test_one_signature_posts_nothing_and_an_edit_takes_both_away(shop):
    """RCV-01, RCV-03."""
    one = begun(shop)
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=True)
    sign(one, "3001")
    assert receiving_posting.post(one).code == "single_signature"
    assert sign(one, "3001").code == "same_person"
    sign(one, "8001")
    one.set_received(1, 47_000)
    assert receiving_posting.post(one).code == "single_signature"
    assert stock(shop) == {}
    assert [body.action for body in support.entries(shop, EntryKind.REGISTER_NOTED)]


def test_a_first_signature_that_waited_too_long_is_given_anew(shop):
    one = begun(shop)
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=True)
    sign(one, "3001")
    assert not receiving_posting.lapsed(shop, one.draft)
    shop.clock.advance(25 * 3_600_000)
    assert receiving_posting.lapsed(shop, one.draft)
    receiving_posting.sign_anew(one)
    assert one.document.signatures == ()


def test_a_dispatch_confirms_its_arrival_and_prints_four_copies(shop):
    """RCV-11, RCV-12, RCV-13."""
    one = begun(shop, "DS1")
    scan(one, goods.COLA_CASE, symbology="]I1")
    item(one, goods.PILLS, 9)
    document = post(one)
    notes = {body.register.value: body for body in support.entries(shop, EntryKind.REGISTER_NOTED)}
    assert notes["arrival"].subject == "DS1"
    assert notes["arrival"].fields["short_milli"] == "1000"
    assert notes["copies"].subject == document.document_no
    jobs = shop.journal.reader().execute("SELECT count(*) FROM print_job").fetchone()[0]
    assert jobs == 6  # the receipt, four copies, the claim
    assert document.lines[1].batch == "B7"


def test_copies_are_followed_until_they_are_back(shop):
    """RCV-13."""
    one = begun(shop, "DS1")
    scan(one, goods.COLA_CASE, symbology="]I1")
    number = post(one, as_counted=True).document_no
    (listed,) = copies.notes(shop)
    assert (listed.state, listed.due_day) == ("printed", "2026-11-23")
    assert copies.overdue(shop) == []
    copies.sent(shop, number, "小张").result(5)
    assert copies.notes(shop)[0].state == "sent"
    shop.business_day = "2026-11-24"
    assert [late.document_no for late in copies.overdue(shop)] == [number]
    copies.received(shop, number).result(5)
    assert copies.notes(shop) == []


def test_copies_that_head_office_has_are_late_no_more_and_the_store_notes_them(shop):
    """RCV-12, RCV-13: both sides confirm."""
    one = begun(shop, "DS1")
    scan(one, goods.COLA_CASE, symbology="]I1")
    number = post(one, as_counted=True).document_no
    shop.business_day = "2026-11-24"
    dispatch = goods.changes().orders[1]

    def told(*has: str) -> None:
        fields = {"copies_back": " ".join(has)}
        order = msgspec.structs.replace(dispatch, fields=fields)
        goods.publish(shop.home, Changes(orders=[order]))

    told("goods", "finance_1")
    assert [late.document_no for late in copies.overdue(shop)] == [number]
    told("goods", "finance_1", "finance_2")
    assert copies.overdue(shop) == []
    (listed,) = copies.notes(shop)
    assert (listed.confirmed, listed.state) == (True, "printed")
    copies.received(shop, number).result(5)
    assert copies.notes(shop) == []


def test_a_draft_is_found_again_after_a_restart(shop):
    one = begun(shop)
    item(one, goods.COLA, 7)
    shop.journal.run(lambda _txn: None)
    again = begun(shop)
    assert again.draft.draft_uuid == one.draft.draft_uuid
    assert again.line(1).received_milli == 7_000


def test_goods_long_on_their_way_are_overdue(shop):
    (due,) = [one for one in orders_due.due_orders(shop) if one.order.order_id == "DS1"]
    assert due.overdue_days == 0
    shop.business_day = "2026-11-26"
    (due,) = [one for one in orders_due.due_orders(shop) if one.order.order_id == "DS1"]
    assert due.overdue_days == 3


def test_a_purchase_order_is_late_after_its_own_day_however_long_ago_it_was_placed(shop):
    """RCV-15: a supplier who was given three weeks is not five days late after one."""
    placed = msgspec.structs.replace(
        order(shop, "PO1"), sent_day="2026-10-20", due_day="2026-12-10"
    )
    assert orders_due.overdue(shop, placed) == 0
    shop.business_day = "2026-12-12"
    assert orders_due.overdue(shop, placed) == 2


def test_goods_that_come_before_the_day_is_opened_have_their_price(shop):
    shop.business_day = ""
    one = free(shop)
    assert item(one, goods.COLA, 4).warnings == ()
    assert item(one, goods.TOFU, 4).warnings == ("no_price",)


def test_the_purchase_record_names_batch_dates_and_both_people(shop):
    """RCV-10."""
    from pos.services.goods import purchase_record as record

    one = free(shop, supplier=goods.STRICT)
    code = f"01{goods.gtin14(goods.fixed(goods.PILLS_EAN))}1126010117280101" + "10B1"
    scan(one, code, 5, "]d2")
    post(one)
    (row,) = record.received(shop, "2026-11-01", "2026-11-30")
    assert (row.line.batch, row.line.production_day, row.line.expiry) == (
        "B1",
        "2026-01-01",
        "2028-01-01",
    )
    assert (row.inspected_by, row.checked_by) == ("陈桂芳", "周建国")
    assert record.received(shop, "2026-11-01", "2026-11-30", goods.COLA) == []
    record.print_record(shop, [row], "2026-11-01", "2026-11-30")
    shop.journal.run(lambda _txn: None)
    kinds = [k for (k,) in shop.journal.reader().execute("SELECT job_kind FROM print_job")]
    assert "goods_record" in kinds


@pytest.mark.parametrize(("preset", "closes"), [("counter", False), ("supermarket", True)])
def test_half_signed_goods_are_carried_or_keep_the_day_open_by_the_shops_rule(
    shop, preset, closes
):
    """RCV-03."""
    from pos.config import load_rules
    from pos.services import shifts

    one = begun(shop)
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=True)
    sign(one, "3001")
    shop.rules = load_rules(preset, {})
    shop.journal.run(lambda _txn: None)
    result = shifts.close_day(shop, {"cash": 50_000})
    if not closes:
        assert isinstance(result, Refusal)
        assert result.values.get("rule") == "day.half_signed_receipts", result
        return
    assert isinstance(result, shifts.DayClosed), result
    z = result.saved.result(5)
    assert any("half_signed_receipt" in one_ for one_ in z.open_items)


def test_whoever_ordered_the_goods_does_not_sign_for_them(shop):
    """CTL-05, order x receive: head office names the operators; anybody else may sign."""
    rows = goods.changes()
    ordered = msgspec.structs.replace(rows.orders[0], fields={"kept_from": "2002 3001"})
    goods.publish(shop.home, Changes(orders=[ordered]))
    one = begun(shop)
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=True)
    refused = sign(one, "3001")
    assert isinstance(refused, Refusal)
    assert refused.code == "ordered_it"
    assert not isinstance(sign(one, "8001"), Refusal)


def test_goods_sold_before_the_second_signature_are_named_on_the_receipt(shop):
    """The shop sells on as negative stock where its rule says so (RCV-09)."""
    one = begun(shop)
    item(one, goods.COLA, 48)
    note(one)
    one.finish_counting(note_as_counted=True)
    sign(one, "3001")
    support.sell(shop, (goods.COLA, 2_000))
    sign(one, "8001")
    posted = receiving_posting.post(one)
    assert "sold_before_signed" in posted.saved.result(5).review
    assert stock(shop)[goods.COLA] == 46_000


def test_a_receipt_in_time_has_no_such_finding(shop):
    one = begun(shop)
    item(one, goods.COLA, 48)
    assert post(one, as_counted=True).review == ()


def test_a_burst_writes_the_draft_once_and_each_of_its_lines(shop):
    """RCV-01: the lines of one transaction share its header; the next transaction has its own."""
    till = shop
    one = begun(till)
    till.write(lambda _txn: None).result(5)
    written: list[str] = []
    till.journal._connection.set_trace_callback(written.append)
    codes = sorted({line.item_code for line in one.lines})

    till.journal.hold_back()
    for code in codes:
        item(one, code, 2)
    till.journal.go_on()
    till.write(lambda _txn: None).result(5)
    together = list(written)
    written.clear()
    item(one, codes[0], 1)
    till.write(lambda _txn: None).result(5)
    till.journal._connection.set_trace_callback(None)

    def count(statements: list[str], table: str) -> int:
        return sum(f'INTO "{table}"' in s or f"INTO {table} " in s for s in statements)

    assert len(codes) > 1
    assert count(together, "goods_draft_line") == len(codes)
    assert count(together, "goods_draft") == 1
    assert count(written, "goods_draft") == 1
    stored = drafting.load(till, one.document.document_uuid)
    assert stored is not None
    assert stored.document.lines == one.document.lines
