"""Words for a till-day's state, for pages and for the command line alike."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from pos.i18n import N_
from sync.head_office import completeness

STATES: dict[str, str] = {
    completeness.COMPLETE: N_("Complete"),
    completeness.PARTIAL: N_("Not complete"),
    completeness.UPLOADED: N_("Closed, all here"),
    completeness.NOT_TRADING: N_("Not trading"),
    completeness.WAIVED: N_("Waived by finance"),
    completeness.NOT_OPENED: N_("No day opened"),
    completeness.OPEN: N_("Day not closed yet"),
    completeness.CLOSED_NOT_UPLOADED: N_("Closed, not all here yet"),
    completeness.DIFFERENT: N_("Z and figures here differ"),
}


def moment(utc_ms: int) -> str:
    """A moment in head office's own time: 2026-11-21 21:05; empty for never."""
    if not utc_ms:
        return ""
    local = dt.datetime.fromtimestamp(utc_ms / 1000, tz=dt.UTC).astimezone()
    return local.strftime("%Y-%m-%d %H:%M")


def missing_line(till: completeness.TillDay, gettext: Callable[[str], str]) -> str:
    """One till-day that keeps a day from being complete: what is known of it, and whom to call."""
    _ = gettext
    known = [_(STATES.get(till.state, till.state))]
    if till.note:
        known.append(_(till.note))
    known.append(_("{count} transactions here").format(count=till.transactions))
    if till.unsent:
        known.append(_("{count} entries still in it").format(count=till.unsent))
    heard = moment(till.last_seen_utc_ms)
    known.append(_("last heard {time}").format(time=heard) if heard else _("never heard"))
    if till.contact:
        known.append(_("call {contact}").format(contact=till.contact))
    name = f" {till.store_name}" if till.store_name else ""
    return f"{till.store_id}/{till.workstation_id}{name}: {'; '.join(known)}"
