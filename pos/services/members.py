"""The member on the sale: kept with it, journaled with it, masked wherever it is read.

Points and member prices are head office's; the till says who bought.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.barcode import PaymentCode, ScanContext, classify, lookup_keys
from pos.domain.cart import Refusal
from pos.domain.member import masked_member, member_number
from pos.i18n import N_
from pos.services import catalogue
from pos.services.checkout.persisting import save_cart
from pos.services.checkout.readiness import ready_to_sell
from pos.services.context import Till


class MemberSet(msgspec.Struct, frozen=True):
    """Who is buying; an empty `shown` = nobody who is known."""

    shown: str
    saved: Future[Any] | None


def set_member(
    till: Till, number: str, symbology_id: str | None = None, *, scanned: bool = False
) -> MemberSet | Refusal:
    """Note the member by a typed or scanned number; an empty one takes the member off.

    Goods and payment codes are refused: whoever scans the wrong thing must hear it.
    """
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    known = ""
    if number.strip():
        context = ScanContext.PAYMENT
        read = classify(number, symbology_id=symbology_id, layouts=till.layouts, context=context)
        if isinstance(read, PaymentCode):
            return Refusal("payment_code_here", N_("this is a payment code, no member's number"))
        keys = lookup_keys(read)
        if scanned and keys and catalogue.find(till, keys) is not None:
            return Refusal("goods_here", N_("this is a code of goods, no member's number"))
        found = member_number(number)
        if isinstance(found, Refusal):
            return found
        known = found
    till.sale.member_id = known
    # Before the first line there is nothing to keep it with: it goes with that line.
    saved = save_cart(till, till.sale.cart, undoable=False) if till.sale.cart.lines else None
    return MemberSet(masked_member(known) if known else "", saved)
