"""What comes back of a count's result: posted as it was issued, or not head office's at all (STK-09).

A till cannot give head office's signatures. A document that bears them is booked only when it is,
line for line, a result that was issued for this store; anything else keeps its bytes, moves no
stock and is told to sales audit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from pos.domain.goods.count_results import document_of_result, same_result
from pos.domain.goods.documents import GoodsDocument
from pos.domain.goods.orders import Order
from sync.head_office import count_rows
from sync.head_office.dialect import Dialect

if TYPE_CHECKING:
    from sync.head_office.goods_booking import BookedDocument

FORGED: Final = "count_result_forged"


def settle(
    dialect: Dialect, store_id: str, documents: list[BookedDocument]
) -> list[BookedDocument]:
    """Refuse documents that claim head office's signatures wrongly; returns those.

    A count whose result was posted as issued is `posted` from now on.
    """
    refused = []
    for one in documents:
        if one.sworn is None or one.head["state"] != "posted":
            continue
        count = count_rows.of_document(dialect, store_id, one.sworn.document_uuid)
        issued = _issued(count.result) if count is not None else None
        if count is None or issued is None or not same_result(one.sworn, issued):
            one.head["state"] = "refused"
            one.head["problem"] = FORGED
            refused.append(one)
        elif count.state != "posted":
            dialect.execute(
                "UPDATE stock_count SET state = 'posted' WHERE store_id = ? AND count_id = ?",
                (store_id, count.count_id),
            )
            count_rows.tell(dialect, int(one.head["at_utc_ms"]), count, "", "posted")
    return refused


def _issued(result: str) -> GoodsDocument | None:
    if not result:
        return None
    return document_of_result(msgspec.json.decode(result, type=Order))
