"""Quality as a dialogue: dates, recalls, maintenance, readings, tracing, forms, records."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Final

from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services import catalogue
from pos.services.quality import dates, exports, forms, maintenance, readings, recalls, tracing
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.goods_maintenance import maintenance_due, open_cases
from pos.ui.flows.goods_noted import noted
from pos.ui.flows.goods_readings import places_to_read
from pos.ui.homes import Home
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen, ScannableEntry
from pos.ui.screens.goods_quality import QualityList
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import named, quantity_text

if TYPE_CHECKING:
    from pos.services.quality.dates import BatchLine
    from pos.ui.app import TillApp

    Story = Callable[[TillApp, Home], Awaitable[bool | None]]

REASONS: Final[dict[str, str]] = {
    "sale": N_("sold"),
    "return": N_("came back"),
    "void": N_("reversed"),
    "adjust": N_("adjusted"),
    "receipt": N_("received"),
    "supplier_return": N_("back to the supplier"),
    "scrap": N_("written off"),
    "transfer_out": N_("sent to another shop"),
    "transfer_in": N_("from another shop"),
    "loan": N_("lent"),
    "dispatch": N_("delivered"),
    "judge": N_("set apart"),
    "opening": N_("opening count"),
    "count": N_("counted"),
}
"""Reason of a movement → word."""

_RECORDS: Final[dict[str, str]] = {
    "device_sales": N_("Sales record of medical devices"),
    "medicine_purchases": N_("Purchase record of medicine and devices"),
    "maintenance": N_("Maintenance record"),
    "temperatures": N_("Temperature and humidity record"),
}

REACTION: Final[dict[str, str]] = {
    "patient": N_("Patient (initials, age)"),
    "reaction": N_("What happened"),
    "began": N_("Since when"),
    "outcome": N_("What became of it"),
    "reporter": N_("Who reports"),
}
"""Fields of the form → labels, in its order."""


async def quality(app: TillApp, home: Home) -> None:
    """The quality menu; each row says how much waits there."""
    from pos.ui.flows.goods_recall import recall_menu

    till = app.till
    marked = 0
    while True:
        ending = dates.ending(till)
        unsigned = len(forms.unsigned_sterile(till))
        missing = sum(one.missing for one in readings.today(till))
        stories: list[tuple[str, int, Story]] = [
            (_("Batches: near their date or past it"), len(ending), _dates),
            (_("Recalls"), len(recalls.open_recalls(till)), recall_menu),
            (_("Maintenance that is due"), len(maintenance.tasks(till)), maintenance_due),
            (_("Problems found, not yet dealt with"), len(maintenance.cases(till)), open_cases),
            (_("Temperature and humidity"), missing, places_to_read),
            (_("Trace a batch, a serial number or a slip"), 0, _trace),
            (_("Arrivals of controlled goods to verify"), len(forms.arrivals(till)), _arrivals),
            (_("Sterile goods sold: the responsible person signs"), unsigned, _sterile),
            (_("Report an adverse reaction"), 0, _reaction),
            (_("Records as files"), 0, _export),
        ]
        story = await Ask(
            QualityList(
                _("Quality"),
                [
                    Choice(number, words, (number, story), detail=str(count) if count else "")
                    for number, (words, count, story) in enumerate(stories, start=1)
                ],
                marked=marked,
            )
        )
        if story is None:
            home.refresh_sale()
            return
        marked = story[0] - 1
        if await story[1](app, home):
            return  # goods are on the sale: that is where it goes on


def overdue_lines(app: TillApp) -> list[str]:
    """What of quality waits for somebody, for the goods home."""
    till = app.till
    expired = sum(one.expired for one in dates.ending(till))
    counts = {
        _("Recalls to work on: {count}"): len(recalls.open_recalls(till)),
        _("Batches past their date in the shop: {count}"): expired,
        _("Maintenance due: {count}"): len(maintenance.tasks(till)),
        _("Problems not dealt with: {count}"): len(maintenance.cases(till)),
        _("Arrivals to verify: {count}"): len(forms.arrivals(till)),
        _("Thermometer readings missing today: {count}"): sum(
            one.missing for one in readings.today(till)
        ),
    }
    return [words.format(count=count) for words, count in counts.items() if count]


# ------------------------------------------------------------------------------------ dates


def batch_words(one: BatchLine) -> str:
    """One batch in a row."""
    return clean(f"{one.batch}  {named(one.name, one.name_en)}")


def batch_detail(one: BatchLine) -> str:
    """Its date, what is left and how much there is."""
    if one.held:
        left = "✗ " + _("held")
    elif one.days_left is None:
        left = ""
    elif one.expired:
        left = "✗ " + _("past its date")
    else:
        left = ("! " if one.band else "") + _("{days} days").format(days=one.days_left)
    return f"{one.expiry}  {left}  {quantity_text(one.quantity_milli)}"


async def _dates(app: TillApp, home: Home) -> None:
    """What ends soon, of everything or of one item; what is past its date is written off."""
    from pos.ui.flows.registry import STORIES

    while True:
        ending = dates.ending(app.till)
        rows: list[Choice[str]] = [
            Choice(1, _("All batches of one item"), "item"),
            Choice(2, _("Write off what is past its date"), "scrap"),
        ]
        rows += [
            Choice(number, batch_words(one), one.item_code, detail=batch_detail(one))
            for number, one in enumerate(ending, start=3)
        ]
        chosen = await Ask(
            ChooseScreen(_("Batches: near their date or past it"), rows, marked=2 if ending else 0)
        )
        if chosen is None:
            return
        if chosen == "scrap":
            await STORIES["goods_scrap"](app, home)  # type: ignore[arg-type]  # either home serves
            continue
        item_code = await _which_item(app, home) if chosen == "item" else chosen
        if item_code:
            await _batches_of(app, item_code)


async def _which_item(app: TillApp, home: Home) -> str:
    from pos.domain.item import Item
    from pos.ui.flows.returns import scanned_item
    from pos.ui.screens.item_search import ItemSearchScreen

    found = await Ask(ItemSearchScreen(app.till, sells=False))
    if found is None:
        return ""
    item = found if isinstance(found, Item) else scanned_item(app, found)
    if item is None:
        home.error(_("No goods with this code"))
        return ""
    return item.item_code


async def _batches_of(app: TillApp, item_code: str) -> None:
    item = catalogue.find_item(app.till, item_code)
    lines = [
        f"{clean(one.batch):<18} {batch_detail(one)}"
        for one in dates.batches_of(app.till, item_code)
    ]
    title = named(item.name, item.name_en) if item is not None else clean(item_code)
    await Ask(ReadScreen(title, lines or [_("No batch of it is in the shop")]))


# ------------------------------------------------------------------------------------ tracing


async def _trace(app: TillApp, home: Home) -> None:
    """One question, one page: where goods came from and where they went."""
    while True:
        screen = ScannableEntry(
            _("Trace a batch, a serial number or a slip"),
            parsing.words,
            label=_("Scan or type it"),
            letters=True,
            scan_policy=ScanPolicy.TAKE,
        )
        typed = await Ask(screen)
        symbology = None
        if screen.scanned is not None:
            typed = screen.scanned.data.decode("ascii", "replace")
            symbology = screen.scanned.symbology_id
        if typed is None:
            return
        found = tracing.trace(app.till, typed, symbology)
        if not found:
            home.error(_("Nothing here bears this number"), clean(typed))
            return
        await Ask(ReadScreen(clean(typed), trace_lines(found), scan_policy=ScanPolicy.FORWARD))


def trace_lines(found: list[tracing.Trace]) -> list[str]:
    """The page of a trace."""
    rows: list[str] = []
    for one in found:
        rows.append(f"■ {named(one.name, one.name_en)}  {one.item_code}")
        marks = [
            _("batch {batch}").format(batch=one.batch) if one.batch else "",
            one.unit_code,
            _("made {date}").format(date=one.production_day) if one.production_day else "",
            _("good until {date}").format(date=one.expiry) if one.expiry else "",
        ]
        rows.append("  " + "  ".join(mark for mark in marks if mark))
        rows += ["  " + _("Came from:")] if one.came else []
        rows += [_step_line(step) for step in one.came]
        rows += ["  " + _("Went to:")] if one.went else []
        rows += [_step_line(step) for step in one.went]
        rows.append("  " + _("Still here: {count}").format(count=quantity_text(one.in_shop_milli)))
        rows.append("")
    return rows


def _step_line(step: tracing.Step) -> str:
    reason = _(REASONS.get(step.reason, step.reason))
    parts = [
        step.business_day,
        f"{quantity_text(abs(step.quantity_milli)):>6}",
        reason,
        step.document_no,
        step.partner,
        step.partner_paper,
        step.operator_id,
    ]
    return "    " + "  ".join(clean(part) for part in parts if part)


# ------------------------------------------------------------------------------------ forms, files


async def _arrivals(app: TillApp, home: Home) -> None:
    while True:
        rows = [
            Choice(
                number,
                clean(f"{one.name}  {one.batch}  {one.contact}"),
                one,
                detail=f"{one.business_day}  {one.transaction_no}",
            )
            for number, one in enumerate(forms.arrivals(app.till), start=1)
        ]
        arrival = await Ask(ChooseScreen(_("Arrivals of controlled goods to verify"), rows))
        if arrival is None:
            return
        by = await Ask(
            EntryScreen(
                _("The goods have arrived"),
                parsing.words,
                label=_("Who confirms it, and how"),
                lines=[clean(arrival.name), arrival.transaction_no],
                letters=True,
            )
        )
        if by is not None:
            await noted(home, forms.verify_arrival(app.till, arrival, by=by))


async def _sterile(app: TillApp, home: Home) -> None:
    """What was sold of sterile goods, and the signature under it (QLT-03)."""
    from pos.ui.flows.goods_at_sale import signature

    found = forms.unsigned_sterile(app.till)
    lines = [
        clean(
            f"{note.document_no}  {note.fields.get('name', note.item_code)}  {note.batch}  "
            f"{quantity_text(note.quantity_milli)}"
        )
        for note in found
    ]
    if not found:
        home.note(_("Everything is signed"))
        return
    if await Ask(ReadScreen(_("Sterile goods sold"), lines, enter=_("Sign"))) != "enter":
        return
    signer = await signature(app, _("Sterile goods: the responsible person signs"))
    if signer is not None:
        await noted(home, forms.sign_sterile(app.till, signer))


async def _reaction(app: TillApp, home: Home) -> None:
    item_code = await _which_item(app, home)
    if not item_code:
        return
    rows = [
        Choice(number, clean(one.batch), one.batch, detail=one.expiry)
        for number, one in enumerate(dates.batches_of(app.till, item_code), start=1)
    ]
    rows.append(Choice(len(rows) + 1, _("Not known"), ""))
    batch = await Ask(ChooseScreen(_("Which batch?"), rows))
    if batch is None:
        return
    fields: dict[str, str] = {}
    for name, label in REACTION.items():
        typed = await Ask(
            EntryScreen(
                _("Report an adverse reaction"), parsing.words, label=_(label), letters=True
            )
        )
        if typed is None:
            return
        fields[name] = typed
    await noted(home, forms.report_reaction(app.till, item_code, batch, fields))


async def _export(app: TillApp, home: Home) -> None:
    name = await Ask(
        ChooseScreen(
            _("Records as files"),
            [
                Choice(number, _(words), one)
                for number, (one, words) in enumerate(_RECORDS.items(), start=1)
            ],
        )
    )
    if name is None:
        return
    first = await Ask(
        EntryScreen(
            _("Records as files"),
            parsing.day,
            label=_("From (empty: this month)"),
            lines=[_(_RECORDS[name])],
            empty="",
        )
    )
    if first is None:
        return
    try:
        path = exports.export(app.till, name, first, words=_)
    except OSError as error:
        home.error(_("Cannot be written: {why}").format(why=clean(str(error))))
        return
    home.note(_("Written: {path}").format(path=clean(str(path))))
