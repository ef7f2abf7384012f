"""The second signature at another till: a half-signed receipt goes by head office, or by a folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.documents import GoodsDocument
from pos.i18n import gettext as _
from pos.services.goods import draft_files, draft_offers
from pos.services.goods.draft_offers import Offer
from pos.services.goods.receiving import Receiving
from pos.ui.flow import Ask, Saved
from pos.ui.homes import Home
from pos.ui.screens.choose import Choice, ChooseScreen, yes_no
from pos.ui.text_grid import clean
from pos.ui.texts import refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp


async def hand_over(app: TillApp, home: Home, one: Receiving) -> bool:
    """Let the draft go to the shop's other tills; it is no longer here. Whether it left.

    The shared folder is the quicker road where there is one, and works without head office.
    """
    folder = draft_files.folder_of(app.till)
    if folder is None and not draft_offers.is_possible(app.till):
        home.error(_("No folder is set that the tills share ([receiving] exchange_folder)"))
        return False
    way = (
        _("The receipt leaves this till and waits in the shared folder.")
        if folder is not None
        else _("The receipt leaves this till; the others have it from head office in a minute.")
    )
    sure = await Ask(
        yes_no(
            _("Somebody at another till signs second"),
            [way, _("There: Receive goods, a receipt from another till.")],
            yes=_("Hand it over"),
            no=_("Back"),
        )
    )
    if not sure:
        return False
    result = (
        draft_files.write_out(
            app.till, one.draft, folder / draft_files.name_of(app.till, one.draft)
        )
        if folder is not None
        else draft_offers.offer(app.till, one.draft)
    )
    if isinstance(result, Refusal):
        home.error(refusal_text(result), str(result.values.get("why", "")))
        return False
    await Saved(result)
    home.note(
        _("Handed over: it waits in the shared folder")
        if folder is not None
        else _("Handed over: the other tills have it in a minute")
    )
    return True


async def take_over(app: TillApp, home: Home) -> None:
    """Take a half-signed receipt of another till and go on with it here."""
    folder = draft_files.folder_of(app.till)
    choices: list[Choice[Path | Offer]] = []
    for offer in draft_offers.waiting(app.till):
        refusal = draft_offers.problem(app.till, offer)
        words = refusal_text(refusal) if refusal is not None else _words_of(offer)
        choices.append(Choice(len(choices) + 1, words, offer))
    for path in draft_files.waiting(folder) if folder is not None else ():
        found = draft_files.read(app.till, path)
        words = refusal_text(found) if isinstance(found, Refusal) else ""
        if not isinstance(found, Refusal):
            words = _document_words(found.document)
        choices.append(Choice(len(choices) + 1, words or path.name, path))
    chosen = await Ask(ChooseScreen(_("A receipt from another till, to sign second"), choices))
    if chosen is None:
        return
    result = (
        draft_offers.take(app.till, chosen)
        if isinstance(chosen, Offer)
        else draft_files.take_in(app.till, chosen)
    )
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
        return
    draft = await Saved(result)
    from pos.ui.flows.goods_receive import work

    await work(app, home, Receiving(app.till, draft))


def _words_of(offer: Offer) -> str:
    """An offer in one line: whose goods, and which till offers it."""
    document = _document_words(offer.draft.document) if offer.draft is not None else ""
    return clean(
        _("{document} · from till {till}").format(document=document, till=offer.workstation_id)
    )


def _document_words(document: GoodsDocument) -> str:
    return clean(f"{document.counterparty_name} · {document.reference_no}")
