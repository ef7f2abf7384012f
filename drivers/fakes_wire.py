"""Simulated devices at the other end of a pseudo-terminal or a socket.

The real drivers open them like hardware. A link at a stable path leads to the current
pseudo-terminal, as ``/dev/serial/by-id`` does, and can be unplugged and plugged in again.
"""

from __future__ import annotations

import contextlib
import os
import select
import socket
import struct
import tempfile
import threading
import time
import tty
from pathlib import Path
from typing import Self

from drivers.escpos.simulated import PrinterModel
from drivers.simulated_printer import SimulatedPrinter


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


class PtyFarEnd:
    """A device at the far end of a pseudo-terminal, worked by a thread of its own (`_serve`)."""

    def __init__(self, link: Path | str | None, name: str) -> None:
        """Plug in at ``link``; the real driver opens :attr:`path`."""
        self._link = PtyLink(link, name)
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._serve, name=f"simulated-{name}", daemon=True)

    @property
    def path(self) -> str:
        """What to open."""
        return self._link.path

    def unplug(self) -> None:
        """Pull the cable."""
        with self._lock:
            self._link.unplug()

    def replug(self) -> None:
        """Plug it in again, at the same path."""
        with self._lock:
            self._link.plug()

    def close(self) -> None:
        """Go away."""
        self._stopping.set()
        self._thread.join(5)
        self._link.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _serve(self) -> None:
        raise NotImplementedError


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
        return [] if self.stalled else [fd for fd in ready if fd != self._wake_read]

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
                linger = struct.pack("ii", 1, 0)
                self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            self._connection.close()
            self._connection = None

    def _flush(self) -> None:
        output = self.model.take_output()
        if output and self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.sendall(output)
