"""Rows as PostgreSQL's COPY and array literals want them: made by few operations for whole batches."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import psycopg

Row = tuple[Any, ...]
Ready = Sequence[Row] | bytes
"""Rows as `Dialect.ready` leaves them."""

Copy = Callable[[Ready], object]
"""Takes the next rows of a bulk insert."""


def text_rows(stream: psycopg.Copy) -> Copy:
    """Write rows, or text made of them before, into a COPY in text format."""

    def write(rows: Ready) -> None:
        if rows:
            stream.write(rows if isinstance(rows, bytes) else copy_text(rows))

    return write


def binary_rows(stream: psycopg.Copy) -> Copy:
    """Write rows into a COPY in binary format, typed by the first of them."""
    typed = False

    def write(rows: Ready) -> None:
        nonlocal typed
        assert not isinstance(rows, bytes)  # noqa: S101 - `ready` is for the other form
        if rows and not typed:
            # By the first row: only columns of text may be NULL.
            typed = True
            stream.set_types(
                [
                    "int8" if isinstance(v, int) else "bytea" if isinstance(v, bytes) else "text"
                    for v in rows[0]
                ]
            )
        write_row = stream.write_row
        for row in rows:
            write_row(row)

    return write


def copy_text(rows: Sequence[Row]) -> bytes:
    """Rows in COPY's text format, NULL as U+0001."""
    # Nearly no text holds a tab, a line break or a backslash: build first, look once, and only
    # then escape value by value.
    form = "\t".join(["%s"] * len(rows[0]))
    text = "\n".join([form % row for row in rows]) + "\n"
    clean = (
        text.count("\t") == len(rows) * (len(rows[0]) - 1)
        and text.count("\n") == len(rows)
        and "\\" not in text
        and "\r" not in text
        and "None" not in text
        and "\x00" not in text
    )
    if not clean:
        text = "\n".join(["\t".join(map(_escaped, row)) for row in rows]) + "\n"
    return text.encode()


def _escaped(value: object) -> str:
    if value is None:
        return "\x01"
    text = str(value)
    if isinstance(value, int):
        return text
    # PostgreSQL has no NUL in text; U+2400 stands for it, and the journal keeps the bytes.
    return (
        text.replace("\\", "\\\\")
        .replace("\t", "\\t")
        .replace("\n", "\\n")
        .replace("\r", "\\r")
        .replace("\x00", "\u2400")
        .replace("\x01", "\\x01")
    )


def array_literal(column: Sequence[Any]) -> str:
    """An array literal: much faster than the driver's, which looks at every element twice."""
    first = column[0]
    if isinstance(first, int):
        return "{" + ",".join(map(str, column)) + "}"
    if isinstance(first, bytes):
        return '{"\\\\x' + '","\\\\x'.join([value.hex() for value in column]) + '"}'
    quoted = [value.replace("\\", "\\\\").replace('"', '\\"') for value in column]
    return '{"' + '","'.join(quoted).replace("\x00", "\u2400") + '"}'
