"""Goods and money back: by receipt, without one, whole reversals, and price differences (RET-02).

What is paid back never exceeds what was paid: each return takes its share of what is left of the
line, the last one takes the rest. The database holds this again when the return is written (R33).
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.cart import Cart, CartLine, EntryMethod, LineKind, OriginalLine, Refusal, add_line
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import PriceCorrected
from pos.domain.money import divide_half_away, extended_amount
from pos.domain.quantity import ONE
from pos.domain.sale import TransactionType
from pos.i18n import N_
from pos.services import catalogue
from pos.services.approvals import Approvals, Gate
from pos.services.checkout.persisting import begin, save_cart
from pos.services.checkout.readiness import ready_to_sell
from pos.services.checkout.records import RECALLED
from pos.services.context import NeedsApproval, Till, spend
from pos.services.goods import coming_back
from pos.services.journal_reading import StoredTransaction, find_transaction
from pos.services.return_lines import back_line, nothing_left, sold_line
from pos.services.returnable import is_late, left_now

PRICE_DIFFERENCE = "price_difference"
"""Reason of a line that pays a price difference back without goods (RET-02)."""


class ReturnStarted(msgspec.Struct, frozen=True, kw_only=True):
    """Return lines stand on the screen; paying out completes them."""

    cart: Cart
    refund_minor: int
    saved: Future[Any]
    warnings: tuple[str, ...] = ()


def start_return(
    till: Till,
    transaction_no: str,
    selections: Mapping[int, int] | None = None,
    reason: str = "",
    approval: Approvals = None,
    *,
    units: Mapping[int, str] | None = None,
    recall: str = "",
) -> ReturnStarted | Refusal | NeedsApproval:
    """Put lines of a receipt on the screen as returns: line number → quantity in thousandths.

    Without `selections` everything that is left comes back. Goods may be sold on the same document
    (RET-05). `units` are the serial numbers of what is in hand, by line (CAT-03); with `recall`,
    an open recall's id, its goods come back without limits and whatever their age (QLT-05).
    """
    refusal = _ready(till)
    if refusal is not None:
        return refusal
    stored = find_transaction(till.journal.reader(), transaction_no)
    if stored is None or stored.transaction.transaction_type is not TransactionType.SALE:
        return Refusal("no_such_receipt", N_("this till has no such receipt"))
    lines = _chosen(till, stored, selections, reason)
    if isinstance(lines, Refusal):
        return lines
    for line in lines:
        sold = sold_line(stored, line.original.line_no if line.original else 0)
        wrong = sold and coming_back.check_unit(till, sold, (units or {}).get(sold.line_no, ""))
        if wrong:
            return wrong
    if recall:
        flagged = _under_recall(till, lines, recall)
        if isinstance(flagged, Refusal):
            return flagged
        return _enter(till, flagged, Gate(till, approval), transaction_no, reason)
    refund = -sum(line.amount_minor for line in lines)
    gate = Gate(till, approval)
    missing = gate.rule(
        "return.with_receipt",
        detail=transaction_no,
        limit_name="sale.return_receipt.limit_minor",
        limit_value=refund + _refunds_on_screen(till),
    )
    if missing is None and is_late(till, stored.business_day):
        missing = gate.rule("return.late", detail=transaction_no)
    if missing is not None:
        return missing
    return _enter(till, lines, gate, transaction_no, reason)


def return_without_receipt(
    till: Till,
    item_code: str,
    quantity_milli: int,
    unit_price_e4: int | None = None,
    reason: str = "",
    approval: Approvals = None,
    *,
    other_receipt: str = "",
    recall: str = "",
    batch: str = "",
) -> ReturnStarted | Refusal | NeedsApproval:
    """无小票退货: at most today's price, with an approval; `other_receipt` names another till's.

    Goods with serial numbers come back by the sale that they left with (CAT-03). With `recall`, an
    open recall's id, neither price nor approval limits what comes back (QLT-05).
    """
    refusal = _ready(till)
    if refusal is not None:
        return refusal
    item = catalogue.find_item(till, item_code)
    if item is None:
        return Refusal("not_in_catalogue", N_("the catalogue has no such item"))
    if quantity_milli <= 0 or (quantity_milli % ONE and not item.weighed):
        return Refusal("quantity_not_positive", N_("the quantity must be more than 0"))
    price_e4 = item.unit_price_e4 if unit_price_e4 is None else unit_price_e4
    if price_e4 is None or price_e4 <= 0:
        return Refusal("price_not_positive", N_("type a price above 0"))
    if coming_back.wants_unit(till, item) and not (other_receipt or recall):
        return Refusal(
            "serial_needs_receipt",
            N_("goods with serial numbers come back by the sale that they left with"),
            {"item": item.name},
        )
    if not recall and item.unit_price_e4 is not None and price_e4 > item.unit_price_e4:
        return Refusal(
            "price_above_list", N_("without this till's receipt at most today's price comes back")
        )
    refund = extended_amount(price_e4, quantity_milli)
    gate = Gate(till, approval)
    missing = (
        None
        if recall
        else gate.rule(
            "return.other_till" if other_receipt else "return.without_receipt",
            detail=other_receipt or item.name,
            limit_name="sale.return_no_receipt.limit_minor",
            limit_value=refund + _refunds_on_screen(till),
        )
    )
    if missing is not None:
        return missing
    line = CartLine(
        line_no=0,
        kind=LineKind.RETURN,
        item_code=item.item_code,
        description=item.name,
        description_en=item.name_en,
        spec=item.spec,
        unit=item.unit,
        item_class=item.item_class,
        entry_method=EntryMethod.KEYED,
        quantity_milli=-quantity_milli,
        weighed=item.weighed,
        list_price_e4=item.unit_price_e4 or price_e4,
        price_version=item.price_version,
        unit_price_e4=price_e4,
        label_amount_minor=-refund,
        tax_code=item.tax_code,
        tax_rate_bp=item.tax_rate_bp,
        original=OriginalLine(transaction_no=other_receipt, line_no=0) if other_receipt else None,
        reason=reason,
        flags=("return_other_till",) if other_receipt else ("return_without_receipt",),
        batch=batch,
        at=till.local_iso(),
    )
    lines = _under_recall(till, (line,), recall) if recall else (line,)
    if isinstance(lines, Refusal):
        return lines
    return _enter(till, lines, gate, other_receipt, reason)


def refund_difference(
    till: Till,
    transaction_no: str,
    line_no: int,
    correct_unit_price_e4: int,
    quantity_milli: int | None = None,
    approval: Approvals = None,
) -> ReturnStarted | Refusal | NeedsApproval:
    """价签不符 after payment: only the difference is paid back, once per piece; no goods move."""
    refusal = _ready(till)
    if refusal is not None:
        return refusal
    stored = find_transaction(till.journal.reader(), transaction_no)
    line = sold_line(stored, line_no)
    if stored is None or line is None:
        return Refusal("no_such_receipt", N_("this till has no such receipt"))
    left = left_now(till, transaction_no, line_no)
    most = min(left.left_milli, left.sold_milli - left.corrected_milli)
    quantity = most if quantity_milli is None else quantity_milli
    if not 0 < quantity <= most:
        return nothing_left(line, most)
    paid = divide_half_away(left.left_minor * quantity, left.left_milli)
    difference = paid - extended_amount(correct_unit_price_e4, quantity)
    if correct_unit_price_e4 < 0 or difference <= 0:
        return Refusal("not_cheaper", N_("this is not less than what was paid"))
    per_piece = divide_half_away(difference * ONE, quantity)
    gate = Gate(till, approval)
    missing = gate.rule(
        "sale.price_correction",
        detail=line.description,
        limit_name="price.correct.limit_minor",
        limit_value=per_piece,
    )
    if missing is not None:
        return missing
    back = back_line(
        stored, line, quantity, -difference, till.local_iso(), PRICE_DIFFERENCE, LineKind.OTHER
    )
    started = _enter(till, (back,), gate, transaction_no, PRICE_DIFFERENCE)
    till.append(
        EntryKind.PRICE_CORRECTED,
        PriceCorrected(
            item_code=line.item_code,
            old_unit_price_e4=line.unit_price_e4,
            new_unit_price_e4=correct_unit_price_e4,
            reason=PRICE_DIFFERENCE,
            approver_id=gate.approver_id,
        ),
    ).add_done_callback(lambda _: setattr(till, "overlays", None))
    return started


def _ready(till: Till) -> Refusal | None:
    refusal = ready_to_sell(till)
    if refusal is None and till.sale.payment is not None and till.sale.payment.tenders:
        return Refusal(
            "tenders_entered", "a tender is already entered; take it back before changing goods"
        )
    return refusal


def _chosen(
    till: Till, stored: StoredTransaction, selections: Mapping[int, int] | None, reason: str
) -> tuple[CartLine, ...] | Refusal:
    sold = stored.transaction
    if selections is None:
        selections = {
            line.line_no: left.left_milli
            for line in sold.lines
            if line.kind is LineKind.SALE
            for left in [left_now(till, sold.transaction_no, line.line_no)]
            if left.left_milli > 0
        }
    lines = []
    for line_no, quantity_milli in selections.items():
        line = sold_line(stored, line_no)
        if line is None:
            return Refusal("no_such_line", N_("there is no such line on this receipt"))
        left = left_now(till, sold.transaction_no, line_no)
        if not 0 < quantity_milli <= left.left_milli:
            return nothing_left(line, left.left_milli)
        if not line.weighed and quantity_milli % ONE and quantity_milli != left.left_milli:
            return Refusal(
                "quantity_not_whole", "this item is sold by the piece; type a whole number"
            )
        refund = divide_half_away(left.left_minor * quantity_milli, left.left_milli)
        lines.append(back_line(stored, line, -quantity_milli, -refund, till.local_iso(), reason))
    if not lines:
        return Refusal("nothing_left", N_("everything on this receipt has come back already"))
    return tuple(lines)


def _under_recall(
    till: Till, lines: tuple[CartLine, ...], order_id: str
) -> tuple[CartLine, ...] | Refusal:
    """The lines with their recall's flag; refused for goods that it does not name."""
    order = coming_back.recall(till, order_id)
    for line in lines:
        if order is None or not coming_back.recalled_line(
            order, line.item_code, line.batch, line.unit_code
        ):
            return Refusal(
                "not_recalled",
                N_("the recall does not name these goods; return them as usual"),
                {"item": line.description},
            )
    flag = f"{RECALLED}{order_id}"
    return tuple(msgspec.structs.replace(one, flags=(*one.flags, flag)) for one in lines)


def _enter(
    till: Till, lines: tuple[CartLine, ...], gate: Gate, original_no: str, reason: str
) -> ReturnStarted:
    begin(till)
    sale = till.sale
    sale.phase, sale.payment, sale.rounding_minor = "lines", None, 0
    sale.return_mode = True
    sale.original_transaction_no = original_no
    sale.approver_id = gate.approver_id or sale.approver_id
    sale.reason = reason or sale.reason
    cart = sale.cart
    for line in lines:
        cart = add_line(cart, line, merge=False)
    for extra in gate.used[1:]:
        till.write(spend(till, extra))
    saved = save_cart(till, cart, approval=gate.used[0] if gate.used else None)
    return ReturnStarted(
        cart=cart,
        refund_minor=-sum(line.amount_minor for line in lines),
        saved=saved,
        warnings=tuple(gate.warnings),
    )


def _refunds_on_screen(till: Till) -> int:
    return -sum(line.amount_minor for line in till.sale.cart.lines if line.kind is LineKind.RETURN)
