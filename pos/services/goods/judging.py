"""待判: goods set apart, and their way back or out (STK-06).

They leave the stock for sale when they are set apart, and come back or leave for good by head
office's JUDGEMENT order, or by two people of whom one may adjust stock.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.ledgers import days_between
from pos.domain.goods.orders import Order, OrderKind
from pos.i18n import N_
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import drafting
from pos.services.goods.days import stock_day
from pos.store import goods_ledgers, goods_reference
from pos.store.goods_drafts import StoredDraft

BACK, OUT = "back", "out"
"""Word in `fields["verdict"]` of a judgement order, and of an order's line as its reason."""

VERDICTS = {BACK: DocumentKind.JUDGED, OUT: DocumentKind.JUDGED_OUT}


class SetApart(msgspec.Struct, frozen=True, kw_only=True):
    """One line of goods that wait for a judgement."""

    number: str
    """Document that set them apart."""

    line: GoodsLine
    left_milli: int
    day: str
    age_days: int
    reason: str


def waiting(till: Till) -> list[SetApart]:
    """What was set apart here and neither came back nor left, the oldest first."""
    reader, today = till.journal.reader(), stock_day(till)
    done = _done(till)
    found: list[SetApart] = []
    for stored in reversed(goods_ledgers.of_kind(reader, DocumentKind.TO_JUDGE)):
        document = stored.document
        for line in document.lines:
            left = line.quantity_milli - done.get((document.document_no, line.line_no), 0)
            if left > 0:
                found.append(
                    SetApart(
                        number=document.document_no,
                        line=line,
                        left_milli=left,
                        day=stored.business_day,
                        age_days=max(0, days_between(stored.business_day, today)),
                        reason=line.reason or document.reason,
                    )
                )
    return found


def orders(till: Till) -> list[Order]:
    """Head office's judgements that nobody has carried out here."""
    found: list[Order] = till.reference.ask(
        lambda c: goods_reference.orders(c, (OrderKind.JUDGEMENT,)), []
    )
    return [order for order in found if verdicts_of(till, order)]


def judge(
    till: Till,
    verdict: str,
    chosen: Sequence[SetApart],
    *,
    reason: str = "",
    partner_name: str = "",
) -> StoredDraft | Refusal:
    """Put goods set apart back into stock (`back`) or send them away (`out`)."""
    if not chosen:
        return Refusal("no_lines", N_("nothing is on this document yet"))
    kind = VERDICTS[verdict]
    if kind is DocumentKind.JUDGED_OUT and not reason:
        return Refusal("reason_missing", N_("choose a reason"))
    lines = tuple(_judged_line(one, number) for number, one in enumerate(chosen, start=1))
    numbers = sorted({one.number for one in chosen})
    return drafting.begin(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=kind,
            document_no="",
            source="here",
            reference=numbers[0] if len(numbers) == 1 else "",
            counterparty_name=partner_name,
            reason=reason,
            fields={"set_apart": ",".join(one.number for one in chosen)},
            lines=lines,
        ),
    )


def by_order(till: Till, order: Order, verdict: str) -> StoredDraft | Refusal:
    """Carry head office's judgement out: the lines of it with this verdict."""
    general = order.fields.get("verdict", BACK)
    lines: list[GoodsLine] = []
    for line in order.lines:
        if (line.reason or general) != verdict:
            continue
        item = catalogue.find_item(till, line.item_code)
        lines.append(
            GoodsLine(
                line_no=len(lines) + 1,
                item_code=line.item_code,
                quantity_milli=line.quantity_milli,
                description=line.description or (item.name if item is not None else ""),
                unit=line.unit or (item.unit if item is not None else ""),
                item_class=item.item_class if item is not None else "",
                batch=line.batch,
                expiry=line.expiry,
                unit_codes=line.unit_codes,
                order_line=line.line_no,
            )
        )
    if not lines:
        return Refusal("no_lines", N_("nothing is on this document yet"))
    return drafting.begin(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=VERDICTS[verdict],
            document_no="",
            source="order",
            reference=order.order_id,
            reference_no=order.order_no,
            counterparty_name=order.counterparty_name,
            reason="order" if verdict == OUT else "",
            lines=tuple(lines),
        ),
    )


def verdicts_of(till: Till, order: Order) -> tuple[str, ...]:
    """Verdicts that an order's lines have and that nobody has carried out, in their order."""
    general = order.fields.get("verdict", BACK)
    found = {line.reason or general for line in order.lines}
    reader = till.journal.reader()
    return tuple(
        word
        for word, kind in VERDICTS.items()
        if word in found and not goods_ledgers.by_reference(reader, order.order_id, kind)
    )


def _judged_line(one: SetApart, number: int) -> GoodsLine:
    return msgspec.structs.replace(
        one.line,
        line_no=number,
        order_line=one.line.line_no,
        quantity_milli=one.left_milli,
        unit_codes=one.line.unit_codes
        if len(one.line.unit_codes) * 1000 == one.left_milli
        else (),
        note=one.number,
    )


def _done(till: Till) -> dict[tuple[str, int], int]:
    """(document, line) that set goods apart → thousandths judged since.

    What head office's orders judged names no line: it is taken off the oldest of the same goods.
    """
    reader = till.journal.reader()
    done: dict[tuple[str, int], int] = {}
    loose: dict[tuple[str, str], int] = {}
    for kind in VERDICTS.values():
        for stored in goods_ledgers.of_kind(reader, kind):
            for line in stored.document.lines:
                if stored.document.source == "here":
                    key = (line.note, line.order_line)
                    done[key] = done.get(key, 0) + line.quantity_milli
                else:
                    goods = (line.item_code, line.batch)
                    loose[goods] = loose.get(goods, 0) + line.quantity_milli
    for stored in reversed(goods_ledgers.of_kind(reader, DocumentKind.TO_JUDGE)):
        for line in stored.document.lines:
            key = (stored.document.document_no, line.line_no)
            goods = (line.item_code, line.batch)
            taken = min(loose.get(goods, 0), line.quantity_milli - done.get(key, 0))
            if taken > 0:
                done[key] = done.get(key, 0) + taken
                loose[goods] -= taken
    return done
