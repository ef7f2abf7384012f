"""A simulated customer display that ships: what it shows can be read, line by line."""

from __future__ import annotations

import os
import select
import threading
from pathlib import Path

from drivers.fakes_wire import PtyFarEnd
from drivers.line_display.profile import LineDisplayProfile
from drivers.line_display.rendering import lines
from drivers.ports import Lamp, Shown

_LAMPS = (Lamp.NONE, Lamp.PRICE, Lamp.TOTAL, Lamp.RECEIVED, Lamp.CHANGE)


class DisplayModel:
    """What the glass shows after the bytes that were fed."""

    def __init__(self, profile: LineDisplayProfile) -> None:
        """Empty."""
        self.profile = profile
        self.rows = ["", ""]
        """Two lines of letters, without the spaces at their ends."""
        self.digits = ""
        self.lamp = Lamp.NONE
        self.strange = 0
        """Bytes that are no command of this model."""
        self._pending = bytearray()

    def feed(self, data: bytes) -> None:
        """Obey."""
        self._pending += data
        while self._pending and (used := self._obey(bytes(self._pending))):
            del self._pending[:used]

    def _obey(self, data: bytes) -> int:
        """Obey one command; gives its length, 0 when its end has not come yet."""
        if data[0] == 0x0C:
            self.rows, self.digits = ["", ""], ""
            return 1
        if data[0] == 0x1F and self.profile.commands == "escpos":
            return self._placed(data)
        if data[0] == 0x1B:
            return self._escaped(data)
        self.strange += 1
        return 1

    def _escaped(self, data: bytes) -> int:
        if len(data) < 2:
            return 0
        if data[1:2] == b"@":
            self.rows, self.digits, self.lamp = ["", ""], "", Lamp.NONE
            return 2
        if data[1:2] == b"=":
            return 3 if len(data) >= 3 else 0
        if data[1:2] == b"s" and self.profile.commands == "led8":
            if len(data) < 3:
                return 0
            self.lamp = _LAMPS[(data[2] & 0x0F) % len(_LAMPS)]
            return 3
        if data[1:2] == b"Q" and self.profile.commands != "escpos":
            end = data.find(b"\r")
            if end < 0:
                return 0
            self._written(data[2:3], data[3:end].decode("gbk", "replace"))
            return end + 1
        self.strange += 1
        return 2

    def _written(self, where: bytes, text: str) -> None:
        if self.profile.commands == "led8":
            self.digits = text
        else:
            self.rows[0 if where == b"A" else 1] = text.rstrip()

    def _placed(self, data: bytes) -> int:
        length = 4 + self.profile.columns
        if len(data) < length:
            return 0
        row = data[3] - 1
        if data[1:3] == b"$\x01" and row in (0, 1):
            self.rows[row] = data[4:length].decode("gbk", "replace").rstrip()
        else:
            self.strange += 1
        return length


class PtyLineDisplay(PtyFarEnd):
    """The far end of a serial display."""

    def __init__(self, profile: LineDisplayProfile, link: Path | str | None = None) -> None:
        """Plug in at ``link``; the real driver opens :attr:`path`."""
        super().__init__(link, "display")
        self.model = DisplayModel(profile)
        self.changed = threading.Event()
        """Set after each read; a test clears it."""
        self.stalled = False
        """Do not read at all."""
        self._thread.start()

    def unplug(self) -> None:
        """Pull the cable; the glass goes dark."""
        with self._lock:
            self._link.unplug()
            self.model = DisplayModel(self.model.profile)

    def _serve(self) -> None:
        while not self._stopping.is_set():
            # Under the lock: once it is unplugged, its number may be somebody else's descriptor.
            with self._lock:
                data = b"" if self.stalled else self._received()
                self.model.feed(data)
            if data:
                self.changed.set()
            else:
                self._stopping.wait(0.01)

    def _received(self) -> bytes:
        master = self._link.master
        try:
            if master < 0 or not select.select([master], [], [], 0)[0]:
                return b""
            return os.read(master, 1024)
        except OSError:
            return b""


class FakeLineDisplay:
    """A LineDisplay in-process that keeps what it was shown."""

    def __init__(self, profile: LineDisplayProfile, name: str = "display") -> None:
        """Empty."""
        self.name = name
        self.profile = profile
        self.shown: list[Shown] = []
        """Everything, oldest first; an empty one for each clearing."""

    def start(self) -> None:
        """Nothing to connect."""

    def show(self, shown: Shown) -> None:
        """Show it."""
        if not self.shown or self.shown[-1] != shown:
            self.shown.append(shown)

    def clear(self) -> None:
        """Show nothing."""
        self.show(Shown())

    def close(self) -> None:
        """Nothing to let go of."""

    @property
    def rows(self) -> tuple[str, str]:
        """The two lines that a customer reads now."""
        return lines(self.profile, self.shown[-1] if self.shown else Shown())
