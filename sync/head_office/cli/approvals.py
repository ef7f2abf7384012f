"""`hq approve-code`: head office's half of an approval by telephone."""

from __future__ import annotations

import click

from pos.i18n import gettext as _
from pos.i18n import terminal_language
from sync.head_office.cli.common import home_option, office, print_json


@click.command("approve-code")
@home_option
@click.argument("request_no", required=False)
@click.option("--store", default="", help=_("The till's store."))
@click.option("--workstation", default="", help=_("The till's number."))
@click.option("--by", default="", help=_("Name of whoever approves."))
@click.option("--reason", default="", help=_("Why; it is kept."))
@click.option("--list", "listing", is_flag=True, help=_("Codes given and used, the latest first."))
@click.option("--json", "as_json", is_flag=True, help=_("Print JSON."))
def approve_code(
    home: str | None,
    database_url: str | None,
    request_no: str | None,
    store: str,
    workstation: str,
    by: str,
    reason: str,
    *,
    listing: bool,
    as_json: bool,
) -> None:
    """Answer REQUEST_NO, as the till shows it, with the code that approves it and nothing else."""
    from pos.config.roles import load_role_book
    from sync.head_office import remote_approvals

    if listing:
        place = office(home, database_url, read_only=True)
        print_json(remote_approvals.recent(place, store))
        place.close()
        return
    if not (request_no and store and workstation and by):
        raise click.UsageError(
            _("Name the request number, --store, --workstation and --by, or ask for --list.")
        )
    book = load_role_book()
    place = office(home, database_url)
    try:
        done = remote_approvals.approve(
            place,
            book,
            store_id=store,
            workstation_id=workstation,
            request_no=request_no,
            by=by,
            reason=reason,
        )
    finally:
        place.close()
    if as_json:
        print_json(done)
        return
    chinese = (terminal_language() or "en").startswith("zh")
    click.echo(remote_approvals.described(book, done.request, chinese=chinese))
    click.echo(done.code)
