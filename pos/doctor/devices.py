"""Printer, drawer and scanners: are they there, and do they answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from drivers.errors import DeviceError, hint_for
from drivers.transports import parse_url
from pos.config import ConfigError, load_settings
from pos.counter import display_profile, scale_profile
from pos.doctor.finding import FAIL, OK, WARN, Finding, found
from pos.i18n import N_
from pos.services.self_test import last_device_test
from pos.store.journal_files import live_journal
from pos.store.locks import JOURNAL_LOCK, is_held


def printer(home: Path) -> Iterator[Finding]:
    """Ask the printer how it is, unless the running till is talking to it."""
    from drivers.registry import printer_from_url
    from pos.services.printer_profiles import printer_profile

    settings = load_settings(home)
    url = settings.printer.url
    if not url:
        yield found(
            WARN,
            N_("none is set"),
            N_("Set printer.url with `pos config set`, or receipt.printing to off."),
        )
        return
    if is_held(home / JOURNAL_LOCK):
        yield found(OK, N_("{url}; the running till is using it"), url=url)
        return
    profile = printer_profile(settings)
    try:
        device = printer_from_url(url, profile)
    except DeviceError as error:
        yield found(FAIL, "{why}", N_("Correct printer.url."), why=str(error))
        return
    try:
        status = device.status()
    finally:
        device.close()
    if profile.status == "none" and not status.known:
        yield _path_of(url, N_("{url}; this profile cannot be asked"))
        return
    if status.trouble:
        yield found(
            FAIL,
            N_("{url}: {trouble}"),
            hint_for(status.trouble),
            url=url,
            trouble=status.trouble,
        )
        return
    yield found(OK, N_("{url} is ready"), url=url)
    if status.paper_near_end:
        yield found(WARN, N_("the paper is near its end"), N_("Have a new roll at hand."))


def drawer(home: Path) -> Iterator[Finding]:
    """The drawer hangs on the printer: without one it never opens."""
    settings = load_settings(home)
    if not settings.drawer.attached:
        yield found(OK, N_("none"))
    elif not settings.printer.url:
        yield found(
            WARN,
            N_("a drawer is set, but no printer to open it"),
            N_("Set printer.url, or drawer.attached to false."),
        )
    else:
        yield found(OK, N_("on the printer, pin {pin}"), pin=settings.drawer.pin)


def scanners(home: Path) -> Iterator[Finding]:
    """Every scanner of the settings."""
    settings = load_settings(home)
    if not settings.scanner:
        yield found(
            WARN,
            N_("none is set: codes are typed, or come from a keyboard scanner"),
            N_("Set a serial scanner: `pos config set scanner.1.url serial:/dev/serial/by-id/…`"),
        )
    for scanner in settings.scanner:
        yield _path_of(scanner.url, N_("{url} is there"))


def scale(home: Path) -> Iterator[Finding]:
    """The scale of the settings, and its model."""
    settings = load_settings(home).scale
    if settings.url:
        yield _known(scale_profile, settings.profile) or _path_of(
            settings.url, N_("{url} is there")
        )


def customer_display(home: Path) -> Iterator[Finding]:
    """The customer's display of the settings, and its model."""
    settings = load_settings(home).customer_display
    if settings.url:
        yield _known(display_profile, settings.profile) or _path_of(
            settings.url, N_("{url} is there")
        )


def _known(profile: Callable[[str], object], name: str) -> Finding | None:
    try:
        profile(name)
    except (ConfigError, DeviceError) as error:
        return found(FAIL, "{why}", N_("Correct the profile in the settings."), why=str(error))
    return None


def device_test(home: Path) -> Iterator[Finding]:
    """What the last test of the counter's devices found, and when it was."""
    if not live_journal(home).is_file():
        return
    last = last_device_test(home)
    if last is None:
        yield found(
            WARN,
            N_("the devices have never been tested"),
            N_("Choose the device test among the functions (0 Enter) of the till."),
        )
        return
    day, body = last
    for part in body.parts:
        if part.verdict in ("fault", "care"):
            yield found(
                FAIL if part.verdict == "fault" else WARN,
                N_("{day}: {part}: {code}"),
                N_("Mend it, and go through the device test again."),
                day=day,
                part=part.part,
                code=part.code,
            )
    if all(part.verdict in ("ok", "absent") for part in body.parts):
        yield found(OK, N_("{day}: everything worked"), day=day)


def _path_of(url: str, good: str) -> Finding:
    """Whether the device file behind a URL is there and may be used."""
    try:
        parsed = parse_url(url)
    except DeviceError as error:
        return found(FAIL, "{why}", N_("Correct its address in the settings."), why=str(error))
    if parsed.scheme not in {"serial", "file", "evdev"}:
        return found(OK, good, url=url)
    path = Path(parsed.rest)
    if not path.exists():
        return found(
            FAIL,
            N_("{url}: not found"),
            N_("Check its cable; `ls /dev/serial/by-id` shows what is plugged in."),
            url=url,
        )
    if not os.access(path, os.R_OK | os.W_OK):
        return found(
            FAIL,
            N_("{url}: this user may not use it"),
            N_("Add the till's user to the group that owns it: usermod -aG dialout USER"),
            url=url,
        )
    return found(OK, good, url=url)
