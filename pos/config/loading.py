"""Reading the settings: shipped defaults overlaid by the home's file, all faults named at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from pos.config.consistency import contradictions
from pos.config.errors import ConfigError
from pos.config.paths import HomePaths, config_dir
from pos.config.setting_types import Table
from pos.config.settings import Settings, SettingsTables
from pos.config.source import TomlSource, flatten, read_toml
from pos.config.toml_lines import TomlLines

_SEEN_WHOLE = 2
"""Sources of which nothing wrong is hidden by the next: the shipped file and one over it."""

_PLAIN = frozenset({int, bool})


def load_settings(home: Path) -> Settings:
    """Defaults of config/guitai.toml overlaid by HOME/guitai.toml.

    A missing home file is an empty one. ConfigError names every fault with its file and line.
    """
    sources = [defaults()]
    own = HomePaths(home).settings
    if own.exists():
        sources.append(read_toml(own))
    return merge(sources)


def defaults() -> TomlSource:
    """The shipped settings file."""
    return read_toml(config_dir() / "guitai.toml")


def merge(sources: list[TomlSource]) -> Settings:
    """Later sources over earlier ones, checked; ConfigError names every fault."""
    return _build({}, {}, sources)


def with_values(settings: Settings, values: Mapping[str, object], origin: str) -> Settings:
    """The settings with some dotted keys replaced, for options of a command line.

    `origin` names the option in ConfigError and in `Settings.origin`.
    """
    own: dict[str, Any] = {}
    for key, value in values.items():
        *groups, name = key.split(".")
        table = own
        for group in groups:
            table = table.setdefault(group, {})
        table[name] = value
    tables = msgspec.to_builtins(settings)
    origins = tables.pop("origins")
    return _build(tables, origins, [TomlSource(Path(origin), own, TomlLines(""))])


def _build(tables: dict[str, Any], origins: dict[str, str], sources: list[TomlSource]) -> Settings:
    plain = len(sources) <= _SEEN_WHOLE and all(_plain(source) for source in sources)
    if not plain:
        _refuse(sources)
    try:
        for source in sources:
            _overlay(
                tables, source.values, SettingsTables, "", origins=origins, origin=str(source.path)
            )
        settings = msgspec.convert({**tables, "origins": origins}, Settings)
    except msgspec.ValidationError:
        _refuse(sources)
        raise
    problems = [found.located(sources) for found in contradictions(settings)]
    if problems:
        raise ConfigError(problems)
    return settings


def _refuse(sources: list[TomlSource]) -> None:
    """Name every fault, key by key; ConfigError when there is one.

    Loaded when it is needed: what each key may hold takes longer to write down than all settings
    take to read, and msgspec refuses the same files, though with one fault and no line.
    """
    from pos.config.checking import check

    problems = [problem for source in sources for problem in check(source)]
    if problems:
        raise ConfigError(problems)


def _plain(source: TomlSource) -> bool:
    """Whether a file holds only values that msgspec judges as `checking` does."""
    return "origins" not in source.values and _all_plain(source.values)


def _all_plain(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_all_plain, value.values()))
    if isinstance(value, list):
        return all(map(_all_plain, value))
    return value.isprintable() if isinstance(value, str) else type(value) in _PLAIN


def _overlay(
    target: dict[str, Any],
    values: dict[str, Any],
    kind: type[Table],
    prefix: str,
    *,
    origins: dict[str, str],
    origin: str,
) -> None:
    for name, value in values.items():
        key = prefix + name
        inner = _table_of(kind, name)
        if inner is not None and isinstance(value, dict):
            table = target.setdefault(name, {})
            _overlay(table, value, inner, f"{key}.", origins=origins, origin=origin)
        elif isinstance(value, dict) and isinstance(target.get(name, {}), dict):
            entries = flatten(value)
            target[name] = target.get(name, {}) | entries
            origins.setdefault(key, origin)
            origins.update({f"{key}.{entry}": origin for entry in entries})
        else:
            target[name] = value
            origins[key] = origin


def _table_of(kind: type[Table], name: str) -> type[Table] | None:
    """The table that a key of a table holds; None for any other value."""
    for owner in kind.__mro__:
        written = getattr(owner, "__annotations__", {}).get(name)
        if written is not None:
            found = vars(sys.modules[owner.__module__]).get(written)
            return found if isinstance(found, type) and issubclass(found, Table) else None
    return None
