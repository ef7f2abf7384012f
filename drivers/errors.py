"""The error tree of devices, each with what to do about it (UnifiedPOS words).

::

    DeviceError
    ├── Closed        the device was not opened, or is closed
    ├── Claimed       another process has it
    ├── NotClaimed    claim it first
    ├── Disabled      enable it first
    ├── Illegal       the request makes no sense for this device
    ├── NoHardware    it is not there: no such file, unplugged
    ├── Offline       it is there and cannot work: cover, paper, switched off, connection lost
    ├── Timeout       it did not answer or did not take the data in time
    ├── Busy          it is doing something else
    └── Failure       everything else, such as missing permission

``code`` is stable and is what a screen translates; ``hint`` is its English sentence.
"""

from __future__ import annotations

from typing import ClassVar, Final

HINTS: Final[dict[str, str]] = {
    "closed": "The device is closed; open it first.",
    "claimed": "Another program uses the device; close that program.",
    "not_claimed": "The device was not claimed; this is a fault of the program.",
    "disabled": "The device is not enabled; this is a fault of the program.",
    "illegal": "The device cannot do what was asked; check its profile.",
    "no_hardware": "The device was not found; check its cable and its path in the settings.",
    "offline": "The device is offline; check that it is switched on and ready.",
    "timeout": "The device did not react in time; check its power, cable and flow control.",
    "busy": "The device is busy; try again.",
    "failure": "The device failed; switch it off and on.",
    "permission": "No permission for the device; add the user to the group that owns it.",
    "refused": "The printer refuses the connection; check its address and port.",
    "unreachable": "The printer cannot be reached; check the network and its address.",
    "connection_lost": "The connection broke while sending; look at the paper.",
    "no_answer": "The printer does not answer; check that it is switched on.",
    "not_confirmed": "The printer did not confirm the job; look at the paper.",
    "cover_open": "The printer's cover is open; close it.",
    "paper_end": "The printer is out of paper; put in a new roll.",
    "cutter_error": "The cutter is jammed; switch the printer off and free it.",
    "printer_error": "The printer reports an error; switch it off and on.",
    "held": "The printer holds the job and prints it by itself when it is ready; do not reprint.",
    "interrupted": "The program stopped while the job was being sent; look at the paper.",
    "partial": "Only a part of the job reached the printer; look at the paper.",
    "no_font": "No Chinese font was found; install one (Noto Sans CJK) or name its file.",
    "bad_picture": "The picture file cannot be read; check its path and format.",
    "operator": "Decided by the operator.",
    "drawer_late": "The drawer was not opened, because the printer was busy for too long.",
    "drawer_not_confirmed": "The drawer pulse was sent; the printer did not confirm it.",
}
"""What to do, by code."""


def hint_for(code: str) -> str:
    """English hint of ``code``; empty for a code that needs none."""
    return HINTS.get(code, "")


class DeviceError(Exception):
    """A device cannot do what was asked."""

    default_code: ClassVar[str] = "failure"

    def __init__(self, detail: str = "", *, code: str = "", hint: str = "") -> None:
        """Keep ``detail`` for the log; code and hint default to the class's own."""
        self.code = code or self.default_code
        self.hint = hint or hint_for(self.code)
        self.detail = detail
        super().__init__(f"{self.code}: {detail or self.hint}")


class Closed(DeviceError):
    """The device is closed."""

    default_code = "closed"


class Claimed(DeviceError):
    """Another process has the device."""

    default_code = "claimed"


class NotClaimed(DeviceError):
    """The device was not claimed."""

    default_code = "not_claimed"


class Disabled(DeviceError):
    """The device is not enabled."""

    default_code = "disabled"


class Illegal(DeviceError):
    """The request or a setting makes no sense for the device."""

    default_code = "illegal"


class NoHardware(DeviceError):
    """The device is not there."""

    default_code = "no_hardware"


class Offline(DeviceError):
    """The device is there and cannot work."""

    default_code = "offline"


class Timeout(DeviceError):
    """The device did not react in time."""

    default_code = "timeout"


class Busy(DeviceError):
    """The device is doing something else."""

    default_code = "busy"


class Failure(DeviceError):
    """Everything else."""

    default_code = "failure"
