"""What is written with a sale in the sale's own transaction, because a power cut may lose neither.

Goods that stay behind are registered, and a charge for a loan is settled, by the very commit that
sells them; goods that come back before they were taken leave the register by the commit of their
return. An ordinary sale has no companion, and asking for one costs it three comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import msgspec

from pos.domain.sale import Transaction
from pos.services.context import OpenSale, Till
from pos.store.journal import WriteTransaction

LOAN_CHARGE = "loan_charge"
"""A sale's reason begins so when it charges a loan that never came back; then its document."""


class Companion(msgspec.Struct, frozen=True):
    """`write` runs after the sale's entry and gives ids of print jobs; its trouble undoes both."""

    write: Callable[[WriteTransaction], Sequence[str]]


def companion_of(
    till: Till, transaction: Transaction, sale: OpenSale, *, brings_back: bool
) -> Companion | None:
    """What goes with this transaction, or None; `brings_back` when a line refers to another."""
    steps: list[Callable[[WriteTransaction], Sequence[str]]] = []
    if sale.dispatch:
        from pos.services.goods.dispatch import register_step

        steps.append(register_step(till, transaction, sale))
    if brings_back:
        from pos.services.goods.dispatch import brought_back_step

        steps.append(brought_back_step(till, transaction))
    if sale.reason.startswith(LOAN_CHARGE):
        from pos.services.goods.loan_returns import charged_step

        steps.append(charged_step(till, transaction, sale))
    if not steps:
        return None
    return Companion(lambda txn: [job_id for step in steps for job_id in step(txn)])
