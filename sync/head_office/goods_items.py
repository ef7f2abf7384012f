"""Items and rules as head office published them, for whoever orders or sends goods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from pos.domain.goods.orders import ClassRule, ItemRule, OrderLine
from pos.domain.money import MoneyFormatError, parse_unit_price
from pos.domain.quantity import QuantityFormatError, format_quantity, parse_quantity
from pos.i18n import N_
from sync.head_office import class_names
from sync.head_office.dialect import Dialect
from sync.head_office.item_lookup import Lookup, items, look_up
from sync.head_office.refusals import Problem, Refused, refused
from sync.protocol import FeedItem

__all__ = [
    "class_rules",
    "item_of",
    "item_rules",
    "items",
    "named",
    "rules_in_force",
    "typed_lines",
]

MAX_LINES = 500
_MAX_PARENTS = 16
MAX_QUANTITY_MILLI = 10**12
MAX_UNIT_PRICE_E4 = 10**12


class UnknownItem(Refused):
    """An item that is not in the catalogue, or a text that several items fit."""

    code = "unknown_item"


class LineRefused(Refused):
    """Typed lines that are none."""

    code = "bad_line"


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


def rules_in_force(dialect: Dialect) -> dict[str, ClassRule]:
    """Class → its rule, or that of its nearest parent which has one; as at the till."""
    own = {rule.item_class: rule for rule in class_rules(dialect)}
    if not own:
        return {}
    parents = {one.item_class: one.parent for one in class_names.classes(dialect)}
    found = dict(own)
    for item_class in parents:
        name = item_class
        for _ in range(_MAX_PARENTS):
            if name in own:
                found[item_class] = own[name]
                break
            name = parents.get(name, "")
    return found


def item_of(dialect: Dialect, typed: str, store_id: str = "", *, field: str = "item") -> FeedItem:
    """The item of a typed code, barcode or 助记码; raises UnknownItem naming the field."""
    found = look_up(dialect, [typed], store_id)[typed]
    if found.item is None:
        raise UnknownItem([unknown(found, field)])
    return found.item


def unknown(found: Lookup, field: str, line: int = 0) -> Problem:
    """Why a typed text is no item, in words."""
    values = {"typed": found.typed[:60], "line": str(line)}
    if found.case_milli:
        values |= {
            "quantity": format_quantity(found.case_milli),
            "name": found.candidates[0].name,
        }
        text = N_(
            "%(typed)s is the code of a case of %(quantity)s %(name)s: "
            "type the code of one piece, or the item code."
        )
    elif found.candidates:
        values["fitting"] = "; ".join(f"{one.item_code} {one.name}" for one in found.candidates)
        text = N_("%(typed)s may mean: %(fitting)s. Type the code of one.")
    else:
        text = N_("There is no item with the code, barcode or mnemonic %(typed)s.")
    return on_line(Problem(field, text, values), line)


def on_line(problem: Problem, line: int) -> Problem:
    """The problem as that of one line of a field, when there is a line."""
    return msgspec.structs.replace(problem, line=line) if line else problem


def named(
    dialect: Dialect, store_id: str, lines: Sequence[OrderLine], *, field: str = "lines"
) -> tuple[OrderLine, ...]:
    """The lines numbered from 1 with name and unit of their items.

    What was typed may be an item's code, its barcode or its 助记码. Raises UnknownItem, Refused:
    each names every line that is wrong.
    """
    if not 1 <= len(lines) <= MAX_LINES:
        raise refused(
            field,
            N_("Expected 1 to %(most)s lines, got %(count)s."),
            most=MAX_LINES,
            count=len(lines),
        )
    known = look_up(dialect, [line.item_code for line in lines], store_id)
    made: list[OrderLine] = []
    strange: list[Problem] = []
    wrong: list[Problem] = []
    for number, line in enumerate(lines, start=1):
        found = known[line.item_code]
        if found.item is None:
            strange.append(unknown(found, field, line.line_no or number))
            continue
        wrong += [on_line(one, line.line_no or number) for one in _amiss(line, field)]
        made.append(
            msgspec.structs.replace(
                line,
                line_no=number,
                item_code=found.item.item_code,
                description=found.item.name,
                unit=found.item.unit,
                done_milli=0,
            )
        )
    if strange:
        raise UnknownItem([*strange, *wrong])
    if wrong:
        raise Refused(wrong)
    return tuple(made)


def _amiss(line: OrderLine, field: str) -> Iterator[Problem]:
    if not 0 < line.quantity_milli <= MAX_QUANTITY_MILLI:
        yield Problem(field, N_("Expected a quantity above zero."))
    if line.unit_cost_e4 is not None and not 0 <= line.unit_cost_e4 <= MAX_UNIT_PRICE_E4:
        yield Problem(field, N_("Expected a price of at least zero."))


def typed_lines(text: str, *, field: str = "lines") -> tuple[OrderLine, ...]:
    """Lines as typed or pasted from a sheet: `item quantity price` on each; price may be missing.

    Tabs, commas or blanks part the columns; `line_no` is the row of the text. Raises LineRefused
    naming every row that is none.
    """
    made: list[OrderLine] = []
    wrong: list[Problem] = []
    for number, row in enumerate(text.splitlines(), start=1):
        cells = row.replace("，", ",").replace("\t", " ").replace(",", " ").split()
        if not cells:
            continue
        try:
            if not 2 <= len(cells) <= 4:
                raise QuantityFormatError(row[:60])
            made.append(
                OrderLine(
                    line_no=number,
                    item_code=cells[0],
                    quantity_milli=parse_quantity(cells[1]),
                    unit_cost_e4=parse_unit_price(cells[2].strip("¥￥")) if cells[2:] else None,
                    batch=cells[3] if cells[3:] else "",
                )
            )
        except (QuantityFormatError, MoneyFormatError):
            wrong.append(Problem(field, _BAD_LINE, {"typed": row.strip()[:60]}, number))
    if wrong:
        raise LineRefused(wrong)
    if len(made) > MAX_LINES:
        raise refused(
            field,
            N_("Expected 1 to %(most)s lines, got %(count)s."),
            most=MAX_LINES,
            count=len(made),
        )
    return tuple(made)


_BAD_LINE = N_(
    "not understood: %(typed)s. Write item, quantity and price, with blanks between them."
)
