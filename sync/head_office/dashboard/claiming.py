"""The page of claims and judgements: discrepancy documents to answer, goods set apart to judge."""

from __future__ import annotations

from collections.abc import Sequence
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
from sync.head_office.goods_claims import Claim, ClaimAnswer, Claims, Verdict, claim_rows
from sync.head_office.goods_lists import sheet
from sync.head_office.service import Service

CLAIM_COLUMNS = (
    "store_id",
    "business_day",
    "document_no",
    "supplier_id",
    "supplier_name",
    "item_code",
    "description",
    "expected_milli",
    "delivered_milli",
    "received_milli",
    "rejected_milli",
    "quantity_milli",
    "reason",
    "failed_checks",
    "answer",
    "amount_minor",
    "note",
)


@get("/claims", include_in_schema=False)
async def claims_page(request: Req) -> Response[Any]:
    """Show claims, the unanswered first, and goods that wait for judgement."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service) -> dict[str, Any]:
        keeper = Claims(service.orders)
        claims = sorted(keeper.all(limit=100), key=lambda claim: bool(claim.answers))
        return {
            "claims": claims,
            "orders": _orders_of(service, claims),
            "set_apart": keeper.set_apart(),
            "stores": store_names(service),
        }

    values = await read(request, call)
    own = {
        "person": person,
        "here": "/claims",
        "answers": [one.value for one in ClaimAnswer],
        "verdicts": [one.value for one in Verdict],
    }
    return page(request, "claims.html", {**values, **own})


def _orders_of(service: Service, claims: Sequence[Claim]) -> set[tuple[str, str]]:
    """Store and order of each claim that names its order; others name a receipt, which has no page."""
    named: dict[str, list[str]] = {}
    for claim in claims:
        named.setdefault(claim.paper.store_id, []).append(claim.paper.reference)
    return {
        (store_id, str(row[0]))
        for store_id, references in named.items()
        for row in service.office.dialect.rows_of_keys(
            "SELECT order_id FROM order_document WHERE store_id = ? AND order_id IN ?",
            (store_id,),
            list(dict.fromkeys(references)),
        )
    }


def _here(_form: Form) -> Place:
    return claims_page, "/claims", {}


@post("/claims/answer", include_in_schema=False, status_code=303)
@comes_back(_here)
async def answer(request: Req) -> Response[Any]:
    """Answer one claim."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> None:
        Claims(service.orders).answer(
            person,
            form.text("store"),
            form.text("document"),
            form.text("answer"),
            amount_minor=form.amount("amount"),
            note=form.text("note"),
        )

    await act(request, person, call)
    return to("/claims")


@post("/claims/judge", include_in_schema=False, status_code=303)
@comes_back(_here)
async def judge(request: Req) -> Response[Any]:
    """Judge goods set apart; the order goes down to the store."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> None:
        Claims(service.orders).judge(
            person,
            store_id=form.text("store"),
            item_code=form.text("item"),
            batch=form.text("batch"),
            quantity_milli=form.quantity("quantity"),
            verdict=form.text("verdict"),
            note=form.text("note"),
        )

    await act(request, person, call)
    return to("/claims")


@get("/claims/sheet", include_in_schema=False)
async def claims_sheet(request: Req) -> Response[Any]:
    """Save the claims line by line as CSV."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    rows = await read(request, lambda service: claim_rows(Claims(service.orders).all(limit=2_000)))
    return csv_file("claims.csv", sheet(CLAIM_COLUMNS, rows))


ROUTES = [claims_page, answer, judge, claims_sheet]
