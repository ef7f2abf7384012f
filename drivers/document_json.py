"""Documents as JSON, for a print queue that outlives the program.

One object per element, ``{"kind": "Text", "text": …}``, with only the fields that differ from
their defaults. Loading refuses what it does not know, since a half-understood receipt is worse
than none.
"""

from __future__ import annotations

import json
from dataclasses import MISSING, fields
from typing import Any, Final

from drivers.document import (
    Barcode,
    Blank,
    Cell,
    Columns,
    Cut,
    Document,
    Element,
    OpenDrawer,
    Pair,
    Picture,
    QrCode,
    Rule,
    StoredPicture,
    Text,
)
from drivers.errors import Illegal
from drivers.label import Label, LabelField

_KINDS: Final[dict[str, type[Element]]] = {
    kind.__name__: kind
    for kind in (
        Text,
        Columns,
        Pair,
        Rule,
        Blank,
        Barcode,
        QrCode,
        Picture,
        StoredPicture,
        Cut,
        OpenDrawer,
        Label,
    )
}


def dump_document(document: Document) -> str:
    """Give ``document`` as compact JSON text."""
    made = {
        "title": document.title,
        "copies": document.copies,
        "elements": [
            {"kind": type(one).__name__} | _changed_fields(one) for one in document.elements
        ],
    }
    return json.dumps(made, ensure_ascii=False, separators=(",", ":"))


def _changed_fields(value: Element | Cell | LabelField) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for one in fields(value):
        content = getattr(value, one.name)
        if one.name == "cells":
            made["cells"] = [_changed_fields(cell) for cell in content]
        elif one.name == "fields":
            made["fields"] = [_changed_fields(field) for field in content]
        elif one.default is MISSING or content != one.default:
            made[one.name] = content
    return made


def load_document(text: str | bytes) -> Document:
    """Read what :func:`dump_document` wrote.

    Raises:
        Illegal: the text is no document.
    """
    try:
        made = json.loads(text)
        elements = tuple(_element(dict(one)) for one in made["elements"])
        return Document(elements, copies=int(made["copies"]), title=str(made["title"]))
    except (KeyError, TypeError, ValueError) as error:
        raise Illegal(f"not a document: {error!r}") from error


def _element(made: dict[str, Any]) -> Element:
    kind = _KINDS[made.pop("kind")]
    if "cells" in made:
        made["cells"] = tuple(Cell(**cell) for cell in made["cells"])
    if "fields" in made:
        made["fields"] = tuple(LabelField(**field) for field in made["fields"])
    return kind(**made)
