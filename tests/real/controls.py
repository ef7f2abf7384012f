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
from tests.real.roll import CARD as CARD_TYPE
from tests.real.roll import CASH as CASH_TYPE

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
class _Sums:
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


def _sum_lines(
    figures: Figures, lines: Sequence[Line], key_of: Callable[[Line], Key]
) -> dict[Key, _Sums]:
    sums: dict[Key, _Sums] = defaultdict(_Sums)
    for line in lines:
        sums[key_of(line)].add_line(line, figures.marked)
    return sums


def _sum_rows(rows: Sequence[Row], key_of: Callable[[Row], Key]) -> dict[Key, _Sums]:
    sums: dict[Key, _Sums] = defaultdict(_Sums)
    for row in rows:
        sums[key_of(row)].add_row(row)
    return sums


def _each(sums: Mapping[Key, _Sums], values: Callable[[_Sums], dict[str, Value]]) -> Derived:
    return {key: values(found) for key, found in sums.items()}


# --- EMF -------------------------------------------------------------------------------------


def _emf_values(sums: _Sums) -> dict[str, Value]:
    """An S line is a sale or, when negative, a return; the control counts both as sale lines,
    but only what went out as units sold.
    """
    return {
        "transactions": sums.transaction_count,
        "lines": sums.all_lines,
        "sale_lines": sums.lines[SALE] + sums.lines[RETURN],
        "void_lines": sums.lines[VOID],
        "units_sold": sums.units[SALE],
        "gross_sales": sums.amounts[SALE],
        "negative_sale_lines": -sums.amounts[RETURN],
        "voids_net": sums.amounts[VOID],
        "net": sums.net,
        "discount_given": sums.discounts,
    }


def _emf_item_rows(figures: Figures) -> Derived:
    """Items have one text each, so (department, text) is the item row's code and description."""
    return _each(
        _sum_rows(
            figures.daily["item"],
            lambda r: (r["item_code"].partition(":")[0], r["description"]),
        ),
        _emf_values,
    )


def _emf_department_rows(figures: Figures) -> Derived:
    """Item rows summed by department: all but transactions, which may hold several items."""
    derived = _each(
        _sum_rows(
            figures.daily["item"],
            lambda r: (r["business_day"], r["item_code"].partition(":")[0]),
        ),
        _emf_values,
    )
    for values in derived.values():
        del values["transactions"]
    return derived


def _emf_session_rows(figures: Figures) -> Derived:
    """A session is a business day; its expected money is head office's day by tender."""
    derived = _each(_sum_rows(figures.daily["store"], lambda r: (r["business_day"],)), _emf_values)
    names = {CASH_TYPE: "CASH_till_expected", CARD_TYPE: "CARD_till_expected"}
    for row in figures.daily["tender"]:
        values = derived[(row["business_day"],)]
        column = names[row["tender_type"]]
        values[column] = Decimal(values.get(column, ZERO)) + Decimal(row["amount"])
    return derived


def _emf_till_rows(figures: Figures) -> Derived:
    """Workstation rows by the name that the till has in the control; several tills add up."""
    names = figures.till_names
    return _each(
        _sum_rows(
            figures.daily["workstation"],
            lambda r: (r["business_day"], names.get(r["workstation_id"], "")),
        ),
        _emf_values,
    )


_LABEL = "a label of the old system; a roll has no field for it"
_COUNTED = "what people counted: it enters by a blind count, not by the roll"
_MOMENT = "when the old till's session was opened and shut, not when anything was traded"


def emf_controls(year: int) -> tuple[Control, ...]:
    """Return the controls of one event."""
    prefix = f"emf{year}"
    counted = {
        f"{tender}_{column}": _COUNTED
        for tender in ("CASH", "CARD")
        for column in ("counted_actual", "over_short", "fees")
    }
    return (
        Control(
            f"{prefix}_daily_control.csv",
            ("calendar_date",),
            from_lines=lambda f, lines: _each(
                _sum_lines(f, lines, lambda line: (line.at[:10],)), _emf_values
            ),
        ),
        Control(
            f"{prefix}_dept_control.csv",
            ("session_date", "dept"),
            from_rows=_emf_department_rows,
            from_lines=lambda f, lines: _each(
                _sum_lines(
                    f,
                    lines,
                    lambda line: (line.business_day, line.item_code.partition(":")[0]),
                ),
                _emf_values,
            ),
            not_derivable={"dept_name": _LABEL, "vat_rate": _LABEL},
        ),
        Control(
            f"{prefix}_item_control.csv",
            ("dept", "text"),
            from_rows=_emf_item_rows,
            from_lines=lambda f, lines: _each(
                _sum_lines(
                    f,
                    lines,
                    lambda line: (line.item_code.partition(":")[0], line.description),
                ),
                _emf_values,
            ),
        ),
        Control(
            f"{prefix}_session_control.csv",
            ("session_date",),
            from_rows=_emf_session_rows,
            from_lines=lambda f, lines: _each(
                _sum_lines(f, lines, lambda line: (line.business_day,)), _emf_values
            ),
            not_derivable={"session_id": _LABEL, "start": _MOMENT, "end": _MOMENT, **counted},
        ),
        Control(
            f"{prefix}_till_control.csv",
            ("session_date", "till"),
            from_rows=_emf_till_rows,
            from_lines=lambda f, lines: _each(
                _sum_lines(
                    f,
                    lines,
                    lambda line: (
                        line.business_day,
                        f.till_names.get(line.workstation_id, ""),
                    ),
                ),
                _emf_values,
            ),
        ),
    )


# --- Online Retail ---------------------------------------------------------------------------


def _wholesaler_day_rows(sums: _Sums) -> dict[str, Value]:
    """The control's stock adjustment units carry the sign of the lines."""
    return {
        "invoices": sums.transaction_count,
        "lines": sums.all_lines,
        "sale_lines": sums.lines[SALE],
        "return_lines": sums.lines[RETURN],
        "stockadj_lines": sums.lines[ADJUST],
        "baddebt_lines": sums.lines[OTHER],
        "units_sold": sums.units[SALE],
        "units_returned": -sums.units[RETURN],
        "units_stockadj": sums.units[ADJUST],
        "gross_rounded": sums.amounts[SALE],
        "returns_rounded": -sums.amounts[RETURN],
        "net_rounded": sums.net,
    }


def _wholesaler_day_lines(sums: _Sums) -> dict[str, Value]:
    """An invoice counts under what it holds; exact sums need each line's unit price."""
    return _wholesaler_day_rows(sums) | {
        "sale_invoices": len(sums.kind_transactions[SALE]),
        "return_invoices": len(sums.kind_transactions[RETURN]),
        "gross_exact": sums.exact[SALE],
        "returns_exact": -sums.exact[RETURN],
        "baddebt_exact": sums.exact[OTHER],
        "net_exact": sums.net_exact,
    }


def _wholesaler_item_rows(sums: _Sums) -> dict[str, Value]:
    return {
        "lines": sums.all_lines,
        "units_sold": sums.units[SALE],
        "units_returned": -sums.units[RETURN],
        "units_stockadj": sums.units[ADJUST],
        "units_net": sum(sums.units.values(), ZERO),
        "net_rounded": sums.net,
    }


def _wholesaler_item_lines(sums: _Sums) -> dict[str, Value]:
    return _wholesaler_item_rows(sums) | {
        "gross_exact": sums.exact[SALE],
        "returns_exact": -sums.exact[RETURN],
        "net_exact": sums.net_exact,
    }


ONLINE_RETAIL_CONTROLS = (
    Control(
        "or_2010-12_2011-06_daily_control.csv",
        ("date",),
        from_rows=lambda f: _each(
            _sum_rows(f.daily["store"], lambda r: (r["business_day"],)), _wholesaler_day_rows
        ),
        from_lines=lambda f, lines: _each(
            _sum_lines(f, lines, lambda line: (line.business_day,)), _wholesaler_day_lines
        ),
    ),
    Control(
        "or_2010-12_2011-06_item_control.csv",
        ("stock_code",),
        from_rows=lambda f: _each(
            _sum_rows(f.daily["item"], lambda r: (r["item_code"],)), _wholesaler_item_rows
        ),
        from_lines=lambda f, lines: _each(
            _sum_lines(f, lines, lambda line: (line.item_code,)), _wholesaler_item_lines
        ),
    ),
)


# --- vending ---------------------------------------------------------------------------------


def _vending_rows(sums: _Sums) -> dict[str, Value]:
    return {
        "lines": sums.all_lines,
        "orders": sums.transaction_count,
        "due": sums.amounts[SALE] + sums.discounts,
        "paid": sums.net,
    }


def _vending_lines(sums: _Sums) -> dict[str, Value]:
    return _vending_rows(sums) | {"zero_paid_lines": sums.zero_lines}


VENDING_CONTROLS = (
    Control(
        "vending_2017-01_2017-08_daily_site_control.csv",
        ("date", "site"),
        from_rows=lambda f: _each(
            _sum_rows(f.daily["store"], lambda r: (r["business_day"], r["store_id"])),
            _vending_rows,
        ),
        from_lines=lambda f, lines: _each(
            _sum_lines(f, lines, lambda line: (line.business_day, line.store_id)),
            _vending_lines,
        ),
    ),
    Control(
        "vending_2017-01_2017-08_item_control.csv",
        ("product",),
        from_rows=lambda f: _each(
            _sum_rows(f.daily["item"], lambda r: (r["description"],)), _vending_rows
        ),
        from_lines=lambda f, lines: _each(
            _sum_lines(f, lines, lambda line: (line.description,)), _vending_lines
        ),
    ),
)


# --- vegetables ------------------------------------------------------------------------------


def _vegetable_rows(sums: _Sums) -> dict[str, Value]:
    return {
        "lines": sums.all_lines,
        "qty_kg": sum(sums.units.values(), ZERO),
        "amount_line_rounded": sums.net,
    }


def _vegetable_lines(sums: _Sums) -> dict[str, Value]:
    """The discount flag is found by the lines' times, which are unique."""
    return _vegetable_rows(sums) | {
        "amount_exact": sums.net_exact,
        "discounted_lines": sums.marked_lines,
        "discounted_amount_line_rounded": sums.marked_amount,
    }


VEGETABLE_CONTROLS = (
    Control(
        "veg_2023-06-16_2023-06-23_daily_control.csv",
        ("sale_date",),
        from_rows=lambda f: _each(
            _sum_rows(f.daily["store"], lambda r: (r["business_day"],)), _vegetable_rows
        ),
        from_lines=lambda f, lines: _each(
            _sum_lines(f, lines, lambda line: (line.business_day,)), _vegetable_lines
        ),
    ),
    Control(
        "veg_2023-06-16_2023-06-23_item_day_control.csv",
        ("sale_date", "item_code", "item_name"),
        from_rows=lambda f: _each(
            _sum_rows(
                f.daily["item"],
                lambda r: (r["business_day"], r["item_code"], r["description"]),
            ),
            _vegetable_rows,
        ),
        from_lines=lambda f, lines: _each(
            _sum_lines(
                f, lines, lambda line: (line.business_day, line.item_code, line.description)
            ),
            _vegetable_lines,
        ),
    ),
)

CONTROLS: dict[str, tuple[Control, ...]] = {
    "emf2016": emf_controls(2016),
    "emf2022": emf_controls(2022),
    "or": ONLINE_RETAIL_CONTROLS,
    "vending": VENDING_CONTROLS,
    "veg": VEGETABLE_CONTROLS,
    "split": emf_controls(2016),
    "evening": (),
    "odd": (),
}
"""The control files of each roll, by the roll's name."""
