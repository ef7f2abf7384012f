"""Goods whose batch or serial number must be known before they are sold (QLT-01, CAT-03, QLT-04).

Plain goods come here only to be told that nothing is asked of them. What must be asked is a value
that holds the whole entry; answered, the entry goes on where it stopped.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from pos.domain.barcode import Classified, Gs1Message
from pos.domain.cart import EntryMethod, Refusal
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.item import Item
from pos.domain.quantity import ONE
from pos.services.checkout.packs import PLAIN, PackFacts, check
from pos.services.checkout.results import Advice
from pos.services.context import ROLL, Authorised, Grant, NeedsApproval, Till, authorise
from pos.services.goods import licences
from pos.services.goods.rules import GoodsRule, fresh_book, rule_in_sale
from pos.store import units
from pos.store.reference_values import Hold

if TYPE_CHECKING:
    from pos.services.goods.stock import BatchStock


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """What is being entered, while something is still asked about it."""

    item: Item
    quantity_milli: int = ONE
    barcode: str = ""
    method: EntryMethod = EntryMethod.SCANNED
    facts: PackFacts = PLAIN
    warning: str = ""
    instead: bool = False
    seen: tuple[str, ...] = ()
    """Holds of a batch that the cashier compared with the pack in hand."""

    advice: tuple[Advice, ...] = ()
    approval: Grant | None = None


class BatchChoice(msgspec.Struct, frozen=True, kw_only=True):
    """One batch in stock that may be picked, or why not."""

    batch: str
    expiry: str = ""
    quantity_milli: int = 0
    refused: str = ""
    """`held`, `expired` or empty."""


class BatchToSee(msgspec.Struct, frozen=True, kw_only=True):
    """看批号: a batch of this item is held, and the code says no batch: look at the pack."""

    entry: Entry
    holds: tuple[Hold, ...]


class BatchNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """The class wants the batch on the line: pick one, the one that ends first on top, or type it."""

    entry: Entry
    choices: tuple[BatchChoice, ...] = ()


class SerialNeeded(msgspec.Struct, frozen=True, kw_only=True):
    """The item has serial numbers: scan or type that of the unit in hand."""

    entry: Entry


Question = BatchToSee | BatchNeeded | SerialNeeded


def asks_nothing(till: Till, item: Item) -> bool:
    """Whether the item is plain goods: one look into the rules kept."""
    if till.authority == ROLL:
        return True
    if not till.sale.sale_uuid:
        fresh_book(till)  # a sale goes on under the rules of its first line
    return not item.pack_holds and not rule_in_sale(till, item).at_sale


def refused(till: Till, item: Item) -> Refusal | None:
    """Why this item must not be sold here whatever its batch, or None."""
    return licences.refusal(till, item, rule_in_sale(till, item))


def dated(till: Till, item: Item, facts: PackFacts, classified: Classified) -> PackFacts:
    """The pack's facts with the expiry that its batch or its production day implies (QLT-06)."""
    if facts is PLAIN or facts.expiry or till.authority == ROLL:
        return facts
    rule = rule_in_sale(till, item)
    expiry = known_expiry(till, item.item_code, facts.batch) if facts.batch else ""
    if not expiry and rule.shelf_life_days and isinstance(classified, Gs1Message):
        made = dict(classified.elements).get("11", "")
        expiry = rule.expiry_of(_day_of(made)) if made else ""
    return msgspec.structs.replace(facts, expiry=expiry) if expiry else facts


def look(till: Till, entry: Entry) -> Entry | Question | Refusal | NeedsApproval:
    """What an entry still needs: a question, a refusal, or the entry with what is to be said."""
    item, rule = entry.item, rule_in_sale(till, entry.item)
    refusal = licences.refusal(till, item, rule)
    if refusal is not None:
        return refusal
    warning = ""
    if rule.trade == "device":
        allowed = _device_record(till, item, rule)
        if not isinstance(allowed, Authorised):
            return allowed
        warning = allowed.warning
    if warning and not entry.warning:
        entry = msgspec.structs.replace(entry, warning=warning)
    if rule.serial_tracked:
        found = _with_unit(till, entry)
        if not isinstance(found, Entry):
            return found
        entry = found
    if rule.batch_tracked and not entry.facts.batch:
        return _batch_needed(till, entry)
    if not entry.facts.batch and item.pack_holds:
        holds = tuple(
            hold
            for hold in till.reference.holds_of((item.item_code,))
            if hold.batch and hold.hold_id not in entry.seen
        )
        if holds:
            return BatchToSee(entry=entry, holds=holds)
    return msgspec.structs.replace(entry, advice=_advice(till, entry, rule))


def _device_record(
    till: Till, item: Item, rule: GoodsRule
) -> Authorised | Refusal | NeedsApproval:
    """Whether the item's own part of the sales record is known (CAT-13, QLT-02)."""
    if rule.registration_no and rule.maker and rule.maker_licence_no:
        return Authorised()
    allowed = authorise(till, "sale.device_record", detail=item.name)
    if isinstance(allowed, Refusal) and allowed.code == "blocked_by_rule":
        return Refusal(
            "device_record",
            f"{item.name} lacks its registration number, maker or maker's licence number",
            {"item": item.name},
        )
    return allowed


def note_batch_seen(till: Till, asked: BatchToSee, *, is_held: bool) -> None:
    """Journal what the cashier saw (QLT-04)."""
    from pos.services.goods import documents  # a plain sale never needs it

    documents.note(
        till,
        *(
            RegisterNoted(
                register=Register.BATCH_SEEN,
                subject=hold.hold_id,
                action="held" if is_held else "other_batch",
                item_code=asked.entry.item.item_code,
                batch=hold.batch,
                quantity_milli=asked.entry.quantity_milli,
                fields={"sale": till.sale.sale_uuid, "barcode": asked.entry.barcode},
            )
            for hold in asked.holds
        ),
    )


def held_refusal(item: Item, hold: Hold) -> Refusal:
    """The refusal of a held batch; no right and no PIN softens it."""
    return Refusal(
        "pack_held",
        f"this batch of {item.name} is held by head office ({hold.reason})",
        {"item": item.name, "batch": hold.batch or hold.serial, "reason": hold.reason},
    )


def with_batch(
    till: Till, entry: Entry, batch: str, expiry: str = ""
) -> Entry | Refusal | NeedsApproval:
    """The entry with the batch that was picked or typed, looked at as if it had been scanned."""
    batch = batch.strip()
    if not batch:
        return Refusal("batch_missing", "this item is sold with its batch number: type it")
    facts = PackFacts(
        batch=batch,
        expiry=expiry or known_expiry(till, entry.item.item_code, batch),
        unit_code=entry.facts.unit_code,
        serial=entry.facts.serial,
    )
    return _checked(till, entry, facts)


def with_serial(till: Till, entry: Entry, code: str) -> Entry | Refusal | NeedsApproval:
    """The entry with the serial number scanned or typed.

    One that no receipt here names is refused, unless other tills of the shop trade as well and
    somebody approves (`sale.serial_unknown`).
    """
    code = code.strip()
    if not code:
        return Refusal("serial_missing", "this item is sold with its serial number: scan it")
    facts = PackFacts(
        batch=entry.facts.batch, expiry=entry.facts.expiry, unit_code=code, serial=code
    )
    found = _with_unit(till, msgspec.structs.replace(entry, facts=facts))
    if not isinstance(found, Entry):
        assert not isinstance(found, SerialNeeded)  # noqa: S101 - a code was given
        return found
    return _checked(till, found, found.facts)


def known_expiry(till: Till, item_code: str, batch: str) -> str:
    """Expiry of a batch that this till received, or empty."""
    known = units.batch(till.journal.reader(), item_code, batch)
    return known.expiry if known is not None else ""


def _checked(till: Till, entry: Entry, facts: PackFacts) -> Entry | Refusal | NeedsApproval:
    checked = check(till, entry.item, facts)
    if not isinstance(checked, str):
        return checked
    return msgspec.structs.replace(entry, facts=facts, warning=entry.warning or checked)


# ------------------------------------------------------------------------------------ batches


def choices_of(till: Till, item: Item) -> tuple[BatchChoice, ...]:
    """Batches in stock, the one that ends first on top; what must not be sold says why."""
    holds = till.reference.holds_of((item.item_code,)) if item.pack_holds else []
    held = {hold.batch for hold in holds if hold.batch and not hold.serial}
    return tuple(
        BatchChoice(
            batch=one.batch,
            expiry=one.expiry,
            quantity_milli=one.quantity_milli,
            refused=(
                "held"
                if one.batch in held
                else "expired"
                if one.expiry and till.business_day and one.expiry < till.business_day
                else ""
            ),
        )
        for one in _in_stock(till, item.item_code)
        if one.batch
    )


def _batch_needed(
    till: Till, entry: Entry
) -> Entry | BatchNeeded | SerialNeeded | BatchToSee | Refusal | NeedsApproval:
    choices = choices_of(till, entry.item)
    if len(choices) == 1 and not choices[0].refused and not entry.item.pack_holds:
        # Only one batch is in the shop: nothing to choose, and nothing to slow a customer down.
        only = with_batch(till, entry, choices[0].batch, choices[0].expiry)
        return look(till, only) if isinstance(only, Entry) else only
    return BatchNeeded(entry=entry, choices=choices)


def _day_of(made: str) -> str:
    try:
        return date(2000 + int(made[:2]), int(made[2:4]), int(made[4:6]) or 1).isoformat()
    except ValueError:
        return ""


def _in_stock(till: Till, item_code: str) -> Sequence[BatchStock]:
    from pos.services.goods import stock

    return stock.batches(till, item_code)


# ------------------------------------------------------------------------------------ serials


def _with_unit(till: Till, entry: Entry) -> Entry | SerialNeeded | Refusal | NeedsApproval:
    """The entry with the unit's code as the books have it, when that unit is in stock (CAT-03)."""
    facts, item = entry.facts, entry.item
    if not facts.unit_code:
        return SerialNeeded(entry=entry)
    if entry.quantity_milli != ONE:
        return Refusal("one_pack", "this code names one pack; scan each pack by itself")
    names = [facts.unit_code]
    if facts.serial and facts.serial != facts.unit_code:
        names.append(facts.serial)
    if any(line.unit_code in names for line in till.sale.cart.lines):
        return _unit_refused("serial_on_sale", "this unit is on this sale already", item, facts)
    known = units.unit(till.journal.reader(), item.item_code, names)
    if known is None:
        from pos.services.goods import stock

        if stock.figures_of(till) is None:
            return _gone(
                item, facts
            )  # this till alone receives: what it does not know is not there
        allowed = authorise(
            till,
            "sale.serial_unknown",
            detail=f"{item.name} {names[-1]}",
            approval=entry.approval,
        )
        if isinstance(allowed, Authorised):
            return msgspec.structs.replace(entry, warning=entry.warning or allowed.warning)
        return allowed if isinstance(allowed, NeedsApproval) else _gone(item, facts)
    if known.transaction_no:
        return _unit_refused(
            "serial_sold", "this unit was sold", item, facts, receipt=known.transaction_no
        )
    if not known.in_shop:
        return _gone(item, facts)
    batch = facts.batch or known.batch
    return msgspec.structs.replace(
        entry,
        facts=PackFacts(
            batch=batch,
            expiry=facts.expiry or (known_expiry(till, item.item_code, batch) if batch else ""),
            unit_code=known.unit_code,
            serial=facts.serial or known.unit_code,
        ),
    )


def _gone(item: Item, facts: PackFacts) -> Refusal:
    words = "this serial number is not in stock; scan it again or have it received"
    return _unit_refused("serial_not_in_stock", words, item, facts)


def _unit_refused(code: str, words: str, item: Item, facts: PackFacts, **more: str) -> Refusal:
    return Refusal(
        code,
        f"{item.name}: {words}",
        {"item": item.name, "serial": facts.serial or facts.unit_code, **more},
    )


# ------------------------------------------------------------------------------------ words


def _advice(till: Till, entry: Entry, rule: GoodsRule) -> tuple[Advice, ...]:
    """What is said beside the line: warning text, near expiry, a batch that ends earlier."""
    found: list[Advice] = []
    facts, today = entry.facts, till.business_day
    if facts.expiry and today:
        left = (date.fromisoformat(facts.expiry) - date.fromisoformat(today)).days
        band = band_of(left, rule.near_days)
        if band:
            found.append(
                Advice(
                    "near_expiry",
                    {"date": facts.expiry, "days": str(left), "band": str(band)},
                )
            )
    if rule.batch_tracked and facts.batch and facts.expiry:
        earlier = next(
            (
                one
                for one in choices_of(till, entry.item)
                if not one.refused and one.batch != facts.batch and one.expiry
            ),
            None,
        )
        if earlier is not None and earlier.expiry < facts.expiry:
            found.append(Advice("fefo", {"batch": earlier.batch, "date": earlier.expiry}))
    text = till.settings.quality.warning_of(rule.trade)
    if text is not None:
        found.append(Advice("safety", {"text": text.text, "text_en": text.text_en}))
    return tuple(found)


def band_of(days_left: int, bands: Sequence[int]) -> int:
    """The narrowest band of near expiry that holds, 0 for none; what is past its date has none."""
    if days_left < 0:
        return 0
    return min((band for band in bands if days_left <= band), default=0)


# ------------------------------------------------------------------------------- at the tender
