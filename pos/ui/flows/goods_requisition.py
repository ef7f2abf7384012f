"""Asking for goods by scan or search: supplier, day, lines, then one key to ask (SUP-03)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.orders import Supplier
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services.goods import drafting, requisition_drafts
from pos.services.goods.drafting import StoredDraft
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_requisition import LEAVE, RequisitionScreen
from pos.ui.text_grid import clean
from pos.ui.texts import labelled, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

_NOBODY = Supplier(supplier_id="", name="")


async def requisition(app: TillApp, home: Home) -> str:
    """A new one or a draft; gives what was done, or nothing."""
    till = app.till
    if not requisition_drafts.may_ask(till):
        home.error(_("You have no right to do this"))
        return ""
    open_drafts = {one.draft_uuid: one for one in requisition_drafts.drafts(till)}
    chosen: str | None = ""
    if open_drafts:
        choices = [
            Choice(n, f"{_('Go on:')} {_whom(one)}", uuid, _lines(len(one.document.lines)))
            for n, (uuid, one) in enumerate(open_drafts.items(), start=1)
        ]
        choices.append(Choice(len(choices) + 1, _("A new one"), ""))
        chosen = await Ask(ChooseScreen(_("Ask for goods"), choices))
        if chosen is None:
            return ""
    draft = open_drafts[chosen] if chosen else await _begin(app)
    if draft is None:
        return ""
    if isinstance(draft, Refusal):
        home.error(refusal_text(draft))
        return ""
    return await _fill(app, draft)


async def _fill(app: TillApp, draft: StoredDraft) -> str:
    till, said = app.till, ""
    while True:
        screen = RequisitionScreen(till, draft, said=said)
        said = ""
        answer = await Ask(screen)
        draft = screen.draft
        if answer == LEAVE:
            if draft.document.lines:
                return _("Kept as a draft")
            drafting.cancel(till, draft)
            return ""
        action = await _decide(draft)
        if action == "ask":
            if not draft.document.due_day:
                draft, said = await _wanted(app, draft)
                if said or not draft.document.due_day:
                    continue
            posted = requisition_drafts.ask(till, draft)
            if isinstance(posted, Refusal):
                said = refusal_text(posted)
                continue
            document = await Saved(posted.saved)
            return _("Requisition {number} made").format(number=document.document_no)
        if action == "supplier":
            supplier = await _supplier(app)
            if supplier is not None:
                draft = requisition_drafts.set_supplier(till, draft, _known(supplier))
        elif action == "day":
            draft, said = await _wanted(app, draft)
        elif action == "off":
            drafting.cancel(till, draft, "given_up")
            return _("Given up")


async def _decide(draft: StoredDraft) -> str | None:
    document = draft.document
    count = len(document.lines)
    ask = ngettext("Ask for {count} line", "Ask for {count} lines", count).format(count=count)
    lines = [
        labelled(_("Supplier"), _whom(draft)),
        labelled(_("Wanted by"), document.due_day or _("not said yet")),
    ]
    choices = [
        Choice(1, ask, "ask"),
        Choice(2, _("Another supplier"), "supplier"),
        Choice(3, _("Another day"), "day"),
        Choice(4, _("Give the whole document up"), "off"),
    ]
    return await Ask(ChooseScreen(_("Ask for goods"), choices, lines=lines))


async def _begin(app: TillApp) -> StoredDraft | Refusal | None:
    supplier = await _supplier(app)
    if supplier is None:
        return None
    day = await _day()
    if day is None:
        return None
    return requisition_drafts.begin(app.till, _known(supplier), day)


async def _supplier(app: TillApp) -> Supplier | None:
    """Whom to ask; `_NOBODY` leaves it to head office, None gives up."""
    known = requisition_drafts.suppliers(app.till)
    choices = [
        Choice(n, clean(one.name), one, clean(one.supplier_id))
        for n, one in enumerate(known, start=1)
    ]
    choices.append(Choice(len(choices) + 1, _("Head office says whom"), _NOBODY))
    return await Ask(ChooseScreen(_("Whom are the goods asked of?"), choices))


async def _day() -> str | None:
    return await Ask(
        EntryScreen(
            _("By when are the goods wanted?"), parsing.day, label=_("Day, such as 20261121")
        )
    )


async def _wanted(app: TillApp, draft: StoredDraft) -> tuple[StoredDraft, str]:
    """Ask for the day; the draft and why it was refused."""
    day = await _day()
    if day is None:
        return draft, ""
    changed = requisition_drafts.set_wanted_day(app.till, draft, day)
    if isinstance(changed, Refusal):
        return draft, refusal_text(changed)
    return changed, ""


def _known(supplier: Supplier) -> Supplier | None:
    return supplier if supplier.supplier_id else None


def _whom(draft: StoredDraft) -> str:
    return clean(draft.document.counterparty_name) or _("Head office says whom")


def _lines(count: int) -> str:
    return ngettext("{count} line", "{count} lines", count).format(count=count)
