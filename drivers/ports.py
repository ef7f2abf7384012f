"""What the shop may ask of devices: Protocols in UnifiedPOS words.

Life of a device that delivers events: ``open`` → ``claim`` → ``enable`` → … → ``release`` →
``close`` (:class:`Device`, which says why others have a shorter one). Every step is idempotent.
Trouble with a device is a value (an outcome, a status) where a cashier has to act on it, and a
:class:`drivers.errors.DeviceError` where the caller asked for something impossible.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from drivers.document import Document
    from drivers.escpos.status import PrinterStatus
    from drivers.events import DrawerOutcome, PrintOutcome, ScaleEvent, ScannerEvent


class Feedback(StrEnum):
    """What the till made of a code, for the scanner's own lamp and sound."""

    GOOD = "good"
    NOT_ON_FILE = "not_on_file"
    BUSY = "busy"
    """Not taken now: scan again in a moment."""


ScannerCallback = Callable[["ScannerEvent"], None]
ScaleCallback = Callable[["ScaleEvent"], None]
Unsubscribe = Callable[[], None]


class Device(Protocol):
    """The life that scanners and scales share, on the event loop.

    Printers, displays and payment terminals have a shorter one, for reasons. A printer's line is
    opened for each job (a network printer serves one till at a time, a stale connection loses the
    job), so its claim is the driver's lock and the exclusive line, and ``close`` ends both. A
    display connects on its own thread at ``start`` and is claimed as long as it is open. A payment
    terminal is a request and its answer, and no connection at all.
    """

    source: str

    def open(self) -> None:
        """Prepare; an absent device is no error, it is reported as DISCONNECTED."""

    def claim(self) -> None:
        """Take the device for this process alone; the claim is kept over unplugging."""

    def enable(self) -> None:
        """Connect and start delivering events. Call on the running event loop."""

    def disable(self) -> None:
        """Stop delivering and disconnect; what was begun is discarded."""

    def release(self) -> None:
        """Give the device up."""

    def close(self) -> None:
        """Release and forget everything."""


@runtime_checkable
class Scanner(Device, Protocol):
    """A barcode scanner; events carry its ``source`` so that a screen can route them."""

    def subscribe(self, callback: ScannerCallback) -> Unsubscribe:
        """Call ``callback`` for each event, on the event loop; returns how to stop."""

    def feedback(self, kind: Feedback) -> None:
        """Say what became of the code just delivered; a scanner that cannot does nothing."""


@dataclass(frozen=True, slots=True)
class PrintReport:
    """What became of one job, with what to tell the operator."""

    outcome: PrintOutcome
    code: str = ""
    """A :mod:`drivers.errors` code such as ``paper_end``; empty when all is well."""
    hint: str = ""
    """English; what to do. The screen translates by ``code``."""
    substitutions: int = 0
    """Characters that this printer could not print and that came out as ``?``."""


@dataclass(frozen=True, slots=True)
class DrawerReport:
    """What became of one request to open the drawer."""

    outcome: DrawerOutcome
    code: str = ""
    hint: str = ""


@runtime_checkable
class POSPrinter(Protocol):
    """A receipt printer. Its calls block (bounded by the profile's timeouts): use a thread."""

    name: str

    def print_document(
        self,
        document: Document,
        job_id: str,
        on_sending: Callable[[], None] | None = None,
    ) -> PrintReport:
        """Print one job; never raises for device trouble, the report says it.

        ``on_sending`` is called once, before the first byte of the job can reach the paper.
        """

    def confirm(self, job_id: str) -> PrintReport:
        """Ask about a HELD job without sending it again: PRINTED when its fence has answered.

        UNKNOWN when the printer is well again and cannot say what became of it.
        """

    def forget(self, job_id: str) -> None:
        """Stop waiting for a HELD job, and drop its data where the printer can do that."""

    def status(self) -> PrinterStatus:
        """Ask the printer; every field is None when it does not answer."""

    def open_drawer(self) -> DrawerReport:
        """Kick the drawer now (at most 3 s from the call) or refuse; never later (P6)."""

    def close(self) -> None:
        """Let go of the device."""


@runtime_checkable
class CashDrawer(Protocol):
    """A cash drawer, usually behind a printer."""

    def open_drawer(self) -> DrawerReport:
        """Kick the drawer now or refuse."""

    def drawer_opened(self) -> bool | None:
        """Whether it stands open; None when it cannot be known."""


@runtime_checkable
class Scale(Device, Protocol):
    """A scale at the till; it is asked only between ``start_weighing`` and ``stop_weighing``."""

    def subscribe(self, callback: ScaleCallback) -> Unsubscribe:
        """Call ``callback`` for each event, on the event loop; returns how to stop."""

    def start_weighing(self) -> None:
        """Tell what lies on it from now on; nothing that it said before counts (C1)."""

    def stop_weighing(self) -> None:
        """Tell no more weights."""


class Lamp(StrEnum):
    """What the number on a customer display is; a numeric display lights a lamp for it."""

    NONE = "none"
    PRICE = "price"
    TOTAL = "total"
    RECEIVED = "received"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Shown:
    """What a customer display is to show; each model takes what it can of it."""

    upper: str = ""
    """First line of a display with letters: the name of the goods, or a greeting."""
    label: str = ""
    """Start of the second line, such as ``2 x 3.50``."""
    amount: str = ""
    """A decimal number; end of the second line, or all that a numeric display shows."""
    lamp: Lamp = Lamp.NONE
    plain: str = ""
    """Stands for ``upper`` where the model cannot show its characters, such as the item's code."""
    plain_label: str = ""
    """Stands for ``label`` in the same way."""
    number: str = ""
    """What a numeric display shows instead of ``amount``, such as the unit price."""


@runtime_checkable
class LineDisplay(Protocol):
    """A customer display. Its calls return at once; what it cannot take is dropped (D1)."""

    name: str

    def start(self) -> None:
        """Connect, elsewhere, and keep trying."""

    def show(self, shown: Shown) -> None:
        """Show it soon; only the latest is ever shown."""

    def clear(self) -> None:
        """Show nothing."""

    def close(self) -> None:
        """Clear and let go of the device."""


class PaymentState(StrEnum):
    """State of a payment at the terminal; ``undecided`` must be queried, never assumed."""

    PENDING = "pending"
    APPROVED = "approved"
    DECLINED = "declined"
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class PaymentResult:
    """What the payment terminal says about one reference."""

    state: PaymentState
    reference: str
    """The caller's own key; asking twice with the same one never charges twice."""
    amount_minor: int
    currency: str
    terminal_reference: str = ""
    """The acquirer's number, for reconciliation."""
    code: str = ""
    """Why, as a code: ``declined``, ``timeout``, ``cancelled``, ``not_found``, ``offline``, …"""
    detail: str = ""


@runtime_checkable
class PaymentTerminal(Protocol):
    """Takes payments by code or card. Calls block up to their timeout: use a thread.

    A call that may have reached the terminal never says DECLINED for want of an answer: that is
    UNDECIDED (or a DeviceError, which means the same). DECLINED/``offline`` is for a terminal that
    was certainly not reached.
    """

    def pay(
        self,
        amount_minor: int,
        currency: str,
        reference: str,
        code: str = "",
    ) -> PaymentResult:
        """Charge; ``code`` is the customer's payment code, a secret that is never logged."""

    def query(self, reference: str) -> PaymentResult:
        """Ask what became of ``reference``."""

    def cancel(self, reference: str) -> PaymentResult:
        """Cancel a pending or undecided payment; DECLINED/cancelled when it took."""

    def refund(
        self, reference: str, amount_minor: int, refund_reference: str = ""
    ) -> PaymentResult:
        """Give back part or all of the approved payment ``reference``.

        ``refund_reference`` is the caller's own key of this refund: asking again with the same one
        gives the first answer and pays nothing back twice.
        """
