"""Five thousand items are counted while a real day is traded: what is posted is what was missing.

The busiest day of a wholesaler is traded again on two tills through the shipped services, with their
uploaders and a head office as processes of their own, as `pos replay` has them. Between any two
invoices some shelves are counted, at either till, as they are at that moment. Before the day some
goods were taken away or put there in secret. Head office's result, posted by a till, must be
exactly that, item by item, and afterwards the books must be the shelves.

What one till sells while the same goods are counted at the other is put in order by head office's
time, which tills know to some hundredths of a second; a hundred invoices a minute are more than a
shop does, so goods are not counted among the invoices next to those that name them.
"""

from __future__ import annotations

import csv
import io
import random
import sqlite3
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path

import pytest

from pos.bootstrap import build_till, close_till
from pos.domain.cart import LineKind
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.journal.people_bodies import OperatorSet
from pos.replay.reading import RollItem, RollSummary, summarise, transactions
from pos.replay.shop import ReplayShop
from pos.services import operators, rolls, shifts, upkeep
from pos.services.context import Till
from pos.services.goods import count_states, counting, documents, drafting
from pos.services.goods.documents import Posted
from pos.services.operators import Credentials
from pos.services.people import person
from pos.services.pins import make_verifier
from pos.store.pepper import load_pepper
from pos.supervisor import ChildFailed, run_command
from tests.pos.services.shop import FAST
from tests.real.roll import RollRow, data_directory, write_roll
from tests.real.rolls_online_retail import STORE, _rows

pytestmark = [pytest.mark.slow, pytest.mark.timeout(1800)]

ITEMS = 5_000
OPENING_MILLI = 1_000_000
PATIENCE_S = 120.0
PAUSE_S = 1.5
APART = 8
"""Invoices between a count and a sale of the same goods: a second or two here."""


def day_of_two_tills() -> list[RollRow]:
    """The day with the most lines, its invoices dealt out to two tills."""
    days: dict[str, list[RollRow]] = defaultdict(list)
    for row in _rows():
        days[row.business_day].append(row)
    busiest = max(days.values(), key=len)
    tills: dict[str, str] = {}
    for row in busiest:
        tills.setdefault(row.transaction, f"t{len(tills) % 2 + 1}")
    return [row._replace(workstation_id=tills[row.transaction]) for row in busiest]


def wait_for(what: str, found: Callable[[], bool], tills: list[Till]) -> None:
    """Let the tills live until something is so."""
    deadline = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < deadline, f"waited in vain for {what}"
        for till in tills:
            upkeep.tick(till)
        time.sleep(0.1)  # other processes work: there is nothing of ours to wait on


def acked(till: Till) -> bool:
    row = till.reference.acked().get(till.journal.epoch_id)
    return row is not None and row.acked_seq >= till.journal.head()[0]


def staff(till: Till) -> None:
    pepper = load_pepper(till.home)
    operators.install_operators(
        till.journal,
        tuple(
            OperatorSet(
                operator_id=number,
                name=number,
                role=role,
                verifier=make_verifier("852741", pepper, parameters=FAST),
            )
            for number, role in (("3001", "counter_head"), ("8001", "manager"))
        ),
    )


def open_books(till: Till, codes: list[str]) -> None:
    """The opening count of the whole shop, signed by two."""
    lines = tuple(
        GoodsLine(line_no=number, item_code=code, quantity_milli=OPENING_MILLI)
        for number, code in enumerate(codes, start=1)
    )
    draft = drafting.begin(
        till,
        GoodsDocument(
            document_uuid="", document_kind=DocumentKind.OPENING, document_no="", lines=lines
        ),
    )
    for signer in ("3001", "8001"):
        found = person(till, signer)
        assert found is not None
        signed = documents.sign(till, draft, Credentials(found))
        assert isinstance(signed, drafting.StoredDraft), signed
        draft = signed
    posted = documents.post(till, draft)
    assert isinstance(posted, Posted), posted
    posted.saved.result(60)


@pytest.fixture
def roll(scratch: Path) -> tuple[Path, RollSummary]:
    if data_directory() is None:
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    path = scratch / "count" / "day.csv"
    path.parent.mkdir(parents=True, exist_ok=True)
    write_roll(path, day_of_two_tills(), currency="GBP")
    summary = summarise(path)
    missing = ITEMS - len(summary.items)
    assert missing > 0
    for number in range(missing):
        summary.items[f"SHELF{number:05d}"] = RollItem(
            description=f"shelf goods {number}", unit_price_e4=10_000 + number
        )
    return path, summary


def test_the_posted_variance_of_5000_items_is_the_seeded_one(
    roll: tuple[Path, RollSummary], scratch: Path
) -> None:
    """R14, STK-05, STK-09: issue "goods in full", proof of counting."""
    path, summary = roll
    rng = random.Random(20101)
    codes = sorted(summary.items)
    seeded = {code: rng.choice([-7000, -3000, -1000, 1000, 5000]) for code in codes[::7]}
    shelf = {code: OPENING_MILLI + seeded.get(code, 0) for code in codes}
    tills: dict[str, Till] = {}
    with ReplayShop(scratch / "count" / "shop", "GBP") as shop:
        shop.open_head_office(None)
        shop.import_items(summary)
        try:
            for store_id, name in summary.tills:
                home = shop.enrol(store_id, name, None)
                shop.pull(home)
                shop.start_uploader(home)
                tills[name] = build_till(home)
            every = list(tills.values())
            for till in every:
                staff(till)
                rolls.begin_roll(till, path.name, summary.sha256)
                upkeep.apply_catalogue(till)
                opened = shifts.open_day(till, summary.first_day, 0)
                assert isinstance(opened, shifts.DayOpened), opened
                opened.saved.result(30)
            open_books(every[0], codes)
            wait_for("the opening at head office", lambda: all(map(acked, every)), every)
            count_id = hq(shop, "open", "--store", STORE, "--by", "finance").strip()
            wait_for(
                "the order", lambda: all(count_states.open_counts(one) for one in every), every
            )
            counts = {
                name: counting.join(till, count_states.open_counts(till)[0])
                for name, till in tills.items()
            }
            trade_and_count(path, tills, counts, shelf, rng)
            for name, till in tills.items():
                counting.end(till, counts[name]).result(30)
            wait_for("both tills' scans", lambda: all(map(acked, every)), every)
            shown: list[str] = []
            wait_for("both to pass the end", lambda: has_result(shop, count_id, shown), every)
            found = result_of(shown[-1])
            assert found == {code: quantity for code, quantity in seeded.items() if quantity}
            hq(shop, "reason", count_id, "*", "unposted_paper", "--by", "finance")
            hq(shop, "approve", count_id, "--by", "chief")
            wait_for("the posting", lambda: posted_at(every) == 1, every)
            wait_for("the posting at head office", lambda: all(map(acked, every)), every)
        finally:
            for till in tills.values():
                close_till(till)
        assert " posted" in hq(shop, "list")
        moved, on_hand = books(shop.head_office_home)
        assert moved == seeded
        assert on_hand == shelf


def trade_and_count(
    path: Path,
    tills: dict[str, Till],
    counts: dict[str, count_states.CountState],
    shelf: dict[str, int],
    rng: random.Random,
) -> None:
    """Every invoice of the day, and some shelves counted between any two."""
    traded = list(transactions(path))
    todo = list(shelf)
    rng.shuffle(todo)
    each = -(-len(todo) // (len(traded) * 4 // 5))
    named = [{line.item_code for line in one.lines} for one in traded]
    names = sorted(tills)
    for number, transaction in enumerate(traded):
        till = tills[transaction.workstation_id]
        rolls.trade(till, transaction)
        for line in transaction.lines:
            if line.kind is LineKind.ADJUST:
                shelf[line.item_code] += line.quantity_milli
            elif line.kind is not LineKind.OTHER:
                shelf[line.item_code] -= line.quantity_milli
        if number % 20 == 0:
            upkeep.tick(till)
        at = names[number % len(names)]
        if number == len(traded) * 9 // 10:  # what is on every other invoice: while nobody pays
            time.sleep(PAUSE_S)
            count_all(tills[at], counts[at], at, todo, shelf)
            time.sleep(PAUSE_S)
            todo = []
        near = set().union(*named[max(0, number - APART) : number + APART])
        now = [code for code in todo if code not in near][:each]
        count_all(tills[at], counts[at], at, now, shelf)
        todo = [code for code in todo if code not in set(now)]


def count_all(
    till: Till, count: count_states.CountState, at: str, codes: list[str], shelf: dict[str, int]
) -> None:
    """Some shelves as they are now, each in two scans."""
    for code in codes:
        left = shelf[code]
        for quantity in (left // 3, left - left // 3):
            where = (count.count_id, 1, f"area {at}", f"counter {at}")
            counting.scan(till, where, counting.counted_line(code, quantity)).result(30)


def hq(shop: ReplayShop, *arguments: str) -> str:
    """Run `hq count …` as finance does."""
    return str(
        run_command(
            [
                "sync.head_office",
                "count",
                arguments[0],
                "--home",
                str(shop.head_office_home),
                *arguments[1:],
            ]
        )
    )


def has_result(shop: ReplayShop, count_id: str, shown: list[str]) -> bool:
    """Whether every till has passed the count's end; `shown` takes the result."""
    try:
        shown.append(hq(shop, "show", count_id, "--csv"))
    except ChildFailed as waiting:
        if "has not sent what came after" not in waiting.hint:
            raise
        return False
    return True


def result_of(text: str) -> dict[str, int]:
    rows = csv.DictReader(io.StringIO(text.lstrip("\ufeff")))
    return {row["item_code"]: round(float(row["variance"]) * 1000) for row in rows}


def posted_at(tills: list[Till]) -> int:
    return sum(
        till.journal.reader()
        .execute("SELECT count(*) FROM goods_document WHERE document_kind = 'adjustment'")
        .fetchone()[0]
        for till in tills
    )


def books(head_office: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Head office's adjustments by item, and what it has on hand, read without the product."""
    connection = sqlite3.connect(f"file:{head_office / 'hq.db'}?mode=ro", uri=True)
    moved = connection.execute(
        "SELECT item_code, SUM(quantity_milli) FROM stock_move WHERE reason = 'count' "
        "GROUP BY item_code"
    ).fetchall()
    on_hand = connection.execute(
        "SELECT item_code, SUM(quantity_milli) FROM stock_ledger WHERE place = '' "
        "GROUP BY item_code"
    ).fetchall()
    connection.close()
    return dict(moved), dict(on_hand)


def test_the_shelves_are_counted_wrong_when_trading_is_ignored() -> None:
    """Control: the same day's goods move enough that a count believed at its end would be wrong."""
    if data_directory() is None:
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    rows = day_of_two_tills()
    assert len({row.item_code for row in rows}) > 500
    assert len({row.transaction for row in rows}) > 50
