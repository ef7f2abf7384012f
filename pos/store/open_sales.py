"""Open and parked sales on disk: each change writes only the rows that changed (experience rule 6)."""

from __future__ import annotations

import sqlite3

import msgspec

from pos.domain.cart import Cart, CartLine
from pos.domain.tender import Payment, Tender
from pos.store.models import insert_sql
from pos.store.sale_models import OpenSaleLine, OpenSaleRow, OpenSaleTender

_PUT_SALE = insert_sql(OpenSaleRow, replace=True)
_PUT_LINE = insert_sql(OpenSaleLine, replace=True)
_PUT_TENDER = insert_sql(OpenSaleTender, replace=True)

_LINE = msgspec.json.Decoder(CartLine)
_TENDER = msgspec.json.Decoder(Tender)


class SaleHeader(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an open sale knows beside lines and tenders."""

    next_line_no: int = 1
    whole_discount_minor: int = 0
    whole_discount_reason: str = ""
    phase: str = "lines"
    due_minor: int | None = None
    """Amount to pay once payment has begun, cash rounding included."""

    rounding_minor: int = 0
    return_mode: bool = False
    original_transaction_no: str = ""
    approver_id: str = ""
    reason: str = ""
    member_id: str = ""
    buyer: dict[str, str] = {}
    dispatch: bool = False


class StoredSale(msgspec.Struct, frozen=True, kw_only=True):
    """An open sale as it is on disk."""

    sale_uuid: str
    state: str
    """open or parked."""

    operator_id: str
    begun_at: str
    label: str
    header: SaleHeader
    cart: Cart
    payment: Payment | None


_HEADER = msgspec.json.Decoder(SaleHeader)


def put_sale(
    connection: sqlite3.Connection,
    sale_uuid: str,
    state: str,
    operator_id: str,
    begun_at: str,
    label: str,
    header: SaleHeader,
) -> None:
    """Write the sale's own row."""
    connection.execute(
        _PUT_SALE,
        (sale_uuid, state, operator_id, begun_at, label, msgspec.json.encode(header)),
    )


def put_lines(connection: sqlite3.Connection, sale_uuid: str, lines: tuple[CartLine, ...]) -> None:
    """Write new and changed lines."""
    connection.executemany(
        _PUT_LINE, [(sale_uuid, line.line_no, msgspec.json.encode(line)) for line in lines]
    )


def drop_lines(
    connection: sqlite3.Connection, sale_uuid: str, line_numbers: tuple[int, ...]
) -> None:
    """Take voided lines off the open sale; the journal has them."""
    connection.executemany(
        "DELETE FROM open_sale_line WHERE sale_uuid = ? AND line_no = ?",
        [(sale_uuid, number) for number in line_numbers],
    )


def put_tenders(
    connection: sqlite3.Connection, sale_uuid: str, tenders: tuple[Tender, ...]
) -> None:
    """Write all tenders of the sale (they are few, and the last ones may have been taken back)."""
    connection.execute("DELETE FROM open_sale_tender WHERE sale_uuid = ?", (sale_uuid,))
    connection.executemany(
        _PUT_TENDER,
        [(sale_uuid, tender.tender_no, msgspec.json.encode(tender)) for tender in tenders],
    )


def drop_sale(connection: sqlite3.Connection, sale_uuid: str) -> None:
    """Forget an open sale that was closed or cancelled: in the same transaction as its entry."""
    connection.execute("DELETE FROM open_sale WHERE sale_uuid = ?", (sale_uuid,))
    connection.execute("DELETE FROM open_sale_line WHERE sale_uuid = ?", (sale_uuid,))
    connection.execute("DELETE FROM open_sale_tender WHERE sale_uuid = ?", (sale_uuid,))


def load_sales(connection: sqlite3.Connection, state: str) -> list[StoredSale]:
    """All sales in a state, oldest first."""
    rows = connection.execute(
        "SELECT sale_uuid, state, operator_id, begun_at, label, header FROM open_sale "
        "WHERE state = ? ORDER BY begun_at, sale_uuid",
        (state,),
    ).fetchall()
    return [_load(connection, *row) for row in rows]


def load_sale(connection: sqlite3.Connection, sale_uuid: str) -> StoredSale | None:
    """One sale, or None."""
    row = connection.execute(
        "SELECT sale_uuid, state, operator_id, begun_at, label, header FROM open_sale "
        "WHERE sale_uuid = ?",
        (sale_uuid,),
    ).fetchone()
    return _load(connection, *row) if row else None


def _load(
    connection: sqlite3.Connection,
    sale_uuid: str,
    state: str,
    operator_id: str,
    begun_at: str,
    label: str,
    header_json: bytes,
) -> StoredSale:
    header = _HEADER.decode(header_json)
    lines = tuple(
        _LINE.decode(body)
        for (body,) in connection.execute(
            "SELECT body FROM open_sale_line WHERE sale_uuid = ? ORDER BY line_no", (sale_uuid,)
        )
    )
    tenders = tuple(
        _TENDER.decode(body)
        for (body,) in connection.execute(
            "SELECT body FROM open_sale_tender WHERE sale_uuid = ? ORDER BY tender_no",
            (sale_uuid,),
        )
    )
    cart = Cart(
        lines=lines,
        next_line_no=header.next_line_no,
        whole_discount_minor=header.whole_discount_minor,
        whole_discount_reason=header.whole_discount_reason,
    )
    payment = None if header.due_minor is None else Payment(header.due_minor, tenders)
    return StoredSale(
        sale_uuid=sale_uuid,
        state=state,
        operator_id=operator_id,
        begun_at=begun_at,
        label=label,
        header=header,
        cart=cart,
        payment=payment,
    )
