"""Baseline, bars 8 to 10: the fastest till that still shows a sale. select, sqlite3 and ANSI codes.

    python -m tests.bench.baselines.raw_till REFERENCE_DB SCANNER_TTY

A scanned code is looked up with one SELECT, its line is written to the terminal, the window scrolls
when it is full, the total is written. Nothing is kept, checked or committed. Enter begins a new sale.
"""

import errno
import os
import select
import sqlite3
import sys
import termios
import tty

COLUMNS, ROWS = os.get_terminal_size()
TOP, WINDOW = 2, ROWS - 8


def read(number: int) -> bytes:
    """What came; nothing when the line has hung up (a read of 0 bytes, or EIO)."""
    try:
        return os.read(number, 4096)
    except OSError as error:
        if error.errno == errno.EIO:
            return b""
        raise


def main(database: str, scanner_path: str) -> None:
    """Sell until the terminal or the scanner hangs up."""
    connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    find = (
        "SELECT i.name, p.unit_price_e4 FROM barcode b JOIN item i ON i.item_code = b.item_code "
        "JOIN price p ON p.item_code = i.item_code WHERE b.code = ?"
    )
    scanner = os.open(scanner_path, os.O_RDWR | os.O_NOCTTY | os.O_NONBLOCK)
    tty.setraw(scanner, termios.TCSANOW)
    tty.setcbreak(0)
    lines: list[str] = []
    total = 0
    pending = b""
    os.write(1, b"\x1b[2J\x1b[H   # Code            Goods\x1b[?25lREADY")
    while True:
        ready, _, _ = select.select([scanner, 0], [], [])
        if 0 in ready:
            keys = read(0)
            if not keys:
                return
            if b"\r" in keys or b"\n" in keys:
                lines.clear()
                total = 0
                os.write(1, b"\x1b[2J\x1b[HNEW SALE")
        if scanner not in ready:
            continue
        scanned = read(scanner)
        if not scanned:
            return
        pending += scanned
        *codes, pending = pending.split(b"\r")
        out = []
        for code in codes:
            text = code.decode()
            row = connection.execute(find, (text.zfill(14),)).fetchone()
            if row is None:
                out.append(f"\x1b[{ROWS - 1};1H\x07unknown {text}\x1b[K")
                continue
            name, price = row
            total += price
            amount = f"{price / 10000:.2f}"
            lines.append(f"{len(lines) + 1:4} {text:14} {name:40} 1 {amount:>9} {amount:>11}")
            if len(lines) <= WINDOW:
                out.append(f"\x1b[{TOP + len(lines) - 1};1H{lines[-1]}")
            else:
                shown = lines[-WINDOW:]
                out.extend(f"\x1b[{TOP + y};1H{line}\x1b[K" for y, line in enumerate(shown))
            out.append(f"\x1b[{ROWS - 4};1H{lines[-1]}\x1b[K")
            out.append(f"\x1b[{ROWS - 2};1HTotal {total / 10000:12.2f}\x1b[K")
        data = "".join(out).encode()
        while data:
            data = data[os.write(1, data) :]


if __name__ == "__main__":
    main(*sys.argv[1:])
