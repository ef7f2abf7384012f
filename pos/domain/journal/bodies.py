"""What each kind of journal entry says: one struct per kind, and the table that joins them.

Every auditable event is an entry (R3, invariant 4). A reader ignores fields that it does not know
and keeps the bytes (R4), so a newer till's entries still count. Adding a kind: a member here, a
struct, a row in `BODY_TYPES`, and, when it moves a projection, a branch in the projections of the
till and of head office.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pos.domain.cart import CartLine
from pos.domain.goods.counting import CountEvent, CountScans
from pos.domain.goods.documents import GoodsDocument, GoodsPart
from pos.domain.goods.registers import RegisterNoted
from pos.domain.sale import Transaction, TransactionLine
from pos.domain.shift import CountedTender, Totals
from pos.domain.tender import Tender


class EntryKind(StrEnum):
    """Kinds of journal entries."""

    EPOCH_OPEN = "epoch_open"
    DAY_OPEN = "day_open"
    DAY_CLOSE = "day_close"
    SHIFT_OPEN = "shift_open"
    SHIFT_CLOSE = "shift_close"
    X_REPORT = "x_report"
    SIGN_ON = "sign_on"
    SIGN_OFF = "sign_off"
    LOCKED = "locked"
    UNLOCKED = "unlocked"
    PIN_FAILED = "pin_failed"
    LOCKOUT_LIFTED = "lockout_lifted"
    PIN_CHANGED = "pin_changed"
    OPERATOR_SET = "operator_set"
    AUTHORITY = "authority"
    TRANSACTION = "transaction"
    TRANSACTION_PART = "transaction_part"
    SALE_CANCELLED = "sale_cancelled"
    LINE_VOIDED = "line_voided"
    SUSPENDED = "suspended"
    RESUMED = "resumed"
    APPROVAL = "approval"
    PRICE_CHECK = "price_check"
    TENDER_STATE = "tender_state"
    NO_SALE = "no_sale"
    CASH_MOVEMENT = "cash_movement"
    PRINT_OUTCOME = "print_outcome"
    REPRINT = "reprint"
    ITEM_SET = "item_set"
    PRICE_CORRECTED = "price_corrected"
    UNKNOWN_CODE = "unknown_code"
    CATALOGUE_APPLIED = "catalogue_applied"
    RULES_CHANGED = "rules_changed"
    CLOCK_STEP = "clock_step"
    TRAINING = "training"
    DIRECTIVE_DONE = "directive_done"
    DECLARED_LOST = "declared_lost"
    NOTE = "note"
    CARRIED_FORWARD = "carried_forward"
    DRAWER_NOTED = "drawer_noted"
    DEVICES_TESTED = "devices_tested"
    GOODS_DOCUMENT = "goods_document"
    GOODS_PART = "goods_part"
    COUNT_EVENT = "count_event"
    COUNT_SCANS = "count_scans"
    REGISTER_NOTED = "register_noted"


class _Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    pass


class EpochOpen(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """First entry of an epoch (R2)."""

    reason: str
    """new, restore, fork or rollover."""

    previous_epoch: str = ""
    previous_seq: int = 0
    """Last sequence of the previous epoch that head office had agreed to."""

    final_seq: int = 0
    """Declared final sequence of the previous epoch."""

    next_number: int = 0
    """Where the open day's transaction numbers go on; 0 leaves them as they are."""

    previous_hash: str = ""
    """Hash of the previous epoch's last entry, in hex: the seam between two files (R30)."""


class CarriedForward(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """结转: rows that the figures of a new file begin with; they follow its `epoch_open` (R30)."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]


class DayOpen(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A business day begins."""

    opening_float_minor: int = 0
    forgotten_close_of: str = ""
    """Business day whose close had been forgotten and was made good before this one."""

    first_number: int = 1
    """Number of the day's first transaction; higher where a lost journal may have given the lower."""


class DayClose(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """Z: the close of a till's business day (日结). One per till and day."""

    z_no: int
    totals: Totals
    counted: tuple[CountedTender, ...] = ()
    first_transaction_no: str = ""
    last_transaction_no: str = ""
    perpetual_gross_minor: int = 0
    """Gross sales since the first entry; it never falls (I4)."""

    perpetual_returns_minor: int = 0
    shifts: int = 0
    open_items: tuple[str, ...] = ()
    """Open items that were carried, each named with owner and due day."""

    forced: bool = False
    """Made good later from the opening screen."""

    approver_id: str = ""
    journal_head: str = ""
    """Hash of the entry before this one, in hex: printed on the Z as an anchor."""


class ShiftOpen(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A cashier's shift begins."""

    shift_no: int
    opening_float_minor: int = 0


class ShiftClose(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """交班: a cashier's shift ends with a blind count."""

    shift_no: int
    totals: Totals
    counted: tuple[CountedTender, ...] = ()
    handed_up_minor: int = 0
    left_minor: int = 0
    receiver_id: str = ""
    approver_id: str = ""
    reason: str = ""
    undecided: tuple[str, ...] = ()
    """Tenders 待核 at handover."""


class XReport(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """An interim reading was printed; the day goes on."""

    totals: Totals
    shift_no: int = 0


class SignOn(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """An operator signs on; also used for sign-off, lock and unlock."""

    role: str = ""
    language: str = ""
    reason: str = ""


class PinFailed(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A wrong PIN was entered."""

    operator_tried: str
    failures: int
    locked_until_utc_ms: int = 0


class LockoutLifted(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A manager lifts a lockout."""

    operator_tried: str


class OperatorSet(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """An operator is created or changed on a lone shop's till, or a PIN is changed (R28, R29)."""

    operator_id: str
    name: str = ""
    role: str = ""
    language: str = ""
    active: bool = True
    verifier: str = ""
    """HMAC(pepper, argon2id(PIN)) with salt; useless without the workstation's pepper."""


class Authority(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """On whose authority entries that follow are made, when not a person with a PIN."""

    name: str
    """`roll` for a replay."""

    source: str = ""
    sha256: str = ""


class TransactionPart(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """First lines of a transaction too long for one entry (R4)."""

    transaction_no: str
    part: int
    lines: tuple[TransactionLine, ...]


class SaleCancelled(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """An open sale was given up; its lines stay as evidence."""

    lines: tuple[CartLine, ...]
    tenders: tuple[Tender, ...] = ()
    total_minor: int = 0
    reason: str = ""
    approver_id: str = ""
    sale_uuid: str = ""


class LineVoided(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A line was taken off an open sale, or its quantity lowered."""

    line: CartLine
    quantity_milli: int
    """How much was taken off."""

    amount_minor: int
    reason: str = ""
    approver_id: str = ""
    sale_uuid: str = ""
    after_subtotal: bool = False


class Suspended(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A sale was parked or recalled."""

    sale_uuid: str
    lines: int = 0
    total_minor: int = 0
    label: str = ""


class Approval(_Body, frozen=True, kw_only=True, omit_defaults=True):
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


class PriceCheck(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A price was looked at without being charged."""

    code: str
    item_code: str = ""
    unit_price_e4: int | None = None


class TenderStateChanged(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A payment outside the till was announced or decided."""

    tender: Tender
    sale_uuid: str = ""
    transaction_no: str = ""
    """Set when an undecided tender of a closed sale is decided later."""


class NoSale(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """The drawer was opened without a sale."""

    reason: str
    approver_id: str = ""


class DrawerNoted(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """The drawer's sense pin told something that no other entry explains."""

    what: str
    """`unexpected` (opened by nobody at this till), `left_open` or `closed_late` after that."""

    open_s: int = 0
    """How long it had been open."""


class DevicePart(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """One part of a device test."""

    part: str
    """printer, scanner, drawer, display or scale."""

    verdict: str
    """ok, care, fault or absent."""

    code: str = ""
    """Why, as a code."""


class DevicesTested(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """The counter's devices were tested by hand and eye."""

    parts: tuple[DevicePart, ...]


class CashMovement(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """Money in or out of the drawer outside a sale (CSH-06)."""

    movement: str
    """paid_in, paid_out, loan or pickup."""

    amount_minor: int
    reason: str
    number: int = 0
    approver_id: str = ""


class PrintOutcomeBody(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a print job (R31)."""

    job_id: str
    outcome: str
    transaction_no: str = ""
    detail: str = ""


class Reprint(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A receipt was printed again; marked and counted."""

    transaction_no: str
    count: int
    job_id: str = ""


class ItemSet(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """An item of a lone shop's till (R28)."""

    item_code: str
    name: str
    unit_price_e4: int | None = None
    barcodes: tuple[str, ...] = ()
    item_class: str = ""
    unit: str = ""


class PriceCorrected(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """价签不符: the shelf said another price; its card goes on the 待换牌 list."""

    item_code: str
    old_unit_price_e4: int
    new_unit_price_e4: int
    reason: str = ""
    approver_id: str = ""


class UnknownCode(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A scanned code that nobody knew, for the 待建档 list."""

    code: str
    action: str
    """reported, department or dismissed."""

    description: str = ""
    unit_price_e4: int | None = None


class CatalogueApplied(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A version of the feed is in force on this till (R3, R13)."""

    version: int
    sha256: str
    incarnation: str = ""


class RulesChanged(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A rule or setting was changed, from what to what."""

    key: str
    old: str
    new: str
    approver_id: str = ""


class ClockStep(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """The clock jumped or a manager confirmed date and time (R20)."""

    from_utc_ms: int
    """What the time should have been, by the last clock that was not in doubt."""

    to_utc_ms: int
    """What the clock said."""

    approver_id: str = ""
    outcome: str = ""
    """Empty: a step was seen. confirmed, wrong (a manager says `from_utc_ms`), put_off: what came
    of the question. put_right: the clock agrees again."""


class Training(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """Training began or ended; nothing else of it is in this journal (R3)."""

    began: bool


class DirectiveDone(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A directive of head office was acted on (R27)."""

    directive_id: str
    action: str
    detail: str = ""


class DeclaredLost(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A gap after the loss of a disk, declared by a person (R19)."""

    epoch: str
    from_seq: int
    note: str = ""


class Note(_Body, frozen=True, kw_only=True, omit_defaults=True):
    """A remark that belongs into the books."""

    text: str


BODY_TYPES: dict[str, type[msgspec.Struct]] = {
    EntryKind.EPOCH_OPEN: EpochOpen,
    EntryKind.DAY_OPEN: DayOpen,
    EntryKind.DAY_CLOSE: DayClose,
    EntryKind.SHIFT_OPEN: ShiftOpen,
    EntryKind.SHIFT_CLOSE: ShiftClose,
    EntryKind.X_REPORT: XReport,
    EntryKind.SIGN_ON: SignOn,
    EntryKind.SIGN_OFF: SignOn,
    EntryKind.LOCKED: SignOn,
    EntryKind.UNLOCKED: SignOn,
    EntryKind.PIN_FAILED: PinFailed,
    EntryKind.LOCKOUT_LIFTED: LockoutLifted,
    EntryKind.PIN_CHANGED: OperatorSet,
    EntryKind.OPERATOR_SET: OperatorSet,
    EntryKind.AUTHORITY: Authority,
    EntryKind.TRANSACTION: Transaction,
    EntryKind.TRANSACTION_PART: TransactionPart,
    EntryKind.SALE_CANCELLED: SaleCancelled,
    EntryKind.LINE_VOIDED: LineVoided,
    EntryKind.SUSPENDED: Suspended,
    EntryKind.RESUMED: Suspended,
    EntryKind.APPROVAL: Approval,
    EntryKind.PRICE_CHECK: PriceCheck,
    EntryKind.TENDER_STATE: TenderStateChanged,
    EntryKind.NO_SALE: NoSale,
    EntryKind.DRAWER_NOTED: DrawerNoted,
    EntryKind.DEVICES_TESTED: DevicesTested,
    EntryKind.CASH_MOVEMENT: CashMovement,
    EntryKind.PRINT_OUTCOME: PrintOutcomeBody,
    EntryKind.REPRINT: Reprint,
    EntryKind.ITEM_SET: ItemSet,
    EntryKind.PRICE_CORRECTED: PriceCorrected,
    EntryKind.UNKNOWN_CODE: UnknownCode,
    EntryKind.CATALOGUE_APPLIED: CatalogueApplied,
    EntryKind.RULES_CHANGED: RulesChanged,
    EntryKind.CLOCK_STEP: ClockStep,
    EntryKind.TRAINING: Training,
    EntryKind.DIRECTIVE_DONE: DirectiveDone,
    EntryKind.DECLARED_LOST: DeclaredLost,
    EntryKind.NOTE: Note,
    EntryKind.CARRIED_FORWARD: CarriedForward,
    EntryKind.GOODS_DOCUMENT: GoodsDocument,
    EntryKind.GOODS_PART: GoodsPart,
    EntryKind.COUNT_EVENT: CountEvent,
    EntryKind.COUNT_SCANS: CountScans,
    EntryKind.REGISTER_NOTED: RegisterNoted,
}
"""Body struct of every kind; a kind that is not here is kept as it came and flagged."""
