"""The page of promotions that stores suggest for slow goods, and head office's answers (REP-05)."""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from pos.domain.quantity import format_quantity
from sync.head_office import promotions
from sync.head_office.dashboard.goods_forms import Form, Place, act, comes_back, person_of, to
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.stock_requests import (
    csv_file,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, page
from sync.head_office.promotions import PromotionAnswer
from sync.head_office.service import Service


@get("/requisitions/promotions", include_in_schema=False)
async def promotions_page(request: Req) -> Response[Any]:
    """Show what stores suggest a promotion for, those without an answer first."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    store_id = store_of(request, person)

    def read(service: Service) -> dict[str, Any]:
        return {
            "stores": names_of(service, person.store_id),
            "suggestions": promotions.suggestions(service.office, store_id=store_id),
        }

    values = await worker_of(request).read(read)
    if request.query_params.get("format") == "csv":
        rows = [promotions.as_row(one, format_quantity) for one in values["suggestions"]]
        return csv_file("suggestions.csv", promotions.COLUMNS, rows)
    shown = {"store_id": store_id, "answers": [one.value for one in PromotionAnswer]}
    place = frame(person, "/requisitions/promotions")
    return page(request, "promotions.html", {**values, **shown, **place})


def _here(_form: Form) -> Place:
    return promotions_page, "/requisitions/promotions", {}


@post("/requisitions/promotions", include_in_schema=False, status_code=303)
@comes_back(_here)
async def answer(request: Req) -> Response[Any]:
    """Answer one suggestion."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> None:
        promotions.answer(
            service.office,
            person,
            form.text("store"),
            form.text("key"),
            form.text("answer"),
            form.text("note"),
        )

    await act(request, person, call)
    return to("/requisitions/promotions")


ROUTES = [promotions_page, answer]
