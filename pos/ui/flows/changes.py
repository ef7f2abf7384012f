"""Changing lines and the whole sale: quantity, price, discount, void, undo, cancel, park."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pos.domain.cart import CartLine, Refusal
from pos.i18n import gettext as _
from pos.i18n import language, ngettext
from pos.services import checkout, discounts
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.approval import approved
from pos.ui.screens.choose import Choice, ChooseScreen, yes_no
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.parked import ParkedScreen
from pos.ui.screens.reason import ReasonScreen
from pos.ui.texts import amount_text, line_name, price_text, quantity_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


def _describe(line: CartLine) -> list[str]:
    figures = f"{quantity_text(line.quantity_milli)} × {price_text(line.unit_price_e4)}"
    return [line_name(line), f"{figures} = {amount_text(line.amount_minor)}"]


def _line_sum(line: CartLine) -> str:
    return _describe(line)[1]


def _new_price(line: CartLine, unit_price_e4: int) -> str:
    """What a price was and will be, for who signs for it."""
    return (
        f"{quantity_text(line.quantity_milli)} × "
        f"{price_text(line.unit_price_e4)} → {price_text(unit_price_e4)}"
    )


def _discounted(line: CartLine, pay_basis_points: int) -> str:
    """The discount and the sum that it starts from, in the shop's way of saying it."""
    off = quantity_text(10 * (10_000 - pay_basis_points))
    words = _("{pay} 折") if language() == "zh_CN" else _("minus {off}%")
    return f"{_line_sum(line)}  " + words.format(pay=quantity_text(pay_basis_points), off=off)


def _marked(sale: SaleScreen) -> CartLine | None:
    line = sale.marked()
    if line is None:
        sale.show_result(Refusal("no_lines", "nothing has been entered yet"))
    return line


async def quantity(app: TillApp, sale: SaleScreen) -> None:
    """Set the quantity of the marked line."""
    line = _marked(sale)
    if line is None:
        return
    typed = await Ask(
        EntryScreen(_("Quantity"), parsing.quantity, label=_("Quantity"), lines=_describe(line))
    )
    if typed is None:
        return
    sale.show_result(
        await approved(
            app, lambda grant: checkout.change_quantity(app.till, line.line_no, typed, grant)
        )
    )


async def increment(app: TillApp, sale: SaleScreen) -> None:
    """One more."""
    line = _marked(sale)
    if line is not None:
        wanted = line.line_no
        sale.show_result(checkout.increment(app.till, wanted))


async def decrement(app: TillApp, sale: SaleScreen) -> None:
    """One less; at one it asks whether to void the line."""
    line = _marked(sale)
    if line is None:
        return
    result = await approved(app, lambda grant: checkout.decrement(app.till, line.line_no, grant))
    if isinstance(result, checkout.AskVoid):
        await void_line(app, sale)
        return
    if isinstance(result, checkout.CartChanged) and result.warning:
        # One less is no line voided; that it is recorded is no news for the cashier.
        result = msgspec.structs.replace(result, warning="")
    sale.show_result(result)


async def price(app: TillApp, sale: SaleScreen) -> None:
    """Another price for the marked line, with a reason."""
    line = _marked(sale)
    if line is None:
        return
    typed = await Ask(
        EntryScreen(_("Price"), parsing.price, label=_("New unit price"), lines=_describe(line))
    )
    if typed is None:
        return
    reason = await Ask(
        ReasonScreen(_("Why another price?"), app.till.settings.reasons.price_override)
    )
    if reason is None:
        return
    sale.show_result(
        await approved(
            app,
            lambda grant: checkout.override_price(app.till, line.line_no, typed, reason, grant),
            _new_price(line, typed),
            "" if line.weighed else _("Did you mean the quantity? - goes back, then * sets it."),
        )
    )


async def price_correct(app: TillApp, sale: SaleScreen) -> None:
    """价签不符: the shelf card says another price."""
    line = _marked(sale)
    if line is None:
        return
    typed = await Ask(
        EntryScreen(
            _("Shelf card differs"),
            parsing.price,
            label=_("Price on the shelf card"),
            lines=_describe(line),
        )
    )
    if typed is None:
        return
    sale.show_result(
        await approved(
            app,
            lambda grant: checkout.correct_price_tag(app.till, line.line_no, typed, grant),
            _new_price(line, typed),
        )
    )


def _discount_label() -> str:
    return _("折 (8.5 = pay 85 %)") if language() == "zh_CN" else _("Per cent off")


async def line_discount(app: TillApp, sale: SaleScreen) -> None:
    """A discount on the marked line."""
    line = _marked(sale)
    if line is None:
        return
    pay = await Ask(
        EntryScreen(
            _("Discount"), parsing.discount, label=_discount_label(), lines=_describe(line)
        )
    )
    if pay is None:
        return
    reason = await Ask(ReasonScreen(_("Why a discount?"), app.till.settings.reasons.discount))
    if reason is None:
        return
    sale.show_result(
        await approved(
            app,
            lambda grant: checkout.discount_line(app.till, line.line_no, pay, reason, grant),
            _discounted(line, pay),
        )
    )


async def sale_discount(app: TillApp, sale: SaleScreen) -> None:
    """抹零, or an amount off the whole sale."""
    total = app.till.sale.cart.total_minor
    kind = await Ask(
        ChooseScreen(
            _("Discount on the whole sale"),
            [
                Choice(1, _("Round off: take off what stands behind the point"), "round_off"),
                Choice(2, _("Take an amount off"), "amount"),
                Choice(3, _("Charge this total instead"), "total"),
                Choice(4, _("No discount on the whole sale"), "none"),
            ],
            lines=[_("Total {total}").format(total=amount_text(total))],
        )
    )
    if kind is None:
        return
    if kind == "none":
        sale.show_result(checkout.discount_whole(app.till, 0, ""))
        return
    if kind == "round_off":
        off = discounts.round_off_amount(app.till)
        reason = "round_off"
    else:
        label = _("Amount off") if kind == "amount" else _("Total to charge")
        typed = await Ask(EntryScreen(_("Discount"), parsing.amount, label=label))
        if typed is None:
            return
        off = typed if kind == "amount" else discounts.discount_for_total(app.till, typed)
        chosen = await Ask(ReasonScreen(_("Why a discount?"), app.till.settings.reasons.discount))
        if chosen is None:
            return
        reason = chosen
    sale.show_result(
        await approved(
            app,
            lambda grant: checkout.discount_whole(
                app.till, off, reason, grant, round_off=reason == "round_off"
            ),
            f"{amount_text(total)} → {amount_text(total - off)}",
        )
    )


async def void_line(app: TillApp, sale: SaleScreen) -> None:
    """Take the marked line off; the reason is the question."""
    line = _marked(sale)
    if line is None:
        return
    reason = await Ask(
        ReasonScreen(
            _("Take this line off?"), app.till.settings.reasons.void_line, _describe(line)
        )
    )
    if reason is None:
        return
    sale.show_result(
        await approved(
            app,
            lambda grant: checkout.void_line(app.till, line.line_no, reason, grant),
            _line_sum(line),
        )
    )


async def void_last(app: TillApp, sale: SaleScreen) -> None:
    """即更: the last line goes at once."""
    last = app.till.sale.cart.last
    if last is None:
        sale.show_result(Refusal("no_lines", "nothing has been entered yet"))
        return
    result = await approved(
        app,
        lambda grant: checkout.void_line(app.till, last.line_no, "wrong_scan", grant),
        _line_sum(last),
    )
    sale.show_result(result)
    if isinstance(result, checkout.CartChanged):
        sale.note(_("{goods} is off the sale").format(goods=line_name(last)))


async def undo(app: TillApp, sale: SaleScreen) -> None:
    """Take the last action on a line back."""
    sale.show_result(await approved(app, lambda grant: checkout.undo(app.till, grant)))


async def void_sale(app: TillApp, sale: SaleScreen) -> None:
    """Give the whole sale up, with a reason."""
    cart = app.till.sale.cart
    if app.till.sale.empty:
        sale.show_result(Refusal("no_lines", "there is no open sale"))
        return
    reason = await Ask(
        ReasonScreen(
            _("Give up the whole sale?"),
            app.till.settings.reasons.void_sale,
            [
                ngettext(
                    "{count} line, total {total}", "{count} lines, total {total}", len(cart.lines)
                ).format(count=len(cart.lines), total=amount_text(cart.total_minor))
            ],
        )
    )
    if reason is None:
        return
    result = await approved(
        app,
        lambda grant: checkout.cancel_sale(app.till, reason, grant),
        amount_text(cart.total_minor),
    )
    if isinstance(result, checkout.Cancelled):
        sale.sale_ended()
        sale.note(_("The sale is cancelled"))
        app.drop_scans()
    else:
        sale.show_result(result)


async def park(app: TillApp, sale: SaleScreen) -> None:
    """Put the sale aside under a number or a word."""
    if app.till.sale.empty:
        sale.show_result(Refusal("no_lines", "there is no open sale to park"))
        return
    label = await Ask(
        EntryScreen(
            _("Park the sale"),
            parsing.words,
            label=_("Mark (may be empty)"),
            letters=True,
            empty="",
        )
    )
    if label is None:
        return
    result = checkout.park(app.till, label)
    if isinstance(result, checkout.Parked):
        sale.sale_ended()
        sale.note(_("The sale is parked"))
    else:
        sale.show_result(result)


async def recall(app: TillApp, sale: SaleScreen) -> None:
    """Take a parked sale up again; a sale on the screen is parked first when one wishes."""
    waiting = checkout.parked(app.till)
    if not waiting:
        sale.error(_("No sale is parked"))
        return
    if not app.till.sale.empty:
        first = await Ask(
            yes_no(
                _("Recall"),
                [_("A sale is on the screen.")],
                yes=_("Park it first"),
                no=_("Go on with it"),
            )
        )
        if not first:
            return
        parked = checkout.park(app.till, "")
        if isinstance(parked, Refusal):
            sale.show_result(parked)
            return
        sale.sale_ended()
        waiting = checkout.parked(app.till)
    chosen = await Ask(ParkedScreen(waiting, app.till.local_iso()))
    if chosen is None:
        return
    result = checkout.recall(app.till, chosen)
    if isinstance(result, checkout.Recalled):
        sale.forget_unknown()  # a code that nobody knew belonged to what was on the screen before
        sale.recalled()
    else:
        sale.show_result(result)
