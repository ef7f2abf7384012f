"""What stands between counting and the check: the note, unknown codes, what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from pos.domain.cart import Refusal
from pos.i18n import N_, ngettext
from pos.i18n import gettext as _
from pos.services.goods import receiving_posting
from pos.services.goods.receiving import Gap, Receiving
from pos.ui.flow import Ask, Saved
from pos.ui.screens.choose import Choice, ChooseScreen, yes_no
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_facts import FactsScreen, text_field
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.screens.goods_receive import ReceiveScreen

GAPS = {
    "nothing": N_("Nothing has been counted yet"),
    "unknown_codes": N_("Code {name} is still unknown: say what it is (Enter, unknown codes)"),
    "quantity": N_("Line {line}: how many {name}?"),
    "dates": N_("Line {line}: batch, date or temperature of {name} is missing"),
    "unopened": N_("Line {line}: the box of {name} is unopened; open it or reject the goods"),
    "serials": N_("Line {line}: one serial number for each {name}"),
    "note": N_("The number of the delivery note is missing"),
    "deliverer": N_("The deliverer's name is missing"),
    "seal": N_("The note lacks the sender's seal: until it has one, the receipt stays a draft"),
}
"""What is missing → a sentence with what to do."""


async def next_step(screen: ReceiveScreen) -> None:
    """Enter with nothing typed: what comes after counting."""
    one = screen.receiving
    if one.working.noting:
        await _note_typed(screen)
        return
    unknown = len(one.working.unknown) + len(one.working.nameless)
    choices = [Choice(1, _("All is counted: check and sign"), "done")]
    if not one.blind and any(line.expected_milli for line in one.lines):
        choices.append(Choice(2, _("The rest came as ordered"), "rest"))
    choices.append(Choice(3, _("Delivery note: number, deliverer, seal"), "note"))
    if unknown:
        words = ngettext("{count} unknown code", "{count} unknown codes", unknown)
        choices.append(Choice(4, words.format(count=unknown), "unknown"))
    choices.append(Choice(5, _("Go on counting"), "stay"))
    choices.append(Choice(6, _("Leave, the draft stays"), "leave"))
    choices.append(Choice(7, _("Give this receipt up"), "give_up"))
    action = await Ask(ChooseScreen(_("Receive goods"), choices))
    if action == "done":
        await _counted(screen)
    elif action == "rest":
        taken = one.accept_rest()
        screen.load()
        if isinstance(taken, Refusal):
            screen.error(refusal_text(taken))
        else:
            words = ngettext(
                "{count} line taken as ordered; what must be seen is still open",
                "{count} lines taken as ordered; what must be seen is still open",
                taken,
            )
            screen.note(words.format(count=taken))
    elif action == "note":
        await header(screen)
    elif action == "unknown":
        await _unknown(screen)
    elif action == "leave":
        screen.finish("left")
    elif action == "give_up":
        await _give_up(screen)


async def _note_typed(screen: ReceiveScreen) -> None:
    action = await Ask(
        ChooseScreen(
            _("Delivery note"),
            [
                Choice(1, _("The note is typed: count the goods now"), "count"),
                Choice(2, _("Go on typing the note"), "stay"),
                Choice(3, _("Leave, the draft stays"), "leave"),
                Choice(4, _("Give this receipt up"), "give_up"),
            ],
        )
    )
    if action == "count":
        screen.receiving.note_typed()
        screen.load()
    elif action == "leave":
        screen.finish("left")
    elif action == "give_up":
        await _give_up(screen)


async def _give_up(screen: ReceiveScreen) -> None:
    sure = await Ask(
        yes_no(
            _("Give this receipt up"),
            [_("Everything counted on it is forgotten.")],
            yes=_("Give it up"),
            no=_("Back"),
            marked=1,
        )
    )
    if sure:
        await Saved(screen.receiving.give_up("given_up"))
        screen.finish("given_up")


async def header(screen: ReceiveScreen) -> bool:
    """Number of the note, the deliverer's name, the receiver's, the seal (RCV-07)."""
    one = screen.receiving
    document = one.document
    values = await Ask(
        FactsScreen(
            _("Delivery note"),
            [
                text_field("note", _("Number of the note"), document.reference_no),
                text_field("deliverer", _("Deliverer's name"), document.deliverer_name),
                text_field("receiver", _("Receiver's name"), document.receiver_name),
            ],
            [clean(document.counterparty_name)],
        )
    )
    if values is None:
        return False
    sealed = await Ask(
        ChooseScreen(
            _("Delivery note"),
            [
                Choice(1, _("The sender's seal is on it"), value=True),
                Choice(2, _("There is no seal on it"), value=False),
            ],
            lines=[
                _("This sender's notes must bear a seal.")
                if one.needs_seal
                else _("This sender delivers without a seal, too.")
            ],
            marked=0 if document.sealed or one.needs_seal else 1,
        )
    )
    if sealed is None:
        return False
    one.set_header(
        msgspec.structs.replace(
            document,
            reference_no=str(values["note"]),
            deliverer_name=str(values["deliverer"]),
            receiver_name=str(values["receiver"]),
            sealed=sealed,
        )
    )
    return True


async def _unknown(screen: ReceiveScreen) -> None:
    """Say of each unknown code which goods it is, that they go back, or that it was none."""
    one = screen.receiving
    while one.working.unknown or one.working.nameless:
        choices = [
            Choice(index, clean(scan.code), index - 1, quantity_text(scan.quantity_milli))
            for index, scan in enumerate(one.working.unknown, start=1)
        ]
        for index, scan in enumerate(one.working.nameless):
            words = _("{code}: goes back, on the claim").format(
                code=clean(f"{scan.code} {scan.note}".rstrip())
            )
            amount = quantity_text(scan.quantity_milli)
            choices.append(Choice(len(choices) + 1, words, -1 - index, amount))
        chosen = await Ask(ChooseScreen(_("Unknown codes"), choices))
        if chosen is None:
            break
        if chosen < 0:
            # Said too early: it is asked about again.
            one.ask_again(-1 - chosen)
        else:
            await _say_what_it_is(screen, chosen)
    screen.load()


async def _say_what_it_is(screen: ReceiveScreen, index: int) -> None:
    from pos.domain.item import Item
    from pos.services import catalogue
    from pos.services.goods import scanning
    from pos.ui.screens.item_search import ItemSearchScreen

    one = screen.receiving
    scan = one.working.unknown[index]
    action = await Ask(
        ChooseScreen(
            clean(scan.code),
            [
                Choice(1, _("It is goods of the list: find them"), "find"),
                Choice(2, _("New goods: report the code; they go back for now"), "report"),
                Choice(3, _("Not ours: they go back"), "back"),
                Choice(4, _("It was no code of goods"), "drop"),
            ],
            lines=[_("{quantity} counted").format(quantity=quantity_text(scan.quantity_milli))],
        )
    )
    if action == "find":
        found = await Ask(ItemSearchScreen(screen.till, "", sells=False))
        if isinstance(found, Item):
            one.drop_unknown(index)
            screen.count(scanning.of_item(screen.till, found), scan.quantity_milli)
    elif action == "drop":
        one.drop_unknown(index)
    elif action is not None:
        note = await Ask(
            EntryScreen(
                _("What is it?"),
                str.strip,
                label=_("A few words for the claim; Enter alone: none"),
                lines=[clean(scan.code)],
                letters=True,
                empty="",
            )
        )
        if note is None:
            return
        one.send_back_unknown(index, note)
        if action == "report":
            catalogue.report_unknown(screen.till, scan.code, _("Came with a delivery"))


async def _counted(screen: ReceiveScreen) -> None:
    """Counting is done when nothing of it is missing; the screen answers with it."""
    one = screen.receiving
    for gap in one.gaps():
        screen.load(gap.line_no or None)
        screen.error(gap_text(gap))
        return
    while any(gap.code in ("note", "deliverer") for gap in receiving_posting.missing(one)):
        if not await header(screen):
            screen.error(_("The delivery note is missing: its number and who brought it"))
            return
    as_counted = await _note_as_counted(one)
    if as_counted is None:
        return
    one.finish_counting(note_as_counted=as_counted)
    screen.finish("done")


async def _note_as_counted(one: Receiving) -> bool | None:
    """Whether the paper promises no more than was counted; None when nobody answered.

    A blind count is asked whatever it found, so that the question tells nothing; what is on its way
    with head office's own paper needs no question.
    """
    if one.blind:
        if receiving_posting.on_the_way(one.document):
            return False
        if not one.document.reference:
            return True
        return await Ask(
            ChooseScreen(
                _("Delivery note"),
                [
                    Choice(1, _("It promises what was counted, or less"), value=True),
                    Choice(
                        2, _("It promises more of some goods: claim what is short"), value=False
                    ),
                ],
                lines=[_("Compare the note with your count.")],
                marked=0,
            )
        )
    less = [
        line
        for line in one.lines
        if line.expected_milli and line.received_milli < line.expected_milli
    ]
    if not less or all(line.delivered_milli for line in less):
        return True
    return await Ask(
        ChooseScreen(
            _("Less than expected"),
            [
                Choice(1, _("The note says so too: the rest comes later"), value=True),
                Choice(2, _("The note says more: it is short, and claimed"), value=False),
            ],
            lines=[
                ngettext(
                    "{count} line has less than expected.",
                    "{count} lines have less than expected.",
                    len(less),
                ).format(count=len(less))
            ],
            marked=1 if receiving_posting.on_the_way(one.document) else 0,
        )
    )


def gap_text(gap: Gap) -> str:
    """What is missing, in a sentence."""
    return _(GAPS[gap.code]).format(line=gap.line_no, name=clean(gap.name))
