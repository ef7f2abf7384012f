"""A new year's journal: what goes on, what stays readable, and when it does not happen (R30)."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import msgspec
import pytest

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind, decode_entry
from pos.domain.journal.bodies import Note
from pos.domain.journal.sale_bodies import UnknownCode
from pos.services import (
    approvals,
    checkout,
    printing,
    returnable,
    returns,
    reversals,
    rollovers,
    shifts,
)
from pos.services.context import Grant, spend
from pos.services.goods import stock
from pos.services.journal_reading import find_transaction
from pos.store import projections, stock_ledger
from pos.store.backup import full_backup, incremental_backup, restore, verify_backup
from pos.store.errors import BackupFailed, CorruptStore, StoreUnavailable
from pos.store.journal import JournalStore
from pos.store.journal_files import journal_files, successor_of
from pos.store.reference_values import AckRow
from pos.store.reference_writer import ReferenceWriter
from pos.store.returns_guard import NothingLeftToReturn, check_remaining, left_of
from pos.store.rollover import RolloverNotNow, Standing, plan, roll_over
from pos.store.verification import differing_projections, verify_journals
from tests.pos.services.shop import act_as, begin_day, entries, open_till, pay, pin_of, sell

OLD, NEW = "2026-12-31", "2027-01-01"


def begin(till, day):
    """Open a day at ten in the morning of it."""
    at = datetime.fromisoformat(f"{day}T02:00:00+00:00")
    till.clock.advance(int(at.timestamp() * 1000) - till.clock.utc_ms())
    begin_day(till, day)


def close(till):
    cash = shifts.shift_totals(till).expected_minor("cash")
    closed = shifts.close_day(till, {"cash": cash})
    assert isinstance(closed, shifts.DayClosed), closed
    closed.saved.result()


def counters(till):
    return till.journal.reader().execute("SELECT * FROM till_state").fetchone()


def acked(till, **changes):
    """What a head office says that has everything."""
    seq, digest = till.journal.head()
    values = {
        "epoch": till.journal.epoch_id,
        "acked_seq": seq,
        "head_hash": digest.hex(),
        "durable_seq": seq,
        "incarnation": "life",
        "at_utc_ms": 0,
    } | changes
    return Standing(acked={till.journal.epoch_id: AckRow(**values)})


@pytest.fixture
def traded(shop):
    """A till that closed the last day of a year after three sales, one of them returned in part."""
    act_as(shop, "8001")
    begin(shop, OLD)
    shop.sold = [
        sell(shop, ("W550", 2000)),
        sell(shop, ("NOOD", 1000)),
        sell(shop, ("W550", 3000)),
    ]
    returns.start_return(shop, shop.sold[0].transaction_no, {1: 1000}, "quality")
    shop.back = pay(shop)
    close(shop)
    return shop


@pytest.fixture
def rolled(traded):
    """The same till in its new file."""
    roll_over(traded.journal, acked(traded), "2027")
    return traded


# ------------------------------------------------------------------------------ what goes on


def test_stock_goes_on_as_balances_and_its_history_is_read_in_both_files(traded):
    before = stock.on_hand(traded, "W550")
    assert before.shop_milli == -4_000
    roll_over(traded.journal, acked(traded), "2027")
    act_as(traded, "8001")
    begin(traded, NEW)
    assert stock.on_hand(traded, "W550") == before
    last = sell(traded, ("W550", 1_000))
    traded.journal.run(lambda txn: stock_ledger.fold_all(txn.connection))
    assert stock.on_hand(traded, "W550").shop_milli == -5_000
    moved = [one.document_no for one in stock.history(traded, "W550", limit=3)]
    assert moved == [
        last.transaction_no,
        traded.back.transaction_no,
        traded.sold[2].transaction_no,
    ]
    assert len(stock.history(traded, "W550")) == 4
    reader = traded.journal.reader()
    assert stock_ledger.differences(reader) == []
    traded.journal.run(lambda txn: projections.rebuild(txn.connection))
    assert stock.on_hand(traded, "W550").shop_milli == -5_000
    assert stock_ledger.differences(reader) == []


def test_numbers_totals_and_facts_go_on_where_they_stood(traded):
    traded.append(EntryKind.UNKNOWN_CODE, UnknownCode(code="690", action="reported")).result()
    before, head = counters(traded), traded.journal.head()
    epoch, names = (
        traded.journal.epoch_id,
        {
            table: traded.journal.reader().execute(f"SELECT * FROM {table}").fetchall()
            for table in (
                "local_item",
                "local_barcode",
                "local_price",
                "local_operator",
                "unknown_code",
            )
        },
    )

    done = roll_over(traded.journal, acked(traded), "2027")

    assert done.opened.name == "journal-2027.db"
    assert counters(traded) == before
    reader = traded.journal.reader()
    for table, rows in names.items():
        assert sorted(reader.execute(f"SELECT * FROM {table}")) == sorted(rows)
        assert rows or table == "local_price"
    [opening] = entries(traded, EntryKind.EPOCH_OPEN)
    assert (opening.reason, opening.previous_epoch) == ("rollover", epoch)
    assert (opening.previous_seq, opening.final_seq) == (head[0], head[0])
    assert opening.previous_hash == head[1].hex()
    assert differing_projections(sqlite3.connect(done.opened)) == ()


def test_the_first_sale_of_the_year_has_the_number_it_would_have_had(rolled):
    begin(rolled, NEW)
    sold = sell(rolled, ("W550", 1000))

    assert sold.transaction_no == "0101-20270101-0001"
    assert rolled.shift_no == 2
    close(rolled)
    [z] = entries(rolled, EntryKind.DAY_CLOSE)
    assert z.z_no == 2
    assert z.perpetual_gross_minor == 200 * 6 + 450
    assert z.perpetual_returns_minor == 200


def test_entry_ids_and_epoch_numbers_mean_one_thing_in_all_files(rolled):
    old, new = (sqlite3.connect(path) for path in journal_files(rolled.home))

    last = old.execute("SELECT max(entry_id), max(epoch_no) FROM journal_entry").fetchone()
    first = new.execute("SELECT min(entry_id), min(epoch_no) FROM journal_entry").fetchone()

    assert first == (last[0] + 1, last[1] + 1)


def test_a_parked_sale_an_unprinted_slip_and_a_used_approval_go_on(traded):
    begin(traded, NEW)
    checkout.add_item(traded, "NOOD", 1000)
    checkout.park(traded, "红衣服").saved.result()
    traded.write(spend(traded, Grant(approval_uuid="u", right="r", approver_id="8001"))).result()
    sold = sell(traded, ("W550", 1000))
    job = (
        traded.journal.reader()
        .execute("SELECT job_id FROM print_job WHERE transaction_no = ?", (sold.transaction_no,))
        .fetchone()[0]
    )
    close(traded)
    waiting = {one.job_id for one in printing.queue(traded)}

    roll_over(traded.journal, acked(traded), "2027")

    begin(traded, "2027-01-02")
    [parked] = checkout.parked(traded)
    assert parked.label == "红衣服"
    assert isinstance(checkout.recall(traded, parked.sale_uuid), checkout.Recalled)
    assert job in waiting
    assert {one.job_id for one in printing.queue(traded)} == waiting
    with pytest.raises(sqlite3.IntegrityError):
        traded.write(
            lambda txn: txn.connection.execute("INSERT INTO approval_used VALUES ('u', 1)")
        ).result()


# ------------------------------------------------------------------- what stays where it was


def test_a_receipt_of_last_year_is_found_shown_and_printed_again(rolled):
    number = rolled.sold[1].transaction_no
    begin(rolled, NEW)

    assert rolled.last_transaction_no == rolled.back.transaction_no
    assert find_transaction(rolled.journal.reader(), number).transaction == rolled.sold[1]
    assert isinstance(printing.receipt_of(rolled, number), object)
    printed = printing.reprint(rolled, number)
    assert not isinstance(printed, Refusal), printed
    printed.saved.result()


def test_a_return_is_held_to_what_is_left_over_all_files(rolled):
    number = rolled.sold[0].transaction_no
    begin(rolled, NEW)
    assert left_of(rolled.journal.reader(), number, 1).left_milli == 1000

    refused = returns.start_return(rolled, number, {1: 2000}, "quality")
    assert (refused.code, refused.values["left_milli"]) == ("nothing_left", 1000)
    started = returns.start_return(rolled, number, {1: 1000}, "quality")
    assert started.refund_minor == 200
    back = pay(rolled)
    assert left_of(rolled.journal.reader(), number, 1).left_milli == 0
    with pytest.raises(NothingLeftToReturn):
        rolled.write(lambda txn: check_remaining(txn.connection, back)).result()


def test_a_return_of_last_years_goods_that_is_reversed_counts_for_nothing(rolled):
    number = rolled.sold[0].transaction_no
    begin(rolled, NEW)
    returns.start_return(rolled, number, {1: 1000}, "quality")
    back = pay(rolled)
    assert left_of(rolled.journal.reader(), number, 1).left_milli == 0

    act_as(rolled, "1001")
    needed = reversals.void_transaction(rolled, back.transaction_no, "mistake")
    given = approvals.grant(rolled, needed.right, "8001", pin_of("8001"), "ok")
    reversed_ = reversals.void_transaction(rolled, back.transaction_no, "mistake", given)
    assert isinstance(reversed_, checkout.Completion), reversed_
    reversed_.saved.result()

    assert left_of(rolled.journal.reader(), number, 1).left_milli == 1000


def test_a_day_of_last_year_still_folds_to_its_z(rolled):
    with closing(sqlite3.connect(journal_files(rolled.home)[0])) as old:
        row = old.execute("SELECT bytes FROM journal_entry WHERE kind = 'day_close'").fetchone()
    z = decode_entry(row[0]).body
    begin(rolled, NEW)
    sell(rolled, ("W550", 1000))

    folded = shifts.rows.folded_day(rolled.journal.reader(), OLD)

    assert folded.totals == z.totals


def test_the_closed_file_refuses_further_entries_even_from_an_older_program(rolled):
    path = journal_files(rolled.home)[0]
    assert successor_of(path) == "journal-2027.db"
    with closing(sqlite3.connect(path)) as connection:
        for table in ("journal_entry", "epoch"):
            columns = len(connection.execute(f"PRAGMA table_info({table})").fetchall())
            with pytest.raises(sqlite3.IntegrityError, match="closed"):
                connection.execute(f"INSERT INTO {table} VALUES ({', '.join('9' * columns)})")


def test_a_new_start_goes_on_in_the_new_file(rolled):
    begin(rolled, NEW)
    sold = sell(rolled, ("W550", 1000))
    rolled.journal.close()

    again = open_till(rolled.home, clock=rolled.clock)

    assert again.journal.path.name == "journal-2027.db"
    assert (again.business_day, again.last_transaction_no) == (NEW, sold.transaction_no)
    again.journal.close()


def test_a_home_whose_live_file_is_missing_does_not_start_in_the_closed_one(rolled):
    rolled.journal.close()
    (Path(rolled.home) / "journal-2027.db").rename(Path(rolled.home) / "elsewhere")

    with pytest.raises(CorruptStore, match=r"journal-2027\.db"):
        JournalStore.open(rolled.home, rolled.journal.identity, rolled.clock, "test")


def test_years_follow_each_other_and_a_second_file_of_a_year_has_a_name_of_its_own(rolled):
    for day, year in (("2027-06-01", "2027"), ("2028-01-01", "2028")):
        begin(rolled, day)
        sell(rolled, ("W550", 1000))
        close(rolled)
        roll_over(rolled.journal, acked(rolled), year)

    names = [path.name for path in journal_files(rolled.home)]
    assert names == ["journal.db", "journal-2027.db", "journal-2027-2.db", "journal-2028.db"]
    begin(rolled, "2028-01-02")
    assert returnable.find_receipt(rolled, rolled.sold[0].transaction_no).lines[0].remaining_milli
    with closing(sqlite3.connect(journal_files(rolled.home)[-1])) as newest:
        assert projections.fingerprint(newest)


def test_a_backup_has_every_file_and_a_restored_till_trades_on_with_them(rolled, tmp_path):
    begin(rolled, NEW)
    sell(rolled, ("W550", 1000))
    place = tmp_path / "stick"
    made = full_backup(rolled.home, place)
    assert made.journals == ("journal.db", "journal-2027.db")
    assert verify_backup(Path(made.path)).entries == made.entries
    sold = sell(rolled, ("NOOD", 1000))
    incremental_backup(rolled.home, place)

    restore(Path(made.path), tmp_path / "new")

    till = open_till(tmp_path / "new", clock=rolled.clock)
    assert till.journal.path.name == "journal-2027.db"
    assert entries(till, EntryKind.EPOCH_OPEN)[-1].reason == "restore"
    for number in (sold.transaction_no, rolled.sold[0].transaction_no):
        assert find_transaction(till.journal.reader(), number) is not None
    assert left_of(till.journal.reader(), rolled.sold[0].transaction_no, 1).left_milli == 1000
    till.journal.close()
    assert verify_journals(tmp_path / "new").ok


def test_after_a_rollover_the_next_backup_is_a_full_one(traded, tmp_path):
    place = tmp_path / "stick"
    full_backup(traded.home, place)
    roll_over(traded.journal, acked(traded), "2027")

    with pytest.raises(BackupFailed, match=r"journal-2027\.db"):
        incremental_backup(traded.home, place)
    full_backup(traded.home, place)
    begin(traded, NEW)

    assert incremental_backup(traded.home, place).kind == "increment"


def test_verify_finds_an_old_file_that_was_changed_and_one_that_was_swapped(rolled, tmp_path):
    assert verify_journals(rolled.home).ok
    rolled.journal.close()
    other = open_till(tmp_path / "other", clock=rolled.clock)
    other.journal.close()
    old = Path(rolled.home) / "journal.db"
    with closing(sqlite3.connect(tmp_path / "other" / "journal.db")) as connection:
        connection.execute("INSERT INTO local_meta VALUES ('successor', 'journal-2027.db')")
        connection.commit()
    for path in old.parent.glob("journal.db*"):
        path.unlink()
    (tmp_path / "other" / "journal.db").rename(old)

    found = verify_journals(rolled.home)

    assert (found.broken.epoch_no, found.broken.seq) == (2, 1)
    assert "does not follow" in found.broken.reason


# ---------------------------------------------------------------------------- when it is not


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"acked_seq": 3}, "not_acknowledged"),
        ({"durable_seq": 3}, "not_durable"),
        ({"head_hash": "00" * 32}, "not_acknowledged"),
    ],
)
def test_nothing_is_closed_that_head_office_does_not_hold(traded, changes, code):
    standing = acked(traded, **changes)
    if "acked_seq" in changes:
        third = traded.journal.reader().execute("SELECT hash FROM journal_entry WHERE seq = 3")
        standing = acked(traded, **changes, head_hash=third.fetchone()[0].hex())

    with pytest.raises(RolloverNotNow) as refused:
        roll_over(traded.journal, standing, "2027")

    assert [one.code for one in refused.value.obstacles] == [code]
    assert [path.name for path in journal_files(traded.home)] == ["journal.db"]
    assert not (Path(traded.home) / "journal-2027.db").exists()


def test_nothing_is_closed_while_a_day_or_a_sale_is_open(traded):
    begin(traded, NEW)
    checkout.add_item(traded, "NOOD", 1000)
    traded.write(lambda _: None).result()

    found = plan(traded.journal.reader(), traded.journal.path, acked(traded)).obstacles

    assert [one.code for one in found] == ["day_open", "sale_open"]


def test_a_lone_till_waits_for_a_backup_that_reaches_the_last_z(traded):
    assert [one.code for one in rollovers.plan_of(traded).obstacles] == ["not_backed_up"]

    full_backup(traded.home, Path(traded.home) / "backups")

    assert rollovers.plan_of(traded).obstacles == ()


def test_the_first_day_of_a_year_begins_a_new_file(traded):
    told = []
    traded.on_event.append(told.append)
    full_backup(traded.home, Path(traded.home) / "backups")

    begin(traded, NEW)

    assert rollovers.JournalWentOn(closed="journal.db", opened="journal-2027.db") in told
    assert traded.journal.path.name == "journal-2027.db"
    assert sell(traded, ("W550", 1000)).transaction_no.endswith("-0001")


def test_a_day_waits_a_moment_for_head_offices_word_about_what_was_just_written(traded):
    """The sign-on, or an approval that is still queued, must not cost the year its file."""
    with ReferenceWriter.open(traded.home, app_version="test") as writer:
        writer.set_metas({"workstation_uuid": "u"})
        traded.status.online = True

        def acknowledge():
            while traded.journal.path.name == "journal.db" and not stop.is_set():
                epoch = traded.journal.epoch_id
                writer.set_ack(acked(traded).acked[epoch])
                stop.wait(0.01)

        stop = Event()
        thread = Thread(target=acknowledge)
        thread.start()
        try:
            traded.append(EntryKind.NOTE, Note(text="an approval, a millisecond ago"))
            begin(traded, NEW)
        finally:
            stop.set()
            thread.join()

    assert traded.journal.path.name == "journal-2027.db"


def test_a_day_opens_in_the_file_there_is_and_the_next_one_asks_again(traded):
    begin(traded, NEW)  # no backup yet
    assert traded.journal.path.name == "journal.db"
    close(traded)
    full_backup(traded.home, Path(traded.home) / "backups")

    begin(traded, "2027-01-02")
    assert traded.journal.path.name == "journal-2027.db"
    close(traded)
    full_backup(traded.home, Path(traded.home) / "backups")
    begin(traded, "2027-01-03")
    assert traded.journal.path.name == "journal-2027.db"


def test_a_shop_may_keep_one_file_for_ever(shop):
    shop.settings = msgspec.structs.replace(
        shop.settings, journal=msgspec.structs.replace(shop.settings.journal, rollover="off")
    )
    act_as(shop, "8001")
    begin(shop, OLD)
    close(shop)
    full_backup(shop.home, Path(shop.home) / "backups")

    begin(shop, NEW)

    assert shop.journal.path.name == "journal.db"


def test_a_disk_in_trouble_leaves_the_old_file_live(traded, monkeypatch):
    def full(*_args, **_kwargs):
        raise StoreUnavailable("no space")

    monkeypatch.setattr("pos.store.rollover.migrate", full)
    full_backup(traded.home, Path(traded.home) / "backups")

    begin(traded, NEW)

    assert traded.journal.path.name == "journal.db"
    assert sell(traded, ("W550", 1000)).transaction_no.endswith("-0001")


def test_a_file_in_the_way_that_was_traded_in_is_never_removed(rolled):
    begin(rolled, NEW)
    sold = sell(rolled, ("W550", 1000))
    rolled.journal.close()
    old, new = journal_files(rolled.home)
    with closing(
        sqlite3.connect(old)
    ) as connection:  # the old file, put back from a copy of its own
        connection.execute("DELETE FROM local_meta WHERE key = 'successor'")
        for table in ("journal_entry", "epoch"):
            connection.execute(f"DROP TRIGGER {table}_closed")
        connection.commit()
    till = open_till(rolled.home, clock=rolled.clock)

    done = roll_over(till.journal, acked(till), "2027")

    assert done.opened.name == "journal-2027-2.db"
    with closing(sqlite3.connect(new)) as kept:
        number = kept.execute("SELECT transaction_no FROM txn").fetchone()[0]
    assert number == sold.transaction_no
    till.journal.close()
