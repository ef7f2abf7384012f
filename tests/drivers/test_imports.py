"""What the drivers may import, and what starting a till must not load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MODULES = sorted((ROOT / "drivers").rglob("*.py"))
PURE = [
    "document.py",
    "events.py",
    "errors.py",
    "escpos/code128.py",
    "escpos/commands.py",
    "escpos/compiler.py",
    "escpos/decoder.py",
    "escpos/encoder.py",
    "escpos/profile.py",
    "escpos/simulated.py",
    "escpos/status.py",
    "escpos/tokens.py",
    "scanner/framing.py",
    "scanner/key_map.py",
    "scanner/profile.py",
    "scanner/session.py",
    "scanner/simulated.py",
    "scanner/ssi.py",
]
IO = {
    "asyncio", "logging", "os", "pathlib", "random", "select", "serial", "socket", "subprocess",
    "termios", "threading", "time",
}  # fmt: skip


def imported(path):
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.partition(".")[0])
    return names


def test_drivers_know_nothing_of_the_shop():
    for path in MODULES:
        assert not imported(path) & {"pos", "sync", "textual", "peewee"}, path


def test_one_module_imports_pyserial():
    assert [path.name for path in MODULES if "serial" in imported(path)] == ["serial_port.py"]


@pytest.mark.parametrize("name", PURE)
def test_the_pure_modules_do_no_io_and_read_no_clock(name):
    assert not imported(ROOT / "drivers" / name) & IO


def test_naming_devices_loads_neither_pyserial_nor_python_escpos():
    code = (
        "import sys; from drivers.registry import *; import drivers.print_queue;"
        "from drivers.escpos.profile import PrinterProfile;"
        "printer_from_url('serial:/dev/none', PrinterProfile('p', 32, 384));"
        "scanner_from_url('serial:/dev/none');"
        "print(*{'serial', 'escpos', 'qrcode', 'PIL'} & set(sys.modules))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stdout.strip(), done.stderr) == (0, "", "")
