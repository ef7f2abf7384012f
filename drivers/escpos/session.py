"""One conversation with a printer: bytes out, replies in, questions matched with answers.

Answers to GS r come in the order of the questions and carry no number, so the session keeps the
list of what was asked; GS ( H echoes the asker's own four bytes and needs no such list.
"""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, field

from drivers.escpos import commands
from drivers.escpos.status import (
    BlockReply,
    OrderedReply,
    PrinterStatus,
    RealTimeReply,
    StatusDecoder,
    fold,
)
from drivers.transports import Transport

PROCESS_ID_KIND = 0x22
DRAWER_QUESTION = "drawer"
PROBE_QUESTION = "probe"
REQUESTS = (1, 2, 3, 4)


@dataclass(slots=True)
class Session:
    """State of one open connection. Only its owner's thread uses it, under the driver's lock."""

    transport: Transport
    status_timeout_s: float
    decoder: StatusDecoder = field(default_factory=StatusDecoder)
    asked_in_order: deque[str] = field(default_factory=deque)
    """Who waits for GS r answers: a job's fence key or :data:`DRAWER_QUESTION`."""
    answered: set[str] = field(default_factory=set)
    """Keys of GS r questions that were answered."""
    echoed: set[bytes] = field(default_factory=set)
    """Identifiers that GS ( H has echoed."""
    status: PrinterStatus = field(default_factory=PrinterStatus)
    drawer_pin_high: bool | None = None
    _seen: int = 0

    def pump(self, timeout_s: float) -> bool:
        """Wait for bytes once and take them in; says whether any came."""
        data = self.transport.read(timeout_s)
        for reply in self.decoder.feed(data):
            if isinstance(reply, OrderedReply):
                self._ordered(reply.value)
            elif isinstance(reply, BlockReply) and reply.kind == PROCESS_ID_KIND:
                self.echoed.add(reply.payload)
            elif isinstance(reply, RealTimeReply) and reply.request:
                self._seen |= 1 << reply.request
            self.status = fold(self.status, reply)
        return bool(data)

    def _ordered(self, value: int) -> None:
        if not self.asked_in_order:
            return
        key = self.asked_in_order.popleft()
        self.answered.add(key)
        if key == DRAWER_QUESTION:
            self.drawer_pin_high = bool(value & 0x01)

    def ask_status(
        self, requests: tuple[int, ...] = REQUESTS, timeout_s: float | None = None
    ) -> PrinterStatus:
        """Ask in real time and wait; all fields are None when the answers are not complete.

        ``timeout_s`` replaces the profile's.
        """
        timeout_s = self.status_timeout_s if timeout_s is None else timeout_s
        while self.pump(0):
            pass
        self.decoder.forget_asked()
        self.status = PrinterStatus()
        self._seen = 0
        self.decoder.asked(*requests)
        question = b"".join(commands.real_time_status(one) for one in requests)
        self.transport.write(question, timeout_s)
        wanted = sum(1 << one for one in requests)
        deadline = time.monotonic() + timeout_s
        while self._seen & wanted != wanted:
            left = deadline - time.monotonic()
            if left <= 0:
                self.decoder.forget_asked()
                return PrinterStatus()
            self.pump(left)
        return self.status

    def wait_answered(self, key: str, deadline: float) -> bool:
        """Wait for the answer to an ordered question."""
        while key not in self.answered:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            self.pump(left)
        return True
