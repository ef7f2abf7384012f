"""The page of holds and recalls: notices in force, tills that have not heard, how a recall goes."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from sync.head_office.dashboard.goods_forms import (
    Form,
    Place,
    act,
    comes_back,
    csv_file,
    person_of,
    read,
    store_names,
    to,
)
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req, page
from sync.head_office.goods_lists import sheet
from sync.head_office.goods_recalls import Notice, Recalls, parts_of
from sync.head_office.service import Service

NOTICE_COLUMNS = (
    "notice_no",
    "store_id",
    "item_code",
    "item_name",
    "batches",
    "serials",
    "reason",
    "issued_by",
    "issued_utc_ms",
    "lifted_by",
    "lifted_utc_ms",
    "lift_reason",
)


@get("/recalls", include_in_schema=False)
async def recalls_page(request: Req) -> Response[Any]:
    """Show notices: those in force first, each with the tills that have not applied it."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service) -> dict[str, Any]:
        keeper = Recalls(service.orders)
        found = keeper.all()
        standing = [notice for notice in found if not notice.lifted_by]
        return {
            "standing": [
                (notice, keeper.not_applied(notice), keeper.progress(notice))
                for notice in standing
            ],
            "lifted": [notice for notice in found if notice.lifted_by],
            "stores": store_names(service),
        }

    values = await read(request, call)
    return page(request, "recalls.html", {**values, "person": person, "here": "/recalls"})


def _here(_form: Form) -> Place:
    return recalls_page, "/recalls", {}


@post("/recalls/issue", include_in_schema=False, status_code=303)
@comes_back(_here)
async def issue(request: Req) -> Response[Any]:
    """Hold goods, and perhaps recall what was sold of them."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> Notice:
        return Recalls(service.orders).issue(
            person,
            notice_no=form.text("notice_no"),
            item_code=form.text("item"),
            reason=form.text("reason"),
            batches=parts_of(form.text("batches")),
            serials=parts_of(form.text("serials"), field="serials"),
            store_id=form.text("store"),
            recall=form.on("recall"),
        )

    await act(request, person, call)
    return to("/recalls")


@post("/recalls/lift", include_in_schema=False, status_code=303)
@comes_back(_here)
async def lift(request: Req) -> Response[Any]:
    """Lift a notice that somebody else issued."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> Notice:
        return Recalls(service.orders).lift(person, form.text("notice"), form.text("reason"))

    await act(request, person, call)
    return to("/recalls")


@get("/recalls/sheet", include_in_schema=False)
async def recalls_sheet(request: Req) -> Response[Any]:
    """Save the notices as CSV."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service) -> str:
        found = Recalls(service.orders).all(limit=2_000)
        return sheet(NOTICE_COLUMNS, [_row(notice) for notice in found])

    return csv_file("recalls.csv", await read(request, call))


def _row(notice: Notice) -> dict[str, Any]:
    row = {name: getattr(notice, name) for name in NOTICE_COLUMNS}
    return {**row, "batches": " ".join(notice.batches), "serials": " ".join(notice.serials)}


ROUTES = [recalls_page, issue, lift, recalls_sheet]
