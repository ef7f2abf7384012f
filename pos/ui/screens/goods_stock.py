"""Stock of one item: every view, batches by expiry, the last movements; and its history by page."""

from __future__ import annotations

from collections.abc import Sequence

from pos.domain.item import Item
from pos.domain.stock_cost import value_minor
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services import people
from pos.services.context import Till
from pos.services.goods import stock
from pos.services.goods.scanning import Scanned, read
from pos.ui.clock_words import local_text
from pos.ui.keys import PadState
from pos.ui.scan_router import ScanEvent, ScanPolicy, shown_code
from pos.ui.screens.base import KeyPress, PageScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.text_grid import Line, clean, fit
from pos.ui.texts import amount_text, named, price_text, quantity_text, refusal_text, waited
from pos.ui.widgets.pad_footer import Hint

REASONS = {
    "sale": N_("Sale"),
    "return": N_("Return"),
    "void": N_("Reversed"),
    "adjust": N_("Adjustment"),
    "receipt": N_("Came in"),
    "supplier_return": N_("To supplier"),
    "scrap": N_("Scrapped"),
    "transfer_out": N_("Sent to a shop"),
    "transfer_in": N_("From a shop"),
    "loan": N_("Loan"),
    "dispatch": N_("Delivery"),
    "judge": N_("Set apart"),
    "opening": N_("Opening count"),
    "count": N_("Count"),
}
PLACES = {
    "": N_("shop"),
    "reserved": N_("reserved"),
    "loan": N_("lent"),
    "judge": N_("to judge"),
}
_COSTS_RIGHT = "stock.adjust"
"""Who may adjust stock may see what it cost."""


def movement_row(till: Till, moved: stock.Movement, width: int, *, person: bool) -> str:
    """One line of a history: when, why, how much, where, which batch, by whom, which document."""
    reason = _(REASONS[moved.reason]) if moved.reason in REASONS else moved.reason
    quantity = f"{'+' if moved.quantity_milli > 0 else ''}{quantity_text(moved.quantity_milli)}"
    place = "" if not moved.place else _(PLACES.get(moved.place, moved.place))
    detail = " ".join(part for part in (place, moved.batch, moved.unit_code) if part)
    # The year is told once a page: what one looks for is nearly always of this one.
    cells = [
        fit(local_text(till, moved.at_utc_ms)[5:16], 11),
        fit(reason, 14),
        fit(quantity, 9, "right"),
        fit(detail, 16 if width < 98 else 26),
    ]
    if person:
        cells.append(fit(people.name_of(till, moved.operator_id) or moved.operator_id, 8))
    room = width - sum((11, 14, 9, 16 if width < 98 else 26)) - (9 if person else 0) - 6
    return " ".join([*cells, fit(moved.document_no, max(room, 8))])


class StockScreen(PageScreen[str], inherit_bindings=False):
    """One item's stock; a scan shows the next. Answers `history`, `batch` or `back`."""

    CSS_PATH = "goods_stock.tcss"
    help_topic = "goods_stock"
    scan_policy = ScanPolicy.TAKE

    def __init__(self, till: Till, item: Item) -> None:
        super().__init__()
        self.till = till
        self.item = item
        self.show_item(item)

    def show_item(self, item: Item) -> None:
        """Read the item's figures anew."""
        self.item = item
        self.figures = stock.on_hand(self.till, item.item_code)
        self.batches = stock.batches(self.till, item.item_code)
        self.moved = stock.history(self.till, item.item_code, limit=20)

    @property
    def pad_state(self) -> PadState:
        return PadState.READ

    def renamed(self) -> dict[str, str]:
        return {"choose": _("History"), "next": "", "page": _("By batch") if self.batches else ""}

    def hints(self) -> list[Hint]:
        return [(_("Scan"), _("Next item"))]

    def take_scan(self, scan: ScanEvent) -> None:
        found = read(self.till, scan)
        if isinstance(found, Scanned):
            self.show_item(found.item)
            self.band.good()
        else:
            self.error(refusal_text(found), clean(shown_code(scan)))
        self.redraw()

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, lambda: self.finish("history"))
        elif action == "page" and self.batches:
            self.finish("batch")
        elif action == "cancel":
            self.finish("back")

    def body(self, width: int, height: int) -> Sequence[Line]:
        rows = self._head(width)
        free = height - len(rows)
        shown = self.batches[: max(1, min(len(self.batches), free // 3))]
        if shown:
            rows.append(((" " + _("Batches, the first to be sold in front"), "heading"),))
            today = self.till.business_day or self.till.local_iso()[:10]
            rows += [
                (
                    (
                        fit(
                            f"   {one.batch or '–':<16} {one.expiry or '–':<10} "
                            f"{quantity_text(one.quantity_milli):>9}",
                            width,
                        ),
                        "orange" if one.expiry and one.expiry < today else "text",
                    ),
                )
                for one in shown
            ]
            if len(shown) < len(self.batches):
                more = _("{count} more: press *").format(count=len(self.batches) - len(shown))
                rows.append((("   " + more, "dim"),))
        rows.append(((" " + _("Last movements"), "heading"),))
        if not self.moved:
            rows.append((("   " + _("This till never moved it"), "dim"),))
        rows += [
            ((" " + movement_row(self.till, moved, width - 2, person=width >= 98), "text"),)
            for moved in self.moved
        ]
        return rows[:height]

    def _head(self, width: int) -> list[Line]:
        item, found = self.item, self.figures
        detail = " ".join(part for part in (item.spec, item.unit, item.item_code) if part)
        price = "–" if item.unit_price_e4 is None else price_text(item.unit_price_e4)
        views = [
            (_("On hand"), found.shop_milli, True),
            (_("For sale"), found.saleable_milli, True),
            (_("Held"), found.held_milli, False),
            (_("Expired"), found.expired_milli, False),
            (_("Reserved"), found.reserved_milli, False),
            (_("Lent"), found.loan_milli, False),
            (_("To judge"), found.judge_milli, False),
            (_("On the way here"), found.transit_milli, False),
            (_("Sent away"), found.sent_milli, False),
        ]
        told = [f"{word} {quantity_text(q)}" for word, q, always in views if q or always]
        rows: list[Line] = [
            ((" " + fit(named(item.name, item.name_en), width - 2), "strong"),),
            ((" " + fit(f"{detail}  {price}", width - 2), "dim"),),
        ]
        role = "orange" if found.shop_milli < 0 else "strong"
        for line in _wrapped(told, width - 2):
            rows.append(((" " + fit(line, width - 2), role),))
            role = "text"
        rows.append(((" " + fit(self._basis(), width - 2), "dim"),))
        cost = self._cost()
        if cost:
            rows.append(((" " + fit(cost, width - 2), "dim"),))
        return rows

    def _basis(self) -> str:
        found = self.figures
        if found.as_of_utc_ms is not None:
            age_s = max(0, self.till.clock.utc_ms() - found.as_of_utc_ms) // 1000
            return _("Head office's figures, {age} old, and what this till moved since").format(
                age=waited(age_s)
            )
        if found.own_only:
            return _("Only what this till moved: no figures from head office yet")
        return _("By this till's own ledger")

    def _cost(self) -> str:
        operator = self.till.operator
        if operator is None or not operator.role.may(_COSTS_RIGHT):
            return ""
        cost_e4 = stock.unit_cost_e4(self.till, self.item.item_code)
        value = value_minor(self.figures.shop_milli, cost_e4)
        if cost_e4 is None or value is None:
            return ""
        return _("Cost {cost}, value {value}").format(
            cost=price_text(cost_e4), value=amount_text(value)
        )


class HistoryScreen(PageScreen[None], inherit_bindings=False):
    """Movements of an item, a batch or a unit, the latest first, page by page."""

    CSS_PATH = "goods_stock.tcss"
    help_topic = "goods_stock"

    def __init__(
        self, till: Till, item: Item, *, batch: str | None = None, unit: stock.Unit | None = None
    ) -> None:
        super().__init__()
        self.till = till
        self.item = item
        self.of_batch = batch
        self.unit = unit
        self.unit_code = unit.unit_code if unit is not None else ""
        self.pages: list[tuple[int, int] | None] = [None]
        self.rows: list[stock.Movement] = []
        self._height = 10
        self._read = (-1, 0)

    @property
    def pad_state(self) -> PadState:
        return PadState.READ

    def renamed(self) -> dict[str, str]:
        return {"choose": _("Back"), "next": "", "page": _("Older")}

    def pad(self, action: str, press: KeyPress) -> None:
        if action == "choose":
            self.guarded(press, lambda: self.finish(None))
        elif action == "cancel":
            self.finish(None)
        elif action == "page":
            self._older()

    def other_key(self, press: KeyPress) -> None:
        if press.key in ("pagedown", "down"):
            self._older()
        elif press.key in ("pageup", "up") and len(self.pages) > 1:
            self.pages.pop()
            self.redraw()

    def _older(self) -> None:
        if len(self.rows) > self._height:
            self.pages.append(self.rows[self._height - 1].cursor)
        else:
            self.pages = [None]
        self.redraw()

    def body(self, width: int, height: int) -> Sequence[Line]:
        self._height = max(1, height - 3)
        wanted = (len(self.pages), self._height)
        if wanted != self._read:
            self.rows = stock.history(
                self.till,
                self.item.item_code,
                self.pages[-1],
                self._height + 1,
                batch=self.of_batch,
                unit_code=self.unit_code,
            )
            self._read = wanted
        about = " ".join(
            part
            for part in (named(self.item.name, self.item.name_en), self.of_batch, self.unit_code)
            if part
        )
        year = local_text(self.till, self.rows[0].at_utc_ms)[:4] if self.rows else ""
        where = _("Page {page}").format(page=len(self.pages))
        rows: list[Line] = [
            (
                (" " + fit(about, width - 20), "strong"),
                (fit(f"{year} {where}", 18, "right"), "dim"),
            ),
            ((" " + fit(_whereabouts(self.unit), width - 1), "dim"),) if self.unit else (),
        ]
        if not self.rows:
            rows.append(((" " + _("This till never moved it"), "dim"),))
        rows += [
            ((" " + movement_row(self.till, moved, width - 2, person=width >= 90), "text"),)
            for moved in self.rows[: self._height]
        ]
        return rows


def _whereabouts(unit: stock.Unit) -> str:
    """Where any till of the shop left a unit last; its rows below are this till's own."""
    if unit.transaction_no:
        return _("Now: sold, receipt {number}").format(number=unit.transaction_no)
    if unit.in_shop:
        return _("Now: in the shop, for sale")
    return _("Now: lent or set apart") if unit.in_stock else _("Now: no longer in the shop")


class UnitScreen(EntryScreen[str], inherit_bindings=False):
    """A serial number or trace code, scanned or typed."""

    def __init__(self, till: Till) -> None:
        super().__init__(
            _("Which serial number?"),
            str.strip,
            label=_("Scan or type it"),
            letters=True,
            scan_policy=ScanPolicy.TAKE,
        )
        self.till = till

    def take_scan(self, scan: ScanEvent) -> None:
        found = read(self.till, scan)
        unit = found.unit_code if isinstance(found, Scanned) else ""
        self.finish(unit or scan.data.decode("ascii", "replace"))


def _wrapped(parts: Sequence[str], width: int) -> list[str]:
    """Parts side by side, as many lines as they need."""
    from pos.ui.text_grid import cells

    lines = [""]
    for part in parts:
        longer = f"{lines[-1]}   {part}" if lines[-1] else part
        if cells(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(part)
    return lines
