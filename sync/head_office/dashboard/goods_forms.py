"""What the goods pages share: who asks, forms that change something and come back filled, sheets."""

from __future__ import annotations

import datetime as dt
from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from types import MappingProxyType
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlencode

from litestar import Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.response import Redirect

from pos.config.item_rows import ListRefused
from pos.domain.money import MoneyFormatError, parse_amount
from pos.domain.quantity import QuantityFormatError, parse_quantity
from pos.i18n import N_, translation_for
from sync.head_office.dashboard.refill import refill
from sync.head_office.dashboard.session_routes import check_form, signed_in
from sync.head_office.dashboard.view import Req, language_of, problems_of
from sync.head_office.people import Person
from sync.head_office.refusals import Problem, Refused, refused
from sync.head_office.rights import NotAllowed
from sync.head_office.service import Service
from sync.head_office.web import ForbiddenError, error_body
from sync.head_office.worker import Worker
from sync.protocol import WireError

_T = TypeVar("_T")
MAX_TYPED = 20_000


class RefusedError(WireError):
    """409: a rule of the shop stands against it; `values` fill the sentence that people read."""

    status = 409
    values: Mapping[str, str] = MappingProxyType({})


class FormError(WireError):
    """What was typed is not taken; `problems` say which field and what was expected."""

    def __init__(self, code: str, detail: str, problems: tuple[Problem, ...] = ()) -> None:
        """Keep the problems beside the English text, which programs get."""
        super().__init__(code, detail)
        self.problems = problems
        self.status = 400 if code == "bad_form" else 409

    @classmethod
    def of(cls, field: str, text: str, **values: object) -> FormError:
        """One problem of one field."""
        found = refused(field, text, **values)
        return cls(found.code, str(found), found.problems)


class NotHereError(WireError):
    """404."""

    status = 404


class Form:
    """What was typed into a form, as text without blanks around it."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        """Take the request's form."""
        self.values = values

    def text(self, name: str, default: str = "") -> str:
        """One field; raises WireError for an unreasonably long one."""
        value = self.values.get(name, default)
        found = (value if isinstance(value, str) else default).strip()
        if len(found) > MAX_TYPED:
            raise refused(name, N_("Expected at most %(most)s characters."), most=MAX_TYPED)
        return found

    def secret(self, name: str) -> str:
        """A field as it was typed, blanks and all."""
        value = self.values.get(name, "")
        return value[:MAX_TYPED] if isinstance(value, str) else ""

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number; raises Refused."""
        text = self.text(name)
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise refused(name, N_("Expected a whole number, got %(typed)s."), typed=text[:40])
        return int(text)

    def amount(self, name: str) -> int:
        """An amount in minor units, nothing for an empty field; raises Refused."""
        text = self.text(name).replace(",", "").replace("，", "").strip("¥￥ ")
        try:
            return parse_amount(text) if text else 0
        except MoneyFormatError:
            raise refused(
                name, N_("Expected an amount such as 12.50, got %(typed)s."), typed=text[:40]
            ) from None

    def quantity(self, name: str) -> int:
        """A quantity in thousandths; raises Refused."""
        return quantity_of(name, self.text(name))

    def day(self, name: str) -> str:
        """A day such as 2026-11-23, or nothing; raises Refused."""
        text = self.text(name)
        try:
            return dt.date.fromisoformat(text).isoformat() if text else ""
        except ValueError:
            raise refused(
                name, N_("Expected a day such as 2026-11-23, got %(typed)s."), typed=text[:40]
            ) from None

    def on(self, name: str) -> bool:
        """A box that may be ticked."""
        return bool(self.text(name))

    def many(self, name: str) -> list[str]:
        """Every value of a field that occurs several times."""
        return [one for one in self.many_of(name) if one]

    def many_of(self, name: str) -> list[str]:
        """Every text of a field, empty ones too; no files."""
        getall = getattr(self.values, "getall", None)
        found = getall(name, []) if getall is not None else [self.values.get(name, "")]
        return [one for one in found if isinstance(one, str)]

    def numbered(self, prefix: str) -> dict[int, str]:
        """Fields `prefix-3` by their number; empty ones are left out."""
        found: dict[int, str] = {}
        for name in self.values:
            head, dash, number = name.rpartition("-")
            if dash and head == prefix and number.isascii() and number.isdigit():
                text = self.text(name)
                if text:
                    found[int(number)] = text
        return found


def quantity_of(field: str, text: str) -> int:
    """A quantity in thousandths; raises Refused for the field."""
    try:
        return parse_quantity(text)
    except QuantityFormatError:
        raise refused(
            field,
            N_("Expected a quantity such as 24 or 1.5, got %(typed)s."),
            typed=text[:40] or "-",
        ) from None


Place = tuple[HTTPRouteHandler, str, Mapping[str, str]]
"""The page that has the form: its handler, its path and its query."""

_NOT_REFILLED: Final = frozenset({"csrf", "sign_in", "busy"})


def comes_back(
    place: Callable[[Form], Place],
) -> Callable[
    [Callable[[Req], Awaitable[Response[Any]]]], Callable[[Req], Awaitable[Response[Any]]]
]:
    """Let a POST handler's refusals come back as the form's own page, filled with what was typed.

    Only to whoever asked for HTML: programs get the error as JSON, as from any route.
    """

    def decorate(
        handler: Callable[[Req], Awaitable[Response[Any]]],
    ) -> Callable[[Req], Awaitable[Response[Any]]]:
        @wraps(handler)
        async def wrapped(request: Req) -> Response[Any]:
            try:
                return await handler(request)
            except WireError as error:
                plain = "text/html" not in request.headers.get("accept", "")
                if plain or error.code in _NOT_REFILLED:
                    raise
                form = await form_of(request)
                return await _again(request, error, form, place(form))

        return wrapped

    return decorate


async def _again(request: Req, error: WireError, form: Form, place: Place) -> Response[Any]:
    """The page with its form filled and the problems beside the fields."""
    handler, path, query = place
    scope: dict[str, Any] = {
        **request.scope,
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": urlencode(query).encode(),
        # What Litestar remembers of the request belongs to the one with the form.
        "state": {},
    }
    shown: Response[Any] = await handler.fn(Request(scope))  # type: ignore[arg-type]
    if not isinstance(shown.content, str):
        raise error
    words = translation_for(language_of(request)).gettext
    typed: dict[str, list[str]] = {}
    for name in form.values:
        texts = form.many_of(name)
        if texts:
            typed[name] = texts
    shown.content = refill(
        shown.content,
        request.url.path,
        typed,
        problems_of(error, language_of(request)),
        words(N_("Nothing was saved.")),
        error.code,
    )
    shown.status_code = error_body(error)[0]
    return shown


async def read(request: Req, call: Callable[[Service], _T]) -> _T:
    """Run on the reader; what is not there is a page that says so."""
    worker: Worker = request.app.state.worker
    return await worker.read(lambda service: told(lambda: call(service)))


async def act(
    request: Req, person: Person, call: Callable[[Service, Form], _T], form: Form | None = None
) -> _T:
    """Run a form's act on the writer after checking its token; rules that refuse become pages."""
    typed = form or await form_of(request)
    check_form(typed.text("csrf"), person.csrf)
    worker: Worker = request.app.state.worker
    return await worker.write(lambda service: told(lambda: call(service, typed)))


async def form_of(request: Req) -> Form:
    """The request's form."""
    return Form(await request.form())


async def person_of(request: Req) -> Person | None:
    """Who is signed in, or None."""
    return await signed_in(request)


def told(call: Callable[[], _T]) -> _T:
    """The call's answer; what it refuses as the error that the pages and the API show."""
    try:
        return call()
    except WireError:
        raise
    except NotAllowed as error:
        raise ForbiddenError(error.code, error.detail) from error
    except ListRefused as error:
        raise WireError("bad_list", str(error)) from error
    except LookupError as error:
        raise NotHereError("not_here", str(error)) from error
    except (MoneyFormatError, QuantityFormatError) as error:
        raise WireError("bad_form", str(error)) from error
    except Refused as error:
        raise FormError(error.code, str(error), error.problems) from error
    except ValueError as error:
        code = str(getattr(error, "code", ""))
        if code:
            refused = RefusedError(code, str(error))
            refused.values = dict(getattr(error, "values", {}))
            raise refused from error
        raise WireError("bad_form", str(error)) from error


def to(path: str, **query: str) -> Response[Any]:
    """Show a page after a form was taken."""
    return Redirect(f"{path}?{urlencode(query)}" if query else path, status_code=303)


def csv_file(name: str, text: str) -> Response[bytes]:
    """A sheet to save."""
    return Response(
        text.encode(),
        media_type="text/csv; charset=utf-8",
        headers={
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(name)}",
            "Cache-Control": "private, no-cache",
        },
    )


def store_names(service: Service) -> dict[str, str]:
    """Every store by number."""
    rows = service.office.dialect.query("SELECT store_id, name FROM store ORDER BY store_id")
    return {str(row[0]): str(row[1]) for row in rows}
