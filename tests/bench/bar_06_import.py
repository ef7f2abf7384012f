"""Bar 6: a million-row item list becomes the till's catalogue, against SQLite copying finished rows.

Of 3.4 s of CPU for fifty thousand items 1.7 are SQLite's work on the words, as in the baseline, 0.6
reading and checking the list, 0.4 making the words and 0.5 the rows and indexes. Reading runs beside
the words, so the ratio needs a second core that is free: with none it is 1.5 to 1.8. Neither a
larger hash (slower: it leaves the processor's cache) nor less merging (10 to 20 % less work, but up
to five times the segments, which every keystroke of bar 5 then reads) is a way out.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from pos.store.reference_rows import WORD_FIELDS, document
from tests.bench.catalogue import catalogue_home, items_csv
from tests.bench.harness import (
    Options,
    Program,
    Row,
    interleave,
    milliseconds,
    programs,
    ratio_of_medians,
)


def finished_rows(home: Path, path: Path) -> Path:
    """A database of the catalogue's rows, in no index, and of each item's words; made once."""
    if path.exists():
        return path
    part = path.with_suffix(".part")
    part.unlink(missing_ok=True)
    connection = sqlite3.connect(part, isolation_level=None)
    connection.execute("PRAGMA journal_mode = OFF")
    connection.execute("ATTACH ? AS catalogue", (str(home / "reference.db"),))
    connection.execute("BEGIN")
    for table in ("item", "barcode", "price"):
        connection.execute(f"CREATE TABLE main.{table} AS SELECT * FROM catalogue.{table}")
    connection.execute("CREATE TABLE words (number INTEGER PRIMARY KEY, words TEXT)")
    rows = connection.cursor().execute(f"SELECT item_id, 0, {WORD_FIELDS} FROM catalogue.item")
    connection.executemany("INSERT INTO words VALUES (?, ?)", (document(row) for row in rows))
    connection.execute("COMMIT")
    connection.close()
    part.rename(path)
    return path


def run(options: Options) -> list[Row]:
    """Measure."""
    items = options.size("GUITAI_BENCH_ITEMS", 1_000_000, 50_000)
    home = catalogue_home(options.folder, items)
    source = finished_rows(home, options.folder / f"rows-{items}.db")
    raw = Program(
        "baselines.raw_import", source, options.folder / "raw-import.db", home / "reference.db"
    )
    ours = Program(
        "ours.load", items_csv(options.folder, items), options.folder / "import" / "home"
    )
    with programs(raw, ours) as (base_program, ours_program):
        (base, bare, loaded), note = interleave(
            options,
            3 if options.quick else 2,
            lambda: base_program.ask("load", search=True),
            lambda: base_program.ask("load", search=False),
            lambda: ours_program.ask("load"),
        )
        memory_mb = ours_program.ask("memory")
    what = f"CSV of {items:,} items imported"
    return [
        Row(6, f"{what} / INSERT…SELECT, indexes, words", milliseconds(base.p50()),
            milliseconds(loaded.p50()), ratio_of_medians(base, loaded), 1.2,
            note=", ".join(filter(None, [note, f"peak {memory_mb:.0f} MB"]))),
        Row(6, "… / the same without the search words", milliseconds(bare.p50()),
            milliseconds(loaded.p50()), ratio_of_medians(bare, loaded), None),
    ]  # fmt: skip
