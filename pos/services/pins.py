"""Operators' PINs: argon2id with the workstation's pepper over it; which are too easy (R29).

A stored verifier is one text, the same for operators of head office and of this till:
`parameters$salt$sealed`, where `sealed` is `seal(pepper, base64(argon2id(PIN, salt)))`. Without
parameters (`salt$sealed`) the default ones count. A leading `over=…$` says which verifier of head
office a PIN changed at this till replaced: once head office sends another, its own counts again.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import os
import re
from itertools import pairwise

import msgspec

from pos.config import Role, Security
from pos.domain.cart import Refusal
from pos.i18n import N_
from pos.store.pepper import seal

_SALT_BYTES = 16
_HASH_BYTES = 32
_PARAMETERS = re.compile(r"m=(\d{1,7}),t=(\d{1,2}),p=(\d)", re.ASCII)
_OVER = "over="
_MARK_DIGITS = 16


class PinParameters(msgspec.Struct, frozen=True, kw_only=True):
    """Cost of one argon2id hash; tests bring cheaper ones."""

    memory_kib: int = 19_456
    iterations: int = 2
    parallelism: int = 1

    @property
    def text(self) -> str:
        """`m=19456,t=2,p=1`, as feed and verifiers carry it."""
        return f"m={self.memory_kib},t={self.iterations},p={self.parallelism}"


PARAMETERS = PinParameters()
"""The cost of every PIN of the product."""

_MOST = PinParameters(memory_kib=262_144, iterations=10, parallelism=4)
"""More than this a feed cannot ask of a till: checking one PIN would stop the counter."""


def pin_hash(pin: str, salt: bytes, parameters: PinParameters = PARAMETERS) -> str:
    """Base64 of argon2id(PIN, salt): what head office feeds as `verifier`. Takes about 0.4 s."""
    from argon2.low_level import Type, hash_secret_raw

    return base64.b64encode(
        hash_secret_raw(
            pin.encode(),
            salt,
            time_cost=parameters.iterations,
            memory_cost=parameters.memory_kib,
            parallelism=parameters.parallelism,
            hash_len=_HASH_BYTES,
            type=Type.ID,
        )
    ).decode()


def make_verifier(
    pin: str,
    pepper: bytes,
    *,
    parameters: PinParameters = PARAMETERS,
    replaces: str = "",
) -> str:
    """The text to store for a new PIN; `replaces` is head office's that it stands over."""
    salt = os.urandom(_SALT_BYTES)
    sealed = seal(pepper, pin_hash(pin, salt, parameters))
    text = f"{parameters.text}${base64.b64encode(salt).decode()}${sealed}"
    return f"{_OVER}{mark_of(replaces)}${text}" if replaces else text


def stored_verifier(parameters: str, salt: str, sealed: str) -> str:
    """The one text of a row of `reference.db`; empty when the operator has no PIN yet."""
    if not salt or not sealed:
        return ""
    return f"{parameters}${salt}${sealed}" if parameters else f"{salt}${sealed}"


def check_pin(pin: str, pepper: bytes, stored: str, *, like: str = "") -> bool:
    """Whether the PIN is the one behind `stored`; the same work for a verifier that is not there.

    `like` is any other verifier of the till: its cost is what a wrong one then costs as well.
    """
    parsed = _parse(stored)
    if parsed is None:
        other = _parse(like)
        pin_hash(pin, bytes(_SALT_BYTES), other[0] if other is not None else PARAMETERS)
        return False
    parameters, salt, sealed = parsed
    found = seal(pepper, pin_hash(pin, salt, parameters))
    return hmac.compare_digest(found.encode(), sealed.encode())


def mark_of(stored: str) -> str:
    """Short mark of a verifier, to see later whether it is still the same."""
    return hashlib.sha256(stored.encode()).hexdigest()[:_MARK_DIGITS]


def stands_over(stored: str, reference: str) -> bool:
    """Whether a PIN changed at this till still counts against what head office has now."""
    if not stored:
        return False
    return not reference or stored.startswith(f"{_OVER}{mark_of(reference)}$")


def check_new_pin(
    security: Security, role: Role | None, operator_id: str, pin: str
) -> Refusal | None:
    """Say why a PIN must not be used, or None: digits only, long enough, not easy to guess."""
    manager = role is not None and role.manager
    shortest = security.pin_length_min_manager if manager else security.pin_length_min
    if not (pin.isascii() and pin.isdigit()):
        return Refusal("pin_not_digits", N_("a PIN is made of digits only"))
    if not shortest <= len(pin) <= security.pin_length_max:
        return Refusal(
            "pin_wrong_length",
            N_("this PIN is too short or too long"),
            {"shortest": shortest, "longest": security.pin_length_max},
        )
    steps = {(int(b) - int(a)) % 10 for a, b in pairwise(pin)}
    if steps in ({0}, {1}, {9}) or pin == operator_id:
        return Refusal(
            "pin_too_easy", N_("this PIN is too easy to guess; take one that is no row of digits")
        )
    return None


def _parse(stored: str) -> tuple[PinParameters, bytes, str] | None:
    parts = stored.split("$")
    if parts and parts[0].startswith(_OVER):
        parts = parts[1:]
    parameters = PARAMETERS
    if len(parts) == 3:
        match = _PARAMETERS.fullmatch(parts[0])
        if match is None:
            return None
        memory, iterations, lanes = (int(group) for group in match.groups())
        parameters = PinParameters(memory_kib=memory, iterations=iterations, parallelism=lanes)
        if not _payable(parameters):
            return None
        parts = parts[1:]
    if len(parts) != 2:
        return None
    try:
        salt = base64.b64decode(parts[0], validate=True)
    except (binascii.Error, ValueError):
        return None
    return (parameters, salt, parts[1]) if len(salt) >= 8 else None


def _payable(parameters: PinParameters) -> bool:
    return (
        8 * parameters.parallelism <= parameters.memory_kib <= _MOST.memory_kib
        and 1 <= parameters.iterations <= _MOST.iterations
        and 1 <= parameters.parallelism <= _MOST.parallelism
    )
