"""What `reference.db` says of operators, acknowledgements, directives and the feed, as values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import msgspec


class OperatorRow(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as head office (or `pos init`) named them."""

    operator_id: str
    name: str
    role: str
    language: str = ""
    active: bool = True
    salt: str = ""
    """Base64 of the argon2id salt."""

    verifier: str = ""
    """As sealed by this workstation: HMAC(pepper, argon2id(PIN)) (R29)."""

    parameters: str = ""
    """Of argon2id, `m=19456,t=2,p=1`."""

    version: int = 0


class QuickKey(msgspec.Struct, frozen=True, kw_only=True):
    """One quick key: a place on the pad and the item it sells."""

    position: int
    item_code: str
    label: str = ""


class ItemClass(msgspec.Struct, frozen=True, kw_only=True):
    """商品分类."""

    item_class: str
    name: str = ""
    name_en: str = ""
    parent: str = ""


class AckRow(msgspec.Struct, frozen=True, kw_only=True):
    """How far head office has acknowledged one epoch."""

    epoch: str
    acked_seq: int
    head_hash: str
    """Hex; equal to the till's own hash at `acked_seq` (R7)."""

    durable_seq: int
    incarnation: str
    at_utc_ms: int


class Directive(msgspec.Struct, frozen=True, kw_only=True):
    """Something head office asks of this till (R27)."""

    directive_id: str
    kind: str
    body: str = ""
    """JSON text."""

    created_utc_ms: int = 0


class AppliedVersion(msgspec.Struct, frozen=True, kw_only=True):
    """A version of the feed that is in force; the till journals that it applied it (R3, R13)."""

    version: int
    sha256: str
    applied_utc_ms: int
    snapshot: bool


class FeedChanges(Protocol):
    """Rows that one version of the feed sets or takes away.

    Rows are values with the dataset's columns as attributes: head office's wire types fit as they
    are. `removed` names keys by dataset; a price's key is item code, TAB, effective day.
    """

    @property
    def items(self) -> Sequence[Any]: ...  # noqa: D102 - the datasets of the feed
    @property
    def barcodes(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def prices(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def classes(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def operators(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def holds(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def quick_keys(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def suppliers(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def class_rules(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def item_rules(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def orders(self) -> Sequence[Any]: ...  # noqa: D102
    @property
    def removed(self) -> Mapping[str, Sequence[str]]: ...  # noqa: D102


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """FeedChanges made at the till: by `pos init`, item imports and tests."""

    items: Sequence[Any] = ()
    barcodes: Sequence[Any] = ()
    prices: Sequence[Any] = ()
    classes: Sequence[Any] = ()
    operators: Sequence[Any] = ()
    holds: Sequence[Any] = ()
    quick_keys: Sequence[Any] = ()
    suppliers: Sequence[Any] = ()
    class_rules: Sequence[Any] = ()
    item_rules: Sequence[Any] = ()
    orders: Sequence[Any] = ()
    removed: Mapping[str, Sequence[str]] = {}


class Hold(msgspec.Struct, frozen=True, kw_only=True):
    """A hold on an item: nothing held is sold once it is applied (I7)."""

    hold_id: str
    item_code: str
    reason: str = ""
    since_utc_ms: int = 0
    batch: str = ""
    """Only this batch of the item; empty means all of it, unless `serial` narrows it."""

    serial: str = ""
    """Only the pack with this serial number or drug trace code."""
