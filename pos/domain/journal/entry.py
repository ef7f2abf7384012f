"""The journal entry: envelope, building it and reading it back (R3, R4, R20)."""

from __future__ import annotations

from typing import Any

import msgspec

from pos.domain.canonical import MAX_ENTRY_BYTES, CanonicalError, encode_canonical
from pos.domain.journal.bodies import BODY_TYPES

SCHEMA = 1
"""Version of the envelope and bodies; head office reads two versions back (R21)."""


class Envelope(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What every entry says beside its body."""

    schema: int
    kind: str
    store_id: str
    workstation_id: str
    """Labels that may change; identity is `workstation_uuid` (R1)."""

    workstation_uuid: str
    epoch: str
    seq: int
    entry_uuid: str
    business_day: str
    """ISO date; empty before the first day is opened."""

    at_utc_ms: int
    utc_offset_minutes: int
    monotonic_ms: int
    operator_id: str
    currency: str
    app_version: str
    body: msgspec.Raw
    head_office_offset_ms: int | None = None
    """Last known head-office clock minus till clock."""

    flags: tuple[str, ...] = ()
    """`clock_suspect`, `reappended`, …"""

    reappended_from: str = ""
    """`epoch/seq` of the entry that this one repeats with its original entry_uuid (R17)."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """A decoded entry: envelope, typed body (or the plain value of an unknown kind), findings."""

    envelope: Envelope
    body: Any
    unknown: tuple[str, ...] = ()
    """Findings for sales audit: `unknown_kind`, `unknown_fields`, `newer_schema`."""

    @property
    def kind(self) -> str:
        """Kind of the entry."""
        return self.envelope.kind


class Unreadable(msgspec.Struct, frozen=True):
    """Bytes that are no entry: quarantined with their bytes, never refused silently (R9)."""

    reason: str


class EntryTooLargeError(ValueError):
    """An entry over 256 KiB: the caller splits the document into linked entries (R4)."""


_ENVELOPE_DECODER = msgspec.json.Decoder(Envelope)
_BODY_DECODERS = {kind: msgspec.json.Decoder(struct) for kind, struct in BODY_TYPES.items()}


def encode_entry(envelope: Envelope) -> bytes:
    """Canonical bytes of an envelope whose body is already canonical; raises EntryTooLargeError."""
    encoded = encode_canonical(envelope, bytes(envelope.body))
    if len(encoded) > MAX_ENTRY_BYTES:
        msg = f"expected at most {MAX_ENTRY_BYTES} bytes in a journal entry, got {len(encoded)}"
        raise EntryTooLargeError(msg)
    return encoded


def encode_body(body: msgspec.Struct | dict[str, Any]) -> msgspec.Raw:
    """Canonical bytes of a body, ready for an envelope."""
    return msgspec.Raw(encode_canonical(body))


def decode_entry(entry_bytes: bytes) -> Entry | Unreadable:
    """Read an entry back; never raises. What is odd is a finding, what is unreadable a value."""
    if len(entry_bytes) > MAX_ENTRY_BYTES:
        return Unreadable(f"expected at most {MAX_ENTRY_BYTES} bytes, got {len(entry_bytes)}")
    try:
        envelope = _ENVELOPE_DECODER.decode(entry_bytes)
        decoder = _BODY_DECODERS.get(envelope.kind)
        unknown: list[str] = []
        if decoder is None:
            body: Any = msgspec.json.decode(envelope.body)
            unknown.append("unknown_kind")
        else:
            body = decoder.decode(envelope.body)
            again = encode_canonical(body)
            if again != bytes(envelope.body):
                unknown.append("unknown_fields")
        if envelope.schema > SCHEMA:
            unknown.append("newer_schema")
    except (msgspec.MsgspecError, UnicodeError, CanonicalError, RecursionError) as error:
        return Unreadable(f"not a journal entry: {error}")
    return Entry(envelope=envelope, body=body, unknown=tuple(unknown))
