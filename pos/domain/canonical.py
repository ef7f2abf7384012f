"""Canonical bytes and the hash chain of the journal (R4).

Canonical: UTF-8 JSON, NFC, keys sorted, no white space, integers only. The chain is
`hash = SHA-256(previous hash ‖ bytes)`; the first entry of an epoch follows 32 zero bytes.
"""

from __future__ import annotations

import hashlib
import unicodedata
from collections.abc import Iterable
from typing import Any

import msgspec

GENESIS_HASH = bytes(32)
MAX_ENTRY_BYTES = 256 * 1024
"""An entry's upper size, enforced before commit (R4)."""

_ENCODER = msgspec.json.Encoder(order="sorted")
_BODY = b'"body":'


class CanonicalError(ValueError):
    """A value that cannot be an entry: a float, a lone surrogate, too long."""


def encode_canonical(value: Any, canonical_part: bytes = b"") -> bytes:
    """Encode a Struct or plain value as canonical bytes; raises CanonicalError.

    Text that is not NFC is normalised; the check runs over the whole encoded text because nearly
    all text already is. `canonical_part` stands in the value as the Raw `body` and has been
    checked: when the rest is ASCII, as envelopes are, a sale's text is not checked a second time.
    """
    try:
        encoded = _ENCODER.encode(value)
        if canonical_part and _rest_is_ascii(encoded, canonical_part):
            return encoded
        if encoded.isascii() or unicodedata.is_normalized("NFC", encoded.decode()):
            return encoded
        return _ENCODER.encode(_normalised(msgspec.json.decode(encoded)))
    except (UnicodeError, msgspec.MsgspecError, TypeError) as error:
        msg = f"expected text, integers, lists and maps in a journal entry: {error}"
        raise CanonicalError(msg) from error


def _rest_is_ascii(encoded: bytes, body: bytes) -> bool:
    """Whether everything around the body is ASCII; no search for a long part in a long text."""
    begin = encoded.find(_BODY) + len(_BODY)  # no text holds it: quotes are escaped there
    end = begin + len(body)
    return encoded[begin:end] == body and encoded[:begin].isascii() and encoded[end:].isascii()


def refuse_floats(value: Any) -> None:
    """Raise CanonicalError when a decoded JSON value holds a float anywhere (invariant 5)."""
    if isinstance(value, float):
        msg = f"expected integers only in a journal entry, got {value!r}"
        raise CanonicalError(msg)
    if isinstance(value, dict):
        for child in value.values():
            refuse_floats(child)
    elif isinstance(value, list):
        for child in value:
            refuse_floats(child)


def chain_hash(previous_hash: bytes, entry_bytes: bytes) -> bytes:
    """Hash of an entry: SHA-256 over the previous hash and the entry's bytes."""
    digest = hashlib.sha256(previous_hash)
    digest.update(entry_bytes)
    return digest.digest()


def first_break(previous_hash: bytes, entries: Iterable[tuple[int, bytes, bytes]]) -> int | None:
    """Sequence number of the first (seq, bytes, hash) that does not follow, or None."""
    for seq, entry_bytes, stated in entries:
        previous_hash = chain_hash(previous_hash, entry_bytes)
        if previous_hash != stated:
            return seq
    return None


def uuid7(unix_ms: int, random_bytes: bytes) -> str:
    """Time-ordered UUID (RFC 9562 §5.7) from a clock and 10 random bytes that are passed in."""
    value = (unix_ms & (1 << 48) - 1) << 80 | int.from_bytes(random_bytes[:10], "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    text = f"{value:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _normalised(value: Any) -> Any:
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, dict):
        return {unicodedata.normalize("NFC", k): _normalised(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_normalised(child) for child in value]
    return value
