"""`hq pull`: a day's answer as a file, from a running head office or from its database."""

from __future__ import annotations

import hashlib
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import unquote, urlencode
from urllib.request import Request, urlopen

import msgspec

from sync.head_office import answers, completeness
from sync.head_office.database import HeadOffice


class Saved(msgspec.Struct, frozen=True):
    """Where the file lies and whether its day is complete."""

    path: Path
    status: str
    revision: int
    missing: tuple[completeness.TillDay, ...] = ()
    """Till-days that keep the day from being complete, as the file tells them."""


def pull_from_home(
    office: HeadOffice,
    *,
    business_day: str,
    out: Path,
    fmt: str,
    by: str,
    store: str,
    revision: int | None,
) -> Saved:
    """Ask the database; keeps the answer's revision as the API does."""
    load_renderers(fmt)
    question = answers.Question(business_day=business_day, store_id=store, by=by)
    answer = answers.ask(office, question, fmt=fmt, revision=revision)
    content = answers.ask(office, question, fmt="json", revision=answer.revision)
    return _saved(_save(out, answer.file_name, answer.data), content.data, answer.revision)


def pull_over_http(
    url: str,
    token: str,
    *,
    business_day: str,
    out: Path,
    fmt: str,
    by: str,
    store: str,
    revision: int | None,
) -> Saved:
    """Ask a running head office; raises OSError or ValueError when it does not answer well."""
    query = {"business_day": business_day, "by": by, "store": store, "format": fmt}
    if revision is not None:
        query["revision"] = str(revision)
    data, headers = _get(url, token, query)
    if hashlib.sha256(data).hexdigest() != headers.get("guitai-sha256", ""):
        raise ValueError("the file that came does not give its checksum")
    number = int(headers.get("guitai-revision", "0"))
    about, _headers = _get(url, token, query | {"format": "json", "revision": str(number)})
    name = unquote(headers.get("content-disposition", "").rpartition("''")[2])
    # The name comes from outside: only its last part, and never a hidden file.
    safe = Path(name).name.lstrip(".") or f"{business_day}_r{number}.{fmt}"
    return _saved(_save(out, safe, data), about, number)


class _About(msgspec.Struct):
    """What is read of an answer's JSON."""

    status: str
    till_days: tuple[completeness.TillDay, ...] = ()


def _saved(path: Path, about: bytes, revision: int) -> Saved:
    told = msgspec.json.decode(about, type=_About)
    missing = tuple(day for day in told.till_days if day.state not in completeness.DONE)
    return Saved(path, told.status, revision, missing)


def load_renderers(fmt: str) -> None:
    """Load the renderer of a format that is not always needed."""
    if fmt == "xlsx" and "xlsx" not in answers.RENDERERS:
        import importlib

        importlib.import_module("sync.head_office.exports")


def _get(url: str, token: str, query: dict[str, str]) -> tuple[bytes, dict[str, str]]:
    if not url.startswith(("http://", "https://")):
        raise ValueError(f"expected an http or https URL, got {url!r}")
    request = Request(  # noqa: S310 - checked one line above
        f"{url.rstrip('/')}/api/v1/daily-sales?{urlencode(query)}",
        headers={"Authorization": f"Bearer {token}"},
    )
    try:
        with urlopen(request, timeout=60) as answer:  # noqa: S310 - as above
            return answer.read(), {k.lower(): v for k, v in answer.headers.items()}
    except HTTPError as error:
        detail = error.read(2000).decode("utf-8", "replace")
        said = f"head office answered {error.code}: {detail}"
        if error.code in {429, 502, 503, 504}:  # busy or restarting: another try may go well
            raise ConnectionError(said) from error
        raise ValueError(said) from error


def _save(out: Path, name: str, data: bytes) -> Path:
    out.mkdir(parents=True, exist_ok=True)
    target = out / name
    partial = target.with_name(target.name + ".tmp")
    partial.write_bytes(data)
    partial.replace(target)
    return target
