"""From read entries to rows: pure, so that ingest and rebuild cannot differ (I3).

A `Booking` collects what one batch of one workstation's epoch means: rows for the projections,
deltas for the aggregates, findings for sales audit. Writing them is `projections.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from pos.domain.journal import EntryKind
from sync.head_office import goods_booking
from sync.head_office.aggregates import (
    DESCRIBED_AT,
    DISCOUNTS_AT,
    PLACES,
    RANK_AT,
    SALE_AT,
    Aggregates,
    Cell,
    Group,
    new_cell,
)
from sync.head_office.entries import ReadEntry


class Place(msgspec.Struct, frozen=True):
    """Whose entries are booked: identity by enrolment, never by an entry's labels."""

    store_id: str
    workstation_no: int
    epoch_no: int

    @property
    def key(self) -> tuple[str, int, int]:
        """The columns that lead the keys of an epoch's rows."""
        return self.store_id, self.workstation_no, self.epoch_no


class Finding(msgspec.Struct, frozen=True):
    """Something for sales audit (R9)."""

    code: str
    subject: str
    business_day: str
    workstation_id: str
    detail: str = ""


class DayDelta(msgspec.Struct):
    """What a batch adds to one workstation's business day."""

    opened: int = 0
    transactions: int = 0
    lines: int = 0
    net_minor: int = 0
    discounts_minor: int = 0


PartLookup = Callable[[Sequence[str]], dict[str, Any]]
"""entry_uuids of parts that are not in this batch → their bodies."""


class Booking:
    """Collects rows and deltas; add entries in order of seq."""

    def __init__(self, place: Place, find_parts: PartLookup) -> None:
        """`find_parts` reads parts of long transactions that came in earlier batches."""
        self.place = place
        self._find_parts = find_parts
        self._parts: dict[str, Any] = {}
        self.aggregates = Aggregates(place.store_id)
        self.sales: list[tuple[Any, ...]] = []
        self.lines: list[tuple[Any, ...]] = []
        self.tenders: list[tuple[Any, ...]] = []
        self.decisions: list[tuple[Any, ...]] = []
        self.days: dict[str, DayDelta] = {}
        self.closes: dict[str, tuple[Any, ...]] = {}
        self.findings: list[Finding] = []
        self.goods = goods_booking.GoodsRows()
        self.goods_booked = False
        self.epoch_open: Any = None
        self.directives_done: list[str] = []
        self.item_codes: dict[str, tuple[str, str]] = {}
        """Item code → (business day, workstation) of its first line here, for sales audit."""

    def add(self, entry: ReadEntry, seq: int) -> None:
        """Book one entry. Kinds that move no projection only leave their findings."""
        kind = entry.envelope.kind
        book = _KINDS.get(kind)
        if book is not None and "unknown_kind" not in entry.findings:
            book(self, entry, seq)
        for code in entry.findings:
            self.find(entry, seq, code)

    def alone(self) -> Booking:
        """An empty booking for one entry of this batch: it shares the parts seen so far."""
        single = Booking(self.place, self._find_parts)
        single._parts = self._parts
        return single

    def absorb(self, single: Booking) -> None:
        """Take over what is not rows from a booking that was written on its own."""
        self.findings += single.findings
        self.days.update(single.days)
        self.directives_done += single.directives_done
        self.goods_booked |= single.goods_booked
        self.epoch_open = single.epoch_open or self.epoch_open
        self.item_codes = single.item_codes | self.item_codes

    # ------------------------------------------------------------------ kinds

    def _transaction(self, entry: ReadEntry, seq: int) -> None:
        envelope, body = entry.envelope, entry.body
        store_id, workstation_no, epoch_no = (
            self.place.store_id,
            self.place.workstation_no,
            self.place.epoch_no,
        )
        day, currency = envelope.business_day, envelope.currency
        lines = body.lines if not body.parts else self.with_parts(entry, seq)
        group = self.aggregates.group(day, currency)
        operator_id, workstation_id = body.operator_id, envelope.workstation_id
        count = len(lines)
        renumber = count > 0 and len({line.line_no for line in lines}) != count
        if lines:
            key = (workstation_id, operator_id, body.at[11:13])
            combination = group.combinations.get(key)
            if combination is None:
                combination = group.combinations[key] = new_cell()
            combination[0] += 1
            self._add_lines(entry, seq, lines, group, combination, renumber=renumber)
        total = body.total_minor
        self.sales.append(
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
        paid = self._add_tenders(body.tenders, seq, group)
        delta = self._day(day)
        if lines:
            delta.transactions += 1
            delta.lines += count
            delta.discounts_minor += sum([line.discount_minor for line in lines])
            net = sum([line.amount_minor for line in lines if line.kind != "adjust"])
            delta.net_minor += net
            if net != total or paid != total:
                self.find(entry, seq, "unbalanced", f"lines {net}, tenders {paid}, total {total}")
        elif paid != total:
            self.find(entry, seq, "unbalanced", f"tenders {paid}, total {total}")
        for code in body.review:
            self.find(entry, seq, code[:60])

    def _add_lines(  # noqa: PLR0915 - one loop, kept whole for speed
        self,
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
        place = self.place
        store_id, workstation_no, epoch_no = place.store_id, place.workstation_no, place.epoch_no
        items, classes = group.items, group.classes
        add_row = self.lines.append
        rank = self._rank(envelope, seq)
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
                self.find(entry, seq, "unknown_line_kind", f"line {line.line_no}: {kind[:60]!r}")
                kind, places = "other", PLACES["other"]
            lines_at, units_at, amount_at, sign = places
            item = items.get(code)
            if item is None:
                item = items[code] = new_cell()
                if code and code not in self.item_codes:
                    self.item_codes[code] = (day, envelope.workstation_id)
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
                self.goods.add_sale_batch(self.lines[-1][:5], line)
            if line.override is not None:
                self._audit_override(entry, seq, line)
            elif (
                line.list_price_e4
                and unit_price + unit_discount != line.list_price_e4
                and line.label_amount_minor is None
            ):
                self.find(entry, seq, "price_without_source", f"line {line.line_no}: {code}")

    def _add_tenders(self, tenders: Sequence[Any], seq: int, group: Group) -> int:
        place = self.place
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
            self.tenders.append(
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

    def _audit_override(self, entry: ReadEntry, seq: int, line: Any) -> None:
        override = line.override
        alone = override.approver_id in ("", entry.body.operator_id)
        if override.source == "approval" and alone:
            self.find(entry, seq, "override_without_approver", f"line {line.line_no}")

    def _part(self, entry: ReadEntry, seq: int) -> None:
        self.keep_part(entry)

    def keep_part(self, entry: ReadEntry) -> None:
        """Keep a part for the transaction or document that will name it (R4)."""
        self._parts[entry.envelope.entry_uuid] = entry.body

    def with_parts(self, entry: ReadEntry, seq: int) -> tuple[Any, ...]:
        """All lines of an entry, those of its parts first; a missing part is a finding."""
        wanted = entry.body.parts
        missing = [uuid for uuid in wanted if uuid not in self._parts]
        if missing:
            self._parts.update(self._find_parts(missing))
        lines: list[Any] = []
        for uuid in wanted:
            part = self._parts.pop(uuid, None)
            if part is None:
                self.find(entry, seq, "missing_part", uuid[:60])
            else:
                lines.extend(part.lines)
        return (*lines, *entry.body.lines)

    def _tender_state(self, entry: ReadEntry, seq: int) -> None:
        body = entry.body
        if not body.transaction_no:
            return
        place = self.place
        self.decisions.append(
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
            self.find(entry, seq, "undecided_tender_failed", body.transaction_no[:60])

    def _day_open(self, entry: ReadEntry, seq: int) -> None:
        self._day(entry.envelope.business_day).opened = 1
        if entry.body.forgotten_close_of:
            self.find(entry, seq, "forgotten_close", entry.body.forgotten_close_of[:60])

    def _day_close(self, entry: ReadEntry, seq: int) -> None:
        envelope, body = entry.envelope, entry.body
        totals = body.totals
        lines = (
            totals.sale_lines
            + totals.return_lines
            + totals.void_lines
            + totals.adjust_lines
            + totals.other_lines
        )
        net = (
            totals.gross_sales_minor
            - totals.returns_minor
            - totals.voids_minor
            + totals.other_minor
        )
        self._day(envelope.business_day)
        self.closes[envelope.business_day] = (
            body.z_no,
            totals.transactions,
            lines,
            net,
            totals.discounts_minor,
            int(body.forced),
            body.perpetual_gross_minor,
            envelope.at_utc_ms,
            (self.place.epoch_no << 40) + seq,
        )
        if body.forced:
            self.find(entry, seq, "forced_close")

    def _epoch_open(self, entry: ReadEntry, seq: int) -> None:
        self.epoch_open = entry.body
        if entry.body.reason not in ("new", "rollover"):  # a new year is nothing to look into
            self.find(entry, seq, f"epoch_{entry.body.reason[:40]}")

    def _directive_done(self, entry: ReadEntry, seq: int) -> None:
        self.directives_done.append(entry.body.directive_id)

    def _declared_lost(self, entry: ReadEntry, seq: int) -> None:
        self.find(entry, seq, "declared_lost", f"{entry.body.epoch} from {entry.body.from_seq}")

    def _approval(self, entry: ReadEntry, seq: int) -> None:
        body = entry.body
        if body.mode == "alone_review_next_day":
            self.find(entry, seq, "review_next_day", body.right[:60])
        elif body.mode == "second_person" and body.approver_id == entry.envelope.operator_id:
            self.find(entry, seq, "single_signature", body.right[:60])

    def _unknown_code(self, entry: ReadEntry, seq: int) -> None:
        self.find(entry, seq, "unknown_code", f"{entry.body.code[:60]} {entry.body.action[:20]}")

    def _price_corrected(self, entry: ReadEntry, seq: int) -> None:
        self.find(entry, seq, "price_corrected", entry.body.item_code[:60])

    # ----------------------------------------------------------------- results

    def taken_lines(self) -> list[tuple[Any, ...]]:
        """Rows for `sale_line` since the last call."""
        taken, self.lines = self.lines, []
        return taken

    def daily_rows(self) -> list[tuple[Any, ...]]:
        """Deltas for `daily_delta`."""
        return self.aggregates.rows()

    def day_rows(self) -> list[tuple[Any, ...]]:
        """Deltas for `till_day`, without the Z."""
        return [
            (
                self.place.store_id,
                day,
                self.place.workstation_no,
                delta.opened,
                delta.transactions,
                delta.lines,
                delta.net_minor,
                delta.discounts_minor,
            )
            for day, delta in self.days.items()
        ]

    def close_rows(self) -> list[tuple[Any, ...]]:
        """Z figures for `till_day`."""
        place = self.place
        return [
            (place.store_id, day, place.workstation_no, *values)
            for day, values in self.closes.items()
        ]

    def changed_days(self) -> Iterable[str]:
        """Business days whose figures this batch moves."""
        return self.days.keys()

    # ----------------------------------------------------------------- helpers

    def _day(self, day: str) -> DayDelta:
        delta = self.days.get(day)
        if delta is None:
            delta = self.days[day] = DayDelta()
        return delta

    def _rank(self, envelope: Any, seq: int) -> str:
        # Across workstations by corrected UTC, within one by seq (R14): text, compared bytewise.
        corrected = max(0, envelope.at_utc_ms + (envelope.head_office_offset_ms or 0))
        return f"{corrected:016d}.{self.place.workstation_no:06d}.{self.place.epoch_no:06d}.{seq:012d}"

    def find(self, entry: ReadEntry, seq: int, code: str, detail: str = "") -> None:
        """Leave a finding about an entry."""
        place, envelope = self.place, entry.envelope
        subject = f"{place.workstation_no}/{place.epoch_no}/{seq}"
        self.findings.append(
            Finding(code, subject, envelope.business_day, envelope.workstation_id, detail)
        )


def _cell_of_class(classes: dict[str, Cell], item_class: str, seq: int) -> Cell:
    cell = classes.get(item_class)
    if cell is None:
        cell = classes[item_class] = new_cell()
    if cell[SALE_AT] != seq:
        cell[SALE_AT] = seq
        cell[0] += 1
    return cell


_KINDS: dict[str, Callable[[Booking, ReadEntry, int], None]] = {
    EntryKind.TRANSACTION: Booking._transaction,  # noqa: SLF001 - its own table
    EntryKind.TRANSACTION_PART: Booking._part,  # noqa: SLF001
    EntryKind.TENDER_STATE: Booking._tender_state,  # noqa: SLF001
    EntryKind.DAY_OPEN: Booking._day_open,  # noqa: SLF001
    EntryKind.DAY_CLOSE: Booking._day_close,  # noqa: SLF001
    EntryKind.EPOCH_OPEN: Booking._epoch_open,  # noqa: SLF001
    EntryKind.DIRECTIVE_DONE: Booking._directive_done,  # noqa: SLF001
    EntryKind.DECLARED_LOST: Booking._declared_lost,  # noqa: SLF001
    EntryKind.APPROVAL: Booking._approval,  # noqa: SLF001
    EntryKind.UNKNOWN_CODE: Booking._unknown_code,  # noqa: SLF001
    EntryKind.PRICE_CORRECTED: Booking._price_corrected,  # noqa: SLF001
    **goods_booking.KINDS,
}
