"""Stock of the whole shop at every till: a sibling's sales arrive, own deltas count once (R14)."""

from __future__ import annotations

import random
import sqlite3
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.domain.journal import EntryKind
from pos.store import goods_reference
from sync.exchange import Answer, Request, RequestKind
from sync.head_office import projections, stock_figures
from sync.stock_wire import StockAnswer
from tests.postgres_fixture import postgres_server, postgres_url  # noqa: F401 - fixtures
from tests.sync import chain
from tests.sync.head_office.goods_kit import document, goods_line
from tests.sync.head_office.office_kit import Server
from tests.sync.kit import DAY, sell
from tests.sync.stock_world import STORE, StockTill, StockWorld


@pytest.fixture
def world(tmp_path):
    made = StockWorld(tmp_path / "world")
    yield made
    made.close()


def test_a_siblings_sales_arrive_and_both_tills_take_the_same_stock(world):
    one, two = world.tills
    one.receive("A", 10)
    two.sell("A", 3)
    assert two.on_hand() == {("A", "", ""): -3000}  # alone: nobody told it of the receipt
    world.drain()
    assert one.on_hand() == two.on_hand() == world.truth() == {("A", "", ""): 7000}
    two.sell("A", 1)
    assert (one.on_hand()["A", "", ""], two.on_hand()["A", "", ""]) == (7000, 6000)
    world.drain()
    assert one.on_hand() == two.on_hand() == {("A", "", ""): 6000}


def test_figures_say_how_old_they_are_and_are_asked_for_without_a_sale(world):
    one, two = world.tills
    world.drain()
    first = goods_reference.included(one.writer.connection)
    two.sell("B", 2)
    two.drain()
    world.clock.advance(6_000)
    for _ in range(6):
        one.exchange()
        world.clock.advance(1_000)
    later = goods_reference.included(one.writer.connection)
    assert max(row.at_utc_ms for row in later) > max((r.at_utc_ms for r in first), default=0)
    assert one.on_hand() == {("B", "", ""): -2000}


def test_only_changed_items_come_and_what_is_gone_goes(world):
    one, two = world.tills
    one.receive("A", 5)
    one.receive("B", 5)
    world.drain()
    world.fold()
    world.drain()
    cursor = one.inbox.stock_cursor
    two.sell("B", 5)
    two.drain()
    answer = stock_figures.answer(world.office, STORE, cursor)
    assert ([item.item_code for item in answer.items], answer.whole) == (["B"], False)
    assert answer.items[0].figures == ()
    one.drain()
    assert one.on_hand() == {("A", "", ""): 5000}
    assert goods_reference.figures(one.writer.connection, "B") == []


def test_a_head_office_of_another_life_is_believed_whole(world):
    one, two = world.tills
    one.receive("A", 5)
    world.drain()
    one.writer.connection.execute("INSERT INTO stock_figure VALUES ('C', '', '', 99000)")
    world.office.renew_incarnation()
    world.service = type(world.service)(world.office)
    world.drain()
    assert one.on_hand() == two.on_hand() == world.truth()


def test_a_position_ahead_of_this_database_begins_anew(world):
    one, _ = world.tills
    one.receive("A", 5)
    world.drain()
    world.fold()
    ahead = f"{world.office.incarnation}.999."
    assert stock_figures.answer(world.office, STORE, ahead).whole
    kept = stock_figures.answer(world.office, STORE, f"{world.office.incarnation}.1.")
    assert not kept.whole


def test_pages_between_which_goods_move_give_the_truth(world):
    one, two = world.tills
    world.page_items = 1
    for code in "ABC":
        one.receive(code, 9)
    one.drain()
    world.fold()
    seen = 0
    for _ in range(40):
        world.clock.advance(600)
        step = two.exchange()
        if isinstance(step, Request) and step.kind is RequestKind.STOCK:
            seen += 1
            one.sell("ABC"[seen % 3])
            for _ in range(4):
                one.exchange()
            world.fold()
    assert seen > 3
    world.drain()
    assert two.on_hand() == one.on_hand() == world.truth()


def test_costs_come_down_with_the_figures(world):
    one, two = world.tills
    one.receive("A", 10, unit_cost_e4=20_000)
    one.receive("A", 10, unit_cost_e4=40_000)
    one.drain()
    world.fold()
    world.drain()
    assert goods_reference.unit_cost_e4(two.writer.connection, "A") == 30_000
    assert goods_reference.unit_cost_e4(two.writer.connection, "B") is None


def test_what_a_tampered_till_received_alone_is_nobodys_stock(world):
    one, two = world.tills
    one.receive("A", 2)
    one.receive_alone("A", 500)
    world.drain()
    assert two.on_hand() == {("A", "", ""): 2000}


def test_a_head_office_without_the_road_is_left_alone_until_the_next_round(world):
    one, _ = world.tills
    one.drain()
    world.clock.advance(10_000)
    one.exchange()
    step = one.engine.next()
    while not (isinstance(step, Request) and step.kind is RequestKind.STOCK):
        world.clock.advance(500)
        one.exchange()
        step = one.engine.next()
    one.engine.receive(step, Answer(status=404, body=b'{"error":"not_found"}'))
    assert one.engine.failures == 0
    assert one.engine.stock.next(world.clock.monotonic_ms()) is None


def test_an_uploader_that_is_killed_between_pages_asks_again_and_tells_no_half(world):
    one, two = world.tills
    world.page_items = 1
    for code in "ABC":
        one.receive(code, 9)
    one.drain()
    world.fold()
    world.page_items = 1
    for _ in range(30):
        world.clock.advance(600)
        step = two.exchange()
        if isinstance(step, Request) and step.kind is RequestKind.STOCK:
            break
    assert goods_reference.figures(two.writer.connection, "A") == []
    two.start()
    world.drain()
    assert two.on_hand() == world.truth()


def test_a_rebuild_makes_every_item_come_again(world):
    one, two = world.tills
    one.receive("A", 9)
    world.drain()
    world.fold()
    world.drain()
    cursor = one.inbox.stock_cursor
    assert stock_figures.answer(world.office, STORE, cursor).items == ()
    projections.rebuild(world.office.dialect)
    answer: StockAnswer = stock_figures.answer(world.office, STORE, cursor)
    assert [item.item_code for item in answer.items] == ["A"]
    world.drain()
    assert two.on_hand() == world.truth()


# ------------------------------------------------------------------------------- any order


_STEPS = [
    "sell",
    "sell",
    "receive",
    "exchange",
    "exchange",
    "exchange",
    "exchange",
    "fold",
    "wait",
    "wait",
    "restart",
    "rebuild",
]


def _step(world: StockWorld, chance: random.Random, what: str) -> None:
    till: StockTill = chance.choice(world.tills)
    code = chance.choice("ABC")
    match what:
        case "sell":
            till.sell(code, chance.randint(1, 3), batch=chance.choice(["", "", "L1"]))
        case "receive":
            till.receive(code, chance.randint(1, 9), batch=chance.choice(["", "L1"]))
        case "exchange":
            till.exchange(lose=chance.choice(["", "", "", "request", "answer"]))
        case "fold":
            world.fold(chance.choice([1, 2, 2_000]))
        case "restart":
            till.start()
        case "wait":
            world.clock.advance(chance.choice([100, 900, 6_000]))
        case "rebuild":
            projections.rebuild(world.office.dialect)


_RANDOM = given(
    seed=st.integers(0, 2**32),
    steps=st.lists(st.sampled_from(_STEPS), max_size=60),
)


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@_RANDOM
def test_r14_in_any_order_own_deltas_are_never_counted_twice_nor_lost(seed, steps):
    """At each step a till takes: all of its own, and of the other what the figures include."""
    _trade_in_any_order(seed, steps)


@pytest.mark.slow
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@_RANDOM
def test_r14_in_many_orders_own_deltas_are_never_counted_twice_nor_lost(seed, steps):
    """The same at length."""
    _trade_in_any_order(seed, steps)


def _trade_in_any_order(seed: int, steps: list[str]) -> None:
    chance = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        world = StockWorld(Path(folder) / "world")
        world.page_items = chance.choice([1, 2, 2_000])
        history: dict[str, list[dict]] = {till.uuid: [] for till in world.tills}
        try:
            for what in steps:
                _step(world, chance, what)
                for till in world.tills:
                    kept = history[till.uuid]
                    seq = (
                        till.journal.reader()
                        .execute("SELECT max(seq) FROM journal_entry")
                        .fetchone()[0]
                        or 0
                    )
                    while len(kept) <= seq:
                        kept.append(dict(kept[-1]) if kept else {})
                    kept[seq] = dict(till.moved)
                for till, other in (world.tills, world.tills[::-1]):
                    sums = dict(till.moved)
                    for key, quantity in history[other.uuid][till.included_seq(other)].items():
                        sums[key] = sums.get(key, 0) + quantity
                    assert till.on_hand() == {k: v for k, v in sums.items() if v}
            world.drain()
            for till in world.tills:
                assert till.on_hand() == world.truth()
        finally:
            world.close()


@pytest.mark.slow
@pytest.mark.postgres
@pytest.mark.parametrize("seed", range(3))
def test_on_postgresql_too_figures_are_the_truth_at_quiescence(tmp_path, postgres_url, seed):  # noqa: F811
    chance = random.Random(seed)
    world = StockWorld(tmp_path / "world", postgres_url)
    world.page_items = 1
    try:
        for _ in range(80):
            _step(
                world,
                chance,
                chance.choice(["sell", "receive", "exchange", "exchange", "fold", "wait"]),
            )
        world.drain()
        for till in world.tills:
            assert till.on_hand() == world.truth()
    finally:
        world.close()


# --------------------------------------------------------------------- served, with processes


def _figures(home: Path) -> dict[tuple[str, str], int]:
    """(item, place) → figure, as a till reads its reference.db beside the uploader."""
    with sqlite3.connect(f"file:{home / 'reference.db'}?mode=ro", uri=True) as connection:
        rows = connection.execute("SELECT item_code, place, quantity_milli FROM stock_figure")
        return {(code, place): quantity for code, place, quantity in rows}


def test_with_real_processes_a_siblings_sale_is_in_the_figures_within_a_round(tmp_path):
    hq = chain.make_head_office(tmp_path / "hq")
    homes = {name: tmp_path / f"till-{name}" for name in ("01", "02")}
    with Server(hq) as server:
        journals = {}
        for name, home in homes.items():
            chain.make_till(home, hq, server.url, name)
            chain.set_sync(home, server.url, stock_interval_s=1)
            journals[name] = chain.open_till(home, name)
        receipt = document("r1", [goods_line(1, "苹果", 9)])
        journals["01"].run(
            lambda txn: txn.append(EntryKind.GOODS_DOCUMENT, receipt, business_day=DAY)
        )
        with chain.UploaderProcess(homes["01"]), chain.UploaderProcess(homes["02"]):
            for home in homes.values():
                chain.until(lambda home=home: _figures(home) == {("苹果", ""): 9000})
            sell(journals["02"], 1)
            for home in homes.values():
                chain.until(lambda home=home: _figures(home) == {("苹果", ""): 8000})
        for journal in journals.values():
            journal.close()
