"""The facts of the header, read from the till: no file, no device, no waiting."""

from __future__ import annotations

from pos.services.context import Till
from pos.ui.text_grid import clean
from pos.ui.texts import named
from pos.ui.widgets.status_header import HeaderState


def header_state(till: Till) -> HeaderState:
    """What the header shows now."""
    status = till.status
    settings = till.settings
    station = settings.workstation
    store = named(settings.store.name, settings.store.name_en)
    local = till.local_iso()
    clock = local[11:16]
    remind = settings.day.remind_close_at
    return HeaderState(
        business_day=till.business_day,
        operator=clean(till.operator.name) if till.operator is not None else "",
        place=f"{store} {clean(station.label or station.workstation_id)}",
        online=status.online,
        alone=till.training or (not settings.sync.head_office_url and not status.enrolled),
        unsent=status.unsent,
        oldest_unsent_s=status.oldest_unsent_ms // 1000,
        scanner=status.scanner,
        printer=status.printer,
        drawer=status.drawer,
        scale=status.scale,
        display=status.display,
        undecided=status.undecided,
        print_jobs_waiting=status.print_jobs_waiting,
        training=till.training,
        reminder=bool(
            remind and till.business_day and (clock >= remind or local[:10] > till.business_day)
        ),
        clock=clock,
        clock_off=bool(status.clock),
        backup_failed=status.backup == "failed",
    )
