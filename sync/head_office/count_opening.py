"""Opening counts at head office: now, on a day drawn, or taken up from a till (STK-05)."""

from __future__ import annotations

import datetime as dt
import secrets
from collections.abc import Sequence
from typing import Final

import msgspec

from pos.domain.goods.counting import CountKind
from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.i18n import N_
from sync.head_office import (
    count_issue,
    count_ledger,
    count_periods,
    count_rows,
)
from sync.head_office.count_ledger import Missing
from sync.head_office.count_periods import Period
from sync.head_office.count_rows import (
    CANCELLED,
    COMPUTED,
    DRAWN,
    OPEN,
    POSTED,
    StockCount,
)
from sync.head_office.feed import Feed
from sync.head_office.goods_orders import GoodsOrders
from sync.head_office.refusals import refused

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


class CountOpening:
    """Counts of one head office until their end. The caller is the writer thread or a command."""

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
