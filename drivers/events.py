"""What devices say: frozen events, delivered by callback in the order in which they happened.

Each is one of UnifiedPOS's four kinds: data, a change of status, an error, output complete.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from drivers.escpos.status import PrinterStatus


class ConnectionState(StrEnum):
    """Whether a device is there."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"


class RejectReason(StrEnum):
    """Why bytes from a scanner did not become a scan."""

    TRUNCATED = "truncated"
    """The frame's end did not come in time, or the device vanished in the middle of it."""
    OVERSIZED = "oversized"
    NOISE = "noise"
    """Control or non-ASCII bytes that no barcode framing produces."""
    REREAD = "reread"
    """The same code again within the configured re-read window."""
    RESENT = "resent"
    """A packet sent again because our acknowledgement was lost; it was delivered the first time."""


class PrintOutcome(StrEnum):
    """What became of a print job (P5)."""

    PRINTED = "printed"
    HELD = "held"
    """In the printer's buffer, which is waiting for paper or a closed cover; never send again."""
    NOT_SENT = "not_sent"
    """No byte of it reached the printer; sending again is safe."""
    UNKNOWN = "unknown"
    """Sent, without confirmation; a person has to look at the paper."""


class DrawerOutcome(StrEnum):
    """What became of a request to open the drawer."""

    KICKED = "kicked"
    REFUSED = "refused"
    """Nothing was sent and nothing will happen later."""
    UNKNOWN = "unknown"
    """The pulse was sent; the printer did not confirm that it ran."""


class DataEvent:
    """UnifiedPOS DataEvent: the device has read something."""

    __slots__ = ()


class StatusUpdateEvent:
    """UnifiedPOS StatusUpdateEvent: the device came, went or changed."""

    __slots__ = ()


class ErrorEvent:
    """UnifiedPOS ErrorEvent: what the device sent cannot be used."""

    __slots__ = ()


class OutputCompleteEvent:
    """UnifiedPOS OutputCompleteEvent: what was sent to the device reached an outcome."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class ScanEvent(DataEvent):
    """One complete code."""

    data: bytes
    """The code without framing and AIM prefix; ASCII, may hold GS 0x1D."""
    source: str
    """The scanner's configured name, for routing."""
    at_monotonic_ns: int
    """When the frame was complete, on the monotonic clock."""
    symbology_id: str | None = None
    """AIM identifier such as ``]E0`` when the scanner sent one."""


@dataclass(frozen=True, slots=True)
class ScannerStatus(StatusUpdateEvent):
    """A scanner came or went."""

    source: str
    state: ConnectionState
    detail: str = ""
    """Why it is gone, as a :mod:`drivers.errors` code."""


@dataclass(frozen=True, slots=True)
class ScanRejected(ErrorEvent):
    """Bytes that did not become a scan; they are not delivered, only counted."""

    source: str
    reason: RejectReason
    raw_length: int
    at_monotonic_ns: int = 0


@dataclass(frozen=True, slots=True)
class PrinterStatusEvent(StatusUpdateEvent):
    """A printer's state changed."""

    source: str
    status: PrinterStatus
    detail: str = ""


@dataclass(frozen=True, slots=True)
class OutputComplete(OutputCompleteEvent):
    """A print job reached an outcome; HELD and UNKNOWN may be followed by another event."""

    job_id: str
    outcome: PrintOutcome
    detail: str = ""


@dataclass(frozen=True, slots=True)
class DrawerEvent(OutputCompleteEvent):
    """The drawer was asked to open, for the audit trail."""

    source: str
    outcome: DrawerOutcome
    at_monotonic_ns: int
    detail: str = ""


class WeightState(StrEnum):
    """What a scale says of what lies on it (C1); only STABLE may be sold."""

    STABLE = "stable"
    UNSTABLE = "unstable"
    ZERO = "zero"
    UNDER_ZERO = "under_zero"
    OVERLOAD = "overload"
    FAULT = "fault"
    SILENT = "silent"
    """It is connected and does not answer."""


@dataclass(frozen=True, slots=True)
class WeightEvent(DataEvent):
    """What a scale said while it was asked to weigh."""

    source: str
    state: WeightState
    weight_mg: int
    """Milligrams, positive; 0 unless STABLE or UNSTABLE."""
    at_monotonic_ns: int


@dataclass(frozen=True, slots=True)
class ScaleStatus(StatusUpdateEvent):
    """A scale came or went."""

    source: str
    state: ConnectionState
    detail: str = ""
    """Why it is gone, as a :mod:`drivers.errors` code."""


@dataclass(frozen=True, slots=True)
class LineDisplayStatus(StatusUpdateEvent):
    """A customer display came or went, as far as writing to it can tell."""

    source: str
    state: ConnectionState
    detail: str = ""


ScaleEvent = WeightEvent | ScaleStatus
ScannerEvent = ScanEvent | ScannerStatus | ScanRejected
DeviceEvent = (
    ScannerEvent
    | ScaleEvent
    | PrinterStatusEvent
    | OutputComplete
    | DrawerEvent
    | LineDisplayStatus
)
