"""What one till of a shop wrote about goods is known at the others, however it comes down (R14)."""

from __future__ import annotations

import random
import shutil
import tempfile
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pos.domain.goods.documents import DocumentKind, GoodsPart
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.domain.journal.entry import Envelope, encode_body, encode_entry
from pos.store import goods_ledgers, goods_planning, units
from pos.store.journal_files import FIRST_SIBLING_ENTRY, read_journal
from pos.store.sibling_journals import SiblingEntry, put_entries
from sync.exchange import Answer, Idle, RequestKind
from sync.head_office import sibling_entries, sold_days, stock_fold
from sync.sibling_wire import cursor_of, position_of
from tests.postgres_fixture import postgres_server, postgres_url  # noqa: F401 - fixtures
from tests.sync.head_office.goods_kit import document, goods_line
from tests.sync.kit import DAY
from tests.sync.stock_world import STORE, StockTill, StockWorld


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def world(tmp_path, request):
    url = request.getfixturevalue("postgres_url") if request.param == "postgresql" else ""
    made = StockWorld(tmp_path / "world", url)
    yield made
    made.close()


@pytest.fixture
def both(world):
    return world.tills


def reader(till: StockTill):
    return read_journal(till.home)


def note(till: StockTill, subject: str, action: str, register: Register = Register.LOAN) -> None:
    body = RegisterNoted(register=register, subject=subject, action=action)
    till._append(EntryKind.REGISTER_NOTED, body)


def test_a_batch_received_at_one_till_has_its_date_at_the_other(world, both):
    one, two = both
    one.receive("A", 10, batch="B1", expiry="2026-12-24", production_day="2026-10-01")
    assert units.batch(reader(two), "A", "B1") is None  # alone: nobody told it
    world.drain()
    facts = units.batch(reader(two), "A", "B1")
    assert facts is not None
    assert (facts.expiry, facts.production_day) == ("2026-12-24", "2026-10-01")
    assert list(units.batches(reader(two))) == [("A", "B1")]
    assert units.items_of_batch(reader(two), "B1") == ["A"]


def test_a_unit_is_where_the_latest_of_all_tills_left_it(world, both):
    one, two = both
    one.receive("A", 1, unit_codes=("S-1",))
    world.drain()
    there = units.unit(reader(two), "A", ("S-1",))
    assert there is not None
    assert there.in_shop
    number = two.sell("A", 1, unit_code="S-1")
    world.drain()
    for till in both:
        gone = units.unit(reader(till), "A", ("S-1",))
        assert gone is not None
        assert (gone.in_shop, gone.transaction_no) == (False, number)
    assert units.item_of(reader(one), "S-1") == "A"
    one.receive("A", 1, unit_codes=("S-1",))  # it came back to stock by a document
    world.drain()
    again = units.unit(reader(two), "A", ("S-1",))
    assert again is not None
    assert again.in_shop


def test_what_one_till_opened_another_closes(world, both):
    one, two = both
    lent = document("L1", [goods_line(1, "A", 2)], kind=DocumentKind.LOAN_OUT)
    one._append(EntryKind.GOODS_DOCUMENT, lent)
    world.drain()
    open_at_two = goods_ledgers.still_open(
        reader(two), DocumentKind.LOAN_OUT, DocumentKind.LOAN_RETURN
    )
    assert open_at_two == {"NO-L1": {1: 2000}}
    back = document(
        "L2", [goods_line(1, "A", 2, order_line=1)], kind=DocumentKind.LOAN_RETURN,
        reference="NO-L1",
    )  # fmt: skip
    two._append(EntryKind.GOODS_DOCUMENT, back)
    world.drain()
    for till in both:
        assert not goods_ledgers.still_open(
            reader(till), DocumentKind.LOAN_OUT, DocumentKind.LOAN_RETURN
        )
    stored = goods_ledgers.by_number(reader(two), "NO-L1")
    assert stored is not None
    assert stored.entry_id > FIRST_SIBLING_ENTRY
    assert stored.document == lent


def test_lines_of_a_register_lie_in_the_order_of_time_whoever_wrote_them(world, both):
    one, two = both
    for till, action in ((one, "lent"), (two, "reminded"), (one, "charged"), (two, "paid")):
        world.clock.advance(60_000)
        note(till, "L7", action)
    world.drain()
    for till in both:
        lines = goods_ledgers.notes(reader(till), Register.LOAN, "L7")
        assert [line.action for line in lines] == ["lent", "reminded", "charged", "paid"]


def test_a_long_document_comes_with_its_parts(world, both):
    one, two = both
    lines = [goods_line(number, "A", number) for number in range(1, 8)]
    made = document("LONG", lines)
    parts = []
    for number, start in enumerate((0, 3), start=1):
        part = GoodsPart(document_uuid="LONG", part=number, lines=tuple(lines[start : start + 3]))
        entry = one.journal.run(
            lambda txn, part=part: txn.append(EntryKind.GOODS_PART, part, business_day="")
        )
        parts.append(entry.entry_uuid)
    whole = msgspec.structs.replace(made, lines=tuple(lines[6:]), parts=tuple(parts))
    one._append(EntryKind.GOODS_DOCUMENT, whole)
    world.drain()
    stored = goods_ledgers.by_number(reader(two), "NO-LONG")
    assert stored is not None
    assert stored.document.lines == tuple(lines)


def test_a_unit_of_a_long_sale_is_known_sold(world, both):
    """R4: its line lies in a part, before the transaction that names it."""
    one, two = both
    one.receive("A", 1, unit_codes=("S-9",))
    world.drain()
    number = two.sell("A", 1, unit_code="S-9", in_parts=True)
    world.drain()
    gone = units.unit(reader(one), "A", ("S-9",))
    assert gone is not None
    assert (gone.in_shop, gone.transaction_no) == (False, number)


def test_what_head_office_refused_is_told_to_nobody(world, both):
    one, two = both
    one.receive_alone("A", 5)
    one.receive("B", 1, batch="GOOD")
    world.drain()
    assert goods_ledgers.of_kind(reader(two), DocumentKind.RECEIPT)[0].document.lines[0].batch
    assert len(goods_ledgers.of_kind(reader(two), DocumentKind.RECEIPT)) == 1


def test_a_head_office_of_another_life_is_asked_for_everything(world, both):
    one, two = both
    one.receive("A", 1, batch="OLD")
    world.drain()
    cursor = two.inbox.siblings_cursor
    assert sibling_entries.answer(world.office, STORE, 2, cursor).entries == ()
    told = sibling_entries.answer(world.office, STORE, 2, "another" + cursor)
    assert (told.whole, len(told.entries)) == (True, 1)
    two.inbox.put_siblings([], replace=True, cursor=told.cursor)
    assert units.batch(reader(two), "A", "OLD") is None  # nothing else is left


def test_a_till_is_not_told_its_own_entries(world, both):
    one, _two = both
    one.receive("A", 1, batch="MINE")
    world.drain()
    rows = one.writer.connection.execute("SELECT count(*) FROM journal_entry").fetchone()
    assert rows == (0,)


@pytest.mark.parametrize("cursor", ["", "x", "x~", "life~1.2", "life~1.2.-3", "life~1.2.3;", "~"])
def test_a_position_that_was_never_given_begins_anew(cursor):
    assert position_of("life", cursor) is None


def test_a_position_is_read_back():
    position = {(1, 2): 30, (2, 1): 4}
    assert position_of("life", cursor_of("life", position)) == position
    assert position_of("life", cursor_of("life", {})) == {}


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.integers(min_value=0, max_value=2**32))
def test_both_tills_know_the_same_however_pages_come(seed):
    """Any order of writing and asking, small pages, answers lost: the union of both journals."""
    rng = random.Random(seed)
    folder = Path(tempfile.mkdtemp(prefix="guitai-siblings-"))
    world = StockWorld(folder / "world")
    shipped = sibling_entries.answer
    try:
        world.service.siblings = lambda signed, query: shipped(  # type: ignore[method-assign]
            world.office, STORE, signed.workstation.workstation_no, query.get("cursor", ""),
            page_entries=rng.choice((1, 2, 500)), page_bytes=rng.choice((1, 900, 10**6)),
        )  # fmt: skip
        written: set[str] = set()
        for number in range(rng.randrange(5, 25)):
            till = rng.choice(world.tills)
            world.clock.advance(1)
            if rng.random() < 0.5:
                till.receive("A", 1, batch=f"B{number}", expiry=f"2027-01-{number + 1:02d}")
                written.add(f"B{number}")
            else:
                note(till, "L", f"step {number}")
                till.sell("A")
            for _ in range(rng.randrange(4)):
                world.clock.advance(rng.choice((100, 6_000)))
                rng.choice(world.tills).exchange(lose=rng.choice(("", "", "answer")))
        world.drain()
        world.drain()
        known = [sorted(units.batches_of(reader(till), "A")) for till in world.tills]
        lines = [
            [line.action for line in goods_ledgers.notes(reader(till), Register.LOAN)]
            for till in world.tills
        ]
        assert known == [sorted(written)] * 2
        assert lines[0] == lines[1]
    finally:
        world.close()
        shutil.rmtree(folder)


def test_a_till_plans_from_what_all_tills_sold(world, both):
    """REP-06: the terminal that sells nothing plans for the shop that does."""
    one, two = both
    one.receive("A", 20)
    two.sell("A", 3)
    two.sell("A", 2)
    two.sell("B", 1)
    one.sell("B", 4)
    world.drain()
    stock_fold.fold_all(world.office.dialect)
    world.clock.advance(3_600_000)
    world.drain()
    for till in both:
        days, sold = goods_planning.sold_by_day(reader(till), DAY, DAY)
        assert days == [DAY]
        assert {code: item[0] for code, item in sold.items()} == {"A": 5000, "B": 5000}
    assert goods_planning.last_moves(reader(two), DAY)["A"] == (DAY, DAY)


def test_a_day_that_grew_is_told_again_and_replaces_what_was_told(world, both):
    one, two = both
    for expected in (2000, 4000, 6000):
        two.sell("C", 2)
        world.drain()
        stock_fold.fold_all(world.office.dialect)
        world.clock.advance(3_600_000)
        world.drain()
        _days, sold = goods_planning.sold_by_day(reader(one), DAY, DAY)
        assert sold["C"][0] == expected
    told = sold_days.answer(world.office, STORE, 1, one.inbox.sold_cursor)
    assert told.days == ()


def test_days_come_in_pages(world, both):
    one, two = both
    two.sell("A", 2)
    world.drain()
    stock_fold.fold_all(world.office.dialect)
    first = sold_days.answer(world.office, STORE, 3, "", page_sums=0)
    assert (first.more, first.days) == (True, ())
    one.sell("B", 1)
    world.drain()
    stock_fold.fold_all(world.office.dialect)
    first = sold_days.answer(world.office, STORE, 3, "", page_sums=1)
    assert (first.whole, first.more, len(first.days)) == (True, True, 1)
    second = sold_days.answer(world.office, STORE, 3, first.cursor, page_sums=1)
    assert (second.whole, second.more, len(second.days)) == (False, False, 1)
    assert {first.days[0].workstation_id, second.days[0].workstation_id} == {
        one.workstation_id, two.workstation_id,
    }  # fmt: skip


def test_days_too_old_to_plan_from_are_told_to_nobody(world, both):
    """A till that is new is not sent its shop's whole history of sales."""
    _one, two = both
    two.sell("A", 2)
    world.drain()
    stock_fold.fold_all(world.office.dialect)
    assert len(sold_days.answer(world.office, STORE, 3, "").days) == 1
    world.clock.advance((sold_days.KEPT_DAYS + 2) * 86_400_000)
    old = sold_days.answer(world.office, STORE, 3, "")
    assert (old.whole, old.more, old.days) == (True, False, ())


def test_a_unit_that_came_back_at_another_till_keeps_the_batch_it_came_in_with(world, both):
    """CAT-03: the sibling that took it back wrote no batch; the receipt here did."""
    one, two = both
    one.receive("A", 1, batch="B1", unit_codes=("S-7",))
    world.drain()
    world.clock.advance(1_000)
    two.sell("A", 1, unit_code="S-7")
    world.drain()
    found = units.unit(reader(one), "A", ("S-7",))
    assert found is not None
    assert (found.in_shop, found.batch) == (False, "B1")


def test_numbers_of_a_till_are_counted_from_its_own_documents(world, both):
    one, two = both
    one.receive("A", 1)
    two.receive("A", 1)
    world.drain()
    (theirs,) = [
        stored.document.document_no
        for stored in goods_ledgers.of_kind(reader(two), DocumentKind.RECEIPT)
        if stored.entry_id > FIRST_SIBLING_ENTRY
    ]
    assert goods_ledgers.numbers_given(reader(one), theirs) == 1
    assert goods_ledgers.numbers_given(reader(two), theirs) == 0


def test_what_is_asked_for_lies_in_the_order_of_days_whoever_asked(world, both):
    """SUP-03: the day of the last requisition is the latest of all tills'."""
    one, two = both
    for till, day in ((two, "2026-11-24"), (one, "2026-11-23")):
        asked = document(f"RQ-{day}", [goods_line(1, "A", 2)], kind=DocumentKind.REQUISITION)
        till.journal.run(
            lambda txn, body=asked, day=day: txn.append(
                EntryKind.GOODS_DOCUMENT, body, operator_id="7", business_day=day
            )
        )
    world.drain()
    for till in both:
        asked = goods_planning.asked_for(reader(till), "2026-11-01")
        assert [line.business_day for line in asked] == ["2026-11-23", "2026-11-24"]


def test_a_supplier_s_prices_are_compared_in_the_order_of_days_whoever_received(world, both):
    """SUP-01: cheaper since, at both tills, though each keeps the other's receipts apart."""
    one, two = both
    for till, day, cost in ((one, "2026-11-23", 9_000), (two, "2026-11-24", 8_000)):
        made = document(
            f"YS-{day}",
            [goods_line(1, "A", 2, received_milli=2_000, unit_cost_e4=cost)],
            counterparty_id="S1",
        )
        till.journal.run(
            lambda txn, body=made, day=day: txn.append(
                EntryKind.GOODS_DOCUMENT, body, operator_id="7", business_day=day
            )
        )
    world.drain()
    for till in both:
        (found,) = goods_planning.supplier_figures(reader(till), "2026-11-01")
        assert (found.receipts, found.cheaper, found.dearer) == (2, 1, 0)


@pytest.mark.parametrize("failing", [RequestKind.SIBLINGS, RequestKind.SOLD, RequestKind.STOCK])
def test_a_road_that_is_never_answered_well_leaves_the_others_their_turn(world, both, failing):
    """R14: the other roads are heard and heartbeats go although head office cannot say this."""
    one, two = both
    two.receive("A", 3)
    world.drain()
    heard: set[RequestKind] = set()
    for _ in range(400):
        world.clock.advance(100)
        step = one.engine.next()
        if isinstance(step, Idle):
            continue
        heard.add(step.kind)
        broken = step.kind is failing
        one.engine.receive(
            step, Answer(status=500, body=b"") if broken else world.handle(one.uuid, step)
        )
    assert {RequestKind.SIBLINGS, RequestKind.STOCK, RequestKind.HEARTBEAT} <= heard


def test_one_entry_that_does_not_fit_keeps_nothing_else_from_coming(world, both):
    one, two = both
    twice = [goods_line(1, "A", 1), goods_line(1, "A", 1)]  # no till writes this
    envelope = msgspec.json.decode(_entry_of(two), type=Envelope)
    odd = encode_entry(
        msgspec.structs.replace(
            envelope, entry_uuid="odd", body=encode_body(document("ODD", twice))
        )
    )
    good = _entry_of(two)
    told = [
        SiblingEntry(two.workstation_id, "e", 1, odd),
        SiblingEntry(two.workstation_id, "e", 2, good),
    ]
    assert put_entries(one.writer, told) == 1
    (kept,) = goods_ledgers.of_kind(reader(one), DocumentKind.RECEIPT)
    assert kept.document.document_uuid != "ODD"


def _entry_of(till: StockTill) -> bytes:
    """A receipt as that till wrote it; the same each time."""
    found = goods_ledgers.of_kind(reader(till), DocumentKind.RECEIPT)
    if not found:
        till.receive("A", 1)
        found = goods_ledgers.of_kind(reader(till), DocumentKind.RECEIPT)
    row = (
        till.journal.reader()
        .execute("SELECT bytes FROM journal_entry WHERE entry_id = ?", (found[0].entry_id,))
        .fetchone()
    )
    return bytes(row[0])
