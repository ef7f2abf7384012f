"""On a real pseudo-terminal: keys of a pad, hang-up, and what is left on disk."""

from __future__ import annotations

import os
import pty
import select
import signal
import struct
import subprocess
import sys
import termios
import time
from fcntl import ioctl
from pathlib import Path

import pyte
import pytest

from pos.bootstrap import build_till, close_till
from pos.services import checkout
from tests.pos.ui.shop import HOTPOT, NOODLES, WINE

ROOT = Path(__file__).resolve().parents[3]


class Terminal:
    """A till in a pseudo-terminal of its own, and what it shows."""

    def __init__(self, home, *scans, columns=80, rows=24):
        self.screen = pyte.Screen(columns, rows)
        self.stream = pyte.ByteStream(self.screen)
        self.master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        self.errors = home.parent / "stderr.txt"
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.pos.ui.run_till", str(home), *scans],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            cwd=ROOT,
            start_new_session=True,
            preexec_fn=lambda: ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - its own terminal
            env={**os.environ, "TERM": "xterm-256color", "PYTHONPATH": str(ROOT)},
        )
        os.close(slave)

    def until(self, text: str, seconds: float = 30) -> str:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.master], [], [], 0.2)
            if ready:
                self.stream.feed(os.read(self.master, 65536))
            shown = "\n".join(self.screen.display)
            if text in shown.replace(" ", ""):
                return shown
        raise AssertionError(f"{text!r} did not appear:\n" + "\n".join(self.screen.display))

    def settled(self, seconds: float = 0.7) -> list[str]:
        """What is shown once nothing has come for a while; the header's clock left out."""
        while select.select([self.master], [], [], seconds)[0]:
            self.stream.feed(os.read(self.master, 65536))
        return list(self.screen.display[1:])

    def type(self, keys: bytes) -> None:
        os.write(self.master, keys)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait(10)


def left_on_disk(home):
    till = build_till(home)
    try:
        return checkout.recover(till)
    finally:
        close_till(till)


@pytest.mark.parametrize("way", ["hang-up", "terminate"])
def test_a_terminal_that_goes_away_ends_the_till_and_the_open_sale_stays(home, way):
    terminal = Terminal(home, WINE)
    try:
        terminal.until("68.00")
        if way == "terminate":
            terminal.process.send_signal(signal.SIGTERM)
        else:
            os.close(terminal.master)
        code = terminal.process.wait(15)
    finally:
        terminal.close()

    assert code == 0
    left = left_on_disk(home)
    assert [line.item_code for line in left.open_cart.lines] == ["200063"]


def test_what_scans_paint_directly_is_what_the_screen_says(home):
    """Rows written straight to the terminal are the same after Textual paints them itself."""
    codes = [code for _ in range(13) for code in (WINE, NOODLES, HOTPOT)]
    terminal = Terminal(home, *codes)
    try:
        terminal.until("件数39")
        direct = terminal.settled()
        terminal.type(b"*")
        assert terminal.settled() != direct
        terminal.type(b"-")

        assert terminal.settled() == direct
        assert any("39" in row and "19.90" in row for row in direct)
    finally:
        terminal.close()


@pytest.mark.parametrize("way", ["prefix", "check digit"])
@pytest.mark.parametrize("end", [b"\r", b"\r\n"], ids=["CR", "CRLF"])
def test_a_hundred_codes_typed_by_a_scanner_are_a_hundred_pieces(home, way, end):
    first = b"\x02" if way == "prefix" else b""
    with (home / "guitai.toml").open("a", encoding="utf-8") as file:
        prefix = "ctrl+b" if way == "prefix" else ""
        checked = str(way != "prefix").lower()
        file.write(f'[wedge]\nprefix = "{prefix}"\ncheck_digit = {checked}\n')
    till = Terminal(home)
    try:
        till.until("件数0")
        for number in range(100):
            code = (WINE, NOODLES, HOTPOT)[number % 3].encode()
            till.type(first + code + end)
            if number % 10 == 9:  # a terminal's buffer is not without end
                till.settled(0.05)
        till.settled()
        till.process.send_signal(signal.SIGTERM)
        assert till.process.wait(30) == 0
    finally:
        till.close()

    assert left_on_disk(home).open_cart.pieces_milli == 100_000


def test_pad_keys_of_a_real_terminal_sell(home):
    terminal = Terminal(home, WINE)
    try:
        terminal.until("68.00")
        terminal.type(b"+")
        terminal.until("136.00")
        terminal.type(b"\x1bOk")
        terminal.until("204.00")
    finally:
        terminal.close()
