"""The page of quality: recalls and who bought, dates, readings, problems, by store."""

from __future__ import annotations

from typing import Any

from litestar import Response, get

from pos.domain.member import masked_member
from pos.i18n import N_
from sync.head_office import quality_reports
from sync.head_office.dashboard.goods_forms import csv_file, person_of, read, store_names
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req, page
from sync.head_office.goods_recalls import Notice
from sync.head_office.quality_lists import SHEETS, bought, list_text, standing
from sync.head_office.quality_reports import Bought, StoreRecall
from sync.head_office.service import Service
from sync.protocol import WireError

_SHOWN = 200
CONTACTS: dict[str, str] = {
    "told": N_("Told to stop using it"),
    "not_reached": N_("Not reached"),
    "returned_elsewhere": N_("Gave it back elsewhere"),
    "used_up": N_("Has used it up"),
}
"""What a store noted of a buyer → words."""


@get("/quality", include_in_schema=False)
async def quality_page(request: Req) -> Response[Any]:
    """Show what is wrong with goods, and who has what was recalled; one store with `store`."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id = person.store_id or request.query_params.get("store", "")[:60]

    def call(service: Service) -> dict[str, Any]:
        dialect, day = service.office.dialect, service.office.today().isoformat()
        return {
            "recalls": [_recall(service, one, store_id) for one in standing(service)],
            "ending": quality_reports.ending(dialect, day, store_id),
            "not_read": quality_reports.not_read(dialect, day, store_id),
            "cases": quality_reports.open_cases(dialect, store_id),
            "arrivals": quality_reports.open_arrivals(dialect, store_id),
            "reactions": quality_reports.reactions(dialect, store_id)[:_SHOWN],
            "stores": store_names(service),
        }

    values = await read(request, call)
    own = {
        "person": person,
        "here": "/quality",
        "store_id": store_id,
        "shown": _SHOWN,
        "masked": masked_member,
        "contacts": CONTACTS,
    }
    return page(request, "quality.html", {**values, **own})


@get("/quality/sheet", include_in_schema=False)
async def quality_sheet(request: Req) -> Response[Any]:
    """Save one list as CSV: `list` is ending, bought, readings or devices."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    name = asked.get("list", "")
    if name not in SHEETS:
        raise WireError("bad_form", f"list: expected one of {', '.join(SHEETS)}")
    store_id = person.store_id or asked.get("store", "")[:60]

    def call(service: Service) -> str:
        return list_text(service, name, store_id, asked.get("from", ""), asked.get("to", ""))

    return csv_file(f"{name}.csv", await read(request, call))


def _recall(
    service: Service, notice: Notice, store_id: str
) -> tuple[Notice, list[Bought], list[StoreRecall]]:
    rows = bought(service, notice, store_id)
    stores = quality_reports.recall_by_store(
        service.office.dialect, f"RC-{notice.notice_id}", rows
    )
    return notice, rows, [one for one in stores if store_id in ("", one.store_id)]


ROUTES = [quality_page, quality_sheet]
