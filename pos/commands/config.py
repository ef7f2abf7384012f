"""`pos config`: show, check and change settings, rules included."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.common import (
    CHECK_FAILED,
    HomeGroup,
    fail,
    find_home,
    home_option,
    json_option,
    print_json,
)
from pos.i18n import gettext as _
from pos.i18n import language

if TYPE_CHECKING:
    from pos.config import Settings


@click.group(cls=HomeGroup)
def config() -> None:
    """Show, check or set settings."""


@config.command()
@click.argument("key", required=False)
@home_option
@click.option("--origin", is_flag=True, help="Say which file each value is from.")
@json_option
def show(key: str | None, *, home: Path | None, origin: bool, as_json: bool) -> None:
    """Show every setting in force, or those whose name begins with KEY."""
    from pos.config import load_settings, pos_home

    settings = load_settings(pos_home(home))
    chosen = {name: value for name, value in _flat(settings).items() if _fits(name, key)}
    if not chosen:
        fail(
            _("There is no setting %(key)s.") % {"key": key},
            _("`pos config show` lists all keys."),
        )
    if as_json:
        print_json(
            {n: {"value": v, "origin": _origin(settings, n)} for n, v in chosen.items()}
            if origin
            else chosen
        )
        return
    for name, value in chosen.items():
        text = f"{name} = {_shown(value)}"
        click.echo(f"{text}    # {_origin(settings, name)}" if origin else text)


@config.command()
@home_option
@json_option
def check(home: Path | None, *, as_json: bool) -> None:
    """Check every file of the home: settings, roles, rules, keys, secrets, quick keys.

    Exit code 1 when something is wrong; each fault with its file, line and what to do.
    """
    from pos.config import pos_home
    from pos.doctor.files import config_problems

    found = config_problems(pos_home(home))
    problems = [{"text": one.text(_), "hint": one.hint(_)} for one in found]
    if as_json:
        print_json({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            click.echo(f"✗ {problem['text']}")
            if problem["hint"]:
                click.echo(f"  {problem['hint']}")
        if not problems:
            click.echo(_("✓ The configuration is right."))
    if problems:
        sys.exit(CHECK_FAILED)


@config.command("set")
@click.argument("key")
@click.argument("value")
@home_option
def set_setting(key: str, value: str, *, home: Path | None) -> None:
    """Set KEY to VALUE in the home's guitai.toml; comments stay.

    It holds from the next start of the till. How strictly the shop is run (rules, approval,
    security, payment, prices, returns) is journaled, for which the till must not be running.
    """
    from pos.config import load_settings, parse_value, set_value

    folder = find_home(home)
    before = load_settings(folder)
    parsed = parse_value(key, value)
    _journal(folder, before, _tried(folder, key, parsed))
    after = set_value(folder, key, parsed)
    now = _flat(after)
    shown = {name: now[name] for name in now if _fits(name, key.split(".1", maxsplit=1)[0])} or {
        key: parsed
    }
    for name, new in shown.items():
        click.echo(f"{name} = {_shown(new)}")


@config.command()
@home_option
@click.option("--changed", is_flag=True, help="Only rules that differ from the preset.")
@json_option
def rules(home: Path | None, *, changed: bool, as_json: bool) -> None:
    """Show the business rules: block, approve, warn or off, and what each preset says."""
    from pos.config import load_rules, load_settings, pos_home

    settings = load_settings(pos_home(home))
    book = load_rules(settings.rules.preset, settings.rules.overrides)
    differing = set(book.changed())
    names = [name for name in book.table if not changed or name in differing]
    if as_json:
        print_json(
            {
                "preset": book.preset,
                "rules": {
                    name: {
                        "mode": book.modes[name],
                        "preset_mode": book.table[name].mode_in(book.preset),
                        "allowed": list(book.table[name].allowed()),
                        "text": _rule_text(book.table[name]),
                    }
                    for name in names
                },
            }
        )
        return
    click.echo(_("Preset: %(preset)s") % {"preset": book.preset})
    for name in names:
        mark = "*" if name in differing else " "
        text = _rule_text(book.table[name])
        click.echo(f"{mark} {name:<40} {book.modes[name]:<8} {text}")


def _tried(folder: Path, key: str, value: object) -> Settings:
    """The settings that a change would make, with everything that rests on them checked."""
    import shutil
    import tempfile

    from pos.config import set_value

    with tempfile.TemporaryDirectory(prefix="guitai-config-") as scratch:
        copy = Path(scratch)
        shutil.copy2(folder / "guitai.toml", copy / "guitai.toml")
        after = set_value(copy, key, value)
    _check_rest(after)
    return after


def _check_rest(settings: Settings) -> None:
    """Rules, keys and profiles that the settings name; ConfigError or Illegal otherwise."""
    from pos.config import load_keymap, load_rules
    from pos.scanners import scanner_profile
    from pos.services.printer_profiles import check_profiles

    load_rules(settings.rules.preset, settings.rules.overrides)
    load_keymap(settings.ui.keymap, settings.ui.keys)
    check_profiles(settings)
    for scanner in settings.scanner:
        scanner_profile(scanner.profile)


def _journal(folder: Path, before: Settings, after: Settings) -> None:
    """Journal a change of how strictly the shop is run, before it is made (rule 13)."""
    from pos.domain.journal import EntryKind
    from pos.setup import journaled_changes, open_journal

    changes = journaled_changes(before, after)
    if changes and (folder / "journal.db").exists():
        with open_journal(folder, after) as journal:
            journal.run(
                lambda txn: [txn.append(EntryKind.RULES_CHANGED, body) for body in changes]
            )


def _flat(settings: Settings) -> dict[str, Any]:
    import msgspec

    from pos.config.source import flatten

    tables = msgspec.to_builtins(settings)
    tables.pop("origins", None)
    return flatten(tables)


def _fits(name: str, key: str | None) -> bool:
    return key is None or name == key or name.startswith(f"{key}.")


def _origin(settings: Settings, name: str) -> str:
    while name:
        if name in settings.origins:
            return settings.origins[name]
        name = name.rpartition(".")[0]
    return ""


def _shown(value: object) -> str:
    import json

    return json.dumps(value, ensure_ascii=False)


def _rule_text(rule: Any) -> str:
    return str(rule.zh if language() == "zh_CN" else rule.en)
