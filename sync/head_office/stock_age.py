"""Age of stock: days since it came and since it last sold, by store, item and batch (REP-12).

What is left of a batch is seen as the shelf is emptied (`stock_batches`). Without a batch on the
slip a sale is the item's: then the last sale of the item counts for each of its batches.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from pos.domain.quantity import format_quantity
from pos.domain.stock_cost import value_minor
from sync.head_office import goods_items, stock_batches, stock_figures, stock_fold
from sync.head_office.dialect import Dialect

_AT: Final = {name: at for at, name in enumerate(stock_fold.CARD_COLUMNS)}


class Age(msgspec.Struct, frozen=True, kw_only=True):
    """What lies in a store of a batch, or of goods without one."""

    store_id: str
    item_code: str
    name: str
    item_class: str
    batch: str
    expiry: str
    quantity_milli: int
    value_minor: int | None
    received_day: str
    """When it came last; empty where no receipt of it is known."""

    received_days: int | None
    sold_day: str
    """When it was sold last; empty where it never was."""

    sold_days: int | None

    @property
    def idle_days(self) -> int | None:
        """Days since anything happened to it; None where nothing is known."""
        known = [days for days in (self.received_days, self.sold_days) if days is not None]
        return min(known, default=None)


COLUMNS: Final = (
    "store_id", "item_class", "item_code", "description", "batch", "expiry", "on_hand", "value",
    "received_day", "days_since_receipt", "sold_day", "days_since_sale",
)  # fmt: skip


def ages(
    dialect: Dialect,
    today: str,
    store_id: str = "",
    *,
    item_class: str = "",
    idle_days: int = 0,
) -> list[Age]:
    """What is in the shops, what lay untouched the longest first.

    `idle_days` leaves out what was received or sold within so many days.
    """
    day = dt.date.fromisoformat(today)
    where, values = (" WHERE store_id = ?", (store_id,)) if store_id else (" WHERE active = 1", ())
    found: list[Age] = []
    for (store,) in dialect.query(f"SELECT store_id FROM store{where} ORDER BY 1", values):
        found += _of_store(dialect, str(store), day)
    kept = [
        one
        for one in found
        if item_class in ("", one.item_class)
        and (one.idle_days is None or one.idle_days >= idle_days)
    ]
    # What nobody knows a day of is the oldest of all.
    return sorted(
        kept,
        key=lambda one: (
            -(10**6 if one.idle_days is None else one.idle_days),
            one.store_id,
            one.item_code,
            one.batch,
        ),
    )


def as_rows(found: Iterable[Age]) -> list[dict[str, Any]]:
    """Rows of a file, in `COLUMNS`."""
    from pos.domain.money import format_amount

    return [
        {
            "store_id": one.store_id,
            "item_class": one.item_class,
            "item_code": one.item_code,
            "description": one.name,
            "batch": one.batch,
            "expiry": one.expiry,
            "on_hand": format_quantity(one.quantity_milli),
            "value": "" if one.value_minor is None else format_amount(one.value_minor),
            "received_day": one.received_day,
            "days_since_receipt": "" if one.received_days is None else one.received_days,
            "sold_day": one.sold_day,
            "days_since_sale": "" if one.sold_days is None else one.sold_days,
        }
        for one in found
    ]


def _of_store(dialect: Dialect, store_id: str, today: dt.date) -> list[Age]:
    left = stock_batches.of_store(dialect, store_id)
    there = {
        code: stock
        for code, by_batch in left.items()
        if (stock := {batch: q for batch, q in by_batch.items() if q > 0})
    }
    codes = list(there)
    items = goods_items.items(dialect, codes, store_id)
    dates = stock_batches.expiries(dialect, store_id, codes)
    came = stock_batches.last_days(dialect, store_id, codes)
    costs = stock_figures.costs(dialect, store_id)
    sold = _last_sold(dialect, store_id)
    found: list[Age] = []
    for code, by_batch in there.items():
        item = items.get(code)
        for batch, quantity in by_batch.items():
            received = came.get((code, batch), "")
            sold_day = max(sold.get((code, batch), ""), sold.get((code, ""), ""))
            found.append(
                Age(
                    store_id=store_id,
                    item_code=code,
                    name=item.name if item else "",
                    item_class=item.item_class if item else "",
                    batch=batch,
                    expiry=dates.get(code, {}).get(batch, ""),
                    quantity_milli=quantity,
                    value_minor=value_minor(quantity, costs.get(code)),
                    received_day=received,
                    received_days=_days(received, today),
                    sold_day=sold_day,
                    sold_days=_days(sold_day, today),
                )
            )
    return found


def _last_sold(dialect: Dialect, store_id: str) -> dict[tuple[str, str], str]:
    """(item, batch) → the last business day of a sale under that batch; no batch is its own."""
    found = {
        (str(code), str(batch)): str(day)
        for code, batch, day in dialect.query(
            "SELECT item_code, batch, MAX(business_day) FROM stock_card WHERE store_id = ? "
            "AND reason = 'sale' GROUP BY item_code, batch",
            (store_id,),
        )
    }
    for row in stock_fold.tail(dialect, store_id):
        if row[_AT["reason"]] == "sale":
            key = (str(row[_AT["item_code"]]), str(row[_AT["batch"]]))
            found[key] = max(found.get(key, ""), str(row[_AT["business_day"]]))
    return found


def _days(day: str, today: dt.date) -> int | None:
    return max(0, (today - dt.date.fromisoformat(day)).days) if day else None
