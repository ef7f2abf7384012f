"""The second signature at another till: a half-signed receipt goes through a shared folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services.goods import draft_files
from pos.services.goods.receiving import Receiving
from pos.ui.flow import Ask, Saved
from pos.ui.homes import Home
from pos.ui.screens.choose import Choice, ChooseScreen, yes_no
from pos.ui.text_grid import clean
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp


async def hand_over(app: TillApp, home: Home, one: Receiving) -> bool:
    """Write the draft into the shared folder; it is no longer here. Whether it left."""
    folder = draft_files.folder_of(app.till)
    if folder is None:
        home.error(_("No folder is set that the tills share ([receiving] exchange_folder)"))
        return False
    sure = await Ask(
        yes_no(
            _("Somebody at another till signs second"),
            [
                _("The receipt leaves this till and waits in the shared folder."),
                _("There: Receive goods, a receipt from another till."),
            ],
            yes=_("Hand it over"),
            no=_("Back"),
        )
    )
    if not sure:
        return False
    path = folder / draft_files.name_of(app.till, one.draft)
    result = draft_files.write_out(app.till, one.draft, path)
    if isinstance(result, Refusal):
        home.error(refusal_text(result), str(result.values.get("why", "")))
        return False
    await Saved(result)
    home.note(_("Handed over: it waits in the shared folder"))
    return True


async def take_over(app: TillApp, home: Home) -> None:
    """Take a half-signed receipt from the shared folder and go on with it here."""
    folder = draft_files.folder_of(app.till)
    if folder is None:
        home.error(_("No folder is set that the tills share ([receiving] exchange_folder)"))
        return
    choices = []
    for index, path in enumerate(draft_files.waiting(folder), start=1):
        found = draft_files.read(app.till, path)
        words = refusal_text(found) if isinstance(found, Refusal) else ""
        if not isinstance(found, Refusal):
            document = found.document
            words = clean(f"{document.counterparty_name} · {document.reference_no}")
        choices.append(Choice(index, words or path.name, path))
    chosen = await Ask(ChooseScreen(_("A receipt from another till, to sign second"), choices))
    if chosen is None:
        return
    result = draft_files.take_in(app.till, chosen)
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
        return
    draft = await Saved(result)
    from pos.ui.flows.goods_receive import work

    await work(app, home, Receiving(app.till, draft))
