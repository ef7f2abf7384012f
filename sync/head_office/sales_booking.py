"""Booking sales: a transaction's header, lines and tenders, and what later becomes of a tender.

From read entries to rows and deltas, pure like all of booking (I3); the hottest code of head office.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from pos.domain.journal import EntryKind
from sync.head_office.aggregates import (
    DESCRIBED_AT,
    DISCOUNTS_AT,
    PLACES,
    RANK_AT,
    SALE_AT,
    Cell,
    Group,
    new_cell,
)
from sync.head_office.entries import ReadEntry

if TYPE_CHECKING:
    from sync.head_office.booking import Booking


def _transaction(booking: Booking, entry: ReadEntry, seq: int) -> None:
    envelope, body = entry.envelope, entry.body
    store_id, workstation_no, epoch_no = (
        booking.place.store_id,
        booking.place.workstation_no,
        booking.place.epoch_no,
    )
    day, currency = envelope.business_day, envelope.currency
    lines = body.lines if not body.parts else booking.with_parts(entry, seq)
    group = booking.aggregates.group(day, currency)
    operator_id, workstation_id = body.operator_id, envelope.workstation_id
    count = len(lines)
    renumber = count > 0 and len({line.line_no for line in lines}) != count
    if lines:
        key = (workstation_id, operator_id, body.at[11:13])
        combination = group.combinations.get(key)
        if combination is None:
            combination = group.combinations[key] = new_cell()
        combination[0] += 1
        _add_lines(booking, entry, seq, lines, group, combination, renumber=renumber)
    total = body.total_minor
    booking.sales.append(
        (
            store_id,
            workstation_no,
            epoch_no,
            seq,
            day,
            workstation_id,
            currency,
            body.transaction_no,
            body.transaction_type,
            body.shift_no,
            operator_id,
            body.at,
            envelope.at_utc_ms,
            count,
            total,
            body.discount_minor,
            body.original_transaction_no,
            body.roll_transaction,
            envelope.at_utc_ms + (envelope.head_office_offset_ms or 0),
        )
    )
    paid = _add_tenders(booking, body.tenders, seq, group)
    delta = booking.day_delta(day)
    if lines:
        delta.transactions += 1
        delta.lines += count
        delta.discounts_minor += sum([line.discount_minor for line in lines])
        net = sum([line.amount_minor for line in lines if line.kind != "adjust"])
        delta.net_minor += net
        if net != total or paid != total:
            booking.find(entry, seq, "unbalanced", f"lines {net}, tenders {paid}, total {total}")
    elif paid != total:
        booking.find(entry, seq, "unbalanced", f"tenders {paid}, total {total}")
    for code in body.review:
        booking.find(entry, seq, code[:60])


def _add_lines(  # noqa: PLR0915 - one loop, kept whole for speed
    booking: Booking,
    entry: ReadEntry,
    seq: int,
    lines: Sequence[Any],
    group: Group,
    combination: Cell,
    *,
    renumber: bool,
) -> None:
    envelope = entry.envelope
    day, currency = envelope.business_day, envelope.currency
    place = booking.place
    store_id, workstation_no, epoch_no = place.store_id, place.workstation_no, place.epoch_no
    items, classes = group.items, group.classes
    add_row = booking.lines.append
    rank = _rank(booking, envelope, seq)
    item_class, of_class = None, new_cell()
    # The hottest loop of head office: every name is local, no cell is looked up twice.
    for number, line in enumerate(lines, start=1):
        kind, code, description = line.kind, line.item_code, line.description
        quantity, amount, discount = (
            line.quantity_milli,
            line.amount_minor,
            line.discount_minor,
        )
        places = PLACES.get(kind)
        if places is None:
            booking.find(entry, seq, "unknown_line_kind", f"line {line.line_no}: {kind[:60]!r}")
            kind, places = "other", PLACES["other"]
        lines_at, units_at, amount_at, sign = places
        item = items.get(code)
        if item is None:
            item = items[code] = new_cell()
            if code and code not in booking.item_codes:
                booking.item_codes[code] = (day, envelope.workstation_id)
        if item[SALE_AT] != seq:
            item[SALE_AT] = seq
            item[0] += 1
        if item_class != line.item_class:
            item_class = line.item_class
            of_class = _cell_of_class(classes, item_class, seq)
        if description and rank >= item[RANK_AT]:
            item[RANK_AT] = rank
            item[DESCRIBED_AT] = description
        units, value = (quantity, amount) if sign > 0 else (-quantity, -amount)
        item[lines_at] += 1
        item[units_at] += units
        item[amount_at] += value
        of_class[lines_at] += 1
        of_class[units_at] += units
        of_class[amount_at] += value
        combination[lines_at] += 1
        combination[units_at] += units
        combination[amount_at] += value
        if discount:
            item[DISCOUNTS_AT] += discount
            of_class[DISCOUNTS_AT] += discount
            combination[DISCOUNTS_AT] += discount
        unit_price, unit_discount = line.unit_price_e4, line.unit_discount_e4
        original = line.original
        add_row(
            (
                store_id,
                workstation_no,
                epoch_no,
                seq,
                number if renumber else line.line_no,
                day,
                currency,
                kind,
                code,
                description,
                item_class,
                quantity,
                unit_price,
                unit_discount,
                amount,
                discount,
                line.tax_rate_bp,
                line.tax_minor,
                line.at,
                "" if original is None else original.transaction_no,
                0 if original is None else original.line_no,
            )
        )
        if line.batch or line.unit_code:
            booking.goods.add_sale_batch(booking.lines[-1][:5], line)
        if line.override is not None:
            _audit_override(booking, entry, seq, line)
        elif (
            line.list_price_e4
            and unit_price + unit_discount != line.list_price_e4
            and line.label_amount_minor is None
        ):
            booking.find(entry, seq, "price_without_source", f"line {line.line_no}: {code}")


def _add_tenders(booking: Booking, tenders: Sequence[Any], seq: int, group: Group) -> int:
    place = booking.place
    paid = 0
    seen: set[str] = set()
    renumber = len({tender.tender_no for tender in tenders}) != len(tenders)
    for number, tender in enumerate(tenders, start=1):
        name = tender.tender_type
        total = group.tenders.get(name)
        if total is None:
            total = group.tenders[name] = [0, 0, 0]
        if name not in seen:
            seen.add(name)
            total[0] += 1
        total[1] += 1
        total[2] += tender.amount_minor
        paid += tender.amount_minor
        booking.tenders.append(
            (
                place.store_id,
                place.workstation_no,
                place.epoch_no,
                seq,
                number if renumber else tender.tender_no,
                name,
                tender.amount_minor,
                tender.state,
                int(tender.change),
                tender.reference,
            )
        )
    return paid


def _audit_override(booking: Booking, entry: ReadEntry, seq: int, line: Any) -> None:
    override = line.override
    alone = override.approver_id in ("", entry.body.operator_id)
    if override.source == "approval" and alone:
        booking.find(entry, seq, "override_without_approver", f"line {line.line_no}")


def _tender_state(booking: Booking, entry: ReadEntry, seq: int) -> None:
    body = entry.body
    if not body.transaction_no:
        return
    place = booking.place
    booking.decisions.append(
        (
            place.store_id,
            place.workstation_no,
            place.epoch_no,
            seq,
            body.transaction_no,
            body.tender.tender_no,
            body.tender.state,
            body.tender.amount_minor,
            entry.envelope.business_day,
        )
    )
    if body.tender.state == "failed":
        booking.find(entry, seq, "undecided_tender_failed", body.transaction_no[:60])


def _rank(booking: Booking, envelope: Any, seq: int) -> str:
    # Across workstations by corrected UTC, within one by seq (R14): text, compared bytewise.
    corrected = max(0, envelope.at_utc_ms + (envelope.head_office_offset_ms or 0))
    return f"{corrected:016d}.{booking.place.workstation_no:06d}.{booking.place.epoch_no:06d}.{seq:012d}"


def _cell_of_class(classes: dict[str, Cell], item_class: str, seq: int) -> Cell:
    cell = classes.get(item_class)
    if cell is None:
        cell = classes[item_class] = new_cell()
    if cell[SALE_AT] != seq:
        cell[SALE_AT] = seq
        cell[0] += 1
    return cell


KINDS: dict[str, Callable[[Booking, ReadEntry, int], None]] = {
    EntryKind.TRANSACTION: _transaction,
    EntryKind.TENDER_STATE: _tender_state,
}
"""How the kinds of sales are booked."""
