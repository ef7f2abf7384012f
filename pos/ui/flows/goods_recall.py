"""A recall as a dialogue: who bought it, whom one has told, goods back, done (QLT-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services.quality import recalls
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.goods_noted import noted
from pos.ui.homes import Home
from pos.ui.screens.choose import Choice, ChooseScreen, yes_no
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_quality import RecallList
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text

if TYPE_CHECKING:
    from pos.domain.goods.orders import Order
    from pos.services.quality.recalls import Buyer
    from pos.ui.app import TillApp

CONTACTS: Final[dict[str, str]] = {
    "told": N_("Told to stop using it"),
    "not_reached": N_("Not reached"),
    "returned_elsewhere": N_("Gave it back elsewhere"),
    "used_up": N_("Has used it up"),
}
"""What came of telling a buyer → words."""


SHORT: Final[dict[str, str]] = {
    "told": N_("told"),
    "not_reached": N_("not reached"),
    "returned_elsewhere": N_("given back"),
    "used_up": N_("used up"),
}
"""The same in few cells, for a list."""


async def recall_menu(app: TillApp, home: Home) -> bool:
    """Open recalls of head office; True when goods are on the sale to be taken back."""
    while True:
        rows = [
            Choice(
                number,
                clean(f"{order.order_no or order.order_id}  {order.note}"),
                order,
                detail=order.due_day,
            )
            for number, order in enumerate(recalls.open_recalls(app.till), start=1)
        ]
        order = await Ask(ChooseScreen(_("Recalls"), rows))
        if order is None:
            return False
        if await _one(app, home, order):
            return True


async def _one(app: TillApp, home: Home, order: Order) -> bool:
    while True:
        now = recalls.progress(app.till, order)
        lines = [
            clean(f"{order.order_no or order.order_id}  {order.note}"),
            *(
                clean(f"{line.description or line.item_code}  {line.batch}")
                for line in order.lines
            ),
            _("Sold {sold}, perhaps {maybe} more; back {back}; on the shelf {shelf}").format(
                sold=quantity_text(now.sold_milli),
                maybe=quantity_text(now.maybe_milli),
                back=quantity_text(now.returned_milli),
                shelf=quantity_text(now.on_shelf_milli),
            ),
            _("Slips {slips}: told {told}, not reached {missed}").format(
                slips=now.slips, told=now.told, missed=now.not_reached
            ),
        ]
        if now.reported:
            lines.append("✓ " + _("Reported to head office"))
        action = await Ask(
            RecallList(
                _("Recall"),
                [
                    Choice(1, _("Who bought it"), "buyers"),
                    Choice(2, _("Take goods back"), "back"),
                    Choice(3, _("Print the notice"), "print"),
                    Choice(4, _("Report to head office"), "done"),
                ],
                lines=lines,
            )
        )
        if action is None:
            return False
        if action == "buyers":
            await _buyers(app, home, order)
        elif action == "print":
            await noted(home, recalls.print_slip(app.till, order))
        elif action == "done":
            sure = await Ask(
                yes_no(_("Report to head office"), lines[2:], yes=_("Report"), no=_("Not yet"))
            )
            if sure:
                await noted(home, recalls.report_done(app.till, order))
        elif await take_back(app, home, order):
            return True


def _detail(buyer: Buyer) -> str:
    parts = [
        "" if buyer.certain else "?",
        quantity_text(buyer.quantity_milli),
        f"↩{quantity_text(buyer.returned_milli)}" if buyer.returned_milli else "",
        _(SHORT[buyer.contact]) if buyer.contact in SHORT else "",
    ]
    return " ".join(part for part in parts if part)


async def _buyers(app: TillApp, home: Home, order: Order) -> None:
    """Slips with the batch; a slip chosen is a buyer told, or not reached."""
    marked = 0
    while True:
        found = recalls.buyers(app.till, order)
        rows = [
            Choice(
                number,
                clean(
                    f"{one.at[5:16].replace('T', ' ') or one.business_day}  "
                    f"{one.transaction_no}  {one.buyer or one.member_id}"
                ),
                (number, one),
                detail=_detail(one),
            )
            for number, one in enumerate(found, start=1)
        ]
        chosen = await Ask(
            RecallList(
                _("Who bought it"),
                rows,
                lines=[_("? stands where the slip names no batch")],
                marked=min(marked, max(0, len(rows) - 1)),
            )
        )
        if chosen is None:
            return
        marked, one = chosen[0], chosen[1]
        outcome = await Ask(
            ChooseScreen(
                _("What came of it?"),
                [
                    Choice(number, _(words), name)
                    for number, (name, words) in enumerate(CONTACTS.items(), start=1)
                ],
                lines=[
                    one.transaction_no,
                    clean(f"{one.name}  {one.batch}  {one.unit_code}"),
                    clean(f"{one.buyer}  {one.phone}  {one.member_id}".strip())
                    or _("Nobody is named on this slip"),
                    _("Cashier {operator}").format(operator=one.operator_id),
                ],
            )
        )
        if outcome is None:
            continue
        note = await Ask(
            EntryScreen(
                _("What came of it?"),
                parsing.words,
                label=_("How (empty: no note)"),
                lines=[_(CONTACTS[outcome])],
                letters=True,
                empty="",
            )
        )
        if note is not None:
            await noted(home, recalls.contact(app.till, order, one, outcome, how=note))


async def take_back(app: TillApp, home: Home, order: Order) -> bool:
    """Recalled goods back, whatever they cost and however old the slip is; True when begun."""
    from pos.ui.flows.returns import from_receipt, which_sale, without_receipt
    from pos.ui.screens.return_lookup import ReturnLookupScreen
    from pos.ui.screens.sale import SaleScreen

    sale = home
    if not isinstance(sale, SaleScreen):
        home.error(_("Goods are taken back at the sale: leave the goods page first"))
        return False
    lookup = await Ask(ReturnLookupScreen(_("Take goods back"), without_receipt=True))
    if lookup is None:
        return False
    if lookup.without_receipt:
        await without_receipt(app, sale, recall=order)
        return True
    found = await which_sale(app, sale, lookup)
    if found is None:
        return False
    await from_receipt(app, sale, *found, recall=order.order_id)
    return True
