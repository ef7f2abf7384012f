"""The first business day of a year at the real till: last year's receipts, today's sales (R30)."""

from __future__ import annotations

import csv
import re
import sys
from datetime import datetime
from pathlib import Path

import pytest

from pos.config import load_sample_shop, set_value
from pos.demo.shop import DemoShop
from pos.terminal import ScreenTimeout, TerminalProgram

CASHIER, MANAGER = "1002", "8001"
NEXT_YEAR = datetime.now().astimezone().year + 1


@pytest.fixture
def shop(tmp_path: Path):
    with DemoShop(tmp_path / "shop") as opened:
        for key, value in (("ui.language", "en"), ("receipt.language", "en")):
            set_value(opened.till_home, key, value)
        yield opened


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_after_the_rollover_an_old_receipt_is_found_and_a_sale_is_confirmed_on_screen(
    shop: DemoShop,
) -> None:
    code = _barcode()
    till = TerminalProgram([sys.executable, *shop.till_arguments()])
    try:
        till.wait_for(CASHIER, timeout_s=60)
        _press(till, f"{CASHIER}\r", "PIN")
        _press(till, f"{_pin(CASHIER)}\r", "Opening cash")
        _press(till, "\r", "▶ Opening cash")
        _press(till, "\r", "Pieces 0")
        old = _sell(till, shop, code)
        _close_the_day(till)
        _open_the_first_day_of_next_year(till)

        _press(till, "\x14", "Scan the receipt's barcode")  # Ctrl+T
        shop.scanner.scan(old)
        till.wait_for("how many of each?")
        till.wait_for(old)
        till.wait_for("(left 1,")  # a screen comes in more than one write
        _press(till, "-", "Pieces 0")

        _press(till, "\x14", "Scan the receipt's barcode")
        shop.scanner.scan(code)  # a lost receipt: the goods find it, over both files
        till.wait_for("Which sale?")
        _press(till, "-", "Pieces 0")

        new = _sell(till, shop, code)
    finally:
        till.close()

    assert old.endswith("-0001")
    assert new.split("-")[1] == f"{NEXT_YEAR}0101"
    files = {path.name for path in shop.till_home.glob("journal*.db")}
    assert files == {"journal.db", f"journal-{NEXT_YEAR}.db"}


def _open_the_first_day_of_next_year(till: TerminalProgram) -> None:
    _press(till, f"{CASHIER}\r", "Enter  Sign on")
    _press(till, f"{_pin(CASHIER)}\r", "▶ Business day")
    till.send(f"{NEXT_YEAR}-01-01")
    _press(till, "\r", "▶ Opening cash")
    _press(till, "\r", "far off", "Pieces 0")
    if "far off" in till.screen.text():  # such a day needs a manager's signature (R20)
        till.send(f"{MANAGER}\r")
        till.pause(0.7)
        till.send(f"{_pin(MANAGER)}\r")
        _press(till, "\r", "Pieces 0")


def _close_the_day(till: TerminalProgram) -> None:
    till.send("0")
    _press(till, "\r", "All functions")
    till.send("3")
    _press(till, "\r", "Count the drawer")
    _press(till, "\r", "▶ Cash")
    till.send("500")
    for _ in range(len(load_sample_shop().settings["payment.tenders"]) + 1):
        till.pause(0.7)
        till.send("\r")
    till.wait_for("Z REPORT", timeout_s=30)
    _press(till, "\r", "Operator's number")


def _sell(till: TerminalProgram, shop: DemoShop, code: str) -> str:
    """One piece for cash; the number on its printed receipt. The screen says that it is done."""
    slips = len(shop.printer.receipts())
    shop.scanner.scan(code)
    till.wait_for("Pieces 1")
    _press(till, "\r", "Enter  Pay")
    _press(till, "\r", "To pay")
    till.send("100")
    _press(till, "\r", "Scan for the next sale")
    shop.printer.wait_for_receipts(slips + 1, 20)
    found = re.search(r"No\.:(\S+)", shop.printer.receipts()[-1].text)
    assert found is not None
    till.pause(0.7)
    till.send("-")
    return found[1]


def _press(till: TerminalProgram, keys: str, *wanted: str) -> None:
    till.pause(0.7)  # as a person does: a key held down does nothing
    till.send(keys)
    try:
        till.wait_for(*wanted, timeout_s=30)
    except ScreenTimeout as error:
        pytest.fail(f"{error}\n{error.hint}")


def _pin(operator_id: str) -> str:
    people = load_sample_shop().operators
    return next(one.pin for one in people if one.operator_id == operator_id)


def _barcode() -> str:
    with load_sample_shop().items_path.open(newline="", encoding="utf-8") as file:
        return next(
            row["barcodes"]
            for row in csv.DictReader(file)
            if row["weighed"] == "0" and len(row["barcodes"]) == 13
        )
