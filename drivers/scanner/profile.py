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

from drivers.errors import Illegal
from drivers.ports import Feedback
from drivers.scanner.framing import GAP_NS, MAX_LENGTH, Framing

Identifier = Literal["aim", "vendor"]

_AIM: Final = re.compile(r"\][A-Za-z][0-9A-Za-z]")
_NUMBERS: Final[dict[str, tuple[int, int]]] = {
    "baudrate": (300, 4_000_000),
    "bytesize": (7, 8),
    "stopbits": (1, 2),
    "gap_ms": (20, 5_000),
    "reread_ms": (0, 5_000),
    "max_length": (16, 65_536),
}
_CHOICES: Final[dict[str, tuple[str, ...]]] = {
    "framing": tuple(one.value for one in Framing),
    "parity": ("N", "E", "O"),
    "flow": ("none", "rtscts"),
    "identifier": ("aim", "vendor"),
}
_TEXTS: Final = ("name", "title")
_SWITCHES: Final = ("eight_bit",)
_BYTES: Final = ("ack", "nak")
_KNOWN: Final = frozenset(
    (*_NUMBERS, *_CHOICES, *_TEXTS, *_SWITCHES, *_BYTES, "code_ids", "feedback")
)
_LONGEST_ANSWER: Final = 32


class _Wrong(Exception):
    """What is wrong with one key."""


@dataclass(frozen=True, slots=True)
class ScannerProfile:
    """One model. Bytes that the till sends are these constants alone, never what it received."""

    name: str
    title: str = ""
    """Make and models, as a person reads them."""
    framing: Framing = Framing.CR
    baudrate: int = 9600
    bytesize: int = 8
    parity: str = "N"
    stopbits: int = 1
    flow: str = "none"
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
    values: dict[str, Any] = {}
    faults: list[str] = []
    for key, value in mapping.items():
        try:
            values[key] = _value(key, value)
        except _Wrong as error:
            faults.append(f"{key}: {error}")
    if not mapping.get("name"):
        faults.append("name: missing")
    if bool(values.get("ack")) != bool(values.get("nak")):
        faults.append("ack, nak: expected both or neither")
    if faults:
        name = mapping.get("name", "unnamed")
        raise Illegal(f"scanner profile {name!r}: " + "; ".join(faults))
    return ScannerProfile(**values)


def _value(key: str, value: object) -> object:
    if key not in _KNOWN:
        raise _Wrong(f"unknown; expected one of {', '.join(sorted(_KNOWN))}")
    if key in _NUMBERS:
        least, most = _NUMBERS[key]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise _Wrong(f"expected {least} to {most}, got {value!r}")
        return value
    if key in _SWITCHES:
        if not isinstance(value, bool):
            raise _Wrong(f"expected true or false, got {value!r}")
        return value
    if key == "code_ids":
        return _code_ids(value)
    if key == "feedback":
        return _feedback(value)
    if not isinstance(value, str):
        raise _Wrong(f"expected text, got {value!r}")
    if key in _CHOICES and value not in _CHOICES[key]:
        raise _Wrong(f"expected one of {', '.join(_CHOICES[key])}, got {value!r}")
    if key == "framing":
        return Framing(value)
    return _hex(value) if key in _BYTES else value


def _hex(text: object) -> bytes:
    """Bytes written as `06` or `E6 01`."""
    if not isinstance(text, str):
        raise _Wrong(f"expected bytes as hexadecimal text such as '06', got {text!r}")
    try:
        found = bytes.fromhex(text)
    except ValueError:
        raise _Wrong(f"expected bytes as hexadecimal text such as '06', got {text!r}") from None
    if len(found) > _LONGEST_ANSWER:
        raise _Wrong(f"expected at most {_LONGEST_ANSWER} bytes, got {len(found)}")
    return found


def _code_ids(value: object) -> dict[bytes, str]:
    """`d = "]E0"`, or `0x0B = "]E0"` for an identifier that is no printable character."""
    if not isinstance(value, Mapping):
        raise _Wrong(f"expected a table, got {value!r}")
    found: dict[bytes, str] = {}
    for key, aim in value.items():
        if not isinstance(aim, str) or not _AIM.fullmatch(aim):
            raise _Wrong(f"{key}: expected an AIM identifier such as ']E0', got {aim!r}")
        name = str(key)
        if name.startswith("0x"):
            found[_hex(name[2:])] = aim
        elif 1 <= len(name) <= 4 and name.isascii() and name.isprintable():
            found[name.encode("ascii")] = aim
        else:
            raise _Wrong(f"expected 1 to 4 characters or 0x and two digits, got {name!r}")
    return found


def _feedback(value: object) -> dict[Feedback, bytes]:
    if not isinstance(value, Mapping):
        raise _Wrong(f"expected a table, got {value!r}")
    kinds = [one.value for one in Feedback]
    unknown = [str(key) for key in value if key not in kinds]
    if unknown:
        raise _Wrong(f"expected only {', '.join(kinds)}, got {', '.join(unknown)}")
    return {Feedback(key): _hex(text) for key, text in value.items() if text}
