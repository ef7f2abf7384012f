"""`pos goods draft`: a half-signed receipt from one till of the shop to another, as a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.common import (
    HomeGroup,
    fail,
    find_journal,
    home_option,
    json_option,
    print_json,
)
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from pos.services.context import Till
    from pos.services.goods.drafting import StoredDraft

_by = click.option("--by", metavar="ID", help="Who does it; the PIN is asked for.")


@click.group("draft", cls=HomeGroup)
def draft() -> None:
    """Receipts that one person has signed: list them, move one to another till of the shop."""


@draft.command("list")
@home_option
@json_option
def list_drafts(*, home: Path | None, as_json: bool) -> None:
    """List the half-signed drafts of this till; it may be running."""
    from pos.commands.till_access import reading_till
    from pos.services.goods import drafting

    with reading_till(find_journal(home)) as till:
        found = drafting.half_signed(till)
    if as_json:
        print_json([_plain(one) for one in found])
        return
    for one in found:
        row = _plain(one)
        click.echo(f"{row['draft']}  {row['note']}  {row['from']}  {row['signed_by']}")
    if not found:
        click.echo(_("No draft waits for its second signature."))


@draft.command("export")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@home_option
@click.option("--draft", "draft_id", default="", help="Which one; needed when there are several.")
@_by
def export(file: Path, *, home: Path | None, draft_id: str, by: str | None) -> None:
    """Write a half-signed receipt to FILE; it then leaves this till, so that it is posted once.

    The till must not be running; on a running one the receipt's own page does the same, through
    the folder `[receiving] exchange_folder`.
    """
    from pos.commands.till_access import opened_till, refuse, signed_on
    from pos.domain.cart import Refusal
    from pos.services.goods import draft_files, drafting

    if file.exists():
        fail(_("%(file)s is there already.") % {"file": file})
    with opened_till(find_journal(home)) as till, signed_on(till, by):
        _needs_right(till)
        found = [one for one in drafting.half_signed(till) if draft_id in one.draft_uuid]
        if len(found) != 1:
            fail(
                _("Expected one half-signed draft, found %(count)s.") % {"count": len(found)},
                _("`pos goods draft list` names them; choose one with --draft."),
            )
        result = draft_files.write_out(till, found[0], file)
        if isinstance(result, Refusal):
            refuse(result)
        result.result()
    click.echo(_("✓ Written to %(file)s; the receipt is no longer at this till.") % {"file": file})


@draft.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
@_by
def import_draft(file: Path, *, home: Path | None, by: str | None) -> None:
    """Take the half-signed receipt in FILE over to this till, for its second signature."""
    from pos.commands.till_access import opened_till, refuse, signed_on
    from pos.domain.cart import Refusal
    from pos.services.goods import draft_files

    with opened_till(find_journal(home)) as till, signed_on(till, by):
        _needs_right(till)
        result = draft_files.take_in(till, file)
        if isinstance(result, Refusal):
            refuse(result)
        taken = result.result()
    click.echo(
        _("✓ Taken over: %(name)s. Go on with it under Receive goods.")
        % {"name": taken.document.counterparty_name or taken.document.reference_no}
    )


def _needs_right(till: Till) -> None:
    if till.operator is None or not till.operator.role.may("stock.receive"):
        fail(_("That is for people who receive goods."))


def _plain(one: StoredDraft) -> dict[str, str]:
    document = one.document
    signer = document.signatures[0] if document.signatures else None
    return {
        "draft": one.draft_uuid,
        "kind": one.document_kind,
        "note": document.reference_no,
        "from": document.counterparty_name,
        "signed_by": signer.name or signer.operator_id if signer is not None else "",
    }
