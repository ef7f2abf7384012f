"""Rolls and expected figures reproduce every control file before any till is involved."""

import ast
from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tests.real import expected
from tests.real.controls import CONTROLS, Figures, check, check_all
from tests.real.roll import ADJUST, RollInfo, data_directory, money_text
from tests.real.rolls_emf import session_counts, store_of
from tests.real.rolls_odd import FORMULAS

Rolls = Callable[[str], RollInfo]
REAL = (
    "emf2016",
    "emf2022",
    pytest.param("or", marks=pytest.mark.slow),
    "vending",
    "veg",
    pytest.param("split", marks=pytest.mark.slow),
)


COMPARED = ("store", "workstation", "item", "tender")


@pytest.fixture(scope="module")
def figures_of(roll: Rolls) -> Callable[[str], Figures]:
    """A function that computes a roll's figures once; tests must not change them."""
    computed: dict[str, Figures] = {}

    def get(name: str) -> Figures:
        info = roll(name)
        if name not in computed:
            computed[name] = Figures(
                daily=expected.all_daily(info.path, info.currency, COMPARED),
                lines=expected.roll_lines(info.path),
                till_names=info.till_names,
                marked=info.marked,
            )
        return computed[name]

    return get


@pytest.mark.parametrize("name", [*REAL, "odd"])
def test_a_roll_keeps_the_rules_of_rolls(roll: Rolls, name: str) -> None:
    info = roll(name)
    assert info.lines > 0
    assert expected.problems(info.path) == []


@pytest.mark.parametrize("name", REAL)
def test_every_control_file_of_a_set_is_reproduced_to_the_minor_unit(
    figures_of: Callable[[str], Figures], name: str
) -> None:
    figures = figures_of(name)
    for control in CONTROLS[name]:
        result = check(control, figures)
        assert result.differences == ()
        assert result.rows > 0
        assert result.cells >= result.rows


def test_nothing_that_makes_rolls_or_figures_imports_the_product() -> None:
    makers = [path for path in Path(__file__).parent.glob("*.py") if path.stem[:5] != "test_"]
    assert len(makers) > 10
    for path in makers:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert name.partition(".")[0] not in {"pos", "drivers", "sync"}, path.name


def test_every_control_file_is_looked_at() -> None:
    folder = data_directory()
    if folder is None:
        pytest.skip("the real data is not beside this checkout (../shared/data)")
    files = {path.name for path in folder.glob("*_control.csv")}
    assert {control.file for controls in CONTROLS.values() for control in controls} == files


@pytest.mark.parametrize("name", ["emf2016", "vending", "veg"])
def test_one_minor_unit_more_is_noticed(figures_of: Callable[[str], Figures], name: str) -> None:
    figures = figures_of(name)
    assert check_all(CONTROLS[name], figures) == []
    first, *others = figures.daily["store"]
    spoilt = first | {"gross_sales": money_text(Decimal(first["gross_sales"]) + Decimal("0.01"))}
    daily = {**figures.daily, "store": [spoilt, *others]}
    assert check_all(CONTROLS[name], replace(figures, daily=daily)) != []


@pytest.mark.parametrize("name", ["emf2016", "vending", "veg"])
def test_a_missing_line_and_a_doubled_line_are_noticed(
    figures_of: Callable[[str], Figures], name: str
) -> None:
    figures = figures_of(name)
    assert figures.lines is not None
    assert check_all(CONTROLS[name], replace(figures, lines=figures.lines[1:])) != []
    doubled = [*figures.lines, figures.lines[-1]]
    assert check_all(CONTROLS[name], replace(figures, lines=doubled)) != []


@pytest.mark.parametrize(
    ("year", "net"), [(2016, Decimal("25214.65")), (2022, Decimal("59397.76"))]
)
def test_an_event_comes_to_its_published_net(roll: Rolls, year: int, net: Decimal) -> None:
    info = roll(f"emf{year}")
    rows = expected.daily(info.path, info.currency, "store")
    assert sum(Decimal(row["net"]) for row in rows) == net


@pytest.mark.slow
def test_the_wholesaler_comes_to_its_published_net(
    roll: Rolls, figures_of: Callable[[str], Figures]
) -> None:
    info, figures = roll("or"), figures_of("or")
    assert figures.lines is not None
    rows = figures.daily["store"]
    assert sum(Decimal(row["net"]) for row in rows) == Decimal("4397950.76")
    assert info.lines == 245_903
    assert info.transactions == 12_795
    codes = {line.item_code for line in figures.lines}
    assert {"85123A", "85123a", "m", "M", "BANK CHARGES"} <= codes
    adjusted = [line for line in figures.lines if line.kind == ADJUST]
    assert all(line.amount == 0 for line in adjusted)


@pytest.mark.parametrize("year", [2016, 2022])
def test_each_sessions_till_holds_what_the_session_expects(roll: Rolls, year: int) -> None:
    info = roll(f"emf{year}")
    money = expected.till_money(info.path)
    workstation = info.workstations[0][1]
    counts = session_counts(year)
    assert len(counts) > 0
    for count in counts:
        till: Mapping[str, Decimal] = money.get(
            (store_of(year), workstation, count.business_day), {}
        )
        assert till.get(count.tender_type, Decimal(0)) == count.expected
        if count.counted is not None:
            assert count.counted - count.expected == count.over_short
    counted = [count for count in counts if count.counted is not None]
    assert len(counted) == {2016: 6, 2022: 4}[year]


def test_three_tills_of_one_store_add_up_to_the_one_they_were_split_from(roll: Rolls) -> None:
    whole, split = roll("emf2016"), roll("split")
    assert len(split.workstations) == 3
    ours = expected.all_daily(split.path, split.currency)
    theirs = expected.all_daily(whole.path, whole.currency)
    for by in ("store", "item", "operator", "hour", "tender"):
        assert ours[by] == theirs[by]
    assert len(ours["workstation"]) == 3 * len(theirs["workstation"])
    money = expected.till_money(split.path)
    cash = sum(till["cash"] for till in money.values())
    assert cash == sum(till["cash"] for till in expected.till_money(whole.path).values())


def test_the_odd_roll_holds_what_the_other_sets_do_not(roll: Rolls) -> None:
    info = roll("odd")
    lines = expected.roll_lines(info.path)
    rows = list(expected.read_rows(info.path))
    assert {line.kind for line in lines} == {"sale", "return", "void", "adjust", "other"}
    assert any(line.quantity == Decimal("0.5") for line in lines)
    assert any(line.quantity == 80_995 for line in lines)
    assert any(line.unit_price < 0 for line in lines)
    assert any(line.at == "" for line in lines)
    assert any(line.kind == "void" and line.quantity > 0 for line in lines)
    assert any(row["amount"] == "" for row in rows)
    assert any(row["row"] == "tender" and Decimal(row["amount"]) < 0 for row in rows)
    assert set(FORMULAS) <= {line.description for line in lines}
    assert {"85123A", "85123a"} <= {line.item_code for line in lines}
    transactions = list(expected.read_transactions(info.path))
    assert any(not transaction.lines for transaction in transactions)
    assert any(transaction.total < 0 for transaction in transactions)
    assert any(line.at[:10] > line.business_day for line in lines)


def test_the_odd_rolls_first_day_comes_to_what_was_worked_out_by_hand(roll: Rolls) -> None:
    info = roll("odd")
    rows = {
        (row["store_id"], row["workstation_id"], row["business_day"]): row
        for row in expected.daily(info.path, info.currency, "workstation")
    }
    kiosk = rows["kiosk", "t1", "2024-02-28"]
    assert (kiosk["transactions"], kiosk["lines"], kiosk["net"]) == (1, 40, "22.00")
    first = rows["corner", "t1", "2024-02-28"]
    # 14 of the 15 transactions have a line; the other changes 20.00 of card money into cash.
    assert first["transactions"] == 14
    assert first["sale_lines"] == 16
    assert first["return_lines"] == 4
    assert first["void_lines"] == 5
    assert first["adjust_lines"] == 2
    assert first["other_lines"] == 3
    # 0.5 + 1.5 + 0.125 + 6 + 6 + 3 + 80995 + 3 + 1 + 3 + 1 + 1000 + 2 + 1
    assert first["units_sold"] == "82023.125"
    assert first["units_returned"] == "80996.625"
    assert first["units_voided"] == "4"
    assert first["units_adjusted"] == "11.25"
    # 2.00 + 18.75 + 0.01, 15.30 x 2 + 3 x 4.95, 168469.60, 0, 0.01 + 0.00 + 4.90, 7.98, 100.00
    assert first["gross_sales"] == "168648.70"
    # 0.01 + 6.25 + 168469.60 + 0.00: half a cent goes away from zero on returns too
    assert first["returns"] == "168475.86"
    assert first["voids"] == "28.73"
    assert first["other"] == "18.00"
    # 0.375 -> 0.38, -0.125 -> -0.13, 4.50, -0.375 -> -0.38
    assert first["discounts"] == "4.37"
    assert first["net"] == "162.11"


def test_a_transaction_without_tenders_is_paid_in_cash_and_change_counts_as_a_row(
    roll: Rolls,
) -> None:
    info = roll("odd")
    row = next(
        row
        for row in expected.daily(info.path, info.currency, "tender")
        if (row["store_id"], row["business_day"], row["tender_type"])
        == ("kiosk", "2024-02-28", "cash")
    )
    assert row["transactions"] == 2
    assert row["tenders"] == 2
    assert row["amount"] == "21.99"


def test_by_item_the_last_description_that_is_not_empty_stands(roll: Rolls) -> None:
    info = roll("odd")
    rows = {
        row["item_code"]: row
        for row in expected.daily(info.path, info.currency, "item")
        if row["business_day"] == "2024-02-28"
    }
    assert rows["85123A"]["description"] == "White hanging heart"
    assert rows["85123a"]["description"] == "white hanging heart, small code"
    assert rows["85123A"]["units_sold"] == "9"
    assert rows["TEA"]["description"] == "散茶"


def test_by_hour_a_transaction_without_a_time_has_no_hour(roll: Rolls) -> None:
    info = roll("odd")
    hours = {
        row["hour"]: row["transactions"]
        for row in expected.daily(info.path, info.currency, "hour")
        if (row["store_id"], row["business_day"]) == ("corner", "2024-02-28")
    }
    assert hours[""] == 1
    assert hours["23"] == 2
    assert hours["01"] == 1
