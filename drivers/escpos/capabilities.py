"""What was found out about one printer, remembered beyond the program's end.

A profile says what a model can do; whether this very device echoes job numbers or answers GS r is
found by asking once. The finding belongs to the device at its address and is kept beside the
workstation's own data, never in the shipped profile. It is a hint: a printer that turns out to be
another one is found out anew.
"""

from __future__ import annotations

import contextlib
import json
import os
import threading
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Protocol


@dataclass(frozen=True, slots=True)
class Capabilities:
    """Answers of one device; None while nobody has found out."""

    process_id: bool | None = None
    """Echoes the four bytes of GS ( H, the right ones."""
    ordered: bool | None = None
    """Answers GS r when everything before it is processed."""


class CapabilityMemory(Protocol):
    """Keeps one device's capabilities."""

    def recall(self) -> Capabilities:
        """What is known; nothing at all is a fine answer."""

    def remember(self, capabilities: Capabilities) -> None:
        """Keep what was found; trouble with keeping it is nobody's trouble."""


class BriefMemory:
    """Remembers as long as the program runs."""

    def __init__(self) -> None:
        self._known = Capabilities()

    def recall(self) -> Capabilities:
        """What was found since the start."""
        return self._known

    def remember(self, capabilities: Capabilities) -> None:
        """Keep what was found."""
        self._known = capabilities


_lock: Final = threading.Lock()


class FileMemory:
    """One device's entry in a small JSON file that all devices of a workstation share."""

    def __init__(self, path: Path, device: str) -> None:
        """``device`` names the entry: its address, and the profile it was found out with."""
        self._path = path
        self._device = device

    def recall(self) -> Capabilities:
        """What the file says; an unreadable file says nothing."""
        entry = self._read().get(self._device)
        if not isinstance(entry, dict):
            return Capabilities()
        known = {name: entry.get(name) for name in ("process_id", "ordered")}
        return Capabilities(**{n: v if isinstance(v, bool) else None for n, v in known.items()})

    def remember(self, capabilities: Capabilities) -> None:
        """Write the entry beside the others; a full or read-only disk is not told."""
        with _lock, contextlib.suppress(OSError):
            entries = self._read()
            entries[self._device] = {
                name: value for name, value in asdict(capabilities).items() if value is not None
            }
            fresh = self._path.with_name(f"{self._path.name}.{os.getpid()}.new")
            text = json.dumps(entries, ensure_ascii=False, indent=1, sort_keys=True)
            fresh.write_text(text + "\n", encoding="utf-8")
            fresh.replace(self._path)

    def _read(self) -> dict[str, Any]:
        try:
            entries = json.loads(self._path.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return entries if isinstance(entries, dict) else {}
