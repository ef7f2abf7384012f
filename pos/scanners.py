"""The till's scanners, put together from profiles, settings and options."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from drivers.errors import Illegal
from drivers.registry import scanner_from_url
from drivers.scanner.profile import ScannerProfile, profile_from_mapping
from pos.config import ConfigError, Scanner, Settings
from pos.config.device_profiles import device_profile

if TYPE_CHECKING:
    from drivers.events import ConnectionState, ScannerEvent
    from drivers.ports import Feedback
    from drivers.ports import Scanner as ScannerPort

_WITH_OPTIONS = ("evdev:", "serial:")


def scanner_profile(name: str) -> ScannerProfile:
    """The profile of that name, from `config/scanners`.

    Raises drivers' Illegal, with the names there are, or with what is wrong in the file.
    """
    try:
        return profile_from_mapping(device_profile("scanners", name, "profile"))
    except ConfigError as error:
        raise Illegal(error.problems[0].text()) from error


def scanner_url(scanner: Scanner) -> str:
    """One scanner of the settings as a URL; what a setting leaves open, its profile says."""
    if "?" in scanner.url or not scanner.url.startswith(_WITH_OPTIONS):
        return scanner.url
    said: dict[str, str | int | None] = {
        "profile": scanner.profile if scanner.profile != "generic" else None,
        "framing": scanner.framing,
        "identifier": scanner.identifier,
        "reread_ms": scanner.reread_window_ms,
        "gap_ms": scanner.frame_timeout_ms,
    }
    if scanner.url.startswith("serial:"):
        said |= {
            "baudrate": scanner.baudrate,
            "bytesize": scanner.bytesize,
            "parity": {"none": "N", "even": "E", "odd": "O"}.get(scanner.parity),
            "stopbits": scanner.stopbits,
        }
    else:
        said["layout"] = scanner.layout
    options = {key: value for key, value in said.items() if value not in ("", None)}
    return f"{scanner.url}?{urlencode(options)}" if options else scanner.url


def named_scanner_urls(settings: Settings) -> list[tuple[str, str]]:
    """(source, URL) of each scanner of the settings; each source is one of its kind."""
    return [
        (_source(scanner.name, number), scanner_url(scanner))
        for number, scanner in enumerate(settings.scanner, start=1)
    ]


def make_scanners(settings: Settings, urls: Sequence[str] = ()) -> list[ScannerPort]:
    """The scanners that the options, or else the settings, name; nothing is opened yet.

    Raises drivers' Illegal for a URL or a profile that means nothing.
    """
    named = (
        [(_source("", number), url) for number, url in enumerate(urls, start=1)]
        if urls
        else named_scanner_urls(settings)
    )
    sources = [source for source, _url in named]
    return [
        scanner_from_url(
            url,
            source if sources.count(source) == 1 else f"{source}{number}",
            scanner_profile,
        )
        for number, (source, url) in enumerate(named, start=1)
    ]


def _source(name: str, number: int) -> str:
    return name or f"scanner{number}"


class ScannerBank:
    """All scanners of one till: their states as one word, and each one's answer to itself."""

    def __init__(self, scanners: Sequence[ScannerPort]) -> None:
        self._by_source = {scanner.source: scanner for scanner in scanners}
        self._missing: set[str] = set(self._by_source)

    @property
    def state(self) -> str:
        """absent, connected (all of them) or disconnected (one or more is not there)."""
        if not self._by_source:
            return "absent"
        return "disconnected" if self._missing else "connected"

    @property
    def missing(self) -> tuple[str, ...]:
        """Which ones are not there."""
        return tuple(sorted(self._missing))

    def note(self, source: str, state: ConnectionState) -> None:
        """One of them came or went."""
        if state.value == "connected":
            self._missing.discard(source)
        elif source in self._by_source:
            self._missing.add(source)

    def feedback(self, source: str, kind: Feedback) -> None:
        """Let the scanner that read the code show what became of it, when it can."""
        scanner = self._by_source.get(source)
        if scanner is not None:
            scanner.feedback(kind)

    def enable(self, on_event: Callable[[ScannerEvent], None]) -> None:
        """Start all of them on the running event loop."""
        for scanner in self._by_source.values():
            scanner.subscribe(on_event)
            scanner.open()
            scanner.claim()
            scanner.enable()

    def close(self) -> None:
        """Let all of them go."""
        for scanner in self._by_source.values():
            scanner.close()
