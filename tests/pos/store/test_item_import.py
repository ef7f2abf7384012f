"""Item lists: good rows go in whole, bad rows are named, a kill leaves the catalogue as it was."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import openpyxl
import pytest

from pos.config.item_rows import clean
from pos.store.errors import ImportRefused, NotAllowedHere
from pos.store.item_import import plan_import, run_import
from pos.store.reference import ReferenceReader
from pos.store.reference_values import Changes
from pos.store.search import ask
from tests.pos.store.rows import BarcodeRow, ItemRow, PriceRow, open_writer
from tests.support.big_catalogue import made_items, write_csv

DAY = "2026-05-01"
LIST = """item_code,name,spec,price,barcodes,packs,weighed
1001,可口可乐,330ml,2.50,6901234567892,16901234567899:24,
1002,大白菜,,￥1.98,,,是
1003,"鸡蛋,散装",,"1,234.50",6901234567908；6901234567915,,否
"""


@pytest.fixture
def writer(tmp_path):
    with open_writer(tmp_path) as writer:
        yield writer


@pytest.fixture
def reader(tmp_path):
    reader = ReferenceReader(tmp_path)
    yield reader
    reader.close()


def save(tmp_path, text, encoding="utf-8", name="list.csv"):
    path = tmp_path / name
    path.write_bytes(text.encode(encoding) if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_a_list_is_imported_in_whatever_encoding_it_was_saved(tmp_path, writer, reader, encoding):
    done = run_import(writer, save(tmp_path, LIST, encoding), effective_day=DAY)

    assert (
        done.rows,
        done.new_items,
        done.bad_rows,
        done.barcodes,
        done.prices,
        done.version,
    ) == (3, 3, 0, 4, 3, 1)
    assert reader.find_code(("06901234567892",), DAY).item.unit_price_e4 == 25_000
    assert reader.find_code(("16901234567899",), DAY).quantity_milli == 24_000
    assert reader.find_code(("06901234567915",), DAY).item.name == "鸡蛋,散装"
    assert reader.item("1003", DAY).unit_price_e4 == 12_345_000
    assert reader.item("1002", DAY).weighed
    assert reader.item("1002", "2026-04-30").unit_price_e4 is None
    assert [hit.item.item_code for hit in reader.search("白菜", DAY)] == ["1002"]
    assert reader.catalogue_version() == 1


def test_a_workbook_is_read_and_codes_stay_text(tmp_path, writer, reader):
    book = openpyxl.Workbook()
    for row in (
        ["商品编码", "品名", "零售价", "条码"],
        ["0012", "盐", 2.5, "06901234567892"],
        [13, "糖", 3, 6901234567908],
        [14, "坏", 1, 6.9012345e20],
    ):
        book.active.append(row)
    book.save(tmp_path / "list.xlsx")

    done = run_import(writer, tmp_path / "list.xlsx", effective_day=DAY)

    assert (done.encoding, done.rows, done.bad_rows) == ("xlsx", 2, 1)
    assert (done.problems[0].row, done.problems[0].column) == (4, "barcodes")
    assert reader.item("0012", DAY).unit_price_e4 == 25_000
    assert reader.find_code(("06901234567908",), DAY).item.item_code == "13"


def test_every_bad_row_is_reported_and_costs_that_row_alone(tmp_path, writer, reader):
    rows = [
        "item_code,name,price,barcodes,packs,weighed",
        "1,good,1.00,6901234567892,,",
        ",no code,1.00,,,",
        "2,,1.00,,,",
        "3,bad price,abc,,,",
        "4,negative,-1,,,",
        "5,five decimals,1.00001,,,",
        "1,again,1.00,,,",
        "6,code twice,1.00,6901234567892,,",
        "7,mangled,1.00,6.90123E+12,,",
        "8,pack,1.00,,16901234567899,",
        "9,weighed?,1.00,,,maybe",
        "",
        "10,also good,1.00,,,",
        f"11,{'x' * 201},1.00,,,",
    ]
    path = save(tmp_path, "\n".join(rows))

    plan = plan_import(path)
    done = run_import(writer, path, effective_day=DAY)

    bad = [(problem.row, problem.column) for problem in plan.problems if not problem.kept]
    assert bad == [
        (3, "item_code"),
        (4, "name"),
        (5, "price"),
        (6, "price"),
        (7, "price"),
        (8, "item_code"),
        (9, "barcodes"),
        (10, "barcodes"),
        (11, "packs"),
        (12, "weighed"),
        (15, "name"),
    ]
    assert done.problems == plan.problems
    assert (done.rows, done.bad_rows) == (2, 11)
    assert (
        "row 5, price: expected a price like 3.50, with up to 4 decimals, got 'abc'"
        in plan.problems[2].text()
    )
    assert reader.item_count() == 2
    assert reader.item("1", DAY).name == "good"


def test_what_is_odd_but_usable_is_kept_and_noted(tmp_path, writer, reader):
    done = run_import(
        writer,
        save(
            tmp_path, "item_code,name,price,barcodes\n1,自编码,1,6901234567890 ABC-1\n2,无价,,\n"
        ),
        effective_day=DAY,
    )

    assert [(p.row, p.column, p.kept) for p in done.problems] == [
        (2, "barcodes", True),
        (3, "price", True),
    ]
    assert "(6901234567892)" not in done.problems[0].got
    assert done.problems[0].got == "6901234567890 (2)"
    assert (done.rows, done.bad_rows, done.noted_rows) == (2, 0, 2)
    assert reader.find_code(("6901234567890",), DAY).item.item_code == "1"
    assert reader.find_code(("ABC-1",), DAY).item.item_code == "1"
    assert reader.item("2", DAY).unit_price_e4 is None


def test_control_characters_never_reach_the_catalogue(tmp_path, writer, reader):
    run_import(
        writer,
        save(tmp_path, "item_code,name,price\n1\x1b,\x1bp\x00红\u202e包\x07装\ue000,1\n"),
        effective_day=DAY,
    )

    assert reader.item("1", DAY).name == "p红包装"
    assert clean("a\tb\u200bc\x9b") == "a bc"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"name,price\nx,1\n", "item_code missing"),
        (b"item_code,name,price\n\xff\xff\xff", "expected text in UTF-8"),
        (b'item_code,name,price\n"' + b"x" * 200_000, "is not a list"),
    ],
)
def test_what_is_no_list_is_refused_with_its_reason(tmp_path, writer, data, reason):
    with pytest.raises(ImportRefused, match=reason) as caught:
        run_import(writer, save(tmp_path, data), effective_day=DAY)
    assert caught.value.hint
    with pytest.raises(ImportRefused):
        plan_import(tmp_path / "none.csv")
    with pytest.raises(ImportRefused, match="not a workbook"):
        plan_import(save(tmp_path, data, name="x.xlsx"))


def test_a_refused_list_changes_nothing_and_an_enrolled_till_imports_nothing(
    tmp_path, writer, reader
):
    path = save(tmp_path, LIST + "9,bad,,x,,,\n")
    with pytest.raises(ImportRefused, match="1 bad rows, the first: row 5, price"):
        run_import(writer, path, effective_day=DAY, refuse_bad_rows=True)
    assert (reader.item_count(), reader.catalogue_version()) == (0, 0)

    writer.set_identity(workstation_uuid="w")
    with pytest.raises(NotAllowedHere):
        run_import(writer, path, effective_day=DAY)
    assert reader.item_count() == 0


def test_a_second_import_changes_prices_from_its_day_and_keeps_other_items(
    tmp_path, writer, reader
):
    writer.add_local(
        Changes(
            items=[ItemRow("7", "旧货")],
            barcodes=[BarcodeRow("06901234567915", "7")],
            prices=[PriceRow("7", "2026-01-01", 5)],
        )
    )

    done = run_import(writer, save(tmp_path, LIST), effective_day=DAY)
    again = run_import(
        writer,
        save(tmp_path, LIST.replace("2.50", "3.00").replace("可口可乐", "可乐新装")),
        effective_day="2026-06-01",
        mnemonic=lambda name: "m" + str(len(name)),
    )

    assert (done.rows, done.bad_rows) == (2, 1)  # 1003 claims a code of item 7
    assert "(7)" in done.problems[0].got
    assert (again.new_items, again.changed_items) == (0, 2)
    assert [reader.item("1001", day).unit_price_e4 for day in (DAY, "2026-06-01")] == [
        25_000,
        30_000,
    ]
    assert [hit.item.item_code for hit in reader.search("新装", DAY)] == ["1001"]
    assert reader.search("口可", DAY) == []
    assert [hit.item.item_code for hit in reader.search("m4", DAY)] == ["1001"]
    assert reader.item("7", DAY).name == "旧货"
    assert plan_import(save(tmp_path, LIST), reader).new_items == 1


def test_progress_is_told_while_it_goes(tmp_path, writer):
    write_csv(tmp_path / "big.csv", 25_000)
    told = []

    run_import(
        writer,
        tmp_path / "big.csv",
        effective_day=DAY,
        progress=lambda rows, part: told.append((rows, part)),
    )

    assert [rows for rows, _ in told] == [10_000, 20_000, 25_000]
    parts = [part for _, part in told]
    assert parts == sorted(parts)
    assert 0 < parts[0] < parts[1] <= 1


def test_an_import_given_up_half_way_leaves_nothing_and_the_next_one_is_whole(
    tmp_path, writer, reader
):
    write_csv(tmp_path / "big.csv", 25_000)

    def give_up(rows, part):
        if rows == 20_000:  # the words of these rows are still being indexed
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run_import(writer, tmp_path / "big.csv", effective_day=DAY, progress=give_up)
    assert reader.item_count() == 0
    run_import(writer, tmp_path / "big.csv", effective_day=DAY)
    assert reader.item_count() == 25_000
    execute = writer.connection.execute
    for number in (1, 10_000, 10_001, 20_000, 25_000):
        (name,) = execute("SELECT name FROM item WHERE item_id = ?", (number,)).fetchone()
        match = ask(name).match
        found = execute("SELECT rowid FROM search_text WHERE search_text MATCH ?", (match,))
        assert (number,) in found.fetchall(), name


IMPORT = """
import os, signal, sys
from pathlib import Path
from pos.store.item_import import run_import
from tests.pos.store.rows import open_writer
home, die_at = Path(sys.argv[1]), int(sys.argv[2])
def progress(rows, part):
    if rows >= die_at:
        os.kill(os.getpid(), signal.SIGKILL)
with open_writer(home) as writer:
    run_import(writer, home / "big.csv", effective_day="2026-05-01", progress=progress)
"""


@pytest.mark.slow
@pytest.mark.parametrize("before", [0, 10])
def test_kill_9_in_the_middle_of_an_import_leaves_the_old_catalogue(tmp_path, before):
    write_csv(tmp_path / "big.csv", 25_000)
    reader = ReferenceReader(tmp_path)
    with open_writer(tmp_path) as writer:
        writer.add_local(Changes(items=[ItemRow(f"old{n}", f"旧货{n}") for n in range(before)]))

    killed = subprocess.run(
        [sys.executable, "-c", IMPORT, str(tmp_path), "20000"],
        check=False,
        env={**os.environ, "PYTHONPATH": "."},
    )

    assert killed.returncode == -signal.SIGKILL
    assert reader.item_count() == before
    assert len(reader.search("旧货", DAY)) == before
    with open_writer(tmp_path) as writer:
        run_import(writer, tmp_path / "big.csv", effective_day=DAY)
    assert reader.item_count() == before + 25_000
    reader.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_million_items_are_imported_and_found(tmp_path):
    write_csv(tmp_path / "big.csv", 1_000_000)
    reader = ReferenceReader(tmp_path)
    with open_writer(tmp_path) as writer:
        done = run_import(writer, tmp_path / "big.csv", effective_day=DAY)
        assert (done.rows, done.bad_rows) == (1_000_000, 0)

        started = time.perf_counter()
        changes = [PriceRow(item.item_code, DAY, 77) for item in made_items(100_000)]
        writer.apply_version(9, Changes(prices=changes))
        print(
            f"import {done.duration_s:.1f} s, 100,000 prices {time.perf_counter() - started:.2f} s"
        )
    for item in list(made_items(1000))[::50]:
        hit = reader.find_code((item.barcode.zfill(14),), DAY)
        assert (hit.item.item_code, hit.item.unit_price_e4) == (item.item_code, 77)
    for word in ("牛肉", "红烧", "可乐"):
        found = reader.search(word, DAY)
        assert len(found) == 20
        assert all(word in hit.item.name for hit in found)
    reader.close()
