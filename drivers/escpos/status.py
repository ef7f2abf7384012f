"""What a printer says of itself: the status value and the decoder of its byte stream (pure).

Theory of operation. A printer sends several kinds of answers over one stream, unasked ones among
them, so the n-th byte never belongs to the n-th question. Each byte is told apart by its bits
(Epson "Transmission of status", Citizen's manual has the table):

====================  =========================  ==============================================
XON / XOFF            ``11`` / ``13``            dropped
DLE EOT n             ``0xx1xx10``               real time; which n is known by order of asking
ASB                   ``0xx1xx00`` + 3 bytes     unasked; the three are ``0xx0xxxx``
GS r n                ``0xx0xxxx``               in order with printing; n by order of asking
GS ( H, DLE DC4 8     ``37`` … ``00``            a block
====================  =========================  ==============================================

:class:`StatusDecoder` turns bytes, in any chunks, into replies. :func:`fold` adds a reply to a
:class:`PrinterStatus`. Nothing that a printer or a noisy line sends raises an error.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, replace

XON = 0x11
XOFF = 0x13
BLOCK_START = 0x37
BLOCK_MAX = 80


@dataclass(frozen=True, slots=True)
class PrinterStatus:
    """A printer's state; a field is None while the printer has not said anything about it.

    No answer is never taken for good news: ``online`` stays None (P4).
    """

    online: bool | None = None
    cover_open: bool | None = None
    paper_end: bool | None = None
    paper_near_end: bool | None = None
    """A warning only; it never blocks printing."""
    feed_button: bool | None = None
    waiting_for_recovery: bool | None = None
    error_recoverable: bool | None = None
    cutter_error: bool | None = None
    unrecoverable: bool | None = None
    auto_recoverable: bool | None = None
    """The head is hot or the like; it goes away by itself."""
    drawer_pin_high: bool | None = None
    """Level of drawer connector pin 3; which level means open depends on the drawer (P6)."""

    @property
    def known(self) -> bool:
        """Whether the printer has answered at all."""
        return self.online is not None

    @property
    def trouble(self) -> str:
        """The :mod:`drivers.errors` code of what stops printing; empty when nothing does."""
        if self.paper_end:
            return "paper_end"
        if self.cover_open:
            return "cover_open"
        if self.cutter_error:
            return "cutter_error"
        if self.unrecoverable or self.error_recoverable:
            return "printer_error"
        if self.online is False:
            return "offline"
        return "" if self.known else "no_answer"

    @property
    def ready(self) -> bool:
        """Whether a job sent now can be expected to come out."""
        return not self.trouble


@dataclass(frozen=True, slots=True)
class RealTimeReply:
    """Answer to DLE EOT ``request``; 0 when nothing was asked."""

    request: int
    value: int


@dataclass(frozen=True, slots=True)
class OrderedReply:
    """Answer to GS r: everything sent before the question has been processed."""

    value: int


@dataclass(frozen=True, slots=True)
class BlockReply:
    """Answer in a block: ``22`` and four bytes for GS ( H, ``25`` for a cleared buffer."""

    kind: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class AutomaticStatus:
    """Automatic status back: four bytes sent unasked."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Noise:
    """A byte that no answer explains."""

    value: int


Reply = RealTimeReply | OrderedReply | BlockReply | AutomaticStatus | Noise


class StatusDecoder:
    """Takes a printer's bytes apart; keeps what is incomplete for the next call."""

    def __init__(self) -> None:
        """Start with nothing asked."""
        self._asked: deque[int] = deque()
        self._block: bytearray | None = None
        self._automatic = bytearray()

    def asked(self, *requests: int) -> None:
        """Note that DLE EOT ``requests`` go out in this order."""
        self._asked.extend(requests)

    def forget_asked(self) -> None:
        """Give up on the answers that have not come; a late one is reported as request 0."""
        self._asked.clear()

    def feed(self, data: bytes) -> list[Reply]:
        """Take ``data`` and give the replies that it completes."""
        replies: list[Reply] = []
        for value in data:
            if self._block is not None:
                self._in_block(value, replies)
            else:
                self._fresh(value, replies)
        return replies

    def _in_block(self, value: int, replies: list[Reply]) -> None:
        block = self._block if self._block is not None else bytearray()
        if value == 0:
            self._block = None
            if block:
                replies.append(BlockReply(block[0], bytes(block[1:])))
            else:
                replies.append(Noise(BLOCK_START))
        elif value < 0x20 or value > 0x7E or len(block) >= BLOCK_MAX:
            self._block = None
            replies.append(Noise(BLOCK_START))
            replies.extend(Noise(one) for one in block)
            self._fresh(value, replies)
        else:
            block.append(value)

    def _fresh(self, value: int, replies: list[Reply]) -> None:
        if value in (XON, XOFF):
            return
        if value & 0x93 == 0x12:
            replies.append(RealTimeReply(self._asked.popleft() if self._asked else 0, value))
        elif self._automatic and value & 0x90 == 0:
            self._automatic.append(value)
            if len(self._automatic) == 4:
                replies.append(AutomaticStatus(bytes(self._automatic)))
                self._automatic.clear()
        else:
            replies.extend(Noise(one) for one in self._automatic)
            self._automatic.clear()
            if value & 0x93 == 0x10:
                self._automatic.append(value)
            elif value == BLOCK_START:
                self._block = bytearray()
            elif value & 0x90 == 0:
                replies.append(OrderedReply(value))
            else:
                replies.append(Noise(value))


def fold(status: PrinterStatus, reply: Reply) -> PrinterStatus:
    """Add what ``reply`` says to ``status``; replies that say nothing of the state change nothing.

    The meaning of an :class:`OrderedReply` depends on its question, so it is left to the caller.
    """
    if isinstance(reply, RealTimeReply):
        return _fold_real_time(status, reply)
    if isinstance(reply, AutomaticStatus):
        return _fold_automatic(status, reply.data)
    return status


def _fold_real_time(status: PrinterStatus, reply: RealTimeReply) -> PrinterStatus:
    value = reply.value
    if reply.request == 1:
        return replace(
            status,
            drawer_pin_high=bool(value & 0x04),
            online=not value & 0x08,
            waiting_for_recovery=bool(value & 0x20),
            feed_button=bool(value & 0x40),
        )
    if reply.request == 2:
        return replace(
            status,
            cover_open=bool(value & 0x04),
            # Bit 5 says that printing stopped for paper; request 4 has the sensor's own word.
            paper_end=bool(value & 0x20) or bool(status.paper_end),
        )
    if reply.request == 3:
        return replace(
            status,
            error_recoverable=bool(value & 0x04),
            cutter_error=bool(value & 0x08),
            unrecoverable=bool(value & 0x20),
            auto_recoverable=bool(value & 0x40),
        )
    if reply.request == 4:
        return replace(
            status,
            paper_near_end=bool(value & 0x0C),
            paper_end=bool(value & 0x60) or bool(status.paper_end),
        )
    return status


def _fold_automatic(status: PrinterStatus, data: bytes) -> PrinterStatus:
    first, second, third = data[0], data[1], data[2]
    return replace(
        status,
        drawer_pin_high=bool(first & 0x04),
        online=not first & 0x08,
        cover_open=bool(first & 0x20),
        feed_button=bool(first & 0x40),
        waiting_for_recovery=bool(second & 0x01),
        error_recoverable=bool(second & 0x04),
        cutter_error=bool(second & 0x08),
        unrecoverable=bool(second & 0x20),
        auto_recoverable=bool(second & 0x40),
        paper_near_end=bool(third & 0x03),
        paper_end=bool(third & 0x0C),
    )
