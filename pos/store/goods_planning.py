"""What planning asks of a till's books: sold by day, last moves, counts, dates, what is asked for.

Each question is one pass over what the ledger keeps by day (`stock_day`) and what is not folded
yet, in every file of the journal: the eight weeks before a new year lie in the closed file (R30).
"""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Mapping
from operator import itemgetter
from typing import Final

import msgspec

from pos.domain.goods.documents import DocumentKind
from pos.domain.goods.registers import Register
from pos.domain.stock import MovementReason
from pos.store import goods_ledgers
from pos.store.journal_files import files_of, shop_files_of

REFILLED: Final = "refilled"
"""What a note in the facing register says."""

_SOLD = ", ".join(
    f"'{reason.value}'"
    for reason in (MovementReason.SALE, MovementReason.RETURN, MovementReason.VOID)
)
_CAME = ", ".join(
    f"'{reason.value}'"
    for reason in (MovementReason.RECEIPT, MovementReason.TRANSFER_IN, MovementReason.OPENING)
)
_MARK = "(SELECT entry_id FROM stock_fold)"
_BY_FOLDED_DAY = (
    "SELECT business_day, item_code, sum(out_milli) - sum(in_milli) FROM stock_day "
    f"WHERE business_day BETWEEN ?1 AND ?2 AND reason IN ({_SOLD}) AND place = '' "
    "GROUP BY business_day, item_code"
)
_BY_DAY = (
    f"{_BY_FOLDED_DAY} UNION ALL "
    "SELECT business_day, item_code, -sum(quantity_milli) FROM stock_movement "
    f"WHERE entry_id > {_MARK} AND business_day BETWEEN ?1 AND ?2 "
    f"AND reason IN ({_SOLD}) AND place = '' GROUP BY business_day, item_code"
)
_TICKED = (
    "SELECT r.item_code, max(j.at_utc_ms), r.fields FROM register_note r "
    "JOIN journal_entry j ON j.entry_id = r.entry_id WHERE r.register = ? GROUP BY r.item_code"
)
_LAST_FOLDED = (
    "SELECT item_code, reason IN ({came}), max(business_day) FROM stock_day "
    "WHERE business_day >= ?1 AND place = '' AND reason IN ({both}) GROUP BY 1, 2"
).format(came=_CAME, both=f"{_SOLD}, {_CAME}")
_LAST = _LAST_FOLDED + (
    " UNION ALL SELECT item_code, reason IN ({came}), max(business_day) FROM stock_movement "
    f"WHERE entry_id > {_MARK} AND business_day >= ?1 AND place = '' "
    "AND reason IN ({both}) GROUP BY 1, 2"
).format(came=_CAME, both=f"{_SOLD}, {_CAME}")


class AskedLine(msgspec.Struct, frozen=True):
    """One line of a requisition (SUP-03)."""

    document_uuid: str
    document_no: str
    business_day: str
    line_no: int
    item_code: str
    quantity_milli: int


class DatedBatch(msgspec.Struct, frozen=True, kw_only=True):
    """A batch and its date."""

    item_code: str
    batch: str
    expiry: str


class SupplierFigure(msgspec.Struct, kw_only=True):
    """How a supplier has delivered."""

    supplier_id: str
    name: str
    receipts: int = 0
    dated: int = 0
    """Receipts that had a day by which they were due."""

    late: int = 0
    received_milli: int = 0
    rejected_milli: int = 0
    dearer: int = 0
    """Goods that cost more at the last receipt than at the first."""

    cheaper: int = 0

    @property
    def rejected_bp(self) -> int:
        """Rejected of what was delivered, in ten-thousandths."""
        return self.rejected_milli * 10_000 // self.received_milli if self.received_milli else 0


def sold_by_day(
    connection: sqlite3.Connection, first: str, last: str
) -> tuple[list[str], dict[str, dict[int, int]]]:
    """Days with sales from `first` to `last`, and item → (place of the day → thousandths sold).

    What other tills of the shop sold is in it as far as head office has told. A day is there when
    anything was sold or taken back on it; items that did not move are not.
    """
    rows: list[tuple[str, str, int]] = []
    own = set(files_of(connection))
    for file in shop_files_of(connection):
        sql = _BY_DAY if file in own else _BY_FOLDED_DAY  # siblings' days come as sums alone
        rows += file.execute(sql, (first, last)).fetchall()
    days = sorted({row[0] for row in rows})
    places = {day: place for place, day in enumerate(days)}
    sold: dict[str, dict[int, int]] = {}
    for day, code, quantity in rows:
        item = sold.setdefault(code, {})
        place = places[day]
        item[place] = item.get(place, 0) + quantity
    return days, sold


def last_moves(connection: sqlite3.Connection, since: str) -> dict[str, tuple[str, str]]:
    """Item → (day of its last sale, day on which it last came in) since a day; empty is none."""
    found: dict[str, tuple[str, str]] = {}
    own = set(files_of(connection))
    for file in shop_files_of(connection):
        for code, came, day in file.execute(_LAST if file in own else _LAST_FOLDED, (since,)):
            sold, received = found.get(code, ("", ""))
            found[code] = (sold, max(received, day)) if came else (max(sold, day), received)
    return found


def counted_items(connection: sqlite3.Connection) -> set[str]:
    """Items that were ever counted: in an opening document, a count's scans or its variance."""
    found: set[str] = set()
    for file in files_of(connection):
        found.update(row[0] for row in file.execute("SELECT DISTINCT item_code FROM count_scan"))
    for file in shop_files_of(connection):
        found.update(
            row[0]
            for row in file.execute(
                "SELECT DISTINCT l.item_code FROM goods_document d "
                "JOIN goods_line l ON l.entry_id = d.entry_id WHERE d.document_kind IN (?, ?)",
                (DocumentKind.OPENING, DocumentKind.ADJUSTMENT),
            )
        )
    return found


def dated_batches(connection: sqlite3.Connection, until: str) -> list[DatedBatch]:
    """Batches whose date is on or before a day."""
    rows: set[tuple[str, str, str]] = set()
    for file in shop_files_of(connection):
        rows.update(
            file.execute(
                "SELECT expiry, item_code, batch FROM batch WHERE expiry <> '' AND expiry <= ?",
                (until,),
            )
        )
    return [DatedBatch(item_code=row[1], batch=row[2], expiry=row[0]) for row in sorted(rows)]


def asked_for(connection: sqlite3.Connection, since: str) -> list[AskedLine]:
    """Lines of the shop's requisitions since a day, those of the oldest day first."""
    found: list[AskedLine] = []
    for file in shop_files_of(connection):
        rows = file.execute(
            "SELECT d.document_uuid, d.document_no, d.business_day, l.line_no, "
            "l.item_code, l.quantity_milli FROM goods_document d "
            "JOIN goods_line l ON l.entry_id = d.entry_id "
            "WHERE d.document_kind = ? AND d.business_day >= ? ORDER BY d.entry_id, l.line_no",
            (DocumentKind.REQUISITION, since),
        )
        found = [AskedLine(*row) for row in rows] + found
    return sorted(found, key=lambda line: line.business_day)  # other tills' days lie between ours


def received_by_order(connection: sqlite3.Connection) -> dict[str, dict[str, int]]:
    """Order id → item → thousandths that the shop has received against it."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    for file in shop_files_of(connection):
        for reference, code, quantity in file.execute(
            "SELECT d.reference, l.item_code, sum(l.quantity_milli) FROM goods_document d "
            "JOIN goods_line l ON l.entry_id = d.entry_id "
            "WHERE d.document_kind IN (?, ?) AND d.reference <> '' GROUP BY 1, 2",
            (DocumentKind.RECEIPT, DocumentKind.TRANSFER_IN),
        ):
            items = found[reference]
            items[code] = items.get(code, 0) + quantity
    return dict(found)


def refills(connection: sqlite3.Connection) -> dict[str, int]:
    """Item → entry id of the last note that its shelf was filled (CAT-17)."""
    found: dict[str, int] = {}
    for file in files_of(connection):
        for code, entry_id in file.execute(
            "SELECT item_code, max(entry_id) FROM register_note "
            "WHERE register = ? AND action = ? GROUP BY item_code",
            (Register.FACING, REFILLED),
        ):
            found[code] = max(found.get(code, 0), entry_id)
    return found


def ticked_cards(connection: sqlite3.Connection) -> dict[str, int]:
    """Item → price of its card as somebody saw it on the shelf last, in ten-thousandths."""
    found: dict[str, tuple[int, int]] = {}
    for file in shop_files_of(connection):
        for code, at_utc_ms, fields in file.execute(_TICKED, (Register.CARD_TICKED,)):
            found[code] = max(found.get(code, (0, 0)), (at_utc_ms, _price_in(fields)))
    return {code: price_e4 for code, (_, price_e4) in found.items()}


def ticked_card(connection: sqlite3.Connection, item_code: str) -> int | None:
    """Price of one item's card as it was seen last."""
    seen = goods_ledgers.notes(connection, Register.CARD_TICKED, item_code)
    return price_of(seen[-1].fields) if seen else None


def _price_in(fields: str) -> int:
    return price_of(msgspec.json.decode(fields, type=dict[str, str]))


def price_of(fields: Mapping[str, str]) -> int:
    """Price on a card that was seen, in ten-thousandths; -1 where none was noted."""
    text = fields.get("price_e4", "")
    return int(text) if text.isdigit() else -1


def sold_since(connection: sqlite3.Connection, marks: dict[str, int], day: str) -> dict[str, int]:
    """Item → thousandths sold after its mark (an entry id), and never before `day`."""
    found: dict[str, int] = defaultdict(int)
    for file in files_of(connection):
        first = file.execute(
            "SELECT min(entry_id) FROM txn WHERE business_day >= ?", (day,)
        ).fetchone()[0]
        if first is None:
            continue
        for code, entry_id, quantity in file.execute(
            "SELECT item_code, entry_id, -quantity_milli FROM stock_movement "
            f"WHERE entry_id >= ? AND reason IN ({_SOLD}) AND place = ''",
            (first,),
        ):
            if entry_id > marks.get(code, 0):
                found[code] += quantity
    return dict(found)


def charged(connection: sqlite3.Connection, first: str, last: str) -> dict[tuple[str, str], int]:
    """(item, day) → what was charged for it from `first` to `last`, minor units, refunds off."""
    found: dict[tuple[str, str], int] = defaultdict(int)
    for file in files_of(connection):
        for code, day, amount in file.execute(
            "SELECT l.item_code, t.business_day, sum(l.amount_minor) FROM txn t "
            "JOIN txn_line l ON l.entry_id = t.entry_id "
            "WHERE t.business_day BETWEEN ? AND ? AND l.item_code <> '' "
            "AND l.kind IN ('sale', 'return', 'void') GROUP BY 1, 2",
            (first, last),
        ):
            found[code, day] += amount
    return dict(found)


def supplier_figures(connection: sqlite3.Connection, since: str) -> list[SupplierFigure]:
    """Figures of each supplier by the receipts since a day, by name (SUP-01)."""
    figures: dict[str, SupplierFigure] = {}
    costs: dict[tuple[str, str], list[tuple[str, int]]] = defaultdict(list)
    for file in reversed(list(shop_files_of(connection))):
        for row in file.execute(
            "SELECT counterparty_id, max(counterparty_name), count(*), "
            "sum(due_day <> ''), sum(due_day <> '' AND business_day > due_day) "
            "FROM goods_document WHERE document_kind = ? AND business_day >= ? "
            "AND counterparty_id <> '' GROUP BY counterparty_id",
            (DocumentKind.RECEIPT, since),
        ):
            figure = figures.setdefault(row[0], SupplierFigure(supplier_id=row[0], name=row[1]))
            figure.receipts += row[2]
            figure.dated += row[3]
            figure.late += row[4]
        for supplier_id, code, received, rejected, cost, day in file.execute(
            "SELECT d.counterparty_id, l.item_code, l.received_milli, l.rejected_milli, "
            "l.unit_cost_e4, d.business_day FROM goods_document d "
            "JOIN goods_line l ON l.entry_id = d.entry_id "
            "WHERE d.document_kind = ? AND d.business_day >= ? AND d.counterparty_id <> '' "
            "ORDER BY d.entry_id, l.line_no",
            (DocumentKind.RECEIPT, since),
        ):
            figures[supplier_id].received_milli += received
            figures[supplier_id].rejected_milli += rejected
            if cost is not None:
                costs[supplier_id, code].append((day, cost))
    for (supplier_id, _code), dated in costs.items():
        paid = [cost for _day, cost in sorted(dated, key=itemgetter(0))]
        figures[supplier_id].dearer += paid[-1] > paid[0]
        figures[supplier_id].cheaper += paid[-1] < paid[0]
    return sorted(figures.values(), key=lambda one: (one.name, one.supplier_id))


def prices(connection: sqlite3.Connection, *, codes: Iterable[str], day: str) -> dict[str, int]:
    """Item → price in force on a day, in ten-thousandths; of a connection to `reference.db`."""
    wanted = set(codes)
    return {
        code: price
        for code, price, _effective in connection.execute(
            "SELECT item_code, unit_price_e4, max(effective_day) FROM price "
            "WHERE effective_day <= ? GROUP BY item_code",
            (day,),
        )
        if code in wanted
    }
