"""Devices and what waits to be printed; a doubtful slip asks once whether it came out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services.context import Till
from pos.services.printing import PrintJob
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.text_grid import clean
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
    "offline": N_("does not answer"),
    "closed": N_("closed"),
    "open": N_("open"),
    "unknown": N_("not known"),
}


def device_lines(till: Till) -> list[str]:
    """State of each device as a sentence with its sign."""
    status = till.status
    lines = []
    for name, state in (
        (_("Scanner"), status.scanner),
        (_("Printer"), status.printer),
        (_("Drawer"), status.drawer),
    ):
        sign, _colour = device_sign(state)
        lines.append(f"{sign} {name}: {_(DEVICE_WORDS.get(state, state))}")
    return lines


class PrintQueueScreen(ChooseScreen[PrintJob], inherit_bindings=False):
    """Answers with a job to deal with, or None."""

    CSS_PATH = "print_queue.tcss"
    width_wanted: ClassVar[int] = 72

    def __init__(self, till: Till, jobs: Sequence[PrintJob]) -> None:
        choices = [
            Choice(
                number,
                clean(job.title or job.job_kind),
                job,
                detail=("! " if job.asks else "") + _(STATE_WORDS.get(job.state, job.state)),
            )
            for number, job in enumerate(jobs, start=1)
        ]
        lines = device_lines(till)
        if not jobs:
            lines.append(_("Everything is printed."))
        super().__init__(_("Devices and print queue"), choices, lines=lines)
