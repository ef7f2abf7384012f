"""The first people of a home: checked, then journaled (R28, R29)."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from pos.config import Role, Settings, load_sample_shop
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.setup.journaling import open_journal
from pos.setup.refusal import SetUpRefused

if TYPE_CHECKING:
    from pos.domain.journal.bodies import RulesChanged

AUTHORITY = "init"
"""Name of the authority under which a home's first people are made: nobody can sign on yet."""

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


def check_staffed(operators: Iterable[NewOperator], roles: Mapping[str, Role]) -> None:
    """A shop that nobody can open, or in which nobody can help a cashier, is no shop."""
    staff = [roles[person.role] for person in operators]
    for right, who in (("sale.sell", "cashier"), ("operator.edit", "manager")):
        if not any(role.may(right) for role in staff):
            raise SetUpRefused(
                N_("There is no operator with the right {right}."),
                hint=N_("Add one, for example with the role {role}."),
                right=right,
                role=who,
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


def write_people(
    home: Path,
    settings: Settings,
    operators: Sequence[NewOperator],
    changes: Sequence[RulesChanged],
    *,
    demo: bool,
    new_code: bool,
) -> str:
    """Journal the people and what changed; returns the recovery code, of which a digest stays."""
    from pos.domain.journal import EntryKind
    from pos.domain.journal.people_bodies import Authority, OperatorSet
    from pos.services import operators as service
    from pos.services import pin_changes, pins
    from pos.store.journal import WriteTransaction
    from pos.store.pepper import load_pepper

    pepper = load_pepper(home)
    # The demonstration's PINs are no secrets: seven slow hashes would only delay its start.
    parameters = pins.PinParameters(memory_kib=64, iterations=1) if demo else pins.PARAMETERS
    bodies = tuple(
        OperatorSet(
            operator_id=person.operator_id,
            name=unicodedata.normalize("NFC", person.name),
            role=person.role,
            language=person.language or settings.ui.language,
            verifier=pins.make_verifier(person.pin, pepper, parameters=parameters),
        )
        for person in operators
    )
    code = pin_changes.make_recovery_code() if new_code else ""

    def note(txn: WriteTransaction) -> None:
        txn.append(EntryKind.AUTHORITY, Authority(name=AUTHORITY, source="pos init"))
        for change in changes:
            txn.append(EntryKind.RULES_CHANGED, change)

    with open_journal(home, settings) as journal:
        if bodies or changes:
            journal.run(note)
        if bodies:
            service.install_operators(journal, bodies)
        if code:
            pin_changes.install_recovery_code(journal, code)
    return code
