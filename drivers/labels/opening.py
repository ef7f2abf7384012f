"""Label printers by URL: ``serial:PATH?baudrate=9600``, ``tcp:HOST:PORT``, ``file:PATH``, ``sim:``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

from drivers.events import PrinterStatusEvent
from drivers.labels.printer import LabelPrinter
from drivers.labels.profile import LabelProfile
from drivers.transports import parse_url, transport_from_url

_OPTIONS: Final = frozenset({"status"})


def label_printer_from_url(
    url: str,
    profile: LabelProfile,
    *,
    name: str = "labels",
    on_event: Callable[[PrinterStatusEvent], None] | None = None,
) -> LabelPrinter:
    """Make a label printer; nothing is opened yet.

    Raises:
        Illegal: with what was expected.
    """
    if parse_url(url).scheme == "sim":
        from drivers.fakes import LoopbackTransport
        from drivers.labels.fakes import SimulatedLabelPrinter

        simulated = SimulatedLabelPrinter(profile.language)
        return LabelPrinter(
            lambda: LoopbackTransport(simulated), profile, name=name, on_event=on_event
        )
    transport_from_url(url, _OPTIONS)
    parsed = parse_url(url)
    plain_file = parsed.scheme == "file" and Path(parsed.rest).is_file()
    if parsed.options.get("status") == "none" or plain_file:
        profile = replace(profile, status="none")
    return LabelPrinter(
        lambda: transport_from_url(url, _OPTIONS), profile, name=name, on_event=on_event
    )
