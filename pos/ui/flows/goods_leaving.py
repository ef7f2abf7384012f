"""A draft from the first scan to the posted document: list, approval, two signatures, paper."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument
from pos.i18n import gettext as _
from pos.i18n import ngettext
from pos.services.goods import documents, drafting, leaving
from pos.services.goods.documents import Posted
from pos.services.goods.drafting import StoredDraft
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.flows.approval import approved
from pos.ui.flows.goods_sign import KINDS, sign
from pos.ui.goods_names import goods_name
from pos.ui.screens.choose import Choice, yes_no
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_leaving import GIVE_UP, LEAVE, LeavingScreen, LendingScreen
from pos.ui.screens.reason import ReasonScreen
from pos.ui.text_grid import clean
from pos.ui.texts import amount_text, labelled, listed, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.services.context import Till
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

Post = Callable[["Till", StoredDraft], "Posted | Refusal"]


async def work(
    app: TillApp,
    home: Home,
    draft: StoredDraft,
    *,
    post: Post = leaving.post,
) -> GoodsDocument | None:
    """Fill, sign twice and post a draft; None when it stays a draft or was given up."""
    said = ""
    while True:
        lent = draft.document.document_kind is DocumentKind.LOAN_OUT
        screen = (LendingScreen if lent else LeavingScreen)(app.till, draft, said=said)
        said = ""
        answer = await Ask(screen)
        draft = screen.draft
        if answer == LEAVE:
            _left(app, home, draft)
            return None
        if answer == GIVE_UP:
            if await _given_up(app, home, draft):
                return None
            continue
        ready = await _ready(app, draft)
        if not isinstance(ready, StoredDraft):
            said = ready
            continue
        draft = ready
        draft = await signed_by_two(app, draft)
        if documents.next_slot(draft.document):
            if not draft.document.signatures:
                continue
            home.note(_("Signed by one person: the second signature is missing"), "!")
            home.refresh_sale()
            return None
        done = await finish(home, post(app.till, draft))
        if isinstance(done, GoodsDocument):
            return done
        said = done


async def signed_by_two(app: TillApp, draft: StoredDraft) -> StoredDraft:
    """The draft with the signatures that were given; some may be missing still."""
    while documents.next_slot(draft.document):
        signed = await sign(app, draft, lines=summary(app.till, draft.document))
        if signed is None:
            break
        draft = signed
    return draft


async def finish(home: Home, result: Posted | Refusal) -> GoodsDocument | str:
    """Wait for the disk and say the document's number; the sentence where it was refused."""
    if isinstance(result, Refusal):
        return refusal_text(result)
    try:
        document = await Saved(result.saved)
    except Exception as error:  # noqa: BLE001 - whatever the disk said, the person is told
        return _("Not written to disk: {why}").format(why=clean(str(error)))
    home.refresh_sale()
    home.note(
        _("{kind} {number} is posted").format(
            kind=_(KINDS[document.document_kind]), number=document.document_no
        )
    )
    return document


def summary(till: Till, document: GoodsDocument) -> list[str]:
    """What is signed for: who, why, what it is worth, what the books do not have."""
    lines = []
    if document.counterparty_name:
        lines.append(clean(document.counterparty_name))
    fields = document.fields
    if "retail_minor" in fields:
        text = _("At retail {amount}").format(amount=amount_text(int(fields["retail_minor"])))
        if "cost_minor" in fields:
            cost = amount_text(int(fields["cost_minor"]))
            text += "  " + _("at cost {amount}").format(amount=cost)
        lines.append(text)
    lines += [
        f"{quantity_text(leaving.pieces_milli(line))} × {goods_name(till, line)}"
        for line in document.lines[:4]
    ]
    if len(document.lines) > 4:
        lines.append(_("… and {count} more").format(count=len(document.lines) - 4))
    if document.approver_id:
        lines.append(_("! more than the books have"))
    return lines


def draft_choices(app: TillApp, first_number: int, *kinds: DocumentKind) -> list[Choice[object]]:
    """Drafts to go on with, as numbered choices; those that wait for a signature say so."""
    choices: list[Choice[object]] = []
    for number, draft in enumerate(drafting.drafts(app.till, *kinds), start=first_number):
        document = draft.document
        count = len(document.lines)
        words = [_("Go on:"), _(KINDS[document.document_kind]), clean(document.counterparty_name)]
        half = draft.state == drafting.HALF_SIGNED
        detail = (
            _("needs 2nd signature")
            if half
            else ngettext("{count} line", "{count} lines", count).format(count=count)
        )
        choices.append(Choice(number, " ".join(w for w in words if w), draft, detail=detail))
    return choices


async def ask_reason(app: TillApp, kind: DocumentKind) -> str | None:
    """The document's reason by its number; single lines may differ."""
    return await Ask(
        ReasonScreen(
            _("{what}: why?").format(what=_(KINDS[kind])), leaving.reasons_of(app.till, kind)
        )
    )


async def ask_text(
    title: str, label: str, lines: Sequence[str] = (), *, optional: bool = True
) -> str | None:
    """A line of text; empty answers "" where it is optional."""
    return await Ask(
        EntryScreen(
            title,
            parsing.words,
            label=label,
            lines=lines,
            letters=True,
            empty="" if optional else None,
        )
    )


async def _ready(app: TillApp, draft: StoredDraft) -> StoredDraft | str:
    told = listed(
        f"{goods_name(app.till, one)} {quantity_text(one.wanted_milli)} > "
        f"{quantity_text(one.on_hand_milli)}"
        for one in leaving.beyond(app.till, draft.document)[:3]
    )
    result: StoredDraft | Refusal | None = await approved(
        app, lambda grant: leaving.ready(app.till, draft, grant), told
    )
    if result is None:
        return _("Not signed: more leaves than the books have")
    if isinstance(result, Refusal):
        item = clean(str(result.values.get("item", "")))
        return labelled(item, refusal_text(result)) if item else refusal_text(result)
    return result


def _left(app: TillApp, home: Home, draft: StoredDraft) -> None:
    """A draft stays on disk; one that nothing was scanned onto is forgotten."""
    if not draft.document.lines:
        drafting.cancel(app.till, draft)
        home.refresh_sale()
        return
    home.refresh_sale()
    home.note(_("Kept as a draft"))


async def _given_up(app: TillApp, home: Home, draft: StoredDraft) -> bool:
    count = len(draft.document.lines)
    sure = await Ask(
        yes_no(
            _("Give the whole document up"),
            [
                ngettext(
                    "{count} line is forgotten.", "{count} lines are forgotten.", count
                ).format(count=count)
            ],
            yes=_("Give it up"),
            no=_("Back"),
            marked=1,
        )
    )
    if not sure:
        return False
    drafting.cancel(app.till, draft, "given_up")
    home.refresh_sale()
    home.note(_("Given up"))
    return True
