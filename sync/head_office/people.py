"""People and other systems: passwords, sessions, read-only tokens (not tills: that is `auth`)."""

from __future__ import annotations

import hashlib
import secrets

import msgspec

from sync.head_office.database import HeadOffice

SESSION_LIFETIME_MS = 12 * 3600 * 1000
PASSWORD_LENGTH = 12
_ALPHABET = "23456789abcdefghjkmnpqrstvwxyz"


class Person(msgspec.Struct, frozen=True):
    """Who asks: a signed-in person or a token. `store_id` limits a token to one store."""

    name: str
    role: str
    """`admin`, or `reader` for a token."""

    store_id: str = ""
    csrf: str = ""


def new_password() -> str:
    """A password that can be read aloud."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(PASSWORD_LENGTH))


def set_password(office: HeadOffice, name: str, password: str, role: str = "admin") -> None:
    """Create a person or change a password; open sessions of that person end."""
    from argon2 import PasswordHasher

    verifier = PasswordHasher().hash(password)
    with office.dialect.transaction():
        office.dialect.execute(
            "INSERT INTO person (name, role, verifier, created_utc_ms) VALUES (?, ?, ?, ?) "
            "ON CONFLICT (name) DO UPDATE SET verifier = excluded.verifier, role = excluded.role",
            (name, role, verifier, office.clock_ms()),
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
        "SELECT verifier, role FROM person WHERE name = ? AND active = 1", (name,)
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
    return secret, Person(name, str(row[1]), csrf=csrf)


def sign_out(office: HeadOffice, secret: str) -> None:
    """End a session."""
    with office.dialect.transaction():
        office.dialect.execute("DELETE FROM session WHERE session_hash = ?", (_hash(secret),))


def by_session(office: HeadOffice, secret: str) -> Person | None:
    """Person of a session cookie."""
    row = office.dialect.one(
        "SELECT session.name, person.role, session.csrf FROM session "
        "JOIN person ON person.name = session.name "
        "WHERE session_hash = ? AND expires_utc_ms > ? AND person.active = 1",
        (_hash(secret), office.clock_ms()),
    )
    return None if row is None else Person(str(row[0]), str(row[1]), csrf=str(row[2]))


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
