"""The shipped profiles of devices: one TOML file a model, by folder and name."""

from __future__ import annotations

import tomllib
from functools import lru_cache
from pathlib import Path
from typing import Any

from pos.config.errors import N_, ConfigError, Problem
from pos.config.paths import config_dir


def device_profile(folder: str, name: str, key: str) -> dict[str, Any]:
    """The table of `config/FOLDER/NAME.toml`; `key` is the setting that names it.

    Raises ConfigError, with the names there are, where there is no such profile.
    """
    path = config_dir() / folder / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(sorted(one.stem for one in path.parent.glob("*.toml")))
        values = {"key": key, "known": known, "name": name}
        raise ConfigError([Problem(N_("{key}: expected one of {known}, got {name}"), values)])
    return _parsed(path, path.stat().st_mtime_ns)


@lru_cache(maxsize=32)
def _parsed(path: Path, stamp: int) -> dict[str, Any]:
    del stamp  # a changed file is read anew
    with path.open("rb") as file:
        return tomllib.load(file)
