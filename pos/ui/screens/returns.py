"""What of a receipt comes back: its lines with what remains, a quantity for each."""

from __future__ import annotations

from pos.i18n import gettext as _
from pos.services.returnable import ReceiptForReturn, ReturnableLine
from pos.ui import parsing
from pos.ui.screens.base import KeyPress
from pos.ui.screens.fields import Field, FieldsScreen
from pos.ui.text_grid import clean
from pos.ui.texts import amount_text, quantity_text
from pos.ui.widgets.pad_footer import Hint


class ReturnScreen(FieldsScreen, inherit_bindings=False):
    """Answers with line number (as text) → quantity or None, or None. `*` takes all that remains."""

    CSS_PATH = "returns.tcss"

    def __init__(self, receipt: ReceiptForReturn, marked_line: int = 0) -> None:
        self.receipt = receipt
        self.open_lines = [line for line in receipt.lines if line.remaining_milli > 0]
        lines = [
            f"{clean(receipt.transaction_no)}  {receipt.at[:16].replace('T', ' ')}  "
            + amount_text(receipt.total_minor)
        ]
        if receipt.late:
            lines.append("! " + _("The last day for returns has passed"))
        if receipt.undecided:
            lines.append("! " + _("A payment of this sale was never verified"))
        gone = len(receipt.lines) - len(self.open_lines)
        if gone:
            lines.append(_("Lines that came back already: {count}").format(count=gone))
        fields = [
            Field(
                str(line.line_no),
                self._words(line),
                parsing.quantity,
                quantity_text(line.remaining_milli) if line.line_no == marked_line else "",
                optional=True,
            )
            for line in self.open_lines
        ]
        super().__init__(_("Return: how many of each?"), fields, lines)

    def hints(self) -> list[Hint]:
        return [("*", _("All that remains"))]

    def pad(self, action: str, press: KeyPress) -> None:
        if press.key == "*":
            for one, line in zip(self.fields, self.open_lines, strict=True):
                one.typed = quantity_text(line.remaining_milli)
            self.fresh = True
            self.redraw()
            return
        super().pad(action, press)

    def _words(self, line: ReturnableLine) -> str:
        return _("{goods} (left {count}, {amount})").format(
            goods=clean(line.description),
            count=quantity_text(line.remaining_milli),
            amount=amount_text(line.remaining_minor),
        )
