"""The terminal under the screens: whether somebody is still there."""

from __future__ import annotations

import select
import sys


def terminal_gone(descriptor: int | None = None) -> bool:
    """Whether the terminal that keys come from has hung up; a pipe or a file counts as there."""
    if descriptor is None:
        try:
            descriptor = sys.__stdin__.fileno() if sys.__stdin__ is not None else -1
        except (OSError, ValueError):
            return False
    if descriptor < 0:
        return False
    poll = select.poll()
    poll.register(descriptor, 0)
    return any(state & (select.POLLHUP | select.POLLERR) for _fd, state in poll.poll(0))
