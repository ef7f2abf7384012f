"""The simulated devices run from the command line and die with their parent."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from drivers.document import Cut, Document, Text
from drivers.escpos.profile import PrinterProfile
from drivers.events import PrintOutcome
from drivers.registry import printer_from_url
from drivers.serial_port import SerialPort, SerialSettings

ROOT = Path(__file__).parents[2]


def start(*arguments):
    return subprocess.Popen(
        [sys.executable, "-m", "drivers.fakes", *arguments],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def tell(process, line):
    process.stdin.write(line + "\n")
    process.stdin.flush()
    return process.stdout.readline().strip()


def test_a_scanner_scans_what_it_is_told(tmp_path):
    link = tmp_path / "scanner"
    with start("scanner", "--link", str(link)) as process:
        assert process.stdout.readline().strip() == f"serial:{link}?framing=cr"
        port = SerialPort(SerialSettings(str(link)))
        assert tell(process, "scan 6901234567892 ]E0") == "ok"
        assert port.readable(5)
        assert port.read() == b"]E06901234567892\r"
        port.close()
        assert tell(process, "unplug") == "ok"
        assert not os.path.lexists(link)
        assert tell(process, "dance").startswith("? scan CODE")
        process.stdin.close()
        assert process.wait(5) == 0


@pytest.mark.parametrize("arguments", [(), ("--tcp", "0")])
def test_a_printer_prints_shows_and_fails_as_it_is_told(tmp_path, arguments):
    raw = tmp_path / "raw"
    with start("printer", "--columns", "32", "--raw", str(raw), *arguments) as process:
        url = process.stdout.readline().strip()
        printer = printer_from_url(url, PrinterProfile("p", 32, 384))
        document = Document((Text("谢谢惠顾"), Cut()))
        assert printer.print_document(document, "1").outcome is PrintOutcome.PRINTED
        assert tell(process, "count") == "1 receipts"
        assert tell(process, "show") == "谢谢惠顾"
        assert [process.stdout.readline().strip() for _ in range(2)] == ["[cut]", "ok"]
        assert tell(process, "paper-out") == "ok"
        assert printer.print_document(document, "2").code == "paper_end"
        assert tell(process, "paper-in") == "ok"
        assert tell(process, "drawer") == "0 kicks"
        printer.close()
        process.stdin.write("quit\n")
        process.stdin.flush()
        assert process.wait(5) == 0
    assert "谢谢惠顾".encode("gbk") in raw.read_bytes()


def test_it_dies_with_its_parent():
    process = start("scanner")
    process.stdout.readline()
    started = time.monotonic()
    process.stdin.close()

    assert process.wait(5) == 0
    assert time.monotonic() - started < 5
    process.stdout.close()
