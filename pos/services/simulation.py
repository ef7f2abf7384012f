"""The simulated devices of a demonstration: a word to them, and which of their faults are on.

A real till has none of this: `Till.simulation` is None there.
"""

from __future__ import annotations

import json
import socket
from pathlib import Path

ANSWER_WITHIN_S = 5.0


class Simulation:
    """The devices of the demonstration that this till belongs to, behind their socket."""

    def __init__(self, control: Path) -> None:
        self._control = control

    def tell(self, *words: str) -> str:
        """Say one line to the devices; gives their answer. Raises OSError when nobody listens."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
            connection.settimeout(ANSWER_WITHIN_S)
            connection.connect(str(self._control))
            with connection.makefile("rw", encoding="utf-8") as stream:
                stream.write(" ".join(words) + "\n")
                stream.flush()
                return stream.readline().strip()

    def faults(self) -> frozenset[str]:
        """The faults that are switched on, as the words that switched them on."""
        try:
            return frozenset(json.loads(self.tell("states")))
        except (OSError, ValueError):
            return frozenset()
