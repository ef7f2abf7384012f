"""Documents as JSON, for slips that wait in the print queue over a restart."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import msgspec

from drivers import document as d

_KINDS: dict[str, type[d.Element]] = {
    kind.__name__: kind
    for kind in (
        d.Text,
        d.Columns,
        d.Pair,
        d.Rule,
        d.Blank,
        d.Barcode,
        d.QrCode,
        d.Cut,
        d.OpenDrawer,
    )
}


def encode_document(document: d.Document) -> bytes:
    """A document as JSON bytes."""
    elements = [
        {
            "kind": type(element).__name__,
            **{
                field.name: _plain(getattr(element, field.name))
                for field in fields(element)
                if getattr(element, field.name) != field.default
            },
        }
        for element in document.elements
    ]
    return msgspec.json.encode(
        {"elements": elements, "copies": document.copies, "title": document.title}
    )


def decode_document(data: bytes) -> d.Document | None:
    """The document behind JSON bytes, or None when they are none."""
    try:
        read: dict[str, Any] = msgspec.json.decode(data)
        elements = tuple(
            msgspec.convert(
                {name: value for name, value in element.items() if name != "kind"},
                _KINDS[element["kind"]],
            )
            for element in read["elements"]
        )
        return d.Document(elements, copies=read["copies"], title=read["title"])
    except (msgspec.MsgspecError, KeyError, TypeError, AttributeError):
        return None


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [asdict(cell) for cell in value]
    return value
