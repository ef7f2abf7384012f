"""Fixtures of the screens: one sample home made once, copied for each test."""

from __future__ import annotations

import pytest

from pos import i18n
from pos.ui.text_grid import clipped
from tests.pos.ui import chinese, shop


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory):
    return shop.make_home(tmp_path_factory.mktemp("sample") / "home")


@pytest.fixture
def home(sample_home, tmp_path):
    return shop.copy_home(sample_home, tmp_path / "home")


@pytest.fixture(autouse=True)
def words(monkeypatch):
    """Chinese from the shipped catalogue when there is one, else from the test's own words."""
    chinese.install(monkeypatch)
    i18n.set_language("en")
    clipped.clear()
    yield
    i18n.set_language("en")
    clipped.clear()
