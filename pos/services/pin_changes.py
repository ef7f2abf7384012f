"""PINs changed and set anew, delays lifted, and the recovery code of a till (R29).

What checks or makes a PIN is slow (argon2id, about 0.4 s): call it off the loop.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.i18n import N_
from pos.services import lockouts
from pos.services.context import Till
from pos.services.operators import SignedOff, check_credentials, locked_out, operator_set
from pos.services.people import Person, person, role_of
from pos.services.pins import PARAMETERS, PinParameters, check_new_pin, make_verifier
from pos.store.journal import JournalStore, WriteTransaction
from pos.store.pepper import load_pepper

RECOVERY_ID = "recovery-code"
"""The id under which wrong recovery codes are counted; no operator can have it."""
_RECOVERY_KEY = "recovery_code"
_ALPHABET = "0123456789"
"""Digits alone: the code must be typed on a till that has a number pad and nothing else."""
_RECOVERY_GROUPS, _GROUP = 6, 4


class PinChanged(msgspec.Struct, frozen=True):
    """A PIN was set; `recovery_code` is a new one to print when the old one was used up."""

    operator_id: str
    saved: Future[Any]
    recovery_code: str = ""


def change_pin(
    till: Till, pin: str, new_pin: str, *, parameters: PinParameters = PARAMETERS
) -> PinChanged | Refusal:
    """Change one's own PIN. Slow: call it off the loop."""
    if till.operator is None:
        return Refusal("not_signed_on", N_("sign on first"))
    checked = check_credentials(till, till.operator.operator_id, pin)
    if isinstance(checked, Refusal):
        return checked
    if pin == new_pin:
        return Refusal("pin_unchanged", N_("the new PIN is the old one"))
    return _set_pin(till, checked.person, new_pin, parameters)


def reset_pin(
    till: Till,
    operator_id: str,
    new_pin: str,
    *,
    recovery_code: str = "",
    parameters: PinParameters = PARAMETERS,
) -> PinChanged | Refusal:
    """Set somebody's PIN anew: by a manager signed on, or by the recovery code of `pos init`.

    The code serves once; the answer carries the next one to print. Slow: call it off the loop.
    """
    found = person(till, operator_id)
    if recovery_code:
        refusal = _check_recovery_code(till, recovery_code)
        if refusal is not None:
            return refusal
    elif till.operator is None or not till.operator.role.may("operator.pin_reset"):
        return Refusal("no_right", N_("you have no right to set another person's PIN"))
    elif till.operator.operator_id == operator_id:
        return Refusal("use_change_pin", N_("change your own PIN with the old one"))
    if found is None or not found.active:
        return Refusal("no_such_operator", N_("there is no such operator"))
    fresh = make_recovery_code() if recovery_code else ""
    changed = _set_pin(till, found, new_pin, parameters, fresh)
    if isinstance(changed, PinChanged):
        lockouts.lift(till, operator_id)
    return changed


def lift_lockout(till: Till, operator_id: str) -> SignedOff | Refusal:
    """Lift the delay after wrong PINs; nobody lifts their own."""
    if till.operator is None or not till.operator.role.may("operator.unlock"):
        return Refusal("no_right", N_("you have no right to lift this delay"))
    if till.operator.operator_id == operator_id:
        return Refusal("approval_self", N_("somebody else must do this"))
    return SignedOff(lockouts.lift(till, operator_id))


def make_recovery_code() -> str:
    """A new recovery code, such as `7K3M-Q0XE-9TVB-2HAF` (80 bits)."""
    groups = [
        "".join(secrets.choice(_ALPHABET) for _ in range(_GROUP)) for _ in range(_RECOVERY_GROUPS)
    ]
    return "-".join(groups)


def install_recovery_code(journal: JournalStore, code: str) -> None:
    """Keep what recognises the code; the code itself is printed once and kept nowhere."""
    digest = _code_digest(code)
    journal.run(lambda txn: _put_recovery(txn, digest))


def _set_pin(
    till: Till, one: Person, new_pin: str, parameters: PinParameters, fresh_code: str = ""
) -> PinChanged | Refusal:
    refusal = check_new_pin(till.settings.security, role_of(till, one), one.operator_id, new_pin)
    if refusal is not None:
        return refusal
    verifier = make_verifier(
        new_pin,
        load_pepper(till.home),
        parameters=parameters,
        replaces=one.reference_verifier,
    )
    body = operator_set(one, verifier, one.language)
    digest = _code_digest(fresh_code) if fresh_code else ""
    by, day = till.operator_id or RECOVERY_ID, till.business_day

    def job(txn: WriteTransaction) -> None:
        if digest:
            _put_recovery(txn, digest)
        txn.append(EntryKind.PIN_CHANGED, body, operator_id=by, business_day=day)

    return PinChanged(one.operator_id, till.write(job), fresh_code)


def _check_recovery_code(till: Till, code: str) -> Refusal | None:
    waiting_ms = lockouts.wait_ms(till, RECOVERY_ID)
    if waiting_ms:
        return locked_out(waiting_ms)
    row = (
        till.journal.reader()
        .execute("SELECT value FROM local_meta WHERE key = ?", (_RECOVERY_KEY,))
        .fetchone()
    )
    known = row[0] if row else ""
    if not hmac.compare_digest(_code_digest(code).encode(), known.encode()):
        delay_ms = lockouts.failed(till, RECOVERY_ID)
        return Refusal(
            "wrong_recovery_code",
            N_("this is not the recovery code of this till"),
            {"wait_s": -(-delay_ms // 1000)},
        )
    lockouts.succeeded(till, RECOVERY_ID)
    return None


def _code_digest(code: str) -> str:
    """80 random bits need no slow hash; letters that look like digits are read as digits."""
    plain = code.upper().replace("-", "").replace(" ", "")
    plain = plain.replace("O", "0").replace("I", "1").replace("L", "1")
    return hashlib.sha256(f"guitai recovery {plain}".encode()).hexdigest()


def _put_recovery(txn: WriteTransaction, digest: str) -> None:
    txn.connection.execute(
        "INSERT OR REPLACE INTO local_meta VALUES (?, ?)", (_RECOVERY_KEY, digest)
    )
