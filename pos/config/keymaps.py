"""Key maps: which key gives which command on the sale screen.

The shipped maps are `config/keymaps/*.toml`. The number pad's keys and Esc mean the same in every
map and cannot be bound; keys that a terminal cannot tell apart from them, or keeps for itself, are
refused with the reason. Key names are Textual's: `f9`, `ctrl+r`, `delete`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from pos.config.errors import N_, ConfigError, Problem, closest, refusal
from pos.config.paths import config_dir
from pos.config.source import TomlSource, read_toml

COMMANDS = (
    "help",
    "functions",
    "member",
    "price_check",
    "item_list",
    "quick_keys",
    "open_item",
    "quantity",
    "repeat_last",
    "price",
    "price_correct",
    "line_discount",
    "sale_discount",
    "undo",
    "void_line",
    "void_last",
    "void_sale",
    "park",
    "recall",
    "subtotal",
    "pay",
    "return_mode",
    "find_sale",
    "reprint",
    "receipt_toggle",
    "no_sale",
    "paid_in",
    "paid_out",
    "x_report",
    "shift_close",
    "day_close",
    "lock",
    "sign_off",
    "language",
    "training",
    "sync_status",
    "devices",
    "self_test",
    "quit",
)
"""Every command of the sale screen, in the order of the function menu."""

_PAD = frozenset(
    [
        *("0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "enter", "escape"),
        *("plus", "minus", "asterisk", "slash", "full_stop", "equals_sign"),
        *("add", "subtract", "multiply", "divide", "decimal"),
        *("+", "-", "*", "/", ".", "="),
    ]
)
_SAME_AS = {
    "ctrl+h": "backspace",
    "ctrl+i": "tab",
    "ctrl+j": "enter",
    "ctrl+m": "enter",
    "ctrl+[": "escape",
}
_TAKEN = {
    "ctrl+c": N_("the terminal and Textual use it to interrupt"),
    "ctrl+q": N_("terminals use it for flow control"),
    "ctrl+s": N_("terminals use it for flow control"),
    "ctrl+z": N_("terminals use it to suspend a program"),
    "tab": N_("it moves between fields"),
    "shift+tab": N_("it moves between fields"),
    "up": N_("it moves the mark"),
    "down": N_("it moves the mark"),
    "left": N_("it moves the mark"),
    "right": N_("it moves the mark"),
}
_ALIASES = {
    "del": "delete",
    "ins": "insert",
    "esc": "escape",
    "return": "enter",
    "pgup": "pageup",
    "pgdn": "pagedown",
    "page_up": "pageup",
    "page_down": "pagedown",
}
_KEY = re.compile(
    r"(?:(?:ctrl|shift|alt)\+)*"
    r"(?:f(?:[1-9]|1[0-9]|2[0-4])|[a-z]|delete|backspace|insert|home|end|pageup|pagedown|space)"
)
_MODIFIERS = ("ctrl", "alt", "shift")


class Keymap(msgspec.Struct, frozen=True):
    """A map without conflicts."""

    name: str
    keys: dict[str, tuple[str, ...]]
    """Command → its keys; every command is there, some with none."""

    def keys_for(self, command: str) -> tuple[str, ...]:
        """The keys of a command; KeyError when there is no such command."""
        return self.keys[command]

    def command_for(self, key: str) -> str | None:
        """The command of a key, or None."""
        wanted = normalise(key)
        return next((command for command, keys in self.keys.items() if wanted in keys), None)


def normalise(key: str) -> str:
    """`Ctrl+Del` → `ctrl+delete`: lower case, Textual's names, modifiers in one order."""
    *modifiers, last = key.strip().lower().split("+") if key.strip() != "+" else ["+"]
    held = {"ctrl" if modifier in {"ctl", "control"} else modifier for modifier in modifiers}
    ordered = [modifier for modifier in _MODIFIERS if modifier in held]
    ordered += sorted(held.difference(_MODIFIERS))
    return "+".join([*ordered, _ALIASES.get(last, last)])


def keymap_names() -> tuple[str, ...]:
    """Names of the shipped maps."""
    return tuple(sorted(path.stem for path in (config_dir() / "keymaps").glob("*.toml")))


def load_keymap(name: str, overrides: Mapping[str, Sequence[str]] | None = None) -> Keymap:
    """A shipped map with single commands' keys replaced.

    ConfigError names every unknown command, every key that cannot be bound, and every key bound
    twice, with both commands.
    """
    if name not in keymap_names():
        meant = closest(name, keymap_names())
        raise refusal(
            N_("unknown key map {name}"),
            hint=N_("did you mean {meant}?") if meant else N_("known key maps: {known}"),
            values={"name": name, "meant": meant, "known": ", ".join(keymap_names())},
        )
    source = read_toml(config_dir() / "keymaps" / f"{name}.toml")
    keys = {command: tuple(source.values.get(command, ())) for command in COMMANDS}
    problems = list(_unknown_commands(source.values, source))
    if overrides:
        problems.extend(_unknown_commands(overrides, None))
        keys |= {
            command: tuple(bound) for command, bound in overrides.items() if command in COMMANDS
        }
    keys = {command: tuple(map(normalise, bound)) for command, bound in keys.items()}
    problems.extend(_key_problems(keys, frozenset(overrides or ()), source))
    if problems:
        raise ConfigError(problems)
    return Keymap(name, keys)


def _problem(
    source: TomlSource | None,
    at: str,
    template: str,
    hint: str,
    words: Mapping[str, str] | None = None,
    **values: str,
) -> Problem:
    if source is not None:
        return source.problem((at,), template, values, hint=hint, words=words)
    # Single keys that differ stand under [ui.keys] of the home's settings.
    return Problem(
        template, values=values, words=dict(words or {}), hint_template=hint, path="ui.keys"
    )


def _unknown_commands(keys: Mapping[str, Any], source: TomlSource | None) -> Iterator[Problem]:
    for command in keys:
        if command not in COMMANDS:
            meant = closest(command, COMMANDS)
            hint = N_("did you mean {meant}?") if meant else ""
            template = N_("unknown command {command}")
            yield _problem(source, command, template, hint, command=command, meant=meant)


def _key_problems(
    keys: Mapping[str, Sequence[str]], own: frozenset[str], source: TomlSource
) -> Iterator[Problem]:
    owner: dict[str, str] = {}
    for command, bound in keys.items():
        where = None if command in own else source
        for key in bound:
            unusable = _unusable(where, command, key)
            if unusable is not None:
                yield unusable
                continue
            first = owner.setdefault(_SAME_AS.get(key, key), command)
            if first != command:
                yield _problem(
                    None if first in own else where,
                    command,
                    N_("{key} is bound to both {first} and {second}"),
                    N_("give one of them another key, or none: []"),
                    key=key,
                    first=first,
                    second=command,
                )


def _unusable(source: TomlSource | None, command: str, key: str) -> Problem | None:
    """Why a key cannot be bound to anything, or None when it can."""
    advice = N_("use a function key or Ctrl with a letter")
    real = _SAME_AS.get(key, key)
    if real in _PAD:
        template = N_("{name}: {key} belongs to the number pad and cannot be bound")
        return _problem(source, command, template, advice, name=command, key=key)
    if real in _TAKEN:
        template = N_("{name}: {key} cannot be bound: {reason}")
        words = {"reason": _TAKEN[real]}
        return _problem(source, command, template, advice, words, name=command, key=key)
    if len(real) == 1:
        template = N_("{name}: {key} alone is typed text and cannot be bound")
        return _problem(source, command, template, advice, name=command, key=key)
    if not _KEY.fullmatch(key):
        template = N_("{name}: {key} is not the name of a key")
        advice = N_("names are f1 to f12, ctrl+r, delete, insert, home, end, pageup, pagedown")
        return _problem(source, command, template, advice, name=command, key=key)
    return None
