"""An X read at the end of every session of the events is the session's expected money.

The sessions are traded by the same services, without head office: an X is read by people at the
till, so no replay takes one by itself.
"""

from decimal import Decimal
from pathlib import Path

import pytest

from pos.bootstrap import build_till, close_till
from pos.config import set_value
from pos.replay.reading import transactions
from pos.services import rolls, shifts
from pos.services.context import Till
from tests.real.roll import data_directory
from tests.real.rolls import EVENTS, ROLLS, session_counts

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def x_money(till: Till) -> dict[str, int]:
    """What an X says that the drawer and the card slips must come to."""
    reading = shifts.x_report(till)
    assert isinstance(reading, shifts.XReading)
    reading.saved.result()
    return {name: reading.totals.expected_minor(name) for name in ("cash", "card")}


def close(till: Till, counted: dict[str, int | None]) -> shifts.DayClosed:
    closed = shifts.close_day(till, counted, handed_up_minor=counted["cash"])
    assert isinstance(closed, shifts.DayClosed)
    closed.saved.result()
    return closed


def minor(amount: Decimal | None) -> int | None:
    return None if amount is None else int(amount.scaleb(2))


@pytest.mark.parametrize("name", EVENTS)
def test_x_and_z_are_each_sessions_expected_money(tmp_path: Path, name: str) -> None:
    if data_directory() is None:
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    info, home = ROLLS[name](tmp_path / f"{name}.csv"), tmp_path / "home"
    ((store_id, workstation_id),) = info.workstations
    for key, value in (
        ("store.store_id", store_id),
        ("store.currency", info.currency),
        ("workstation.workstation_id", workstation_id),
        ("receipt.printing", "off"),
    ):
        home.mkdir(parents=True, exist_ok=True)
        set_value(home, key, value)
    sessions = {}
    for count in session_counts(EVENTS[name]):
        sessions.setdefault(count.business_day, {})[count.tender_type] = count

    till = build_till(home)
    seen = []

    def finish() -> None:
        day = till.business_day
        session = sessions[day]
        read = x_money(till)
        assert read == {kind: minor(count.expected) for kind, count in session.items()}
        z = close(till, {kind: minor(count.counted) for kind, count in session.items()}).z
        for one in z.counted:
            assert one.expected_minor == read[one.tender_type]
            assert one.over_short_minor == minor(session[one.tender_type].over_short)
        seen.append(day)

    try:
        rolls.begin_roll(till, info.path.name, "")
        for transaction in transactions(info.path):
            if till.business_day != transaction.business_day:
                if till.business_day:
                    finish()
                opened = shifts.open_day(till, transaction.business_day)
                assert isinstance(opened, shifts.DayOpened)
                opened.saved.result()
                assert x_money(till) == {"cash": 0, "card": 0}
            rolls.trade(till, transaction)
        finish()
    finally:
        close_till(till)
    assert tuple(seen) == info.business_days
