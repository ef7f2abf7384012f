"""库存调拨: goods sent to another store, received from one, and what is on its way (STK-13)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.orders import Order
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services.goods import transfers
from pos.services.goods.drafting import StoredDraft
from pos.ui.flow import Ask
from pos.ui.flows.goods_leaving import ask_reason, ask_text, draft_choices, work
from pos.ui.screens.choose import Choice
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

_OUT = DocumentKind.TRANSFER_OUT


async def goods_transfer(app: TillApp, home: Home) -> None:
    """Receive, send, look what is on its way; or a draft."""
    while True:
        coming, asked = transfers.incoming(app.till), transfers.to_send(app.till)
        sent = transfers.in_transit(app.till)
        choices: list[Choice[object]] = [
            Choice(1, _("Receive from another store"), "in", detail=str(len(coming))),
            Choice(2, _("Send to another store"), "out"),
            Choice(3, _("Head office asks to send"), "asked", detail=str(len(asked))),
            Choice(4, _("On the way to other stores"), "transit", detail=str(len(sent))),
            *draft_choices(app, 5, _OUT),
        ]
        chosen = await Ask(WideChooseScreen(_("Goods to and from other shops"), choices))
        if chosen is None:
            home.refresh_sale()
            return
        if chosen == "transit":
            await _transit(sent)
            continue
        draft: StoredDraft | Refusal | None
        if isinstance(chosen, StoredDraft):
            draft = chosen
        elif chosen == "in":
            if await _receive(app, home, coming):
                return
            continue
        elif chosen == "asked":
            draft = await _to_send(app, asked)
        else:
            draft = await _new(app)
        if isinstance(draft, Refusal):
            home.error(refusal_text(draft))
            return
        if draft is not None and await work(app, home, draft) is not None:
            return


async def _receive(app: TillApp, home: Home, orders: list[Order]) -> bool:
    """What comes is received as any delivery; whether anything was begun."""
    from pos.services.goods import receiving
    from pos.ui.flows import goods_receive

    order = await _which(orders)
    if order is None:
        return False
    one = receiving.begin_order(app.till, order)
    if isinstance(one, Refusal):
        home.error(refusal_text(one))
    else:
        await goods_receive.work(app, home, one)
    return True


async def _to_send(app: TillApp, orders: list[Order]) -> StoredDraft | Refusal | None:
    order = await _which(orders)
    if order is None:
        return None
    driver = await ask_text(_("Send to another store"), _("Driver (may be empty)"))
    if driver is None:
        return None
    return transfers.begin_out(app.till, store_id="", order=order, driver=driver)


async def _which(orders: list[Order]) -> Order | None:
    choices = [
        Choice(
            number,
            f"{clean(order.order_no or order.order_id)} "
            f"{clean(order.counterparty_name or order.counterparty_id)}",
            order,
            detail=f"{clean(order.sent_day or order.due_day)} "
            + ngettext("{count} line", "{count} lines", len(order.lines)).format(
                count=len(order.lines)
            ),
        )
        for number, order in enumerate(orders, start=1)
    ]
    return await Ask(WideChooseScreen(_("Which transfer?"), choices))


async def _new(app: TillApp) -> StoredDraft | Refusal | None:
    known = transfers.stores(app.till)
    choices = [
        Choice(number, clean(one.name), one.store_id, detail=clean(one.store_id))
        for number, one in enumerate(known, start=1)
    ]
    choices.append(Choice(len(choices) + 1, _("Another: type its number"), ""))
    store_id = await Ask(WideChooseScreen(_("To which store?"), choices))
    if store_id is None:
        return None
    name = next((one.name for one in known if one.store_id == store_id), "")
    if not store_id:
        store_id = await ask_text(_("To which store?"), _("Store number"), optional=False)
        if not store_id:
            return None
    reason = await ask_reason(app, _OUT)
    if reason is None:
        return None
    driver = await ask_text(_("Send to another store"), _("Driver (may be empty)"))
    if driver is None:
        return None
    return transfers.begin_out(
        app.till, store_id=store_id, store_name=name, reason=reason, driver=driver
    )


async def _transit(sent: list[transfers.InTransit]) -> None:
    rows = [
        f"{one.number}  {clean(one.store)}  {one.day}  "
        + _("{pieces}, {days} days").format(
            pieces=quantity_text(one.pieces_milli), days=one.age_days
        )
        for one in sent
    ]
    await Ask(ReadScreen(_("On the way to other stores"), rows or [_("Nothing is on its way.")]))
