"""Human numbers of documents: store and workstation, business day, number of the day."""

from __future__ import annotations

from pos.store.journal import Identity


def transaction_no(identity: Identity, business_day: str, number: int) -> str:
    """`0101-20261121-0042`: what is printed as 单号 and as the receipt's barcode."""
    day = business_day.replace("-", "")
    return f"{identity.store_id}{identity.workstation_id}-{day}-{number:04d}"
