"""The journal segment: one signed format for USB export, backup, pull-back and peers (R24).

A file is one segment after another. Each is at most one batch of R5, so that head office takes it
through the same road as a push:

    magic 8 bytes · u32 header length · header JSON · u32 body length · body · signature 64 bytes

The body is zlib of records `hash 32 bytes · u32 length · bytes`; the Ed25519 signature is over
SHA-256 of everything before it. All numbers are big-endian.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Callable, Iterator, Sequence

import msgspec

from sync.protocol import (
    ERROR_MALFORMED,
    ERROR_TOO_LARGE,
    MAX_INFLATED_BYTES,
    MAX_RECORDS,
    WireError,
    decode,
    encode,
    from_base64,
    sign,
    to_base64,
    verify,
)

MAGIC = b"GUITAIS1"
MAX_HEADER_BYTES = 16 * 1024
_LENGTH = struct.Struct(">I")
_RECORD = struct.Struct(">32sI")
_SIGNATURE_BYTES = 64


class SegmentHeader(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose entries these are and where they join."""

    store_id: str
    workstation_id: str
    workstation_uuid: str
    epoch: str
    first_seq: int
    prev_hash: str
    """Hash before the first record, in hex."""

    count: int
    app_version: str
    created_utc_ms: int
    final_seq: int | None = None


class Segment(msgspec.Struct, frozen=True, kw_only=True):
    """A segment as read: header, (hash, bytes) records, and what its signature covers."""

    header: SegmentHeader
    records: tuple[tuple[bytes, bytes], ...]
    digest: bytes
    signature: str

    def signed_by(self, public_key: str) -> bool:
        """Whether the workstation's key (base64) signed it."""
        return verify(public_key, self.signature, self.digest)


def encode_segment(
    header: SegmentHeader, records: Sequence[tuple[bytes, bytes]], private_key: bytes
) -> bytes:
    """Encode and sign (hash, bytes) records that follow each other without a gap."""
    if len(records) != header.count or len(records) > MAX_RECORDS:
        msg = f"expected {header.count} records, at most {MAX_RECORDS}, got {len(records)}"
        raise ValueError(msg)
    head = encode(header)
    body = zlib.compress(
        b"".join(_RECORD.pack(digest, len(data)) + data for digest, data in records), 6
    )
    unsigned = b"".join((MAGIC, _LENGTH.pack(len(head)), head, _LENGTH.pack(len(body)), body))
    signature = sign(private_key, hashlib.sha256(unsigned).digest())
    return unsigned + from_base64(signature)


def decode_segment(data: bytes) -> Segment:
    """Read exactly one segment; raises WireError. The signature is the caller's to check."""
    segments = list(read_segments(_reader(data)))
    if len(segments) != 1:
        raise WireError(ERROR_MALFORMED, f"expected one segment, got {len(segments)}")
    return segments[0]


def read_segments(read: Callable[[int], bytes]) -> Iterator[Segment]:
    """Read segments one by one from a `file.read`-like function; raises WireError."""
    while magic := read(len(MAGIC)):
        if magic != MAGIC:
            raise WireError(ERROR_MALFORMED, "expected a journal segment of Guitai")
        head_length = _exactly(read, _LENGTH.size)
        head = _exactly(read, _bounded(head_length, MAX_HEADER_BYTES))
        body_length = _exactly(read, _LENGTH.size)
        body = _exactly(read, _bounded(body_length, MAX_INFLATED_BYTES))
        signature = _exactly(read, _SIGNATURE_BYTES)
        digest = hashlib.sha256(b"".join((magic, head_length, head, body_length, body))).digest()
        header = decode(head, SegmentHeader)
        yield Segment(
            header=header,
            records=_records(body, header.count),
            digest=digest,
            signature=to_base64(signature),
        )


def _records(body: bytes, count: int) -> tuple[tuple[bytes, bytes], ...]:
    if not 0 <= count <= MAX_RECORDS:
        raise WireError(ERROR_TOO_LARGE, f"expected at most {MAX_RECORDS} records, got {count}")
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(body, MAX_INFLATED_BYTES + 1)
    except zlib.error as error:
        raise WireError(ERROR_MALFORMED, f"a segment's body is damaged: {error}") from error
    if len(data) > MAX_INFLATED_BYTES:
        raise WireError(ERROR_TOO_LARGE, f"expected at most {MAX_INFLATED_BYTES} bytes inflated")
    if not unpacker.eof or unpacker.unused_data:
        raise WireError(ERROR_MALFORMED, "a segment's body is cut off or has data after it")
    records: list[tuple[bytes, bytes]] = []
    offset = 0
    while offset < len(data):
        if offset + _RECORD.size > len(data):
            raise WireError(ERROR_MALFORMED, "a segment's record is cut off")
        digest, length = _RECORD.unpack_from(data, offset)
        offset += _RECORD.size
        if offset + length > len(data):
            raise WireError(ERROR_MALFORMED, "a segment's record is cut off")
        records.append((digest, data[offset : offset + length]))
        offset += length
    if len(records) != count:
        raise WireError(ERROR_MALFORMED, f"expected {count} records, got {len(records)}")
    return tuple(records)


def _bounded(length: bytes, limit: int) -> int:
    value = int(_LENGTH.unpack(length)[0])
    if value > limit:
        raise WireError(ERROR_TOO_LARGE, f"expected at most {limit} bytes, got {value}")
    return value


def _exactly(read: Callable[[int], bytes], length: int) -> bytes:
    data = read(length)
    if len(data) != length:
        raise WireError(ERROR_MALFORMED, "the segment is cut off")
    return data


def _reader(data: bytes) -> Callable[[int], bytes]:
    position = 0

    def read(length: int) -> bytes:
        nonlocal position
        piece = data[position : position + length]
        position += length
        return piece

    return read
