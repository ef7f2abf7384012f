"""One pack, two codes: an EAN and a 2D code of the same item read within a second count once.

While shops change from EAN to 2D codes a pack carries both, and a scanner that sees it whole reads
both. The same kind again is another pack: two equal items lie beside each other all day.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

SAME_PACK_NS: Final = 1_000_000_000


@dataclass(frozen=True, slots=True)
class PackRead:
    """A code that was counted."""

    gtin14: str
    is_2d: bool
    """Whether it was a GS1 message (2D), not a plain number."""

    at_ns: int
    """When it was read, on the monotonic clock; 0 when that is not known."""

    both_read: bool = False
    """Whether the pack's other code was read as well: one more of either is another pack."""


def is_same_pack(last: PackRead | None, gtin14: str, *, is_2d: bool, at_ns: int) -> bool:
    """Whether this code is the other one of the pack that was counted last."""
    if last is None or not at_ns or not last.at_ns or last.both_read:
        return False
    return (
        last.gtin14 == gtin14
        and last.is_2d is not is_2d
        and 0 <= at_ns - last.at_ns <= SAME_PACK_NS
    )
