"""A reader sees the old catalogue or the new one, whoever dies when; facts beside it stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from pos.store.errors import SnapshotMismatch
from pos.store.reference import ReferenceReader
from pos.store.reference_values import AckRow, Changes, Directive, Hold
from tests.pos.store.rows import PriceRow, catalogue_pages, open_writer, send_snapshot

DAY = "2026-05-01"
ENVIRONMENT = {**os.environ, "PYTHONPATH": "."}


def shadow_tables(writer):
    rows = writer.connection.execute(
        "SELECT name FROM sqlite_master WHERE name LIKE '%\\_new' ESCAPE '\\' OR name LIKE '%\\_old' ESCAPE '\\'"
    )
    return [row[0] for row in rows]


def test_snapshots_replace_the_catalogue_again_and_again(tmp_path):
    reader = ReferenceReader(tmp_path)
    with open_writer(tmp_path) as writer:
        for turn in range(1, 5):
            send_snapshot(
                writer,
                catalogue_pages(turn * 100, prefix=f"T{turn}-"),
                turn,
                meta={"feed_cursor": f"c{turn}"},
            )

            hit = reader.find_code((f"{7:014d}",), DAY)
            assert (hit.item.item_code, hit.item.unit_price_e4) == (f"T{turn}-00007", turn * 100)
            assert [
                h.item.item_code for h in reader.search(f"货{turn * 100} T{turn}-00007", DAY)
            ] == [f"T{turn}-00007"]
            assert turn == 1 or reader.search(f"货{turn * 100 - 100}", DAY) == []
            assert reader.search("T0", DAY) == []
            assert reader.item_count() == 200
            assert (reader.meta("feed_cursor"), reader.catalogue_version()) == (f"c{turn}", turn)
            assert shadow_tables(writer) == []
        writer.apply_version(9, Changes(removed={"items": ["T4-00007"]}))
        assert reader.search("T4-00007", DAY) == []
    reader.close()


def test_what_is_no_catalogue_is_left_alone(tmp_path):
    reader = ReferenceReader(tmp_path)
    with open_writer(tmp_path) as writer:
        writer.set_ack(
            AckRow(
                epoch="e", acked_seq=1, head_hash="", durable_seq=1, incarnation="i", at_utc_ms=0
            )
        )
        writer.add_directive(Directive(directive_id="d", kind="clock"))
        writer.set_identity(workstation_uuid="w")
        writer.apply_version(1, Changes(holds=[Hold(hold_id="h", item_code="T00001")]))

        send_snapshot(writer, catalogue_pages(100), 5)

        assert reader.item("T00001", DAY).held
        assert (list(reader.acked()), len(reader.directives()), writer.is_enrolled) == (
            ["e"],
            1,
            True,
        )
        send_snapshot(
            writer, [*catalogue_pages(200), ("holds", [Hold(hold_id="h2", item_code="T00002")])], 6
        )
        assert [reader.item(code, DAY).held for code in ("T00001", "T00002")] == [False, True]
    reader.close()


def test_a_snapshot_that_does_not_add_up_leaves_the_old_catalogue(tmp_path):
    reader = ReferenceReader(tmp_path)
    with open_writer(tmp_path) as writer:
        send_snapshot(writer, catalogue_pages(100), 1)

        with pytest.raises(SnapshotMismatch, match="Expected 601 rows"):
            send_snapshot(writer, catalogue_pages(200), 2, spoil=True)
        twice = [("prices", [PriceRow("T00001", DAY, 1), PriceRow("T00001", DAY, 2)])]
        with pytest.raises(SnapshotMismatch, match="twice"):
            send_snapshot(writer, [*catalogue_pages(200), *twice], 2)

        assert reader.item("T00001", DAY).unit_price_e4 == 100
        assert reader.catalogue_version() == 1
        send_snapshot(writer, catalogue_pages(300), 3)
        assert reader.item("T00001", DAY).unit_price_e4 == 300
    reader.close()


WATCH = """
import sys
from pathlib import Path
from pos.store.reference import ReferenceReader
reader = ReferenceReader(Path(sys.argv[1]))
seen = set()
print("ready", flush=True)
while 900 not in seen:
    hits = reader.search("货", "2026-05-01", limit=20)
    prices = {hit.item.unit_price_e4 for hit in hits}
    names = {int(hit.item.name.split()[0][1:]) for hit in hits}
    one = reader.find_code(("00000000000007",), "2026-05-01").item
    assert len(hits) == 20 and len(prices) == 1 and prices == names, (prices, names)
    assert one.name.startswith(f"货{one.unit_price_e4} "), one
    seen |= prices
print(sorted(seen)[-1])
"""


def test_a_reader_in_another_process_never_sees_a_mix(tmp_path):
    with open_writer(tmp_path) as writer:
        send_snapshot(writer, catalogue_pages(100), 1)
        with subprocess.Popen(
            [sys.executable, "-c", WATCH, str(tmp_path)],
            stdout=subprocess.PIPE,
            text=True,
            env=ENVIRONMENT,
        ) as process:
            assert process.stdout.readline() == "ready\n"
            for turn in range(2, 10):
                send_snapshot(writer, catalogue_pages(turn * 100), turn)
            assert process.stdout.readline() == "900\n"
        assert process.returncode == 0


FETCH = """
import os, signal, sys
from pathlib import Path
from pos.store import reference_snapshot
from tests.pos.store.rows import catalogue_pages, open_writer, send_snapshot
die_at = int(sys.argv[2])
count = 0
def trace(statement):
    global count
    count += 1
    if count == die_at:
        os.kill(os.getpid(), signal.SIGKILL)
with open_writer(Path(sys.argv[1])) as writer:
    writer.connection.set_trace_callback(trace)
    send_snapshot(writer, catalogue_pages(200, count=30), 2)
print(count)
"""


@pytest.mark.slow
def test_kill_9_at_statements_of_a_snapshot_leaves_old_or_new(tmp_path):
    def fetch(home, die_at):
        return subprocess.run(
            [sys.executable, "-c", FETCH, str(home), str(die_at)],
            capture_output=True,
            text=True,
            check=False,
            env=ENVIRONMENT,
        )

    def prepare(home):
        home.mkdir()
        with open_writer(home) as writer:
            send_snapshot(writer, catalogue_pages(100, count=30), 1)

    prepare(tmp_path / "whole")
    statements = int(fetch(tmp_path / "whole", 0).stdout)
    assert statements > 100
    seen = set()
    for die_at in range(1, statements, max(statements // 40, 1)):
        home = tmp_path / str(die_at)
        prepare(home)

        assert fetch(home, die_at).returncode == -signal.SIGKILL

        reader = ReferenceReader(home)
        prices = {reader.item(f"T{n:05d}", DAY).unit_price_e4 for n in range(30)}
        names = {hit.item.name.split()[0] for hit in reader.search("货", DAY, limit=50)}
        assert len(prices) == 1
        assert names == {f"货{next(iter(prices))}"}
        assert reader.catalogue_version() == (1 if prices == {100} else 2)
        reader.close()
        seen |= prices
        with open_writer(home) as writer:
            assert shadow_tables(writer) == []
            send_snapshot(writer, catalogue_pages(300, count=30), 3)
    assert seen == {100, 200}
