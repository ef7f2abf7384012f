"""Approval by telephone: a short code that head office computes for one request of one till.

The till shows a request number; head office's answer is bound to the till, the right, the amount
and that number, so it serves nothing else (experience rule 10).
"""

from __future__ import annotations

import hashlib
import hmac

CODE_DIGITS = 8


def remote_code(
    secret: bytes, workstation_uuid: str, request_no: str, right: str, limit_value: int
) -> str:
    """The eight digits that approve one request; `secret` is shared by till and head office."""
    text = "\n".join(("approval", workstation_uuid, request_no, right, str(limit_value)))
    digest = hmac.digest(secret, text.encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
