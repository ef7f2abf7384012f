"""Zebra's Simple Serial Interface: packets with checksums, acknowledged one by one (pure).

===========  ====================================================================================
byte 0       length: all bytes before the checksum, itself included
byte 1       opcode: F3 decoded data, D0 ACK, D1 NAK, E6 beep, F6 event
byte 2       who sends: 00 the decoder, 04 the host
byte 3       status: bit 0 sent again, bit 1 more packets of this code follow
then         data; with F3 the type of the code, then the code
last two     two's complement of the sum of all bytes before, high byte first
===========  ====================================================================================

The decoder sends a packet again when no ACK came, up to twice, with bit 0 set. Our ACK may be what
was lost, so such a packet is acknowledged and delivered only when it is not the one delivered last;
after a broken packet it is always delivered, because it is that one's repetition.
"""

from __future__ import annotations

from typing import Final

from drivers.events import RejectReason
from drivers.scanner.framing import GAP_NS, MAX_LENGTH, Frame, Rejected, judge, take_off_aim

DECODE_DATA: Final = 0xF3
ACK: Final = 0xD0
NAK: Final = 0xD1
DECODER: Final = 0x00
HOST: Final = 0x04
RESENT: Final = 0x01
CONTINUED: Final = 0x02
NAK_RESEND: Final = 0x01
"""Reason in a NAK: send it again."""

RESEND_WITHIN_NS: Final = 10_000_000_000
"""A packet marked as sent again later than this after the last one is a code of its own."""

NAKS_MAX: Final = 3
"""Broken packets in a row that are asked for again; after that the decoder's own limit counts."""


def packet(opcode: int, data: bytes = b"", *, source: int = HOST, status: int = 0) -> bytes:
    """One packet with its length and checksum."""
    body = bytes((4 + len(data), opcode, source, status)) + data
    return body + (-sum(body) & 0xFFFF).to_bytes(2, "big")


class SsiFramer:
    """Cuts packets, acknowledges them and delivers each code once, with the decoder's type."""

    def __init__(
        self, max_length: int = MAX_LENGTH, *, gap_ns: int = GAP_NS, eight_bit: bool = False
    ) -> None:
        """``max_length`` bounds a code, over all of its packets."""
        self.max_length = max_length
        self.gap_ns = gap_ns
        self._eight_bit = eight_bit
        self._buffer = bytearray()
        self._parts = bytearray()
        self._replies = bytearray()
        self._last_ns = 0
        self._last_packet = b""
        self._last_packet_ns = 0
        self._broken = 0

    @property
    def pending(self) -> bool:
        """Whether a packet, or a code of several packets, has begun."""
        return bool(self._buffer or self._parts)

    @property
    def due_ns(self) -> int:
        """When a begun packet expires, if nothing more comes."""
        # Between two packets of one code the decoder waits for our acknowledgement.
        return self._last_ns + (self.gap_ns if self._buffer else 10 * self.gap_ns)

    def feed(self, data: bytes, now_ns: int) -> list[Frame | Rejected]:
        """Take bytes as they were read at ``now_ns``; give what they complete, in order."""
        found: list[Frame | Rejected] = []
        if self.pending and now_ns - self._last_ns > 10 * self.gap_ns:
            found += self.expire(now_ns)
        self._last_ns = now_ns
        self._buffer += data
        while self._buffer:
            if self._buffer[0] == 0:  # wakes a sleeping receiver
                del self._buffer[0]
                continue
            length = self._buffer[0] + 2
            if length < 6:
                found.append(self._refused(RejectReason.NOISE, len(self._buffer), now_ns))
                self._buffer.clear()  # out of step: the line is quiet until we have answered
                break
            if len(self._buffer) < length:
                break
            whole = bytes(self._buffer[:length])
            del self._buffer[:length]
            if sum(whole[:-2]) + int.from_bytes(whole[-2:], "big") & 0xFFFF:
                found.append(self._refused(RejectReason.NOISE, length, now_ns))
                self._buffer.clear()  # a byte too many or too few: the decoder now waits for us
            else:
                found += self._take(whole[:-2], now_ns)
        return found

    def expire(self, now_ns: int) -> list[Frame | Rejected]:
        """Give up a packet that stopped arriving, and ask for it again."""
        if not self.pending or now_ns < self.due_ns:
            return []
        length = len(self._buffer) + len(self._parts)
        self._buffer.clear()
        self._parts.clear()
        return [self._refused(RejectReason.TRUNCATED, length, now_ns)]

    def reset(self, now_ns: int) -> list[Frame | Rejected]:
        """Discard what has begun, because the line was cut; reported once."""
        length = len(self._buffer) + len(self._parts)
        self._buffer.clear()
        self._parts.clear()
        self._replies.clear()
        self._last_packet = b""
        self._broken = 0
        return [Rejected(RejectReason.TRUNCATED, length, now_ns)] if length else []

    def take_replies(self) -> bytes:
        """What is to be sent to the decoder, once."""
        replies = bytes(self._replies)
        self._replies.clear()
        return replies

    def _refused(self, reason: RejectReason, length: int, now_ns: int) -> Rejected:
        self._broken += 1
        if self._broken <= NAKS_MAX:
            self._replies += packet(NAK, bytes((NAK_RESEND,)))
        return Rejected(reason, length, now_ns)

    def _take(self, body: bytes, now_ns: int) -> list[Frame | Rejected]:
        """One sound packet, without its checksum."""
        opcode, source, status, data = body[1], body[2], body[3], body[4:]
        if source == HOST or opcode in (ACK, NAK):
            return []  # answers to our own beeps, or a line that echoes
        self._replies += packet(ACK)
        asked_again, self._broken = self._broken > 0, 0
        if opcode != DECODE_DATA:
            return []
        same = bytes((opcode, status & ~RESENT)) + data
        soon = now_ns - self._last_packet_ns < RESEND_WITHIN_NS
        if status & RESENT and not asked_again and same == self._last_packet and soon:
            return [Rejected(RejectReason.RESENT, len(data), now_ns)]
        self._last_packet, self._last_packet_ns = same, now_ns
        self._parts += data[1:] if self._parts else data
        if status & CONTINUED and len(self._parts) <= self.max_length:
            return []
        kind, code = bytes(self._parts[:1]), bytes(self._parts[1:]).rstrip(b"\r\n")
        self._parts.clear()
        if len(code) > self.max_length:
            return [Rejected(RejectReason.OVERSIZED, len(code), now_ns)]
        if not code:
            return []
        if not judge(code, eight_bit=self._eight_bit):
            return [Rejected(RejectReason.NOISE, len(code), now_ns)]
        aim, code = take_off_aim(code)
        return [Frame(code, now_ns, aim, kind)]
