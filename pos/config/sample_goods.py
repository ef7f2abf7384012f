"""Goods of the sample shop beyond its items: opening stock and orders on their way.

Dates in the files are days from today, so that the demonstration has something near its date and
something to receive whenever it is opened. Suppliers and rules are lists that the importer reads.
"""

from __future__ import annotations

import csv
import datetime as dt
from collections.abc import Iterator
from pathlib import Path

from pos.config.paths import config_dir
from pos.domain.goods.documents import GoodsLine
from pos.domain.goods.orders import Order, OrderLine
from pos.domain.money import parse_unit_price
from pos.domain.quantity import parse_quantity

GOODS_LISTS = ("suppliers.csv", "class_rules.csv", "item_rules.csv")
"""Files that `pos.config.goods_list` reads."""


def goods_lists() -> tuple[Path, ...]:
    """Suppliers, class rules and item rules of the sample shop, for the importer."""
    return tuple(_folder() / name for name in GOODS_LISTS)


def opening_stock(today: dt.date) -> tuple[GoodsLine, ...]:
    """Lines of the opening document: what the shop has, with cost, batches and serial numbers."""
    return tuple(
        GoodsLine(
            line_no=number,
            item_code=row["item_code"],
            quantity_milli=parse_quantity(row["quantity"]),
            unit_cost_e4=parse_unit_price(row["cost"]) if row["cost"] else None,
            batch=row["batch"],
            production_day=_day(today, row["made_days_ago"], -1),
            expiry=_day(today, row["days_left"], 1),
            unit_codes=tuple(code for code in row["unit_codes"].split(";") if code),
        )
        for number, row in enumerate(_rows("opening_stock.csv"), start=1)
    )


def sample_orders(today: dt.date) -> tuple[Order, ...]:
    """Orders that the shop can receive against: purchase orders and goods from head office."""
    orders: dict[str, list[dict[str, str]]] = {}
    for row in _rows("orders.csv"):
        orders.setdefault(row["order_no"], []).append(row)
    names = {row["supplier_id"]: row["name"] for row in _rows("suppliers.csv")}
    return tuple(
        Order(
            order_id=f"demo-{number}",
            order_kind=rows[0]["order_kind"],
            order_no=number,
            counterparty_id=rows[0]["counterparty_id"],
            counterparty_name=names.get(rows[0]["counterparty_id"], ""),
            sent_day=_day(today, rows[0]["sent_days_ago"], -1),
            due_day=_day(today, rows[0]["due_in_days"], 1),
            lines=tuple(
                OrderLine(
                    line_no=line_no,
                    item_code=row["item_code"],
                    quantity_milli=parse_quantity(row["quantity"]),
                    unit_cost_e4=parse_unit_price(row["cost"]) if row["cost"] else None,
                    batch=row["batch"],
                    production_day=_day(today, row["made_days_ago"], -1),
                    expiry=_day(today, row["days_left"], 1),
                )
                for line_no, row in enumerate(rows, start=1)
            ),
        )
        for number, rows in orders.items()
    )


def _day(today: dt.date, days: str, sign: int) -> str:
    return (today + dt.timedelta(days=sign * int(days))).isoformat() if days else ""


def _folder() -> Path:
    return config_dir() / "sample_shop"


def _rows(name: str) -> Iterator[dict[str, str]]:
    with (_folder() / name).open(encoding="utf-8", newline="") as stream:
        yield from csv.DictReader(stream)
