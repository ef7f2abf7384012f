"""A till's catalogue of very many goods with real names, imported as `pos import` does; cached."""

from __future__ import annotations

import shutil
from pathlib import Path

from pos.store.item_import import run_import
from pos.store.reference_writer import ReferenceWriter
from pos.version import __version__
from tests.support.big_catalogue import write_csv

EFFECTIVE_DAY = "2020-01-01"


def items_csv(folder: Path, items: int) -> Path:
    """The item list; made once."""
    path = folder / f"items-{items}.csv"
    if not path.exists():
        part = path.with_suffix(".part")
        write_csv(part, items)
        part.rename(path)
    return path


def catalogue_home(folder: Path, items: int) -> Path:
    """A home whose reference.db has `items` goods; made once."""
    home = folder / f"catalogue-{items}"
    if (home / "complete").exists():
        ReferenceWriter.open(home, app_version=__version__).close()  # today's schema
        return home
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    (home / "guitai.toml").write_text(
        '[store]\nstore_id = "S1"\n[workstation]\nworkstation_id = "01"\n', encoding="utf-8"
    )
    with ReferenceWriter.open(home, app_version=__version__) as writer:
        plan = run_import(writer, items_csv(folder, items), effective_day=EFFECTIVE_DAY)
        writer.checkpoint()
    assert plan.bad_rows == 0, plan.problems[:3]
    (home / "complete").write_text(f"{plan.duration_s:.1f} s\n")
    return home
