"""One scanner's conversation: bytes in, events and answers out, by its profile (pure).

Framing, code identifiers, the re-read window and acknowledgements meet here, so that the serial
driver, the simulations and the fuzz tests work on the same piece. What is sent to a scanner is a
constant of the profile or a packet built from one: nothing received is ever sent back, because
some scanners can be programmed by such bytes.
"""

from __future__ import annotations

from drivers.events import RejectReason, ScanEvent, ScannerEvent, ScanRejected
from drivers.ports import Feedback
from drivers.scanner import ssi
from drivers.scanner.framing import (
    Frame,
    Framer,
    FramerPort,
    Framing,
    Rejected,
    RereadFilter,
)
from drivers.scanner.profile import ScannerProfile

_ASK_AGAIN = frozenset((RejectReason.TRUNCATED, RejectReason.NOISE))


class ScannerSession:
    """Turns one scanner's bytes into events; answers pile up until they are taken."""

    def __init__(self, profile: ScannerProfile, source: str) -> None:
        """Begin with nothing received."""
        self.profile = profile
        self.source = source
        self._ssi: ssi.SsiFramer | None = None
        self._framer: FramerPort
        gap_ns, eight_bit, longest = (
            profile.gap_ms * 1_000_000,
            profile.eight_bit,
            profile.max_length,
        )
        if profile.framing is Framing.SSI:
            self._ssi = ssi.SsiFramer(longest, gap_ns=gap_ns, eight_bit=eight_bit)
            self._framer = self._ssi
        else:
            self._framer = Framer(profile.framing, longest, gap_ns=gap_ns, eight_bit=eight_bit)
        self._reread = RereadFilter(profile.reread_ms * 1_000_000)
        self._prefixes = sorted(profile.code_ids, key=len, reverse=True)
        self._replies = bytearray()
        self._refused = 0

    @property
    def pending(self) -> bool:
        """Whether a code has begun, so that :meth:`expire` will have to be called."""
        return self._framer.pending

    @property
    def due_ns(self) -> int:
        """When a begun code expires, if nothing more comes."""
        return self._framer.due_ns

    def feed(self, data: bytes, now_ns: int) -> list[ScannerEvent]:
        """Take bytes as they were read at ``now_ns``."""
        return self._events(self._framer.feed(data, now_ns))

    def expire(self, now_ns: int) -> list[ScannerEvent]:
        """The line has been quiet."""
        return self._events(self._framer.expire(now_ns))

    def reset(self, now_ns: int) -> list[ScannerEvent]:
        """The line was cut; nothing is answered any more."""
        found = self._events(self._framer.reset(now_ns))
        self._replies.clear()
        self._refused = 0
        return found

    def take_replies(self) -> bytes:
        """What is to be sent to the scanner now, once."""
        if self._ssi is not None:
            self._replies += self._ssi.take_replies()
        replies = bytes(self._replies)
        self._replies.clear()
        return replies

    def feedback(self, kind: Feedback) -> bytes:
        """The bytes that make the scanner show ``kind``; none when its profile has none."""
        constant = self.profile.feedback.get(kind, b"")
        if constant and self._ssi is not None:
            return ssi.packet(constant[0], constant[1:])
        return constant

    def _events(self, found: list[Frame | Rejected]) -> list[ScannerEvent]:
        return [self._event(one) for one in found]

    def _event(self, one: Frame | Rejected) -> ScannerEvent:
        self._acknowledge(one)
        if isinstance(one, Rejected):
            return ScanRejected(self.source, one.reason, one.raw_length, one.at_ns)
        if self._reread.repeated(one):
            return ScanRejected(self.source, RejectReason.REREAD, len(one.data), one.at_ns)
        data, symbology_id = one.data, one.symbology_id
        if symbology_id is None:
            if one.code_id:
                symbology_id = self.profile.code_ids.get(one.code_id)
            elif self.profile.identifier == "vendor":
                data, symbology_id = self._take_off_code_id(data)
        return ScanEvent(data, self.source, one.at_ns, symbology_id)

    def _take_off_code_id(self, data: bytes) -> tuple[bytes, str | None]:
        """The longest identifier of the table that the code begins with; an unknown one stays."""
        for prefix in self._prefixes:
            if data.startswith(prefix) and len(data) > len(prefix):
                return data[len(prefix) :], self.profile.code_ids[prefix]
        return data, None

    def _acknowledge(self, one: Frame | Rejected) -> None:
        if not self.profile.ack:
            return
        if isinstance(one, Frame):
            self._refused = 0
            self._replies += self.profile.ack
        elif one.reason in _ASK_AGAIN:
            self._refused += 1
            if self._refused <= ssi.NAKS_MAX:
                self._replies += self.profile.nak
        else:
            self._replies += self.profile.ack  # too long stays too long: do not ask again
