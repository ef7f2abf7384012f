"""Proposals from the books, in words; warnings; requisitions and their answers (REP-01..08, SUP-03)."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import ItemRule, Order, OrderLine, Supplier
from pos.domain.goods.registers import Register
from pos.domain.journal import EntryKind
from pos.domain.planning.proposals import Why
from pos.domain.planning.warnings import Kind
from pos.i18n import translation_for
from pos.receipt.goods_plan import ANSWER_WORDS, details, explained, warning_text
from pos.services import checkout
from pos.services.goods import (
    documents,
    own_requisitions,
    planning,
    receiving,
    receiving_posting,
    requisitions,
)
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store import stock_ledger
from tests.pos.services.goods.stockroom import line, post, reference_of
from tests.pos.services.shop import act_as, entries, sell

OPENING, RECEIPT = DocumentKind.OPENING, DocumentKind.RECEIPT
SUNDAY = "2026-11-22"
THURSDAYS = Supplier(supplier_id="S1", name="绿野", delivery_weekdays="4", lead_days=2)


def say(language):
    return translation_for(language).gettext


def tell(till, *rows):
    """Rows of the feed into the catalogue."""
    connection = reference_of(till)
    names: dict[type, str] = {Supplier: "supplier", ItemRule: "item_rule", Order: "head_order"}
    for row in rows:
        table = names[type(row)]
        columns = [info[1] for info in connection.execute(f"PRAGMA table_info({table})")]
        values = {name: getattr(row, name, "") for name in columns if name != "body"} | {
            "body": msgspec.json.encode(row).decode()
        }
        connection.execute(
            f"INSERT OR REPLACE INTO {table} ({', '.join(values)}) "
            f"VALUES ({', '.join('?' * len(values))})",
            list(values.values()),
        )
    connection.close()


def trade(till, first, quantities, item_code="NOOD"):
    """Sell one quantity a day from `first` on; afterwards it is the day after."""
    day = dt.date.fromisoformat(first)
    for quantity in quantities:
        till.business_day = day.isoformat()
        if quantity:
            sell(till, (item_code, quantity))
        else:
            sell(till, ("ODD", 1_000))
        day += dt.timedelta(days=1)
    till.business_day = day.isoformat()


@pytest.fixture
def noodles(open_shop):
    """Sold 4 and 5 in turn for four weeks (4.2 a day), 9 left, a supplier on Thursdays."""
    post(open_shop, OPENING, line(1, "NOOD", 127_000))
    week = [4_000, 4_000, 5_000, 4_000, 5_000, 4_000, 4_000]
    other = [4_000, 4_000, 4_000, 4_000, 5_000, 4_000, 4_000]
    trade(open_shop, "2026-10-25", (week + other) * 2)
    assert open_shop.business_day == SUNDAY
    tell(open_shop, THURSDAYS, ItemRule(item_code="NOOD", supplier_id="S1", case_milli=12_000))
    return open_shop


def only(till, code="NOOD"):
    found = [one for one in planning.plan(till).lines if one.item_code == code]
    assert len(found) == 1, found
    return found[0]


def test_a_proposal_says_in_both_languages_why_it_is_so_much(noodles):
    got = only(noodles)
    today = dt.date.fromisoformat(SUNDAY).toordinal()

    assert (got.supplier_id, got.proposal.why) == ("S1", Why.FORECAST)
    assert got.proposal.quantity_milli % 12_000 == 0
    assert explained(got.proposal, today, say("en")) == (
        "sold 4.2 a day, 9 left, supplier comes Thursday, case of 12"
    )
    assert got.error.days == 14
    assert len(details(got.proposal, got.error, say("en"))) == 5


def test_what_was_sold_counts_the_same_before_and_after_the_ledger_is_folded(noodles):
    before = planning.snapshot(noodles)
    noodles.journal.run(lambda txn: stock_ledger.fold_all(txn.connection))
    planning._sales.clear()

    after = planning.snapshot(noodles)
    assert (after.days, after.sold, after.stock) == (before.days, before.sold, before.stock)
    assert sum(before.quantities("NOOD")) == 118_000
    assert before.per_day_milli("NOOD") == 4_214


def test_sales_of_today_are_in_the_stock_and_not_in_the_average(noodles):
    before = only(noodles).proposal
    sell(noodles, ("NOOD", 6_000))

    after = only(noodles).proposal
    assert after.per_day_milli == before.per_day_milli
    assert after.available.on_hand_milli == before.available.on_hand_milli - 6_000


def test_a_shop_that_traded_less_than_a_week_forecasts_nothing(open_shop):
    post(open_shop, OPENING, line(1, "NOOD", 40_000))
    trade(open_shop, "2026-11-17", [6_000] * 5)
    assert planning.plan(open_shop).lines == ()
    tell(open_shop, ItemRule(item_code="NOOD", min_milli=10_000, max_milli=30_000))

    got = only(open_shop).proposal
    assert (got.why, got.quantity_milli) == (Why.MINIMUM, 20_000)


def test_rep_01_orders_under_way_count_less_what_came_in(noodles):
    wanted = only(noodles).proposal.quantity_milli
    order = Order(
        order_id="P1",
        order_kind="purchase",
        lines=(OrderLine(line_no=1, item_code="NOOD", quantity_milli=24_000),),
    )
    tell(noodles, order)
    assert only(noodles).proposal.quantity_milli == wanted - 24_000

    post(noodles, RECEIPT, line(1, "NOOD", 12_000), reference="P1")
    after = only(noodles).proposal
    assert after.available.on_order_milli == 12_000
    assert after.available.on_hand_milli == 21_000
    assert after.quantity_milli == wanted - 24_000


def test_a_dropped_supplier_is_not_asked(noodles):
    sell(noodles, ("NOOD", 9_000))
    assert only(noodles).supplier_id == "S1"
    tell(noodles, msgspec.structs.replace(THURSDAYS, state="dropped"))

    assert only(noodles).supplier_id == ""


def test_the_season_raises_what_is_needed(noodles):
    before = only(noodles).proposal.needed_milli
    table = msgspec.structs.replace(noodles.settings.planning, season_percent=(150,) * 12)
    noodles.settings = msgspec.structs.replace(noodles.settings, planning=table)

    assert abs(only(noodles).proposal.needed_milli * 2 - before * 3) <= 2


# ------------------------------------------------------------------------------ requisitions


def ask(till, quantity_milli=24_000):
    plan = planning.plan(till)
    (one,) = plan.of_supplier("S1")
    posted = requisitions.ask(
        till, plan, plan.suppliers["S1"], [requisitions.Picked(one, quantity_milli)]
    )
    assert not isinstance(posted, Refusal), posted
    return posted.saved.result(5)


def answer(document, verdict, granted, state="open", **fields):
    return Order(
        order_id=document.document_uuid,
        order_kind="requisition",
        state=state,
        lines=(OrderLine(line_no=1, item_code="NOOD", quantity_milli=24_000, done_milli=granted),),
        fields={"answer": verdict, **fields},
    )


def test_sup_03_one_key_makes_a_requisition_that_moves_nothing(noodles):
    before = planning.snapshot(noodles).stock
    document = ask(noodles)

    assert document.document_no.startswith("YH")
    assert (document.counterparty_name, document.due_day) == ("绿野", "2026-11-26")
    assert document.lines[0].reason == "forecast"
    assert "4.2" in document.lines[0].note
    assert planning.snapshot(noodles).stock == before
    assert noodles.printer.jobs


def test_ho_02_the_answer_is_shown_and_counts_until_its_order_is_here(noodles):
    asked_first = only(noodles).proposal.quantity_milli
    document = ask(noodles)
    assert only(noodles).proposal.quantity_milli == asked_first - 24_000
    assert requisitions.asked(noodles)[0].verdict == ""

    tell(noodles, answer(document, "limited", 12_000))
    shown = requisitions.asked(noodles)[0]
    assert (shown.verdict, shown.granted_milli(1)) == ("limited", 12_000)
    assert shown.verdict in ANSWER_WORDS
    assert only(noodles).proposal.quantity_milli == asked_first - 12_000

    # It went into a dispatch that is here: that counts now, and the answer no longer does.
    tell(noodles, answer(document, "limited", 12_000, order_id="D9"))
    dispatch = Order(
        order_id="D9",
        order_kind="dispatch",
        lines=(OrderLine(line_no=1, item_code="NOOD", quantity_milli=12_000),),
    )
    assert only(noodles).proposal.available.on_order_milli == 12_000
    tell(noodles, dispatch)
    available = only(noodles).proposal.available
    assert (available.on_order_milli, available.in_transit_milli) == (0, 12_000)


def test_rcv_15_a_lone_shop_receives_against_what_it_asked_for(noodles):
    """RCV-15: the requisition's lines are what is expected, and its open quantity falls."""
    connection = reference_of(noodles)
    connection.execute("DELETE FROM meta WHERE key = 'workstation_uuid'")
    connection.close()
    document = ask(noodles)
    (due,) = own_requisitions.due(noodles)
    assert (due.order.order_no, due.open_milli) == (document.document_no, 24_000)

    one = receiving.begin_order(noodles, due.order)
    assert isinstance(one, receiving.Receiving), one
    expected = one.line(1)
    assert (expected.item_code, expected.expected_milli, expected.order_line) == (
        "NOOD",
        24_000,
        1,
    )
    assert one.document.counterparty_name == "绿野"
    one.set_received(1, 18_000)
    one.set_header(
        msgspec.structs.replace(
            one.document, reference_no="SH-1", deliverer_name="王师傅", sealed=True
        )
    )
    one.finish_counting(note_as_counted=True)
    for operator_id in ("3001", "8001"):
        signer = Credentials(person(noodles, operator_id))
        signed = documents.sign(noodles, one.draft, signer)
        assert not isinstance(signed, Refusal), signed
        one.took(signed)
    posted = receiving_posting.post(one)
    assert not isinstance(posted, Refusal), posted
    posted.saved.result(5)

    (left,) = own_requisitions.due(noodles)
    assert left.open_milli == 6_000
    assert planning.snapshot(noodles).stock["NOOD"] == 9_000 + 18_000
    # What came is on hand and no longer on its way: it is proposed once, not twice.
    assert only(noodles).proposal.available.on_order_milli == 6_000


def test_rcv_15_the_control_with_head_office_its_orders_are_received(noodles):
    ask(noodles)
    assert own_requisitions.due(noodles) == []


def test_a_refused_requisition_is_proposed_again(noodles):
    first = only(noodles).proposal.quantity_milli
    document = ask(noodles)
    tell(noodles, answer(document, "refused", 0, state="done"))

    assert only(noodles).proposal.quantity_milli == first


def test_a_cashier_may_not_ask_for_goods(noodles):
    plan = planning.plan(noodles)
    picked = [requisitions.Picked(plan.lines[0], 12_000)]
    act_as(noodles, "1001")
    refused = requisitions.ask(noodles, plan, None, picked)
    assert isinstance(refused, Refusal)
    assert refused.code == "no_right"

    act_as(noodles, "3001")
    assert not isinstance(requisitions.ask(noodles, plan, None, picked), Refusal)


def test_rep_01_an_item_with_a_cycle_comes_up_again_when_its_days_are_over(open_shop):
    post(open_shop, OPENING, line(1, "NOOD", 20_000))
    tell(
        open_shop,
        THURSDAYS,
        ItemRule(item_code="NOOD", supplier_id="S1", min_milli=1, max_milli=30_000, cycle_days=3),
    )
    assert only(open_shop).proposal.why is Why.CYCLE
    document = ask(open_shop, 10_000)
    tell(open_shop, answer(document, "refused", 0, state="done"))
    open_shop.business_day = "2026-11-23"
    assert planning.plan(open_shop).lines == ()

    open_shop.business_day = "2026-11-24"
    assert only(open_shop).proposal.why is Why.CYCLE


# ---------------------------------------------------------------------------------- warnings


def kinds(till):
    return {(one.item_code, one.kind) for one in planning.warned(till)}


def test_rep_04_warnings_follow_each_posting(open_shop):
    tell(open_shop, ItemRule(item_code="NOOD", min_milli=10_000, max_milli=30_000))
    assert kinds(open_shop) == {("NOOD", Kind.OUT)}
    post(open_shop, OPENING, line(1, "NOOD", 31_000))
    assert kinds(open_shop) == {("NOOD", Kind.OVER)}
    sell(open_shop, ("NOOD", 21_000))
    assert kinds(open_shop) == {("NOOD", Kind.LOW)}
    sell(open_shop, ("NOOD", 11_000))
    assert kinds(open_shop) == {("NOOD", Kind.NEGATIVE)}


def test_rep_12_batches_near_their_date_and_goods_that_do_not_move(open_shop):
    post(open_shop, RECEIPT, line(1, "NOOD", 5_000, batch="B1", expiry="2026-12-01"))
    post(open_shop, RECEIPT, line(1, "W550", 5_000, batch="B2", expiry="2026-11-20"))
    assert {("NOOD", Kind.NEAR_EXPIRY), ("W550", Kind.EXPIRED)} <= kinds(open_shop)
    assert ("NOOD", Kind.NEVER_COUNTED) in kinds(open_shop)
    texts = [warning_text(one, say("en")) for one in planning.warned(open_shop)]
    assert "5 left, past its date since 2026-11-20, batch B2" in texts

    open_shop.business_day = "2027-02-21"
    assert ("NOOD", Kind.DEAD) in kinds(open_shop)


def test_rep_05_a_promotion_is_suggested_to_head_office(open_shop):
    post(open_shop, RECEIPT, line(1, "NOOD", 5_000, batch="B1", expiry="2026-12-01"))
    near = next(one for one in planning.warned(open_shop) if one.kind is Kind.NEAR_EXPIRY)

    noted = requisitions.suggest_promotion(open_shop, near, "买一送一")
    assert not isinstance(noted, Refusal)
    noted.result(5)

    (body,) = entries(open_shop, EntryKind.REGISTER_NOTED)
    assert (body.register, body.action) == (Register.PLANNING, "promotion_suggested")
    assert (body.item_code, body.batch, body.fields["note"]) == ("NOOD", "B1", "买一送一")


def test_rep_03_abc_by_sales_value_and_head_offices_word_first(noodles):
    trade(noodles, SUNDAY, [10_000, 10_000], "W550")
    tell(noodles, ItemRule(item_code="W550", abc="B"))

    found = planning.abc(noodles)
    # NOOD 118 × 4.50, W550 20 × 2.00 and by head office's word B.
    assert found["NOOD"] == "A"
    assert found["W550"] == "B"


def test_sup_01_supplier_figures_by_this_tills_receipts(open_shop):
    for day, cost, rejected in (("2026-11-20", 30_000, 0), ("2026-11-21", 33_000, 2_000)):
        open_shop.business_day = day
        post(
            open_shop,
            RECEIPT,
            line(
                1, "NOOD", 10_000 - rejected, cost, received_milli=10_000, rejected_milli=rejected
            ),
            counterparty_id="S1",
            counterparty_name="绿野",
            due_day="2026-11-20",
        )

    (figure,) = requisitions.supplier_figures(open_shop)
    assert (figure.receipts, figure.dated, figure.late) == (2, 2, 1)
    assert (figure.rejected_bp, figure.dearer, figure.cheaper) == (1_000, 1, 0)


def test_the_plan_is_printed_with_its_sentences(noodles):
    plan = planning.plan(noodles)
    job_id = requisitions.print_plan(noodles, plan, plan.lines, "绿野")
    noodles.write(lambda _: None).result(5)

    row = (
        noodles.journal.reader()
        .execute("SELECT document FROM print_job WHERE job_id = ?", (job_id,))
        .fetchone()
    )
    assert "红烧牛肉面" in row[0].decode()
    assert "4.2" in row[0].decode()


def test_a_code_that_nobody_knows_does_not_disturb_the_plan(noodles):
    """Control: what is not sold is not in the average."""
    before = planning.snapshot(noodles).sold
    assert isinstance(checkout.add_item(noodles, "UNKNOWN", 1_000), checkout.UnknownCode)
    assert planning.snapshot(noodles).sold == before
