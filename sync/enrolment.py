"""How a home becomes a workstation of head office: its key, its machine, its identity (R1, R16).

The till makes its own Ed25519 key; only the public half leaves the machine. A one-use code buys it
an identity, which is kept in `reference.db`. A till that was enrolled before claims its identity
back with its key, so that a head office restored from an old backup knows it again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import platform
import time
from pathlib import Path

import msgspec

from pos.config import HomePaths
from pos.store.approval_key import keep_approval_key
from pos.store.clock import Clock, SystemClock
from pos.store.errors import N_, StoreError, StoreUnavailable
from pos.store.key_file import write_key
from pos.store.reference_writer import ReferenceWriter
from pos.version import __version__
from sync.client import Client
from sync.exchange import Answer, Lost
from sync.inbox import INCARNATION, SNAPSHOT_WANTED
from sync.protocol import (
    PROTOCOL,
    ROUTE_ENROL,
    EnrolAnswer,
    EnrolRequest,
    ErrorAnswer,
    WireError,
    decode,
    encode,
    new_private_key,
    public_key_of,
    reclaim_message,
    sign,
)

_KEY_BYTES = 32
_PATIENCE_S = 120.0


class EnrolmentError(StoreError):
    """Head office did not enrol this till; the text says why and the hint what to do."""

    default_hint = N_("Ask head office for a new code (`hq enrol`) and try again.")


class Enrolled(msgspec.Struct, frozen=True, kw_only=True):
    """What enrolment gave."""

    answer: EnrolAnswer
    again: bool
    """The till had been enrolled before and kept its identity."""


def key_path(home: Path) -> Path:
    """Where a home keeps its signing key."""
    return HomePaths(home).keys / "workstation.key"


def load_key(home: Path) -> bytes:
    """The workstation's raw private key; raises StoreUnavailable when there is none."""
    path = key_path(home)
    try:
        key = base64.b64decode(path.read_text(encoding="ascii").strip(), validate=True)
    except (OSError, UnicodeError, binascii.Error) as error:
        raise StoreUnavailable(
            N_("{path} cannot be read: {reason}."),
            path=path,
            reason=getattr(error, "strerror", None) or error,
            hint=N_("Enrol this till again: `pos-sync enrol`."),
        ) from error
    if len(key) != _KEY_BYTES:
        raise StoreUnavailable(
            N_("{path} is damaged."),
            path=path,
            hint=N_("Delete this file and enrol this till again: `pos-sync enrol`."),
        )
    return key


def make_key(home: Path) -> bytes:
    """The workstation's key, made (mode 0600) when there is none yet."""
    path = key_path(home)
    if path.exists():
        return load_key(home)
    key = new_private_key()
    write_key(path, base64.b64encode(key) + b"\n")
    return key


def machine_id(root: Path = Path("/")) -> str:
    """Hash that tells this machine from a clone of its disk (R18); never the ids themselves.

    A cloned disk carries the same /etc/machine-id, so the first network card's address, which it
    does not carry, is part of the hash. Where a machine has neither, its name has to do.
    """
    facts = ["guitai machine"]
    for name in ("etc/machine-id", "var/lib/dbus/machine-id"):
        try:
            facts.append((root / name).read_text(encoding="ascii").strip())
            break
        except (OSError, UnicodeError):
            continue
    try:
        cards = sorted(
            (int((card / "ifindex").read_text()), (card / "address").read_text().strip())
            for card in (root / "sys/class/net").iterdir()
            if (card / "device").exists()
        )
        facts += [address for _, address in cards[:1]]
    except (OSError, ValueError):
        pass  # no /sys: containers and other systems; the alarm is then less sharp
    if len(facts) == 1:
        facts.append(platform.node())
    return hashlib.sha256("\n".join(facts).encode()).hexdigest()


def enrol(
    home: Path,
    *,
    url: str,
    code: str,
    ca_file: str = "",
    timeout_s: float = 30.0,
    clock: Clock | None = None,
) -> Enrolled:
    """Trade a code for an identity and write it down.

    Raises EnrolmentError when head office refuses or cannot be reached, FileLocked when an
    uploader is running, StoreUnavailable when the home cannot be written.
    """
    clock = clock or SystemClock()
    HomePaths(home).create()
    with ReferenceWriter.open(home, app_version=__version__, command="pos-sync enrol") as writer:
        key = make_key(home)
        before = writer.identity()
        answer = _ask(
            url, code, key, before.get("workstation_uuid", ""), ca_file, timeout_s, clock
        )
        same = before.get("workstation_uuid") == answer.workstation_uuid
        keep_identity(writer, answer, url, clock)
    return Enrolled(answer=answer, again=same)


def keep_identity(writer: ReferenceWriter, answer: EnrolAnswer, url: str, clock: Clock) -> None:
    """Write down who the till is from now on; `enrol` does it, and set-ups beside head office."""
    keep_approval_key(writer.home, answer.approval_secret)
    identity = {
        "workstation_uuid": answer.workstation_uuid,
        "store_id": answer.store_id,
        "workstation_id": answer.workstation_id,
        "store_name": answer.store_name,
        "currency": answer.currency,
        "head_office_url": url,
    }
    writer.set_metas(
        {
            **identity,
            "enrolled_at": str(clock.utc_ms()),
            "last_business_day": answer.last_business_day,
            INCARNATION: answer.incarnation,
            # Head office owns the catalogue from now on, whatever was here before.
            SNAPSHOT_WANTED: "1",
        }
    )
    writer.set_identity(**identity, incarnation=answer.incarnation)


def _ask(
    url: str,
    code: str,
    key: bytes,
    reclaim_uuid: str,
    ca_file: str,
    timeout_s: float,
    clock: Clock,
) -> EnrolAnswer:
    public_key = public_key_of(key)
    message = reclaim_message(code, reclaim_uuid, public_key)
    request = EnrolRequest(
        protocol=PROTOCOL,
        code=code,
        public_key=public_key,
        machine_id=machine_id(),
        app_version=__version__,
        till_clock_ms=clock.utc_ms(),
        reclaim_uuid=reclaim_uuid,
        reclaim_signature=sign(key, message) if reclaim_uuid else "",
    )
    try:
        client = Client(
            url,
            private_key=key,
            workstation_uuid="",
            machine_id="",
            clock=clock,
            timeout_s=timeout_s,
            ca_file=ca_file,
        )
    except (ValueError, OSError) as error:
        raise EnrolmentError(
            N_("{url} cannot be used: {reason}."),
            url=url,
            reason=error,
            hint=N_("Check head office's address and the certificate file."),
        ) from error
    body = encode(request)
    waited_s = 0.0
    try:
        while True:
            answer = client.post_unsigned(ROUTE_ENROL, body)
            if isinstance(answer, Lost) or answer.status not in (429, 503):
                return _understood(url, answer)
            # Head office bounds how many tills enrol at once; a shop that sets up ten waits.
            pause_s = min(max(answer.retry_after_s or 5.0, 1.0), 20.0)
            waited_s += pause_s
            if waited_s > _PATIENCE_S:
                return _understood(url, answer)
            time.sleep(pause_s)
    finally:
        client.close()


def _understood(url: str, answer: Answer | Lost) -> EnrolAnswer:
    if isinstance(answer, Lost):
        raise EnrolmentError(
            N_("Head office at {url} does not answer: {reason}."),
            url=url,
            reason=answer.reason,
            hint=N_("Check the network and the address; the code stays valid until it is used."),
        )
    try:
        if answer.status == 200:
            return decode(answer.body, EnrolAnswer)
        error = decode(answer.body, ErrorAnswer)
    except WireError as wire_error:
        raise EnrolmentError(
            N_("What answers at {url} is not head office (status {status})."),
            url=url,
            status=answer.status,
            hint=N_("Check the address; a network's login page may be in the way."),
        ) from wire_error
    raise EnrolmentError(
        N_("Head office refused: {detail} ({code})."),
        detail=error.detail or answer.status,
        code=error.error,
        hint=error.hint,
    )
