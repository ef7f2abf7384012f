"""Who may push for which till: enrolment by one-use code, signed requests, alarms (R1, R16, R18).

A till makes its own Ed25519 key; head office keeps the public half, so a leaked database gives
nobody a till. What a request may touch follows from its key alone, never from its labels.
"""

from __future__ import annotations

import hashlib
import secrets
import uuid
from collections.abc import Mapping

import msgspec

from sync.head_office import remote_approvals
from sync.head_office.audit import Auditor
from sync.head_office.batches import Source
from sync.head_office.database import HeadOffice
from sync.head_office.feed import Feed
from sync.protocol import (
    ERROR_CODE,
    ERROR_FORBIDDEN,
    ERROR_MALFORMED,
    ERROR_REPLAYED,
    ERROR_REVOKED,
    ERROR_SIGNATURE,
    ERROR_SKEW,
    ERROR_UNKNOWN_KEY,
    ERROR_UPGRADE,
    HEADER_KEY,
    HEADER_MACHINE,
    HEADER_NONCE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    MAX_CLOCK_SKEW_MS,
    READABLE_PROTOCOLS,
    EnrolAnswer,
    EnrolRequest,
    WireError,
    from_base64,
    reclaim_message,
    rotation_message,
    signed_message,
    verify,
)

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without 0 O, 1 I L and U: a code is read aloud and typed on a number of keyboards."""

CODE_LENGTH = 9
CODE_LIFETIME_MS = 15 * 60 * 1000
KEY_CACHE_MS = 5_000
"""A revoked key is refused at the latest after this time."""

_CACHE_LIMIT = 10_000
DAY_MS = 86_400_000


class Workstation(msgspec.Struct, frozen=True):
    """An enrolled till as its key finds it."""

    store_id: str
    workstation_no: int
    workstation_uuid: str
    workstation_id: str
    public_key: str
    state: str
    next_public_key: str = ""
    """Asked for by `rotate_key`; good as well until it is first used."""

    def signed(self, signature: str, message: bytes) -> str:
        """The public key, present or next, that made this signature; empty when neither did."""
        keys = [key for key in (self.public_key, self.next_public_key) if key]
        return next((key for key in keys if verify(key, signature, message)), "")

    @property
    def source(self) -> Source:
        """Whose journal it may push."""
        return Source(
            self.store_id, self.workstation_no, self.workstation_uuid, self.workstation_id
        )


class Signed(msgspec.Struct, frozen=True):
    """A request whose signature is good."""

    workstation: Workstation
    nonce: str
    machine_id: str
    time_ms: int
    by_next_key: bool = False


class AuthError(WireError):
    """401 or 403; `status` says which."""

    def __init__(self, code: str, detail: str, status: int = 401) -> None:
        """Keep the HTTP status beside code and detail."""
        super().__init__(code, detail)
        self.status = status


class Auth:
    """Keys and codes of one head office."""

    def __init__(self, office: HeadOffice) -> None:
        """Work on an open head office."""
        self.office = office
        self.dialect = office.dialect
        self._keys: dict[str, tuple[int, Workstation]] = {}
        self._machines: set[tuple[str, int, str, str]] = set()

    # ------------------------------------------------------------------- enrolment

    def new_code(
        self, store_id: str, workstation_id: str, *, lifetime_ms: int = CODE_LIFETIME_MS
    ) -> str:
        """Make a one-use code for one place; raises LookupError for an unknown store."""
        if self.dialect.one("SELECT 1 FROM store WHERE store_id = ?", (store_id,)) is None:
            raise LookupError(f"store {store_id!r} is unknown: run `hq add-store` first")
        if not workstation_id or len(workstation_id) > 40:
            raise ValueError("expected a workstation number of 1 to 40 characters")
        code = "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))
        now_ms = self.office.clock_ms()
        with self.dialect.transaction():
            self.dialect.execute(
                "DELETE FROM enrolment WHERE store_id = ? AND workstation_id = ? "
                "AND used_utc_ms = 0",
                (store_id, workstation_id),
            )
            self.dialect.execute(
                "INSERT INTO enrolment (store_id, code_hash, workstation_id, created_utc_ms, "
                "expires_utc_ms) VALUES (?, ?, ?, ?, ?)",
                (store_id, _code_hash(code), workstation_id, now_ms, now_ms + lifetime_ms),
            )
        return f"{code[:3]}-{code[3:6]}-{code[6:]}"

    def enrol(self, request: EnrolRequest) -> EnrolAnswer:
        """Trade a code and a public key for an identity; raises AuthError."""
        if request.protocol not in READABLE_PROTOCOLS:
            raise AuthError(ERROR_UPGRADE, f"expected protocol {READABLE_PROTOCOLS}", 426)
        if len(from_base64(request.public_key)) != 32:
            raise AuthError(ERROR_MALFORMED, "expected an Ed25519 public key of 32 bytes", 400)
        now_ms = self.office.clock_ms()
        with self.dialect.transaction():
            store_id, workstation_id = self._use_code(request.code, now_ms)
            store = self.dialect.one(
                "SELECT name, currency FROM store WHERE store_id = ?", (store_id,)
            )
            assert store is not None  # noqa: S101 - the code row names an existing store
            identity = self._identity(request, store_id)
            if identity is None:
                identity = self._add(request, store_id, workstation_id, now_ms)
            workstation_uuid, number = identity
            self.dialect.execute(
                "UPDATE workstation SET state = 'replaced' WHERE store_id = ? "
                "AND workstation_id = ? AND workstation_no <> ? AND state = 'active'",
                (store_id, workstation_id, number),
            )
            Feed(self.office).catch_up(store_id)
            approval_secret = remote_approvals.secret_of(self.office, workstation_uuid)
        self._keys.clear()
        return EnrolAnswer(
            workstation_uuid=workstation_uuid,
            store_id=store_id,
            workstation_id=workstation_id,
            store_name=str(store[0]),
            currency=str(store[1]),
            incarnation=self.office.incarnation,
            server_time_ms=now_ms,
            approval_secret=approval_secret.hex(),
            last_business_day=self._last_business_day(store_id, workstation_id),
        )

    def _last_business_day(self, store_id: str, workstation_id: str) -> str:
        row = self.dialect.one(
            "SELECT max(d.business_day) FROM till_day d JOIN workstation w "
            "ON w.store_id = d.store_id AND w.workstation_no = d.workstation_no "
            "WHERE d.store_id = ? AND w.workstation_id = ?",
            (store_id, workstation_id),
        )
        return str(row[0]) if row is not None and row[0] else ""

    def revoke(self, store_id: str, workstation_id: str) -> int:
        """Refuse a place's keys from now on; returns how many there were."""
        with self.dialect.transaction():
            cursor = self.dialect.execute(
                "UPDATE workstation SET state = 'revoked' WHERE store_id = ? "
                "AND workstation_id = ? AND state <> 'revoked'",
                (store_id, workstation_id),
            )
        self._keys.clear()
        return int(cursor.rowcount)

    def _use_code(self, code: str, now_ms: int) -> tuple[str, str]:
        digest = _code_hash(code)
        row = self.dialect.one(
            "SELECT store_id, workstation_id FROM enrolment WHERE code_hash = ? "
            "AND used_utc_ms = 0 AND expires_utc_ms > ?" + self.dialect.for_update,
            (digest, now_ms),
        )
        if row is None:
            raise AuthError(ERROR_CODE, "this code is unknown, used or out of date", 403)
        self.dialect.execute(
            "UPDATE enrolment SET used_utc_ms = ? WHERE store_id = ? AND code_hash = ?",
            (now_ms, row[0], digest),
        )
        return str(row[0]), str(row[1])

    def _identity(self, request: EnrolRequest, store_id: str) -> tuple[str, int] | None:
        """The identity that a till claims back with its key (R16), or None for a new one."""
        if not request.reclaim_uuid:
            return None
        message = reclaim_message(request.code, request.reclaim_uuid, request.public_key)
        if not verify(request.public_key, request.reclaim_signature, message):
            raise AuthError(ERROR_SIGNATURE, "the reclaimed identity needs its own key", 403)
        row = self.dialect.one(
            "SELECT store_id, workstation_no, public_key, next_public_key FROM workstation "
            "WHERE workstation_uuid = ?",
            (request.reclaim_uuid,),
        )
        if row is None:
            return None
        if row[0] != store_id or request.public_key not in (row[2], row[3] or None):
            raise AuthError(ERROR_FORBIDDEN, "that identity belongs to another key", 403)
        self.dialect.execute(
            "UPDATE workstation SET state = 'active', machine_id = ?, app_version = ? "
            "WHERE store_id = ? AND workstation_no = ?",
            (request.machine_id[:128], request.app_version[:40], row[0], row[1]),
        )
        return request.reclaim_uuid, int(row[1])

    def _add(
        self, request: EnrolRequest, store_id: str, workstation_id: str, now_ms: int
    ) -> tuple[str, int]:
        made = str(uuid.UUID(request.reclaim_uuid)) if request.reclaim_uuid else str(uuid.uuid4())
        row = self.dialect.one(
            "SELECT COALESCE(MAX(workstation_no), 0) + 1 FROM workstation WHERE store_id = ?",
            (store_id,),
        )
        number = int(row[0]) if row else 1
        self.dialect.execute(
            "INSERT INTO workstation (store_id, workstation_no, workstation_uuid, "
            "workstation_id, public_key, machine_id, app_version, enrolled_utc_ms, "
            "last_seen_utc_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                store_id,
                number,
                made,
                workstation_id,
                request.public_key,
                request.machine_id[:128],
                request.app_version[:40],
                now_ms,
                now_ms,
            ),
        )
        return made, number

    # ------------------------------------------------------------- signed requests

    def check(self, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Signed:
        """Check a request's signature, time and key; raises AuthError (R8: 401 or 403)."""
        key, time_text = headers.get(HEADER_KEY.lower(), ""), headers.get(HEADER_TIME.lower(), "")
        nonce = headers.get(HEADER_NONCE.lower(), "")
        machine = headers.get(HEADER_MACHINE.lower(), "")
        signature = headers.get(HEADER_SIGNATURE.lower(), "")
        if not (key and time_text and nonce and signature):
            raise AuthError(ERROR_SIGNATURE, "expected a signed request")
        if len(nonce) > 64 or len(machine) > 128 or not time_text.isascii():
            raise AuthError(ERROR_SIGNATURE, "expected signature headers of ordinary length")
        workstation = self._workstation(key)
        if workstation is None:
            raise AuthError(ERROR_UNKNOWN_KEY, "this workstation is not enrolled here")
        message = signed_message(method, target, time_text, nonce, body, machine)
        public_key = workstation.signed(signature, message)
        if not public_key and self._keys.pop(key, None) is not None:
            # What is remembered may be from before the till changed its key.
            workstation = self._workstation(key) or workstation
            public_key = workstation.signed(signature, message)
        if not public_key:
            raise AuthError(ERROR_SIGNATURE, "the signature does not fit this workstation's key")
        if workstation.state == "revoked":
            raise AuthError(ERROR_REVOKED, "this workstation's key was revoked", 403)
        if not time_text.isdigit() or len(time_text) > 15:
            raise AuthError(ERROR_SKEW, "expected unix milliseconds as time")
        if abs(int(time_text) - self.office.clock_ms()) > MAX_CLOCK_SKEW_MS:
            # Only after the signature: the answer tells head office's time to its own tills.
            raise AuthError(ERROR_SKEW, "the till's clock is too far from head office's")
        by_next = public_key == workstation.next_public_key
        return Signed(workstation, nonce, machine, int(time_text), by_next_key=by_next)

    def rotate_key(self, signed: Signed, public_key: str, proof: str) -> None:
        """Let a till sign with another key too; the same one again changes nothing.

        Raises AuthError when the till does not hold that key, WireError when it is none.
        """
        workstation = signed.workstation
        if len(from_base64(public_key)) != 32:
            raise AuthError(ERROR_MALFORMED, "expected an Ed25519 public key of 32 bytes", 400)
        message = rotation_message(workstation.workstation_uuid, public_key)
        if not verify(public_key, proof, message):
            raise AuthError(ERROR_SIGNATURE, "the new key has to sign for itself", 403)
        if signed.by_next_key or public_key == workstation.public_key:
            return
        with self.dialect.transaction():
            self.dialect.execute(
                "UPDATE workstation SET next_public_key = ? "
                "WHERE store_id = ? AND workstation_no = ?",
                (public_key, workstation.store_id, workstation.workstation_no),
            )
        self._keys.clear()

    def promote(self, signed: Signed) -> None:
        """The next key was used: from now on it is the only one. Called by the writer."""
        if not signed.by_next_key:
            return
        workstation, now_ms = signed.workstation, self.office.clock_ms()
        with self.dialect.transaction():
            moved = self.dialect.execute(
                "UPDATE workstation SET public_key = next_public_key, next_public_key = '' "
                "WHERE store_id = ? AND workstation_no = ? AND next_public_key = ?",
                (
                    workstation.store_id,
                    workstation.workstation_no,
                    workstation.next_public_key,
                ),
            )
            if moved.rowcount:
                Auditor(self.office).alarm(
                    workstation.source,
                    "key_rotated",
                    f"{workstation.workstation_no}/{now_ms}",
                    "the till signs with another key; the one before is refused",
                    now_ms,
                )
        self._keys.clear()

    def spend_nonce(self, signed: Signed) -> None:
        """Accept a request once; the journal needs no such memory. The caller is the writer."""
        workstation, now_ms = signed.workstation, self.office.clock_ms()
        try:
            with self.dialect.transaction():
                self.dialect.execute(
                    "DELETE FROM nonce WHERE store_id = ? AND workstation_no = ? "
                    "AND seen_utc_ms < ?",
                    (
                        workstation.store_id,
                        workstation.workstation_no,
                        now_ms - 2 * MAX_CLOCK_SKEW_MS,
                    ),
                )
                self.dialect.execute(
                    "INSERT INTO nonce (store_id, workstation_no, nonce, seen_utc_ms) "
                    "VALUES (?, ?, ?, ?)",
                    (workstation.store_id, workstation.workstation_no, signed.nonce, now_ms),
                )
        except self.dialect.integrity_errors as error:
            raise AuthError(ERROR_REPLAYED, "this request was made before") from error

    def note_machine(self, signed: Signed) -> bool:
        """Remember the machine a key signs from; True when it is the second one today (R18)."""
        workstation, now_ms = signed.workstation, self.office.clock_ms()
        if not signed.machine_id:
            return False
        day = str(now_ms // DAY_MS)
        key = (workstation.store_id, workstation.workstation_no, day, signed.machine_id)
        if key in self._machines:
            return False
        if len(self._machines) > _CACHE_LIMIT:
            self._machines.clear()
        self._machines.add(key)
        with self.dialect.transaction():
            self.dialect.insert_missing(
                "machine_seen",
                ("store_id", "workstation_no", "utc_day", "machine_id", "first_seen_utc_ms"),
                [(*key, now_ms)],
            )
            row = self.dialect.one(
                "SELECT COUNT(*) FROM machine_seen WHERE store_id = ? AND workstation_no = ? "
                "AND utc_day = ?",
                key[:3],
            )
        return row is not None and int(row[0]) > 1

    def _workstation(self, key: str) -> Workstation | None:
        now_ms = self.office.clock_ms()
        cached = self._keys.get(key)
        if cached is not None and 0 <= now_ms - cached[0] < KEY_CACHE_MS:
            return cached[1]
        row = self.dialect.one(
            "SELECT store_id, workstation_no, workstation_uuid, workstation_id, public_key, "
            "state, next_public_key FROM workstation WHERE workstation_uuid = ?",
            (key,),
        )
        if row is None:
            return None
        found = Workstation(
            str(row[0]), int(row[1]), str(row[2]), str(row[3]), str(row[4]), row[5], str(row[6])
        )
        if len(self._keys) > _CACHE_LIMIT:
            self._keys.clear()
        self._keys[key] = (now_ms, found)
        return found


def workstation_by_uuid(office: HeadOffice, workstation_uuid: str) -> Workstation | None:
    """An enrolled till by its identity, without the cache."""
    return Auth(office)._workstation(workstation_uuid)  # noqa: SLF001 - same module


def _code_hash(code: str) -> str:
    plain = "".join(c for c in code.upper() if c.isalnum())
    return hashlib.sha256(plain.encode()).hexdigest()
