"""Devices and what waits to be printed: since when, why, and for which printer."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.print_routing import printer_of, store_printers
from pos.services.printing import PrintJob
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.text_grid import clean
from pos.ui.texts import labelled
from pos.ui.widgets.status_header import device_sign

STATE_WORDS = {
    "WAITING": N_("waiting"),
    "SENDING": N_("being sent"),
    "ASK": N_("not asked for"),
    "HELD": N_("in the printer: paper or cover?"),
    "NOT_SENT": N_("not sent"),
    "UNKNOWN": N_("perhaps printed"),
}
DEVICE_WORDS = {
    "absent": N_("none"),
    "connected": N_("ready"),
    "disconnected": N_("unplugged"),
    "ok": N_("ready"),
    "ready": N_("ready"),
    "near_end": N_("paper is nearly out"),
    "paper_end": N_("no paper"),
    "cover_open": N_("cover is open"),
    "cutter_error": N_("cutter is jammed"),
    "printer_error": N_("error: switch it off and on"),
    "offline": N_("does not answer"),
    "closed": N_("closed"),
    "open": N_("open"),
    "unknown": N_("not known"),
}
REASON_WORDS = {
    "paper_end": N_("no paper"),
    "cover_open": N_("cover is open"),
    "cutter_error": N_("cutter is jammed"),
    "printer_error": N_("printer error"),
    "offline": N_("printer is paused"),
    "no_answer": N_("printer does not answer"),
    "timeout": N_("printer does not answer"),
    "no_hardware": N_("printer is unplugged"),
    "refused": N_("printer refuses: busy with another till?"),
    "unreachable": N_("printer cannot be reached"),
    "claimed": N_("another program has the printer"),
    "permission": N_("no permission for the printer"),
    "no_font": N_("no Chinese font on this machine"),
    "illegal": N_("this printer cannot print it"),
    "connection_lost": N_("connection broke: look at the paper"),
    "partial": N_("broke off: look at the paper"),
    "interrupted": N_("till stopped meanwhile: look at the paper"),
    "not_confirmed": N_("printer did not confirm it"),
}
"""Why a slip waits, by the code of its last outcome."""

_MINUTE_MS = 60_000
_HOUR_MS = 60 * _MINUTE_MS


def device_lines(till: Till) -> list[str]:
    """State of each device as a sentence with its sign."""
    status = till.status
    lines = []
    for name, state in (
        (_("Scanner"), status.scanner),
        (_("Printer"), status.printer),
        (_("Drawer"), status.drawer),
        *(
            (name, state)
            for name, state in (
                (_("Scale"), status.scale),
                (_("Customer display"), status.display),
            )
            if state != "absent"
        ),
    ):
        sign, _colour = device_sign(state)
        lines.append(f"{sign} " + labelled(name, _(DEVICE_WORDS.get(state, state))))
    return lines


def why(job: PrintJob) -> str:
    """Why a slip waits: what is the matter with its printer, else where the slip stands."""
    if job.state in ("HELD", "NOT_SENT", "UNKNOWN") and job.detail in REASON_WORDS:
        return _(REASON_WORDS[job.detail])
    return _(STATE_WORDS.get(job.state, job.state))


def waited(job: PrintJob, now_utc_ms: int) -> str:
    """How long a slip has waited, in the largest unit that is not nothing."""
    ms = max(0, now_utc_ms - job.created_utc_ms)
    if ms < _MINUTE_MS:
        return _("{count} s").format(count=ms // 1000)
    if ms < _HOUR_MS:
        return _("{count} min").format(count=ms // _MINUTE_MS)
    if ms < 24 * _HOUR_MS:
        return _("{count} h").format(count=ms // _HOUR_MS)
    return _("{count} d").format(count=ms // (24 * _HOUR_MS))


class PrintQueueScreen(ChooseScreen[PrintJob], inherit_bindings=False):
    """Answers with a job to deal with, or None."""

    CSS_PATH = "print_queue.tcss"
    width_wanted: ClassVar[int] = 76

    def __init__(self, till: Till, jobs: Sequence[PrintJob]) -> None:
        now = till.clock.utc_ms()
        several = len(store_printers(till)) > 1
        choices = [
            Choice(
                number,
                " ".join((waited(job, now), clean(job.title or job.job_kind))),
                job,
                detail=("! " if job.asks else "")
                + why(job)
                + (f" · {clean(printer_of(till, job))}" if several else ""),
            )
            for number, job in enumerate(jobs, start=1)
        ]
        lines = device_lines(till)
        if not jobs:
            lines.append(_("Everything is printed."))
        super().__init__(_("Devices and print queue"), choices, lines=lines)
