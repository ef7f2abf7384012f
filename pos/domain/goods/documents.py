"""Goods documents: every movement of goods outside a sale is one, with lines and two signatures.

A document is drafted, inspected and signed by one person, checked and signed by another, and only
then posted as one journal entry (RCV-01, RET-03). What it does to stock is a table here, the same
for the till that posts it and for head office that books it.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from pos.domain.stock import MovementReason, Place, StockMovement


class DocumentKind(StrEnum):
    """Kinds of goods documents, by the name of their voucher."""

    RECEIPT = "receipt"
    """验收单: goods from a supplier or from head office."""

    SUPPLIER_RETURN = "supplier_return"
    """退货单 to a supplier or to the goods department."""

    SCRAP = "scrap"
    """报废单."""

    TRANSFER_OUT = "transfer_out"
    """调货单, the sending half (STK-13)."""

    TRANSFER_IN = "transfer_in"
    """调货单, the receiving half."""

    LOAN_OUT = "loan_out"
    """外借 (REG-03): outside the shop and still its stock."""

    LOAN_RETURN = "loan_return"
    """外借归还 (REG-04)."""

    DISPATCH_HOLD = "dispatch_hold"
    """商品发货登记: sold, not delivered (REG-01)."""

    DISPATCH_DONE = "dispatch_done"
    """回单销帐 (REG-02)."""

    TO_JUDGE = "to_judge"
    """待判: mixed tags, goods recalled in, damaged returns: set apart from the stock for sale."""

    JUDGED = "judged"
    """Goods set apart that the goods department put back into stock."""

    JUDGED_OUT = "judged_out"
    """Goods set apart that leave: sent back or scrapped."""

    OPENING = "opening"
    """建账盘点: the opening balances; they come from nowhere else (STK-01)."""

    ADJUSTMENT = "adjustment"
    """A count's variance, posted, or an approved adjustment (STK-09..11)."""

    DISCREPANCY = "discrepancy"
    """差异单: short, over, damaged, wrong: for the supplier or sender; moves nothing."""

    REQUISITION = "requisition"
    """要货单 to head office; moves nothing (SUP-03)."""


class Effect(msgspec.Struct, frozen=True, gc=False):
    """What a line's quantity does to stock: where it goes to and where it comes from."""

    reason: MovementReason
    into: Place | None = None
    out_of: Place | None = None


EFFECTS: Final[dict[DocumentKind, Effect]] = {
    DocumentKind.RECEIPT: Effect(MovementReason.RECEIPT, into=Place.SHOP),
    DocumentKind.SUPPLIER_RETURN: Effect(MovementReason.SUPPLIER_RETURN, out_of=Place.SHOP),
    DocumentKind.SCRAP: Effect(MovementReason.SCRAP, out_of=Place.SHOP),
    DocumentKind.TRANSFER_OUT: Effect(MovementReason.TRANSFER_OUT, out_of=Place.SHOP),
    DocumentKind.TRANSFER_IN: Effect(MovementReason.TRANSFER_IN, into=Place.SHOP),
    DocumentKind.LOAN_OUT: Effect(MovementReason.LOAN, into=Place.LOAN, out_of=Place.SHOP),
    DocumentKind.LOAN_RETURN: Effect(MovementReason.LOAN, into=Place.SHOP, out_of=Place.LOAN),
    DocumentKind.DISPATCH_HOLD: Effect(MovementReason.DISPATCH, into=Place.RESERVED),
    DocumentKind.DISPATCH_DONE: Effect(MovementReason.DISPATCH, out_of=Place.RESERVED),
    DocumentKind.TO_JUDGE: Effect(MovementReason.JUDGE, into=Place.JUDGE, out_of=Place.SHOP),
    DocumentKind.JUDGED: Effect(MovementReason.JUDGE, into=Place.SHOP, out_of=Place.JUDGE),
    DocumentKind.JUDGED_OUT: Effect(MovementReason.JUDGE, out_of=Place.JUDGE),
    DocumentKind.OPENING: Effect(MovementReason.OPENING, into=Place.SHOP),
    DocumentKind.ADJUSTMENT: Effect(MovementReason.COUNT, into=Place.SHOP),
}
"""Kinds that are not here move no stock."""

SIGNED_BY_TWO: Final = frozenset(
    {
        DocumentKind.RECEIPT,
        DocumentKind.SUPPLIER_RETURN,
        DocumentKind.SCRAP,
        DocumentKind.TRANSFER_OUT,
        DocumentKind.TRANSFER_IN,
        DocumentKind.LOAN_OUT,
        DocumentKind.LOAN_RETURN,
        DocumentKind.TO_JUDGE,
        DocumentKind.JUDGED,
        DocumentKind.JUDGED_OUT,
        DocumentKind.OPENING,
        DocumentKind.ADJUSTMENT,
    }
)
"""Without two signatures of two people these post nothing and book nothing (RCV-01..03)."""

SIGNED_QUANTITIES: Final = frozenset({DocumentKind.ADJUSTMENT, DocumentKind.OPENING})
"""Kinds whose quantities may be negative: a shortage, an oversold opening."""


class Rejection(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """A share of a line that is not accepted, for one reason (RCV-05, RCV-06)."""

    quantity_milli: int
    reason: str
    failed_checks: tuple[str, ...] = ()
    note: str = ""
    """What somebody adds for whoever reads the claim."""


class GoodsLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line of a goods document. Quantities are thousandths of the item's unit."""

    line_no: int
    item_code: str
    quantity_milli: int
    """What moves: accepted into stock, returned, scrapped, sent, lent. For a variance signed."""

    description: str = ""
    spec: str = ""
    unit: str = ""
    item_class: str = ""
    expected_milli: int | None = None
    """By the order or dispatch; None on a blind receipt."""

    delivered_milli: int = 0
    """By the delivery note (送货数)."""

    received_milli: int = 0
    """Counted (实收数)."""

    rejected_milli: int = 0
    """Counted and not accepted (拒收数)."""

    unit_cost_e4: int | None = None
    """Cost without tax of one unit in 1/10,000 of the currency unit, where known."""

    batch: str = ""
    sterilisation_batch: str = ""
    production_day: str = ""
    expiry: str = ""
    """ISO dates."""

    unit_codes: tuple[str, ...] = ()
    """One per unit of goods with serial numbers or trace codes (CAT-03)."""

    opened: bool = False
    """The box was opened for inspection (RCV-04)."""

    failed_checks: tuple[str, ...] = ()
    """Checklist points answered with no; everything else was yes by the document's statement."""

    certificate: str = ""
    temperature_tenths: int | None = None
    """On arrival, tenths of a degree Celsius (RCV-16)."""

    barcode: str = ""
    order_line: int = 0
    reason: str = ""
    """Why returned, scrapped, rejected, different."""

    note: str = ""
    rejections: tuple[Rejection, ...] = ()
    """What was rejected by hand, share by share; empty where `reason` says all of it.

    `reason` is the first share's and `failed_checks` are those of all of them.
    """

    @property
    def accepted_milli(self) -> int:
        """合格数: what is accepted into stock."""
        return self.quantity_milli


class Signature(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One person's signature over the header and the lines it names (RCV-01)."""

    slot: int
    """1 inspected, 2 checked."""

    operator_id: str
    name: str = ""
    role: str = ""
    at_utc_ms: int = 0
    lines: tuple[int, ...] = ()
    """Numbers of the lines signed, ascending."""

    sha256: str = ""
    """Of header and those lines (`signing.digest`)."""

    workstation_id: str = ""
    """Where it was given: the second may come from another terminal."""


class GoodsDocument(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Body of a `goods_document` entry: a posted document, immutable from then on."""

    document_uuid: str
    document_kind: DocumentKind
    document_no: str
    """Human number: kind, store and workstation, day, number of the day."""

    lines: tuple[GoodsLine, ...] = ()
    signatures: tuple[Signature, ...] = ()
    source: str = ""
    """Of a receipt: order, dispatch, note or blind."""

    reference: str = ""
    """Order, dispatch, transfer, count, receipt or sale that it belongs to (its id or number)."""

    reference_no: str = ""
    """Number of the delivery note or other paper."""

    counterparty_id: str = ""
    counterparty_name: str = ""
    """Supplier, other store, borrower, customer."""

    deliverer_name: str = ""
    receiver_name: str = ""
    sealed: bool = False
    """The sender's seal is on the note (RCV-07)."""

    statement: str = ""
    """The one statement that covers checklist and opened boxes."""

    approver_id: str = ""
    reason: str = ""
    note: str = ""
    due_day: str = ""
    event_utc_ms: int = 0
    """When it happened, where that differs from when it was entered (QLT-15)."""

    fields: dict[str, str] = {}
    """What only this kind needs: customer, address, telephone, borrower, courier …"""

    review: tuple[str, ...] = ()
    """Findings that travel with it: `sold_before_signed`, `over_tolerance` …"""

    parts: tuple[str, ...] = ()
    """entry_uuids of `goods_part` entries with the first lines of a long document (R4)."""


class GoodsPart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """First lines of a goods document too long for one entry (R4)."""

    document_uuid: str
    part: int
    lines: tuple[GoodsLine, ...]


def movements_of_document(document: GoodsDocument) -> tuple[StockMovement, ...]:
    """Stock deltas of a posted document, numbered from 1 within it; none for one without effect.

    Goods with unit codes move one by one, so that a unit's history is in the ledger.
    """
    effect = EFFECTS.get(document.document_kind)
    if effect is None:
        return ()
    rows: list[StockMovement] = []
    for line in document.lines:
        if not line.item_code or not line.quantity_milli:
            continue
        sign = 1 if line.quantity_milli > 0 else -1
        units = line.unit_codes
        whole = bool(units) and len(units) * 1000 == abs(line.quantity_milli)
        shares = [(code, sign * 1000) for code in units] if whole else [("", line.quantity_milli)]
        for place, direction in ((effect.out_of, -1), (effect.into, 1)):
            if place is None:
                continue
            for unit_code, quantity in shares:
                rows.append(
                    StockMovement(
                        item_code=line.item_code,
                        quantity_milli=direction * quantity,
                        reason=effect.reason,
                        line_no=len(rows) + 1,
                        place=place,
                        batch=line.batch,
                        unit_code=unit_code,
                        unit_cost_e4=line.unit_cost_e4 if place is Place.SHOP else None,
                    )
                )
    return tuple(rows)
