"""Items and rules as head office published them, for whoever orders or sends goods."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.goods.orders import ClassRule, ItemRule, OrderLine
from pos.domain.money import MoneyFormatError, parse_unit_price
from pos.domain.quantity import QuantityFormatError, parse_quantity
from sync.head_office.dialect import Dialect, Row
from sync.protocol import FeedItem

MAX_LINES = 500
MAX_QUANTITY_MILLI = 10**12
MAX_UNIT_PRICE_E4 = 10**12


class UnknownItem(ValueError):
    """An item code that is not in the catalogue."""

    code = "unknown_item"


def items(dialect: Dialect, codes: Sequence[str], store_id: str = "") -> dict[str, FeedItem]:
    """Items by code as a store sees them, its own row before the common one."""
    rows: list[Row] = []
    for scope in ("", store_id) if store_id else ("",):
        rows += dialect.rows_of_keys(
            "SELECT scope, row_key, row FROM catalogue "
            "WHERE scope = ? AND dataset = 'items' AND row_key IN ?",
            (scope,),
            list(dict.fromkeys(codes)),
        )
    return {str(key): msgspec.json.decode(bytes(row), type=FeedItem) for _, key, row in rows}


def item_rules(dialect: Dialect, supplier_id: str = "") -> list[ItemRule]:
    """Rules of items for all stores, by item; of one supplier's when it is named."""
    rows = dialect.query(
        "SELECT row FROM catalogue WHERE scope = '' AND dataset = 'item_rules' ORDER BY row_key"
    )
    found = [msgspec.json.decode(bytes(row[0]), type=ItemRule) for row in rows]
    return [rule for rule in found if supplier_id in ("", rule.supplier_id)]


def class_rules(dialect: Dialect) -> list[ClassRule]:
    """Rules of classes for all stores, by class."""
    rows = dialect.query(
        "SELECT row FROM catalogue WHERE scope = '' AND dataset = 'class_rules' ORDER BY row_key"
    )
    return [msgspec.json.decode(bytes(row[0]), type=ClassRule) for row in rows]


def named(dialect: Dialect, store_id: str, lines: Sequence[OrderLine]) -> tuple[OrderLine, ...]:
    """The lines numbered from 1 with name and unit of their items; raises UnknownItem, ValueError."""
    if not 1 <= len(lines) <= MAX_LINES:
        raise ValueError(f"expected 1 to {MAX_LINES} lines, got {len(lines)}")
    known = items(dialect, [line.item_code for line in lines], store_id)
    made: list[OrderLine] = []
    for number, line in enumerate(lines, start=1):
        item = known.get(line.item_code)
        if item is None:
            raise UnknownItem(f"line {number}: there is no item {line.item_code[:60]!r}")
        if not 0 < line.quantity_milli <= MAX_QUANTITY_MILLI:
            raise ValueError(f"line {number}: expected a quantity above zero")
        if line.unit_cost_e4 is not None and not 0 <= line.unit_cost_e4 <= MAX_UNIT_PRICE_E4:
            raise ValueError(f"line {number}: expected a price of at least zero")
        made.append(
            msgspec.structs.replace(
                line, line_no=number, description=item.name, unit=item.unit, done_milli=0
            )
        )
    return tuple(made)


def typed_lines(text: str) -> tuple[OrderLine, ...]:
    """Lines as typed or pasted from a sheet: `item quantity price` on each; price may be missing.

    Tabs, commas or blanks part the columns. Raises ValueError naming the line.
    """
    made: list[OrderLine] = []
    for number, row in enumerate(text.splitlines(), start=1):
        cells = row.replace("，", ",").replace("\t", " ").replace(",", " ").split()
        if not cells:
            continue
        if not 2 <= len(cells) <= 4:
            raise ValueError(f"line {number}: expected item, quantity and price, got {row[:60]!r}")
        try:
            made.append(
                OrderLine(
                    line_no=len(made) + 1,
                    item_code=cells[0],
                    quantity_milli=parse_quantity(cells[1]),
                    unit_cost_e4=parse_unit_price(cells[2].strip("¥￥")) if cells[2:] else None,
                    batch=cells[3] if cells[3:] else "",
                )
            )
        except (QuantityFormatError, MoneyFormatError) as error:
            raise ValueError(
                f"line {number}: expected a quantity and a price, got {row[:60]!r}"
            ) from error
    if len(made) > MAX_LINES:
        raise ValueError(f"expected at most {MAX_LINES} lines, got {len(made)}")
    return tuple(made)
