"""A small roll traded at the real till: bytes to its scanner, keys to its terminal, paper read."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from drivers.escpos.decoder import PaperLine, Receipt
from pos.config import load_settings
from pos.domain.roll import COLUMNS, RollTender, RollTransaction
from pos.replay.till_desk import TillDesk, keyed_tenders
from pos.replay.trading import ReplayFailed

AT = "2022-06-01T17:00:"
ROLL = [
    # six by keys, the same again as a line of its own, cash with change
    ("1", "00", "sale", "70:003", "Cola 330ml", "6", "1.20", "", "", ""),
    ("1", "05", "sale", "70:003", "Cola 330ml", "1", "1.20", "", "", ""),
    ("1", "09", "tender", "", "", "", "", "", "10.00", "cash"),
    ("1", "09", "tender", "", "", "", "", "", "-1.60", "cash"),
    # another price, a discount, a void; the card is charged too much and cash goes back
    ("2", "10", "sale", "70:003", "Cola 330ml", "2", "1.00", "0.20", "", ""),
    ("2", "11", "sale", "60:010", "Crème 布丁", "1", "8.40", "", "", ""),
    ("2", "12", "void", "70:003", "Cola 330ml", "-1", "1.00", "", "", ""),
    ("2", "13", "tender", "", "", "", "", "", "20.00", "card"),
    ("2", "13", "tender", "", "", "", "", "", "-10.60", "cash"),
    # paid in two ways, both by keys
    ("3", "20", "sale", "60:010", "Crème 布丁", "1", "8.40", "", "", ""),
    ("3", "21", "tender", "", "", "", "", "", "5.00", "card"),
    ("3", "21", "tender", "", "", "", "", "", "3.40", "cash"),
]


def write_roll(path: Path) -> Path:
    lines = [",".join(COLUMNS)]
    for number, second, row, code, name, quantity, price, discount, amount, tender in ROLL:
        head = f"emf,bar,2022-06-01,{AT}{second},{number},3,{row}"
        tail = f"{code},{name},{quantity},{price},{discount},{amount},{tender}"
        lines.append(f"{head},{tail}")
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def run(*arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", *arguments],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env={key: value for key, value in os.environ.items() if key != "POS_HOME"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def bodies(home: Path, kind: str) -> list[dict[str, Any]]:
    with closing(sqlite3.connect(f"file:{home / 'journal.db'}?mode=ro", uri=True)) as journal:
        rows = journal.execute(
            "SELECT bytes FROM journal_entry WHERE kind = ? ORDER BY entry_id", (kind,)
        ).fetchall()
    return [json.loads(row[0])["body"] for row in rows]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_three_transactions_through_devices_reach_head_office_as_they_were_traded(tmp_path):
    roll, home = write_roll(tmp_path / "roll.csv"), tmp_path / "replay"
    command: tuple[str, ...] = (
        "pos",
        "replay",
        str(roll),
        "--home",
        str(home),
        "--currency",
        "GBP",
    )
    command += ("--create-items", "--through", "devices")
    assert "3 transactions with 6 lines traded" in run(*command)

    till = home / "tills" / "emf-bar"
    sales = bodies(till, "transaction")
    assert [sale["roll_transaction"] for sale in sales] == ["1", "2", "3"]
    assert [sale["total_minor"] for sale in sales] == [840, 940, 840]
    first = sales[0]["lines"]
    assert [(line["quantity_milli"], line["at"]) for line in first] == [
        (6000, f"{AT}00"),
        (1000, f"{AT}05"),
    ]
    assert {line.get("entry_method", "scanned") for line in first} == {"scanned"}
    assert [line.get("entry_method") for line in sales[1]["lines"]] == ["roll", None, "roll"]
    assert sales[1]["lines"][0]["override"] == {"source": "ROLL"}
    assert [[t["amount_minor"] for t in sale["tenders"]] for sale in sales] == [
        [1000, -160],
        [2000, -1060],
        [500, 340],
    ]
    assert [out["outcome"] for out in bodies(till, "print_outcome")] == ["printed"] * 4
    assert bodies(till, "day_close")[0]["totals"]["transactions"] == 3

    daily = ("sync.head_office", "daily", "--home", str(home), "--business-day", "2022-06-01")
    answer = json.loads(run(*daily, "--format", "json"))
    rows = answer["rows"] if isinstance(answer, dict) else answer
    assert [(row["transactions"], row["lines"], row["net"]) for row in rows] == [(3, 6, "26.20")]

    assert "(3 were there already)" in run(*command)
    assert len(bodies(till, "transaction")) == 3


def transaction(*tenders: tuple[str, int]) -> RollTransaction:
    rows = tuple(
        RollTender(row_number=number, tender_type=name, amount_minor=amount, at="")
        for number, (name, amount) in enumerate(tenders, start=3)
    )
    return RollTransaction(
        store_id="s",
        workstation_id="w",
        business_day="2022-06-01",
        transaction="1",
        operator_id="",
        at="",
        row_number=2,
        lines=(),
        tenders=rows,
    )


@pytest.mark.parametrize(
    ("tenders", "total", "keyed"),
    [
        ((), 410, [("cash", 410)]),
        ((("cash", 450), ("cash", -40)), 410, [("cash", 450)]),
        ((("card", 410),), 410, [("card", 410)]),
        ((("card", 200), ("cash", 300), ("cash", -90)), 410, [("card", 200), ("cash", 300)]),
        ((("card", 520), ("cash", -110)), 410, []),
        ((("cash", 410),), 400, []),
        ((("beads", 410),), 410, []),
        ((("cash", -410),), -410, []),
        ((), 0, []),
        ((("cash", 10_000_000_00), ("cash", -9_999_995_90)), 410, []),
    ],
)
def test_only_tenders_that_keys_give_exactly_are_keyed(tmp_path, tenders, total, keyed):
    found = keyed_tenders(transaction(*tenders), total, load_settings(tmp_path))
    assert [(one.kind.id, one.amount_minor) for one in found] == keyed


def paper(text: str) -> Receipt:
    lines = tuple(PaperLine(line) for line in text.splitlines())
    return Receipt(lines, ("s01-20220601-0001",), (), "partial")


def test_a_receipt_with_another_total_than_was_traded_stops_the_replay():
    desk = TillDesk.__new__(TillDesk)
    slip = paper("No.:s01-20220601-0001   Till:01\nPieces:1   Total:  4.10\n")
    desk._paper = [slip]
    desk._check_receipt("s01-20220601-0001", 410, "transaction 1")
    desk._paper = [slip]
    with pytest.raises(ReplayFailed, match="transaction 7") as caught:
        desk._check_receipt("s01-20220601-0001", 411, "transaction 7")
    assert "4.10" in caught.value.hint
