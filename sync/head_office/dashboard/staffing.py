"""The page of people: who may sign in here and at the tills, in which role; and one's own account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from litestar import Response, get, post

from pos.config.roles import load_role_book
from sync.head_office import personnel, rights
from sync.head_office.dashboard.goods_forms import (
    Form,
    act,
    comes_back,
    csv_file,
    person_of,
    read,
    store_names,
    to,
)
from sync.head_office.dashboard.session_routes import to_sign_in
from sync.head_office.dashboard.view import Req, language_of, page
from sync.head_office.feed import Feed
from sync.head_office.goods_lists import sheet
from sync.head_office.people import Person
from sync.head_office.rights import NotAllowed
from sync.head_office.service import Service
from sync.head_office.web import ForbiddenError

SHOWN_EVENTS = 100
EVENT_COLUMNS = personnel.Event.__struct_fields__


@get("/people", include_in_schema=False)
async def people_page(request: Req) -> Response[Any]:
    """Show everybody with role and state, and what was changed of late."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    return await _people_page(request, person)


@post("/people/person", include_in_schema=False, status_code=200)
@comes_back(lambda _form: (people_page, "/people", {}))
async def keep_person(request: Req) -> Response[Any]:
    """Add or change a person of head office, or give a new password, which is shown once."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> tuple[str, str]:
        office, name = service.office, form.text("name")
        match form.text("act"):
            case "add":
                made = personnel.add(
                    office,
                    person,
                    name,
                    form.text("role"),
                    operator_id=form.text("operator_id"),
                    language=form.text("language"),
                )
                return name, made
            case "password":
                return name, personnel.new_password(office, person, name)
            case "block" | "unblock" as said:
                personnel.change(office, person, name, active=said == "unblock")
            case _:
                personnel.change(
                    office,
                    person,
                    name,
                    role=form.text("role"),
                    operator_id=form.text("operator_id"),
                    language=form.text("language"),
                )
        return name, ""

    name, password = await act(request, person, call)
    if password:
        return await _people_page(request, person, {"told": (name, password)})
    return to("/people")


@post("/people/operator", include_in_schema=False, status_code=303)
@comes_back(lambda _form: (people_page, "/people", {}))
async def keep_operator(request: Req) -> Response[Any]:
    """Add or change an operator of the tills; a PIN is replaced when one was typed."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service, form: Form) -> None:
        said = form.text("act")
        operator_id, store_id = form.text("operator_id"), form.text("store")
        known = {
            (one.operator_id, one.store_id): one for one in personnel.operators(service.office)
        }
        before = known.get((operator_id, store_id))
        switched = before is not None and said in ("block", "unblock")
        personnel.set_operator(
            Feed(service.office),
            person,
            operator_id,
            name=before.name if switched and before else form.text("name"),
            role=before.role if switched and before else form.text("role"),
            language=before.language if switched and before else form.text("language"),
            pin="" if switched else form.text("pin"),
            active=said == "unblock" if switched else (before is None or before.active),
            store_id=store_id,
            new=said == "add",
        )

    await act(request, person, call)
    return to("/people")


@get("/people/sheet", include_in_schema=False)
async def people_sheet(request: Req) -> Response[Any]:
    """Save what was changed about people as CSV."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    _only_keepers(person)
    rows = await read(request, lambda service: personnel.events(service.office, limit=20_000))
    listed = [{name: getattr(one, name) for name in EVENT_COLUMNS} for one in rows]
    return csv_file("people-changes.csv", sheet(EVENT_COLUMNS, listed))


@get("/account", include_in_schema=False)
async def account_page(request: Req) -> Response[Any]:
    """Show one's own account: role, rights, language, password."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)

    def call(service: Service) -> dict[str, Any]:
        return {
            "events": personnel.events(
                service.office, kind=personnel.PERSON, subject=person.name, limit=20
            ),
        }

    values = await read(request, call)
    own = {
        "person": person,
        "here": "/account",
        "rights": [text for right, text in rights.RIGHTS.items() if person.may(right)],
    }
    return page(request, "account.html", {**values, **own})


@post("/account/password", include_in_schema=False, status_code=303)
@comes_back(lambda _form: (account_page, "/account", {}))
async def own_password(request: Req) -> Response[Any]:
    """Change one's own password; every session of it ends."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    await act(
        request,
        person,
        lambda service, form: personnel.own_password(
            service.office, person, *(form.secret(name) for name in ("old", "new", "again"))
        ),
    )
    return to("/login")


@post("/account/language", include_in_schema=False, status_code=303)
@comes_back(lambda _form: (account_page, "/account", {}))
async def own_language(request: Req) -> Response[Any]:
    """Keep the language in which one's pages are shown after signing in."""
    person = await person_of(request)
    if person is None:
        return to_sign_in(request)
    await act(
        request,
        person,
        lambda service, form: personnel.change(
            service.office, person, person.name, language=form.text("language")
        ),
    )
    return to("/account")


async def _people_page(
    request: Req, person: Person, more: dict[str, Any] | None = None
) -> Response[Any]:
    _only_keepers(person)

    def call(service: Service) -> dict[str, Any]:
        return {
            "staff": personnel.staff(service.office),
            "operators": personnel.operators(service.office),
            "events": personnel.events(service.office, limit=SHOWN_EVENTS),
            "stores": store_names(service),
        }

    values = await read(request, call)
    own = {
        "person": person,
        "here": "/people",
        "roles": list(rights.ROLES),
        "till_roles": _till_roles(language_of(request)),
        "told": None,
        "shown": SHOWN_EVENTS,
    }
    return page(request, "people.html", {**values, **own, **(more or {})})


def _till_roles(language: str) -> dict[str, str]:
    named: Callable[[Any], str] = (
        (lambda role: role.name_zh) if language == "zh_CN" else (lambda role: role.name_en)
    )
    return {code: named(role) for code, role in load_role_book().roles.items()}


def _only_keepers(person: Person) -> None:
    try:
        rights.require(person.name, person.role, rights.PEOPLE_KEEP)
    except NotAllowed as error:
        raise ForbiddenError(error.code, error.detail) from error


ROUTES = [
    people_page,
    keep_person,
    keep_operator,
    people_sheet,
    account_page,
    own_password,
    own_language,
]
