"""Serial ports: the only importer of pyserial, and what it does not promise.

pyserial configures the line; reading and writing is done on its descriptor, because its own write
has no way to say how much went out and its read raises three unrelated error types when a USB
device is pulled (``SerialException``, ``OSError``, ``termios.error``).
"""

from __future__ import annotations

import errno
import os
import select
import termios
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from drivers.errors import Claimed, DeviceError, Failure, Illegal, NoHardware, Timeout

Parity = Literal["N", "E", "O"]
FlowControl = Literal["none", "rtscts", "xonxoff"]

_GONE: Final = (errno.ENOENT, errno.ENODEV, errno.ENXIO, errno.EIO)


@dataclass(frozen=True, slots=True)
class SerialSettings:
    """How a line is configured. There is no DTR/DSR flow control in Linux's tty layer."""

    path: str
    """A ``/dev/serial/by-id/…`` name survives replugging; ``/dev/ttyUSB0`` may not."""
    baudrate: int = 9600
    bytesize: Literal[7, 8] = 8
    parity: Parity = "N"
    stopbits: Literal[1, 2] = 1
    flow_control: FlowControl = "none"


class SerialPort:
    """An open line, held exclusively."""

    def __init__(self, settings: SerialSettings) -> None:
        """Open and configure the line, and drop what was received before.

        Raises:
            NoHardware: there is no such device.
            Claimed: another process has it.
            Failure: no permission, or the device refuses the settings.
            Illegal: the settings make no sense.
        """
        import serial

        self.settings = settings
        try:
            self._serial = serial.Serial(
                settings.path,
                baudrate=settings.baudrate,
                bytesize=settings.bytesize,
                parity=settings.parity,
                stopbits=settings.stopbits,
                rtscts=settings.flow_control == "rtscts",
                xonxoff=settings.flow_control == "xonxoff",
                timeout=0,
                write_timeout=0,
                exclusive=True,
            )
        except ValueError as error:
            raise Illegal(str(error)) from error
        except (serial.SerialException, OSError, termios.error) as error:
            raise _open_error(settings.path, error) from error
        self.fd: int = self._serial.fileno()

    def readable(self, timeout_s: float = 0) -> bool:
        """Whether bytes, or the news that the device is gone, can be read."""
        poll = select.poll()
        poll.register(self.fd, select.POLLIN)
        return bool(poll.poll(timeout_s * 1000))

    def read(self, most: int = 65536) -> bytes:
        """Read what is there, empty when nothing is.

        Raises:
            NoHardware: the device is gone.
        """
        try:
            if not self.readable():
                return b""
            data = os.read(self.fd, most)
            if not data and self.readable():
                # Readable and yet empty, twice: the line has been hung up.
                data = os.read(self.fd, most)
                if not data:
                    raise NoHardware(f"{self.settings.path}: hung up")
        except BlockingIOError:
            return b""
        except OSError as error:
            raise NoHardware(f"{self.settings.path}: {error.strerror}") from error
        return data

    def write(self, data: bytes) -> None:
        """Write a few bytes without waiting, as a scanner or a scale is told something.

        Raises:
            NoHardware: the device is gone.
            Timeout: the line does not take them.
        """
        try:
            written = os.write(self.fd, data)
        except BlockingIOError:
            written = 0
        except OSError as error:
            raise NoHardware(f"{self.settings.path}: {error.strerror}") from error
        if written != len(data):
            raise Timeout(f"{self.settings.path}: took {written} of {len(data)} bytes")

    def present(self) -> bool:
        """Whether the path still leads to the device that is open."""
        try:
            return Path(self.settings.path).stat().st_rdev == os.fstat(self.fd).st_rdev
        except OSError:
            return False

    def unsent(self) -> int:
        """Bytes that were written and have not left this machine; 0 when it cannot be known."""
        try:
            return int(self._serial.out_waiting)
        except (OSError, termios.error):
            return 0

    def discard_output(self) -> None:
        """Drop what was written and has not left."""
        self._quietly(termios.TCOFLUSH)

    def discard_input(self) -> None:
        """Drop what was received and not read."""
        self._quietly(termios.TCIFLUSH)

    def _quietly(self, queue: int) -> None:
        try:
            termios.tcflush(self.fd, queue)
        except (OSError, termios.error):
            return

    def close(self) -> None:
        """Close; never fails, not even when the device is gone."""
        try:
            self._serial.close()
        except (OSError, termios.error):  # pragma: no cover - depends on the USB driver
            return


def _open_error(path: str, error: Exception) -> DeviceError:
    number = getattr(error, "errno", None)
    if number is None and isinstance(error, termios.error) and error.args:
        number = error.args[0]
    if number in _GONE or not Path(path).exists():
        return NoHardware(f"{path}: {error}")
    if number in (errno.EAGAIN, errno.EBUSY):
        return Claimed(f"{path}: {error}")
    if number in (errno.EACCES, errno.EPERM):
        return Failure(f"{path}: {error}", code="permission")
    if number == errno.ENOTTY:
        return Illegal(f"{path}: not a serial device")
    return Failure(f"{path}: {error}")
