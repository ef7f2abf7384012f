"""库存调拨 at the till: goods sent to another store and goods that come from one (STK-13).

Head office makes an order of kind `transfer` from a posted TRANSFER_OUT, its id the document's
uuid, `fields` naming `from_store` and `to_store`, and publishes it to both stores; it is done when
the other half arrived. An open one from this store that no document of ours made asks us to send.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from drivers.document import Document
from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.ledgers import days_between
from pos.domain.goods.orders import Order, OrderKind
from pos.i18n import N_
from pos.receipt.goods_leaving import leaving_slip
from pos.services import catalogue, reporting
from pos.services.context import Till
from pos.services.goods import documents, leaving, stock
from pos.services.goods.documents import Posted, stock_day
from pos.services.goods.scanning import Scanned
from pos.store import goods_ledgers, goods_reference
from pos.store.goods_drafts import StoredDraft


class InTransit(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer out that nobody told to have arrived."""

    number: str
    store: str
    day: str
    age_days: int
    lines: int
    pieces_milli: int


class Store(msgspec.Struct, frozen=True, kw_only=True):
    """A store that goods were sent to or came from before."""

    store_id: str
    name: str


def incoming(till: Till) -> list[Order]:
    """Transfers on their way here that this till has not received."""
    return [
        order
        for order in stock.incoming(till)
        if order.order_kind == OrderKind.TRANSFER and not _received(till, order.order_id)
    ]


def to_send(till: Till) -> list[Order]:
    """Transfers that head office asks this store to send."""
    own = till.journal.identity.store_id
    orders: list[Order] = till.reference.ask(
        lambda c: goods_reference.orders(c, (OrderKind.TRANSFER,)), []
    )
    sent = {
        name
        for one in goods_ledgers.of_kind(till.journal.reader(), DocumentKind.TRANSFER_OUT)
        for name in (one.document.document_uuid, one.document.reference)
    }
    return [
        order
        for order in orders
        if order.fields.get("from_store", "") == own
        and order.order_id not in sent
        and not order.fields.get("document_no")  # another till of the store has sent it
    ]


def in_transit(till: Till) -> list[InTransit]:
    """What this till sent and nobody received yet, the oldest first."""
    today = stock_day(till)
    found = [
        InTransit(
            number=one.document.document_no,
            store=one.document.counterparty_name or one.document.counterparty_id,
            day=one.business_day,
            age_days=max(0, days_between(one.business_day, today)),
            lines=len(one.document.lines),
            pieces_milli=sum(line.quantity_milli for line in one.document.lines),
        )
        for one in goods_ledgers.of_kind(till.journal.reader(), DocumentKind.TRANSFER_OUT)
        if not stock.has_arrived(till, one.document.document_no, one.document.document_uuid)
    ]
    return sorted(found, key=lambda one: (one.day, one.number))


def stores(till: Till) -> list[Store]:
    """Other stores known here: by head office's orders and by earlier transfers."""
    names: dict[str, str] = {}
    for kind in (DocumentKind.TRANSFER_IN, DocumentKind.TRANSFER_OUT):
        for one in reversed(goods_ledgers.of_kind(till.journal.reader(), kind)):
            names[one.document.counterparty_id] = one.document.counterparty_name
    for order in (*to_send(till), *incoming(till)):
        names[order.counterparty_id] = order.counterparty_name or order.counterparty_id
    names.pop("", None)
    return [Store(store_id=code, name=name) for code, name in sorted(names.items())]


def begin_out(
    till: Till,
    *,
    store_id: str,
    store_name: str = "",
    reason: str = "",
    driver: str = "",
    order: Order | None = None,
) -> StoredDraft | Refusal:
    """Start the sending half; head office's order brings its lines."""
    if order is None:
        return leaving.begin(
            till,
            DocumentKind.TRANSFER_OUT,
            partner_id=store_id,
            partner_name=store_name,
            reason=reason,
            driver=driver,
        )
    lines = [
        msgspec.structs.replace(line, expected_milli=line.quantity_milli, reason="order")
        for line in _lines_of(till, order)
    ]
    return leaving.begin(
        till,
        DocumentKind.TRANSFER_OUT,
        partner_id=order.counterparty_id or order.fields.get("to_store", ""),
        partner_name=order.counterparty_name,
        reference=order.order_id,
        reference_no=order.order_no,
        reason=reason or "order",
        driver=driver,
        source="order",
        lines=lines,
    )


def begin_in(till: Till, order: Order, *, driver: str = "") -> StoredDraft | Refusal:
    """Start the receiving half of a transfer: every line is expected and none is counted yet."""
    known = next(
        (
            draft
            for draft in documents.drafts(till, DocumentKind.TRANSFER_IN)
            if draft.document.reference == order.order_id
        ),
        None,
    )
    if known is not None:
        return known
    if _received(till, order.order_id):
        return Refusal("received", N_("this transfer was received already"))
    lines = tuple(
        msgspec.structs.replace(line, expected_milli=line.quantity_milli, quantity_milli=0)
        for line in _lines_of(till, order)
    )
    return documents.begin(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=DocumentKind.TRANSFER_IN,
            document_no="",
            source="order",
            reference=order.order_id,
            reference_no=order.order_no,
            counterparty_id=order.counterparty_id or order.fields.get("from_store", ""),
            counterparty_name=order.counterparty_name,
            deliverer_name=driver,
            lines=tuple(msgspec.structs.replace(line, unit_codes=()) for line in lines),
        ),
    )


def count_in(
    till: Till, draft: StoredDraft, scanned: Scanned, quantity_milli: int
) -> tuple[StoredDraft, int] | Refusal:
    """Count a scan onto the receiving half; goods that nobody announced get a line of their own."""
    code, batch = scanned.item.item_code, scanned.batch
    ours = [one for one in draft.document.lines if one.item_code == code]
    if scanned.unit_code and any(scanned.unit_code in one.unit_codes for one in ours):
        return Refusal("unit_twice", N_("this very piece is on the document already"))
    line = next((one for one in ours if one.batch == batch), None)
    if line is None and not batch and len(ours) == 1:
        line = ours[0]
    if line is None:
        number = max((one.line_no for one in draft.document.lines), default=0) + 1
        line = msgspec.structs.replace(
            leaving.new_line(till, scanned, number), expected_milli=0, unit_cost_e4=None
        )
    units = (*line.unit_codes, scanned.unit_code) if scanned.unit_code else line.unit_codes
    line = msgspec.structs.replace(
        line, quantity_milli=line.quantity_milli + quantity_milli, unit_codes=units
    )
    return documents.put_line(till, draft, line), line.line_no


def set_in(
    till: Till, draft: StoredDraft, line_no: int, quantity_milli: int
) -> StoredDraft | Refusal:
    """Type what came of a line; one that nobody announced goes with its last piece."""
    line = next((one for one in draft.document.lines if one.line_no == line_no), None)
    if line is None or quantity_milli < 0:
        return Refusal("no_document_line", N_("there is no such line"))
    if line.unit_codes and quantity_milli != len(line.unit_codes) * 1000:
        if quantity_milli:
            return Refusal(
                "unit_count", N_("as many serial numbers as pieces are needed, each once")
            )
        line = msgspec.structs.replace(line, unit_codes=())
    if not quantity_milli and not line.expected_milli:
        return documents.drop_line(till, draft, line_no)
    return documents.put_line(
        till, draft, msgspec.structs.replace(line, quantity_milli=quantity_milli)
    )


def rest_as_sent(till: Till, draft: StoredDraft) -> StoredDraft:
    """其余按单: every line that nobody counted is taken as it was sent."""
    order = stock.order_of(till, draft.document.reference)
    sent = {line.line_no: line.unit_codes for line in order.lines} if order is not None else {}
    lines = tuple(
        line
        if line.quantity_milli
        else msgspec.structs.replace(
            line,
            quantity_milli=line.expected_milli or 0,
            unit_codes=sent.get(line.order_line, ()),
        )
        for line in draft.document.lines
    )
    changed = msgspec.structs.replace(draft.document, lines=lines)
    return documents.change(till, draft, changed)


def differences(document: GoodsDocument) -> list[GoodsLine]:
    """Lines of which more or less came than was sent."""
    return [line for line in document.lines if line.quantity_milli != (line.expected_milli or 0)]


def post_in(till: Till, draft: StoredDraft) -> Posted | Refusal:
    """Post the receiving half; what differs goes with it as a discrepancy for the sender."""
    document = draft.document
    if _received(till, document.reference):
        return Refusal("received", N_("this transfer was received already"))
    different = differences(document)
    also = []
    if different:
        also.append(
            GoodsDocument(
                document_uuid="",
                document_kind=DocumentKind.DISCREPANCY,
                document_no="",
                source="transfer",
                counterparty_id=document.counterparty_id,
                counterparty_name=document.counterparty_name,
                reference_no=document.reference_no,
                fields={"order_id": document.reference},
                lines=tuple(_difference(line, n) for n, line in enumerate(different, start=1)),
            )
        )
    facts, at, reasons = reporting.facts_of(till), till.local_iso(), leaving.reason_names(till)

    def slips(posted: GoodsDocument) -> Sequence[Document]:
        if posted.document_kind is not DocumentKind.TRANSFER_IN:
            return []
        return [leaving_slip(posted, facts, at, reasons)] * 2

    return documents.post(till, draft, slips=slips, also=also)


def _received(till: Till, order_id: str) -> bool:
    return bool(
        goods_ledgers.by_reference(till.journal.reader(), order_id, DocumentKind.TRANSFER_IN)
    )


def _difference(line: GoodsLine, number: int) -> GoodsLine:
    """How far a line is off: short or over, in whole figures on both sides."""
    expected = line.expected_milli or 0
    short = line.quantity_milli < expected
    return msgspec.structs.replace(
        line,
        line_no=number,
        order_line=line.order_line,
        quantity_milli=abs(line.quantity_milli - expected),
        received_milli=0,
        delivered_milli=line.quantity_milli,
        unit_codes=(),
        reason="short" if short else "over",
    )


def _lines_of(till: Till, order: Order) -> list[GoodsLine]:
    lines = []
    for number, line in enumerate(order.lines, start=1):
        item = catalogue.find_item(till, line.item_code)
        lines.append(
            GoodsLine(
                line_no=number,
                item_code=line.item_code,
                quantity_milli=max(0, line.quantity_milli - line.done_milli),
                description=line.description or (item.name if item is not None else ""),
                spec=item.spec if item is not None else "",
                unit=line.unit or (item.unit if item is not None else ""),
                item_class=item.item_class if item is not None else "",
                unit_cost_e4=line.unit_cost_e4,
                batch=line.batch,
                production_day=line.production_day,
                expiry=line.expiry,
                unit_codes=line.unit_codes,
                order_line=line.line_no,
            )
        )
    return lines
