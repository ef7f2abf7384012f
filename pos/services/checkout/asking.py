"""Entries of tracked goods: entered, asked about, answered, and put right at the tender."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.barcode import Gs1Message, ScanContext, classify
from pos.domain.cart import Cart, Refusal, line_for_item, void_line
from pos.domain.journal.sale_bodies import LineVoided
from pos.receipt.sale_slip import SAFETY
from pos.services import catalogue
from pos.services.checkout import tracking
from pos.services.checkout.lines import enter_line, with_facts
from pos.services.checkout.packs import PackFacts, check, facts_of
from pos.services.checkout.persisting import save_cart
from pos.services.checkout.results import CartChanged, LineAdded
from pos.services.checkout.sale_gaps import Gap
from pos.services.checkout.tracking import BatchNeeded, BatchToSee, Entry, Question, SerialNeeded
from pos.services.context import Grant, NeedsApproval, Till

Answered = LineAdded | Question | Refusal | NeedsApproval


def enter(till: Till, entry: Entry) -> Answered:
    """Put an entry of tracked goods on the sale, or say what it still needs."""
    looked = tracking.look(till, entry)
    if not isinstance(looked, Entry):
        return looked
    line = line_for_item(
        looked.item,
        quantity_milli=looked.quantity_milli,
        barcode=looked.barcode,
        entry_method=looked.method,
        at=till.local_iso(),
    )
    if isinstance(line, Refusal):
        return line
    if any(one.code == SAFETY for one in looked.advice):
        line = msgspec.structs.replace(line, flags=(*line.flags, SAFETY))
    added = enter_line(
        till,
        with_facts(line, looked.facts),
        warning=looked.warning,
        approval=looked.approval,
        instead=looked.instead,
    )
    if looked.seen:
        till.sale.holds_seen.setdefault(added.line.line_no, set()).update(looked.seen)
    return msgspec.structs.replace(added, advice=looked.advice) if looked.advice else added


def batch_seen(till: Till, asked: BatchToSee, *, is_held: bool, note: bool = True) -> Answered:
    """看批号 answered: the pack in hand is of a held batch, or of another (QLT-04).

    `note` is left out when the same answer is given once more with an approval.
    """
    if note:
        tracking.note_batch_seen(till, asked, is_held=is_held)
    if is_held:
        return tracking.held_refusal(asked.entry.item, asked.holds[0])
    ids = tuple(hold.hold_id for hold in asked.holds)
    return enter(till, msgspec.structs.replace(asked.entry, seen=(*asked.entry.seen, *ids)))


def batch_given(till: Till, asked: BatchNeeded, batch: str, expiry: str = "") -> Answered:
    """The batch was picked or typed."""
    found = tracking.with_batch(till, asked.entry, batch, expiry)
    return enter(till, found) if isinstance(found, Entry) else found


def batch_scanned(
    till: Till, asked: BatchNeeded, data: bytes, symbology_id: str | None = None
) -> Answered:
    """A code was scanned while the batch was asked for: the pack's own says it."""
    facts = _facts(till, data, symbology_id)
    if facts.batch:
        return batch_given(till, asked, facts.batch, facts.expiry)
    return Refusal("no_batch_in_code", "this code says no batch; pick it or type it")


def serial_given(
    till: Till,
    asked: SerialNeeded,
    code: str | bytes,
    symbology_id: str | None = None,
    *,
    approval: Grant | None = None,
) -> Answered:
    """The serial number was scanned or typed."""
    text = code if isinstance(code, str) else code.decode("ascii", "replace")
    facts = _facts(till, text.encode("utf-8", "replace"), symbology_id)
    entry = msgspec.structs.replace(asked.entry, approval=approval)
    if facts.unit_code and facts.batch and not entry.facts.batch:
        entry = msgspec.structs.replace(
            entry, facts=PackFacts(batch=facts.batch, expiry=facts.expiry)
        )
    found = tracking.with_serial(till, entry, facts.unit_code or text)
    return enter(till, found) if isinstance(found, Entry) else found


# ------------------------------------------------------------------------------- at the tender


def take_out(till: Till, gaps: Sequence[Gap]) -> CartChanged | Refusal:
    """Take lines that a hold has reached off the sale; each leaves its trace and the rest goes on."""
    cart: Cart = till.sale.cart
    voided: list[LineVoided] = []
    for gap in gaps:
        line = cart.line(gap.line.line_no)
        without = void_line(cart, gap.line.line_no)
        if line is None or isinstance(without, Refusal):
            continue
        cart = without
        voided.append(
            LineVoided(
                line=line,
                quantity_milli=line.quantity_milli,
                amount_minor=line.amount_minor,
                reason=_hold_reason(gap),
                sale_uuid=till.sale.sale_uuid,
            )
        )
    if not voided:
        return Refusal("no_such_line", "there is no such line in this sale")
    back_to_lines(till)
    saved = save_cart(till, cart, voided=tuple(voided), undoable=False)
    # What was held must not come back by undo.
    till.sale.history = []
    return CartChanged(cart, voided[-1].line.line_no, saved)


def batch_of_line_seen(till: Till, gap: Gap, *, is_held: bool) -> CartChanged | Refusal | None:
    """看批号 at the tender: the line stays, or leaves the sale; None when it stays."""
    item = catalogue.find_item(till, gap.line.item_code)
    if item is not None:
        asked = BatchToSee(
            entry=Entry(
                item=item, quantity_milli=gap.line.quantity_milli, barcode=gap.line.barcode
            ),
            holds=gap.holds,
        )
        tracking.note_batch_seen(till, asked, is_held=is_held)
    if is_held:
        return take_out(till, [gap])
    seen = till.sale.holds_seen.setdefault(gap.line.line_no, set())
    seen.update(hold.hold_id for hold in gap.holds)
    return None


def give_batch(
    till: Till, line_no: int, batch: str, expiry: str = ""
) -> CartChanged | Refusal | NeedsApproval:
    """Name the batch of a line that lacks it."""
    line = till.sale.cart.line(line_no)
    item = catalogue.find_item(till, line.item_code) if line is not None else None
    if line is None or item is None:
        return Refusal("no_such_line", "there is no such line in this sale")
    found = tracking.with_batch(till, Entry(item=item, barcode=line.barcode), batch, expiry)
    if not isinstance(found, Entry):
        return found
    checked = check(till, item, found.facts)
    if not isinstance(checked, str):
        return checked
    named = msgspec.structs.replace(line, batch=found.facts.batch, expiry=found.facts.expiry)
    cart = msgspec.structs.replace(
        till.sale.cart,
        lines=tuple(named if one is line else one for one in till.sale.cart.lines),
    )
    return CartChanged(cart, line_no, save_cart(till, cart), checked)


def back_to_lines(till: Till) -> None:
    """From payment back to the goods; only before any tender."""
    sale = till.sale
    if sale.payment is None or not sale.payment.tenders:
        sale.payment, sale.rounding_minor, sale.phase = None, 0, "lines"


def _hold_reason(gap: Gap) -> str:
    notices = ", ".join(dict.fromkeys(hold.reason or hold.hold_id for hold in gap.holds))
    return f"held {notices}".strip()


def _facts(till: Till, data: bytes, symbology_id: str | None) -> PackFacts:
    found = classify(
        data,
        symbology_id=symbology_id,
        layouts=till.layouts,
        context=ScanContext.SALE,
        today_year=till.year,
    )
    return facts_of(found) if isinstance(found, Gs1Message) else PackFacts()
