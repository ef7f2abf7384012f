"""Each movement at the cost of its moment: the steps against a replay of the whole ledger (STK-16)."""

from __future__ import annotations

import random

import pytest

from pos.domain.goods.documents import DocumentKind
from pos.domain.planning.margins import Move, margins
from sync.head_office import stock_costs, stock_figures, stock_fold
from tests.sync.head_office.goods_kit import document, goods_line, post
from tests.sync.head_office.office_kit import JournalingTill, line, transaction

DAYS = tuple(f"2026-11-{number:02d}" for number in range(10, 22))
KINDS = (
    DocumentKind.RECEIPT,
    DocumentKind.RECEIPT,
    DocumentKind.SCRAP,
    DocumentKind.ADJUSTMENT,
    DocumentKind.SUPPLIER_RETURN,
)


def trade(hq, seed: int) -> None:
    chance = random.Random(seed)
    for number in (1, 2):
        till = JournalingTill(workstation_uuid=f"uuid-{number}", workstation_id=str(number))
        till.open()
        hq.source(till)
        for day in DAYS:
            till.business_day = day
            for place in range(chance.randint(1, 6)):
                code = chance.choice("ABCD")
                if chance.random() < 0.5:
                    till.sell(transaction(place, [line(1, code, 1000, 700)]))
                    continue
                cost = chance.choice([None, chance.randint(1, 90_000)])
                goods = goods_line(1, code, chance.randint(1, 9), unit_cost_e4=cost)
                kind = chance.choice(KINDS)
                post(till, document(f"{number}-{day}-{place}", [goods], kind=kind))
        hq.take(till)


def replayed(dialect):
    at = {name: number for number, name in enumerate(stock_fold.CARD_COLUMNS)}
    card = dialect.query(f"SELECT {', '.join(stock_fold.CARD_COLUMNS)} FROM stock_card")
    rows = sorted([*map(tuple, card), *stock_fold.tail(dialect, "01")], key=lambda row: row[2:7])
    return [Move(*(row[at[name]] for name in Move._fields)) for row in rows]


@pytest.mark.parametrize("seed", range(6))
def test_costs_of_a_period_are_those_of_a_replay_from_the_first_entry_on(hq, seed):
    """The control is the replay itself; half of the ledger is folded, then all of it."""
    trade(hq, seed)
    dialect = hq.office.dialect
    charged = {("A", DAYS[4]): 700, ("Z", DAYS[0]): 1}
    for first, last in ((DAYS[0], DAYS[-1]), (DAYS[3], DAYS[5]), (DAYS[8], DAYS[8])):
        expected = margins(replayed(dialect), charged, first, last)
        found, _ = stock_costs.day_figures(dialect, "01", charged, first, last)
        assert found == expected
        stock_fold.fold_step(dialect, "01", entries=20)
    stock_fold.fold_all(dialect)
    expected = margins(replayed(dialect), charged, DAYS[2], DAYS[9])
    found, present = stock_costs.day_figures(dialect, "01", charged, DAYS[2], DAYS[9])
    assert found == expected
    assert present == stock_figures.costs(dialect, "01")
    assert any(one.cost_minor for one in expected.values())


def test_the_cost_at_the_end_of_a_day_is_its_last_step(hq):
    till = JournalingTill()
    till.open()
    hq.source(till)
    for day, cost in ((DAYS[0], 10_000), (DAYS[3], 30_000), (DAYS[6], 60_000)):
        till.business_day = day
        post(till, document(day, [goods_line(1, "A", 10, unit_cost_e4=cost)]))
    hq.take(till)
    dialect = hq.office.dialect
    for _ in range(2):
        costs = [stock_costs.costs_at(dialect, "01", DAYS[n]).get("A") for n in (0, 2, 3, 5, 6, 9)]
        assert costs == [10_000, 10_000, 20_000, 20_000, 33_333, 33_333]
        assert stock_costs.costs_at(dialect, "01", "2026-11-09") == {}
        stock_fold.fold_all(dialect)
    kept = dialect.query("SELECT business_day, unit_cost_e4 FROM stock_cost_step ORDER BY 1")
    assert [tuple(row) for row in kept] == [
        (DAYS[0], 10_000), (DAYS[3], 20_000), (DAYS[6], 33_333),
    ]  # fmt: skip
