"""Approval by telephone: a short code that head office computes for one request of one till.

The till shows a request number that says which right is asked for and how far, so that whoever
approves reads it off the number itself and not from what the caller says. Head office's answer is
bound to the till, the right, the amount and that number, so it serves nothing else (experience
rule 10).
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable

import msgspec

from pos.domain.barcode import check_digit

CODE_DIGITS = 8
_NONCE_DIGITS = 6
_RIGHT_DIGITS = 4
_MAX_DIGITS = 30


class RemoteRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a request number says."""

    request_no: str
    """As `request_number` writes it."""

    right: str
    limit_value: int


def right_number(right: str) -> str:
    """Four digits that stand for a right; the shipped rights all differ (a test)."""
    digest = hashlib.sha256(right.encode()).digest()
    return f"{int.from_bytes(digest[:8], 'big') % 10**_RIGHT_DIGITS:0{_RIGHT_DIGITS}d}"


def request_number(nonce: int, right: str, limit_value: int) -> str:
    """`482913-0471-50008`: a random number below a million, the right, the limit, a check digit."""
    body = f"{nonce:0{_NONCE_DIGITS}d}{right_number(right)}{max(limit_value, 0)}"
    return _grouped(f"{body}{check_digit(body)}")


def read_request(text: str, rights: Iterable[str]) -> RemoteRequest | None:
    """What a request number says, or None for one that was misheard or is about no known right.

    Blanks and hyphens are taken wherever they were typed.
    """
    digits = "".join(c for c in text if c not in " -–—")
    at = _NONCE_DIGITS + _RIGHT_DIGITS
    plain = digits.isascii() and digits.isdigit()
    if not plain or not at + 2 <= len(digits) <= _MAX_DIGITS:
        return None
    if str(check_digit(digits[:-1])) != digits[-1]:
        return None
    named = digits[_NONCE_DIGITS:at]
    right = next((right for right in rights if right_number(right) == named), None)
    if right is None:
        return None
    return RemoteRequest(request_no=_grouped(digits), right=right, limit_value=int(digits[at:-1]))


def _grouped(digits: str) -> str:
    at = _NONCE_DIGITS + _RIGHT_DIGITS
    return f"{digits[:_NONCE_DIGITS]}-{digits[_NONCE_DIGITS:at]}-{digits[at:]}"


def remote_code(
    secret: bytes, workstation_uuid: str, request_no: str, right: str, limit_value: int
) -> str:
    """The eight digits that approve one request; `secret` is shared by till and head office."""
    text = "\n".join(("approval", workstation_uuid, request_no, right, str(limit_value)))
    digest = hmac.digest(secret, text.encode(), hashlib.sha256)
    return f"{int.from_bytes(digest[:8], 'big') % 10**CODE_DIGITS:0{CODE_DIGITS}d}"
