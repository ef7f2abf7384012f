"""After a power cut: continue or cancel what was open, print what was committed (rule 6)."""

from __future__ import annotations

from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services.checkout import Recovered
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.tender_rows import paid_so_far
from pos.ui.texts import amount_text


class RecoveryScreen(ChooseScreen[str], inherit_bindings=False):
    """An open sale was left: answers `resume` or `cancel`."""

    CSS_PATH = "recovery.tcss"

    def __init__(self, left: Recovered) -> None:
        cart = left.open_cart
        lines: list[str] = []
        if cart is not None:
            lines.append(
                ngettext(
                    "A sale was open: {count} line, total {total}",
                    "A sale was open: {count} lines, total {total}",
                    len(cart.lines),
                ).format(count=len(cart.lines), total=amount_text(cart.total_minor))
            )
        if left.open_payment is not None and left.open_payment.tenders:
            refund = left.open_payment.due_minor < 0
            lines.append(paid_so_far(left.open_payment, refund=refund))
        super().__init__(
            _("The till was interrupted"),
            [
                Choice(1, _("Continue this sale"), "resume"),
                Choice(2, _("Cancel it, with its trace"), "cancel"),
            ],
            lines=lines,
            scan_policy=ScanPolicy.REFUSE_LOUDLY,
            cancel=False,
        )


class UnprintedScreen(ChooseScreen[str], inherit_bindings=False):
    """The last sale is committed and its receipt is not printed: answers `print` or `no`."""

    CSS_PATH = "recovery.tcss"

    def __init__(self, left: Recovered) -> None:
        text = _("{number} is complete, change {change}, receipt not printed").format(
            number=left.last_transaction_no, change=amount_text(left.last_change_minor)
        )
        super().__init__(
            _("The last sale is complete"),
            [Choice(1, _("Print the receipt"), "print"), Choice(2, _("Do not print"), "no")],
            lines=[text],
            scan_policy=ScanPolicy.REFUSE_LOUDLY,
            cancel=False,
        )
