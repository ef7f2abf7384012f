"""Whether the stock ledger adds up: every balance is the sum of its movements (STK-15)."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from pos.doctor.finding import FAIL, OK, Finding, found
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from pos.store.journal_files import live_journal

_SHOWN = 5


def stock_balances(home: Path) -> Iterator[Finding]:
    """The folded balances of the live journal against the movements themselves."""
    from pos.store import stock_ledger
    from pos.store.connection import connect_raw

    path = live_journal(home)
    if not path.is_file():
        return
    with closing(connect_raw(path, readonly=True)) as connection:
        connection.execute("BEGIN")  # balances and movements of one moment
        try:
            wrong = stock_ledger.differences(connection)
            waiting, _last = stock_ledger.unfolded(connection, 100_000)
        except sqlite3.OperationalError as error:
            if "no such table" in str(error):
                return  # older than this program: the check of databases says so
            raise
    for one in wrong[:_SHOWN]:
        yield found(
            FAIL,
            N_("stock of {item} ({place}, batch {batch}): balance {balance}, movements {sum}"),
            N_(
                "Run `pos db rebuild` while the till is stopped: it makes balances of the journal."
            ),
            item=one.item_code,
            place=one.place or "shop",
            batch=one.batch or "–",
            balance=format_quantity(one.balance_milli),
            sum=format_quantity(one.sum_milli),
        )
    if not wrong:
        yield found(
            OK,
            N_("every balance is the sum of its movements; {count} wait to be folded"),
            count=waiting,
        )
