"""What the sale screen shows: the lines, the goods entered last, the total, what is being typed."""

from __future__ import annotations

from textual.app import ComposeResult

from pos.domain.cart import CartLine
from pos.domain.member import masked_member
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services import customer_display
from pos.services.checkout import Completion, UnknownCode
from pos.services.context import Till
from pos.ui.commands import key_name
from pos.ui.flows.registry import Outcome
from pos.ui.screens.base import TillScreen
from pos.ui.text_grid import clean
from pos.ui.texts import (
    amount_text,
    currency_sign,
    line_name,
    price_text,
    quantity_text,
)
from pos.ui.widgets.cart_view import CartView
from pos.ui.widgets.entry_field import EntryField
from pos.ui.widgets.last_line import LastLine
from pos.ui.widgets.total_band import TotalBand


class SaleView(TillScreen[Outcome], inherit_bindings=False):
    """The sale on the screen; what keys and scans do to it is `sale`'s."""

    def __init__(self, till: Till) -> None:
        super().__init__()
        self.till = till
        self.typed = ""
        self.unknown: UnknownCode | None = None
        self.done: Completion | None = None
        """The sale just finished; its change stays on the screen until the next scan."""

        self.cart = CartView()
        self.last = LastLine()
        self.total = TotalBand()
        self.entry = EntryField()

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.cart
        yield self.last
        yield self.band
        yield self.total
        yield self.entry
        yield self.footer

    def marked(self) -> CartLine | None:
        """The line that changes are about: the marked one, else the last."""
        self.cart.cart = self.till.sale.cart
        return self.cart.selected()

    def redraw(self) -> None:
        self.refresh_sale()

    def refresh_sale(self) -> None:
        """Show the sale as it is; rows that did not change are not painted."""
        cart = self.till.sale.cart
        self.cart.show(cart, self.cart.selected_no)
        self._show_last(self.cart.selected())
        self._show_total()
        self._show_entry()
        done = self.done.transaction if self.done is not None else None
        customer_display.show_sale(self.till, self.cart.selected(), done)

    def _show_last(self, line: CartLine | None) -> None:
        if line is not None:
            self.last.show(
                line_name(line),
                clean(
                    " ".join(
                        part
                        for part in (line.spec, line.batch or line.barcode, line.expiry)
                        if part
                    )
                ),
                _figures(line),
                amount_text(line.amount_minor),
            )
        elif self.done is not None:
            transaction = self.done.transaction
            self.last.show(
                f"✓ {transaction.transaction_no}",
                _("Total {total}").format(total=amount_text(transaction.total_minor)),
                _("{key}: print the receipt again").format(key=self._key_of("reprint")),
                "",
            )
        else:
            self.last.show("", "", "", "")

    def _show_total(self) -> None:
        sale = self.till.sale
        sign = currency_sign(self.till.currency)
        if self.done is not None and not sale.cart.lines:
            transaction = self.done.transaction
            refund = transaction.total_minor < 0
            self.total.show(
                amount_text(-transaction.total_minor if refund else self.done.change_minor),
                caption=_("Paid back") if refund else _("Change"),
                sign=sign,
                notes=(
                    _("Total {total}").format(total=amount_text(transaction.total_minor)),
                    _("Scan for the next sale"),
                ),
                role="change",
            )
            return
        total = sale.cart.total_minor
        caption = _("Subtotal") if sale.phase == "subtotal" else _("Total")
        if total < 0:
            caption = _("To pay back")
        notes = [_("Pieces {count}").format(count=quantity_text(sale.cart.pieces_milli))]
        if sale.cart.whole_discount_minor:
            off = amount_text(-sale.cart.whole_discount_minor)
            notes.append(_("Discount {amount}").format(amount=off))
        self.total.show(
            amount_text(total),
            caption=caption,
            sign=sign,
            notes=tuple(notes),
            role="refund" if total < 0 else "total",
        )

    def _show_entry(self) -> None:
        sale = self.till.sale
        before = ""
        if sale.next_quantity_milli is not None:
            before = f"{quantity_text(sale.next_quantity_milli)} ×"
        note = ""
        if sale.member_id:
            note = _("Member {number}").format(number=masked_member(sale.member_id))
        if sale.return_mode:
            note = _("RETURN")
        elif self.unknown is not None:
            note = _("Enter: what to do with the unknown code")
        elif self.host.router.waiting:
            waiting = len(self.host.router.waiting)
            note = ngettext("{count} scan waits", "{count} scans wait", waiting)
            note = note.format(count=waiting)
        self.entry.show(self.typed, before=before, note=note)
        self.refresh_footer()

    def _key_of(self, command: str) -> str:
        keys = self.host.keymap.keys_for(command)
        return key_name(keys[0]) if keys else "0 Enter"


def _figures(line: CartLine) -> str:
    quantity = f"{quantity_text(line.quantity_milli)} {clean(line.unit)}".rstrip()
    return f"{quantity} × {price_text(line.unit_price_e4)}"
