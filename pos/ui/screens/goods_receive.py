"""Receiving: the list that scans fill, with what the note says beside what is counted (RCV-08)."""

from __future__ import annotations

from pos.domain.cart import Refusal
from pos.domain.goods.documents import GoodsLine
from pos.domain.goods.receiving import Difference
from pos.domain.goods.receiving_words import DIFFERENCES, format_tenths
from pos.i18n import gettext as _
from pos.services.goods.receiving import Receiving
from pos.services.goods.receiving_values import Counted as CountedLine
from pos.services.goods.scanning import Scanned
from pos.ui import parsing
from pos.ui.goods_names import goods_name
from pos.ui.keys import PadState
from pos.ui.screens.base import KeyPress
from pos.ui.screens.goods_scan import Counted, GoodsScanScreen
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text
from pos.ui.widgets.goods_list import GoodsRow
from pos.ui.widgets.pad_footer import Hint


class ReceiveScreen(GoodsScanScreen[str], inherit_bindings=False):
    """Answers `done`, `given_up` or `left`; whatever the answer, all is on disk."""

    CSS_PATH = "goods_scan.tcss"
    help_topic = "goods_receive"

    def __init__(self, receiving: Receiving) -> None:
        super().__init__(receiving.till)
        self.receiving = receiving
        self._asked: set[int] = set()
        self.load()

    # ------------------------------------------------------------ what it shows

    @property
    def noting(self) -> bool:
        """Whether the delivery note is being typed."""
        return self.receiving.working.noting

    @property
    def shows_expected(self) -> bool:
        return not self.receiving.blind and any(
            line.expected_milli is not None for line in self.receiving.lines
        )

    def load(self, marked: int | None = None) -> None:
        """The list as the draft has it."""
        self.caption = _("On the note") if self.noting else _("Goods counted")
        self.unknown_count = len(self.receiving.working.unknown)
        rows = [self._row(line) for line in self.receiving.lines]
        self.set_rows(rows, marked)
        self.refresh_rows()

    def _row(self, line: GoodsLine) -> GoodsRow:
        unopened = line.line_no in self.receiving.working.unopened
        name = goods_name(self.till, line, self.receiving.item_of(line))
        return row_of(line, name, noting=self.noting, unopened=unopened)

    def notes(self) -> tuple[str, ...]:
        document = self.receiving.document
        return (clean(document.counterparty_name or document.fields.get("order_no", "")),)

    def hints(self) -> list[Hint]:
        return [("Esc", _("Leave, the draft stays"))]

    def entry_note(self) -> str:
        if self.noting and self.awaits_serial is None:
            return _("What the delivery note says")
        return super().entry_note()

    # ------------------------------------------------------------ keys

    @property
    def pad_state(self) -> PadState:
        counting = self.typed and not self.noting and self.awaits_serial is None
        return PadState.RECEIVE_DIGITS if counting else super().pad_state

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "broken":
            self.guarded(press, self._broken)
        else:
            super().pad(action, press)

    def _broken(self) -> None:
        """`3 +`: three more of the marked line are broken (RCV-05)."""
        typed, self.typed = self.typed, ""
        row = self.marked_row()
        try:
            quantity = parsing.quantity(typed)
        except parsing.TypedError as error:
            self.error(str(error), typed)
        else:
            if row is None:
                self.error(_("Nothing has been scanned yet"), typed)
            elif quantity:
                self._reject(row.number, quantity, typed)
        self.refresh_rows()

    def _reject(self, number: int, quantity_milli: int, typed: str) -> None:
        result = self.receiving.reject(number, quantity_milli, Difference.DAMAGED)
        if isinstance(result, Refusal):
            self.error(self.words(result), typed)
            return
        self.put_row(self._row(result))
        self.note(
            _("{quantity} broken; . takes it back").format(quantity=quantity_text(quantity_milli))
        )

    # ------------------------------------------------------------ what a scan means

    def count(self, scanned: Scanned, quantity_milli: int) -> Counted | Refusal | None:
        if self.noting:
            noted = self.receiving.note(scanned, quantity_milli)
            self.put_row(self._row(noted.line))
            return Counted(noted.line.line_no, noted.before_milli)
        result = self.receiving.count(scanned, quantity_milli)
        if isinstance(result, Refusal):
            return result
        self._show(result)
        number = result.line.line_no
        if result.asks and number not in self._asked:
            self._asked.add(number)
            self._ask(number)
        return Counted(number, result.before_milli)

    def set_quantity(self, number: int, quantity_milli: int) -> Refusal | None:
        if self.noting:
            noted = self.receiving.set_noted(number, quantity_milli)
            if isinstance(noted, Refusal):
                return noted
            self.put_row(self._row(noted.line))
            return None
        result = self.receiving.set_received(number, quantity_milli)
        if isinstance(result, Refusal):
            return result
        self._show(result)
        return None

    def keep_unknown(self, code: str, quantity_milli: int) -> None:
        self.receiving.keep_unknown(code, quantity_milli)
        self.unknown_count = len(self.receiving.working.unknown)

    def done(self) -> None:
        from pos.ui.flows import goods_receive_steps

        self.host.start(goods_receive_steps.next_step(self))

    def leave(self) -> None:
        self.finish("left")

    def row_options(self, number: int) -> None:
        from pos.ui.flows import goods_receive_line

        self.host.start(goods_receive_line.options(self.host, self, number))

    def changed(self, number: int) -> None:
        """A dialog changed a line: show it so."""
        self.load(number)

    def said(self, result: CountedLine) -> None:
        """What a dialog's answer means, in words; what was wrong and is right now is not said on."""
        self.band.good()
        self._show(result)
        self.warned = False
        self.refresh_rows()

    def _ask(self, number: int) -> None:
        from pos.ui.flows import goods_receive_line

        self.host.start(goods_receive_line.ask_facts(self.host, self, number))

    def _show(self, result: CountedLine) -> None:
        self.put_row(self._row(result.line))
        if result.warnings:
            self.warn(warning_text(result, goods_name(self.till, result.line)))
            self.band.sticky = True


def row_of(
    line: GoodsLine, name: str, *, noting: bool = False, unopened: bool = False
) -> GoodsRow:
    """One line as the list shows it, under a name in the language of the screen."""
    rejected = bool(line.rejected_milli)
    parts = [line.batch, line.expiry]
    if line.unit_codes:
        parts.append(_("{count} numbers").format(count=len(line.unit_codes)))
    if line.temperature_tenths is not None:
        parts.append(f"{format_tenths(line.temperature_tenths)}°C")
    if unopened:
        parts.insert(0, _("box not opened"))
    if rejected:
        parts.insert(0, rejected_text(line))
    role = "text"
    if rejected:
        role = "orange"
    elif line.expected_milli is not None and not line.received_milli and not noting:
        role = "dim"
    return GoodsRow(
        number=line.line_no,
        name=f"{name} {clean(line.spec)}".rstrip(),
        quantity_milli=line.delivered_milli if noting else line.received_milli,
        code=clean(line.barcode or line.item_code),
        unit=line.unit,
        detail=clean(" ".join(part for part in parts if part)),
        expected_milli=line.expected_milli,
        mark="✗" if rejected else "",
        role=role,
    )


def rejected_text(line: GoodsLine) -> str:
    """What of a line is not good: the sum, then each reason, with its share where there are more."""
    shares = line.rejections
    sums: dict[str, int] = {}
    for share in shares:
        sums[share.reason] = sums.get(share.reason, 0) + share.quantity_milli
    left = line.rejected_milli - sum(sums.values())
    if not shares:
        sums = {line.reason: line.rejected_milli}
    elif left:
        sums[Difference.OVER] = sums.get(Difference.OVER, 0) + left
    words = [
        (_(DIFFERENCES[reason]) if reason in DIFFERENCES else reason, quantity_text(quantity))
        for reason, quantity in sums.items()
    ]
    told = words[0][0] if len(words) == 1 else " ".join(f"{why} {each}" for why, each in words)
    return f"✗{quantity_text(line.rejected_milli)} {told}"


def warning_text(result: CountedLine, name: str) -> str:
    """The loudest warning about a line, with what to do."""
    code = result.warnings[0]
    if code == "short_life":
        return _("{name}: only {days} days left, less than this shop wants").format(
            name=name, days=result.days_left
        )
    if code == "over":
        return _("{name}: more than ordered; what is too much goes back").format(name=name)
    if code == "wrong":
        return _("{name}: not on this order; it goes back").format(name=name)
    why = _(DIFFERENCES[code]) if code in DIFFERENCES else code
    return _("{name} cannot be accepted: {why}. Counted, and put on the claim").format(
        name=name, why=why
    )
