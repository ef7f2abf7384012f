"""Head office's figures, or a roll's, against the control totals that came with the data.

A control file is checked column by column. Each control names how its columns are derived from
head office's daily rows, and how from head office's lines; what neither can say is listed with
the reason. A column that nobody derives and nobody excuses is itself a difference, so a control
cannot be passed by not looking. Figures are compared as exact decimals, never as floats.

Not derivable at all, because a roll has no field for it: labels of the old system (session
number, department name, VAT rate), the moments a session was opened and shut, and what staff
counted (that enters through a blind count, see ``session_counts``).
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal

from tests.real.expected import ZERO, Line, Row
from tests.real.roll import ADJUST, LINE_KINDS, OTHER, RETURN, SALE, VOID, line_amount, read_data

Key = tuple[str, ...]
Value = Decimal | int | str
Derived = dict[Key, dict[str, Value]]


@dataclass(frozen=True)
class Figures:
    """What is compared with the controls: daily rows by grouping, and lines where they are known.

    ``lines`` is None when only `hq daily` was asked; then only what rows can say is compared.
    ``till_names`` and ``marked`` are those of the roll.
    """

    daily: Mapping[str, Sequence[Row]]
    lines: Sequence[Line] | None = None
    till_names: Mapping[str, str] = field(default_factory=dict)
    marked: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Control:
    """One control file: its key columns and the two ways to derive the others."""

    file: str
    keys: tuple[str, ...]
    from_rows: Callable[[Figures], Derived] | None = None
    from_lines: Callable[[Figures, Sequence[Line]], Derived] | None = None
    not_derivable: Mapping[str, str] = field(default_factory=dict)
    """Column -> why no figure of ours can say it."""


@dataclass(frozen=True)
class ControlResult:
    """What came of comparing one control file."""

    file: str
    rows: int
    cells: int
    columns: frozenset[str]
    differences: tuple[str, ...]


def check(control: Control, figures: Figures) -> ControlResult:
    """Compare one control file with the figures, to the minor unit."""
    rows = list(read_data(control.file))
    columns = tuple(rows[0])
    sources: list[tuple[str, Derived]] = []
    if control.from_rows is not None:
        sources.append(("daily rows", control.from_rows(figures)))
    if control.from_lines is not None and figures.lines is not None:
        sources.append(("lines", control.from_lines(figures, figures.lines)))
    differences: list[str] = []
    derived: set[str] = set()
    cells = 0
    for source, values in sources:
        named = {column for found in values.values() for column in found}
        derived |= named
        differences += [f"{source} name {c}, the control does not" for c in named - set(columns)]
        known = set()
        for row in rows:
            key = tuple(row[column] for column in control.keys)
            known.add(key)
            found = values.get(key, {})
            for column in sorted(named & set(columns)):
                cells += 1
                if not _same(row[column], found.get(column, ZERO)):
                    differences.append(
                        f"{control.file} {key} {column}: control {row[column]!r}, "
                        f"{source} {found.get(column)}",
                    )
        differences += [
            f"{control.file} {key}: {source} have it, the control has not"
            for key in values.keys() - known
        ]
    if figures.lines is not None:
        unexplained = set(columns) - set(control.keys) - derived - set(control.not_derivable)
        differences += [f"{control.file}: nobody derives {column}" for column in unexplained]
    return ControlResult(control.file, len(rows), cells, frozenset(derived), tuple(differences))


def check_all(controls: Iterable[Control], figures: Figures) -> list[str]:
    """Return every difference between the figures and the control files of one set."""
    return [text for control in controls for text in check(control, figures).differences]


def _same(control: str, found: Value) -> bool:
    if isinstance(found, str):
        return control == found
    return Decimal(control or "0") == Decimal(found)


# --- sums ------------------------------------------------------------------------------------


@dataclass(slots=True)
class Sums:
    """Sums over lines or over daily rows, by line kind; signs as in the lines."""

    transactions: set[Key] = field(default_factory=set)
    kind_transactions: dict[str, set[Key]] = field(default_factory=lambda: defaultdict(set))
    transaction_count: int = 0
    lines: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LINE_KINDS, 0))
    units: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(LINE_KINDS, ZERO))
    amounts: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(LINE_KINDS, ZERO))
    exact: dict[str, Decimal] = field(default_factory=lambda: dict.fromkeys(LINE_KINDS, ZERO))
    discounts: Decimal = ZERO
    zero_lines: int = 0
    marked_lines: int = 0
    marked_amount: Decimal = ZERO

    def add_line(self, line: Line, marked: frozenset[str]) -> None:
        self.transactions.add(line.transaction)
        self.kind_transactions[line.kind].add(line.transaction)
        self.transaction_count = len(self.transactions)
        self.lines[line.kind] += 1
        self.units[line.kind] += line.quantity
        self.amounts[line.kind] += line.amount
        self.exact[line.kind] += line.quantity * line.unit_price
        self.discounts += line_amount(line.quantity, line.unit_discount)
        self.zero_lines += line.amount == 0
        if line.at in marked:
            self.marked_lines += 1
            self.marked_amount += line.amount

    def add_row(self, row: Row) -> None:
        self.transaction_count += row["transactions"]
        for kind in LINE_KINDS:
            self.lines[kind] += row[f"{kind}_lines"]
        for kind, name, sign in (
            (SALE, "units_sold", 1),
            (RETURN, "units_returned", -1),
            (VOID, "units_voided", -1),
            (ADJUST, "units_adjusted", -1),
        ):
            self.units[kind] += sign * Decimal(row[name])
        for kind, name, sign in (
            (SALE, "gross_sales", 1),
            (RETURN, "returns", -1),
            (VOID, "voids", -1),
            (OTHER, "other", 1),
        ):
            self.amounts[kind] += sign * Decimal(row[name])
        self.discounts += Decimal(row["discounts"])

    @property
    def all_lines(self) -> int:
        return sum(self.lines.values())

    @property
    def net(self) -> Decimal:
        return sum(self.amounts.values(), ZERO)

    @property
    def net_exact(self) -> Decimal:
        return sum(self.exact.values(), ZERO)


def sum_lines(
    figures: Figures, lines: Sequence[Line], key_of: Callable[[Line], Key]
) -> dict[Key, Sums]:
    sums: dict[Key, Sums] = defaultdict(Sums)
    for line in lines:
        sums[key_of(line)].add_line(line, figures.marked)
    return sums


def sum_rows(rows: Sequence[Row], key_of: Callable[[Row], Key]) -> dict[Key, Sums]:
    sums: dict[Key, Sums] = defaultdict(Sums)
    for row in rows:
        sums[key_of(row)].add_row(row)
    return sums


def each(sums: Mapping[Key, Sums], values: Callable[[Sums], dict[str, Value]]) -> Derived:
    return {key: values(found) for key, found in sums.items()}
