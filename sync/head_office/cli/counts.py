"""`hq count …`: open or draw counts, see what is missing, give reasons, approve (STK-05..12)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from pos.i18n import N_
from pos.i18n import gettext as _
from sync.head_office.cli.common import home_option, office, print_json

if TYPE_CHECKING:
    from sync.head_office.goods_counts import GoodsCounts

STATE_WORDS = {
    "drawn": N_("drawn, not told yet"),
    "open": N_("being counted"),
    "computed": N_("waiting for reasons and approval"),
    "approved": N_("on its way to the till"),
    "posted": N_("posted"),
    "cancelled": N_("given up"),
}


@click.group()
def count() -> None:
    """Stock counts: opened by finance, computed by head office alone."""


def _counts(home: str | None, database_url: str | None) -> GoodsCounts:
    from sync.head_office.feed import Feed
    from sync.head_office.goods_counts import GoodsCounts

    place = office(home, database_url)
    click.get_current_context().call_on_close(place.close)
    return GoodsCounts(Feed(place))


@count.command("open")
@home_option
@click.option("--store", required=True, help=_("Store to count."))
@click.option("--by", required=True, help=_("Name of whoever opens it."))
@click.option("--cycle", is_flag=True, help=_("A cycle count instead of a detailed one."))
@click.option("--passes", type=click.IntRange(1, 2), default=1, help=_("Blind passes."))
@click.option("--class", "classes", multiple=True, help=_("Only this class; may be repeated."))
@click.option("--item", "items", multiple=True, help=_("Only this item; may be repeated."))
@click.option("--note", default="", help=_("What the store is to know."))
def open_(
    home: str | None,
    database_url: str | None,
    store: str,
    by: str,
    *,
    cycle: bool,
    passes: int,
    classes: tuple[str, ...],
    items: tuple[str, ...],
    note: str,
) -> None:
    """Tell a store to count now."""
    counts = _counts(home, database_url)
    made = counts.open(
        store,
        by=by,
        kind="cycle" if cycle else "detailed",
        passes=passes,
        item_classes=classes,
        item_codes=items,
        note=note,
    )
    click.echo(made.count_id)


@count.command("draw")
@home_option
@click.option("--store", required=True, help=_("Store to count."))
@click.option("--month", required=True, help=_("For example 2026-12."))
@click.option("--by", required=True, help=_("Name of whoever draws."))
@click.option("--passes", type=click.IntRange(1, 2), default=1, help=_("Blind passes."))
def draw(
    home: str | None, database_url: str | None, store: str, month: str, by: str, passes: int
) -> None:
    """Draw the day of a month's detailed count; the store hears of it on that day."""
    made = _counts(home, database_url).draw(store, month, by=by, passes=passes)
    click.echo(f"{made.count_id}  {made.due_day}")


@count.command("plan")
@home_option
@click.option(
    "--store",
    default="",
    help=_("Only this store; without it all that have no plan of their own."),
)
@click.option(
    "--every",
    type=click.Choice(["never", "week", "month", "quarter"]),
    required=True,
    help=_("How often a store is counted in detail."),
)
@click.option("--passes", type=click.IntRange(1, 2), default=1, help=_("Blind passes."))
@click.option("--class", "classes", multiple=True, help=_("Only this class; may be repeated."))
@click.option(
    "--daily-total", is_flag=True, help=_("A closed day without its pieces is a finding.")
)
@click.option("--by", required=True, help=_("Name of whoever sets it; a person of head office."))
def plan(
    home: str | None,
    database_url: str | None,
    store: str,
    every: str,
    passes: int,
    classes: tuple[str, ...],
    by: str,
    *,
    daily_total: bool,
) -> None:
    """Have stores counted every week, month or quarter; head office draws the day by itself."""
    import msgspec

    from sync.head_office import count_plans, count_standing, people
    from sync.head_office.count_periods import Every
    from sync.head_office.rights import NotAllowed

    counts = _counts(home, database_url)
    roles = {name: role for name, role, _number, active in people.people(counts.office) if active}
    kept = count_plans.own(counts.dialect, store) or count_plans.common(counts.dialect)
    wanted = msgspec.structs.replace(
        kept,
        store_id=store,
        every=Every("" if every == "never" else every),
        passes=passes,
        item_classes=classes,
        daily_total=daily_total,
    )
    try:
        count_plans.set_plan(counts.office, people.Person(by, roles.get(by, "")), wanted)
    except NotAllowed as error:
        raise click.ClickException(error.detail) from error
    for one in count_standing.draw_due(counts):
        click.echo(f"{one.count_id}  {one.store_id}")


@count.command("calendar")
@home_option
@click.option("--store", default="", help=_("Only this store."))
def calendar(home: str | None, database_url: str | None, store: str) -> None:
    """Show the last periods of every store; ends with 1 while one lacks its present count."""
    from sync.head_office import count_standing

    counts = _counts(home, database_url)
    found = count_standing.calendar(counts.office, store_id=store)
    for one in found:
        cells = "  ".join(f"{cell.period.code} {cell.state}" for cell in one.cells)
        click.echo(f"{one.store_id}  {one.plan.every.value or '-'}  {cells}")
    if count_standing.without_count(found):
        sys.exit(1)


@count.command("list")
@home_option
@click.option("--store", default="", help=_("Only this store."))
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def list_(home: str | None, database_url: str | None, store: str, *, as_json: bool) -> None:
    """List counts, the newest first; opens what was drawn for today."""
    from sync.head_office import count_rows

    counts = _counts(home, database_url)
    counts.tend()
    found = count_rows.find(counts.dialect, store_id=store)
    if as_json:
        print_json([{**_plain(one)} for one in found])
        return
    for one in found:
        state = _(STATE_WORDS.get(one.state, one.state))
        click.echo(f"{one.count_id}  {one.store_id}  {one.due_day}  {one.count_kind}  {state}")
    if not found:
        click.echo(_("No counts."))


@count.command("show")
@home_option
@click.argument("count_id")
@click.option("--store", default="", help=_("Its store."))
@click.option("--without", multiple=True, help=_("Do not wait for this till; it is kept."))
@click.option("--by", default="", help=_("Who asks; needed with --without."))
@click.option("--csv", "as_csv", is_flag=True, help=_("Print the differences as CSV."))
def show(
    home: str | None,
    database_url: str | None,
    count_id: str,
    store: str,
    without: tuple[str, ...],
    by: str,
    *,
    as_csv: bool,
) -> None:
    """Compute and show a count; exits 1 and names the tills while some are missing."""
    from sync.head_office import count_report, count_rows
    from sync.head_office.count_opening import NotReady

    if without and not by:
        raise click.UsageError(_("Name who decides with --by."))
    counts = _counts(home, database_url)
    counts.tend()
    kept = counts.get(store, count_id)
    if kept.state in ("open", "computed"):
        try:
            kept, _lines = counts.compute(kept, by=by, without=without)
        except NotReady as error:
            for one in error.missing:
                why = (
                    _("has not ended the count")
                    if one.why == "not_ended"
                    else _("has not sent what came after the count's end")
                )
                click.echo(f"{_('Till')} {one.workstation_id}: {why}")
            if not error.missing:
                click.echo(_("No till has ended this count yet."))
            sys.exit(1)
    lines = count_rows.lines(counts.dialect, kept.store_id, kept.count_id)
    if as_csv:
        click.echo(count_report.csv_text(lines), nl=False)
        return
    click.echo(f"{kept.count_id}  {kept.store_id}  {_(STATE_WORDS.get(kept.state, kept.state))}")
    for line in lines:
        click.echo(count_report.line_text(line, _))
    for suggestion in count_report.suggestions(counts.dialect, kept, lines):
        click.echo(count_report.pair_text(suggestion, _))
    click.echo(_("Counted lines {count}.").format(count=kept.counted_lines))


@count.command("recount")
@home_option
@click.argument("count_id")
@click.option("--store", default="", help=_("Its store."))
@click.option("--by", required=True, help=_("Who asks for it."))
def recount(
    home: str | None, database_url: str | None, count_id: str, store: str, by: str
) -> None:
    """Have counted a third time what the two blind passes disagree about."""
    counts = _counts(home, database_url)
    items = counts.recount(counts.get(store, count_id), by=by)
    for item in items:
        click.echo(item)
    if not items:
        click.echo(_("The passes agree."))


@count.command("reason")
@home_option
@click.argument("count_id")
@click.argument("item")
@click.argument("reason")
@click.option("--store", default="", help=_("Its store."))
@click.option("--by", required=True, help=_("Who says so."))
@click.option("--note", default="", help=_("In words; needed for 'other'."))
def reason(
    home: str | None,
    database_url: str | None,
    count_id: str,
    item: str,
    reason: str,
    store: str,
    by: str,
    note: str,
) -> None:
    """Say why ITEM differs (ITEM may be '*': all that have no reason yet)."""
    counts = _counts(home, database_url)
    done = counts.reason(counts.get(store, count_id), item, reason, by=by, note=note)
    click.echo(_("Lines: {count}").format(count=done))
    if not done:
        sys.exit(1)


@count.command("approve")
@home_option
@click.argument("count_id")
@click.option("--store", default="", help=_("Its store."))
@click.option("--by", required=True, help=_("Who approves: nobody who counted or gave reasons."))
@click.option("--workstation", default="", help=_("Till that posts it."))
def approve(
    home: str | None,
    database_url: str | None,
    count_id: str,
    store: str,
    by: str,
    workstation: str,
) -> None:
    """Approve a result; one till of the store posts it."""
    from sync.head_office.rights import NotAllowed

    counts = _counts(home, database_url)
    try:
        done = counts.approve(counts.get(store, count_id), by=by, workstation_id=workstation)
    except NotAllowed as error:
        raise click.ClickException(error.detail) from error
    click.echo(_(STATE_WORDS.get(done.state, done.state)))


@count.command("cancel")
@home_option
@click.argument("count_id")
@click.option("--store", default="", help=_("Its store."))
@click.option("--by", required=True, help=_("Who gives it up."))
@click.option("--reason", default="", help=_("Why; it is kept."))
def cancel(
    home: str | None, database_url: str | None, count_id: str, store: str, by: str, reason: str
) -> None:
    """Give a count up; nothing is posted."""
    counts = _counts(home, database_url)
    counts.cancel(counts.get(store, count_id), by=by, note=reason)


def _plain(one: object) -> dict[str, object]:
    import msgspec

    made: dict[str, object] = msgspec.to_builtins(one)
    made.pop("result", None)
    return made
