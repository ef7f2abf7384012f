"""People and other systems: passwords, sessions, read-only tokens (not tills: that is `auth`)."""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from pos.config.roles import load_role_book
from pos.i18n import N_
from sync.head_office import rights
from sync.head_office.database import HeadOffice
from sync.head_office.refusals import refused
from sync.protocol import FeedOperator

SESSION_LIFETIME_MS = 12 * 3600 * 1000
PASSWORD_LENGTH = 12
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


class Person(msgspec.Struct, frozen=True):
    """Who asks: a signed-in person or a token. `store_id` limits a token to one store."""

    name: str
    role: str
    """A role of `rights.ROLES`, or `reader` for a token."""

    store_id: str = ""
    csrf: str = ""
    operator_id: str = ""
    """Whom the person is at a till, where that is known (CTL-05)."""

    language: str = ""
    """In which pages are shown after signing in; empty for the browser's."""

    def may(self, right: str) -> bool:
        """Whether the person has a right of `rights.RIGHTS`."""
        return rights.allows(self.role, right)


def new_password() -> str:
    """A password that can be read aloud."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))


def set_password(office: HeadOffice, name: str, password: str, role: str = "") -> None:
    """Create a person or change a password; open sessions of that person end.

    Without a `role` a person keeps theirs, and a new one is an administrator.
    """
    from argon2 import PasswordHasher

    if role and role not in rights.ROLES:
        raise ValueError(f"expected one of the roles {', '.join(rights.ROLES)}, got {role!r}")

    verifier = PasswordHasher().hash(password)
    with office.dialect.transaction():
        office.dialect.execute(
            "INSERT INTO person (name, role, verifier, created_utc_ms) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET verifier = excluded.verifier, "
            "role = CASE WHEN ? <> '' THEN excluded.role ELSE person.role END",
            (name, role or rights.ADMIN, verifier, office.clock_ms(), role),
        )
        office.dialect.execute("DELETE FROM session WHERE name = ?", (name,))


def has_people(office: HeadOffice) -> bool:
    """Whether anybody can sign in."""
    return office.dialect.one("SELECT 1 FROM person LIMIT 1") is not None


def sign_in(office: HeadOffice, name: str, password: str) -> tuple[str, Person] | None:
    """Session secret for the cookie, and the person; None when name or password is wrong.

    Takes the same time for an unknown name, so that it does not tell which names exist.
    """
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    row = office.dialect.one(
        "SELECT verifier, role, operator_id, language FROM person WHERE name = ? AND active = 1",
        (name,),
    )
    try:
        PasswordHasher().verify(str(row[0]) if row else _DECOY, password)
    except (Argon2Error, InvalidHashError):
        return None
    if row is None:
        return None
    secret, csrf = secrets.token_urlsafe(32), secrets.token_urlsafe(16)
    now_ms = office.clock_ms()
    with office.dialect.transaction():
        office.dialect.execute("DELETE FROM session WHERE expires_utc_ms < ?", (now_ms,))
        office.dialect.execute(
            "INSERT INTO session (session_hash, name, csrf, created_utc_ms, expires_utc_ms) "
            "VALUES (?, ?, ?, ?, ?)",
            (_hash(secret), name, csrf, now_ms, now_ms + SESSION_LIFETIME_MS),
        )
    person = Person(name, str(row[1]), csrf=csrf, operator_id=str(row[2]), language=str(row[3]))
    return secret, person


def password_is(office: HeadOffice, name: str, password: str) -> bool:
    """Whether that is the present password of an active person."""
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    row = office.dialect.one("SELECT verifier FROM person WHERE name = ? AND active = 1", (name,))
    try:
        PasswordHasher().verify(str(row[0]) if row else _DECOY, password)
    except (Argon2Error, InvalidHashError):
        return False
    return row is not None


def sign_out(office: HeadOffice, secret: str) -> None:
    """End a session."""
    with office.dialect.transaction():
        office.dialect.execute("DELETE FROM session WHERE session_hash = ?", (_hash(secret),))


def by_session(office: HeadOffice, secret: str) -> Person | None:
    """Person of a session cookie."""
    row = office.dialect.one(
        "SELECT session.name, person.role, session.csrf, person.operator_id, person.language "
        "FROM session "
        "JOIN person ON person.name = session.name "
        "WHERE session_hash = ? AND expires_utc_ms > ? AND person.active = 1",
        (_hash(secret), office.clock_ms()),
    )
    if row is None:
        return None
    return Person(
        str(row[0]),
        str(row[1]),
        csrf=str(row[2]),
        operator_id=str(row[3]),
        language=str(row[4]),
    )


def by_name(office: HeadOffice, name: str) -> Person:
    """An active person by name, as the command line names whoever acts; raises LookupError."""
    row = office.dialect.one(
        "SELECT name, role, operator_id FROM person WHERE name = ? AND active = 1", (name,)
    )
    if row is None:
        raise LookupError(f"nobody at head office is called {name!r}: see `hq person list`")
    return Person(str(row[0]), str(row[1]), operator_id=str(row[2]))


def people(office: HeadOffice) -> list[tuple[str, str, str, bool]]:
    """(name, role, operator number at a till, active) of everybody."""
    rows = office.dialect.query("SELECT name, role, operator_id, active FROM person ORDER BY name")
    return [(str(row[0]), str(row[1]), str(row[2]), bool(row[3])) for row in rows]


def change(
    office: HeadOffice,
    name: str,
    *,
    role: str | None = None,
    operator_id: str | None = None,
    active: bool | None = None,
) -> None:
    """Change a person's role, number at a till or whether they may sign in; None leaves it.

    Raises LookupError for nobody, ValueError for an unknown role or when one person would order
    and receive the same goods (CTL-05).
    """
    row = office.dialect.one("SELECT role, operator_id FROM person WHERE name = ?", (name,))
    if row is None:
        raise LookupError(f"nobody at head office is called {name!r}: see `hq person list`")
    chosen = str(row[0]) if role is None else role
    if chosen not in rights.ROLES:
        raise ValueError(f"expected one of the roles {', '.join(rights.ROLES)}, got {chosen!r}")
    number = str(row[1]) if operator_id is None else operator_id.strip()
    if number:
        _check_apart(name, chosen, number, _till_roles(office, number))
    with office.dialect.transaction():
        office.dialect.execute(
            "UPDATE person SET role = ?, operator_id = ?, active = CASE WHEN ? < 0 THEN active "
            "ELSE ? END WHERE name = ?",
            (chosen, number, -1 if active is None else 0, int(bool(active)), name),
        )
        if active is False or chosen != row[0]:
            # Whoever is blocked is out at once, whoever has another role signs in with it anew.
            office.dialect.execute("DELETE FROM session WHERE name = ?", (name,))


def check_operator(office: HeadOffice, operator_id: str, till_role: str) -> None:
    """Raise ValueError when an operator's role at the till may not be that person's (CTL-05)."""
    for name, role, number, active in people(office):
        if number == operator_id and active:
            _check_apart(name, role, operator_id, {till_role})


def _till_roles(office: HeadOffice, operator_id: str) -> set[str]:
    rows = office.dialect.query(
        "SELECT row FROM catalogue WHERE dataset = 'operators' AND row_key = ?", (operator_id,)
    )
    found = [msgspec.json.decode(bytes(row[0]), type=FeedOperator) for row in rows]
    return {one.role for one in found if one.active}


def _check_apart(name: str, role: str, operator_id: str, till_roles: set[str]) -> None:
    """Ordering and receiving stay two people's: no person has a right of each."""
    if not rights.ROLES.get(role, frozenset()) & rights.ORDERING:
        return
    book = load_role_book()
    receiving = [one for one in till_roles if rights.receives(book, one)]
    if receiving:
        raise refused(
            "operator_id",
            N_(
                "%(name)s orders goods at head office, and operator %(number)s receives them at "
                "the till as %(role)s: these must be two people"
            ),
            name=name,
            number=operator_id,
            role=receiving[0],
        )


def add_token(office: HeadOffice, name: str, store_id: str = "") -> str:
    """A read-only token for other systems and for Excel's "From Web"; shown once."""
    token = secrets.token_urlsafe(24)
    with office.dialect.transaction():
        office.dialect.execute(
            "INSERT INTO token (token_hash, name, store_id, created_utc_ms) VALUES (?, ?, ?, ?)",
            (_hash(token), name, store_id, office.clock_ms()),
        )
    return token


def revoke_token(office: HeadOffice, name: str) -> int:
    """Refuse the tokens of that name from now on; returns how many there were."""
    with office.dialect.transaction():
        cursor = office.dialect.execute(
            "UPDATE token SET revoked_utc_ms = ? WHERE name = ? AND revoked_utc_ms = 0",
            (office.clock_ms(), name),
        )
    return int(cursor.rowcount)


def tokens(office: HeadOffice) -> list[tuple[str, str, int, int]]:
    """(name, store, created, revoked) of every token."""
    rows = office.dialect.query(
        "SELECT name, store_id, created_utc_ms, revoked_utc_ms FROM token ORDER BY created_utc_ms"
    )
    return [(str(n), str(s), int(c), int(r)) for n, s, c, r in rows]


def by_token(office: HeadOffice, token: str) -> Person | None:
    """Reader of a token."""
    row = office.dialect.one(
        "SELECT name, store_id FROM token WHERE token_hash = ? AND revoked_utc_ms = 0",
        (_hash(token),),
    )
    return None if row is None else Person(str(row[0]), "reader", store_id=str(row[1]))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


# argon2id of a random password with the library's parameters: costs what a real check costs.
_DECOY = (
    "$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA"
    "$RdescudvJCsgt3ub+b2dWRWJTmaaJObGt8+QvLZUMBs"
)
