"""What becomes of goods that arrive: accepted, rejected, short, over; all pure (RCV-04..06, RCV-15).

Four numbers of a line are kept apart: delivered by the note, received by the count, rejected and
accepted. What is not accepted, and what the paper and the goods differ by, goes on a discrepancy
document for whoever sent them, so that the good lines need not wait.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine, Rejection
from pos.domain.quantity import ONE


class Source(StrEnum):
    """What a receipt is counted against."""

    ORDER = "order"
    """An audited purchase order (RCV-15)."""

    DISPATCH = "dispatch"
    """A dispatch or a transfer in transit (RCV-11)."""

    NOTE = "note"
    """A delivery note whose quantities were typed (RCV-08)."""

    BLIND = "blind"
    """Counted without knowing what is expected; the checker's step compares."""


class Difference(StrEnum):
    """Why goods are on a discrepancy document."""

    SHORT = "short"
    OVER = "over"
    DAMAGED = "damaged"
    WRONG = "wrong"
    EXPIRED = "expired"
    CHECKLIST = "checklist"
    """A point of the checklist was answered with no (RCV-05)."""

    TEMPERATURE = "temperature"
    """Arrived too warm or too cold (RCV-16)."""

    NO_PRICE = "no_price"
    """No retail price is approved: nothing to sell it at."""

    OUT_OF_SCOPE = "out_of_scope"
    """Beyond the shop's licence (CAT-15)."""

    LICENCE_EXPIRED = "licence_expired"
    """The shop's licence for its trade has run out (CAT-15)."""

    NO_PAPERS = "no_papers"
    """Papers that its class asks for are not on file, or past their day (CAT-09..13)."""


AUTOMATIC: Final = (
    Difference.NO_PRICE,
    Difference.OUT_OF_SCOPE,
    Difference.LICENCE_EXPIRED,
    Difference.NO_PAPERS,
    Difference.EXPIRED,
    Difference.TEMPERATURE,
)
"""Reasons that follow from rules; nobody can accept such goods by hand."""

STANDING: Final = (
    "quality",
    "maker_name",
    "maker_address",
    "certificate",
    "trademark",
    "origin",
)
"""Points checked on every line, beside those of its class (RCV-05, CAT-06, CAT-08)."""

OPENED: Final = "opened"

CODE_LETTERS: Final = 64
"""Of a code that nobody knows, as far as it is kept on a claim."""


def statement(points: Iterable[str]) -> str:
    """The one statement that covers all lines: boxes opened, and every point that was checked."""
    return " ".join(dict.fromkeys((OPENED, *STANDING, *points)))


def automatic_reason(
    line: GoodsLine,
    today: str,
    *,
    priced: bool,
    in_scope: bool,
    licensed: bool,
    missing_papers: Sequence[str],
    temperature_tenths: tuple[int, int] | None,
) -> str:
    """Why a line cannot be accepted whatever people say; empty when it can."""
    if not priced:
        return Difference.NO_PRICE
    if not in_scope:
        return Difference.OUT_OF_SCOPE
    if not licensed:
        return Difference.LICENCE_EXPIRED
    if missing_papers:
        return Difference.NO_PAPERS
    if line.expiry and line.expiry < today:
        return Difference.EXPIRED
    measured = line.temperature_tenths
    if temperature_tenths is not None and measured is not None:
        lowest, highest = temperature_tenths
        if not lowest <= measured <= highest:
            return Difference.TEMPERATURE
    return ""


def judged(line: GoodsLine, automatic: str) -> GoodsLine:
    """The line with accepted and rejected in accord with what was received."""
    reason = line.reason
    shares: tuple[Rejection, ...] = ()
    if automatic:
        rejected, reason = line.received_milli, automatic
    elif reason in AUTOMATIC:
        rejected, reason = 0, ""
    else:
        rejected = min(line.rejected_milli, line.received_milli)
        shares = _within(line.rejections, rejected)
        if not rejected and reason != Difference.OVER:
            reason = ""
    checked = reason == Difference.CHECKLIST or bool(shares)
    return msgspec.structs.replace(
        line,
        rejected_milli=rejected,
        quantity_milli=line.received_milli - rejected,
        reason=reason,
        failed_checks=line.failed_checks if checked else (),
        rejections=shares,
    )


def shares_of(line: GoodsLine, excess_milli: int = 0) -> tuple[Rejection, ...]:
    """What of a line was rejected, one share a reason, without the `excess_milli` beyond the paper."""
    if line.rejections:
        return line.rejections
    rejected = line.rejected_milli - excess_milli
    if rejected <= 0:
        return ()
    reason = line.reason or Difference.DAMAGED
    if excess_milli and reason in (Difference.OVER, Difference.WRONG):
        reason = Difference.DAMAGED
    share = Rejection(
        quantity_milli=rejected, reason=str(reason), failed_checks=line.failed_checks
    )
    return (share,)


def with_shares(line: GoodsLine, shares: Sequence[Rejection]) -> GoodsLine:
    """The line with exactly these shares rejected; two of one reason and note become one."""
    sums: dict[tuple[str, tuple[str, ...], str], int] = {}
    for one in shares:
        key = (str(one.reason), one.failed_checks, one.note)
        sums[key] = sums.get(key, 0) + one.quantity_milli
    kept = tuple(
        Rejection(quantity_milli=quantity, reason=reason, failed_checks=failed, note=note)
        for (reason, failed, note), quantity in sums.items()
        if quantity > 0
    )
    points = dict.fromkeys(point for one in kept for point in one.failed_checks)
    # One share without a note is what the line itself says.
    plain = len(kept) == 1 and not kept[0].note
    return msgspec.structs.replace(
        line,
        rejected_milli=sum(one.quantity_milli for one in kept),
        reason=kept[0].reason if kept else "",
        failed_checks=tuple(points),
        rejections=() if plain else kept,
    )


def _within(shares: Sequence[Rejection], most_milli: int) -> tuple[Rejection, ...]:
    """Shares cut to what there is, the last ones first."""
    kept: list[Rejection] = []
    for one in shares:
        quantity = min(one.quantity_milli, most_milli)
        if quantity > 0:
            kept.append(msgspec.structs.replace(one, quantity_milli=quantity))
            most_milli -= quantity
    return tuple(kept)


def allowed_milli(expected_milli: int, tolerance_bp: int, *, pieces: bool = True) -> int:
    """The most that is taken of a line: what is ordered and the tolerance of it, rounded down.

    Goods counted in `pieces` are taken whole.
    """
    most = expected_milli + expected_milli * tolerance_bp // 10_000
    return max(expected_milli, most - most % ONE) if pieces else most


def in_pieces(lines: Iterable[GoodsLine]) -> bool:
    """Whether all of these quantities are whole."""
    return all(not line.received_milli % ONE for line in lines)


def group_of(line: GoodsLine) -> tuple[int, str]:
    """Lines of one order line belong together: batches of the same goods."""
    return (line.order_line, line.item_code) if line.order_line else (0, line.item_code)


def expected_of(lines: Iterable[GoodsLine]) -> dict[tuple[int, str], int]:
    """Group → what the paper says; groups that no paper knows are not in it."""
    found: dict[tuple[int, str], int] = {}
    for line in lines:
        if line.expected_milli is not None:
            group = group_of(line)
            found[group] = found.get(group, 0) + line.expected_milli
    return found


def without_excess(
    lines: Sequence[GoodsLine], over: Mapping[int, int], tolerance_bp: int
) -> tuple[tuple[GoodsLine, ...], dict[int, int]]:
    """The lines with what is beyond the tolerance rejected, and how much of each line that is.

    `over` is what an earlier call took away, so that calling again gives the same (RCV-15). Goods
    that the paper does not know at all are over in full: they were not ordered.
    """
    bare = [_given_back(line, over.get(line.line_no, 0)) for line in lines]
    expected = expected_of(bare)
    if not expected:
        return tuple(bare), {}
    groups: dict[tuple[int, str], list[GoodsLine]] = {}
    for line in bare:
        groups.setdefault(group_of(line), []).append(line)
    excess = {
        group: sum(line.quantity_milli for line in same)
        - allowed_milli(expected.get(group, 0), tolerance_bp, pieces=in_pieces(same))
        for group, same in groups.items()
    }
    taken: dict[int, int] = {}
    result: list[GoodsLine] = []
    for line in reversed(bare):
        group = group_of(line)
        share = min(line.quantity_milli, max(0, excess.get(group, 0)))
        if share:
            excess[group] -= share
            taken[line.line_no] = share
            line = msgspec.structs.replace(  # noqa: PLW2901 - what is left of it
                line,
                quantity_milli=line.quantity_milli - share,
                rejected_milli=line.rejected_milli + share,
                reason=line.reason or _beyond(group, expected),
            )
        result.append(line)
    return tuple(reversed(result)), taken


def differences(
    lines: Sequence[GoodsLine], over: Mapping[int, int], nameless: Sequence[GoodsLine] = ()
) -> tuple[GoodsLine, ...]:
    """Lines of the discrepancy document: what is claimed, each with its reason and quantity.

    Short is what the note says and nobody counted; what was rejected has a line for each of its
    reasons; what came beyond the note and was taken is noted as over, for the sender's books.
    `nameless` are goods whose codes nobody knows (`nameless`): they go back as well.
    """
    found: list[GoodsLine] = []
    delivered: dict[tuple[int, str], int] = {}
    received: dict[tuple[int, str], int] = {}
    first: dict[tuple[int, str], GoodsLine] = {}
    expected = expected_of(lines)
    for line in lines:
        group = group_of(line)
        first.setdefault(group, line)
        delivered[group] = delivered.get(group, 0) + line.delivered_milli
        received[group] = received.get(group, 0) + line.received_milli
        excess = over.get(line.line_no, 0)
        if excess:
            found.append(_claim(line, excess, _beyond(group, expected), ()))
        found += [
            _claim(line, one.quantity_milli, one.reason, one.failed_checks, one.note)
            for one in shares_of(line, excess)
        ]
    for group, line in first.items():
        missing = delivered[group] - received[group]
        if missing > 0:
            found.append(_claim(line, missing, Difference.SHORT, ()))
        beyond = -missing - sum(
            over.get(one.line_no, 0) for one in lines if group_of(one) == group
        )
        if delivered[group] and beyond > 0:
            found.append(_claim(line, beyond, Difference.OVER, ()))
    found += nameless
    return tuple(
        msgspec.structs.replace(line, line_no=number) for number, line in enumerate(found, start=1)
    )


def nameless(code: str, quantity_milli: int, description: str = "") -> GoodsLine:
    """Goods that came and that no list knows: the code as it was read, how many, what they are."""
    return GoodsLine(
        line_no=0,
        item_code=code[:CODE_LETTERS],
        barcode=code[:CODE_LETTERS],
        quantity_milli=quantity_milli,
        description=description,
        reason=Difference.WRONG.value,
    )


def discrepancy(receipt: GoodsDocument, lines: Sequence[GoodsLine]) -> GoodsDocument:
    """The discrepancy document of a receipt; its reference becomes the receipt's number."""
    return GoodsDocument(
        document_uuid="",
        document_kind=DocumentKind.DISCREPANCY,
        document_no="",
        lines=tuple(lines),
        source=receipt.source,
        reference_no=receipt.reference_no,
        counterparty_id=receipt.counterparty_id,
        counterparty_name=receipt.counterparty_name,
        deliverer_name=receipt.deliverer_name,
        receiver_name=receipt.receiver_name,
        fields={"order": receipt.reference} if receipt.reference else {},
    )


def days_left(expiry: str, today: str) -> int | None:
    """Days until the date has passed; None without a date."""
    if not expiry:
        return None
    return (date.fromisoformat(expiry) - date.fromisoformat(today)).days


def later_by(day: str, days: int) -> str:
    """An ISO date some days later."""
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat()


def _given_back(line: GoodsLine, excess: int) -> GoodsLine:
    if not excess:
        return line
    rejected = max(0, line.rejected_milli - excess)
    return msgspec.structs.replace(
        line,
        rejected_milli=rejected,
        quantity_milli=line.received_milli - rejected,
        reason=_reason_left(line),
    )


def _reason_left(line: GoodsLine) -> str:
    """Why the rest of a line is rejected once what is too much of it is given back."""
    if line.rejections:
        return line.rejections[0].reason
    return "" if line.reason in (Difference.OVER, Difference.WRONG) else line.reason


def _beyond(group: tuple[int, str], expected: Mapping[tuple[int, str], int]) -> str:
    """Too much of what was ordered, or something that was not."""
    return Difference.OVER if group in expected else Difference.WRONG


def _claim(
    line: GoodsLine,
    quantity_milli: int,
    reason: str,
    failed_checks: tuple[str, ...],
    note: str = "",
) -> GoodsLine:
    return msgspec.structs.replace(
        line,
        quantity_milli=quantity_milli,
        rejected_milli=0,
        received_milli=0,
        expected_milli=None,
        delivered_milli=0,
        unit_codes=(),
        reason=str(reason),
        failed_checks=failed_checks,
        rejections=(),
        note=note or line.note,
        opened=False,
    )
