"""The open sale as a value: lines that are added, changed and voided by functions, never in place.

Every function returns a new `Cart` or a `Refusal` that says why; the shell decides what is
persisted and journaled. A cart remembers nothing of devices, operators' rights or time.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec

from pos.domain.item import Item
from pos.domain.money import extended_amount, percent_of_e4
from pos.domain.quantity import MAX_QUANTITY_MILLI, ONE


class LineKind(StrEnum):
    """What a line does to money and stock."""

    SALE = "sale"
    RETURN = "return"
    VOID = "void"
    """Cancels another line, often of an earlier transaction; never counts as a return."""

    ADJUST = "adjust"
    """Stock only, money 0."""

    OTHER = "other"
    """Non-merchandise amount without stock: cash rounding, fees, bad debt."""


class EntryMethod(StrEnum):
    """How the item came onto the line (ARTS EntryMethod)."""

    SCANNED = "scanned"
    KEYED = "keyed"
    WEIGHED = "weighed"
    LABEL = "label"
    QUICK = "quick"
    DEPARTMENT = "department"
    RECEIPT = "receipt"
    ROLL = "roll"
    SYSTEM = "system"


class Refusal(msgspec.Struct, frozen=True):
    """Why something was not done: a code for tests and translation, values for the sentence."""

    code: str
    """Stable word such as `quantity_not_positive`."""

    message: str
    """English sentence: what was expected, what came, what to do."""

    values: dict[str, str | int] = {}


class PriceOverride(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Why the price charged is not the price of the version named on the line (I7, I8)."""

    source: str
    """`cashier` within rights, `approval`, `price_correction`, `label`, `department` or `ROLL`."""

    reason: str = ""
    approver_id: str = ""
    approval_uuid: str = ""


class OriginalLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The line that a return or void line refers to."""

    transaction_no: str
    line_no: int
    business_day: str = ""


class CartLine(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One line of an open sale. Amounts in minor units, quantities in thousandths."""

    line_no: int
    kind: LineKind = LineKind.SALE
    item_code: str = ""
    description: str = ""
    description_en: str = ""
    spec: str = ""
    unit: str = ""
    item_class: str = ""
    barcode: str = ""
    """The code as scanned, kept even when it was unknown and sold as a department."""

    batch: str = ""
    """Batch or lot of the pack that was scanned."""

    expiry: str = ""
    """Its use-by or best-before date, ISO text."""

    unit_code: str = ""
    """What names this one pack: a drug trace code, or GTIN and serial (`01…21…`). Sold once."""

    entry_method: EntryMethod = EntryMethod.SCANNED
    quantity_milli: int = ONE
    weighed: bool = False
    list_price_e4: int = 0
    """Price of the catalogue version named below."""

    price_version: int = 0
    unit_price_e4: int = 0
    """What is charged for one unit, after `unit_discount_e4`."""

    unit_discount_e4: int = 0
    """What was taken off one unit before the price charged."""

    label_amount_minor: int | None = None
    """Authoritative amount printed on a weighed label (B2); it is never recomputed."""

    tax_code: str = ""
    tax_rate_bp: int = 0
    override: PriceOverride | None = None
    original: OriginalLine | None = None
    salesperson_id: str = ""
    reason: str = ""
    flags: tuple[str, ...] = ()
    at: str = ""
    """Local time of the till when the line was entered, ISO text; may be empty on a roll."""

    @property
    def amount_minor(self) -> int:
        """Amount of the line before any whole-sale discount is allocated to it."""
        if self.label_amount_minor is not None:
            return self.label_amount_minor
        if self.kind is LineKind.ADJUST:
            return 0
        return extended_amount(self.unit_price_e4, self.quantity_milli)

    @property
    def discount_minor(self) -> int:
        """Line discount in minor units: unit discount × quantity, rounded once."""
        return extended_amount(self.unit_discount_e4, self.quantity_milli)


class Cart(msgspec.Struct, frozen=True, omit_defaults=True):
    """An open sale: its lines in order, and the number that the next line gets."""

    lines: tuple[CartLine, ...] = ()
    next_line_no: int = 1
    whole_discount_minor: int = 0
    """Amount taken off the whole sale (整单优惠, 抹零), allocated over the lines by pricing."""

    whole_discount_reason: str = ""

    @property
    def total_minor(self) -> int:
        """Amount due before cash rounding."""
        return sum(line.amount_minor for line in self.lines) - self.whole_discount_minor

    @property
    def pieces_milli(self) -> int:
        """件数: the sum of quantities, a weighed line counting as one piece."""
        return sum(ONE if line.weighed else line.quantity_milli for line in self.lines)

    def line(self, line_no: int) -> CartLine | None:
        """Return the line with that number, or None."""
        return next((line for line in self.lines if line.line_no == line_no), None)

    @property
    def last(self) -> CartLine | None:
        """The line entered last, or None for an empty cart."""
        return self.lines[-1] if self.lines else None


def line_for_item(
    item: Item,
    *,
    quantity_milli: int = ONE,
    barcode: str = "",
    entry_method: EntryMethod = EntryMethod.SCANNED,
    label_amount_minor: int | None = None,
    kind: LineKind = LineKind.SALE,
    at: str = "",
) -> CartLine | Refusal:
    """Make an unnumbered line (line_no 0) for an item at the price in force, or say why not."""
    if item.held:
        return Refusal(
            "item_held",
            f"{item.name} is held by head office ({item.hold_reason}); it cannot be sold",
            {"item": item.name, "reason": item.hold_reason},
        )
    if item.unit_price_e4 is None and label_amount_minor is None and not item.department:
        return Refusal(
            "no_price",
            f"{item.name} has no approved retail price; ask for one or sell it as a department",
            {"item": item.name},
        )
    refusal = check_quantity(quantity_milli, weighed=item.weighed, kind=kind)
    if refusal is not None:
        return refusal
    return CartLine(
        line_no=0,
        kind=kind,
        item_code=item.item_code,
        description=item.name,
        description_en=item.name_en,
        spec=item.spec,
        unit=item.unit,
        item_class=item.item_class,
        barcode=barcode,
        entry_method=entry_method,
        quantity_milli=quantity_milli,
        weighed=item.weighed,
        list_price_e4=item.unit_price_e4 or 0,
        price_version=item.price_version,
        unit_price_e4=item.unit_price_e4 or 0,
        label_amount_minor=label_amount_minor,
        tax_code=item.tax_code,
        tax_rate_bp=item.tax_rate_bp,
        at=at,
    )


def check_quantity(
    quantity_milli: int, *, weighed: bool, kind: LineKind = LineKind.SALE
) -> Refusal | None:
    """Say why a quantity cannot stand on a line of that kind, or None."""
    magnitude = -quantity_milli if kind is LineKind.RETURN else quantity_milli
    if kind in (LineKind.SALE, LineKind.RETURN) and magnitude <= 0:
        return Refusal(
            "quantity_not_positive",
            "the quantity must be more than 0; to take a line off, void it",
        )
    if abs(quantity_milli) > MAX_QUANTITY_MILLI:
        return Refusal("quantity_too_large", "the quantity is too large; is it a barcode?")
    if not weighed and kind is LineKind.SALE and quantity_milli % ONE:
        return Refusal("quantity_not_whole", "this item is sold by the piece; type a whole number")
    return None


def add_line(cart: Cart, line: CartLine, *, merge: bool = True) -> Cart:
    """Append a line, or raise the last line's quantity when it is the same thing again.

    Only the last line merges, and only a plain scan of the same item at the same price: a
    weighed, labelled, overridden or returned line always stands alone.
    """
    last = cart.last
    if merge and last is not None and _mergeable(last, line):
        merged = msgspec.structs.replace(
            last, quantity_milli=last.quantity_milli + line.quantity_milli
        )
        return _replace(cart, lines=(*cart.lines[:-1], merged))
    numbered = msgspec.structs.replace(line, line_no=cart.next_line_no)
    return _replace(cart, lines=(*cart.lines, numbered), next_line_no=cart.next_line_no + 1)


def _mergeable(last: CartLine, line: CartLine) -> bool:
    return (
        last.item_code == line.item_code
        and last.item_code != ""
        and last.kind is line.kind is LineKind.SALE
        and last.unit_price_e4 == line.unit_price_e4
        and last.barcode == line.barcode
        and last.batch == line.batch
        and last.expiry == line.expiry
        and not last.unit_code
        and not line.unit_code
        and not last.weighed
        and last.label_amount_minor is None
        and line.label_amount_minor is None
        and last.override is None
        and line.override is None
        and last.unit_discount_e4 == 0
        and last.description == line.description
    )


def set_quantity(cart: Cart, line_no: int, quantity_milli: int) -> Cart | Refusal:
    """Change a line's quantity; refused on weighed and label-priced lines and for nothing."""
    line = cart.line(line_no)
    if line is None:
        return _no_line(line_no)
    if line.weighed or line.label_amount_minor is not None:
        return Refusal(
            "quantity_fixed_by_weight",
            "the weight decides the quantity of this line; void it and weigh again",
        )
    refusal = check_quantity(quantity_milli, weighed=line.weighed, kind=line.kind)
    if refusal is not None:
        return refusal
    return _with_line(cart, msgspec.structs.replace(line, quantity_milli=quantity_milli))


def override_price(
    cart: Cart, line_no: int, unit_price_e4: int, override: PriceOverride
) -> Cart | Refusal:
    """Charge another unit price; what is under the list price becomes the unit discount (PRC-05)."""
    line = cart.line(line_no)
    if line is None:
        return _no_line(line_no)
    if unit_price_e4 < 0:
        return Refusal("price_negative", "the price cannot be below 0")
    if line.label_amount_minor is not None:
        return Refusal(
            "price_fixed_by_label", "the label's amount is what is charged; print a new label"
        )
    discount = max(0, line.list_price_e4 - unit_price_e4)
    return _with_line(
        cart,
        msgspec.structs.replace(
            line,
            unit_price_e4=unit_price_e4,
            unit_discount_e4=discount,
            override=override,
        ),
    )


def discount_line(
    cart: Cart, line_no: int, pay_basis_points: int, override: PriceOverride
) -> Cart | Refusal:
    """Charge a share of the list price: 3.5折 is `pay_basis_points` 3,500 (PRC-13)."""
    line = cart.line(line_no)
    if line is None:
        return _no_line(line_no)
    if not 0 <= pay_basis_points <= 10_000:
        return Refusal("discount_out_of_range", "the part to pay must be between 0 and 100 %")
    return override_price(
        cart, line_no, percent_of_e4(line.list_price_e4, pay_basis_points), override
    )


def discount_whole(cart: Cart, amount_minor: int, reason: str) -> Cart | Refusal:
    """Take an amount off the whole sale (0 removes it); never below nothing to pay."""
    goods = sum(line.amount_minor for line in cart.lines)
    if amount_minor < 0 or amount_minor > max(0, goods):
        return Refusal(
            "discount_out_of_range", "a discount must be between 0 and the amount of the sale"
        )
    return _replace(cart, whole_discount_minor=amount_minor, whole_discount_reason=reason)


def void_line(cart: Cart, line_no: int) -> Cart | Refusal:
    """Take a line off the open sale. The caller journals it: nothing is deleted (invariant 4)."""
    if cart.line(line_no) is None:
        return _no_line(line_no)
    lines = tuple(line for line in cart.lines if line.line_no != line_no)
    goods = sum(line.amount_minor for line in lines)
    discount = min(cart.whole_discount_minor, max(0, goods))
    return _replace(cart, lines=lines, whole_discount_minor=discount)


def _with_line(cart: Cart, changed: CartLine) -> Cart:
    lines = tuple(changed if line.line_no == changed.line_no else line for line in cart.lines)
    goods = sum(line.amount_minor for line in lines)
    discount = min(cart.whole_discount_minor, max(0, goods))
    return _replace(cart, lines=lines, whole_discount_minor=discount)


def _replace(
    cart: Cart,
    *,
    lines: tuple[CartLine, ...] | None = None,
    next_line_no: int | None = None,
    whole_discount_minor: int | None = None,
    whole_discount_reason: str | None = None,
) -> Cart:
    return Cart(
        lines=cart.lines if lines is None else lines,
        next_line_no=cart.next_line_no if next_line_no is None else next_line_no,
        whole_discount_minor=(
            cart.whole_discount_minor if whole_discount_minor is None else whole_discount_minor
        ),
        whole_discount_reason=(
            cart.whole_discount_reason if whole_discount_reason is None else whole_discount_reason
        ),
    )


def _no_line(line_no: int) -> Refusal:
    return Refusal("no_such_line", f"there is no line {line_no} in this sale", {"line": line_no})
