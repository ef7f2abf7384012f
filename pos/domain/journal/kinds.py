"""The kinds of journal entries, and what every entry's body has in common (R3, R4)."""

from __future__ import annotations

from enum import StrEnum

import msgspec


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


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Base of every entry's body: frozen, named fields, defaults left out of its bytes (R4)."""
