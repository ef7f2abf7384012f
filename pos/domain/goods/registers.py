"""Registers: immutable notes about goods and papers that move no stock (QLT-07..15, RCV-12, REG).

One journal kind serves them all. A register is a named list; a note belongs to a subject in it (a
dispatch note, a batch, a loan, a task) and says what was done. What a register's `fields` must
hold is its own affair, so that a new form needs no new kind of entry.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Register(StrEnum):
    """The registers of a shop."""

    COPIES = "copies"
    """出货单四联去向: where each copy of a dispatch note is (RCV-12, RCV-13)."""

    ARRIVAL = "arrival"
    """到货确认: received, short, damaged (RCV-11)."""

    RECALL = "recall"
    """Customers told, goods taken back (QLT-05)."""

    BATCH_SEEN = "batch_seen"
    """看批号: the batch was looked at because one is held (QLT-04)."""

    MAINTENANCE = "maintenance"
    """养护 (QLT-07..09)."""

    TEMPERATURE = "temperature"
    """温湿度 (QLT-11)."""

    DEVICE_SALE = "device_sale"
    """医疗器械销售记录, buyer's fields (QLT-02, QLT-03)."""

    ADVERSE = "adverse"
    """不良反应 (QLT-12)."""

    ARRIVAL_CHECK = "arrival_check"
    """Controlled goods arrived with the customer (QLT-13)."""

    TAG = "tag"
    """混签、丢签 (STK-06..08)."""

    GATE_PASS = "gate_pass"  # noqa: S105 - a paper
    """出门证 (REG-10)."""

    LOAN = "loan"
    """外借专项台帐: reminders, compensation (REG-05)."""

    DISPATCH = "dispatch"
    """商品发货登记: courier, dates, signed receipts (REG-06..09)."""

    FACING = "facing"
    """陈列补货 (CAT-17)."""

    CARD_TICKED = "card_ticked"
    """A new price card was seen on the shelf (PRC-03)."""

    SIGNATURE_CLEARED = "signature_cleared"
    """A signed line of a draft was changed, so both its signatures went (RCV-01)."""

    DRAFT = "draft"
    """待二签: a half-signed document offered to the shop's other tills, and taken by one (RCV-01)."""

    BOOKS = "books"
    """建账: opening count waived, ledger proven, day reconciled (STK-01, STK-03, STK-17)."""

    VIOLATION = "violation"
    """违规记录 (CTL-03)."""

    PLANNING = "planning"
    """要货建议 acted on, promotion suggested (REP-05)."""


class RegisterNoted(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Body of `register_noted`: one line of one register."""

    register: Register
    subject: str
    """Whose line it is: document number, batch, task, loan."""

    action: str
    """What was done, as a code of that register."""

    item_code: str = ""
    batch: str = ""
    unit_code: str = ""
    quantity_milli: int = 0
    document_no: str = ""
    person_id: str = ""
    """Whom it concerns or who checked, beside the operator."""

    event_utc_ms: int = 0
    """When it happened, where that is not now."""

    fields: dict[str, str] = {}
