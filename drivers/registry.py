"""Devices by URL: what ``--scanner`` and ``--printer`` and the configuration name.

===========================================  ==================================================
``serial:PATH?framing=cr&baudrate=9600``     scanner; also ``gap_ms``, ``reread_ms``,
                                             ``max_length``, ``eight_bit``, and the line settings
                                             ``bytesize``, ``parity``, ``stopbits``, ``flow``
``serial:PATH?baudrate=9600``                printer on a serial line
``tcp:HOST:PORT``                            printer on the network, port 9100 when left out
``file:PATH``                                printer behind a device file, or a plain file
``sim:``                                     a simulated device in this process
===========================================  ==================================================

Printers also take ``status=none`` for a device or cable that never answers: what was written then
counts as printed. A plain file never answers either and is treated so by itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final

from drivers.errors import Illegal
from drivers.escpos.capabilities import CapabilityMemory
from drivers.escpos.printer import EscposPrinter, PrinterEvent
from drivers.escpos.profile import PrinterProfile
from drivers.scanner.framing import Framing
from drivers.scanner.serial_scanner import SerialScanner
from drivers.transports import (
    Transport,
    number_option,
    parse_url,
    serial_settings,
    transport_from_url,
)

if TYPE_CHECKING:
    from drivers.fakes import FakeScanner

_SCANNER_OPTIONS: Final = frozenset({"framing", "gap_ms", "reread_ms", "max_length", "eight_bit"})

_PRINTER_OPTIONS: Final = frozenset({"status"})


def scanner_from_url(url: str, source: str = "scanner") -> SerialScanner | FakeScanner:
    """Make a scanner; nothing is opened yet.

    Raises:
        Illegal: with what was expected.
    """
    parsed = parse_url(url)
    if parsed.scheme == "sim":
        from drivers.fakes import FakeScanner  # a till with real devices never loads it

        return FakeScanner(source)
    if parsed.scheme != "serial":
        raise Illegal(f"{url!r}: expected serial:PATH or sim:")
    settings = serial_settings(parsed, _SCANNER_OPTIONS)
    framing = parsed.options.get("framing", "cr").lower()
    choices = [one.value for one in Framing]
    if framing not in choices:
        raise Illegal(f"framing: expected one of {', '.join(choices)}, got {framing!r}")
    if settings.flow_control == "xonxoff":
        raise Illegal("flow: xonxoff would eat bytes of a code; expected none or rtscts")
    return SerialScanner(
        settings,
        source=source,
        framing=Framing(framing),
        max_length=number_option(parsed, "max_length", 4096, least=16, most=65_536),
        gap_ms=number_option(parsed, "gap_ms", 150, least=20, most=5_000),
        reread_ms=number_option(parsed, "reread_ms", 0, least=0, most=5_000),
        eight_bit=number_option(parsed, "eight_bit", 0, least=0, most=1) == 1,
    )


def printer_from_url(
    url: str,
    profile: PrinterProfile,
    *,
    name: str = "printer",
    on_event: Callable[[PrinterEvent], None] | None = None,
    memory: CapabilityMemory | None = None,
) -> EscposPrinter:
    """Make a printer; nothing is opened yet. ``memory`` keeps what is found out about it.

    Raises:
        Illegal: with what was expected.
    """
    if parse_url(url).scheme == "sim":
        from drivers.fakes import LoopbackTransport, SimulatedPrinter

        simulated = SimulatedPrinter(profile.columns)
        return EscposPrinter(
            lambda: LoopbackTransport(simulated),
            profile,
            name=name,
            on_event=on_event,
            memory=memory,
        )
    transport_from_url(url, _PRINTER_OPTIONS)  # says what is wrong now, not at the first receipt
    parsed = parse_url(url)
    status = parsed.options.get("status", profile.status)
    if status not in ("dle_eot", "none"):
        raise Illegal(f"status: expected one of dle_eot, none, got {status!r}")
    plain_file = parsed.scheme == "file" and Path(parsed.rest).is_file()
    if profile.status != "none" and (status == "none" or plain_file):
        profile = replace(profile, status="none", fence="none", trust_write=True)

    def connect() -> Transport:
        return transport_from_url(url, _PRINTER_OPTIONS)

    return EscposPrinter(connect, profile, name=name, on_event=on_event, memory=memory)
