"""`pos-sync`: the uploader's command line. What a command needs is imported when it runs."""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

import click

from pos.i18n import gettext as _
from pos.i18n import set_language, terminal_language
from pos.version import __version__

set_language(terminal_language() or "en")  # before the options below read their help texts

_HOME = click.option(
    "--home",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help=_("The till's folder; POS_HOME when not given."),
)


@click.group()
@click.version_option(__version__, prog_name="pos-sync")
def cli() -> None:
    """Bring a till's journal to head office, and its catalogue down."""


@cli.command()
@_HOME
@click.option("--parent-pid", default=0, help=_("End when this process is gone."))
def run(home: Path | None, parent_pid: int) -> None:
    """Exchange with head office until stopped; a till that has none yet gets its item lists in."""
    from sync.life import Life
    from sync.lone import wait_for_head_office
    from sync.worker import Worker

    life = Life(parent_pid)
    life.handle_signals()
    place = _place(home)
    if (place / "guitai.toml").exists() and not wait_for_head_office(place, _log(place), life):
        return
    uploader, log = _open(home, "pos-sync run")
    try:
        Worker(uploader, log, life).run()
    finally:
        uploader.close()


@cli.command()
@_HOME
@click.option("--json", "as_json", is_flag=True, help=_("Print the outcome as JSON."))
def once(home: Path | None, *, as_json: bool) -> None:
    """Push and pull everything; ends with 0 when drained, 75 when head office is out of reach."""
    from sync.worker import Worker

    uploader, log = _open(home, "pos-sync once", hasty=True)
    try:
        worker = Worker(uploader, log)
        worker.life.handle_signals()
        outcome = worker.once()
    finally:
        uploader.close()
    if as_json:
        click.echo(
            json.dumps(
                {
                    "drained": outcome.exit_code == 0,
                    "unsent": outcome.unsent,
                    "last_error": outcome.last_error,
                },
                ensure_ascii=False,
            )
        )
    elif outcome.exit_code:
        click.echo(
            _("%(unsent)d entries are still to be sent: %(error)s")
            % {"unsent": outcome.unsent, "error": outcome.last_error or _("stopped")},
            err=True,
        )
    sys.exit(outcome.exit_code)


@cli.command()
@_HOME
@click.option("--json", "as_json", is_flag=True, help=_("Print as JSON."))
def status(home: Path | None, *, as_json: bool) -> None:
    """Show what is unsent, since when, and what the last trouble was."""
    facts = _facts(_place(home))
    if as_json:
        click.echo(json.dumps(facts, ensure_ascii=False, indent=2))
        return
    if not facts["enrolled"]:
        click.echo(_("Not enrolled: this shop stands alone."))
    age = facts["oldest_unsent_age_ms"]
    click.echo(
        _("%(state)s · %(unsent)d unsent%(age)s · acknowledged %(acked)d")
        % {
            "state": _("online") if facts["online"] else _("offline"),
            "unsent": facts["unsent"],
            "age": ""
            if age is None
            else _(" (oldest %(minutes)d min)") % {"minutes": age // 60000},
            "acked": sum(facts["acked"].values()),
        }
    )
    if facts["last_error"]:
        click.echo(_("Last trouble: %(error)s") % {"error": facts["last_error"]})
    if not facts["running"]:
        click.echo(_("The uploader is not running."))
    _show_lists(_place(home))


@cli.command()
@_HOME
@click.option("--epoch", default="", help=_("Epoch id; the newest when not given."))
@click.option(
    "--from",
    "from_seq",
    type=click.IntRange(min=1),
    required=True,
    help=_("First entry to send again."),
)
def resend(home: Path | None, epoch: str, from_seq: int) -> None:
    """Send entries again from a sequence on; head office takes each of them once."""
    from sync.push import RESEND

    uploader, log = _open(home, "pos-sync resend", hasty=True)
    try:
        heads = uploader.outbox.epochs()
        head = next((h for h in reversed(heads) if epoch in ("", h.epoch)), None)
        if head is None:
            _fail(_("There is no such epoch in this journal."))
        digest = uploader.outbox.hash_at(head, from_seq - 1)
        acked = uploader.inbox.acked_seq(head.epoch)
        if digest is None or from_seq > acked:
            _fail(
                _("Entries from %(first)d on have not been sent yet.")
                % {"first": min(from_seq, acked + 1)}
            )
        uploader.inbox.set_metas({RESEND: head.epoch})
        uploader.inbox.set_ack(
            head.epoch, from_seq - 1, digest.hex(), incarnation=uploader.inbox.incarnation
        )
        log.info("resend asked for", epoch=head.epoch, first=from_seq)
        click.echo(
            _("Entries %(first)d to %(last)d will be sent again.")
            % {"first": from_seq, "last": acked}
        )
    finally:
        uploader.close()


@cli.command()
@_HOME
@click.option("--url", required=True, help=_("Head office's address."))
@click.option("--code", required=True, help=_("The one-use code that `hq enrol` printed."))
@click.option("--ca-file", default="", help=_("Certificates to trust instead of the system's."))
@click.option("--json", "as_json", is_flag=True, help=_("Print the identity as JSON."))
def enrol(home: Path | None, url: str, code: str, ca_file: str, *, as_json: bool) -> None:
    """Make this till a workstation of head office."""
    import msgspec

    from sync.enrolment import enrol as enrol_home

    place = _place(home)
    enrolled = enrol_home(place, url=url, code=code, ca_file=ca_file)
    answer = enrolled.answer
    if as_json:
        click.echo(json.dumps(msgspec.to_builtins(answer), ensure_ascii=False))
        return
    click.echo(
        _("This till is workstation %(workstation)s of store %(store)s %(name)s (%(currency)s).")
        % {
            "workstation": answer.workstation_id,
            "store": answer.store_id,
            "name": answer.store_name,
            "currency": answer.currency,
        }
    )
    if enrolled.again:
        click.echo(_("It kept the identity that it had before."))
    click.echo(
        _("Next: `pos-sync once` fetches people and goods; `pos run` then keeps the line open.")
    )
    click.echo(_("Keep the folder `keys` private: it is what head office knows this till by."))


@cli.command("rotate-key")
@_HOME
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(min=0),
    default=20.0,
    show_default=True,
    help=_("Seconds to wait for a running uploader to change it."),
)
def rotate_key(home: Path | None, wait_s: float) -> None:
    """Change this till's key; head office refuses the old one once the new one was used."""
    from pos.store.errors import FileLocked
    from sync import rotation
    from sync.enrolment import load_key
    from sync.worker import Worker

    place = _place(home)
    load_key(place)  # a home without a key has nothing to change
    rotation.ask(place)
    try:
        uploader, log = _open(place, "pos-sync rotate-key", hasty=True)
    except FileLocked:
        # A running uploader sees the request and does it.
        if not rotation.await_done(place, wait_s):
            click.echo(_("The uploader has not changed the key yet; it goes on trying."), err=True)
            sys.exit(75)
    else:
        try:
            why = uploader.change_key()
            if why:
                click.echo(_("The key was not changed: %(why)s") % {"why": why}, err=True)
                sys.exit(75)
            Worker(uploader, log).once()
        finally:
            uploader.close()
    click.echo(_("This till signs with a new key."))


@cli.command()
@_HOME
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help=_("File to write."),
)
@click.option("--all", "everything", is_flag=True, help=_("Every entry of every epoch."))
@click.option("--unsent", is_flag=True, help=_("Only what is not acknowledged (the default)."))
def export(home: Path | None, out: Path, *, everything: bool, unsent: bool) -> None:
    """Write journal entries to a signed segment file, for `hq ingest`."""
    from sync.segments import export_segments

    if everything and unsent:
        _fail(_("Choose --all or --unsent."))
    _exported(export_segments(_place(home), out, everything=everything))


@cli.command("pull-back")
@_HOME
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    required=True,
    help=_("File to write."),
)
@click.option("--epoch", required=True, help=_("Epoch id; `pos-sync status --json` lists them."))
def pull_back(home: Path | None, out: Path, epoch: str) -> None:
    """Fetch this till's own entries back from head office into a segment file."""
    from sync.segments import pull_back as fetch

    uploader, _log = _open(home, "pos-sync pull-back", hasty=True)
    try:
        _exported(fetch(uploader.home, out, epoch, uploader.client.carry))
    finally:
        uploader.close()


def main(arguments: list[str] | None = None) -> None:
    """Run `pos-sync`; errors that carry a hint are sentences, never a trace."""
    try:
        cli.main(args=arguments, prog_name="pos-sync")
    except Exception as error:  # the outermost edge: anything with a hint becomes a sentence
        hint = getattr(error, "hint", None)
        if not isinstance(hint, str) or isinstance(error, click.ClickException):
            raise
        text, advice = str(error), hint
        if hasattr(error, "text") and hasattr(error, "hint_text"):
            text, advice = error.text(_), error.hint_text(_)
        click.echo(f"{text}\n{advice}".strip(), err=True)
        sys.exit(2)


def _place(home: Path | None) -> Path:
    from pos.config.paths import pos_home

    return pos_home(home)


def _show_lists(place: Path) -> None:
    """What became of the item list that `pos import` left last, and how many still wait."""
    from pos.store import item_inbox

    waiting, last = len(item_inbox.waiting(place)), item_inbox.last_result(place)
    if waiting:
        click.echo(_("Item lists that wait in the inbox: %(count)d") % {"count": waiting})
    if last is None:
        return
    if last.plan is None:
        why = last.error.text(_) if last.error is not None else ""
        click.echo(
            _("Last item list %(file)s: refused. %(why)s") % {"file": last.file, "why": why}
        )
        return
    click.echo(
        _("Last item list %(file)s: %(rows)d items imported, %(bad)d rows left out")
        % {"file": last.file, "rows": last.plan.rows, "bad": last.plan.bad_rows}
    )
    for problem in [p for p in last.plan.problems if not p.kept][:5]:
        click.echo(f"  {problem.text(_)}")


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)


def _exported(done: Any) -> None:
    click.echo(
        _("%(entries)d entries of %(epochs)d epochs written to %(path)s")
        % {"entries": done.entries, "epochs": done.epochs, "path": done.path}
    )


def _open(home: Path | None, command: str, *, hasty: bool = False) -> tuple[Any, Any]:
    """The uploader and its log; `hasty` gives up soon instead of waiting for ever."""
    import msgspec

    from pos.config import load_settings
    from sync.uploader import Uploader, pace_of

    place = _place(home)
    settings = load_settings(place)
    log = _log(place)
    pace = pace_of(settings)
    if hasty:
        pace = msgspec.structs.replace(pace, backoff_base_ms=250)
    return Uploader(place, settings=settings, pace=pace, command=command), log


def _log(place: Path) -> Any:
    from pos.config import load_settings
    from pos.logs import open_log

    logs = load_settings(place).logs
    return open_log(
        place / "logs" / "sync.log", level=logs.level, max_bytes=logs.max_bytes, keep=logs.keep
    )


def _facts(home: Path) -> dict[str, Any]:
    """How the exchange stands, from the two files, without taking any lock."""
    import msgspec

    from pos.store import item_inbox
    from pos.store.locks import REFERENCE_LOCK, is_held
    from pos.store.reference import ReferenceReader
    from sync.outbox import Outbox

    reference, outbox = ReferenceReader(home), Outbox(home)
    try:
        acked = {epoch: row.acked_seq for epoch, row in reference.acked().items()}
        unsent = outbox.unsent(acked)
        running = is_held(home / REFERENCE_LOCK)

        def number(key: str) -> int | None:
            text = reference.meta(key) or ""
            return int(text) if text.lstrip("-").isdigit() else None

        now_ms = time.time_ns() // 1_000_000
        oldest = unsent.oldest_utc_ms
        return {
            "enrolled": bool(reference.meta("workstation_uuid")),
            "store_id": reference.meta("store_id") or "",
            "workstation_id": reference.meta("workstation_id") or "",
            "running": running,
            "online": running and reference.meta("online") == "1",
            "unsent": unsent.count,
            "oldest_unsent_ms": oldest,
            "oldest_unsent_age_ms": None if oldest is None else max(0, now_ms - oldest),
            "acked": acked,
            "epochs": {head.epoch: head.max_seq for head in outbox.epochs()},
            "last_success_ms": number("last_success_ms"),
            "last_error": reference.meta("last_error") or "",
            "head_office_offset_ms": number("head_office_offset_ms"),
            "catalogue_version": reference.catalogue_version(),
            "lists_waiting": len(item_inbox.waiting(home)),
            "last_list": msgspec.to_builtins(item_inbox.last_result(home)),
            "directives": [directive.kind for directive in reference.directives()],
            "pid": os.getpid(),
        }
    finally:
        outbox.close()
        reference.close()
