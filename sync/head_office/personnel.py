"""Keeping people: who is added, changed and blocked at head office and at the tills, and by whom.

The page and the command line call this alike. Whoever keeps people changes everybody but himself
(CTL-05): own role, number and being active are another keeper's to change. Every change is one row
of `people_event` in the same transaction; passwords and PINs stand nowhere.
"""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from itertools import pairwise
from typing import Final

import msgspec

from pos.config import config_dir
from pos.config.roles import load_role_book
from pos.config.settings import Security
from pos.i18n import LANGUAGES, N_
from sync.head_office import catalogue, people, rights
from sync.head_office.catalogue import clean_text
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.feed import Feed
from sync.head_office.people import Person
from sync.head_office.refusals import refused
from sync.protocol import FeedOperator

PERSON: Final = "person"
OPERATOR: Final = "operator"
SHELL: Final = "hq"
"""Who changed it, when it was done on the command line: whoever has head office's own files."""

MAX_NAME: Final = 80
PASSWORD_LEAST: Final = 10
_OPERATOR_ID = re.compile(r"\d{1,16}", re.ASCII)


class PersonRow(msgspec.Struct, frozen=True, kw_only=True):
    """A person of head office as the page lists it."""

    name: str
    role: str
    operator_id: str
    active: bool
    language: str


class OperatorRow(msgspec.Struct, frozen=True, kw_only=True):
    """An operator of the tills as it was published, without the PIN's verifier."""

    operator_id: str
    name: str
    role: str
    language: str
    active: bool
    store_id: str
    """The one store it is known at; empty for all."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One change of one person."""

    kind: str
    subject: str
    at_utc_ms: int
    by_name: str
    action: str
    detail: str


# ------------------------------------------------------------------------------ head office


def staff(office: HeadOffice) -> list[PersonRow]:
    """Everybody of head office by name."""
    rows = office.dialect.query(
        "SELECT name, role, operator_id, active, language FROM person ORDER BY active DESC, name"
    )
    return [
        PersonRow(
            name=str(row[0]),
            role=str(row[1]),
            operator_id=str(row[2]),
            active=bool(row[3]),
            language=str(row[4]),
        )
        for row in rows
    ]


def add(
    office: HeadOffice,
    by: Person | None,
    name: str,
    role: str,
    *,
    operator_id: str = "",
    language: str = "",
) -> str:
    """Add a person; returns the password, which is told once. Raises NotAllowed, Refused."""
    _require_keeper(by)
    name = clean_text(name)
    if not 1 <= len(name) <= MAX_NAME:
        raise refused("name", N_("Expected a name of 1 to %(most)s characters."), most=MAX_NAME)
    _check_role(role)
    _check_language(language)
    if any(one.name.casefold() == name.casefold() for one in staff(office)):
        raise refused("name", N_("%(name)s is there already."), name=name)
    made = people.new_password()
    with office.dialect.transaction():
        people.set_password(office, name, made, role)
        people.change(office, name, operator_id=operator_id)
        _set_language(office.dialect, name, language)
        _note(office, PERSON, name, by, "added", f"{role} {operator_id}".rstrip())
    return made


def change(
    office: HeadOffice,
    by: Person | None,
    name: str,
    *,
    role: str | None = None,
    operator_id: str | None = None,
    language: str | None = None,
    active: bool | None = None,
) -> None:
    """Change a person; None leaves it. Raises NotAllowed, Refused, LookupError, ValueError."""
    before = _person(office, name)
    own = by is not None and by.name == before.name
    if not own or role is not None or operator_id is not None or active is not None:
        _require_keeper(by)
    if role is not None:
        _check_role(role)
    if language is not None:
        _check_language(language)
    after = msgspec.structs.replace(
        before,
        role=before.role if role is None else role,
        operator_id=before.operator_id if operator_id is None else operator_id.strip(),
        language=before.language if language is None else language,
        active=before.active if active is None else active,
    )
    changed = [
        field
        for field in ("role", "operator_id", "language", "active")
        if getattr(before, field) != getattr(after, field)
    ]
    if own and set(changed) - {"language"}:
        raise rights.NotAllowed("own_account", f"{name} changes no right of their own")
    with office.dialect.transaction():
        people.change(
            office, name, role=after.role, operator_id=after.operator_id, active=after.active
        )
        _set_language(office.dialect, name, after.language)
        for field in changed:
            old, new = getattr(before, field), getattr(after, field)
            if field == "active":
                _note(office, PERSON, name, by, "unblocked" if new else "blocked")
            else:
                _note(office, PERSON, name, by, f"{field}_changed", f"{old or '-'} > {new or '-'}")


def new_password(office: HeadOffice, by: Person | None, name: str) -> str:
    """Give a person a new password, told once; open sessions end. Raises as `change` does."""
    _require_keeper(by)
    _person(office, name)
    made = people.new_password()
    with office.dialect.transaction():
        people.set_password(office, name, made)
        _note(office, PERSON, name, by, "password_given")
    return made


def own_password(office: HeadOffice, by: Person, old: str, new: str, again: str) -> None:
    """Change one's own password; raises Refused for a wrong old one or a weak new one."""
    if not people.password_is(office, by.name, old):
        raise refused("old", N_("The present password is wrong."))
    if len(new) < PASSWORD_LEAST or len(new) > 200:
        raise refused("new", N_("Expected at least %(least)s characters."), least=PASSWORD_LEAST)
    if new == old:
        raise refused("new", N_("This is the present password; choose another."))
    if new != again:
        raise refused("again", N_("The two new passwords differ."))
    with office.dialect.transaction():
        people.set_password(office, by.name, new)
        _note(office, PERSON, by.name, by, "password_changed")


# -------------------------------------------------------------------------------- the tills


def operators(office: HeadOffice) -> list[OperatorRow]:
    """Operators of the tills, as they were published."""
    rows = office.dialect.query(
        "SELECT scope, row FROM catalogue WHERE dataset = 'operators' ORDER BY row_key, scope"
    )
    found = [(str(row[0]), msgspec.json.decode(bytes(row[1]), type=FeedOperator)) for row in rows]
    return [
        OperatorRow(
            operator_id=one.operator_id,
            name=one.name,
            role=one.role,
            language=one.language,
            active=one.active,
            store_id=scope,
        )
        for scope, one in found
    ]


def set_operator(
    feed: Feed,
    by: Person | None,
    operator_id: str,
    *,
    name: str,
    role: str,
    pin: str = "",
    language: str = "",
    active: bool = True,
    store_id: str = "",
    new: bool | None = None,
) -> None:
    """Publish an operator: without a `pin` whoever is there keeps theirs.

    `new` says whether nobody may be there yet (True) or somebody has to be (False). Raises
    NotAllowed, also for one's own number, Refused, and ValueError when one person would order and
    receive the same goods (CTL-05).
    """
    _require_keeper(by)
    if by is not None and by.operator_id and by.operator_id == operator_id:
        raise rights.NotAllowed("own_account", f"operator {operator_id} is {by.name}")
    before = _operator(feed.dialect, operator_id, store_id)
    _check_operator(feed, operator_id, name, language, store_id)
    # A home may have roles of its own, which only its files know: the command line takes any.
    kept = before.role if before is not None else ""
    if by is not None and role not in {*load_role_book().roles, kept}:
        raise refused("role", N_("There is no role %(role)s."), role=role[:40] or "-")
    if new is True and before is not None:
        raise refused("operator_id", N_("The number %(number)s is taken."), number=operator_id)
    if new is False and before is None:
        raise refused("operator_id", N_("Nobody has the number %(number)s."), number=operator_id)
    if pin or before is None:
        _check_pin(role, operator_id, pin)
        made = catalogue.operator(operator_id, name, role, pin, language=language, active=active)
    else:
        made = msgspec.structs.replace(
            before, name=clean_text(name), role=role, language=language, active=active
        )
    if made == before:
        return
    detail = f"{clean_text(name)} {role} {store_id}".rstrip()
    with feed.dialect.transaction():
        catalogue.set_operator(feed, made, scope=store_id, by=by.name if by else SHELL)
        if before is None:
            _note(feed.office, OPERATOR, operator_id, by, "added", detail)
            return
        if before.active != active:
            _note(feed.office, OPERATOR, operator_id, by, "unblocked" if active else "blocked")
        if pin:
            _note(feed.office, OPERATOR, operator_id, by, "pin_given")
        for field in ("name", "role", "language"):
            old, now = getattr(before, field), getattr(made, field)
            if old != now:
                told = f"{old or '-'} > {now or '-'}"
                _note(feed.office, OPERATOR, operator_id, by, f"{field}_changed", told)


# ---------------------------------------------------------------------------------- history


def events(
    office: HeadOffice, *, kind: str = "", subject: str = "", limit: int = 100
) -> list[Event]:
    """What was changed, the latest first; of one person when named."""
    where, values = "", tuple[str, ...]()
    if kind:
        where, values = " WHERE kind = ? AND subject = ?", (kind, subject)
    rows = office.dialect.query(
        "SELECT kind, subject, at_utc_ms, by_name, action, detail FROM people_event"
        f"{where} ORDER BY at_utc_ms DESC, kind, subject, event_no DESC LIMIT ?",
        (*values, limit),
    )
    return [
        Event(
            kind=str(row[0]),
            subject=str(row[1]),
            at_utc_ms=int(row[2]),
            by_name=str(row[3]),
            action=str(row[4]),
            detail=str(row[5]),
        )
        for row in rows
    ]


# ---------------------------------------------------------------------------------- helpers


def _require_keeper(by: Person | None) -> None:
    if by is not None:
        rights.require(by.name, by.role, rights.PEOPLE_KEEP)


def _check_role(role: str) -> None:
    if role not in rights.ROLES:
        raise refused("role", N_("There is no role %(role)s."), role=role[:40] or "-")


def _check_language(language: str) -> None:
    if language and language not in LANGUAGES:
        raise refused("language", N_("There is no language %(code)s."), code=language[:20])


def _check_operator(feed: Feed, operator_id: str, name: str, language: str, store_id: str) -> None:
    if _OPERATOR_ID.fullmatch(operator_id) is None:
        raise refused("operator_id", N_("Expected a number of up to 16 digits."))
    if not 1 <= len(clean_text(name)) <= MAX_NAME:
        raise refused("name", N_("Expected a name of 1 to %(most)s characters."), most=MAX_NAME)
    _check_language(language)
    known = feed.dialect.one("SELECT 1 FROM store WHERE store_id = ?", (store_id,))
    if store_id and known is None:
        raise refused("store", N_("There is no store %(store)s."), store=store_id[:40])


def _check_pin(role: str, operator_id: str, pin: str) -> None:
    """The till's own rule for new PINs, with the limits that are shipped."""
    security = _security()
    known = load_role_book().roles.get(role)
    manager = known is not None and known.manager
    least = security.pin_length_min_manager if manager else security.pin_length_min
    if not (pin.isascii() and pin.isdigit() and least <= len(pin) <= security.pin_length_max):
        raise refused(
            "pin",
            N_("Expected a PIN of %(least)s to %(most)s digits."),
            least=least,
            most=security.pin_length_max,
        )
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if steps in ({0}, {1}, {9}) or pin == operator_id:
        raise refused(
            "pin", N_("This PIN is too easy to guess; take one that is no row of digits.")
        )


@lru_cache(maxsize=1)
def _security() -> Security:
    table = tomllib.loads((config_dir() / "guitai.toml").read_text(encoding="utf-8"))
    return msgspec.convert(table["security"], Security)


def _person(office: HeadOffice, name: str) -> PersonRow:
    for one in staff(office):
        if one.name == name:
            return one
    raise LookupError(f"nobody at head office is called {name!r}: see `hq person list`")


def _operator(dialect: Dialect, operator_id: str, store_id: str) -> FeedOperator | None:
    row = dialect.one(
        "SELECT row FROM catalogue WHERE scope = ? AND dataset = 'operators' AND row_key = ?",
        (store_id, operator_id),
    )
    return None if row is None else msgspec.json.decode(bytes(row[0]), type=FeedOperator)


def _set_language(dialect: Dialect, name: str, language: str) -> None:
    dialect.execute("UPDATE person SET language = ? WHERE name = ?", (language, name))


def _note(
    office: HeadOffice, kind: str, subject: str, by: Person | None, action: str, detail: str = ""
) -> None:
    row = office.dialect.one(
        "SELECT COALESCE(MAX(event_no), 0) + 1 FROM people_event WHERE kind = ? AND subject = ?",
        (kind, subject),
    )
    office.dialect.execute(
        "INSERT INTO people_event (kind, subject, event_no, at_utc_ms, by_name, action, detail) "
        "VALUES (?, ?, ?, ?, ?, ?, ?)",
        (
            kind,
            subject,
            int(row[0]) if row else 1,
            office.clock_ms(),
            by.name if by else SHELL,
            action,
            detail[:300],
        ),
    )
