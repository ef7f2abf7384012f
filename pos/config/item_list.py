"""Item lists as files, CSV or XLSX, read row by row; what the rows say is `pos.config.item_rows`.

A file that is no list at all is refused (`pos.config.list_files`).
"""

from __future__ import annotations

import io
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from pos.config.item_rows import N_, Listed, ListRefused, Report, RowReader, places_of
from pos.config.list_files import (
    WORKBOOKS,
    csv_rows,
    detect_encoding,
    refused_as_list,
    workbook_rows,
)


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
            with refused_as_list(self.path):
                if self.path.suffix.lower() in WORKBOOKS:
                    self.encoding = "xlsx"
                    yield from workbook_rows(self.path)
                    return
                self.encoding = detect_encoding(self.path)
                with self.path.open("rb") as stream:
                    self._stream = stream
                    # Not str.splitlines: it would cut rows at U+2028 and other characters in names.
                    text = io.TextIOWrapper(stream, encoding=self.encoding, newline="")
                    yield from csv_rows(text)
        finally:
            self._stream = None
