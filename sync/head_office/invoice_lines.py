"""Lines of a supplier's invoice as somebody types them, by the lines of its order."""

from __future__ import annotations

from pos.i18n import N_
from sync.head_office.dialect import Dialect
from sync.head_office.goods_items import named, typed_lines
from sync.head_office.invoice_book import InvoiceLine
from sync.head_office.order_documents import OrderDocument
from sync.head_office.refusals import Problem, Refused


def lines_of(dialect: Dialect, kept: OrderDocument, text: str) -> list[InvoiceLine]:
    """Typed lines `item quantity price` by the order's lines; an item not on it has line 0.

    An item is its code, a barcode or its 助记码. Raises Refused naming every line that is wrong.
    """
    typed = typed_lines(text)
    bare = [
        Problem("lines", N_("Expected a price."), line=line.line_no)
        for line in typed
        if line.unit_cost_e4 is None
    ]
    if bare:
        raise Refused(bare)
    found: list[InvoiceLine] = []
    taken: set[int] = set()
    for line in named(dialect, kept.store_id, typed) if typed else ():
        fitting = [
            one.line_no
            for one in kept.order.lines
            if one.item_code == line.item_code and one.line_no not in taken
        ]
        number = fitting[0] if fitting else 0
        taken.add(number)
        found.append(
            InvoiceLine(
                order_line=number,
                item_code=line.item_code,
                quantity_milli=line.quantity_milli,
                unit_cost_e4=line.unit_cost_e4 or 0,
            )
        )
    return found
