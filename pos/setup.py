"""Setting a home up: settings, people, quick keys and items, all checked before any is written.

Used by `pos init` and by the demonstration. Everything is checked first; then people go into the
journal (R28), goods into `reference.db` through its one writer (R25), and the settings file takes
its name last. A home without that file is no till yet, so a kill in between leaves a home that the
same command finishes; doing it twice changes nothing that was there.
"""

from __future__ import annotations

import csv
import os
import shutil
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pos.config import (
    HomePaths,
    QuickKey,
    Role,
    Settings,
    load_roles,
    load_rules,
    load_sample_shop,
    load_settings,
    set_value,
    with_values,
)
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.version import __version__

if TYPE_CHECKING:
    from pos.store.item_import import ImportPlan, Progress
    from pos.store.journal import WriteTransaction
    from pos.store.reference_values import ItemClass

AUTHORITY = "init"
"""Name of the authority under which a home's first people are made: nobody can sign on yet."""

_STAGING = ".set-up"
_NEEDED = ("store.store_id", "workstation.workstation_id")
_MAX_ID = 16
_MAX_NAME = 64


class NewOperator(msgspec.Struct, frozen=True, kw_only=True):
    """One person to be made."""

    operator_id: str
    name: str
    role: str
    pin: str
    language: str = ""
    """`zh_CN` or `en`; empty for the language of the settings."""


class SetUp(msgspec.Struct, frozen=True, kw_only=True):
    """What a set-up did."""

    home: Path
    operators: int
    recovery_code: str
    """Printed once and kept nowhere; empty when the home keeps the one it had."""

    quick_keys: int
    items: ImportPlan | None
    enrolled: bool = False


class SetUpRefused(Exception):
    """Something that a home cannot be made of; texts are English templates with values."""

    def __init__(self, template: str, *, hint: str = "", **values: object) -> None:
        self.template = template
        self.hint_template = hint
        self.values = {name: str(value) for name, value in values.items()}
        super().__init__(template.format_map(self.values))

    @property
    def hint(self) -> str:
        """What to do about it, in English."""
        return self.hint_template.format_map(self.values)


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
    recovery_code: bool = True,
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
    HomePaths(home).create()
    code = _write_people(home, settings, operators, with_code=recovery_code, demo=demo)
    plan = None
    if items is not None or quick_keys or classes is not None:
        plan = _write_catalogue(
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


# ------------------------------------------------------------------------------------- people


def check_operators(
    operators: Iterable[NewOperator],
    roles: Mapping[str, Role],
    settings: Settings,
    *,
    demo: bool = False,
) -> None:
    """Refuse people who could not sign on, or whose PIN everybody knows: SetUpRefused."""
    sample = load_sample_shop()
    seen: set[str] = set()
    for person in operators:
        name = person.operator_id
        if not (name.isascii() and name.isdigit() and len(name) <= _MAX_ID):
            raise SetUpRefused(
                N_("operator {name}: expected a number of up to 16 digits as id."),
                hint=N_("It is typed on the number pad at sign-on."),
                name=repr(name),
            )
        if name in seen:
            raise SetUpRefused(N_("operator {name} is there twice."), name=name)
        seen.add(name)
        if not person.name or len(person.name) > _MAX_NAME or not person.name.isprintable():
            raise SetUpRefused(
                N_("operator {name}: expected a name of 1 to 64 characters."), name=name
            )
        if person.role not in roles:
            raise SetUpRefused(
                N_("operator {name}: there is no role {role}."),
                hint=N_("Roles of this shop: {known}."),
                name=name,
                role=repr(person.role),
                known=", ".join(roles),
            )
        if person.language not in {"", "zh_CN", "en"}:
            raise SetUpRefused(
                N_("operator {name}: expected zh_CN or en as language, got {language}."),
                name=name,
                language=repr(person.language),
            )
        check_pin(person.pin, roles[person.role], settings, who=name)
        if not demo and sample.is_demo(operator_id=name, name=person.name, pin=person.pin):
            raise SetUpRefused(
                N_("operator {name}: this person or PIN belongs to the demonstration."),
                hint=N_("Everybody can read it there: choose another PIN."),
                name=name,
            )


def check_pin(pin: str, role: Role, settings: Settings, *, who: str) -> None:
    """Refuse a PIN that is no PIN for this role; SetUpRefused says why."""
    from pos.services import pins

    refusal = pins.check_new_pin(settings.security, role, who, pin)
    if refusal is None:
        return
    if refusal.code == "pin_wrong_length":
        raise SetUpRefused(
            N_("operator {name}: expected a PIN of {least} to {most} digits for role {role}."),
            hint=N_("The lengths are security.pin_length_… in the settings."),
            name=who,
            least=refusal.values["shortest"],
            most=refusal.values["longest"],
            role=role.role_id,
        )
    raise SetUpRefused(N_("operator {name}: {reason}."), name=who, reason=_(refusal.message))


def _write_people(
    home: Path,
    settings: Settings,
    operators: Sequence[NewOperator],
    *,
    with_code: bool,
    demo: bool,
) -> str:
    """One transaction: the authority, every person, and the recovery code's verifier."""
    from pos.domain.journal import EntryKind
    from pos.domain.journal.bodies import Authority, OperatorSet
    from pos.services import pins
    from pos.store.clock import SystemClock
    from pos.store.journal import Identity, JournalStore
    from pos.store.pepper import load_pepper
    from pos.store.reference import ReferenceReader

    pepper = load_pepper(home)
    # The demonstration's PINs are no secrets: seven slow hashes would only delay its start.
    parameters = pins.PinParameters(memory_kib=64, iterations=1) if demo else pins.PARAMETERS
    bodies = [
        OperatorSet(
            operator_id=person.operator_id,
            name=unicodedata.normalize("NFC", person.name),
            role=person.role,
            language=person.language or settings.ui.language,
            verifier=pins.make_verifier(person.pin, pepper, parameters=parameters),
        )
        for person in operators
    ]
    reference = ReferenceReader(home)
    try:
        uuid = reference.meta("identity.workstation_uuid") or ""
    finally:
        reference.close()
    identity = Identity(
        store_id=settings.store.store_id,
        workstation_id=settings.workstation.workstation_id,
        workstation_uuid=uuid,
        currency=settings.store.currency,
    )
    with JournalStore.open(home, identity, SystemClock(), __version__) as journal:

        def job(txn: WriteTransaction) -> None:
            txn.append(EntryKind.AUTHORITY, Authority(name=AUTHORITY, source="pos init"))
            for body in bodies:
                txn.append(EntryKind.OPERATOR_SET, body)

        if bodies:
            journal.run(job)
    return ""


# ---------------------------------------------------------------------------------- catalogue


def _write_catalogue(
    home: Path,
    *,
    items: Path | None,
    classes: Path | None,
    quick_keys: Sequence[QuickKey],
    effective_day: str,
    progress: Progress | None,
) -> ImportPlan | None:
    from pos.services.mnemonic import mnemonic
    from pos.store.item_import import run_import
    from pos.store.reference_values import Changes
    from pos.store.reference_writer import ReferenceWriter

    with ReferenceWriter.open(home, app_version=__version__) as writer:
        plan = None
        if items is not None:
            plan = run_import(
                writer,
                items,
                effective_day=effective_day,
                progress=progress,
                mnemonic=mnemonic,
            )
        changes = Changes(
            classes=read_classes(classes) if classes is not None else (),
            quick_keys=quick_key_rows(quick_keys),
        )
        if changes.classes or changes.quick_keys:
            writer.add_local(changes)
    return plan


def quick_key_rows(quick_keys: Iterable[QuickKey]) -> list[msgspec.Struct]:
    """Quick keys as rows of the catalogue."""
    from pos.store.reference_values import QuickKey as QuickKeyRow

    return [
        QuickKeyRow(position=key.number, item_code=key.item_code, label=key.label)
        for key in quick_keys
    ]


def read_classes(path: Path) -> list[ItemClass]:
    """商品分类 of a CSV class_code,name[,name_en,parent]; SetUpRefused otherwise."""
    from pos.store.reference_values import ItemClass

    with path.open(newline="", encoding="utf-8-sig") as file:
        rows = csv.DictReader(file)
        missing = {"class_code", "name"} - set(rows.fieldnames or ())
        if missing:
            raise SetUpRefused(
                N_("{path}: expected columns class_code and name, {missing} is missing."),
                path=path,
                missing=", ".join(sorted(missing)),
            )
        return [
            ItemClass(
                item_class=row["class_code"],
                name=row["name"] or "",
                name_en=row.get("name_en") or "",
                parent=row.get("parent") or "",
            )
            for row in rows
            if row["class_code"]
        ]


# ----------------------------------------------------------------------------------- settings


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
