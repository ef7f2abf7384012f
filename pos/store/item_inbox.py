"""Item lists handed to the process that writes `reference.db`: HOME/inbox/ (R25).

`pos import` does not wait for a running uploader and does not write beside it: it leaves the list
here, under its final name only once it is whole, and whoever holds `reference.lock` takes it. The
name says from which business day its prices hold, and with an `s` that one bad row refuses all:
`<time>[s]-<day>-<name>`. What became of a list lies in HOME/inbox/results/ under the same name.
"""

from __future__ import annotations

import os
import re
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from pos.store.errors import ImportRefused, NotAllowedHere, StoreError
from pos.store.item_import import ImportPlan, run_import
from pos.store.reference_writer import ReferenceWriter

FOLDER = "inbox"
RESULTS = "results"
KEPT_RESULTS = 20
_NAME = re.compile(r"(\d{13})(s?)-(\d{4}-\d{2}-\d{2})-(.+)", re.DOTALL)
_POLL_S = 0.1


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a list that was left in the inbox."""

    file: str
    """Its name as the person knew it."""

    taken_utc_ms: int
    plan: ImportPlan | None = None
    """What went in and which rows did not; None when the list was refused as a whole."""

    template: str = ""
    """Why it was refused: an English template, with its values and what to do about it."""

    values: dict[str, str] = {}
    hint: str = ""

    @property
    def error(self) -> ImportRefused | None:
        """The refusal, to be told in the reader's language."""
        if self.plan is not None:
            return None
        return ImportRefused(self.template, hint=self.hint, **self.values)


def hand_over(home: Path, path: Path, effective_day: str, *, strict: bool = False) -> Path:
    """Copy a list into the home's inbox; returns where it lies.

    `strict` has the whole list refused for one bad row.
    """
    folder = home / FOLDER
    folder.mkdir(exist_ok=True, mode=0o700)
    mark = "s" if strict else ""
    name = f"{time.time_ns() // 1_000_000:013d}{mark}-{effective_day}-{path.name}"
    draft = folder / f".{name}"
    shutil.copyfile(path, draft)
    _to_disk(draft)
    return draft.rename(folder / name)


def is_taker(command: str) -> bool:
    """Whether the holder of `reference.lock`, by its own account, is one that takes lists."""
    words = command.split()
    return "run" in words and any(word.endswith("sync") for word in words)


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

    A list is removed once it is in; one that is refused, for what it holds or because the home has
    been enrolled meanwhile, is put aside as `refused-…`. Either way its result is kept.
    """
    done: list[tuple[Path, ImportPlan | StoreError]] = []
    for path in waiting(writer.home):
        _time, strict, day, _name = _parts(path)
        try:
            plan = run_import(
                writer,
                path,
                effective_day=day,
                mnemonic=mnemonic,
                refuse_bad_rows=strict == "s",
            )
        except (ImportRefused, NotAllowedHere) as error:
            _keep_result(writer.home, path, error)
            path.rename(path.with_name(f"refused-{path.name}"))
            done.append((path, error))
        else:
            _keep_result(writer.home, path, plan)
            path.unlink()
            done.append((path, plan))
    return done


def result_of(home: Path, left: Path) -> Result | None:
    """What became of the list that `hand_over` left; None while it waits."""
    path = home / FOLDER / RESULTS / left.name
    try:
        return msgspec.json.decode(path.read_bytes(), type=Result)
    except (OSError, msgspec.MsgspecError):
        return None


def await_result(home: Path, left: Path, timeout_s: float) -> Result | None:
    """The result, waited for; None when nobody took the list in that time."""
    deadline = time.monotonic() + timeout_s
    while True:
        found = result_of(home, left)
        if found is not None or time.monotonic() >= deadline:
            return found
        time.sleep(_POLL_S)


def last_result(home: Path) -> Result | None:
    """What became of the list that was taken last; None when none ever was."""
    kept = _results(home)
    return result_of(home, kept[-1]) if kept else None


def _parts(path: Path) -> tuple[str, str, str, str]:
    match = _NAME.fullmatch(path.name)
    return (match[1], match[2], match[3], match[4]) if match else ("", "", "", path.name)


def _keep_result(home: Path, path: Path, outcome: ImportPlan | StoreError) -> None:
    folder = home / FOLDER / RESULTS
    folder.mkdir(exist_ok=True, mode=0o700)
    about = Result(file=_parts(path)[3], taken_utc_ms=time.time_ns() // 1_000_000)
    if isinstance(outcome, ImportPlan):
        about = msgspec.structs.replace(about, plan=outcome)
    else:
        about = msgspec.structs.replace(
            about, template=outcome.template, values=outcome.values, hint=outcome.hint_template
        )
    draft = folder / f".{path.name}"
    draft.write_bytes(msgspec.json.encode(about))
    _to_disk(draft)
    draft.rename(folder / path.name)
    for old in _results(home)[:-KEPT_RESULTS]:
        old.unlink(missing_ok=True)


def _results(home: Path) -> list[Path]:
    folder = home / FOLDER / RESULTS
    if not folder.is_dir():
        return []
    return sorted(path for path in folder.iterdir() if _NAME.fullmatch(path.name))


def _to_disk(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
