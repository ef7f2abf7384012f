"""Wherever the journal goes on in a new file, head office has the same figures (R2, R30, I2, I4)."""

from __future__ import annotations

import random
import shutil
import tempfile
from collections import Counter
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pos.domain.cart import LineKind
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import EpochOpen
from pos.domain.journal.shift_bodies import DayClose, DayOpen
from pos.domain.sale import Transaction, TransactionLine, TransactionType
from pos.domain.shift import Totals
from pos.domain.tender import Tender
from pos.store import rollover
from pos.store.clock import FixedClock
from pos.store.journal import Identity, JournalStore
from pos.store.journal_files import files_of, journal_files
from pos.store.reference import ReferenceReader
from pos.store.reference_writer import ReferenceWriter
from pos.store.verification import verify_journals
from sync.engine import Engine
from sync.exchange import Answer, Pace, Request
from sync.exchange import Identity as EngineIdentity
from sync.head_office import projections
from sync.inbox import Inbox
from sync.outbox import Outbox
from sync.segment import read_segments
from sync.segments import export_segments
from tests.sync.simulation import template
from tests.sync.simulation.office import Office

FIRST = date(2026, 12, 29)
ITEMS = ("A", "B")


class Pair:
    """A till and its head office, with a line that never fails."""

    def __init__(self, folder: Path) -> None:
        source = template.template()
        shutil.copytree(source / "office", folder / "office")
        shutil.copytree(source / "till1", folder / "till")
        self.home = folder / "till"
        self.clock = FixedClock(datetime(2026, 12, 29, 2, tzinfo=UTC))
        self.now_ms = self.clock.utc_ms()
        world: Any = SimpleNamespace(random=random.Random(3), now_ms=self.now_ms, count=print)
        self.office = Office(world, folder / "office")
        identity = Identity(
            store_id=template.STORE, workstation_id="01", workstation_uuid=template.uuid_of(1)
        )
        self.journal = JournalStore.open(self.home, identity, self.clock, "test")
        self.writer = ReferenceWriter.open(self.home, app_version="test")
        self.outbox = Outbox(self.home)
        self.engine = Engine(
            outbox=self.outbox,
            inbox=Inbox(self.writer, self.clock),
            clock=self.clock,
            random=random.Random(1),
            identity=EngineIdentity(workstation_uuid=template.uuid_of(1), app_version="test"),
            pace=Pace(batch_entries=7),
        )

    def trade(self, day: str, amounts: list[tuple[str, int]]) -> None:
        """A whole day; a negative amount is a return. Numbers are those that the till counts."""
        append = self._append
        append(EntryKind.DAY_OPEN, DayOpen(), day)
        for item_code, amount_minor in amounts:
            number = self.counter("next_number")
            back = amount_minor < 0
            line = TransactionLine(
                line_no=1,
                kind=LineKind.RETURN if back else LineKind.SALE,
                item_code=item_code,
                description=item_code,
                quantity_milli=-1000 if back else 1000,
                unit_price_e4=abs(amount_minor) * 100,
                amount_minor=amount_minor,
            )
            sale = Transaction(
                transaction_type=TransactionType.RETURN if back else TransactionType.SALE,
                transaction_no=f"00101-{day}-{number:04d}",
                number=number,
                operator_id="7",
                lines=(line,),
                tenders=(Tender(tender_no=1, tender_type="cash", amount_minor=amount_minor),),
                total_minor=amount_minor,
                at=f"{day}T10:00:00",
            )
            append(EntryKind.TRANSACTION, sale, day)
        close = DayClose(
            z_no=self.counter("next_z_no"),
            totals=Totals(),
            perpetual_gross_minor=self.counter("perpetual_gross_minor"),
            perpetual_returns_minor=self.counter("perpetual_returns_minor"),
        )
        append(EntryKind.DAY_CLOSE, close, day)

    def counter(self, name: str) -> int:
        """One of the till's counters."""
        row = self.journal.reader().execute(f"SELECT {name} FROM till_state").fetchone()
        return int(row[0])

    def drain(self) -> None:
        """Let the uploader say everything that it has to say."""
        for _ in range(500):
            step = self.engine.next()
            if isinstance(step, Request):
                answer = self.office.handle(template.uuid_of(1), "m1", step)
                assert isinstance(answer, Answer)
                self.engine.receive(step, answer)
            elif not self.engine.push.hello_due and self.engine.push.next() is None:
                return
            else:
                self.clock.advance(step.wait_ms)
        raise AssertionError("never drained")

    def roll_over(self, year: str = "2027") -> rollover.RolledOver:
        """Begin the next file by what head office has said."""
        reader = ReferenceReader(self.home)
        try:
            standing = rollover.Standing(acked=reader.acked())
        finally:
            reader.close()
        return rollover.roll_over(self.journal, standing, year)

    def figures(self) -> dict[str, Any]:
        """What both ends say, without what names epochs and moments."""
        query = self.office.office.dialect.query
        daily: Counter[Any] = Counter()
        for row in query(
            "SELECT dimension, business_day, grouping_key, transactions, gross_sales_minor, "
            "returns_minor, units_sold_milli, units_returned_milli FROM daily"
        ):
            for place, value in enumerate(row[3:]):
                daily[(*row[:3], place)] += value
        days = query(
            "SELECT business_day, opened, transactions, lines, net_minor, z_no, "
            "z_perpetual_gross_minor FROM till_day ORDER BY business_day"
        )
        stock: Counter[str] = Counter()
        for file in files_of(self.journal.reader()):
            for code, quantity in file.execute(
                "SELECT item_code, quantity_milli FROM stock_movement"
            ):
                stock[code] += quantity
        state = self.journal.reader().execute("SELECT * FROM till_state").fetchone()
        return {
            "daily": {key: value for key, value in daily.items() if value},
            "days": [tuple(row) for row in days],
            "stock": dict(stock),
            "state": state,
        }

    def close(self) -> None:
        """Let every file go."""
        self.outbox.close()
        self.writer.close()
        self.journal.close()
        self.office.kill()

    def _append(self, kind: EntryKind, body: Any, day: str) -> None:
        self.journal.run(lambda txn: txn.append(kind, body, operator_id="7", business_day=day))


@pytest.fixture
def pair(tmp_path):
    made = Pair(tmp_path)
    yield made
    made.close()


def run(days: list[list[tuple[str, int]]], rollovers: set[int]) -> dict[str, Any]:
    folder = Path(tempfile.mkdtemp(prefix="guitai-rollover-", dir=template.scratch()))
    pair = Pair(folder)
    try:
        for number, amounts in enumerate(days):
            day = FIRST + timedelta(days=number)
            pair.trade(day.isoformat(), amounts)
            pair.drain()
            if number in rollovers:
                pair.roll_over(str(day.year))
        pair.drain()
        assert len(journal_files(pair.home)) == 1 + len(rollovers)
        assert verify_journals(pair.home).ok
        found = pair.figures()
        dialect = pair.office.office.dialect
        kept = projections.digest(dialect)
        projections.rebuild(dialect)
        assert projections.digest(dialect) == kept
        return found
    finally:
        pair.close()
        shutil.rmtree(folder, ignore_errors=True)


SALE = st.tuples(st.sampled_from(ITEMS), st.integers(-300, 900).filter(bool))
DAYS = st.lists(st.lists(SALE, max_size=6), min_size=1, max_size=6)


@settings(max_examples=12, deadline=None)
@given(days=DAYS, places=st.sets(st.integers(0, 5), min_size=1, max_size=3))
def test_days_come_to_the_same_figures_wherever_the_journal_went_on(days, places):
    places = {place % len(days) for place in places}

    assert run(days, places) == run(days, set())


def test_a_rollover_waits_for_the_last_entry_to_be_acknowledged(pair):
    pair.trade(FIRST.isoformat(), [("A", 100)])
    with pytest.raises(rollover.RolloverNotNow) as refused:
        pair.roll_over()
    assert [one.code for one in refused.value.obstacles] == ["not_acknowledged"]

    pair.drain()
    pair.roll_over()

    assert len(journal_files(pair.home)) == 2


def test_the_old_epoch_is_retired_and_the_new_one_says_why(pair):
    pair.trade(FIRST.isoformat(), [("A", 100)])
    pair.drain()
    done = pair.roll_over()
    pair.drain()

    rows = pair.office.office.dialect.query(
        "SELECT epoch, reason, state, final_seq FROM epoch ORDER BY epoch_no"
    )

    assert [tuple(row) for row in rows] == [
        (done.previous_epoch, "new", "retired", done.final_seq),
        (pair.journal.epoch_id, "rollover", "open", None),
    ]


def test_head_office_finds_a_file_that_does_not_follow_the_one_before(pair, monkeypatch):
    codes = "SELECT code FROM sales_audit WHERE code <> 'future_day'"  # its clock stands still
    pair.trade(FIRST.isoformat(), [("A", 100)])
    pair.drain()
    pair.roll_over()
    pair.trade("2027-01-01", [("A", 100)])
    pair.drain()
    assert pair.office.office.dialect.query(codes) == []

    def another(**values):
        return EpochOpen(**values | {"previous_hash": "00" * 32})

    monkeypatch.setattr(rollover, "EpochOpen", another)
    monkeypatch.setattr(rollover, "_verify", lambda *_: None)
    pair.roll_over()
    pair.drain()

    assert [row[0] for row in pair.office.office.dialect.query(codes)] == ["rollover_seam"]


def test_the_last_z_is_still_told_before_the_new_year_opens(pair):
    pair.trade(FIRST.isoformat(), [("A", 100), ("B", 50)])
    pair.drain()
    before = pair.outbox.day_state()

    pair.roll_over()

    assert pair.outbox.day_state() == before
    assert before.last_z is not None
    assert (before.last_z.transactions, before.last_z.net_minor) == (2, 150)


def test_what_head_office_lost_with_its_disk_is_sent_again_from_the_closed_file(pair):
    pair.office.back_up()
    pair.trade(FIRST.isoformat(), [("A", 100), ("B", 50)])
    pair.drain()
    pair.roll_over()
    pair.trade("2027-01-01", [("A", 70)])
    pair.drain()
    whole, held = pair.figures(), pair.office.held_uuids()

    pair.office.restore(-1, by_hand=False)
    assert pair.office.held_uuids() == set()
    pair.clock.advance(86_400_000)
    pair.engine.push.hello_due = True
    pair.drain()

    assert pair.office.held_uuids() == held
    assert pair.figures() == whole


def test_a_stick_carries_every_file(pair, tmp_path):
    pair.trade(FIRST.isoformat(), [("A", 100)])
    pair.drain()
    pair.roll_over()
    pair.trade("2027-01-01", [("A", 70)])

    unsent = export_segments(pair.home, tmp_path / "unsent")
    whole = export_segments(pair.home, tmp_path / "whole", everything=True)

    assert (unsent.epochs, whole.epochs) == (1, 2)
    with whole.path.open("rb") as file:
        epochs = [segment.header.epoch for segment in read_segments(file.read)]
    assert list(dict.fromkeys(epochs))[-1] == pair.journal.epoch_id
