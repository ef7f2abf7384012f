"""Where the four copies of a dispatch note are, as store and head office each say it (RCV-12, RCV-13).

The store notes that it printed them, when the three left and with whom, and that they are back; head
office notes each copy that came. Only both together close it: what one side says alone is shown.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from sync.head_office.dialect import Dialect
from sync.head_office.register_documents import fields_of

BACK = "copies_back"
"""Field of a dispatch: copies that head office has, for the store to see."""


class StoreCopies(msgspec.Struct, frozen=True, kw_only=True):
    """What a store's register says of one dispatch note."""

    printed_day: str = ""
    due_day: str = ""
    """By the store's own setting; empty when it printed none."""

    sent_day: str = ""
    carrier: str = ""
    """Who took the three copies along."""

    back_day: str = ""
    """When the store noted that the goods department has them."""


def state(told: StoreCopies, missing: Sequence[str]) -> str:
    """How the two sides stand: a code of `copies.` in the pages' words."""
    if not missing:
        return "both" if told.back_day else "here_only"
    if told.back_day:
        return "store_only"
    return "under_way" if told.sent_day else "at_store"


def told_by_store(dialect: Dialect, store_id: str, order_id: str) -> StoreCopies:
    """What the store says of the note of one dispatch, whatever its receipts."""
    return of_store(dialect, store_id).get(order_id, StoreCopies())


def of_store(dialect: Dialect, store_id: str) -> dict[str, StoreCopies]:
    """Order → what the store says of its copies."""
    order_of = {
        str(number): str(order_id)
        for number, order_id in dialect.query(
            "SELECT d.document_no, d.reference FROM goods_document d JOIN order_document o "
            "ON o.store_id = d.store_id AND o.order_id = d.reference "
            "WHERE d.store_id = ? AND d.document_kind = 'receipt' AND d.state = 'posted' "
            "AND o.order_kind = 'dispatch'",
            (store_id,),
        )
    }
    found: dict[str, StoreCopies] = {}
    for subject, action, day, text in dialect.query(
        "SELECT subject, action, business_day, fields FROM register_note "
        "WHERE store_id = ? AND register = 'copies' ORDER BY at_utc_ms, epoch_no, seq",
        (store_id,),
    ):
        order_id = order_of.get(str(subject))
        if order_id is None:
            continue
        one, fields = found.get(order_id, StoreCopies()), fields_of(text)
        if action == "printed":
            one = StoreCopies(printed_day=str(day), due_day=fields.get("due", ""))
        elif action == "sent":
            one = msgspec.structs.replace(one, sent_day=str(day), carrier=fields.get("by", ""))
        elif action == "received":
            one = msgspec.structs.replace(one, back_day=str(day))
        found[order_id] = one
    return found
