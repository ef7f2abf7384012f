"""Commands on paper: the codes of the command sheet, and what each does on the sale screen.

A code is a key press: it goes through the same commands, rules and approvals as a key. It answers
no dialog, it is never kept for later, and the same code again within a second is one read.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from pos.domain.barcode import COMMAND_PREFIX
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.ui.keys import Verdict
from pos.ui.screens.base import KeyPress

if TYPE_CHECKING:
    from drivers.events import ScanEvent
    from pos.ui.screens.sale import SaleScreen

AGAIN_AFTER_NS: Final = 1_000_000_000

PAY_EXACT: Final = "CASH"
"""On the payment screen this is exact cash; never another amount, and never after a tender."""


@dataclass(frozen=True, slots=True)
class SheetCommand:
    """One code of the sheet."""

    code: str
    """What follows the prefix; short, so that the bars fit 58 mm paper."""

    label: str
    """Its words on the sheet, to be translated."""

    command: str = ""
    """The command of the key map that it is; empty for what has none."""

    times: int = 0
    """How often the next scan counts."""


SHEET: Final[tuple[SheetCommand, ...]] = (
    *(SheetCommand(f"QTY{n}", N_("Next scan × {count}"), times=n) for n in range(2, 10)),
    SheetCommand("AGAIN", N_("The last item once more"), "repeat_last"),
    SheetCommand("VOID", N_("Take the last line off"), "void_last"),
    SheetCommand("UNDO", N_("Undo the last action on a line"), "undo"),
    SheetCommand("PARK", N_("Put this sale aside"), "park"),
    SheetCommand("RECALL", N_("Take a parked sale up again"), "recall"),
    SheetCommand("PRICE", N_("What does it cost? Nothing is sold"), "price_check"),
    SheetCommand("SUB", N_("Show the total"), "subtotal"),
    SheetCommand(PAY_EXACT, N_("Pay; once more: exact cash"), "pay"),
    SheetCommand("REPRINT", N_("Print the last receipt again"), "reprint"),
    SheetCommand("LOCK", N_("Lock the till"), "lock"),
)

BY_CODE: Final = {one.code: one for one in SHEET}


def label_of(one: SheetCommand) -> str:
    """The words of a code in the language of the moment."""
    return _(one.label).format(count=one.times)


def is_command(scan: ScanEvent) -> bool:
    """Whether a scan is a code of the sheet; costs one comparison."""
    return scan.data.startswith(_PREFIX)


_PREFIX: Final = COMMAND_PREFIX.encode("ascii")


class RereadGuard:
    """The same command again within a second is one read: a hand is slower, a scanner is not."""

    def __init__(self) -> None:
        self._last = ""
        self._at_ns = 0

    def again(self, code: str, at_ns: int) -> bool:
        """Note a command and say whether it is a re-read; time 0 means not known."""
        again = code == self._last and bool(at_ns) and at_ns - self._at_ns < AGAIN_AFTER_NS
        self._last, self._at_ns = code, at_ns
        return again


def do(sale: SaleScreen, code: str) -> None:
    """Do one command on the sale screen, or refuse it loudly."""
    from pos.services import checkout

    one = BY_CODE.get(code)
    if one is None:
        sale.error(_("This till does not know that command code"), code)
    elif one.times:
        refusal = checkout.set_next_quantity(sale.till, one.times * 1000)
        if refusal is not None:
            sale.show_result(refusal, code)
        sale.refresh_sale()
    elif one.command in ("void_last", "repeat_last", "undo", "pay") and sale.till.sale.empty:
        sale.error(_("Nothing has been entered yet"), code)
    else:
        sale.command(one.command, KeyPress("", Verdict.FIRE))
