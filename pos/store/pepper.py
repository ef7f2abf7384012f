"""The workstation's pepper: what makes a stolen `reference.db` useless for guessing PINs (R29).

Head office feeds a salt and an argon2id verifier per operator. What is stored is
`seal(pepper, verifier)`; the till compares it with `seal(pepper, base64(argon2id(PIN)))`. The
pepper lies in its own file, mode 0600, outside both databases and outside their backups.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
from pathlib import Path

from pos.store.errors import N_, StoreUnavailable
from pos.store.key_file import write_key

_BYTES = 32


def pepper_path(home: Path) -> Path:
    """Where a home keeps its pepper."""
    return home / "keys" / "pepper"


def load_pepper(home: Path) -> bytes:
    """Read the pepper, making it first when there is none; raises StoreUnavailable.

    Till and uploader may both come first: one file is linked into place, the other is dropped.
    """
    path = pepper_path(home)
    try:
        if not path.exists():
            _make(path)
        pepper = path.read_bytes()
    except OSError as error:
        raise StoreUnavailable(
            N_("{path} cannot be read: {reason}."), path=path, reason=error.strerror or error
        ) from error
    if len(pepper) != _BYTES:
        raise StoreUnavailable(
            N_("{path} is damaged: expected {expected} bytes, got {got}."),
            path=path,
            expected=_BYTES,
            got=len(pepper),
            hint=N_("Delete this file, fetch the operators again and set every PIN anew."),
        )
    return pepper


def seal(pepper: bytes, verifier: str) -> str:
    """What is stored instead of a base64 verifier: base64 of HMAC-SHA256(pepper, verifier)."""
    return base64.b64encode(hmac.digest(pepper, verifier.encode(), hashlib.sha256)).decode()


def _make(path: Path) -> None:
    # Of two processes that come first together one puts its file into place, and that is it.
    write_key(path, os.urandom(_BYTES), replace=False)
