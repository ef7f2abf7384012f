"""The ledger's proof: one hash that shop and head office make of the same movements (STK-03).

Neither the order of the movements nor how a quantity is split over them matters: only what each
item moved in all, by place, batch and reason. Sums of nothing are left out, so that a sale and
its cancellation are the same as neither. Pure; the till hashes its part, head office what came.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

DAY_PROOF = "day_proof"
"""Action of the till's note in the register of the books, made as its day is closed.

Subject: the business day. Fields, all text: `movements` (how many), `sum_milli` (their sum) and
`sha256` (`ledger_sha256`) of all movements of that business day at this till that lie before the
note in its journal, in every place. The note of the day being closed has besides `opening_milli`,
`in_milli`, `out_milli`, `closing_milli` of the shop alone since the note before it, and
`difference_milli` where they do not add up, and where single items do not, `wrong_item_count` and
`wrong_items` (codes of the first ten, with commas between). A later note of the same day replaces
an earlier one.
"""

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
