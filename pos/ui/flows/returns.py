"""Returns and earlier sales: by the receipt, by the goods, or without a receipt by approval."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, cast

from pos.domain.barcode import ReceiptNumber, ScanContext, classify, lookup_keys
from pos.domain.cart import Refusal
from pos.domain.item import Item
from pos.i18n import gettext as _
from pos.services import catalogue, checkout, printing, reporting, returnable, returns, reversals
from pos.services.checkout import Completion
from pos.services.context import Grant, NeedsApproval
from pos.services.numbering import transaction_no
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.flows.approval import approved
from pos.ui.flows.goods_at_sale import serial_of
from pos.ui.flows.terminal import refunds_of_void
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.item_search import ItemSearchScreen
from pos.ui.screens.reason import ReasonScreen
from pos.ui.screens.return_lookup import Lookup, ReturnLookupScreen
from pos.ui.screens.returns import ReturnScreen
from pos.ui.screens.weigh import WeighScreen
from pos.ui.screens.x_report import SlipScreen
from pos.ui.text_grid import clean
from pos.ui.texts import amount_text, named, price_text, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.domain.goods.orders import Order
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen

_NUMBER_DIGITS = 12
"""Digits of day and number at the end of a transaction number."""


async def begin(app: TillApp, sale: SaleScreen) -> None:
    """Return goods: find the sale, or go without."""
    lookup = await Ask(ReturnLookupScreen(_("Return goods"), without_receipt=True))
    if lookup is None:
        return
    if lookup.without_receipt:
        await without_receipt(app, sale)
        return
    found = await which_sale(app, sale, lookup)
    if found is not None:
        await from_receipt(app, sale, *found)


async def find_sale(app: TillApp, sale: SaleScreen) -> None:
    """Find an earlier sale and say what to do with it."""
    lookup = await Ask(ReturnLookupScreen(_("Find an earlier sale"), without_receipt=False))
    found = await which_sale(app, sale, lookup) if lookup is not None else None
    if found is None:
        return
    number, line_no = found
    action = await Ask(
        ChooseScreen(
            number,
            [
                Choice(1, _("Show the receipt"), "show"),
                Choice(2, _("Print it again"), "print"),
                Choice(3, _("Return goods"), "return"),
                Choice(4, _("Shelf card differs: pay the difference back"), "difference"),
                Choice(5, _("Reverse the whole sale"), "void"),
            ],
        )
    )
    if action == "show":
        await show(app, sale, number)
    elif action == "print":
        result = await approved(app, lambda grant: printing.reprint(app.till, number, grant))
        _say(sale, result, _("Printing {number} again").format(number=number))
    elif action == "return":
        await from_receipt(app, sale, number, line_no)
    elif action == "difference":
        await difference(app, sale, number)
    elif action == "void":
        await reverse(app, sale, number)


async def which_sale(app: TillApp, sale: SaleScreen, lookup: Lookup) -> tuple[str, int] | None:
    """The transaction's number and the line that was asked for (0 = none)."""
    till = app.till
    typed = lookup.code.strip()
    if typed.isdigit() and len(typed) <= 4 and lookup.symbology_id is None:
        return transaction_no(till.journal.identity, till.business_day, int(typed)), 0
    found = classify(
        typed,
        symbology_id=lookup.symbology_id,
        layouts=till.layouts,
        context=ScanContext.RETURN,
        today_year=till.year,
    )
    if isinstance(found, ReceiptNumber):
        return found.text, 0
    unit_code = checkout.unit_code_of(found)
    sold = checkout.sold_as(till, unit_code) if unit_code else ""
    if sold:  # this very pack: the sale that it left with
        return sold, 0
    hit = catalogue.find(till, (*lookup_keys(found), typed))
    if hit is not None:
        return await sale_of_item(app, sale, hit.item)
    prefix = till.journal.identity.store_id + till.journal.identity.workstation_id
    if typed.isdigit() and len(typed) == len(prefix) + _NUMBER_DIGITS:
        return f"{typed[:-12]}-{typed[-12:-4]}-{typed[-4:]}", 0
    sale.error(_("No receipt and no goods with this code"), clean(typed))
    return None


async def sale_of_item(app: TillApp, sale: SaleScreen, item: Item) -> tuple[str, int] | None:
    """Sales of an item on the last days, newest first: a lost receipt is found (rule 15)."""
    days = app.till.settings.returns.lost_receipt_search_days
    sold = catalogue.find_sales_of_item(app.till, item.item_code, days)
    name = named(item.name, item.name_en)
    if not sold:
        sale.error(_("Not sold here in the last {count} days").format(count=days), name)
        return None
    kinds = {kind.id: named(kind.name, kind.name_en) for kind in app.till.tender_types}
    choices = [
        Choice(
            number,
            f"{line.at[5:16].replace('T', ' ')}  {quantity_text(line.quantity_milli)} × "
            f"{price_text(line.unit_price_e4)}  "
            + " ".join(kinds.get(one, one) for one in line.tender_types),
            (line.transaction_no, line.line_no),
            detail=amount_text(line.amount_minor),
        )
        for number, line in enumerate(sold, start=1)
    ]
    return await Ask(ChooseScreen(_("Which sale?"), choices, lines=[name]))


async def from_receipt(
    app: TillApp, sale: SaleScreen, number: str, marked_line: int = 0, *, recall: str = ""
) -> None:
    """Choose lines and quantities of a receipt; they come onto the screen as returns."""
    found = returnable.find_receipt(app.till, number)
    if isinstance(found, Refusal):
        sale.error(refusal_text(found), clean(number))
        return
    if isinstance(found, NeedsApproval):
        await without_receipt(app, sale, number)
        return
    screen = ReturnScreen(found, marked_line)
    if not screen.open_lines:
        sale.error(_("Everything of this receipt has come back already"), clean(number))
        return
    values = await Ask(screen)
    if values is None:
        return
    chosen = {int(line): cast("int", value) for line, value in values.items() if value}
    if not chosen:
        sale.note(_("Nothing was chosen"), sign="!")
        return
    reasons = app.till.settings.reasons.return_goods
    reason = await Ask(ReasonScreen(_("Why does it come back?"), reasons))
    if reason is None:
        return
    _started(sale, await start(app, number, chosen, reason, recall))


async def start(
    app: TillApp, number: str, chosen: Mapping[int, int], reason: str, recall: str = ""
) -> object:
    """Put the chosen lines on the screen; goods with serial numbers show theirs first (CAT-03)."""
    units: dict[int, str] = {}
    while True:
        result: object = await approved(
            app,
            lambda grant: returns.start_return(
                app.till, number, chosen, reason, grant, units=units, recall=recall
            ),
        )
        if not isinstance(result, Refusal) or result.code != "serial_needed":
            return result
        code = await serial_of(clean(str(result.values["item"])))
        if code is None:
            return None
        text = code[0] if isinstance(code[0], str) else code[0].decode("ascii", "replace")
        units[int(result.values["line_no"])] = text


async def without_receipt(
    app: TillApp, sale: SaleScreen, other_receipt: str = "", *, recall: Order | None = None
) -> None:
    """无小票退货, or another till's receipt that cannot be checked here: always by approval."""
    found = await Ask(ItemSearchScreen(app.till, sells=False))
    if found is None:
        return
    item = found if isinstance(found, Item) else scanned_item(app, found)
    if item is None:
        sale.error(_("No goods with this code"))
        return
    name = named(item.name, item.name_en)
    lines = [name, *([other_receipt] if other_receipt else [])]
    quantity = await Ask(
        WeighScreen(app.till, item, lines)
        if item.weighed
        else EntryScreen(_("Return goods"), parsing.quantity, label=_("Quantity"), lines=lines)
    )
    if quantity is None:
        return
    price = await Ask(
        EntryScreen(
            _("Return goods"),
            parsing.price,
            label=_("Unit price (empty: today's)"),
            lines=lines,
            empty=-1,
        )
    )
    if price is None:
        return
    reasons = app.till.settings.reasons.return_goods
    reason = await Ask(ReasonScreen(_("Why does it come back?"), reasons, lines))
    if reason is None:
        return
    _started(
        sale,
        await approved(
            app,
            lambda grant: returns.return_without_receipt(
                app.till,
                item.item_code,
                quantity,
                None if price < 0 else price,
                reason,
                grant,
                other_receipt=other_receipt,
                recall=recall.order_id if recall is not None else "",
                batch=_batch_of(recall, item.item_code),
            ),
            f"{quantity_text(quantity)} {clean(item.unit)}".rstrip()
            + (f" × {price_text(price)}" if price >= 0 else ""),
        ),
    )


async def difference(app: TillApp, sale: SaleScreen, number: str) -> None:
    """价签不符 after payment: only the difference is paid back."""
    found = returnable.find_receipt(app.till, number)
    if not isinstance(found, returnable.ReceiptForReturn):
        sale.error(refusal_text(found) if isinstance(found, Refusal) else _("Another till's"))
        return
    choices = [
        Choice(index, clean(line.description), line, detail=price_text(line.unit_price_e4))
        for index, line in enumerate(found.lines, start=1)
        if line.remaining_milli > 0
    ]
    line = await Ask(ChooseScreen(_("Shelf card differs"), choices))
    if line is None:
        return
    price = await Ask(
        EntryScreen(
            _("Shelf card differs"),
            parsing.price,
            label=_("Price on the shelf card"),
            lines=[clean(line.description), price_text(line.unit_price_e4)],
        )
    )
    if price is None:
        return
    _started(
        sale,
        await approved(
            app,
            lambda grant: returns.refund_difference(
                app.till, number, line.line_no, price, approval=grant
            ),
            f"{price_text(line.unit_price_e4)} → {price_text(price)}",
        ),
    )


async def reverse(app: TillApp, sale: SaleScreen, number: str) -> None:
    """冲销: the whole sale is reversed, its money by the tenders it came by."""
    reasons = app.till.settings.reasons.void_sale
    reason = await Ask(ReasonScreen(_("Reverse the whole sale?"), reasons, [number]))
    if reason is None:
        return
    grants: list[Grant | None] = []

    def act(grant: Grant | None) -> object:
        grants.append(grant)
        return reversals.void_transaction(app.till, number, reason, grant)

    result = await approved(app, act)
    if isinstance(result, reversals.RefundFirst):
        refunds = await refunds_of_void(app, sale, result.refunds)
        if refunds is None:
            return
        result = reversals.void_transaction(app.till, number, reason, grants[-1], refunds)
    if isinstance(result, Completion):
        try:
            await Saved(result.saved)
        except Exception as error:  # noqa: BLE001 - whatever the disk said, the cashier is told
            sale.error(_("Not written to disk: {why}").format(why=clean(str(error))))
            return
        sale.sale_finished(result)
    else:
        _say(sale, result, "")


async def show(app: TillApp, sale: SaleScreen, number: str) -> None:
    """The receipt on the screen, as it is printed."""
    document = printing.receipt_of(app.till, number)
    if isinstance(document, Refusal):
        sale.error(refusal_text(document), clean(number))
        return
    columns = reporting.facts_of(app.till).columns
    text = printing.preview_text(document, columns, app.till.settings)
    await Ask(SlipScreen(number, text.splitlines()))


def _batch_of(recall: Order | None, item_code: str) -> str:
    """The batch that a recall is about: what comes back under it is of that batch."""
    lines = recall.lines if recall is not None else ()
    return next((line.batch for line in lines if line.item_code == item_code), "")


def scanned_item(app: TillApp, scan: object) -> Item | None:
    """The item of a scanned code, or None."""
    data = getattr(scan, "data", b"").decode("ascii", "replace")
    found = classify(
        data,
        symbology_id=getattr(scan, "symbology_id", None),
        layouts=app.till.layouts,
        context=ScanContext.RETURN,
        today_year=app.till.year,
    )
    hit = catalogue.find(app.till, (*lookup_keys(found), data))
    return hit.item if hit is not None else None


def _started(sale: SaleScreen, result: object) -> None:
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
    elif result is not None:
        sale.recalled()
        sale.note(_("On the screen as a return: Enter, then pay back"))


def _say(sale: SaleScreen, result: object, done: str) -> None:
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
    elif result is not None:
        sale.note(done)
