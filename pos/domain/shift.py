"""Shift and business day: totals that add up from journal entries, and what is expected in the till.

`Totals` is a projection: folding the same entries always gives the same value, so X, Z and the
hand-over slip are one calculation (I4). The business day is opened and closed explicitly; it is not
the calendar date and never goes backwards (invariant 10, R20).
"""

from __future__ import annotations

import msgspec

from pos.domain.cart import LineKind, Refusal
from pos.domain.sale import Transaction
from pos.domain.tender import CASH


class TenderTotal(msgspec.Struct, frozen=True, gc=False):
    """What a tender type comes to: rows, and amount net of change."""

    tenders: int = 0
    amount_minor: int = 0
    undecided_minor: int = 0


class Totals(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Sums over a shift or a business day. Units in thousandths, amounts in minor units.

    `returns`, `voids` and their units are positive figures: −Σ of their (negative) lines.
    net = gross_sales − returns − voids + other.
    """

    transactions: int = 0
    sale_lines: int = 0
    return_lines: int = 0
    void_lines: int = 0
    adjust_lines: int = 0
    other_lines: int = 0
    units_sold_milli: int = 0
    units_returned_milli: int = 0
    units_voided_milli: int = 0
    units_adjusted_milli: int = 0
    gross_sales_minor: int = 0
    returns_minor: int = 0
    voids_minor: int = 0
    other_minor: int = 0
    discounts_minor: int = 0
    tenders: dict[str, TenderTotal] = {}
    taxes: dict[str, tuple[int, int]] = {}
    """Rate in basis points (as text) → (gross, tax)."""

    opening_float_minor: int = 0
    paid_in_minor: int = 0
    paid_out_minor: int = 0
    pickups_minor: int = 0
    no_sales: int = 0
    cancelled_sales: int = 0
    cancelled_minor: int = 0
    line_voids: int = 0
    line_voids_minor: int = 0
    overrides: int = 0
    reprints: int = 0

    @property
    def lines(self) -> int:
        """All lines, of every kind."""
        return (
            self.sale_lines
            + self.return_lines
            + self.void_lines
            + self.adjust_lines
            + self.other_lines
        )

    @property
    def net_minor(self) -> int:
        """Net sales: gross − returns − voids + other."""
        return self.gross_sales_minor - self.returns_minor - self.voids_minor + self.other_minor

    def expected_minor(self, tender_type: str) -> int:
        """What should be in the till of a tender: for cash with float and movements (I5)."""
        total = self.tenders.get(tender_type, TenderTotal()).amount_minor
        if tender_type != CASH:
            return total
        return (
            total
            + self.opening_float_minor
            + self.paid_in_minor
            - self.paid_out_minor
            - self.pickups_minor
        )


_LINE_COUNT = {
    LineKind.SALE: "sale_lines",
    LineKind.RETURN: "return_lines",
    LineKind.VOID: "void_lines",
    LineKind.ADJUST: "adjust_lines",
    LineKind.OTHER: "other_lines",
}
_UNITS = {
    LineKind.SALE: ("units_sold_milli", 1),
    LineKind.RETURN: ("units_returned_milli", -1),
    LineKind.VOID: ("units_voided_milli", -1),
    LineKind.ADJUST: ("units_adjusted_milli", -1),
}
_AMOUNT = {
    LineKind.SALE: ("gross_sales_minor", 1),
    LineKind.RETURN: ("returns_minor", -1),
    LineKind.VOID: ("voids_minor", -1),
    LineKind.OTHER: ("other_minor", 1),
}


class TotalsBuilder:
    """Mutable accumulator behind `Totals`, for folding many entries; read it with `totals()`."""

    def __init__(self, start: Totals | None = None) -> None:
        base = start if start is not None else Totals()
        self._sums: dict[str, int] = {
            name: getattr(base, name)
            for name in base.__struct_fields__
            if name not in ("tenders", "taxes")
        }
        self._tenders = {
            k: [v.tenders, v.amount_minor, v.undecided_minor] for k, v in base.tenders.items()
        }
        self._taxes = {k: list(v) for k, v in base.taxes.items()}

    def add(self, name: str, amount: int) -> None:
        """Add to one named sum, such as `no_sales` or `paid_in_minor`."""
        self._sums[name] += amount

    def add_transaction(self, transaction: Transaction) -> None:
        """Add a closed transaction; one without lines counts only its tenders."""
        sums = self._sums
        if transaction.lines:
            sums["transactions"] += 1
        for line in transaction.lines:
            sums[_LINE_COUNT[line.kind]] += 1
            units = _UNITS.get(line.kind)
            if units is not None:
                sums[units[0]] += units[1] * line.quantity_milli
            amount = _AMOUNT.get(line.kind)
            if amount is not None:
                sums[amount[0]] += amount[1] * line.amount_minor
            sums["discounts_minor"] += line.discount_minor
            if line.override is not None:
                sums["overrides"] += 1
        for tender in transaction.tenders:
            row = self._tenders.setdefault(tender.tender_type, [0, 0, 0])
            row[0] += not tender.change  # change belongs to the cash that was given
            row[1] += tender.amount_minor
            if tender.state == "undecided":
                row[2] += tender.amount_minor
        for tax in transaction.taxes:
            pair = self._taxes.setdefault(str(tax.rate_bp), [0, 0])
            pair[0] += tax.gross_minor
            pair[1] += tax.tax_minor

    def settle(self, tender_type: str, amount_minor: int) -> None:
        """A payment to be verified that was added before has arrived: nothing of it is open."""
        self._tenders[tender_type][2] -= amount_minor

    def totals(self) -> Totals:
        """Return what has been added so far as an immutable value."""
        return Totals(
            **self._sums,
            tenders={k: TenderTotal(*v) for k, v in sorted(self._tenders.items())},
            taxes={k: (v[0], v[1]) for k, v in sorted(self._taxes.items())},
        )


class CountedTender(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A tender as counted by people against what the till expects."""

    tender_type: str
    expected_minor: int
    counted_minor: int | None = None
    """None = 未点: nobody counted it."""

    denominations: dict[str, int] = {}
    """Face value in minor units (as text) → pieces, when counted by denomination."""

    reason: str = ""

    @property
    def over_short_minor(self) -> int | None:
        """长短款: counted − expected, None when not counted."""
        return None if self.counted_minor is None else self.counted_minor - self.expected_minor


def count_tenders(
    totals: Totals,
    counted: dict[str, int | None],
    denominations: dict[str, int] | None = None,
) -> tuple[CountedTender, ...]:
    """Compare a blind count with what is expected, for every tender that moved or was counted."""
    names = sorted({CASH} | set(totals.tenders) | set(counted))
    return tuple(
        CountedTender(
            tender_type=name,
            expected_minor=totals.expected_minor(name),
            counted_minor=counted.get(name),
            denominations=(denominations or {}) if name == CASH else {},
        )
        for name in names
    )


def count_denominations(pieces: dict[int, int]) -> int | Refusal:
    """Sum of face value (minor units) × pieces; a negative piece count is refused."""
    wrong = next((face for face, number in pieces.items() if number < 0 or face <= 0), None)
    if wrong is not None:
        return Refusal("count_negative", "a count of notes or coins cannot be below 0")
    return sum(face * number for face, number in pieces.items())


def check_business_day(last_day: str, new_day: str) -> Refusal | None:
    """A business day never goes backwards, and a closed one is not opened again (R20)."""
    if last_day and new_day <= last_day:
        return Refusal(
            "business_day_backwards",
            f"business day {last_day} is already closed; the next one must be later, "
            f"got {new_day}",
            {"last_day": last_day, "new_day": new_day},
        )
    return None
