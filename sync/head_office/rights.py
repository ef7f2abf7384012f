"""Who at head office may do what: roles of its people, and acts that two people have to share.

A person has one role; tokens of other systems read and have no right here. What one person may
not do twice on the same document (order and audit, enter and approve) is refused where it is done,
whatever the role (CTL-05, SUP-05).
"""

from __future__ import annotations

from typing import Final

from pos.config.roles import RoleBook
from pos.i18n import N_

ADMIN: Final = "admin"
"""Everything; the role of people who were there before there were others."""

SUPPLIER_EDIT: Final = "supplier_edit"
SUPPLIER_APPROVE: Final = "supplier_approve"
RULES_EDIT: Final = "rules_edit"
ORDER_ENTER: Final = "order_enter"
ORDER_AUDIT: Final = "order_audit"
ORDER_PLACE: Final = "order_place"
DISPATCH: Final = "dispatch"
REQUISITION_ANSWER: Final = "requisition_answer"
ALLOCATE: Final = "allocate"
RECALL_ISSUE: Final = "recall_issue"
RECALL_LIFT: Final = "recall_lift"
JUDGE: Final = "judge"
CLAIM_ANSWER: Final = "claim_answer"
INVOICE_ENTER: Final = "invoice_enter"
INVOICE_APPROVE: Final = "invoice_approve"
COUNT_OPEN: Final = "count_open"
VARIANCE_APPROVE: Final = "variance_approve"
DECLARE_DAY: Final = "declare_day"
TELEPHONE_APPROVE: Final = "telephone_approve"
PEOPLE_KEEP: Final = "people_keep"

RIGHTS: Final[dict[str, str]] = {
    SUPPLIER_EDIT: N_("Enter and change suppliers"),
    SUPPLIER_APPROVE: N_("Approve suppliers"),
    RULES_EDIT: N_("Change rules of classes and items"),
    ORDER_ENTER: N_("Enter purchase orders"),
    ORDER_AUDIT: N_("Audit purchase orders"),
    ORDER_PLACE: N_("Place and close purchase orders"),
    DISPATCH: N_("Dispatch goods to stores"),
    REQUISITION_ANSWER: N_("Answer requisitions"),
    ALLOCATE: N_("Set allocations"),
    RECALL_ISSUE: N_("Issue holds and recalls"),
    RECALL_LIFT: N_("Lift holds and recalls"),
    JUDGE: N_("Judge goods set apart"),
    CLAIM_ANSWER: N_("Answer claims"),
    INVOICE_ENTER: N_("Enter invoices"),
    INVOICE_APPROVE: N_("Approve invoices for payment"),
    COUNT_OPEN: N_("Open stock counts"),
    VARIANCE_APPROVE: N_("Approve count variances"),
    DECLARE_DAY: N_("Settle a till's day by hand"),
    TELEPHONE_APPROVE: N_("Approve by telephone"),
    PEOPLE_KEEP: N_("Keep people and their roles"),
}
"""Right → what a person reads."""

_GOODS = (SUPPLIER_EDIT, RULES_EDIT, ORDER_ENTER, ORDER_PLACE, DISPATCH, REQUISITION_ANSWER)

ROLES: Final[dict[str, frozenset[str]]] = {
    ADMIN: frozenset(RIGHTS),
    "finance": frozenset(
        {
            ORDER_AUDIT,
            SUPPLIER_APPROVE,
            ALLOCATE,
            INVOICE_ENTER,
            INVOICE_APPROVE,
            COUNT_OPEN,
            VARIANCE_APPROVE,
            DECLARE_DAY,
        }
    ),
    "goods": frozenset({*_GOODS, ORDER_AUDIT, SUPPLIER_APPROVE, JUDGE, CLAIM_ANSWER, ALLOCATE}),
    "quality": frozenset({RECALL_ISSUE, RECALL_LIFT, JUDGE, SUPPLIER_APPROVE}),
    "clerk": frozenset({SUPPLIER_EDIT, ORDER_ENTER, INVOICE_ENTER, CLAIM_ANSWER}),
}
"""Role → its rights. Any role reads every page."""

ROLE_NAMES: Final[dict[str, str]] = {
    ADMIN: N_("Administrator"),
    "finance": N_("Finance"),
    "goods": N_("Goods department"),
    "quality": N_("Quality department"),
    "clerk": N_("Clerk"),
    "reader": N_("Reader"),
}

ORDERING: Final = frozenset({ORDER_ENTER, ORDER_AUDIT, ORDER_PLACE})
"""Whoever has one of these receives no ordered goods at a till (CTL-05, order x receive)."""

RECEIVING_RIGHTS: Final = frozenset({"stock.receive", "stock.receive_second"})
"""Rights at a till by which ordered goods are signed for; see `config/roles.toml`."""


def receives(book: RoleBook, till_role: str) -> bool:
    """Whether a role at the till signs for received goods."""
    role = book.roles.get(till_role)
    return role is not None and any(right in role.rights for right in RECEIVING_RIGHTS)


def allows(role: str, right: str) -> bool:
    """Whether a role has a right; a role that is unknown here has none."""
    return right in ROLES.get(role, frozenset())


class NotAllowed(PermissionError):
    """No right, the same person where two are needed, or one's own account; `code` says which."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep the code: `no_right`, `same_person` or `own_account`."""
        super().__init__(detail)
        self.code = code
        self.detail = detail


def require(name: str, role: str, right: str) -> None:
    """Raise NotAllowed unless the role has the right."""
    if not allows(role, right):
        raise NotAllowed("no_right", f"{name} ({role}) lacks the right {right}")


def require_another(name: str, *others: str) -> None:
    """Raise NotAllowed when somebody would act twice on what two people have to do."""
    if not name.strip() or name.strip().casefold() in {one.strip().casefold() for one in others}:
        raise NotAllowed("same_person", f"{name} did the other half of this: somebody else has to")
