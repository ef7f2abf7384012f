"""What is called a backup verifies; what is restored is what was there, in a new epoch to come."""

from __future__ import annotations

import sqlite3
import threading

import pytest

from pos.domain.canonical import encode_canonical
from pos.domain.journal import GENESIS_HASH, chain_hash
from pos.store.backup import (
    MANIFEST,
    clear_restore_mark,
    full_backup,
    incremental_backup,
    list_backups,
    prune,
    read_restore_mark,
    restore,
    verify_backup,
)
from pos.store.connection import connect_raw
from pos.store.errors import BackupFailed, StoreUnavailable
from pos.store.migrate import migrate
from pos.store.migrations import JOURNAL
from pos.store.reference import ReferenceReader
from pos.store.reference_values import AckRow, Changes
from tests.pos.store.rows import ItemRow, open_writer

INSERT = "INSERT INTO journal_entry VALUES (?, ?, ?, ?, 'no_sale', '2026-05-01', 0, ?, ?)"


class Journal:
    """Just enough of a till to have a chained journal."""

    def __init__(self, home):
        migrate(home / "journal.db", JOURNAL, backup_dir=home / "backups", app_version="1")
        self.connection = connect_raw(home / "journal.db", check_same_thread=False)
        self.entry_id, self.epoch, self.seq, self.head = 0, 0, 0, GENESIS_HASH

    def open_epoch(self):
        self.epoch, self.seq, self.head = self.epoch + 1, 0, GENESIS_HASH
        self.connection.execute(
            "INSERT INTO epoch VALUES (?, ?, 'new', 0)", (self.epoch, f"e{self.epoch}")
        )

    def append(self, count):
        for _ in range(count):
            self.entry_id, self.seq = self.entry_id + 1, self.seq + 1
            envelope = {
                "app_version": "1", "at_utc_ms": 0, "body": {}, "business_day": "", "currency": "CNY",
                "entry_uuid": f"u{self.entry_id}", "epoch": f"e{self.epoch}", "kind": "unheard_of",
                "monotonic_ms": 0, "operator_id": "", "schema": 1, "seq": self.seq, "store_id": "S",
                "utc_offset_minutes": 0, "workstation_id": "1", "workstation_uuid": "w",
            }  # fmt: skip
            data = encode_canonical(envelope)
            self.head = chain_hash(self.head, data)
            self.connection.execute(
                INSERT, (self.entry_id, self.epoch, self.seq, f"u{self.entry_id}", self.head, data)
            )


@pytest.fixture
def home(tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / "guitai.toml").write_text("[store]\n")
    (home / "keys").mkdir()
    (home / "keys" / "workstation.key").write_bytes(b"k" * 32)
    with open_writer(home) as writer:
        writer.add_local(Changes(items=[ItemRow("1", "牛奶")]))
        writer.set_ack(
            AckRow(
                epoch="e1", acked_seq=4, head_hash="", durable_seq=4, incarnation="i", at_utc_ms=0
            )
        )
    return home


@pytest.fixture
def journal(home):
    journal = Journal(home)
    journal.open_epoch()
    journal.append(10)
    yield journal
    journal.connection.close()


def entries(home):
    with sqlite3.connect(home / "journal.db") as connection:
        return connection.execute(
            "SELECT entry_id, epoch_no, seq, entry_uuid, hash, bytes FROM journal_entry ORDER BY entry_id"
        ).fetchall()


def test_full_and_increments_restore_to_the_same_journal(tmp_path, home, journal):
    target = tmp_path / "medium"
    full = full_backup(home, target)
    journal.append(5)
    first = incremental_backup(home, target)
    assert incremental_backup(home, target) is None
    journal.open_epoch()
    journal.append(3)
    second = incremental_backup(home, target)

    assert (full.entries, first.entries, second.entries) == (10, 5, 3)
    assert [info.kind for info in list_backups(target)] == ["full", "increment", "increment"]
    mark = restore(tmp_path / "medium" / full.path.split("/")[-1], tmp_path / "new")

    assert entries(tmp_path / "new") == entries(home)
    assert (mark.head.epoch_no, mark.head.seq, mark.agreed_seq) == (2, 3, 0)
    assert read_restore_mark(tmp_path / "new") == mark
    assert (tmp_path / "new" / "keys" / "workstation.key").read_bytes() == b"k" * 32
    assert (tmp_path / "new" / "guitai.toml").exists()
    assert ReferenceReader(tmp_path / "new").search("牛奶", "2026-05-01")
    clear_restore_mark(tmp_path / "new")
    assert read_restore_mark(tmp_path / "new") is None
    assert read_restore_mark(home) is None


def test_a_full_backup_alone_says_what_head_office_had_agreed(tmp_path, home, journal):
    mark = restore(full_backup_path(home, tmp_path), tmp_path / "new")

    assert (mark.head.seq, mark.agreed_seq) == (10, 4)


def full_backup_path(home, tmp_path):
    info = full_backup(home, tmp_path / "medium")
    return tmp_path / "medium" / info.path.rsplit("/", 1)[-1]


def test_a_backup_beside_a_busy_till_is_one_moment_of_it(tmp_path, home, journal):
    stop = threading.Event()

    def sell():
        while not stop.is_set():
            journal.append(1)

    seller = threading.Thread(target=sell)
    seller.start()
    try:
        infos = [full_backup(home, tmp_path / "medium") for _ in range(3)]
        increment = incremental_backup(home, tmp_path / "medium")
    finally:
        stop.set()
        seller.join()

    assert infos[0].entries >= 10
    assert [
        verify_backup(tmp_path / "medium" / i.path.rsplit("/", 1)[-1]).head.seq for i in infos
    ] == [i.entries for i in infos]
    assert infos[0].entries <= infos[1].entries <= infos[2].entries
    assert increment is None or increment.base == infos[2].head


def test_verification_finds_a_flipped_bit_that_sqlite_does_not(tmp_path, home, journal):
    path = full_backup_path(home, tmp_path)
    assert verify_backup(path).entries == 10
    copy = path / "journal.db"
    data = copy.read_bytes()
    copy.write_bytes(data.replace(b'"seq":7', b'"seq":8', 1))
    with sqlite3.connect(copy) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)

    with pytest.raises(BackupFailed, match="expected hash"):
        verify_backup(path)
    with pytest.raises(BackupFailed):
        restore(path, tmp_path / "new")
    assert not (tmp_path / "new" / "journal.db").exists()


def test_a_damaged_journal_is_not_called_a_backup(tmp_path, home, journal):
    good = full_backup(home, tmp_path / "medium")
    journal.connection.execute("DROP TRIGGER journal_entry_no_update")
    journal.connection.execute("UPDATE journal_entry SET bytes = CAST('{}' AS BLOB) WHERE seq = 7")

    with pytest.raises(BackupFailed, match="breaks at epoch 1, entry 7"):
        full_backup(home, tmp_path / "medium")

    assert [path.parent.name for path in (tmp_path / "medium").glob(f"*/{MANIFEST}")] == [
        good.path.rsplit("/", 1)[-1]
    ]
    assert list((tmp_path / "medium").glob(".*")) == []


def test_an_increment_joins_only_its_own_journal(tmp_path, home, journal):
    with pytest.raises(BackupFailed, match="no full backup"):
        incremental_backup(home, tmp_path / "medium")
    full_backup(home, tmp_path / "medium")
    other = tmp_path / "other"
    other.mkdir()
    stranger = Journal(other)
    stranger.open_epoch()
    stranger.seq = 100
    stranger.append(12)
    stranger.connection.close()

    with pytest.raises(BackupFailed, match="another journal"):
        incremental_backup(other, tmp_path / "medium")


def test_a_restore_never_writes_over_a_journal(tmp_path, home, journal):
    path = full_backup_path(home, tmp_path)
    before = entries(home)

    with pytest.raises(BackupFailed, match="never writes over"):
        restore(path, home)

    assert entries(home) == before
    assert read_restore_mark(home) is None


def test_old_backups_are_pruned_with_their_increments(tmp_path, home, journal):
    target = tmp_path / "medium"
    for _ in range(3):
        full_backup(home, target)
        journal.append(2)
        incremental_backup(home, target)

    removed = prune(target, keep=2)

    assert len(removed) == 2
    kept = sorted(path.name.split("-")[0] for path in target.iterdir())
    assert kept == ["full", "full", "increment", "increment"]
    assert prune(target, keep=2) == []
    assert len(list_backups(target)) == 2


def test_without_a_journal_there_is_no_backup(tmp_path):
    with pytest.raises(StoreUnavailable):
        full_backup(tmp_path, tmp_path / "medium")
    with pytest.raises(BackupFailed, match="is no backup"):
        verify_backup(tmp_path)
