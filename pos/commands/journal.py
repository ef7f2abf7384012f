"""`pos journal`: verify, show and export the journal, while the till trades; begin its next file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.common import (
    CHECK_FAILED,
    TEMPORARY,
    HomeGroup,
    fail,
    find_journal,
    home_option,
    json_option,
    print_json,
)
from pos.i18n import N_
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from pos.store.rollover import Plan
    from pos.store.verification import Verification


@click.group(cls=HomeGroup)
def journal() -> None:
    """Verify, export or show the journal."""


@journal.command()
@home_option
@json_option
@click.option(
    "--chain-only", is_flag=True, help="Check entries and hashes, not the figures made of them."
)
def verify(home: Path | None, *, as_json: bool, chain_only: bool) -> None:
    """Check every entry of every epoch and file, and the figures kept beside them.

    Each entry's hash must follow from the one before it, and the till's own figures must come out
    the same when they are made again from the journal, in a temporary copy of the file.
    Exit code 1 when anything differs.
    """
    from pos.store.verification import verify_journals

    folder = find_journal(home)
    result = verify_journals(folder, with_projections=not chain_only)
    if as_json:
        print_json(_as_dict(result))
    else:
        _print_verification(folder, result)
    if not result.ok:
        sys.exit(CHECK_FAILED)


def _as_dict(result: Verification) -> dict[str, Any]:
    import msgspec

    return {"ok": result.ok, **msgspec.to_builtins(result)}


def _print_verification(folder: Path, result: Verification) -> None:
    from pos.store.journal_files import journal_files

    click.echo(
        _("%(home)s: %(entries)s entries in %(epochs)s epochs, %(transactions)s transactions")
        % {
            "home": ", ".join(map(str, journal_files(folder))),
            "entries": result.entries,
            "epochs": len(result.epochs),
            "transactions": result.kinds.get("transaction", 0),
        }
    )
    for epoch in result.epochs:
        click.echo(
            _("  epoch %(number)s (%(reason)s): entries 1-%(seq)s, head %(hash)s")
            % {
                "number": epoch.epoch_no,
                "reason": epoch.reason,
                "seq": epoch.last_seq,
                "hash": epoch.head_hash,
            }
        )
    if result.broken is not None:
        broken = result.broken
        click.echo(
            _("✗ Epoch %(epoch)s breaks at entry %(seq)s: %(reason)s")
            % {"epoch": broken.epoch_no, "seq": broken.seq, "reason": _(broken.reason)}
        )
    elif result.damage:
        click.echo(_("✗ The file is damaged: %(reason)s") % {"reason": result.damage})
    else:
        click.echo(_("✓ The chain is whole."))
    if result.differing:
        click.echo(
            _("✗ These figures differ from the journal: %(tables)s")
            % {"tables": ", ".join(result.differing)}
        )
    elif result.projections_checked:
        click.echo(_("✓ The figures kept beside the journal are what it says."))
    if not result.ok:
        hint = (
            _("`pos db rebuild` makes them again from the journal.")
            if result.broken is None and not result.damage
            else _("Keep this file, restore the last verified backup, and tell head office.")
        )
        click.echo(hint, err=True)


@journal.command()
@home_option
@json_option
@click.option("--kind", help="Only entries of this kind, such as transaction.")
@click.option("--day", help="Only entries of this business day, such as 2026-11-21.")
@click.option("--seq", type=int, help="Only the entry with this number.")
@click.option("--epoch", type=int, help="Epoch by its number; the latest unless --all-epochs.")
@click.option("--all-epochs", is_flag=True, help="Entries of every epoch.")
@click.option(
    "--limit", type=click.IntRange(min=1), default=20, show_default=True, help="The last so many."
)
def show(
    home: Path | None,
    *,
    as_json: bool,
    kind: str | None,
    day: str | None,
    seq: int | None,
    epoch: int | None,
    all_epochs: bool,
    limit: int,
) -> None:
    """Show entries, the newest last; with --seq or --json with everything they say."""
    import msgspec

    from pos.domain.journal import BODY_TYPES
    from pos.store.journal_files import journal_files
    from pos.store.verification import read_entries

    *earlier, live = journal_files(find_journal(home))
    if kind is not None and kind not in BODY_TYPES:
        fail(
            _("There is no kind %(kind)s of entries.") % {"kind": kind},
            _("Kinds: %(kinds)s") % {"kinds": ", ".join(map(str, BODY_TYPES))},
        )
    found = read_entries(
        live,
        kind=kind or "",
        business_day=day or "",
        seq=seq,
        epoch_no=epoch,
        all_epochs=all_epochs,
        limit=limit,
        earlier=tuple(earlier),
    )
    if as_json:
        print_json([msgspec.to_builtins(entry) for entry in found])
        return
    for entry in found:
        click.echo(
            f"{entry.epoch_no}/{entry.seq:<7} {entry.at_local}  {entry.business_day or '-':<10} "
            f"{entry.operator_id or '-':<8} {entry.kind:<18} {entry.summary}"
        )
        if seq is not None:
            print_json(entry.entry)
            click.echo(_("hash %(hash)s") % {"hash": entry.hash})
    if not found:
        click.echo(_("No entry fits."), err=True)


@journal.command()
@home_option
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help="File to write, on a stick for example.",
)
@click.option("--all", "everything", is_flag=True, help="Every entry of every epoch.")
@click.option("--unsent", is_flag=True, help="What head office has not acknowledged (default).")
def export(home: Path | None, out: Path, *, everything: bool, unsent: bool) -> None:
    """Write a signed journal segment for `hq ingest`: the way to head office without a line."""
    from pos.setup import is_enrolled
    from pos.supervisor import ChildFailed, run_command

    if everything and unsent:
        fail(_("Choose --unsent or --all, not both."))
    folder = find_journal(home)
    if not is_enrolled(folder):
        fail(
            _("%(home)s has no head office to export to.") % {"home": folder},
            _("A segment is signed with the key that `pos-sync enrol` makes."),
        )
    arguments = ["sync", "export", "--home", str(folder), "--out", str(out.absolute())]
    arguments.append("--all" if everything else "--unsent")
    try:
        said = run_command(arguments)
    except ChildFailed as error:
        fail(_("Nothing was exported."), error.hint or str(error), code=TEMPORARY)
    click.echo(said.strip() or _("Written: %(path)s") % {"path": out})


@journal.command("declare-lost")
@home_option
@click.option("--epoch", help=_("Epoch id; the one before this till's newest when left out."))
@click.option(
    "--from",
    "from_seq",
    type=click.IntRange(min=1),
    help=_("First lost entry; the one after what this journal holds when left out."),
)
@click.option("--note", required=True, help=_("What is known: which receipts, which hours."))
@click.option("--by", metavar="ID", help=_("Who declares it; the PIN is asked for."))
def declare_lost(
    home: Path | None, *, epoch: str | None, from_seq: int | None, note: str, by: str | None
) -> None:
    """Declare entries lost with a disk: the gap is on record here and at head office.

    After a backup was put back, or on a new disk with a new enrolment. What paper proves is sold
    again at the till; this says why the earlier entries will never come.
    """
    from pos.commands.till_access import opened_till, signed_on
    from pos.domain.journal import EntryKind
    from pos.domain.journal.bodies import DeclaredLost

    with opened_till(find_journal(home)) as till, signed_on(till, by):
        if till.operator is None or not till.operator.role.may("day.force_close"):
            fail(_("That is for whoever makes good a forgotten close: ask a manager."))
        rows = (
            till.journal.reader()
            .execute(
                "SELECT e.epoch_id, coalesce(max(j.seq), 0) FROM epoch e "
                "LEFT JOIN journal_entry j ON j.epoch_no = e.epoch_no "
                "GROUP BY e.epoch_no ORDER BY e.epoch_no DESC"
            )
            .fetchall()
        )
        held = dict(rows)
        if epoch is None:
            if len(rows) < 2:
                fail(
                    _("This journal knows no earlier epoch: name it with --epoch."),
                    _("Head office tells the id of the till that was lost."),
                )
            epoch = str(rows[1][0])
        first = from_seq if from_seq is not None else held.get(epoch, 0) + 1
        if first <= held.get(epoch, 0):
            fail(
                _("Entry %(seq)s of epoch %(epoch)s is here: it is not lost.")
                % {"seq": first, "epoch": epoch}
            )
        lost = DeclaredLost(epoch=epoch, from_seq=first, note=note.strip())
        till.append(EntryKind.DECLARED_LOST, lost).result()
    click.echo(
        _("✓ On record: entries of epoch %(epoch)s from %(seq)s on are lost.")
        % {"epoch": epoch, "seq": first}
    )


_STEPS = {
    "draft": N_("making the new file"),
    "carry": N_("carrying forward what goes on"),
    "verify": N_("comparing it with the old file"),
    "sync": N_("bringing it to the disk for good"),
    "close": N_("closing the old file"),
    "commit": N_("switching"),
}


@journal.command()
@home_option
@json_option
@click.option(
    "--dry-run", is_flag=True, help="Only say what would be done and what is in its way."
)
def rollover(home: Path | None, *, as_json: bool, dry_run: bool) -> None:
    """Go on in a new journal file; the old one stays and is read where it is needed.

    It happens by itself on the first business day of a year. By hand the till must not be running,
    its day closed, and everything acknowledged by head office or, in a shop of its own, backed up.
    Exit code 75 while something is in the way.
    """
    from pos.commands.till_access import opened_till, reading_till
    from pos.services import rollovers
    from pos.store.rollover import RolloverNotNow

    folder = find_journal(home)
    if dry_run:
        with reading_till(folder) as till:
            _print_plan(rollovers.plan_of(till), as_json=as_json)
        return
    with opened_till(folder) as till:
        year = till.local_iso()[:4]
        try:
            done = rollovers.roll_over(till, year, None if as_json else _print_step)
        except RolloverNotNow as later:
            reasons = "\n".join(one.text(_) for one in later.obstacles)
            fail(reasons, later.hint_text(_), code=TEMPORARY)
    if as_json:
        print_json({"closed": str(done.closed), "opened": str(done.opened), "seq": done.final_seq})
    else:
        click.echo(
            _("✓ The journal goes on in %(opened)s; %(closed)s stays and is only read.")
            % {"opened": done.opened, "closed": done.closed}
        )


def _print_step(step: str) -> None:
    click.echo("  " + _(_STEPS[step]))


def _print_plan(plan: Plan, *, as_json: bool) -> None:
    import msgspec

    if as_json:
        print_json(msgspec.to_builtins(plan, enc_hook=str))
    else:
        click.echo(
            _("%(path)s would be closed: %(entries)s entries, the last is number %(seq)s.")
            % {"path": plan.closes, "entries": plan.entries, "seq": plan.final_seq}
        )
        for table, rows in plan.carried.items():
            if rows:
                click.echo(f"  {table:<16} {rows:>9,}")
        for one in plan.obstacles:
            click.echo("✗ " + one.text(_))
        if not plan.obstacles:
            click.echo(_("✓ Nothing is in the way."))
    if plan.obstacles:
        sys.exit(TEMPORARY)
