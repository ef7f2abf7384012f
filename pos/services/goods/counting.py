"""Counting goods at the till while it trades (STK-04..12, R14).

Each scan is on disk at once with its time and the journal's sequence at that moment; scans go up
in entries of a hundred, at the end of an area, and before the shop closes. Head office computes
the variance when it gave the order; a lone shop does so itself (`count_posting`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import Future

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.counting import CountAction, CountEvent, CountKind, CountScan
from pos.domain.goods.variance import LAST_PASS, Ledger, Moved, to_recount
from pos.domain.journal import EntryKind
from pos.i18n import N_
from pos.services.context import Till
from pos.services.goods import books
from pos.services.goods.count_states import CountState, state
from pos.services.goods.days import stock_day
from pos.store import counts, goods_reference
from pos.store.counts import Group, StoredScan
from pos.store.journal import WriteTransaction

_STALE_MS = 60_000
_LOCAL = "here"
"""Workstation of a till that head office has not named."""


# ------------------------------------------------------------------------------ opening, ending


def may_open(till: Till, kind: CountKind) -> Refusal | None:
    """Why the operator may not open such a count here, or None (STK-05).

    A detailed count is opened by head office's order or by finance; the store's own people neither
    open nor approve one.
    """
    right = "stock.count_open" if kind is CountKind.DETAILED else "stock.count"
    if till.operator is None or not till.operator.role.may(right):
        return Refusal(
            "no_right",
            N_("a detailed count is opened by finance or head office, not by the shop")
            if kind is CountKind.DETAILED
            else N_("this needs somebody who may count"),
            {"right": right},
        )
    return None


def begin(
    till: Till,
    kind: CountKind,
    *,
    passes: int = 1,
    item_classes: Sequence[str] = (),
    item_codes: Sequence[str] = (),
    note: str = "",
) -> CountState | Refusal:
    """Open a count at this till; nothing is counted twice meanwhile."""
    refusal = may_open(till, kind)
    if refusal is not None:
        return refusal
    if kind is CountKind.OPENING and books.are_open(till):
        return Refusal("opened", N_("the books are open; later counts post their difference"))
    identity = till.journal.identity
    now = till.clock.utc_ms()
    stem = f"{stock_day(till).replace('-', '')}-{identity.workstation_id}-"
    count_id = f"{stem}{counts.how_many(till.journal.reader(), stem) + 1:02d}"
    opened = CountState(
        count_id=count_id,
        kind=kind,
        passes=passes,
        item_classes=tuple(item_classes),
        item_codes=tuple(item_codes),
        note=note,
        begun=True,
        opened_utc_ms=now,
    )
    _event(till, _opened(opened)).result()
    return opened


def join(till: Till, wanted: CountState) -> CountState:
    """Begin to count an order of head office at this till; a second time changes nothing."""
    here = state(till, wanted.count_id)
    if here is not None and here.begun and not here.ended:
        return here
    _event(till, _opened(wanted)).result()
    return state(till, wanted.count_id) or wanted


def assign(
    till: Till, count: CountState, pass_no: int, area: str, counter_id: str
) -> Refusal | None:
    """Give an area to a counter; the two blind passes are different people's (STK-05)."""
    area = area.strip()
    if not area:
        return Refusal("no_area", N_("an area needs a name or a number"))
    other = 3 - pass_no if pass_no < LAST_PASS else 0
    if other and counter_id in count.pass_counters(other):
        return Refusal(
            "same_counter",
            N_("this person counts in the other pass; somebody else must count this one"),
        )
    _event(
        till,
        CountEvent(
            count_id=count.count_id,
            action=CountAction.ASSIGNED,
            count_kind=count.kind,
            pass_no=pass_no,
            area=area,
            counter_id=counter_id,
            order_id=count.order_id,
        ),
    ).result()
    return None


def area_done(till: Till, count: CountState, pass_no: int, area: str) -> Future[None]:
    """An area is counted: its scans go into the journal with the word that it is done."""
    known = count.areas.get((pass_no, area))
    return _event(
        till,
        CountEvent(
            count_id=count.count_id,
            action=CountAction.AREA_DONE,
            count_kind=count.kind,
            pass_no=pass_no,
            area=area,
            counter_id=known.counter_id if known else "",
            order_id=count.order_id,
        ),
        flush=count.count_id,
    )


def end(till: Till, count: CountState, note: str = "") -> Future[None]:
    """No more is counted at this till; what was found is on its way to head office."""
    return _event(
        till,
        CountEvent(
            count_id=count.count_id,
            action=CountAction.ENDED,
            count_kind=count.kind,
            order_id=count.order_id,
            note=note,
        ),
        flush=count.count_id,
    )


def cancel(till: Till, count: CountState, reason: str) -> Future[None]:
    """Give a count up; what was scanned stays in the journal and posts nothing."""
    return _event(
        till,
        CountEvent(
            count_id=count.count_id,
            action=CountAction.CANCELLED,
            count_kind=count.kind,
            order_id=count.order_id,
            note=reason,
        ),
        flush=count.count_id,
    )


# ---------------------------------------------------------------------------------- scanning


def scan(till: Till, group: Group, line: CountScan) -> Future[CountScan]:
    """Count one line: on disk at once, with the journal's sequence of that very transaction.

    `group` is (count, pass, area, counter). A correction is a line with a negative quantity.
    """
    operator_id, day = till.operator_id, stock_day(till)
    timed = msgspec.structs.replace(
        line,
        at_utc_ms=till.clock.utc_ms(),
        at_local=till.local_iso(),
        head_office_offset_ms=till.clock.head_office_offset_ms,
    )

    def job(txn: WriteTransaction) -> CountScan:
        placed = counts.put_scan(txn, group, timed)
        if counts.waiting(txn.connection, group) >= counts.BATCH:
            counts.journal_group(txn, group, operator_id=operator_id, business_day=day)
        return placed

    return till.write(job, together=True)


def counted_line(
    item_code: str, quantity_milli: int, *, batch: str = "", unit_code: str = ""
) -> CountScan:
    """A line to count; time and place in the journal are set when it is written."""
    return CountScan(
        item_code=item_code,
        quantity_milli=quantity_milli,
        at_utc_ms=0,
        after_seq=0,
        batch=batch,
        unit_code=unit_code,
    )


def flush(till: Till, count_id: str = "") -> None:
    """Journal scans that wait, of one count or of all; before the shop closes, and now and then."""
    if not counts.waiting_groups(till.journal.reader(), count_id):
        return
    operator_id, day = till.operator_id, stock_day(till)
    till.write(lambda txn: _flush(txn, count_id, operator_id, day)).result()


def flush_stale(till: Till) -> None:
    """Journal scans that wait when nobody has scanned for a while: head office sees how far it is."""
    newest = counts.newest_waiting_utc_ms(till.journal.reader())
    if newest and till.clock.utc_ms() - newest > _STALE_MS:
        flush(till)


def waiting(till: Till) -> int:
    """Scans that are on disk and not in the journal yet."""
    row = till.journal.reader().execute("SELECT count(*) FROM count_draft_scan").fetchone()
    return int(row[0])


def recount_list(till: Till, count: CountState) -> list[str]:
    """Items whose two blind passes disagree, by code; no quantity is told.

    Head office's list, where its order names one; else what this till can see: its own scans and
    its own movements between them.
    """
    order = till.reference.ask(lambda c: goods_reference.order(c, count.order_id), None)
    if order is not None and order.fields.get("recount"):
        return order.fields["recount"].split("\n")
    if count.passes < 2:
        return []
    found = scans(till, count.count_id)
    own = own_name(till)
    moves = movements_since_first(till, found)
    return to_recount([one.as_scanned(own) for one in found], Ledger({}, moves))


def scans(till: Till, count_id: str) -> list[StoredScan]:
    """Every scan of a count at this till."""
    return counts.scans(till.journal.reader(), count_id)


def counters(till: Till, count_id: str) -> set[str]:
    """Everybody who counted in a count at this till, or to whom an area of it was given."""
    reader = till.journal.reader()
    found = counts.counters_of(reader, count_id)
    for event in counts.events(reader, count_id):
        if event.body.action in (CountAction.ASSIGNED, CountAction.AREA_DONE):
            found.add(event.body.counter_id)
    found.discard("")
    return found


# ------------------------------------------------------------------------------------ helpers


def _opened(count: CountState) -> CountEvent:
    return CountEvent(
        count_id=count.count_id,
        action=CountAction.OPENED,
        count_kind=count.kind,
        item_classes=count.item_classes,
        item_codes=count.item_codes,
        passes=count.passes,
        order_id=count.order_id,
        note=count.note,
    )


def _event(till: Till, event: CountEvent, *, flush: str = "") -> Future[None]:
    operator_id, day = till.operator_id, stock_day(till)

    def job(txn: WriteTransaction) -> None:
        if flush:
            _flush(txn, flush, operator_id, day)
        txn.append(EntryKind.COUNT_EVENT, event, operator_id=operator_id, business_day=day)

    return till.write(job)


def _flush(txn: WriteTransaction, count_id: str, operator_id: str, day: str) -> None:
    for group in counts.waiting_groups(txn.connection, count_id):
        counts.journal_group(txn, group, operator_id=operator_id, business_day=day)


def own_name(till: Till) -> str:
    """Name of this workstation among the moments of a count."""
    return till.journal.identity.workstation_uuid or _LOCAL


def movements_since_first(
    till: Till, found: Iterable[StoredScan], items: Iterable[str] = ()
) -> list[Moved]:
    """This till's movements from the count's first scan on, of counted items and of `items`."""
    listed = list(found)
    if not listed:
        return []
    wanted = {one.item_code for one in listed if one.item_code} | set(items)
    own = own_name(till)
    first = min(listed, key=lambda one: (one.epoch_no, one.after_seq)).as_scanned(own).moment
    return counts.own_movements(till.journal.reader(), own, wanted, first)
