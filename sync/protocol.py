"""The wire between tills and head office: message types, limits, signatures (R5-R13, R21-R23).

Pure: no clock, no network, no database. Both ends import it, so that one type describes each
message. Requests refuse unknown fields; answers ignore them, so that an older till can talk to a
newer head office (R21). Money and quantities are integers; hashes and nonces are lower-case hex;
keys and signatures are standard base64; times are unix milliseconds.
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

PROTOCOL = 1
READABLE_PROTOCOLS = (1,)
"""Versions that head office reads: this one and up to two before it (R21)."""

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

GENESIS_HEX = "00" * 32
"""Hash before the first entry of an epoch, and before the first version of a feed."""

ROUTE_ENROL = "/sync/v1/enrol"
ROUTE_HELLO = "/sync/v1/hello"
ROUTE_JOURNAL = "/sync/v1/journal"
ROUTE_HEARTBEAT = "/sync/v1/heartbeat"
ROUTE_CHANGES = "/sync/v1/changes"
ROUTE_SNAPSHOT = "/sync/v1/snapshot"

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


class FeedItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `items`; key: item_code."""

    item_code: str
    name: str
    name_en: str = ""
    spec: str = ""
    model: str = ""
    unit: str = ""
    item_class: str = ""
    tax_code: str = ""
    weighed: bool = False
    department: bool = False
    mnemonic: str = ""
    origin: str = ""
    grade: str = ""


class FeedBarcode(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `barcodes`, packs included; key: code."""

    code: str
    item_code: str
    quantity_milli: int = 1000
    """How much of the item the code stands for: 12,000 for a case of 12."""


class FeedPrice(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `prices`; key: item_code, TAB, effective_day. Its version is the feed version."""

    item_code: str
    effective_day: str
    unit_price_e4: int
    version: int = 0
    """Set in snapshots; in changes it is the version that carries the row (R13)."""


class FeedClass(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `classes`; key: item_class."""

    item_class: str
    name: str = ""
    name_en: str = ""
    parent: str = ""


class FeedOperator(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `operators`; key: operator_id (R29)."""

    operator_id: str
    name: str
    role: str
    language: str = ""
    active: bool = True
    salt: str = ""
    """Base64 of the argon2id salt."""

    verifier: str = ""
    """Base64 of argon2id(PIN, salt) with the parameters of `parameters`."""

    parameters: str = ""
    """`m=19456,t=2,p=1`."""


class FeedHold(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `holds`; key: hold_id. Nothing held is sold once it is applied (I7)."""

    hold_id: str
    item_code: str
    reason: str = ""
    since_utc_ms: int = 0


class FeedQuickKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `quick_keys`; key: position as text."""

    position: int
    item_code: str
    label: str = ""


class FeedChanges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rows that one version of the feed sets or takes away. Applied in one transaction (R13)."""

    items: tuple[FeedItem, ...] = ()
    barcodes: tuple[FeedBarcode, ...] = ()
    prices: tuple[FeedPrice, ...] = ()
    classes: tuple[FeedClass, ...] = ()
    operators: tuple[FeedOperator, ...] = ()
    holds: tuple[FeedHold, ...] = ()
    quick_keys: tuple[FeedQuickKey, ...] = ()
    removed: dict[str, tuple[str, ...]] = {}
    """Dataset → keys."""


DATASETS: dict[str, type[msgspec.Struct]] = {
    "items": FeedItem,
    "barcodes": FeedBarcode,
    "prices": FeedPrice,
    "classes": FeedClass,
    "operators": FeedOperator,
    "holds": FeedHold,
    "quick_keys": FeedQuickKey,
}
"""Datasets in the order in which a snapshot brings them."""


def feed_key(row: msgspec.Struct) -> str:
    """Key of a feed row within its dataset."""
    if isinstance(row, FeedPrice):
        return f"{row.item_code}\t{row.effective_day}"
    if isinstance(row, FeedQuickKey):
        return str(row.position)
    return str(getattr(row, row.__struct_fields__[0]))


class FeedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One version of a store's feed. `changes` are the very bytes that were hashed."""

    version: int
    sha256: str
    """Of the bytes of `changes`."""

    published_utc_ms: int
    changes: msgspec.Raw
    """Canonical JSON of a FeedChanges; check the hash first, then `decode_changes`."""


class Directive(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something head office asks of a till (R27): fork, revoked, clock, remote approval."""

    directive_id: str
    kind: str
    body: str = ""
    """JSON text."""

    created_utc_ms: int = 0


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


# --------------------------------------------------------------------------------- feed helpers


def roll_feed_hash(previous_hex: str, changes: bytes) -> str:
    """Feed hash after a version: SHA-256(hash before ‖ canonical bytes of its changes)."""
    return hashlib.sha256(bytes.fromhex(previous_hex) + changes).hexdigest()


def make_cursor(incarnation: str, version: int) -> str:
    """Cursor text of a feed position; tills treat it as opaque."""
    return f"{incarnation}.{version}"


def split_cursor(cursor: str) -> tuple[str, int]:
    """Incarnation and version of a cursor; the empty cursor is the beginning of any life."""
    if not cursor:
        return "", 0
    incarnation, _, version = cursor.rpartition(".")
    if not incarnation or re.fullmatch(r"\d{1,15}", version, re.ASCII) is None:
        raise WireError(
            ERROR_FOREIGN_CURSOR, f"expected a cursor of this head office, got {cursor!r}"
        )
    return incarnation, int(version)


_CHANGES = msgspec.json.Decoder(FeedChanges)


def decode_changes(version: FeedVersion) -> FeedChanges:
    """Check a version's hash and read its rows; raises WireError."""
    raw = bytes(version.changes)
    if hashlib.sha256(raw).hexdigest() != version.sha256:
        raise WireError(ERROR_MALFORMED, f"version {version.version} does not give its hash")
    try:
        return _CHANGES.decode(raw)
    except (msgspec.MsgspecError, RecursionError) as error:
        raise WireError(ERROR_MALFORMED, f"version {version.version}: {error}") from error


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
