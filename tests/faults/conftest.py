"""Fixtures of the fault suite: homes on a real disk, and the headless till as a process."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.process import Home
from tests.support.headless import make_shop


@pytest.fixture(scope="session")
def shop_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with goods, never opened by a till; copied by every test."""
    home = tmp_path_factory.mktemp("shop") / "home"
    make_shop(home)
    return home


@pytest.fixture
def disk(request: pytest.FixtureRequest) -> Iterator[Path]:
    """An empty folder on a real disk: never tmpfs, where fsync means nothing."""
    folder = Path(tempfile.mkdtemp(prefix="guitai-fault-", dir="/var/tmp"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def home(disk: Path, shop_template: Path) -> Home:
    """A shop's home on a real disk with its acknowledgement file beside it."""
    shutil.copytree(shop_template, disk / "home")
    return Home(disk / "home", disk / "acks", disk / "copy")
