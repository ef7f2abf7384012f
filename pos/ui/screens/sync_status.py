"""What has not reached head office: how much, since when, and why."""

from __future__ import annotations

from pos.i18n import gettext as _
from pos.services.context import Till
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import waited


class SyncStatusScreen(ReadScreen, inherit_bindings=False):
    """A page to read."""

    CSS_PATH = "sync_status.tcss"

    def __init__(self, till: Till) -> None:
        status = till.status
        lines: list[str] = []
        if not status.enrolled and not till.settings.sync.head_office_url:
            lines.append(_("This shop stands alone: there is nothing to send."))
        else:
            lines.append(_("● online") if status.online else _("○ offline"))
            lines.append(_("Entries not yet at head office: {count}").format(count=status.unsent))
            if status.unsent:
                age = waited(status.oldest_unsent_ms // 1000)
                lines.append(_("The oldest has waited {age}").format(age=age))
            if status.head_office_error:
                lines.append(_("Last answer: {text}").format(text=clean(status.head_office_error)))
            lines += ["", _("Selling goes on; unsent sales are safe on this till's disk.")]
        super().__init__(
            _("What has not reached head office"), lines, scan_policy=ScanPolicy.FORWARD
        )
