"""日结: what stands open before the Z, and a forgotten close made good from the opening screen."""

from __future__ import annotations

from collections.abc import Sequence

from pos.i18n import N_, ngettext
from pos.i18n import gettext as _
from pos.services.reporting import OpenItem
from pos.services.shifts import ForgottenClose
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.text_grid import clean

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


class DayCloseScreen(ChooseScreen[str], inherit_bindings=False):
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


class ForgottenCloseScreen(ChooseScreen[str], inherit_bindings=False):
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
