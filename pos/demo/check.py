"""`pos demo --check`: a day at the real till, driven from outside, against head office's figures.

Nothing is called in-process: `pos run` lives in a pseudo-terminal and is worked by keys, goods are
scanned as bytes through the scanner's device, the receipts and the Z are read back from the bytes
the printer got, and head office is asked over HTTP.
"""

from __future__ import annotations

import json
import re
import sys
import time
import urllib.request
from datetime import datetime
from pathlib import Path

import msgspec

from pos.config import load_sample_shop, set_value
from pos.demo.shop import STORE, DemoShop
from pos.domain.barcode import check_digit
from pos.domain.money import format_amount, parse_amount
from pos.supervisor import run_command
from pos.terminal import ScreenTimeout, TerminalProgram

CASHIER = "1002"
"""Works in English, so that the check reads one language on screen and paper."""

_BETWEEN_S = 0.7
"""Between two presses of one key; faster ones are taken for a key held down."""

_AMOUNT = re.compile(r"(-?[\d,]+\.\d\d)\s*$")


class Finding(msgspec.Struct, frozen=True):
    """One thing that was compared."""

    what: str
    expected: str
    actual: str

    @property
    def ok(self) -> bool:
        """Whether both agree."""
        return self.expected == self.actual


class Paper(msgspec.Struct, frozen=True):
    """What the printed receipts and the Z say."""

    receipts: int
    receipts_total_minor: int
    z_transactions: int
    z_net_minor: int
    drawer_kicks: int


def run_check(directory: Path, *, as_json: bool = False) -> int:
    """Trade a short day in a new shop; 0 when till, paper and head office agree, else 1."""
    try:
        with DemoShop(directory) as shop:
            findings = _trade_and_compare(shop)
    except ScreenTimeout as error:
        sys.stderr.write(f"✗ {error}\n{error.hint}\n")
        return 1
    good = all(finding.ok for finding in findings)
    if as_json:
        rows = [
            {"what": f.what, "expected": f.expected, "actual": f.actual, "ok": f.ok}
            for f in findings
        ]
        sys.stdout.write(json.dumps({"ok": good, "findings": rows}, ensure_ascii=False) + "\n")
    else:
        for finding in findings:
            sign = "✓" if finding.ok else "✗"
            sys.stdout.write(f"{sign} {finding.what}: {finding.actual}\n")
            if not finding.ok:
                sys.stdout.write(f"  expected {finding.expected}\n")
    return 0 if good else 1


def _trade_and_compare(shop: DemoShop) -> list[Finding]:
    for key, value in (("ui.language", "en"), ("receipt.language", "en")):
        set_value(shop.till_home, key, value)
    pin = next(one.pin for one in load_sample_shop().operators if one.operator_id == CASHIER)
    till = TerminalProgram([sys.executable, *shop.till_arguments()])
    try:
        expected = _day(till, shop, pin)
    finally:
        till.close()
    day = datetime.now().astimezone().date().isoformat()
    paper = _read_paper(shop)
    office = _ask_head_office(shop, day, expected.transactions)
    return [
        Finding("receipts printed", str(expected.transactions), str(paper.receipts)),
        Finding(
            "sum of the receipts",
            format_amount(expected.net_minor),
            format_amount(paper.receipts_total_minor),
        ),
        Finding("transactions on the Z", str(expected.transactions), str(paper.z_transactions)),
        Finding(
            "net sales on the Z",
            format_amount(expected.net_minor),
            format_amount(paper.z_net_minor),
        ),
        Finding("drawer opened for cash", str(expected.cash_sales), str(paper.drawer_kicks)),
        Finding(
            "transactions at head office", str(paper.z_transactions), str(office["transactions"])
        ),
        Finding("net sales at head office", format_amount(paper.z_net_minor), str(office["net"])),
    ]


class Expected(msgspec.Struct):
    """What the day came to, counted from what was scanned and the price list."""

    transactions: int = 0
    net_minor: int = 0
    cash_sales: int = 0


def _day(till: TerminalProgram, shop: DemoShop, pin: str) -> Expected:
    goods = _goods()
    barcodes = [code for code, _ in goods]
    prices = [price for _, price in goods]
    expected = Expected()
    till.wait_for(CASHIER, timeout_s=60)
    till.send(f"{CASHIER}\r")
    till.wait_for("PIN")
    till.send(f"{pin}\r")
    till.wait_for("Opening cash", timeout_s=30)
    _enter(till, "▶ Opening cash")
    _enter(till, "Pieces 0")
    _sell(till, shop, barcodes[:3], expected, sum(prices[:3]), cash=True)
    _sell(till, shop, barcodes[3:5], expected, sum(prices[3:5]), cash=False)
    till.send("3*")
    till.wait_for("3 ×", "× 3", "3×")
    _sell(till, shop, barcodes[5:6], expected, 3 * prices[5], cash=True, pieces=3)
    code, amount = _weighed()
    _sell(till, shop, [code], expected, amount, cash=True)
    _close(till)
    return expected


def _sell(  # the facts of one sale
    till: TerminalProgram,
    shop: DemoShop,
    codes: list[str],
    expected: Expected,
    total_minor: int,
    *,
    cash: bool,
    pieces: int | None = None,
) -> None:
    for number, code in enumerate(codes, start=1):
        shop.scanner.scan(code)
        till.wait_for(f"Pieces {pieces or number}")
    _enter(till, "Enter  Pay")
    _enter(till, "To pay")
    if cash:
        till.send(f"{total_minor // 100 + 1}")
        _enter(till, "Change")
    else:
        till.send("*")
        till.wait_for("Remaining")
        till.send("2")
        _enter(till, "arrived")
        till.send("+")
        till.wait_for("▶ ✓")
        _enter(till, "Change")
    expected.transactions += 1
    expected.net_minor += total_minor
    expected.cash_sales += cash
    shop.printer.wait_for_receipts(expected.transactions, 20)


def _close(till: TerminalProgram) -> None:
    till.send("0")
    _enter(till, "All functions")
    till.send("3")
    _enter(till, "Count the drawer")
    _enter(till, "▶ Cash")
    till.send("500")
    fields = len(load_sample_shop().settings["payment.tenders"]) + 1
    for number in range(1, fields + 1):
        till.pause(_BETWEEN_S)
        till.send("\r")
        if number == fields:
            till.wait_for("Z REPORT", timeout_s=30)


def _enter(till: TerminalProgram, wanted: str) -> None:
    """Press Enter as a person does, released between, and wait for what it brings."""
    till.pause(_BETWEEN_S)
    till.send("\r")
    till.wait_for(wanted, timeout_s=30)


def _goods() -> list[tuple[str, int]]:
    """Barcodes and prices (minor units) of goods sold by the piece, from the sample list."""
    import csv

    with load_sample_shop().items_path.open(newline="", encoding="utf-8") as file:
        found = [
            (row["barcodes"].split(";")[0], parse_amount(row["price"]))
            for row in csv.DictReader(file)
            if row["weighed"] == "0" and len(row["barcodes"].split(";")[0]) == 13
        ]
    return found[:6]


def _weighed() -> tuple[str, int]:
    """A label of the scale: 328 g of the first weighed item, by the layout of the settings."""
    import csv

    from pos.domain.money import extended_amount, parse_unit_price

    with load_sample_shop().items_path.open(newline="", encoding="utf-8") as file:
        row = next(row for row in csv.DictReader(file) if row["weighed"] == "1")
    body = f"21{row['item_code']}00328"
    return f"{body}{check_digit(body)}", extended_amount(parse_unit_price(row["price"]), 328)


def _read_paper(shop: DemoShop) -> Paper:
    receipts = total = z_transactions = z_net = 0
    deadline = time.monotonic() + 20
    while not any("Z REPORT" in receipt.text for receipt in shop.printer.receipts()):
        if time.monotonic() > deadline:
            break
        time.sleep(0.1)  # the printer is another thread of ours that is still being written to
    for receipt in shop.printer.receipts():
        text = receipt.text
        if "Z REPORT" in text:
            z_transactions = int(re.search(r"^Transactions\s+(\d+)$", text, re.MULTILINE)[1])  # type: ignore[index]
            z_net = _amount_after(text, "Net sales")
        elif "No.:" in text:
            receipts += 1
            total += _amount_after(text, "Total:")
    return Paper(receipts, total, z_transactions, z_net, len(shop.printer.drawer_kicks))


def _amount_after(text: str, label: str) -> int:
    for line in text.splitlines():
        if label in line:
            found = _AMOUNT.search(line)
            if found is not None:
                return parse_amount(found[1].replace(",", ""))
    return 0


def _ask_head_office(shop: DemoShop, day: str, transactions: int) -> dict[str, object]:
    """The store's row over HTTP, once the day has arrived."""
    made = run_command(
        ["sync.head_office", "token", "add", "--home", str(shop.head_office_home), "check"]
    )
    token = made.split()[-1]
    request = urllib.request.Request(  # noqa: S310 - our own head office on loopback
        f"{shop.url}/api/v1/daily-sales?business_day={day}&store={STORE}",
        headers={"Authorization": f"Bearer {token}"},
    )
    deadline = time.monotonic() + 60
    while True:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            rows = json.load(answer)["rows"]
        if (rows and rows[0]["transactions"] >= transactions) or time.monotonic() > deadline:
            return dict(rows[0]) if rows else {"transactions": 0, "net": "0.00"}
        time.sleep(0.2)  # the uploader's rhythm, in another process
