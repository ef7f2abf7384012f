"""`pos init` with head office: the till has its people and goods when it ends, or says that not."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.sync import chain as kit
from tests.sync.head_office.office_kit import Server


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *arguments], capture_output=True, text=True, check=False, timeout=90
    )


@pytest.fixture
def served(tmp_path):
    home = kit.make_head_office(tmp_path / "hq")
    with Server(home) as server:
        yield home, server.url


def init(tmp_path, hq, url):
    made = run("sync.head_office", "enrol", "--home", str(hq), "--store", kit.STORE,
               "--workstation", "07", "--json")  # fmt: skip
    return run("pos", "init", "--no-input", "--home", str(tmp_path / "till"), "--language", "en",
               "--head-office", url, "--code", json.loads(made.stdout)["code"])  # fmt: skip


def test_people_and_goods_of_head_office_are_there_when_it_ends(served, tmp_path):
    hq, url = served
    items = tmp_path / "items.csv"
    items.write_text("item_code,name,price\n1001,水,2.00\n1002,面,4.50\n", encoding="utf-8")
    assert run("sync.head_office", "import-items", "--home", str(hq), str(items)).returncode == 0
    added = run("sync.head_office", "operator", "add", "--home", str(hq), "1001", "--name", "Li",
                "--role", "cashier", "--pin", "864297")  # fmt: skip
    assert added.returncode == 0, added.stderr
    done = init(tmp_path, hq, url)

    assert done.returncode == 0, done.stderr
    assert "1 operators, 2 items" in done.stdout
    assert "Nobody can sign on" not in done.stdout


def test_a_head_office_without_people_is_said(served, tmp_path):
    done = init(tmp_path, *served)

    assert done.returncode == 0, done.stderr
    assert "Nobody can sign on yet" in done.stdout
