"""Lines of registers that a sale leaves in its own transaction (QLT-02, QLT-03, QLT-05, QLT-13).

Medical devices leave a line of the sales record with exactly the fields that the law names; goods
under special control leave an arrival to verify; goods recalled and brought back count against
their recall. Plain goods cost one dict lookup a line.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from pos.domain.cart import LineKind
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.domain.money import format_amount, format_unit_price
from pos.domain.quantity import format_quantity
from pos.domain.sale import Transaction, TransactionLine
from pos.receipt.facts import SlipFacts
from pos.services.context import Till
from pos.services.goods.rules import GoodsRule, rule_in_sale
from pos.store import units
from pos.store.journal import WriteTransaction

DEVICE: Final = "device"
RECALLED: Final = "recalled:"
"""Flag of a return line that brings recalled goods back, before the recall's order id."""

BUYER_FIELDS: Final = ("buyer", "buyer_licence", "buyer_address", "buyer_contact")


def wants_buyer(till: Till) -> bool:
    """Whether a device is on the sale and who buys it, or who signs for it, has not been said."""
    if till.sale.buyer or not (asks_buyer(till) or asks_signature(till)):
        return False
    return bool(device_lines(till) if asks_buyer(till) else sterile_lines(till))


def asks_buyer(till: Till) -> bool:
    """Whether this shop asks who buys a device (QLT-02)."""
    quality = till.settings.quality
    if quality.device_buyer == "wholesale":
        licence = quality.licence_of(DEVICE)
        return licence is not None and licence.mode == "wholesale"
    return quality.device_buyer != "never"


def asks_signature(till: Till) -> bool:
    """Whether the responsible person signs for sterile goods at each sale (QLT-03)."""
    return till.settings.quality.sterile_signature == "tender"


def device_lines(till: Till) -> list[int]:
    """Numbers of the open sale's lines that go into the devices' sales record."""
    return [
        line.line_no
        for line in till.sale.cart.lines
        if line.kind is LineKind.SALE and rule_in_sale(till, line).trade == DEVICE
    ]


def sterile_lines(till: Till) -> list[int]:
    """Numbers of the lines whose record the responsible person signs (QLT-03)."""
    return [
        line.line_no
        for line in till.sale.cart.lines
        if line.kind is LineKind.SALE and rule_in_sale(till, line).sterile
    ]


def known_buyers(till: Till) -> list[dict[str, str]]:
    """Companies that bought devices here before, the latest first."""
    rows = till.journal.reader().execute(
        "SELECT fields FROM register_note WHERE register = ? ORDER BY entry_id DESC LIMIT 200",
        (Register.DEVICE_SALE.value,),
    )
    found: dict[str, dict[str, str]] = {}
    for (text,) in rows:
        fields = msgspec.json.decode(text, type=dict[str, str])
        if fields.get("mode") == "wholesale" and fields.get("buyer"):
            buyer = {name: fields[name] for name in BUYER_FIELDS if fields.get(name)}
            found.setdefault(fields["buyer"], buyer)
    return list(found.values())


def slip_facts(
    connection: sqlite3.Connection, transaction: Transaction, facts: SlipFacts
) -> SlipFacts:
    """The facts with what the devices' record knows of this slip's goods (CAT-13)."""
    if not any(line.batch or line.unit_code for line in transaction.lines):
        return facts
    rows = connection.execute(
        "SELECT item_code, fields FROM register_note WHERE register = ? AND subject = ?",
        (Register.DEVICE_SALE.value, transaction.transaction_no),
    )
    found = {
        code: fields["registration_no"]
        for code, text in rows
        for fields in [msgspec.json.decode(text, type=dict[str, str])]
        if fields.get("registration_no")
    }
    return msgspec.structs.replace(facts, registrations=found) if found else facts


def notes_of(till: Till, transaction: Transaction) -> tuple[RegisterNoted, ...]:
    """What the registers say of a transaction that is about to be written."""
    found: list[RegisterNoted] = []
    buyer = till.sale.buyer
    for line in transaction.lines:
        if not line.item_code or line.kind not in (LineKind.SALE, LineKind.RETURN):
            continue
        rule = rule_in_sale(till, line)
        if rule.trade == DEVICE:
            found.append(_device(till, transaction, line, rule, buyer))
        if rule.controlled and line.kind is LineKind.SALE:
            found.append(_arrival(till, transaction, line))
        if line.kind is LineKind.RETURN:
            found += _recalled(transaction, line)
    return tuple(found)


def write(
    txn: WriteTransaction, notes: Sequence[RegisterNoted], operator_id: str, day: str
) -> None:
    """Journal them beside their sale."""
    for note in notes:
        txn.append(EntryKind.REGISTER_NOTED, note, operator_id=operator_id, business_day=day)


def _device(
    till: Till,
    transaction: Transaction,
    line: TransactionLine,
    rule: GoodsRule,
    buyer: Mapping[str, str],
) -> RegisterNoted:
    back = line.kind is LineKind.RETURN
    fields = {
        "name": line.description,
        "spec": line.spec,
        "registration_no": rule.registration_no,
        "quantity": format_quantity(line.quantity_milli),
        "unit": line.unit,
        "unit_price": format_unit_price(line.unit_price_e4),
        "amount": format_amount(line.amount_minor),
        "batch_or_serial": line.batch or line.unit_code,
        "serial": line.unit_code,
        "expiry": line.expiry,
        "sale_date": till.business_day,
        "maker": rule.maker,
        "maker_licence_no": rule.maker_licence_no,
        **{name: buyer.get(name, "") for name in BUYER_FIELDS},
        "mode": buyer.get("mode", ""),
        "sterilisation_batch": "",
        "handler": transaction.operator_id,
        "responsible": buyer.get("responsible", ""),
    }
    if rule.sterile:
        fields["sterile"] = "1"
        fields["sterilisation_batch"] = buyer.get(
            f"sterilisation_{line.line_no}", ""
        ) or sterilisation_batch(till, line.item_code, line.batch)
    return RegisterNoted(
        register=Register.DEVICE_SALE,
        subject=transaction.transaction_no,
        action="returned" if back else "sold",
        item_code=line.item_code,
        batch=line.batch,
        unit_code=line.unit_code,
        quantity_milli=line.quantity_milli,
        document_no=transaction.transaction_no,
        person_id=buyer.get("responsible", ""),
        fields={name: value for name, value in fields.items() if value},
    )


def sterilisation_batch(till: Till, item_code: str, batch: str) -> str:
    """灭菌批号 of a batch as it was received, or empty."""
    known = units.batch(till.journal.reader(), item_code, batch)
    return known.sterilisation_batch if known is not None else ""


def _arrival(till: Till, transaction: Transaction, line: TransactionLine) -> RegisterNoted:
    return RegisterNoted(
        register=Register.ARRIVAL_CHECK,
        subject=f"{transaction.transaction_no}/{line.line_no}",
        action="open",
        item_code=line.item_code,
        batch=line.batch,
        unit_code=line.unit_code,
        quantity_milli=line.quantity_milli,
        document_no=transaction.transaction_no,
        fields={
            "name": line.description,
            **({"member": transaction.member_id} if transaction.member_id else {}),
            **{name: till.sale.buyer[name] for name in BUYER_FIELDS if till.sale.buyer.get(name)},
        },
    )


def _recalled(transaction: Transaction, line: TransactionLine) -> list[RegisterNoted]:
    orders = [flag[len(RECALLED) :] for flag in line.flags if flag.startswith(RECALLED)]
    return [
        RegisterNoted(
            register=Register.RECALL,
            subject=order_id,
            action="returned",
            item_code=line.item_code,
            batch=line.batch,
            unit_code=line.unit_code,
            quantity_milli=-line.quantity_milli,
            document_no=transaction.transaction_no,
            fields=(
                {"sold_as": line.original.transaction_no}
                if line.original is not None and line.original.transaction_no
                else {}
            ),
        )
        for order_id in orders
    ]
