"""One line of a receipt: what its class asks, what of it is not good, another batch (RCV-05)."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.documents import GoodsLine, Rejection
from pos.domain.goods.receiving import STANDING, Difference
from pos.domain.goods.receiving_words import DIFFERENCES, POINTS, format_tenths
from pos.i18n import gettext as _
from pos.services.goods import stock_report
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.goods_names import goods_name
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.fields import Field
from pos.ui.screens.goods_facts import FactsScreen, day_field, temperature_field, text_field
from pos.ui.text_grid import clean
from pos.ui.texts import price_text, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.services.goods.receiving import Receiving
    from pos.ui.app import TillApp
    from pos.ui.screens.goods_receive import ReceiveScreen


async def ask_facts(app: TillApp, screen: ReceiveScreen, number: int) -> None:
    """Batch, dates and temperature of a line: exactly what its class wants and nobody told."""
    receiving = screen.receiving
    while True:
        line = receiving.line(number)
        if line is None:
            return
        asks = receiving.asks_of(line, receiving.rule_of(line))
        if not asks:
            return
        if not await _fields(app, screen, line, asks):
            return


async def _fields(
    app: TillApp, screen: ReceiveScreen, line: GoodsLine, names: tuple[str, ...]
) -> bool:
    receiving = screen.receiving
    measured = line.temperature_tenths
    if measured is None:
        measured = receiving.working.temperature_tenths
    made = {
        "batch": lambda: text_field("batch", _("Batch"), line.batch),
        "production_day": lambda: day_field(
            "production_day", _("Produced on"), line.production_day
        ),
        "expiry": lambda: day_field("expiry", _("Use by"), line.expiry),
        "temperature": lambda: temperature_field(
            "" if measured is None else format_tenths(measured)
        ),
        "certificate": lambda: text_field(
            "certificate", _("Certificate of quality"), line.certificate, optional=True
        ),
    }
    fields: list[Field] = [made[name]() for name in names]
    told = [f"{goods_name(app.till, line)} {clean(line.spec)}".rstrip()]
    told.append(_("Dates as 261130 or 20261130; the quantity is asked for afterwards"))
    refused = ""
    while True:
        page = FactsScreen(_("What the pack says"), fields, told)
        if refused:
            # What was typed stands there still, and why it cannot be so.
            app.ring()
            page.band.show_error(refused)
        values = await Ask(page)
        if values is None:
            missing = _("Still missing: batch, date or temperature of {name}")
            screen.error(missing.format(name=goods_name(app.till, line)))
            screen.refresh_rows()
            return False
        result = receiving.set_facts(
            line.line_no,
            batch=cast("str | None", values.get("batch")),
            production_day=cast("str | None", values.get("production_day")),
            expiry=cast("str | None", values.get("expiry")),
            temperature_tenths=cast("int | None", values.get("temperature")),
            certificate=cast("str | None", values.get("certificate")),
        )
        if not isinstance(result, Refusal):
            screen.said(result)
            return True
        refused = refusal_text(result)


async def options(app: TillApp, screen: ReceiveScreen, number: int) -> None:
    """`.`: everything that can be said of a line."""
    receiving = screen.receiving
    line = receiving.line(number)
    if line is None:
        return
    choices = _choices(app, receiving, line)
    action = await Ask(ChooseScreen(goods_name(app.till, line), choices, lines=_told(line)))
    if action == "batch":
        fresh = receiving.other_batch(number)
        screen.load(fresh.line_no if fresh is not None else None)
        screen.note(_("Scan the other batch now"))
        return
    if action == "drop":
        receiving.drop(number)
    elif action in ("opened", "unopened"):
        receiving.set_opened(number, opened=action == "opened")
    elif action == "good":
        _say(screen, receiving.reject(number, 0))
    elif action is not None:
        await _asked(app, screen, line, action)
    screen.changed(number)


def _choices(app: TillApp, receiving: Receiving, line: GoodsLine) -> list[Choice[str]]:
    words: list[tuple[str, str, str]] = [
        (_("Not good: damaged or wrong"), "damaged", ""),
        (_("A point of the checklist is a no"), "check", ""),
        (_("Batch, dates, temperature, certificate"), "facts", ""),
        (_("Quantity on the delivery note"), "note", ""),
        (_("Another batch or date of the same goods"), "batch", ""),
        (_("Take the line off"), "drop", ""),
    ]
    if line.rejected_milli:
        words.append((_("All of it is good after all"), "good", ""))
    if receiving.shares_of(line):
        words.append((_("Change what was rejected"), "shares", ""))
    if not receiving.rule_of(line).large:
        if receiving.is_opened(line):
            words.append((_("The box was not opened"), "unopened", ""))
        else:
            words.append((_("The box was opened after all"), "opened", ""))
    if stock_report.may_see(app.till):
        known = "" if line.unit_cost_e4 is None else price_text(line.unit_cost_e4)
        words.append((_("Purchase price"), "cost", known))
    return [Choice(at, text, action, told) for at, (text, action, told) in enumerate(words, 1)]


async def _asked(app: TillApp, screen: ReceiveScreen, line: GoodsLine, action: str) -> None:
    """An option that asks something more."""
    rule = screen.receiving.rule_of(line)
    if action == "damaged":
        await _damaged(screen, line)
    elif action == "check":
        await _checklist(screen, line, rule.checklist)
    elif action == "facts":
        names = ["batch"] if rule.batch_tracked or line.batch or not rule.dates else []
        names += ["production_day"] if rule.dates in ("production", "both") else []
        names += ["expiry"]
        names += ["temperature"] if rule.temperature_tenths is not None else []
        await _fields(app, screen, line, (*names, "certificate"))
    elif action == "note":
        await _on_the_note(screen, line)
    elif action == "cost":
        await _cost(screen, line)
    elif action == "shares":
        await _shares(screen, line.line_no)


def _told(line: GoodsLine) -> list[str]:
    figures = _("Counted {received}, accepted {accepted}, rejected {rejected}").format(
        received=quantity_text(line.received_milli),
        accepted=quantity_text(line.quantity_milli),
        rejected=quantity_text(line.rejected_milli),
    )
    return [figures, clean(" ".join(part for part in (line.batch, line.expiry) if part))]


async def _how_many(screen: ReceiveScreen, line: GoodsLine) -> int | None:
    bad = sum(one.quantity_milli for one in screen.receiving.shares_of(line))
    rest = line.received_milli - bad
    return await Ask(
        EntryScreen(
            _("How many are not good?"),
            parsing.quantity,
            label=_("Enter alone: all {quantity}").format(quantity=quantity_text(rest)),
            lines=[goods_name(screen.till, line)],
            empty=rest,
        )
    )


async def _note(screen: ReceiveScreen, line: GoodsLine, start: str = "") -> str | None:
    """A few words for the claim; empty when there is nothing to add."""
    return await Ask(
        EntryScreen(
            _("A note for the claim"),
            str.strip,
            label=_("Enter alone: none"),
            lines=[goods_name(screen.till, line)],
            letters=True,
            empty="",
            start=start,
        )
    )


async def _damaged(screen: ReceiveScreen, line: GoodsLine) -> None:
    reason = await Ask(
        ChooseScreen(
            _("Why is it not good?"),
            [
                Choice(1, _("Damaged"), Difference.DAMAGED),
                Choice(2, _("Wrong goods"), Difference.WRONG),
            ],
        )
    )
    if reason is not None:
        await _rejected(screen, line, reason)


async def _rejected(
    screen: ReceiveScreen, line: GoodsLine, reason: Difference, failed: tuple[str, ...] = ()
) -> None:
    """How many, and a note: a further share of the line is not good."""
    quantity = await _how_many(screen, line)
    note = await _note(screen, line) if quantity else None
    if quantity and note is not None:
        result = screen.receiving.reject(line.line_no, quantity, reason, failed, note)
        _say(screen, result)


async def _checklist(screen: ReceiveScreen, line: GoodsLine, own: tuple[str, ...]) -> None:
    points = [*STANDING, *own]
    point = await Ask(
        ChooseScreen(
            _("Which point is a no?"),
            [
                Choice(index, _(POINTS[one]) if one in POINTS else clean(one), one)
                for index, one in enumerate(points, start=1)
            ],
        )
    )
    if point is None:
        return
    shares = screen.receiving.shares_of(line)
    index = next((at for at, one in enumerate(shares) if one.failed_checks), None)
    if index is not None and point not in shares[index].failed_checks:
        same = await Ask(
            ChooseScreen(
                _("Which pieces?"),
                [
                    Choice(1, _("The same pieces as before"), value=True),
                    Choice(2, _("Other pieces"), value=False),
                ],
                lines=[share_text(shares[index])],
            )
        )
        if same is None:
            return
        if same:
            both = msgspec.structs.replace(
                shares[index], failed_checks=(*shares[index].failed_checks, point)
            )
            changed = (*shares[:index], both, *shares[index + 1 :])
            _say(screen, screen.receiving.set_shares(line.line_no, changed))
            return
    await _rejected(screen, line, Difference.CHECKLIST, (point,))


def share_text(share: Rejection) -> str:
    """A rejected share in words: how many, why, what somebody added."""
    why = _(DIFFERENCES[share.reason]) if share.reason in DIFFERENCES else share.reason
    points = (_(POINTS[one]) if one in POINTS else one for one in share.failed_checks)
    return clean(
        " ".join(
            part
            for part in (quantity_text(share.quantity_milli), why, *points, share.note)
            if part
        )
    )


async def _shares(screen: ReceiveScreen, number: int) -> None:
    """Another quantity or note of one rejected share; 0 takes it back."""
    receiving = screen.receiving
    line = receiving.line(number)
    if line is None:
        return
    shares = receiving.shares_of(line)
    choices = [Choice(at, share_text(one), at - 1) for at, one in enumerate(shares, start=1)]
    index = choices[0].value if len(choices) == 1 else None
    if index is None:
        index = await Ask(ChooseScreen(_("Change what was rejected"), choices))
    if index is None:
        return
    share = shares[index]
    quantity = await Ask(
        EntryScreen(
            _("How many are not good?"),
            parsing.quantity,
            label=_("Enter alone: {quantity} as before; 0: none").format(
                quantity=quantity_text(share.quantity_milli)
            ),
            lines=[share_text(share)],
            empty=share.quantity_milli,
        )
    )
    note: str | None = ""
    if quantity:
        note = await _note(screen, line, share.note)
    if quantity is None or note is None:
        return
    other = msgspec.structs.replace(share, quantity_milli=quantity, note=note)
    _say(screen, receiving.set_shares(number, (*shares[:index], other, *shares[index + 1 :])))


async def _cost(screen: ReceiveScreen, line: GoodsLine) -> None:
    """The day's price of these goods; the order's or the rule's stands until somebody types it."""
    known = line.unit_cost_e4
    cost = await Ask(
        EntryScreen(
            _("Purchase price"),
            parsing.price,
            label=_("Without tax, for one {unit}").format(unit=clean(line.unit) or _("piece")),
            lines=[goods_name(screen.till, line)],
            empty=known,
        )
    )
    if cost is not None and cost != known:
        _say(screen, screen.receiving.set_cost(line.line_no, cost))


async def _on_the_note(screen: ReceiveScreen, line: GoodsLine) -> None:
    quantity = await Ask(
        EntryScreen(
            _("Delivery note"),
            parsing.quantity,
            label=_("Quantity on the note"),
            lines=[goods_name(screen.till, line)],
        )
    )
    if quantity is not None:
        result = screen.receiving.set_facts(line.line_no, delivered_milli=quantity)
        if isinstance(result, Refusal):
            screen.error(refusal_text(result))


def _say(screen: ReceiveScreen, result: GoodsLine | Refusal) -> None:
    if isinstance(result, Refusal):
        screen.error(refusal_text(result))
    else:
        screen.note(_("Noted"))
