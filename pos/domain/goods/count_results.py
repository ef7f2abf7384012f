"""A count's result as head office issues it: an order that one till turns into a document (R14).

Head office and the till build the document from the order by the same function, so that what head
office's two people signed is what the till posts. Its uuid follows from the count: however often
the order comes, there is one document (STK-09).
"""

from __future__ import annotations

import hashlib
from typing import Final

import msgspec

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine, Signature
from pos.domain.goods.orders import Order
from pos.domain.goods.signing import digest

HEAD_OFFICE_ROLE: Final = "head_office"
"""Role in signatures that were given at head office."""

_SIGNATURES: Final = "signatures"
_DECODER = msgspec.json.Decoder(tuple[Signature, ...])


def result_uuid(store_id: str, count_id: str) -> str:
    """Identity of the document that posts a count: the same for ever."""
    digits = hashlib.sha256(f"guitai count result\n{store_id}\n{count_id}".encode()).hexdigest()
    return f"{digits[:8]}-{digits[8:12]}-8{digits[13:16]}-8{digits[17:20]}-{digits[20:32]}"


def document_of_result(order: Order) -> GoodsDocument | None:
    """The adjustment that an order of kind `count_result` asks for; None when it is none.

    It has no number yet: the till that posts it gives one.
    """
    fields = order.fields
    try:
        signatures = _DECODER.decode(fields.get(_SIGNATURES, "[]"))
    except msgspec.MsgspecError:
        return None
    if not order.lines or not fields.get("document_uuid"):
        return None
    return GoodsDocument(
        document_uuid=fields["document_uuid"],
        document_kind=DocumentKind.ADJUSTMENT,
        document_no="",
        lines=tuple(
            GoodsLine(
                line_no=line.line_no,
                item_code=line.item_code,
                quantity_milli=line.quantity_milli,
                description=line.description,
                unit=line.unit,
                unit_cost_e4=line.unit_cost_e4,
                batch=line.batch,
                reason=line.reason,
            )
            for line in order.lines
        ),
        signatures=signatures,
        source="count",
        reference=fields.get("count_id", ""),
        reference_no=order.order_no,
        reason="count",
        note=order.note,
        fields={
            name: fields[name]
            for name in ("count_kind", "posted_by", "checked_by", "total_milli")
            if fields.get(name)
        },
    )


def signed_order(order: Order, *, posted_by: Signature, checked_by: Signature) -> Order:
    """The order with both people's signatures over the document it asks for.

    The signatures given need their person, role and time alone; slots, lines and hash are set here.
    """
    document = document_of_result(order)
    if document is None:
        msg = "expected an order with lines and a document_uuid"
        raise ValueError(msg)
    numbers = tuple(line.line_no for line in document.lines)
    sha256 = digest(document, numbers)
    signatures = [
        msgspec.structs.replace(
            one, slot=slot, role=HEAD_OFFICE_ROLE, lines=numbers, sha256=sha256
        )
        for slot, one in ((1, posted_by), (2, checked_by))
    ]
    fields = order.fields | {_SIGNATURES: msgspec.json.encode(signatures).decode()}
    return msgspec.structs.replace(order, fields=fields)


def claims_head_office(document: GoodsDocument) -> bool:
    """Whether a document says that head office's people signed it."""
    return any(signature.role == HEAD_OFFICE_ROLE for signature in document.signatures)


def same_result(posted: GoodsDocument, issued: GoodsDocument) -> bool:
    """Whether a posted document is the issued one: whatever signs it, only its number is new."""
    numbers = tuple(line.line_no for line in issued.lines)
    return len(posted.lines) == len(issued.lines) and digest(posted, numbers) == digest(
        issued, numbers
    )
