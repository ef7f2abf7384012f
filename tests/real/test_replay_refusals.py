"""`pos replay` refuses a wrong roll by the row's number and both figures, and trades nothing."""

import subprocess
from pathlib import Path

import pytest

from tests.real.harness import CHECKOUT, replay_command
from tests.real.roll import HEADER, RollRow

GOOD = RollRow(
    store_id="corner",
    workstation_id="t1",
    business_day="2024-02-28",
    at="2024-02-28T09:00:00",
    transaction="1",
    operator_id="7",
    row="sale",
    item_code="TEA",
    description="散茶",
    quantity="2",
    unit_price="1.25",
    amount="2.50",
)
PAID = GOOD._replace(
    row="tender",
    item_code="",
    description="",
    quantity="",
    unit_price="",
    amount="2.50",
    tender_type="cash",
)


def roll_text(*rows: RollRow) -> str:
    return "\n".join(",".join(row) for row in (HEADER, *rows)) + "\n"


def refused(roll: Path, home: Path, *options: str) -> str:
    """What the command said; it ended with an error and made nothing."""
    done = subprocess.run(
        [*replay_command(roll, home, currency="CNY"), *options],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )
    assert done.returncode not in (0, -9), done.stdout
    assert "Traceback" not in done.stderr
    assert not home.exists(), "something was made although nothing may be traded"
    return done.stderr


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        pytest.param(
            (GOOD, GOOD._replace(transaction="2", amount="2.49")),
            ("row 3", "2.50", "2.49"),
            id="amount",
        ),
        pytest.param(
            (GOOD._replace(quantity="0.125", unit_price="0.04", amount="0.00"),),
            ("row 2", "0.01", "0.00"),
            id="half-a-fen",
        ),
        pytest.param(
            (GOOD, GOOD._replace(transaction="2", business_day="2024-02-27")),
            ("row 3", "2024-02-27", "2024-02-28"),
            id="day-goes-back",
        ),
        pytest.param(
            (
                GOOD,
                PAID,
                GOOD._replace(transaction="2"),
                PAID._replace(transaction="2", amount="2"),
            ),
            ("row 4", "2.50", "2.00"),
            id="tenders",
        ),
        pytest.param((PAID,), ("row 2", "0.00", "2.50"), id="exchange"),
        pytest.param(
            (GOOD._replace(workstation_id="../t1"),), ("row 2", "corner-../t1"), id="folder"
        ),
        pytest.param(
            (
                GOOD._replace(store_id="a-b", workstation_id="c"),
                GOOD._replace(store_id="a", workstation_id="b-c"),
            ),
            ("row 3", "share the folder a-b-c"),
            id="one-folder-for-two-tills",
        ),
    ],
)
def test_a_wrong_row_is_named_with_both_figures(
    tmp_path: Path, rows: tuple[RollRow, ...], said: tuple[str, ...]
) -> None:
    roll = tmp_path / "wrong.csv"
    roll.write_text(roll_text(*rows), encoding="utf-8")
    message = refused(roll, tmp_path / "home")
    assert all(text in message for text in ("wrong.csv", "Nothing was traded", *said)), message


def test_another_header_is_refused(tmp_path: Path) -> None:
    roll = tmp_path / "wrong.csv"
    roll.write_text(roll_text(GOOD).replace("unit_price", "price", 1), encoding="utf-8")
    message = refused(roll, tmp_path / "home")
    assert "row 1" in message
    assert ",".join(HEADER) in message


@pytest.mark.parametrize("good_rows", [0, 1, 2_000])
def test_a_byte_that_is_no_utf_8_is_refused_with_its_line(tmp_path: Path, good_rows: int) -> None:
    roll = tmp_path / "wrong.csv"
    rows = [GOOD._replace(transaction=str(number)) for number in range(good_rows)]
    wrong = GOOD._replace(transaction="x")
    roll.write_bytes(
        roll_text(*rows).encode() + ",".join(wrong).encode("gbk") + b"\n" + b"a,b\n" * 3_000
    )
    message = refused(roll, tmp_path / "home")
    assert f"row {good_rows + 2}:" in message
    assert "UTF-8" in message


def test_an_empty_file_and_a_torn_row_are_refused(tmp_path: Path) -> None:
    roll = tmp_path / "wrong.csv"
    roll.write_bytes(b"")
    assert "row 1: expected the header" in refused(roll, tmp_path / "home")
    roll.write_text(roll_text(GOOD) + "corner,t1,2024-02-28\n", encoding="utf-8")
    assert "row 3: expected 14 columns" in refused(roll, tmp_path / "home")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("store_id,workstation_id,day\n", "row 1: expected the header"),
        ("corner,t2,2024-02-28,cash,1.00\n", "row 2: the roll trades nothing"),
        ("corner,t1,2024-02-29,cash,1.00\n", "row 2: the roll trades nothing"),
        ("corner,t1,2024-02-28,cash,1.00\ncorner,t1,2024-02-28,cash,\n", "row 3: expected each"),
        ("corner,t1,2024-02-28,cash,-1.00\n", "row 2: a count cannot be below 0"),
        ("corner,t1,2024-02-28,cash,1.001\n", "row 2:"),
    ],
)
def test_a_wrong_count_is_refused_by_its_row(tmp_path: Path, text: str, said: str) -> None:
    roll, counts = tmp_path / "good.csv", tmp_path / "counts.csv"
    roll.write_text(roll_text(GOOD), encoding="utf-8")
    header = "store_id,workstation_id,business_day,tender_type,counted\n"
    counts.write_text(text if text.startswith("store") else header + text, encoding="utf-8")
    message = refused(roll, tmp_path / "home", "--counts", str(counts))
    assert f"counts.csv, {said}" in message


@pytest.mark.parametrize(
    "options",
    [
        ("--head-office", "http://127.0.0.1:9", "--head-office-db", "sqlite:///x.db"),
        ("--enrol-codes", "codes.csv"),
    ],
)
def test_two_head_offices_at_once_are_refused(tmp_path: Path, options: tuple[str, ...]) -> None:
    roll, codes = tmp_path / "good.csv", tmp_path / "codes.csv"
    roll.write_text(roll_text(GOOD), encoding="utf-8")
    codes.write_text("store_id,workstation_id,code\n", encoding="utf-8")
    options = tuple(str(codes) if option == "codes.csv" else option for option in options)
    assert "--head-office" in refused(roll, tmp_path / "home", *options)
