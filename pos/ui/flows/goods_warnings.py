"""Stock that needs somebody, by kind; what runs out goes onto a requisition by one key (REP-04)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.planning.warnings import Kind, Warned
from pos.i18n import gettext as _
from pos.receipt.goods_plan import KIND_WORDS, warning_text
from pos.services.goods import planning, requisition_drafts, requisitions
from pos.ui.flow import Ask
from pos.ui.flows.goods_report import item_name
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.services.goods.planning import Plan
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

ASKED_FOR = frozenset({Kind.LOW, Kind.OUT})
"""Warnings that more goods help against."""


async def goods_warnings(app: TillApp, home: Home) -> None:
    """The list straight from the goods home."""
    till = app.till
    at = await app.off_loop(lambda: planning.snapshot(till))
    plan = await app.off_loop(lambda: planning.plan(till, at))
    warned = await app.off_loop(lambda: planning.warned(till, at))
    await kinds(app, home, plan, warned)
    home.refresh_sale()


async def kinds(app: TillApp, home: Home, plan: Plan, warned: list[Warned]) -> None:
    """Kinds of warnings with how many there are of each; then the goods."""
    while True:
        by_kind = {kind: [one for one in warned if one.kind is kind] for kind in Kind}
        choices = [
            Choice(number, _(KIND_WORDS[kind]), kind, str(len(found)))
            for number, (kind, found) in enumerate(
                ((kind, found) for kind, found in by_kind.items() if found), start=1
            )
        ]
        kind = await Ask(ChooseScreen(_("Stock that needs somebody"), choices))
        if kind is None:
            return
        if kind in ASKED_FOR and requisition_drafts.may_ask(app.till):
            await _running_out(app, plan, kind, by_kind[kind])
        else:
            await _others(app, home, kind, by_kind[kind])


async def _running_out(app: TillApp, plan: Plan, kind: Kind, found: list[Warned]) -> None:
    """Enter puts the marked item on the draft of its supplier; the mark goes on to the next."""
    till, marked, told = app.till, 0, ""
    while True:
        drafts = requisition_drafts.drafts(till)
        asked = {line.item_code for draft in drafts for line in draft.document.lines}
        choices = [
            Choice(
                number,
                ("✓ " if one.item_code in asked else "") + item_name(app, one.item_code),
                number - 1,
                warning_text(one, _),
            )
            for number, one in enumerate(found, start=1)
        ]
        lines = [told or _("Enter puts it on a requisition; ask for it under 10, 6")]
        index = await Ask(ChooseScreen(_(KIND_WORDS[kind]), choices, lines=lines, marked=marked))
        if index is None:
            return
        added = requisition_drafts.add_warned(till, plan, found[index])
        if isinstance(added, Refusal):
            told, marked = f"✗ {refusal_text(added)}", index
            continue
        quantity = quantity_text(added.line.quantity_milli)
        if added.new:
            whom = clean(added.draft.document.counterparty_name) or _("Head office says whom")
            told = "✓ " + _("{quantity} put on the requisition: {supplier}").format(
                quantity=quantity, supplier=whom
            )
        else:
            told = _("On a requisition already: {quantity}").format(quantity=quantity)
        marked = min(index + 1, len(found) - 1)


async def _others(app: TillApp, home: Home, kind: Kind, found: list[Warned]) -> None:
    while True:
        choices = [
            Choice(number, item_name(app, one.item_code), one, warning_text(one, _))
            for number, one in enumerate(found, start=1)
        ]
        one = await Ask(ChooseScreen(_(KIND_WORDS[kind]), choices))
        if one is None:
            return
        name = item_name(app, one.item_code)
        if kind not in requisitions.PROMOTED:
            await Ask(ReadScreen(name, [warning_text(one, _)]))
            continue
        action = await Ask(
            ChooseScreen(
                _(KIND_WORDS[kind]),
                [Choice(1, _("Suggest a promotion to head office"), "promotion")],
                lines=[name, warning_text(one, _)],
            )
        )
        if action == "promotion":
            noted = requisitions.suggest_promotion(app.till, one)
            if isinstance(noted, Refusal):
                home.error(refusal_text(noted))
            else:
                home.note(_("Noted"))
