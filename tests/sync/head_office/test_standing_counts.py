"""Counts that head office draws and proposes by itself, calendars, causes, reasons in bulk (STK-05..12)."""

from __future__ import annotations

import datetime as dt

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from pos.domain.goods.documents import DocumentKind
from sync.head_office import (
    count_causes,
    count_cycles,
    count_plans,
    count_progress,
    count_reasoning,
    count_rows,
    count_standing,
    store_reminders,
)
from sync.head_office.cli import cli
from sync.head_office.count_opening import NotReady
from sync.head_office.count_periods import Every, before, period, period_of
from sync.head_office.count_plans import CountPlan
from sync.head_office.count_reasoning import Given, LineFilter
from sync.head_office.count_rows import KeptLine, StockCount
from sync.head_office.goods_counts import GoodsCounts
from sync.head_office.refusals import Refused
from sync.head_office.rights import NotAllowed
from tests.sync.head_office.orders_kit import FINANCE, WRITER
from tests.sync.head_office.registers_chain import RegistersChain, Registrar

DAY_MS = 86_400_000


@pytest.fixture
def shop(hq):
    return Registrar(hq)


@pytest.fixture
def counts(shop):
    return GoodsCounts(shop.bureau.feed)


def found(shop, store_id: str = "01") -> list[StockCount]:
    return count_rows.find(shop.office.dialect, store_id=store_id)


def go_to(shop, day: dt.date) -> None:
    """Move head office's clock to a day."""
    shop.bureau.hq.clock.now_ms += (day - shop.office.today()).days * DAY_MS


def post(shop, count: StockCount) -> None:
    """As if the till had posted the result."""
    done = msgspec.structs.replace(count, state="posted", approved_utc_ms=1)
    with shop.office.dialect.transaction():
        count_rows.put(shop.office.dialect, done)


# ------------------------------------------------------------------------------ periods


@given(
    st.sampled_from([Every.WEEK, Every.MONTH, Every.QUARTER]),
    st.dates(dt.date(2001, 1, 1), dt.date(2098, 1, 1)),
)
def test_every_day_lies_in_one_period_which_its_code_names(every, day):
    one = period_of(every, day)
    assert one.has(day.isoformat())
    assert period(one.code) == one
    (_, previous) = before(every, day, 2)
    end = dt.date.fromisoformat(previous.last)
    assert (dt.date.fromisoformat(one.first) - end).days == 1
    assert len(one.days_after(previous.last)) in {7, 28, 29, 30, 31, 90, 91, 92}


@pytest.mark.parametrize(
    "code", ["2026-13", "2026-Q5", "2026-W54", "2025-W53", "26-1", "", "2026-00"]
)
def test_a_code_of_no_period_is_refused(code):
    with pytest.raises(ValueError, match="expected a month"):
        period(code)


# ------------------------------------------------------------------------ standing draws


def test_a_plan_draws_one_day_of_each_month_and_the_store_hears_of_it_on_that_day(shop, counts):
    """STK-05: secret until it comes."""
    go_to(shop, dt.date(2026, 12, 3))
    assert count_standing.draw_due(counts) == []  # control: nobody asked for it
    count_plans.set_plan(
        shop.office, FINANCE, CountPlan(every=Every.MONTH, passes=2, item_classes=("food",))
    )
    drawn = count_standing.draw_due(counts)
    assert {one.store_id for one in drawn} == {"01", "02"}
    assert all("2026-12-04" <= one.due_day <= "2026-12-31" for one in drawn)
    (one,) = found(shop)
    assert (one.state, one.opened_by, one.passes, one.item_classes) == (
        "drawn",
        FINANCE.name,
        2,
        ("food",),
    )
    assert count_standing.draw_due(counts) == []
    assert counts.orders.published("01", one.count_id) is None
    go_to(shop, dt.date.fromisoformat(one.due_day))
    counts.tend()
    told = counts.orders.published("01", one.count_id)
    assert told is not None
    assert (told.order_kind, told.state, told.fields["passes"]) == ("count", "open", "2")


def test_on_the_eve_of_a_month_its_first_day_can_be_drawn_too(shop, counts, monkeypatch):
    """STK-05."""
    monkeypatch.setattr("sync.head_office.count_opening.secrets.choice", lambda days: days[0])
    go_to(shop, dt.date(2026, 12, 31))
    count_plans.set_plan(shop.office, FINANCE, CountPlan(every=Every.MONTH))
    days = {one.due_day for one in count_standing.draw_due(counts)}
    assert days == {"2027-01-01"}


def test_a_count_of_some_items_does_not_keep_a_store_from_being_reminded(shop, counts):
    """What stands in the way of one store's drawing stops neither the others' nor their reminders."""
    go_to(shop, dt.date(2026, 12, 3))
    counts.open("01", by=FINANCE.name, item_codes=("A",))
    count_plans.set_plan(shop.office, FINANCE, CountPlan(every=Every.MONTH))
    assert {one.store_id for one in count_standing.draw_due(counts)} == {"02"}


def test_a_store_follows_its_own_plan_and_then_that_of_all_again(shop, counts):
    """STK-10: weekly, monthly, quarterly."""
    go_to(shop, dt.date(2026, 12, 8))
    count_plans.set_plan(shop.office, FINANCE, CountPlan(every=Every.MONTH))
    count_plans.set_plan(shop.office, FINANCE, CountPlan(store_id="02", every=Every.WEEK))
    count_standing.draw_due(counts)
    (weekly,) = found(shop, "02")
    assert "2026-12-09" <= weekly.due_day <= "2026-12-13"
    count_plans.drop_plan(shop.office, FINANCE, "02")
    assert count_plans.plans(shop.office.dialect)["02"].every is Every.MONTH
    with pytest.raises(NotAllowed):
        count_plans.set_plan(shop.office, WRITER, CountPlan(every=Every.WEEK))
    with pytest.raises(Refused):
        count_plans.set_plan(shop.office, FINANCE, CountPlan(cycle_days_c=5000))
    with pytest.raises(LookupError):
        count_plans.set_plan(shop.office, FINANCE, CountPlan(store_id="99"))


def test_a_count_that_somebody_gave_up_is_not_drawn_again_by_itself(shop, counts):
    go_to(shop, dt.date(2026, 12, 3))
    count_plans.set_plan(shop.office, FINANCE, CountPlan(every=Every.MONTH))
    count_standing.draw_due(counts)
    counts.cancel(found(shop)[0], by=FINANCE.name, note="flood")
    assert count_standing.draw_due(counts) == []
    (store, _other) = count_standing.without_count(count_standing.calendar(shop.office))
    assert (store.store_id, store.cells[0].state) == ("01", "cancelled")


def test_quiet_moments_draw_what_is_due(shop):
    go_to(shop, dt.date(2026, 12, 3))
    count_plans.set_plan(shop.office, FINANCE, CountPlan(every=Every.MONTH))
    shop.bureau.hq.engine.goods_jobs.run()
    assert [one.state for one in found(shop)] == ["drawn"]


# ------------------------------------------------------------------ calendar, reminders


def test_stores_without_this_periods_count_are_listed_until_it_is_posted(shop, counts):
    """STK-05, STK-10."""
    go_to(shop, dt.date(2026, 12, 3))
    assert count_standing.without_count(count_standing.calendar(shop.office)) == []
    count_plans.set_plan(shop.office, FINANCE, CountPlan(every=Every.MONTH))
    count_standing.draw_due(counts)
    listed = count_standing.without_count(count_standing.calendar(shop.office))
    assert [(one.store_id, one.cells[0].state) for one in listed] == [
        ("01", "drawn"),
        ("02", "drawn"),
    ]
    post(shop, found(shop)[0])
    listed = count_standing.without_count(count_standing.calendar(shop.office))
    assert [one.store_id for one in listed] == ["02"]


def test_a_period_without_a_posted_count_is_a_finding_but_not_one_before_the_plan(shop, counts):
    """STK-10: overdue."""
    go_to(shop, dt.date(2026, 12, 3))
    count_plans.set_plan(shop.office, FINANCE, CountPlan(every=Every.MONTH))
    count_standing.draw_due(counts)
    store_reminders.remind(shop.office)
    assert "count_missed" not in shop.bureau.hq.audit()
    post(shop, found(shop, "01")[0])
    counts.cancel(found(shop, "02")[0], by=FINANCE.name, note="flood")
    go_to(shop, dt.date(2027, 1, 2))
    store_reminders.remind(shop.office)
    rows = shop.bureau.hq.rows(
        "SELECT store_id, subject FROM sales_audit WHERE code = 'count_missed'"
    )
    assert rows == [("02", "2026-12")]


def test_a_count_that_stays_open_for_days_is_overdue(shop, counts):
    """STK-10."""
    count = counts.open("01", by=FINANCE.name)
    shop.bureau.hq.clock.now_ms += 3 * DAY_MS
    assert count_standing.overdue(shop.office) == []
    shop.bureau.hq.clock.now_ms += DAY_MS
    ((late, days),) = count_standing.overdue(shop.office)
    assert (late.count_id, days) == (count.count_id, 4)
    store_reminders.remind(shop.office)
    assert "count_overdue" in shop.bureau.hq.audit()


# ------------------------------------------------------------------------- cycle counts


def test_goods_are_proposed_by_class_once_their_days_are_over_and_not_twice(shop, counts):
    """REP-03, STK-12: A monthly, B quarterly, C yearly."""
    shop.paper("01", DocumentKind.RECEIPT, 50, 40, code="A")
    shop.paper("01", DocumentKind.OPENING, 50, 40, code="B")
    shop.bureau.hq.engine.goods_jobs.run()

    def due():
        return {
            one.grade: [item.item_code for item in one.items]
            for one in count_cycles.due(shop.office, "01")
        }

    # Nothing was sold: both are C. A was never counted, B forty days ago.
    assert due() == {"A": [], "B": [], "C": ["A"]}
    plan = CountPlan(store_id="01", cycle_days_c=30)
    count_plans.set_plan(shop.office, FINANCE, plan)
    assert due()["C"] == ["A", "B"]  # never counted goes first
    count_plans.set_plan(shop.office, FINANCE, msgspec.structs.replace(plan, cycle_days_c=0))
    assert "C" not in due()
    count_plans.set_plan(shop.office, FINANCE, plan)
    made = count_cycles.open_cycle(counts, "01", "C", by=FINANCE.name)
    assert (made.count_kind, made.item_codes) == ("cycle", ("A", "B"))
    (one,) = [one for one in count_cycles.due(shop.office, "01") if one.grade == "C"]
    assert (one.items, one.open_items) == ((), 2)
    with pytest.raises(LookupError):
        count_cycles.open_cycle(counts, "01", "C", by=FINANCE.name)
    post(shop, made)
    assert due()["C"] == []
    shop.bureau.hq.clock.now_ms += 31 * DAY_MS
    assert due()["C"] == ["A", "B"]


# ----------------------------------------------------------------------------- progress


def test_a_count_shows_areas_pieces_and_counters_as_they_arrive(shop, counts):
    """STK-05: how many, never how they compare with the books."""
    count = counts.open("01", by=FINANCE.name)
    empty = count_progress.progress(shop.office.dialect, count)
    assert ([one.state for one in empty.tills], empty.pieces_milli) == (["none"], 0)
    shop.counting("01", count.count_id)
    now = count_progress.progress(shop.office.dialect, count)
    assert (now.items, now.lines, now.pieces_milli) == (2, 4, 14_000)
    assert [(one.area, one.counters, one.pieces_milli, one.done) for one in now.areas] == [
        ("1", ("1001",), 8_000, True),
        ("2", ("1002",), 6_000, False),
    ]
    assert [(one.counter_id, one.lines) for one in now.counters] == [("1001", 2), ("1002", 2)]
    assert now.tills[0].state == "counting"


# ---------------------------------------------------------------------- reasons, causes


def line(code: str, variance: int, value_each: int | None = 10_000, **more: object) -> KeptLine:
    values: dict[str, object] = {
        "batch": "", "description": f"goods {code}", "item_class": "food", "unit": "",
        "counted_milli": 10_000 + variance, "expected_milli": 10_000,
        "item_variance_milli": variance, "unit_cost_e4": value_each, "unit_price_e4": None,
        "finding": "agreed", "pass_no": 1, "counted_utc_ms": 1, "moved_meanwhile_milli": 0,
        "areas": (), "counters": (),
    }  # fmt: skip
    return KeptLine(item_code=code, **(values | more))


@pytest.fixture
def computed(shop, counts):
    """A computed count with four differences."""
    opened = counts.open("01", by=FINANCE.name)
    count = msgspec.structs.replace(opened, state="computed")
    with shop.office.dialect.transaction():
        count_rows.put(shop.office.dialect, count)
        count_rows.put_lines(
            shop.office.dialect,
            count,
            [
                line("A", -2000),
                line("B", 1000, item_class="drink"),
                line("C", -50_000),
                line("D", -1000, None),
            ],
        )
    return count


def reasons(shop, count) -> dict[str, str]:
    lines = count_rows.lines(shop.office.dialect, "01", count.count_id)
    return {one.item_code: one.reason for one in lines}


def test_one_reason_goes_to_all_that_a_filter_names(shop, counts, computed):
    """STK-11: by class, by value under a limit, by side."""

    def give(reason, note="", **wanted):
        return count_reasoning.give_where(
            counts, computed, LineFilter(**wanted), reason, note, by="Zhang"
        )

    assert give("weight_loss", item_class="food", under_minor=300) == 1
    assert reasons(shop, computed) == {"A": "weight_loss", "B": "", "C": "", "D": ""}
    assert give("miscount", side="surplus") == 1
    assert give("theft", text="goods c") == 1
    assert give("damage", given="none") == 1
    assert reasons(shop, computed)["D"] == "damage"
    assert give("other", "all wet") == 0  # those with a reason keep it
    assert count_reasoning.give_where(
        counts, computed, LineFilter(), "other", "all wet", by="Zhang", also_given=True
    ) == 4  # fmt: skip
    with pytest.raises(Refused):
        give("other", given="other")
    with pytest.raises(Refused):
        give("")
    history = count_rows.history(shop.office.dialect, computed)
    assert [note for _, _, action, note in history if action == "reason"][-1].startswith("4 lines")


def test_a_page_of_reasons_is_kept_whole_or_not_at_all(shop, counts, computed):
    """STK-11: what was typed is judged line by line, nothing is lost between them."""

    def typed(number, code, reason, note=""):
        return Given(number=number, item_code=code, batch="", reason=reason, note=note)

    good = [typed(1, "A", "theft"), typed(2, "B", "")]
    with pytest.raises(Refused) as refused:
        count_reasoning.give_lines(
            counts,
            computed,
            [*good, typed(3, "C", "other"), typed(4, "D", "nonsense")],
            by="Zhang",
        )
    assert [one.field for one in refused.value.problems] == ["note-3", "reason-4"]
    assert set(reasons(shop, computed).values()) == {""}
    assert count_reasoning.give_lines(counts, computed, good, by="Zhang") == 1
    assert count_reasoning.give_lines(counts, computed, good, by="Zhang") == 0
    assert reasons(shop, computed)["A"] == "theft"
    done = msgspec.structs.replace(computed, state="posted")
    with pytest.raises(NotReady):
        count_reasoning.give_lines(counts, done, good, by="Zhang")


def test_causes_are_summed_by_month_over_counts_that_were_approved(shop, counts, computed):
    """STK-11."""
    count_reasoning.give_where(counts, computed, LineFilter(side="shortage"), "theft", "", by="Z")
    count_reasoning.give_where(counts, computed, LineFilter(), "miscount", "", by="Z")
    month = computed.due_day[:7]

    def causes():
        return count_causes.by_month(shop.office.dialect, first_month=month, last_month=month)

    assert causes() == []  # control: nothing was approved
    post(shop, computed)
    (miscount, theft) = causes()
    assert (miscount.reason, miscount.surplus_milli, miscount.value_minor) == (
        "miscount",
        1000,
        100,
    )
    assert (theft.lines, theft.shortage_milli, theft.value_minor, theft.unvalued) == (
        3,
        53_000,
        -5200,
        1,
    )
    assert count_causes.by_month(
        shop.office.dialect, first_month="2030-01", last_month="2030-02"
    ) == []  # fmt: skip


# ---------------------------------------------------------------------- command line


def test_plans_and_the_calendar_work_from_the_command_line(tmp_path):
    chain = RegistersChain(tmp_path / "hq")
    chain.close()

    def hq(*arguments: str):
        return CliRunner().invoke(
            cli, ["count", arguments[0], "--home", str(chain.folder), *arguments[1:]]
        )

    assert hq("calendar").exit_code == 0
    refused = hq("plan", "--every", "month", "--by", "Wang")
    assert refused.exit_code == 1
    assert "count_open" in refused.output
    made = hq("plan", "--every", "quarter", "--by", "Zhang", "--daily-total")
    assert made.exit_code == 0, made.output
    shown = hq("calendar", "--store", "01")
    assert shown.exit_code == 1  # this quarter's count is not posted
    assert shown.output.startswith("01  quarter  20")
    ended = hq("plan", "--every", "never", "--by", "Zhang")
    assert ended.exit_code == 0, ended.output
    assert hq("calendar").exit_code == 0
