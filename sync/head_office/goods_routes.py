"""`/api/v1` for goods: orders and acts on them, supplier figures, purchase prices, the pay list.

Reading takes a token or a session; acting takes a signed-in person with the right, and the rules of
two people hold here as on the pages.
"""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Request, Response, get, post
from litestar.params import FromQuery

from sync.head_office import goods_figures
from sync.head_office.dashboard.goods_forms import Form, told
from sync.head_office.dashboard.invoicing import pay_rows
from sync.head_office.dashboard.ordering import do_act, order_rows
from sync.head_office.goods_matching import Matching
from sync.head_office.service import Service
from sync.head_office.web import (
    JSON,
    ForbiddenError,
    business_day_of,
    signed_in_person,
    who,
)
from sync.head_office.worker import Worker
from sync.protocol import decode

Req = Request[Any, Any, Any]
MAX_ROWS = 2_000


class OrderAct(msgspec.Struct, forbid_unknown_fields=True):
    """POST /api/v1/order-acts: audit, send_back, place, close, cancel or copy_back."""

    store_id: str
    order_id: str
    act: str
    note: str = ""
    copy: str = ""


@get("/api/v1/orders")
async def api_orders(
    request: Req, store: FromQuery[str] = "", in_state: FromQuery[str] = ""
) -> Response[bytes]:
    """Return the lines of purchase orders and dispatches, the latest orders first."""
    store_id = await _store_of(request, store)

    def call(service: Service) -> list[dict[str, Any]]:
        return order_rows(
            service.orders.documents(
                kinds=("purchase", "dispatch"),
                states=(in_state[:20],) if in_state else (),
                store_id=store_id[:40],
                limit=MAX_ROWS,
            )
        )

    return _json(await _worker(request).read(call))


@get("/api/v1/supplier-figures")
async def api_figures(
    request: Req, first_day: FromQuery[str], last_day: FromQuery[str]
) -> Response[bytes]:
    """Return what deliveries between two days say of each supplier; of the whole chain."""
    if await _store_of(request, ""):
        raise ForbiddenError("forbidden", "this token reads one store only")
    first, last = business_day_of(first_day), business_day_of(last_day)
    found = await _worker(request).read(
        lambda service: goods_figures.figures(service.office, first, last)
    )
    return _json(list(found.values()))


@get("/api/v1/purchase-prices")
async def api_prices(
    request: Req,
    item: FromQuery[str] = "",
    supplier: FromQuery[str] = "",
    store: FromQuery[str] = "",
) -> Response[bytes]:
    """Return what goods were bought for, receipt by receipt, the latest first."""
    store_id = await _store_of(request, store)
    return _json(
        await _worker(request).read(
            lambda service: goods_figures.price_history(
                service.office.dialect,
                item_code=item[:64],
                supplier_id=supplier[:60],
                store_id=store_id[:40],
                limit=MAX_ROWS,
            )
        )
    )


@get("/api/v1/pay-list")
async def api_pay_list(request: Req) -> Response[bytes]:
    """Return approved invoices by the day on which they are due; nothing is paid here."""
    store_id = await _store_of(request, "")
    rows = await _worker(request).read(
        lambda service: pay_rows(Matching(service.orders).pay_list())
    )
    return _json([row for row in rows if store_id in ("", row["store_id"])])


@post("/api/v1/order-acts", status_code=200)
async def api_order_act(request: Req) -> Response[bytes]:
    """Do one act on one order in the signed-in person's name; returns its state afterwards."""
    person = await signed_in_person(request, _worker(request))
    wanted = decode(await request.body(), OrderAct)

    def call(service: Service) -> str:
        form = Form({"act": wanted.act, "note": wanted.note, "copy": wanted.copy})
        do_act(service, person, wanted.store_id, wanted.order_id, form)
        return service.orders.get(wanted.store_id, wanted.order_id).state.value

    state = await _worker(request).write(lambda service: told(lambda: call(service)))
    return _json({"state": state})


async def _store_of(request: Req, store: str) -> str:
    person = await who(request, _worker(request))
    if person.store_id and store not in ("", person.store_id):
        raise ForbiddenError("forbidden", "this token reads one store only")
    return person.store_id or store


def _worker(request: Req) -> Worker:
    worker: Worker = request.app.state.worker
    return worker


def _json(value: Any) -> Response[bytes]:
    return Response(
        msgspec.json.encode(value), media_type=JSON, headers={"Cache-Control": "no-store"}
    )


ROUTES = [api_orders, api_figures, api_prices, api_pay_list, api_order_act]
