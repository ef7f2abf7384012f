"""The outbox: unsent is derived, reads end before anything else happens, bytes are the stored ones."""

from __future__ import annotations

import sqlite3

import pytest

from pos.domain.journal import GENESIS_HASH, EntryKind, chain_hash
from pos.domain.journal.bodies import EpochOpen
from pos.domain.journal.shift_bodies import DayClose
from pos.domain.shift import Totals
from pos.store.errors import CorruptStore
from sync.outbox import Outbox, Unsent
from sync.protocol import DayFigures
from tests.sync.kit import DAY, note, open_day, open_journal, sell


@pytest.fixture
def journal(tmp_path):
    store = open_journal(tmp_path)
    yield store
    store.close()


@pytest.fixture
def outbox(tmp_path):
    made = Outbox(tmp_path)
    yield made
    made.close()


def all_of(outbox, head, **limits):
    after, batches = 0, []
    values = {"max_entries": 500, "max_bytes": 8_000_000} | limits
    while batch := outbox.batch(head, after, **values):
        batches.append(batch)
        after = batch.last_seq
    return batches


def test_a_home_without_a_journal_has_nothing_to_send(tmp_path, outbox):
    assert outbox.epochs() == []
    assert outbox.unsent({}) == Unsent(0, None)
    assert not outbox.changed()


def test_batches_are_the_stored_bytes_in_order_and_chain_from_genesis(journal, outbox):
    for _ in range(4):
        note(journal)
    [head] = outbox.epochs()

    batches = all_of(outbox, head, max_entries=2)

    assert [(b.first_seq, len(b.records)) for b in batches] == [(1, 2), (3, 2), (5, 1)]
    previous = GENESIS_HASH
    for batch in batches:
        assert batch.prev_hash == previous
        for digest, data in batch.records:
            assert chain_hash(previous, data) == digest
            previous = digest
    assert previous == journal.head()[1]


def test_a_batch_is_bounded_by_bytes_but_always_holds_one_entry(journal, outbox):
    for _ in range(3):
        note(journal, "长" * 20_000)
    [head] = outbox.epochs()

    sizes = [len(b.records) for b in all_of(outbox, head, max_bytes=1)]

    assert sizes == [1, 1, 1, 1]


def test_unsent_is_what_lies_above_the_acknowledged_sequence(journal, outbox):
    note(journal)
    journal.clock.advance(60_000)
    note(journal)
    [head] = outbox.epochs()
    third = journal.clock.utc_ms()

    assert outbox.unsent({}).count == 3
    assert outbox.unsent({head.epoch: 2}) == Unsent(1, third)
    assert outbox.unsent({head.epoch: 3}) == Unsent(0, None)
    assert outbox.unsent({head.epoch: 99}) == Unsent(0, None)


def test_an_epoch_left_by_a_fork_ends_at_its_agreement(journal, outbox):
    for _ in range(5):
        note(journal)
    first = journal.epoch_id
    journal.run(
        lambda txn: txn.open_epoch(EpochOpen(reason="fork", previous_epoch=first, previous_seq=4))
    )

    heads = outbox.epochs()

    assert [(h.epoch == first, h.max_seq, h.final, h.forked) for h in heads] == [
        (True, 4, True, True),
        (False, 1, False, False),
    ]
    assert outbox.last_seq(heads[0]) == 6
    assert all_of(outbox, heads[0])[-1].last_seq == 4
    assert all_of(outbox, heads[0])[-1].final_seq == 4
    assert outbox.unsent({}).count == 5


def test_no_read_transaction_is_left_open(tmp_path, journal, outbox):
    """A reader that stays would keep the till's WAL from ever being emptied (R26)."""
    note(journal)
    [head] = outbox.epochs()
    outbox.batch(head, 0, max_entries=1, max_bytes=100)
    outbox.hash_at(head, 1)
    outbox.unsent({})
    outbox.day_state()
    outbox.changed()

    with sqlite3.connect(tmp_path / "journal.db") as connection:
        busy, _, _ = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
    connection.close()

    assert busy == 0


def test_reading_changes_nothing_even_as_the_last_to_close(tmp_path, outbox):
    store = open_journal(tmp_path)
    note(store)
    wal = tmp_path / "journal.db-wal"
    before = wal.stat().st_size
    assert outbox.epochs()

    outbox.close()

    assert wal.stat().st_size == before > 0
    store.close()


def test_the_doorbell_rings_for_commits_of_others_only(journal, outbox):
    outbox.changed()
    assert not outbox.changed()
    outbox.epochs()
    assert not outbox.changed()

    note(journal)

    assert outbox.changed()
    assert not outbox.changed()


def test_an_entry_that_was_deleted_by_hand_is_named_and_nothing_is_skipped(
    tmp_path, journal, outbox
):
    """Catalogue 48: a row taken out of the till's database."""
    for _ in range(4):
        note(journal)
    with sqlite3.connect(tmp_path / "journal.db") as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        connection.execute("DELETE FROM journal_entry WHERE seq = 3")
    connection.close()
    [head] = outbox.epochs()

    assert outbox.batch(head, 0, max_entries=9, max_bytes=10**6).last_seq == 2
    with pytest.raises(CorruptStore, match="entry 3"):
        outbox.batch(head, 2, max_entries=9, max_bytes=10**6)


def test_a_file_that_a_restore_put_in_place_is_read_instead_of_the_old_one(
    tmp_path, journal, outbox
):
    note(journal)
    [head] = outbox.epochs()
    generation = outbox.generation
    journal.close()
    image = open_journal(tmp_path / "image")
    image.close()

    (tmp_path / "image" / "journal.db").replace(tmp_path / "journal.db")

    assert [h.epoch for h in outbox.epochs()] == [image.epoch_id] != [head.epoch]
    assert outbox.generation == generation + 1


def test_the_day_is_told_open_then_closed_with_its_figures(journal, outbox):
    assert outbox.day_state().state == ""
    open_day(journal)
    sell(journal, 1, 300)
    sell(journal, 2, 50)
    figures = DayFigures(business_day=DAY, transactions=2, lines=2, net_minor=350)

    assert outbox.day_state().open_day == figures
    journal.run(
        lambda txn: txn.append(
            EntryKind.DAY_CLOSE, DayClose(z_no=4, totals=Totals()), business_day=DAY
        )
    )

    day = outbox.day_state()
    assert (day.state, day.business_day, day.open_day) == ("closed", DAY, None)
    assert day.last_z == DayFigures(
        business_day=DAY, transactions=2, lines=2, net_minor=350, z_no=4
    )
