"""Suppliers at head office: entered by one person, approved by another, dropped when they fail.

Only an approved supplier is published to the stores (SUP-02); one whose name or tolerance changes
is approved again first, and until then the stores go on with what they were told.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from pos.config.mnemonic import mnemonic
from pos.domain.canonical import encode_canonical
from pos.domain.goods.orders import Supplier, SupplierState
from pos.i18n import N_
from sync.head_office import rights
from sync.head_office.catalogue import clean_text
from sync.head_office.feed import Feed
from sync.head_office.order_documents import OrderEvent
from sync.head_office.people import Person
from sync.head_office.refusals import Problem, Refused, refused
from sync.protocol import FeedChanges

MAX_TOLERANCE_BP = 2_000
_ID = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,39}", re.ASCII)


class SupplierRecord(msgspec.Struct, frozen=True, kw_only=True):
    """A supplier as head office keeps it."""

    supplier: Supplier
    approved_by: str
    approved_utc_ms: int
    entered_by: str
    changed_utc_ms: int

    @property
    def approved(self) -> bool:
        """Whether goods may be ordered there, as far as approval goes."""
        return bool(self.approved_by)


class UnusableSupplier(ValueError):
    """Not approved, or dropped: nothing is ordered there."""

    code = "unusable_supplier"


class Suppliers:
    """Suppliers of one head office. The caller is the writer."""

    def __init__(self, feed: Feed) -> None:
        """Work on an open head office through its feed."""
        self.feed = feed
        self.office = feed.office
        self.dialect = feed.dialect

    def enter(self, person: Person, supplier: Supplier) -> SupplierRecord:
        """Add a supplier, or change one; raises NotAllowed, ValueError."""
        rights.require(person.name, person.role, rights.SUPPLIER_EDIT)
        supplier = _checked(supplier)
        with self.dialect.transaction():
            before = self.find(supplier.supplier_id)
            now_ms = self.office.clock_ms()
            if before is not None and before.supplier == supplier:
                return before
            keeps = before is not None and not _matters(before.supplier, supplier)
            record = SupplierRecord(
                supplier=supplier,
                approved_by=before.approved_by if keeps and before else "",
                approved_utc_ms=before.approved_utc_ms if keeps and before else 0,
                entered_by=person.name if not keeps or before is None else before.entered_by,
                changed_utc_ms=now_ms,
            )
            self._save(record)
            self._note(
                supplier.supplier_id, "entered" if before is None else "edited", person.name
            )
            if record.approved:
                self._publish(supplier, person.name)
        return record

    def approve(self, person: Person, supplier_id: str, note: str = "") -> SupplierRecord:
        """Approve a supplier whom somebody else entered (SUP-02); raises NotAllowed."""
        rights.require(person.name, person.role, rights.SUPPLIER_APPROVE)
        with self.dialect.transaction():
            record = self.get(supplier_id)
            if record.approved:
                return record
            rights.require_another(person.name, record.entered_by)
            approved = msgspec.structs.replace(
                record, approved_by=person.name, approved_utc_ms=self.office.clock_ms()
            )
            self._save(approved)
            self._note(supplier_id, "approved", person.name, note)
            self._publish(approved.supplier, person.name)
        return approved

    def set_state(
        self, person: Person, supplier_id: str, state: str, note: str = ""
    ) -> SupplierRecord:
        """Let a supplier rectify, drop it or take it back after evaluation (SUP-01).

        A dropped supplier that is taken back is approved anew by another person.
        """
        rights.require(person.name, person.role, rights.SUPPLIER_APPROVE)
        wanted = SupplierState(state)
        if wanted is not SupplierState.ACTIVE and not note.strip():
            raise refused("note", N_("Expected a reason: it is kept with the evaluation."))
        with self.dialect.transaction():
            record = self.get(supplier_id)
            before = record.supplier.state
            back = before == SupplierState.DROPPED.value and wanted is not SupplierState.DROPPED
            changed = msgspec.structs.replace(
                record,
                supplier=msgspec.structs.replace(record.supplier, state=wanted.value),
                changed_utc_ms=self.office.clock_ms(),
                approved_by="" if back else record.approved_by,
                approved_utc_ms=0 if back else record.approved_utc_ms,
                entered_by=person.name if back else record.entered_by,
            )
            self._save(changed)
            self._note(supplier_id, wanted.value, person.name, note)
            if changed.approved:
                self._publish(changed.supplier, person.name)
        return changed

    def usable(self, supplier_id: str) -> Supplier:
        """A supplier from whom goods may be ordered; raises LookupError, UnusableSupplier."""
        record = self.get(supplier_id)
        if not record.approved:
            raise UnusableSupplier(f"{record.supplier.name} is not approved yet")
        if record.supplier.state == SupplierState.DROPPED.value:
            raise UnusableSupplier(f"{record.supplier.name} was dropped")
        return record.supplier

    def get(self, supplier_id: str) -> SupplierRecord:
        """One supplier; raises LookupError."""
        found = self.find(supplier_id)
        if found is None:
            raise LookupError(f"supplier {supplier_id!r} is unknown")
        return found

    def find(self, supplier_id: str) -> SupplierRecord | None:
        """One supplier, or None."""
        row = self.dialect.one(
            f"SELECT {_COLUMNS} FROM supplier WHERE supplier_id = ?", (supplier_id,)
        )
        return None if row is None else _record(row)

    def all(self) -> list[SupplierRecord]:
        """Every supplier, by number."""
        rows = self.dialect.query(f"SELECT {_COLUMNS} FROM supplier ORDER BY supplier_id")
        return [_record(row) for row in rows]

    def events(self, supplier_id: str) -> list[OrderEvent]:
        """What was done with a supplier, in order: entered, approved, evaluated."""
        rows = self.dialect.query(
            "SELECT event_no, at_utc_ms, by_name, action, note FROM supplier_event "
            "WHERE supplier_id = ? ORDER BY event_no",
            (supplier_id,),
        )
        return [
            OrderEvent(
                event_no=int(row[0]),
                at_utc_ms=int(row[1]),
                by_name=str(row[2]),
                action=str(row[3]),
                state="",
                note=str(row[4]),
            )
            for row in rows
        ]

    # --------------------------------------------------------------------- helpers

    def _publish(self, supplier: Supplier, by: str) -> None:
        if not self.feed.unchanged("suppliers", [supplier]):
            self.feed.publish(FeedChanges(suppliers=(supplier,)), by=by)

    def _save(self, record: SupplierRecord) -> None:
        supplier = record.supplier
        self.dialect.upsert(
            "supplier",
            (
                "supplier_id",
                "name",
                "state",
                "approved_by",
                "approved_utc_ms",
                "entered_by",
                "changed_utc_ms",
                "body",
            ),
            [
                (
                    supplier.supplier_id,
                    supplier.name,
                    supplier.state,
                    record.approved_by,
                    record.approved_utc_ms,
                    record.entered_by,
                    record.changed_utc_ms,
                    encode_canonical(supplier).decode(),
                )
            ],
            "supplier_id",
            "name = excluded.name, state = excluded.state, approved_by = excluded.approved_by, "
            "approved_utc_ms = excluded.approved_utc_ms, entered_by = excluded.entered_by, "
            "changed_utc_ms = excluded.changed_utc_ms, body = excluded.body",
        )

    def _note(self, supplier_id: str, action: str, by: str, note: str = "") -> None:
        row = self.dialect.one(
            "SELECT COALESCE(MAX(event_no), 0) + 1 FROM supplier_event WHERE supplier_id = ?",
            (supplier_id,),
        )
        self.dialect.execute(
            "INSERT INTO supplier_event (supplier_id, event_no, at_utc_ms, by_name, action, note) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (
                supplier_id,
                int(row[0]) if row else 1,
                self.office.clock_ms(),
                by,
                action,
                note.strip()[:500],
            ),
        )


_COLUMNS = "body, approved_by, approved_utc_ms, entered_by, changed_utc_ms"


def _record(row: tuple[Any, ...]) -> SupplierRecord:
    return SupplierRecord(
        supplier=msgspec.json.decode(str(row[0]), type=Supplier),
        approved_by=str(row[1]),
        approved_utc_ms=int(row[2]),
        entered_by=str(row[3]),
        changed_utc_ms=int(row[4]),
    )


def _checked(supplier: Supplier) -> Supplier:
    problems: list[Problem] = []
    if _ID.fullmatch(supplier.supplier_id) is None:
        problems.append(
            Problem(
                "supplier",
                N_("Expected a supplier number of letters and digits, got %(typed)s."),
                {"typed": supplier.supplier_id[:60] or "-"},
            )
        )
    name = clean_text(supplier.name)
    if not 1 <= len(name) <= 100:
        problems.append(
            Problem("name", N_("Expected a name of 1 to %(most)s characters."), {"most": "100"})
        )
    if supplier.state not in set(SupplierState):
        raise ValueError(f"expected active, rectify or dropped, got {supplier.state[:40]!r}")
    if not 0 <= supplier.tolerance_bp <= MAX_TOLERANCE_BP:
        most = {"most": str(MAX_TOLERANCE_BP // 100)}
        problems.append(Problem("tolerance", N_("Expected at most %(most)s %%."), most))
    if not 0 <= supplier.lead_days <= 365:
        problems.append(Problem("lead_days", N_("Expected 0 to %(most)s days."), {"most": "365"}))
    days = "".join(sorted(set(supplier.delivery_weekdays)))
    if re.fullmatch("[1-7]*", days) is None:
        problems.append(
            Problem("weekday", N_("Expected delivery weekdays as digits, 1 is Monday."))
        )
    if problems:
        raise Refused(problems)
    return msgspec.structs.replace(
        supplier,
        name=name,
        contact=clean_text(supplier.contact)[:100],
        phone=clean_text(supplier.phone)[:60],
        delivery_weekdays=days,
        mnemonic=supplier.mnemonic or mnemonic(name)[:40],
    )


def _matters(before: Supplier, after: Supplier) -> bool:
    """Whether a change asks for approval anew: whom we deal with, and what we let pass."""
    return (
        before.name != after.name
        or after.tolerance_bp > before.tolerance_bp
        or (before.needs_seal and not after.needs_seal)
        or before.state != after.state
    )
