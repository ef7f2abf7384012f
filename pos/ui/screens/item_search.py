"""Item search: every keystroke finds, by code, barcode tail, name part or initials."""

from __future__ import annotations

from collections.abc import Sequence

from pos.domain.item import CatalogueHit, Item
from pos.i18n import gettext as _
from pos.services import catalogue
from pos.services.context import Till
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Align, Line, fit
from pos.ui.texts import labelled, named, price_text
from pos.ui.widgets.pad_footer import Hint

LIMIT = 60


class ItemSearchScreen(PageScreen[Item | ScanEvent | None], inherit_bindings=False):
    """Answers with the item, with a scan that came instead, or with None."""

    CSS_PATH = "item_search.tcss"
    scan_policy = ScanPolicy.TAKE

    def __init__(self, till: Till, text: str = "", *, sells: bool = True) -> None:
        """`sells` is False where the item is only named: for a return or a label."""
        super().__init__()
        self.sells = sells
        self.till = till
        self.typed = text
        self.hits: list[CatalogueHit] = []
        self.marked = 0
        self._rows = 10
        self._search()

    @property
    def pad_state(self) -> PadState:
        return PadState.LIST

    def renamed(self) -> dict[str, str]:
        words = {"cancel": _("Clear") if self.typed else _("Back")}
        return {**words, "choose": _("Sell")} if self.sells else words

    def hints(self) -> list[Hint]:
        return [("0-9 a-z", _("Search")), ("↑ ↓", _("Mark"))]

    def take_scan(self, scan: ScanEvent) -> None:
        self.finish(scan)

    def typed_given_back(self) -> None:
        self._search()
        super().typed_given_back()

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, self._choose)
        elif action == "next":
            self._move(1)
        elif action == "page":
            self._move(self._rows)
        elif action == "cancel":
            if self.typed:
                self.typed = ""
                self._search()
            else:
                self.finish(None)
        elif press.text:
            self._type(press.text)

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.typed = self.typed[:-1]
            self._search()
        elif press.key == "space":
            self._type(" ")
        elif press.key in ("down", "up"):
            self._move(1 if press.key == "down" else -1)
        elif press.key in ("pagedown", "pageup"):
            self._move(self._rows if press.key == "pagedown" else -self._rows)
        elif press.text:
            self._type(press.text)

    def _type(self, text: str) -> None:
        if len(self.typed) < 40:
            self.typed += text
            self._search()

    def _search(self) -> None:
        self.hits = catalogue.search(self.till, self.typed, LIMIT) if self.typed.strip() else []
        self.marked = 0
        if self.is_mounted:
            self.redraw()

    def _move(self, step: int) -> None:
        if self.hits:
            last = len(self.hits) - 1
            at_end = self.marked == last and step > 0
            self.marked = 0 if at_end else max(0, min(last, self.marked + step))
            self.redraw()

    def _choose(self) -> None:
        if not self.hits:
            self.error(_("Nothing found"), self.typed)
            return
        self.finish(self.hits[self.marked].item)

    def body(self, width: int, height: int) -> Sequence[Line]:
        self._rows = max(1, height - 3)
        title = _("Search goods")
        rows: list[Line] = [
            ((" " + labelled(title, ""), "strong"), (f"{self.typed}▏", "blue")),
            (),
        ]
        parts = _columns(width)
        heads = {"code": _("Code"), "name": _("Goods"), "spec": _("Spec"), "price": _("Price")}
        rows.append(
            (
                (
                    "  " + " ".join(fit(heads[name], size, align) for name, size, align in parts),
                    "heading",
                ),
            )
        )
        first = self.marked // self._rows * self._rows
        for index, hit in enumerate(self.hits[first : first + self._rows], first):
            item = hit.item
            values = {
                "code": item.item_code,
                "name": named(item.name, item.name_en),
                "spec": item.spec,
                "price": "–" if item.unit_price_e4 is None else price_text(item.unit_price_e4),
            }
            text = " ".join(fit(values[name], size, align) for name, size, align in parts)
            marked = index == self.marked
            rows.append(((f"{'▶' if marked else ' '} {text}", "mark" if marked else "text"),))
        if self.typed and not self.hits:
            rows.append(((" " + _("Nothing found"), "orange"),))
        return rows


def _columns(width: int) -> list[tuple[str, int, Align]]:
    spec = 12 if width < 98 else 20
    name = width - 2 - 14 - spec - 10 - 4
    return [
        ("code", 14, "left"),
        ("name", name, "left"),
        ("spec", spec, "left"),
        ("price", 10, "right"),
    ]
