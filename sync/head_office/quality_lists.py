"""Lists of quality as CSV: what ends, who bought what is recalled, records of the law, readings."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from pos.domain.member import masked_member
from sync.head_office import quality_buyers, quality_records, quality_reports, quality_sold
from sync.head_office.goods_lists import sheet
from sync.head_office.goods_recalls import Notice, Recalls
from sync.head_office.quality_buyers import Bought
from sync.head_office.quality_reports import DEVICE_COLUMNS, Ending, NotRead
from sync.head_office.quality_sold import Sold
from sync.head_office.service import Service

SHEETS: Final = ("ending", "bought", "readings", "devices", *quality_records.RECORDS)


def list_text(
    service: Service,
    name: str,
    store_id: str = "",
    first_day: str = "",
    last_day: str = "",
    *,
    notice_id: str = "",
    masked: bool = False,
) -> str:
    """One list as CSV; days count for records, by default this month.

    `notice_id` narrows `bought` to one recall; `masked` shortens numbers of its buyers.
    """
    dialect, day = service.office.dialect, service.office.today().isoformat()
    if name == "ending":
        return _sheet(Ending, quality_reports.ending(dialect, day, store_id))
    if name == "readings":
        return _sheet(NotRead, quality_reports.not_read(dialect, day, store_id))
    if name == "bought":
        rows = [
            {
                "notice_no": notice.notice_no,
                **quality_reports.as_row(_masked(one) if masked else one),
            }
            for notice in standing(service)
            if notice_id in ("", notice.notice_id)
            for one in bought(service, notice, store_id)
        ]
        return sheet(("notice_no", *_names(Bought)), rows)
    last = last_day or day
    first = first_day or f"{last[:7]}-01"
    if name in quality_records.RECORDS:
        columns, found = quality_records.record(service.office, name, first, last, store_id)
        return sheet(columns, [quality_records.plain(columns, one) for one in found])
    return sheet(DEVICE_COLUMNS, quality_reports.device_rows(dialect, first, last, store_id))


def _sheet(kind: type[msgspec.Struct], rows: list[Any]) -> str:
    return sheet(_names(kind), [quality_reports.as_row(one) for one in rows])


def _names(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return kind.__struct_fields__


def _masked(one: Bought) -> Bought:
    return msgspec.structs.replace(
        one, member=masked_member(one.member), phone=masked_member(one.phone)
    )


def standing(service: Service) -> list[Notice]:
    """Recalls that are in force."""
    return [one for one in Recalls(service.orders).all(standing=True) if one.recall]


def bought(
    service: Service,
    notice: Notice,
    store_id: str = "",
    *,
    limit: int = quality_buyers.MAX_ROWS,
) -> list[Bought]:
    """Who bought what a recall is about, and who perhaps did, in one store or all."""
    return quality_buyers.bought(
        service.office.dialect,
        notice.item_code,
        notice.batches,
        notice.serials,
        store_id=notice.store_id or store_id,
        until_utc_ms=notice.issued_utc_ms,
        order_id=f"RC-{notice.notice_id}",
        limit=limit,
    )


def sold(service: Service, notice: Notice, store_id: str = "") -> list[Sold]:
    """The lines of slips that a recall is about, without their buyers."""
    return quality_sold.sold(
        service.office.dialect,
        notice.item_code,
        notice.batches,
        notice.serials,
        store_id=notice.store_id or store_id,
        until_utc_ms=notice.issued_utc_ms,
    )
