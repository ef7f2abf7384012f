"""Batches of a store as people see them: unnamed sales taken off what expires first (QLT-06, STK-15).

The ledger books what a code without a batch sold on no batch at all; `pos.domain.batches` says what
that leaves of each. Tills are told the ledger's own figures and take the same view themselves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping

from pos.domain.batches import left_by_batch
from sync.head_office import stock_figures
from sync.head_office.dialect import Dialect
from sync.head_office.stock_figures import Account

SHOP = ""


def expiries(
    dialect: Dialect, store_id: str, items: Collection[str] | None = None
) -> dict[str, dict[str, str]]:
    """Item → batch → the earliest date that a document of the store named for it."""
    text = (
        "SELECT item_code, batch, MIN(expiry) FROM goods_line WHERE store_id = ? "
        "AND expiry <> '' AND batch <> ''"
    )
    if items is None:
        rows = dialect.query(f"{text} GROUP BY item_code, batch", (store_id,))
    else:
        # The list of keys stands last, so what is cut into slices is grouped by the caller.
        rows = dialect.rows_of_keys(
            "SELECT item_code, batch, expiry FROM goods_line WHERE store_id = ? "
            "AND expiry <> '' AND batch <> '' AND item_code IN ?",
            (store_id,),
            list(items),
        )
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for code, batch, expiry in rows:
        of_code = found[str(code)]
        known = of_code.get(str(batch))
        of_code[str(batch)] = str(expiry) if known is None else min(known, str(expiry))
    return dict(found)


def in_shop(accounts: Mapping[Account, int], dates: Mapping[str, str]) -> dict[str, int]:
    """Batch → what is in the shop of it, of one item's accounts, the one to be sold first in front."""
    shop = {batch: quantity for (place, batch), quantity in accounts.items() if place == SHOP}
    return {batch: left for batch, left in left_by_batch(shop, dates).items() if left}


def viewed(accounts: Mapping[Account, int], dates: Mapping[str, str]) -> dict[Account, int]:
    """The accounts of an item with the shop's batches as they are seen; other places as booked."""
    return {
        **{(SHOP, batch): left for batch, left in in_shop(accounts, dates).items()},
        **{account: q for account, q in accounts.items() if account[0] != SHOP},
    }


def of_item(dialect: Dialect, store_id: str, item_code: str) -> dict[str, int]:
    """Batch → what is in the shop of one item, the one to be sold first in front."""
    figures = stock_figures.of_item(dialect, store_id, item_code)
    return in_shop(figures, expiries(dialect, store_id, [item_code]).get(item_code, {}))


def of_store(
    dialect: Dialect, store_id: str, items: Collection[str] | None = None
) -> dict[str, dict[str, int]]:
    """Item → batch → what is in the shop, of all items or of some."""
    figures = stock_figures.of_store(dialect, store_id, items)
    dates = expiries(dialect, store_id, items)
    return {code: in_shop(accounts, dates.get(code, {})) for code, accounts in figures.items()}


def first_days(
    dialect: Dialect, store_id: str, items: Collection[str]
) -> dict[tuple[str, str], str]:
    """(item, batch) → business day on which it first came into the shop."""
    return _days(dialect, store_id, items, min)


def last_days(
    dialect: Dialect, store_id: str, items: Collection[str]
) -> dict[tuple[str, str], str]:
    """(item, batch) → business day on which it last came into the shop."""
    return _days(dialect, store_id, items, max)


def _days(
    dialect: Dialect,
    store_id: str,
    items: Collection[str],
    choose: Callable[[str, str], str],
) -> dict[tuple[str, str], str]:
    found: dict[tuple[str, str], str] = {}
    for code, batch, day in dialect.rows_of_keys(
        "SELECT item_code, batch, business_day FROM stock_move WHERE store_id = ? "
        "AND place = '' AND quantity_milli > 0 AND reason IN ('receipt', 'transfer_in', 'opening') "
        "AND item_code IN ?",
        (store_id,),
        list(items),
    ):
        key = (str(code), str(batch))
        known = found.get(key)
        found[key] = str(day) if known is None else choose(known, str(day))
    return found
