"""Signing in and out on the page, and choosing its language.

A form must come from our own page: each carries a token that its cookie (before signing in) or
its session (after) also holds. Browsers send no usable Origin under `Referrer-Policy: no-referrer`.
"""

from __future__ import annotations

import hmac
import secrets
from typing import Any

from litestar import Response, get, post
from litestar.datastructures import Cookie
from litestar.response import Redirect

from pos.i18n import LANGUAGES
from sync.head_office import class_names, people
from sync.head_office.api_routes import session_cookie
from sync.head_office.dashboard.view import Req, language_cookie, page
from sync.head_office.people import Person
from sync.head_office.service import Service
from sync.head_office.sync_routes import FailureLimit
from sync.head_office.web import SESSION_COOKIE, ForbiddenError
from sync.head_office.worker import Worker

FORM_COOKIE = "guitai_form"
_MAX_TYPED = 200


async def signed_in(request: Req) -> Person | None:
    """The person of the session cookie; tokens of other systems open no pages."""
    secret = request.cookies.get(SESSION_COOKIE, "")
    if not secret:
        return None
    worker: Worker = request.app.state.worker

    def call(service: Service) -> tuple[Person | None, class_names.Names]:
        person = people.by_session(service.office, secret)
        return person, class_names.names(service.office.dialect) if person else {}

    # Every page shows classes by their names: they are at hand with whoever asks for one.
    person, request.state.class_names = await worker.read(call)
    return person


def to_sign_in(request: Req) -> Response[Any]:
    """Send a browser to the sign-in page, and back afterwards."""
    if request.headers.get("hx-request") == "true":
        return Response(b"", headers={"HX-Redirect": "/login"})
    return Redirect("/login", status_code=303)


def check_form(typed: str, held: str) -> None:
    """Raise ForbiddenError unless the form carries the token that we hold."""
    if not held or not hmac.compare_digest(typed.encode(), held.encode()):
        raise ForbiddenError("csrf", "this form is out of date: go back and load the page again")


@get("/login", include_in_schema=False)
async def login_page(request: Req) -> Response[Any]:
    """Show name and password."""
    if await signed_in(request) is not None:
        return Redirect("/", status_code=303)
    return _login_page(request, failure="")


@post("/login", include_in_schema=False, status_code=200)
async def login(request: Req) -> Response[Any]:
    """Sign in; a wrong name and a wrong password look and last the same."""
    form = await request.form()
    check_form(str(form.get("form_token", "")), request.cookies.get(FORM_COOKIE, ""))
    limit: FailureLimit = request.app.state.sign_in_limit
    if not limit.allow(request.client.host if request.client else ""):
        return _login_page(request, failure="rate", status=429)
    name, password = str(form.get("name", "")), str(form.get("password", ""))
    worker: Worker = request.app.state.worker
    found = None
    if len(name) <= _MAX_TYPED and len(password) <= _MAX_TYPED:
        found = await worker.write(lambda service: people.sign_in(service.office, name, password))
    if found is None:
        limit.failed(request.client.host if request.client else "")
        return _login_page(request, failure="password", status=401)
    answer = Redirect("/", status_code=303)
    answer.cookies = [
        session_cookie(found[0], secure=_is_secure(request)),
        _form_cookie("", secure=_is_secure(request), max_age=0),
    ]
    if found[1].language in LANGUAGES:
        answer.cookies.append(language_cookie(found[1].language, secure=_is_secure(request)))
    return answer


@post("/logout", include_in_schema=False, status_code=303)
async def logout(request: Req) -> Response[Any]:
    """Sign out."""
    person = await signed_in(request)
    if person is not None:
        form = await request.form()
        check_form(str(form.get("csrf", "")), person.csrf)
        secret = request.cookies.get(SESSION_COOKIE, "")
        worker: Worker = request.app.state.worker
        await worker.write(lambda service: people.sign_out(service.office, secret))
    answer = Redirect("/login", status_code=303)
    answer.cookies = [session_cookie("", secure=_is_secure(request), max_age=0)]
    return answer


@post("/language", include_in_schema=False, status_code=303)
async def choose_language(request: Req) -> Response[Any]:
    """Remember a language and show the same page again."""
    form = await request.form()
    answer = Redirect(local_path(str(form.get("next", "/"))), status_code=303)
    language = str(form.get("language", ""))
    if language in LANGUAGES:
        answer.cookies = [language_cookie(language, secure=_is_secure(request))]
    return answer


def local_path(text: str) -> str:
    """A path of this server, whatever was sent: never another origin's."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"


def _login_page(request: Req, *, failure: str, status: int = 200) -> Response[str]:
    token = request.cookies.get(FORM_COOKIE, "") or secrets.token_urlsafe(16)
    answer = page(
        request,
        "login.html",
        {"failure": failure, "form_token": token, "person": None, "here": "/login"},
        status=status,
    )
    answer.cookies = [_form_cookie(token, secure=_is_secure(request), max_age=3600)]
    return answer


def _form_cookie(value: str, *, secure: bool, max_age: int) -> Cookie:
    return Cookie(
        key=FORM_COOKIE,
        value=value,
        httponly=True,
        samesite="strict",
        secure=secure,
        max_age=max_age,
        path="/login",
    )


def _is_secure(request: Req) -> bool:
    return request.url.scheme == "https"


ROUTES = [login_page, login, logout, choose_language]
