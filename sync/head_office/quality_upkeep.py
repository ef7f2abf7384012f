"""养护 over all stores: which batches are due for a look, and which are overdue (QLT-07).

Nothing is written to make the plan: the cycle of the class, the day of the last look and what is in
the shop say it all. A till knows its own looks; here all tills' looks count.
"""

from __future__ import annotations

import datetime as dt

import msgspec

from sync.head_office import goods_items, quality_notes, stock_batches
from sync.head_office.dialect import Dialect

LOOKED = frozenset({"keep", "hold", "scrap"})
"""Actions of the register after which a batch was looked at."""

AHEAD_DAYS = 7


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """A batch in a store that is to be looked at."""

    store_id: str
    item_code: str
    name: str
    item_class: str
    batch: str
    expiry: str
    quantity_milli: int
    last_day: str
    """When it was looked at last, or received; empty where neither is known."""

    looked: bool
    due_day: str
    overdue_days: int
    """Days past the due day; 0 on it, below 0 before it."""


def due(
    dialect: Dialect, today: str, store_id: str = "", within_days: int = AHEAD_DAYS
) -> list[Due]:
    """Batches due by today or within some days, the longest overdue first."""
    cycles = {
        item_class: rule.maintenance_days
        for item_class, rule in goods_items.rules_in_force(dialect).items()
        if rule.maintenance_days
    }
    if not cycles:
        return []
    day = dt.date.fromisoformat(today)
    looks: dict[tuple[str, str, str], str] = {}
    for note in quality_notes.notes(dialect, "maintenance", store_id=store_id):
        if note.action in LOOKED:
            looks[note.store_id, note.item_code, note.batch] = note.business_day
    where, values = (" WHERE store_id = ?", (store_id,)) if store_id else ("", ())
    found: list[Due] = []
    for (store,) in dialect.query(f"SELECT store_id FROM store{where} ORDER BY 1", values):
        found += _of_store(dialect, str(store), day, cycles, looks, within_days)
    return sorted(
        found, key=lambda one: (-one.overdue_days, one.store_id, one.item_code, one.batch)
    )


def _of_store(
    dialect: Dialect,
    store_id: str,
    today: dt.date,
    cycles: dict[str, int],
    looks: dict[tuple[str, str, str], str],
    within_days: int,
) -> list[Due]:
    left = stock_batches.of_store(dialect, store_id)
    named = {
        code: stock
        for code, by_batch in left.items()
        if (stock := {batch: q for batch, q in by_batch.items() if batch and q > 0})
    }
    items = goods_items.items(dialect, list(named), store_id)
    kept = {
        code: cycle for code, item in items.items() if (cycle := cycles.get(item.item_class, 0))
    }
    if not kept:
        return []
    dates = stock_batches.expiries(dialect, store_id, list(kept))
    came = stock_batches.first_days(dialect, store_id, list(kept))
    found: list[Due] = []
    for code, cycle in kept.items():
        for batch, quantity in named[code].items():
            look = looks.get((store_id, code, batch), "")
            since = look or came.get((code, batch), "")
            due_day = dt.date.fromisoformat(since) + dt.timedelta(days=cycle) if since else today
            overdue = (today - due_day).days
            if overdue < -within_days:
                continue
            found.append(
                Due(
                    store_id=store_id,
                    item_code=code,
                    name=items[code].name,
                    item_class=items[code].item_class,
                    batch=batch,
                    expiry=dates.get(code, {}).get(batch, ""),
                    quantity_milli=quantity,
                    last_day=since,
                    looked=bool(look),
                    due_day=due_day.isoformat(),
                    overdue_days=overdue,
                )
            )
    return found
