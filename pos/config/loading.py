"""Reading the settings: shipped defaults overlaid by the home's file, all faults named at once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from pos.config.checking import TABLES, check
from pos.config.consistency import contradictions
from pos.config.errors import ConfigError
from pos.config.paths import HomePaths, config_dir
from pos.config.settings import Settings
from pos.config.source import TomlSource, flatten, read_toml
from pos.config.toml_lines import TomlLines


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
    problems = [problem for source in sources for problem in check(source)]
    if problems:
        raise ConfigError(problems)
    for source in sources:
        _overlay(tables, source.values, TABLES, "", origins=origins, origin=str(source.path))
    settings = msgspec.convert({**tables, "origins": origins}, Settings)
    problems = [found.located(sources) for found in contradictions(settings)]
    if problems:
        raise ConfigError(problems)
    return settings


def _overlay(
    target: dict[str, Any],
    values: dict[str, Any],
    kind: inspect.StructType,
    prefix: str,
    *,
    origins: dict[str, str],
    origin: str,
) -> None:
    kinds = {field.name: field.type for field in kind.fields}
    for name, value in values.items():
        key = prefix + name
        inner = kinds[name]
        if isinstance(inner, inspect.StructType):
            table = target.setdefault(name, {})
            _overlay(table, value, inner, f"{key}.", origins=origins, origin=origin)
        elif isinstance(inner, inspect.DictType):
            entries = flatten(value)
            target[name] = target.get(name, {}) | entries
            origins.setdefault(key, origin)
            origins.update({f"{key}.{entry}": origin for entry in entries})
        else:
            target[name] = value
            origins[key] = origin
