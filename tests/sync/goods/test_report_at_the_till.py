"""A shop with one till: its own report is head office's, figure for figure (STK-16, REP-10)."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import msgspec
import pytest

from pos.domain.goods.documents import DocumentKind
from pos.services.goods import margins, stock_report
from sync.head_office import stock_fold, stock_reports
from tests.pos.services import shop as support
from tests.pos.services.goods.stockroom import line, post
from tests.sync.goods.world import GoodsWorld

STORE = "01"
DAYS = ("2026-11-21", "2026-11-22")


@pytest.fixture
def world():
    made = GoodsWorld(Path(tempfile.mkdtemp(prefix="guitai-report-")), random.Random(3))
    yield made
    made.close()


def trade(till):
    """Two days of everything at one till of the store."""
    support.act_as(till, "8001")
    support.begin_day(till)
    for day, cost in zip(DAYS, (20_000, 31_000), strict=True):
        till.business_day = day
        post(
            till,
            DocumentKind.RECEIPT,
            line(1, "NOOD", 9_000, cost, batch="L1", expiry="2027-06-01"),
            line(2, "W550", 20_000, cost // 2),
        )
        support.sell(till, ("NOOD", 4_000), ("W550", 3_000))
        post(till, DocumentKind.SCRAP, line(1, "W550", 2_000))
        post(till, DocumentKind.LOAN_OUT, line(1, "W550", 1_000))
        support.sell(till, ("NOOD", 2_000))


def plain(report):
    """Rows without what head office names otherwise."""
    return [
        msgspec.to_builtins(msgspec.structs.replace(row, description="")) for row in report.rows
    ]


def test_stk_16_the_till_and_head_office_report_the_same(world):
    till = world.tills[STORE, "01"]
    trade(till.till)
    world.drain()
    dialect = world.office.dialect
    for _folded in range(2):
        for period in (DAYS, (DAYS[0], DAYS[0]), (DAYS[1], DAYS[1])):
            for by in ("item", "batch"):
                ours = stock_report.report(till.till, *period, by)
                theirs = stock_reports.report(dialect, STORE, *period, by)
                assert {(r["key"], r["batch"]): {**r, "item_class": ""} for r in plain(ours)} == {
                    (r["key"], r["batch"]): {**r, "item_class": ""} for r in plain(theirs)
                }
                assert (ours.value_minor, ours.uncosted) == (theirs.value_minor, theirs.uncosted)
            earned = margins.earnings(till.till, *period)
            assert earned.whole.cost_minor == sum(
                row.cost_minor for row in stock_reports.report(dialect, STORE, *period).rows
            )
        stock_fold.fold_all(dialect)


def test_a_till_beside_another_says_that_it_knows_its_own_movements_only(world):
    first, second = (world.tills[STORE, number] for number in ("01", "02"))
    trade(first.till)
    assert not stock_report.report(first.till, *DAYS).own_movements  # nobody told of another yet
    support.act_as(second.till, "8001")
    support.begin_day(second.till)
    support.sell(second.till, ("NOOD", 1_000))
    world.drain()
    report = stock_report.report(first.till, *DAYS)
    assert report.own_movements
    (noodles,) = (row for row in report.rows if row.key == "NOOD")
    assert noodles.sold_milli == 12_000
