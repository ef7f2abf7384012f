"""What the goods pages share: who asks, forms that change something, failures as pages, sheets."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, TypeVar
from urllib.parse import quote, urlencode

from litestar import Response
from litestar.response import Redirect

from pos.config.item_rows import ListRefused
from pos.domain.money import MoneyFormatError
from pos.domain.quantity import QuantityFormatError
from sync.head_office.dashboard.session_routes import check_form, signed_in
from sync.head_office.dashboard.view import Req
from sync.head_office.people import Person
from sync.head_office.rights import NotAllowed
from sync.head_office.service import Service
from sync.head_office.web import ForbiddenError
from sync.head_office.worker import Worker
from sync.protocol import WireError

_T = TypeVar("_T")
MAX_TYPED = 20_000


class RefusedError(WireError):
    """409: a rule of the shop stands against it; `values` fill the sentence that people read."""

    status = 409
    values: Mapping[str, str] = MappingProxyType({})


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
            raise WireError("bad_form", f"{name}: expected less than {MAX_TYPED} characters")
        return found

    def whole(self, name: str, default: int = 0) -> int:
        """A whole number; raises WireError."""
        text = self.text(name)
        if not text:
            return default
        if not text.isascii() or not text.isdigit() or len(text) > 9:
            raise WireError("bad_form", f"{name}: expected a whole number, got {text[:40]!r}")
        return int(text)

    def on(self, name: str) -> bool:
        """A box that may be ticked."""
        return bool(self.text(name))

    def many(self, name: str) -> list[str]:
        """Every value of a field that occurs several times."""
        getall = getattr(self.values, "getall", None)
        found = getall(name, []) if getall is not None else [self.values.get(name, "")]
        return [one for one in found if isinstance(one, str) and one]

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
