"""What a scanner of a profile puts on its line, also when it misbehaves (pure).

The in-process fake and the pseudo-terminal both send these bytes, so that the till meets the same
faults on either road.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from drivers.scanner import ssi
from drivers.scanner.framing import Framing
from drivers.scanner.profile import GENERIC, ScannerProfile

SUFFIXES: Final[dict[Framing, tuple[bytes, bytes]]] = {
    Framing.CR: (b"", b"\r"),
    Framing.LF: (b"", b"\n"),
    Framing.CRLF: (b"", b"\r\n"),
    Framing.TAB: (b"", b"\t"),
    Framing.STX_ETX: (b"\x02", b"\x03"),
    Framing.NONE: (b"", b""),
}
"""What a scanner puts before and after a code."""


class ScannerFault(StrEnum):
    """Ways in which a scanner or its cable goes wrong."""

    GARBAGE = "garbage"
    """A byte in the middle of the code that no scanner sends."""
    TRUNCATED = "truncated"
    """The second half does not arrive."""
    SLOW = "slow"
    """Byte by byte."""
    DOUBLE = "double"
    """One pull of the trigger, two reads."""
    RESEND = "resend"
    """Our acknowledgement is lost: the packet comes again, marked as such (SSI alone)."""


class SimulatedScanner:
    """Makes the bytes of scans; `fault` holds until it is set to None."""

    def __init__(self, profile: ScannerProfile = GENERIC) -> None:
        """A scanner in good order."""
        self.profile = profile
        self.fault: ScannerFault | None = None

    def pieces(self, code: str | bytes, symbology_id: str = "") -> list[bytes]:
        """The writes of one pull of the trigger, in order."""
        body = code.encode("ascii") if isinstance(code, str) else code
        whole = self.encoded(body, symbology_id)
        match self.fault:
            case ScannerFault.GARBAGE:
                middle = len(whole) // 2
                return [whole[:middle] + b"\x07" + whole[middle:]]
            case ScannerFault.TRUNCATED:
                return [whole[: len(whole) // 2]]
            case ScannerFault.SLOW:
                return [whole[place : place + 1] for place in range(len(whole))]
            case ScannerFault.DOUBLE:
                return [whole, whole]
            case ScannerFault.RESEND if self.profile.framing is Framing.SSI:
                return [whole, self.encoded(body, symbology_id, status=ssi.RESENT)]
            case _:
                return [whole]

    def encoded(self, body: bytes, symbology_id: str = "", *, status: int = 0) -> bytes:
        """One code with its identifier and frame."""
        own_id = next(
            (key for key, aim in self.profile.code_ids.items() if aim == symbology_id), b""
        )
        if self.profile.framing is Framing.SSI:
            if not own_id:
                body = symbology_id.encode("ascii") + body
            data = (own_id or b"\x00") + body
            return ssi.packet(ssi.DECODE_DATA, data, source=ssi.DECODER, status=status)
        if self.profile.identifier == "vendor":
            body = own_id + body
        else:
            body = symbology_id.encode("ascii") + body
        prefix, suffix = SUFFIXES[self.profile.framing]
        return prefix + body + suffix
