"""Counting an area: blind, scan by scan, each on disk at once (STK-05, STK-06).

Nothing here says what the books expect. A typed quantity is what is there now: it is written as the
difference to what this area has, with the moment at which it was typed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.counting import Tag
from pos.domain.item import Item
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.goods import count_tags, counting
from pos.services.goods.count_states import CountState
from pos.services.goods.scanning import Scanned
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.screens.base import KeyPress
from pos.ui.screens.choose import Choice, ChooseScreen, yes_no
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_scan import Counted, GoodsScanScreen
from pos.ui.text_grid import clean
from pos.ui.texts import named
from pos.ui.widgets.goods_list import GoodsRow
from pos.ui.widgets.pad_footer import Hint

_MIXED_KEY, _LOST_KEY = "f7", "f8"


class _Row(msgspec.Struct):
    number: int
    item_code: str
    batch: str
    quantity_milli: int = 0
    units: list[str] = []


class GoodsCountScreen(GoodsScanScreen[str], inherit_bindings=False):
    """Answers `done` when the area is counted, `later` when it is left as it is."""

    CSS_PATH = "goods_scan.tcss"
    help_topic = "goods_count"

    def __init__(
        self, till: Till, count: CountState, pass_no: int, area: str, counter_id: str
    ) -> None:
        super().__init__(till)
        self.count_state = count
        self.group = (count.count_id, pass_no, area, counter_id)
        self.caption = _("Area {area}").format(area=clean(area))
        self.list.shelf = True
        self.tags = 0
        self.only: frozenset[str] = frozenset()
        """Items to be counted a third time; empty is all."""

        self._by_key: dict[tuple[str, str], _Row] = {}
        self._by_number: dict[int, _Row] = {}
        self._load()

    def _load(self) -> None:
        count_id, pass_no, area, _counter = self.group
        for scan in counting.scans(self.till, count_id):
            if (scan.pass_no, scan.area) != (pass_no, area):
                continue
            if scan.tag:
                self.tags += 1
                continue
            row = self._row(scan.item_code, scan.batch)
            row.quantity_milli += scan.quantity_milli
            if scan.unit_code:
                row.units.append(scan.unit_code)
        rows = [self._shown(row) for row in self._by_number.values() if row.quantity_milli]
        self.set_rows(rows, rows[-1].number if rows else None)

    def _row(self, item_code: str, batch: str) -> _Row:
        key = (item_code, batch)
        row = self._by_key.get(key)
        if row is None:
            row = _Row(number=len(self._by_number) + 1, item_code=item_code, batch=batch, units=[])
            self._by_key[key] = self._by_number[row.number] = row
        return row

    def _shown(self, row: _Row, item: Item | None = None) -> GoodsRow:
        """The row as the list has it; `item` is its goods where a scan has just found them."""
        if item is None:
            from pos.services import catalogue

            item = catalogue.find_item(self.till, row.item_code)
        name = named(item.name, item.name_en) if item is not None else row.item_code
        return GoodsRow(
            number=row.number,
            name=clean(name),
            quantity_milli=row.quantity_milli,
            code=row.item_code,
            unit=clean(item.unit) if item is not None else "",
            detail=clean(row.batch),
        )

    # ------------------------------------------------------------ what counting means here

    def notes(self) -> tuple[str, ...]:
        _count_id, pass_no, _area, _counter = self.group
        found = [_("Pass {number}, blind").format(number=pass_no)]
        if self.tags:
            found.append(_("Bad tags {count}").format(count=self.tags))
        return tuple(found)

    def count(self, scanned: Scanned, quantity_milli: int) -> Counted | Refusal | None:
        code = scanned.item.item_code
        if self.only and code not in self.only:
            return Refusal("not_to_recount", _("This one is not on the list to count again"))
        row = self._row(code, scanned.batch)
        if scanned.unit_code and scanned.unit_code in row.units:
            return Refusal("unit_twice", _("This piece is counted already"))
        before = row.quantity_milli
        row.quantity_milli += quantity_milli
        if scanned.unit_code:
            row.units.append(scanned.unit_code)
        self.put_row(self._shown(row, scanned.item))
        if quantity_milli:
            self._write(row, quantity_milli, scanned.unit_code)
        if not self._is_asked_for(scanned.item):
            self.warn(
                _(
                    "{name} is not of this count: take it back with -, or it is compared too"
                ).format(name=named(scanned.item.name, scanned.item.name_en))
            )
        return Counted(row.number, before)

    def _is_asked_for(self, item: Item) -> bool:
        """Whether the count is about these goods; one without a list is about all."""
        codes, classes = self.count_state.item_codes, self.count_state.item_classes
        return not (codes or classes) or item.item_code in codes or item.item_class in classes

    def set_quantity(self, number: int, quantity_milli: int) -> Refusal | None:
        row = self._by_number[number]
        if row.units and quantity_milli != len(row.units) * 1000:
            return Refusal("unit_count", _("Goods with serial numbers are scanned piece by piece"))
        difference = quantity_milli - row.quantity_milli
        row.quantity_milli = quantity_milli
        self.put_row(self._shown(row))
        # A zero is told as well: somebody looked, and nothing was there.
        self._write(row, difference, "")
        return None

    def _write(self, row: _Row, quantity_milli: int, unit_code: str) -> None:
        line = counting.counted_line(
            row.item_code, quantity_milli, batch=row.batch, unit_code=unit_code
        )
        counting.scan(self.till, self.group, line)

    def keep_unknown(self, code: str, quantity_milli: int) -> None:
        self.unknown_count += 1
        self.tags += 1
        count_tags.bad_tag(
            self.till,
            self.group,
            Tag.LOST,
            description=_("unknown code {code}").format(code=code),
            quantity_milli=quantity_milli,
        )

    def done(self) -> None:
        self.host.start(self._done_story())

    async def _done_story(self) -> None:
        _count_id, _pass, area, _counter = self.group
        lines = [_("Area {area}").format(area=clean(area)), *self._summary()]
        finished = await Ask(
            yes_no(_("Is this area counted?"), lines, yes=_("Yes, it is done"), no=_("Go on"))
        )
        if finished:
            self.finish("done")

    def _summary(self) -> list[str]:
        found = [_("Lines {count}").format(count=len(self.rows))]
        if self.tags:
            found.append(_("Bad tags {count}").format(count=self.tags))
        return found

    def leave(self) -> None:
        self.finish("later")

    # ------------------------------------------------------------ tags

    def hints(self) -> list[Hint]:
        return [
            ("F7", _("Mixed tag")),
            ("F8", _("Lost tag")),
            ("Esc", _("Leave")),
        ]

    def renamed(self) -> dict[str, str]:
        return {"line": _("Tags, none here")}

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "line":
            self.host.start(self._options())
        else:
            super().pad(action, press)

    def other_key(self, press: KeyPress) -> None:
        if press.key in (_MIXED_KEY, _LOST_KEY):
            tag = Tag.MIXED if press.key == _MIXED_KEY else Tag.LOST
            self.guarded(press, self._starting(tag))
        else:
            super().other_key(press)

    def _starting(self, tag: Tag) -> Callable[[], None]:
        return lambda: self.host.start(self._tag(tag))

    async def _options(self) -> None:
        choices: list[Choice[Any]] = [
            Choice(1, _("Mixed tag: it is another item than its tag says"), Tag.MIXED),
            Choice(2, _("Lost tag: nobody can say what it is"), Tag.LOST),
        ]
        if self.marked_row() is not None:
            choices.append(Choice(3, _("None of the marked goods is here"), 0))
        chosen = await Ask(ChooseScreen(_("What is wrong?"), choices))
        if isinstance(chosen, Tag):
            await self._tag(chosen)
        elif chosen == 0:
            row = self.marked_row()
            if row is not None:
                self.apply_quantity(row.number, 0, "")

    async def _tag(self, tag: Tag) -> None:
        """A piece that cannot be counted in: what it looks like, and where it was (STK-06)."""
        row = self.marked_row() if tag is Tag.MIXED else None
        title = _("Mixed tag") if tag is Tag.MIXED else _("Lost tag")
        lines = [_("It is not counted in; it goes to the goods department.")]
        if row is not None:
            lines.append(_("Its tag says: {name}").format(name=row.name))
        described = await Ask(
            EntryScreen(
                title,
                parsing.words,
                label=_("What is it, and where does it lie?"),
                lines=lines,
                letters=True,
                empty="-",
            )
        )
        if described is None:
            return
        count_tags.bad_tag(
            self.till,
            self.group,
            tag,
            description=described,
            item_code=row.code if row is not None else "",
        )
        self.tags += 1
        self.note(_("Noted: not counted in"))
        self.refresh_rows()
