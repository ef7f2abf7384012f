"""A demonstration whose set-up was broken off begins again, and does not stay half a shop."""

from __future__ import annotations

import pytest

from pos.demo.shop import DemoShop


class BrokenOff(Exception):
    """Somebody pressed Ctrl+C while the sample shop was set up."""


@pytest.mark.slow
def test_a_set_up_that_was_broken_off_begins_again(tmp_path, monkeypatch):
    with monkeypatch.context() as patched:
        patched.setattr(DemoShop, "_enrol", _break_off)
        with pytest.raises(BrokenOff), DemoShop(tmp_path):
            pass
    stranded = tmp_path / "tills" / "0101-01" / "guitai.toml"
    assert stranded.exists()
    keys = stranded.parent / "keys"
    before = {path.name for path in keys.iterdir()}

    with DemoShop(tmp_path) as shop:
        assert {path.name for path in keys.iterdir()} > before
        assert shop.password

    journal = stranded.parent.joinpath("journal.db").stat().st_ino
    with DemoShop(tmp_path):
        assert stranded.parent.joinpath("journal.db").stat().st_ino == journal


def _break_off(shop: DemoShop) -> None:
    raise BrokenOff
