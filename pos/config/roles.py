"""Roles: which rights each has, up to which limits, and which rights of others it may sign for.

The catalogue of rights and the six shipped roles are `config/roles.toml`. A right that a role
lacks may still be used once when somebody with `approve.RIGHT` signs (CTL-01, PRC-12).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from pos.config.errors import N_, ConfigError, Problem, closest
from pos.config.paths import HomePaths, config_dir
from pos.config.source import TomlSource, read_toml

APPROVE = "approve."
"""Prefix of the right to sign for another person's use of a right."""


class Right(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One right of the catalogue."""

    en: str
    zh: str
    approvable: bool = False


class Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One limit of the catalogue."""

    of: str
    """The right that it bounds."""

    en: str
    zh: str


class Role(msgspec.Struct, frozen=True, kw_only=True):
    """One role."""

    role_id: str
    name_en: str
    name_zh: str
    manager: bool
    """Asks for the longer PIN."""

    rights: frozenset[str]
    """Rights held, `approve.RIGHT` among them."""

    limits: dict[str, int]
    """Limits by name, in per cent, minor units or whole units as the name's end says."""

    def may(self, right: str) -> bool:
        """Whether the role holds a right."""
        return right in self.rights

    def may_approve(self, right: str) -> bool:
        """Whether the role may sign for another person's use of a right."""
        return APPROVE + right in self.rights

    def limit(self, name: str) -> int:
        """A limit; a role without one has 0, so that forgetting it never opens a door."""
        return self.limits.get(name, 0)


class RoleBook(msgspec.Struct, frozen=True):
    """The catalogue of rights and limits, and the roles made of them."""

    rights: dict[str, Right]
    limits: dict[str, Limit]
    roles: dict[str, Role]

    def approvers(self, right: str) -> tuple[str, ...]:
        """Ids of the roles that may sign for a right."""
        return tuple(role.role_id for role in self.roles.values() if role.may_approve(right))


class _RoleTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    en: str
    zh: str
    manager: bool = False
    rights: tuple[str, ...]
    approves: tuple[str, ...] = ()
    limits: dict[str, Annotated[int, Meta(ge=0)]] = {}


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    rights: dict[str, Right] = {}
    limits: dict[str, Limit] = {}
    roles: dict[str, _RoleTable] = {}


def load_roles(home: Path | None = None) -> dict[str, Role]:
    """The roles of `load_role_book` by id: the shipped ones, changed by HOME/roles.toml."""
    return load_role_book(home).roles


@cache
def rights() -> dict[str, Right]:
    """The catalogue of rights by id, with their names; no home may change it."""
    return load_role_book().rights


def load_role_book(home: Path | None = None) -> RoleBook:
    """The catalogue and the roles; ConfigError names unknown rights and limits with their line."""
    source = read_toml(config_dir() / "roles.toml")
    values = source.values
    own = HomePaths(home).roles if home is not None else None
    if own is not None and own.exists():
        source = read_toml(own)
        values = _overlaid(values, source)
    try:
        file = msgspec.convert(values, _File)
    except msgspec.ValidationError as error:
        raise ConfigError([source.problem((), "{why}", {"why": str(error)})]) from error
    problems = list(_problems(file, source))
    if problems:
        raise ConfigError(problems)
    roles = {role_id: _role(role_id, table, file.rights) for role_id, table in file.roles.items()}
    return RoleBook(file.rights, file.limits, roles)


def _overlaid(shipped: dict[str, Any], own: TomlSource) -> dict[str, Any]:
    """A home's file changes roles; rights and limits are the program's and not for it to make."""
    unknown = [name for name in own.values if name != "roles"]
    if unknown:
        raise ConfigError(
            own.problem(
                (name,),
                N_("{key}: a shop's own file may only change [roles]"),
                {"key": name},
                hint=N_("rights and limits are part of the program"),
            )
            for name in unknown
        )
    roles = dict(shipped["roles"])
    for role_id, table in own.values.get("roles", {}).items():
        before = roles.get(role_id, {})
        limits = before.get("limits", {}) | table.get("limits", {})
        roles[role_id] = before | table | {"limits": limits}
    return {**shipped, "roles": roles}


def _matching(pattern: str, names: Iterable[str]) -> set[str]:
    """Names that a pattern stands for: itself, or all that begin with what is before its `*`."""
    if pattern.endswith("*"):
        return {name for name in names if name.startswith(pattern[:-1])}
    return {name for name in names if name == pattern}


def _role(role_id: str, table: _RoleTable, rights: dict[str, Right]) -> Role:
    approvable = [name for name, right in rights.items() if right.approvable]
    held = {name for pattern in table.rights for name in _matching(pattern, rights)}
    signs = {name for pattern in table.approves for name in _matching(pattern, approvable)}
    return Role(
        role_id=role_id,
        name_en=table.en,
        name_zh=table.zh,
        manager=table.manager,
        rights=frozenset(held | {APPROVE + name for name in signs}),
        limits=dict(table.limits),
    )


def _problems(file: _File, source: TomlSource) -> Iterator[Problem]:
    approvable = [name for name, right in file.rights.items() if right.approvable]
    for role_id, table in file.roles.items():
        named = [
            *(("rights", name, file.rights) for name in table.rights),
            *(("approves", name, approvable) for name in table.approves),
            *(("limits", name, file.limits) for name in table.limits),
        ]
        for key, name, known in named:
            if not _matching(name, known):
                meant = closest(name, known)
                yield source.problem(
                    ("roles", role_id, key),
                    N_("role {role}, {key}: there is no {name}"),
                    {"role": role_id, "key": key, "name": name, "meant": meant},
                    hint=N_("did you mean {meant}?") if meant else "",
                )
    for name, limit in file.limits.items():
        if limit.of not in file.rights:
            yield source.problem(
                ("limits", name),
                N_("limit {name}: there is no right {right}"),
                {"name": name, "right": limit.of},
            )
