"""A till installs neither psycopg nor the web stack: what needs an extra names it and ends with 2."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parent.parent
EXTRAS = {
    "hq": ("litestar", "uvicorn", "jinja2", "xlsxwriter", "openpyxl", "httptools", "uvloop"),
    "postgres": ("psycopg",),
    "evdev": ("evdev",),
}
ROLL = """\
store_id,workstation_id,business_day,at,transaction,operator_id,row,item_code,description,\
quantity,unit_price,unit_discount,amount,tender_type
s1,1,2026-01-02,2026-01-02T10:00:00,1,7,sale,A,apple,2,1.25,,2.50,
"""


@pytest.fixture
def run_without(tmp_path):
    """Run a program as on a machine where an extra is not installed; children are such too."""

    def run(extra: str, module: str, *arguments: str, home: Path) -> subprocess.CompletedProcess:
        folder = tmp_path / f"without-{extra}"
        folder.mkdir()
        lines = "".join(f"sys.modules[{name!r}] = None\n" for name in EXTRAS[extra])
        (folder / "sitecustomize.py").write_text(f"import sys\n{lines}")
        return subprocess.run(
            [sys.executable, "-m", module, *arguments],
            cwd=CHECKOUT,
            env={**os.environ, "PYTHONPATH": str(folder), "POS_HOME": str(home), "LC_ALL": "en"},
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return run


@pytest.fixture
def home(tmp_path):
    folder = tmp_path / "lone"
    made = subprocess.run(
        [
            *(sys.executable, "-m", "pos", "init", "--home", str(folder), "--store-id", "0201"),
            *("--store-name", "店", "--workstation", "01", "--operator", "8001:王:manager:975318"),
        ],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert made.returncode == 0, made.stderr
    return folder


@pytest.mark.parametrize(
    ("extra", "module", "arguments"),
    [
        ("hq", "pos", ("demo", "--check")),
        ("hq", "pos", ("replay", "{roll}", "--home", "{new}", "--currency", "CNY")),
        ("hq", "pos", ("import", "{xlsx}")),
        ("hq", "sync.head_office", ("serve", "--home", "{new}")),
        ("postgres", "sync.head_office", ("daily", "--database", "postgresql://nowhere/x")),
        (
            "postgres",
            "pos",
            ("replay", "{roll}", "--home", "{new}", "--head-office-db", "postgresql://nowhere/x"),
        ),
        ("evdev", "pos", ("run", "--scanner", "evdev:/dev/input/event0")),
        ("evdev", "pos", ("scan-test", "--scanner", "evdev:/dev/input/event0")),
    ],
)
def test_what_needs_an_extra_names_it_and_ends_with_2(
    run_without, home, tmp_path, extra, module, arguments
):
    names = {"roll": tmp_path / "roll.csv", "xlsx": tmp_path / "x.xlsx", "new": tmp_path / "new"}
    names["roll"].write_text(ROLL)
    names["xlsx"].write_bytes(b"PK\x03\x04")

    done = run_without(extra, module, *(one.format(**names) for one in arguments), home=home)

    assert done.returncode == 2, done.stdout + done.stderr
    assert f"guitai[{extra}]" in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("extra", list(EXTRAS))
def test_what_a_till_does_at_the_counter_needs_none(run_without, home, extra):
    """Negative control: the same blocked modules, and a command of the till goes well."""
    done = run_without(extra, "pos", "journal", "verify", home=home)

    assert done.returncode == 0, done.stderr
