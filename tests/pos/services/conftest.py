"""A shop with its people and goods, on a disk of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from pos import i18n
from pos.services.context import Till
from tests.pos.services import shop as support


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Till]:
    """A staffed till without an open day; nobody is signed on."""
    till = support.open_till(tmp_path)
    support.staff(till)
    yield till
    till.journal.close()
    i18n.set_language("en")


@pytest.fixture
def open_shop(shop: Till) -> Till:
    """The manager is signed on and the business day is open with 500.00 in the drawer."""
    support.act_as(shop, "8001")
    support.begin_day(shop)
    return shop
