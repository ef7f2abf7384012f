"""Bytes between tills and head office: limits, error codes, signatures, strict reading (R8, R23).

What the bytes mean is `sync.protocol`, which gives these names out again; import them from there.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
import zlib
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

MAX_RECORDS = 500
MAX_COMPRESSED_BYTES = 1024 * 1024
MAX_INFLATED_BYTES = 8 * 1024 * 1024
MAX_SMALL_BODY_BYTES = 64 * 1024
"""Limit of every request that is no journal batch."""

MAX_ANSWER_BYTES = 128 * 1024 * 1024
"""What a till inflates of one answer of the feed; larger changes come as a snapshot."""

MAX_JSON_DEPTH = 32
MAX_CLOCK_SKEW_MS = 15 * 60 * 1000
"""A signature is good for this long on either side of head office's clock."""

HEADER_KEY = "Guitai-Key"
HEADER_TIME = "Guitai-Time"
HEADER_NONCE = "Guitai-Nonce"
HEADER_SIGNATURE = "Guitai-Signature"
HEADER_MACHINE = "Guitai-Machine"

# Error codes of head office's answers; the till's reaction is R8.
ERROR_GAP = "gap"
ERROR_FORK = "fork"
ERROR_SKEW = "clock_skew"
ERROR_SIGNATURE = "bad_signature"
ERROR_UNKNOWN_KEY = "unknown_workstation"
ERROR_REVOKED = "revoked"
ERROR_REPLAYED = "replayed"
ERROR_FORBIDDEN = "forbidden"
ERROR_CODE = "bad_code"
ERROR_RATE = "too_many_attempts"
ERROR_BUSY = "busy"
ERROR_TOO_LARGE = "too_large"
ERROR_MALFORMED = "malformed"
ERROR_UPGRADE = "upgrade_required"
ERROR_FOREIGN_CURSOR = "foreign_cursor"
ERROR_UNKNOWN_EPOCH = "unknown_epoch"
ERROR_INTERNAL = "internal"

_T = TypeVar("_T")


class WireError(ValueError):
    """Bytes from outside that are refused: `code` for the answer, text for the log."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep the stable code beside the sentence."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


# ------------------------------------------------------------------------------------ signatures


def signed_message(
    method: str, target: str, time_ms: str, nonce: str, body: bytes, machine: str
) -> bytes:
    """Bytes that a till signs: METHOD, PATH?QUERY, TIME, NONCE, sha256(body as sent), MACHINE."""
    digest = hashlib.sha256(body).hexdigest()
    return f"{method}\n{target}\n{time_ms}\n{nonce}\n{digest}\n{machine}".encode()


def reclaim_message(code: str, workstation_uuid: str, public_key: str) -> bytes:
    """Bytes that prove that a till held an identity before head office was restored (R16)."""
    return f"guitai-reclaim\n{code}\n{workstation_uuid}\n{public_key}".encode()


def rotation_message(workstation_uuid: str, public_key: str) -> bytes:
    """Bytes by which a till proves that it holds the key it changes to."""
    return f"guitai-rotate\n{workstation_uuid}\n{public_key}".encode()


def sign(private_key: bytes, message: bytes) -> str:
    """Ed25519 signature in base64 by a raw 32-byte private key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return to_base64(Ed25519PrivateKey.from_private_bytes(private_key).sign(message))


def verify(public_key: str, signature: str, message: bytes) -> bool:
    """Whether a base64 signature by a base64 public key is good; False for anything malformed."""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = Ed25519PublicKey.from_public_bytes(from_base64(public_key))
        key.verify(from_base64(signature), message)
    except (InvalidSignature, ValueError):
        return False
    return True


def new_private_key() -> bytes:
    """Make a raw 32-byte Ed25519 private key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return Ed25519PrivateKey.generate().private_bytes_raw()


def public_key_of(private_key: bytes) -> str:
    """Base64 public key of a raw private key."""
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    return to_base64(
        Ed25519PrivateKey.from_private_bytes(private_key).public_key().public_bytes_raw()
    )


def request_headers(
    *,
    private_key: bytes,
    workstation_uuid: str,
    machine: str,
    method: str,
    target: str,
    body: bytes,
    time_ms: int,
    nonce: str,
) -> dict[str, str]:
    """Headers that sign one request; `nonce` is 16 random hex characters."""
    message = signed_message(method, target, str(time_ms), nonce, body, machine)
    return {
        HEADER_KEY: workstation_uuid,
        HEADER_TIME: str(time_ms),
        HEADER_NONCE: nonce,
        HEADER_MACHINE: machine,
        HEADER_SIGNATURE: sign(private_key, message),
    }


def to_base64(data: bytes) -> str:
    """Standard base64 text."""
    return base64.b64encode(data).decode()


def from_base64(text: str) -> bytes:
    """Bytes of standard base64; raises WireError on anything else."""
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise WireError(ERROR_MALFORMED, f"expected base64: {error}") from error


# ------------------------------------------------------------------------- bytes from outside


def deflate(data: bytes) -> bytes:
    """Gzip without time or name, so that the same bytes are sent again as the same bytes."""
    packer = zlib.compressobj(6, zlib.DEFLATED, 31)
    return packer.compress(data) + packer.flush()


def inflate(
    data: bytes,
    *,
    compressed_limit: int = MAX_COMPRESSED_BYTES,
    inflated_limit: int = MAX_INFLATED_BYTES,
) -> bytes:
    """Inflate exactly one gzip member; raises WireError for bombs, cuts, trailing data (R23)."""
    if len(data) > compressed_limit:
        raise WireError(
            ERROR_TOO_LARGE, f"expected at most {compressed_limit} bytes of gzip, got {len(data)}"
        )
    unpacker = zlib.decompressobj(31)
    try:
        inflated = unpacker.decompress(data, inflated_limit + 1)
    except zlib.error as error:
        raise WireError(ERROR_MALFORMED, f"expected gzip: {error}") from error
    if len(inflated) > inflated_limit:
        raise WireError(ERROR_TOO_LARGE, f"expected at most {inflated_limit} bytes inflated")
    if not unpacker.eof:
        raise WireError(ERROR_MALFORMED, "the gzip data are cut off")
    if unpacker.unused_data:
        raise WireError(ERROR_MALFORMED, "expected one gzip member and nothing after it")
    return inflated


_ENCODER = msgspec.json.Encoder()
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BRACKET = re.compile(rb"[\[\]{}]")
_decoders: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def encode(message: msgspec.Struct) -> bytes:
    """Compact JSON of a message."""
    return _ENCODER.encode(message)


def decode(data: bytes, message_type: type[_T]) -> _T:
    """Read a message strictly; raises WireError.

    Refused: unknown fields of requests, wrong types, trailing data, NaN, lone surrogates, depth,
    duplicate keys (R23). A message that encodes back to the same bytes needs no second look; any
    other spelling of it is parsed once more, slowly, for duplicate keys and depth.
    """
    decoder = _decoders.get(message_type)
    if decoder is None:
        decoder = _decoders[message_type] = msgspec.json.Decoder(message_type)
    try:
        message = decoder.decode(data)
        if _ENCODER.encode(message) != data:
            _refuse_odd_json(data)
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        raise WireError(ERROR_MALFORMED, f"expected {message_type.__name__}: {error}") from error
    return message  # type: ignore[no-any-return]


def _refuse_odd_json(data: bytes) -> None:
    depth = 0
    for match in _BRACKET.finditer(_STRING.sub(b'""', data)):
        depth += 1 if match.group() in b"[{" else -1
        if depth > MAX_JSON_DEPTH:
            raise WireError(ERROR_MALFORMED, f"expected at most {MAX_JSON_DEPTH} levels of JSON")

    def unique(pairs: list[tuple[str, Any]]) -> Mapping[str, Any]:
        found = dict(pairs)
        if len(found) != len(pairs):
            raise WireError(ERROR_MALFORMED, "a key occurs twice")
        return found

    try:
        json.loads(data, object_pairs_hook=unique)
    except WireError:
        raise
    except (ValueError, RecursionError) as error:
        raise WireError(ERROR_MALFORMED, f"expected JSON: {error}") from error
