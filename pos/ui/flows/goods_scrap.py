"""报损, and goods set apart until somebody judges them (RET-11, STK-06, STK-14)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Order
from pos.i18n import gettext as _
from pos.services.goods import judging, leaving, proposed_to_leave
from pos.services.goods.drafting import StoredDraft
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.goods_leaving import ask_reason, draft_choices, work
from pos.ui.goods_names import goods_name
from pos.ui.screens.choose import Choice
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.text_grid import clean
from pos.ui.texts import named, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

_KINDS = (
    DocumentKind.SCRAP,
    DocumentKind.TO_JUDGE,
    DocumentKind.JUDGED,
    DocumentKind.JUDGED_OUT,
)


async def goods_scrap(app: TillApp, home: Home) -> None:
    """Write off, what is expired, set apart, judge; or a draft."""
    while True:
        expired = proposed_to_leave.expired(app.till)
        waiting = judging.waiting(app.till)
        orders = judging.orders(app.till)
        choices: list[Choice[object]] = [
            Choice(1, _("Write goods off"), "scrap"),
            Choice(2, _("Write off what is past its date"), "expired", detail=str(len(expired))),
            Choice(3, _("Set goods apart"), "apart"),
            Choice(4, _("Goods set apart: back or away"), "judge", detail=str(len(waiting))),
            Choice(5, _("Judgements of head office"), "orders", detail=str(len(orders))),
            *draft_choices(app, 6, *_KINDS),
        ]
        chosen = await Ask(WideChooseScreen(_("Goods unfit for sale"), choices))
        if chosen is None:
            home.refresh_sale()
            return
        draft: StoredDraft | Refusal | None
        if isinstance(chosen, StoredDraft):
            draft = chosen
        elif chosen == "expired":
            draft = (
                leaving.begin(app.till, DocumentKind.SCRAP, reason="expired", lines=expired)
                if expired
                else Refusal("nothing_expired", _("Nothing in the shop is past its date"))
            )
        elif chosen == "judge":
            draft = await _judge(app, waiting)
        elif chosen == "orders":
            draft = await _by_order(app, orders)
        else:
            kind = DocumentKind.SCRAP if chosen == "scrap" else DocumentKind.TO_JUDGE
            reason = await ask_reason(app, kind)
            draft = leaving.begin(app.till, kind, reason=reason) if reason else None
        if isinstance(draft, Refusal):
            home.error(refusal_text(draft))
            return
        if draft is not None and await work(app, home, draft) is not None:
            return


async def _judge(app: TillApp, waiting: list[judging.SetApart]) -> StoredDraft | Refusal | None:
    reasons = leaving.reason_names(app.till, DocumentKind.TO_JUDGE)
    choices = [
        Choice(
            number,
            f"{goods_name(app.till, one.line)} "
            f"{named(*reasons.get(one.reason, (one.reason, one.reason)))}",
            one,
            detail=_("{pieces}, {days} days").format(
                pieces=quantity_text(one.left_milli), days=one.age_days
            ),
        )
        for number, one in enumerate(waiting, start=1)
    ]
    one = await Ask(WideChooseScreen(_("Goods set apart"), choices))
    if one is None:
        return None
    verdict = await Ask(
        WideChooseScreen(
            _("What becomes of them?"),
            [
                Choice(1, _("Back into stock"), judging.BACK),
                Choice(2, _("Away: sent back or destroyed"), judging.OUT),
            ],
            lines=[goods_name(app.till, one.line), clean(one.number)],
        )
    )
    if verdict is None:
        return None
    quantity = await Ask(
        EntryScreen(
            _("How many?"),
            parsing.quantity,
            label=_("Pieces"),
            empty=one.left_milli,
            lines=[_("Enter: all {pieces}").format(pieces=quantity_text(one.left_milli))],
        )
    )
    if quantity is None:
        return None
    if not 0 < quantity <= one.left_milli:
        return Refusal("more_than_apart", _("More than was set apart"))
    reason = ""
    if verdict == judging.OUT:
        reason = await ask_reason(app, DocumentKind.JUDGED_OUT) or ""
        if not reason:
            return None
    part = one if quantity == one.left_milli else _part(one, quantity)
    return judging.judge(app.till, verdict, [part], reason=reason)


def _part(one: judging.SetApart, quantity_milli: int) -> judging.SetApart:
    import msgspec

    return msgspec.structs.replace(one, left_milli=quantity_milli)


async def _by_order(app: TillApp, orders: list[Order]) -> StoredDraft | Refusal | None:
    words = {judging.BACK: _("Back into stock"), judging.OUT: _("Away: sent back or destroyed")}
    rows = [
        (order, verdict) for order in orders for verdict in judging.verdicts_of(app.till, order)
    ]
    choices = [
        Choice(number, f"{clean(order.order_no or order.order_id)} {words[verdict]}", number - 1)
        for number, (order, verdict) in enumerate(rows, start=1)
    ]
    index = await Ask(WideChooseScreen(_("Judgements of head office"), choices))
    if index is None:
        return None
    order, verdict = rows[index]
    return judging.by_order(app.till, order, verdict)
