"""日盘总数 at handover: pieces of chosen classes, counted by who goes and who comes (STK-04, CSH-03).

One figure a class, not an item; both people sign with their PINs. What differs from the books is
recorded with its reason; nothing here keeps the next shift from beginning.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future

import msgspec

from pos.domain.goods.counting import CountAction, CountEvent, CountKind, CountScan, CountScans
from pos.domain.goods.handover_totals import ClassTotal, HandoverTotals
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import stock
from pos.services.goods.days import stock_day
from pos.services.goods.rules import rule_for
from pos.store.journal import WriteTransaction


def books(till: Till) -> dict[str, int]:
    """Class → pieces in the shop by the books, for classes that are counted at each handover."""
    found: dict[str, int] = {}
    for item_code, quantity in stock.shop_quantities(till).items():
        item = catalogue.find_item(till, item_code)
        if item is not None and item.item_class and rule_for(till, item).counted_daily:
            found[item.item_class] = found.get(item.item_class, 0) + quantity
    return dict(sorted(found.items()))


def classes(till: Till) -> list[str]:
    """What to count now; empty where the shop does not (setting `stock.daily_total`)."""
    return list(books(till)) if till.settings.stock.daily_total else []


def record(till: Till, handed: HandoverTotals) -> Future[None]:
    """Journal the totals of one handover by themselves; see `writer`."""
    return till.write(writer(till, handed))


def writer(till: Till, handed: HandoverTotals) -> Callable[[WriteTransaction], None]:
    """What journals the totals of one handover: what was counted, by whom, and what differs.

    It goes into the transaction that closes the shift, so that the slip says what is recorded.
    """
    operator_id, day, shift_no = till.operator_id, stock_day(till), till.shift_no
    count_id = f"T{day.replace('-', '')}-{till.journal.identity.workstation_id}-{shift_no}"
    at_utc_ms, at_local = till.clock.utc_ms(), till.local_iso()
    offset = till.clock.head_office_offset_ms
    totals = handed.totals
    outgoing_id = handed.outgoing_signed_by or operator_id

    def job(txn: WriteTransaction) -> None:
        def append(kind: EntryKind, body: msgspec.Struct) -> None:
            txn.append(kind, body, operator_id=operator_id, business_day=day)

        after_seq = txn.last_seq
        for pass_no, counter_id in ((1, outgoing_id), (2, handed.receiver_id)):
            scans = tuple(
                CountScan(
                    item_code="",
                    quantity_milli=quantity,
                    at_utc_ms=at_utc_ms,
                    after_seq=after_seq,
                    description=one.item_class,
                    at_local=at_local,
                    head_office_offset_ms=offset,
                )
                for one in totals
                if (quantity := one.outgoing_milli if pass_no == 1 else one.incoming_milli)
                is not None
            )
            if scans:
                append(
                    EntryKind.COUNT_SCANS,
                    CountScans(
                        count_id=count_id,
                        pass_no=pass_no,
                        area="",
                        counter_id=counter_id,
                        scans=scans,
                    ),
                )
        for one in totals:
            append(EntryKind.REGISTER_NOTED, _note(one, count_id, handed))
        append(
            EntryKind.COUNT_EVENT,
            CountEvent(
                count_id=count_id,
                action=CountAction.ENDED,
                count_kind=CountKind.TOTAL,
                counter_id=operator_id,
                item_classes=tuple(one.item_class for one in totals),
                note="" if totals else "not counted",
            ),
        )

    return job


def _note(one: ClassTotal, count_id: str, handed: HandoverTotals) -> RegisterNoted:
    fields = {
        "outgoing_milli": str(one.outgoing_milli),
        "incoming_milli": "" if one.incoming_milli is None else str(one.incoming_milli),
        "book_milli": str(one.book_milli),
        "reason": one.reason,
        "outgoing_signed_by": handed.outgoing_signed_by,
        "incoming_signed_by": handed.incoming_signed_by,
    }
    return RegisterNoted(
        register=Register.BOOKS,
        subject=one.item_class,
        action="daily_total",
        quantity_milli=one.difference_milli,
        document_no=count_id,
        person_id=handed.receiver_id,
        fields={name: value for name, value in fields.items() if value},
    )
