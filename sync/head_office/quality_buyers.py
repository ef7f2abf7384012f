"""Who has what was recalled: slips that name the batch, and slips that may be of it (QLT-05).

Both are `quality_sold`'s; here stand what is known of their buyers, what stores said to them, and
how recalls go. A shop tells both sorts, a figure counts each for itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final

import msgspec

from pos.domain.goods.perhaps import BACK
from sync.head_office import quality_notes
from sync.head_office.dialect import Dialect
from sync.head_office.quality_sold import CARD, FOREVER, ORDER, Sold, cards, entry_of, sold

MAX_ROWS: Final = 2_000
TOLD: Final = ("told", "returned_elsewhere", "used_up")
"""Actions of the contact log after which a buyer knows."""

CONTACTS: Final = (*TOLD, "not_reached")


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """A slip with recalled goods, or with goods that may be of the batch."""

    store_id: str
    business_day: str
    at: str
    transaction_no: str
    operator_id: str
    item_code: str
    batch: str
    unit_code: str
    quantity_milli: int
    certain: bool = True
    """Whether the slip itself names batch or unit, or the whole item is recalled."""

    returned_milli: int = 0
    """Of it, given back against this slip since, or reversed."""

    member: str = ""
    buyer: str = ""
    phone: str = ""
    contact: str = ""
    """The last thing that a store noted of the buyer."""

    contact_utc_ms: int = 0


class StoreRecall(msgspec.Struct, frozen=True, kw_only=True):
    """How a recall stands in one store, by what its tills noted."""

    store_id: str
    sold_milli: int = 0
    """On slips that name it."""

    perhaps_milli: int = 0
    """On slips that may be of it."""

    returned_milli: int = 0
    slips: int = 0
    perhaps_slips: int = 0
    told: int = 0
    not_reached: int = 0
    tills_done: int = 0


def bought(
    dialect: Dialect,
    item_code: str,
    batches: Sequence[str] = (),
    serials: Sequence[str] = (),
    *,
    store_id: str = "",
    until_utc_ms: int = FOREVER,
    order_id: str = "",
    limit: int = MAX_ROWS,
) -> list[Bought]:
    """Slips of all stores with what is known of their buyers: certain ones first, latest first.

    `order_id` names the recall whose contact log counts; without it all of the item's do. At most
    `limit` slips of each sort are told; a reversed sale is not told at all.
    """
    lines = sold(
        dialect, item_code, batches, serials, store_id=store_id, until_utc_ms=until_utc_ms
    )
    lines.sort(key=lambda one: (one.certain, one.at_utc_ms), reverse=True)
    log = _last_contacts(dialect, item_code, order_id)
    named = {
        (note.store_id, note.document_no): note.fields
        for note in quality_notes.notes(dialect, "device_sale", item_code=item_code)
    }
    back = {
        store: _given_back(dialect, store, item_code) for store in {one.store_id for one in lines}
    }
    rows: list[Bought] = []
    told = {True: 0, False: 0}
    for line in lines:
        if told[line.certain] >= limit:
            continue
        slip = _slip(dialect, line)
        if slip is None:
            continue
        business_day, at, number, operator_id = slip
        returned = back[line.store_id].get((number, line.line_no), (0, 0))
        if returned[1] >= line.quantity_milli:
            continue
        told[line.certain] += 1
        fields = named.get((line.store_id, number), {})
        buyer, phone = _customer(dialect, line.store_id, number)
        place = (line.store_id, number)
        # Older tills logged the slip alone; its buyer is the same person.
        contact, contact_ms = log.get((*place, line.batch)) or log.get((*place, "")) or ("", 0)
        rows.append(
            Bought(
                store_id=line.store_id,
                business_day=business_day,
                at=at,
                transaction_no=number,
                operator_id=operator_id,
                item_code=item_code,
                batch=line.batch,
                unit_code=line.unit_code,
                quantity_milli=line.quantity_milli,
                certain=line.certain,
                returned_milli=sum(returned),
                member=member(dialect, line.slip),
                buyer=fields.get("buyer", "") or buyer,
                phone=fields.get("buyer_contact", "") or phone,
                contact=contact,
                contact_utc_ms=contact_ms,
            )
        )
    return rows


def recall_by_store(dialect: Dialect, order_id: str, lines: Iterable[Sold]) -> list[StoreRecall]:
    """Progress of one recall in each store that sold of it or noted anything (QLT-05)."""
    quantity: dict[tuple[str, bool], int] = defaultdict(int)
    slips: dict[tuple[str, bool], set[tuple[str, int, int, int]]] = defaultdict(set)
    for one in lines:
        quantity[one.store_id, one.certain] += one.quantity_milli
        slips[one.store_id, one.certain].add(one.slip)
    back: dict[str, int] = defaultdict(int)
    last: dict[str, dict[str, str]] = defaultdict(dict)
    done: dict[str, set[str]] = defaultdict(set)
    for note in quality_notes.notes(dialect, "recall", subject=order_id):
        if note.action == "returned":
            back[note.store_id] += note.quantity_milli
        elif note.action == "done":
            done[note.store_id].add(note.workstation_id)
        elif note.action in CONTACTS:
            last[note.store_id][note.document_no] = note.action
    return [
        StoreRecall(
            store_id=one,
            sold_milli=quantity[one, True],
            perhaps_milli=quantity[one, False],
            returned_milli=back[one],
            slips=len(slips[one, True]),
            perhaps_slips=len(slips[one, False] - slips[one, True]),
            told=sum(action in TOLD for action in last[one].values()),
            not_reached=sum(action == "not_reached" for action in last[one].values()),
            tills_done=len(done[one]),
        )
        for one in sorted({*(store for store, _ in slips), *back, *last, *done})
    ]


def contact_log(dialect: Dialect, order_id: str, store_id: str = "") -> list[quality_notes.Note]:
    """Every contact that stores logged of one recall, by batch and then in order of time."""
    found = quality_notes.notes(dialect, "recall", subject=order_id, store_id=store_id)
    return sorted((one for one in found if one.action in CONTACTS), key=lambda one: one.batch)


# ------------------------------------------------------------------------------------ helpers


def _given_back(
    dialect: Dialect, store_id: str, item_code: str
) -> dict[tuple[str, int], tuple[int, int]]:
    """(slip, line) → thousandths given back by a customer, and reversed."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for row in cards(dialect, store_id, item_code, 0, FOREVER):
        if row[CARD["reason"]] not in BACK:
            continue
        one = dialect.one(
            "SELECT original_transaction_no, original_line_no FROM sale_line WHERE store_id = ? "
            "AND workstation_no = ? AND epoch_no = ? AND seq = ? AND line_no = ?",
            (store_id, *(row[CARD[name]] for name in ORDER[1:])),
        )
        if one is None or not one[0]:
            continue
        key, quantity = (str(one[0]), int(one[1])), int(row[CARD["quantity_milli"]])
        returned, voided = found.get(key, (0, 0))
        if row[CARD["reason"]] == "void":
            found[key] = (returned, voided + quantity)
        else:
            found[key] = (returned + quantity, voided)
    return found


def _slip(dialect: Dialect, line: Sold) -> tuple[str, str, str, str] | None:
    row = dialect.one(
        "SELECT business_day, at, transaction_no, operator_id FROM sale WHERE store_id = ? "
        "AND workstation_no = ? AND epoch_no = ? AND seq = ?",
        line.slip,
    )
    return None if row is None else (str(row[0]), str(row[1]), str(row[2]), str(row[3]))


def member(dialect: Dialect, key: Sequence[Any]) -> str:
    """The member's number of a sale, from the entry's own bytes."""
    return str(getattr(_body(dialect, key), "member_id", "") or "")


def _customer(dialect: Dialect, store_id: str, transaction_no: str) -> tuple[str, str]:
    """Name and telephone of whom a slip's goods were kept for or sent to; empty for most slips."""
    row = dialect.one(
        "SELECT workstation_no, epoch_no, seq, counterparty_name FROM goods_document "
        "WHERE store_id = ? AND reference = ? AND document_kind = 'dispatch_hold'",
        (store_id, transaction_no),
    )
    if row is None:
        return "", ""
    fields = getattr(_body(dialect, (store_id, *row[:3])), "fields", {})
    return str(row[3]), str(fields.get("phone", ""))


def _body(dialect: Dialect, key: Sequence[Any]) -> Any:
    entry = entry_of(dialect, key)
    return None if entry is None else entry.body


def _last_contacts(
    dialect: Dialect, item_code: str, order_id: str
) -> dict[tuple[str, str, str], tuple[str, int]]:
    """(store, slip, batch) → the last that was logged of its buyer, and when."""
    return {
        (note.store_id, note.document_no, note.batch): (note.action, note.at_utc_ms)
        for note in quality_notes.notes(dialect, "recall", subject=order_id, item_code=item_code)
        if note.action in CONTACTS
    }
