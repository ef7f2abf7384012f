"""Changing the open sale: quantity, price, discount, void, undo; each within rights or approved."""

from __future__ import annotations

from pos.domain.cart import (
    Cart,
    CartLine,
    LineKind,
    PriceOverride,
    Refusal,
    set_quantity,
)
from pos.domain.cart import (
    discount_line as discounted_line,
)
from pos.domain.cart import (
    discount_whole as discounted_whole,
)
from pos.domain.cart import (
    override_price as overridden_price,
)
from pos.domain.cart import (
    void_line as voided_line,
)
from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import PriceCorrected
from pos.domain.journal.sale_bodies import LineVoided, SaleCancelled
from pos.domain.quantity import ONE
from pos.services.checkout.persisting import save_cart
from pos.services.checkout.readiness import ready_to_sell
from pos.services.checkout.results import AskVoid, Cancelled, CartChanged
from pos.services.context import (
    Authorised,
    Grant,
    NeedsApproval,
    OpenSale,
    Till,
    authorise,
    spend,
)
from pos.store import goods_drafts, open_sales
from pos.store.journal import WriteTransaction

ChangeResult = CartChanged | Refusal | NeedsApproval


def change_quantity(
    till: Till, line_no: int, quantity_milli: int, approval: Grant | None = None
) -> ChangeResult:
    """Set a line's quantity; lowering it leaves a trace as a void does (invariant 4)."""
    refusal = _may_change(till)
    if refusal is not None:
        return refusal
    line = till.sale.cart.line(line_no)
    changed = set_quantity(till.sale.cart, line_no, quantity_milli)
    if isinstance(changed, Refusal) or line is None:
        return changed if isinstance(changed, Refusal) else _nothing()
    if quantity_milli < line.quantity_milli:
        return _take_off(
            till, line, changed, line.quantity_milli - quantity_milli, "quantity", approval
        )
    if line.unit_code:
        return Refusal("one_pack", "this line is one pack; scan each pack by itself")
    allowed = _large_quantity(till, line, quantity_milli, approval)
    if not isinstance(allowed, Authorised):
        return allowed
    # One more pack may be of a held batch: it is looked at before it is paid (看批号).
    till.sale.holds_seen.pop(line_no, None)
    saved = save_cart(till, changed, approval=approval)
    return CartChanged(changed, line_no, saved, allowed.warning)


def increment(till: Till, line_no: int) -> ChangeResult:
    """`+`: one more of the line."""
    line = till.sale.cart.line(line_no)
    if line is None:
        return _nothing()
    return change_quantity(till, line_no, line.quantity_milli + ONE)


def decrement(till: Till, line_no: int, approval: Grant | None = None) -> ChangeResult | AskVoid:
    """`-`: one less; at one it asks whether to void the line."""
    line = till.sale.cart.line(line_no)
    if line is None:
        return _nothing()
    if line.weighed or line.label_amount_minor is not None:
        return Refusal(
            "quantity_fixed_by_weight",
            "the weight decides the quantity of this line; void it and weigh again",
        )
    if line.quantity_milli <= ONE:
        return AskVoid(line_no)
    return change_quantity(till, line_no, line.quantity_milli - ONE, approval)


def override_price(
    till: Till, line_no: int, unit_price_e4: int, reason: str, approval: Grant | None = None
) -> ChangeResult:
    """改价: charge another price within the role's limit, beyond it with an approval (PRC-05)."""
    line = till.sale.cart.line(line_no)
    refusal = _may_change(till)
    if refusal is not None or line is None:
        return refusal or _nothing()
    if unit_price_e4 >= till.settings.prices.unit_price_ceiling_minor * 100:
        return Refusal("looks_like_barcode", "that looks like a barcode, not like a price")
    allowed = authorise(
        till,
        "sale.price_override",
        detail=line.description,
        limit_name="sale.price_override.limit_percent",
        limit_value=_percent_changed(line.list_price_e4, unit_price_e4),
        approval=approval,
    )
    if not isinstance(allowed, Authorised):
        return allowed
    changed = overridden_price(till.sale.cart, line_no, unit_price_e4, _override(allowed, reason))
    return _keep(till, changed, line_no, allowed, approval)


def discount_line(
    till: Till, line_no: int, pay_basis_points: int, reason: str, approval: Grant | None = None
) -> ChangeResult:
    """单品折扣: 3.5折 means that 35 % is paid (PRC-13)."""
    line = till.sale.cart.line(line_no)
    refusal = _may_change(till)
    if refusal is not None or line is None:
        return refusal or _nothing()
    allowed = authorise(
        till,
        "sale.discount",
        detail=line.description,
        limit_name="sale.discount.limit_percent",
        limit_value=-(-(10_000 - pay_basis_points) // 100),
        approval=approval,
    )
    if not isinstance(allowed, Authorised):
        return allowed
    changed = discounted_line(
        till.sale.cart, line_no, pay_basis_points, _override(allowed, reason)
    )
    return _keep(till, changed, line_no, allowed, approval)


def discount_whole(
    till: Till,
    amount_minor: int,
    reason: str,
    approval: Grant | None = None,
    *,
    round_off: bool = False,
) -> ChangeResult:
    """整单优惠 or, with `round_off`, 抹零: an amount off the whole sale; 0 takes it back."""
    refusal = _may_change(till)
    if refusal is not None:
        return refusal
    goods = sum(line.amount_minor for line in till.sale.cart.lines)
    percent = -(-amount_minor * 100 // goods) if goods > 0 else 100
    allowed = authorise(
        till,
        "sale.round_off" if round_off else "sale.discount",
        detail=reason,
        limit_name=("sale.round_off.limit_minor" if round_off else "sale.discount.limit_percent"),
        limit_value=amount_minor if round_off else percent,
        approval=approval,
    )
    if not isinstance(allowed, Authorised):
        return allowed
    changed = discounted_whole(till.sale.cart, amount_minor, reason)
    if isinstance(changed, Cart):
        till.sale.approver_id = allowed.approver_id or till.sale.approver_id
        till.sale.reason = reason
    return _keep(till, changed, 0, allowed, approval)


def correct_price_tag(
    till: Till, line_no: int, unit_price_e4: int, approval: Grant | None = None
) -> ChangeResult:
    """价签不符: charge what the shelf card says and put the card on the 待换牌 list (rule 15)."""
    line = till.sale.cart.line(line_no)
    refusal = _may_change(till)
    if refusal is not None or line is None:
        return refusal or _nothing()
    difference = max(0, line.list_price_e4 - unit_price_e4) // 100
    allowed = authorise(
        till,
        "sale.price_correction",
        detail=line.description,
        limit_name="price.correct.limit_minor",
        limit_value=difference,
        approval=approval,
    )
    if not isinstance(allowed, Authorised):
        return allowed
    source = PriceOverride(
        source="price_correction" if allowed.source == "cashier" else allowed.source,
        reason="price_tag",
        approver_id=allowed.approver_id,
        approval_uuid=allowed.approval_uuid,
    )
    changed = overridden_price(till.sale.cart, line_no, unit_price_e4, source)
    result = _keep(till, changed, line_no, allowed, approval)
    if isinstance(result, CartChanged):
        till.append(
            EntryKind.PRICE_CORRECTED,
            PriceCorrected(
                item_code=line.item_code,
                old_unit_price_e4=line.list_price_e4,
                new_unit_price_e4=unit_price_e4,
                reason="price_tag",
                approver_id=allowed.approver_id,
            ),
        ).add_done_callback(lambda _: setattr(till, "overlays", None))
    return result


def void_line(
    till: Till, line_no: int, reason: str, approval: Grant | None = None
) -> ChangeResult:
    """Take a line off; the journal keeps what it was (更正, 即更)."""
    refusal = _may_change(till)
    line = till.sale.cart.line(line_no)
    if refusal is not None or line is None:
        return refusal or _nothing()
    changed = voided_line(till.sale.cart, line_no)
    if isinstance(changed, Refusal):
        return changed
    return _take_off(till, line, changed, line.quantity_milli, reason, approval)


def undo(till: Till, approval: Grant | None = None) -> ChangeResult:
    """Take the last line action back; goods that leave the sale by it are journaled as voids."""
    refusal = _may_change(till)
    if refusal is not None:
        return refusal
    if not till.sale.history:
        return Refusal("nothing_to_undo", "there is nothing to take back")
    before, now = till.sale.history[-1], till.sale.cart
    less = [
        (line, line.quantity_milli - _quantity_in(before, line.line_no))
        for line in now.lines
        if _quantity_in(before, line.line_no) < line.quantity_milli
    ]
    allowed = _void_rule(till, "undo", approval) if less else Authorised()
    if not isinstance(allowed, Authorised):
        return allowed
    till.sale.history.pop()
    traces = tuple(_trace(till, line, quantity, "undo", allowed) for line, quantity in less)
    saved = save_cart(till, before, voided=traces, approval=approval, undoable=False)
    return CartChanged(before, before.last.line_no if before.last else 0, saved, allowed.warning)


def cancel_sale(
    till: Till, reason: str, approval: Grant | None = None
) -> Cancelled | Refusal | NeedsApproval:
    """整单取消: give the open sale up; lines and tenders stay in the journal."""
    sale = till.sale
    if sale.phase == "closing":
        return Refusal("closing", "this sale is being written")
    if sale.empty:
        return Refusal("no_lines", "there is no open sale")
    if sale.payment is not None and (sale.payment.counted_minor or sale.payment.pending):
        return Refusal(
            "tenders_entered", "take the tenders back first; what was paid must not be lost"
        )
    allowed = authorise(till, "sale.void_sale", detail=reason, approval=approval)
    if not isinstance(allowed, Authorised):
        return allowed
    body = SaleCancelled(
        lines=sale.cart.lines,
        tenders=sale.payment.tenders if sale.payment is not None else (),
        total_minor=sale.cart.total_minor,
        reason=reason,
        approver_id=allowed.approver_id,
        sale_uuid=sale.sale_uuid,
    )
    sale_uuid, operator_id, day = sale.sale_uuid, till.operator_id, till.business_day
    spent, dispatch = spend(till, approval), sale.dispatch

    def job(txn: WriteTransaction) -> None:
        spent(txn)
        txn.append(EntryKind.SALE_CANCELLED, body, operator_id=operator_id, business_day=day)
        open_sales.drop_sale(txn.connection, sale_uuid)
        if dispatch:
            goods_drafts.drop_draft(txn.connection, sale_uuid)

    till.sale = OpenSale()
    return Cancelled(till.write(job))


def _keep(
    till: Till,
    changed: Cart | Refusal,
    line_no: int,
    allowed: Authorised,
    approval: Grant | None,
) -> ChangeResult:
    if isinstance(changed, Refusal):
        return changed
    return CartChanged(
        changed, line_no, save_cart(till, changed, approval=approval), allowed.warning
    )


def _take_off(
    till: Till,
    line: CartLine,
    changed: Cart,
    quantity_milli: int,
    reason: str,
    approval: Grant | None,
) -> ChangeResult:
    allowed = _void_rule(till, line.description, approval)
    if not isinstance(allowed, Authorised):
        return allowed
    trace = _trace(till, line, quantity_milli, reason, allowed)
    saved = save_cart(till, changed, voided=(trace,), approval=approval)
    return CartChanged(changed, line.line_no, saved, allowed.warning)


def _void_rule(
    till: Till, detail: str, approval: Grant | None
) -> Authorised | Refusal | NeedsApproval:
    rule = "sale.void_line_after_subtotal" if till.sale.subtotal_shown else "sale.void_line"
    return authorise(till, rule, detail=detail, approval=approval)


def _trace(
    till: Till, line: CartLine, quantity_milli: int, reason: str, allowed: Authorised
) -> LineVoided:
    whole = quantity_milli == line.quantity_milli
    return LineVoided(
        line=line,
        quantity_milli=quantity_milli,
        amount_minor=(
            line.amount_minor
            if whole
            else line.amount_minor * quantity_milli // max(1, line.quantity_milli)
        ),
        reason=reason,
        approver_id=allowed.approver_id,
        sale_uuid=till.sale.sale_uuid,
        after_subtotal=till.sale.subtotal_shown,
    )


def _may_change(till: Till) -> Refusal | None:
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    if till.sale.payment is not None and till.sale.payment.tenders:
        return Refusal(
            "tenders_entered", "a tender is already entered; take it back before changing goods"
        )
    if till.sale.phase != "lines":
        till.sale.phase = "lines"
        till.sale.payment = None
        till.sale.rounding_minor = 0
    return None


def _large_quantity(
    till: Till, line: CartLine, quantity_milli: int, approval: Grant | None
) -> Authorised | Refusal | NeedsApproval:
    limit_name = "item.quantity_limit.limit_units"
    if till.operator is None or quantity_milli // ONE <= till.operator.role.limit(limit_name):
        return Authorised()
    return authorise(till, "sale.large_quantity", detail=line.description, approval=approval)


def _override(allowed: Authorised, reason: str) -> PriceOverride:
    return PriceOverride(
        source=allowed.source,
        reason=reason,
        approver_id=allowed.approver_id,
        approval_uuid=allowed.approval_uuid,
    )


def _percent_changed(list_price_e4: int, unit_price_e4: int) -> int:
    if list_price_e4 <= 0:
        return 0 if unit_price_e4 == list_price_e4 else 100
    return -(-abs(list_price_e4 - unit_price_e4) * 100 // list_price_e4)


def _quantity_in(cart: Cart, line_no: int) -> int:
    line = cart.line(line_no)
    return 0 if line is None or line.kind is not LineKind.SALE else line.quantity_milli


def _nothing() -> Refusal:
    return Refusal("no_such_line", "there is no such line in this sale")
