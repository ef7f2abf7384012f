"""What one model of scale says and how it is asked: facts that differ between models are data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from drivers.errors import Illegal
from drivers.profile_mapping import profile_from

WeightUnit = Literal["kg", "g", "jin", "lb"]


@dataclass(frozen=True, slots=True)
class ScaleProfile:
    """One model of scale; the files that ship lie in ``config/scales/*.toml``."""

    name: str
    """Shown in settings and logs."""
    protocol: Literal["toledo-8217", "cas-ecr", "pattern"]
    """``pattern`` reads each frame with :attr:`pattern`."""
    unit: WeightUnit
    """Unit of a number that comes without one; ``jin`` is 斤, 500 g."""
    baudrate: int = 9600
    bytesize: Literal[7, 8] = 8
    parity: Literal["N", "E", "O"] = "N"
    stopbits: Literal[1, 2] = 1
    capacity_g: int = 15_000
    """A weight above it is refused as overload."""
    request: bytes = b""
    """What asks for one weight; empty for a scale that talks by itself (``pattern`` only)."""
    frame_end: bytes = b"\r\n"
    """Where a frame ends (``pattern`` only)."""
    pattern: str = ""
    """Regular expression over one frame without its end, with the named group ``weight`` and, as
    far as the scale says so, ``sign``, ``unit``, ``stable``, ``unstable`` and ``overload``. With a
    group ``stable`` in it, a frame in which that group did not match is unstable."""
    decimals: int = -1
    """Digits after the point when the number has none in it; -1 leaves the number as it is."""
    poll_every_ms: int = 250
    """Between two requests; most scales want at least 200."""
    answer_timeout_ms: int = 500
    """After that without a frame the scale counts as silent."""


_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "baudrate": (300, 921_600),
    "capacity_g": (1, 10_000_000),
    "decimals": (-1, 6),
    "poll_every_ms": (200, 5_000),
    "answer_timeout_ms": (100, 10_000),
}


def scale_profile_from_mapping(mapping: Mapping[str, Any]) -> ScaleProfile:
    """Check ``mapping`` field by field.

    Raises:
        Illegal: with every fault in one message, each naming the key, what was expected and got.
    """
    profile = profile_from(ScaleProfile, "scale profile", mapping, _LIMITS)
    if profile.protocol == "pattern":
        from drivers.scale.protocols import compiled_pattern

        compiled_pattern(profile)
        if not profile.frame_end:
            raise Illegal(f"scale profile {profile.name!r}: frame_end: expected bytes, got none")
    return profile
