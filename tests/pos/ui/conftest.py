"""Fixtures of the screens: one sample home made once, copied for each test."""

from __future__ import annotations

import pytest
from textual import _wait

from pos import i18n
from pos.ui.text_grid import clipped
from tests.pos.ui import shop


@pytest.fixture(scope="session", autouse=True)
def _short_pauses():
    """A pilot's pause looks every 8 ms whether the till is idle, not every 20 ms, at every key."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_wait, "SLEEP_GRANULARITY", 0.008)
        patch.setattr(_wait, "SLEEP_IDLE", 0.0005)
        yield


@pytest.fixture(scope="session")
def sample_home(tmp_path_factory):
    return shop.make_home(tmp_path_factory.mktemp("sample") / "home")


@pytest.fixture
def home(sample_home, tmp_path):
    return shop.copy_home(sample_home, tmp_path / "home")


@pytest.fixture(autouse=True)
def _english_before_and_after():
    """Each test chooses its language; none inherits another's."""
    i18n.set_language("en")
    clipped.clear()
    yield
    i18n.set_language("en")
    clipped.clear()
