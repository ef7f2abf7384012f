"""Approvals: one action, one second person, once; and what happens when nobody else is there.

A `Grant` is journaled when it is given and spent in the transaction of the action it was given
for: `approval_used` makes a second use fail (experience rule 10, I8).
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from weakref import WeakKeyDictionary

import msgspec

from pos.domain.approval import remote_code, request_number
from pos.domain.cart import Refusal
from pos.domain.journal import EntryKind
from pos.i18n import N_
from pos.services import lockouts
from pos.services.context import (
    ROLL,
    Authorised,
    Grant,
    NeedsApproval,
    Till,
    approval_body,
    authorise,
    spend,
)
from pos.services.operators import Credentials, check_credentials
from pos.store.approval_key import load_approval_key
from pos.store.journal import WriteTransaction

REVIEW_NEXT_DAY = "REVIEW_NEXT_DAY"
"""Named source of an approval that nobody was there to give; a manager looks at it next day."""

HEAD_OFFICE = "HEAD_OFFICE"
"""Named source of an approval given by head office's code."""

_CODE_ID = "head-office-code"

Approvals = Grant | Sequence[Grant] | None
"""What an action takes: the grants that its earlier answers asked for, one or several."""


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A request that head office answers by telephone."""

    request_no: str
    """To be read aloud: it says the right and the limit as well."""

    right: str
    limit_value: int
    valid_until_monotonic_ms: int


_REQUESTS: WeakKeyDictionary[Till, dict[str, Request]] = WeakKeyDictionary()


def request(
    till: Till,
    right: str,
    detail: str = "",
    limit_value: int = 0,
    *,
    limit_name: str = "",
    approval: Grant | None = None,
) -> Authorised | NeedsApproval | Refusal:
    """Whether the operator may use a right for which there is no rule, or needs an approval."""
    if till.authority == ROLL:
        return Authorised(source=ROLL)
    if till.operator is None:
        return Refusal("not_signed_on", N_("sign on first"))
    role = till.operator.role
    within = not limit_name or limit_value <= role.limit(limit_name)
    if role.may(right) and within:
        return Authorised()
    if not any(one.may_approve(right) for one in till.roles.values()):
        return Refusal("no_right", N_("you have no right to do this"), {"right": right})
    if approval is None:
        return NeedsApproval(
            right=right,
            rule="",
            detail=detail,
            limit_name=limit_name,
            limit_value=limit_value,
        )
    if approval.approval_uuid in till.spent_approvals:
        return Refusal("approval_used", N_("this approval has been used; ask for a new one"))
    if approval.right != right or approval.limit_value < limit_value:
        return Refusal(
            "approval_for_other_action", N_("this approval was given for another action")
        )
    return Authorised(
        source="approval", approver_id=approval.approver_id, approval_uuid=approval.approval_uuid
    )


def grant(
    till: Till,
    right: str,
    approver_id: str,
    pin: str,
    reason: str = "",
    *,
    detail: str = "",
    limit_name: str = "",
    limit_value: int = 0,
) -> Grant | Refusal:
    """Approve one action with id and PIN. Slow: call it off the loop."""
    if approver_id == till.operator_id:
        return _self_approval()
    checked = check_credentials(till, approver_id, pin)
    if isinstance(checked, Refusal):
        return checked
    return grant_checked(
        till,
        right,
        checked,
        reason,
        detail=detail,
        limit_name=limit_name,
        limit_value=limit_value,
    )


def grant_checked(
    till: Till,
    right: str,
    credentials: Credentials,
    reason: str = "",
    *,
    detail: str = "",
    limit_name: str = "",
    limit_value: int = 0,
) -> Grant | Refusal:
    """Approve one action by somebody whose PIN was just checked; the cashier stays signed on."""
    approver = credentials.person
    if approver.operator_id == till.operator_id:
        return _self_approval()
    role = till.roles.get(approver.role)
    if role is None or not role.may_approve(right):
        return Refusal(
            "may_not_approve",
            N_("this person may not approve this"),
            {"right": right, "approver": approver.operator_id},
        )
    names = [limit_name] if limit_name else _limits_of(till, right)
    if limit_value and any(role.limit(name) < limit_value for name in names):
        return Refusal(
            "beyond_approvers_limit",
            N_("this is beyond what this person may approve"),
            {"limit": max(role.limit(name) for name in names), "asked": limit_value},
        )
    return _give(
        till,
        right,
        approver.operator_id,
        mode="second_person",
        reason=reason,
        detail=detail,
        limit_value=limit_value,
    )


def alone_policy(till: Till) -> str:
    """What holds when nobody is there to approve: head_office_code, review_next_day or block."""
    return till.settings.approval.alone


def grant_alone(
    till: Till, right: str, reason: str, *, detail: str = "", limit_value: int = 0
) -> Grant | Refusal:
    """One person on duty: the action goes through and is listed for the manager (rule 13)."""
    if alone_policy(till) != "review_next_day":
        return Refusal("not_alone", N_("this shop does not allow this without a second person"))
    if not reason:
        return Refusal("reason_missing", N_("say why; a manager will read it"))
    if not any(role.may_approve(right) for role in till.roles.values()):
        return Refusal("no_right", N_("nobody may approve this"), {"right": right})
    return _give(
        till,
        right,
        REVIEW_NEXT_DAY,
        mode="alone_review_next_day",
        reason=reason,
        detail=detail,
        limit_value=limit_value,
    )


def ask_head_office(till: Till, right: str, limit_value: int = 0) -> Request | Refusal:
    """A request number to read to head office; its code is typed into `grant_by_code`."""
    if alone_policy(till) != "head_office_code":
        return Refusal("not_alone", N_("this shop does not allow this without a second person"))
    if _remote_secret(till) is None:
        return Refusal(
            "no_head_office", N_("this till knows no head office that could give a code")
        )
    asked = Request(
        request_no=request_number(secrets.randbelow(10**6), right, limit_value),
        right=right,
        limit_value=limit_value,
        valid_until_monotonic_ms=till.clock.monotonic_ms()
        + till.settings.approval.code_valid_minutes * 60_000,
    )
    _REQUESTS.setdefault(till, {})[asked.request_no] = asked
    return asked


def grant_by_code(
    till: Till, asked: Request, code: str, reason: str = "", detail: str = ""
) -> Grant | Refusal:
    """Approve one action by the code that head office gave for exactly this request."""
    secret = _remote_secret(till)
    waiting = _REQUESTS.get(till, {})
    fresh = (
        waiting.get(asked.request_no) == asked
        and till.clock.monotonic_ms() <= asked.valid_until_monotonic_ms
    )
    if secret is None or not fresh:
        return Refusal("request_expired", N_("this request is too old; ask head office again"))
    waiting_ms = lockouts.wait_ms(till, _CODE_ID)
    if waiting_ms:
        return Refusal(
            "locked_out",
            N_("too many wrong codes; wait a little"),
            {"wait_s": -(-waiting_ms // 1000)},
        )
    expected = remote_code(
        secret,
        till.journal.identity.workstation_uuid,
        asked.request_no,
        asked.right,
        asked.limit_value,
    )
    if not hmac.compare_digest(expected.encode(), code.strip().encode()):
        lockouts.failed(till, _CODE_ID)
        return Refusal("wrong_code", N_("this is not the code for this request"))
    lockouts.succeeded(till, _CODE_ID)
    del waiting[asked.request_no]
    return _give(
        till,
        asked.right,
        HEAD_OFFICE,
        mode="head_office_code",
        reason=reason,
        detail=detail,
        limit_value=asked.limit_value,
        request_no=asked.request_no,
    )


@contextmanager
def offering(till: Till, given: Approvals) -> Iterator[None]:
    """Make one entry with approvals: what it asks for is looked for among them.

    What a scan meets (dates, numbers sold before, stock below zero, no price) is asked in many
    rooms; none of them hands approvals on. The line's own transaction spends what was offered.
    """
    till.offered = () if given is None else (given,) if isinstance(given, Grant) else tuple(given)
    try:
        yield
    finally:
        till.offered = ()


class Gate:
    """Collects what one action needs: rules and rights passed, grants used, warnings to show."""

    def __init__(self, till: Till, approval: Approvals) -> None:
        self._till = till
        self._given = (
            () if approval is None else (approval,) if isinstance(approval, Grant) else approval
        )
        self.used: list[Grant] = []
        self.warnings: list[str] = []
        self.approver_id = ""
        self.source = ""

    def rule(
        self, rule: str, *, detail: str = "", limit_name: str = "", limit_value: int = 0
    ) -> NeedsApproval | Refusal | None:
        """Pass a rule of rules.toml; None when it lets the action go on."""
        result = authorise(
            self._till,
            rule,
            detail=detail,
            limit_name=limit_name,
            limit_value=limit_value,
        )
        if isinstance(result, NeedsApproval):
            given = self._grant_for(result)
            if given is None:
                return result
            result = authorise(
                self._till,
                rule,
                detail=detail,
                limit_name=limit_name,
                limit_value=limit_value,
                approval=given,
            )
        return self._take(result)

    def right(
        self, right: str, *, detail: str = "", limit_name: str = "", limit_value: int = 0
    ) -> NeedsApproval | Refusal | None:
        """Pass a right that no rule is about; None when the action may go on."""
        result = request(self._till, right, detail, limit_value=limit_value, limit_name=limit_name)
        if isinstance(result, NeedsApproval):
            given = self._grant_for(result)
            if given is None:
                return result
            result = request(
                self._till,
                right,
                detail,
                limit_value=limit_value,
                limit_name=limit_name,
                approval=given,
            )
        return self._take(result)

    def spend(self) -> Callable[[WriteTransaction], None]:
        """Note that the grants are used; the step spends them in the action's transaction."""
        steps = [spend(self._till, given) for given in self.used]

        def step(txn: WriteTransaction) -> None:
            for one in steps:
                one(txn)

        return step

    def _grant_for(self, needed: NeedsApproval) -> Grant | None:
        return next((one for one in self._given if one.right == needed.right), None)

    def _take(
        self, result: Authorised | NeedsApproval | Refusal
    ) -> NeedsApproval | Refusal | None:
        if not isinstance(result, Authorised):
            return result
        if result.warning:
            self.warnings.append(result.warning)
        if result.approval_uuid:
            given = next(one for one in self._given if one.approval_uuid == result.approval_uuid)
            if given not in self.used:
                self.used.append(given)
            self.approver_id = self.approver_id or result.approver_id
        self.source = self.source or result.source
        return None


def _give(
    till: Till,
    right: str,
    approver_id: str,
    *,
    mode: str,
    reason: str,
    detail: str,
    limit_value: int,
    request_no: str = "",
) -> Grant:
    given = Grant(
        approval_uuid=till.new_uuid(),
        right=right,
        approver_id=approver_id,
        limit_value=limit_value,
        reason=reason,
    )
    body = approval_body(given, mode, detail)
    if request_no:
        body = msgspec.structs.replace(body, request_no=request_no, limit_value=limit_value)
    till.append(EntryKind.APPROVAL, body)
    return given


def _limits_of(till: Till, right: str) -> list[str]:
    names = {name for role in till.roles.values() for name in role.limits}
    return sorted(name for name in names if name.startswith(f"{right}.limit_"))


def _remote_secret(till: Till) -> bytes | None:
    return load_approval_key(till.home)


def _self_approval() -> Refusal:
    return Refusal("approval_self", N_("nobody approves for themselves; ask somebody else"))


__all__ = [
    "HEAD_OFFICE",
    "REVIEW_NEXT_DAY",
    "Approvals",
    "Gate",
    "Request",
    "alone_policy",
    "ask_head_office",
    "grant",
    "grant_alone",
    "grant_by_code",
    "grant_checked",
    "request",
]
