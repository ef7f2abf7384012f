"""What one model of scanner sends and understands: a value that comes from `config/scanners/*.toml`.

The facts of vendors differ and some are known from hearsay only, so they are data that a shop can
correct: line settings, framing, code identifiers, acknowledgements, and the bytes that make the
scanner say what the till thought of a code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from drivers.ports import Feedback
from drivers.profile_mapping import Wrong, hexadecimal, profile_from, refuse
from drivers.scanner.framing import GAP_NS, MAX_LENGTH, Framing

Identifier = Literal["aim", "vendor"]

_AIM: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_LIMITS: Final[dict[str, tuple[int, int]]] = {
    "baudrate": (300, 4_000_000),
    "bytesize": (7, 8),
    "stopbits": (1, 2),
    "gap_ms": (20, 5_000),
    "reread_ms": (0, 5_000),
    "max_length": (16, 65_536),
}
_WHAT: Final = "scanner profile"
_LONGEST_ANSWER: Final = 32


@dataclass(frozen=True, slots=True)
class ScannerProfile:
    """One model. Bytes that the till sends are these constants alone, never what it received."""

    name: str
    title: str = ""
    """Make and models, as a person reads them."""
    framing: Framing = Framing.CR
    baudrate: int = 9600
    bytesize: int = 8
    parity: Literal["N", "E", "O"] = "N"
    stopbits: int = 1
    flow: Literal["none", "rtscts"] = "none"
    gap_ms: int = GAP_NS // 1_000_000
    """A code that stops arriving for this long is cut off."""
    reread_ms: int = 0
    """The same code again within this time is one read; 0 counts every read."""
    max_length: int = MAX_LENGTH
    eight_bit: bool = False
    """Let bytes from 0x80 up through, for QR codes that hold text."""
    identifier: Identifier = "aim"
    """`vendor`: the scanner puts its own letter before each code, to be taken off by `code_ids`."""
    code_ids: Mapping[bytes, str] = field(default_factory=dict)
    """The vendor's own identifier → AIM identifier. An SSI packet always carries one."""
    ack: bytes = b""
    """Sent for each good code; empty when the scanner waits for none."""
    nak: bytes = b""
    """Sent for a code that arrived broken, so that it is sent again."""
    feedback: Mapping[Feedback, bytes] = field(default_factory=dict)
    """What makes the scanner show or sound the till's answer. SSI: opcode and data of a packet."""


GENERIC: Final = ScannerProfile("generic")
"""CR at the end, AIM identifiers when they are sent, nothing ever written to the scanner."""


def profile_from_mapping(mapping: Mapping[str, Any]) -> ScannerProfile:
    """Check ``mapping`` key by key.

    Raises:
        Illegal: with every fault in one message, each naming the key, what was expected and got.
    """
    taking = {"ack": _answer, "nak": _answer, "code_ids": _code_ids, "feedback": _feedback}
    profile = profile_from(ScannerProfile, _WHAT, mapping, _LIMITS, taking)
    if bool(profile.ack) != bool(profile.nak):
        refuse(_WHAT, mapping, ["ack, nak: expected both or neither"])
    return profile


def _answer(value: object) -> bytes:
    return hexadecimal(value, _LONGEST_ANSWER)


def _code_ids(value: object) -> dict[bytes, str]:
    """`d = "]E0"`, or `0x0B = "]E0"` for an identifier that is no printable character."""
    if not isinstance(value, Mapping):
        raise Wrong(f"expected a table, got {value!r}")
    found: dict[bytes, str] = {}
    for key, aim in value.items():
        if not isinstance(aim, str) or not _AIM.fullmatch(aim):
            raise Wrong(f"{key}: expected an AIM identifier such as ']E0', got {aim!r}")
        name = str(key)
        if name.startswith("0x"):
            found[_answer(name[2:])] = aim
        elif 1 <= len(name) <= 4 and name.isascii() and name.isprintable():
            found[name.encode("ascii")] = aim
        else:
            raise Wrong(f"expected 1 to 4 characters or 0x and two digits, got {name!r}")
    return found


def _feedback(value: object) -> dict[Feedback, bytes]:
    if not isinstance(value, Mapping):
        raise Wrong(f"expected a table, got {value!r}")
    kinds = [one.value for one in Feedback]
    unknown = [str(key) for key in value if key not in kinds]
    if unknown:
        raise Wrong(f"expected only {', '.join(kinds)}, got {', '.join(unknown)}")
    return {Feedback(key): _answer(text) for key, text in value.items() if text}
