"""Reading journal entries at head office: each is decoded once, strictly, into lean structs.

The types are derived from those of `pos.domain.journal`, so that a field is declared in one place.
They differ in three ways. Words of an enumeration are plain text: a newer till's new word must not
stop its sale (R4). Integers are bounded, because a sum must fit a database's 64 bits. The first
attempt refuses unknown fields; the second ignores them and says so, which is the flag of R4.
"""

from __future__ import annotations

import enum
import re
import types
import typing
from typing import Annotated, Any

import msgspec

from pos.domain.journal import BODY_TYPES, MAX_ENTRY_BYTES, SCHEMA, EntryKind, Envelope
from pos.domain.sale import TransactionLine
from pos.domain.tender import Tender

MAX_INTEGER = 10**15
MAX_LINE_INTEGER = 10**12
"""Of one line or tender: ten billion of the currency unit, and nine million of them still sum."""

_Integer = Annotated[int, msgspec.Meta(ge=-MAX_INTEGER, le=MAX_INTEGER)]
_LineInteger = Annotated[int, msgspec.Meta(ge=-MAX_LINE_INTEGER, le=MAX_LINE_INTEGER)]
_DAY = re.compile(r"(?:\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]))?", re.ASCII)
_NUL = re.compile(rb"(?<!\\)((?:\\\\)*)\\u0000")
_LABEL_LIMIT = 200


class ReadEntry(msgspec.Struct, frozen=True, gc=False):
    """An entry as head office uses it. `envelope` has the fields of `Envelope`, typed as there."""

    envelope: Any
    body: Any
    """Fields as of the kind's body struct; a plain value for an unknown kind."""

    findings: tuple[str, ...] = ()
    """`unknown_kind`, `unknown_fields`, `newer_schema`."""


def read_entry(data: bytes) -> ReadEntry | str:
    """Read an entry; the answer is a reason when it is unreadable and goes to quarantine (R9)."""
    if len(data) > MAX_ENTRY_BYTES:
        return f"expected at most {MAX_ENTRY_BYTES} bytes, got {len(data)}"
    if b"\\u0000" in data:
        # No database keeps NUL in text; the bytes keep it, the projections show its picture.
        data = _NUL.sub(lambda match: match.group(1) + "␀".encode(), data)
    try:
        if data.rfind(_TRANSACTION_MARK) >= 0:
            try:
                envelope = _TRANSACTION.decode(data)
            except msgspec.ValidationError:
                pass
            else:
                if envelope.kind == EntryKind.TRANSACTION and envelope.schema <= SCHEMA:
                    return _checked(ReadEntry(envelope, envelope.body))
        return _checked(_read_slowly(data))
    except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
        return f"not a journal entry: {error}"


def _read_slowly(data: bytes) -> ReadEntry:
    findings: list[str] = []
    try:
        envelope = _STRICT_ENVELOPE.decode(data)
    except msgspec.ValidationError:
        envelope = _LENIENT_ENVELOPE.decode(data)
        findings.append("unknown_fields")
    decoders = _BODIES.get(envelope.kind)
    body: Any
    if decoders is None:
        body = msgspec.json.decode(envelope.body)
        findings.append("unknown_kind")
    else:
        try:
            body = decoders[0].decode(envelope.body)
        except msgspec.ValidationError:
            body = decoders[1].decode(envelope.body)
            findings.append("unknown_fields")
    if envelope.schema > SCHEMA:
        findings.append("newer_schema")
    return ReadEntry(envelope, body, tuple(dict.fromkeys(findings)))


def _checked(entry: ReadEntry) -> ReadEntry | str:
    envelope = entry.envelope
    if _DAY.fullmatch(envelope.business_day) is None:
        return f"expected an ISO date as business day, got {envelope.business_day[:40]!r}"
    labels = (
        envelope.entry_uuid,
        envelope.kind,
        envelope.store_id,
        envelope.workstation_id,
        envelope.operator_id,
        envelope.currency,
    )
    if not envelope.entry_uuid or max(map(len, labels)) > _LABEL_LIMIT:
        return f"expected an entry_uuid and labels of at most {_LABEL_LIMIT} characters"
    return entry


# ------------------------------------------------------------------------- derived types


def _mirror(struct: type[msgspec.Struct], *, strict: bool) -> type[msgspec.Struct]:
    key = (struct, strict)
    if key not in _mirrors:
        hints = typing.get_type_hints(struct, include_extras=True)
        fields: list[Any] = []
        for field in msgspec.structs.fields(struct):
            mapped = _map(hints[field.name], strict=strict)
            if mapped is _Integer and struct in (TransactionLine, Tender):
                mapped = _LineInteger
            if field.default_factory is not msgspec.NODEFAULT:
                default: Any = msgspec.field(default_factory=field.default_factory)
                fields.append((field.name, mapped, default))
            elif field.default is not msgspec.NODEFAULT:
                fields.append((field.name, mapped, field.default))
            else:
                fields.append((field.name, mapped))
        _mirrors[key] = msgspec.defstruct(
            struct.__name__,
            fields,
            kw_only=True,
            frozen=True,
            gc=False,
            forbid_unknown_fields=strict,
            module=__name__,
        )
    return _mirrors[key]


def _map(hint: Any, *, strict: bool) -> Any:
    if hint is int:
        return _Integer
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return str
    if isinstance(hint, type) and issubclass(hint, msgspec.Struct):
        return _mirror(hint, strict=strict)
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (typing.Union, types.UnionType):
        return typing.Union[tuple(_map(part, strict=strict) for part in arguments)]  # noqa: UP007
    if origin in (tuple, dict):
        mapped = tuple(p if p is Ellipsis else _map(p, strict=strict) for p in arguments)
        return origin[mapped]
    return hint


_mirrors: dict[tuple[type[msgspec.Struct], bool], type[msgspec.Struct]] = {}
_STRICT_ENVELOPE: msgspec.json.Decoder[Any] = msgspec.json.Decoder(_mirror(Envelope, strict=True))
_LENIENT_ENVELOPE: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    _mirror(Envelope, strict=False)
)
_BODIES: dict[str, tuple[msgspec.json.Decoder[Any], msgspec.json.Decoder[Any]]] = {
    kind: (
        msgspec.json.Decoder(_mirror(struct, strict=True)),
        msgspec.json.Decoder(_mirror(struct, strict=False)),
    )
    for kind, struct in BODY_TYPES.items()
}
_TRANSACTION: msgspec.json.Decoder[Any] = msgspec.json.Decoder(
    msgspec.defstruct(
        "TransactionEnvelope",
        [
            ("body", _mirror(BODY_TYPES[EntryKind.TRANSACTION], strict=True)),
        ],
        bases=(_mirror(Envelope, strict=True),),
        kw_only=True,
        frozen=True,
        gc=False,
        forbid_unknown_fields=True,
        module=__name__,
    )
)
_TRANSACTION_MARK = b'"kind":"transaction",'
