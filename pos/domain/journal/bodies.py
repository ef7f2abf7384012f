"""What entries about journal, catalogue and workstation say; the table of every kind's body.

Every auditable event is an entry (R3, invariant 4). A reader ignores fields that it does not know
and keeps the bytes (R4), so a newer till's entries still count. Adding a kind: a member of
`EntryKind`, a struct in the module of its subject, a row in `BODY_TYPES`, and, when it moves a
projection, a branch in the projections of the till and of head office.
"""

from __future__ import annotations

import msgspec

from pos.domain.goods.counting import CountEvent, CountScans
from pos.domain.goods.documents import GoodsDocument, GoodsPart
from pos.domain.goods.registers import RegisterNoted
from pos.domain.journal.kinds import Body, EntryKind
from pos.domain.journal.people_bodies import (
    Approval,
    Authority,
    LockoutLifted,
    OperatorSet,
    PinFailed,
    SignOn,
)
from pos.domain.journal.sale_bodies import (
    LineVoided,
    PriceCheck,
    PrintOutcomeBody,
    Reprint,
    SaleCancelled,
    Suspended,
    TenderStateChanged,
    TransactionPart,
    UnknownCode,
)
from pos.domain.journal.shift_bodies import (
    CashMovement,
    DayClose,
    DayOpen,
    DrawerNoted,
    NoSale,
    ShiftClose,
    ShiftOpen,
    XReport,
)
from pos.domain.sale import Transaction


class EpochOpen(Body, frozen=True, kw_only=True, omit_defaults=True):
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


class CarriedForward(Body, frozen=True, kw_only=True, omit_defaults=True):
    """结转: rows that the figures of a new file begin with; they follow its `epoch_open` (R30)."""

    table: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str | int | None, ...], ...]


class DevicePart(Body, frozen=True, kw_only=True, omit_defaults=True):
    """One part of a device test."""

    part: str
    """printer, scanner, drawer, display or scale."""

    verdict: str
    """ok, care, fault or absent."""

    code: str = ""
    """Why, as a code."""


class DevicesTested(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The counter's devices were tested by hand and eye."""

    parts: tuple[DevicePart, ...]


class ItemSet(Body, frozen=True, kw_only=True, omit_defaults=True):
    """An item of a lone shop's till (R28)."""

    item_code: str
    name: str
    unit_price_e4: int | None = None
    barcodes: tuple[str, ...] = ()
    item_class: str = ""
    unit: str = ""


class PriceCorrected(Body, frozen=True, kw_only=True, omit_defaults=True):
    """价签不符: the shelf said another price; its card goes on the 待换牌 list."""

    item_code: str
    old_unit_price_e4: int
    new_unit_price_e4: int
    reason: str = ""
    approver_id: str = ""


class CatalogueApplied(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A version of the feed is in force on this till (R3, R13)."""

    version: int
    sha256: str
    incarnation: str = ""


class RulesChanged(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A rule or setting was changed, from what to what."""

    key: str
    old: str
    new: str
    approver_id: str = ""


class ClockStep(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The clock jumped or a manager confirmed date and time (R20)."""

    from_utc_ms: int
    """What the time should have been, by the last clock that was not in doubt."""

    to_utc_ms: int
    """What the clock said."""

    approver_id: str = ""
    outcome: str = ""
    """Empty: a step was seen. confirmed, wrong (a manager says `from_utc_ms`), put_off: what came
    of the question. put_right: the clock agrees again."""


class Training(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Training began or ended; nothing else of it is in this journal (R3)."""

    began: bool


class DirectiveDone(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A directive of head office was acted on (R27)."""

    directive_id: str
    action: str
    detail: str = ""


class DeclaredLost(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A gap after the loss of a disk, declared by a person (R19)."""

    epoch: str
    from_seq: int
    note: str = ""


class Note(Body, frozen=True, kw_only=True, omit_defaults=True):
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
