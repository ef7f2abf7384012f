"""The readers of a till's tables: a roll written into such tables is read back as it was."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tests.real import expected
from tests.real.harness import Replayed
from tests.real.roll import RollInfo
from tests.real.stores import (
    close_differences,
    head_office_line,
    till_closes,
    till_differences,
    till_transactions,
)

Rolls = Callable[[str], RollInfo]
GROUPINGS = ("workstation", "item", "operator", "hour", "tender")

TABLES = """
CREATE TABLE txn (entry_id, transaction_no, business_day, operator_id, at);
CREATE TABLE txn_line (entry_id, line_no, kind, item_code, description, quantity_milli,
    unit_price_e4, unit_discount_e4, amount_minor, at);
CREATE TABLE txn_tender (entry_id, tender_no, tender_type, amount_minor, state);
CREATE TABLE journal_entry (entry_id, kind, bytes);
"""


@pytest.fixture
def kept(roll: Rolls, tmp_path: Path) -> Replayed:
    """The odd roll as tills would keep it, Zs included, written by this test."""
    info = roll("odd")
    replayed = Replayed(info, tmp_path)
    stores: dict[Path, sqlite3.Connection] = {}
    for _store, _workstation, home in replayed.tills:
        home.mkdir(parents=True)
        stores[home] = sqlite3.connect(home / "journal.db")
        stores[home].executescript(TABLES)
    for number, transaction in enumerate(expected.read_transactions(info.path), start=1):
        home = replayed.till(transaction.store_id, transaction.workstation_id)
        _write(stores[home], number, transaction)
    money = expected.till_money(info.path)
    for key, totals in expected.till_days(info.path).items():
        connection = stores[replayed.till(key[0], key[1])]
        fields = totals.fields()
        body = {
            name: fields[name]
            for name in fields
            if name.endswith("_lines") or name == "transactions"
        }
        for name in ("sold", "returned", "voided", "adjusted"):
            body[f"units_{name}_milli"] = int(Decimal(fields[f"units_{name}"]) * 1000)
        for name in ("gross_sales", "returns", "voids", "other", "discounts"):
            body[f"{name}_minor"] = int(Decimal(fields[name]) * 100)
        body["tenders"] = {
            name: {"tenders": 1, "amount_minor": int(amount * 100)}
            for name, amount in money[key].items()
        }
        envelope = {"business_day": key[2], "body": {"z_no": 1, "totals": body}}
        connection.execute(
            "INSERT INTO journal_entry VALUES (1, 'day_close', ?)",
            (json.dumps(envelope).encode(),),
        )
    for connection in stores.values():
        connection.commit()
        connection.close()
    return replayed


def _write(
    connection: sqlite3.Connection, number: int, transaction: expected.TradedTransaction
) -> None:
    connection.execute(
        "INSERT INTO txn VALUES (?, ?, ?, ?, ?)",
        (
            number,
            transaction.transaction[-1],
            transaction.business_day,
            transaction.operator_id,
            transaction.at,
        ),
    )
    for line_no, line in enumerate(transaction.lines, start=1):
        connection.execute(
            "INSERT INTO txn_line VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                line_no,
                line.kind,
                line.item_code,
                line.description,
                int(line.quantity * 1000),
                int(line.unit_price * 10_000),
                int(line.unit_discount * 10_000),
                int(line.amount * 100),
                line.at,
            ),
        )
    for tender_no, tender in enumerate(transaction.tenders, start=1):
        connection.execute(
            "INSERT INTO txn_tender VALUES (?, ?, ?, ?, 'received')",
            (number, tender_no, tender.tender_type, int(tender.amount * 100)),
        )


def _spoil(replayed: Replayed, statement: str) -> None:
    with closing(sqlite3.connect(replayed.tills[0][2] / "journal.db")) as connection:
        connection.execute(statement)
        connection.commit()


def test_what_tills_kept_is_read_back_as_it_was_traded(kept: Replayed) -> None:
    assert len(till_transactions(kept)) == kept.info.transactions
    assert till_differences(kept, GROUPINGS) == []
    assert close_differences(kept) == []
    assert len(till_closes(kept)) == 9


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE txn_line SET amount_minor = amount_minor + 1 WHERE entry_id = 1 AND line_no = 1",
        "UPDATE txn_line SET quantity_milli = quantity_milli + 1 WHERE rowid = 3",
        "UPDATE txn_line SET item_code = '85123A' WHERE item_code = '85123a'",
        "UPDATE txn_tender SET amount_minor = amount_minor + 1 WHERE entry_id = 1",
        "DELETE FROM txn_line WHERE rowid = 3",
        "INSERT INTO txn_tender SELECT * FROM txn_tender LIMIT 1",
        "UPDATE txn SET operator_id = 'someone else' WHERE rowid = 2",
    ],
)
def test_one_changed_figure_of_a_till_is_noticed(kept: Replayed, statement: str) -> None:
    _spoil(kept, statement)
    assert till_differences(kept, GROUPINGS) != []


def test_a_missing_z_and_a_wrong_z_are_noticed(kept: Replayed) -> None:
    _spoil(
        kept,
        "UPDATE journal_entry SET bytes = CAST(replace(CAST(bytes AS text), "
        "'\"amount_minor\": 8000', '\"amount_minor\": 8001') AS blob)",
    )
    assert close_differences(kept) != []
    _spoil(kept, "DELETE FROM journal_entry WHERE rowid = 1")
    assert any(text.startswith("no Z of") for text in close_differences(kept))


def test_two_zs_of_one_day_are_an_error(kept: Replayed) -> None:
    _spoil(kept, "INSERT INTO journal_entry SELECT * FROM journal_entry LIMIT 1")
    with pytest.raises(AssertionError, match="two Zs"):
        till_closes(kept)


def test_a_head_office_line_is_scaled_exactly() -> None:
    row: tuple[Any, ...] = ("s", "w", "2024-02-28", None, "u", "o", "sale", "TEA", "散茶")
    line = head_office_line((*row, 125, 400, 2500, 1))
    assert (line.quantity, line.unit_price) == (Decimal("0.125"), Decimal("0.04"))
    assert (line.unit_discount, line.amount) == (
        Decimal("0.25"),
        Decimal("0.01"),
    )
    assert line.at == ""
