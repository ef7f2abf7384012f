"""Items and rules as head office published them, for whoever orders or sends goods."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.barcode.gtin import normalise_gtin14
from pos.domain.goods.orders import ClassRule, ItemRule, OrderLine
from pos.domain.money import MoneyFormatError, parse_unit_price
from pos.domain.quantity import ONE, QuantityFormatError, parse_quantity
from sync.head_office.dialect import Dialect, Row
from sync.protocol import FeedBarcode, FeedItem

MAX_LINES = 500
MAX_QUANTITY_MILLI = 10**12
MAX_UNIT_PRICE_E4 = 10**12


class UnknownItem(ValueError):
    """An item code that is not in the catalogue; `values` name the line and what was typed."""

    code = "unknown_item"

    def __init__(self, detail: str, **values: str) -> None:
        """Keep what the page names beside the sentence."""
        super().__init__(detail)
        self.values = values
        if values:
            self.code = "unknown_line"


class LineRefused(ValueError):
    """A typed line that is not one; `values` name the line and what was typed."""

    code = "bad_line"

    def __init__(self, detail: str, **values: str) -> None:
        """Keep what the page names beside the sentence."""
        super().__init__(detail)
        self.values = values


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


def by_barcode(dialect: Dialect, codes: Sequence[str], store_id: str = "") -> dict[str, str]:
    """Item codes by barcode, of barcodes that stand for one piece; whoever types reads the pack.

    A case's code is left out: whether its price is meant by the case or by the piece is not said.
    """
    typed = {key: code for code in codes if (key := normalise_gtin14(code)) is not None}
    rows: list[Row] = []
    for scope in ("", store_id) if store_id else ("",):
        rows += dialect.rows_of_keys(
            "SELECT row_key, row FROM catalogue "
            "WHERE scope = ? AND dataset = 'barcodes' AND row_key IN ?",
            (scope,),
            list(typed),
        )
    found = {str(key): msgspec.json.decode(bytes(row), type=FeedBarcode) for key, row in rows}
    return {typed[key]: one.item_code for key, one in found.items() if one.quantity_milli == ONE}


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
    """The lines numbered from 1 with name and unit of their items, found by code or barcode.

    Raises UnknownItem, ValueError.
    """
    if not 1 <= len(lines) <= MAX_LINES:
        raise ValueError(f"expected 1 to {MAX_LINES} lines, got {len(lines)}")
    known = items(dialect, [line.item_code for line in lines], store_id)
    strange = [line.item_code for line in lines if line.item_code not in known]
    scanned = by_barcode(dialect, strange, store_id) if strange else {}
    if scanned:
        known |= items(dialect, list(scanned.values()), store_id)
    made: list[OrderLine] = []
    for number, line in enumerate(lines, start=1):
        item = known.get(scanned.get(line.item_code, line.item_code))
        if item is None:
            raise UnknownItem(
                f"line {number}: there is no item {line.item_code[:60]!r}",
                line=str(number),
                typed=line.item_code[:60],
            )
        if not 0 < line.quantity_milli <= MAX_QUANTITY_MILLI:
            raise ValueError(f"line {number}: expected a quantity above zero")
        if line.unit_cost_e4 is not None and not 0 <= line.unit_cost_e4 <= MAX_UNIT_PRICE_E4:
            raise ValueError(f"line {number}: expected a price of at least zero")
        made.append(
            msgspec.structs.replace(
                line,
                line_no=number,
                item_code=item.item_code,
                description=item.name,
                unit=item.unit,
                done_milli=0,
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
            raise LineRefused(
                f"line {number}: expected item, quantity and price, got {row[:60]!r}",
                line=str(number),
                typed=row[:60],
            )
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
            raise LineRefused(
                f"line {number}: expected a quantity and a price, got {row[:60]!r}",
                line=str(number),
                typed=row[:60],
            ) from error
    if len(made) > MAX_LINES:
        raise ValueError(f"expected at most {MAX_LINES} lines, got {len(made)}")
    return tuple(made)
