"""What a count finds: counted less what the books expected at that very moment (R14, STK-05).

Pure, and the same at the till (provisional) and at head office (which alone decides). Nothing
stops while goods are counted: each scan has its time and the sequence its till's journal had
reached, and the ledger is replayed to that moment.

Conventions:

* A movement lies before a moment when, on the workstation that scanned, its place in the journal
  is not after the scan's; on any other workstation, when its head-office-corrected time is not.
* An item is counted where it lies: scans of all areas add up. In an area its moment is its last
  scan there; over areas the item's moment is the latest of them. What moved between its first and
  its last scan cannot be put before or after the counting hand, so it is told with the result.
* Goods of the shop for sale are counted. Sold and not delivered, lent and set apart to be judged
  are other places of the ledger and are not; pieces with a mixed or lost tag are not counted in.
* In a pass that was held, what nobody scanned was counted as none at the pass's last scan; what no
  pass scanned was counted as none at the count's end.
* Two blind passes agree about an item when they find the same variance, each at its own moment:
  while trading, equal counts are not the same thing.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum

import msgspec

from pos.domain.goods.counting import Tag

ItemBatch = tuple[str, str]
"""Item code and batch; the batch is empty where none is known."""

LAST_PASS = 3
CLOSE_MS = 2_000
"""Tills know head office's time to some hundredths of a second: what another till moved as near to
a scan as this is told with the result."""


class Moment(msgspec.Struct, frozen=True, gc=False):
    """A point in the life of the store's ledger, as one workstation saw it."""

    workstation: str
    """Identity of the till; empty for a moment that is a time alone."""

    epoch_no: int
    after_seq: int
    utc_ms: int
    """By head office's clock."""


class Scanned(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A counted line and when it was counted."""

    item_code: str
    quantity_milli: int
    moment: Moment
    pass_no: int = 1
    area: str = ""
    counter_id: str = ""
    batch: str = ""
    unit_code: str = ""
    tag: str = ""


class Moved(msgspec.Struct, frozen=True, gc=False):
    """A movement of the shop's stock and where it stands in its till's journal."""

    workstation: str
    epoch_no: int
    seq: int
    utc_ms: int
    item_code: str
    batch: str
    quantity_milli: int


class Finding(StrEnum):
    """How sure a result is."""

    AGREED = "agreed"
    """Both blind passes, or the third, or the one pass that was asked for."""

    DIFFERS = "differs"
    """The passes disagree and nobody has counted a third time."""

    ONE_PASS = "one_pass"  # noqa: S105 - of a count
    """Two passes were asked for and only one was held."""

    UNCOUNTED = "uncounted"
    """In the count's scope and scanned by nobody: counted as none."""


class CountLine(msgspec.Struct, frozen=True, kw_only=True):
    """One item and batch of a count's result."""

    item_code: str
    batch: str
    counted_milli: int
    expected_milli: int
    finding: Finding
    pass_no: int
    """The pass that decided; 0 when nobody scanned the item."""

    at_utc_ms: int
    moved_meanwhile_milli: int = 0
    """What moved between the item's first and last scan of that pass, or at another till in the very
    moment (absolute amounts)."""

    item_variance_milli: int = 0
    """Of the item over all its batches; 0 with a variance here: only the batches are mixed up."""

    areas: tuple[str, ...] = ()
    counters: tuple[str, ...] = ()

    @property
    def variance_milli(self) -> int:
        """Surplus above zero, shortage below."""
        return self.counted_milli - self.expected_milli


def is_before(moved: Moved, moment: Moment) -> bool:
    """Whether a movement lies before a moment: by sequence on its own till, else by time (R14)."""
    if moved.workstation == moment.workstation:
        return (moved.epoch_no, moved.seq) <= (moment.epoch_no, moment.after_seq)
    return moved.utc_ms <= moment.utc_ms


class Ledger:
    """The shop's stock at any moment: an opening figure and the movements that follow it."""

    def __init__(self, opening: Mapping[ItemBatch, int], moves: Iterable[Moved]) -> None:
        """`opening` holds all movements that are not in `moves`; quantities in thousandths."""
        self._opening: dict[str, dict[str, int]] = defaultdict(dict)
        for (item_code, batch), quantity in opening.items():
            self._opening[item_code][batch] = quantity
        self._moves: dict[str, list[Moved]] = defaultdict(list)
        for moved in moves:
            self._moves[moved.item_code].append(moved)

    def items(self) -> set[str]:
        """Every item that the books know."""
        return set(self._opening) | set(self._moves)

    def at(self, item_code: str, moment: Moment) -> dict[str, int]:
        """Expected quantity by batch at a moment; batches at zero are left out."""
        found: dict[str, int] = defaultdict(int, self._opening.get(item_code, {}))
        for moved in self._moves.get(item_code, ()):
            if is_before(moved, moment):
                found[moved.batch] += moved.quantity_milli
        return {batch: quantity for batch, quantity in found.items() if quantity}

    def between(self, item_code: str, first: Moment, last: Moment) -> int:
        """How much moved between two moments, in absolute amounts."""
        return sum(
            abs(moved.quantity_milli)
            for moved in self._moves.get(item_code, ())
            if is_before(moved, last) and not is_before(moved, first)
        )

    def close_to(self, item_code: str, moment: Moment) -> int:
        """How much other workstations moved in the very moment, in absolute amounts."""
        return sum(
            abs(moved.quantity_milli)
            for moved in self._moves.get(item_code, ())
            if moved.workstation != moment.workstation
            and abs(moved.utc_ms - moment.utc_ms) <= CLOSE_MS
        )


class _Figure(msgspec.Struct, frozen=True):
    counted: dict[str, int]
    expected: dict[str, int]
    moment: Moment
    scans: tuple[Scanned, ...]

    @property
    def variance_milli(self) -> int:
        return sum(self.counted.values()) - sum(self.expected.values())


def count_result(
    scans: Iterable[Scanned],
    ledger: Ledger,
    *,
    end: Moment,
    in_scope: Iterable[str],
    passes: int,
) -> list[CountLine]:
    """Result of a count: one line for every item and batch that was counted or expected.

    `in_scope` are the items that the count is about, whether anybody scanned them or not; what was
    scanned outside it counts too. Lines without counted and expected quantity are left out.
    """
    by_item, ends = _by_item(scans)
    lines: list[CountLine] = []
    for item_code in sorted(set(in_scope) | set(by_item)):
        figures = _figures(item_code, by_item.get(item_code, {}), ends, ledger)
        finding, pass_no = _decide(figures, by_item.get(item_code, {}), passes)
        figure = figures.get(pass_no)
        if figure is None:
            figure = _Figure({}, ledger.at(item_code, end), end, ())
        lines += _lines(item_code, figure, finding, pass_no, ledger)
    return lines


def to_recount(
    scans: Iterable[Scanned], ledger: Ledger, *, in_scope: Iterable[str] = ()
) -> list[str]:
    """Items about which the two blind passes disagree and that have no third count, by code.

    Needs only the movements between the passes: an opening figure is in both alike.
    """
    by_item, ends = _by_item(scans)
    found = []
    for item_code in sorted(set(in_scope) | set(by_item)):
        passes = by_item.get(item_code, {})
        figures = _figures(item_code, passes, ends, ledger)
        if _decide(figures, passes, 2)[0] is Finding.DIFFERS:
            found.append(item_code)
    return found


def _by_item(
    scans: Iterable[Scanned],
) -> tuple[dict[str, dict[int, list[Scanned]]], dict[int, Moment]]:
    """Scans of whole pieces by item and pass, and the last moment of each pass that was held."""
    by_item: dict[str, dict[int, list[Scanned]]] = defaultdict(lambda: defaultdict(list))
    ends: dict[int, Moment] = {}
    for scan in scans:
        if scan.pass_no not in ends or _later(scan.moment, ends[scan.pass_no]):
            ends[scan.pass_no] = scan.moment
        if scan.item_code and scan.tag == Tag.NONE.value:
            by_item[scan.item_code][scan.pass_no].append(scan)
    return by_item, ends


def _later(one: Moment, other: Moment) -> bool:
    if one.workstation == other.workstation:
        return (one.epoch_no, one.after_seq, one.utc_ms) > (
            other.epoch_no,
            other.after_seq,
            other.utc_ms,
        )
    return one.utc_ms > other.utc_ms


def _figures(
    item_code: str,
    passes: Mapping[int, Sequence[Scanned]],
    ends: Mapping[int, Moment],
    ledger: Ledger,
) -> dict[int, _Figure]:
    found: dict[int, _Figure] = {}
    for pass_no, end in ends.items():
        scans = tuple(passes.get(pass_no, ()))
        if not scans and pass_no >= LAST_PASS:
            continue  # the third pass is about chosen items alone
        moment = end if not scans else scans[0].moment
        counted: dict[str, int] = defaultdict(int)
        for scan in scans:
            counted[scan.batch] += scan.quantity_milli
            if _later(scan.moment, moment):
                moment = scan.moment
        expected = ledger.at(item_code, moment)
        if not any(counted):  # nobody looked at batches: the item as a whole
            total = sum(expected.values())
            expected = {"": total} if total else {}
        found[pass_no] = _Figure(dict(counted), expected, moment, scans)
    return found


def _decide(
    figures: Mapping[int, _Figure], scanned: Mapping[int, Sequence[Scanned]], passes: int
) -> tuple[Finding, int]:
    if not any(scanned.values()):
        return Finding.UNCOUNTED, 0
    if LAST_PASS in figures:
        return Finding.AGREED, LAST_PASS
    first, second = figures.get(1), figures.get(2)
    if first is not None and second is not None:
        same = first.variance_milli == second.variance_milli
        return (Finding.AGREED if same else Finding.DIFFERS), (2 if scanned.get(2) else 1)
    only = 1 if first is not None else 2
    return (Finding.AGREED if passes < 2 else Finding.ONE_PASS), only


def _lines(
    item_code: str, figure: _Figure, finding: Finding, pass_no: int, ledger: Ledger
) -> list[CountLine]:
    meanwhile = 0
    if figure.scans:
        first = figure.scans[0].moment
        for scan in figure.scans:
            if _later(first, scan.moment):
                first = scan.moment
        meanwhile = ledger.between(item_code, first, figure.moment)
        meanwhile = meanwhile or ledger.close_to(item_code, figure.moment)
    batches = sorted(figure.counted.keys() | figure.expected.keys())
    return [
        CountLine(
            item_code=item_code,
            batch=batch,
            counted_milli=figure.counted.get(batch, 0),
            expected_milli=figure.expected.get(batch, 0),
            finding=finding,
            pass_no=pass_no,
            at_utc_ms=figure.moment.utc_ms,
            moved_meanwhile_milli=meanwhile,
            item_variance_milli=figure.variance_milli,
            areas=tuple(sorted({scan.area for scan in figure.scans})),
            counters=tuple(sorted({scan.counter_id for scan in figure.scans})),
        )
        for batch in batches
    ]
