"""What a roll cannot say by goods and keys alone, scanned as commands: `GUITAI-ROLL {json}`.

`pos replay --through devices` hands them in through the scanner, in front of or instead of goods.
They are obeyed on the journaled authority of a roll alone; at any other till such a scan is a code
that nobody knows.
"""

from __future__ import annotations

from concurrent.futures import Future
from typing import Any

import msgspec

from pos.domain.cart import Refusal
from pos.domain.roll import RollLine, RollTender, RollTransaction
from pos.domain.tender import CASH
from pos.i18n import N_
from pos.services import rolls, shifts
from pos.services.checkout.readiness import ready_to_sell
from pos.services.checkout.results import Completion
from pos.services.context import ROLL, NeedsApproval, Till

PREFIX = b"GUITAI-ROLL "


class OpenDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Open this business day."""

    business_day: str
    operator_id: str = ""


class CloseDay(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Close the business day with what people counted: minor units, None for 未点."""

    counted: dict[str, int | None] = {}


class RollCommand(
    msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True
):
    """One scanned command; what it holds is done in the order of the fields."""

    open_day: OpenDay | None = None
    close_day: CloseDay | None = None
    transaction: RollTransaction | None = None
    """A transaction begins; its lines and tenders follow one by one."""

    at: str | None = None
    """Local time of what follows."""

    line: RollLine | None = None
    """What the next item scanned is; one that names its item, or none ever, is entered at once."""

    scanned: bool = True
    """Whether the line waits for its item to be scanned."""

    tenders: tuple[RollTender, ...] | None = None
    """Pay and close the transaction with these; none is cash."""

    mark: str = ""
    """Shown on the screen when everything before it is done."""


class RollStep(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a scan that was the roll's own."""

    refusal: Refusal | None = None
    completion: Completion | None = None
    saved: Future[Any] | None = None
    """To be awaited before the step counts as done."""

    mark: str = ""


_DECODER = msgspec.json.Decoder(RollCommand)
_BAD = Refusal("bad_roll_command", N_("this roll command cannot be read"))


def encode(command: RollCommand) -> bytes:
    """The command as the bytes of a scan: ASCII without control characters."""
    text = msgspec.json.encode(command).decode()
    return PREFIX + "".join(c if c.isascii() else _escaped(c) for c in text).encode("ascii")


def take(till: Till, data: bytes) -> RollStep | None:
    """Obey a scan that a roll's authority makes the roll's own; None for goods as ever."""
    if till.authority != ROLL:
        return None
    if data.startswith(PREFIX):
        try:
            command = _DECODER.decode(data[len(PREFIX) :])
        except (msgspec.MsgspecError, ValueError):
            return RollStep(refusal=_BAD)
        return _obey(till, command)
    line, till.roll_line = till.roll_line, None
    if line is None:
        return None
    named = msgspec.structs.replace(line, item_code=data.decode("ascii", "replace"))
    return _enter(till, named)


def _obey(till: Till, command: RollCommand) -> RollStep:
    saved: Future[Any] | None = None
    if command.open_day is not None or command.close_day is not None:
        moved = _move_day(till, command)
        if isinstance(moved, Refusal):
            return RollStep(refusal=moved)
        saved = moved
    if command.transaction is not None:
        if not till.sale.empty:
            refusal = Refusal("sale_open", N_("finish or park the sale on the screen first"))
            return RollStep(refusal=refusal)
        rolls.begin_transaction(till, command.transaction)
    if command.at is not None:
        till.now = command.at
    if command.line is not None:
        if command.scanned:
            till.roll_line = command.line
        else:
            entered = _enter(till, command.line)
            if entered.refusal is not None:
                return entered
    if command.tenders is not None:
        paid = _settle(till, command.tenders)
        if isinstance(paid, Refusal):
            return RollStep(refusal=paid)
        return RollStep(completion=paid, saved=paid.saved, mark=command.mark)
    return RollStep(saved=saved, mark=command.mark)


def _move_day(till: Till, command: RollCommand) -> Future[Any] | Refusal:
    till.roll = till.roll_line = None
    result: object
    if command.open_day is not None:
        till.acting_operator_id = command.open_day.operator_id
        result = shifts.open_day(till, command.open_day.business_day, 0)
    else:
        counted = command.close_day.counted if command.close_day is not None else {}
        result = shifts.close_day(till, counted, handed_up_minor=counted.get(CASH))
    if isinstance(result, shifts.DayOpened | shifts.DayClosed):
        return result.saved
    return _refused(result)


def _enter(till: Till, line: RollLine) -> RollStep:
    refusal = ready_to_sell(till)
    if refusal is None:
        rolls.enter(till, line)
    return RollStep(refusal=refusal)


def _settle(till: Till, tenders: tuple[RollTender, ...]) -> Completion | Refusal:
    refusal = ready_to_sell(till)
    if refusal is not None:
        return refusal
    if till.roll is None:
        return _BAD
    return rolls.settle(till, msgspec.structs.replace(till.roll, tenders=tenders))


def _refused(result: object) -> Refusal:
    if isinstance(result, Refusal):
        return result
    right = result.right if isinstance(result, NeedsApproval) else ""
    return Refusal("needs_approval", N_("the roll has no authority for this"), {"right": right})


def _escaped(character: str) -> str:
    units = character.encode("utf-16-be")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
