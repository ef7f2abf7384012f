"""What is proposed to leave: who may take it, what was rejected, what is past its date (RET-11)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import Supplier, SupplierState
from pos.i18n import N_
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import purchase_record, stock
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers, goods_reference, units

_REJECTED_DAYS, _REJECTED_MOST = 60, 30
"""How far back receipts with rejected goods are proposed, and how many; older ones by number."""


def suppliers(till: Till) -> list[Supplier]:
    """Suppliers by name; one that was dropped may still take its goods back."""
    found: list[Supplier] = till.reference.ask(goods_reference.suppliers, [])
    return sorted(found, key=lambda one: (one.state == SupplierState.DROPPED, one.name))


def with_rejected(till: Till) -> list[GoodsDocument]:
    """Receipts of the last weeks of which rejected goods wait here, the newest first."""
    today = stock_day(till)
    first = (date.fromisoformat(today) - timedelta(days=_REJECTED_DAYS)).isoformat()
    numbers = dict.fromkeys(
        one.document_no for one in purchase_record.received(till, first, today, only_rejected=True)
    )
    found = (rejected_of(till, number) for number in [*numbers][:_REJECTED_MOST])
    return [one[0] for one in found if not isinstance(one, Refusal)]


def rejected_of(till: Till, receipt_no: str) -> tuple[GoodsDocument, list[GoodsLine]] | Refusal:
    """Lines of a receipt that were not accepted, ready to go back: they are in no stock."""
    stored = goods_ledgers.by_number(till.journal.reader(), receipt_no.strip().upper())
    if stored is None or stored.document.document_kind is not DocumentKind.RECEIPT:
        return Refusal("no_such_receipt", N_("no receipt of goods has this number here"))
    back = _given_back(till, stored.document.document_no)
    lines: list[GoodsLine] = []
    for line in stored.document.lines:
        left = line.rejected_milli - back.get(line.line_no, 0)
        if left > 0:
            lines.append(
                msgspec.structs.replace(
                    line,
                    line_no=len(lines) + 1,
                    order_line=line.line_no,
                    quantity_milli=0,
                    received_milli=0,
                    delivered_milli=0,
                    expected_milli=None,
                    rejected_milli=left,
                    unit_codes=(),
                    opened=False,
                    failed_checks=(),
                    reason=line.reason or "quality",
                )
            )
    if not lines:
        return Refusal(
            "nothing_rejected", N_("nothing of this receipt was rejected, or it is gone")
        )
    return stored.document, lines


def expired(till: Till, within_days: int = 0) -> list[GoodsLine]:
    """Batches in the shop past their date, as lines of a write-off (RET-11)."""
    last = (date.fromisoformat(stock_day(till)) + timedelta(days=within_days)).isoformat()
    lines: list[GoodsLine] = []
    for item_code in units.items_ending_before(till.journal.reader(), last):
        item = catalogue.find_item(till, item_code)
        for batch in stock.batches(till, item_code):
            if batch.expiry and batch.expiry < last and batch.quantity_milli > 0:
                lines.append(
                    GoodsLine(
                        line_no=len(lines) + 1,
                        item_code=item_code,
                        quantity_milli=batch.quantity_milli,
                        description=item.name if item is not None else item_code,
                        spec=item.spec if item is not None else "",
                        unit=item.unit if item is not None else "",
                        item_class=item.item_class if item is not None else "",
                        unit_cost_e4=stock.unit_cost_e4(till, item_code),
                        batch=batch.batch,
                        production_day=batch.production_day,
                        expiry=batch.expiry,
                        reason="expired",
                    )
                )
    return lines


def _given_back(till: Till, receipt_no: str) -> dict[int, int]:
    """Line of a receipt → thousandths of its rejected goods that were given back already."""
    sums: dict[int, int] = defaultdict(int)
    for stored in goods_ledgers.by_reference(
        till.journal.reader(), receipt_no, DocumentKind.SUPPLIER_RETURN
    ):
        for line in stored.document.lines:
            sums[line.order_line] += line.rejected_milli
    return sums
