"""Entries of a shop's other tills on the wire, and the position to ask from (R14).

What one till has to know of its siblings' goods comes as it was written: goods documents with
their parts, registers, and those sales in which a unit with a number of its own left or came back.
Only what head office has booked is handed on; a document that it refused moves nothing anywhere.
"""

from __future__ import annotations

from typing import Final

import msgspec

ROUTE_SIBLINGS: Final = "/sync/v1/siblings"
PAGE_ENTRIES: Final = 500
PAGE_BYTES: Final = 1024 * 1024
MAX_CURSOR: Final = 8_000
"""Characters; a shop of twenty tills with ten epochs each needs half of it."""

_MAX_DIGITS = 15


class WireEntry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One entry of another till."""

    workstation_id: str
    epoch: str
    seq: int
    text: str
    """The entry's canonical bytes (R4), which are UTF-8 JSON."""


class SiblingsAnswer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """GET /sync/v1/siblings?cursor= : entries after a position, page by page."""

    incarnation: str
    cursor: str
    """Pass it back: for the next page while there are `more`, else next time."""

    server_time_ms: int
    whole: bool = False
    """The position was none of this head office's life: forget what came before."""

    more: bool = False
    entries: tuple[WireEntry, ...] = ()


Position = dict[tuple[int, int], int]
"""(workstation number, epoch number) → the sequence up to which entries were handed on."""


def cursor_of(incarnation: str, position: Position) -> str:
    """Opaque text of a position."""
    steps = ";".join(f"{w}.{e}.{seq}" for (w, e), seq in sorted(position.items()) if seq)
    return f"{incarnation}~{steps}"


def position_of(incarnation: str, cursor: str) -> Position | None:
    """The position of a cursor; None for one of another life, or none."""
    life, mark, steps = cursor.partition("~")
    if not mark or life != incarnation or len(cursor) > MAX_CURSOR:
        return None
    position: Position = {}
    for step in steps.split(";") if steps else ():
        numbers = step.split(".")
        if len(numbers) != 3 or not all(_plain(number) for number in numbers):
            return None
        workstation_no, epoch_no, seq = (int(number) for number in numbers)
        position[workstation_no, epoch_no] = seq
    return position


def _plain(number: str) -> bool:
    return number.isascii() and number.isdigit() and len(number) <= _MAX_DIGITS
