"""The pages of stores' registers: loans and their charges, deliveries, gate passes (REG-04..10)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from litestar import Response, get

from pos.domain.money import format_amount
from pos.domain.quantity import format_quantity
from sync.head_office import delivery_register, loan_register
from sync.head_office.dashboard.count_lists import month_of
from sync.head_office.dashboard.session_routes import signed_in, to_sign_in
from sync.head_office.dashboard.stock_requests import (
    csv_file,
    frame,
    names_of,
    store_of,
    worker_of,
)
from sync.head_office.dashboard.view import Req, page
from sync.head_office.service import Service


@get("/registers", include_in_schema=False)
async def loans_page(request: Req) -> Response[Any]:
    """Show what is lent, until when and by whose leave, and what was charged (REG-04, REG-05)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id, late = store_of(request, person), bool(asked.get("late", ""))

    def read(service: Service) -> dict[str, Any]:
        return {
            "stores": names_of(service, person.store_id),
            "loans": loan_register.loans(service.office, store_id=store_id, only_overdue=late),
            "charges": loan_register.charges(service.office, store_id=store_id),
        }

    values = await worker_of(request).read(read)
    if asked.get("format") == "csv":
        rows = [loan_register.loan_row(one, format_quantity) for one in values["loans"]]
        return csv_file("loans.csv", loan_register.LOAN_COLUMNS, rows)
    if asked.get("format") == "charges":
        rows = [
            loan_register.charge_row(one, format_quantity, format_amount)
            for one in values["charges"]
        ]
        return csv_file("loan-charges.csv", loan_register.CHARGE_COLUMNS, rows)
    shown = {**values, "store_id": store_id, "late": late}
    return page(request, "registers_loans.html", {**shown, **frame(person, "/registers")})


@get("/registers/deliveries", include_in_schema=False)
async def deliveries_page(request: Req) -> Response[Any]:
    """Show what was sold and is not cleared; delivered and unsigned first (REG-06..09)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id, late = store_of(request, person), bool(asked.get("late", ""))
    state = asked.get("state", "")
    state = state if state in delivery_register.STATES else ""

    def read(service: Service) -> dict[str, Any]:
        month = month_of(asked.get("month", "")) or service.office.today().isoformat()[:7]
        return {
            "stores": names_of(service, person.store_id),
            "deliveries": delivery_register.deliveries(
                service.office, store_id=store_id, only_overdue=late, state=state
            ),
            "month": month,
            "slips": delivery_register.courier_slips(service.office, month, store_id=store_id),
        }

    values = await worker_of(request).read(read)
    if asked.get("format") == "csv":
        rows = [
            delivery_register.delivery_row(one, format_quantity) for one in values["deliveries"]
        ]
        return csv_file("deliveries.csv", delivery_register.DELIVERY_COLUMNS, rows)
    if asked.get("format") == "slips":
        name = f"courier-slips-{values['month']}.csv"
        return csv_file(name, delivery_register.SLIP_COLUMNS, _plain(values["slips"], _SLIP))
    shown = {
        **values,
        "store_id": store_id,
        "late": late,
        "state": state,
        "states": delivery_register.STATES,
    }
    return page(
        request, "registers_deliveries.html", {**shown, **frame(person, "/registers/deliveries")}
    )


@get("/registers/passes", include_in_schema=False)
async def passes_page(request: Req) -> Response[Any]:
    """Show gate passes that no guard has scanned; all of them when asked (REG-10)."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    asked = request.query_params
    store_id, every = store_of(request, person), bool(asked.get("all", ""))

    def read(service: Service) -> dict[str, Any]:
        return {
            "stores": names_of(service, person.store_id),
            "passes": delivery_register.gate_passes(
                service.office, store_id=store_id, only_open=not every
            ),
        }

    values = await worker_of(request).read(read)
    if asked.get("format") == "csv":
        rows = [delivery_register.pass_row(one, format_quantity) for one in values["passes"]]
        return csv_file("gate-passes.csv", delivery_register.PASS_COLUMNS, rows)
    shown = {**values, "store_id": store_id, "every": every}
    return page(request, "registers_passes.html", {**shown, **frame(person, "/registers/passes")})


_SLIP = delivery_register.SLIP_COLUMNS


def _plain(found: Iterable[Any], names: Sequence[str]) -> list[Mapping[str, Any]]:
    return [{name: getattr(one, name) for name in names} for one in found]


ROUTES = [loans_page, deliveries_page, passes_page]
