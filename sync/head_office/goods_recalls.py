"""Holds and recalls: a notice goes down as holds that no PIN overrides, and as an order to recall.

The holds are one publication of their own, so that no other news waits in it; the tills that have
not applied it yet are listed by the version that their heartbeats report. Only another person with
another right lifts a notice (QLT-04, QLT-05).
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from typing import Any, Final

import msgspec

from pos.domain.goods.orders import Order, OrderKind, OrderLine
from pos.i18n import N_
from sync.head_office import goods_items, rights
from sync.head_office.goods_orders import GoodsOrders, WrongState
from sync.head_office.goods_recall_progress import Progress, progress
from sync.head_office.order_documents import ENDED_STATES
from sync.head_office.people import Person
from sync.head_office.refusals import refused
from sync.protocol import FeedChanges, FeedHold

MAX_HOLDS: Final = 1_000
"""Batches and serial numbers of one notice."""

_RANGE = re.compile(r"(\D*)(\d{1,18})\s*(?:\.\.|~|～|至)\s*(\D*)(\d{1,18})", re.ASCII)


class Notice(msgspec.Struct, frozen=True, kw_only=True):
    """A hold notice."""

    store_id: str
    """Empty for every store."""

    notice_id: str
    notice_no: str
    item_code: str
    item_name: str
    reason: str
    batches: tuple[str, ...] = ()
    serials: tuple[str, ...] = ()
    recall: bool = False
    """Goods already sold are called back as well."""

    issued_by: str
    issued_utc_ms: int
    publication_no: int
    lifted_by: str = ""
    lifted_utc_ms: int = 0
    lift_reason: str = ""

    @property
    def hold_ids(self) -> tuple[str, ...]:
        """Ids of its holds in the feed."""
        count = max(len(self.batches) + len(self.serials), 1)
        return tuple(f"{self.notice_id}-{number}" for number in range(1, count + 1))


class NotApplied(msgspec.Struct, frozen=True, kw_only=True):
    """A till that has not yet applied a notice, as far as head office heard."""

    store_id: str
    store_name: str
    workstation_id: str
    contact: str
    last_heard_utc_ms: int
    at_version: int
    wanted_version: int


class Recalls:
    """Notices of one head office. The caller is the writer."""

    def __init__(self, orders: GoodsOrders) -> None:
        """Work on the order documents."""
        self.orders = orders
        self.feed = orders.feed
        self.office = orders.office
        self.dialect = orders.dialect

    def issue(
        self,
        person: Person,
        *,
        notice_no: str,
        item_code: str,
        reason: str,
        batches: Sequence[str] = (),
        serials: Sequence[str] = (),
        store_id: str = "",
        recall: bool = False,
    ) -> Notice:
        """Hold an item, batches or packs of it at one store or everywhere.

        With `recall` also call back what was sold. Raises NotAllowed, ValueError.
        """
        rights.require(person.name, person.role, rights.RECALL_ISSUE)
        if not notice_no.strip():
            raise refused("notice_no", N_("Expected the notice's number: the till shows it."))
        if not reason.strip():
            raise refused("reason", N_("Expected a reason: the till shows it."))
        if len(batches) + len(serials) > MAX_HOLDS:
            raise refused(
                "batches",
                N_("Expected at most %(most)s batches or serial numbers."),
                most=MAX_HOLDS,
            )
        item = goods_items.item_of(self.dialect, item_code, store_id)
        item_code = item.item_code
        now_ms = self.office.clock_ms()
        notice = Notice(
            store_id=store_id,
            notice_id=secrets.token_hex(6),
            notice_no=notice_no.strip()[:60],
            item_code=item_code,
            item_name=item.name,
            reason=reason.strip()[:200],
            batches=tuple(dict.fromkeys(batches)),
            serials=tuple(dict.fromkeys(serials)),
            recall=recall,
            issued_by=person.name,
            issued_utc_ms=now_ms,
            publication_no=0,
        )
        with self.dialect.transaction():
            number = self.feed.publish(
                FeedChanges(holds=_holds(notice)), scope=store_id, by=person.name
            )
            notice = msgspec.structs.replace(notice, publication_no=number)
            self.dialect.execute(
                "INSERT INTO recall_notice (store_id, notice_id, notice_no, item_code, reason, "
                "issued_by, issued_utc_ms, publication_no, body) VALUES (?, ?, ?, ?, ?, ?, ?, ?, "
                "?)",
                (
                    store_id,
                    notice.notice_id,
                    notice.notice_no,
                    item_code,
                    notice.reason,
                    person.name,
                    now_ms,
                    number,
                    msgspec.json.encode(notice).decode(),
                ),
            )
            if recall:
                for each in self._stores(store_id):
                    self.orders.publish_order(each, _order(notice), by=person.name)
        return notice

    def lift(self, person: Person, notice_id: str, reason: str) -> Notice:
        """Lift a notice at head office. Raises NotAllowed, LookupError, WrongState, ValueError."""
        rights.require(person.name, person.role, rights.RECALL_LIFT)
        if not reason.strip():
            raise refused("reason", N_("Expected a reason why the goods may be sold again."))
        with self.dialect.transaction():
            notice = self.get(notice_id)
            if notice.lifted_by:
                raise WrongState(f"notice {notice.notice_no} was lifted by {notice.lifted_by}")
            rights.require_another(person.name, notice.issued_by)
            self.feed.publish(
                FeedChanges(removed={"holds": notice.hold_ids}),
                scope=notice.store_id,
                by=person.name,
            )
            self.dialect.execute(
                "UPDATE recall_notice SET lifted_by = ?, lifted_utc_ms = ?, lift_reason = ? "
                "WHERE notice_id = ?",
                (person.name, self.office.clock_ms(), reason.strip()[:200], notice_id),
            )
            for each in self._stores(notice.store_id):
                kept = self.orders.find(each, f"RC-{notice_id}")
                if kept is not None and kept.state not in ENDED_STATES:
                    self.orders.close_order(each, kept.order_id, by=person.name, note=reason)
            return self.get(notice_id)

    # -------------------------------------------------------------------- reading

    def get(self, notice_id: str) -> Notice:
        """One notice; raises LookupError."""
        row = self.dialect.one(
            f"SELECT {_COLUMNS} FROM recall_notice WHERE notice_id = ?", (notice_id,)
        )
        if row is None:
            raise LookupError(f"there is no notice {notice_id[:40]!r}")
        return _notice(row)

    def all(self, *, standing: bool = False, limit: int = 100) -> list[Notice]:
        """Notices, the latest first; only those in force with `standing`."""
        where = " WHERE lifted_utc_ms = 0" if standing else ""
        rows = self.dialect.query(
            f"SELECT {_COLUMNS} FROM recall_notice{where} "
            "ORDER BY issued_utc_ms DESC, notice_id LIMIT ?",
            (limit,),
        )
        return [_notice(row) for row in rows]

    def not_applied(self, notice: Notice) -> list[NotApplied]:
        """Enrolled tills whose catalogue is older than the notice, the longest unheard first."""
        rows = self.dialect.query(
            "SELECT w.store_id, s.name, w.workstation_id, s.contact, w.last_seen_utc_ms, "
            "COALESCE(h.catalogue_version, 0), f.version, h.received_utc_ms, "
            "(SELECT MAX(e.last_seen_utc_ms) FROM epoch e WHERE e.store_id = w.store_id "
            "AND e.workstation_no = w.workstation_no) FROM workstation w "
            "JOIN store s ON s.store_id = w.store_id "
            "JOIN feed f ON f.store_id = w.store_id AND f.publication_no = ? "
            "LEFT JOIN heartbeat h ON h.store_id = w.store_id "
            "AND h.workstation_no = w.workstation_no "
            "WHERE w.state = 'active' AND COALESCE(h.catalogue_version, 0) < f.version "
            "ORDER BY w.store_id, w.workstation_id",
            (notice.publication_no,),
        )
        found = [
            NotApplied(
                store_id=str(row[0]),
                store_name=str(row[1]),
                workstation_id=str(row[2]),
                contact=str(row[3]),
                # As on the page of the tills: entries and beats are heard too, not only questions.
                last_heard_utc_ms=max(int(value or 0) for value in (row[4], *row[7:9])),
                at_version=int(row[5]),
                wanted_version=int(row[6]),
            )
            for row in rows
        ]
        return sorted(found, key=lambda till: till.last_heard_utc_ms)

    def progress(self, notice: Notice) -> list[Progress]:
        """Sold against taken back by store (QLT-05)."""
        return progress(self.dialect, notice, self._stores(notice.store_id))

    # -------------------------------------------------------------------- helpers

    def _stores(self, store_id: str) -> list[str]:
        rows = self.dialect.query(
            "SELECT store_id FROM store"
            + (" WHERE store_id = ?" if store_id else "")
            + " ORDER BY store_id",
            (store_id,) if store_id else (),
        )
        return [str(row[0]) for row in rows]


def parts_of(text: str, *, field: str = "batches") -> tuple[str, ...]:
    """Batches or serial numbers as typed: parted by blanks or commas, `A001..A050` for a range.

    Raises ValueError for a range that runs backwards, differs in its letters or is too long.
    """
    found: list[str] = []
    for part in re.split(r"[,，;；\s]+", re.sub(r"\s*(\.\.|~|～|至)\s*", r"..", text.strip())):
        match = _RANGE.fullmatch(part)
        if match is None:
            found += [part] if part else []
            continue
        before, first, after, last = match.groups()
        count = int(last) - int(first) + 1
        if (after or before) != before or not 1 <= count <= MAX_HOLDS:
            raise refused(
                field, N_("Expected a range such as A001..A050, got %(typed)s."), typed=part[:60]
            )
        found += [
            f"{before}{number:0{len(first)}d}" for number in range(int(first), int(last) + 1)
        ]
    if len(found) > MAX_HOLDS:
        raise refused(
            field, N_("Expected at most %(most)s batches or serial numbers."), most=MAX_HOLDS
        )
    return tuple(dict.fromkeys(found))


_COLUMNS = "body, publication_no, lifted_by, lifted_utc_ms, lift_reason"


def _notice(row: tuple[Any, ...]) -> Notice:
    return msgspec.structs.replace(
        msgspec.json.decode(str(row[0]), type=Notice),
        publication_no=int(row[1]),
        lifted_by=str(row[2]),
        lifted_utc_ms=int(row[3]),
        lift_reason=str(row[4]),
    )


def _holds(notice: Notice) -> tuple[FeedHold, ...]:
    parts = [(batch, "") for batch in notice.batches]
    parts += [("", serial) for serial in notice.serials]
    return tuple(
        FeedHold(
            hold_id=hold_id,
            item_code=notice.item_code,
            reason=f"{notice.notice_no} {notice.reason}",
            since_utc_ms=notice.issued_utc_ms,
            batch=batch,
            serial=serial,
        )
        for hold_id, (batch, serial) in zip(notice.hold_ids, parts or [("", "")], strict=True)
    )


def _order(notice: Notice) -> Order:
    lines = [
        OrderLine(
            line_no=number,
            item_code=notice.item_code,
            quantity_milli=0,
            description=notice.item_name,
            batch=batch,
            reason=notice.reason,
        )
        for number, batch in enumerate(notice.batches, start=1)
    ]
    if notice.serials or not lines:
        lines.append(
            OrderLine(
                line_no=len(lines) + 1,
                item_code=notice.item_code,
                quantity_milli=0,
                description=notice.item_name,
                unit_codes=notice.serials,
                reason=notice.reason,
            )
        )
    return Order(
        order_id=f"RC-{notice.notice_id}",
        order_no=notice.notice_no,
        order_kind=OrderKind.RECALL.value,
        lines=tuple(lines),
        fields={
            "notice_no": notice.notice_no,
            "item_code": notice.item_code,
            "hold_ids": " ".join(notice.hold_ids[:20]),
        },
        note=notice.reason,
    )
