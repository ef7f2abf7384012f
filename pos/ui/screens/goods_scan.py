"""Counting goods by scanning: scan, then the quantity and Enter, or the quantity, `*` and the scan.

The base of receiving, transfers and counts. It owns the rhythm; what a scan means to the document is
its subclass's `count`, and the list with its painting is `goods_list_screen`'s. A scan is with the
write worker before the next one is read.
"""

from __future__ import annotations

from typing import ClassVar, Generic, NamedTuple

import msgspec

from pos.domain.cart import Refusal
from pos.domain.quantity import ONE
from pos.i18n import gettext as _
from pos.services.goods import scanning
from pos.services.goods.scanning import Scanned
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import KeyPress
from pos.ui.screens.goods_list_screen import Answer, GoodsListScreen
from pos.ui.text_grid import clean
from pos.ui.texts import REASONS_UNKNOWN, named, refusal_text
from pos.ui.widgets.goods_rows import LastScan
from pos.ui.widgets.pad_footer import Hint

_LONG = 8
"""Digits from which a typed number is a code, as at the sale."""


class Counted(NamedTuple):
    """What a scan counted: the row, and its quantity before."""

    number: int
    before_milli: int


class GoodsScanScreen(GoodsListScreen[Answer], Generic[Answer], inherit_bindings=False):
    """A list of goods that scans fill; subclasses say what counting means.

    Subclasses give `count`, `set_quantity` and `done`, and keep the list with `set_rows`,
    `put_row` and `drop_row`.
    """

    CSS_PATH = "goods_scan.tcss"
    scan_policy = ScanPolicy.TAKE
    owns_scans: ClassVar[bool] = True
    """Scans that waited behind a dialog of this screen are for it, not for the sale."""

    asks_serials: ClassVar[bool] = True
    """Whether goods with serial numbers are scanned unit by unit here."""

    signed_off: bool = False
    """Set when it was left from the lock by somebody else: the home is left for the sign-on."""

    def idle(self, seconds: float) -> None:
        """Called each second: an idle list locks itself; all of it is on disk."""
        limit = self.till.settings.lock.idle_minutes * 60
        if limit and seconds >= limit:
            self.host.start(self._lock())

    async def _lock(self) -> None:
        from pos.services import operators
        from pos.ui.screens.lock import LockScreen

        operators.lock(self.till)
        self.host.drop_scans()
        if await Ask(LockScreen(self.till)) == "sign_off":
            self.signed_off = True
            self.leave()

    # ------------------------------------------------------------ what a subclass says

    def count(self, scanned: Scanned, quantity_milli: int) -> Counted | Refusal | None:
        """Count it, give the row anew, hand it to the write worker; None when it is asked about.

        `quantity_milli` may be 0: only a person knows how much it is, and types it next.
        """
        raise NotImplementedError

    def set_quantity(self, number: int, quantity_milli: int) -> Refusal | None:
        """The row's whole quantity, as typed."""
        raise NotImplementedError

    def keep_unknown(self, code: str, quantity_milli: int) -> None:
        """Nobody knows this code: keep it, that nothing is lost (called after it was said)."""

    def done(self) -> None:
        """Enter with nothing typed: what comes next."""
        raise NotImplementedError

    def leave(self) -> None:
        """Esc with nothing typed; what was counted stays on disk."""
        raise NotImplementedError

    def row_options(self, number: int) -> None:
        """`.` on a row."""

    # ------------------------------------------------------------ keys

    @property
    def pad_state(self) -> PadState:
        return PadState.GOODS_DIGITS if self.typed else PadState.GOODS_EMPTY

    def hints(self) -> list[Hint]:
        return [("Esc", _("Leave"))]

    def take_key(self, press: KeyPress) -> None:
        if press.key == "escape" and not self.typed and self.awaits_serial is None:
            self.guarded(press, self.leave)
            return
        super().take_key(press)

    def pad(self, action: str, press: KeyPress) -> None:
        match action:
            case "type":
                self._type(press.text)
            case "clear":
                self._type(None)
            case "set_quantity":
                self.guarded(press, self._set_typed)
            case "next_quantity":
                self._next_quantity()
            case "find":
                self._find()
            case "increment" | "decrement":
                if action == "decrement" and self.awaits_serial is not None:
                    self.awaits_serial = None
                    self.band.good()
                    self.refresh_rows()
                else:
                    self._step(1 if action == "increment" else -1)
            case "done":
                self.guarded(press, self._done)
            case "line":
                row = self.marked_row()
                if row is None:
                    self.error(_("Nothing has been scanned yet"))
                else:
                    self.row_options(row.number)
            case "refuse":
                self.error(_("This key does nothing here"), press.key)
            case _:
                pass

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self._type(None if len(self.typed) <= 1 else self.typed[:-1], replace=True)
        elif press.key in ("up", "down", "pageup", "pagedown") and not self.typed:
            self._move({"up": -1, "down": 1, "pageup": -8, "pagedown": 8}[press.key])
        elif press.digit:
            self._type(press.digit)
        elif self.host.keymap.command_for(press.key) == "lock":
            self.host.start(self._lock())
        elif self.awaits_serial is not None and press.text:
            self._type(press.text.upper())
        elif press.text and press.text.isalpha():
            text, self.typed = self.typed + press.text, ""
            self.host.start(self._search(text))

    def _type(self, text: str | None, *, replace: bool = False) -> None:
        self.typed = "" if text is None else text if replace else (self.typed + text)[:32]
        self._show_entry()

    def _done(self) -> None:
        if self.awaits_serial is not None:
            self.error(_("Its serial number is missing: scan or type it, or take it back with -"))
            return
        self.done()

    def _next_quantity(self) -> None:
        typed, self.typed = self.typed, ""
        try:
            self.next_quantity_milli = parsing.quantity(typed) or None
        except parsing.TypedError as error:
            self.error(str(error), typed)
        self._show_entry()

    def _set_typed(self) -> None:
        """Quantity and Enter after a scan; a long number is a code."""
        typed, self.typed = self.typed, ""
        if self.awaits_serial is not None:
            self._take_serial(typed)
            return
        if len(typed.replace(".", "")) >= _LONG:
            self._take(scanning.read(self.till, typed, keyed=True), typed)
            return
        row = self.marked_row()
        if row is None:
            self.error(_("Scan first, then type how many"), typed)
            self._show_entry()
            return
        try:
            quantity = parsing.quantity(typed)
        except parsing.TypedError as error:
            self.error(str(error), typed)
            self._show_entry()
            return
        if not quantity:
            from pos.ui.flows.goods_zero import ask_zero

            self._show_entry()
            self.host.start(ask_zero(self, row))
            return
        last = self._last_scan
        if last is not None and not self._chosen and last.number == row.number:
            # What was just scanned counts so often: cases when it was a case.
            quantity = last.before_milli + quantity * (last.each_milli or ONE) // ONE
        self.apply_quantity(row.number, quantity, typed)

    def _step(self, direction: int) -> None:
        row = self.marked_row()
        if row is None:
            self.error(_("Nothing has been scanned yet"))
            return
        last = self._last_scan
        each = last.each_milli or ONE if last is not None and last.number == row.number else ONE
        self.apply_quantity(row.number, row.quantity_milli + direction * each, "")

    def apply_quantity(self, number: int, quantity_milli: int, typed: str) -> None:
        """Set a row's whole quantity as somebody typed it, and show what came of it."""
        if quantity_milli < 0:
            self.error(_("A count cannot be below 0"), typed)
        else:
            refusal = self.set_quantity(number, quantity_milli)
            if refusal is not None:
                self.error(self.words(refusal), typed)
            elif not self.warned:
                self.band.good()
            self.warned = False
        self.refresh_rows()

    def _move(self, step: int) -> None:
        if not self._rows:
            return
        at = self._at.get(self._marked, len(self._rows)) if self._marked is not None else -1
        at = max(0, min(len(self._rows) - 1, at + step))
        self._marked, self._chosen = self._rows[at].number, True
        self.refresh_rows()

    def _find(self) -> None:
        typed, self.typed = self.typed, ""
        self._show_entry()
        if typed and self.awaits_serial is None:
            found = scanning.read(self.till, typed, keyed=True)
            if isinstance(found, Scanned):
                self._take(found, typed)
                return
        self.host.start(self._search(typed))

    async def _search(self, text: str) -> None:
        from pos.domain.item import Item
        from pos.ui.screens.item_search import ItemSearchScreen

        self._show_entry()
        found = await Ask(ItemSearchScreen(self.till, text, sells=False))
        if found is None:
            return
        if isinstance(found, Item):
            self._take(scanning.of_item(self.till, found), found.item_code)
        else:
            self.take_scan(found)

    # ------------------------------------------------------------ scans

    def take_scan(self, scan: ScanEvent) -> None:
        if self.typed:
            # What was half typed was not meant for this code.
            self.typed = ""
        found = scanning.read(self.till, scan)
        if self.awaits_serial is not None and not isinstance(found, Scanned):
            self._take_serial(scan.data.decode("ascii", "replace").strip())
            return
        self._take(found, scan)

    def _take(self, found: Scanned | Refusal, read: str | ScanEvent) -> None:
        times = self.next_quantity_milli
        if isinstance(found, Refusal):
            self.next_quantity_milli = None
            self._refused(found, _shown(read), ONE if times is None else times)
            return
        waiting = self.awaits_serial
        if waiting is not None and found.item.item_code != waiting.item.item_code:
            self.error(
                _("Not counted: first the serial number of {name}, or - to take it back").format(
                    name=named(waiting.item.name, waiting.item.name_en)
                ),
                _shown(read),
            )
            return
        if self.asks_serials and found.rule.serial_tracked and not found.case:
            if not found.unit_code:
                self.awaits_serial = found
                self.band.good()
                self.host.direct.once(self.refresh_rows)
                return
            times = None
            self.awaits_serial = None
        self.next_quantity_milli = None
        quantity = found.quantity_milli * (ONE if times is None else times) // ONE
        if not found.quantity_milli and times is not None:
            quantity = times
        self._counted(found, quantity, read)

    def _counted(self, found: Scanned, quantity_milli: int, read: str | ScanEvent) -> None:
        result = self.count(found, quantity_milli)
        if isinstance(result, Refusal):
            self.error(self.words(result), clean(_shown(read)))
        elif result is not None:
            each = ONE if found.unit_code else found.quantity_milli
            self._last_scan = LastScan(result.number, result.before_milli, each)
            self._marked, self._chosen = result.number, False
            if not self.band.is_error or not self.warned:
                self.band.good()
            self.warned = False
        self.host.direct.once(self.refresh_rows)

    warned: bool = False
    """Set by `warn` while a scan is counted: its words stay although it was counted."""

    def warn(self, text: str) -> None:
        """Say something loudly about the scan that is being counted."""
        self.error(text)
        self.warned = True

    def _take_serial(self, text: str) -> None:
        waiting = self.awaits_serial
        serial = clean(text).strip()
        if waiting is None or not serial:
            return
        self.awaits_serial = None
        digits = waiting.barcode
        own = digits.isdigit() and 8 <= len(digits) <= 14
        # Named as the 2D code of the same unit would name it, so that either finds it at the sale.
        unit_code = f"01{digits.rjust(14, '0')}21{serial}" if own else serial
        unit = msgspec.structs.replace(
            waiting, unit_code=unit_code, serial=serial, quantity_milli=ONE
        )
        self._counted(unit, ONE, serial)

    def _refused(self, refusal: Refusal, shown: str, times_milli: int) -> None:
        code = clean(str(refusal.values.get("code", shown)))
        self.error(self.words(refusal), code)
        if refusal.code == "unknown_code":
            self.keep_unknown(code, times_milli)
        self.host.direct.once(self.refresh_rows)

    def words(self, refusal: Refusal) -> str:
        """A refusal in the language of the screen."""
        if refusal.code == "unknown_code":
            reason = REASONS_UNKNOWN.get(str(refusal.values.get("reason", "")))
            why = _(reason) if reason is not None else _("not in the catalogue")
            return _("Unknown code, kept on the list: {why}").format(why=why)
        return refusal_text(refusal)

    def finish(self, answer: Answer) -> None:
        """Close; scans that still wait belong to nobody and are said loudly."""
        if self.is_attached:
            self.host.drop_scans()
        super().finish(answer)


def _shown(read: str | ScanEvent) -> str:
    """What was typed or scanned, as the band shows it."""
    return read if isinstance(read, str) else shown_code(read)
