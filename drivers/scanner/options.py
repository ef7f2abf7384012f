"""What a scanner's URL says over its profile: ``?profile=honeywell&baudrate=115200&reread_ms=300``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from drivers.errors import Illegal
from drivers.scanner.framing import Framing
from drivers.scanner.profile import GENERIC, ScannerProfile
from drivers.serial_port import SerialSettings
from drivers.transports import DeviceUrl, number_option, serial_settings

ProfileNamed = Callable[[str], ScannerProfile]
"""Gives a profile by its name; Illegal, with the names there are, for one that is not there."""

OPTIONS: Final = frozenset(
    {"profile", "framing", "gap_ms", "reread_ms", "max_length", "eight_bit", "identifier"}
)


def only_generic(name: str) -> ScannerProfile:
    """The profiles of a program without configuration."""
    if name != GENERIC.name:
        raise Illegal(f"profile: expected {GENERIC.name}, got {name!r}")
    return GENERIC


def profile_over(url: DeviceUrl, profile_named: ProfileNamed) -> ScannerProfile:
    """The profile that ``url`` names, with the options of ``url`` over it.

    Raises:
        Illegal: with what was expected.
    """
    profile = profile_named(url.options.get("profile", GENERIC.name))
    framing = url.options.get("framing", profile.framing.value).lower()
    choices = [one.value for one in Framing]
    if framing not in choices:
        raise Illegal(f"framing: expected one of {', '.join(choices)}, got {framing!r}")
    identifier = url.options.get("identifier", profile.identifier)
    if identifier not in ("aim", "vendor"):
        raise Illegal(f"identifier: expected aim or vendor, got {identifier!r}")
    longest = number_option(url, "max_length", profile.max_length, least=16, most=65_536)
    return replace(
        profile,
        framing=Framing(framing),
        identifier="vendor" if identifier == "vendor" else "aim",
        max_length=longest,
        gap_ms=number_option(url, "gap_ms", profile.gap_ms, least=20, most=5_000),
        reread_ms=number_option(url, "reread_ms", profile.reread_ms, least=0, most=5_000),
        eight_bit=number_option(url, "eight_bit", int(profile.eight_bit), least=0, most=1) == 1,
    )


def line_settings(url: DeviceUrl, profile: ScannerProfile) -> SerialSettings:
    """The serial line of ``url``, by its profile where it says nothing itself."""
    own = {
        "baudrate": str(profile.baudrate),
        "bytesize": str(profile.bytesize),
        "parity": profile.parity,
        "stopbits": str(profile.stopbits),
        "flow": profile.flow,
    }
    settings = serial_settings(replace(url, options=own | url.options), OPTIONS)
    if settings.flow_control == "xonxoff":
        raise Illegal("flow: xonxoff would eat bytes of a code; expected none or rtscts")
    return settings
