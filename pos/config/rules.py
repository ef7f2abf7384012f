"""Business rules: how strictly each is taken in this shop (`block | approve | warn | off`).

A rule stops trading only where it must: a preset per kind of shop says how strictly, a shop
changes single rules, and a floor under some rules is never softened (holds, the journal,
immutable sales, two different signers). Open items at a day's close are `carry | approve |
block`. The table is `config/rules.toml`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from pos.config.errors import N_, ConfigError, Problem, closest
from pos.config.paths import config_dir
from pos.config.roles import Role
from pos.config.setting_types import RuleMode
from pos.config.source import TomlSource, flatten, read_toml

PRESETS = ("supermarket", "convenience", "counter", "pharmacy")
PRESET_NAMES_ZH = {
    "supermarket": "超市",
    "convenience": "便利店",
    "counter": "专柜",
    "pharmacy": "药店",
}
_STRICTNESS = {"off": 0, "warn": 1, "carry": 1, "approve": 2, "block": 3}
_MODES: dict[str, tuple[RuleMode, ...]] = {
    "rule": ("off", "warn", "approve", "block"),
    "open_item": ("carry", "approve", "block"),
}


class Rule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule of the table: what it is about and how strictly each preset takes it."""

    en: Annotated[str, Meta(min_length=1)]
    zh: Annotated[str, Meta(min_length=1)]
    kind: Literal["rule", "open_item"] = "rule"
    supermarket: RuleMode
    convenience: RuleMode
    counter: RuleMode
    pharmacy: RuleMode
    right: str = ""
    """The right whose absence, and whose `approve.` right, the rule is about (roles.toml)."""

    never_softer_than: RuleMode | None = None
    never_stricter_than: RuleMode | None = None

    def mode_in(self, preset: str) -> RuleMode:
        """The mode in one of PRESETS."""
        mode: RuleMode = getattr(self, preset)
        return mode

    def allowed(self) -> tuple[RuleMode, ...]:
        """The modes this rule may be set to, mildest first."""
        low = _STRICTNESS[self.never_softer_than or "off"]
        high = _STRICTNESS[self.never_stricter_than or "block"]
        return tuple(mode for mode in _MODES[self.kind] if low <= _STRICTNESS[mode] <= high)


class Rules(msgspec.Struct, frozen=True):
    """The rules in force in one shop."""

    preset: str
    table: dict[str, Rule]
    modes: dict[str, RuleMode]

    def mode(self, name: str) -> RuleMode:
        """How strictly a rule is taken; KeyError for a name that is not in the table."""
        return self.modes[name]

    def mode_for(self, name: str, role: Role) -> RuleMode:
        """How strictly a rule is taken with an operator of this role.

        Where the rule itself would let the operator go on, lacking its right asks for an approval.
        """
        mode = self.modes[name]
        right = self.table[name].right
        return "approve" if right and mode in {"off", "warn"} and not role.may(right) else mode

    def changed(self) -> tuple[str, ...]:
        """Names of the rules that differ from the preset."""
        standard = {name: rule.mode_in(self.preset) for name, rule in self.table.items()}
        return tuple(name for name, mode in self.modes.items() if mode != standard[name])


def load_rules(preset: str, overrides: Mapping[str, str] | None = None) -> Rules:
    """The shipped table under a preset, with single rules changed.

    ConfigError names an unknown preset or rule, with the one probably meant, and refuses a mode
    that is not the rule's or is softer than it may ever be.
    """
    source = read_toml(config_dir() / "rules.toml")
    table = read_table(source)
    problems = list(_override_problems(table, preset, overrides or {}))
    if problems:
        raise ConfigError(problems)
    modes = {name: rule.mode_in(preset) for name, rule in table.items()}
    for name, mode in (overrides or {}).items():
        modes[name] = msgspec.convert(mode, RuleMode)
    return Rules(preset, table, modes)


def read_table(source: TomlSource) -> dict[str, Rule]:
    """The table itself, each rule inside its own bounds in every preset."""
    problems: list[Problem] = []
    table: dict[str, Rule] = {}
    for name, value in source.values.items():
        try:
            rule = msgspec.convert(value, Rule)
        except msgspec.ValidationError as error:
            problems.append(source.problem((name,), "{why}", {"why": f"{name}: {error}"}))
            continue
        table[name] = rule
        problems.extend(
            source.problem((name, preset), N_("rule {name}: {mode} is not allowed"), values)
            for preset in PRESETS
            if rule.mode_in(preset) not in rule.allowed()
            for values in [{"name": name, "mode": rule.mode_in(preset)}]
        )
    if problems:
        raise ConfigError(problems)
    return table


def _override_problems(
    table: dict[str, Rule], preset: str, overrides: Mapping[str, Any]
) -> Iterator[Problem]:
    if preset not in PRESETS:
        yield Problem(
            N_("unknown preset of rules {name}"),
            values={"name": preset, "known": ", ".join(PRESETS)},
            hint_template=N_("known presets: {known}"),
        )
    for name, mode in flatten(overrides).items():
        rule = table.get(name)
        if rule is None:
            meant = closest(name, table)
            yield Problem(
                N_("unknown rule {name}"),
                values={"name": name, "meant": meant},
                hint_template=N_("did you mean {meant}?") if meant else "",
            )
        elif mode not in rule.allowed():
            yield Problem(
                N_("rule {name} cannot be {mode}"),
                values={"name": name, "mode": str(mode), "allowed": " | ".join(rule.allowed())},
                hint_template=N_("this rule may be: {allowed}"),
            )
