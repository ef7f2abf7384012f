"""Opening, X, handover, Z and forgotten closes; and that what is closed is the journal's own sum."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, reject, settings
from hypothesis import strategies as st

from drivers.document_layout import render_text
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.tender import CASH, TenderState
from pos.services import approvals, cash, checkout, shifts, undecided
from pos.services.context import NeedsApproval
from pos.services.session import load_session
from tests.pos.services.shop import (
    DAY,
    act_as,
    begin_day,
    entries,
    open_till,
    pay,
    pin_of,
    sell,
    staff,
)


def grant(till, needed, who="8001"):
    given_ = approvals.grant(
        till, needed.right, who, pin_of(who), "ok", limit_value=needed.limit_value
    )
    if isinstance(given_, Refusal) and given_.code == "beyond_approvers_limit":
        reject()  # a difference that this person may not approve: another example
    assert not isinstance(given_, Refusal), given_
    return given_


def approved(till, action, who="8001"):
    """Ask, sign, ask again, until it is done."""
    result, grants = action(None), []
    while isinstance(result, NeedsApproval):
        grants.append(grant(till, result, who))
        result = action(grants[0] if len(grants) == 1 else tuple(grants))
    return result


def test_a_day_opens_with_its_first_shift_and_stands_so_after_a_restart(tmp_path):
    till = open_till(tmp_path)
    staff(till)
    act_as(till, "1001")
    begin_day(till)
    assert (till.business_day, till.shift_no) == (DAY, 1)
    till.journal.close()
    again = open_till(tmp_path)
    state = shifts.day_state(again)
    again.journal.close()
    assert (state.business_day, state.shift_no, state.shift_operator_id) == (DAY, 1, "1001")


def test_an_open_day_is_not_opened_again(open_shop):
    assert shifts.open_day(open_shop, "2026-11-22", 0).code == "day_open"


@pytest.mark.parametrize("day", ["21.11.2026", "2026-02-30", "", "2026-1-2"])
def test_a_day_that_is_no_date_is_refused(shop, day):
    act_as(shop, "1001")
    assert shifts.open_day(shop, day, 0).code == "no_such_day"


def test_a_closed_day_never_opens_again_and_no_earlier_one_either(open_shop):
    shifts.close_day(open_shop, {CASH: 50_000}).saved.result()
    for day in (DAY, "2026-11-20"):
        assert shifts.open_day(open_shop, day, 0).code == "business_day_backwards"
    begin_day(open_shop, "2026-11-22")


def test_a_day_far_from_the_clocks_date_asks_a_manager(shop):
    act_as(shop, "1001")
    needed = shifts.open_day(shop, "2026-12-24", 0)
    assert needed.right == "clock.confirm"
    opened = shifts.open_day(shop, "2026-12-24", 0, grant(shop, needed))
    assert isinstance(opened, shifts.DayOpened)


def test_a_receiver_opens_no_day(shop):
    act_as(shop, "1001")
    shop.operator = type(shop.operator)(operator_id="2001", name="赵", role=shop.roles["receiver"])
    assert shifts.open_day(shop, DAY, 0).code == "no_right"


def test_x_is_the_shift_so_far_and_the_day_goes_on(open_shop):
    sell(open_shop, ("W550", 2000))
    reading = shifts.x_report(open_shop)
    reading.saved.result()
    assert reading.totals.gross_sales_minor == 400
    assert reading.totals.expected_minor(CASH) == 50_400
    assert entries(open_shop, EntryKind.X_REPORT)[0].totals == reading.totals
    assert open_shop.business_day == DAY
    assert open_shop.printer.jobs[-1] == reading.job_id


def test_a_cashier_does_not_see_what_is_expected_before_counting(open_shop):
    act_as(open_shop, "1001")
    assert shifts.x_report(open_shop).right == "report.x"


def test_a_handover_counts_splits_and_names_who_takes_over(open_shop):
    sell(open_shop, ("W550", 2000), given=1000)
    closed = shifts.close_shift(
        open_shop, {CASH: 50_395}, handed_up_minor=20_395, receiver_id="1002", reason="早晚"
    )
    body = closed.saved.result()
    assert body == closed.body
    (cash_count,) = body.counted
    assert (cash_count.expected_minor, cash_count.over_short_minor) == (50_400, -5)
    assert (body.handed_up_minor, body.left_minor, body.receiver_id) == (20_395, 30_000, "1002")
    assert open_shop.shift_no == 0
    assert "王强" in render_text(closed.document, 32)


def test_notes_and_coins_come_to_the_count(open_shop):
    closed = shifts.close_shift(open_shop, denominations={10_000: 4, 5000: 2, 100: 0})
    (cash_count,) = closed.saved.result().counted
    assert cash_count.counted_minor == 50_000
    assert cash_count.denominations == {"10000": 4, "5000": 2, "100": 0}


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"counted": {CASH: 50_000}, "handed_up_minor": 1, "left_minor": 1}, "split_wrong"),
        ({"counted": {CASH: 50_000}, "handed_up_minor": 50_001}, "split_wrong"),
        ({"counted": {CASH: -1}}, "count_negative"),
        ({"counted": {CASH: 50_000}, "denominations": {10_000: 4}}, "count_differs"),
        ({"denominations": {10_000: -1}}, "count_negative"),
        ({"counted": {CASH: 50_000}, "receiver_id": "8001"}, "same_person"),
        ({"counted": {CASH: 50_000}, "receiver_id": "4711"}, "no_such_operator"),
    ],
)
def test_a_handover_that_does_not_add_up_is_refused(open_shop, values, code):
    assert shifts.close_shift(open_shop, **values).code == code
    assert open_shop.shift_no == 1


def test_a_difference_beyond_the_cashiers_limit_is_signed_by_somebody_else(shop):
    act_as(shop, "1001")
    begin_day(shop)
    assert isinstance(shifts.close_shift(shop, {CASH: 47_999}), NeedsApproval)
    needed = shifts.close_shift(shop, {CASH: 47_999})
    assert (needed.right, needed.limit_value) == ("cash.over_limit", 2001)
    body = shifts.close_shift(shop, {CASH: 47_999}, approval=grant(shop, needed)).saved.result()
    assert body.approver_id == "8001"


def test_a_difference_within_the_limit_needs_nobody(shop):
    act_as(shop, "1001")
    begin_day(shop)
    assert shifts.close_shift(shop, {CASH: 48_000}).saved.result().approver_id == ""


def test_closing_without_a_count_and_anothers_shift_takes_both_signatures(shop):
    act_as(shop, "1001")
    begin_day(shop)
    act_as(shop, "1002")
    closed = approved(shop, lambda grants: shifts.close_shift(shop, approval=grants))
    body = closed.saved.result()
    assert body.counted[0].counted_minor is None
    assert body.left_minor == 50_000
    rights = [one.right for one in entries(shop, EntryKind.APPROVAL)]
    assert rights == ["shift.close_other", "shift.uncounted"]


def test_an_open_sale_is_finished_before_a_close(open_shop):
    checkout.add_item(open_shop, "W550", 1000).saved.result()
    assert shifts.close_shift(open_shop, {CASH: 50_000}).code == "sale_open"
    assert shifts.close_day(open_shop, {CASH: 50_000}).code == "sale_open"


def test_the_z_closes_the_shift_and_adds_everything_up(open_shop):
    first = sell(open_shop, ("W550", 2000))
    sell(open_shop, ("NOOD", 1000), tender="wechat")
    cash.paid_in(open_shop, 10_000, "change_fund").saved.result()
    line = checkout.add_item(open_shop, "W550", 1000).line
    checkout.void_line(open_shop, line.line_no, "customer").saved.result()
    last = sell(open_shop, ("ODD", 3000))
    closed = shifts.close_day(open_shop, {CASH: 60_500, "wechat": 450})
    z = closed.saved.result()
    assert z.z_no == 1
    assert (z.first_transaction_no, z.last_transaction_no) == (
        first.transaction_no,
        last.transaction_no,
    )
    assert z.totals.gross_sales_minor == 400 + 450 + 100
    assert (z.totals.line_voids, z.totals.paid_in_minor) == (1, 10_000)
    assert {one.tender_type: one.over_short_minor for one in z.counted} == {CASH: 0, "wechat": 0}
    assert (z.perpetual_gross_minor, z.shifts) == (950, 1)
    assert (open_shop.business_day, open_shop.shift_no) == ("", 0)
    assert open_shop.printer.jobs[-1] == closed.job_id


def test_the_z_carries_the_hash_of_the_entry_before_it(open_shop):
    z = shifts.close_day(open_shop, {CASH: 50_000}).saved.result()
    rows = open_shop.journal.reader().execute(
        "SELECT kind, hash FROM journal_entry ORDER BY entry_id DESC LIMIT 2"
    )
    (_, _), (kind, before) = rows.fetchall()
    assert kind == "register_noted"  # the ledger's proof, made as the day is closed
    assert z.journal_head == before.hex()


def test_figures_shown_at_the_close_are_those_on_disk(open_shop):
    sell(open_shop, ("W550", 2000))
    closed = shifts.close_day(open_shop, {CASH: 50_400})
    z = closed.saved.result()
    assert (closed.z.totals, closed.z.counted) == (z.totals, z.counted)
    assert closed.z.z_no == z.z_no


def test_one_z_per_till_and_day_and_they_are_numbered_without_a_gap(open_shop):
    shifts.close_day(open_shop, {CASH: 50_000}).saved.result()
    assert shifts.close_day(open_shop).code == "day_not_open"
    begin_day(open_shop, "2026-11-22")
    z = shifts.close_day(open_shop, {CASH: 50_000}).saved.result()
    assert z.z_no == 2


def test_a_parked_sale_is_carried_and_named_with_owner_and_due_day(open_shop):
    checkout.add_item(open_shop, "W550", 2000).saved.result()
    checkout.park(open_shop, "红衣").saved.result()
    closed = shifts.close_day(open_shop, {CASH: 50_000})
    z = closed.saved.result()
    assert "parked_sale 红衣 owner=8001 due=2026-11-22 amount=4.00" in z.open_items
    assert checkout.parked(open_shop)[0].label == "红衣"
    text = render_text(closed.document, 48)
    assert "红衣 周建国 4.00" in text


@pytest.mark.parametrize(
    ("mode", "outcome"), [("block", "blocked_by_rule"), ("approve", "day.close")]
)
def test_the_setting_says_whether_open_items_stop_the_close(tmp_path, mode, outcome):
    till = open_till(tmp_path, rules__overrides={"day.parked_sales": mode})
    staff(till)
    act_as(till, "8001")
    begin_day(till)
    checkout.add_item(till, "W550", 1000).saved.result()
    checkout.park(till).saved.result()
    answer = shifts.close_day(till, {CASH: 50_000})
    till.journal.close()
    assert outcome in (getattr(answer, "code", ""), getattr(answer, "right", ""))


def undecided_sale(till):
    checkout.add_item(till, "W550", 1000).saved.result()
    tender = checkout.tender(till, "wechat").tender
    needed = checkout.decide(till, tender.tender_no, TenderState.UNDECIDED)
    signed = grant(till, needed, "8001")
    decided = checkout.decide(till, tender.tender_no, TenderState.UNDECIDED, approval=signed)
    decided.saved.result()
    done = checkout.complete(till)
    done.saved.result()
    return done.transaction


def test_a_payment_to_be_verified_is_listed_at_handover_and_on_the_z(shop):
    act_as(shop, "1001")
    begin_day(shop)
    sold = undecided_sale(shop)
    body = shifts.close_shift(shop, {CASH: 50_000, "wechat": 200}).saved.result()
    assert body.undecided[0].startswith(f"undecided_tender {sold.transaction_no}/1 owner=1001")
    z = shifts.close_day(shop).saved.result()
    assert any(item.startswith("undecided_tender") for item in z.open_items)
    assert z.totals.tenders["wechat"].undecided_minor == 200


@pytest.mark.parametrize(
    ("state", "open_minor"), [(TenderState.RECEIVED, 0), (TenderState.FAILED, 200)]
)
def test_a_payment_that_arrived_is_not_to_be_verified_on_the_z(shop, state, open_minor):
    """What never came stays: the money is missing."""
    act_as(shop, "1001")
    begin_day(shop)
    sold = undecided_sale(shop)
    assert shifts.shift_totals(shop).tenders["wechat"].undecided_minor == 200
    act_as(shop, "8001")
    undecided.settle_tender(shop, sold.transaction_no, 1, state).saved.result()
    act_as(shop, "1001")
    assert shifts.shift_totals(shop).tenders["wechat"].undecided_minor == open_minor
    z = shifts.close_day(shop, {CASH: 50_000}).saved.result()
    assert z.totals.tenders["wechat"].undecided_minor == open_minor
    assert z.totals.tenders["wechat"].amount_minor == 200


def test_many_unprinted_receipts_do_not_make_a_z_too_long(open_shop):
    for _ in range(60):
        sell(open_shop, ("W550", 1000))
    z = shifts.close_day(open_shop, {CASH: 50_000 + 60 * 200}).saved.result()
    jobs = [item for item in z.open_items if item.startswith("print_job")]
    assert len(jobs) == 51
    assert jobs[-1].startswith("print_job +10 ")


def test_unsent_data_never_stops_a_close(open_shop):
    open_shop.status.unsent = 100_000
    assert isinstance(shifts.close_day(open_shop, {CASH: 50_000}), shifts.DayClosed)


def test_a_forgotten_close_is_seen_and_made_good_next_morning(shop):
    act_as(shop, "1001")
    begin_day(shop)
    sell(shop, ("W550", 1000))
    assert shifts.forgotten_close(shop) is None
    shop.clock.advance(24 * 3_600_000)
    found = shifts.forgotten_close(shop)
    assert (found.business_day, found.operator_id, found.transactions) == (DAY, "1001", 1)
    closed = approved(shop, lambda grants: shifts.close_day(shop, forced=True, approval=grants))
    z = closed.saved.result()
    assert z.forced
    assert z.counted[0].counted_minor is None
    begin_day(shop, "2026-11-22")
    assert entries(shop, EntryKind.DAY_OPEN)[-1].forgotten_close_of == DAY


def test_a_close_in_time_leaves_no_mark_on_the_next_day(open_shop):
    shifts.close_day(open_shop, {CASH: 50_000}).saved.result()
    begin_day(open_shop, "2026-11-22")
    assert entries(open_shop, EntryKind.DAY_OPEN)[-1].forgotten_close_of == ""


def test_what_one_shift_left_is_the_next_ones_float_and_the_days_differences_add_up(open_shop):
    sell(open_shop, ("W550", 2000))
    shifts.close_shift(open_shop, {CASH: 50_390}, handed_up_minor=20_390).saved.result()
    shifts.open_shift(open_shop, 30_000).saved.result()
    sell(open_shop, ("NOOD", 1000))
    z = shifts.close_day(open_shop, {CASH: 30_453}).saved.result()
    first, second = entries(open_shop, EntryKind.SHIFT_CLOSE)
    assert first.counted[0].over_short_minor == -10
    assert second.counted[0].over_short_minor == 3
    (day_cash,) = z.counted
    assert (day_cash.expected_minor, day_cash.over_short_minor) == (30_460, -7)
    assert (z.totals.opening_float_minor, z.totals.pickups_minor) == (50_000, 20_390)
    assert z.shifts == 2


def test_when_the_disk_refuses_the_day_stays_open(open_shop, monkeypatch):
    monkeypatch.setattr(
        "pos.services.shifts.day_close.printing.insert_job",
        lambda *_: (_ for _ in ()).throw(OSError("no disk")),
    )
    closed = shifts.close_day(open_shop, {CASH: 50_000})
    assert closed.saved.exception() is not None
    open_shop.write(lambda _: None).result()
    assert (open_shop.business_day, open_shop.shift_no) == (DAY, 1)
    load_session(open_shop)
    assert open_shop.business_day == DAY


def test_a_replay_closes_days_with_counts_and_without_anybody_signed_on(shop):
    shop.authority = "ROLL"
    begin_day(shop, "2016-08-05", 10_000)
    z = shifts.close_day(shop, {CASH: 9_000, "card": 0}).saved.result()
    assert {one.tender_type: one.over_short_minor for one in z.counted} == {CASH: -1000, "card": 0}
    begin_day(shop, "2016-08-06", 0)
    z = shifts.close_day(shop, {}).saved.result()
    assert z.counted[0].counted_minor is None


ACTIONS = st.lists(
    st.one_of(
        st.tuples(
            st.just("sell"),
            st.sampled_from(["W550", "NOOD", "ODD"]),
            st.integers(1, 5),
            st.sampled_from(["cash", "wechat", "card"]),
        ),
        st.tuples(st.just("in"), st.integers(1, 100_000)),
        st.tuples(st.just("out"), st.integers(1, 100_000)),
        st.tuples(st.just("no_sale")),
        st.tuples(st.just("void")),
        st.tuples(st.just("cancel")),
        st.tuples(st.just("hand_over"), st.integers(-50, 50), st.integers(0, 20_000)),
    ),
    max_size=10,
)


def perform(till, action):
    match action:
        case ("sell", code, pieces, tender):
            sell(till, (code, pieces * 1000), tender=tender)
        case ("in", amount):
            approved(till, lambda g: cash.paid_in(till, amount, "other", g))
        case ("out", amount):
            approved(till, lambda g: cash.paid_out(till, amount, "other", g))
        case ("no_sale",):
            approved(till, lambda g: cash.no_sale(till, "check", g))
        case ("void",):
            line = checkout.add_item(till, "NOOD", 1000).line
            approved(till, lambda g: checkout.void_line(till, line.line_no, "x", g))
            checkout.add_item(till, "ODD", 1000)
            pay(till)
        case ("cancel",):
            checkout.add_item(till, "NOOD", 2000)
            approved(till, lambda g: checkout.cancel_sale(till, "x", g))
        case ("hand_over", wrong, top):
            till.write(lambda _: None).result()
            expected = shifts.shift_totals(till).expected_minor(CASH)
            counted = max(0, expected + wrong)
            handed = min(counted, top)
            approved(
                till,
                lambda grants: shifts.close_shift(
                    till, {CASH: counted}, handed_up_minor=handed, approval=grants
                ),
            ).saved.result()
            shifts.open_shift(till, counted - handed).saved.result()


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(actions=ACTIONS, wrong=st.integers(-30, 30))
def test_every_z_is_the_sum_of_its_journal_and_its_cash_is_accounted_for(actions, wrong):
    """I4 and I5, counted again from the entries without the product's own totals."""
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        till = open_till(Path(folder))
        stack.callback(till.journal.close)
        staff(till)
        act_as(till, "1001")
        begin_day(till)
        for action in actions:
            perform(till, action)
        till.write(lambda _: None).result()
        expected = shifts.shift_totals(till).expected_minor(CASH)
        counted = max(0, expected + wrong)
        z = approved(
            till, lambda grants: shifts.close_day(till, {CASH: counted}, approval=grants)
        ).saved.result()
        sold = entries(till, EntryKind.TRANSACTION)
        moved = entries(till, EntryKind.CASH_MOVEMENT)
        closes = entries(till, EntryKind.SHIFT_CLOSE)
    lines = [line for one in sold for line in one.lines]
    tenders = [tender for one in sold for tender in one.tenders]
    assert z.totals.gross_sales_minor == sum(line.amount_minor for line in lines)
    assert z.totals.units_sold_milli == sum(line.quantity_milli for line in lines)
    for name, total in z.totals.tenders.items():
        assert total.amount_minor == sum(t.amount_minor for t in tenders if t.tender_type == name)
    assert z.perpetual_gross_minor == z.totals.gross_sales_minor
    in_out = sum(one.amount_minor * (1 if one.movement == "paid_in" else -1) for one in moved)
    cash_taken = sum(t.amount_minor for t in tenders if t.tender_type == CASH)
    handed_up = sum(close.handed_up_minor for close in closes[:-1])
    missing = sum(
        one.over_short_minor
        for close in closes[:-1]
        for one in close.counted
        if one.tender_type == CASH
    )
    (day_cash,) = [one for one in z.counted if one.tender_type == CASH]
    assert day_cash.expected_minor == 50_000 + cash_taken + in_out - handed_up
    assert day_cash.over_short_minor == missing + counted - expected
