"""People at the till: sign on and off, lock, and the operators of a lone shop (R28, R29).

`check_credentials` is the slow half (argon2id, about 0.4 s) and changes nothing on the screen:
run it in a thread and hand its answer to `finish_sign_on`, `finish_unlock` or
`approvals.grant_checked`.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import msgspec

from pos import i18n
from pos.config import DemoOperator, load_sample_shop
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.domain.journal.people_bodies import OperatorSet, SignOn
from pos.i18n import N_
from pos.services import lockouts
from pos.services.context import Operator, Till
from pos.services.people import (
    Person,
    as_operator,
    name_of,
    operators,
    people,
    person,
)
from pos.services.pins import (
    PARAMETERS,
    PinParameters,
    check_new_pin,
    check_pin,
    make_verifier,
)
from pos.store.journal import JournalStore, WriteTransaction
from pos.store.pepper import load_pepper

_OPERATOR_ID_MAX = 32


class Credentials(msgspec.Struct, frozen=True):
    """Proof that somebody has just typed their own PIN."""

    person: Person


class SignedOn(msgspec.Struct, frozen=True):
    """Somebody is signed on."""

    operator: Operator
    saved: Future[Any]


class SignedOff(msgspec.Struct, frozen=True):
    """Nobody is signed on, or the till is locked or unlocked."""

    saved: Future[Any]


class OperatorChanged(msgspec.Struct, frozen=True):
    """An operator was made or changed."""

    person: Person
    saved: Future[Any]


def check_credentials(till: Till, operator_id: str, pin: str) -> Credentials | Refusal:
    """Check id and PIN; a wrong one is journaled and counted. Slow: call it off the loop.

    An id that nobody has, a person without a PIN, one who has left and a wrong PIN answer alike
    and cost alike.
    """
    tried = operator_id[: lockouts.MAX_TRIED_ID]
    waiting_ms = lockouts.wait_ms(till, tried)
    if waiting_ms:
        return locked_out(waiting_ms)
    found = person(till, operator_id)
    usable = found is not None and found.active and found.role in till.roles
    verifier = found.verifier if found is not None and usable else ""
    like = next((one.verifier for one in people(till) if one.verifier), "")
    if not check_pin(pin, load_pepper(till.home), verifier, like=like) or found is None:
        delay_ms = lockouts.failed(till, tried, grows=not _is_last_lifter(till, found))
        return Refusal("wrong_pin", N_("number or PIN is wrong"), {"wait_s": -(-delay_ms // 1000)})
    lockouts.succeeded(till, tried)
    return Credentials(found)


def sign_on(till: Till, operator_id: str, pin: str) -> SignedOn | Refusal:
    """Check the PIN and sign on."""
    checked = check_credentials(till, operator_id, pin)
    return checked if isinstance(checked, Refusal) else finish_sign_on(till, checked)


def finish_sign_on(till: Till, credentials: Credentials) -> SignedOn:
    """Sign the person on; somebody else is signed off by it. The sale belongs to the till."""
    one = credentials.person
    operator = as_operator(till, one)
    before = till.operator.operator_id if till.operator is not None else ""
    left = before if before != one.operator_id else ""
    day = till.business_day
    body = SignOn(role=one.role, language=one.language)

    def job(txn: WriteTransaction) -> None:
        if left:
            txn.append(
                EntryKind.SIGN_OFF,
                SignOn(reason="change"),
                operator_id=left,
                business_day=day,
            )
        txn.append(EntryKind.SIGN_ON, body, operator_id=operator.operator_id, business_day=day)

    till.operator, till.locked = operator, False
    _speak(till, one.language)
    return SignedOn(operator, till.write(job))


def sign_off(till: Till, reason: str = "") -> SignedOff | Refusal:
    """Leave the till. An open sale stays on it for whoever signs on next, as after a power cut."""
    if till.operator is None:
        return Refusal("not_signed_on", N_("nobody is signed on"))
    saved = till.append(EntryKind.SIGN_OFF, SignOn(reason=reason))
    till.operator, till.locked = None, False
    _speak(till, "")
    return SignedOff(saved)


def lock(till: Till, reason: str = "key") -> SignedOff | Refusal:
    """Lock the till; the sale stays on it (rule 8)."""
    if till.operator is None:
        return Refusal("not_signed_on", N_("nobody is signed on"))
    if till.locked:
        return Refusal("locked", N_("the till is locked"))
    saved = till.append(EntryKind.LOCKED, SignOn(reason=reason))
    till.locked = True
    return SignedOff(saved)


def unlock(till: Till, pin: str) -> SignedOff | Refusal:
    """Unlock with the PIN of whoever is signed on; anybody else signs on instead."""
    if till.operator is None:
        return Refusal("not_signed_on", N_("nobody is signed on"))
    checked = check_credentials(till, till.operator.operator_id, pin)
    return checked if isinstance(checked, Refusal) else finish_unlock(till, checked)


def finish_unlock(till: Till, credentials: Credentials) -> SignedOff | Refusal:
    """Unlock for the person whose PIN was checked."""
    if till.operator is None or till.operator.operator_id != credentials.person.operator_id:
        return Refusal("wrong_pin", N_("number or PIN is wrong"), {"wait_s": 0})
    saved = till.append(EntryKind.UNLOCKED, SignOn())
    till.locked = False
    return SignedOff(saved)


def set_operator(
    till: Till,
    operator_id: str,
    *,
    name: str,
    role: str,
    language: str = "",
    active: bool = True,
    pin: str = "",
    parameters: PinParameters = PARAMETERS,
) -> OperatorChanged | Refusal:
    """Add or change an operator of a lone shop; head office's operators are head office's."""
    if till.operator is None or not till.operator.role.may("operator.edit"):
        return Refusal("no_right", N_("you have no right to change operators"))
    refusal = _check_operator(till, operator_id, role, active=active)
    if refusal is not None:
        return refusal
    before = person(till, operator_id)
    verifier = before.local_verifier if before is not None else ""
    if pin:
        easy = check_new_pin(till.settings.security, till.roles.get(role), operator_id, pin)
        if easy is not None:
            return easy
        verifier = make_verifier(pin, load_pepper(till.home), parameters=parameters)
    body = OperatorSet(
        operator_id=operator_id,
        name=name,
        role=role,
        language=language,
        active=active,
        verifier=verifier,
    )
    changed = Person(
        operator_id=operator_id,
        name=name,
        role=role,
        language=language,
        active=active,
        verifier=verifier,
        local_verifier=verifier,
    )
    return OperatorChanged(changed, till.append(EntryKind.OPERATOR_SET, body))


def choose_language(till: Till, language: str) -> SignedOff | Refusal:
    """Speak another language from now on, and whenever this operator signs on."""
    if till.operator is None:
        return Refusal("not_signed_on", N_("sign on first"))
    if language not in i18n.LANGUAGES:
        return Refusal("no_such_language", N_("this till does not speak that language"))
    found = person(till, till.operator.operator_id)
    if found is None:
        return Refusal("no_such_operator", N_("there is no such operator"))
    till.operator = msgspec.structs.replace(till.operator, language=language)
    _speak(till, language)
    return SignedOff(
        till.append(EntryKind.OPERATOR_SET, operator_set(found, found.local_verifier, language))
    )


def demo_operators(till: Till) -> tuple[DemoOperator, ...]:
    """People of the sample shop who work here, with their PINs: for a demonstration's screen.

    A real shop's screen never asks; its `pos init` has refused these people and PINs.
    """
    here = {(one.operator_id, one.name) for one in operators(till)}
    return tuple(
        one for one in load_sample_shop().operators if (one.operator_id, one.name) in here
    )


# -- setting a shop up, before there is anybody who could sign on ------------------------------


def install_operators(journal: JournalStore, bodies: tuple[OperatorSet, ...]) -> None:
    """Journal the first operators of a lone shop; `pos init` calls it once."""

    def job(txn: WriteTransaction) -> None:
        for body in bodies:
            txn.append(EntryKind.OPERATOR_SET, body)

    journal.run(job)


def operator_set(one: Person, verifier: str, language: str) -> OperatorSet:
    """What the journal is told of a person whose verifier or language changed."""
    return OperatorSet(
        operator_id=one.operator_id,
        name=one.name,
        role=one.role,
        language=language,
        active=one.active,
        verifier=verifier,
    )


def _check_operator(till: Till, operator_id: str, role: str, *, active: bool) -> Refusal | None:
    if not 1 <= len(operator_id) <= _OPERATOR_ID_MAX or not operator_id.isalnum():
        return Refusal("bad_operator_id", N_("an operator's number is made of letters and digits"))
    if role not in till.roles:
        return Refusal("no_such_role", N_("there is no such role"))
    found = person(till, operator_id)
    if found is not None and found.owned_by_head_office:
        return Refusal(
            "owned_by_head_office", N_("this operator is head office's; change it there")
        )
    leaves = not active or not till.roles[role].may("operator.edit")
    editors = [one for one in operators(till) if till.roles[one.role].may("operator.edit")]
    if leaves and [one.operator_id for one in editors] == [operator_id]:
        return Refusal(
            "last_editor", N_("this is the last person who may change operators; keep them")
        )
    return None


def _is_last_lifter(till: Till, found: Person | None) -> bool:
    """Whether nobody else could lift this person's delay: then it must not grow."""
    lifters = [
        one.operator_id for one in operators(till) if till.roles[one.role].may("operator.unlock")
    ]
    return found is not None and lifters == [found.operator_id]


def locked_out(waiting_ms: int) -> Refusal:
    """The refusal of a try before the delay after wrong ones is over; its `wait_s` is in seconds."""
    return Refusal(
        "locked_out",
        N_("too many wrong PINs; wait a little or ask a manager"),
        {"wait_s": -(-waiting_ms // 1000)},
    )


def _speak(till: Till, language: str) -> None:
    chosen = language or till.settings.ui.language
    i18n.set_language(chosen if chosen in i18n.LANGUAGES else "en")


__all__ = [
    "Credentials",
    "OperatorChanged",
    "Person",
    "SignedOff",
    "SignedOn",
    "check_credentials",
    "choose_language",
    "demo_operators",
    "finish_sign_on",
    "finish_unlock",
    "install_operators",
    "lock",
    "name_of",
    "operators",
    "people",
    "person",
    "set_operator",
    "sign_off",
    "sign_on",
    "unlock",
]
