"""The till as its services see it: settings, store, session, open sale, and what one may do.

`Till` is made once, by bootstrap, and handed to every service function. Its session fields change
only in services; the durable truth is on disk and `checkout.recover` brings them back.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import Future
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import msgspec

from pos.config import Role, RuleMode, Rules, Settings
from pos.domain.barcode import WeighedLayout
from pos.domain.barcode.dual import PackRead
from pos.domain.cart import Cart, Refusal
from pos.domain.journal import EntryKind, uuid7
from pos.domain.journal.people_bodies import Approval
from pos.domain.roll import RollLine, RollTransaction
from pos.domain.tender import Payment, TenderType
from pos.store.clock import Clock
from pos.store.journal import JournalStore, WriteTransaction
from pos.store.overlays import Overlays
from pos.store.reference import ReferenceReader

if TYPE_CHECKING:
    from drivers.ports import LineDisplay, PaymentTerminal, Scale
    from pos.services.goods.rules import RuleBook
    from pos.services.goods.stock_watch import Watch
    from pos.services.simulation import Simulation

T = TypeVar("T")

ROLL = "ROLL"
"""Source of overrides made on the authority of a replayed roll (I8)."""


class Operator(msgspec.Struct, frozen=True, kw_only=True):
    """Who is signed on."""

    operator_id: str
    name: str
    role: Role
    language: str = ""


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """An approval for one action; it is used once, in the action's own transaction."""

    approval_uuid: str
    right: str
    approver_id: str
    limit_value: int = 0
    reason: str = ""


class NeedsApproval(msgspec.Struct, frozen=True, kw_only=True):
    """The action waits for a second person: ask for an approval of `right` and call again."""

    right: str
    rule: str
    detail: str
    limit_name: str = ""
    limit_value: int = 0


class Authorised(msgspec.Struct, frozen=True, kw_only=True):
    """The action may go on; `warning` is a rule to be shown."""

    source: str = "cashier"
    approver_id: str = ""
    approval_uuid: str = ""
    warning: str = ""


class OpenSale(msgspec.Struct, kw_only=True):
    """The sale on the screen. The durable copy is in `open_sale`."""

    sale_uuid: str = ""
    cart: Cart = Cart()
    payment: Payment | None = None
    phase: str = "lines"
    """lines, subtotal or payment."""

    begun_at: str = ""
    label: str = ""
    return_mode: bool = False
    original_transaction_no: str = ""
    rounding_minor: int = 0
    next_quantity_milli: int | None = None
    approver_id: str = ""
    reason: str = ""
    member_id: str = ""
    """Number of the member's card or telephone, as typed or scanned."""

    subtotal_shown: bool = False
    buyer: dict[str, str] = {}
    """Who buys, where the goods want it recorded (QLT-02)."""

    holds_seen: dict[int, set[str]] = {}
    """Line → holds of a batch that the pack in hand was compared with (看批号)."""

    dispatch: bool = False
    """Goods of this sale stay behind: a draft of their register entry bears the sale's uuid."""

    dispatch_asked: bool = False
    history: list[Cart] = []
    last_pack: PackRead | None = None
    """The code counted last, for packs that carry two."""

    @property
    def empty(self) -> bool:
        """Nothing entered yet."""
        return not self.cart.lines and self.payment is None


class TillStatus(msgspec.Struct, kw_only=True):
    """What the header shows; written by the status refresher and device events."""

    online: bool = False
    enrolled: bool = False
    unsent: int = 0
    oldest_unsent_ms: int = 0
    scanner: str = "absent"
    """absent, connected or disconnected."""

    printer: str = "absent"
    """absent, ok, near_end, paper_end, cover_open, offline or unknown."""

    drawer: str = "unknown"
    scale: str = "absent"
    """absent, connected or disconnected."""

    display: str = "absent"
    """absent, connected or disconnected: the customer's display."""

    undecided: bool = False
    print_jobs_waiting: int = 0
    head_office_error: str = ""
    backup: str = ""
    """ok, failed (it is tried again), or empty where nobody keeps any (R32)."""

    clock: str = ""
    """off (head office's differs), doubt (it stepped, and entries are flagged) or empty (R20)."""


class ReceiptPrinter(Protocol):
    """Where print jobs go after the commit (R31); bootstrap brings the real queue."""

    def submit(self, job_id: str) -> None:
        """Print the job as soon as the printer can; returns at once."""

    def open_drawer(self) -> None:
        """Kick the drawer now or not at all; returns at once."""


class NoPrinter:
    """A till without a printer: jobs stay in the queue."""

    def submit(self, job_id: str) -> None:
        """Do nothing; the job waits for a printer."""

    def open_drawer(self) -> None:
        """Do nothing."""


class Till:
    """One workstation at work."""

    unbooked = False
    """Nothing is sold: the opening count is missing (STK-01)."""

    stock_watch: Watch | None = None
    """Where stock is known: what a scan asks about goods sold below zero."""

    goods_rules: RuleBook | None = None
    """Rules of goods keeping, kept per catalogue version (`pos.services.goods.rules`)."""

    offered: tuple[Grant, ...] = ()
    """Approvals given for the entry that is being made; see `approvals.offering`."""

    def __init__(
        self,
        *,
        settings: Settings,
        roles: dict[str, Role],
        rules: Rules,
        tender_types: tuple[TenderType, ...],
        layouts: tuple[WeighedLayout, ...],
        journal: JournalStore,
        reference: ReferenceReader,
        clock: Clock,
        home: Any,
        printer: ReceiptPrinter | None = None,
        training: bool = False,
    ) -> None:
        self.settings = settings
        self.roles = roles
        self.rules = rules
        self.tender_types = tender_types
        self.layouts = layouts
        self.journal = journal
        self.reference = reference
        self.clock = clock
        self.home = home
        self.printer: ReceiptPrinter = printer if printer is not None else NoPrinter()
        self.training = training
        self.payment_terminal: PaymentTerminal | None = None
        """What tenders of kind `terminal` are paid at; bootstrap brings it. Ask it on a thread."""

        self.operator: Operator | None = None
        self.locked = False
        self.business_day = ""
        self.shift_no = 0
        self.next_number = 1
        self.sale = OpenSale()
        self.status = TillStatus()
        self.last_transaction_no = ""
        self.best_sellers: tuple[str, dict[str, int]] = ("", {})
        """Business day and what sold before it, for the order of a search's answers."""

        self.receipt_printing = ""
        """`always`, `ask` or `off` until the program is left; empty takes the setting."""

        self.overlays: Overlays | None = None
        self.now: str | None = None
        """Local time that a replay says it is; None takes the clock."""

        self.authority = ""
        """`ROLL` during a replay; every override then names it as its source."""

        self.acting_operator_id = ""
        """Whom the roll names for the transaction being traded; nobody is signed on then."""

        self.roll: RollTransaction | None = None
        """The roll's transaction that is on the sale now."""

        self.roll_line: RollLine | None = None
        """What a roll says of the item that is scanned next, when it is no plain sale."""

        self.directives_seen: set[str] = set()
        self.spent_approvals: set[str] = set()
        """Approvals of this life of the till that were used; the database knows all of them."""

        self.scale: Scale | None = None
        """The scale at the counter; bootstrap brings it."""

        self.last_weighed_mg = 0
        """What was sold last by the scale: still lying there, it is not taken by itself again."""

        self.display: LineDisplay | None = None
        """The customer's display."""

        self.simulation: Simulation | None = None
        """The simulated devices of a demonstration; a real till has none."""

        self.write_errors: list[BaseException] = []
        self.on_event: list[Callable[[object], None]] = []

    @property
    def currency(self) -> str:
        """Currency of the store."""
        return self.journal.identity.currency

    @property
    def operator_id(self) -> str:
        """Id of the operator signed on, or empty."""
        return self.operator.operator_id if self.operator is not None else self.acting_operator_id

    def tender_type(self, tender_type_id: str) -> TenderType | None:
        """Tender type by id, or None."""
        return next((t for t in self.tender_types if t.id == tender_type_id), None)

    def write(
        self,
        job: Callable[[WriteTransaction], T],
        *,
        together: bool = False,
        future: Future[T] | None = None,
    ) -> Future[T]:
        """Hand a job to the write worker; trouble is remembered and told to listeners.

        `together`: it may share its transaction with jobs next to it; `future`: the caller's own
        (see `JournalStore.submit`).
        """
        if future is None:
            future = Future()
        # The worker begins at once: nothing is left to do here after it was asked.
        future.add_done_callback(self._check)
        return self.journal.submit(job, together=together, future=future)

    def append(self, kind: EntryKind, body: msgspec.Struct) -> Future[Any]:
        """Journal one event of this operator and day."""
        operator_id, day = self.operator_id, self.business_day
        return self.write(
            lambda txn: txn.append(kind, body, operator_id=operator_id, business_day=day)
        )

    def tell(self, event: object) -> None:
        """Tell listeners (the screen) what happened; they must return at once."""
        for listener in self.on_event:
            listener(event)

    def local_iso(self) -> str:
        """Local time as ISO text: the roll's during a replay, else the clock's."""
        return self.clock.local_iso() if self.now is None else self.now

    @property
    def year(self) -> int:
        """Year of the business day, for the century of dates in codes; without one, the clock's."""
        return int((self.business_day or self.local_iso())[:4])

    def new_uuid(self) -> str:
        """Time-ordered uuid for sales, approvals and jobs."""
        return uuid7(self.clock.utc_ms(), os.urandom(10))

    def _check(self, future: Future[Any]) -> None:
        error = future.exception()
        if error is not None:
            self.write_errors.append(error)
            self.tell(WriteFailed(str(error)))


class WriteFailed(msgspec.Struct, frozen=True):
    """Something could not be written to disk; the screen says so at once."""

    message: str


def authorise(
    till: Till,
    rule: str,
    *,
    detail: str = "",
    limit_name: str = "",
    limit_value: int = 0,
    approval: Grant | None = None,
) -> Authorised | NeedsApproval | Refusal:
    """Say whether the operator signed on may do what `rule` is about (experience rules 10, 13).

    `limit_value` is compared with the role's limit `limit_name`; beyond it the rule
    `<rule>_beyond_limit` counts when there is one, else the rule itself with an approval at least.
    A roll replay is its own named authority (I8).
    """
    if till.authority == ROLL:
        return Authorised(source=ROLL)
    if till.operator is None:
        return Refusal("not_signed_on", "sign on first")
    role = till.operator.role
    name, mode = _rule_for(till, role, rule, beyond=_is_beyond(role, limit_name, limit_value))
    right = till.rules.table[name].right
    if mode == "block":
        return Refusal(
            "blocked_by_rule",
            f"this shop does not allow it: {till.rules.table[name].en}",
            {"rule": name},
        )
    if mode != "approve":
        return Authorised(warning=name if mode == "warn" else "")
    if approval is None:
        approval = next((one for one in till.offered if one.right == right), None)
    if approval is None:
        return NeedsApproval(
            right=right,
            rule=name,
            detail=detail,
            limit_name=limit_name,
            limit_value=limit_value,
        )
    if approval.approval_uuid in till.spent_approvals:
        return Refusal("approval_used", "this approval has been used; ask for a new one")
    if approval.right != right or approval.limit_value < limit_value:
        return Refusal("approval_for_other_action", "this approval was given for another action")
    return Authorised(
        source="approval",
        approver_id=approval.approver_id,
        approval_uuid=approval.approval_uuid,
    )


def _is_beyond(role: Role, limit_name: str, limit_value: int) -> bool:
    return bool(limit_name) and limit_value > role.limit(limit_name)


def _rule_for(till: Till, role: Role, rule: str, *, beyond: bool) -> tuple[str, RuleMode]:
    """Name and mode of the rule that counts, within the role's limit or beyond it."""
    rules, beyond_name = till.rules, f"{rule}_beyond_limit"
    if beyond and beyond_name in rules.table:
        return beyond_name, rules.mode_for(beyond_name, role)
    if rule in rules.table:
        mode = rules.mode_for(rule, role)
        return rule, "approve" if beyond and mode in ("off", "warn") else mode
    # Only the far side of the limit has a rule: within it the right alone decides.
    right = rules.table[beyond_name].right
    return beyond_name, "off" if role.may(right) else "approve"


def spend(till: Till, approval: Grant | None) -> Callable[[WriteTransaction], None]:
    """Note that an approval is used; the returned step spends it in the action's transaction.

    A second use is refused by the database itself, whoever asks.
    """
    if approval is None:
        return lambda _: None
    till.spent_approvals.add(approval.approval_uuid)
    values = (approval.approval_uuid, till.clock.utc_ms())

    def step(txn: WriteTransaction) -> None:
        txn.connection.execute("INSERT INTO approval_used VALUES (?, ?)", values)

    return step


def approval_body(grant: Grant, mode: str, detail: str) -> Approval:
    """Journal body of a grant."""
    return Approval(
        approval_uuid=grant.approval_uuid,
        right=grant.right,
        approver_id=grant.approver_id,
        mode=mode,
        reason=grant.reason,
        detail=detail,
    )
