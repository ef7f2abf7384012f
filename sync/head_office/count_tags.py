"""Pieces with a mixed or lost tag by store and month, and the rule of five (STK-06..08).

What the store found itself is listed and forgiven; more than five pieces that others found are a
violation, whether or not a count of that month was ever computed.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pos.domain.goods.count_reasons import TAGS_ALLOWED_A_MONTH, is_tag_violation
from sync.head_office import findings
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect

BY_STORE: Final = "store"
VIOLATION: Final = "tag_violation"
MAX_ROWS: Final = 5_000
COLUMNS: Final = (
    "store_id", "business_day", "workstation_id", "tag", "item_code", "description", "place",
    "quantity", "found_by", "person_id", "operator_id", "count_id",
)  # fmt: skip


class BadTag(msgspec.Struct, frozen=True, kw_only=True):
    """One piece, or some alike, on the list of bad tags."""

    store_id: str
    business_day: str
    workstation_id: str
    tag: str
    """`mixed` or `lost`."""

    item_code: str
    description: str
    place: str
    quantity_milli: int
    found_by: str
    """`store`, which is forgiven, or `count`."""

    person_id: str
    operator_id: str
    count_id: str

    @property
    def forgiven(self) -> bool:
        """Whether the store found it itself (STK-08)."""
        return self.found_by == BY_STORE


class TagMonth(msgspec.Struct, frozen=True, kw_only=True):
    """A store's month."""

    store_id: str
    month: str
    found_milli: int
    """Pieces that others than the store found."""

    forgiven_milli: int

    @property
    def violation(self) -> bool:
        """Whether it is more than a month allows (STK-07)."""
        return is_tag_violation((self.found_milli,))


def tags(
    dialect: Dialect, *, store_id: str = "", first_day: str = "", last_day: str = "9999"
) -> list[BadTag]:
    """Pieces of business days, the latest first."""
    where, values = ("store_id = ?", (store_id,)) if store_id else (_STORES, ())
    rows = dialect.query(
        "SELECT store_id, business_day, workstation_id, action, item_code, quantity_milli, "
        "person_id, operator_id, subject, fields FROM register_note "
        f"WHERE register = 'tag' AND {where} AND business_day >= ? AND business_day <= ? "
        "ORDER BY business_day DESC, store_id, at_utc_ms DESC LIMIT ?",
        (*values, first_day, last_day, MAX_ROWS),
    )
    return [one for row in rows if (one := _tag(row)) is not None]


def months(found: list[BadTag]) -> list[TagMonth]:
    """Pieces by store and month, the latest month first."""
    sums: dict[tuple[str, str], list[int]] = {}
    for one in found:
        cell = sums.setdefault((one.business_day[:7], one.store_id), [0, 0])
        cell[one.forgiven] += one.quantity_milli
    return [
        TagMonth(store_id=store_id, month=month, found_milli=cell[0], forgiven_milli=cell[1])
        for (month, store_id), cell in sorted(
            sums.items(), key=lambda pair: (-int(pair[0][0].replace("-", "")), pair[0][1])
        )
    ]


def check(office: HeadOffice, month: str, store_id: str = "") -> list[TagMonth]:
    """Write a finding for every store whose month has too many; returns those."""
    found = tags(
        office.dialect, store_id=store_id, first_day=f"{month}-01", last_day=f"{month}-31"
    )
    last = {one.store_id: one.business_day for one in reversed(found)}
    bad = [one for one in months(found) if one.violation]
    for one in bad:
        findings.note(
            office.dialect,
            store_id=one.store_id,
            code=VIOLATION,
            subject=month,
            workstation_id="",
            detail=f"{one.found_milli // 1000} pieces, {TAGS_ALLOWED_A_MONTH} are allowed",
            found_utc_ms=office.clock_ms(),
            business_day=last[one.store_id],
        )
    return bad


_STORES = "store_id IN (SELECT store_id FROM store)"
_ENDING = "_found"


def _tag(row: tuple[Any, ...]) -> BadTag | None:
    action = str(row[3])
    if not action.endswith(_ENDING):
        return None
    try:
        fields = msgspec.json.decode(str(row[9]), type=dict[str, str])
    except msgspec.MsgspecError:
        fields = {}
    found_by = fields.get("found_by", "")
    subject = str(row[8])
    return BadTag(
        store_id=str(row[0]),
        business_day=str(row[1]),
        workstation_id=str(row[2]),
        tag=action.removesuffix(_ENDING),
        item_code=str(row[4]),
        quantity_milli=int(row[5]),
        person_id=str(row[6]),
        operator_id=str(row[7]),
        description=fields.get("description", ""),
        place=fields.get("place", ""),
        found_by=found_by,
        count_id="" if subject == str(row[1])[:7] else subject,
    )
