"""What is left of each batch when sales name none: taken off the batch that expires first (FEFO).

An EAN carries no batch, so the ledger books its sales on no batch at all. The shelf is emptied in
the order of the dates (QLT-06), and whoever shows or judges a batch's figure looks at the ledger
through this view. It is a view alone: nothing is ever booked by it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

UNNAMED = ""
"""The batch of goods and sales that name none."""

_NO_EXPIRY = "9999-12-31"


def in_order(batches: Iterable[str], expiries: Mapping[str, str]) -> list[str]:
    """Batches in the order in which they are to be sold; what has no date late, no batch last."""
    return sorted(
        batches,
        key=lambda batch: (batch == UNNAMED, expiries.get(batch, "") or _NO_EXPIRY, batch),
    )


def left_by_batch(stock_milli: Mapping[str, int], expiries: Mapping[str, str]) -> dict[str, int]:
    """Batch → what is left of it, in the order in which they are to be sold.

    `stock_milli` is the ledger's sum by batch. Where the sum of no batch is below zero, as much is
    taken off the batches that have something, those that expire first before others. The whole
    stays what it was.
    """
    order = in_order(stock_milli, expiries)
    left = {batch: stock_milli[batch] for batch in order}
    unnamed = left.get(UNNAMED, 0)
    for batch in order:
        if unnamed >= 0:
            break
        if batch != UNNAMED and left[batch] > 0:
            taken = min(left[batch], -unnamed)
            left[batch] -= taken
            unnamed += taken
    if UNNAMED in left:
        left[UNNAMED] = unnamed
    return left
