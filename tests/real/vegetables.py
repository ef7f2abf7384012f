"""What the vegetable files say was bought, sold, lost and earned: computed without the product."""

from __future__ import annotations

from collections import defaultdict
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from tests.real.roll import read_data

PERIOD = "2023-06-16_2023-06-23"


class Files:
    """What the data says, read without the product."""

    def __init__(self) -> None:
        self.loss_bp = {
            row["item_code"]: int(Decimal(row["loss_rate_pct"]) * 100)
            for row in read_data("veg_loss_rates.csv")
        }
        self.names = {row["item_code"]: row["item_name"] for row in read_data("veg_items.csv")}
        self.scans: dict[str, list[tuple[str, int, Decimal]]] = defaultdict(list)
        """Day → (item, grams, price), returns below zero."""

        for row in read_data(f"veg_{PERIOD}_lines.csv.gz"):
            grams = int(Decimal(row["qty_kg"]) * 1000)
            price = Decimal(row["unit_price"])
            self.scans[row["sale_date"]].append((row["item_code"], grams, price))
        self.days = sorted(self.scans)
        self._wholesale: dict[str, list[tuple[str, Decimal]]] = defaultdict(list)
        for row in read_data("veg_wholesale_prices.csv.gz"):
            self._wholesale[row["item_code"]].append(
                (row["date"], Decimal(row["wholesale_price_per_kg"]))
            )

    def sold(self, day: str) -> dict[str, int]:
        """Item → grams sold on a day, less what came back."""
        found: dict[str, int] = defaultdict(int)
        for code, grams, _price in self.scans[day]:
            found[code] += grams
        return dict(found)

    def cost(self, code: str, day: str) -> Decimal:
        """The wholesale price of the day, or of the last day before it that has one."""
        return max((date, price) for date, price in self._wholesale[code] if date <= day)[1]

    def bought(self, day: str) -> dict[str, int]:
        """Item → grams ordered for a day."""
        return {
            code: grams * 12 // 10 * 10_000 // (10_000 - self.loss_bp[code])
            for code, grams in self.sold(day).items()
            if grams > 0
        }

    def lost(self, day: str) -> dict[str, int]:
        """Item → grams of a day's purchase that spoil."""
        return {
            code: lost
            for code, grams in self.bought(day).items()
            if (lost := grams * self.loss_bp[code] // 10_000) > 0
        }


def fen(value: Fraction) -> int:
    """Yuan to 分, half away from zero."""
    exact = Fraction(value) * 100
    whole = int(abs(exact))
    rounded = whole + (abs(exact) - whole >= Fraction(1, 2))
    return rounded if value >= 0 else -rounded


def expected(files: Files) -> dict[tuple[str, str], tuple[int, ...]]:
    """(item, day) → bought g, 分; sold g, 分; cost 分; lost g, 分; margin 分: from the files alone."""
    grams: dict[str, int] = defaultdict(int)
    average: dict[str, Fraction] = {}
    figures: dict[tuple[str, str], list[int]] = defaultdict(lambda: [0] * 7)
    for day in files.days:
        for code, quantity in files.bought(day).items():
            price = Fraction(files.cost(code, day))
            row = figures[code, day]
            row[0] += quantity
            row[1] += fen(Fraction(quantity, 1000) * price)
            if grams[code] > 0:
                value = grams[code] * average[code] + quantity * price
                exact = value / (grams[code] + quantity) * 10_000
                price = Fraction(int(exact + Fraction(1, 2)), 10_000)
            average[code] = price
            grams[code] += quantity
        for code, quantity, price_of_scan in files.scans[day]:
            row = figures[code, day]
            charged = (Decimal(quantity) * price_of_scan / 1000).quantize(
                Decimal("0.01"), ROUND_HALF_UP
            )
            row[2] += quantity
            row[3] += int(charged * 100)
            row[4] += fen(Fraction(quantity, 1000) * average[code])
            grams[code] -= quantity
        for code, quantity in files.lost(day).items():
            row = figures[code, day]
            row[5] += quantity
            row[6] += fen(Fraction(quantity, 1000) * average[code])
            grams[code] -= quantity
    return {key: (*row, row[3] - row[4] - row[6]) for key, row in figures.items()}
