"""A customer display on its own thread: it is told the latest and never waited for (D1).

Messages that the line was too slow for are overtaken, not queued. A display that is absent, pulled
or stuck costs the till nothing: the thread tries again by itself, and says when it comes and goes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Final

from drivers.errors import DeviceError
from drivers.events import ConnectionState, LineDisplayStatus
from drivers.line_display.profile import LineDisplayProfile
from drivers.line_display.rendering import cleared, initial, rendered
from drivers.ports import Shown
from drivers.transports import TransportFactory, WriteFailed

WRITE_TIMEOUT_S: Final = 1.0
RETRY_S: Final = 0.5
LOOK_EVERY_S: Final = 0.25
"""How often it is looked whether the cable is still there."""
REPEAT_S: Final = 1.0
"""A display that was switched off and on shows the latest again after so long."""


class SerialLineDisplay:
    """Implements LineDisplay over any transport."""

    def __init__(
        self,
        connect: TransportFactory,
        profile: LineDisplayProfile,
        *,
        name: str = "display",
        on_event: Callable[[LineDisplayStatus], None] | None = None,
    ) -> None:
        """Nothing is opened before :meth:`start`; events come from the display's thread."""
        self.name = name
        self.profile = profile
        self._connect = connect
        self._on_event = on_event
        self._wanted: Shown | None = None
        self._changed = threading.Condition()
        self._version = 0
        self._stopping = False
        self._announced: ConnectionState | None = None
        self._thread = threading.Thread(target=self._run, name=f"{name}-writer", daemon=True)

    def start(self) -> None:
        """Connect, elsewhere, and keep trying."""
        self._thread.start()

    def show(self, shown: Shown) -> None:
        """Show it as soon as the line can take it."""
        with self._changed:
            if shown != self._wanted:
                self._wanted = shown
                self._version += 1
                self._changed.notify()

    def clear(self) -> None:
        """Show nothing."""
        with self._changed:
            self._wanted = None
            self._version += 1
            self._changed.notify()

    def close(self) -> None:
        """Empty it and let go, at most a second later."""
        with self._changed:
            self._wanted = None
            self._version += 1
            self._stopping = True
            self._changed.notify()
        if self._thread.is_alive():
            self._thread.join(WRITE_TIMEOUT_S)

    def _run(self) -> None:
        while not self._stopping:
            transport = self._connect()
            try:
                transport.open()
                self._send(transport.write, initial(self.profile))
                self._announce(ConnectionState.CONNECTED, "")
                self._serve(transport.write)
            except WriteFailed as failure:
                self._announce(ConnectionState.DISCONNECTED, failure.cause.code)
            except DeviceError as error:
                self._announce(ConnectionState.DISCONNECTED, error.code)
            finally:
                transport.close()
            with self._changed:
                if not self._stopping:
                    self._changed.wait(RETRY_S)

    def _serve(self, write: Callable[[bytes, float], None]) -> None:
        """Write whatever is the latest, until told to stop or the line breaks."""
        written = -1
        while True:
            with self._changed:
                repeat_at = time.monotonic() + REPEAT_S
                while self._version == written and not self._stopping:
                    if self._changed.wait(LOOK_EVERY_S):
                        continue
                    if time.monotonic() >= repeat_at:
                        break
                    write(b"", WRITE_TIMEOUT_S)  # which fails when the cable is pulled
                written = self._version
                wanted = self._wanted
                last = self._stopping
            data = cleared(self.profile) if wanted is None else rendered(self.profile, wanted)
            self._send(write, data)
            if last:
                return

    def _send(self, write: Callable[[bytes, float], None], data: bytes) -> None:
        pause_s = self.profile.byte_pause_ms / 1000
        if not pause_s:
            write(data, WRITE_TIMEOUT_S)
            return
        for at in range(len(data)):
            write(data[at : at + 1], WRITE_TIMEOUT_S)
            time.sleep(pause_s)

    def _announce(self, state: ConnectionState, detail: str) -> None:
        if state is not self._announced:
            self._announced = state
            if self._on_event is not None:
                self._on_event(LineDisplayStatus(self.name, state, detail))
