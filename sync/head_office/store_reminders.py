"""What stores leave undone, written into the sales audit in quiet moments (STK-02, -04, -07, -10).

Everything is found anew each time and kept once, so that a restart or a late till changes nothing.
"""

from __future__ import annotations

import datetime as dt
from typing import Final

from pos.domain.quantity import format_quantity
from sync.head_office import count_standing, count_tags, daily_totals, findings, store_books
from sync.head_office.database import HeadOffice

TOTAL_MISSED: Final = "daily_total_missed"
TOTAL_DIFFERS: Final = "daily_total_differs"
LOOK_BACK_DAYS: Final = 35


def remind(office: HeadOffice, store_id: str = "") -> None:
    """Look at one store, or at every one, once."""
    today = office.today()
    since = (today - dt.timedelta(days=LOOK_BACK_DAYS)).isoformat()
    with office.dialect.transaction():
        _daily_totals(office, store_id, since, today.isoformat())
        for month in sorted({since[:7], today.isoformat()[:7]}):
            count_tags.check(office, month, store_id)
        store_books.check(office, store_id)
        count_standing.remind(office, store_id)


def _daily_totals(office: HeadOffice, store_id: str, since: str, today: str) -> None:
    dialect, now_ms = office.dialect, office.clock_ms()
    for one in daily_totals.missed(dialect, store_id=store_id, first_day=since, last_day=today):
        shift = f"{one.workstation_id}/{one.shift_no}" if one.workstation_id else ""
        findings.note(
            dialect,
            store_id=one.store_id,
            code=TOTAL_MISSED,
            subject=f"{one.business_day}/{shift}" if shift else one.business_day,
            workstation_id=one.workstation_id,
            detail=f"shift {one.shift_no} was asked and not counted" if shift else "",
            found_utc_ms=now_ms,
            business_day=one.business_day,
        )
    for total in daily_totals.totals(
        dialect, store_id=store_id, first_day=since, last_day=today, only_differing=True
    ):
        findings.note(
            dialect,
            store_id=total.store_id,
            code=TOTAL_DIFFERS,
            subject=f"{total.count_id}/{total.item_class}",
            workstation_id=total.workstation_id,
            detail=(
                f"{total.item_class}: {format_quantity(total.difference_milli)} {total.reason}"
            ).rstrip(),
            found_utc_ms=now_ms,
            business_day=total.business_day,
        )
