"""养护 as a dialogue: what is due, the check sheet by exception, problems dealt with (QLT-07..09)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services.quality import maintenance, tracing
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows.goods_noted import noted
from pos.ui.homes import Home
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.choose import Choice, ChooseScreen, yes_no
from pos.ui.screens.entry import EntryScreen
from pos.ui.text_grid import clean
from pos.ui.texts import named

if TYPE_CHECKING:
    from pos.ui.app import TillApp

POINTS: Final[dict[str, str]] = {
    "packaging": N_("Packaging is whole"),
    "label": N_("Label is whole and readable"),
    "expiry": N_("Expiry is checked"),
    "appearance": N_("Appearance is as it should be"),
    "storage": N_("Stored as required"),
}
"""Points of the check sheet → words; a shop's own point shows its id."""


async def maintenance_due(app: TillApp, home: Home) -> None:
    """The plan: choose or scan a batch, mark what is not in order, say what is done."""
    while True:
        due = maintenance.tasks(app.till)
        rows = [
            Choice(
                number,
                clean(f"{one.batch}  {named(one.name, one.name_en)}"),
                one,
                detail=_("{days} days late").format(days=one.overdue_days)
                if one.overdue_days
                else _("due today"),
            )
            for number, one in enumerate(due, start=1)
        ]
        screen = ChooseScreen(_("Maintenance that is due"), rows, scan_policy=ScanPolicy.TAKE)
        task = await Ask(screen)
        if screen.scanned is not None:
            code = screen.scanned.data.decode("ascii", "replace")
            found = tracing.trace(app.till, code, screen.scanned.symbology_id)
            keys = {(one.item_code, one.batch) for one in found}
            task = next((one for one in due if (one.item_code, one.batch) in keys), None)
            if task is None:
                home.error(_("No batch of the plan bears this code"), clean(code))
                continue
        if task is None:
            return
        await _look(app, home, task)


async def _look(app: TillApp, home: Home, task: maintenance.Task) -> None:
    """The check sheet by exception: everything is in order but what is marked."""
    failed: list[str] = []
    name = clean(f"{named(task.name, task.name_en)}  {task.batch}  {task.expiry}")
    points = app.till.settings.quality.check_points
    while True:
        rows = [Choice(1, _("Everything else is in order: go on"), "")]
        rows += [
            Choice(
                number,
                _(POINTS.get(point, point)),
                point,
                detail="✗ " + _("no") if point in failed else "✓",
            )
            for number, point in enumerate(points, start=2)
        ]
        marked = await Ask(ChooseScreen(_("Check sheet"), rows, lines=[name]))
        if marked is None:
            return
        if not marked:
            break
        failed = (
            [one for one in failed if one != marked] if marked in failed else [*failed, marked]
        )
    finding, action = "", "keep"
    if failed:
        done = await Ask(
            ChooseScreen(
                _("What is done with it?"),
                [
                    Choice(1, _("Stays on sale"), "keep"),
                    Choice(2, _("Set apart, not sold"), "hold"),
                    Choice(3, _("Written off"), "scrap"),
                ],
                lines=[name],
                marked=1,
            )
        )
        if done is None:
            return
        action = done
        said = await Ask(
            EntryScreen(
                _("Check sheet"), parsing.words, label=_("Finding"), lines=[name], letters=True
            )
        )
        if said is None:
            return
        finding = said
    result = maintenance.record(app.till, task, failed=failed, finding=finding, action=action)
    if await noted(home, result) and action != "keep":
        from pos.ui.flows.registry import STORIES

        wants = await Ask(
            yes_no(
                _("What is done with it?"),
                [name, _("Make out the document now?")],
                yes=_("Yes"),
                no=_("Later"),
            )
        )
        if wants:
            await STORIES["goods_scrap"](app, home)  # type: ignore[arg-type]  # either home serves


async def open_cases(app: TillApp, home: Home) -> None:
    """Problems that were found; each is closed by saying how it was dealt with."""
    while True:
        rows = [
            Choice(number, clean(f"{one.subject}  {one.finding}"), one, detail=one.business_day)
            for number, one in enumerate(maintenance.cases(app.till), start=1)
        ]
        case = await Ask(ChooseScreen(_("Problems found, not yet dealt with"), rows))
        if case is None:
            return
        result = await Ask(
            EntryScreen(
                _("Dealt with"),
                parsing.words,
                label=_("How"),
                lines=[clean(case.subject), clean(case.finding)],
                letters=True,
            )
        )
        if result is not None:
            await noted(home, maintenance.close_case(app.till, case, result))
