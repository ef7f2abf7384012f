"""The control files of every set: how each of their columns is derived from our figures."""

from decimal import Decimal

from tests.real.control_check import (
    Control,
    ControlResult,
    Derived,
    Figures,
    Sums,
    Value,
    check,
    check_all,
    each,
    sum_lines,
    sum_rows,
)
from tests.real.expected import ZERO
from tests.real.roll import ADJUST, CARD, CASH, OTHER, RETURN, SALE, VOID

__all__ = ["CONTROLS", "Control", "ControlResult", "Figures", "check", "check_all", "emf_controls"]

# --- EMF -------------------------------------------------------------------------------------


def _emf_values(sums: Sums) -> dict[str, Value]:
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
    return each(
        sum_rows(
            figures.daily["item"],
            lambda r: (r["item_code"].partition(":")[0], r["description"]),
        ),
        _emf_values,
    )


def _emf_department_rows(figures: Figures) -> Derived:
    """Item rows summed by department: all but transactions, which may hold several items."""
    derived = each(
        sum_rows(
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
    derived = each(sum_rows(figures.daily["store"], lambda r: (r["business_day"],)), _emf_values)
    names = {CASH: "CASH_till_expected", CARD: "CARD_till_expected"}
    for row in figures.daily["tender"]:
        values = derived[(row["business_day"],)]
        column = names[row["tender_type"]]
        values[column] = Decimal(values.get(column, ZERO)) + Decimal(row["amount"])
    return derived


def _emf_till_rows(figures: Figures) -> Derived:
    """Workstation rows by the name that the till has in the control; several tills add up."""
    names = figures.till_names
    return each(
        sum_rows(
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
            from_lines=lambda f, lines: each(
                sum_lines(f, lines, lambda line: (line.at[:10],)), _emf_values
            ),
        ),
        Control(
            f"{prefix}_dept_control.csv",
            ("session_date", "dept"),
            from_rows=_emf_department_rows,
            from_lines=lambda f, lines: each(
                sum_lines(
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
            from_lines=lambda f, lines: each(
                sum_lines(
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
            from_lines=lambda f, lines: each(
                sum_lines(f, lines, lambda line: (line.business_day,)), _emf_values
            ),
            not_derivable={"session_id": _LABEL, "start": _MOMENT, "end": _MOMENT, **counted},
        ),
        Control(
            f"{prefix}_till_control.csv",
            ("session_date", "till"),
            from_rows=_emf_till_rows,
            from_lines=lambda f, lines: each(
                sum_lines(
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


def _wholesaler_day_rows(sums: Sums) -> dict[str, Value]:
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


def _wholesaler_day_lines(sums: Sums) -> dict[str, Value]:
    """An invoice counts under what it holds; exact sums need each line's unit price."""
    return _wholesaler_day_rows(sums) | {
        "sale_invoices": len(sums.kind_transactions[SALE]),
        "return_invoices": len(sums.kind_transactions[RETURN]),
        "gross_exact": sums.exact[SALE],
        "returns_exact": -sums.exact[RETURN],
        "baddebt_exact": sums.exact[OTHER],
        "net_exact": sums.net_exact,
    }


def _wholesaler_item_rows(sums: Sums) -> dict[str, Value]:
    return {
        "lines": sums.all_lines,
        "units_sold": sums.units[SALE],
        "units_returned": -sums.units[RETURN],
        "units_stockadj": sums.units[ADJUST],
        "units_net": sum(sums.units.values(), ZERO),
        "net_rounded": sums.net,
    }


def _wholesaler_item_lines(sums: Sums) -> dict[str, Value]:
    return _wholesaler_item_rows(sums) | {
        "gross_exact": sums.exact[SALE],
        "returns_exact": -sums.exact[RETURN],
        "net_exact": sums.net_exact,
    }


ONLINE_RETAIL_CONTROLS = (
    Control(
        "or_2010-12_2011-06_daily_control.csv",
        ("date",),
        from_rows=lambda f: each(
            sum_rows(f.daily["store"], lambda r: (r["business_day"],)), _wholesaler_day_rows
        ),
        from_lines=lambda f, lines: each(
            sum_lines(f, lines, lambda line: (line.business_day,)), _wholesaler_day_lines
        ),
    ),
    Control(
        "or_2010-12_2011-06_item_control.csv",
        ("stock_code",),
        from_rows=lambda f: each(
            sum_rows(f.daily["item"], lambda r: (r["item_code"],)), _wholesaler_item_rows
        ),
        from_lines=lambda f, lines: each(
            sum_lines(f, lines, lambda line: (line.item_code,)), _wholesaler_item_lines
        ),
    ),
)


# --- vending ---------------------------------------------------------------------------------


def _vending_rows(sums: Sums) -> dict[str, Value]:
    return {
        "lines": sums.all_lines,
        "orders": sums.transaction_count,
        "due": sums.amounts[SALE] + sums.discounts,
        "paid": sums.net,
    }


def _vending_lines(sums: Sums) -> dict[str, Value]:
    return _vending_rows(sums) | {"zero_paid_lines": sums.zero_lines}


VENDING_CONTROLS = (
    Control(
        "vending_2017-01_2017-08_daily_site_control.csv",
        ("date", "site"),
        from_rows=lambda f: each(
            sum_rows(f.daily["store"], lambda r: (r["business_day"], r["store_id"])),
            _vending_rows,
        ),
        from_lines=lambda f, lines: each(
            sum_lines(f, lines, lambda line: (line.business_day, line.store_id)),
            _vending_lines,
        ),
    ),
    Control(
        "vending_2017-01_2017-08_item_control.csv",
        ("product",),
        from_rows=lambda f: each(
            sum_rows(f.daily["item"], lambda r: (r["description"],)), _vending_rows
        ),
        from_lines=lambda f, lines: each(
            sum_lines(f, lines, lambda line: (line.description,)), _vending_lines
        ),
    ),
)


# --- vegetables ------------------------------------------------------------------------------


def _vegetable_rows(sums: Sums) -> dict[str, Value]:
    return {
        "lines": sums.all_lines,
        "qty_kg": sum(sums.units.values(), ZERO),
        "amount_line_rounded": sums.net,
    }


def _vegetable_lines(sums: Sums) -> dict[str, Value]:
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
        from_rows=lambda f: each(
            sum_rows(f.daily["store"], lambda r: (r["business_day"],)), _vegetable_rows
        ),
        from_lines=lambda f, lines: each(
            sum_lines(f, lines, lambda line: (line.business_day,)), _vegetable_lines
        ),
    ),
    Control(
        "veg_2023-06-16_2023-06-23_item_day_control.csv",
        ("sale_date", "item_code", "item_name"),
        from_rows=lambda f: each(
            sum_rows(
                f.daily["item"],
                lambda r: (r["business_day"], r["item_code"], r["description"]),
            ),
            _vegetable_rows,
        ),
        from_lines=lambda f, lines: each(
            sum_lines(
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
