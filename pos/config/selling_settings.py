"""Settings of selling: tenders, prices, codes, papers, returns, and the reasons offered for them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pos.config.setting_types import Identifier, LineText, Minor, ShortText, Table
from pos.domain import tender
from pos.domain.barcode import in_store


class Receipt(Table, frozen=True, kw_only=True):
    """What is printed, and when; the width is the printer profile's."""

    printing: Literal["always", "ask", "off"]
    language: Literal["zh", "en", "both"]
    header_lines: tuple[LineText, ...]
    footer_lines: tuple[LineText, ...]
    barcode: bool
    logo: LineText
    e_receipt_url: Annotated[
        str, Meta(pattern="^$|^https?://[^\\s]*$", examples=["https://r.example.cn/{number}"])
    ]


class PriceCard(Table, frozen=True, kw_only=True):
    """Price cards and shelf labels (CAT-05)."""

    marks: tuple[Literal["name", "origin", "spec", "grade", "unit", "price"], ...]
    width_mm: Annotated[int, Meta(ge=20, le=110)]
    height_mm: Annotated[int, Meta(ge=15, le=150)]
    gap_mm: Annotated[int, Meta(ge=0, le=20)]


class Returns(Table, frozen=True, kw_only=True):
    """How long goods may come back."""

    receipt_days: Annotated[int, Meta(ge=0, le=3650)]
    lost_receipt_search_days: Annotated[int, Meta(ge=1, le=365)]


class Tender(Table, frozen=True, kw_only=True):
    """One way to pay."""

    number: Annotated[int, Meta(ge=1, le=99)]
    id: Identifier
    name: ShortText
    name_en: ShortText = ""
    kind: Literal["cash", "outside", "terminal", "voucher"]
    opens_drawer: bool = False
    gives_change: bool = False
    confirm: Literal["none", "pending"] = "none"
    reference_digits: Annotated[int, Meta(ge=0, le=12)] = 0
    payment_codes: tuple[Literal["wechat", "alipay", "unionpay"], ...] = ()

    def to_domain(self) -> tender.TenderType:
        """The tender as sales know it."""
        return tender.TenderType(
            number=self.number,
            id=self.id,
            name=self.name,
            name_en=self.name_en or self.name,
            kind=tender.TenderKind(self.kind),
            opens_drawer=self.opens_drawer,
            gives_change=self.gives_change,
            confirm=self.confirm == "pending",
        )


class Payment(Table, frozen=True, kw_only=True):
    """Taking money."""

    enter: Literal["exact", "ask"]
    cash_rounding_minor: Literal[0, 5, 10, 50, 100]
    cash_ceiling_over_total_minor: Minor
    cash_refused_from_digits: Annotated[int, Meta(ge=5, le=12)]
    tenders: tuple[Tender, ...]

    def tender_types(self) -> tuple[tender.TenderType, ...]:
        """The tenders as sales know them, in the order of the screen."""
        return tuple(entry.to_domain() for entry in self.tenders)


class Prices(Table, frozen=True, kw_only=True):
    """Taxes and limits of prices."""

    default_tax_code: ShortText
    unit_price_ceiling_minor: Minor
    tax_rates_bp: dict[str, Annotated[int, Meta(ge=0, le=10_000)]]


class WeighedLayout(Table, frozen=True, kw_only=True):
    """One layout of weighed labels; what a pattern means is in `pos.domain.barcode.in_store`."""

    name: ShortText = ""
    pattern: Annotated[str, Meta(pattern="^[0-9IPWXC]{6,64}$", examples=["21IIIIIWWWWWC"])]
    amount_decimals: Annotated[int, Meta(ge=0, le=4)] = 2
    weight_unit: Literal["kg", "g", "jin"] = "kg"
    weight_decimals: Annotated[int, Meta(ge=0, le=4)] = 3
    check: bool = True
    enabled: bool = True

    def to_domain(self) -> in_store.WeighedLayout:
        """The layout as the classifier reads it; LayoutError when the pattern cannot work."""
        return in_store.WeighedLayout(
            name=self.name or self.pattern,
            pattern=self.pattern,
            amount_decimals=self.amount_decimals,
            weight_unit=self.weight_unit,
            weight_decimals=self.weight_decimals,
            check=self.check,
            enabled=self.enabled,
        )


class Barcode(Table, frozen=True, kw_only=True):
    """How codes are read."""

    item_code_length: Annotated[int, Meta(ge=3, le=7)]
    eight_digits_from_zero: Literal["ean8", "upce"]
    near_expiry_days: Annotated[int, Meta(ge=0, le=365)]
    weighed: tuple[WeighedLayout, ...]

    def layouts(self) -> tuple[in_store.WeighedLayout, ...]:
        """The label layouts as the classifier reads them."""
        return tuple(layout.to_domain() for layout in self.weighed)


class Department(Table, frozen=True, kw_only=True):
    """An open department: goods sold at a typed price."""

    number: Annotated[int, Meta(ge=1, le=99)]
    item_code: ShortText
    name: ShortText
    name_en: ShortText = ""
    item_class: ShortText = ""
    tax_code: ShortText
    max_price_minor: Minor


class Reason(Table, frozen=True, kw_only=True):
    """One reason that can be chosen by its number."""

    id: Identifier
    name: ShortText
    name_en: ShortText = ""


class Reasons(Table, frozen=True, kw_only=True):
    """Reasons offered for what needs one."""

    void_line: tuple[Reason, ...]
    void_sale: tuple[Reason, ...]
    price_override: tuple[Reason, ...]
    discount: tuple[Reason, ...]
    return_goods: tuple[Reason, ...]
    no_sale: tuple[Reason, ...]
    paid_in: tuple[Reason, ...]
    paid_out: tuple[Reason, ...]
    reprint: tuple[Reason, ...]
    supplier_return: tuple[Reason, ...]
    scrap: tuple[Reason, ...]
    transfer: tuple[Reason, ...]
    loan: tuple[Reason, ...]
    set_apart: tuple[Reason, ...]
    cancel_print: tuple[Reason, ...]
