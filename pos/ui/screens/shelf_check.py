"""The shelf, scanned piece by piece: right cards are ticked, wrong ones are told and printed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from pos.domain.item import Item
from pos.domain.money import format_unit_price
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.receipt.price_card import MARK_WORDS
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import shelf_check
from pos.services.goods.shelf_check import Looked, State
from pos.services.labels import DueCard
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.text_grid import Line, cells, clean, fit
from pos.ui.texts import listed, named, price_text
from pos.ui.widgets.digits import big_digits
from pos.ui.widgets.pad_footer import Hint


class ShelfCheckScreen(PageScreen[None], inherit_bindings=False):
    """Answers None when the walk is over. `print_card` prints one card and says what came of it."""

    CSS_PATH = "shelf_check.tcss"
    scan_policy = ScanPolicy.TAKE
    help_topic: ClassVar[str] = "shelf_check"

    def __init__(self, till: Till, print_card: Callable[[Item], str]) -> None:
        super().__init__()
        self.till = till
        self.walk = shelf_check.begin(till)
        self.last: Looked | None = None
        self.typed = ""
        self._print_card = print_card
        self._before: list[Looked] = []

    @property
    def pad_state(self) -> PadState:
        return PadState.NUMBER

    def renamed(self) -> dict[str, str]:
        if self.typed:
            return {"choose": _("Find code"), "next": "", "cancel": _("Clear")}
        return {"choose": _("Print this card") if self._printable else "", "next": ""}

    def hints(self) -> list[Hint]:
        return [(_("Scan"), _("the next goods on the shelf"))]

    @property
    def _printable(self) -> bool:
        return self.last is not None and self.last.state in (State.OUTDATED, State.TICKED)

    # ------------------------------------------------------------ scans and keys

    def take_scan(self, scan: ScanEvent) -> None:
        self._look(scan.data, shown_code(scan), scan.symbology_id)

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            if self.typed:
                typed, self.typed = self.typed, ""
                self._look(typed, typed, None)
            else:
                self.guarded(press, self._print)
        elif action == "cancel":
            if self.typed:
                self.typed = ""
            else:
                self.finish(None)
        elif action == "type":
            self.typed += press.text
        self.redraw()

    def other_key(self, press: KeyPress) -> None:
        if press.key == "backspace":
            self.typed = self.typed[:-1]
        elif press.text:
            self.typed = (self.typed + press.text)[:32]
        self.redraw()

    def _look(self, code: str | bytes, shown: str, symbology: str | None) -> None:
        looked = shelf_check.look(self.till, self.walk, code, symbology)
        if self.last is not None:
            self._before = [self.last, *self._before][:20]
        self.last = looked
        if looked is None:
            self.error(_("Nobody knows this code"), clean(shown))
        elif looked.state is State.TICKED:
            self.band.good()
        else:
            self.error(self._words(looked))
        self.redraw()

    def _print(self) -> None:
        if self.last is None or not self._printable:
            self.error(_("Scan goods on the shelf first"))
            return
        item = self.last.item
        trouble = self._print_card(item)
        if trouble:
            self.error(trouble)
            return
        shelf_check.printed(self.walk, item)
        self.note(_("Sent to the printer: hang it, then scan the goods again"))

    # ------------------------------------------------------------ painting

    def body(self, width: int, height: int) -> Sequence[Line]:
        counts = self._counts()
        rows: list[Line] = [
            (
                (" " + fit(_("Cards on the shelf"), width - 2 - cells(counts)), "strong"),
                (counts + " ", "dim"),
            ),
            ((" " + _("Scan the goods of a shelf, one after the other."), "dim"),),
            (),
        ]
        if self.typed:
            rows += [((" ▶ ", "blue"), (f"{self.typed}▏", "entry")), ()]
        looked = self.last
        if looked is not None:
            rows += self._looked(looked, width, height)
        return [*rows, *self._to_do(width, height - len(rows))][:height]

    def _looked(self, looked: Looked, width: int, height: int) -> list[Line]:
        """The goods scanned last, large, and what was scanned before."""
        item = looked.item
        rows: list[Line] = []
        name = f"{named(item.name, item.name_en)} {item.spec}".rstrip()
        sign, role = ("✓", "blue") if looked.state is State.TICKED else ("✗", "orange")
        rows.append(((f" {sign} ", role), (fit(name, width - 4), "strong")))
        rows.append(((" " + fit(self._words(looked), width - 2), role),))
        if item.unit_price_e4 is not None:
            large = 5 if height > 18 else 3
            figures = big_digits(price_text(item.unit_price_e4), large)
            rows += [(), *(((" " + text, "strong"),) for text in figures)]
        rows.append(())
        for one in self._before[: 3 if self.walk.due or self.walk.unseen else height]:
            mark = "✓" if one.state is State.TICKED else "✗"
            rows.append(
                ((fit(f" {mark} {named(one.item.name, one.item.name_en)}", width), "dim"),)
            )
        return rows

    def _to_do(self, width: int, room: int) -> list[Line]:
        """What the walk is for: cards that show another price, then cards printed and not hung."""
        walk = self.walk
        due, unseen = [*walk.due.values()], sorted(walk.unseen)
        lists: list[tuple[str, int, Callable[[int], str]]] = []
        if due:
            title = _("Cards to change: {count}").format(count=len(due))
            lists.append((title, len(due), lambda index: _due_words(due[index], width - 5)))
        if unseen:
            title = _("Printed, to be hung and scanned: {count}").format(count=len(unseen))
            lists.append((title, len(unseen), lambda index: self._goods(unseen[index])))
        rows: list[Line] = []
        for index, (title, count, words) in enumerate(lists):
            # The first list leaves the second its title and a row or two.
            space = room - len(rows) - (0 if index == len(lists) - 1 else 4) - 2
            if space < 1:
                break
            rows += [(), ((" " + fit(title, width - 2), "strong"),)]
            shown = count if count <= space else space - 1
            rows += [(("   " + fit(words(at), width - 5), "text"),) for at in range(shown)]
            if shown < count:
                more = _("and {count} more").format(count=count - shown)
                rows.append((("   " + more, "dim"),))
        if not lists and self.last is None and room > 2:
            rows += [(), ((" " + _("Every card known here shows its price."), "dim"),)]
        return rows

    def _goods(self, item_code: str) -> str:
        item = catalogue.find_item(self.till, item_code)
        name = item_code if item is None else named(item.name, item.name_en)
        return clean(f"{item_code}  {name}")

    def _counts(self) -> str:
        seen = ngettext("{count} seen", "{count} seen", self.walk.seen).format(
            count=self.walk.seen
        )
        rest = _("{due} to change, {unseen} to hang").format(
            due=len(self.walk.due), unseen=len(self.walk.unseen)
        )
        return f"{seen} · {rest}"

    def _words(self, looked: Looked) -> str:
        if looked.state is State.OUTDATED:
            shown = "?" if looked.shown_e4 is None else format_unit_price(looked.shown_e4)
            return _("The card shows {shown}: change it").format(shown=shown)
        if looked.state is State.INCOMPLETE:
            marks = listed(_(MARK_WORDS[mark]) for mark in looked.missing)
            name = named(looked.item.name, looked.item.name_en)
            return _("{name} lacks {marks}").format(name=name, marks=marks)
        if looked.state is State.NO_PRICE:
            return _("No retail price")
        return _("Ticked: the card must show this price")


def _due_words(one: DueCard, width: int) -> str:
    """Goods whose card is wrong, and from which price to which."""
    item = one.item
    now = "–" if item.unit_price_e4 is None else price_text(item.unit_price_e4)
    prices = f"{price_text(one.shown_e4)} → {now}"
    name = clean(f"{item.item_code}  {named(item.name, item.name_en)}")
    return f"{fit(name, width - cells(prices) - 1)} {prices}"
