"""Till rolls: what another system traded, read row by row, to be traded again.

One row per line or tender, in the order in which they are to be traded; a transaction is a
contiguous run of one (store, workstation, business day, transaction). A row that is not right is
refused with its number, what was expected and what came; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from enum import StrEnum
from functools import cache

import msgspec

from pos.domain.cart import LineKind
from pos.domain.money import (
    MoneyFormatError,
    extended_amount,
    format_amount,
    parse_amount,
    parse_unit_price,
)
from pos.domain.quantity import QuantityFormatError, parse_quantity

COLUMNS = (
    "store_id",
    "workstation_id",
    "business_day",
    "at",
    "transaction",
    "operator_id",
    "row",
    "item_code",
    "description",
    "quantity",
    "unit_price",
    "unit_discount",
    "amount",
    "tender_type",
)


_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]{1,6})?")


class RowKind(StrEnum):
    """What a row of the roll is."""

    SALE = "sale"
    RETURN = "return"
    VOID = "void"
    ADJUST = "adjust"
    OTHER = "other"
    TENDER = "tender"


class RollError(ValueError):
    """A row that cannot be traded; the message names its number and what to do."""

    def __init__(self, row_number: int, message: str) -> None:
        super().__init__(f"row {row_number}: {message}")
        self.row_number = row_number


class RollLine(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line row. Units as everywhere: minor units, ten-thousandths, thousandths."""

    row_number: int
    kind: LineKind
    item_code: str
    description: str
    quantity_milli: int
    unit_price_e4: int
    unit_discount_e4: int
    at: str


class RollTender(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One tender row; change is a negative amount."""

    row_number: int
    tender_type: str
    amount_minor: int
    at: str


class RollTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """A contiguous run of rows: one transaction to be traded."""

    store_id: str
    workstation_id: str
    business_day: str
    transaction: str
    operator_id: str
    """Operator and time of the first row."""

    at: str
    row_number: int
    lines: tuple[RollLine, ...]
    tenders: tuple[RollTender, ...]


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    key: tuple[str, str, str, str]
    operator_id: str
    at: str
    value: RollLine | RollTender


def check_header(columns: Iterable[str] | None) -> None:
    """Raise RollError unless the header is exactly the roll's."""
    got = tuple(columns or ())
    if got != COLUMNS:
        raise RollError(1, f"expected the header {','.join(COLUMNS)}, got {','.join(got)}")


def read_transactions(rows: Iterable[Mapping[str, str]]) -> Iterator[RollTransaction]:
    """Group parsed CSV rows (header row is row 1) into transactions; raises RollError.

    Refused besides bad values: a business day that goes backwards on a workstation, and lines that
    do not balance with their tenders. A number that comes again later in a day is a transaction of
    its own: old tills count round, and the run alone says what belongs together.
    """
    last_day: dict[tuple[str, str], str] = {}
    run: list[_Row] = []
    for number, raw in enumerate(rows, start=2):
        row = _parse(number, raw)
        if run and row.key != run[0].key:
            yield _transaction(run)
            run = []
        if not run:
            store, workstation, day, _ = row.key
            before = last_day.get((store, workstation), "")
            if day < before:
                raise RollError(
                    number,
                    f"business day {day} comes after {before} on workstation {workstation}; "
                    "it may not go backwards",
                )
            last_day[store, workstation] = day
        run.append(row)
    if run:
        yield _transaction(run)


def _transaction(run: list[_Row]) -> RollTransaction:
    store, workstation, day, name = run[0].key
    lines = tuple(row.value for row in run if isinstance(row.value, RollLine))
    tenders = tuple(row.value for row in run if isinstance(row.value, RollTender))
    total = sum(extended_amount(x.unit_price_e4, x.quantity_milli) for x in lines)
    paid = sum(tender.amount_minor for tender in tenders)
    first = run[0].value.row_number
    if tenders and total != paid:
        raise RollError(
            first,
            f"transaction {name}: its lines come to {format_amount(total)} and its tenders to "
            f"{format_amount(paid)}; they must be equal",
        )
    return RollTransaction(
        store_id=store,
        workstation_id=workstation,
        business_day=day,
        transaction=name,
        operator_id=run[0].operator_id,
        at=run[0].at,
        row_number=first,
        lines=lines,
        tenders=tenders,
    )


def _parse(number: int, raw: Mapping[str, str]) -> _Row:
    missing = [name for name in COLUMNS if raw.get(name) is None]
    if missing or None in raw:
        raise RollError(number, f"expected {len(COLUMNS)} columns, got another number of them")
    for name in ("store_id", "workstation_id", "business_day", "transaction"):
        if not raw[name]:
            raise RollError(number, f"{name} is empty; every row needs one")
    day, at = raw["business_day"], raw["at"]
    if not _is_day(day):
        raise RollError(number, f"expected a business day as YYYY-MM-DD, got {day!r}")
    if at and not _is_time(at):
        raise RollError(number, f"expected a time as YYYY-MM-DDTHH:MM:SS, got {at!r}")
    try:
        kind = RowKind(raw["row"])
    except ValueError as error:
        known = ", ".join(kind.value for kind in RowKind)
        raise RollError(number, f"expected one of {known} as row, got {raw['row']!r}") from error
    try:
        value = _tender(number, raw) if kind is RowKind.TENDER else _line(number, raw, kind)
    except (MoneyFormatError, QuantityFormatError) as error:
        raise RollError(number, str(error)) from error
    return _Row(
        key=(raw["store_id"], raw["workstation_id"], day, raw["transaction"]),
        operator_id=raw["operator_id"],
        at=at,
        value=value,
    )


@cache
def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def _is_time(text: str) -> bool:
    if _TIME.fullmatch(text) is None:
        return False
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _tender(number: int, raw: Mapping[str, str]) -> RollTender:
    if not raw["tender_type"]:
        raise RollError(number, "a tender row needs a tender_type")
    return RollTender(
        row_number=number,
        tender_type=raw["tender_type"],
        amount_minor=parse_amount(raw["amount"]),
        at=raw["at"],
    )


def _line(number: int, raw: Mapping[str, str], kind: RowKind) -> RollLine:
    quantity = parse_quantity(raw["quantity"])
    price = parse_unit_price(raw["unit_price"]) if raw["unit_price"] else 0
    discount = parse_unit_price(raw["unit_discount"]) if raw["unit_discount"] else 0
    amount = extended_amount(price, quantity)
    if kind is RowKind.SALE and quantity <= 0:
        raise RollError(number, f"a sale row needs a quantity above 0, got {raw['quantity']}")
    if kind is RowKind.RETURN and quantity >= 0:
        raise RollError(number, f"a return row needs a quantity below 0, got {raw['quantity']}")
    if kind is RowKind.ADJUST and amount:
        raise RollError(
            number,
            f"an adjust row moves stock only; its money must be 0, got {format_amount(amount)}",
        )
    if raw["amount"]:
        stated = parse_amount(raw["amount"])
        if stated != amount:
            raise RollError(
                number,
                f"quantity × unit_price rounds to {format_amount(amount)}, "
                f"but the amount says {format_amount(stated)}",
            )
    if kind is not RowKind.OTHER and not raw["item_code"]:
        raise RollError(number, f"a {kind.value} row needs an item_code")
    return RollLine(
        row_number=number,
        kind=LineKind(kind.value),
        item_code=raw["item_code"],
        description=raw["description"],
        quantity_milli=quantity,
        unit_price_e4=price,
        unit_discount_e4=discount,
        at=raw["at"],
    )
