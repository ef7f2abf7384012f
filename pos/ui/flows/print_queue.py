"""The print queue: what is doubtful is asked about once, what waits goes out, elsewhere or away."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.ui.flow import Ask, Saved
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.reason import ReasonScreen
from pos.ui.text_grid import clean
from pos.ui.texts import labelled, refusal_text

if TYPE_CHECKING:
    from pos.services.printing import PrintJob, PrintQueued
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen


async def devices(app: TillApp, sale: SaleScreen) -> None:
    """Devices and what waits to be printed."""
    from pos.services import printing
    from pos.ui.screens.print_queue import PrintQueueScreen

    if app.till.simulation is not None and not await _shown_as_they_are(app, sale):
        return
    while True:
        job = await Ask(PrintQueueScreen(app.till, printing.queue(app.till)))
        if job is None:
            sale.refresh_sale()
            return
        if job.asks:
            await doubtful_slip(app, sale, job)
        else:
            await waiting_slip(app, sale, job)


async def doubtful_slip(app: TillApp, sale: SaleScreen, job: PrintJob) -> None:
    """Did it come out? A slip is never printed twice on its own."""
    from pos.services import print_routing, printing
    from pos.ui.screens.print_queue import why

    choices = [
        Choice(1, _("Yes, it came out"), "printed"),
        Choice(2, _("No: print it again, marked as a copy"), "again"),
    ]
    if print_routing.other_printers(app.till, job):
        choices.append(Choice(3, _("No: print it on another printer, as a copy"), "elsewhere"))
    action = await Ask(
        ChooseScreen(
            _("A slip is doubtful"),
            choices,
            lines=[
                labelled(job.title or job.job_kind, why(job)),
                _("Look at the printer: did this slip come out?"),
            ],
        )
    )
    if action == "elsewhere":
        await _elsewhere(app, sale, job)
    elif action is not None:
        result = printing.resolve_unknown(app.till, job.job_id, action == "printed")
        await Saved(app.till.write(lambda _: None))  # it is written then: the list is true
        say(sale, result, _("Noted"))


async def waiting_slip(app: TillApp, sale: SaleScreen, job: PrintJob) -> None:
    """Try again now, send it to another printer, or take it out of the list."""
    from pos.services import print_routing
    from pos.ui.screens.print_queue import waited, why

    till = app.till
    choices = [Choice(1, _("Print it now"), "print"), Choice(2, _("Do not print it"), "cancel")]
    if print_routing.other_printers(till, job):
        choices.append(Choice(3, _("Print it on another printer"), "elsewhere"))
    now = till.clock.utc_ms()
    line = _("{why}, for {time}").format(why=why(job), time=waited(job, now))
    action = await Ask(
        ChooseScreen(
            job.title or job.job_kind, choices, lines=[line, print_routing.printer_of(till, job)]
        )
    )
    if action == "print":
        await _settled(sale, print_routing.print_now(till, job.job_id), _("Sent to the printer"))
    elif action == "elsewhere":
        await _elsewhere(app, sale, job)
    elif action == "cancel":
        reason = await Ask(
            ReasonScreen(_("Do not print it: why?"), till.settings.reasons.cancel_print)
        )
        if reason is not None:
            taken = print_routing.cancel(till, job.job_id, reason)
            await _settled(sale, taken, _("Taken out of the list"))


async def _elsewhere(app: TillApp, sale: SaleScreen, job: PrintJob) -> None:
    from pos.services import print_routing

    found = print_routing.other_printers(app.till, job)
    choices = [Choice(number, one.name, one.name) for number, one in enumerate(found, start=1)]
    name = await Ask(ChooseScreen(_("Which printer?"), choices))
    if name is not None:
        result = print_routing.reroute(app.till, job.job_id, name)
        await _settled(sale, result, _("Sent to {printer}").format(printer=name))


async def _settled(sale: SaleScreen, result: PrintQueued | Refusal, done: str) -> None:
    """Wait for the disk, so that the list which is shown next is true; then tell."""
    if not isinstance(result, Refusal):
        try:
            await Saved(result.saved)
        except Exception as error:  # noqa: BLE001 - whatever the disk said, the cashier is told
            sale.error(_("Not written to disk: {why}").format(why=clean(str(error))))
            return
    say(sale, result, done)


def say(sale: SaleScreen, result: object, done: str) -> None:
    """Tell what became of it: loudly when it was refused."""
    if isinstance(result, Refusal):
        sale.error(refusal_text(result))
    elif result is not None:
        sale.note(done)


async def _shown_as_they_are(app: TillApp, sale: SaleScreen) -> bool:
    """In a demonstration: whether the devices are to be looked at, and not made to fail."""
    which = await Ask(
        ChooseScreen(
            _("Devices"),
            [
                Choice(1, _("How they are, and what waits to be printed"), "queue"),
                Choice(2, _("Simulated devices: make them fail"), "simulation"),
            ],
        )
    )
    if which == "simulation":
        from pos.ui.flows.simulation import panel

        await panel(app, sale)
    return which == "queue"
