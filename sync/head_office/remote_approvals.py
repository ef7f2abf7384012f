"""Approvals by telephone: the code for one request of one till, who gave it, and whether it was used.

Each workstation has a secret of its own, derived from one that never leaves head office's database;
the till got it at enrolment. Giving a code and using one are rows of the sales audit with the same
subject, so that a code which was used but never given here stands out (I8). The code itself is kept
nowhere.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

import msgspec

from pos.config.roles import RoleBook
from pos.domain.approval import RemoteRequest, read_request, remote_code
from pos.domain.money import display_amount
from sync.head_office import findings
from sync.head_office.database import HeadOffice

GIVEN = "approval_code_given"
USED = "approval_code_used"
"""Codes of the sales audit."""

MAX_REASON = 200
_MASTER = "approval_master"


class Approved(msgspec.Struct, frozen=True, kw_only=True):
    """The answer to read back over the telephone."""

    code: str
    request: RemoteRequest
    store_id: str
    workstation_id: str


class GivenCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code that was given, or one that was used without having been given here."""

    store_id: str
    workstation_id: str
    request_no: str
    given: str
    """Who, the right, how far, why; empty when it was not given here."""

    given_utc_ms: int
    used: str
    """The right, the cashier, the reason, as the till journaled it; empty until then."""

    used_utc_ms: int
    """When head office heard of it."""

    business_day: str


class NotApprovable(ValueError):
    """The code is not given; the text says why."""


def secret_of(office: HeadOffice, workstation_uuid: str) -> bytes:
    """A workstation's 32 bytes; makes head office's own secret first when there is none."""
    query = "SELECT value FROM setting WHERE name = ?"
    row = office.dialect.one(query, (_MASTER,))
    if row is None:
        office.dialect.insert_missing(
            "setting", ("name", "value"), [(_MASTER, secrets.token_hex(32))]
        )
        row = office.dialect.one(query, (_MASTER,))
    assert row is not None  # noqa: S101 - inserted above
    message = f"approval\n{workstation_uuid}".encode()
    return hmac.digest(bytes.fromhex(str(row[0])), message, hashlib.sha256)


def subject(workstation_no: int, request_no: str) -> str:
    """What giving and using a code have in common in the sales audit."""
    return f"{workstation_no}/{request_no}"[:200]


def approve(
    office: HeadOffice,
    book: RoleBook,
    *,
    store_id: str,
    workstation_id: str,
    request_no: str,
    by: str,
    reason: str = "",
) -> Approved:
    """The code for one request, written down with the approver's name; the caller is the writer.

    Asked again for the same request it gives the same code. Raises NotApprovable, LookupError for
    an unknown workstation.
    """
    if not by.strip():
        raise NotApprovable("expected the name of whoever approves")
    asked = read_request(request_no, book.rights)
    if asked is None:
        raise NotApprovable(
            f"{request_no[:40]!r} is no request number: have it read out again, digit by digit"
        )
    if not book.rights[asked.right].approvable:
        raise NotApprovable(f"{asked.right} cannot be approved")
    row = office.dialect.one(
        "SELECT workstation_no, workstation_uuid FROM workstation WHERE store_id = ? "
        "AND workstation_id = ? AND state = 'active' ORDER BY workstation_no DESC",
        (store_id, workstation_id),
    )
    if row is None:
        raise LookupError(f"store {store_id!r} has no enrolled till {workstation_id!r}")
    code = remote_code(
        secret_of(office, str(row[1])),
        str(row[1]),
        asked.request_no,
        asked.right,
        asked.limit_value,
    )
    reach = str(asked.limit_value) if asked.limit_value else ""
    words = (asked.right, reach, reason.strip()[:MAX_REASON])
    told = f"{by.strip()[:80]}: {' '.join(word for word in words if word)}"
    with office.dialect.transaction():
        findings.note(
            office.dialect,
            store_id=store_id,
            code=GIVEN,
            subject=subject(int(row[0]), asked.request_no),
            workstation_id=workstation_id,
            detail=told,
            found_utc_ms=office.clock_ms(),
        )
    return Approved(code=code, request=asked, store_id=store_id, workstation_id=workstation_id)


def recent(office: HeadOffice, store_id: str = "", limit: int = 50) -> list[GivenCode]:
    """Codes given and codes used, the latest first."""
    where, values = (" AND store_id = ?", (store_id,)) if store_id else ("", ())
    rows = office.dialect.query(
        "SELECT store_id, workstation_id, subject, "
        "MAX(CASE WHEN code = ? THEN detail ELSE '' END), "
        "MAX(CASE WHEN code = ? THEN found_utc_ms ELSE 0 END), "
        "MAX(CASE WHEN code = ? THEN detail ELSE '' END), "
        "MAX(CASE WHEN code = ? THEN found_utc_ms ELSE 0 END), MAX(business_day) "
        f"FROM sales_audit WHERE code IN (?, ?){where} "
        "GROUP BY store_id, workstation_id, subject ORDER BY MAX(found_utc_ms) DESC LIMIT ?",
        (GIVEN, GIVEN, USED, USED, GIVEN, USED, *values, limit),
    )
    return [
        GivenCode(
            store_id=str(row[0]),
            workstation_id=str(row[1]),
            request_no=str(row[2]).partition("/")[2],
            given=str(row[3]),
            given_utc_ms=int(row[4]),
            used=str(row[5]),
            used_utc_ms=int(row[6]),
            business_day=str(row[7]),
        )
        for row in rows
    ]


class ApprovableTill(msgspec.Struct, frozen=True):
    """A till that may ask."""

    store_id: str
    store_name: str
    workstation_id: str


def tills(office: HeadOffice) -> list[ApprovableTill]:
    """Enrolled tills in order."""
    rows = office.dialect.query(
        "SELECT DISTINCT w.store_id, s.name, w.workstation_id FROM workstation w "
        "JOIN store s ON s.store_id = w.store_id WHERE w.state = 'active' ORDER BY 1, 3"
    )
    return [ApprovableTill(str(row[0]), str(row[1]), str(row[2])) for row in rows]


def described(book: RoleBook, asked: RemoteRequest, *, chinese: bool) -> str:
    """What is asked for, in words, with how far: an amount, a percentage or a number."""
    right = book.rights[asked.right]
    words = right.zh if chinese else right.en
    if not asked.limit_value:
        return words
    kinds = {
        name.rpartition("_")[2] for name, limit in book.limits.items() if limit.of == asked.right
    }
    value = str(asked.limit_value)
    if kinds == {"minor"}:
        value = display_amount(asked.limit_value)
    elif kinds == {"percent"}:
        value = f"{asked.limit_value}%"
    return f"{words}: {value}"
