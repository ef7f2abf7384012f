"""The day's proof of the ledger, in the transaction that closes the day (STK-03, STK-17, R14).

Two questions, answered from two different tables. Does opening + in - out = closing? The opening is
what the last proof closed with, in and out are the movements since then as the journal has them,
the closing is what the balances say now. And does head office have the same? Each business day
that moved since the last proof gets a hash of all its movements at this till; head office makes
the same of what came from this workstation for that day before the note, and a difference is shown.

The first question is asked of each item that moved as well: a piece too many of one hides behind a
piece too few of another. A difference bars nothing; it is shown, printed on the Z and journaled.
"""

from __future__ import annotations

import sqlite3

import msgspec

from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.stock_proof import DAY_PROOF, ledger_sha256
from pos.services import catalogue
from pos.services.context import Till
from pos.store import stock_checks, stock_ledger
from pos.store.journal_files import files_of

NAMED = 10
"""Items that a note names at most; `pos doctor` finds them all."""


class WrongItem(msgspec.Struct, frozen=True):
    """An item whose balance is not the sum of its movements."""

    item_code: str
    difference_milli: int
    """How much more the balances say, batches together; nothing where these make up for it."""


class Reconciliation(msgspec.Struct, frozen=True, kw_only=True):
    """Stock in the shop between two proofs, in thousandths, all items together."""

    opening_milli: int
    in_milli: int
    out_milli: int
    closing_milli: int
    wrong: tuple[WrongItem, ...] = ()
    """Items that moved since the last proof and do not add up, whatever the whole does."""

    @property
    def adds_up(self) -> bool:
        """Whether there is nothing to tell."""
        return not self.difference_milli and not self.wrong

    @property
    def difference_milli(self) -> int:
        """Nothing, unless a balance is not the sum of its movements."""
        return self.closing_milli - (self.opening_milli + self.in_milli - self.out_milli)


def proven(
    connection: sqlite3.Connection, business_day: str
) -> tuple[list[RegisterNoted], Reconciliation]:
    """Notes that prove `business_day`, about to be closed, and days that moved after theirs.

    Beside them, what the day's own says of opening and closing. Folds what is left to fold: it runs
    in the transaction that closes the day.
    """
    stock_ledger.fold_all(connection)
    last_entry, opening = _last_proof(connection)
    days = {business_day} | _days_since(connection, last_entry)
    notes = [_note(day, _proof(connection, day)) for day in sorted(days - {business_day})]
    found = reconcile(connection, last_entry, opening)
    fields = _proof(connection, business_day) | {
        "opening_milli": str(found.opening_milli),
        "in_milli": str(found.in_milli),
        "out_milli": str(found.out_milli),
        "closing_milli": str(found.closing_milli),
    }
    if found.difference_milli:
        fields["difference_milli"] = str(found.difference_milli)
    if found.wrong:
        fields["wrong_item_count"] = str(len(found.wrong))
        fields["wrong_items"] = ",".join(one.item_code for one in found.wrong[:NAMED])
    notes.append(_note(business_day, fields))
    return notes, found


def reconcile(
    connection: sqlite3.Connection, last_entry: int, opening_milli: int
) -> Reconciliation:
    """Opening, in, out and closing since the proof in entry `last_entry`."""
    into = out = 0
    for file in files_of(connection):
        row = file.execute(
            "SELECT coalesce(sum(max(quantity_milli, 0)), 0), "
            "coalesce(sum(max(-quantity_milli, 0)), 0) FROM stock_movement "
            "WHERE entry_id > ? AND place = ''",
            (last_entry,),
        ).fetchone()
        into, out = into + int(row[0]), out + int(row[1])
    return Reconciliation(
        opening_milli=opening_milli,
        in_milli=into,
        out_milli=out,
        closing_milli=stock_ledger.shop_total_milli(connection),
        wrong=_wrong(connection, last_entry),
    )


def reconcile_now(till: Till) -> Reconciliation:
    """Opening, in, out and closing since the last proof, as they stand; call it off the loop."""
    connection = till.journal.reader()
    return reconcile(connection, *_last_proof(connection))


def name_of(till: Till, item_code: str) -> str:
    """Name of goods, for a slip; the code where this till has none."""
    item = catalogue.find_item(till, item_code)
    return item.name if item is not None else item_code


def _wrong(connection: sqlite3.Connection, last_entry: int) -> tuple[WrongItem, ...]:
    differences: dict[str, int] = {}
    for one in stock_checks.wrong_since(connection, last_entry):
        extra = one.balance_milli - one.sum_milli
        differences[one.item_code] = differences.get(one.item_code, 0) + extra
    return tuple(WrongItem(code, extra) for code, extra in differences.items())


def _last_proof(connection: sqlite3.Connection) -> tuple[int, int]:
    """Entry of the last proof and what it closed with; nothing before the first."""
    for file in files_of(connection):
        row = file.execute(
            "SELECT entry_id, fields FROM register_note WHERE register = ? AND action = ? "
            "AND instr(fields, '\"closing_milli\"') > 0 ORDER BY entry_id DESC LIMIT 1",
            (Register.BOOKS.value, DAY_PROOF),
        ).fetchone()
        if row is not None:
            fields = msgspec.json.decode(row[1], type=dict[str, str])
            return int(row[0]), int(fields["closing_milli"])
    return 0, 0


def _days_since(connection: sqlite3.Connection, last_entry: int) -> set[str]:
    return {
        str(row[0])
        for file in files_of(connection)
        for row in file.execute(
            "SELECT DISTINCT business_day FROM stock_movement WHERE entry_id > ?", (last_entry,)
        )
        if row[0]
    }


def _proof(connection: sqlite3.Connection, business_day: str) -> dict[str, str]:
    count = total = 0
    rows = []
    for code, place, batch, reason, into, out, movements in stock_ledger.day_rows(
        connection, business_day
    ):
        count, total = count + movements, total + into - out
        rows.append((code, place, batch, reason, into - out))
    return {
        "movements": str(count),
        "sum_milli": str(total),
        "sha256": ledger_sha256(rows),
    }


def _note(business_day: str, fields: dict[str, str]) -> RegisterNoted:
    return RegisterNoted(
        register=Register.BOOKS, subject=business_day, action=DAY_PROOF, fields=fields
    )
