"""Between a computed count and the order that posts it: lines with value, who posts, who counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from pos.domain.goods.count_reasons import VarianceReason
from pos.domain.goods.documents import Signature
from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.domain.goods.variance import CountLine
from sync.head_office import count_ledger, count_rows, goods_items
from sync.head_office.count_rows import KeptLine, StockCount
from sync.head_office.dialect import Dialect

RESULT: Final = "-R"
"""What the order of a result adds to the count's number."""


def kept_lines(
    dialect: Dialect, count: StockCount, lines: Sequence[CountLine], day: str
) -> list[KeptLine]:
    """Differences with names, cost and price; a reason given before stays where a line is equal."""
    before = {
        (line.item_code, line.batch): line
        for line in count_rows.lines(dialect, count.store_id, count.count_id)
    }
    codes = sorted({line.item_code for line in lines})
    known = goods_items.items(dialect, codes, count.store_id)
    costs = count_rows.costs(dialect, count.store_id, codes)
    prices = count_rows.prices(dialect, count.store_id, codes, day)
    made = []
    for line in lines:
        item = known.get(line.item_code)
        kept = before.get((line.item_code, line.batch))
        same = kept is not None and kept.variance_milli == line.variance_milli
        reason, note, reason_by = ("", "", "")
        if kept is not None and same:
            reason, note, reason_by = kept.reason, kept.note, kept.reason_by
        elif not line.item_variance_milli:
            reason = VarianceReason.BATCH.value
        made.append(
            KeptLine(
                item_code=line.item_code,
                batch=line.batch,
                description=item.name if item else "",
                item_class=item.item_class if item else "",
                unit=item.unit if item else "",
                counted_milli=line.counted_milli,
                expected_milli=line.expected_milli,
                item_variance_milli=line.item_variance_milli,
                unit_cost_e4=costs.get(line.item_code),
                unit_price_e4=prices.get(line.item_code),
                finding=line.finding.value,
                pass_no=line.pass_no,
                counted_utc_ms=line.at_utc_ms,
                moved_meanwhile_milli=line.moved_meanwhile_milli,
                areas=line.areas,
                counters=line.counters,
                reason=reason,
                note=note,
                reason_by=reason_by,
            )
        )
    return made


def poster(dialect: Dialect, count: StockCount, workstation_id: str = "") -> tuple[int, str]:
    """Number and identity of the till that posts: the named one, else where the count ended."""
    where, value = (
        ("workstation_id", workstation_id)
        if workstation_id
        else ("workstation_no", count.to_workstation_no)
    )
    row = dialect.one(
        "SELECT workstation_no, workstation_uuid FROM workstation WHERE store_id = ? "
        f"AND {where} = ? AND state = 'active'",
        (count.store_id, value),
    ) or dialect.one(
        "SELECT workstation_no, workstation_uuid FROM workstation WHERE store_id = ? "
        "AND state = 'active' ORDER BY workstation_no LIMIT 1",
        (count.store_id,),
    )
    if row is None:
        raise LookupError(f"store {count.store_id} has no till that could post the result")
    return int(row[0]), str(row[1])


def counters(dialect: Dialect, count: StockCount) -> set[str]:
    """Numbers and names of everybody who counted (CTL-05)."""
    found = count_ledger.counted(dialect, count.store_id, count.count_id)
    ids = {scan.counter_id for scan in found.scans}
    return ids | count_rows.operator_names(dialect, count.store_id, sorted(ids))


def result_order(count: StockCount, lines: Sequence[KeptLine], uuid: str) -> Order:
    """The order by which one till posts a result; not signed yet."""
    fields: dict[str, Any] = {
        "count_id": count.count_id,
        "count_kind": count.count_kind,
        "document_uuid": count.document_uuid,
        "posted_by": count.posted_by,
        "checked_by": count.checked_by,
        "total_milli": str(sum(line.variance_milli for line in lines)),
    }
    return Order(
        order_id=f"{count.count_id}{RESULT}",
        order_kind=OrderKind.COUNT_RESULT.value,
        order_no=count.count_id,
        due_day=count.due_day,
        to_workstation_uuid=uuid,
        lines=tuple(
            OrderLine(
                line_no=number,
                item_code=line.item_code,
                quantity_milli=line.variance_milli,
                description=line.description,
                unit=line.unit,
                unit_cost_e4=line.unit_cost_e4,
                batch=line.batch,
                reason=line.reason,
            )
            for number, line in enumerate(lines, start=1)
        ),
        fields=fields,
    )


def signature(name: str, at_utc_ms: int) -> Signature:
    """A person of head office as a signer."""
    return Signature(slot=0, operator_id=name, name=name, at_utc_ms=at_utc_ms)
