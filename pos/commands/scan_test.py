"""`pos scan-test`: what a scanner sends, and what the till makes of it."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.common import CHECK_FAILED, HomeCommand, fail, home_option, json_option
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from drivers.events import ScanEvent, ScannerEvent
    from drivers.ports import Scanner
    from pos.config import Settings


@click.command("scan-test", cls=HomeCommand)
@home_option
@click.option(
    "--scanner", "scanners", multiple=True, metavar="URL", help="serial:PATH; repeatable."
)
@click.option("--count", type=click.IntRange(min=1), help="Stop after so many scans.")
@click.option("--timeout", "timeout_s", type=float, help="Stop after so many seconds.")
@json_option
def scan_test(
    *,
    home: Path | None,
    scanners: tuple[str, ...],
    count: int | None,
    timeout_s: float | None,
    as_json: bool,
) -> None:
    """Show every code that the scanners send: bytes, identifier, meaning, item.

    Ends with Ctrl+C, or by --count or --timeout; exit code 1 when no code came in time.
    """
    from pos.config import load_settings, pos_home

    folder = pos_home(home)
    settings = load_settings(folder)
    urls = scanners or configured_scanners(settings)
    if not urls:
        fail(
            _("This till has no scanner."),
            _("Name one with --scanner serial:PATH, or set scanner.1.url with `pos config set`."),
        )
    seen = show_scans(
        urls, count=count, timeout_s=timeout_s, home=folder, settings=settings, as_json=as_json
    )
    if not seen:
        fail(
            _("No code came."),
            _("Check the cable, and that the scanner is set to USB-COM (serial), not keyboard."),
            code=CHECK_FAILED,
        )


def configured_scanners(settings: Settings) -> tuple[str, ...]:
    """URLs of the settings' scanners with their line settings."""
    from pos.scanners import named_scanner_urls

    return tuple(url for _source, url in named_scanner_urls(settings))


def show_scans(
    urls: Sequence[str],
    *,
    count: int | None,
    timeout_s: float | None,
    home: Path | None = None,
    settings: Settings | None = None,
    as_json: bool = False,
) -> int:
    """Print scans until `count` came or the time is up; returns how many came."""
    from drivers.errors import Illegal

    try:
        return asyncio.run(
            _listen(urls, _Printer(home, settings, count, as_json=as_json), timeout_s)
        )
    except Illegal as error:
        fail(str(error), _("A scanner is named by its URL, such as serial:/dev/ttyACM0."))
    except KeyboardInterrupt:
        return 1


async def _listen(urls: Sequence[str], printer: _Printer, timeout_s: float | None) -> int:
    from drivers.registry import scanner_from_url
    from pos.scanners import scanner_profile

    devices = [
        scanner_from_url(url, f"scanner{n}", scanner_profile)
        for n, url in enumerate(urls, start=1)
    ]
    for url, device in zip(urls, devices, strict=True):
        printer.introduce(device, url)
    for device in devices:
        device.subscribe(printer.hear)
        device.open()
        device.claim()
        device.enable()
    try:
        await asyncio.wait_for(printer.enough.wait(), timeout_s)
    except TimeoutError:
        pass
    finally:
        for device in devices:
            device.close()
    return printer.seen


def _readable(data: bytes) -> str:
    """The code as text, its separators as pictures."""
    text = data.decode("ascii", "backslashreplace")
    return "".join(chr(0x2400 + ord(one)) if one < " " else one for one in text)


def _pack_facts(found: object) -> dict[str, str]:
    """What a code says beside its item: label, batch, date, serial, weight, price."""
    names = (
        *("layout", "quantity_milli", "amount_minor", "format", "add_on", "product_code"),
        *("batch", "expiry", "best_before", "serial", "net_weight_milli", "price_minor"),
        *("command", "masked"),
    )
    facts = {name: getattr(found, name, None) for name in names}
    return {name: str(value) for name, value in facts.items() if value is not None}


class _Printer:
    """Prints scanner events and counts the codes."""

    def __init__(
        self, home: Path | None, settings: Settings | None, count: int | None, *, as_json: bool
    ) -> None:
        self.seen = 0
        self.enough = asyncio.Event()
        self._home = home
        self._settings = settings
        self._count = count
        self._json = as_json

    def introduce(self, device: Scanner, url: str) -> None:
        """Say how this scanner is listened to."""
        profile = getattr(device, "profile", None)
        if profile is None:
            return
        self._say(
            {
                "event": "scanner",
                "source": device.source,
                "url": url.partition("?")[0],
                "profile": profile.name,
                "framing": profile.framing.value,
                "identifier": profile.identifier,
                "reread_ms": profile.reread_ms,
                "acknowledges": bool(profile.ack) or profile.framing.value == "ssi",
                "feedback": sorted(kind.value for kind in profile.feedback),
            }
        )

    def hear(self, event: ScannerEvent) -> None:
        """Print one event."""
        from drivers.events import ScanEvent, ScannerStatus

        if isinstance(event, ScanEvent):
            self._scan(event)
            self.seen += 1
            if self._count is not None and self.seen >= self._count:
                self.enough.set()
        elif isinstance(event, ScannerStatus):
            self._say({"event": event.state.value, "source": event.source, "why": event.detail})
        else:
            self._say({"event": "rejected", "source": event.source, "why": event.reason.value})

    def _scan(self, event: ScanEvent) -> None:
        from pos.domain.barcode import ScanContext, classify, lookup_keys, mask_payment_codes

        layouts = self._settings.barcode.layouts() if self._settings is not None else ()
        found = classify(
            event.data,
            symbology_id=event.symbology_id,
            layouts=layouts,
            context=ScanContext.SALE,
            today_year=time.localtime().tm_year,
            upc_e=self._settings is not None
            and self._settings.barcode.eight_digits_from_zero == "upce",
        )
        text = mask_payment_codes(_readable(event.data))
        fact = {
            "event": "scan",
            "source": event.source,
            "data": text,
            "identifier": event.symbology_id or "",
            "meaning": type(found).__name__,
            "detail": str(getattr(found, "reason", "")),
            "keys": [mask_payment_codes(key) for key in lookup_keys(found)],
        }
        fact |= _pack_facts(found)
        fact["item"] = self._item(lookup_keys(found))
        self._say(fact)

    def _item(self, wanted: Sequence[str]) -> str:
        if self._home is None:
            return ""
        from datetime import date

        from pos.store.reference import ReferenceReader

        reader = ReferenceReader(self._home)
        try:
            today = date.today().isoformat()  # noqa: DTZ011 - the shop's own calendar
            hit = reader.find_code(wanted, today)
        finally:
            reader.close()
        return f"{hit.item.item_code} {hit.item.name}" if hit is not None else ""

    def _say(self, fact: dict[str, Any]) -> None:
        if self._json:
            click.echo(json.dumps(fact, ensure_ascii=False))
        else:
            click.echo("  ".join(str(value) for value in fact.values() if value not in ("", [])))
        sys.stdout.flush()
