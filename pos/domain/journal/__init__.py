"""The journal as values: entries, their canonical bytes, their hash chain (R2-R4)."""

from pos.domain.canonical import (
    GENESIS_HASH,
    MAX_ENTRY_BYTES,
    CanonicalError,
    chain_hash,
    encode_canonical,
    first_break,
    uuid7,
)
from pos.domain.journal.bodies import BODY_TYPES
from pos.domain.journal.entry import (
    SCHEMA,
    Entry,
    EntryTooLargeError,
    Envelope,
    Unreadable,
    decode_entry,
    encode_body,
    encode_entry,
)
from pos.domain.journal.kinds import EntryKind

__all__ = [
    "BODY_TYPES",
    "GENESIS_HASH",
    "MAX_ENTRY_BYTES",
    "SCHEMA",
    "CanonicalError",
    "Entry",
    "EntryKind",
    "EntryTooLargeError",
    "Envelope",
    "Unreadable",
    "chain_hash",
    "decode_entry",
    "encode_body",
    "encode_canonical",
    "encode_entry",
    "first_break",
    "uuid7",
]
