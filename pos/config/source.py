"""One TOML file as it was read: what it holds, and on which line."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from pos.config.errors import N_, Problem, refusal
from pos.config.toml_lines import KeyPath, TomlLines, syntax_line


class TomlSource(msgspec.Struct, frozen=True):
    """One TOML file: what it holds, and where."""

    path: Path
    values: dict[str, Any]
    lines: TomlLines
    moved: dict[KeyPath, KeyPath] = {}
    """Where a value stands in the text that is kept elsewhere in `values`."""

    def problem(
        self,
        at: KeyPath,
        template: str,
        values: Mapping[str, str],
        *,
        hint: str = "",
        words: Mapping[str, str] | None = None,
    ) -> Problem:
        """A problem with the value at `at`."""
        return Problem(
            template,
            values=dict(values),
            words=dict(words or {}),
            hint_template=hint,
            path=str(self.path),
            line=self.lines.line_of(self._written(at)),
        )

    def _written(self, at: KeyPath) -> KeyPath:
        for kept, written in self.moved.items():
            if at[: len(kept)] == kept:
                return (*written, *at[len(kept) :])
        return at


def read_toml(path: Path) -> TomlSource:
    """Parse one file; ConfigError names the line that is not TOML, or why it cannot be read."""
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise refusal(
            N_("cannot be read: {reason}"),
            hint=N_("check that the file is there and that this user may read it"),
            path=path,
            values={"reason": error.strerror or str(error)},
        ) from error
    except UnicodeDecodeError as error:
        raise refusal(
            N_("is not UTF-8 text"),
            hint=N_("save the file as UTF-8 in your editor"),
            path=path,
        ) from error
    return parse_toml(text, path)


def parse_toml(text: str, path: Path) -> TomlSource:
    """Parse the text of the file at `path`; ConfigError names the line that is not TOML."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise refusal(
            N_("is not valid TOML: {reason}"),
            hint=N_('write  key = "text",  key = 12  or  key = true;  text needs quotes'),
            path=path,
            line=syntax_line(error, text),
            values={"reason": str(error)},
        ) from error
    return TomlSource(path, values, TomlLines(text), _part_printers(values))


def own_printer(entries: list[Any]) -> int | None:
    """Which of several [[printer]] tables is the till's own: the first for receipts."""
    places = (n for n, one in enumerate(entries) if one.get("role", "receipt") == "receipt")
    return next(places, None)


def _part_printers(values: dict[str, Any]) -> dict[KeyPath, KeyPath]:
    """Several [[printer]] tables become `printer`, the till's own, and `more_printers`."""
    entries = values.get("printer")
    if not isinstance(entries, list) or not all(isinstance(one, dict) for one in entries):
        return {}
    own = own_printer(entries)
    moved: dict[KeyPath, KeyPath] = {}
    del values["printer"]
    if own is not None:
        values["printer"] = {k: v for k, v in entries[own].items() if k != "role"}
        moved["printer",] = ("printer", own)
    known = values.get("more_printers", [])
    more = list(known) if isinstance(known, list) else []
    for number in (n for n in range(len(entries)) if n != own):
        moved["more_printers", len(more)] = ("printer", number)
        more.append(entries[number])
    values["more_printers"] = more
    return moved


def dotted(at: KeyPath) -> str:
    """("scanner", 0, "url") → `scanner[1].url`, counted from 1 as people do."""
    text = ""
    for part in at:
        text += f"[{part + 1}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables → dotted names with their values: names with dots may be unquoted in TOML."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, dict):
            flat |= flatten(value, f"{prefix}{name}.")
        else:
            flat[prefix + name] = value
    return flat
