"""Simulated label printers at the other end of a pseudo-terminal, a socket, or in this process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast

from drivers.fakes_wire import PtyPrinter, TcpPrinter
from drivers.labels.simulated import LabelModel, PrintedLabel
from drivers.simulated_printer import SimulatedPrinter

if TYPE_CHECKING:
    from drivers.escpos.simulated import PrinterModel

Language = Literal["tspl", "zpl"]


def _model(language: Language) -> PrinterModel:
    """The wires know of no language: any model that takes bytes will do."""
    return cast("PrinterModel", LabelModel(language))


def labels_of(printer: SimulatedPrinter) -> tuple[PrintedLabel, ...]:
    """The labels that have come out of a simulated label printer."""
    return cast("tuple[PrintedLabel, ...]", printer.receipts())


class SimulatedLabelPrinter(SimulatedPrinter):
    """In this process."""

    def __init__(self, language: Language = "tspl") -> None:
        """Start with labels and a closed cover."""
        super().__init__(model=_model(language))


class PtyLabelPrinter(PtyPrinter):
    """The far end of a serial label printer."""

    def __init__(self, link: Path | str | None = None, *, language: Language = "tspl") -> None:
        """Plug in at ``link``; the real driver opens :attr:`path`."""
        super().__init__(link, model=_model(language))


class TcpLabelPrinter(TcpPrinter):
    """A network label printer on the loopback interface."""

    def __init__(self, port: int = 0, *, language: Language = "tspl") -> None:
        """Listen; port 0 takes a free one."""
        super().__init__(port, model=_model(language))
