"""Changing a till's key: asked for by a file, done by whoever holds the line, safe at any kill (R8).

`keys/workstation.key.next` is both the request and the new key. Head office takes the new one beside
the old one; only then does the new file replace the old one; and only its first use ends the old
one at head office. So whichever file a kill leaves, head office takes it, and asking again is the
same question.
"""

from __future__ import annotations

import base64
import binascii
import time
from pathlib import Path

from pos.store.approval_key import keep_approval_key
from pos.store.key_file import write_key
from sync.client import Client
from sync.enrolment import key_path
from sync.exchange import Lost, Request, RequestKind
from sync.protocol import (
    PROTOCOL,
    ROUTE_ROTATE_KEY,
    ErrorAnswer,
    RotateKeyAnswer,
    RotateKeyRequest,
    WireError,
    decode,
    encode,
    new_private_key,
    public_key_of,
    rotation_message,
    sign,
)

_POLL_S = 0.1


def next_key_path(home: Path) -> Path:
    """Where the key that is changed to waits."""
    return key_path(home).with_suffix(".key.next")


def is_asked_for(home: Path) -> bool:
    """Whether a change of key is under way."""
    return next_key_path(home).exists()


def ask(home: Path) -> None:
    """Make the next key; a running uploader changes to it. A change under way stays as it is."""
    write_key(next_key_path(home), base64.b64encode(new_private_key()) + b"\n", replace=False)


def await_done(home: Path, timeout_s: float) -> bool:
    """Whether a running uploader has changed the key within that time."""
    deadline = time.monotonic() + timeout_s
    while is_asked_for(home):
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)
    return True


def rotate(
    home: Path, client: Client, workstation_uuid: str, server_offset_ms: int | None = None
) -> str:
    """Take one step towards the next key; returns why not, empty when the key is changed.

    Raises OSError when the key file cannot be moved: the old key is then still good.
    """
    waiting = next_key_path(home)
    try:
        key = base64.b64decode(waiting.read_text(encoding="ascii").strip(), validate=True)
        public_key = public_key_of(key)
    except (UnicodeError, ValueError, binascii.Error):
        waiting.unlink(missing_ok=True)
        return "store: the next key is damaged; ask again"
    request = RotateKeyRequest(
        protocol=PROTOCOL,
        workstation_uuid=workstation_uuid,
        public_key=public_key,
        proof=sign(key, rotation_message(workstation_uuid, public_key)),
    )
    answer = client.carry(
        Request(
            kind=RequestKind.ROTATE_KEY,
            method="POST",
            target=ROUTE_ROTATE_KEY,
            body=encode(request),
        ),
        server_offset_ms,
    )
    if isinstance(answer, Lost):
        return f"network: {answer.reason}"
    try:
        if answer.status != 200:
            refused = decode(answer.body, ErrorAnswer)
            return f"{answer.status} {refused.error}: {refused.detail}"
        taken = decode(answer.body, RotateKeyAnswer)
    except WireError as error:
        return f"not_head_office: {error}"
    keep_approval_key(home, taken.approval_secret)
    write_key(key_path(home), base64.b64encode(key) + b"\n")
    client.use_key(key)
    waiting.unlink(missing_ok=True)
    return ""
