"""日结: what stands open before the Z, and a forgotten close made good from the opening screen."""

from __future__ import annotations

from collections.abc import Sequence

from pos.i18n import N_, ngettext
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.goods import day_proof
from pos.services.goods.day_proof import Reconciliation
from pos.services.reporting import OpenItem
from pos.services.shifts import ForgottenClose
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.text_grid import clean
from pos.ui.texts import labelled, quantity_text

KINDS = {
    "parked_sale": N_("parked sale"),
    "undecided_tender": N_("payment not decided"),
    "print_job": N_("slip not printed"),
    "half_signed_receipt": N_("goods signed by one person only"),
    "dispatch_entry": N_("sold, not delivered"),
    "loan": N_("goods lent"),
}


def open_item_lines(items: Sequence[OpenItem]) -> list[str]:
    """Open items as sentences: what, whose, due when."""
    lines = [_("Stays open and is named on the Z:")] if items else [_("Nothing stays open.")]
    for item in items[:8]:
        what = _(KINDS.get(item.kind, item.kind))
        lines.append(f"! {what} {clean(item.reference)} {clean(item.owner)}".rstrip())
    if len(items) > 8:
        lines.append(_("… and {count} more").format(count=len(items) - 8))
    return lines


def stock_lines(till: Till, found: Reconciliation, *, closing: bool = False) -> list[str]:
    """Books of goods that do not add up: by how much, which goods, what to do (STK-17)."""
    if found.adds_up:
        return []
    lines = [
        _("! The stock books do not add up: {difference} over all goods").format(
            difference=quantity_text(found.difference_milli)
        )
    ]
    for one in found.wrong[:3]:
        name = clean(day_proof.name_of(till, one.item_code))
        lines.append(labelled(f"  {name}", quantity_text(one.difference_milli)))
    if len(found.wrong) > 3:
        lines.append(_("… and {count} more").format(count=len(found.wrong) - 3))
    lines.append(_("Run pos doctor, then count these goods."))
    if closing:
        lines.append(_("The day can be closed all the same."))
    return lines


class _ClosingScreen(ChooseScreen[str], inherit_bindings=False):
    """A close that may be told of the books of goods while it is shown."""

    def say_stock(self, lines: Sequence[str]) -> None:
        """Say first where the books of goods do not add up."""
        self.lines = (*lines, *self.lines)
        if self.is_mounted:
            self.redraw()


class DayCloseScreen(_ClosingScreen, inherit_bindings=False):
    """Answers `count` or `uncounted`, or None."""

    CSS_PATH = "day_close.tcss"

    def __init__(self, business_day: str, items: Sequence[OpenItem], *, shift_open: bool) -> None:
        choices = [Choice(1, _("Count the drawer and close the day"), "count")]
        if shift_open:
            choices.append(Choice(2, _("Close without a count (a manager signs)"), "uncounted"))
        else:
            choices = [Choice(1, _("Close the day"), "uncounted")]
        super().__init__(
            _("Close business day {day}").format(day=business_day),
            choices,
            lines=open_item_lines(items),
            scan_policy=ScanPolicy.REFUSE_LOUDLY,
        )


class ForgottenCloseScreen(_ClosingScreen, inherit_bindings=False):
    """Answers `count`, `uncounted` or `go_on`, or None."""

    CSS_PATH = "day_close.tcss"

    def __init__(self, left: ForgottenClose) -> None:
        lines = [
            ngettext(
                "Business day {day} has not been closed: {count} sale.",
                "Business day {day} has not been closed: {count} sales.",
                left.transactions,
            ).format(day=left.business_day, count=left.transactions),
            *open_item_lines(left.open_items),
        ]
        choices = [Choice(1, _("Count the drawer now and close that day"), "count")]
        if left.shift_no:
            choices.append(Choice(2, _("Close it without a count (a manager signs)"), "uncounted"))
        else:
            choices = [Choice(1, _("Close that day"), "uncounted")]
        choices.append(Choice(len(choices) + 1, _("Go on selling on that day"), "go_on"))
        super().__init__(
            _("The last day was not closed"),
            choices,
            lines=lines,
            scan_policy=ScanPolicy.REFUSE_LOUDLY,
        )
