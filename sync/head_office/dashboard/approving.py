"""The page for approvals by telephone: what is asked, the code to read back, what became of others.

The number is read first and what it asks is shown; the code comes only with a second press, so
that nobody approves what they have not read.
"""

from __future__ import annotations

from typing import Any

from litestar import Response, get, post

from pos.config.roles import RoleBook, load_role_book
from pos.domain.approval import read_request
from sync.head_office import remote_approvals, rights
from sync.head_office.dashboard.session_routes import check_form, signed_in, to_sign_in
from sync.head_office.dashboard.view import Req, language_of, page
from sync.head_office.people import Person
from sync.head_office.service import Service
from sync.head_office.web import ForbiddenError
from sync.head_office.worker import Worker

_MAX_TYPED = 200


@get("/approvals", include_in_schema=False)
async def approvals_page(request: Req) -> Response[Any]:
    """Show the form and what was given before."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    _only_approvers(person)
    return await _page(request, person, {})


@post("/approvals", include_in_schema=False, status_code=200)
async def approve(request: Req) -> Response[Any]:
    """Show what a number asks for; with `give` also give the code, in the person's name."""
    person = await signed_in(request)
    if person is None:
        return to_sign_in(request)
    form = await request.form()
    check_form(str(form.get("csrf", "")), person.csrf)
    _only_approvers(person)
    typed = {
        name: str(form.get(name, "")).strip()[:_MAX_TYPED]
        for name in ("till", "request_no", "reason")
    }
    book = load_role_book()
    asked = read_request(typed["request_no"], book.rights)
    if asked is None or not book.rights[asked.right].approvable:
        return await _page(request, person, {"typed": typed, "failure": "number"}, status=400)
    values: dict[str, Any] = {"typed": typed, "asked": _told(request, book, asked)}
    if form.get("give"):
        store_id, _, workstation_id = typed["till"].partition("|")
        worker: Worker = request.app.state.worker

        def give(service: Service) -> remote_approvals.Approved:
            return remote_approvals.approve(
                service.office,
                book,
                store_id=store_id,
                workstation_id=workstation_id,
                request_no=typed["request_no"],
                by=person.name,
                reason=typed["reason"],
            )

        try:
            values["code"] = (await worker.write(give)).code
        except LookupError:
            return await _page(request, person, {"typed": typed, "failure": "till"}, status=400)
    return await _page(request, person, values)


async def _page(
    request: Req, person: Person, values: dict[str, Any], *, status: int = 200
) -> Response[Any]:
    worker: Worker = request.app.state.worker
    tills, recent = await worker.read(
        lambda service: (
            remote_approvals.tills(service.office),
            remote_approvals.recent(service.office),
        )
    )
    shown = {
        "person": person,
        "here": "/approvals",
        "tills": tills,
        "recent": recent,
        "typed": {"till": "", "request_no": "", "reason": ""},
        "failure": "",
        "asked": "",
        "code": "",
    }
    return page(request, "approvals.html", {**shown, **values}, status=status)


def _told(request: Req, book: RoleBook, asked: Any) -> str:
    return remote_approvals.described(book, asked, chinese=language_of(request) == "zh_CN")


def _only_approvers(person: Person) -> None:
    if not person.may(rights.TELEPHONE_APPROVE):
        raise ForbiddenError("forbidden", f"this needs the right {rights.TELEPHONE_APPROVE}")


ROUTES = [approvals_page, approve]
