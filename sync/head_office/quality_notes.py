"""Lines of the stores' registers, as head office keeps them (QLT-07..15).

A line says when it was entered and, where that is not the same, when what it tells of happened.
"""

from __future__ import annotations

from typing import Any

import msgspec

from sync.head_office.dialect import Dialect

_FIELDS = msgspec.json.Decoder(dict[str, str])
SAME_MS = 60_000
"""Within this, the time of an event and of its entry are the same."""


class Note(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a register."""

    store_id: str
    business_day: str
    workstation_id: str
    operator_id: str
    subject: str
    action: str
    item_code: str
    batch: str
    quantity_milli: int
    document_no: str
    person_id: str
    fields: dict[str, str]
    unit_code: str = ""
    at_utc_ms: int = 0
    """When it was entered, by head office's clock."""

    event_utc_ms: int = 0
    """When it happened, where the till was told so."""

    @property
    def happened_utc_ms(self) -> int:
        """When it happened, if that is not when it was entered; else 0 (QLT-15)."""
        apart = abs(self.event_utc_ms - self.at_utc_ms) > SAME_MS
        return self.event_utc_ms if self.event_utc_ms and apart else 0


def notes(
    dialect: Dialect,
    register: str,
    *,
    subject: str = "",
    item_code: str = "",
    store_id: str = "",
    since_day: str = "",
    last_day: str = "",
) -> list[Note]:
    """Lines of a register over all stores, in the order of their times."""
    # Every store is named, so that the keys that begin with it are used.
    where = " AND store_id = ?" if store_id else " AND store_id IN (SELECT store_id FROM store)"
    asked: list[Any] = [register, *([store_id] if store_id else [])]
    for column, value in (("subject", subject), ("item_code", item_code)):
        if value:
            where += f" AND {column} = ?"
            asked.append(value)
    if since_day:
        where += " AND business_day >= ?"
        asked.append(since_day)
    if last_day:
        where += " AND business_day <= ?"
        asked.append(last_day)
    rows = dialect.query(
        "SELECT store_id, business_day, workstation_id, operator_id, subject, action, item_code, "
        "batch, quantity_milli, document_no, person_id, fields, unit_code, at_utc_ms, "
        "event_utc_ms FROM register_note "
        f"WHERE register = ?{where} ORDER BY at_utc_ms, workstation_no, epoch_no, seq",
        asked,
    )
    return [
        Note(
            store_id=str(row[0]),
            business_day=str(row[1]),
            workstation_id=str(row[2]),
            operator_id=str(row[3]),
            subject=str(row[4]),
            action=str(row[5]),
            item_code=str(row[6]),
            batch=str(row[7]),
            quantity_milli=int(row[8]),
            document_no=str(row[9]),
            person_id=str(row[10]),
            fields=_read_fields(str(row[11])),
            unit_code=str(row[12]),
            at_utc_ms=int(row[13]),
            event_utc_ms=int(row[14]),
        )
        for row in rows
    ]


def _read_fields(text: str) -> dict[str, str]:
    try:
        return _FIELDS.decode(text or "{}")
    except msgspec.MsgspecError:
        return {}
