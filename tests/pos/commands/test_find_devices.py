"""`pos find-devices` over pseudo-terminals under a folder that stands for /dev."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import tomllib

import pytest

from drivers.fakes_scanner import PtyScanner
from drivers.fakes_wire import PtyPrinter
from drivers.scanner.framing import Framing


@pytest.fixture
def dev(tmp_path):
    by_id = tmp_path / "dev" / "serial" / "by-id"
    by_id.mkdir(parents=True)
    return tmp_path / "dev"


def find(dev, *more: str):
    return subprocess.run(
        [sys.executable, "-m", "pos", "find-devices", "--dev", str(dev), *more],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_printer_and_scanner_are_found_and_written_down(dev, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    by_id = dev / "serial" / "by-id"
    with (
        PtyPrinter(by_id / "usb-Printer-if00"),
        PtyScanner(by_id / "usb-Scanner-if00", framing=Framing.CRLF) as scanner,
    ):
        stop = threading.Event()

        def trigger() -> None:
            while not stop.wait(0.5):
                scanner.scan("6901234567892")

        hand = threading.Thread(target=trigger)
        hand.start()
        done = find(dev, "--home", str(home), "--save", "--scan-within", "20", "--json")
        stop.set()
        hand.join()

    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["printer_url"] == f"serial:{by_id}/usb-Printer-if00?baudrate=9600"
    assert found["scanner"]["framing"] == "crlf"
    written = tomllib.loads((home / "guitai.toml").read_text())
    assert written["printer"]["url"] == found["printer_url"]
    assert written["scanner"] == [found["scanner"]]


def test_nothing_plugged_in_says_so(dev):
    done = find(dev)

    assert done.returncode == 0
    assert "plugged in" in done.stdout or "没有" in done.stdout


def test_a_port_on_which_nothing_answers_is_said(dev):
    with PtyScanner(dev / "serial" / "by-id" / "usb-Something"):
        done = find(dev, "--scan-within", "0.2")

    assert "usb-Something" in done.stdout
    assert done.stdout.count("!") == 2
