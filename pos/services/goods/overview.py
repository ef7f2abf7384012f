"""What waits on the goods home: drafts to go on with, and what is overdue, as codes and figures."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import msgspec

from pos.services.context import Till
from pos.services.goods import copies, drafting, orders_due, receiving_posting
from pos.services.goods.drafting import StoredDraft


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the home: something that somebody should do."""

    kind: str
    """transit_late, copies_late, half_signed, half_signed_late, to_receive; others by their own
    services."""

    command: str
    """The task where it is done."""

    count: int = 1
    name: str = ""
    days: int = 0
    urgent: bool = False


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that waits."""

    drafts: tuple[StoredDraft, ...]
    waiting: tuple[Waiting, ...]


def overview(till: Till) -> Overview:
    """Drafts and waiting lines, urgent ones first."""
    till.journal.run(lambda _txn: None)
    drafts = tuple(drafting.drafts(till))
    found = [one for source in SOURCES for one in source(till)]
    found += _half_signed(till, drafts)
    found.sort(key=lambda one: not one.urgent)
    return Overview(drafts=drafts, waiting=tuple(found))


def _orders(till: Till) -> list[Waiting]:
    due = orders_due.due_orders(till)
    late = [one for one in due if one.overdue_days]
    found = [
        Waiting(
            kind="transit_late",
            command="goods_receive",
            name=f"{one.order.order_no} {one.order.counterparty_name}".strip(),
            days=one.overdue_days,
            urgent=True,
        )
        for one in late
    ]
    if len(due) > len(late):
        found.append(
            Waiting(kind="to_receive", command="goods_receive", count=len(due) - len(late))
        )
    return found


def _copies(till: Till) -> list[Waiting]:
    late = copies.overdue(till)
    if not late:
        return []
    return [
        Waiting(
            kind="copies_late",
            command="goods_copies",
            count=len(late),
            name=late[0].document_no,
            urgent=True,
        )
    ]


def _half_signed(till: Till, drafts: tuple[StoredDraft, ...]) -> list[Waiting]:
    found = []
    for draft in drafts:
        if draft.state != drafting.HALF_SIGNED:
            continue
        late = receiving_posting.lapsed(till, draft)
        found.append(
            Waiting(
                kind="half_signed_late" if late else "half_signed",
                command="goods_receive",
                name=draft.document.counterparty_name or draft.document.reference_no,
                urgent=late,
            )
        )
    return found


SOURCES: Final[list[Callable[[Till], list[Waiting]]]] = [_orders, _copies]
"""Who tells what waits; each service of goods may add its own."""

__all__ = ["SOURCES", "Overview", "Waiting", "overview"]
