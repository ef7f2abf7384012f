"""What head office tells a store about goods: suppliers, rules of classes and items, orders.

Rows of the feed (R11) as the till reads them. An order is anything that head office wants done
with goods: a purchase order to receive, a dispatch in transit, a count to hold, a recall. Words
of an enumeration are plain text here: a newer head office's new word must not stop the feed (R21).
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class SupplierState(StrEnum):
    """Standing of a supplier (SUP-01)."""

    ACTIVE = "active"
    RECTIFY = "rectify"
    """整改: still delivers, and is watched."""

    DROPPED = "dropped"
    """Neither ordered from nor received from."""


class Supplier(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """Dataset `suppliers`; key: supplier_id."""

    supplier_id: str
    name: str
    state: str = SupplierState.ACTIVE.value
    contact: str = ""
    phone: str = ""
    needs_seal: bool = True
    """Whether its delivery notes must bear a seal (RCV-07)."""

    delivery_weekdays: str = ""
    """Days it delivers, ISO weekdays as digits: `14` is Monday and Thursday; empty is any day."""

    lead_days: int = 1
    tolerance_bp: int = 0
    """How much more than ordered is taken, in basis points of the line (RCV-15)."""

    mnemonic: str = ""


class DateRule(StrEnum):
    """Which dates are asked for when goods of a class come in."""

    NONE = ""
    EXPIRY = "expiry"
    PRODUCTION = "production"
    """Expiry follows from the shelf life (QLT-06)."""

    BOTH = "both"


class ClassRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Dataset `class_rules`; key: item_class. The switch that turns extra rules on (CAT-01)."""

    item_class: str
    trade: str = ""
    """large, apparel, safety, imported_food, cosmetics, medicine, device, tobacco, jewellery …"""

    batch_tracked: bool = False
    serial_tracked: bool = False
    dates: str = DateRule.NONE.value
    shelf_life_days: int = 0
    min_remaining_days: int = 0
    """Fewer days left at receiving than this are a warning (RCV-10)."""

    near_days: tuple[int, ...] = (90, 60, 30)
    """Bands of near expiry, widest first (QLT-06)."""

    large: bool = False
    """大件: boxes stay closed (RCV-04), and the dispatch register is asked about (REG-01)."""

    checklist: tuple[str, ...] = ()
    """Points beside the standing ones: `soft_label`, `chinese_label`, `test_report` … (RCV-05)."""

    papers: tuple[str, ...] = ()
    """Papers without which goods are not accepted (CAT-09..12)."""

    temperature_tenths: tuple[int, int] | None = None
    """Lowest and highest temperature on arrival and in store (RCV-16, QLT-11)."""

    counted_daily: bool = False
    """日盘总数 at handover (STK-04)."""

    maintenance_days: int = 0
    """养护 cycle (QLT-07)."""

    controlled: bool = False
    """专管: arrival with the customer is checked (QLT-13)."""

    in_scope: bool = True
    """Within the shop's licence (CAT-15)."""


class ItemRule(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Dataset `item_rules`; key: item_code. What goods keeping needs of one item."""

    item_code: str
    supplier_id: str = ""
    case_milli: int = 0
    """Units in a case, thousandths; 0 is not known."""

    min_milli: int = 0
    max_milli: int = 0
    cycle_days: int = 0
    safety_milli: int = 0
    lead_days: int = 0
    abc: str = ""
    cost_e4: int | None = None
    """Cost by the last purchase at head office."""

    shelf_life_days: int = 0
    batch_tracked: bool = False
    serial_tracked: bool = False
    """In addition to its class."""

    imported: bool = False
    actual_origin: str = ""
    maker: str = ""
    maker_address: str = ""
    maker_licence_no: str = ""
    certificate: str = ""
    registration_no: str = ""
    generic_name: str = ""
    dosage_form: str = ""
    sterile: bool = False
    papers: tuple[str, ...] = ()
    """Papers on file and in force, of those its class asks for."""

    shelf: str = ""
    """陈列位置."""

    facing_milli: int = 0


class OrderKind(StrEnum):
    """What head office wants done."""

    PURCHASE = "purchase"
    """Audited purchase order to receive against (SUP-04, SUP-05, RCV-15)."""

    DISPATCH = "dispatch"
    """Goods on their way from head office (RCV-11)."""

    TRANSFER = "transfer"
    """Goods on their way from another store, or an order to send some there (STK-13)."""

    COUNT = "count"
    """A detailed or cycle count to hold (STK-05, STK-10)."""

    COUNT_RESULT = "count_result"
    """The variance that head office computed (R14), to be posted by the workstation it names."""

    REQUISITION = "requisition"
    """Head office's answer to a requisition (SUP-03, HO-02)."""

    RECALL = "recall"
    """A recall notice, beside its holds (QLT-05)."""

    JUDGEMENT = "judgement"
    """The goods department's re-determination of goods set apart (STK-06)."""


class OrderLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line of an order."""

    line_no: int
    item_code: str
    quantity_milli: int
    description: str = ""
    unit: str = ""
    unit_cost_e4: int | None = None
    batch: str = ""
    production_day: str = ""
    expiry: str = ""
    unit_codes: tuple[str, ...] = ()
    done_milli: int = 0
    """Received or answered so far, as head office knows."""

    reason: str = ""


class Order(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Dataset `orders`; key: order_id."""

    order_id: str
    order_kind: str
    """An `OrderKind`; a newer head office may say another, which an older till leaves alone."""

    order_no: str = ""
    """Human number."""

    state: str = "open"
    """open, done or cancelled; a till works on open ones."""

    counterparty_id: str = ""
    counterparty_name: str = ""
    due_day: str = ""
    sent_day: str = ""
    to_workstation_uuid: str = ""
    """Whom alone it is for; empty is any till of the store."""

    lines: tuple[OrderLine, ...] = ()
    fields: dict[str, str] = {}
    """What only this kind needs."""

    note: str = ""
