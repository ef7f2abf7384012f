"""A list of goods on the screen: its rows, the last one, the total, and what is being typed.

What scans and keys do to it is `goods_scan`'s. A scan paints what it changes and nothing else, as
on the sale screen.
"""

from __future__ import annotations

from typing import Generic, TypeVar

from textual.app import ComposeResult

from pos.domain.quantity import ONE
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.goods.scanning import Scanned
from pos.ui.screens.base import TillScreen
from pos.ui.text_grid import clean
from pos.ui.texts import named, quantity_text
from pos.ui.widgets.entry_field import EntryField
from pos.ui.widgets.goods_list import GoodsList, GoodsRow
from pos.ui.widgets.goods_rows import RowKeeping
from pos.ui.widgets.last_line import LastLine
from pos.ui.widgets.total_band import TotalBand

Answer = TypeVar("Answer")


class GoodsListScreen(RowKeeping, TillScreen[Answer], Generic[Answer], inherit_bindings=False):
    """What a list of goods shows; kept with `set_rows`, `put_row` and `drop_row`."""

    caption: str = ""
    """What the list is, beside its total."""

    def __init__(self, till: Till) -> None:
        super().__init__()
        self.till = till
        self.typed = ""
        self.next_quantity_milli: int | None = None
        self.list = GoodsList()
        self.last = LastLine()
        self.total = TotalBand()
        self.entry = EntryField()
        self.unknown_count = 0
        self.awaits_serial: Scanned | None = None
        """The unit whose own number is to be scanned next."""

        self.begin_rows()

    def compose(self) -> ComposeResult:
        yield self.header
        yield self.list
        yield self.last
        yield self.band
        yield self.total
        yield self.entry
        yield self.footer

    @property
    def shows_expected(self) -> bool:
        """Whether the column with what the paper says is shown."""
        return False

    def notes(self) -> tuple[str, ...]:
        """Up to three short notes beside the total."""
        return ()

    def redraw(self) -> None:
        self.refresh_rows()

    def on_mount(self) -> None:
        super().on_mount()
        self.refresh_rows()

    def refresh_rows(self) -> None:
        """Show what was counted; rows that did not change are not painted."""
        if not self.is_mounted:
            return
        row = self.marked_row()
        at = self._at[row.number] if row is not None else -1
        self.list.show(self._rows, at, chosen=self._chosen, expected=self.shows_expected)
        waiting = self.awaits_serial
        if waiting is not None:
            words = _("Serial number: scan or type it")
            name = named(waiting.item.name, waiting.item.name_en)
            self.last.show(name, clean(waiting.item.spec), words, "?")
        elif row is not None:
            figures = self._figures(row)
            self.last.show(
                row.name, row.detail or row.code, figures, quantity_text(row.quantity_milli)
            )
        else:
            self.last.show("", "", "", "")
        notes = [*self.notes()]
        if self.unknown_count:
            notes.append(_("Unknown codes {count}").format(count=self.unknown_count))
        self.total.show(
            quantity_text(self._total_milli),
            caption=self.caption,
            sign="",
            notes=(_("Lines {count}").format(count=len(self._rows)), *notes)[:3],
        )
        self._show_entry()

    def _figures(self, row: GoodsRow) -> str:
        last = self._last_scan
        if last is not None and last.number == row.number and last.each_milli > ONE:
            each = quantity_text(last.each_milli)
            return _("case of {each} {unit}").format(each=each, unit=clean(row.unit)).rstrip()
        if row.expected_milli is not None and self.shows_expected:
            return (
                _("expected {quantity} {unit}")
                .format(quantity=quantity_text(row.expected_milli), unit=clean(row.unit))
                .rstrip()
            )
        return clean(row.unit)

    def _show_entry(self) -> None:
        if not self.is_mounted:
            return
        before = ""
        if self.next_quantity_milli is not None:
            before = f"{quantity_text(self.next_quantity_milli)} ×"
        self.entry.show(self.typed, before=before, note=self.entry_note())
        self.refresh_footer()

    def entry_note(self) -> str:
        """What the entry row says at its right edge."""
        if self.awaits_serial is not None:
            return _("Serial number")
        if self.typed == "0":
            return _("0 Enter: is there none of it? It is asked first")
        return _("Scan, then quantity and Enter")
