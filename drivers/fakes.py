"""Simulated devices that ship with the product.

Two kinds. ``FakeScanner`` and ``FakePrinter`` implement the ports in-process. ``PtyScanner``,
``PtyPrinter`` and ``TcpPrinter`` stand at the other end of a pseudo-terminal or a socket, so that
the real drivers open them like hardware; a link at a stable path leads to the current
pseudo-terminal, as ``/dev/serial/by-id`` does, and can be unplugged and plugged in again.
``python -m drivers.fakes`` runs one from the command line (see :mod:`drivers.fakes_cli`).
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import sys
import tempfile
import threading
import time
import tty
from collections.abc import Callable
from pathlib import Path
from typing import Final, Self

from drivers.document import Document, without_drawer
from drivers.errors import Closed, NoHardware, NotClaimed, Offline, hint_for
from drivers.escpos import commands
from drivers.escpos.compiler import compile_counted
from drivers.escpos.decoder import Receipt
from drivers.escpos.profile import PrinterProfile
from drivers.escpos.simulated import PrinterModel
from drivers.escpos.status import PrinterStatus
from drivers.events import (
    ConnectionState,
    DrawerOutcome,
    PrintOutcome,
    ScanEvent,
    ScannerEvent,
    ScannerStatus,
)
from drivers.ports import DrawerReport, PrintReport, ScannerCallback, Unsubscribe
from drivers.scanner.framing import Framing
from drivers.transports import WriteFailed

SUFFIXES: Final[dict[Framing, tuple[bytes, bytes]]] = {
    Framing.CR: (b"", b"\r"),
    Framing.LF: (b"", b"\n"),
    Framing.CRLF: (b"", b"\r\n"),
    Framing.TAB: (b"", b"\t"),
    Framing.STX_ETX: (b"\x02", b"\x03"),
    Framing.NONE: (b"", b""),
}
"""What a scanner puts before and after a code."""


class PtyLink:
    """A pseudo-terminal behind a link at a stable path."""

    def __init__(self, link: Path | str | None = None, name: str = "device") -> None:
        """Plug in; without ``link`` one is made in a temporary directory."""
        self._directory: tempfile.TemporaryDirectory[str] | None = None
        if link is None:
            self._directory = tempfile.TemporaryDirectory(prefix="guitai-")
            link = Path(self._directory.name) / name
        self.path = str(link)
        self.master = -1
        self._slave = -1
        self.plug()

    def plug(self) -> None:
        """Make a new pseudo-terminal and let the link lead to it."""
        if self.master >= 0:
            return
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        fresh = f"{self.path}.{os.getpid()}.new"
        with contextlib.suppress(FileNotFoundError):
            Path(fresh).unlink()
        Path(fresh).symlink_to(os.ttyname(self._slave))
        Path(fresh).replace(self.path)

    def unplug(self) -> None:
        """Hang up, as a pulled cable does, and take the link away."""
        if self.master < 0:
            return
        with contextlib.suppress(FileNotFoundError):
            Path(self.path).unlink()
        os.close(self._slave)
        os.close(self.master)
        self.master = self._slave = -1

    def close(self) -> None:
        """Unplug for good."""
        self.unplug()
        if self._directory is not None:
            self._directory.cleanup()
            self._directory = None


class PtyScanner:
    """The far end of a serial scanner."""

    def __init__(self, link: Path | str | None = None, *, framing: Framing = Framing.CR) -> None:
        """Plug in at ``link``; the real driver opens :attr:`path`."""
        self._link = PtyLink(link, "scanner")
        self.framing = framing

    @property
    def path(self) -> str:
        """What to open."""
        return self._link.path

    @property
    def url(self) -> str:
        """What to give to ``pos run --scanner``."""
        return f"serial:{self.path}?framing={self.framing.value}"

    def scan(self, code: str | bytes, symbology_id: str = "") -> None:
        """Send one code as the scanner would: AIM identifier, code, terminator."""
        body = code.encode("ascii") if isinstance(code, str) else code
        prefix, suffix = SUFFIXES[self.framing]
        self.send(prefix + symbology_id.encode("ascii") + body + suffix)

    def send(self, data: bytes) -> None:
        """Send raw bytes; unplugged, they are lost."""
        view = memoryview(data)
        while view and self._link.master >= 0:
            try:
                view = view[os.write(self._link.master, view) :]
            except BlockingIOError:
                select.select([], [self._link.master], [], 1.0)

    def unplug(self) -> None:
        """Pull the cable."""
        self._link.unplug()

    def replug(self) -> None:
        """Plug it in again, at the same path."""
        self._link.plug()

    def close(self) -> None:
        """Go away."""
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


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


class _ServedPrinter(SimulatedPrinter):
    """A simulated printer with a thread that reads its descriptor."""

    def __init__(self, columns: int, model: PrinterModel | None) -> None:
        super().__init__(columns, model)
        self.bytes_per_second = 0
        """Slower than this it does not read; 0 for at once."""
        self.stalled = False
        """Do not read at all: the sender's flow control stops it."""
        self.unplug_after: int | None = None
        """Pull the cable after so many more bytes."""
        self._wake_read, self._wake_write = os.pipe()
        self._stopping = False
        self._thread = threading.Thread(target=self._serve, name="simulated-printer", daemon=True)

    def _wake(self) -> None:
        with contextlib.suppress(OSError):
            os.write(self._wake_write, b".")

    def _serve(self) -> None:
        raise NotImplementedError

    def _stop(self) -> None:
        self._stopping = True
        self._wake()
        self._thread.join(5)
        os.close(self._wake_read)
        os.close(self._wake_write)

    def _wait(self, *fds: int) -> list[int]:
        """Wait for input on ``fds`` or for a wake-up; gives the descriptors that are readable."""
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        for fd in fds:
            if fd >= 0 and not self.stalled:
                poll.register(fd, select.POLLIN)
        ready = [fd for fd, _ in poll.poll(200)]
        if self._wake_read in ready:
            os.read(self._wake_read, 64)
        return [fd for fd in ready if fd != self._wake_read]

    def _pace(self, length: int) -> None:
        if self.bytes_per_second:
            time.sleep(length / self.bytes_per_second)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Go away."""
        self._stop()


class PtyPrinter(_ServedPrinter):
    """The far end of a serial printer."""

    def __init__(
        self,
        link: Path | str | None = None,
        *,
        columns: int = 48,
        model: PrinterModel | None = None,
    ) -> None:
        """Plug in at ``link``; the real driver opens :attr:`path`."""
        super().__init__(columns, model)
        self._link = PtyLink(link, "printer")
        self._thread.start()

    @property
    def path(self) -> str:
        """What to open."""
        return self._link.path

    @property
    def url(self) -> str:
        """What to give to ``pos run --printer``."""
        return f"serial:{self.path}"

    def unplug(self) -> None:
        """Pull the cable."""
        with self._changed:
            self._link.unplug()
        self._wake()

    def replug(self) -> None:
        """Plug it in again, at the same path."""
        with self._changed:
            self._link.plug()
        self._wake()

    def close(self) -> None:
        """Go away."""
        self._stop()
        self._link.close()

    def _serve(self) -> None:
        while not self._stopping:
            if not self._wait(self._link.master):
                continue
            with self._changed:
                data = self._read()
            if data:
                self._pace(len(data))
                self._take(data)
            else:
                # Nobody has the other end open: readable and empty until somebody does.
                time.sleep(0.01)

    def _read(self) -> bytes:
        if self._link.master < 0:
            return b""
        most = 256 if self.bytes_per_second else 4096
        if self.unplug_after is not None:
            most = min(most, max(1, self.unplug_after))
        try:
            data = os.read(self._link.master, most)
        except OSError:
            return b""
        if self.unplug_after is not None:
            self.unplug_after -= len(data)
            if self.unplug_after <= 0:
                self.unplug_after = None
                self._link.unplug()
        return data

    def _flush(self) -> None:
        output = self.model.take_output()
        if output and self._link.master >= 0:
            with contextlib.suppress(OSError):
                os.write(self._link.master, output)


class TcpPrinter(_ServedPrinter):
    """A network printer on the loopback interface; it serves one connection at a time."""

    def __init__(
        self, port: int = 0, *, columns: int = 48, model: PrinterModel | None = None
    ) -> None:
        """Listen; port 0 takes a free one."""
        super().__init__(columns, model)
        self._listener = socket.create_server(("127.0.0.1", port))
        self._connection: socket.socket | None = None
        self.connections = 0
        """How many there have been."""
        self._thread.start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._listener.getsockname()[1])

    @property
    def url(self) -> str:
        """What to give to ``pos run --printer``."""
        return f"tcp:127.0.0.1:{self.port}"

    def unplug(self) -> None:
        """Break the connection."""
        with self._changed:
            self._hang_up(reset=True)
        self._wake()

    def replug(self) -> None:
        """The next connection works again: nothing to do."""

    def close(self) -> None:
        """Go away."""
        self._stop()
        with self._changed:
            self._hang_up()
        self._listener.close()

    def _serve(self) -> None:
        while not self._stopping:
            connection = self._connection
            if connection is None:
                if self._wait(self._listener.fileno()):
                    with self._changed:
                        self._connection, _ = self._listener.accept()
                        self.connections += 1
                continue
            if not self._wait(connection.fileno()):
                continue
            try:
                data = connection.recv(256 if self.bytes_per_second else 4096)
            except OSError:
                data = b""
            if not data:
                with self._changed:
                    self._hang_up()
                continue
            self._pace(len(data))
            self._take(self._until_unplugged(data))

    def _until_unplugged(self, data: bytes) -> bytes:
        if self.unplug_after is None:
            return data
        kept = data[: self.unplug_after]
        self.unplug_after -= len(kept)
        if self.unplug_after <= 0:
            self.unplug_after = None
            with self._changed:
                self._hang_up(reset=True)
        return kept

    def _hang_up(self, *, reset: bool = False) -> None:
        if self._connection is not None:
            if reset:
                linger = (1).to_bytes(4, sys.byteorder) + (0).to_bytes(4, sys.byteorder)
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._connection.close()
            self._connection = None

    def _flush(self) -> None:
        output = self.model.take_output()
        if output and self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.sendall(output)


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


class FakePrinter(SimulatedPrinter):
    """A POSPrinter in-process, without waiting: for tests of what stands above the drivers."""

    def __init__(self, profile: PrinterProfile | None = None, name: str = "printer") -> None:
        """Print on a simulated printer of ``profile``."""
        self.profile = profile or PrinterProfile("fake-80", columns=48, dots=576)
        super().__init__(self.profile.columns)
        self.name = name
        self.jobs: list[str] = []
        """Identifiers of the jobs that were sent, in order."""
        self._held: dict[str, int] = {}
        self._unplugged = False
        self._fences = 0
        self._answered = 0

    def unplug(self) -> None:
        """Pull the cable."""
        self._unplugged = True

    def replug(self) -> None:
        """Plug it in again."""
        self._unplugged = False

    def print_document(
        self,
        document: Document,
        job_id: str,
        on_sending: Callable[[], None] | None = None,
    ) -> PrintReport:
        """Print at once; the outcome follows from the simulated printer's state."""
        trouble = self._trouble()
        if trouble:
            return PrintReport(PrintOutcome.NOT_SENT, trouble, hint_for(trouble))
        compiled = compile_counted(without_drawer(document), self.profile)
        if on_sending is not None:
            on_sending()
        self.jobs.append(job_id)
        self._fences += 1
        self._take(compiled.data + commands.TRANSMIT_PAPER)
        if self._answered >= self._fences:
            return PrintReport(PrintOutcome.PRINTED, substitutions=compiled.substitutions)
        self._held[job_id] = self._fences
        trouble = self.status().trouble or "not_confirmed"
        return PrintReport(PrintOutcome.HELD, trouble, hint_for(trouble))

    def confirm(self, job_id: str) -> PrintReport:
        """PRINTED once the held job has come out."""
        fence = self._held.get(job_id)
        if fence is not None and self._answered >= fence:
            del self._held[job_id]
            return PrintReport(PrintOutcome.PRINTED)
        return PrintReport(PrintOutcome.HELD, "not_confirmed", hint_for("not_confirmed"))

    def forget(self, job_id: str) -> None:
        """Stop waiting for a held job."""
        self._held.pop(job_id, None)

    def status(self) -> PrinterStatus:
        """The simulated printer's state; empty when it is unplugged or does not answer."""
        model = self.model
        if self._unplugged or model.silent or model.dead or model.nonsense:
            return PrinterStatus()
        return PrinterStatus(
            online=model.ready,
            cover_open=model.cover_open,
            paper_end=not model.paper,
            paper_near_end=model.paper_low,
            drawer_pin_high=model.drawer_open,
        )

    def open_drawer(self) -> DrawerReport:
        """Kick the simulated drawer, or refuse."""
        trouble = self._trouble()
        if trouble:
            return DrawerReport(DrawerOutcome.REFUSED, trouble, hint_for(trouble))
        self._take(commands.drawer_pulse(self.profile.drawer_pin, self.profile.drawer_pulse_ms))
        return DrawerReport(DrawerOutcome.KICKED)

    def drawer_opened(self) -> bool | None:
        """Whether the simulated drawer stands open."""
        return self.status().drawer_pin_high

    def close(self) -> None:
        """Nothing to let go of."""

    def _trouble(self) -> str:
        return "no_hardware" if self._unplugged else self.status().trouble

    def _flush(self) -> None:
        self._answered += len(self.model.take_output())


class FakeScanner:
    """A Scanner in-process."""

    def __init__(
        self,
        source: str = "scanner",
        *,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        """Plugged in, not yet open."""
        self.source = source
        self._clock_ns = clock_ns
        self._callbacks: list[ScannerCallback] = []
        self._opened = self._claimed = self._enabled = False
        self._plugged = True

    def open(self) -> None:
        """Prepare."""
        self._opened = True

    def claim(self) -> None:
        """Take it."""
        if not self._opened:
            raise Closed(self.source)
        self._claimed = True

    def enable(self) -> None:
        """Start delivering; says CONNECTED or DISCONNECTED at once."""
        if not self._claimed:
            raise NotClaimed(self.source)
        if self._enabled:
            return
        self._enabled = True
        self._announce()

    def disable(self) -> None:
        """Stop delivering."""
        self._enabled = False

    def release(self) -> None:
        """Give it up."""
        self.disable()
        self._claimed = False

    def close(self) -> None:
        """Release and forget the subscribers."""
        self.release()
        self._opened = False
        self._callbacks.clear()

    def subscribe(self, callback: ScannerCallback) -> Unsubscribe:
        """Call ``callback`` for each event, in the caller's thread."""
        self._callbacks.append(callback)

        def unsubscribe() -> None:
            if callback in self._callbacks:
                self._callbacks.remove(callback)

        return unsubscribe

    def scan(self, code: str | bytes, symbology_id: str = "") -> None:
        """Deliver one code; unplugged or disabled, it is lost."""
        if self._enabled and self._plugged:
            body = code.encode("ascii") if isinstance(code, str) else code
            self._emit(ScanEvent(body, self.source, self._clock_ns(), symbology_id or None))

    def unplug(self) -> None:
        """Pull the cable."""
        if self._plugged:
            self._plugged = False
            self._announce()

    def replug(self) -> None:
        """Plug it in again."""
        if not self._plugged:
            self._plugged = True
            self._announce()

    def _announce(self) -> None:
        if self._enabled:
            state = ConnectionState.CONNECTED if self._plugged else ConnectionState.DISCONNECTED
            detail = "" if self._plugged else NoHardware.default_code
            self._emit(ScannerStatus(self.source, state, detail))

    def _emit(self, event: ScannerEvent) -> None:
        for callback in list(self._callbacks):
            callback(event)


if __name__ == "__main__":
    from drivers.fakes_cli import main

    raise SystemExit(main(sys.argv[1:]))
