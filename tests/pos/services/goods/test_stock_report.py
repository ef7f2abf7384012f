"""The till's stock report and what was earned, against figures made by hand (STK-16, REP-10)."""

from __future__ import annotations

import csv
import random

import pytest
from click.testing import CliRunner

from pos.commands.goods import goods
from pos.domain.goods.documents import DocumentKind
from pos.domain.planning.margins import Move, margins
from pos.services import shifts
from pos.services.goods import margins as earned
from pos.services.goods import report_tables, stock_report
from pos.store import stock_ledger
from tests.pos.services.goods.stockroom import line, post
from tests.pos.services.shop import act_as, begin_day, sell

RECEIPT, SCRAP, OPENING = DocumentKind.RECEIPT, DocumentKind.SCRAP, DocumentKind.OPENING


def next_day(till, day):
    cash = shifts.shift_totals(till).expected_minor("cash")
    closed = shifts.close_day(till, {"cash": cash})
    assert isinstance(closed, shifts.DayClosed), closed
    closed.saved.result()
    begin_day(till, day)


@pytest.fixture
def traded(open_shop):
    """Two days: an opening, a dearer delivery, sales, a loan and some scrap."""
    act_as(open_shop, "8001")
    post(open_shop, OPENING, line(1, "NOOD", 20_000, 20_000))
    sell(open_shop, ("NOOD", 4_000))
    next_day(open_shop, "2026-11-22")
    post(open_shop, RECEIPT, line(1, "NOOD", 16_000, 40_000), line(2, "W550", 12_000, 10_000))
    sell(open_shop, ("NOOD", 6_000))
    post(open_shop, SCRAP, line(1, "NOOD", 1_000))
    post(open_shop, DocumentKind.LOAN_OUT, line(1, "W550", 2_000))
    return open_shop


def of(found, code):
    (row,) = (row for row in found.rows if row.key == code)
    return row


def test_stk_16_opening_in_out_adjusted_and_closing_are_what_happened(traded):
    first = of(stock_report.report(traded, "2026-11-21", "2026-11-21"), "NOOD")
    assert (first.opening_milli, first.adjust_milli, first.out_milli) == (0, 20_000, 4_000)
    assert (first.closing_milli, first.unit_cost_e4, first.value_minor) == (16_000, 20_000, 3_200)
    # (0 + 16) / 2 on hand, 4 sold a day: two days.
    assert first.turnover_days == 2
    second = of(stock_report.report(traded, "2026-11-22", "2026-11-22"), "NOOD")
    assert (second.opening_milli, second.in_milli, second.out_milli) == (16_000, 16_000, 7_000)
    # 16 at 2.00 and 16 at 4.00: 3.00 each, before anything was sold or scrapped of them.
    assert (second.closing_milli, second.value_minor) == (25_000, 7_500)
    assert (second.cost_minor, second.lost_minor) == (1_800, 300)
    both = stock_report.report(traded, "2026-11-21", "2026-11-22")
    assert both.classes() == stock_report.report(traded, "2026-11-21", "2026-11-22", "class")
    assert of(both, "NOOD").opening_milli == 0
    assert of(both, "W550").closing_milli == 10_000
    assert both.value_minor == 7_500 + 1_000
    assert not both.own_movements


def test_the_report_is_the_same_before_and_after_the_ledger_is_folded(traded):
    periods = [("2026-11-21", "2026-11-21"), ("2026-11-22", "2026-11-22")]
    asked = [(days, by) for days in periods for by in ("item", "class", "batch")]
    before = [stock_report.report(traded, *days, by) for days, by in asked]
    earnings = [earned.earnings(traded, *days, "item") for days in periods]
    traded.journal.run(lambda txn: stock_ledger.fold_all(txn.connection))
    assert [stock_report.report(traded, *days, by) for days, by in asked] == before
    assert [earned.earnings(traded, *days, "item") for days in periods] == earnings


def test_batches_are_taken_off_in_the_order_of_their_dates(open_shop):
    act_as(open_shop, "8001")
    post(
        open_shop,
        RECEIPT,
        line(1, "NOOD", 5_000, 20_000, batch="LATE", expiry="2027-06-01"),
        line(2, "NOOD", 3_000, 20_000, batch="SOON", expiry="2027-01-01"),
    )
    sell(open_shop, ("NOOD", 4_000))
    found = stock_report.report(open_shop, "2026-11-21", "2026-11-21", "batch")
    assert {row.batch: row.closing_milli for row in found.of_item("NOOD").rows} == {
        "LATE": 4_000,
        "SOON": 0,
    }
    assert found.of_item("W550").rows == []


def test_rep_10_what_was_earned_is_sales_less_what_sold_goods_had_cost_less_losses(traded):
    found = earned.earnings(traded, "2026-11-22", "2026-11-22")
    (row,) = (row for row in found.rows if row.key == "NOOD")
    charged = row.figures.revenue_minor
    assert (row.figures.sold_milli, row.figures.cost_minor) == (6_000, 1_800)
    assert (row.figures.bought_milli, row.figures.bought_minor) == (16_000, 6_400)
    assert (row.figures.lost_milli, row.figures.lost_minor) == (1_000, 300)
    assert row.figures.margin_minor == charged - 1_800 - 300
    assert charged > 0
    # An opening count is neither bought nor earned: it has no row.
    first = earned.earnings(traded, "2026-11-21", "2026-11-21")
    assert [row.key for row in first.rows] == ["NOOD"]
    assert earned.earnings(traded, "2026-11-20", "2026-11-20").rows == []
    classes = earned.earnings(traded, "2026-11-22", "2026-11-22", "class")
    assert classes.whole == found.whole
    assert sum(row.figures.margin_minor for row in classes.rows) == found.whole.margin_minor


@pytest.mark.parametrize("seed", range(3))
def test_costs_are_those_of_a_walk_through_the_whole_ledger(open_shop, seed):
    """Items repriced in the period are walked through whole, others begin with what they cost."""
    chance = random.Random(seed)
    act_as(open_shop, "8001")
    for day in ("2026-11-21", "2026-11-22", "2026-11-23", "2026-11-24"):
        open_shop.business_day = day
        for _ in range(6):
            code, quantity = chance.choice(["NOOD", "W550"]), 1_000 * chance.randint(1, 9)
            step = chance.choice(["in", "sell", "sell", "scrap", "fold"])
            if step == "in":
                kind = chance.choice([RECEIPT, DocumentKind.TRANSFER_IN])
                cost = chance.choice([None, chance.randint(1, 90_000)])
                post(open_shop, kind, line(1, code, quantity, cost))
            elif step == "sell":
                sell(open_shop, (code, quantity))
            elif step == "scrap":
                post(open_shop, SCRAP, line(1, code, quantity))
            else:
                open_shop.journal.run(lambda txn: stock_ledger.fold(txn.connection, rows=4))
    rows = open_shop.journal.reader().execute(
        "SELECT item_code, business_day, quantity_milli, reason, place, unit_cost_e4 "
        "FROM stock_movement ORDER BY entry_id, line_no"
    )
    moves = [Move(*row) for row in rows]
    for first, last in (("2026-11-21", "2026-11-24"), ("2026-11-23", "2026-11-23")):
        found = earned.by_item_and_day(open_shop, first, last)
        averages = {}
        wanted = margins([m for m in moves if m.business_day <= last], {}, first, last, averages)
        assert {
            key: (one.cost_minor, one.lost_minor, one.bought_minor, one.uncosted_milli)
            for key, one in found.items()
        } == {
            key: (one.cost_minor, one.lost_minor, one.bought_minor, one.uncosted_milli)
            for key, one in wanted.items()
        }
        for row in stock_report.report(open_shop, first, last).rows:
            assert row.unit_cost_e4 == averages[row.key].unit_cost_e4


def test_only_who_may_see_costs_sees_the_report(open_shop):
    act_as(open_shop, "1001")
    assert not stock_report.may_see(open_shop)
    act_as(open_shop, "8001")
    assert stock_report.may_see(open_shop)


@pytest.mark.parametrize(
    ("what", "days"),
    [
        ("day", ("2026-03-05", "2026-03-05")),
        ("month", ("2026-03-01", "2026-03-05")),
        ("last_month", ("2026-02-01", "2026-02-28")),
    ],
)
def test_a_month_ends_today_or_with_its_last_day(open_shop, what, days):
    open_shop.business_day = "2026-03-05"
    assert stock_report.period_of(open_shop, what) == days


def test_a_page_is_printed_with_its_totals(traded):
    page = report_tables.stock_figures(stock_report.report(traded, "2026-11-21", "2026-11-22"))
    job_id = report_tables.print_page(traded, page, ["方便面", "水"])
    traded.write(lambda _: None).result(5)
    row = traded.journal.reader().execute(
        "SELECT document FROM print_job WHERE job_id = ?", (job_id,)
    )
    text = row.fetchone()[0].decode()
    assert "方便面" in text
    assert "85.00" in text
    assert page.totals[4:6] == ("35", "85.00")


def test_the_commands_write_the_same_figures_as_csv(traded, tmp_path):
    file = tmp_path / "stock.csv"
    home = ["--home", str(traded.home), "--from", "2026-11-22", "--to", "2026-11-22"]
    done = CliRunner().invoke(goods, ["report", *home, "--by", "item", "--csv", str(file)])
    assert done.exit_code == 0, done.output
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = {row["item_code"]: row for row in csv.DictReader(stream)}
    assert (rows["NOOD"]["opening"], rows["NOOD"]["closing"]) == ("16", "25")
    assert (rows["NOOD"]["value"], rows["NOOD"]["losses"]) == ("75.00", "3.00")
    done = CliRunner().invoke(goods, ["earned", *home, "--by", "class"])
    assert done.exit_code == 0, done.output
    assert "margin" in done.output
    wrong = ["earned", "--home", str(traded.home), "--from", "2026-11-23", "--to", "2026-11-22"]
    assert CliRunner().invoke(goods, wrong).exit_code == 2
