"""Printer profiles are checked field by field."""

import tomllib
from pathlib import Path

import pytest

from drivers.errors import Illegal
from drivers.escpos.profile import PrinterProfile, profile_from_mapping

PROFILES = Path(__file__).parents[2] / "config" / "printers"


@pytest.mark.parametrize("path", sorted(PROFILES.glob("*.toml")), ids=lambda path: path.stem)
def test_the_profiles_that_ship_are_right(path):
    profile = profile_from_mapping(tomllib.loads(path.read_text(encoding="utf-8")))

    assert profile.name == path.stem


def test_the_least_a_profile_needs():
    assert profile_from_mapping({"name": "x", "columns": 32, "dots": 384}) == PrinterProfile(
        "x", 32, 384
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"columns": "32"}, "columns: expected 16 to 96, got '32'"),
        ({"columns": True}, "columns: expected 16 to 96, got True"),
        ({"columns": 500}, "columns: expected 16 to 96, got 500"),
        ({"columns": 96}, "columns: 96 cells do not fit 384 dots"),
        ({"cutter": "saw"}, "cutter: expected one of 'partial', 'full', 'none', got 'saw'"),
        ({"drawer_pin": 3}, "drawer_pin: expected one of 0, 2, 5, got 3"),
        ({"colums": 32}, "colums: unknown"),
        ({"raster": True, "images": False}, "raster: expected images = true"),
        ({"raster": True, "columns": 40}, "columns: a drawn cell is 12 dots, 40 do not fit"),
        ({"strip_rows": 300}, "strip_rows: expected 64 to 256, got 300"),
        ({"name": ""}, "name: expected a name"),
        ({"native_qr": 1}, "native_qr: expected true or false, got 1"),
    ],
)
def test_a_wrong_profile_is_refused_with_what_was_expected(change, message):
    with pytest.raises(Illegal) as caught:
        profile_from_mapping({"name": "x", "columns": 32, "dots": 384} | change)

    assert message in str(caught.value)


def test_all_faults_are_said_at_once():
    with pytest.raises(Illegal) as caught:
        profile_from_mapping({"columns": "a", "dotz": 1})

    for part in ("name: missing", "dots: missing", "columns: expected", "dotz: unknown"):
        assert part in str(caught.value)
