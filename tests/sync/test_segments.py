"""Journal segments: out of a till on a stick, into head office by R6, and back again (R24)."""

from __future__ import annotations

import pytest

from pos.domain.journal import GENESIS_HASH, chain_hash
from pos.store.errors import StoreUnavailable
from sync import protocol
from sync.enrolment import load_key
from sync.exchange import Answer, Lost
from sync.head_office.database import open_head_office
from sync.head_office.upkeep import ingest_file
from sync.segment import read_segments
from sync.segments import PullBackError, export_segments, pull_back
from tests.sync import chain as kit
from tests.sync.head_office.office_kit import Server
from tests.sync.kit import note, open_day, sell


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    home = kit.make_head_office(tmp_path_factory.mktemp("hq"))
    with Server(home) as server:
        yield home, server.url


@pytest.fixture
def till(served, tmp_path, request):
    hq, url = served
    home = kit.make_till(tmp_path / "till", hq, url, f"{abs(hash(request.node.nodeid)) % 10**8}")
    journal = kit.open_till(home)
    open_day(journal)
    for number in range(1, 6):
        sell(journal, number, number)
    yield home, journal
    journal.close()


def segments(path):
    with path.open("rb") as file:
        return list(read_segments(file.read))


def take(hq, path):
    office = open_head_office(hq, app_version="test")
    try:
        return ingest_file(office, path)
    finally:
        office.close()


def test_unsent_entries_go_out_signed_and_chained(till, tmp_path):
    home, journal = till
    out = tmp_path / "stick.gts"

    done = export_segments(home, out)

    assert (done.entries, done.epochs) == (7, 1)
    [segment] = segments(out)
    assert segment.signed_by(protocol.public_key_of(load_key(home)))
    previous = GENESIS_HASH
    for digest, data in segment.records:
        assert chain_hash(previous, data) == digest
        previous = digest
    assert previous == journal.head()[1]
    assert out.stat().st_mode & 0o777 == 0o600


def test_a_stick_and_a_line_together_count_once(served, till, tmp_path):
    hq, _ = served
    home, _ = till
    out = tmp_path / "stick.gts"
    export_segments(home, out)

    first, second = take(hq, out), take(hq, out)
    pushed = kit.sync("once", "--home", home)

    assert (first.entries, first.new, first.problems) == (7, 7, [])
    assert (second.entries, second.new) == (7, 0)
    assert pushed.returncode == 0
    assert kit.status(home)["unsent"] == 0
    assert export_segments(home, tmp_path / "empty.gts").entries == 0
    assert export_segments(home, tmp_path / "all.gts", everything=True).entries == 7


def test_a_changed_segment_is_not_believed(served, till, tmp_path):
    hq, _ = served
    home, _ = till
    out = tmp_path / "stick.gts"
    export_segments(home, out)
    data = bytearray(out.read_bytes())
    data[-1] ^= 1
    out.write_bytes(bytes(data))

    taken = take(hq, out)

    assert taken.new == 0
    assert any("signed" in problem for problem in taken.problems)


def test_a_long_journal_is_cut_into_batches(till, tmp_path):
    home, journal = till
    journal.run(lambda txn: [txn.append(*_note(n)) for n in range(1200)])
    out = tmp_path / "stick.gts"

    done = export_segments(home, out, everything=True)

    assert (done.entries, done.segments) == (1207, 3)
    assert [s.header.first_seq for s in segments(out)] == [1, 501, 1001]


def _note(number):
    from pos.domain.journal import EntryKind
    from pos.domain.journal.bodies import Note

    return EntryKind.NOTE, Note(text=str(number))


def test_a_full_stick_leaves_nothing_half(till, tmp_path, monkeypatch):
    home, _ = till
    out = tmp_path / "stick.gts"
    out.write_bytes(b"the last export")

    def full(*_a, **_k):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("sync.segments.os.fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        export_segments(home, out)

    assert out.read_bytes() == b"the last export"
    assert list(tmp_path.glob(".*.part")) == []


def test_a_lone_till_has_nobody_to_export_to(tmp_path):
    journal = kit.open_till(tmp_path)
    journal.close()

    with pytest.raises(StoreUnavailable):
        export_segments(tmp_path, tmp_path / "stick.gts")


def test_own_entries_come_back_as_they_went(served, till, tmp_path):
    home, journal = till
    assert kit.sync("once", "--home", home).returncode == 0
    out = tmp_path / "back.gts"

    done = kit.sync("pull-back", "--home", home, "--epoch", journal.epoch_id, "--out", out)

    assert done.returncode == 0, done.stderr
    export_segments(home, tmp_path / "all.gts", everything=True)
    [back], [ours] = segments(out), segments(tmp_path / "all.gts")
    assert back.records == ours.records
    assert back.signed_by(protocol.public_key_of(load_key(home)))


def test_an_epoch_that_head_office_does_not_have_is_named(served, till, tmp_path):
    home, _ = till

    done = kit.sync("pull-back", "--home", home, "--epoch", "ff" * 16, "--out", tmp_path / "x")

    assert done.returncode == 2
    assert "ff" * 16 in done.stderr
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    "answer", [Lost("cut"), Answer(status=502), Answer(status=200, body=b"{}")]
)
def test_a_pull_back_that_breaks_off_leaves_no_file(till, tmp_path, answer):
    home, journal = till

    with pytest.raises(PullBackError):
        pull_back(home, tmp_path / "x", journal.epoch_id, lambda _request: answer)

    assert not (tmp_path / "x").exists()


def test_the_command_line_exports_what_is_asked_for(till, tmp_path):
    home, journal = till
    note(journal)

    both = kit.sync("export", "--home", home, "--out", tmp_path / "x", "--all", "--unsent")
    done = kit.sync("export", "--home", home, "--out", tmp_path / "x", "--unsent")

    assert both.returncode == 2
    assert done.returncode == 0, done.stderr
    assert "8 entries" in done.stdout
