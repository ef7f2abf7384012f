"""Item lists handed to the process that writes `reference.db`: HOME/inbox/ (R25).

`pos import` does not wait for a running uploader and does not write beside it: it leaves the list
here, under its final name only once it is whole, and whoever holds `reference.lock` takes it. The
name says from which business day its prices hold: `<time>-<day>-<name>`.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from pos.store.errors import ImportRefused, StoreError
from pos.store.item_import import ImportPlan, run_import
from pos.store.reference_writer import ReferenceWriter

FOLDER = "inbox"
_NAME = re.compile(r"\d{13}-(\d{4}-\d{2}-\d{2})-.+")


def hand_over(home: Path, path: Path, effective_day: str) -> Path:
    """Copy a list into the home's inbox; returns where it lies."""
    folder = home / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    name = f"{time.time_ns() // 1_000_000:013d}-{effective_day}-{path.name}"
    draft = folder / f".{name}"
    shutil.copyfile(path, draft)
    descriptor = os.open(draft, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return draft.rename(folder / name)


def waiting(home: Path) -> list[Path]:
    """Lists that nobody has taken yet, oldest first."""
    folder = home / FOLDER
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def take_all(
    writer: ReferenceWriter, mnemonic: Callable[[str], str] | None = None
) -> list[tuple[Path, ImportPlan | StoreError]]:
    """Import what waits, oldest first, with the writer that holds the lock.

    A list is removed once it is in; one that is refused is put aside as `refused-…`.
    """
    done: list[tuple[Path, ImportPlan | StoreError]] = []
    for path in waiting(writer.home):
        match = _NAME.fullmatch(path.name)
        day = match[1] if match else ""
        try:
            done.append((path, run_import(writer, path, effective_day=day, mnemonic=mnemonic)))
        except ImportRefused as error:
            path.rename(path.with_name(f"refused-{path.name}"))
            done.append((path, error))
        else:
            path.unlink()
    return done
