"""Lists as shops keep them in files, CSV or XLSX: rows of cells, whatever wrote the file.

The encoding is found out from the whole file, never guessed per row.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

from pos.config.item_rows import N_, ListRefused

WORKBOOKS: Final = frozenset({".xlsx", ".xlsm"})
"""Endings of workbooks; every other file is read as CSV."""


@contextmanager
def refused_as_list(path: Path) -> Iterator[None]:
    """Turn what goes wrong while a file is read into ListRefused, which names it."""
    try:
        yield
    except OSError as error:
        raise ListRefused(
            N_("{path} cannot be read: {reason}."), path=path, reason=error.strerror
        ) from error
    except csv.Error as error:
        raise ListRefused(
            N_("{path} is not a list: {reason}."), path=path, reason=error
        ) from error


def csv_rows(text: TextIO) -> Iterator[Sequence[str]]:
    """Cells row by row; the first row says whether tabs, semicolons or commas part them."""
    first = text.readline()
    delimiter = max("\t;,", key=first.count)
    text.seek(0)
    lines = (line.replace("\0", "") for line in text)
    yield from csv.reader(lines, delimiter=delimiter)


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
