"""Wait for a register's line to be on disk, and say so."""

from __future__ import annotations

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.ui.flow import Saved
from pos.ui.homes import Home
from pos.ui.text_grid import clean
from pos.ui.texts import refusal_text


async def noted(home: Home, result: object) -> bool:
    """Wait for the disk and say so; a refusal is said as it is."""
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
        return False
    try:
        await Saved(result)  # type: ignore[arg-type]  # a future of the write worker
    except Exception as error:  # noqa: BLE001 - whatever the disk said, the person is told
        home.error(_("Not written to disk: {why}").format(why=clean(str(error))))
        return False
    home.note(_("Noted"))
    return True
