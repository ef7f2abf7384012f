"""The secret that a till shares with head office for approvals by telephone.

Head office gives it at enrolment, one per workstation. It lies in its own file, mode 0600, outside
both databases and their backups; whoever has it can approve anything at this till.
"""

from __future__ import annotations

from pathlib import Path

from pos.store.key_file import write_key

_BYTES = 32


def approval_key_path(home: Path) -> Path:
    """Where a home keeps it."""
    return home / "keys" / "approval.key"


def load_approval_key(home: Path) -> bytes | None:
    """The secret; None when there is none that can be used."""
    try:
        secret = bytes.fromhex(approval_key_path(home).read_text(encoding="ascii").strip())
    except (OSError, ValueError):
        return None
    return secret if len(secret) == _BYTES else None


def keep_approval_key(home: Path, secret_hex: str) -> None:
    """Store what head office gave; nothing for anything that is no such secret."""
    try:
        secret = bytes.fromhex(secret_hex)
    except ValueError:
        return
    if len(secret) == _BYTES:
        write_key(approval_key_path(home), secret.hex().encode() + b"\n")
