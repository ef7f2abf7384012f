"""Price cards and labels: what has to be changed after a price change, printed and ticked.

A card lacks none of the marks that the shop must show (六标), or it is not printed. One that has
come out is ticked by itself; one that was changed by hand is ticked by a person. The 待换牌 list is
every item whose price changed and whose card does not show the new one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any

import msgspec

from drivers.document import Document
from pos.domain.barcode import ScanContext, classify, lookup_keys
from pos.domain.cart import Refusal
from pos.domain.item import Item
from pos.i18n import N_
from pos.receipt.price_card import CardKind, Mark, missing_marks, price_card
from pos.services import catalogue, printing
from pos.services.context import Till
from pos.services.goods.rules import rule_for
from pos.services.print_documents import carrying
from pos.services.print_jobs import LABEL
from pos.services.print_routing import default_printer
from pos.store import price_cards
from pos.store.price_cards import Card

DAYS = 30
"""How far back a price change is still looked for; a card noted once is watched for ever."""


class DueCard(msgspec.Struct, frozen=True, kw_only=True):
    """An item whose card shows another price than it is sold at."""

    item: Item
    shown_e4: int
    """Price on the card, or before the change when no card is known."""

    since: str = ""
    """Business day of the change; empty for a price corrected at this till."""

    missing: tuple[Mark, ...] = ()
    """Marks without which the card cannot be printed."""


class CardsQueued(msgspec.Struct, frozen=True):
    """Labels go to the printer once they are on disk."""

    job_id: str
    count: int
    saved: Future[Any]


class CardIncomplete(msgspec.Struct, frozen=True):
    """Nothing was printed: marks are missing (CAT-05)."""

    missing: dict[str, tuple[Mark, ...]]
    """Name of the goods → the marks that it lacks."""


def due_cards(till: Till, *, ahead_days: int = 0) -> list[DueCard]:
    """待换牌: cards to change until `ahead_days` after the business day, oldest change first."""
    day = till.business_day or till.local_iso()[:10]
    until = (dt.date.fromisoformat(day) + dt.timedelta(days=ahead_days)).isoformat()
    after = (dt.date.fromisoformat(day) - dt.timedelta(days=DAYS)).isoformat()
    cards = price_cards.hanging_cards(till.home)
    corrected = catalogue.overlays(till).prices
    due: dict[str, DueCard] = {}
    for change in price_cards.changed_prices(till.reference.path, after, until):
        card = cards.get(change.item_code)
        if change.item_code in corrected or (
            card is not None and card.unit_price_e4 == change.unit_price_e4
        ):
            continue
        item = _item(till, change.item_code, change.unit_price_e4)
        if item is not None:
            shown = change.before_e4 if card is None else card.unit_price_e4
            due[item.item_code] = _due(till, item, shown, change.effective_day)
    for code, price_e4 in corrected.items():
        card = cards.get(code)
        if card is None or card.unit_price_e4 != price_e4:
            known = till.reference.item(code, day)
            before = card.unit_price_e4 if card else known.unit_price_e4 if known else None
            item = catalogue.find_item(till, code)
            # A price that was only ever this shop's own has no old card.
            if item is not None and before is not None and before != price_e4:
                due[code] = _due(till, item, before, "")
    prices = price_cards.prices_of(till.reference.path, cards, day)
    for code, card in cards.items():
        # One question for all cards; only what differs, or is this till's own, is looked up.
        if code not in due and code not in corrected and prices.get(code) != card.unit_price_e4:
            item = catalogue.find_item(till, code)
            price = item.unit_price_e4 if item is not None else None
            if item is not None and price is not None and price != card.unit_price_e4:
                due[code] = _due(till, item, card.unit_price_e4, "")
    return list(due.values())


def _due(till: Till, item: Item, shown_e4: int, since: str) -> DueCard:
    item = as_carded(till, item)
    missing = missing_marks(item, till.settings.price_card.marks)
    return DueCard(item=item, shown_e4=shown_e4, since=since, missing=missing)


def as_carded(till: Till, item: Item) -> Item:
    """The item as its card shows it: imported goods with their actual place of production.

    Without one the mark is missing, whatever the brand's country is (CAT-07).
    """
    rule = rule_for(till, item)
    return msgspec.structs.replace(item, origin=rule.actual_origin) if rule.imported else item


def _item(till: Till, item_code: str, unit_price_e4: int) -> Item | None:
    """The item at the price of its new card, which may come into force tomorrow."""
    item = catalogue.find_item(till, item_code)
    return item and msgspec.structs.replace(item, unit_price_e4=unit_price_e4)


def label_document(
    till: Till, items: Sequence[Item], kind: CardKind = "card", copies: int = 1
) -> Document | CardIncomplete:
    """The labels of `items`, for a preview or the printer."""
    wanted = till.settings.price_card
    items = [as_carded(till, item) for item in items]
    if kind == "card":
        missing = {
            item.name: lacking for item in items if (lacking := missing_marks(item, wanted.marks))
        }
        if missing:
            return CardIncomplete(missing)
    codes = barcodes(till, [item.item_code for item in items])
    labels = tuple(
        price_card(
            item,
            codes.get(item.item_code, ""),
            kind=kind,
            width_mm=wanted.width_mm,
            height_mm=wanted.height_mm,
            gap_mm=wanted.gap_mm,
            language=till.settings.receipt.language,
            copies=copies,
        )
        for item in items
    )
    title = items[0].name if len(items) == 1 else f"{items[0].name} … ({len(items)})"
    return Document(labels, title=title)


def checked_document(
    till: Till, items: Sequence[Item], kind: CardKind = "card", copies: int = 1
) -> Document | CardIncomplete | Refusal:
    """The labels of `items`, when they can be printed."""
    if not items:
        return Refusal("no_labels", N_("no card has to be printed"))
    if kind != "barcode" and any(item.unit_price_e4 is None for item in items):
        return Refusal("no_price", N_("goods without a price get no card"))
    return label_document(till, items, kind, copies)


def item_of_code(till: Till, code: str | bytes, symbology_id: str | None = None) -> Item | None:
    """The item that a scanned or typed code stands for, or None."""
    text = code.decode("ascii", "replace") if isinstance(code, bytes) else code
    exact = catalogue.find_item(till, text)
    if exact is not None:
        return exact
    classified = classify(
        code,
        symbology_id=symbology_id,
        layouts=till.layouts,
        context=ScanContext.SALE,
        today_year=till.year,
    )
    hit = catalogue.find(till, lookup_keys(classified))
    return hit.item if hit is not None else None


def print_labels(
    till: Till, items: Sequence[Item], kind: CardKind = "card", copies: int = 1
) -> CardsQueued | CardIncomplete | Refusal:
    """Print labels on the label printer, or as cards of paper on the till's own printer."""
    document = checked_document(till, items, kind, copies)
    if not isinstance(document, Document):
        return document
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    shown = {} if kind == "barcode" else {one.item_code: one.unit_price_e4 for one in items}

    def job(txn: Any) -> None:
        printing.insert_job(txn, job_id, LABEL, document, created)
        row = txn.connection.execute(
            "SELECT document FROM print_job WHERE job_id = ?", (job_id,)
        ).fetchone()
        txn.connection.execute(
            "UPDATE print_job SET document = ? WHERE job_id = ?",
            (carrying(row[0], shown), job_id),
        )

    saved = till.write(job)
    printing.submit_when_saved(till, saved, job_id, default_printer(till, LABEL))
    return CardsQueued(job_id, len(items), saved)


def tick(till: Till, items: Sequence[Item]) -> int:
    """A person says that these cards show the price: they leave the list. Gives how many."""
    now = till.clock.utc_ms()
    cards = [
        Card(one.item_code, one.unit_price_e4, now, by_hand=True)
        for one in items
        if one.unit_price_e4 is not None
    ]
    price_cards.note_cards(till.home, cards)
    return len(cards)


def barcodes(till: Till, item_codes: Sequence[str]) -> dict[str, str]:
    """One barcode of each item that has one, this till's own facts first."""
    found = dict(price_cards.barcodes_of(till.reference.path, item_codes))
    wanted = set(item_codes)
    own = catalogue.overlays(till).codes
    return found | {item: code for code, item in own.items() if item in wanted}
