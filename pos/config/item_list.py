"""Item lists as files, CSV or XLSX, read row by row; what the rows say is `pos.config.item_rows`.

Unknown encodings are found out, never guessed per row; a file that is no list at all is refused.
"""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pos.config.item_rows import N_, Listed, ListRefused, Report, RowReader, places_of


class ItemList:
    """An opened list: iterate for its good rows; problems go to `report` as they are met.

    `fraction` tells how much of the file has been read. Raises ListRefused when the file cannot
    be read as a list at all: no such encoding, no headings, a workbook that is none. With
    `foreign_codes` item codes may be long and have blanks inside, as other systems give them.
    """

    def __init__(self, path: Path, report: Report, *, foreign_codes: bool = False) -> None:
        self.path = path
        self._foreign_codes = foreign_codes
        self.encoding = ""
        self._report = report
        self._size = max(path.stat().st_size, 1) if path.is_file() else 1
        self._stream: BinaryIO | None = None
        self._opened: Generator[Sequence[str], None, None] | None = None
        self._done = False

    def close(self) -> None:
        """Let the file go, also when iterating was given up half way."""
        if self._opened is not None:
            self._opened.close()

    @property
    def fraction(self) -> float:
        """From 0 to 1."""
        if self._done:
            return 1.0
        return 0.0 if self._stream is None else min(self._stream.tell() / self._size, 1.0)

    def __iter__(self) -> Iterator[Listed]:
        rows = self._opened = self._rows()
        headings = next(rows, None)
        if headings is None:
            raise ListRefused(N_("{path} is empty."), path=self.path)
        places = places_of(self.path, headings)
        read = RowReader(places, self._report, foreign_codes=self._foreign_codes)
        # Blank rows count, as they do in a spreadsheet, and are no problem.
        for number, cells in enumerate(rows, start=2):
            if any(cells):
                row = read(number, cells)
                if row is not None:
                    yield row
        self._done = True

    def _rows(self) -> Generator[Sequence[str], None, None]:
        try:
            if self.path.suffix.lower() in {".xlsx", ".xlsm"}:
                self.encoding = "xlsx"
                yield from workbook_rows(self.path)
                return
            self.encoding = detect_encoding(self.path)
            with self.path.open("rb") as stream:
                self._stream = stream
                # Not str.splitlines: it would cut rows at U+2028 and other characters in names.
                text = io.TextIOWrapper(stream, encoding=self.encoding, newline="")
                first = text.readline()
                delimiter = max("\t;,", key=first.count)
                text.seek(0)
                lines = (line.replace("\0", "") for line in text)
                yield from csv.reader(lines, delimiter=delimiter)
        except OSError as error:
            raise ListRefused(
                N_("{path} cannot be read: {reason}."), path=self.path, reason=error.strerror
            ) from error
        except csv.Error as error:
            raise ListRefused(
                N_("{path} is not a list: {reason}."), path=self.path, reason=error
            ) from error
        finally:
            self._stream = None


def detect_encoding(path: Path) -> str:
    """UTF-8 with or without mark, UTF-16 with mark, else GB18030; the whole file decides.

    Chinese spreadsheets save CSV as GB18030, and the first Chinese name may come late. Raises
    ListRefused with the offending offset when it is none of these.
    """
    with path.open("rb") as stream:
        mark = stream.read(3)
        if mark[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
            return "utf-16"
        for encoding in ("utf-8-sig", "gb18030"):
            stream.seek(0)
            decoder = codecs.getincrementaldecoder(encoding)()
            offset = 0
            try:
                while block := stream.read(1 << 20):
                    decoder.decode(block)
                    offset += len(block)
                decoder.decode(b"", final=True)
            except UnicodeDecodeError as error:
                offset += error.start
                continue
            return encoding
    raise ListRefused(
        N_("{path}: expected text in UTF-8, UTF-16 or GB18030, got other bytes near {offset}."),
        path=path,
        offset=offset,
    )


def workbook_rows(path: Path) -> Iterator[Sequence[str]]:
    """Cells of a workbook's first sheet, row by row; ListRefused when it is none."""
    try:
        import openpyxl
    except ImportError as error:
        raise ListRefused(
            N_("Reading {path} needs the `hq` extra (openpyxl)."),
            path=path,
            hint=N_("Save the list as CSV, or install guitai[hq]."),
        ) from error
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except Exception as error:
        raise ListRefused(
            N_("{path} is not a workbook: {reason}."), path=path, reason=error
        ) from error
    try:
        for cells in book.worksheets[0].iter_rows(values_only=True):
            yield [_cell_text(cell) for cell in cells]
    finally:
        book.close()


def _cell_text(cell: object) -> str:
    """A cell as text; whole numbers without the `.0` that spreadsheets give them."""
    if cell is None:
        return ""
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    return str(cell)
