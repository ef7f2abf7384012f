"""What the feed carries: rows of each dataset, versions, directives, cursors (R11-R13, R27).

`sync.protocol` gives these names out again; import them from there.
"""

from __future__ import annotations

import hashlib
import re

import msgspec

from pos.domain.goods.orders import ClassRule, ItemRule, Order, Supplier
from sync.wire import ERROR_FOREIGN_CURSOR, ERROR_MALFORMED, WireError


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
    batch: str = ""
    """Only this batch; empty, with no serial, means the whole item."""

    serial: str = ""
    """Only the pack with this serial number or drug trace code."""


class FeedQuickKey(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `quick_keys`; key: position as text."""

    position: int
    item_code: str
    label: str = ""


class FeedChanges(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Rows that one version of the feed sets or takes away. Applied in one transaction (R13).

    One order at both ends: what is `removed` goes first, and an item takes its barcodes and prices
    with it; then the rows are set, so that a key in both is there afterwards. Of rows with the
    same key the last one counts. Applying every version gives the rows of a snapshot.
    """

    items: tuple[FeedItem, ...] = ()
    barcodes: tuple[FeedBarcode, ...] = ()
    prices: tuple[FeedPrice, ...] = ()
    classes: tuple[FeedClass, ...] = ()
    operators: tuple[FeedOperator, ...] = ()
    holds: tuple[FeedHold, ...] = ()
    quick_keys: tuple[FeedQuickKey, ...] = ()
    suppliers: tuple[Supplier, ...] = ()
    class_rules: tuple[ClassRule, ...] = ()
    item_rules: tuple[ItemRule, ...] = ()
    orders: tuple[Order, ...] = ()
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
    "suppliers": Supplier,
    "class_rules": ClassRule,
    "item_rules": ItemRule,
    "orders": Order,
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
