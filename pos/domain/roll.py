"""Till rolls: what another system traded, read row by row, to be traded again.

One row per line or tender, in the order in which they are to be traded; a transaction is a
contiguous run of one (store, workstation, business day, transaction). A row that is not right is
refused with its number, what was expected and what came; nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
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
from pos.domain.quantity import MAX_QUANTITY_MILLI, ONE, QuantityFormatError, parse_quantity

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


def N_(text: str) -> str:  # noqa: N802 - gettext's own name for a string translated later
    """Mark a text for the catalogue: the core speaks no language by itself."""
    return text


ROW = N_("row {number}: {sentence}")

WRONG_HEADER = N_("expected the header {expected}, got {got}")
WRONG_COLUMNS = N_("expected {count} columns, got another number of them")

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
    """A row that cannot be traded; the message names its number and what to do.

    `template` is the English sentence, to be translated, with `{names}` of `values`.
    """

    def __init__(self, row_number: int, template: str, **values: object) -> None:
        self.row_number = row_number
        self.template = template
        self.values = values
        super().__init__(self.text())

    def text(self, translate: Callable[[str], str] = str) -> str:
        """Row number and sentence, in the language of `translate`."""
        sentence = translate(self.template).format_map(self.values)
        return translate(ROW).format(number=self.row_number, sentence=sentence)


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
        raise RollError(1, WRONG_HEADER, expected=",".join(COLUMNS), got=",".join(got))


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
                    N_(
                        "business day {day} comes after {before} on workstation {workstation}; "
                        "it may not go backwards"
                    ),
                    day=day,
                    before=before,
                    workstation=workstation,
                )
            last_day[store, workstation] = day
        run.append(row)
    if run:
        yield _transaction(run)


def read_amount(number: int, text: str) -> int:
    """A row's amount in minor units; raises RollError."""
    try:
        return parse_amount(text)
    except MoneyFormatError as error:
        raise RollError(
            number, N_("expected an amount such as 12.50, got {got}"), got=repr(text)
        ) from error


def _read_price(number: int, text: str) -> int:
    try:
        return parse_unit_price(text) if text else 0
    except MoneyFormatError as error:
        raise RollError(
            number,
            N_("expected a unit price with at most 4 decimals such as 2.3500, got {got}"),
            got=repr(text),
        ) from error


def _read_quantity(number: int, text: str) -> int:
    try:
        return parse_quantity(text)
    except QuantityFormatError as error:
        raise RollError(
            number,
            N_(
                "expected a quantity of at most {most} with at most 3 decimals such as 2 or "
                "0.328, got {got}"
            ),
            most=MAX_QUANTITY_MILLI // ONE,
            got=repr(text),
        ) from error


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
            N_(
                "transaction {name}: its lines come to {lines} and its tenders to {tenders}; "
                "they must be equal"
            ),
            name=name,
            lines=format_amount(total),
            tenders=format_amount(paid),
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
        raise RollError(number, WRONG_COLUMNS, count=len(COLUMNS))
    for name in ("store_id", "workstation_id", "business_day", "transaction"):
        if not raw[name]:
            raise RollError(number, N_("{name} is empty; every row needs one"), name=name)
    day, at = raw["business_day"], raw["at"]
    if not _is_day(day):
        raise RollError(
            number, N_("expected a business day as YYYY-MM-DD, got {got}"), got=repr(day)
        )
    if at and not _is_time(at):
        raise RollError(
            number, N_("expected a time as YYYY-MM-DDTHH:MM:SS, got {got}"), got=repr(at)
        )
    try:
        kind = RowKind(raw["row"])
    except ValueError as error:
        known = ", ".join(kind.value for kind in RowKind)
        raise RollError(
            number,
            N_("expected one of {known} as row, got {got}"),
            known=known,
            got=repr(raw["row"]),
        ) from error
    value = _tender(number, raw) if kind is RowKind.TENDER else _line(number, raw, kind)
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
        raise RollError(number, N_("a tender row needs a tender_type"))
    return RollTender(
        row_number=number,
        tender_type=raw["tender_type"],
        amount_minor=read_amount(number, raw["amount"]),
        at=raw["at"],
    )


def _line(number: int, raw: Mapping[str, str], kind: RowKind) -> RollLine:
    quantity = _read_quantity(number, raw["quantity"])
    price = _read_price(number, raw["unit_price"])
    discount = _read_price(number, raw["unit_discount"])
    amount = extended_amount(price, quantity)
    if kind is RowKind.SALE and quantity <= 0:
        raise RollError(
            number, N_("a sale row needs a quantity above 0, got {got}"), got=raw["quantity"]
        )
    if kind is RowKind.RETURN and quantity >= 0:
        raise RollError(
            number, N_("a return row needs a quantity below 0, got {got}"), got=raw["quantity"]
        )
    if kind is RowKind.ADJUST and amount:
        raise RollError(
            number,
            N_("an adjust row moves stock only; its money must be 0, got {got}"),
            got=format_amount(amount),
        )
    if raw["amount"]:
        stated = read_amount(number, raw["amount"])
        if stated != amount:
            raise RollError(
                number,
                N_("quantity × unit_price rounds to {rounded}, but the amount says {stated}"),
                rounded=format_amount(amount),
                stated=format_amount(stated),
            )
    if kind is not RowKind.OTHER and not raw["item_code"]:
        raise RollError(number, N_("a {kind} row needs an item_code"), kind=kind.value)
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
