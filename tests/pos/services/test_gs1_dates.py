"""The century of a date in a GS1 code follows the business day, not this program's age."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pos.services import checkout
from pos.services.checkout import UnknownCode
from pos.store.clock import FixedClock
from tests.pos.services import shop as support

LEAP_DAY_00 = "010690123456789217000229"
"""Best before 29 February '00: a day of 2000, and no day of 2100."""


@pytest.mark.parametrize(
    ("year", "reason"),
    [(2026, "not_in_catalogue"), (2049, "not_in_catalogue"), (2060, "bad_date")],
)
def test_a_date_is_read_in_the_century_nearest_the_business_day(tmp_path, year, reason) -> None:
    till = support.open_till(tmp_path, clock=FixedClock(datetime(year, 3, 1, 2, tzinfo=UTC)))
    support.staff(till)
    support.act_as(till, "8001")
    support.begin_day(till, f"{year}-03-01")
    try:
        sold = checkout.scan(till, LEAP_DAY_00, "]d2")
    finally:
        till.journal.close()

    assert isinstance(sold, UnknownCode), sold
    assert sold.reason == reason


def test_before_a_day_is_open_the_clock_says_the_year(tmp_path) -> None:
    till = support.open_till(tmp_path, clock=FixedClock(datetime(2060, 3, 1, tzinfo=UTC)))
    try:
        assert till.year == 2060
        till.business_day = "2059-12-31"
        assert till.year == 2059
    finally:
        till.journal.close()
