"""Lists of quality as CSV: what ends, who bought what is recalled, readings, devices."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from sync.head_office import quality_reports
from sync.head_office.goods_lists import sheet
from sync.head_office.goods_recalls import Notice, Recalls
from sync.head_office.quality_reports import DEVICE_COLUMNS, Bought, Ending, NotRead
from sync.head_office.service import Service

SHEETS: Final = ("ending", "bought", "readings", "devices")


def list_text(
    service: Service, name: str, store_id: str = "", first_day: str = "", last_day: str = ""
) -> str:
    """One list as CSV; days count for the devices' record, by default this month."""
    dialect, day = service.office.dialect, service.office.today().isoformat()
    if name == "ending":
        return _sheet(Ending, quality_reports.ending(dialect, day, store_id))
    if name == "readings":
        return _sheet(NotRead, quality_reports.not_read(dialect, day, store_id))
    if name == "bought":
        rows = [
            {"notice_no": notice.notice_no, **quality_reports.as_row(one)}
            for notice in standing(service)
            for one in bought(service, notice, store_id)
        ]
        return sheet(("notice_no", *_names(Bought)), rows)
    last = last_day or day
    first = first_day or f"{last[:7]}-01"
    return sheet(DEVICE_COLUMNS, quality_reports.device_rows(dialect, first, last, store_id))


def _sheet(kind: type[msgspec.Struct], rows: list[Any]) -> str:
    return sheet(_names(kind), [quality_reports.as_row(one) for one in rows])


def _names(kind: type[msgspec.Struct]) -> tuple[str, ...]:
    return kind.__struct_fields__


def standing(service: Service) -> list[Notice]:
    """Recalls that are in force."""
    return [one for one in Recalls(service.orders).all(standing=True) if one.recall]


def bought(service: Service, notice: Notice, store_id: str) -> list[Bought]:
    """Who bought what a recall is about, in one store or all."""
    return quality_reports.bought(
        service.office.dialect,
        notice.item_code,
        notice.batches,
        notice.serials,
        store_id=notice.store_id or store_id,
    )
