"""Allocations: how much of an item a store may be granted in a month (REP-07).

The month's forecast, proposed by the store and confirmed at head office, times the season's
coefficient. What requisitions were granted counts against it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from types import MappingProxyType

import msgspec

from pos.domain.quantity import format_quantity
from pos.i18n import N_
from sync.head_office import goods_items, rights
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.people import Person
from sync.head_office.refusals import refused


class OverAllocation(ValueError):
    """More is granted than the month's allocation leaves."""

    code = "over_allocation"
    values: Mapping[str, str] = MappingProxyType({})


class Allocation(msgspec.Struct, frozen=True, kw_only=True):
    """How much of an item a store may be granted in a month (REP-07)."""

    store_id: str
    month: str
    item_code: str
    forecast_milli: int
    factor_percent: int
    cap_milli: int
    granted_milli: int
    """Granted so far in that month."""


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What a requisition was granted, by line and by item, as it is kept with the answer."""

    granted: dict[int, int]
    items: dict[str, int]
    month: str


class Allowances:
    """Allocations of one head office. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.office = orders.office
        self.dialect = orders.dialect

    def allocate(
        self,
        person: Person,
        *,
        store_id: str,
        month: str,
        item_code: str,
        forecast_milli: int,
        factor_percent: int = 100,
    ) -> Allocation:
        """Set a month's allocation: forecast by seasonal factor, rounded down to whole units."""
        rights.require(person.name, person.role, rights.ALLOCATE)
        try:
            dt.date.fromisoformat(f"{month}-01")
        except ValueError:
            raise refused(
                "month", N_("Expected a month such as 2026-12, got %(typed)s."), typed=month[:20]
            ) from None
        if not 0 <= forecast_milli <= 10**12:
            raise refused("forecast", N_("Expected a quantity of at least zero."))
        if not 0 <= factor_percent <= 1000:
            raise refused("factor", N_("Expected 0 to 1000 per cent."))
        item_code = goods_items.item_of(self.dialect, item_code, store_id).item_code
        cap = forecast_milli * factor_percent // 100 // 1000 * 1000
        known = self.dialect.one("SELECT 1 FROM store WHERE store_id = ?", (store_id,))
        if known is None:
            raise LookupError(f"store {store_id[:40]!r} is unknown")
        with self.dialect.transaction():
            self.dialect.upsert(
                "allocation",
                (
                    "store_id",
                    "month",
                    "item_code",
                    "forecast_milli",
                    "factor_percent",
                    "cap_milli",
                    "set_by",
                    "set_utc_ms",
                ),
                [
                    (
                        store_id,
                        month,
                        item_code,
                        forecast_milli,
                        factor_percent,
                        cap,
                        person.name,
                        self.office.clock_ms(),
                    )
                ],
                "store_id, month, item_code",
                "forecast_milli = excluded.forecast_milli, cap_milli = excluded.cap_milli, "
                "factor_percent = excluded.factor_percent, set_by = excluded.set_by, "
                "set_utc_ms = excluded.set_utc_ms",
            )
            return self.allocations(store_id, month)[item_code]

    def allocations(self, store_id: str, month: str) -> dict[str, Allocation]:
        """A store's allocations of a month by item, with what was granted so far."""
        rows = self.dialect.query(
            "SELECT item_code, forecast_milli, factor_percent, cap_milli FROM allocation "
            "WHERE store_id = ? AND month = ? ORDER BY item_code",
            (store_id, month),
        )
        granted = self.granted(store_id, month) if rows else {}
        return {
            str(row[0]): Allocation(
                store_id=store_id,
                month=month,
                item_code=str(row[0]),
                forecast_milli=int(row[1]),
                factor_percent=int(row[2]),
                cap_milli=int(row[3]),
                granted_milli=granted.get(str(row[0]), 0),
            )
            for row in rows
        }

    def granted(self, store_id: str, month: str, besides: str = "") -> dict[str, int]:
        """What requisitions of a month were granted, by item, one of them left out."""
        rows = self.dialect.query(
            "SELECT document_uuid, body FROM requisition_answer WHERE store_id = ?", (store_id,)
        )
        found: dict[str, int] = {}
        for document_uuid, body in rows:
            kept = msgspec.json.decode(str(body), type=Granted)
            if document_uuid == besides or kept.month != month:
                continue
            for item_code, quantity in kept.items.items():
                found[item_code] = found.get(item_code, 0) + quantity
        return found

    def check(
        self, store_id: str, month: str, wanted: Mapping[str, int], *, besides: str = ""
    ) -> None:
        """Raise OverAllocation when quantities by item are more than the month leaves."""
        caps = self.allocations(store_id, month)
        granted = self.granted(store_id, month, besides) if caps else {}
        for item_code, quantity in wanted.items():
            cap = caps.get(item_code)
            left = None if cap is None else max(cap.cap_milli - granted.get(item_code, 0), 0)
            if left is not None and quantity > left:
                found = OverAllocation(
                    f"{item_code}: the allocation of {month} leaves {format_quantity(left)}, "
                    f"{format_quantity(quantity)} was granted"
                )
                found.values = {
                    "item": item_code,
                    "month": month,
                    "left": format_quantity(left),
                    "granted": format_quantity(quantity),
                }
                raise found
