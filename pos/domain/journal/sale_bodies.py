"""What entries about sales say: their parts, lines taken off, tenders decided, papers printed."""

from __future__ import annotations

from pos.domain.cart import CartLine
from pos.domain.journal.kinds import Body
from pos.domain.sale import TransactionLine
from pos.domain.tender import Tender


class TransactionPart(Body, frozen=True, kw_only=True, omit_defaults=True):
    """First lines of a transaction too long for one entry (R4)."""

    transaction_no: str
    part: int
    lines: tuple[TransactionLine, ...]


class SaleCancelled(Body, frozen=True, kw_only=True, omit_defaults=True):
    """An open sale was given up; its lines stay as evidence."""

    lines: tuple[CartLine, ...]
    tenders: tuple[Tender, ...] = ()
    total_minor: int = 0
    reason: str = ""
    approver_id: str = ""
    sale_uuid: str = ""


class LineVoided(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A line was taken off an open sale, or its quantity lowered."""

    line: CartLine
    quantity_milli: int
    """How much was taken off."""

    amount_minor: int
    reason: str = ""
    approver_id: str = ""
    sale_uuid: str = ""
    after_subtotal: bool = False


class Suspended(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A sale was parked or recalled."""

    sale_uuid: str
    lines: int = 0
    total_minor: int = 0
    label: str = ""


class PriceCheck(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A price was looked at without being charged."""

    code: str
    item_code: str = ""
    unit_price_e4: int | None = None


class TenderStateChanged(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A payment outside the till was announced or decided."""

    tender: Tender
    sale_uuid: str = ""
    transaction_no: str = ""
    """Set when an undecided tender of a closed sale is decided later."""


class PrintOutcomeBody(Body, frozen=True, kw_only=True, omit_defaults=True):
    """What became of a print job (R31)."""

    job_id: str
    outcome: str
    transaction_no: str = ""
    detail: str = ""


class Reprint(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A receipt was printed again; marked and counted."""

    transaction_no: str
    count: int
    job_id: str = ""


class UnknownCode(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A scanned code that nobody knew, for the 待建档 list."""

    code: str
    action: str
    """reported, department or dismissed."""

    description: str = ""
    unit_price_e4: int | None = None
