"""Receiving: begun against an order, a dispatch, a note or blind; counted, settled, signed (RCV).

The lines are `receiving_lines`'s, posting is `receiving_posting`'s; between them stands what the
whole receipt needs before anybody signs.
"""

from __future__ import annotations

from concurrent.futures import Future

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods import receiving as judging
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.orders import Order, OrderKind, OrderLine, SupplierState
from pos.domain.goods.receiving import Source
from pos.domain.quantity import ONE
from pos.i18n import N_
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import drafting
from pos.services.goods.drafting import StoredDraft
from pos.services.goods.orders_due import open_lines, supplier_of
from pos.services.goods.receiving_lines import ReceivingLines
from pos.services.goods.receiving_values import Working
from pos.services.goods.rules import GoodsRule, rule_for

KINDS = (DocumentKind.RECEIPT, DocumentKind.TRANSFER_IN)


class Gap(msgspec.Struct, frozen=True):
    """Something that must be said before anybody signs."""

    code: str
    """unknown_codes, quantity, dates, unopened, serials, note, deliverer, nothing."""

    line_no: int = 0
    name: str = ""


class Receiving(ReceivingLines):
    """One receipt being worked on. Functions change it and write; the file is the truth."""

    def accept_rest(self) -> int | Refusal:
        """其余按单: lines that nobody counted are taken as the paper says; how many there were.

        Never on a blind count, and never for goods whose units or dates must be seen.
        """
        if self.document.source == Source.BLIND:
            return Refusal("blind", N_("a blind count knows no paper to take the rest from"))
        lines: list[GoodsLine] = []
        taken = 0
        for line in self.lines:
            rule, item = self.rule_of(line), self.item_of(line)
            whole = line.expected_milli or 0
            untouched = not line.received_milli and whole > 0
            if untouched and not rule.serial_tracked:
                full = msgspec.structs.replace(line, received_milli=whole)
                if not self.asks_of(full, rule):
                    line = self._judged(full, item, rule)  # noqa: PLW2901 - as the paper says
                    taken += 1
            lines.append(line)
        self.replace(msgspec.structs.replace(self.document, lines=tuple(lines)))
        return taken

    # -------------------------------------------------------------------- the whole

    def set_header(self, document: GoodsDocument) -> None:
        """Another header; it clears every signature (RCV-01)."""
        self.replace(msgspec.structs.replace(document, lines=self.document.lines))

    def gaps(self) -> list[Gap]:
        """What must be said before anybody signs, the first of each kind first."""
        found: list[Gap] = []
        if not any(line.received_milli for line in self.lines):
            found.append(Gap("nothing"))
        if self.working.unknown:
            found.append(Gap("unknown_codes", name=self.working.unknown[0].code))
        for line in self.lines:
            rule = self.rule_of(line)
            if not line.received_milli:
                if line.expected_milli is None and not line.delivered_milli:
                    found.append(Gap("quantity", line.line_no, line.description))
                continue
            if self.asks_of(line, rule):
                found.append(Gap("dates", line.line_no, line.description))
            if line.quantity_milli and not rule.large and not self.is_opened(line):
                found.append(Gap("unopened", line.line_no, line.description))
            units = self.working.units.get(str(line.line_no), line.unit_codes)
            if rule.serial_tracked and len(units) * ONE != line.received_milli:
                found.append(Gap("serials", line.line_no, line.description))
        return found

    def finish_counting(self, *, note_as_counted: bool) -> None:
        """Counting is done: notes' quantities are filled in, what is too much is rejected.

        `note_as_counted`: where less came than ordered the note says so too, and the rest comes
        later; otherwise the note promised it and it is short (RCV-06), counted blind or not.
        """
        lines = []
        for line in self.lines:
            delivered = line.delivered_milli
            if line.expected_milli is not None and not delivered:
                delivered = line.received_milli if note_as_counted else line.expected_milli
            lines.append(
                msgspec.structs.replace(
                    line,
                    delivered_milli=delivered,
                    opened=self.is_opened(line),
                )
            )
        kept = [
            line
            for line in lines
            if line.received_milli or line.delivered_milli or line.expected_milli is not None
        ]
        over = {int(number): share for number, share in self.working.over.items()}
        settled, taken = judging.without_excess(kept, over, self.tolerance_bp)
        settled = tuple(self._with_units(line) for line in settled)
        points = {point for line in settled for point in self.rule_of(line).checklist}
        said = judging.statement(sorted(points))
        self.working = msgspec.structs.replace(
            self.working,
            counted=True,
            over={str(number): share for number, share in taken.items()},
        )
        self.replace(
            msgspec.structs.replace(self.document, lines=settled, statement=said), working=True
        )

    def note_typed(self) -> None:
        """The delivery note is typed; now the goods are counted."""
        self._work(noting=False)

    def count_again(self) -> None:
        """Back to counting; what is signed stays signed until a line reads differently."""
        self._work(counted=False)

    def give_up(self, reason: str) -> Future[None]:
        """Forget the whole receipt."""
        return drafting.cancel(self.till, self.draft, reason)


# ------------------------------------------------------------------------------- beginning


def begin_order(till: Till, order: Order, *, blind: bool = False) -> Receiving | Refusal:
    """A receipt against a purchase order, a dispatch or a transfer in transit."""
    refusal = _may_deliver(till, order.counterparty_id)
    if refusal is not None:
        return refusal
    going_on = next(
        (one for one in drafts(till) if one.document.reference == order.order_id), None
    )
    if going_on is not None:
        return Receiving(till, going_on)
    on_the_way = order.order_kind in (OrderKind.DISPATCH, OrderKind.TRANSFER)
    source = Source.BLIND if blind else Source.DISPATCH if on_the_way else Source.ORDER
    lines = [
        _expected_line(till, number, row, left)
        for number, (row, left) in enumerate(open_lines(till, order), start=1)
    ]
    if not lines:
        return Refusal("nothing_open", N_("everything of this order has been received"))
    transfer = order.order_kind == OrderKind.TRANSFER
    return _begun(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=DocumentKind.TRANSFER_IN if transfer else DocumentKind.RECEIPT,
            document_no="",
            lines=tuple(lines),
            source=source,
            reference=order.order_id,
            reference_no=order.order_no if on_the_way else "",
            counterparty_id=order.counterparty_id,
            counterparty_name=order.counterparty_name,
            fields={"order_no": order.order_no, "order_kind": order.order_kind},
        ),
    )


def begin_free(
    till: Till, source: Source, counterparty_id: str, counterparty_name: str
) -> Receiving | Refusal:
    """A receipt from a typed note, or blind, of a supplier."""
    refusal = _may_deliver(till, counterparty_id)
    if refusal is not None:
        return refusal
    return _begun(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=DocumentKind.RECEIPT,
            document_no="",
            source=source,
            counterparty_id=counterparty_id,
            counterparty_name=counterparty_name,
        ),
    )


def drafts(till: Till) -> list[StoredDraft]:
    """Receipts that are not posted yet, the one touched last first, with all that was scanned."""
    till.journal.run(lambda _txn: None)
    return drafting.drafts(till, *KINDS)


def resume(till: Till, draft_uuid: str) -> Receiving | None:
    """Go on with a draft."""
    till.journal.run(lambda _txn: None)
    draft = drafting.load(till, draft_uuid)
    return None if draft is None else Receiving(till, draft)


def _begun(till: Till, document: GoodsDocument) -> Receiving:
    name = till.operator.name if till.operator is not None else ""
    document = msgspec.structs.replace(document, receiver_name=name)
    working = Working(noting=document.source == Source.NOTE)
    return Receiving(till, drafting.begin(till, document, working))


def _may_deliver(till: Till, counterparty_id: str) -> Refusal | None:
    supplier = supplier_of(till, counterparty_id)
    if supplier is not None and supplier.state == SupplierState.DROPPED:
        return Refusal(
            "supplier_dropped",
            N_("nothing is received from this supplier any more"),
            {"name": supplier.name},
        )
    return None


def _expected_line(till: Till, number: int, row: OrderLine, left_milli: int) -> GoodsLine:
    item = catalogue.find_item(till, row.item_code)
    rule = rule_for(till, item) if item is not None else GoodsRule()
    return GoodsLine(
        line_no=number,
        item_code=row.item_code,
        quantity_milli=0,
        description=item.name if item is not None else row.description,
        spec=item.spec if item is not None else "",
        unit=row.unit or (item.unit if item is not None else ""),
        item_class=item.item_class if item is not None else "",
        expected_milli=left_milli,
        unit_cost_e4=row.unit_cost_e4 if row.unit_cost_e4 is not None else rule.cost_e4,
        batch=row.batch,
        production_day=row.production_day,
        expiry=row.expiry,
        certificate=rule.certificate,
        order_line=row.line_no,
    )
