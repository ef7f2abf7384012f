"""Devices by URL: what ``--scanner`` and ``--printer`` and the configuration name.

===========================================  ==================================================
``serial:PATH?profile=zebra-ssi``            scanner of a model; without one ``generic``. Over
                                             the profile: ``framing``, ``gap_ms``, ``reread_ms``,
                                             ``max_length``, ``eight_bit``, ``identifier``, and
                                             the line settings ``baudrate``, ``bytesize``,
                                             ``parity``, ``stopbits``, ``flow``
``evdev:PATH?layout=us``                     scanner that acts as a keyboard, taken below it; also
                                             ``profile`` and what goes over it
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
from drivers.scanner.options import ProfileNamed, line_settings, only_generic, profile_over
from drivers.transports import Transport, parse_url, transport_from_url

if TYPE_CHECKING:
    from drivers.escpos.capabilities import CapabilityMemory
    from drivers.escpos.printer import EscposPrinter, PrinterEvent
    from drivers.escpos.profile import PrinterProfile
    from drivers.events import LineDisplayStatus
    from drivers.fakes import FakeScanner
    from drivers.line_display.profile import LineDisplayProfile
    from drivers.line_display.serial_display import SerialLineDisplay
    from drivers.line_display.simulated import FakeLineDisplay
    from drivers.ports import Scale
    from drivers.scale.profile import ScaleProfile
    from drivers.scanner.line_scanner import LineScanner

_PRINTER_OPTIONS: Final = frozenset({"status"})


def scanner_from_url(
    url: str,
    source: str = "scanner",
    profile_named: ProfileNamed = only_generic,
) -> LineScanner | FakeScanner:
    """Make a scanner; nothing is opened yet. ``profile_named`` gives the models known by name.

    Raises:
        Illegal: with what was expected.
    """
    parsed = parse_url(url)
    if parsed.scheme == "sim":
        from drivers.fakes import FakeScanner  # a till with real devices never loads it

        return FakeScanner(source)
    if parsed.scheme == "serial":
        from drivers.scanner.serial_scanner import SerialScanner

        profile = profile_over(parsed, profile_named)
        return SerialScanner(line_settings(parsed, profile), profile, source=source)
    if parsed.scheme == "evdev":
        from drivers.scanner.evdev_scanner import evdev_from_url

        return evdev_from_url(parsed, profile_over(parsed, profile_named), source)
    raise Illegal(f"{url!r}: expected serial:PATH, evdev:PATH or sim:")


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
    from drivers.escpos.printer import EscposPrinter  # a till without a printer never loads it

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


def scale_from_url(url: str, profile: ScaleProfile, source: str = "scale") -> Scale:
    """Make a scale of ``serial:PATH`` or ``sim:``; nothing is opened yet.

    Raises:
        Illegal: with what was expected.
    """
    parsed = parse_url(url)
    if parsed.scheme == "sim":
        from drivers.scale.simulated import FakeScale

        return FakeScale(source)
    if parsed.scheme != "serial" or not parsed.rest or parsed.options:
        raise Illegal(f"{url!r}: expected serial:PATH or sim:; the line is set by the profile")
    from drivers.scale.serial_scale import SerialScale

    return SerialScale(parsed.rest, profile, source=source)


def display_from_url(
    url: str,
    profile: LineDisplayProfile,
    *,
    name: str = "display",
    on_event: Callable[[LineDisplayStatus], None] | None = None,
) -> SerialLineDisplay | FakeLineDisplay:
    """Make a customer display of ``serial:PATH``, ``tcp:HOST:PORT``, ``file:PATH`` or ``sim:``.

    Raises:
        Illegal: with what was expected.
    """
    parsed = parse_url(url)
    if parsed.scheme == "sim":
        from drivers.line_display.simulated import FakeLineDisplay

        return FakeLineDisplay(profile, name)
    if parsed.scheme == "serial" and "baudrate" not in parsed.options:
        url += f"{'&' if parsed.options else '?'}baudrate={profile.baudrate}"
    transport_from_url(url)  # says what is wrong now, not before the first customer
    from drivers.line_display.serial_display import SerialLineDisplay

    return SerialLineDisplay(
        lambda: transport_from_url(url), profile, name=name, on_event=on_event
    )
