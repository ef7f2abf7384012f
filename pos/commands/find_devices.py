"""`pos find-devices`: what is plugged in, at which speed it talks, and what to write down for it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from pos.commands.common import HomeCommand, home_option, json_option, print_json
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from drivers.finding import FoundPort

SCAN_WITHIN_S = 30.0


class Found(msgspec.Struct, kw_only=True):
    """What goes into the settings; empty where nothing was found."""

    printer_url: str = ""
    scanner: dict[str, str | int] = {}
    ports: list[str] = []


@click.command("find-devices", cls=HomeCommand)
@home_option
@click.option("--save", is_flag=True, help="Write what was found into the settings.")
@click.option(
    "--scan-within",
    "scan_within_s",
    type=float,
    default=SCAN_WITHIN_S,
    show_default=True,
    help="Seconds to wait for a scan; 0 looks for no scanner.",
)
@click.option("--dev", type=click.Path(path_type=Path), default=Path("/dev"), hidden=True)
@json_option
def find_devices(
    *, home: Path | None, save: bool, scan_within_s: float, dev: Path, as_json: bool
) -> None:
    """Find printer and scanner: ports by their stable names, speeds by trying."""
    from pos.config import pos_home, set_value

    found = look_for_devices(dev, scan_within_s=scan_within_s, quiet=as_json)
    if save:
        folder = pos_home(home)
        if found.printer_url:
            set_value(folder, "printer.url", found.printer_url)
        if found.scanner:
            set_value(folder, "scanner", [found.scanner])
    if as_json:
        print_json(msgspec.to_builtins(found))
        return
    if save and (found.printer_url or found.scanner):
        click.echo(_("Written into the settings."))


def look_for_devices(dev: Path, *, scan_within_s: float, quiet: bool = False) -> Found:
    """Try every port for a printer, then wait for a scan on those that are left."""
    from drivers.finding import find_printer, find_scanner, ports

    def say(text: str) -> None:
        if not quiet:
            click.echo(text)

    there = ports(dev)
    found = Found(ports=[one.path for one in there])
    if not there:
        say(_("No serial port and no USB printer is plugged in."))
        return found
    for port in there:
        say(f"  {port.label}")
    left: list[FoundPort] = []
    for port in there:
        if port.usb_printer:
            found.printer_url = found.printer_url or f"file:{port.path}"
            continue
        printer = None if found.printer_url else find_printer(port.path)
        if printer is None:
            left.append(port)
        else:
            found.printer_url = f"serial:{port.path}?baudrate={printer.baudrate}"
    say(
        _("✓ Printer: %(url)s") % {"url": found.printer_url}
        if found.printer_url
        else _("! No printer answered.")
    )
    if not left or not scan_within_s:
        return found
    say(_("Scan any code now, within %(seconds)s seconds.") % {"seconds": round(scan_within_s)})
    scanner = find_scanner(
        [port.path for port in left],
        timeout_s=scan_within_s,
        on_garbage=lambda baudrate: say(
            _("Garbled: scan again, now at %(baudrate)s baud.") % {"baudrate": baudrate}
        ),
    )
    if scanner is None or scanner.framing is None:
        say(_("! No code came. Check that the scanner is set to USB-COM (serial), not keyboard."))
        return found
    found.scanner = {
        "url": f"serial:{scanner.path}",
        "name": "scanner",
        "baudrate": scanner.baudrate,
        "framing": scanner.framing.value,
    }
    say(
        _("✓ Scanner: %(path)s, %(baudrate)s baud, codes end with %(framing)s, read %(code)s")
        % {
            "path": scanner.path,
            "baudrate": scanner.baudrate,
            "framing": scanner.framing.value,
            "code": scanner.code,
        }
    )
    return found
