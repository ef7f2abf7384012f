"""Finding a weighed label's layout from labels in the hand and what is printed on them.

No standard says how a scale in a Chinese shop writes its bars, and no cashier knows the menu of the
scale. Two labels are enough: every place where the item code, the amount and the weight could stand
is tried, and the layout that explains both labels with the fewest digits left over is it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import product

from pos.domain.barcode.check_digit import has_valid_check_digit
from pos.domain.barcode.in_store import LayoutError, WeighedLayout
from pos.domain.barcode.values import InStoreCode
from pos.domain.money import divide_half_away
from pos.domain.quantity import weight_to_milli_kg

LENGTHS = (10, 32)
_UNITS = (("kg", 3), ("g", 0), ("jin", 3), ("jin", 2), ("kg", 2), ("g", 1), ("kg", 4), ("jin", 4))
"""How scales write weights, the commonest first; those that read alike count once."""

_AMOUNT_DECIMALS = (2, 1, 0, 3)
_ITEM_WIDTHS = (5, 6, 4, 7, 3, 2, 1)


class LabelsRefused(ValueError):
    """Labels that no layout could explain; `code` says why, for whoever words it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class LabelSample:
    """One label: what the scanner read, and what a person reads."""

    code: str
    item_code: str
    """The PLU as printed, digits."""

    weight_milli: int | None = None
    """Thousandths of a kilogram, or None when the label has none or nobody typed it."""

    amount_minor: int | None = None
    """The amount to pay, in minor units."""


@dataclass(frozen=True, slots=True)
class Field:
    """Where a value stands, and how it is written."""

    start: int
    width: int
    decimals: int = 0
    unit: str = "kg"
    rank: int = 0
    """How uncommon this way is."""

    @property
    def cells(self) -> frozenset[int]:
        """The digits that it takes."""
        return frozenset(range(self.start, self.start + self.width))


@dataclass(frozen=True, slots=True)
class DerivedLayout:
    """A layout that reads every sample as printed."""

    layout: WeighedLayout
    left_over: int
    """Digits that mean nothing in it."""

    rank: tuple[int, ...] = field(default=(), repr=False)


def derive_layouts(samples: Sequence[LabelSample], name: str = "label") -> list[DerivedLayout]:
    """Every layout that explains all samples, the likeliest first; empty when none does.

    Raises LabelsRefused, saying why, for samples that no layout could explain: different lengths, no
    digits, or neither weight nor amount.
    """
    _check(samples)
    amounts: list[Field | None] = list(_amount_fields(samples)) or [None]
    weights: list[Field | None] = list(_weight_fields(samples)) or [None]
    if all(one.amount_minor is not None for one in samples) and amounts == [None]:
        amounts = []
    found: dict[str, DerivedLayout] = {}
    for item, amount, weight in product(_item_fields(samples), amounts, [*weights, None]):
        if amount is None and weight is None:
            continue
        derived = _layout(samples, name, item, amount, weight)
        if derived is None:
            continue
        seen = found.get(derived.layout.pattern)
        if seen is None or derived.rank < seen.rank:
            found[derived.layout.pattern] = derived
    return sorted(found.values(), key=lambda one: one.rank)


def _check(samples: Sequence[LabelSample]) -> None:
    if len(samples) < 2:
        raise LabelsRefused("too_few", "expected two labels or more")
    if len({one.code for one in samples}) < len(samples):
        raise LabelsRefused("same_twice", "expected different labels, got the same one twice")
    lengths = {len(one.code) for one in samples}
    if len(lengths) != 1:
        raise LabelsRefused("lengths", f"expected labels of one length, got {sorted(lengths)}")
    for one in samples:
        if not (one.code.isascii() and one.code.isdigit()):
            raise LabelsRefused("digits", f"expected digits, got {one.code!r}")
        if not LENGTHS[0] <= len(one.code) <= LENGTHS[1]:
            raise LabelsRefused(
                "length", f"expected {LENGTHS[0]} to {LENGTHS[1]} digits, got {len(one.code)}"
            )
        if not (one.item_code.isascii() and one.item_code.isdigit()):
            raise LabelsRefused("item", f"expected the item code as digits, got {one.item_code!r}")
    if not any(
        all(value is not None for value in column)
        for column in (
            [one.amount_minor for one in samples],
            [one.weight_milli for one in samples],
        )
    ):
        raise LabelsRefused("nothing_printed", "expected the weight or the amount of each label")


def _places(samples: Sequence[LabelSample], width: int) -> Iterator[int]:
    return iter(range(1, len(samples[0].code) - width + 1))


def _item_fields(samples: Sequence[LabelSample]) -> Iterator[Field]:
    for rank, width in enumerate(_ITEM_WIDTHS):
        wanted = [one.item_code.lstrip("0").zfill(width) for one in samples]
        if any(len(text) != width for text in wanted):
            continue
        for start in _places(samples, width):
            if all(
                one.code[start : start + width] == text
                for one, text in zip(samples, wanted, strict=True)
            ):
                yield Field(start, width, rank=rank)


def _amount_fields(samples: Sequence[LabelSample]) -> Iterator[Field]:
    if any(one.amount_minor is None for one in samples):
        return
    for (rank, decimals), width in product(enumerate(_AMOUNT_DECIMALS), range(7, 2, -1)):
        for start in _places(samples, width):
            if all(
                divide_half_away(int(one.code[start : start + width]) * 100, 10**decimals)
                == one.amount_minor
                for one in samples
            ):
                yield Field(start, width, decimals, rank=rank)


def _weight_fields(samples: Sequence[LabelSample]) -> Iterator[Field]:
    if any(one.weight_milli is None for one in samples):
        return
    for (rank, (unit, decimals)), width in product(enumerate(_UNITS), range(7, 2, -1)):
        for start in _places(samples, width):
            if all(
                weight_to_milli_kg(int(one.code[start : start + width]), decimals, unit)
                == one.weight_milli
                for one in samples
            ):
                yield Field(start, width, decimals, unit, rank)


def _layout(
    samples: Sequence[LabelSample],
    name: str,
    item: Field,
    amount: Field | None,
    weight: Field | None,
) -> DerivedLayout | None:
    fields = [(letter, one) for letter, one in zip("IPW", (item, amount, weight), strict=True)]
    cells: dict[int, str] = {}
    for letter, one in fields:
        if one is None:
            continue
        if one.cells & cells.keys():
            return None
        cells |= dict.fromkeys(one.cells, letter)
    length = len(samples[0].code)
    first = min(cells)
    if any(one.code[:first] != samples[0].code[:first] for one in samples):
        return None
    checked = False
    if length - 1 not in cells:
        cells[length - 1] = "C"
        checked = all(has_valid_check_digit(one.code) for one in samples)
    body = "".join(cells.get(place, "X") for place in range(first, length))
    try:
        layout = WeighedLayout(
            name=name,
            pattern=samples[0].code[:first] + body,
            amount_decimals=amount.decimals if amount else 2,
            weight_unit=weight.unit if weight else "kg",
            weight_decimals=weight.decimals if weight else 3,
            check=checked,
        )
    except LayoutError:
        return None
    if not all(_explains(layout, one, amount, weight) for one in samples):
        return None
    ranks = (item.rank, amount.rank if amount else 9, weight.rank if weight else 9)
    left_over = body.count("X")
    unchecked = int(body.endswith("C") and not checked)
    odd_widths = sum(abs(one.width - 5) for one in (amount, weight) if one is not None)
    return DerivedLayout(
        layout, left_over, (left_over, abs(first - 2), *ranks, unchecked, odd_widths)
    )


def _explains(
    layout: WeighedLayout, sample: LabelSample, amount: Field | None, weight: Field | None
) -> bool:
    read = layout.read(sample.code) if layout.matches(sample.code) else None
    if not isinstance(read, InStoreCode):
        return False
    return (
        read.item_code.lstrip("0") == sample.item_code.lstrip("0")
        and (amount is None or read.amount_minor == sample.amount_minor)
        and (weight is None or read.quantity_milli == sample.weight_milli)
    )
