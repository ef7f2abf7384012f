"""Stock at the till: every number is a sum of the ledger or a view of the documents (STK-15..18)."""

from __future__ import annotations

import json
import random

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Order, OrderLine
from pos.domain.journal import EntryKind
from pos.services import checkout, upkeep
from pos.services.directives import act_on_directives
from pos.services.goods import day_proof, stock, stock_watch
from pos.services.session import load_session
from pos.store import goods_reference, projections, stock_ledger
from pos.store.reference import ReferenceReader
from pos.store.reference_values import Directive
from pos.store.reference_writer import ReferenceWriter
from tests.pos.services.goods.stockroom import line, post, reference_of, tell_figures
from tests.pos.services.shop import act_as, begin_day, entries, open_till, pay, sell, staff

OPENING, RECEIPT = DocumentKind.OPENING, DocumentKind.RECEIPT


def fold(till) -> None:
    till.journal.run(lambda txn: stock_ledger.fold_all(txn.connection))


def test_stk_15_on_hand_is_the_sum_of_opening_receipts_and_sales(open_shop):
    post(open_shop, OPENING, line(1, "NOOD", 20_000))
    post(open_shop, RECEIPT, line(1, "NOOD", 12_000, 30_000))
    sell(open_shop, ("NOOD", 3_000))
    before = stock.on_hand(open_shop, "NOOD")
    assert before.shop_milli == before.saleable_milli == 29_000
    assert not before.own_only  # a lone shop: its own movements are all there are
    fold(open_shop)
    assert stock.on_hand(open_shop, "NOOD") == before
    assert stock.on_hand(open_shop, "W550").shop_milli == 0
    assert stock.shop_quantities(open_shop) == {"NOOD": 29_000}


def test_loans_judged_goods_and_reservations_are_places_of_their_own(open_shop):
    post(open_shop, OPENING, line(1, "NOOD", 20_000))
    post(open_shop, DocumentKind.LOAN_OUT, line(1, "NOOD", 2_000))
    post(open_shop, DocumentKind.TO_JUDGE, line(1, "NOOD", 1_000))
    post(open_shop, DocumentKind.TRANSFER_OUT, line(1, "NOOD", 4_000))
    found = stock.on_hand(open_shop, "NOOD")
    assert found.shop_milli == 13_000
    assert (found.loan_milli, found.judge_milli, found.sent_milli) == (2_000, 1_000, 4_000)


def test_r14_figures_of_head_office_and_own_deltas_above_their_sequence(open_shop):
    post(open_shop, OPENING, line(1, "NOOD", 20_000))
    seq = open_shop.journal.head()[0]
    sell(open_shop, ("NOOD", 3_000))
    epoch = open_shop.journal.epoch_id
    # Head office knows a sibling's sale of 5 and this till's journal up to its opening count.
    tell_figures(open_shop, [("NOOD", "", "", 15_000)], {epoch: seq})
    found = stock.on_hand(open_shop, "NOOD")
    assert found.shop_milli == 12_000
    assert found.as_of_utc_ms == 1_000
    fold(open_shop)
    assert stock.on_hand(open_shop, "NOOD") == found
    assert stock.shop_quantity(open_shop, "NOOD") == 12_000
    assert stock.shop_quantities(open_shop) == {"NOOD": 12_000}
    # Once it has the sale too, the same stock is told by the figure alone.
    tell_figures(open_shop, [("NOOD", "", "", 12_000)], {epoch: open_shop.journal.head()[0]})
    assert stock.on_hand(open_shop, "NOOD").shop_milli == 12_000


def test_a_till_whose_figures_never_came_says_that_it_knows_its_own_alone(open_shop):
    sell(open_shop, ("NOOD", 1_000))
    reference_of(open_shop).close()
    found = stock.on_hand(open_shop, "NOOD")
    assert found.own_only
    assert found.as_of_utc_ms is None
    assert found.shop_milli == -1_000


def test_batches_come_by_expiry_and_sales_without_a_batch_empty_the_first(open_shop):
    post(
        open_shop,
        RECEIPT,
        line(1, "NOOD", 6_000, batch="L2", expiry="2027-06-01"),
        line(2, "NOOD", 5_000, batch="L1", expiry="2027-03-01", production_day="2026-03-01"),
        line(3, "NOOD", 1_000, batch="L0"),
    )
    sell(open_shop, ("NOOD", 7_000))
    found = stock.batches(open_shop, "NOOD")
    assert [(one.batch, one.quantity_milli) for one in found] == [("L2", 4_000), ("L0", 1_000)]
    sell(open_shop, ("NOOD", 6_000))
    found = stock.batches(open_shop, "NOOD")
    assert [(one.batch, one.quantity_milli) for one in found] == [("", -1_000)]


def test_held_and_expired_goods_are_in_the_shop_and_not_for_sale(open_shop):
    post(
        open_shop,
        RECEIPT,
        line(1, "NOOD", 6_000, batch="OLD", expiry="2026-11-20"),
        line(2, "NOOD", 5_000, batch="HELD", expiry="2027-03-01"),
        line(3, "NOOD", 4_000, batch="GOOD", expiry="2027-03-02"),
    )
    connection = reference_of(open_shop)
    columns = [row[1] for row in connection.execute("PRAGMA table_info(hold)")]
    values = {"hold_id": "H1", "item_code": "NOOD", "batch": "HELD", "since_utc_ms": 1}
    connection.execute(
        f"INSERT INTO hold ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        [values.get(name, "") for name in columns],
    )
    connection.close()
    found = stock.on_hand(open_shop, "NOOD")
    assert (found.shop_milli, found.held_milli, found.expired_milli) == (15_000, 5_000, 6_000)
    assert found.saleable_milli == 4_000


def test_goods_on_their_way_here_count_until_they_are_received(open_shop):
    connection = reference_of(open_shop)
    order = Order(
        order_id="D1",
        order_kind="dispatch",
        lines=(OrderLine(line_no=1, item_code="NOOD", quantity_milli=24_000),),
    )
    columns = [row[1] for row in connection.execute("PRAGMA table_info(head_order)")]
    values = {
        "order_id": "D1", "order_kind": "dispatch", "state": "open", "due_day": "",
        "body": msgspec.json.encode(order),
    }  # fmt: skip
    connection.execute(
        f"INSERT INTO head_order ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",
        [values.get(name, "") for name in columns],
    )
    connection.close()
    assert stock.on_hand(open_shop, "NOOD").transit_milli == 24_000
    post(open_shop, RECEIPT, line(1, "NOOD", 20_000), reference="D1")
    assert stock.on_hand(open_shop, "NOOD").transit_milli == 4_000


@pytest.mark.parametrize("folded", [0, 1, 2])
def test_stk_18_history_names_time_person_and_document_page_by_page(open_shop, folded):
    receipt = post(open_shop, RECEIPT, line(1, "NOOD", 12_000, 30_000))
    if folded > 0:
        fold(open_shop)
    sold = [sell(open_shop, ("NOOD", 1_000)).transaction_no for _ in range(5)]
    if folded > 1:
        fold(open_shop)
    shown, before = [], None
    while page := stock.history(open_shop, "NOOD", before, 2):
        shown += page
        before = page[-1].cursor
    assert [one.document_no for one in shown] == [*reversed(sold), receipt.document_no]
    assert {one.operator_id for one in shown} == {"8001"}
    assert all(one.at_utc_ms for one in shown)
    assert shown[-1].unit_cost_e4 == 30_000


def test_a_serial_number_leads_to_its_item_and_its_movements(open_shop):
    post(open_shop, RECEIPT, line(1, "NOOD", 2_000, unit_codes=("S1", "S2"), batch="L1"))
    post(open_shop, DocumentKind.LOAN_OUT, line(1, "NOOD", 1_000, unit_codes=("S1",), batch="L1"))
    assert stock.item_of_unit(open_shop, "S1") == "NOOD"
    assert stock.item_of_unit(open_shop, "S9") == ""
    assert stock.unit_named(open_shop, "S9") == ("", None)
    lent, held = (stock.unit_named(open_shop, code)[1] for code in ("S1", "S2"))
    assert (lent.in_shop, lent.in_stock, held.in_shop) == (False, True, True)
    moved = stock.history(open_shop, "NOOD", unit_code="S1")
    assert [(one.place, one.quantity_milli) for one in moved] == [
        ("loan", 1_000), ("", -1_000), ("", 1_000),
    ]  # fmt: skip
    assert len(stock.history(open_shop, "NOOD", batch="L1")) == 4
    assert stock.history(open_shop, "NOOD", batch="") == []


def test_cost_is_this_tills_moving_average_until_head_office_tells_one(open_shop):
    assert stock.unit_cost_e4(open_shop, "NOOD") is None
    post(open_shop, RECEIPT, line(1, "NOOD", 10_000, 20_000))
    fold(open_shop)
    post(open_shop, RECEIPT, line(1, "NOOD", 10_000, 30_000))
    assert stock.unit_cost_e4(open_shop, "NOOD") == 25_000
    connection = reference_of(open_shop)
    connection.execute("INSERT INTO stock_cost VALUES ('NOOD', 26000)")
    connection.close()
    assert stock.unit_cost_e4(open_shop, "NOOD") == 26_000


def test_the_fold_comes_by_between_sales_and_never_in_one(open_shop):
    sell(open_shop, ("NOOD", 1_000))
    reader = open_shop.journal.reader()
    assert stock_ledger.unfolded(reader, 9)[0] == 1  # the sale's transaction folded nothing
    assert not upkeep.fold_stock(open_shop)  # a moment ago: more may come
    open_shop.clock.advance(6_000)
    checkout.add_item(open_shop, "W550", 1_000)
    upkeep.between_sales(open_shop)
    open_shop.journal.run(lambda _: None)
    assert stock_ledger.unfolded(reader, 9)[0] == 1  # a sale is open
    pay(open_shop)
    open_shop.clock.advance(6_000)
    upkeep.between_sales(open_shop)
    open_shop.journal.run(lambda _: None)
    assert stock_ledger.unfolded(reader, 9)[0] == 0
    assert not stock_ledger.differences(reader)


def test_many_movements_are_folded_without_waiting_for_quiet(open_shop):
    for _ in range(33):
        sell(open_shop, ("NOOD", 1_000), ("W550", 1_000))
    assert upkeep.fold_stock(open_shop)


# ------------------------------------------------------------------------- goods below zero


def below_zero(till):
    return [
        note
        for note in entries(till, EntryKind.REGISTER_NOTED)
        if note.action == stock_watch.RECORDED
    ]


def test_goods_below_zero_are_told_and_recorded_once_a_sale_where_the_rule_warns(open_shop):
    assert open_shop.rules.mode_for(stock_watch.RULE, open_shop.operator.role) == "warn"
    post(open_shop, OPENING, line(1, "NOOD", 2_000))
    upkeep.between_sales(open_shop)
    assert checkout.add_item(open_shop, "NOOD", 2_000).warning == ""
    assert checkout.add_item(open_shop, "NOOD", 1_000).warning == stock_watch.RULE
    assert checkout.add_item(open_shop, "NOOD", 1_000).warning == stock_watch.RULE
    sold = pay(open_shop)
    assert sum(one.quantity_milli for one in sold.lines) == 4_000
    (note,) = below_zero(open_shop)
    assert (note.item_code, note.quantity_milli) == ("NOOD", 0)
    # A sale that begins below zero is recorded once as well, and the next one again.
    for count in (2, 3):
        checkout.add_item(open_shop, "NOOD", 1_000)
        checkout.add_item(open_shop, "NOOD", 1_000)
        pay(open_shop)
        assert len(below_zero(open_shop)) == count
    assert stock.on_hand(open_shop, "NOOD").shop_milli == -6_000


def test_what_nobody_counted_is_sold_without_a_word(open_shop):
    upkeep.between_sales(open_shop)
    assert open_shop.stock_watch is None
    assert checkout.add_item(open_shop, "NOOD", 1_000).warning == ""
    pay(open_shop)
    post(open_shop, OPENING, line(1, "NOOD", 2_000))
    upkeep.between_sales(open_shop)
    assert checkout.add_item(open_shop, "W550", 1_000).warning == ""  # never counted, never sold
    assert below_zero(open_shop) == []


def test_a_shop_that_refuses_goods_below_zero_refuses_them(tmp_path):
    till = open_till(tmp_path, rules__preset="pharmacy")
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    post(till, OPENING, line(1, "NOOD", 2_000))
    upkeep.between_sales(till)
    assert checkout.add_item(till, "NOOD", 2_000).warning == ""
    refused = checkout.add_item(till, "NOOD", 1_000)
    assert isinstance(refused, Refusal)
    assert refused.code == "blocked_by_rule"
    till.journal.close()


def test_figures_of_head_office_are_what_is_below_zero_with_this_tills_sales_since(open_shop):
    post(open_shop, OPENING, line(1, "NOOD", 9_000))
    epoch, seq = open_shop.journal.epoch_id, open_shop.journal.head()[0]
    tell_figures(open_shop, [("NOOD", "", "", 2_000)], {epoch: seq})  # siblings sold seven
    upkeep.between_sales(open_shop)
    sell(open_shop, ("NOOD", 1_000))
    # Sold since the watch was made: this till's own sales are in at once.
    assert checkout.add_item(open_shop, "NOOD", 1_000).warning == ""
    assert checkout.add_item(open_shop, "NOOD", 1_000).warning == stock_watch.RULE


def test_figures_that_come_during_a_sale_take_off_no_sale_twice(open_shop):
    post(open_shop, OPENING, line(1, "NOOD", 9_000))
    epoch, seq = open_shop.journal.epoch_id, open_shop.journal.head()[0]
    tell_figures(open_shop, [("NOOD", "", "", 4_000)], {epoch: seq})
    upkeep.between_sales(open_shop)
    sell(open_shop, ("NOOD", 2_000))
    checkout.add_item(open_shop, "W550", 1_000)
    tell_figures(open_shop, [("NOOD", "", "", 2_000)], {epoch: open_shop.journal.head()[0]})
    # Two are left: the sale of two before is in the figures that came meanwhile.
    assert checkout.add_item(open_shop, "NOOD", 2_000).warning == ""
    assert checkout.add_item(open_shop, "NOOD", 1_000).warning == stock_watch.RULE


# ------------------------------------------------------------------ forks, and everything at once


def test_r17_what_a_fork_says_again_is_above_the_figures_once_until_they_have_it(open_shop):
    post(open_shop, OPENING, line(1, "NOOD", 20_000))
    old, agreed = open_shop.journal.epoch_id, open_shop.journal.head()[0]
    sell(open_shop, ("NOOD", 3_000))
    directive = Directive(
        directive_id="fork",
        kind="fork",
        body=json.dumps({"epoch": old, "agreed_seq": agreed, "agreed_hash": "00"}),
        created_utc_ms=0,
    )
    (acted,) = act_on_directives(open_shop.journal, [directive])
    assert acted.reappended
    load_session(open_shop)
    new = open_shop.journal.epoch_id
    assert new != old
    # Head office has another history above the fork; of the new epoch it has nothing yet.
    tell_figures(open_shop, [("NOOD", "", "", 20_000)], {old: agreed + 9})
    assert stock.on_hand(open_shop, "NOOD").shop_milli == 17_000
    sell(open_shop, ("NOOD", 1_000))
    assert stock.on_hand(open_shop, "NOOD").shop_milli == 16_000
    fold(open_shop)
    assert stock.on_hand(open_shop, "NOOD").shop_milli == 16_000
    # It has what was said again, and not yet the sale after it.
    told = {old: agreed + 9, new: open_shop.journal.head()[0] - 1}
    tell_figures(open_shop, [("NOOD", "", "", 17_000)], told)
    assert stock.on_hand(open_shop, "NOOD").shop_milli == 16_000


@pytest.mark.parametrize("seed", range(4))
def test_i3_any_order_of_goods_folds_and_rebuilds_gives_the_ledgers_own_sums(open_shop, seed):
    chance = random.Random(seed)
    out = (DocumentKind.SUPPLIER_RETURN, DocumentKind.SCRAP, DocumentKind.TRANSFER_OUT)
    expected: dict[str, int] = {"NOOD": 0, "W550": 0}
    came, went = 0, 0
    for _ in range(25):
        code = chance.choice(list(expected))
        quantity = 1_000 * chance.randint(1, 9)
        step = chance.choice(["in", "out", "sell", "sell", "lend", "fold", "rebuild"])
        if step == "in":
            post(open_shop, RECEIPT, line(1, code, quantity, chance.randint(1, 90_000)))
            expected[code] += quantity
            came += quantity
        elif step == "out":
            post(open_shop, chance.choice(out), line(1, code, quantity))
        elif step == "sell":
            sell(open_shop, (code, quantity))
        elif step == "lend":
            post(open_shop, DocumentKind.LOAN_OUT, line(1, code, quantity))
        elif step == "fold":
            rows = chance.randint(1, 5)
            open_shop.journal.run(lambda txn, n=rows: stock_ledger.fold(txn.connection, rows=n))
        else:
            before = projections.fingerprint(open_shop.journal.reader())
            open_shop.journal.run(lambda txn: projections.rebuild(txn.connection))
            assert projections.fingerprint(open_shop.journal.reader()) == before
        if step in ("out", "sell", "lend"):
            expected[code] -= quantity
            went += quantity
        assert {c: stock.on_hand(open_shop, c).shop_milli for c in expected} == expected
        assert not stock_ledger.differences(open_shop.journal.reader())
    found = day_proof.reconcile_now(open_shop)
    assert (found.in_milli, found.out_milli) == (came, went)
    assert found.closing_milli == sum(expected.values())
    assert found.difference_milli == 0


@pytest.mark.parametrize(("state", "sent"), [("open", 4_000), ("done", 0)])
def test_goods_sent_are_on_their_way_until_head_office_matched_them(open_shop, state, sent):
    document = post(
        open_shop, DocumentKind.TRANSFER_OUT, line(1, "NOOD", 4_000), reference="ASKED"
    )
    connection = reference_of(open_shop)
    for order_id, now in (("ASKED", "done"), (document.document_uuid, state)):
        body = msgspec.json.encode(Order(order_id=order_id, order_kind="transfer", state=now))
        values = {"order_id": order_id, "order_kind": "transfer", "state": now, "body": body}
        columns = [row[1] for row in connection.execute("PRAGMA table_info(head_order)")]
        connection.execute(
            f"INSERT INTO head_order ({', '.join(columns)}) "
            f"VALUES ({', '.join('?' * len(columns))})",
            [values.get(name, "") for name in columns],
        )
    connection.close()
    assert stock.on_hand(open_shop, "NOOD").sent_milli == sent


def test_an_answer_of_several_questions_sees_the_figures_of_one_moment(tmp_path):
    """R14: what the uploader commits between two questions is in neither of them."""
    with ReferenceWriter.open(tmp_path, app_version="test") as writer:
        reader = ReferenceReader(tmp_path)
        with reader.at_one_moment():
            assert reader.ask(goods_reference.all_figures, []) == []
            writer.connection.execute("INSERT INTO stock_figure VALUES ('A', '', '', 5000)")
            assert reader.ask(goods_reference.all_figures, []) == []
        # Control: outside of it each question sees what is there.
        assert len(reader.ask(goods_reference.all_figures, [])) == 1
        reader.close()
