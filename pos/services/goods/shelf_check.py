"""Ticking price cards off by scanning the shelf: each piece of goods is scanned where it stands.

A card that shows the price in force is ticked, in the journal, as seen on the shelf (PRC-03). One
that shows another price is told loudly and printed at once if wanted. A card that came out of the
printer is right, and is not done before somebody saw it hang.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.item import Item
from pos.receipt.price_card import Mark, missing_marks
from pos.services import catalogue, labels
from pos.services.context import Till
from pos.services.goods import documents, stock
from pos.store import goods_planning, price_cards
from pos.store.price_cards import Card

SEEN = "seen"
"""What a note in the register of ticked cards says."""


class State(StrEnum):
    """What a scan of the shelf found."""

    TICKED = "ticked"
    OUTDATED = "outdated"
    """The card shows another price than the one in force."""

    INCOMPLETE = "incomplete"
    """The goods lack a mark that their card must show (CAT-05)."""

    NO_PRICE = "no_price"


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """One scan of the shelf."""

    state: State
    item: Item
    shown_e4: int | None = None
    """Price on the card that hangs, as far as anybody knows."""

    missing: tuple[Mark, ...] = ()


class Round(msgspec.Struct, kw_only=True):
    """One walk along the shelves: which cards show another price, and what was seen."""

    due: dict[str, labels.DueCard]
    unseen: set[str]
    """Printed here and not seen on the shelf yet."""

    ticked: dict[str, int] = {}
    """Price of each card ticked on this walk: its note may not be on disk yet."""

    seen: int = 0


def begin(till: Till) -> Round:
    """Read the list once; scans after that look nothing up but the goods."""
    due = {one.item.item_code: one for one in labels.due_cards(till)}
    return Round(due=due, unseen=set(unseen(till)))


def look(
    till: Till, walk: Round, code: str | bytes, symbology: str | None = None
) -> Looked | None:
    """The goods scanned and whether their card is right; a right one is ticked. None: unknown."""
    item = labels.item_of_code(till, code, symbology)
    if item is None:
        return None
    item = labels.as_carded(till, item)
    price = item.unit_price_e4
    if price is None:
        return Looked(state=State.NO_PRICE, item=item)
    missing = missing_marks(item, till.settings.price_card.marks)
    due = walk.due.get(item.item_code)
    if due is not None and due.shown_e4 != price:
        return Looked(state=State.OUTDATED, item=item, shown_e4=due.shown_e4, missing=missing)
    if missing:
        return Looked(state=State.INCOMPLETE, item=item, missing=missing)
    known = walk.ticked.get(item.item_code) == price or _is_ticked(till, item, price)
    if item.item_code in walk.unseen or not known:
        _tick(till, item, price)
        walk.ticked[item.item_code] = price
    walk.unseen.discard(item.item_code)
    walk.seen += 1
    return Looked(state=State.TICKED, item=item, shown_e4=price)


def printed(walk: Round, item: Item) -> None:
    """A new card was sent to the printer: it is to be hung, and scanned once it hangs."""
    walk.due.pop(item.item_code, None)
    walk.unseen.add(item.item_code)


def unseen(till: Till) -> dict[str, Card]:
    """Cards printed here that nobody has seen on the shelf at their price."""
    ticked = goods_planning.ticked_cards(till.journal.reader())
    return {
        code: card
        for code, card in price_cards.hanging_cards(till.home).items()
        if not card.by_hand and ticked.get(code) != card.unit_price_e4
    }


def incomplete(till: Till) -> list[tuple[Item, tuple[Mark, ...]]]:
    """Goods in stock whose card would lack a mark, by code (CAT-05). Slow in a large shop."""
    found = []
    marks = till.settings.price_card.marks
    for code, quantity in sorted(stock.shop_quantities(till).items()):
        item = catalogue.find_item(till, code) if quantity > 0 else None
        if item is not None and not item.department:
            missing = missing_marks(labels.as_carded(till, item), marks)
            if missing:
                found.append((item, missing))
    return found


def _is_ticked(till: Till, item: Item, price_e4: int) -> bool:
    return goods_planning.ticked_card(till.journal.reader(), item.item_code) == price_e4


def _tick(till: Till, item: Item, price_e4: int) -> None:
    labels.tick(till, [item])
    documents.note(
        till,
        RegisterNoted(
            register=Register.CARD_TICKED,
            subject=item.item_code,
            action=SEEN,
            item_code=item.item_code,
            fields={"price_e4": str(price_e4)},
        ),
    )
