"""How a recall goes: sold against taken back, buyers told, store by store (QLT-05).

What was sold of a batch or a pack is known where the sale names it; sales that name none and may be
of it are counted apart (`quality_sold`). The contact log is the stores' own, one line for each
slip, of which the last counts.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from sync.head_office import quality_sold
from sync.head_office.dialect import Dialect
from sync.head_office.goods_received import IN_STORES

if TYPE_CHECKING:
    from sync.head_office.goods_recalls import Notice

CONTACTS: Final = frozenset({"told", "not_reached", "returned_elsewhere", "used_up"})
"""What a store's contact log says of a buyer."""


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """How a recall goes at one store."""

    store_id: str
    sold_milli: int = 0
    """On slips that name the batch or unit, or of the item where all of it is recalled."""

    perhaps_milli: int = 0
    """On slips that name none, while any of it was there."""

    perhaps_slips: int = 0
    returned_milli: int = 0
    """Taken back from customers."""

    set_apart_milli: int = 0
    """Put aside to be judged since the notice, from the shelf or from customers."""

    told: int = 0
    """Slips whose buyers were told, by the stores' contact logs."""

    not_reached: int = 0
    reported: bool = False
    """Whether a till of the store said that it is done."""


def progress(dialect: Dialect, notice: Notice, stores: Sequence[str]) -> list[Progress]:
    """Stores of which something is known, in order."""
    sold, apart = _sums(_sold(dialect, notice)), _sums(_apart(dialect, notice))
    perhaps = quality_sold.perhaps_by_store(
        quality_sold.sold(
            dialect,
            notice.item_code,
            notice.batches,
            notice.serials,
            store_id=notice.store_id,
            until_utc_ms=notice.issued_utc_ms,
        )
        if notice.batches or notice.serials
        else ()
    )
    log = _log(dialect, f"RC-{notice.notice_id}")
    found = [
        msgspec.structs.replace(
            log.get(store_id, Progress(store_id=store_id)),
            sold_milli=sold.get(store_id, 0),
            perhaps_milli=perhaps.get(store_id, (0, 0))[1],
            perhaps_slips=perhaps.get(store_id, (0, 0))[0],
            set_apart_milli=apart.get(store_id, 0),
        )
        for store_id in stores
    ]
    return [one for one in found if one != Progress(store_id=one.store_id)]


def _log(dialect: Dialect, subject: str) -> dict[str, Progress]:
    """What the stores' registers say of a recall."""
    rows = dialect.query(
        "SELECT store_id, action, document_no, quantity_milli FROM register_note "
        f"WHERE store_id {IN_STORES} AND register = 'recall' AND subject = ? "
        "ORDER BY store_id, at_utc_ms, seq",
        (subject,),
    )
    last: dict[str, dict[str, str]] = {}
    returned: dict[str, int] = {}
    done: set[str] = set()
    for store_id, action, document_no, quantity in rows:
        told = last.setdefault(str(store_id), {})
        if action in CONTACTS:
            told[str(document_no)] = str(action)
        elif action == "returned":
            returned[str(store_id)] = returned.get(str(store_id), 0) + int(quantity)
        elif action == "done":
            done.add(str(store_id))
    return {
        store_id: Progress(
            store_id=store_id,
            returned_milli=returned.get(store_id, 0),
            told=sum(action != "not_reached" for action in told.values()),
            not_reached=sum(action == "not_reached" for action in told.values()),
            reported=store_id in done,
        )
        for store_id, told in last.items()
    }


def _sums(rows: Sequence[tuple[Any, ...]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for store_id, quantity in rows:
        found[str(store_id)] = found.get(str(store_id), 0) + int(quantity)
    return found


def _sold(dialect: Dialect, notice: Notice) -> list[tuple[Any, ...]]:
    if not notice.batches and not notice.serials:
        return [
            (store_id, quality_sold.sold_milli(dialect, str(store_id), notice.item_code))
            for (store_id,) in dialect.query("SELECT store_id FROM store")
        ]
    return _parts(
        dialect,
        notice,
        "SELECT b.store_id, SUM(CASE WHEN l.kind = 'sale' OR l.kind = 'void' "
        "THEN l.quantity_milli ELSE 0 END) FROM sale_batch b JOIN sale_line l "
        "ON l.store_id = b.store_id AND l.workstation_no = b.workstation_no "
        "AND l.epoch_no = b.epoch_no AND l.seq = b.seq AND l.line_no = b.line_no "
        f"WHERE b.store_id {IN_STORES} AND b.item_code = ? "
        "AND b.{column} IN ? GROUP BY b.store_id",
    )


def _apart(dialect: Dialect, notice: Notice) -> list[tuple[Any, ...]]:
    """Goods set apart to be judged since the notice."""
    if not notice.batches and not notice.serials:
        return dialect.query(
            "SELECT store_id, SUM(quantity_milli) FROM stock_move "
            f"WHERE store_id {IN_STORES} AND item_code = ? AND place = 'judge' "
            "AND quantity_milli > 0 AND at_utc_ms >= ? GROUP BY store_id",
            (notice.item_code, notice.issued_utc_ms),
        )
    return _parts(
        dialect,
        notice,
        "SELECT b.store_id, SUM(b.quantity_milli) FROM stock_move b "
        f"WHERE b.store_id {IN_STORES} AND b.item_code = ? AND b.place = 'judge' "
        "AND b.quantity_milli > 0 AND b.{column} IN ? GROUP BY b.store_id",
    )


def _parts(dialect: Dialect, notice: Notice, text: str) -> list[tuple[Any, ...]]:
    found: list[tuple[Any, ...]] = []
    for column, keys in (("batch", notice.batches), ("unit_code", notice.serials)):
        if keys:
            found += dialect.rows_of_keys(
                text.format(column=column), (notice.item_code,), list(keys)
            )
    return found
