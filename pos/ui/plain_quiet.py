"""Between two lines of the line mode: what went wrong meanwhile, and the question about the clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import clock_watch, operators
from pos.services.backup_facts import backup_places
from pos.ui import parsing
from pos.ui.clock_words import doubt_text, local_text, off_text
from pos.ui.plain_base import PlainBase


async def quiet_moment(plain: PlainBase) -> None:
    """No sale is open and nothing is asked: bring the facts up to date, say and ask what is new."""
    till = plain.till
    if not till.sale.empty:
        return
    if plain.refresh_status is not None:
        plain.refresh_status(till)
    failed = till.status.backup == "failed"
    if failed and not plain.backup_told:
        for place in backup_places(till):
            if place.error:
                plain.say("! " + _(place.error).format_map(place.values))
                plain.say("  " + _(place.hint).format_map(place.values))
    plain.backup_told = failed
    if clock_watch.question(till) is not None:
        await ask_clock(plain)


async def ask_clock(plain: PlainBase) -> None:
    """A manager says what day and time it is, or nobody does now."""
    till = plain.till
    doubt = clock_watch.open_doubt(till)
    if doubt is not None:
        plain.say("! " + doubt_text(doubt))
        told = (
            _("Head office's time was {time}")
            if doubt.cause == "head_office"
            else _("Before that it was {time}")
        )
        plain.say(told.format(time=local_text(till, doubt.expected_utc_ms)))
    plain.say(_("Clock of this till: {time}").format(time=local_text(till, till.clock.utc_ms())))
    later = clock_watch.may_put_off(till)
    words = "1 " + _("It is right") + "  2 " + _("Another time")
    if later:
        words += "  3 " + _("Not now")
    while True:
        choice = await plain.ask(words)
        if choice not in ("1", "2"):
            if not later:
                continue
            clock_watch.put_off(till)
            return
        said_utc_ms = await _said(plain) if choice == "2" else None
        if choice == "2" and said_utc_ms is None:
            continue
        number = await plain.ask(_("Manager's number"))
        if not number:
            continue
        pin = await plain.ask(_("PIN"), hidden=True)
        checked = operators.check_credentials(till, number, pin)
        result = (
            checked
            if isinstance(checked, Refusal)
            else clock_watch.answer(till, checked, said_utc_ms)
        )
        if isinstance(result, clock_watch.Confirmed):
            plain.say("✓ " + _("Date and time are confirmed"))
            return
        if isinstance(result, clock_watch.StillWrong):
            plain.say("! " + off_text(result.off_ms))
            return
        plain.show(result)


async def _said(plain: PlainBase) -> int | None:
    """The date and time that are typed, as UTC milliseconds; None when they are none."""
    day = await plain.ask(_("Date"))
    time = await plain.ask(_("Time"))
    try:
        local = datetime.fromisoformat(f"{parsing.day(day)}T{parsing.time_of_day(time)}:00")
    except parsing.TypedError as error:
        plain.say(f"✗ {error}")
        return None
    offset = timedelta(minutes=plain.till.clock.utc_offset_minutes())
    return int((local.replace(tzinfo=UTC) - offset).timestamp() * 1000)
