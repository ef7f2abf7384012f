"""The ledger's proof: one hash that shop and head office make of the same movements (STK-03).

Neither the order of the movements nor how a quantity is split over them matters: only what each
item moved in all, by place, batch and reason. Sums of nothing are left out, so that a sale and
its cancellation are the same as neither. Pure; the till hashes its part, head office what came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

LedgerRow = tuple[str, str, str, str, int]
"""item_code, place, batch, reason, quantity_milli."""


def ledger_sha256(rows: Iterable[LedgerRow]) -> str:
    """SHA-256 in hex over the sums of `rows`, one sorted line of tab-separated text a key.

    A line is item, place, batch, reason and sum, ended by a line feed. `rows` may be single
    movements or sums of any part of them, in any order.
    """
    sums: dict[tuple[str, str, str, str], int] = {}
    for item_code, place, batch, reason, quantity_milli in rows:
        key = (str(item_code), str(place), str(batch), str(reason))
        sums[key] = sums.get(key, 0) + quantity_milli
    whole = hashlib.sha256()
    for key in sorted(sums):
        if sums[key]:
            whole.update("\t".join((*key, str(sums[key]))).encode() + b"\n")
    return whole.hexdigest()
