"""Real homes for the commands: one set up by `pos init` itself, copied for each test."""

import csv
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pos.config import config_dir

TILL_SITE = str(Path(__file__).parents[2] / "support" / "till_site")
"""Hides what a till never has, so that a command starts as fast as in a shop."""

MANAGER_PIN = "135792"
CASHIER_PIN = "1357"


class Ran:
    """What a command said and how it ended."""

    def __init__(self, done: subprocess.CompletedProcess[str]) -> None:
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return json.loads(self.out)


def pos(*arguments, stdin: str = "", home: Path | None = None, cwd=None) -> Ran:
    """Run `pos …` as a shop does: a process of its own."""
    environment = {**os.environ, "LANG": "en_US.UTF-8", "PYTHONWARNINGS": "default"}
    environment["PYTHONPATH"] = os.pathsep.join(
        filter(None, (TILL_SITE, os.environ.get("PYTHONPATH")))
    )
    environment.pop("LC_ALL", None)
    environment.pop("POS_HOME", None)
    if home is not None:
        environment["POS_HOME"] = str(home)
    return Ran(
        subprocess.run(
            [sys.executable, "-m", "pos", *map(str, arguments)],
            input=stdin,
            capture_output=True,
            text=True,
            env=environment,
            cwd=cwd,
            check=False,
            timeout=100,
        )
    )


INIT = (
    "init",
    "--store-id", "0201",
    "--store-name", "测试便利店",
    "--workstation", "01",
    "--operator", f"1001:张三:cashier:{CASHIER_PIN}",
    "--operator", f"8001:王店长:manager:{MANAGER_PIN}:en",
    "--effective-day", "2026-11-01",
)  # fmt: skip


@pytest.fixture(scope="session")
def made(tmp_path_factory) -> tuple[Path, Ran]:
    """A home made by `pos init` with the sample shop's goods, and what init said."""
    home = tmp_path_factory.mktemp("made") / "home"
    sample = config_dir() / "sample_shop"
    ran = pos(
        *INIT,
        "--items", sample / "items.csv",
        "--classes", sample / "classes.csv",
        "--quick-keys", sample / "quick_keys.toml",
        home=home,
    )  # fmt: skip
    assert ran.code == 0, ran.err
    return home, ran


@pytest.fixture
def home(made, tmp_path):
    """A fresh copy of that home."""
    copy = tmp_path / "home"
    shutil.copytree(made[0], copy)
    return copy


@pytest.fixture
def barcodes() -> list[str]:
    """Codes of the sample shop's packed goods."""
    with (config_dir() / "sample_shop" / "items.csv").open(newline="", encoding="utf-8") as file:
        return [row["barcodes"].split(";")[0] for row in csv.DictReader(file) if row["barcodes"]]


@pytest.fixture
def traded(home, barcodes):
    """The home after three sales of an open day."""
    from pos.bootstrap import build_till
    from tests.support import headless

    till = build_till(home)
    try:
        headless.sign_on(till)
        headless.open_day(till, "2026-11-21")
        for start in range(3):
            headless.scan_all(till, barcodes[start : start + 2])
            headless.pay_cash(till).saved.result()
    finally:
        headless.close_counter(till)
    return home
