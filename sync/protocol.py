"""The wire between tills and head office: message types, limits, signatures (R5-R13, R21-R23).

Pure: no clock, no network, no database. Both ends import it, so that one type describes each
message. Requests refuse unknown fields; answers ignore them, so that an older till can talk to a
newer head office (R21). Money and quantities are integers; hashes and nonces are lower-case hex;
keys and signatures are standard base64; times are unix milliseconds.
"""

from __future__ import annotations

import msgspec

from sync.feed_rows import (
    DATASETS,
    Directive,
    FeedBarcode,
    FeedChanges,
    FeedClass,
    FeedHold,
    FeedItem,
    FeedOperator,
    FeedPrice,
    FeedQuickKey,
    FeedVersion,
    decode_changes,
    feed_key,
    make_cursor,
    roll_feed_hash,
    split_cursor,
)
from sync.wire import (
    ERROR_BUSY,
    ERROR_CODE,
    ERROR_FORBIDDEN,
    ERROR_FOREIGN_CURSOR,
    ERROR_FORK,
    ERROR_GAP,
    ERROR_INTERNAL,
    ERROR_MALFORMED,
    ERROR_RATE,
    ERROR_REPLAYED,
    ERROR_REVOKED,
    ERROR_SIGNATURE,
    ERROR_SKEW,
    ERROR_TOO_LARGE,
    ERROR_UNKNOWN_EPOCH,
    ERROR_UNKNOWN_KEY,
    ERROR_UPGRADE,
    HEADER_KEY,
    HEADER_MACHINE,
    HEADER_NONCE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    MAX_ANSWER_BYTES,
    MAX_CLOCK_SKEW_MS,
    MAX_COMPRESSED_BYTES,
    MAX_INFLATED_BYTES,
    MAX_JSON_DEPTH,
    MAX_RECORDS,
    MAX_SMALL_BODY_BYTES,
    WireError,
    decode,
    deflate,
    encode,
    from_base64,
    inflate,
    new_private_key,
    public_key_of,
    reclaim_message,
    request_headers,
    rotation_message,
    sign,
    signed_message,
    to_base64,
    verify,
)

PROTOCOL = 1
READABLE_PROTOCOLS = (1,)
"""Versions that head office reads: this one and up to two before it (R21)."""

GENESIS_HEX = "00" * 32
"""Hash before the first entry of an epoch, and before the first version of a feed."""

ROUTE_ENROL = "/sync/v1/enrol"
ROUTE_HELLO = "/sync/v1/hello"
ROUTE_JOURNAL = "/sync/v1/journal"
ROUTE_HEARTBEAT = "/sync/v1/heartbeat"
ROUTE_CHANGES = "/sync/v1/changes"
ROUTE_SNAPSHOT = "/sync/v1/snapshot"
ROUTE_ROTATE_KEY = "/sync/v1/rotate-key"


class _Request(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class _Answer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


# ------------------------------------------------------------------------------------ enrolment


class EnrolRequest(_Request, frozen=True):
    """POST /sync/v1/enrol: a one-use code buys a place for a key that the till made itself."""

    protocol: int
    code: str
    public_key: str
    """Ed25519 public key, 32 raw bytes in base64."""

    machine_id: str
    """Hash of the machine's id; two in one day under one key are an alarm (R18)."""

    app_version: str
    till_clock_ms: int
    reclaim_uuid: str = ""
    """An identity that this till had before head office was restored (R16)."""

    reclaim_signature: str = ""
    """By that identity's key over `reclaim_message`."""


class EnrolAnswer(_Answer, frozen=True):
    """Who the till is from now on. Operators and catalogue come by the feed."""

    workstation_uuid: str
    store_id: str
    workstation_id: str
    store_name: str
    currency: str
    incarnation: str
    server_time_ms: int
    approval_secret: str = ""
    """32 bytes in hex, this workstation's alone: what approvals by telephone are computed with."""

    last_business_day: str = ""
    """The last one that this place traded before; its receipts' numbers are not given again."""


class RotateKeyRequest(_Request, frozen=True):
    """POST /sync/v1/rotate-key, signed by the present key: another key of the same till (R8)."""

    protocol: int
    workstation_uuid: str
    public_key: str
    """Ed25519 public key, 32 raw bytes in base64."""

    proof: str
    """By the new key over `rotation_message`."""


class RotateKeyAnswer(_Answer, frozen=True):
    """Both keys are good from now on; the first use of the new one ends the old one."""

    incarnation: str
    server_time_ms: int
    approval_secret: str = ""
    """As at enrolment, for a till that was enrolled before there was one."""


# ---------------------------------------------------------------------------------------- hello


class EpochState(_Request, frozen=True):
    """An epoch as the till holds it."""

    epoch: str
    max_seq: int
    final: bool = False
    """No further entry will be added to it: max_seq is its declared final sequence (R2)."""


class HelloRequest(_Request, frozen=True):
    """POST /sync/v1/hello: negotiate and compare notes (R21, R16)."""

    protocol_versions: tuple[int, ...]
    workstation_uuid: str
    app_version: str
    till_clock_ms: int
    epochs: tuple[EpochState, ...] = ()
    incarnation: str = ""
    """The last one the till has seen; empty at first."""


class Watermark(_Answer, frozen=True):
    """How far head office holds one epoch."""

    epoch: str
    acked_seq: int
    head_hash: str
    epoch_no: int = 0


class HelloAnswer(_Answer, frozen=True):
    """Protocol chosen, head office's life (incarnation), watermarks of the epochs asked about."""

    protocol: int
    incarnation: str
    server_time_ms: int
    watermarks: tuple[Watermark, ...] = ()
    feed_version: int = 0
    """Newest version of this store's feed."""


# -------------------------------------------------------------------------------------- journal


class Record(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True, gc=False
):
    """One entry on the wire: stated hash, and the bytes as text or, failing that, base64."""

    hash: str
    text: str | None = msgspec.field(name="bytes", default=None)
    b64: str | None = None

    def payload(self) -> bytes:
        """Return the entry's bytes; raises WireError when none or both forms are given."""
        if self.b64 is None and self.text is not None:
            return self.text.encode()
        if self.text is None and self.b64 is not None:
            return from_base64(self.b64)
        raise WireError(ERROR_MALFORMED, "expected either bytes or b64 in a record")


class JournalRequest(_Request, frozen=True, omit_defaults=True):
    """POST /sync/v1/journal, gzip (R5)."""

    protocol: int
    workstation_uuid: str
    epoch: str
    first_seq: int
    prev_hash: str
    """Hash before the first record, in hex."""

    records: tuple[Record, ...]
    app_version: str
    till_clock_ms: int
    final_seq: int | None = None
    """Declared final sequence of an epoch that is closed at the till; it retires it (R2)."""


class Acked(_Answer, frozen=True):
    """What is committed at head office."""

    epoch: str
    seq: int


class JournalAnswer(_Answer, frozen=True):
    """200, only ever after commit (R6, R7)."""

    acked: Acked
    head_hash: str
    durable_seq: int
    incarnation: str
    server_time_ms: int
    retry_after_s: int | None = None
    quarantined: tuple[int, ...] = ()
    """Sequences of this batch that were kept as bytes only (R9)."""


# ------------------------------------------------------------------------------------ heartbeat


class DayFigures(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What a till says of a business day, to be compared with what head office booked (R10)."""

    business_day: str
    transactions: int = 0
    lines: int = 0
    net_minor: int = 0
    z_no: int = 0
    """0 while the day is open."""


class HeartbeatRequest(_Request, frozen=True, omit_defaults=True):
    """POST /sync/v1/heartbeat (R10)."""

    protocol: int
    workstation_uuid: str
    epoch: str
    max_seq: int
    acked_seq: int
    app_version: str
    till_clock_ms: int
    business_day: str = ""
    day_state: str = ""
    """`open`, `closed` or empty (never opened a day)."""

    open_day: DayFigures | None = None
    last_z: DayFigures | None = None
    not_trading: tuple[str, ...] = ()
    """Business days that the shop declares as not trading."""

    unsent: int = 0
    oldest_unsent_ms: int | None = None
    incarnation: str = ""
    feed_cursor: str = ""
    catalogue_version: int = 0
    """Version of the feed in force at the till (R13)."""

    status: dict[str, str] = {}
    """Words about devices and disk: scanner, printer, disk_free_mb, clock …"""


class HeartbeatAnswer(_Answer, frozen=True):
    """Head office heard it; directives may be waiting in the feed."""

    incarnation: str
    server_time_ms: int
    feed_version: int = 0
    directives: int = 0
    """How many directives wait to be fetched."""


# ----------------------------------------------------------------------------------------- feed


class ChangesAnswer(_Answer, frozen=True):
    """GET /sync/v1/changes?cursor=&feed_hash= (R11)."""

    incarnation: str
    cursor: str
    """Pass it back next time, with `feed_hash`, once these versions are applied."""

    feed_hash: str
    """SHA-256(hash before ‖ bytes of `changes`) rolled over all versions up to the cursor."""

    server_time_ms: int
    versions: tuple[FeedVersion, ...] = ()
    more: bool = False
    directives: tuple[Directive, ...] = ()
    """Those of this workstation that it has not reported done."""


class SnapshotAnswer(_Answer, frozen=True):
    """GET /sync/v1/snapshot?token=&page= : one page; the first call has an empty token."""

    token: str
    version: int
    cursor: str
    feed_hash: str
    dataset: str
    rows: msgspec.Raw
    """JSON list of the dataset's rows."""

    page: int
    last: bool
    count: int
    """Rows in the whole snapshot, over all datasets."""

    sha256: str
    """Of the `rows` bytes of all pages, in page order, without separators."""


class OwnEntriesAnswer(_Answer, frozen=True):
    """GET /sync/v1/journal?epoch=&after= : a till's own entries back (R24)."""

    epoch: str
    first_seq: int
    prev_hash: str
    records: tuple[Record, ...]
    last: bool


class ErrorAnswer(_Answer, frozen=True):
    """Every answer that is not 200."""

    error: str
    detail: str = ""
    hint: str = ""
    server_time_ms: int = 0
    expected: int | None = None
    """Next sequence wanted, with `gap`; sequence of the difference, with `fork`."""

    head_hash: str | None = None
    retry_after_s: int | None = None
    incarnation: str = ""


__all__ = [
    "DATASETS",
    "ERROR_BUSY",
    "ERROR_CODE",
    "ERROR_FORBIDDEN",
    "ERROR_FOREIGN_CURSOR",
    "ERROR_FORK",
    "ERROR_GAP",
    "ERROR_INTERNAL",
    "ERROR_MALFORMED",
    "ERROR_RATE",
    "ERROR_REPLAYED",
    "ERROR_REVOKED",
    "ERROR_SIGNATURE",
    "ERROR_SKEW",
    "ERROR_TOO_LARGE",
    "ERROR_UNKNOWN_EPOCH",
    "ERROR_UNKNOWN_KEY",
    "ERROR_UPGRADE",
    "GENESIS_HEX",
    "HEADER_KEY",
    "HEADER_MACHINE",
    "HEADER_NONCE",
    "HEADER_SIGNATURE",
    "HEADER_TIME",
    "MAX_ANSWER_BYTES",
    "MAX_CLOCK_SKEW_MS",
    "MAX_COMPRESSED_BYTES",
    "MAX_INFLATED_BYTES",
    "MAX_JSON_DEPTH",
    "MAX_RECORDS",
    "MAX_SMALL_BODY_BYTES",
    "PROTOCOL",
    "READABLE_PROTOCOLS",
    "ROUTE_CHANGES",
    "ROUTE_ENROL",
    "ROUTE_HEARTBEAT",
    "ROUTE_HELLO",
    "ROUTE_JOURNAL",
    "ROUTE_ROTATE_KEY",
    "ROUTE_SNAPSHOT",
    "Acked",
    "ChangesAnswer",
    "DayFigures",
    "Directive",
    "EnrolAnswer",
    "EnrolRequest",
    "EpochState",
    "ErrorAnswer",
    "FeedBarcode",
    "FeedChanges",
    "FeedClass",
    "FeedHold",
    "FeedItem",
    "FeedOperator",
    "FeedPrice",
    "FeedQuickKey",
    "FeedVersion",
    "HeartbeatAnswer",
    "HeartbeatRequest",
    "HelloAnswer",
    "HelloRequest",
    "JournalAnswer",
    "JournalRequest",
    "OwnEntriesAnswer",
    "Record",
    "RotateKeyAnswer",
    "RotateKeyRequest",
    "SnapshotAnswer",
    "Watermark",
    "WireError",
    "decode",
    "decode_changes",
    "deflate",
    "encode",
    "feed_key",
    "from_base64",
    "inflate",
    "make_cursor",
    "new_private_key",
    "public_key_of",
    "reclaim_message",
    "request_headers",
    "roll_feed_hash",
    "rotation_message",
    "sign",
    "signed_message",
    "split_cursor",
    "to_base64",
    "verify",
]
