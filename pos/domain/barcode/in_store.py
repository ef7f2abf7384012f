"""Weighed labels: layouts by settings, because no standard covers what Chinese scales print.

GB/T 18283 describes 13 digits; 18 digits and their field orders are industry practice, the unit
may be kg, g or 斤, and scales in service print wrong check digits. So a shop describes its label
by a pattern as long as the code, such as `26IIIIIPPPPPWWWWWC` or `21IIIIIWWWWWC`:

    digits  must be there      I  item (PLU)        P  amount
    W       weight             C  check digit       X  ignored

The label's amount is authoritative: the customer saw it at the scale. A line of such a label costs
exactly that, and with no weight on the label its quantity follows from the amount (B2).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pos.domain.barcode.check_digit import has_valid_check_digit
from pos.domain.barcode.values import InStoreCode, Unknown, UnknownReason
from pos.domain.money import divide_half_away
from pos.domain.quantity import weight_to_milli_kg

WEIGHT_UNITS = ("kg", "g", "jin")
MAX_DECIMALS = 4
MIN_PATTERN_LENGTH = 6
MAX_PATTERN_LENGTH = 64

_SHAPE = re.compile(r"(\d+)([\dIPWX]*)(C?)", re.ASCII)
_KEYS = frozenset(
    {"name", "pattern", "amount_decimals", "weight_unit", "weight_decimals", "check", "enabled"}
)
_E4_MILLI_PER_MINOR = 100_000


class LayoutError(ValueError):
    """A weighed layout that cannot work: the message says what was expected and what came."""


@dataclass(frozen=True, slots=True)
class WeighedLayout:
    """How one kind of label is read. Building one checks it: LayoutError says what is wrong."""

    name: str
    """The shop's name of it, shown in messages and kept on the line."""

    pattern: str
    """One letter or digit per digit of the label; begins with at least one literal digit."""

    amount_decimals: int = 2
    """Decimals of P: 2 when the label counts 分, 1 for 角, 0 for 元."""

    weight_unit: str = "kg"
    """Unit of W: kg, g or jin (斤, 500 g)."""

    weight_decimals: int = 3
    """Decimals of W in its unit."""

    check: bool = True
    """Refuse a wrong check digit; off for scales that print it wrong."""

    enabled: bool = True
    """A layout that is off matches nothing."""

    prefix: str = field(init=False, repr=False, compare=False)
    """The literal digits at the start, derived from the pattern."""

    _literals: tuple[tuple[int, str], ...] = field(init=False, repr=False, compare=False)
    _item: slice = field(init=False, repr=False, compare=False)
    _amount: slice | None = field(init=False, repr=False, compare=False)
    _weight: slice | None = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        shape = _SHAPE.fullmatch(self.pattern)
        if shape is None:
            raise LayoutError(
                f"layout {self.name!r}: expected a pattern of literal digits first, then I, P, W, "
                f"X or digits, with C only at the end, such as 26IIIIIPPPPPWWWWWC, "
                f"got {self.pattern!r}"
            )
        if not MIN_PATTERN_LENGTH <= len(self.pattern) <= MAX_PATTERN_LENGTH:
            raise LayoutError(
                f"layout {self.name!r}: expected a pattern of {MIN_PATTERN_LENGTH} to "
                f"{MAX_PATTERN_LENGTH} characters, got {len(self.pattern)}"
            )
        item = self._field("I")
        amount = self._field("P")
        weight = self._field("W")
        if item is None or (amount is None and weight is None):
            raise LayoutError(
                f"layout {self.name!r}: expected item digits I and at least one of amount P and "
                f"weight W, got {self.pattern!r}"
            )
        if self.check and not shape.group(3):
            raise LayoutError(
                f"layout {self.name!r}: expected a check digit C at the end or check = false, "
                f"got {self.pattern!r}"
            )
        self._expect_scale("amount_decimals", self.amount_decimals)
        self._expect_scale("weight_decimals", self.weight_decimals)
        if self.weight_unit not in WEIGHT_UNITS:
            raise LayoutError(
                f"layout {self.name!r}: expected weight_unit {', '.join(WEIGHT_UNITS)}, "
                f"got {self.weight_unit!r}"
            )
        literals = tuple((i, c) for i, c in enumerate(self.pattern) if c.isdigit())
        derive = object.__setattr__
        derive(self, "prefix", shape.group(1))
        derive(self, "_literals", literals[len(shape.group(1)) :])
        derive(self, "_item", item)
        derive(self, "_amount", amount)
        derive(self, "_weight", weight)

    def matches(self, code: str) -> bool:
        """Whether `code` (ASCII digits) has this label's length and literal digits."""
        return (
            self.enabled
            and len(code) == len(self.pattern)
            and code.startswith(self.prefix)
            and all(code[i] == digit for i, digit in self._literals)
        )

    def read(self, code: str) -> InStoreCode | Unknown:
        """Take apart a code that matches; Unknown when an enforced check digit is wrong.

        A weight of zero beside an amount is read as no weight: scales print it on piece goods.
        """
        check_ok = not self.pattern.endswith("C") or has_valid_check_digit(code)
        if self.check and not check_ok:
            return Unknown(UnknownReason.BAD_CHECK_DIGIT, code, code)
        amount_minor: int | None = None
        quantity_milli: int | None = None
        if self._amount is not None:
            amount_minor = divide_half_away(
                int(code[self._amount]) * 100, 10**self.amount_decimals
            )
        if self._weight is not None:
            quantity_milli = weight_to_milli_kg(
                int(code[self._weight]), self.weight_decimals, self.weight_unit
            )
            if quantity_milli == 0 and amount_minor is not None:
                quantity_milli = None
        item_code = code[self._item]
        return InStoreCode(
            raw=code,
            item_code=item_code,
            quantity_milli=quantity_milli,
            amount_minor=amount_minor,
            layout=self.name,
            check_ok=check_ok,
            prefixed_item_code=self.prefix + item_code,
        )

    def _field(self, letter: str) -> slice | None:
        """Where the run of `letter` lies; LayoutError when there are two runs."""
        count = self.pattern.count(letter)
        if count == 0:
            return None
        start = self.pattern.index(letter)
        if self.pattern[start : start + count] != letter * count:
            raise LayoutError(
                f"layout {self.name!r}: expected all {letter} beside each other, "
                f"got {self.pattern!r}"
            )
        return slice(start, start + count)

    def _expect_scale(self, key: str, decimals: int) -> None:
        if not 0 <= decimals <= MAX_DECIMALS:
            raise LayoutError(
                f"layout {self.name!r}: expected {key} from 0 to {MAX_DECIMALS}, got {decimals}"
            )


def parse_layout(mapping: Mapping[str, object]) -> WeighedLayout:
    """Build a layout from one table of the settings; raises LayoutError saying what is wrong.

    Keys are the fields of WeighedLayout; `name` and `pattern` are required, `check` is on when the
    pattern ends with C.
    """
    unknown = sorted(str(key) for key in mapping if key not in _KEYS)
    if unknown:
        raise LayoutError(
            f"weighed layout: expected only the keys {', '.join(sorted(_KEYS))}, "
            f"got {', '.join(unknown)}"
        )
    name = _text(mapping, "name", None)
    pattern = _text(mapping, "pattern", None)
    return WeighedLayout(
        name=name,
        pattern=pattern,
        amount_decimals=_whole(mapping, "amount_decimals", 2),
        weight_unit=_text(mapping, "weight_unit", "kg"),
        weight_decimals=_whole(mapping, "weight_decimals", 3),
        check=_switch(mapping, "check", default=pattern.endswith("C")),
        enabled=_switch(mapping, "enabled", default=True),
    )


def read_weighed(code: str, layouts: Sequence[WeighedLayout]) -> InStoreCode | Unknown | None:
    """Read ASCII digits by the first layout that accepts them.

    None when no layout matches; Unknown when all that match refuse the check digit.
    """
    refusal: Unknown | None = None
    for layout in layouts:
        if layout.matches(code):
            result = layout.read(code)
            if isinstance(result, InStoreCode):
                return result
            refusal = result
    return refusal


def quantity_from_amount(amount_minor: int, unit_price_e4: int) -> int | None:
    """Quantity in thousandths that an amount buys at a unit price, rounded half away from zero.

    For labels that carry an amount alone. None when the unit price is zero or less: then the
    quantity cannot be known, and the label's amount stands by itself.
    """
    if unit_price_e4 <= 0:
        return None
    return divide_half_away(amount_minor * _E4_MILLI_PER_MINOR, unit_price_e4)


def _text(mapping: Mapping[str, object], key: str, default: str | None) -> str:
    value = mapping.get(key, default)
    if not isinstance(value, str) or not value:
        raise LayoutError(f"weighed layout: expected {key} as text, got {value!r}")
    return value


def _whole(mapping: Mapping[str, object], key: str, default: int) -> int:
    value = mapping.get(key, default)
    if not isinstance(value, int) or isinstance(value, bool):
        raise LayoutError(f"weighed layout: expected {key} as a whole number, got {value!r}")
    return value


def _switch(mapping: Mapping[str, object], key: str, *, default: bool) -> bool:
    value = mapping.get(key, default)
    if not isinstance(value, bool):
        raise LayoutError(f"weighed layout: expected {key} as true or false, got {value!r}")
    return value
