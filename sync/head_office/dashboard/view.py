"""Turning values into pages: templates, the reader's language, addresses of static files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie

from pos.domain.money import display_amount, format_unit_price
from pos.domain.quantity import format_quantity
from pos.i18n import LANGUAGES, translation_for
from sync.head_office import class_names
from sync.head_office.dashboard import (
    finding_texts,
    goods_texts,
    receipt_texts,
    stock_texts,
    texts,
)
from sync.head_office.refusals import Problem
from sync.head_office.web import error_body, handle_wire_error
from sync.head_office.worker import BusyError
from sync.protocol import ERROR_BUSY, WireError

FOLDER = Path(__file__).resolve().parent
STATIC = FOLDER / "static"
LANGUAGE_COOKIE = "guitai_language"
HTML = "text/html"
_YEAR_S = 365 * 24 * 3600

Req = Request[Any, Any, Any]
_ROOMS = frozenset(
    (
        *("orders", "suppliers", "requisitions", "claims", "recalls", "invoices"),
        *("stock", "ledger", "counts", "planning", "quality", "people", "account", "registers"),
    )
)
_FAILURES = {**texts.FAILURES, **goods_texts.FAILURES}


def language_of(request: Req) -> str:
    """The language chosen on the page, else the browser's, else English."""
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return accepted_language(request.headers.get("accept-language", ""))


def accepted_language(header: str) -> str:
    """The language of an Accept-Language header that is liked best among those we have."""
    best, liked = "en", 0.0
    for part in header[:500].split(","):
        name, _, parameter = part.strip().partition(";")
        tag = name.strip().lower()
        known = "zh_CN" if tag.split("-")[0] == "zh" else "en" if tag.split("-")[0] == "en" else ""
        quality = _quality(parameter)
        if known and quality > liked:
            best, liked = known, quality
    return best


def language_cookie(language: str, *, secure: bool) -> Cookie:
    """Remembers the choice for a year."""
    return Cookie(
        key=LANGUAGE_COOKIE,
        value=language,
        httponly=True,
        samesite="lax",
        secure=secure,
        max_age=_YEAR_S,
        path="/",
    )


def page(
    request: Req,
    template: str,
    values: Mapping[str, Any],
    *,
    status: int = 200,
    language: str = "",
) -> Response[str]:
    """A page or a part of one, in the reader's language or another; never kept by a cache."""
    language = language or language_of(request)
    found: class_names.Names = request.state.get("class_names", {})
    shared = {
        "lang": language,
        "html_lang": language.replace("_", "-"),
        "class_name": lambda code: class_names.named(found, code, language),
    }
    text = _environment(language).get_template(template).render({**shared, **values})
    return Response(
        text,
        status_code=status,
        media_type=HTML,
        headers={"Cache-Control": "no-store", "Vary": "Accept-Language, Cookie, HX-Request"},
    )


def error_page(request: Req, error: Exception) -> Response[Any]:
    """A failure as a page for people, and as JSON for whoever did not ask for HTML."""
    if "text/html" not in request.headers.get("accept", ""):
        return handle_wire_error(request, error)
    code: str = getattr(error, "code", ERROR_BUSY)
    status, _ = error_body(error if isinstance(error, (WireError, BusyError)) else BusyError())
    language = language_of(request)
    told = [text for _field, text in problems_of(error, language)]
    named = getattr(error, "values", None) or getattr(error, "problems", None)
    # Programs' details are English: in another language the sentence and the code have to do.
    detail = "" if named or language != "en" else str(getattr(error, "detail", error))[:300]
    values = {
        "person": None,
        "here": "/",
        "code": code,
        "detail": detail,
        "message": " ".join(told),
        "page_before": _page_before(request),
    }
    return page(request, "error.html", values, status=status)


def problems_of(error: Exception, language: str) -> list[tuple[str, str]]:
    """(field, sentence) of what is wrong, in the reader's language; a field may be empty."""
    say = translation_for(language).gettext
    problems: tuple[Problem, ...] = getattr(error, "problems", ())
    if problems:
        return [(problem.field, problem.told(say)) for problem in problems]
    code = str(getattr(error, "code", ERROR_BUSY))
    message = say(_FAILURES.get(code, _FAILURES[""]))
    named: Mapping[str, str] = getattr(error, "values", {})
    return [(str(getattr(error, "field", "")), message % named if named else message)]


def _page_before(request: Req) -> str:
    """The page whose form or link was refused: `/orders` for `/orders/new`; else empty."""
    first, _, rest = request.url.path.strip("/").partition("/")
    return f"/{first}" if rest and first in _ROOMS else ""


@lru_cache(maxsize=32)
def static_url(name: str) -> str:
    """Address of a static file; a new content has a new address."""
    digest = hashlib.sha256((STATIC / name).read_bytes()).hexdigest()
    return f"/static/{name}?v={digest[:12]}"


@lru_cache(maxsize=len(LANGUAGES))
def _environment(language: str) -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    words = translation_for(language)
    environment.install_gettext_translations(  # type: ignore[attr-defined]
        words, newstyle=True
    )
    environment.globals.update(
        static=static_url,
        languages=texts.LANGUAGE_NAMES,
        groupings=texts.GROUPINGS,
        menu=texts.MENU,
        unit_price=format_unit_price,
        word=lambda code, other="": words.gettext(
            goods_texts.WORDS.get(str(code), other or str(code))
        ),
        badge=lambda code: goods_texts.BADGES.get(str(code), ""),
        stock_word=lambda table, code: words.gettext(stock_texts.stock_word(table, str(code))),
        stock_badge=lambda code: stock_texts.STATE_BADGES.get(str(code), ""),
        stock_kinds=stock_texts.KINDS,
        checked_points=lambda codes: receipt_texts.points(codes, words.gettext),
        line_reason=lambda code: receipt_texts.reason(str(code), words.gettext),
        review_name=lambda code: receipt_texts.review(str(code), words.gettext),
        degrees=receipt_texts.degrees,
        percent=_percent,
        party=lambda name: words.gettext("Head office") if name == "HQ" else name,
        comma="、" if language == "zh_CN" else ", ",
        weekdays=lambda digits: (
            " ".join(words.gettext(goods_texts.WEEKDAYS.get(digit, digit)) for digit in digits)
            or words.gettext(goods_texts.ANY_DAY)
        ),
        money=display_amount,
        quantity=format_quantity,
        moment=texts.moment,
        state_name=lambda code: words.gettext(str(texts.STATES.get(code, code))),
        why_silent=lambda till, now_ms: texts.why_silent(words, till, now_ms),
        tender_name=lambda code: _tender_name(code, language),
        finding_name=lambda code: words.gettext(str(texts.FINDINGS.get(code, code))),
        finding_detail=lambda text: finding_texts.detail(text, words.gettext),
        count_note=lambda text: finding_texts.count_note(text, words.gettext),
        person_change=lambda action, text: finding_texts.change(action, text, words.gettext),
        part_name=lambda code: words.gettext(str(texts.PARTS.get(code, code))),
        part_trouble=lambda code: words.gettext(str(texts.PART_TROUBLES.get(code, code))),
    )
    return environment


def _tender_name(code: str, language: str) -> str:
    """A shipped tender's name; one that a shop named itself stays as it is."""
    names = _tender_names().get(code)
    return code if names is None else names[0 if language == "zh_CN" else 1]


@lru_cache(maxsize=1)
def _tender_names() -> dict[str, tuple[str, str]]:
    import tomllib

    from pos.config import config_dir

    table = tomllib.loads((config_dir() / "guitai.toml").read_text(encoding="utf-8"))
    return {
        tender["id"]: (tender["name"], tender["name_en"]) for tender in table["payment"]["tenders"]
    }


def _percent(basis_points: int | None) -> str:
    """Basis points as per cent with one decimal; a dash for what is not known."""
    if basis_points is None:
        return "–"
    tenths = (abs(basis_points) + 5) // 10
    sign = "-" if basis_points < 0 and tenths else ""
    return f"{sign}{tenths // 10}.{tenths % 10} %"


def _quality(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    if name.strip() != "q":
        return 1.0
    try:
        return min(float(value), 1.0)
    except ValueError:
        return 0.0
