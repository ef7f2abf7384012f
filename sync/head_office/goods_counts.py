"""Counts at head office: opened or drawn by finance, computed, reasoned, approved, issued (R14).

A count's state is `drawn` (a day of the month that the store is not told before), `open` (the tills
count), `computed`, `approved` (a till was told to post the result), `posted` or `cancelled`. Who
opened it, who gave reasons and who approved is kept; who counted does not approve (CTL-05).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.goods.count_reasons import reason_problem
from pos.domain.goods.count_results import result_uuid, signed_order
from pos.domain.goods.variance import Finding, Ledger, count_result, to_recount
from pos.i18n import N_
from sync.head_office import (
    count_issue,
    count_ledger,
    count_rows,
    count_tags,
    goods_items,
)
from sync.head_office.count_ledger import Counted, Missing
from sync.head_office.count_opening import CountOpening, NotReady
from sync.head_office.count_rows import (
    APPROVED,
    COMPUTED,
    OPEN,
    POSTED,
    KeptLine,
    StockCount,
)
from sync.head_office.refusals import refused
from sync.head_office.rights import NotAllowed, require_another


class GoodsCounts(CountOpening):
    """Counts of one head office. The caller is the writer thread or a command of its own."""

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
