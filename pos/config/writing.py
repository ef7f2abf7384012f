"""Changing the home's settings and secrets: checked first, comments kept, written whole or not."""

from __future__ import annotations

import os
import tomllib
from pathlib import Path
from typing import Any

import msgspec
from msgspec import inspect

from pos.config.checking import bare, closest_key, kind_of, known_keys
from pos.config.errors import N_, closest, refusal
from pos.config.loading import defaults, load_settings, merge
from pos.config.paths import HomePaths
from pos.config.settings import Settings
from pos.config.source import own_printer, parse_toml, read_toml
from pos.config.toml_lines import KeyPath

_DICTIONARIES = ("rules.overrides", "ui.keys", "prices.tax_rates_bp")


def set_value(home: Path, key: str, value: object) -> Settings:
    """Write one dotted key into HOME/guitai.toml and return the settings that now hold.

    Elements of lists are numbered from 1: `scanner.1.url`. Comments and order of the file stay.
    ConfigError, and an unchanged file, when the key is unknown or the value does not fit.
    """
    import tomlkit

    at = _path_of(key)
    target = HomePaths(home).settings
    text = target.read_text(encoding="utf-8-sig") if target.exists() else ""
    if text:
        read_toml(target)  # says on which line a broken file is broken
    document = tomlkit.parse(text)
    _put(document, at, value, load_settings(home))
    written = tomlkit.dumps(document)
    settings = merge([defaults(), parse_toml(written, target)])
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(target, written)
    return settings


def parse_value(key: str, text: str) -> object:
    """What a person typed for a key: TOML where it is TOML, otherwise the text itself."""
    wanted = kind_of(_path_of(key))
    if wanted is not None and isinstance(bare(wanted), inspect.StrType):
        return text.removeprefix('"').removesuffix('"')
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _path_of(key: str) -> KeyPath:
    for dictionary in _DICTIONARIES:
        if key.startswith(f"{dictionary}."):
            return (*dictionary.split("."), key.removeprefix(f"{dictionary}."))
    at = tuple(int(part) - 1 if part.isdecimal() else part for part in key.split("."))
    kind = kind_of(at)
    if kind is None or isinstance(kind, inspect.StructType):
        meant = closest(key, known_keys()) or closest_key(key.rpartition(".")[2])
        raise refusal(
            N_("unknown key {key}"),
            hint=N_("did you mean {meant}?") if meant else N_("`pos config show` lists all keys"),
            values={"key": key, "meant": meant},
        )
    return at


def _put(document: Any, at: KeyPath, value: object, settings: Settings) -> None:
    """Set the value in a tomlkit document, making the tables on the way.

    A list is replaced whole in the home's file, so its first change copies the list in force.
    """
    import tomlkit

    node = document
    if at[0] == "printer" and isinstance(document.get("printer"), list):
        own = own_printer(document["printer"])
        at = ("printer", len(document["printer"]) if own is None else own, *at[1:])
    for position, part in enumerate(at[:-1]):
        if isinstance(part, str) and part not in node:
            if isinstance(at[position + 1], int):
                in_force = _get(msgspec.to_builtins(settings), at[: position + 1])
                node[part] = tomlkit.item(in_force) if in_force else tomlkit.aot()
            else:
                node[part] = tomlkit.table()
        if isinstance(part, int) and not 0 <= part <= len(node):
            raise refusal(
                N_("{key}: there is no entry {number}"),
                hint=N_("entries are numbered from 1; a new one follows the last"),
                values={"key": ".".join(map(str, at[:position])), "number": str(part + 1)},
            )
        if isinstance(part, int) and part == len(node):
            of_tables = isinstance(node, tomlkit.items.AoT)
            node.append(tomlkit.table() if of_tables else tomlkit.inline_table())
        node = node[part]
    node[at[-1]] = value


def _get(tables: Any, at: KeyPath) -> Any:
    for part in at:
        tables = tables[part]
    return tables


# ------------------------------------------------------------------------------------- secrets


def load_secrets(home: Path) -> dict[str, str]:
    """The names and values of HOME/secrets.toml, empty without one.

    ConfigError when anybody but the owner may read or write the file, or a value is not text.
    """
    path = HomePaths(home).secrets
    if not path.exists():
        return {}
    status = path.stat()
    if status.st_mode & 0o077:
        raise refusal(
            N_("can be read by others: mode {mode}, expected 0600"),
            hint=N_("run: chmod 600 {path}"),
            path=path,
            values={"mode": f"{status.st_mode & 0o777:04o}", "path": str(path)},
        )
    source = read_toml(path)
    for name, value in source.values.items():
        if not isinstance(value, str):
            raise refusal(
                N_("{key}: expected text in quotes"),
                path=path,
                line=source.lines.line_of((name,)),
                values={"key": name},
            )
    return dict(source.values)


def set_secret(home: Path, name: str, value: str) -> None:
    """Write one secret into HOME/secrets.toml, which only its owner may read."""
    import tomlkit

    secrets = load_secrets(home)
    secrets[name] = value
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    write_whole(HomePaths(home).secrets, tomlkit.dumps(secrets))


def write_whole(path: Path, text: str) -> None:
    """Replace a file, mode 0600; a power cut leaves the old text or the new, never a part."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            os.fchmod(stream.fileno(), 0o600)
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        beside.replace(path)
    except BaseException:
        beside.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
