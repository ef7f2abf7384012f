"""A simulated printer for several threads: faults, waiting, and an in-process way to it."""

from __future__ import annotations

import threading
from collections.abc import Callable

from drivers.errors import Offline
from drivers.escpos.decoder import Receipt
from drivers.escpos.simulated import PrinterModel
from drivers.transports import WriteFailed


class SimulatedPrinter:
    """What all simulated printers share: one model, its faults, and waiting for what it does."""

    def __init__(self, columns: int = 48, model: PrinterModel | None = None) -> None:
        """Start with paper, a closed cover and nothing printed."""
        self.model = model if model is not None else PrinterModel(columns)
        self._changed = threading.Condition()

    def receipts(self) -> tuple[Receipt, ...]:
        """What has come out so far."""
        with self._changed:
            return self.model.receipts()

    def tear_off(self, timeout_s: float = 0.0) -> tuple[Receipt, ...]:
        """Take the receipts that are cut, waiting a little for one when there is none yet."""
        with self._changed:
            torn = self.model.tear_off()
            if not torn and timeout_s > 0:
                self._changed.wait(timeout_s)
                torn = self.model.tear_off()
            return torn

    @property
    def raw(self) -> bytes:
        """Every byte received."""
        with self._changed:
            return bytes(self.model.raw)

    @property
    def drawer_kicks(self) -> tuple[int, ...]:
        """Connector pins of the drawer pulses that ran."""
        with self._changed:
            return self.model.drawer_kicks

    def wait_for(self, what: Callable[[PrinterModel], bool], timeout_s: float = 5.0) -> bool:
        """Wait until ``what`` is true of the model."""
        with self._changed:
            return self._changed.wait_for(lambda: what(self.model), timeout_s)

    def wait_for_receipts(self, count: int, timeout_s: float = 5.0) -> bool:
        """Wait until ``count`` receipts have come out."""
        return self.wait_for(lambda model: len(model.receipts()) >= count, timeout_s)

    def run_out_of_paper(self) -> None:
        """Take the roll out."""
        self._set(paper=False)

    def run_out_after_lines(self, lines: int) -> None:
        """Let the roll end in the middle of a receipt."""
        self._set(lines_left=lines)

    def load_paper(self) -> None:
        """Put a new roll in; what was held comes out."""
        self._set(paper=True, lines_left=None)

    def open_cover(self) -> None:
        """Open the cover."""
        self._set(cover_open=True)

    def close_cover(self) -> None:
        """Close the cover."""
        self._set(cover_open=False)

    def go_offline(self) -> None:
        """Press the online key."""
        self._set(offline=True)

    def go_online(self) -> None:
        """Press it again."""
        self._set(offline=False)

    def jam_cutter(self) -> None:
        """Let the cutter stick; nothing moves until it is freed."""
        self._set(cutter_jammed=True)

    def free_cutter(self) -> None:
        """Free it; what was held comes out."""
        self._set(cutter_jammed=False)

    def shut_drawer(self) -> None:
        """Push the drawer in."""
        self._set(drawer_open=False)

    def fall_silent(self) -> None:
        """Print, and never answer again."""
        self._set(silent=True)

    def die(self) -> None:
        """Take bytes and do nothing."""
        self._set(dead=True)

    def talk_nonsense(self) -> None:
        """Answer with bytes that mean nothing."""
        self._set(nonsense=True)

    def recover(self) -> None:
        """End every fault."""
        self._set(
            paper=True,
            lines_left=None,
            cover_open=False,
            offline=False,
            cutter_jammed=False,
            silent=False,
            dead=False,
            nonsense=False,
        )

    def power_cycle(self) -> None:
        """Switch off and on: what was held is lost."""
        with self._changed:
            self.model.power_cycle()
            self._changed.notify_all()

    def _set(self, **faults: bool | int | None) -> None:
        with self._changed:
            for name, value in faults.items():
                setattr(self.model, name, value)
            self.model.run()
            self._changed.notify_all()
            self._flush()

    def _take(self, data: bytes) -> None:
        with self._changed:
            self.model.receive(data)
            self._changed.notify_all()
            self._flush()

    def _flush(self) -> None:
        """Send the model's answers; called under the lock."""


class LoopbackTransport:
    """A transport whose far end is a simulated printer in the same process (``sim:``)."""

    per_job = False

    def __init__(self, printer: SimulatedPrinter) -> None:
        """Lead to ``printer``."""
        self._printer = printer
        self._open = False

    def open(self) -> None:
        """Connect; always works."""
        self._open = True

    def write(self, data: bytes, timeout_s: float) -> None:
        """Hand the bytes over."""
        if not self._open:
            raise WriteFailed(0, Offline("not open", code="closed"))
        self._printer._take(data)  # noqa: SLF001 - the two halves of one loopback

    def read(self, timeout_s: float) -> bytes:
        """Wait for answers."""
        changed = self._printer._changed  # noqa: SLF001 - the two halves of one loopback
        with changed:
            output = self._printer.model.take_output()
            if not output and timeout_s > 0:
                changed.wait(timeout_s)
                output = self._printer.model.take_output()
            return output

    def finish(self) -> None:
        """Disconnect."""
        self._open = False

    def close(self) -> None:
        """Disconnect."""
        self._open = False
