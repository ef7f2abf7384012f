"""From read entries to rows: pure, so that ingest and rebuild cannot differ (I3).

A `Booking` collects what one batch of one workstation's epoch means: rows for the projections,
deltas for the aggregates, findings for sales audit. Writing them is `projections.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from pos.domain.journal import EntryKind
from sync.head_office import goods_booking, sales_booking
from sync.head_office.aggregates import (
    Aggregates,
)
from sync.head_office.booking_values import DayDelta, Finding, Place
from sync.head_office.entries import ReadEntry

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

    def _day_open(self, entry: ReadEntry, seq: int) -> None:
        self.day_delta(entry.envelope.business_day).opened = 1
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
        self.day_delta(envelope.business_day)
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

    # ----------------------------------------------------------------- days and findings

    def day_delta(self, day: str) -> DayDelta:
        """What this batch adds to a business day, made when it is first asked for."""
        delta = self.days.get(day)
        if delta is None:
            delta = self.days[day] = DayDelta()
        return delta

    def find(self, entry: ReadEntry, seq: int, code: str, detail: str = "") -> None:
        """Leave a finding about an entry."""
        place, envelope = self.place, entry.envelope
        subject = f"{place.workstation_no}/{place.epoch_no}/{seq}"
        self.findings.append(
            Finding(code, subject, envelope.business_day, envelope.workstation_id, detail)
        )


_KINDS: dict[str, Callable[[Booking, ReadEntry, int], None]] = {
    EntryKind.TRANSACTION_PART: Booking._part,  # noqa: SLF001 - its own table
    EntryKind.DAY_OPEN: Booking._day_open,  # noqa: SLF001
    EntryKind.DAY_CLOSE: Booking._day_close,  # noqa: SLF001
    EntryKind.EPOCH_OPEN: Booking._epoch_open,  # noqa: SLF001
    EntryKind.DIRECTIVE_DONE: Booking._directive_done,  # noqa: SLF001
    EntryKind.DECLARED_LOST: Booking._declared_lost,  # noqa: SLF001
    EntryKind.APPROVAL: Booking._approval,  # noqa: SLF001
    EntryKind.UNKNOWN_CODE: Booking._unknown_code,  # noqa: SLF001
    EntryKind.PRICE_CORRECTED: Booking._price_corrected,  # noqa: SLF001
    **sales_booking.KINDS,
    **goods_booking.KINDS,
}
