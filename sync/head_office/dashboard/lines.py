"""Lines while they are typed: what each code means, and what they come to; nothing is kept."""

from __future__ import annotations

from typing import Any

import msgspec
from litestar import Response, post

from pos.domain.goods.orders import OrderLine
from pos.i18n import translation_for
from sync.head_office.dashboard.goods_forms import Form, form_of, person_of, read
from sync.head_office.dashboard.session_routes import check_form, to_sign_in
from sync.head_office.dashboard.view import Req, language_of, page
from sync.head_office.goods_items import typed_lines, unknown
from sync.head_office.item_lookup import Lookup, look_up
from sync.head_office.refusals import Problem, Refused
from sync.head_office.service import Service


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """One typed line and what it means."""

    line_no: int
    typed: str
    lookup: Lookup | None = None
    problem: Problem | None = None
    quantity_milli: int = 0
    unit_cost_e4: int | None = None

    @property
    def amount_e4(self) -> int:
        """Quantity times price in 1/10,000 of the currency unit."""
        return self.quantity_milli * (self.unit_cost_e4 or 0) // 1000


@post("/lines", include_in_schema=False, status_code=200)
async def lines(request: Req) -> Response[Any]:
    """Say what the lines in a form mean: a part of a page for htmx, else a page of its own."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    form = await form_of(request)
    check_form(form.text("csrf"), person.csrf)
    found = await read(request, lambda service: entered(service, form))
    say = translation_for(language_of(request)).gettext
    part = request.headers.get("hx-request") == "true"
    values = {
        "lines": [(one, one.problem.told(say) if one.problem else "") for one in found],
        "amount_e4": sum(one.amount_e4 for one in found if one.problem is None),
        "person": person,
        "here": "/orders",
    }
    return page(request, "_lines.html" if part else "lines.html", values)


def entered(service: Service, form: Form) -> list[Entered]:
    """Each line of the form's text as an order or an invoice would take it."""
    made: list[Entered] = []
    typed: list[OrderLine] = []
    # An invoice names its order, whose store it is: `01|PO01-261122-001`.
    store_id = form.text("store") or form.text("order").partition("|")[0]
    for number, row in enumerate(form.text("lines").splitlines(), start=1):
        try:
            typed += [msgspec.structs.replace(line, line_no=number) for line in typed_lines(row)]
        except Refused as error:
            problem = msgspec.structs.replace(error.problems[0], line=0)
            made.append(Entered(line_no=number, typed=row.strip()[:60], problem=problem))
    meant = look_up(service.office.dialect, [line.item_code for line in typed], store_id)
    for line in typed:
        found = meant[line.item_code]
        made.append(
            Entered(
                line_no=line.line_no,
                typed=line.item_code,
                lookup=found,
                problem=None if found.item else unknown(found, "lines"),
                quantity_milli=line.quantity_milli,
                unit_cost_e4=line.unit_cost_e4,
            )
        )
    return sorted(made, key=lambda one: one.line_no)


ROUTES = [lines]
