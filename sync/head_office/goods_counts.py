"""Counts at head office: opened or drawn by finance, computed, reasoned, approved, issued (R14).

A count's state is `drawn` (a day of the month that the store is not told before), `open` (the tills
count), `computed`, `approved` (a till was told to post the result), `posted` or `cancelled`. Who
opened it, who gave reasons and who approved is kept; who counted does not approve (CTL-05).
"""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Final

import msgspec

from pos.domain.goods.count_reasons import reason_problem
from pos.domain.goods.count_results import result_uuid, signed_order
from pos.domain.goods.counting import CountKind
from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.domain.goods.variance import Finding, Ledger, count_result, to_recount
from pos.i18n import N_
from sync.head_office import (
    count_issue,
    count_ledger,
    count_periods,
    count_rows,
    count_tags,
    goods_items,
)
from sync.head_office.count_ledger import Counted, Missing
from sync.head_office.count_periods import Period
from sync.head_office.count_rows import KeptLine, StockCount
from sync.head_office.feed import Feed
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.refusals import refused
from sync.head_office.rights import NotAllowed, require_another

DRAWN: Final = "drawn"
OPEN: Final = "open"
COMPUTED: Final = "computed"
APPROVED: Final = "approved"
POSTED: Final = "posted"
CANCELLED: Final = "cancelled"

_KINDS: Final = (CountKind.DETAILED, CountKind.CYCLE)
_HOUR_MS: Final = 3_600_000
_REMEMBERED_MS: Final = 60 * 24 * _HOUR_MS


class NotReady(ValueError):
    """A count that cannot be computed or approved yet; the text says what is missing."""

    def __init__(self, code: str, detail: str, missing: Sequence[Missing] = ()) -> None:
        """Keep the code and the tills that are missing."""
        super().__init__(detail)
        self.code = code
        self.missing = tuple(missing)


class GoodsCounts:
    """Counts of one head office. The caller is the writer thread or a command of its own."""

    def __init__(self, feed: Feed) -> None:
        """Work on an open head office through its feed."""
        self.feed = feed
        self.office = feed.office
        self.dialect = feed.dialect
        self.orders = GoodsOrders(feed)

    # ------------------------------------------------------------------------ opening

    def open(
        self,
        store_id: str,
        *,
        by: str,
        kind: str = CountKind.DETAILED.value,
        passes: int = 1,
        item_classes: Sequence[str] = (),
        item_codes: Sequence[str] = (),
        note: str = "",
    ) -> StockCount:
        """Tell a store to count now (STK-05). Raises ValueError, LookupError for an unknown store."""
        count = self._new(store_id, by, kind, passes, item_classes, item_codes, note, self.today())
        with self.dialect.transaction():
            count_rows.put(self.dialect, count)
            count_rows.tell(self.dialect, self.office.clock_ms(), count, by, "opened")
            self._publish(count)
        return count

    def draw(
        self,
        store_id: str,
        month: str,
        *,
        by: str,
        passes: int = 1,
        item_classes: Sequence[str] = (),
        note: str = "",
    ) -> StockCount:
        """Draw the day of a month's detailed count; the store hears of it on that day (STK-05).

        `month` is `2026-12`, or a week or quarter as `2026-W47` and `2026-Q4`; of the current one
        the days from tomorrow are drawn from. Raises ValueError when no day is left, or it has its
        count already.
        """
        period = _period(month)
        days = period.days_after(self.today())
        if not days:
            raise refused("month", N_("No day of %(month)s is left to draw from."), month=month)
        for other in count_rows.find(self.dialect, store_id=store_id):
            if (
                other.count_kind == CountKind.DETAILED.value
                and period.has(other.due_day)
                and other.state != CANCELLED
            ):
                raise refused(
                    "month",
                    N_("Store %(store)s has its count of %(month)s already."),
                    store=store_id,
                    month=month,
                )
        day = secrets.choice(days)
        kind = CountKind.DETAILED.value
        count = self._new(store_id, by, kind, passes, item_classes, (), note, day)
        drawn = msgspec.structs.replace(count, state=DRAWN, opened_utc_ms=0)
        with self.dialect.transaction():
            count_rows.put(self.dialect, drawn)
            count_rows.tell(self.dialect, self.office.clock_ms(), drawn, by, "drawn")
        return drawn

    def publish_due(self) -> list[StockCount]:
        """Open every drawn count whose day has come; called in quiet moments."""
        opened = []
        for count in count_rows.find(self.dialect, state=DRAWN):
            if count.due_day > self.today():
                continue
            begun = msgspec.structs.replace(
                count, state=OPEN, opened_utc_ms=self.office.clock_ms()
            )
            with self.dialect.transaction():
                count_rows.put(self.dialect, begun)
                count_rows.tell(self.dialect, begun.opened_utc_ms, begun, "", "opened")
                self._publish(begun)
            opened.append(begun)
        return opened

    def tend(self) -> None:
        """What is due without anybody asking: drawn days, counts of tills, results that came back."""
        self.publish_due()
        self.adopt()
        recent = self.office.clock_ms() - _REMEMBERED_MS
        for count in count_rows.find(self.dialect, state=POSTED):
            if count.approved_utc_ms < recent:
                continue
            order_id = f"{count.count_id}{count_issue.RESULT}"
            issued = self.orders.published(count.store_id, order_id)
            if issued is not None and issued.state == "open":
                done = msgspec.structs.replace(issued, state="done")
                self.orders.publish_order(count.store_id, done)

    def adopt(self) -> list[StockCount]:
        """Take up counts that finance or the shop opened at a till without an order."""
        taken = []
        for store_id, count_id in count_rows.unknown_counts(self.dialect):
            found = count_ledger.counted(self.dialect, store_id, count_id)
            first = found.first
            if first is None or first.count_kind not in _KINDS:
                continue
            count = StockCount(
                store_id=store_id,
                count_id=count_id,
                count_kind=first.count_kind.value,
                state=OPEN,
                passes=first.passes or 1,
                item_classes=first.item_classes,
                item_codes=first.item_codes,
                due_day=_day_of(found.first_utc_ms),
                note=first.note,
                opened_by="",
                # Head office's clock may be ahead of what the till knew of it.
                opened_utc_ms=found.first_utc_ms - _HOUR_MS,
            )
            with self.dialect.transaction():
                count_rows.put(self.dialect, count)
                now_ms = self.office.clock_ms()
                count_rows.tell(self.dialect, now_ms, count, "", "opened_at_till")
            taken.append(count)
        return taken

    def cancel(self, count: StockCount, *, by: str, note: str = "") -> StockCount:
        """Give a count up before its result is approved."""
        if count.state not in (DRAWN, OPEN, COMPUTED):
            raise NotReady("wrong_state", f"count {count.count_id} is {count.state}")
        over = msgspec.structs.replace(count, state=CANCELLED)
        with self.dialect.transaction():
            count_rows.put(self.dialect, over)
            now_ms = self.office.clock_ms()
            count_rows.tell(self.dialect, now_ms, over, by, "cancelled", note)
            if count.state != DRAWN:
                self._publish(over)
        return over

    # ---------------------------------------------------------------------- computing

    def missing(self, count: StockCount) -> list[Missing]:
        """Tills that have not passed the count's end; empty when it can be computed."""
        found = count_ledger.counted(self.dialect, count.store_id, count.count_id)
        return count_ledger.missing(self.dialect, count.store_id, found, count.waived)

    def compute(
        self, count: StockCount, *, by: str, without: Sequence[str] = ()
    ) -> tuple[StockCount, list[KeptLine]]:
        """Compute the variance (R14) and keep it; reasons given before stay where a line is equal.

        `without` names tills that finance does not wait for; that is kept. Raises NotReady naming
        the tills that are missing.
        """
        if count.state not in (OPEN, COMPUTED):
            raise NotReady("wrong_state", f"count {count.count_id} is {count.state}")
        waived = tuple(sorted({*count.waived, *without}))
        found = count_ledger.counted(self.dialect, count.store_id, count.count_id)
        absent = count_ledger.missing(self.dialect, count.store_id, found, waived)
        end = found.end
        if absent or end is None:
            names = ", ".join(f"{one.workstation_id} ({one.why})" for one in absent)
            raise NotReady("tills_missing", f"waiting for tills: {names or 'all'}", absent)
        ledger = count_ledger.ledger_since(self.dialect, count.store_id, count.opened_utc_ms)
        every = count_result(
            found.scans,
            ledger,
            end=end,
            in_scope=self._in_scope(count, ledger, found),
            passes=count.passes,
        )
        computed = msgspec.structs.replace(
            count,
            state=COMPUTED,
            waived=waived,
            ended_utc_ms=end.utc_ms,
            computed_utc_ms=self.office.clock_ms(),
            counted_lines=sum(1 for line in every if line.finding is not Finding.UNCOUNTED),
            to_workstation_no=count.to_workstation_no or int(end.workstation),
        )
        lines = count_issue.kept_lines(
            self.dialect, count, [line for line in every if line.variance_milli], self.today()
        )
        with self.dialect.transaction():
            count_rows.put(self.dialect, computed)
            count_rows.put_lines(self.dialect, computed, lines)
            note = f"without {', '.join(without)}" if without else ""
            now_ms = computed.computed_utc_ms
            count_rows.tell(self.dialect, now_ms, computed, by, "computed", note)
            self._publish(computed)
            count_tags.check(self.office, count.due_day[:7], count.store_id)
        return computed, lines

    def recount(self, count: StockCount, *, by: str) -> list[str]:
        """Have the items counted a third time about which the blind passes disagree.

        The tills are told which, not how many (STK-05). Empty when the passes agree.
        """
        found = count_ledger.counted(self.dialect, count.store_id, count.count_id)
        ledger = count_ledger.ledger_since(self.dialect, count.store_id, count.opened_utc_ms)
        scope = self._in_scope(count, ledger, found)
        items = to_recount(found.scans, ledger, in_scope=scope)
        if items:
            again = msgspec.structs.replace(count, state=OPEN)
            with self.dialect.transaction():
                count_rows.put(self.dialect, again)
                now_ms = self.office.clock_ms()
                count_rows.tell(self.dialect, now_ms, again, by, "recount", str(len(items)))
                self._publish(again, recount=items)
        return items

    def _in_scope(self, count: StockCount, ledger: Ledger, found: Counted) -> set[str]:
        if not count.item_classes and not count.item_codes:
            return ledger.items()
        within = set(count.item_codes)
        if count.item_classes:
            known = goods_items.items(self.dialect, sorted(ledger.items()), count.store_id)
            classes = set(count.item_classes)
            within |= {code for code, item in known.items() if item.item_class in classes}
        return within | {scan.item_code for scan in found.scans if scan.item_code}

    # ---------------------------------------------------------- reasons and approval

    def reason(
        self,
        count: StockCount,
        item_code: str,
        reason: str,
        *,
        by: str,
        note: str = "",
        batch: str | None = None,
    ) -> int:
        """Say why an item differs (STK-11); returns how many lines that was for.

        Raises ValueError for a reason that does not exist, or `other` without a note.
        """
        if count.state != COMPUTED:
            raise NotReady("wrong_state", f"count {count.count_id} is {count.state}")
        problem = reason_problem(reason, note)
        if problem == "no_reason":
            raise refused("reason", N_("Choose a reason."))
        if problem:
            raise refused("note", N_("Say in the note which other reason it is."))
        lines = [
            line
            for line in count_rows.lines(self.dialect, count.store_id, count.count_id)
            if item_code in ("*", line.item_code)
            and batch in (None, line.batch)
            and (item_code != "*" or not line.reason)
        ]
        with self.dialect.transaction():
            for line in lines:
                count_rows.put_reason(self.dialect, count, line, reason, note, by)
            if lines:
                now_ms = self.office.clock_ms()
                count_rows.tell(
                    self.dialect, now_ms, count, by, "reason", f"{item_code}: {reason} {note}"
                )
        return len(lines)

    def approve(self, count: StockCount, *, by: str, workstation_id: str = "") -> StockCount:
        """Approve a result and tell one till to post it (STK-09).

        Raises NotReady while a line lacks its reason or the blind passes differ without a note,
        NotAllowed when the approver counted, opened it alone, or gave all the reasons.
        """
        if count.state == APPROVED and workstation_id:
            return self._issue(count, by=by, workstation_id=workstation_id)
        if count.state != COMPUTED:
            raise NotReady("wrong_state", f"count {count.count_id} is {count.state}")
        lines = count_rows.lines(self.dialect, count.store_id, count.count_id)
        for line in lines:
            if reason_problem(line.reason, line.note):
                raise NotReady("no_reason", f"{line.item_code} {line.description}: no reason yet")
            if line.finding == Finding.DIFFERS.value and not line.note:
                raise NotReady(
                    "passes_differ",
                    f"{line.item_code} {line.description}: the two counts differ; have it counted "
                    "a third time, or say in the note why not",
                )
        people = sorted({line.reason_by for line in lines if line.reason_by})
        posted_by = people[0] if people else count.opened_by
        require_another(by, *people, *([] if people else [count.opened_by]))
        if by.strip() in count_issue.counters(self.dialect, count):
            raise NotAllowed("counter_approves", f"{by} counted: somebody else has to approve")
        approved = msgspec.structs.replace(
            count,
            state=APPROVED if lines else POSTED,
            posted_by=posted_by,
            checked_by=by,
            approved_utc_ms=self.office.clock_ms(),
            document_uuid=result_uuid(count.store_id, count.count_id) if lines else "",
        )
        return self._issue(approved, by=by, workstation_id=workstation_id)

    def _issue(self, count: StockCount, *, by: str, workstation_id: str) -> StockCount:
        number, uuid = count_issue.poster(self.dialect, count, workstation_id)
        issued = msgspec.structs.replace(count, to_workstation_no=number)
        lines = count_rows.lines(self.dialect, count.store_id, count.count_id)
        with self.dialect.transaction():
            if lines:
                order = signed_order(
                    count_issue.result_order(issued, lines, uuid),
                    posted_by=count_issue.signature(count.posted_by, count.approved_utc_ms),
                    checked_by=count_issue.signature(count.checked_by, count.approved_utc_ms),
                )
                issued = msgspec.structs.replace(
                    issued, result=msgspec.json.encode(order).decode()
                )
                self.orders.publish_order(count.store_id, order, by=by)
            count_rows.put(self.dialect, issued)
            now_ms = self.office.clock_ms()
            count_rows.tell(
                self.dialect, now_ms, issued, by, "approved", f"{len(lines)} lines, till {number}"
            )
        return issued

    # ------------------------------------------------------------------------ helpers

    def get(self, store_id: str, count_id: str) -> StockCount:
        """One count; raises LookupError. Without a store its number must be unique."""
        found = [
            one
            for one in count_rows.find(self.dialect, store_id=store_id)
            if one.count_id == count_id
        ]
        if len(found) != 1:
            raise LookupError(f"there is no count {count_id!r} of store {store_id!r}")
        return found[0]

    def today(self) -> str:
        """Date at head office."""
        return self.office.today().isoformat()

    def _new(
        self,
        store_id: str,
        by: str,
        kind: str,
        passes: int,
        item_classes: Sequence[str],
        item_codes: Sequence[str],
        note: str,
        day: str,
    ) -> StockCount:
        if kind not in {one.value for one in _KINDS}:
            raise ValueError(f"expected a kind of {', '.join(_KINDS)}, got {kind[:40]!r}")
        if passes not in (1, 2):
            raise ValueError(f"expected 1 or 2 passes, got {passes}")
        if not by.strip():
            raise ValueError("expected the name of whoever opens the count")
        if self.dialect.one("SELECT 1 FROM store WHERE store_id = ?", (store_id,)) is None:
            raise LookupError(f"store {store_id!r} is unknown: run `hq add-store` first")
        stem = f"HQ{store_id}-{self.today().replace('-', '')}-"
        taken = {one.count_id for one in count_rows.find(self.dialect, store_id=store_id)}
        number = next(n for n in range(1, 10_000) if f"{stem}{n:02d}" not in taken)
        return StockCount(
            store_id=store_id,
            count_id=f"{stem}{number:02d}",
            count_kind=kind,
            state=OPEN,
            passes=passes,
            item_classes=tuple(item_classes),
            item_codes=tuple(item_codes),
            due_day=day,
            note=note,
            opened_by=by,
            opened_utc_ms=self.office.clock_ms(),
        )

    def _publish(self, count: StockCount, recount: Sequence[str] = ()) -> None:
        states = {OPEN: "open", CANCELLED: "cancelled"}
        fields = {
            "count_id": count.count_id,
            "count_kind": count.count_kind,
            "passes": str(count.passes),
            "item_classes": "\n".join(count.item_classes),
            "recount": "\n".join(recount),
        }
        order = Order(
            order_id=count.count_id,
            order_kind=OrderKind.COUNT.value,
            order_no=count.count_id,
            state=states.get(count.state, "done"),
            due_day=count.due_day,
            lines=tuple(
                OrderLine(line_no=number, item_code=code, quantity_milli=0)
                for number, code in enumerate(count.item_codes, start=1)
            ),
            fields={name: value for name, value in fields.items() if value},
            note=count.note,
        )
        if count.opened_by or self.orders.published(count.store_id, count.count_id) is not None:
            self.orders.publish_order(count.store_id, order, by=count.opened_by)
        elif recount:
            self.orders.publish_order(count.store_id, order)


def _day_of(utc_ms: int) -> str:
    return dt.datetime.fromtimestamp(utc_ms / 1000).astimezone().date().isoformat()


def _period(code: str) -> Period:
    try:
        return count_periods.period(code)
    except ValueError as error:
        raise refused(
            "month", N_("Expected a month such as 2026-12, got %(typed)s."), typed=code[:20]
        ) from error
