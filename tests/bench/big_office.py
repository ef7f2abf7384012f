"""Head office with a stock ledger of very many sales' lines of one store, folded but for its tail.

Rows are made in raw SQL, each table in the order of its own key. Cached in the bench's folder.
"""

from __future__ import annotations

import shutil
import sqlite3
import time
from pathlib import Path

from sync.head_office import stores
from sync.head_office.database import initialise
from sync.head_office.home import HeadOfficeHome
from tests.bench.harness import CHECKOUT

STORE = "01"
LINES = 10
ITEMS = 50_000
TAIL_ENTRIES = 40
"""Sales that the fold has not reached: what a minute of ten tills is."""

_SCATTER = 7_919
_MIGRATIONS = CHECKOUT / "sync/head_office/migrations"
_KEY = f"'{STORE}', 1, 1"


def big_office(folder: Path, movements: int) -> Path:
    """A head office's home whose store has so many movements; made once."""
    schema = len(list(_MIGRATIONS.glob("m*.py")))
    home = folder / f"office-{movements}-schema-{schema}"
    if (home / "complete").exists():
        return home
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    begun = time.monotonic()
    office = initialise(
        HeadOfficeHome(home, f"sqlite:///{home / 'hq.db'}"), currency="CNY", app_version="bench"
    )
    stores.add_store(office, STORE)
    office.close()
    connection = sqlite3.connect(home / "hq.db", isolation_level=None)
    for pragma in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -200000"):
        connection.execute(f"PRAGMA {pragma}")
    connection.execute("BEGIN")
    _fill(connection, movements, items_of(movements))
    connection.execute("COMMIT")
    connection.execute("PRAGMA journal_mode = WAL")
    connection.close()
    (home / "complete").write_text(f"{time.monotonic() - begun:.0f} s\n")
    return home


def items_of(movements: int) -> int:
    """How many goods move: at least forty movements each."""
    return min(ITEMS, movements // 40)


def item_code(index: int) -> str:
    """Code of one of them."""
    return f"I{index:06d}"


def _fill(connection: sqlite3.Connection, movements: int, items: int) -> None:
    entries = movements // LINES
    folded = entries - TAIL_ENTRIES
    numbers = (
        f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {entries})"
    )
    lines = f"WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < {movements - 1})"
    connection.execute(
        "INSERT INTO workstation (store_id, workstation_no, workstation_uuid, workstation_id, "
        f"public_key, machine_id, enrolled_utc_ms) VALUES ('{STORE}', 1, 'u', '1', '', '', 0)"
    )
    connection.execute(
        "INSERT INTO epoch (store_id, workstation_no, epoch_no, epoch, acked_seq, head_hash, "
        f"opened_utc_ms, last_seen_utc_ms, folded_seq) VALUES ({_KEY}, 'e', {entries}, x'00', 0, "
        f"0, {folded})"
    )
    connection.execute(
        "INSERT INTO sale (store_id, workstation_no, epoch_no, seq, business_day, "
        "workstation_id, currency, transaction_no, transaction_type, shift_no, operator_id, at, "
        "at_utc_ms, lines, total_minor, discount_minor, original_transaction_no, "
        f"roll_transaction, corrected_utc_ms) {numbers} SELECT {_KEY}, i, '2026-11-21', '1', 'CNY', "
        f"'T' || i, 'sale', 1, '1001', '', i * 1000, {LINES}, 100, 0, '', '', i * 1000 FROM n"
    )
    code = f"printf('I%06d', (i * {_SCATTER}) % {items})"
    connection.execute(
        "INSERT INTO sale_line (store_id, workstation_no, epoch_no, seq, line_no, business_day, "
        "currency, kind, item_code, description, item_class, quantity_milli, unit_price_e4, "
        "unit_discount_e4, amount_minor, discount_minor, tax_rate_bp, tax_minor, at, "
        f"original_transaction_no, original_line_no) {lines} SELECT {_KEY}, i / {LINES} + 1, "
        f"i % {LINES} + 1, '2026-11-21', 'CNY', 'sale', {code}, '', '', 1000, 100, 0, 10, 0, 0, "
        "0, '', '', 0 FROM n"
    )
    connection.execute(
        "INSERT INTO stock_card (store_id, item_code, at_utc_ms, workstation_no, epoch_no, seq, "
        "line_no, business_day, place, batch, unit_code, quantity_milli, reason, unit_cost_e4) "
        "SELECT store_id, item_code, seq * 1000, workstation_no, epoch_no, seq, line_no, "
        "business_day, '', '', '', -quantity_milli, kind, NULL FROM sale_line "
        f"WHERE seq <= {folded} ORDER BY item_code, seq, line_no"
    )
    connection.execute(
        "INSERT INTO stock_balance (store_id, item_code, place, batch, quantity_milli) "
        "SELECT store_id, item_code, '', '', SUM(quantity_milli) FROM stock_card "
        "GROUP BY store_id, item_code"
    )
    connection.execute(
        "INSERT INTO stock_change (store_id, item_code, change_no) "
        "SELECT store_id, item_code, 1 FROM stock_balance"
    )
