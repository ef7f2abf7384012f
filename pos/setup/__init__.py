"""Setting a home up: settings, people, quick keys and items, all checked before any is written.

Used by `pos init` and by the demonstration. Everything is checked first; then people go into the
journal (R28), goods into `reference.db` through its one writer (R25), and the settings file takes
its name last. A home without that file is no till yet, so a kill in between leaves a home that the
same command finishes; doing it twice changes nothing that was there.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pos.config import (
    HomePaths,
    QuickKey,
    Settings,
    load_roles,
    load_rules,
    load_settings,
    set_value,
    with_values,
)
from pos.i18n import N_
from pos.setup.catalogue import quick_key_rows, read_classes, write_catalogue
from pos.setup.journaling import (
    JOURNALED_GROUPS,
    is_enrolled,
    journaled_changes,
    open_journal,
    opening_count_waived,
)
from pos.setup.people import (
    AUTHORITY,
    NewOperator,
    check_operators,
    check_pin,
    check_staffed,
    write_people,
)
from pos.setup.refusal import SetUpRefused

if TYPE_CHECKING:
    from pos.store.item_import import ImportPlan, Progress

_STAGING = ".set-up"
_NEEDED = ("store.store_id", "workstation.workstation_id")


class SetUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a set-up did."""

    home: Path
    operators: int
    recovery_code: str
    """Printed once and kept nowhere; empty when the home keeps the one it had."""

    quick_keys: int
    items: ImportPlan | None
    items_fetched: int = 0
    """From head office, when it is the one that has them."""


def set_up_home(
    home: Path,
    *,
    values: Mapping[str, object],
    operators: Sequence[NewOperator],
    quick_keys: Sequence[QuickKey] = (),
    items: Path | None = None,
    classes: Path | None = None,
    effective_day: str = "",
    demo: bool = False,
    reconfigure: bool = False,
    new_recovery_code: bool = False,
    progress: Progress | None = None,
) -> SetUp:
    """Make `home` a till, or with `reconfigure` change one; nothing that is there is lost.

    `values` are dotted settings keys. `items` is an item list whose prices hold from
    `effective_day` (ISO date) on; `classes` a CSV class_code,name,name_en,parent. A real shop
    (`demo` false) refuses the demonstration's people and PINs.

    Raises SetUpRefused, ConfigError, StoreError (a till at work, a damaged file), ImportRefused.
    """
    settings = checked_settings(home, values, reconfigure=reconfigure)
    roles = load_roles(home)
    load_rules(settings.rules.preset, settings.rules.overrides)
    check_operators(operators, roles, settings, demo=demo)
    if effective_day:
        check_day(effective_day)
    enrolled = is_enrolled(home)
    if operators and enrolled:
        raise SetUpRefused(
            N_("{home}: head office owns the operators of this till."),
            hint=N_("Make them at head office; they come down with the feed."),
            home=home,
        )
    if not enrolled and not is_set_up(home):
        check_staffed(operators, roles)
    HomePaths(home).create()
    first = not is_set_up(home)
    code = write_people(
        home,
        settings,
        operators,
        opening_count_waived(settings)
        if first and not demo
        else journaled_changes(load_settings(home), settings),
        demo=demo,
        new_code=first or new_recovery_code,
    )
    plan = None
    if items is not None or quick_keys or classes is not None:
        plan = write_catalogue(
            home,
            items=items,
            classes=classes,
            quick_keys=quick_keys,
            effective_day=effective_day,
            progress=progress,
        )
    _write_settings(home, values)
    return SetUp(
        home=home,
        operators=len(operators),
        recovery_code=code,
        quick_keys=len(quick_keys),
        items=plan,
    )


def is_set_up(home: Path) -> bool:
    """Whether the home is a till already."""
    return HomePaths(home).settings.exists()


def checked_settings(
    home: Path, values: Mapping[str, object], *, reconfigure: bool = False
) -> Settings:
    """The settings that `values` would make of the home; SetUpRefused or ConfigError otherwise."""
    if is_set_up(home) and not reconfigure:
        raise SetUpRefused(
            N_("{home} is set up already."),
            hint=N_(
                "`pos init --reconfigure` changes it and keeps what it has;"
                " `pos config set` changes one setting."
            ),
            home=home,
        )
    settings = with_values(load_settings(home), values, "pos init")
    for key in _NEEDED:
        group, _, name = key.partition(".")
        given = str(getattr(getattr(settings, group), name))
        if not given:
            raise SetUpRefused(
                N_("{key} is missing."),
                hint=N_("Give the store and the workstation a number, such as 0101 and 01."),
                key=key,
            )
        # Both stand in the transaction number, which is printed as a barcode and scanned back.
        if not (given.isascii() and given.isalnum()):
            raise SetUpRefused(
                N_("{key}: expected letters and digits, got {given}."),
                hint=N_("It is part of every receipt number: letters a-z and digits only."),
                key=key,
                given=repr(given),
            )
    return settings


def check_day(text: str) -> None:
    """Refuse what is no ISO date: SetUpRefused."""
    try:
        good = date.fromisoformat(text).isoformat() == text
    except ValueError:
        good = False
    if not good:
        raise SetUpRefused(
            N_("expected a business day such as 2026-11-21, got {text}."), text=repr(text)
        )


def _write_settings(home: Path, values: Mapping[str, object]) -> None:
    """All values or none: they are written beside and the file is renamed into place."""
    target = HomePaths(home).settings
    staging = home / _STAGING
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    try:
        staged = HomePaths(staging).settings
        if target.exists():
            shutil.copy2(target, staged)
        for key, value in values.items():
            set_value(staging, key, value)
        if not staged.exists():
            staged.touch(mode=0o600)
        staged.replace(target)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    folder = os.open(home, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


__all__ = [
    "AUTHORITY",
    "JOURNALED_GROUPS",
    "NewOperator",
    "SetUp",
    "SetUpRefused",
    "check_day",
    "check_operators",
    "check_pin",
    "checked_settings",
    "is_enrolled",
    "is_set_up",
    "journaled_changes",
    "open_journal",
    "quick_key_rows",
    "read_classes",
    "set_up_home",
]
