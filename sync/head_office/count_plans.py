"""How often each store is counted: a plan for all stores, and one of its own where it differs.

A plan says how often a store is counted in detail (STK-05, STK-10), after how many days goods of
ABC class A, B and C are counted again (REP-03, STK-12), and whether the pieces of the classes that
are counted daily are asked for at every close of a day (STK-04). Whoever sets it opens its counts.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pos.i18n import N_
from sync.head_office import rights
from sync.head_office.count_periods import Every
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.people import Person
from sync.head_office.refusals import refused

ALL: Final = ""
"""Store of the plan that every store without its own has."""

MAX_DAYS: Final = 1_000


class CountPlan(msgspec.Struct, frozen=True, kw_only=True):
    """The plan of one store, or of all."""

    store_id: str = ALL
    every: Every = Every.NEVER
    passes: int = 1
    item_classes: tuple[str, ...] = ()
    """Only these are counted in detail; empty is everything."""

    cycle_days_a: int = 30
    cycle_days_b: int = 91
    cycle_days_c: int = 365
    """Days after which goods of a class are proposed again; 0 never proposes them."""

    daily_total: bool = False
    """Whether a closed day without its pieces is a finding (STK-04)."""

    set_by: str = ""
    """Empty of a plan that nobody set."""

    set_utc_ms: int = 0

    @property
    def cycle_days(self) -> dict[str, int]:
        """ABC class → days."""
        return {"A": self.cycle_days_a, "B": self.cycle_days_b, "C": self.cycle_days_c}


_COLUMNS: Final = CountPlan.__struct_fields__
_CLASSES: Final = msgspec.json.Decoder(tuple[str, ...])


def common(dialect: Dialect) -> CountPlan:
    """The plan of all stores that have none of their own."""
    return own(dialect, ALL) or CountPlan()


def own(dialect: Dialect, store_id: str) -> CountPlan | None:
    """What was set for a store itself; None when it follows the common plan."""
    row = dialect.one(
        f"SELECT {', '.join(_COLUMNS)} FROM count_plan WHERE store_id = ?", (store_id,)
    )
    return None if row is None else _plan(row)


def plans(dialect: Dialect, store_id: str = "") -> dict[str, CountPlan]:
    """Store → the plan that holds there, of every active store or of one."""
    found = {
        str(row[0]): _plan(row)
        for row in dialect.query(f"SELECT {', '.join(_COLUMNS)} FROM count_plan")
    }
    shared = found.get(ALL, CountPlan())
    of_store, values = (" AND store_id = ?", (store_id,)) if store_id else ("", ())
    rows = dialect.query(
        f"SELECT store_id FROM store WHERE active = 1{of_store} ORDER BY store_id", values
    )
    return {
        str(one): found.get(str(one)) or msgspec.structs.replace(shared, store_id=str(one))
        for (one,) in rows
    }


def set_plan(office: HeadOffice, person: Person, plan: CountPlan) -> CountPlan:
    """Set a store's plan, or that of all; raises NotAllowed, LookupError, Refused."""
    rights.require(person.name, person.role, rights.COUNT_OPEN)
    _check(office.dialect, plan)
    made = msgspec.structs.replace(plan, set_by=person.name, set_utc_ms=office.clock_ms())
    values = tuple(_stored(getattr(made, name)) for name in _COLUMNS)
    updates = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
    with office.dialect.transaction():
        office.dialect.upsert("count_plan", _COLUMNS, [values], "store_id", updates)
    return made


def drop_plan(office: HeadOffice, person: Person, store_id: str) -> None:
    """Have a store follow the common plan again; dropping the common one ends every standing count."""
    rights.require(person.name, person.role, rights.COUNT_OPEN)
    with office.dialect.transaction():
        office.dialect.execute("DELETE FROM count_plan WHERE store_id = ?", (store_id,))


def _check(dialect: Dialect, plan: CountPlan) -> None:
    known = dialect.one("SELECT 1 FROM store WHERE store_id = ?", (plan.store_id,))
    if plan.store_id != ALL and known is None:
        raise LookupError(f"store {plan.store_id!r} is unknown")
    if plan.passes not in (1, 2):
        raise refused("passes", N_("Expected 1 or 2 passes."))
    for grade, days in plan.cycle_days.items():
        if not 0 <= days <= MAX_DAYS:
            raise refused(
                f"cycle_days_{grade.lower()}", N_("Expected 0 to %(most)s days."), most=MAX_DAYS
            )
    if len(plan.item_classes) > 200 or any(len(one) > 100 for one in plan.item_classes):
        raise refused("item_classes", N_("Expected at most %(most)s classes."), most=200)


def _stored(value: Any) -> Any:
    if isinstance(value, tuple):
        return msgspec.json.encode(value).decode()
    return (
        int(value)
        if isinstance(value, bool)
        else str(value)
        if isinstance(value, Every)
        else value
    )


def _plan(row: tuple[Any, ...]) -> CountPlan:
    values = dict(zip(_COLUMNS, row, strict=True))
    every = str(values["every"])
    return CountPlan(
        **values
        | {
            "every": Every(every) if every in set(Every) else Every.NEVER,
            "item_classes": _CLASSES.decode(str(values["item_classes"])),
            "daily_total": bool(values["daily_total"]),
        }
    )
