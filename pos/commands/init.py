"""`pos init`: make this machine a till, with questions or without."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.common import TEMPORARY, HomeCommand, fail, home_option, json_option, print_json
from pos.i18n import N_
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from pos.commands.init_answers import Answers
    from pos.setup import SetUp

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_SETTINGS = {
    "store_id": "store.store_id",
    "store_name": "store.name",
    "phone": "store.phone",
    "address": "store.address",
    "currency": "store.currency",
    "workstation": "workstation.workstation_id",
    "label": "workstation.label",
    "language": "ui.language",
    "preset": "rules.preset",
    "opening_count": "stock.opening_count",
    "receipts": "receipt.printing",
    "receipt_language": "receipt.language",
    "printer": "printer.url",
    "printer_profile": "printer.profile",
    "pin_length": "security.pin_length_min",
    "pin_length_managers": "security.pin_length_min_manager",
    "ca_file": "sync.ca_file",
}
"""Option → the setting that it stands for."""


@click.command(cls=HomeCommand)
@home_option
@click.option("--answers", "answers_file", type=_FILE, help="TOML file with the answers.")
@click.option("--store-id", help="Number of the store, such as 0101.")
@click.option("--store-name", help="Name on the receipt.")
@click.option("--phone", help="Telephone on the receipt.")
@click.option("--address", help="Address on the receipt.")
@click.option("--currency", help="Three ISO letters, such as CNY.")
@click.option("--workstation", help="Number of this till in the store, such as 01.")
@click.option("--label", help="What people call this till.")
@click.option("--language", type=click.Choice(["zh_CN", "en"]), help="Language of the screen.")
@click.option("--preset", help="Kind of shop: supermarket, convenience, counter or pharmacy.")
@click.option(
    "--opening-count",
    type=click.Choice(["required", "waived"]),
    help="Whether the shop is counted before it sells.",
)
@click.option("--header", multiple=True, metavar="LINE", help="Line under the name; repeatable.")
@click.option("--footer", multiple=True, metavar="LINE", help="Line at the foot; repeatable.")
@click.option("--receipts", type=click.Choice(["always", "ask", "off"]), help="When to print.")
@click.option("--receipt-language", type=click.Choice(["zh", "en", "both"]), help="Of receipts.")
@click.option("--printer", metavar="URL", help="serial:PATH, tcp:HOST:PORT or file:PATH.")
@click.option("--printer-profile", help="Profile of config/printers, such as generic-58.")
@click.option("--scanner", "scanners", multiple=True, metavar="URL", help="serial:PATH.")
@click.option("--tenders", metavar="LIST", help="Tenders that are on, such as cash,wechat=5.")
@click.option("--operator", "operators", multiple=True, metavar="ID:NAME:ROLE:PIN")
@click.option("--pin-length", type=int, help="Shortest PIN.")
@click.option("--pin-length-managers", type=int, help="Shortest PIN of those who approve.")
@click.option("--items", type=_FILE, help="Item list, CSV or XLSX.")
@click.option("--classes", type=_FILE, help="Item classes, CSV class_code,name.")
@click.option("--effective-day", metavar="DAY", help="Business day from which prices hold.")
@click.option("--quick-keys", type=_FILE, help="TOML file with [[quick_keys]].")
@click.option("--set", "others", multiple=True, metavar="KEY=VALUE", help="Any other setting.")
@click.option("--head-office", "head_office_url", metavar="URL", help="Enrol at this head office.")
@click.option("--ca-file", help="Certificates to trust for head office.")
@click.option("--code", help="One-use enrolment code of head office.")
@click.option("--reconfigure", is_flag=True, help="Change a till that is set up; nothing is lost.")
@click.option("--new-recovery-code", is_flag=True, help="Print a new one; the old one ends.")
@click.option("--no-input", is_flag=True, help="Ask nothing: what is missing is an error.")
@json_option
def init(home: Path | None, *, as_json: bool, **options: Any) -> None:
    """Set up this workstation: store, people, tenders, devices, items.

    At a terminal it asks for what the options leave open; with --answers, --no-input or without a
    terminal it asks nothing. A shop that stands alone needs no head office.
    """
    from pos.config import load_roles, load_settings, pos_home
    from pos.setup import SetUpRefused, is_set_up, set_up_home

    folder = pos_home(home)
    if is_set_up(folder) and not options["reconfigure"]:
        raise SetUpRefused(
            N_("{home} is set up already."),
            hint=N_("`pos init --reconfigure` changes it and keeps what it has."),
            home=folder,
        )
    answers = _collect(folder, options)
    enrols = bool(answers.head_office_url)
    asks = sys.stdin.isatty() and not (options["no_input"] or options["answers_file"] or as_json)
    if asks:
        from pos.commands.init_wizard import ask_all

        ask_all(answers, load_settings(folder), load_roles(folder), alone=not enrols)
    if enrols:
        _enrol(folder, answers)
    bar = _Bar(quiet=as_json)
    done = set_up_home(
        folder,
        values=answers.values,
        operators=answers.operators,
        quick_keys=answers.quick_keys,
        items=answers.items,
        classes=answers.classes,
        effective_day=answers.effective_day or _today(),
        reconfigure=options["reconfigure"],
        new_recovery_code=options["new_recovery_code"],
        progress=bar.show,
    )
    bar.close()
    if enrols:
        done = _fetched(folder, done)
    _report(done, as_json=as_json)
    if enrols and not done.operators and not as_json:
        click.secho(
            _("Nobody can sign on yet: people and goods come from head office."), fg="yellow"
        )
        click.echo(_("Fetch them with `pos-sync once`; `pos run` goes on fetching by itself."))
    if asks:
        _offer_tests(folder)


def _collect(folder: Path, options: dict[str, Any]) -> Answers:
    """The answers file first, options over it."""
    from pos.commands.init_answers import (
        Answers,
        choose_tenders,
        parse_operator,
        parse_setting,
        read_answers,
        read_quick_keys,
    )

    file = options["answers_file"]
    answers = read_answers(file) if file is not None else Answers()
    for option, key in _SETTINGS.items():
        if options[option] is not None:
            answers.values[key] = options[option]
    for option, key in (("header", "header_lines"), ("footer", "footer_lines")):
        if options[option]:
            answers.values[f"receipt.{key}"] = list(options[option])
    if options["scanners"]:
        answers.values["scanner"] = [{"url": url} for url in options["scanners"]]
    if options["tenders"]:
        answers.values["payment.tenders"] = choose_tenders(folder, options["tenders"])
    answers.values.update(parse_setting(text) for text in options["others"])
    answers.operators += [parse_operator(text) for text in options["operators"]]
    if options["quick_keys"] is not None:
        answers.quick_keys = read_quick_keys(options["quick_keys"])
    answers.items = options["items"] or answers.items
    answers.classes = options["classes"] or answers.classes
    answers.effective_day = options["effective_day"] or answers.effective_day
    answers.head_office_url = options["head_office_url"] or answers.head_office_url
    answers.code = options["code"] or answers.code
    return answers


def _enrol(folder: Path, answers: Answers) -> None:
    """Enrol first: head office says which store and till this is (R1)."""
    from pos.config import HomePaths
    from pos.setup import SetUpRefused, is_enrolled
    from pos.store.reference import ReferenceReader
    from pos.supervisor import ChildFailed, run_command

    if answers.operators or answers.items is not None:
        raise SetUpRefused(
            N_("With head office, operators and items come from there."),
            hint=N_("Leave --operator and --items out, or set the shop up without --head-office."),
        )
    HomePaths(folder).create()
    if not is_enrolled(folder):
        if not answers.code:
            raise SetUpRefused(
                N_("--code is missing."),
                hint=N_("`hq enrol --store S --workstation W` at head office gives one."),
            )
        arguments = ["sync", "enrol", "--home", str(folder), "--url", answers.head_office_url]
        if answers.values.get("sync.ca_file"):
            arguments += ["--ca-file", str(answers.values["sync.ca_file"])]
        try:
            run_command([*arguments, "--code", answers.code])
        except ChildFailed as error:
            fail(_("Head office did not enrol this till."), error.hint, code=TEMPORARY)
    reference = ReferenceReader(folder)
    try:
        for name, key in (
            ("store_id", "store.store_id"),
            ("workstation_id", "workstation.workstation_id"),
            ("store_name", "store.name"),
            ("currency", "store.currency"),
        ):
            given = reference.meta(f"identity.{name}")
            if given:
                answers.values[key] = given
    finally:
        reference.close()
    answers.values["sync.head_office_url"] = answers.head_office_url


def _fetched(folder: Path, done: SetUp) -> SetUp:
    """Bring head office's people and goods, so that the first sign-on works; later will do too."""
    import msgspec

    from pos.store.reference import ReferenceReader
    from pos.supervisor import ChildFailed, run_command

    with contextlib.suppress(ChildFailed):
        run_command(["sync", "once", "--home", str(folder)])
    reference = ReferenceReader(folder)
    try:
        return msgspec.structs.replace(
            done, operators=len(reference.operators()), items_fetched=reference.item_count()
        )
    finally:
        reference.close()


def _today() -> str:
    from datetime import date

    return date.today().isoformat()  # noqa: DTZ011 - the shop's own calendar, as its clock shows it


class _Bar:
    """A progress bar for the import; silent where nobody looks."""

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._bar: Any = None

    def show(self, rows: int, fraction: float) -> None:
        """Bring the bar up to date."""
        if self._quiet:
            return
        if self._bar is None:
            self._bar = click.progressbar(length=1000, label=_("Importing"), file=sys.stderr)
            self._bar.__enter__()
        self._bar.update(max(0, round(fraction * 1000) - self._bar.pos))

    def close(self) -> None:
        """End the bar's line."""
        if self._bar is not None:
            self._bar.__exit__(None, None, None)


def _report(done: SetUp, *, as_json: bool) -> None:
    import msgspec

    if as_json:
        print_json(msgspec.to_builtins(done, enc_hook=str))
        return
    click.echo(_("%(home)s is a till now.") % {"home": done.home})
    click.echo(
        _("%(operators)s operators, %(items)s items, %(keys)s quick keys.")
        % {
            "operators": done.operators,
            "items": done.items.rows if done.items is not None else done.items_fetched,
            "keys": done.quick_keys,
        }
    )
    for problem in done.items.problems[:20] if done.items is not None else ():
        click.echo(f"  {problem.text(_)}", err=True)
    if done.recovery_code:
        click.secho(_("Recovery code: %(code)s") % {"code": done.recovery_code}, bold=True)
        click.echo(_("Write it down and lock it away: it is shown once and sets any PIN anew."))
    click.echo(_("Open the till with `pos run`, check it with `pos doctor`."))


def _offer_tests(folder: Path) -> None:
    """A test print and a test scan, when the devices are there (experience §5)."""
    from pos.config import load_settings

    settings = load_settings(folder)
    if settings.printer.url and click.confirm(_("Print a test page now?"), default=True):
        from pos.commands.receipt import print_test_page

        print_test_page(settings)
    if settings.scanner and click.confirm(_("Try the scanner now?"), default=True):
        from pos.commands.scan_test import configured_scanners, show_scans

        show_scans(configured_scanners(settings), count=1, timeout_s=30.0)
