"""What stands in a print job's document column: a slip, or a receipt's copy number; its printer."""

from __future__ import annotations

from typing import Any

import msgspec

from drivers.document import Document
from drivers.document_json import load_document
from drivers.errors import Illegal


def route_of(document: bytes) -> str:
    """The printer that a job was sent to by hand, or empty."""
    made = _json(document)
    return str(made.get("printer", ""))


def routed(document: bytes, printer: str) -> bytes:
    """The job's document with the printer that it is to go to."""
    made = _json(document)
    made.pop("printer", None)
    if printer:
        made["printer"] = printer
    return msgspec.json.encode(made) if made else b""


def carrying(document: bytes, cards: dict[str, int | None]) -> bytes:
    """The job's document with the cards that hang once it is printed: item code → unit price."""
    made = _json(document)
    if cards:
        made["cards"] = cards
    return msgspec.json.encode(made)


def cards_in(document: bytes) -> dict[str, int]:
    """The cards that hang once the job is printed; empty for other slips."""
    cards = _json(document).get("cards", {})
    if not isinstance(cards, dict):
        return {}
    return {code: price for code, price in cards.items() if isinstance(price, int)}


def _json(document: bytes) -> dict[str, Any]:
    try:
        made = msgspec.json.decode(document) if document else {}
    except msgspec.MsgspecError:
        return {}
    return made if isinstance(made, dict) else {}


def copy_mark(count: int) -> bytes:
    """What makes a receipt the copy of this number."""
    return msgspec.json.encode({"copy": count})


def copy_of(document: bytes) -> int:
    """Number of the copy that a receipt is to be; 0 for the first print."""
    try:
        return int(_json(document).get("copy", 0))
    except (TypeError, ValueError):
        return 0


def title_of(document: bytes) -> str:
    """Name of a kept slip for lists, or empty."""
    found = stored_slip(document) if document else None
    return found.title if found is not None else ""


def stored_slip(data: bytes) -> Document | None:
    """The slip that was kept, or None when it cannot be read."""
    try:
        return load_document(data)
    except Illegal:
        return None
