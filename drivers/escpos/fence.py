"""Was it printed? The question after each job, and what a printer's answers are worth (P5).

Three proofs, the best that the device gives: ``GS ( H`` echoes this job's own four bytes; ``GS r``
is answered when everything before it is processed; a status that is good before the job and good
after the time that it takes. Which of them a device gives is found out once and remembered. Four
bytes that are not this job's own prove nothing: a careless clone echoes the same ones for ever.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from drivers.errors import Timeout
from drivers.escpos import commands
from drivers.escpos.capabilities import CapabilityMemory
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.session import PROBE_QUESTION, Session
from drivers.escpos.status import PrinterStatus
from drivers.events import PrintOutcome
from drivers.transports import WriteFailed

STATUS_EVERY_S: Final = 0.5
FENCE_GRACE_S: Final = 1.0
"""How long GS ( H may come after the GS r that follows it, before it is taken for missing."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a job, and what a held one will be known by."""

    outcome: PrintOutcome
    code: str = ""
    identifier: bytes = b""


_PRINTED: Final = Verdict(PrintOutcome.PRINTED)
_UNKNOWN: Final = Verdict(PrintOutcome.UNKNOWN, "not_confirmed")


class Fence:
    """Asks one printer after its jobs; used under the driver's lock."""

    def __init__(
        self,
        profile: PrinterProfile,
        memory: CapabilityMemory,
        note: Callable[[PrinterStatus], None],
    ) -> None:
        """``note`` is told each status that comes up while a job is waited for."""
        self._profile = profile
        self._memory = memory
        self._note = note
        self._known = memory.recall()
        self._echoes = False
        """It has echoed a job's number in this run, so the next one is waited for."""

    @property
    def ordered(self) -> bool:
        """Whether questions are answered in order with printing, as far as is known."""
        return self._profile.fence in ("gs_h", "gs_r") and self._known.ordered is not False

    @property
    def _numbered(self) -> bool:
        return self._profile.fence == "gs_h" and self._known.process_id is not False

    def ask(self, session: Session, job_id: str, identifier: bytes) -> bytes:
        """The question to put behind a job."""
        question = b""
        if self._numbered:
            question += commands.process_id(identifier)
        if self.ordered:
            session.asked_in_order.append(job_id)
            session.answered.discard(job_id)
            question += commands.TRANSMIT_PAPER
        return question

    def outcome(self, session: Session, job_id: str, identifier: bytes, length: int) -> Verdict:
        """Wait until the job of ``length`` bytes is known to be printed, held or neither.

        Raises DeviceError and WriteFailed when the connection breaks.
        """
        if self._profile.fence == "none":
            return _PRINTED if self._profile.trust_write else _UNKNOWN
        begun = time.monotonic()
        printed_at = begun + length / self._profile.bytes_per_second
        deadline = printed_at + self._profile.fence_timeout_ms / 1000
        if not (self.ordered or self._numbered):
            return self._watch_status(session, printed_at, deadline)
        return self._watch(session, job_id, identifier, deadline)

    def heard(self, session: Session, job_id: str, identifier: bytes) -> bool:
        """Whether the answer of a held job has come by now; never without a number of its own."""
        while session.pump(0):
            pass
        return self._confirmed(session, job_id, identifier)

    def _watch(self, session: Session, job_id: str, identifier: bytes, deadline: float) -> Verdict:
        """Wait for the answer; ask for the status whenever the printer has been silent a while."""
        next_status = time.monotonic() + STATUS_EVERY_S
        status = PrinterStatus()
        while True:
            if self._confirmed(session, job_id, identifier):
                return _PRINTED
            now = time.monotonic()
            if now >= deadline:
                return self._give_up(session, status)
            if now >= next_status:
                status = self._ask_while_printing(session)
                if status.known:
                    self._note(status)
                    if status.trouble and not self._confirmed(session, job_id, identifier):
                        return Verdict(PrintOutcome.HELD, status.trouble, identifier)
                next_status = time.monotonic() + STATUS_EVERY_S
                continue
            session.pump(max(0.0, min(deadline, next_status) - now))

    def _watch_status(self, session: Session, printed_at: float, deadline: float) -> Verdict:
        """No answer in order: the status must be good after the time that the job takes."""
        while True:
            status = self._ask_while_printing(session)
            now = time.monotonic()
            if status.known:
                self._note(status)
                if status.trouble:
                    return Verdict(PrintOutcome.HELD, status.trouble)
                if now >= printed_at:
                    return _PRINTED
            if now >= deadline:
                return _UNKNOWN
            session.pump(max(0.01, min(printed_at - now, STATUS_EVERY_S)))

    def _ask_while_printing(self, session: Session) -> PrinterStatus:
        """Ask for the status; a line still full of the job has no room for the question."""
        if self._profile.status == "none":
            return PrinterStatus()
        try:
            return session.ask_status()
        except WriteFailed as failure:
            if isinstance(failure.cause, Timeout):
                return PrinterStatus()
            raise

    def _give_up(self, session: Session, status: PrinterStatus) -> Verdict:
        """The answer never came. A printer that is well may not know the question: ask it alone."""
        if status.ready and self.ordered and self._known.ordered is None:
            session.asked_in_order.clear()
            session.asked_in_order.append(PROBE_QUESTION)
            session.transport.write(commands.TRANSMIT_PAPER, session.status_timeout_s)
            within = time.monotonic() + session.status_timeout_s
            if not session.wait_answered(PROBE_QUESTION, within) and session.ask_status().ready:
                self._learn(ordered=False, process_id=False)
                return _PRINTED  # good before and good after, which is all that it can say
        if self._echoes:  # it did before; perhaps another printer hangs there now
            self._echoes = False
            self._learn(process_id=None)
        return _UNKNOWN

    def _confirmed(self, session: Session, job_id: str, identifier: bytes) -> bool:
        if identifier in session.echoed:
            self._echoes = True
            self._learn(process_id=True)
            return True
        if job_id not in session.answered or self._echoes:
            return False
        self._learn(ordered=True)
        if self._numbered:
            grace = time.monotonic() + FENCE_GRACE_S
            while identifier not in session.echoed and time.monotonic() < grace:
                session.pump(max(0.0, grace - time.monotonic()))
            # GS r came and this job's own number did not: a printer without GS ( H, or one that
            # echoes something else. Either is remembered.
            self._echoes = identifier in session.echoed
            self._learn(process_id=self._echoes)
        return True

    def _learn(self, **found: bool | None) -> None:
        known = replace(self._known, **found)
        if known != self._known:
            self._known = known
            self._memory.remember(known)
