"""What a count found: shown with care, reasoned line by line, signed by two and posted (STK-09..11)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.goods.count_reasons import REASON_NUMBERS, REASON_WORDS, VarianceReason
from pos.domain.goods.counting import CountKind
from pos.domain.goods.cross_code import CrossCode
from pos.domain.goods.variance import CountLine, Finding, ItemBatch
from pos.i18n import gettext as _
from pos.services import catalogue
from pos.services.goods import count_posting, drafting, stock
from pos.services.goods.count_posting import Reasoned, Result
from pos.services.goods.count_states import CountState
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.flows.approval import approved
from pos.ui.flows.goods_sign import sign
from pos.ui.screens.choose import Choice
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import named, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

_RIGHTS = ("stock.count_open", "stock.adjust")


async def after_end(app: TillApp, home: Home, count: CountState) -> None:
    """The count is over here: in a chain head office goes on, in a lone shop whoever may see it."""
    if stock.is_enrolled(app.till) and count.kind is not CountKind.OPENING:
        home.note(_("The count goes to head office, which works out the result"))
    if _may_see(app, count):
        await show_result(app, home, count)


def _may_see(app: TillApp, count: CountState) -> bool:
    operator = app.till.operator
    if operator is None:
        return False
    wanted = ("stock.count",) if count.kind is CountKind.OPENING else _RIGHTS
    return any(operator.role.may(right) for right in wanted)


async def show_result(app: TillApp, home: Home, count: CountState) -> None:
    """The differences; in a lone shop with their reasons, up to the posted document."""
    if not _may_see(app, count):
        home.error(_("What a count found is for finance and whoever adjusts stock"))
        return
    found = count_posting.result(app.till, count)
    if found.provisional and count.kind is not CountKind.OPENING:
        rows = [_line_text(app, line) for line in found.lines]
        note = _("Provisional: head office alone works out the result from all tills (R14)")
        await Ask(ReadScreen(_("Differences so far"), [note, "", *(rows or [_("None")])]))
        return
    reasons: dict[ItemBatch, Reasoned] = {}
    while True:
        chosen = await Ask(_result_screen(app, count, found, reasons))
        if chosen is None:
            return
        if isinstance(chosen, CountLine):
            given = await _reason(_line_text(app, chosen))
            if given is not None:
                reasons[chosen.item_code, chosen.batch] = given
        elif chosen == "pairs":
            await _pairs(app, found, reasons)
        elif chosen == "rest":
            given = await _reason(_("All lines without a reason"))
            for line in found.lines if given is not None else ():
                if not count_posting.reason_of(line, reasons).reason and given is not None:
                    reasons[line.item_code, line.batch] = given
        elif chosen == "post" and await _post(app, home, count, found, reasons):
            return


def _result_screen(
    app: TillApp, count: CountState, found: Result, reasons: dict[ItemBatch, Reasoned]
) -> WideChooseScreen[object]:
    choices: list[Choice[object]] = [Choice(1, _("Sign and post"), "post")]
    if count.kind is not CountKind.OPENING:
        if found.pairs:
            words = _("Sold under another code? Pairs of surplus and shortage")
            choices.append(Choice(2, words, "pairs", str(len(found.pairs))))
        choices.append(Choice(len(choices) + 1, _("One reason for all that have none"), "rest"))
    for line in found.lines:
        given = count_posting.reason_of(line, reasons)
        word = (
            _(REASON_WORDS[VarianceReason(given.reason)]) if given.reason else _("no reason yet")
        )
        if count.kind is CountKind.OPENING:
            word = ""
        text = f"{_line_text(app, line)} {word}".rstrip()
        choices.append(Choice(len(choices) + 1, text, line))
    lines = [
        _("Counted lines {count}, different {different}").format(
            count=found.counted_lines, different=len(found.lines)
        )
    ]
    return WideChooseScreen(_("What the count found"), choices, lines=lines)


def _line_text(app: TillApp, line: CountLine) -> str:
    item = catalogue.find_item(app.till, line.item_code)
    name = named(item.name, item.name_en) if item is not None else line.item_code
    sign = "+" if line.variance_milli > 0 else "-"
    text = _("{sign}{quantity} {name} (counted {counted}, books {expected})").format(
        sign=sign,
        quantity=quantity_text(abs(line.variance_milli)),
        name=clean(f"{name} {line.batch}".rstrip()),
        counted=quantity_text(line.counted_milli),
        expected=quantity_text(line.expected_milli),
    )
    if line.finding is Finding.DIFFERS:
        text += " " + _("! the two counts differ")
    if line.moved_meanwhile_milli:
        text += " " + _("! sold while it was counted")
    return text


async def _reason(what: str) -> Reasoned | None:
    choices = [
        Choice(number, _(REASON_WORDS[reason]), reason)
        for number, reason in REASON_NUMBERS.items()
    ]
    reason = await Ask(WideChooseScreen(_("Why does it differ?"), choices, lines=[what]))
    if reason is None:
        return None
    note = await Ask(
        EntryScreen(
            _(REASON_WORDS[reason]),
            parsing.words,
            label=_("Note"),
            lines=[what],
            letters=True,
            empty="" if reason is not VarianceReason.OTHER else None,
        )
    )
    return None if note is None else Reasoned(reason.value, note)


async def _pairs(app: TillApp, found: Result, reasons: dict[ItemBatch, Reasoned]) -> None:
    """SEL-02: surplus and shortage of one quantity, with who sold the one that is over."""
    while True:
        choices: list[Choice[CrossCode]] = []
        for number, pair in enumerate(found.pairs, start=1):
            taken = (pair.surplus, "") in reasons and (pair.shortage, "") in reasons
            words = _("{quantity}: {over} was rung up for {short}").format(
                quantity=quantity_text(pair.quantity_milli),
                over=_name(app, pair.surplus),
                short=_name(app, pair.shortage),
            )
            choices.append(Choice(number, words, pair, "✓" if taken else ""))
        chosen = await Ask(WideChooseScreen(_("Sold under another code?"), choices))
        if chosen is None:
            return
        await _pair(app, chosen, reasons)


async def _pair(app: TillApp, pair: CrossCode, reasons: dict[ItemBatch, Reasoned]) -> None:
    """One pair with the slips that may be wrong; taken, it is the reason of both lines."""
    slips = count_posting.slips_of(app.till, pair.surplus)
    rows = [
        _("{number} {at} {who} × {quantity}").format(
            number=clean(slip.transaction_no),
            at=slip.at.replace("T", " ")[:16],
            who=clean(slip.operator),
            quantity=quantity_text(slip.quantity_milli),
        )
        for slip in slips
    ]
    answer = await Ask(
        ReadScreen(
            _("Sales of {name}").format(name=_name(app, pair.surplus)),
            rows or [_("None found")],
            enter=_("It was so"),
        )
    )
    if answer == "enter":
        named_slips = ", ".join(f"{s.transaction_no} {s.operator}" for s in slips[:3])
        for code, other in ((pair.surplus, pair.shortage), (pair.shortage, pair.surplus)):
            note = f"{other} {named_slips}".strip()
            reasons[code, ""] = Reasoned(VarianceReason.CROSS_CODE.value, note)


def _name(app: TillApp, item_code: str) -> str:
    item = catalogue.find_item(app.till, item_code)
    return clean(named(item.name, item.name_en)) if item is not None else clean(item_code)


async def _post(
    app: TillApp,
    home: Home,
    count: CountState,
    found: Result,
    reasons: dict[ItemBatch, Reasoned],
) -> bool:
    if not found.lines:
        return await _settle(app, home, count, found)
    draft = count_posting.draft(app.till, count, found, reasons)
    if isinstance(draft, Refusal):
        home.error(refusal_text(draft))
        await Ask(ReadScreen(_("Not posted"), [refusal_text(draft)]))
        return False
    lines = [_("Who counted does not sign as the one who checks.")]
    for _slot in (1, 2):
        signed = await sign(app, draft, lines=lines)
        if signed is None:
            return False
        draft = signed
    posted = count_posting.post(app.till, draft)
    if isinstance(posted, Refusal):
        # Both signatures go with the draft: nobody's day waits for a paper that cannot be.
        await Saved(drafting.cancel(app.till, draft, posted.code))
        home.error(refusal_text(posted))
        await Ask(ReadScreen(_("Not posted"), [refusal_text(posted)]))
        return True
    document = await Saved(posted.saved)
    home.note(_("Posted as {number}").format(number=clean(document.document_no)))
    return True


async def _settle(app: TillApp, home: Home, count: CountState, found: Result) -> bool:
    """A count that agrees with the books is noted, by somebody who did not count."""
    if found.provisional and count.kind is not CountKind.OPENING:
        home.note(_("Everything is as in the books; there is nothing to post"))
        return True
    result: Future[None] | Refusal | None = await approved(
        app, lambda grant: count_posting.settle(app.till, count, found, grant)
    )
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
        await Ask(ReadScreen(_("Not posted"), [refusal_text(result)]))
    if result is None or isinstance(result, Refusal):
        return False
    await Saved(result)
    home.note(_("Everything is as in the books; that is noted"))
    return True
