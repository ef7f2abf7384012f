"""What tills and head office kept, read from their databases with plain SQL.

A till's own projections are read into the same values as a roll, so that one calculation serves
both; its Z is read from the journal's own bytes. Head office's lines are what the calendar-day
and department controls are summed from.
"""

import json
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.real import expected
from tests.real.expected import Line, Row, TenderRow, TradedTransaction
from tests.real.harness import Replayed, compare
from tests.real.roll import ADJUST, OTHER, RETURN, SALE, VOID, money_text, quantity_text
from tests.real.rolls_emf import SessionCount

TILL_TRANSACTIONS = """
SELECT entry_id, transaction_no, business_day, operator_id, at FROM txn ORDER BY entry_id
"""
TILL_LINES = """
SELECT entry_id, kind, item_code, description, quantity_milli, unit_price_e4, unit_discount_e4,
       amount_minor, at
FROM txn_line ORDER BY entry_id, line_no
"""
TILL_TENDERS = """
SELECT entry_id, tender_type, amount_minor FROM txn_tender
WHERE state <> 'failed' ORDER BY entry_id, tender_no
"""
TILL_CLOSES = "SELECT bytes FROM journal_entry WHERE kind = 'day_close' ORDER BY entry_id"

HEAD_OFFICE_DATABASE = "hq.db"
HEAD_OFFICE_LINES = """
SELECT s.store_id, s.workstation_id, s.business_day, l.at,
       s.workstation_no || '-' || s.epoch_no || '-' || s.seq, s.operator_id, l.kind,
       l.item_code, l.description, l.quantity_milli, l.unit_price_e4, l.unit_discount_e4,
       l.amount_minor
FROM sale_line AS l
JOIN sale AS s ON s.store_id = l.store_id AND s.workstation_no = l.workstation_no
  AND s.epoch_no = l.epoch_no AND s.seq = l.seq
ORDER BY l.store_id, l.workstation_no, l.epoch_no, l.seq, l.line_no
"""
"""The one place that knows head office's tables; columns in the order of `head_office_line`."""


def till_transactions(replayed: Replayed) -> list[TradedTransaction]:
    """Return the transactions of every till of a replay, in each till's order."""
    return [
        transaction
        for store_id, workstation_id, home in replayed.tills
        for transaction in _one_till(home / "journal.db", store_id, workstation_id)
    ]


def till_closes(replayed: Replayed) -> dict[tuple[str, str, str], dict[str, Any]]:
    """Return (store, workstation, business day) -> the body of its Z; two Zs of a day raise."""
    closes: dict[tuple[str, str, str], dict[str, Any]] = {}
    for store_id, workstation_id, home in replayed.tills:
        with closing(_read_only(home / "journal.db")) as connection:
            for (entry,) in connection.execute(TILL_CLOSES):
                envelope = json.loads(entry)
                key = (store_id, workstation_id, envelope["business_day"])
                if key in closes:
                    raise AssertionError(f"two Zs of {key}")
                closes[key] = envelope["body"]
    return closes


def close_differences(replayed: Replayed) -> list[str]:
    """Return where the Zs of the tills differ from the roll: sums, and expected money."""
    closes = till_closes(replayed)
    days = expected.till_days(replayed.info.path)
    money = expected.till_money(replayed.info.path)
    differences = [f"no Z of {key}" for key in money.keys() - closes.keys()]
    differences += [f"a Z too many: {key}" for key in closes.keys() - money.keys()]
    for key in sorted(money.keys() & closes.keys()):
        totals = closes[key]["totals"]
        wanted = days.get(key, expected.Totals())
        for name, value in _close_figures(wanted).items():
            if totals.get(name, 0) != value:
                differences.append(f"Z of {key}: {name} {totals.get(name, 0)}, expected {value}")
        tenders = totals.get("tenders", {})
        for tender_type in sorted(money[key].keys() | tenders.keys()):
            needed = _minor(money[key].get(tender_type, Decimal(0)))
            found = tenders.get(tender_type, {}).get("amount_minor", 0)
            if found != needed:
                differences.append(f"Z of {key}: {tender_type} {found}, expected {needed}")
    return differences


def till_differences(
    replayed: Replayed, groupings: Iterable[str], wanted: Mapping[str, Sequence[Row]] | None = None
) -> list[str]:
    """Return where the tills' own projections differ from ``wanted``, or from the roll."""
    groupings = tuple(groupings)
    info = replayed.info
    own = expected.daily_of(till_transactions(replayed), info.currency, groupings)
    wanted = wanted or expected.all_daily(info.path, info.currency, groupings)
    return [f"tills: {text}" for by in groupings for text in compare(own[by], wanted[by], by)]


def count_differences(replayed: Replayed, counts: Iterable[SessionCount]) -> list[str]:
    """Return where a Z's blind count differs from what the event's own sessions say.

    Expected money is the session's, over or short is counted - expected, and what nobody wrote
    down has neither. Sessions in which nothing was traded have no Z.
    """
    (till,) = replayed.info.workstations
    closes = till_closes(replayed)
    differences = []
    for count in counts:
        if count.business_day not in replayed.info.business_days:
            continue
        names = [c["tender_type"] for c in closes[(*till, count.business_day)]["counted"]]
        if names.count(count.tender_type) != 1:
            differences.append(f"Z of {count.business_day}: {names} count {count.tender_type}")
            continue
        found = closes[(*till, count.business_day)]["counted"][names.index(count.tender_type)]
        counted = found.get("counted_minor")
        over_short = None if counted is None else counted - found["expected_minor"]
        for name, value, needed in (
            ("expected", found["expected_minor"], count.expected),
            ("counted", counted, count.counted),
            ("over or short", over_short, count.over_short),
        ):
            if value != (None if needed is None else _minor(needed)):
                differences.append(
                    f"Z of {count.business_day}: {count.tender_type} {name} {value}, "
                    f"expected {needed}"
                )
    return differences


def head_office_lines(replayed: Replayed, database_url: str | None = None) -> list[Line]:
    """Return every line that head office holds, from its SQLite file or from PostgreSQL."""
    if database_url is not None:
        import psycopg

        with psycopg.connect(database_url) as connection:
            rows: Sequence[Any] = connection.execute(HEAD_OFFICE_LINES.encode()).fetchall()
            return [head_office_line(row) for row in rows]
    with closing(_read_only(replayed.head_office / HEAD_OFFICE_DATABASE)) as connection:
        return [head_office_line(row) for row in connection.execute(HEAD_OFFICE_LINES)]


def head_office_line(row: Sequence[Any]) -> Line:
    """Return a line from a row of HEAD_OFFICE_LINES."""
    (store_id, workstation_id, business_day, at, entry, operator_id, *rest) = row
    kind, item_code, description, quantity, unit_price, unit_discount, amount = rest
    return Line(
        store_id=store_id,
        workstation_id=workstation_id,
        business_day=business_day,
        at=at or "",
        transaction=(store_id, str(entry)),
        operator_id=operator_id,
        kind=kind,
        item_code=item_code,
        description=description,
        quantity=Decimal(quantity).scaleb(-3),
        unit_price=Decimal(unit_price).scaleb(-4),
        unit_discount=Decimal(unit_discount).scaleb(-4),
        amount=Decimal(amount).scaleb(-2),
    )


def _read_only(path: Path) -> sqlite3.Connection:
    if not path.exists():
        raise FileNotFoundError(f"expected a database at {path}")
    return sqlite3.connect(f"file:{path}?mode=ro", uri=True)


def _one_till(path: Path, store_id: str, workstation_id: str) -> list[TradedTransaction]:
    lines: dict[int, list[Sequence[Any]]] = defaultdict(list)
    tenders: dict[int, list[TenderRow]] = defaultdict(list)
    with closing(_read_only(path)) as connection:
        heads = connection.execute(TILL_TRANSACTIONS).fetchall()
        for entry_id, *line in connection.execute(TILL_LINES):
            lines[entry_id].append(line)
        for entry_id, tender_type, amount in connection.execute(TILL_TENDERS):
            tenders[entry_id].append(TenderRow(tender_type, Decimal(amount).scaleb(-2)))
    transactions = []
    for entry_id, number, business_day, operator_id, at in heads:
        key = (store_id, workstation_id, business_day, number)
        own_lines = tuple(
            Line(
                store_id=store_id,
                workstation_id=workstation_id,
                business_day=business_day,
                at=line_at,
                transaction=key,
                operator_id=operator_id,
                kind=kind,
                item_code=item_code,
                description=description,
                quantity=Decimal(quantity).scaleb(-3),
                unit_price=Decimal(unit_price).scaleb(-4),
                unit_discount=Decimal(unit_discount).scaleb(-4),
                amount=Decimal(amount).scaleb(-2),
            )
            for (
                kind,
                item_code,
                description,
                quantity,
                unit_price,
                unit_discount,
                amount,
                line_at,
            ) in lines[entry_id]
        )
        transactions.append(
            TradedTransaction(
                store_id=store_id,
                workstation_id=workstation_id,
                business_day=business_day,
                transaction=key,
                operator_id=operator_id,
                at=own_lines[0].at if own_lines else at,
                lines=own_lines,
                tenders=tuple(tenders[entry_id]),
            ),
        )
    return transactions


def _close_figures(totals: expected.Totals) -> dict[str, int]:
    return {
        "transactions": totals.transactions,
        **{f"{kind}_lines": number for kind, number in totals.lines.items()},
        "units_sold_milli": _milli(totals.units[SALE]),
        "units_returned_milli": _milli(-totals.units[RETURN]),
        "units_voided_milli": _milli(-totals.units[VOID]),
        "units_adjusted_milli": _milli(-totals.units[ADJUST]),
        "gross_sales_minor": _minor(totals.amounts[SALE]),
        "returns_minor": _minor(-totals.amounts[RETURN]),
        "voids_minor": _minor(-totals.amounts[VOID]),
        "other_minor": _minor(totals.amounts[OTHER]),
        "discounts_minor": _minor(totals.discounts),
    }


def _minor(amount: Decimal) -> int:
    return int(Decimal(money_text(amount)).scaleb(2))


def _milli(quantity: Decimal) -> int:
    return int(Decimal(quantity_text(quantity)).scaleb(3))
