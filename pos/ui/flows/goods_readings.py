"""Temperature and humidity as a dialogue: which place, what it shows, what was done (QLT-11)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pos.i18n import gettext as _
from pos.services.quality import readings
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.goods_noted import noted
from pos.ui.homes import Home
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.texts import named

if TYPE_CHECKING:
    from pos.config.quality import ReadingPlace
    from pos.ui.app import TillApp


async def places_to_read(app: TillApp, home: Home) -> None:
    """Places with a thermometer, and how often each was read today."""
    while True:
        places = readings.today(app.till)
        if not places:
            home.error(_("No place with a thermometer is set up: [quality] places"))
            return
        rows = [
            Choice(
                number,
                named(one.place.name, one.place.name_en),
                one.place,
                detail=("" if one.last_tenths is None else degrees(one.last_tenths) + "  ")
                + ("✗ " if one.out_of_limits else "")
                + f"{one.read}/{one.wanted}",
            )
            for number, one in enumerate(places, start=1)
        ]
        place = await Ask(ChooseScreen(_("Temperature and humidity"), rows))
        if place is None:
            return
        await _read(app, home, place)


async def _read(app: TillApp, home: Home, place: ReadingPlace) -> None:
    name = named(place.name, place.name_en)
    limits = _("Allowed: {lowest} to {highest}").format(
        lowest=degrees(place.lowest_tenths), highest=degrees(place.highest_tenths)
    )
    below = await Ask(
        EntryScreen(
            name,
            celsius,
            label=_("Temperature (℃; * for below 0)"),
            lines=[limits],
            letters=True,
        )
    )
    if below is None:
        return
    humidity = await Ask(
        EntryScreen(
            name,
            parsing.count,
            label=_("Humidity in % (empty: not read)"),
            lines=[degrees(below)],
            empty=-1,
        )
    )
    if humidity is None:
        return
    damp = None if humidity < 0 else humidity
    measure = ""
    if not readings.within(place, below, damp):
        app.ring()
        said = await Ask(
            EntryScreen(
                name,
                parsing.words,
                label=_("What was done about it"),
                lines=[_("Out of limits"), limits],
                letters=True,
            )
        )
        if said is None:
            return
        measure = said
    await noted(home, readings.record(app.till, place.id, below, damp, measure=measure))


def degrees(tenths: int) -> str:
    """Tenths of a degree → `18.5 ℃`."""
    whole, rest = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}.{rest} ℃"


def celsius(text: str) -> int:
    """`18.5`, `-18` or `*18` (the pad's way of saying below 0) → tenths."""
    body = text.strip().replace("*", "-")
    sign = -1 if body.startswith("-") else 1
    whole, _dot, rest = body.lstrip("-").partition(".")
    if not whole.isdigit() or (rest and not rest.isdigit()) or len(rest) > 1 or len(whole) > 2:
        raise parsing.TypedError(_("Type a temperature such as 18.5"))
    return sign * (int(whole) * 10 + int(rest or "0"))
