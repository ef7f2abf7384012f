"""Ways to a printer: serial line, TCP port 9100, device file. All with timeouts (P3).

A transport moves bytes and knows nothing of ESC/POS. ``write`` says through
:class:`WriteFailed` how many bytes may have reached the device, because sending a job again is
safe only when that number is zero.
"""

from __future__ import annotations

import contextlib
import errno
import os
import select
import socket
import stat
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Protocol, runtime_checkable
from urllib.parse import parse_qsl

from drivers.errors import Busy, DeviceError, Failure, Illegal, NoHardware, Offline, Timeout
from drivers.serial_port import SerialPort, SerialSettings

CONNECT_TIMEOUT_S: Final = 3.0
IO_TIMEOUT_S: Final = 5.0
LINGER_S: Final = 0.5
PORT: Final = 9100


class WriteFailed(Exception):
    """Not everything could be written."""

    def __init__(self, sent: int, cause: DeviceError) -> None:
        """``sent`` bytes may have reached the device; ``cause`` says why not more did."""
        self.sent = sent
        self.cause = cause
        super().__init__(f"{sent} bytes sent, then {cause}")


@runtime_checkable
class Transport(Protocol):
    """Moves bytes to a device and back. Not thread-safe: the driver holds a lock."""

    per_job: bool
    """Whether the connection is made anew for each job."""

    def open(self) -> None:
        """Connect. Raises a DeviceError."""

    def write(self, data: bytes, timeout_s: float) -> None:
        """Write everything; ``timeout_s`` bounds a pause without progress. Raises WriteFailed."""

    def read(self, timeout_s: float) -> bytes:
        """Wait for bytes; empty when none came in time. Raises a DeviceError when it is gone."""

    def finish(self) -> None:
        """Let everything written go out, then close; never raises."""

    def close(self) -> None:
        """Close at once and drop what has not left yet; never raises."""


TransportFactory = Callable[[], Transport]


def _write_fd(fd: int, data: bytes, timeout_s: float) -> None:
    """Write to a non-blocking descriptor."""
    view = memoryview(data)
    sent = 0
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    while sent < len(view):
        try:
            sent += os.write(fd, view[sent:])
            continue
        except BlockingIOError:
            pass
        except OSError as error:
            raise WriteFailed(sent, _gone(error)) from error
        if not poll.poll(timeout_s * 1000):
            raise WriteFailed(sent, Timeout(f"no progress for {timeout_s} s"))


def _gone(error: OSError) -> DeviceError:
    if error.errno in (errno.ENODEV, errno.ENXIO, errno.EIO, errno.EBADF):
        return NoHardware(str(error))
    return Offline(str(error), code="connection_lost")


class SerialTransport:
    """A printer on a serial line; kept open, so that a late answer is heard."""

    per_job = False

    def __init__(self, settings: SerialSettings) -> None:
        """Keep the settings; nothing is opened yet."""
        self.settings = settings
        self._port: SerialPort | None = None

    def open(self) -> None:
        """Open the line exclusively."""
        if self._port is None:
            self._port = SerialPort(self.settings)

    def write(self, data: bytes, timeout_s: float) -> None:
        """Write; after a failure, ``close`` takes back what is stuck in the line's queue."""
        port = self._open_port()
        if not port.present():
            raise WriteFailed(0, NoHardware(self.settings.path))
        try:
            _write_fd(port.fd, data, timeout_s)
        except WriteFailed as failure:
            raise WriteFailed(max(0, failure.sent - port.unsent()), failure.cause) from failure

    def read(self, timeout_s: float) -> bytes:
        """Wait for bytes."""
        port = self._open_port()
        return port.read() if port.readable(timeout_s) else b""

    def finish(self) -> None:
        """Wait until the line's queue is empty, at most the I/O timeout, then close."""
        deadline = time.monotonic() + IO_TIMEOUT_S
        while self._port is not None and self._port.unsent():
            if time.monotonic() >= deadline:
                self.close()
                return
            time.sleep(0.01)
        if self._port is not None:
            self._port.close()
            self._port = None

    def close(self) -> None:
        """Close the line; what is still queued for it is dropped."""
        if self._port is not None:
            self._port.discard_output()
            self._port.close()
            self._port = None

    def _open_port(self) -> SerialPort:
        if self._port is None:
            raise Offline("not open", code="closed")
        return self._port


class TcpTransport:
    """A network printer; one connection per job, because an idle one goes stale unnoticed."""

    per_job = True

    def __init__(self, host: str, port: int = PORT) -> None:
        """Keep the address; nothing is connected yet."""
        self.host = host
        self.port = port
        self.connect_timeout_s = CONNECT_TIMEOUT_S
        self._socket: socket.socket | None = None

    def open(self) -> None:
        """Connect within 3 s, or what :attr:`connect_timeout_s` says."""
        if self._socket is not None:
            return
        where = f"{self.host}:{self.port}"
        try:
            made = socket.create_connection((self.host, self.port), self.connect_timeout_s)
        except TimeoutError as error:
            raise Timeout(where, code="unreachable") from error
        except ConnectionRefusedError as error:
            raise Busy(where, code="refused") from error
        except OSError as error:
            raise NoHardware(f"{where}: {error}", code="unreachable") from error
        made.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        made.setblocking(False)
        self._socket = made

    def write(self, data: bytes, timeout_s: float) -> None:
        """Write; a reset counts as sent, since bytes before it may have arrived."""
        _write_fd(self._connected().fileno(), data, timeout_s)

    def read(self, timeout_s: float) -> bytes:
        """Wait for bytes."""
        connection = self._connected()
        poll = select.poll()
        poll.register(connection, select.POLLIN)
        if not poll.poll(timeout_s * 1000):
            return b""
        try:
            data = connection.recv(4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise _gone(error) from error
        if not data:
            raise Offline(f"{self.host}:{self.port} closed", code="connection_lost")
        return data

    def finish(self) -> None:
        """Half-close, read what still comes, then close: nothing sent is cut off."""
        connection = self._socket
        if connection is not None:
            try:
                connection.shutdown(socket.SHUT_WR)
                connection.settimeout(LINGER_S)
                while connection.recv(4096):
                    pass
            except OSError:
                pass
            connection.close()
            self._socket = None

    def close(self) -> None:
        """Reset the connection, so that nothing that is still queued arrives."""
        if self._socket is not None:
            with contextlib.suppress(OSError):
                self._socket.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
                )
            self._socket.close()
            self._socket = None

    def _connected(self) -> socket.socket:
        if self._socket is None:
            raise Offline("not connected", code="closed")
        return self._socket


class FileTransport:
    """A printer behind a device file such as ``/dev/usb/lp0``, or a plain file."""

    per_job = True

    def __init__(self, path: str) -> None:
        """Keep the path; nothing is opened yet."""
        self.path = path
        self._fd: int | None = None
        self._reads = False

    def open(self) -> None:
        """Open for reading and writing, or for writing when that is all there is."""
        if self._fd is not None:
            return
        flags = os.O_NONBLOCK | os.O_APPEND | os.O_NOCTTY | os.O_CLOEXEC
        try:
            try:
                self._fd = os.open(self.path, os.O_RDWR | flags)
                self._reads = not _is_regular(self._fd)
            except PermissionError:
                self._fd = os.open(self.path, os.O_WRONLY | flags)
                self._reads = False
        except FileNotFoundError as error:
            raise NoHardware(str(error)) from error
        except PermissionError as error:
            raise Failure(str(error), code="permission") from error
        except OSError as error:
            if error.errno in (errno.EBUSY, errno.EAGAIN):
                raise Busy(str(error)) from error
            raise NoHardware(str(error)) from error

    def write(self, data: bytes, timeout_s: float) -> None:
        """Write everything."""
        _write_fd(self._open_fd(), data, timeout_s)

    def read(self, timeout_s: float) -> bytes:
        """Wait for bytes; a file that only takes never has any."""
        fd = self._open_fd()
        poll = select.poll()
        if not self._reads:
            return b""
        poll.register(fd, select.POLLIN)
        if not poll.poll(timeout_s * 1000):
            return b""
        try:
            data = os.read(fd, 4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise _gone(error) from error
        if not data:
            # usblp answers an empty read when the printer has nothing to say.
            time.sleep(min(timeout_s, 0.02))
        return data

    def finish(self) -> None:
        """Close; the kernel keeps what it took."""
        self.close()

    def close(self) -> None:
        """Close the file."""
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def _open_fd(self) -> int:
        if self._fd is None:
            raise Offline("not open", code="closed")
        return self._fd


def _is_regular(fd: int) -> bool:
    return stat.S_ISREG(os.fstat(fd).st_mode)


@dataclass(frozen=True, slots=True)
class DeviceUrl:
    """A device as written on the command line: ``scheme:rest?key=value``."""

    scheme: str
    rest: str
    options: dict[str, str]


def parse_url(url: str) -> DeviceUrl:
    """Take ``serial:PATH?baudrate=9600``, ``tcp:HOST:PORT``, ``file:PATH``, ``sim:…`` apart."""
    scheme, separator, rest = url.partition(":")
    if not separator:
        raise Illegal(f"{url!r}: expected serial:PATH, tcp:HOST:PORT, file:PATH or sim:")
    rest, _, query = rest.partition("?")
    return DeviceUrl(scheme, rest, dict(parse_qsl(query, keep_blank_values=True)))


def serial_settings(url: DeviceUrl, extra: frozenset[str] = frozenset()) -> SerialSettings:
    """Line settings of a ``serial:`` URL; ``extra`` are options that somebody else reads."""
    known = {"baudrate", "bytesize", "parity", "stopbits", "flow"}
    unknown = url.options.keys() - known - extra
    if unknown:
        expected = ", ".join(sorted(known | extra))
        raise Illegal(f"unknown option {', '.join(sorted(unknown))}; expected {expected}")
    if not url.rest:
        raise Illegal("expected serial:PATH, got no path")
    bytesize = _choice(url, "bytesize", "8", ("7", "8"))
    parity = _choice(url, "parity", "N", ("N", "E", "O"))
    stopbits = _choice(url, "stopbits", "1", ("1", "2"))
    flow = _choice(url, "flow", "none", ("none", "rtscts", "xonxoff"))
    return SerialSettings(
        path=url.rest,
        baudrate=number_option(url, "baudrate", 9600, least=300, most=4_000_000),
        bytesize=7 if bytesize == "7" else 8,
        parity="E" if parity == "E" else "O" if parity == "O" else "N",
        stopbits=2 if stopbits == "2" else 1,
        flow_control=(
            "rtscts" if flow == "rtscts" else "xonxoff" if flow == "xonxoff" else "none"
        ),
    )


def number_option(url: DeviceUrl, name: str, default: int, *, least: int, most: int) -> int:
    """A whole-number option of ``url`` within its limits."""
    text = url.options.get(name, str(default))
    if not (text.isascii() and text.isdigit() and least <= int(text) <= most):
        raise Illegal(f"{name}: expected {least} to {most}, got {text!r}")
    return int(text)


def _choice(url: DeviceUrl, name: str, default: str, choices: tuple[str, ...]) -> str:
    text = url.options.get(name, default)
    if text not in choices:
        raise Illegal(f"{name}: expected one of {', '.join(choices)}, got {text!r}")
    return text


def transport_from_url(url: str, extra: frozenset[str] = frozenset()) -> Transport:
    """Make the transport of ``serial:PATH?baudrate=…``, ``tcp:HOST[:PORT]`` or ``file:PATH``.

    ``extra`` are options that somebody else reads.

    Raises:
        Illegal: with what was expected.
    """
    parsed = parse_url(url)
    if parsed.scheme == "serial":
        return SerialTransport(serial_settings(parsed, extra))
    unknown = parsed.options.keys() - extra
    if unknown:
        raise Illegal(f"unknown option {', '.join(sorted(unknown))}")
    if parsed.scheme == "file" and parsed.rest:
        return FileTransport(parsed.rest)
    if parsed.scheme == "tcp":
        host, separator, port = parsed.rest.rpartition(":")
        if not separator:
            host, port = parsed.rest, str(PORT)
        if host and port.isascii() and port.isdigit() and 0 < int(port) < 65536:
            return TcpTransport(host.strip("[]"), int(port))
        raise Illegal(f"{url!r}: expected tcp:HOST:PORT")
    raise Illegal(f"{url!r}: expected serial:PATH, tcp:HOST:PORT or file:PATH")
