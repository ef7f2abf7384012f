"""Head office's planning: margins by the ledger, forecasts against sales, ABC, plans (REP-03, -06, -09..13)."""

from __future__ import annotations

import csv
import datetime as dt
import io

import pytest

from pos.domain.goods.documents import DocumentKind
from sync.head_office import goods_planning, sales_plans, stock_fold, stock_reports
from sync.head_office.feed import Feed
from sync.head_office.people import Person
from sync.head_office.rights import NotAllowed
from sync.protocol import FeedChanges, FeedItem
from tests.sync.head_office.goods_kit import document, goods_line, post
from tests.sync.head_office.office_kit import JournalingTill, line, transaction
from tests.sync.head_office.pages_kit import Pages
from tests.sync.head_office.stock_chain import StockChain

FIRST = dt.date(2026, 10, 1)
LATER = (FIRST + dt.timedelta(days=50)).isoformat()
DAYS = [(FIRST + dt.timedelta(days=n)).isoformat() for n in range(42)]
PLANNER, APPROVER, CLERK = Person("Li", "goods"), Person("Zhang", "finance"), Person("W", "clerk")


@pytest.fixture
def traded(hq):
    """Six weeks at two tills: A sells 3 a day and 6 on Sundays, B one now and then, C never."""
    tills = [JournalingTill(), JournalingTill(workstation_uuid="uuid-2", workstation_id="2")]
    for number, till in enumerate(tills):
        till.open()
        hq.source(till)
        till.business_day = DAYS[0]
        if number == 0:
            lines = [
                goods_line(n, code, 500, unit_cost_e4=60_000) for n, code in enumerate("ABC", 1)
            ]
            post(till, document("in", lines))
        for place, day in enumerate(DAYS):
            till.business_day = day
            sunday = dt.date.fromisoformat(day).weekday() == 6
            pieces = (2 if sunday else 1) if number else (4 if sunday else 2)
            till.sell(transaction(place + 1, [line(1, "A", pieces * 1000, pieces * 1_000)]))
            if number == 0 and place % 14 == 13:
                till.sell(transaction(100 + place, [line(1, "B", 1000, 900)]))
        if number == 0:
            scrap = document("bad", [goods_line(1, "A", 2)], kind=DocumentKind.SCRAP)
            post(till, scrap)
        hq.take(till)
    items = tuple(FeedItem(item_code=c, name=f"name {c}", item_class="food") for c in "ABC")
    Feed(hq.office).publish(FeedChanges(items=items))
    return hq


def rows(hq, first=DAYS[28], last=DAYS[41], by="item"):
    found = goods_planning.report(hq.office, "01", first, last, by)
    return found, {row.key: row for row in found.rows}


def test_rep_10_sales_cost_loss_and_margin_are_the_ledgers_of_all_tills(traded):
    found, by_item = rows(traded)

    a = by_item["A"]
    # Two weeks of 6 × 3 + 6 pieces at 10.00, at a cost of 6.00, and two written off.
    assert (a.sold_milli, a.revenue_minor) == (48_000, 48_000)
    assert (a.cost_minor, a.lost_minor, a.margin_minor) == (28_800, 1_200, 18_000)
    assert a.before_minor == 48_000
    assert (by_item["C"].sold_milli, by_item["C"].value_minor) == (0, 300_000)
    assert found.total.margin_minor == sum(row.margin_minor for row in found.rows)


def test_figures_are_the_same_before_and_after_the_ledger_is_folded(traded):
    before = rows(traded)[0]
    stock_fold.fold_all(traded.office.dialect)
    assert rows(traded)[0] == before


def test_rep_06_a_regular_item_is_forecast_from_the_weeks_before(traded):
    a = rows(traded)[1]["A"]

    assert a.actual_milli == 48_000
    assert abs(a.forecast_milli - 48_000) <= 2_500
    assert a.error_bp is not None
    assert a.error_bp < 800


def test_rep_03_rep_11_abc_and_turnover(traded):
    by_item = rows(traded)[1]

    assert {code: row.abc for code, row in by_item.items()} == {"A": "A", "B": "C", "C": "C"}
    assert by_item["A"].turnover_days == 354 * 14 // 48
    assert by_item["C"].turnover_days is None


def test_classes_add_their_items_up(traded):
    found, by_item = rows(traded)
    _, by_class = rows(traded, by="class")

    food = by_class["food"]
    assert food.revenue_minor == sum(row.revenue_minor for row in by_item.values())
    assert food.margin_minor == found.total.margin_minor


def test_rep_10_a_past_month_keeps_its_cost_when_the_average_moves(traded):
    """STK-16: what was sold keeps the cost of its moment, whatever is delivered later."""
    before = rows(traded)[1]["A"]
    stock = stock_reports.report(traded.office.dialect, "01", DAYS[28], DAYS[41])
    value = {row.key: (row.value_minor, row.cost_minor, row.lost_minor) for row in stock.rows}
    assert value["A"][1:] == (before.cost_minor, before.lost_minor) == (28_800, 1_200)
    till = JournalingTill(workstation_uuid="uuid-3", workstation_id="3")
    till.open()
    traded.source(till)
    till.business_day = LATER
    for _ in range(200):
        till.note()  # each a second later, so that the delivery comes after all of the others
    dear = [goods_line(1, "A", 1_000, unit_cost_e4=900_000)]
    post(till, document("dear", dear, kind=DocumentKind.RECEIPT))
    till.sell(transaction(900, [line(1, "A", 1000, 1_000)]))
    traded.take(till)
    for _ in range(2):
        after = rows(traded)[1]["A"]
        assert (after.cost_minor, after.lost_minor, after.margin_minor) == (
            before.cost_minor, before.lost_minor, before.margin_minor,
        )  # fmt: skip
        again = stock_reports.report(traded.office.dialect, "01", DAYS[28], DAYS[41])
        assert {
            row.key: (row.value_minor, row.cost_minor, row.lost_minor) for row in again.rows
        } == value
        # The control: the average itself has moved, and the new day's sale is that dear.
        assert stock_reports.report(
            traded.office.dialect, "01", LATER, LATER
        ).rows[0].cost_minor > 5_000  # fmt: skip
        stock_fold.fold_all(traded.office.dialect)


def test_rep_10_a_changed_plan_is_approved_anew_by_another_person(traded):
    office, month = traded.office, DAYS[41][:7]
    sales_plans.set_plan(office, PLANNER, "01", month, "", 100_000)
    with pytest.raises(NotAllowed):
        sales_plans.approve_plans(office, PLANNER, "01", month)
    with pytest.raises(NotAllowed):
        sales_plans.set_plan(office, CLERK, "01", month, "", 1)
    assert sales_plans.approve_plans(office, APPROVER, "01", month) == 1
    (plan,) = sales_plans.plans(office, "01", month)
    sold = sum(row.revenue_minor for row in rows(traded, f"{month}-01", f"{month}-30")[0].rows)
    assert (plan.approved_by, plan.actual_minor) == ("Zhang", sold)
    assert plan.reached_bp == sold * 10_000 // 100_000

    sales_plans.set_plan(office, PLANNER, "01", month, "", 90_000)
    assert sales_plans.plans(office, "01", month)[0].approved_by == ""


@pytest.mark.parametrize("month", ["2026-13", "26-11", ""])
def test_a_plan_of_no_month_is_refused(traded, month):
    with pytest.raises(ValueError, match="month"):
        sales_plans.set_plan(traded.office, PLANNER, "01", month, "", 1)


# -------------------------------------------------------------------------------- the page


@pytest.fixture(scope="module")
def chain(tmp_path_factory):
    made = StockChain(tmp_path_factory.mktemp("chain") / "hq", sales_a_day=8)
    yield made
    made.close()


@pytest.fixture(scope="module")
def pages(chain):
    with Pages(chain.folder) as served:
        yield served


@pytest.mark.parametrize("language", ["en-GB", "zh-CN"])
@pytest.mark.parametrize("path", ["/planning", "/planning?store=001&by=class"])
def test_the_page_answers_in_both_languages_to_signed_in_people_only(pages, path, language):
    with pages.client() as stranger:
        assert stranger.get(path).status_code == 303
    with pages.signed_in(**{"Accept-Language": language}) as client:
        answer = client.get(path)
        assert answer.status_code == 200
        assert 'id="planning"' in answer.text
        assert "<script>alert" not in answer.text


def test_the_file_has_a_line_for_each_item_and_guards_formulas(pages):
    with pages.signed_in() as client:
        answer = client.get("/planning?store=001&format=csv")
        found = list(csv.DictReader(io.StringIO(answer.text.removeprefix("\ufeff"))))
    assert found
    assert set(found[0]) == {*goods_planning.COLUMNS, "class_name"}
    assert not any(row["description"].startswith("=") for row in found)


def test_a_plan_is_entered_on_the_page_and_shown_against_sales(pages, chain):
    month = chain.last_day[:7]
    with pages.signed_in() as client:
        shown = client.get("/planning?store=001").text
        token = shown.split('name="csrf" value="', 1)[1].split('"', 1)[0]
        form = {"csrf": token, "store": "001", "month": month, "item_class": "", "amount": "1,000"}
        assert client.post("/planning/plan", data=form).status_code == 303
        assert "1,000.00" in client.get(f"/planning?store=001&to={chain.last_day}").text
        forged = client.post("/planning/plan", data={**form, "csrf": "x"})
        assert forged.status_code in (400, 403)
        own = client.post("/planning/plan", data={**form, "approve": "1"})
        assert own.status_code == 403
