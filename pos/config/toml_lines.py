"""Which line of a TOML text a value stands on: tomllib says what a file holds, this says where."""

from __future__ import annotations

import re
import tomllib
from typing import Any

KeyPath = tuple[str | int, ...]
"""Names of tables and keys, with numbers from 0 for elements of lists: ("scanner", 0, "url")."""

_HEADER = re.compile(r"^\s*(\[\[?)(.+?)\]\]?\s*(?:#.*)?$")
_KEY = re.compile(
    r"""^\s*((?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*')(?:\s*\.\s*(?:[A-Za-z0-9_-]+|"[^"]*"|'[^']*'))*)\s*="""
)
_SYNTAX_LINE = re.compile(r"\(at line (\d+), column \d+\)|\(at end of document\)")


def _parts(dotted: str) -> tuple[str, ...]:
    """`a."b.c".d` → ("a", "b.c", "d"), by the TOML parser itself."""
    node: Any = tomllib.loads(f"{dotted} = 0")
    names: list[str] = []
    while isinstance(node, dict):
        ((name, node),) = node.items()
        names.append(name)
    return tuple(names)


class TomlLines:
    """The places of one valid TOML text, sought when one is asked for: most files have no fault."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[str] = []
        self._spans: dict[KeyPath, tuple[int, int]] = {}
        self._counts: dict[KeyPath, int] = {}

    def line_of(self, path: KeyPath) -> int:
        """Line from 1 of the value at `path` or of the nearest thing around it, 0 without any."""
        if not self._lines:
            self._lines = self._text.splitlines()
            self._read()
        for length in range(len(path), 0, -1):
            span = self._spans.get(path[:length])
            if span is not None:
                return self._inside(span, path[length:])
        return 0

    def _inside(self, span: tuple[int, int], rest: KeyPath) -> int:
        """Look for the innermost name of `rest` inside a value that spans several lines."""
        start, end = span
        names = [name for name in rest if isinstance(name, str)]
        numbers = [number for number in rest if isinstance(number, int)]
        if names:
            wanted = re.compile(rf"(?<![\w-])[\"']?{re.escape(names[-1])}[\"']?\s*=")
            hits = [n for n in range(start, end + 1) if wanted.search(self._lines[n - 1])]
            skip = numbers[-1] if numbers else 0
            if hits:
                return hits[min(skip, len(hits) - 1)]
        return start

    def _read(self) -> None:
        table: KeyPath = ()
        number = 0
        while number < len(self._lines):
            line = self._lines[number]
            header = _HEADER.match(line)
            key = _KEY.match(line)
            if header:
                table = self._table(_parts(header[2]), is_list=header[1] == "[[")
                self._spans.setdefault(table, (number + 1, number + 1))
            elif key:
                end = self._value_end(number)
                self._spans[table + _parts(key[1])] = (number + 1, end + 1)
                number = end
            number += 1

    def _table(self, names: tuple[str, ...], *, is_list: bool) -> KeyPath:
        path: KeyPath = ()
        for position, name in enumerate(names):
            path = (*path, name)
            if is_list and position == len(names) - 1:
                self._counts[path] = self._counts.get(path, -1) + 1
            if path in self._counts:
                path = (*path, self._counts[path])
        return path

    def _value_end(self, first: int) -> int:
        """Last line (from 0) of the value that begins on line `first`."""
        for last in range(first, len(self._lines)):
            try:
                tomllib.loads("\n".join(self._lines[first : last + 1]))
            except tomllib.TOMLDecodeError:
                continue
            return last
        return first


def syntax_line(error: tomllib.TOMLDecodeError, text: str) -> int:
    """Line from 1 at which the TOML parser gave up."""
    match = _SYNTAX_LINE.search(str(error))
    return int(match[1]) if match and match[1] else len(text.splitlines())
