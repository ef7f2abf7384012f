"""Bytes of a scanner cut into codes (pure, no port in sight).

Theory of operation. A scanner sends a code and a terminator, and the reads of a serial line cut
that stream anywhere: half a code, two codes and a half. :class:`Framer` keeps the rest until its
terminator comes. Framing works on bytes, since ``str.strip`` and ``str.splitlines`` eat GS (0x1D),
which separates the fields of a GS1 code.

What is never delivered: a code whose terminator did not come in time (TRUNCATED), one longer than
the limit (OVERSIZED), one with bytes that no scanner puts into a code (NOISE). Each is reported
once, with its length, and the next code is unaffected.

A terminator that comes a little too late ends the tail of a truncated code, which looks like a
code of its own. Up to three gaps after the last byte, what comes before the next terminator is
therefore taken for such a tail; nobody scans again that quickly.

Time comes in as an argument. The owner calls :meth:`Framer.expire` when the line has been quiet;
``feed`` itself takes bytes for stale only after ten times the gap, because a busy event loop may
read the second half of a code late although it came in time.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Protocol

from drivers.events import RejectReason

GAP_NS: Final = 150_000_000
STALE_GAPS: Final = 10
TAIL_GAPS: Final = 3
MAX_LENGTH: Final = 4096

_AIM: Final = re.compile(rb"\][A-Za-z][0-9A-Za-z]")
_STX, _ETX, _CR, _LF, _TAB = 0x02, 0x03, 0x0D, 0x0A, 0x09
_PADDING: Final = b"\x00"
_SEPARATORS: Final = frozenset((0x1D, 0x1E, 0x04))
"""GS, RS and EOT stand inside GS1 and ISO 15434 data."""

_CODE_BYTES: Final = bytes((*range(0x20, 0x7F), *sorted(_SEPARATORS)))
_CODE_BYTES_8: Final = _CODE_BYTES + bytes(range(0x80, 0x100))


class Framing(StrEnum):
    """How a scanner ends a code."""

    CR = "cr"
    LF = "lf"
    CRLF = "crlf"
    TAB = "tab"
    STX_ETX = "stx-etx"
    NONE = "none"
    """Silence ends it."""
    SSI = "ssi"
    """Zebra's packets (:mod:`drivers.scanner.ssi`)."""


@dataclass(frozen=True, slots=True)
class Frame:
    """One complete code."""

    data: bytes
    at_ns: int
    """When its last byte was read."""
    symbology_id: str | None = None
    """AIM identifier, stripped from ``data``."""
    code_id: bytes = b""
    """The vendor's own identifier, where the framing carries one beside the code."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """Bytes that did not become a code."""

    reason: RejectReason
    raw_length: int
    at_ns: int


_TERMINATORS: Final[dict[Framing, int]] = {
    Framing.CR: _CR,
    Framing.LF: _LF,
    Framing.CRLF: _LF,
    Framing.TAB: _TAB,
    Framing.STX_ETX: _ETX,
}


def take_off_aim(code: bytes) -> tuple[str | None, bytes]:
    """The AIM identifier in front of a code, or None, and the code behind it."""
    if len(code) > 3 and _AIM.match(code):
        return code[:3].decode("ascii"), code[3:]
    return None, code


def judge(code: bytes, *, eight_bit: bool = False) -> bool:
    """Whether every byte is one that scanners put into codes."""
    return not code.translate(None, _CODE_BYTES_8 if eight_bit else _CODE_BYTES)


class FramerPort(Protocol):
    """What cuts one scanner's bytes; time comes in as an argument."""

    @property
    def pending(self) -> bool:
        """Whether a frame has begun, so that :meth:`expire` will have to be called."""

    @property
    def due_ns(self) -> int:
        """When a begun frame expires, if nothing more comes."""

    def feed(self, data: bytes, now_ns: int) -> list[Frame | Rejected]:
        """Take bytes as they were read at ``now_ns``; give what they complete, in order."""

    def expire(self, now_ns: int) -> list[Frame | Rejected]:
        """End what is overdue at ``now_ns``."""

    def reset(self, now_ns: int) -> list[Frame | Rejected]:
        """Discard a begun frame, because the line was cut; reported once."""


class Framer:
    """Cuts one scanner's bytes; the same codes come out however the bytes are chunked."""

    def __init__(
        self,
        framing: Framing = Framing.CR,
        max_length: int = MAX_LENGTH,
        *,
        gap_ns: int = GAP_NS,
        eight_bit: bool = False,
    ) -> None:
        """``eight_bit`` lets bytes from 0x80 up through, for QR codes that hold text.

        Raises ValueError for packets, which :class:`drivers.scanner.ssi.SsiFramer` cuts.
        """
        if framing is Framing.SSI:
            raise ValueError("expected a framing of lines; SSI packets have a framer of their own")
        self.framing = framing
        self.max_length = max_length
        self.gap_ns = gap_ns
        self._eight_bit = eight_bit
        self._buffer = bytearray()
        self._oversized = 0
        self._inside = framing is not Framing.STX_ETX
        self._stray = 0
        self._last_ns = 0
        self._tail_until_ns = 0
        self._tail = False

    @property
    def pending(self) -> bool:
        """Whether a frame has begun, so that :meth:`expire` will have to be called."""
        return bool(self._buffer or self._oversized or self._stray)

    @property
    def due_ns(self) -> int:
        """When a begun frame expires, if nothing more comes."""
        return self._last_ns + self.gap_ns

    def feed(self, data: bytes, now_ns: int) -> list[Frame | Rejected]:
        """Take bytes as they were read at ``now_ns``; give what they complete, in order."""
        found: list[Frame | Rejected] = []
        if self.pending and now_ns - self._last_ns > self.gap_ns * STALE_GAPS:
            found += self.expire(now_ns)
        if self._tail_until_ns:
            self._tail = now_ns < self._tail_until_ns
            self._tail_until_ns = 0
        self._last_ns = now_ns
        if self.framing is Framing.STX_ETX:
            for value in data:
                self._between_marks(value, now_ns, found)
        elif self.framing is Framing.NONE:
            for value in data:
                self._keep(value)
        else:
            self._lines(data, now_ns, found)
        return found

    def expire(self, now_ns: int) -> list[Frame | Rejected]:
        """End what is overdue at ``now_ns``; with :attr:`Framing.NONE` that is the frame's end."""
        if not self.pending or now_ns < self.due_ns:
            return []
        if self.framing is Framing.NONE:
            return self._end(now_ns)
        found = self.reset(now_ns)
        if found and self.framing is not Framing.STX_ETX:
            self._tail_until_ns = self._last_ns + self.gap_ns * TAIL_GAPS
        return found

    def reset(self, now_ns: int) -> list[Frame | Rejected]:
        """Discard a begun frame, because the line was cut; reported once."""
        found: list[Frame | Rejected] = []
        length = len(self._buffer)
        if self._oversized:
            found.append(Rejected(RejectReason.OVERSIZED, length + self._oversized, now_ns))
        elif self._stray:
            found.append(Rejected(RejectReason.NOISE, self._stray, now_ns))
        elif length and bytes(self._buffer).strip(b"\r\n\x00"):
            found.append(Rejected(RejectReason.TRUNCATED, length, now_ns))
        self._clear()
        return found

    def _clear(self) -> None:
        self._buffer.clear()
        self._oversized = 0
        self._stray = 0
        self._tail = False
        self._tail_until_ns = 0
        self._inside = self.framing is not Framing.STX_ETX

    def _keep(self, value: int) -> None:
        if len(self._buffer) >= self.max_length:
            self._oversized += 1
        else:
            self._buffer.append(value)

    def _lines(self, data: bytes, now_ns: int, found: list[Frame | Rejected]) -> None:
        terminator = _TERMINATORS[self.framing]
        start = 0
        while (end := data.find(terminator, start)) >= 0:
            self._keep_all(data[start:end])
            found += self._end(now_ns)
            start = end + 1
        self._keep_all(data[start:])

    def _keep_all(self, piece: bytes) -> None:
        room = self.max_length + 1 - len(self._buffer)  # one more for the CR of CRLF
        self._buffer += piece[:room]
        self._oversized += max(0, len(piece) - room)

    def _between_marks(self, value: int, now_ns: int, found: list[Frame | Rejected]) -> None:
        if value == _STX:
            found += self.reset(now_ns)
            self._inside = True
        elif not self._inside:
            if value not in (_CR, _LF, 0):
                self._stray += 1
        elif value == _ETX:
            found += self._end(now_ns)
            self._inside = False
        else:
            self._keep(value)

    def _end(self, now_ns: int) -> list[Frame | Rejected]:
        """Judge the finished frame."""
        raw = bytes(self._buffer)
        oversized, tail = self._oversized, self._tail
        self._clear()
        length = len(raw) + oversized
        body = raw.strip(_PADDING)
        if tail and body.strip(b"\r\n"):
            return [Rejected(RejectReason.TRUNCATED, length, now_ns)]
        if self.framing is Framing.CRLF:
            if body and not body.endswith(b"\r"):
                return [Rejected(RejectReason.NOISE, length, now_ns)]
            body = body[:-1]
        elif self.framing in (Framing.CR, Framing.NONE):
            body = body.strip(b"\r\n")
        elif self.framing is Framing.LF:
            body = body.rstrip(b"\r")
        body = body.strip(_PADDING)
        if oversized or len(body) > self.max_length:
            return [Rejected(RejectReason.OVERSIZED, length, now_ns)]
        if not body:
            return []
        if not judge(body, eight_bit=self._eight_bit):
            return [Rejected(RejectReason.NOISE, length, now_ns)]
        aim, body = take_off_aim(body)
        return [Frame(body, now_ns, aim)]


class RereadFilter:
    """Drops the same code from the same scanner within a short window; 0 lets all through.

    Two equal articles are scanned one after the other all day, so the window is off by default
    and short where a hands-free scanner reads one article twice.
    """

    def __init__(self, window_ns: int = 0) -> None:
        """``window_ns`` counts from the last time the code was seen."""
        self.window_ns = window_ns
        self._last: bytes = b""
        self._last_ns = 0

    def repeated(self, frame: Frame) -> bool:
        """Whether ``frame`` is a re-read."""
        if self.window_ns <= 0:
            return False
        again = frame.data == self._last and frame.at_ns - self._last_ns < self.window_ns
        self._last, self._last_ns = frame.data, frame.at_ns
        return again
