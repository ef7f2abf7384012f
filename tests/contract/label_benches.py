"""Label printers that the contract suite runs over, each with the hand that works it."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from drivers.fakes import LoopbackTransport
from drivers.labels.fakes import PtyLabelPrinter, SimulatedLabelPrinter, TcpLabelPrinter
from drivers.labels.opening import label_printer_from_url
from drivers.labels.printer import LabelPrinter
from drivers.labels.profile import LabelProfile
from tests.contract.benches import PrinterBench

PROFILES = {
    "tspl": LabelProfile("bench-tspl", status_timeout_ms=300, label_ms=700),
    "zpl": LabelProfile(
        "bench-zpl", language="zpl", font="E:SIMSUN.FNT", status_timeout_ms=300, label_ms=700
    ),
}


def loopback(language) -> Iterator[PrinterBench]:
    far = SimulatedLabelPrinter(language)
    printer = LabelPrinter(lambda: LoopbackTransport(far), PROFILES[language])
    yield PrinterBench(printer, far)
    printer.close()


def serial(language) -> Iterator[PrinterBench]:
    with PtyLabelPrinter(language=language) as far:
        printer = label_printer_from_url(far.url, PROFILES[language])
        yield PrinterBench(printer, far)
        printer.close()


def tcp(language) -> Iterator[PrinterBench]:
    with TcpLabelPrinter(language=language) as far:
        printer = label_printer_from_url(far.url, PROFILES[language])
        yield PrinterBench(printer, far)
        printer.close()


def device_file(language) -> Iterator[PrinterBench]:
    with PtyLabelPrinter(language=language) as far:
        printer = label_printer_from_url(f"file:{far.path}", PROFILES[language])
        yield PrinterBench(printer, far)
        printer.close()


LABEL_PRINTERS: dict[str, Callable[[str], AbstractContextManager[PrinterBench]]] = {
    made.__name__: contextmanager(made) for made in (loopback, serial, tcp, device_file)
}
