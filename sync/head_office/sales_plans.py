"""Monthly sales plans by store and class; a changed plan is approved anew (REP-10)."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pos.domain.money import divide_half_away
from pos.i18n import N_
from sync.head_office import rights
from sync.head_office.database import HeadOffice
from sync.head_office.people import Person
from sync.head_office.refusals import refused

MAX_MINOR = 10**13


class SalesPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a store means to sell of a class in a month, and what it has sold."""

    store_id: str
    month: str
    item_class: str
    """Empty is the whole store."""

    revenue_minor: int
    entered_by: str
    approved_by: str = ""
    actual_minor: int = 0

    @property
    def reached_bp(self) -> int | None:
        """Actual against plan, in basis points; None for a plan of nothing."""
        if self.revenue_minor <= 0:
            return None
        return divide_half_away(self.actual_minor * 10_000, self.revenue_minor)


def plans(office: HeadOffice, store_id: str, month: str) -> list[SalesPlan]:
    """A store's plans of a month with what was sold so far, by class."""
    sold = _sold(office, store_id, month)
    return [
        SalesPlan(
            store_id=store_id,
            month=month,
            item_class=str(row[0]),
            revenue_minor=int(row[1]),
            entered_by=str(row[2]),
            approved_by=str(row[3]),
            actual_minor=sold.get(str(row[0]), 0) if row[0] else sum(sold.values()),
        )
        for row in office.dialect.query(
            "SELECT item_class, revenue_minor, entered_by, approved_by FROM sales_plan "
            "WHERE store_id = ? AND month = ? ORDER BY item_class",
            (store_id, month),
        )
    ]


def set_plan(
    office: HeadOffice,
    person: Person,
    store_id: str,
    month: str,
    item_class: str,
    revenue_minor: int,
) -> None:
    """Enter or change a plan; its approval is gone. Raises NotAllowed, LookupError, ValueError."""
    rights.require(person.name, person.role, rights.ALLOCATE)
    if re.fullmatch(r"20\d\d-(0[1-9]|1[0-2])", month, re.ASCII) is None:
        raise refused(
            "month", N_("Expected a month such as 2026-12, got %(typed)s."), typed=month[:20]
        )
    if not 0 <= revenue_minor <= MAX_MINOR:
        raise refused("amount", N_("Expected an amount of at least zero."))
    if len(item_class) > 40:
        raise refused("item_class", N_("Expected at most %(most)s characters."), most=40)
    dialect = office.dialect
    with dialect.transaction():
        if dialect.one("SELECT 1 FROM store WHERE store_id = ?", (store_id,)) is None:
            raise LookupError(f"store {store_id!r} is unknown")
        row: tuple[Any, ...] = (
            store_id,
            month,
            item_class,
            revenue_minor,
            person.name,
            office.clock_ms(),
            "",
            0,
        )
        dialect.upsert(
            "sales_plan",
            (
                "store_id",
                "month",
                "item_class",
                "revenue_minor",
                "entered_by",
                "entered_utc_ms",
                "approved_by",
                "approved_utc_ms",
            ),
            [row],
            "store_id, month, item_class",
            "revenue_minor = excluded.revenue_minor, entered_by = excluded.entered_by, "
            "entered_utc_ms = excluded.entered_utc_ms, approved_by = '', approved_utc_ms = 0",
        )


def approve_plans(office: HeadOffice, person: Person, store_id: str, month: str) -> int:
    """Approve a month's plans that somebody else entered; returns how many. Raises NotAllowed."""
    rights.require(person.name, person.role, rights.ALLOCATE)
    dialect = office.dialect
    with dialect.transaction():
        waiting = dialect.query(
            "SELECT item_class, entered_by FROM sales_plan "
            "WHERE store_id = ? AND month = ? AND approved_by = ''",
            (store_id, month),
        )
        for _item_class, entered_by in waiting:
            rights.require_another(person.name, str(entered_by))
        dialect.execute(
            "UPDATE sales_plan SET approved_by = ?, approved_utc_ms = ? "
            "WHERE store_id = ? AND month = ? AND approved_by = ''",
            (person.name, office.clock_ms(), store_id, month),
        )
    return len(waiting)


def _sold(office: HeadOffice, store_id: str, month: str) -> dict[str, int]:
    rows = office.dialect.query(
        "SELECT grouping_key, SUM(gross_sales_minor - returns_minor - voids_minor) FROM daily "
        "WHERE store_id = ? AND dimension = 'class' AND business_day BETWEEN ? AND ? "
        "GROUP BY grouping_key",
        (store_id, f"{month}-01", f"{month}-31"),
    )
    return {str(row[0]): int(row[1]) for row in rows}
