"""What entries about people say: signing on, PINs, operators, approvals and authority."""

from __future__ import annotations

from pos.domain.journal.kinds import Body


class SignOn(Body, frozen=True, kw_only=True, omit_defaults=True):
    """An operator signs on; also used for sign-off, lock and unlock."""

    role: str = ""
    language: str = ""
    reason: str = ""


class PinFailed(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A wrong PIN was entered."""

    operator_tried: str
    failures: int
    locked_until_utc_ms: int = 0


class LockoutLifted(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A manager lifts a lockout."""

    operator_tried: str


class OperatorSet(Body, frozen=True, kw_only=True, omit_defaults=True):
    """An operator is created or changed on a lone shop's till, or a PIN is changed (R28, R29)."""

    operator_id: str
    name: str = ""
    role: str = ""
    language: str = ""
    active: bool = True
    verifier: str = ""
    """HMAC(pepper, argon2id(PIN)) with salt; useless without the workstation's pepper."""


class Authority(Body, frozen=True, kw_only=True, omit_defaults=True):
    """On whose authority entries that follow are made, when not a person with a PIN."""

    name: str
    """`roll` for a replay."""

    source: str = ""
    sha256: str = ""


class Approval(Body, frozen=True, kw_only=True, omit_defaults=True):
    """One action was approved, once, by a second person (experience rule 10, I8)."""

    approval_uuid: str
    right: str
    approver_id: str
    mode: str
    """second_person, single_action, alone_review_next_day or head_office_code."""

    reason: str = ""
    detail: str = ""
    granted: bool = True
    request_no: str = ""
    """The request that head office's code answered; empty for an approval given at the till."""

    limit_value: int = 0
    """How far head office's code reaches, by that request."""
