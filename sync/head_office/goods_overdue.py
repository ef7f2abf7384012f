"""Registers of stores that stay open too long: sold and not delivered, lent and not given back.

Seen from head office by the documents alone: what a loan or a dispatch register entry set apart,
less what later documents that refer to its number took back (REG-02, REG-04..06).
"""

from __future__ import annotations

from typing import Final

import msgspec

from pos.domain.goods.documents import DocumentKind
from sync.head_office.dialect import Dialect

LIMIT_DAYS: Final[dict[str, int]] = {
    DocumentKind.DISPATCH_HOLD.value: 3,
    DocumentKind.LOAN_OUT.value: 15,
}
"""Days after which an entry is overdue (REG-06, REG-05)."""

_CLOSED_BY: Final = {
    DocumentKind.DISPATCH_HOLD.value: DocumentKind.DISPATCH_DONE.value,
    DocumentKind.LOAN_OUT.value: DocumentKind.LOAN_RETURN.value,
}
_DAY_MS = 86_400_000
_MAX_LISTED = 500


class OpenEntry(msgspec.Struct, frozen=True, kw_only=True):
    """An entry of a store's register that is not cleared."""

    store_id: str
    kind: str
    document_no: str
    key: str
    business_day: str
    person: str
    """Customer or borrower."""

    left_milli: int
    age_days: int
    overdue: bool


def open_entries(
    dialect: Dialect, now_ms: int, *, store_id: str = "", only_overdue: bool = False
) -> list[OpenEntry]:
    """Entries that are not cleared, the oldest first."""
    of_store, values = (" AND d.store_id = ?", (store_id,)) if store_id else ("", ())
    found: list[OpenEntry] = []
    for kind, closed_by in _CLOSED_BY.items():
        rows = dialect.query(
            "SELECT d.store_id, d.workstation_no, d.epoch_no, d.seq, d.document_no, "
            "d.business_day, d.counterparty_name, d.at_utc_ms, d.quantity_milli - COALESCE(("
            "SELECT SUM(c.quantity_milli) FROM goods_document c WHERE c.store_id = d.store_id "
            "AND c.reference = d.document_no AND c.document_kind = ? AND c.state = 'posted'), 0) "
            "FROM goods_document d WHERE d.document_kind = ? AND d.state = 'posted'"
            f"{of_store} ORDER BY d.at_utc_ms, d.store_id, d.document_no",
            (closed_by, kind, *values),
        )
        for store, workstation, epoch, seq, number, day, person, at_utc_ms, left in rows:
            age = max(0, (now_ms - int(at_utc_ms)) // _DAY_MS)
            overdue = age > LIMIT_DAYS[kind]
            if int(left) > 0 and (overdue or not only_overdue):
                found.append(
                    OpenEntry(
                        store_id=str(store),
                        kind=kind,
                        document_no=str(number),
                        key=f"{workstation}/{epoch}/{seq}",
                        business_day=str(day),
                        person=str(person),
                        left_milli=int(left),
                        age_days=age,
                        overdue=overdue,
                    )
                )
    return sorted(found, key=lambda one: -one.age_days)[:_MAX_LISTED]
