"""Item lists into a lone till's catalogue: a dry run that counts, and the import itself.

The import is one transaction whatever the list's length: a kill leaves the catalogue as it was.
An empty catalogue is filled without its indexes, which are then made once from sorted keys: an
index kept up to date row by row costs more than twice as much at a million items. The till reads
on meanwhile and sees the new catalogue at the commit.

On an enrolled till the import refuses: head office owns the catalogue (R25).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from itertools import islice
from pathlib import Path

import msgspec

from pos.config.item_list import ItemList
from pos.config.item_rows import Listed, ListRefused, RowProblem
from pos.domain.item import ItemBarcode, Price
from pos.store.errors import N_, ImportRefused, NotAllowedHere
from pos.store.reference import ReferenceReader
from pos.store.reference_rows import ADD_WORDS, INSERT_ITEM, document
from pos.store.reference_schema import BarcodeTable, PriceTable, insert_sql
from pos.store.reference_values import Changes
from pos.store.reference_writer import ReferenceWriter

CHUNK = 10_000
"""Rows that are read while the words of those before are indexed. Fewer cost more: each chunk's words
are merged into the index by themselves (4,000 took 1.55 times the baseline, 10,000 1.35)."""
KEPT_PROBLEMS = 1000

Progress = Callable[[int, float], None]
"""Called with the rows read so far and how much of the file that is, from 0 to 1."""


class ImportPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an import would do, or did."""

    path: str
    encoding: str
    rows: int = 0
    """Good rows."""

    new_items: int = 0
    changed_items: int = 0
    """Items that are in the catalogue already, whether or not the row differs."""

    barcodes: int = 0
    prices: int = 0
    bad_rows: int = 0
    noted_rows: int = 0
    """Rows that were kept although something about them is odd."""

    problems: tuple[RowProblem, ...] = ()
    """The first thousand, in the order of the rows."""

    version: int = 0
    """Catalogue version that the import became; 0 for a plan."""

    duration_s: float = 0.0


class _Tally:
    """Counts while rows go by."""

    def __init__(self) -> None:
        self.rows = self.new = self.barcodes = self.prices = self.bad = self.noted = 0
        self.problems: list[RowProblem] = []

    def report(self, problem: RowProblem) -> None:
        self.bad += not problem.kept
        self.noted += problem.kept
        if len(self.problems) < KEPT_PROBLEMS:
            self.problems.append(problem)

    def count(self, rows: list[Listed], new: int) -> None:
        self.rows += len(rows)
        self.new += new
        self.barcodes += sum(len(row.codes) for row in rows)
        self.prices += sum(row.unit_price_e4 is not None for row in rows)

    def plan(self, items: ItemList, *, version: int = 0, duration_s: float = 0.0) -> ImportPlan:
        return ImportPlan(
            path=str(items.path),
            encoding=items.encoding,
            rows=self.rows,
            new_items=self.new,
            changed_items=self.rows - self.new,
            barcodes=self.barcodes,
            prices=self.prices,
            bad_rows=self.bad,
            noted_rows=self.noted,
            problems=tuple(self.problems),
            version=version,
            duration_s=duration_s,
        )


def plan_import(
    path: Path, reader: ReferenceReader | None = None, progress: Progress | None = None
) -> ImportPlan:
    """Read a list and say what an import would do, without writing anything.

    A reader of the home's catalogue tells new and known items apart. Raises ImportRefused.
    """
    tally = _Tally()
    items = ItemList(path, tally.report)
    started = time.monotonic()
    with closing(items):
        for rows in _chunks(items):
            new = len(rows)
            if reader is not None:
                new = sum(reader.item(row.item_code, "") is None for row in rows)
            tally.count(rows, new)
            if progress is not None:
                progress(tally.rows, items.fraction)
    return tally.plan(items, duration_s=time.monotonic() - started)


def run_import(
    writer: ReferenceWriter,
    path: Path,
    *,
    effective_day: str,
    progress: Progress | None = None,
    mnemonic: Callable[[str], str] | None = None,
    refuse_bad_rows: bool = False,
) -> ImportPlan:
    """Import a list in one transaction; its prices are in force from `effective_day` on.

    `mnemonic` gives the 助记码 of a name for rows that bring none. Bad rows are left out and
    reported, or with `refuse_bad_rows` nothing at all is imported. Raises NotAllowedHere on an
    enrolled till, ImportRefused when the file is no list or (then) has a bad row.
    """
    if writer.is_enrolled:
        raise NotAllowedHere(
            N_("{path} was not imported: head office owns this till's catalogue."), path=path
        )
    tally = _Tally()
    items = ItemList(path, tally.report)
    started = time.monotonic()
    version = writer.catalogue_version + 1
    with closing(items), writer.transaction() as connection:
        empty = connection.execute("SELECT 1 FROM item LIMIT 1").fetchone() is None
        empty = empty and connection.execute("SELECT 1 FROM barcode LIMIT 1").fetchone() is None
        target = (
            _Empty(writer, version, effective_day)
            if empty
            else _Filled(writer, version, effective_day, tally.report)
        )
        with closing(target):
            for chunk in _chunks(items):
                rows = chunk
                if mnemonic is not None:
                    rows = [_with_mnemonic(row, mnemonic) for row in chunk]
                kept, new = target.add(rows)
                tally.count(kept, new)
                if progress is not None:
                    progress(tally.rows, items.fraction)
            if refuse_bad_rows and tally.bad:
                raise ImportRefused(
                    N_("{path} has {count} bad rows, the first: {first}"),
                    path=path,
                    count=tally.bad,
                    first=next(p for p in tally.problems if not p.kept).text(),
                    hint=N_("Correct the rows named, or import without them."),
                )
            target.finish()
        writer.record_version(version)
    return tally.plan(items, version=version, duration_s=time.monotonic() - started)


class _Empty:
    """Fills an empty catalogue: rows first, indexes afterwards.

    The search words are half of the work, and SQLite does it alone: a thread waits for it while
    the next rows are read. Only one of the two uses the connection at a time.
    """

    def __init__(self, writer: ReferenceWriter, version: int, effective_day: str) -> None:
        self._connection = writer.connection
        self._version = version
        self._effective_day = effective_day
        self._next_item_id = 1
        self._indexer = ThreadPoolExecutor(1, "import-words")
        self._indexed: Future[object] | None = None
        self._connection.execute(
            "CREATE TEMP TABLE new_words (number INTEGER PRIMARY KEY, words TEXT NOT NULL)"
        )
        found = self._connection.execute(
            "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL"
            " AND tbl_name IN ('item', 'barcode')"
        ).fetchall()
        self._indexes = [sql for _name, sql in found]
        for name, _sql in found:
            self._connection.execute(f"DROP INDEX {name}")

    def add(self, rows: list[Listed]) -> tuple[list[Listed], int]:
        codes = [
            (code, row.item_code, milli, code[::-1]) for row in rows for code, milli in row.codes
        ]
        codes.sort()
        day, version = self._effective_day, self._version
        prices = [
            (row.item_code, day, row.unit_price_e4, version)
            for row in rows
            if row.unit_price_e4 is not None
        ]
        prices.sort()
        words = [
            document((number, 0, row.name, row.name_en, row.spec, row.model, row.mnemonic))
            for number, row in enumerate(rows, start=self._next_item_id)
        ]
        self._next_item_id += len(rows)
        self._wait()
        many = self._connection.executemany
        # The item's columns stand in a row in the order of the table: no field is touched twice.
        many(INSERT_ITEM, [(*row[1:14], 0) for row in rows])
        many(insert_sql(BarcodeTable), codes)
        many(insert_sql(PriceTable), prices)
        self._connection.execute("DELETE FROM temp.new_words")
        many("INSERT INTO temp.new_words VALUES (?, ?)", words)
        # One statement, because the thread then needs Python only at its end.
        self._indexed = self._indexer.submit(
            self._connection.execute,
            ADD_WORDS.replace("VALUES (?, ?)", "SELECT number, words FROM temp.new_words"),
        )
        return rows, len(rows)

    def finish(self) -> None:
        self._wait()
        self._connection.execute("DROP TABLE temp.new_words")
        for sql in self._indexes:
            self._connection.execute(sql)

    def close(self) -> None:
        """Nothing uses the connection afterwards: the caller may roll back."""
        self._indexer.shutdown()

    def _wait(self) -> None:
        indexed, self._indexed = self._indexed, None
        if indexed is not None:
            indexed.result()


class _Filled:
    """Adds to a catalogue that has items: the same statements as a version of the feed."""

    def __init__(
        self,
        writer: ReferenceWriter,
        version: int,
        effective_day: str,
        report: Callable[[RowProblem], None],
    ) -> None:
        self._writer = writer
        self._version = version
        self._effective_day = effective_day
        self._report = report

    def add(self, rows: list[Listed]) -> tuple[list[Listed], int]:
        kept = [row for row in rows if not self._taken(row)]
        execute = self._writer.connection.execute
        known = "SELECT 1 FROM item WHERE item_code = ?"
        new = sum(execute(known, (row.item_code,)).fetchone() is None for row in kept)
        barcodes = [
            ItemBarcode(code=code, item_code=row.item_code, quantity_milli=milli)
            for row in kept
            for code, milli in row.codes
        ]
        prices = [
            Price(
                item_code=row.item_code,
                effective_day=self._effective_day,
                unit_price_e4=row.unit_price_e4,
            )
            for row in kept
            if row.unit_price_e4 is not None
        ]
        self._writer.apply_rows(
            self._version, Changes(items=kept, barcodes=barcodes, prices=prices)
        )
        return kept, new

    def finish(self) -> None:
        pass

    def close(self) -> None:
        pass

    def _taken(self, row: Listed) -> bool:
        """Whether a code of the row belongs to another item of the catalogue already."""
        for code, _milli in row.codes:
            owner = self._writer.connection.execute(
                "SELECT item_code FROM barcode WHERE code = ? AND item_code <> ?",
                (code, row.item_code),
            ).fetchone()
            if owner is not None:
                self._report(
                    RowProblem(
                        row=row.row,
                        column="barcodes",
                        expected=N_("a barcode that no other item has"),
                        got=f"{code} ({owner[0]})",
                    )
                )
                return True
        return False


def _chunks(rows: Iterable[Listed]) -> Iterator[list[Listed]]:
    source = iter(rows)
    try:
        while chunk := list(islice(source, CHUNK)):
            yield chunk
    except ListRefused as error:
        raise ImportRefused(error.template, hint=error.hint_template, **error.values) from error


def _with_mnemonic(row: Listed, mnemonic: Callable[[str], str]) -> Listed:
    return row if row.mnemonic else row._replace(mnemonic=mnemonic(row.name))
