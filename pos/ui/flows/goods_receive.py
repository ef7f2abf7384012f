"""Receiving as a story: what is received, the count, the check, two signatures, posted (RCV)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from pos.domain.cart import Refusal
from pos.domain.goods.orders import Order, OrderKind
from pos.domain.goods.receiving import Source
from pos.i18n import N_, ngettext
from pos.i18n import gettext as _
from pos.services.goods import (
    documents,
    orders_due,
    own_requisitions,
    receiving,
    receiving_posting,
)
from pos.services.goods.drafting import StoredDraft
from pos.services.goods.receiving import Receiving
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.flows.goods_receive_check import check_page
from pos.ui.flows.goods_receive_steps import gap_text, header
from pos.ui.flows.goods_sign import sign
from pos.ui.homes import Home
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.screens.goods_receive import ReceiveScreen
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp

KINDS = {
    OrderKind.PURCHASE.value: N_("Purchase order"),
    OrderKind.DISPATCH.value: N_("Dispatch"),
    OrderKind.TRANSFER.value: N_("From another shop"),
    OrderKind.REQUISITION.value: N_("Our own order"),
}


async def goods_receive(app: TillApp, home: Home) -> None:
    """Choose what to receive, and receive it."""
    if not _may(app):
        home.error(_("You have no right to do this"))
        return
    while True:
        drafts = receiving.drafts(app.till)
        choices: list[Choice[object]] = []
        for draft in drafts:
            choices.append(Choice(len(choices) + 1, draft_words(draft), draft, _("go on")))
        for due in (*orders_due.due_orders(app.till), *own_requisitions.due(app.till)):
            if any(one.document.reference == due.order.order_id for one in drafts):
                continue
            late = _("{days} days late").format(days=due.overdue_days) if due.overdue_days else ""
            detail = late or _("{quantity} open").format(quantity=quantity_text(due.open_milli))
            choices.append(Choice(len(choices) + 1, _order_words(due.order), due.order, detail))
        for words, value in (
            (_("By a delivery note, without an order"), Source.NOTE),
            (_("Count blind first, compare afterwards"), Source.BLIND),
            (_("Purchase record: what was received"), "record"),
            (_("A receipt from another till, to sign second"), "take_over"),
        ):
            choices.append(Choice(len(choices) + 1, words, value))
        chosen = await Ask(WideChooseScreen(_("Receive goods"), choices))
        if chosen is None:
            home.refresh_sale()
            return
        if chosen == "record":
            from pos.ui.flows.goods_record import purchase_record

            await purchase_record(app)
            continue
        if chosen == "take_over":
            from pos.ui.flows.goods_handover import take_over

            await take_over(app, home)
            return
        one = await _begun(app, home, chosen)
        if one is not None and not await work(app, home, one):
            return


async def resume(app: TillApp, home: Home, draft_uuid: str) -> None:
    """Go on with a draft from the goods home."""
    one = receiving.resume(app.till, draft_uuid)
    if one is None:
        home.error(_("This draft is not there any more"))
    else:
        await work(app, home, one)
    home.refresh_sale()


def draft_words(draft: StoredDraft) -> str:
    """A draft in one line: from whom, how far."""
    document = draft.document
    name = clean(document.counterparty_name or document.fields.get("order_no", ""))
    state = _("draft")
    if document.signatures:
        state = _("signed once by {name}").format(name=clean(document.signatures[0].name))
    count = sum(1 for line in document.lines if line.received_milli)
    lines = ngettext("{count} line", "{count} lines", count).format(count=count)
    return f"{name} · {lines} · {state}"


def _order_words(order: Order) -> str:
    kind = _(KINDS[order.order_kind]) if order.order_kind in KINDS else order.order_kind
    return clean(f"{kind} {order.order_no} · {order.counterparty_name}")


def _may(app: TillApp) -> bool:
    operator = app.till.operator
    return operator is not None and operator.role.may("stock.receive")


async def _begun(app: TillApp, home: Home, chosen: object) -> Receiving | None:
    result: Receiving | Refusal
    if isinstance(chosen, StoredDraft):
        return Receiving(app.till, chosen)
    if isinstance(chosen, Order):
        blind = await Ask(
            ChooseScreen(
                _order_words(chosen),
                [
                    Choice(1, _("Count with the ordered quantities beside it"), value=False),
                    Choice(2, _("Count blind: quantities hidden until the check"), value=True),
                ],
            )
        )
        if blind is None:
            return None
        result = receiving.begin_order(app.till, chosen, blind=blind)
    else:
        sender = await _sender(app)
        if sender is None:
            return None
        result = receiving.begin_free(app.till, cast("Source", chosen), *sender)
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
        return None
    return result


async def _sender(app: TillApp) -> tuple[str, str] | None:
    """Who delivers: a supplier of the list, or a name typed."""
    known = orders_due.suppliers(app.till)
    choices: list[Choice[tuple[str, str]]] = [
        Choice(index, clean(one.name), (one.supplier_id, one.name), clean(one.mnemonic))
        for index, one in enumerate(known, start=1)
    ]
    choices.append(Choice(len(choices) + 1, _("Somebody else"), ("", "")))
    chosen = await Ask(ChooseScreen(_("Who delivers?"), choices))
    if chosen is None or chosen[1]:
        return chosen
    name = await Ask(EntryScreen(_("Who delivers?"), parsing.words, label=_("Name"), letters=True))
    return None if name is None else ("", name)


# ------------------------------------------------------------------------------- the count


async def work(app: TillApp, home: Home, one: Receiving) -> bool:
    """Count and check until it is posted, given up or left; whether the list is shown again."""
    while True:
        if not one.working.counted:
            screen = ReceiveScreen(one)
            answer = await Ask(screen)
            if answer == "left":
                home.refresh_sale()
                if screen.signed_off:
                    from pos.ui.flows.registry import Outcome

                    cast("Any", home).finish(Outcome.SIGN_OFF)
                else:
                    home.note(_("The draft stays: go on with it under Receive goods"))
                return False
            if answer == "given_up":
                home.note(_("The receipt was given up"))
                return False
            continue
        after = await _check(app, home, one)
        if after != "count":
            return False


# ------------------------------------------------------------------------------- the check


async def _check(app: TillApp, home: Home, one: Receiving) -> str:
    """The page of all figures, then the signatures; `count`, `left` or `posted`."""
    while True:
        if receiving_posting.lapsed(app.till, one.draft):
            receiving_posting.sign_anew(one)
            home.error(_("The first signature waited too long: inspect and sign again"))
        slot = documents.next_slot(one.document)
        if slot == 0:
            return await _post(home, one)
        gaps = receiving_posting.missing(one)
        if gaps:
            home.error(gap_text(gaps[0]))
        action = await Ask(check_page(one, slot, gaps=bool(gaps)))
        if action == "count":
            one.count_again()
            return "count"
        if action == "note":
            screen = ReceiveScreen(one)
            await header(screen)
        elif action == "sign" and not gaps:
            signed = await sign(app, one.draft)
            if signed is not None:
                one.took(signed)
        elif action == "hand_over":
            from pos.ui.flows.goods_handover import hand_over

            if await hand_over(app, home, one):
                return "left"
        elif action is None or action == "leave":
            home.refresh_sale()
            home.note(_("The draft stays: go on with it under Receive goods"))
            return "left"


async def _post(home: Home, one: Receiving) -> str:
    claims = receiving_posting.claims_of(one)
    result = receiving_posting.post(one)
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
        return "left"
    try:
        document = await Saved(result.saved)
    except Exception as error:  # noqa: BLE001 - whatever the disk said, the receiver is told
        home.error(_("Not written to disk: {why}").format(why=clean(str(error))))
        return "left"
    home.refresh_sale()
    pieces = quantity_text(sum(line.quantity_milli for line in document.lines))
    text = _("Received: {number}, {pieces} pieces in stock").format(
        number=document.document_no, pieces=pieces
    )
    if claims:
        text += "; " + _("the claim is printed for the driver")
    home.note(text)
    return "posted"
