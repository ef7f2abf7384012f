"""Which lines of slips are of a batch or a serial number, and which may be (QLT-05).

An EAN carries no batch. Of goods that are sold by it, every slip between the batch's first receipt
in a store and the notice may hold the batch, as long as any of it can have been there
(`pos.domain.goods.perhaps`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

from pos.domain.goods.perhaps import COUNTED, Moved, perhaps
from sync.head_office import stock_fold
from sync.head_office.dialect import Dialect
from sync.head_office.entries import ReadEntry, read_entry

FOREVER: Final = 9_000_000_000_000_000
CARD: Final = {name: at for at, name in enumerate(stock_fold.CARD_COLUMNS)}
ORDER: Final = ("at_utc_ms", "workstation_no", "epoch_no", "seq", "line_no")
_ENTRY: Final = ("workstation_no", "epoch_no", "seq")


class Sold(NamedTuple):
    """A line of a slip, by its place in the books."""

    store_id: str
    workstation_no: int
    epoch_no: int
    seq: int
    line_no: int
    at_utc_ms: int
    batch: str
    unit_code: str
    quantity_milli: int
    certain: bool

    @property
    def slip(self) -> tuple[str, int, int, int]:
        """The slip's place."""
        return self[:4]


def sold(
    dialect: Dialect,
    item_code: str,
    batches: Sequence[str] = (),
    serials: Sequence[str] = (),
    *,
    store_id: str = "",
    until_utc_ms: int = FOREVER,
) -> list[Sold]:
    """Lines of slips that are of a batch or unit, or may be; all of the item without either.

    Those that name none count until `until_utc_ms`, the time of the notice.
    """
    if not batches and not serials:
        return [
            _sold(row, certain=True)
            for store in _stores(dialect, store_id)
            for row in cards(dialect, store, item_code, 0, FOREVER)
            if row[CARD["reason"]] == "sale"
        ]
    found = _named(dialect, item_code, batches, serials, store_id)
    for store in _stores(dialect, store_id):
        found += _perhaps(dialect, store, item_code, batches, serials, until_utc_ms)
    return found


def perhaps_by_store(lines: Iterable[Sold]) -> dict[str, tuple[int, int]]:
    """Store → (slips, thousandths) that may be of the batch."""
    slips: dict[str, set[tuple[str, int, int, int]]] = defaultdict(set)
    quantity: dict[str, int] = defaultdict(int)
    for one in lines:
        if not one.certain:
            slips[one.store_id].add(one.slip)
            quantity[one.store_id] += one.quantity_milli
    return {store: (len(found), quantity[store]) for store, found in slips.items()}


def sold_milli(dialect: Dialect, store_id: str, item_code: str) -> int:
    """What a store sold of an item at all, less what was reversed."""
    return -sum(
        int(row[CARD["quantity_milli"]])
        for row in cards(dialect, store_id, item_code, 0, FOREVER)
        if row[CARD["reason"]] in ("sale", "void")
    )


# ------------------------------------------------------------------------------------ helpers


def _named(
    dialect: Dialect,
    item_code: str,
    batches: Sequence[str],
    serials: Sequence[str],
    store_id: str,
) -> list[Sold]:
    text = (
        "SELECT b.store_id, b.workstation_no, b.epoch_no, b.seq, b.line_no, s.corrected_utc_ms, "
        "b.batch, b.unit_code, l.quantity_milli FROM sale_batch b "
        "JOIN sale_line l ON l.store_id = b.store_id AND l.workstation_no = b.workstation_no "
        "AND l.epoch_no = b.epoch_no AND l.seq = b.seq AND l.line_no = b.line_no "
        "JOIN sale s ON s.store_id = b.store_id AND s.workstation_no = b.workstation_no "
        "AND s.epoch_no = b.epoch_no AND s.seq = b.seq "
        "WHERE b.store_id IN (SELECT store_id FROM store) AND b.item_code = ? AND l.kind = 'sale'"
    )
    fixed = [item_code]
    if store_id:
        text, fixed = f"{text} AND b.store_id = ?", [item_code, store_id]
    rows: list[tuple[Any, ...]] = []
    for column, keys in (("batch", batches), ("unit_code", serials)):
        if keys:
            rows += dialect.rows_of_keys(f"{text} AND b.{column} IN ?", fixed, list(keys))
    return [
        Sold(
            str(row[0]),
            int(row[1]),
            int(row[2]),
            int(row[3]),
            int(row[4]),
            int(row[5]),
            str(row[6]),
            str(row[7]),
            int(row[8]),
            certain=True,
        )
        for row in dict.fromkeys(tuple(row) for row in rows)
    ]


def _perhaps(
    dialect: Dialect,
    store_id: str,
    item_code: str,
    batches: Sequence[str],
    serials: Sequence[str],
    until_utc_ms: int,
) -> list[Sold]:
    """Lines of one store that name neither batch nor unit and may be of it."""
    came = _arrivals(dialect, store_id, item_code, batches, serials)
    first = min(came.values(), default=None)
    if first is None:
        return []

    def at(row: stock_fold.Row) -> int:
        return came.get(tuple(row[CARD[name]] for name in _ENTRY), int(row[CARD["at_utc_ms"]]))

    rows = [
        row for row in cards(dialect, store_id, item_code, 0, FOREVER) if at(row) <= until_utc_ms
    ]
    before = [row for row in rows if at(row) < first]
    rows = sorted((row for row in rows if at(row) >= first), key=at)
    wanted_batches, wanted_units = set(batches), set(serials)
    moves = [
        Moved(
            quantity_milli=int(row[CARD["quantity_milli"]]),
            reason=str(row[CARD["reason"]]),
            named=row[CARD["batch"]] in wanted_batches or row[CARD["unit_code"]] in wanted_units,
            unnamed=not row[CARD["batch"]] and not row[CARD["unit_code"]],
        )
        for row in rows
    ]
    found = perhaps(
        moves,
        before_milli=sum(int(row[CARD["quantity_milli"]]) for row in before),
        counted=any(row[CARD["reason"]] in COUNTED for row in before),
    )
    return [_sold(rows[place], certain=False) for place in found]


def _arrivals(
    dialect: Dialect,
    store_id: str,
    item_code: str,
    batches: Sequence[str],
    serials: Sequence[str],
) -> dict[tuple[Any, ...], int]:
    """Entry → when goods under one of these names came into the shop with it.

    Goods stand in the shop from the first of the two signatures on, and may be sold before the
    second one posts their receipt.
    """
    found: dict[tuple[Any, ...], int] = {}
    for column, keys in (("batch", batches), ("unit_code", serials)):
        if not keys:
            continue
        for row in dialect.rows_of_keys(
            "SELECT workstation_no, epoch_no, seq, at_utc_ms FROM stock_move WHERE store_id = ? "
            "AND item_code = ? AND place = '' AND quantity_milli > 0 "
            f"AND {column} <> '' AND {column} IN ?",
            (store_id, item_code),
            list(keys),
        ):
            entry = tuple(row[:3])
            if entry not in found:
                signed = _first_signed(dialect, (store_id, *entry))
                found[entry] = min(int(row[3]), signed) if signed else int(row[3])
    return found


def _first_signed(dialect: Dialect, key: Sequence[Any]) -> int:
    """When the first person signed a document, by head office's clock; 0 where it does not say."""
    entry = entry_of(dialect, key)
    if entry is None:
        return 0
    times = [one.at_utc_ms for one in getattr(entry.body, "signatures", ()) if one.at_utc_ms]
    return min(times) + (entry.envelope.head_office_offset_ms or 0) if times else 0


def cards(
    dialect: Dialect, store_id: str, item_code: str, since_utc_ms: int, until_utc_ms: int
) -> list[stock_fold.Row]:
    """What moved of an item in the shop between two times, both counted, in the ledger's order."""
    rows = dialect.query(
        f"SELECT {', '.join(stock_fold.CARD_COLUMNS)} FROM stock_card WHERE store_id = ? "
        "AND item_code = ? AND at_utc_ms >= ? AND at_utc_ms <= ? AND place = ''",
        (store_id, item_code, since_utc_ms, until_utc_ms),
    )
    rows += [
        row
        for row in stock_fold.tail(dialect, store_id, item_code)
        if row[CARD["place"]] == "" and since_utc_ms <= int(row[CARD["at_utc_ms"]]) <= until_utc_ms
    ]
    return sorted(rows, key=lambda row: tuple(int(row[CARD[name]]) for name in ORDER))


def _sold(row: Sequence[Any], *, certain: bool) -> Sold:
    return Sold(
        str(row[CARD["store_id"]]),
        int(row[CARD["workstation_no"]]),
        int(row[CARD["epoch_no"]]),
        int(row[CARD["seq"]]),
        int(row[CARD["line_no"]]),
        int(row[CARD["at_utc_ms"]]),
        str(row[CARD["batch"]]),
        str(row[CARD["unit_code"]]),
        -int(row[CARD["quantity_milli"]]),
        certain,
    )


def entry_of(dialect: Dialect, key: Sequence[Any]) -> ReadEntry | None:
    """An entry by its store, workstation, epoch and sequence; None where it cannot be read."""
    row = dialect.one(
        "SELECT bytes FROM journal WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? "
        "AND seq = ?",
        tuple(key),
    )
    entry = read_entry(bytes(row[0])) if row is not None else "missing"
    return None if isinstance(entry, str) else entry


def _stores(dialect: Dialect, store_id: str) -> list[str]:
    if store_id:
        return [store_id]
    return [str(row[0]) for row in dialect.query("SELECT store_id FROM store ORDER BY store_id")]
