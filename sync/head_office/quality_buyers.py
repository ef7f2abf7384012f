"""Who has what was recalled: slips that name the batch, and slips that may be of it (QLT-05).

An EAN carries no batch. Of goods that are sold by it, every slip between the batch's first receipt
in a store and the notice may hold the batch, as long as any of it can have been there
(`pos.domain.goods.perhaps`). Those stand apart from slips that name the batch or unit: a shop tells
both, a figure counts each for itself.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, Final, NamedTuple

import msgspec

from pos.domain.goods.perhaps import BACK, COUNTED, Moved, perhaps
from sync.head_office import quality_notes, stock_fold
from sync.head_office.dialect import Dialect
from sync.head_office.entries import read_entry

MAX_ROWS: Final = 2_000
FOREVER: Final = 9_000_000_000_000_000
TOLD: Final = ("told", "returned_elsewhere", "used_up")
"""Actions of the contact log after which a buyer knows."""

CONTACTS: Final = (*TOLD, "not_reached")

_AT: Final = {name: at for at, name in enumerate(stock_fold.CARD_COLUMNS)}
_ORDER: Final = ("at_utc_ms", "workstation_no", "epoch_no", "seq", "line_no")


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


class Bought(msgspec.Struct, frozen=True, kw_only=True):
    """A slip with recalled goods, or with goods that may be of the batch."""

    store_id: str
    business_day: str
    at: str
    transaction_no: str
    operator_id: str
    item_code: str
    batch: str
    unit_code: str
    quantity_milli: int
    certain: bool = True
    """Whether the slip itself names batch or unit, or the whole item is recalled."""

    returned_milli: int = 0
    """Of it, given back against this slip since, or reversed."""

    member: str = ""
    buyer: str = ""
    phone: str = ""
    contact: str = ""
    """The last thing that a store noted of the buyer."""

    contact_utc_ms: int = 0


class StoreRecall(msgspec.Struct, frozen=True, kw_only=True):
    """How a recall stands in one store, by what its tills noted."""

    store_id: str
    sold_milli: int = 0
    """On slips that name it."""

    perhaps_milli: int = 0
    """On slips that may be of it."""

    returned_milli: int = 0
    slips: int = 0
    perhaps_slips: int = 0
    told: int = 0
    not_reached: int = 0
    tills_done: int = 0


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
            for row in _cards(dialect, store, item_code, 0, FOREVER)
            if row[_AT["reason"]] == "sale"
        ]
    found = _named(dialect, item_code, batches, serials, store_id)
    for store in _stores(dialect, store_id):
        found += _perhaps(dialect, store, item_code, batches, serials, until_utc_ms)
    return found


def bought(
    dialect: Dialect,
    item_code: str,
    batches: Sequence[str] = (),
    serials: Sequence[str] = (),
    *,
    store_id: str = "",
    until_utc_ms: int = FOREVER,
    order_id: str = "",
    limit: int = MAX_ROWS,
) -> list[Bought]:
    """Slips of all stores with what is known of their buyers: certain ones first, latest first.

    `order_id` names the recall whose contact log counts; without it all of the item's do. At most
    `limit` slips of each sort are told; a reversed sale is not told at all.
    """
    lines = sold(
        dialect, item_code, batches, serials, store_id=store_id, until_utc_ms=until_utc_ms
    )
    lines.sort(key=lambda one: (one.certain, one.at_utc_ms), reverse=True)
    log = _last_contacts(dialect, item_code, order_id)
    named = {
        (note.store_id, note.document_no): note.fields
        for note in quality_notes.notes(dialect, "device_sale", item_code=item_code)
    }
    back = {
        store: _given_back(dialect, store, item_code) for store in {one.store_id for one in lines}
    }
    rows: list[Bought] = []
    told = {True: 0, False: 0}
    for line in lines:
        if told[line.certain] >= limit:
            continue
        slip = _slip(dialect, line)
        if slip is None:
            continue
        business_day, at, number, operator_id = slip
        returned = back[line.store_id].get((number, line.line_no), (0, 0))
        if returned[1] >= line.quantity_milli:
            continue
        told[line.certain] += 1
        fields = named.get((line.store_id, number), {})
        buyer, phone = _customer(dialect, line.store_id, number)
        place = (line.store_id, number)
        # Older tills logged the slip alone; its buyer is the same person.
        contact, contact_ms = log.get((*place, line.batch)) or log.get((*place, "")) or ("", 0)
        rows.append(
            Bought(
                store_id=line.store_id,
                business_day=business_day,
                at=at,
                transaction_no=number,
                operator_id=operator_id,
                item_code=item_code,
                batch=line.batch,
                unit_code=line.unit_code,
                quantity_milli=line.quantity_milli,
                certain=line.certain,
                returned_milli=sum(returned),
                member=member(dialect, line.slip),
                buyer=fields.get("buyer", "") or buyer,
                phone=fields.get("buyer_contact", "") or phone,
                contact=contact,
                contact_utc_ms=contact_ms,
            )
        )
    return rows


def recall_by_store(dialect: Dialect, order_id: str, lines: Iterable[Sold]) -> list[StoreRecall]:
    """Progress of one recall in each store that sold of it or noted anything (QLT-05)."""
    quantity: dict[tuple[str, bool], int] = defaultdict(int)
    slips: dict[tuple[str, bool], set[tuple[str, int, int, int]]] = defaultdict(set)
    for one in lines:
        quantity[one.store_id, one.certain] += one.quantity_milli
        slips[one.store_id, one.certain].add(one.slip)
    back: dict[str, int] = defaultdict(int)
    last: dict[str, dict[str, str]] = defaultdict(dict)
    done: dict[str, set[str]] = defaultdict(set)
    for note in quality_notes.notes(dialect, "recall", subject=order_id):
        if note.action == "returned":
            back[note.store_id] += note.quantity_milli
        elif note.action == "done":
            done[note.store_id].add(note.workstation_id)
        elif note.action in CONTACTS:
            last[note.store_id][note.document_no] = note.action
    return [
        StoreRecall(
            store_id=one,
            sold_milli=quantity[one, True],
            perhaps_milli=quantity[one, False],
            returned_milli=back[one],
            slips=len(slips[one, True]),
            perhaps_slips=len(slips[one, False] - slips[one, True]),
            told=sum(action in TOLD for action in last[one].values()),
            not_reached=sum(action == "not_reached" for action in last[one].values()),
            tills_done=len(done[one]),
        )
        for one in sorted({*(store for store, _ in slips), *back, *last, *done})
    ]


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
        int(row[_AT["quantity_milli"]])
        for row in _cards(dialect, store_id, item_code, 0, FOREVER)
        if row[_AT["reason"]] in ("sale", "void")
    )


def contact_log(dialect: Dialect, order_id: str, store_id: str = "") -> list[quality_notes.Note]:
    """Every contact that stores logged of one recall, by batch and then in order of time."""
    found = quality_notes.notes(dialect, "recall", subject=order_id, store_id=store_id)
    return sorted((one for one in found if one.action in CONTACTS), key=lambda one: one.batch)


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
    first = _first_came(dialect, store_id, item_code, batches, serials)
    if first is None:
        return []
    rows = _cards(dialect, store_id, item_code, first, until_utc_ms)
    before = _cards(dialect, store_id, item_code, 0, first - 1)
    wanted_batches, wanted_units = set(batches), set(serials)
    moves = [
        Moved(
            quantity_milli=int(row[_AT["quantity_milli"]]),
            reason=str(row[_AT["reason"]]),
            named=row[_AT["batch"]] in wanted_batches or row[_AT["unit_code"]] in wanted_units,
            unnamed=not row[_AT["batch"]] and not row[_AT["unit_code"]],
        )
        for row in rows
    ]
    found = perhaps(
        moves,
        before_milli=sum(int(row[_AT["quantity_milli"]]) for row in before),
        counted=any(row[_AT["reason"]] in COUNTED for row in before),
    )
    return [_sold(rows[place], certain=False) for place in found]


def _first_came(
    dialect: Dialect,
    store_id: str,
    item_code: str,
    batches: Sequence[str],
    serials: Sequence[str],
) -> int | None:
    """When goods under one of these names first came into the shop; None where none ever did."""
    times: list[int] = []
    for column, keys in (("batch", batches), ("unit_code", serials)):
        if keys:
            times += [
                int(row[0])
                for row in dialect.rows_of_keys(
                    "SELECT at_utc_ms FROM stock_move WHERE store_id = ? AND item_code = ? "
                    f"AND place = '' AND quantity_milli > 0 AND {column} <> '' "
                    f"AND {column} IN ?",
                    (store_id, item_code),
                    list(keys),
                )
            ]
    return min(times, default=None)


def _cards(
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
        if row[_AT["place"]] == "" and since_utc_ms <= int(row[_AT["at_utc_ms"]]) <= until_utc_ms
    ]
    return sorted(rows, key=lambda row: tuple(int(row[_AT[name]]) for name in _ORDER))


def _sold(row: Sequence[Any], *, certain: bool) -> Sold:
    return Sold(
        str(row[_AT["store_id"]]),
        int(row[_AT["workstation_no"]]),
        int(row[_AT["epoch_no"]]),
        int(row[_AT["seq"]]),
        int(row[_AT["line_no"]]),
        int(row[_AT["at_utc_ms"]]),
        str(row[_AT["batch"]]),
        str(row[_AT["unit_code"]]),
        -int(row[_AT["quantity_milli"]]),
        certain,
    )


def _given_back(
    dialect: Dialect, store_id: str, item_code: str
) -> dict[tuple[str, int], tuple[int, int]]:
    """(slip, line) → thousandths given back by a customer, and reversed."""
    found: dict[tuple[str, int], tuple[int, int]] = {}
    for row in _cards(dialect, store_id, item_code, 0, FOREVER):
        if row[_AT["reason"]] not in BACK:
            continue
        one = dialect.one(
            "SELECT original_transaction_no, original_line_no FROM sale_line WHERE store_id = ? "
            "AND workstation_no = ? AND epoch_no = ? AND seq = ? AND line_no = ?",
            (store_id, *(row[_AT[name]] for name in _ORDER[1:])),
        )
        if one is None or not one[0]:
            continue
        key, quantity = (str(one[0]), int(one[1])), int(row[_AT["quantity_milli"]])
        returned, voided = found.get(key, (0, 0))
        if row[_AT["reason"]] == "void":
            found[key] = (returned, voided + quantity)
        else:
            found[key] = (returned + quantity, voided)
    return found


def _slip(dialect: Dialect, line: Sold) -> tuple[str, str, str, str] | None:
    row = dialect.one(
        "SELECT business_day, at, transaction_no, operator_id FROM sale WHERE store_id = ? "
        "AND workstation_no = ? AND epoch_no = ? AND seq = ?",
        line.slip,
    )
    return None if row is None else (str(row[0]), str(row[1]), str(row[2]), str(row[3]))


def member(dialect: Dialect, key: Sequence[Any]) -> str:
    """The member's number of a sale, from the entry's own bytes."""
    return str(getattr(_body(dialect, key), "member_id", "") or "")


def _customer(dialect: Dialect, store_id: str, transaction_no: str) -> tuple[str, str]:
    """Name and telephone of whom a slip's goods were kept for or sent to; empty for most slips."""
    row = dialect.one(
        "SELECT workstation_no, epoch_no, seq, counterparty_name FROM goods_document "
        "WHERE store_id = ? AND reference = ? AND document_kind = 'dispatch_hold'",
        (store_id, transaction_no),
    )
    if row is None:
        return "", ""
    fields = getattr(_body(dialect, (store_id, *row[:3])), "fields", {})
    return str(row[3]), str(fields.get("phone", ""))


def _body(dialect: Dialect, key: Sequence[Any]) -> Any:
    row = dialect.one(
        "SELECT bytes FROM journal WHERE store_id = ? AND workstation_no = ? AND epoch_no = ? "
        "AND seq = ?",
        tuple(key),
    )
    entry = read_entry(bytes(row[0])) if row is not None else "missing"
    return None if isinstance(entry, str) else entry.body


def _last_contacts(
    dialect: Dialect, item_code: str, order_id: str
) -> dict[tuple[str, str, str], tuple[str, int]]:
    """(store, slip, batch) → the last that was logged of its buyer, and when."""
    return {
        (note.store_id, note.document_no, note.batch): (note.action, note.at_utc_ms)
        for note in quality_notes.notes(dialect, "recall", subject=order_id, item_code=item_code)
        if note.action in CONTACTS
    }


def _stores(dialect: Dialect, store_id: str) -> list[str]:
    if store_id:
        return [store_id]
    return [str(row[0]) for row in dialect.query("SELECT store_id FROM store ORDER BY store_id")]
