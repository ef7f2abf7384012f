"""Who works here: head office's operators overlaid by what was set at this till (R28, R29)."""

from __future__ import annotations

import msgspec

from pos.config import Role
from pos.services.context import Operator, Till
from pos.services.pins import stands_over, stored_verifier
from pos.store.journal_files import live_journal, read_journal
from pos.store.reference_values import OperatorRow


class Person(msgspec.Struct, frozen=True, kw_only=True):
    """An operator as this till knows them."""

    operator_id: str
    name: str
    role: str
    language: str = ""
    active: bool = True
    verifier: str = ""
    """What a PIN is checked against (see `pos.services.pins`); empty when there is no PIN yet."""

    owned_by_head_office: bool = False
    reference_verifier: str = ""
    local_verifier: str = ""


_LOCAL = "SELECT operator_id, name, role, language, active, verifier FROM local_operator"


def people(till: Till) -> list[Person]:
    """Every operator, inactive ones too, by id."""
    local = {row[0]: row for row in _local(till)}
    known = {row.operator_id: row for row in till.reference.operators()}
    return [
        _person(known.get(operator_id), local.get(operator_id))
        for operator_id in sorted(known.keys() | local.keys())
    ]


def person(till: Till, operator_id: str) -> Person | None:
    """One operator, or None."""
    local = _local(till, operator_id)
    reference = till.reference.operator(operator_id)
    if reference is None and not local:
        return None
    return _person(reference, local[0] if local else None)


def operators(till: Till) -> list[Person]:
    """The operators who may sign on, by id."""
    return [one for one in people(till) if one.active and one.role in till.roles]


def role_of(till: Till, one: Person) -> Role | None:
    """The role, or None when the roles of this till do not name it."""
    return till.roles.get(one.role)


def as_operator(till: Till, one: Person) -> Operator:
    """The person as the one signed on."""
    return Operator(
        operator_id=one.operator_id,
        name=one.name,
        role=till.roles[one.role],
        language=one.language,
    )


def name_of(till: Till, operator_id: str) -> str:
    """Name to print, or the id when nobody has it."""
    found = person(till, operator_id) if operator_id else None
    return found.name if found is not None and found.name else operator_id


def _local(till: Till, operator_id: str = "") -> list[tuple[str, str, str, str, int, str]]:
    question = f"{_LOCAL} WHERE operator_id = ?" if operator_id else _LOCAL
    values = (operator_id,) if operator_id else ()
    if not till.training or not live_journal(till.home).is_file():
        return till.journal.reader().execute(question, values).fetchall()
    # People practise under their own PINs, which only the live journal has.
    connection = read_journal(till.home)
    try:
        return connection.execute(question, values).fetchall()
    finally:
        connection.close()


def _person(
    reference: OperatorRow | None, local: tuple[str, str, str, str, int, str] | None
) -> Person:
    if reference is None:
        assert local is not None  # noqa: S101 - one of the two is there
        operator_id, name, role, language, active, verifier = local
        return Person(
            operator_id=operator_id,
            name=name,
            role=role,
            language=language,
            active=bool(active),
            verifier=verifier,
            local_verifier=verifier,
        )
    fed = stored_verifier(reference.parameters, reference.salt, reference.verifier)
    own = local[5] if local is not None else ""
    return Person(
        operator_id=reference.operator_id,
        name=reference.name,
        role=reference.role,
        language=(local[3] if local is not None else "") or reference.language,
        active=reference.active,
        verifier=own if stands_over(own, fed) else fed,
        owned_by_head_office=True,
        reference_verifier=fed,
        local_verifier=own,
    )
