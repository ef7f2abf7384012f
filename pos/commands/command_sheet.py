"""`pos command-sheet`: the codes that drive the till without a keyboard, on paper."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.common import (
    TEMPORARY,
    HomeCommand,
    fail,
    find_home,
    home_option,
    json_option,
    print_json,
)
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from drivers.document import Document


@click.command("command-sheet", cls=HomeCommand)
@home_option
@click.option("--print", "on_paper", is_flag=True, help="Print it on the receipt printer.")
@click.option("--printer", metavar="URL", help="Print it here instead of the configured printer.")
@click.option("--columns", type=click.IntRange(24, 64), help="32 for 58 mm paper, 48 for 80 mm.")
@json_option
def command_sheet(
    *,
    home: Path | None,
    on_paper: bool,
    printer: str | None,
    columns: int | None,
    as_json: bool,
) -> None:
    """Show or print the sheet of command codes: quantity, park, void, pay and others.

    Hang it beside the scanner. A code is a key press: it asks for the same approvals, answers no
    question on the screen, and pays nothing but exact cash.
    """
    folder = find_home(home)
    if as_json:
        print_json(_rows())
    elif on_paper or printer:
        _print(folder, printer)
    else:
        from drivers.document_layout import render_text
        from pos.config import load_settings
        from pos.services.printer_profiles import own_columns

        width = columns or own_columns(load_settings(folder))
        click.echo(render_text(sheet_document(), width))


def sheet_document() -> Document:
    """The sheet: each code's words with its Code 128 below."""
    from drivers.document import Barcode, Cut, Document, Rule, Text
    from pos.domain.barcode import COMMAND_PREFIX
    from pos.ui.command_codes import SHEET, label_of

    elements: list[Any] = [Text(_("Command codes"), align="center", bold=True), Rule()]
    for one in SHEET:
        elements += [
            Text(label_of(one), align="center"),
            Barcode(f"{COMMAND_PREFIX}{one.code}", hri=False),
            Text(""),
        ]
    return Document((*elements, Cut()))


def _rows() -> list[dict[str, str]]:
    from pos.domain.barcode import COMMAND_PREFIX
    from pos.ui.command_codes import SHEET, label_of

    return [{"code": f"{COMMAND_PREFIX}{one.code}", "does": label_of(one)} for one in SHEET]


def _print(folder: Path, url: str | None) -> None:
    from drivers.errors import DeviceError, hint_for
    from drivers.events import PrintOutcome
    from drivers.registry import printer_from_url
    from pos.config import load_settings
    from pos.services.printer_profiles import printer_profile, printer_url

    settings = load_settings(folder)
    wanted = url or printer_url(settings)
    if not wanted:
        fail(
            _("This till has no printer."),
            _("Name one with --printer, or leave --print out and print the text elsewhere."),
        )
    try:
        device = printer_from_url(wanted, printer_profile(settings), name="command-sheet")
    except DeviceError as error:
        fail(str(error))
    try:
        report = device.print_document(sheet_document(), "command-sheet")
    finally:
        device.close()
    if report.outcome is not PrintOutcome.PRINTED:
        fail(_("Not printed: {why}").format(why=_(hint_for(report.code))), code=TEMPORARY)
    click.echo(_("The sheet is printed."))
