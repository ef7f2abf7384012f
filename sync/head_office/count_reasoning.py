"""Reasons for many differences at once: a page of them, or all that a filter names (STK-11).

A reason given once is one line of the count's history, whatever the number of differences.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.goods.count_reasons import reason_problem
from pos.i18n import N_
from sync.head_office import count_rows
from sync.head_office.count_opening import NotReady
from sync.head_office.count_rows import COMPUTED, KeptLine, StockCount
from sync.head_office.goods_counts import GoodsCounts
from sync.head_office.refusals import Problem, Refused, refused

SIDES = ("", "surplus", "shortage")


class LineFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which differences; what is left empty says nothing."""

    item_class: str = ""
    under_minor: int | None = None
    """Only those whose value is known and below this, surplus or shortage."""

    side: str = ""
    """`surplus` or `shortage`."""

    text: str = ""
    """Part of an item's code or name."""

    given: str = ""
    """Only those with this reason; `none` for those without any."""

    @property
    def empty(self) -> bool:
        """Whether it names everything."""
        return self == LineFilter()

    def takes(self, line: KeptLine) -> bool:
        """Whether a difference is meant."""
        if self.item_class and line.item_class != self.item_class:
            return False
        value = line.value_minor
        if self.under_minor is not None and (value is None or abs(value) >= self.under_minor):
            return False
        if self.side and (line.variance_milli > 0) != (self.side == "surplus"):
            return False
        if self.given and (line.reason or "none") != self.given:
            return False
        text = self.text.casefold()
        return text in f"{line.item_code} {line.description}".casefold()


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """What was typed for one difference."""

    number: int
    """Of its row on the page, for what is said about it."""

    item_code: str
    batch: str
    reason: str
    note: str


def give_where(
    counts: GoodsCounts,
    count: StockCount,
    wanted: LineFilter,
    reason: str,
    note: str,
    *,
    by: str,
    also_given: bool = False,
) -> int:
    """One reason for all that a filter names; returns how many. Those with a reason keep it.

    `also_given` writes over what was given before. Raises NotReady, Refused.
    """
    _may(count)
    _check(reason, note)
    lines = [
        line
        for line in count_rows.lines(counts.dialect, count.store_id, count.count_id)
        if wanted.takes(line) and (also_given or not line.reason)
    ]
    with counts.dialect.transaction():
        for line in lines:
            count_rows.put_reason(counts.dialect, count, line, reason, note, by)
        if lines:
            _tell(counts, count, by, f"{len(lines)} lines: {reason} {note}")
    return len(lines)


def give_lines(counts: GoodsCounts, count: StockCount, given: Sequence[Given], *, by: str) -> int:
    """What was typed on a page, line by line; returns how many changed.

    A line without a reason stays as it is. Nothing is written when one line is refused: Refused
    names the fields `reason-3` and `note-3` of every row that is wrong. Raises NotReady.
    """
    _may(count)
    known = {
        (line.item_code, line.batch): line
        for line in count_rows.lines(counts.dialect, count.store_id, count.count_id)
    }
    changed: list[tuple[KeptLine, Given]] = []
    wrong: list[Problem] = []
    for one in given:
        line = known.get((one.item_code, one.batch))
        if line is None or (one.reason, one.note) == (line.reason, line.note):
            continue
        if not one.reason and not one.note:
            continue
        problem = reason_problem(one.reason, one.note)
        if problem == "no_reason":
            wrong.append(Problem(f"reason-{one.number}", _CHOOSE))
        elif problem:
            wrong.append(Problem(f"note-{one.number}", _SAY))
        else:
            changed.append((line, one))
    if wrong:
        raise Refused(wrong)
    with counts.dialect.transaction():
        for line, one in changed:
            count_rows.put_reason(counts.dialect, count, line, one.reason, one.note, by)
        if changed:
            told = ", ".join(f"{one.item_code}: {one.reason}" for _, one in changed[:10])
            _tell(counts, count, by, f"{len(changed)} lines: {told}")
    return len(changed)


_CHOOSE = N_("Choose a reason.")
_SAY = N_("Say in the note which other reason it is.")


def _may(count: StockCount) -> None:
    if count.state != COMPUTED:
        raise NotReady("wrong_state", f"count {count.count_id} is {count.state}")


def _check(reason: str, note: str) -> None:
    problem = reason_problem(reason, note)
    if problem == "no_reason":
        raise refused("reason", _CHOOSE)
    if problem:
        raise refused("note", _SAY)


def _tell(counts: GoodsCounts, count: StockCount, by: str, note: str) -> None:
    now_ms = counts.office.clock_ms()
    count_rows.tell(counts.dialect, now_ms, count, by, "reason", note)
