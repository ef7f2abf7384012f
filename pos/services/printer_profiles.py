"""Profiles of printers by name, and what they say of the paper: its cells, and what is drawn on it.

A profile is a file of `config/printers` (label printers: `config/printers/labels`).
"""

from __future__ import annotations

import logging
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlencode

from drivers.document import Document, Picture, StoredPicture
from drivers.document_layout import render_text
from drivers.errors import Illegal
from drivers.escpos.compiler import has_rare
from drivers.escpos.fonts import find_font
from drivers.escpos.pictures import load_picture
from drivers.escpos.profile import PrinterProfile, profile_from_mapping
from drivers.labels.profile import LabelProfile, label_profile_from_mapping
from pos.config import ConfigError, Settings, config_dir
from pos.config.device_profiles import device_profile


def printer_profile(settings: Settings) -> PrinterProfile:
    """The profile of the till's own printer, with what the settings say of this very one.

    Raises ConfigError for a profile that is not there, drivers' `Illegal` for a faulty one.
    """
    profile = receipt_profile(settings.printer.profile, "printer.profile")
    own = {
        key: value
        for key, setting, value in (
            ("drawer_pin", "drawer.pin", settings.drawer.pin),
            ("drawer_pulse_ms", "drawer.pulse_ms", settings.drawer.pulse_ms),
            ("status_timeout_ms", "printer.status_timeout_ms", settings.printer.status_timeout_ms),
            ("write_timeout_ms", "printer.write_timeout_ms", settings.printer.write_timeout_ms),
        )
        if _chosen(settings, setting)
    }
    if not settings.drawer.attached:
        own["drawer_pin"] = 0
    return replace(profile, **own)  # type: ignore[arg-type]  # values are named and checked above


def check_profiles(settings: Settings) -> None:
    """Every profile that the settings name is there; ConfigError names the first that is not."""
    printer_profile(settings)
    for position, printer in enumerate(settings.more_printers, start=1):
        load = label_profile if printer.role == "label" else receipt_profile
        load(printer.profile, f"more_printers[{position}].profile")


def receipt_profile(name: str, key: str = "printer.profile") -> PrinterProfile:
    """The receipt printer's profile called `name`; `key` is the setting that names it."""
    return profile_from_mapping(device_profile("printers", name, key))


def label_profile(name: str, key: str = "printer.profile") -> LabelProfile:
    """The label printer's profile called `name`."""
    return label_profile_from_mapping(device_profile("printers/labels", name, key))


def printer_url(settings: Settings) -> str:
    """Where the till's own printer is, with the line settings of a serial one."""
    printer = settings.printer
    if not printer.url.startswith("serial:") or "?" in printer.url:
        return printer.url
    options: dict[str, str | int] = {
        "baudrate": printer.baudrate,
        "bytesize": printer.bytesize,
        "parity": {"none": "N", "even": "E", "odd": "O"}[printer.parity],
        # DSR/DTR does not exist in the kernel's line layer: such a printer is wired to RTS/CTS.
        "flow": {"rts-cts": "rtscts", "dsr-dtr": "rtscts", "xon-xoff": "xonxoff"}.get(
            printer.flow_control, "none"
        ),
    }
    return f"{printer.url}?{urlencode(options)}"


def own_columns(settings: Settings) -> int:
    """Cells of the till's own paper."""
    try:
        return receipt_profile(settings.printer.profile).columns
    except ConfigError:
        return _COLUMNS


def logo(setting: str, settings: Settings) -> Picture | StoredPicture | None:
    """The logo of the setting: a picture file, or `nv:1` for one in the printer's own memory.

    A picture that cannot be read leaves the receipt without one; `pos doctor` says why.
    """
    if not setting:
        return None
    kind, _, number = setting.partition(":")
    if kind == "nv" and number.isdecimal():
        return StoredPicture(int(number))
    try:
        return load_picture(setting, receipt_profile(settings.printer.profile).dots)
    except (Illegal, ConfigError) as error:
        _logger.warning("logo %s: %s", setting, error)
        return None


def preview(document: Document, columns: int, settings: Settings) -> str:
    """The slip as text, cell for cell as the till's own printer puts it out."""
    return render_text(document, columns, rare=has_rare(document) and _draws(settings))


_COLUMNS = 48
_logger = logging.getLogger(__name__)


def _draws(settings: Settings) -> bool:
    """Whether characters outside GBK come out as pictures."""
    try:
        profile = receipt_profile(settings.printer.profile)
    except ConfigError:
        return False
    return profile.draws and find_font(profile.font) is not None


def _chosen(settings: Settings, key: str) -> bool:
    """Whether the shop wrote this setting itself: then it goes over the profile."""
    origin = settings.origins.get(key, "")
    return bool(origin) and Path(origin).parent != config_dir()
