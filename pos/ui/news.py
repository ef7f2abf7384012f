"""What services tell of by themselves, as the band's words: a fault is loud, other news is not."""

from __future__ import annotations

from pos.i18n import gettext as _
from pos.services.backup_facts import BackupRound
from pos.services.context import WriteFailed
from pos.services.drawer_watch import DrawerLeftOpen, DrawerOpenedItself


def words(event: object) -> tuple[str, bool] | None:
    """The sentence, and whether it is a fault; None for what only the header shows."""
    match event:
        case WriteFailed(message=message):
            return _("Not written to disk: {why}").format(why=message), True
        case BackupRound(first=True):
            return _("The backup failed: see Functions, Backups"), False
        case DrawerLeftOpen(open_s=open_s):
            return _("The drawer has been open for {seconds} s: shut it").format(
                seconds=open_s
            ), True
        case DrawerOpenedItself():
            return _("The drawer was opened, and not by this till"), True
        case _:
            return None
