"""The business day that goods are booked on."""

from __future__ import annotations

from pos.services.context import Till


def stock_day(till: Till) -> str:
    """Business day of a document: the open one, or today's date where none is open yet."""
    return till.business_day or till.local_iso()[:10]
