"""What entries about business days, shifts and the drawer's cash say (CSH-01..06)."""

from __future__ import annotations

from pos.domain.journal.kinds import Body
from pos.domain.shift import CountedTender, Totals


class DayOpen(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A business day begins."""

    opening_float_minor: int = 0
    forgotten_close_of: str = ""
    """Business day whose close had been forgotten and was made good before this one."""

    first_number: int = 1
    """Number of the day's first transaction; higher where a lost journal may have given the lower."""


class DayClose(Body, frozen=True, kw_only=True, omit_defaults=True):
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


class ShiftOpen(Body, frozen=True, kw_only=True, omit_defaults=True):
    """A cashier's shift begins."""

    shift_no: int
    opening_float_minor: int = 0


class ShiftClose(Body, frozen=True, kw_only=True, omit_defaults=True):
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


class XReport(Body, frozen=True, kw_only=True, omit_defaults=True):
    """An interim reading was printed; the day goes on."""

    totals: Totals
    shift_no: int = 0


class NoSale(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The drawer was opened without a sale."""

    reason: str
    approver_id: str = ""


class DrawerNoted(Body, frozen=True, kw_only=True, omit_defaults=True):
    """The drawer's sense pin told something that no other entry explains."""

    what: str
    """`unexpected` (opened by nobody at this till), `left_open` or `closed_late` after that."""

    open_s: int = 0
    """How long it had been open."""


class CashMovement(Body, frozen=True, kw_only=True, omit_defaults=True):
    """Money in or out of the drawer outside a sale (CSH-06)."""

    movement: str
    """paid_in, paid_out, loan or pickup."""

    amount_minor: int
    reason: str
    number: int = 0
    approver_id: str = ""
