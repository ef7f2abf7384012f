"""One writer per file: a lock that names who holds it (R25).

`flock` on a file of its own beside the database: the kernel releases it when the holder dies,
however it dies, so a lock is never stale. What the holder wrote into it (process id and command)
is for the message only and never decides anything.
"""

from __future__ import annotations

import errno
import fcntl
import os
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

import msgspec

from pos.store.errors import N_, FileLocked, StoreUnavailable

JOURNAL_LOCK = "journal.lock"
REFERENCE_LOCK = "reference.lock"
_MAX_COMMAND = 200


class Holder(msgspec.Struct, frozen=True):
    """Who holds a lock, by its own account."""

    pid: int
    """0 when unknown."""

    command: str


class FileLock:
    """A held lock; `release` or leaving the `with` block lets it go."""

    def __init__(self, path: Path, descriptor: int) -> None:
        self.path = path
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, path: Path, command: str = "") -> FileLock:
        """Take the lock or raise FileLocked with the holder's process id and command.

        `command` is how this process introduces itself; by default the command line's first words.
        Raises StoreUnavailable when the lock file cannot be opened.
        """
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise StoreUnavailable(
                N_("{path} cannot be opened: {reason}."), path=path, reason=error.strerror
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno not in {errno.EWOULDBLOCK, errno.EACCES}:
                raise StoreUnavailable(
                    N_("{path} cannot be locked: {reason}."), path=path, reason=error.strerror
                ) from error
            holder = read_holder(path)
            raise FileLocked(
                N_("{path} is held by process {pid}: {command}"),
                path=path,
                pid=holder.pid or "?",
                command=holder.command or "?",
            ) from error
        text = f"{os.getpid()}\n{_printable(command or ' '.join(sys.argv[:4]))}\n"
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, text.encode(), 0)
        return cls(path, descriptor)

    def release(self) -> None:
        """Let the lock go; a second call does nothing. The file stays: removing it would race."""
        if self._descriptor is not None:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()


def read_holder(path: Path) -> Holder:
    """What the holder of a lock wrote about itself; zero and empty when nothing is known."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return Holder(0, "")
    pid = lines[0] if lines else ""
    command = lines[1] if len(lines) > 1 else ""
    return Holder(int(pid) if pid.isdecimal() else 0, _printable(command))


def is_held(path: Path) -> bool:
    """Whether some process holds the lock now; for status pages, never to decide a write."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return True
    finally:
        os.close(descriptor)
    return False


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)[:_MAX_COMMAND]
