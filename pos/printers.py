"""The printers of one till: its own, others of the store, their queues, and a watch on its own."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from drivers.escpos.capabilities import FileMemory
from drivers.events import PrinterStatusEvent
from drivers.registry import printer_from_url
from pos.config import MorePrinter
from pos.services.context import Till
from pos.services.print_jobs import JournalPrintJobs
from pos.services.print_routing import default_printer
from pos.services.printer_profiles import (
    label_profile,
    own_columns,
    printer_profile,
    printer_url,
    receipt_profile,
)

if TYPE_CHECKING:
    from drivers.escpos.printer import EscposPrinter
    from drivers.escpos.status import PrinterStatus
    from drivers.labels.printer import LabelPrinter
    from drivers.ports import POSPrinter
    from drivers.print_queue import PrintQueue

CAPABILITIES_FILE = "printers.json"
"""In the home: what was found out about each printer, never in the shipped profile."""


ASK_EVERY_S = 0.4
ANSWER_WITHIN_S = 0.5
"""An idle printer answers DLE EOT in milliseconds; with the pause this is less than a second."""


class PrinterGate:
    """Hands jobs to the print queues and the drawer's kick to the printer, at once and elsewhere."""

    def __init__(self, own: EscposPrinter | None) -> None:
        self._own = own
        self._queues: dict[str, PrintQueue] = {}
        self._printers: dict[str, POSPrinter] = {}

    def add(self, name: str, printer: POSPrinter, queue: PrintQueue) -> None:
        """A printer with its queue; the till's own has no name here."""
        self._queues[name] = queue
        self._printers[name] = printer

    @property
    def names(self) -> frozenset[str]:
        """The printers that have a queue, beside the till's own."""
        return frozenset(self._queues) - {""}

    def submit(self, job_id: str) -> None:
        """Queue a job that the store keeps, for the till's own printer."""
        self.submit_to(job_id, "")

    def submit_to(self, job_id: str, printer: str) -> None:
        """Queue a job for another printer; one that is gone leaves it to the till's own."""
        queue = self._queues.get(printer) or self._queues.get("")
        if queue is not None:
            queue.submit(job_id)

    def open_drawer(self) -> None:
        """Kick the drawer now or never (P6); what became of it arrives as a device event."""
        if self._own is not None:
            self._own.request_drawer()

    def resolve(self, job_id: str, *, printed: bool) -> None:
        """A person has said whether a doubtful job was printed."""
        queues = list(self._queues.values())
        chosen = next((one for one in queues if one.knows(job_id)), queues[0])
        chosen.resolve(job_id, printed=printed)

    def withdraw(self, job_id: str) -> bool:
        """Take a job out of its queue; False while it is being sent."""
        return all(queue.withdraw(job_id) for queue in self._queues.values())

    def retry_now(self) -> None:
        """Somebody has seen to the printer."""
        for queue in self._queues.values():
            queue.retry_now()

    def close(self) -> None:
        """Stop the queues; what waits stays in the journal's table."""
        for queue in self._queues.values():
            queue.stop(2.0)
        for printer in self._printers.values():
            printer.close()


class PrinterWatch:
    """Asks an idle printer how it is, so that the header is true within a second.

    A question and the pause after it take less than that together. A printer that is busy tells
    by its job; one that never answers stays `unknown` (P4), one that is not there is
    `disconnected`.
    """

    def __init__(
        self,
        till: Till,
        printer: EscposPrinter,
        every_s: float = ASK_EVERY_S,
        within_s: float = ANSWER_WITHIN_S,
    ) -> None:
        self._till = till
        self._printer = printer
        self._every_s = every_s
        self._within_s = within_s
        self._open_is_high = printer.profile.drawer_open_is_high
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="printer-watch", daemon=True)

    def start(self) -> None:
        """Begin to ask."""
        self._thread.start()

    def stop(self) -> None:
        """Ask no more."""
        self._stopping.set()

    def hear(self, event: object) -> None:
        """Take a printer's event: the header's words, then everybody who listens."""
        if isinstance(event, PrinterStatusEvent):
            self._note(event.status, event.detail)
        self._till.tell(event)

    def _run(self) -> None:
        while True:
            self._printer.status(self._within_s)  # what is new arrives in `hear`
            if self._stopping.wait(self._every_s):
                return

    def _note(self, status: PrinterStatus, code: str) -> None:
        words = self._till.status
        if not status.known:
            words.printer = "disconnected" if code in _GONE else "unknown"
        elif status.trouble:
            words.printer = status.trouble if status.trouble in _WORDS else "offline"
        else:
            words.printer = "near_end" if status.paper_near_end else "ok"
        level = status.drawer_pin_high
        if level is None:
            words.drawer = "unknown"
        else:
            words.drawer = "open" if level == self._open_is_high else "closed"


_GONE = ("no_hardware", "unreachable")
_WORDS = ("paper_end", "cover_open", "cutter_error", "printer_error", "offline")


def connect_printers(
    till: Till, printer_url_given: str | None = None
) -> tuple[PrinterGate | None, PrinterWatch | None]:
    """Make the printers that the option or else the settings name; nothing is opened yet.

    Raises drivers' `Illegal` for a URL that means nothing, ConfigError for a profile that is not
    there.
    """
    settings = till.settings
    url = printer_url_given if printer_url_given is not None else printer_url(settings)
    more = [one for one in settings.more_printers if one.url]
    if not url and not more:
        return None, None
    names = frozenset(one.name for one in more)
    own, watch = _own_printer(till, url) if url else (None, None)
    gate = PrinterGate(own)
    if own is not None:
        _queue(till, gate, "", own, own.profile.columns, names)
    for one in more:
        printer = store_device(till, one)
        columns = getattr(printer.profile, "columns", own_columns(settings))
        _queue(till, gate, one.name, printer, columns, names)
    till.printer = gate
    return gate, watch


def _queue(
    till: Till,
    gate: PrinterGate,
    name: str,
    printer: POSPrinter,
    columns: int,
    names: frozenset[str],
) -> None:
    from drivers.print_queue import PrintQueue

    queue = PrintQueue(
        printer, JournalPrintJobs(till, columns, _takes(till, name, names)), on_event=till.tell
    )
    gate.add(name, printer, queue)
    queue.start()


def _takes(till: Till, name: str, names: frozenset[str]) -> Callable[[str, str], bool]:
    def takes(job_kind: str, sent_to: str) -> bool:
        wanted = sent_to or default_printer(till, job_kind)
        return (wanted if wanted in names else "") == name

    return takes


def _own_printer(till: Till, url: str) -> tuple[EscposPrinter, PrinterWatch]:
    profile = printer_profile(till.settings)
    heard: list[PrinterWatch] = []
    printer = printer_from_url(
        url,
        profile,
        on_event=lambda event: heard[0].hear(event) if heard else None,
        memory=_memory(till, url, profile.name),
    )
    watch = PrinterWatch(till, printer)
    heard.append(watch)
    till.status.printer = "unknown"
    if printer.profile.status != "none":
        watch.start()
    return printer, watch


def own_device(till: Till) -> EscposPrinter:
    """The till's own printer without a queue, for a command that prints and waits."""
    profile, url = printer_profile(till.settings), printer_url(till.settings)
    return printer_from_url(url, profile, memory=_memory(till, url, profile.name))


def store_device(till: Till, printer: MorePrinter) -> EscposPrinter | LabelPrinter:
    """A printer of the store beside the till's own, without a queue; nothing is opened yet."""
    if printer.role == "label":
        from drivers.labels.opening import label_printer_from_url

        return label_printer_from_url(
            printer.url, label_profile(printer.profile), name=printer.name, on_event=till.tell
        )
    profile = receipt_profile(printer.profile)
    return printer_from_url(
        printer.url,
        profile,
        name=printer.name,
        on_event=till.tell,
        memory=_memory(till, printer.url, profile.name),
    )


def _memory(till: Till, url: str, profile_name: str) -> FileMemory:
    return FileMemory(till.home / CAPABILITIES_FILE, f"{url} {profile_name}")
