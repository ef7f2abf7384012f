"""Secret files of a home: HOME/keys/, mode 0700, one file a secret, mode 0600, written whole."""

from __future__ import annotations

import os
from pathlib import Path


def write_key(path: Path, data: bytes, *, replace: bool = True) -> bool:
    """Put `data` into place durably; a reader sees the old file or the new one, never a part.

    Without `replace` a file that is there already stays, and the answer is False. Raises OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = path.with_name(f"{path.name}.{os.getpid()}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    placed = True
    if replace:
        draft.replace(path)
    else:
        try:
            os.link(draft, path)
        except FileExistsError:
            placed = False
        finally:
            draft.unlink()
    _sync_folder(path.parent)
    return placed


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
