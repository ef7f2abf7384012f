"""A count's result as people read it: lines with value and reason, wrong codes with their slips."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable, Iterable, Sequence

import msgspec

from pos.domain.goods.count_reasons import REASON_WORDS, VarianceReason
from pos.domain.goods.cross_code import CrossCode, Differing, cross_codes
from pos.domain.goods.variance import Finding
from pos.domain.money import display_amount
from pos.domain.quantity import format_quantity
from pos.i18n import N_
from sync.head_office.count_rows import KeptLine, StockCount
from sync.head_office.dialect import Dialect

Translate = Callable[[str], str]
_PERIOD_DAYS_MS = 31 * 86_400_000
_SLIPS = 20


class Slip(msgspec.Struct, frozen=True):
    """A sale of the item that was rung up too often."""

    transaction_no: str
    operator_id: str
    at: str
    quantity_milli: int


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """A pair that looks like one wrong code, and who may have rung it up (SEL-02)."""

    pair: CrossCode
    surplus_name: str
    shortage_name: str
    slips: tuple[Slip, ...]

    @property
    def cashiers(self) -> list[tuple[str, int]]:
        """(cashier, slips), the busiest first."""
        return Counter(slip.operator_id for slip in self.slips).most_common()


FINDING_WORDS = {
    Finding.AGREED.value: "",
    Finding.DIFFERS.value: N_("the two counts differ"),
    Finding.ONE_PASS.value: N_("counted in one pass only"),
    Finding.UNCOUNTED.value: N_("nobody counted it"),
}


def suggestions(
    dialect: Dialect, count: StockCount, lines: Sequence[KeptLine]
) -> list[Suggestion]:
    """Surplus and shortage that look like one wrong code, with the sales of the surplus item."""
    sums: dict[str, KeptLine] = {line.item_code: line for line in lines}
    pairs = cross_codes(
        Differing(
            item_code=code,
            variance_milli=line.item_variance_milli,
            name=line.description,
            item_class=line.item_class,
            unit_price_e4=line.unit_price_e4,
        )
        for code, line in sums.items()
    )
    return [
        Suggestion(
            pair=pair,
            surplus_name=sums[pair.surplus].description,
            shortage_name=sums[pair.shortage].description,
            slips=tuple(_slips(dialect, count, pair.surplus)),
        )
        for pair in pairs
    ]


def by_reason(lines: Iterable[KeptLine]) -> list[tuple[str, int, int, int]]:
    """(reason, lines, quantity, value) of a result by cause (STK-11)."""
    sums: dict[str, list[int]] = {}
    for line in lines:
        total = sums.setdefault(line.reason, [0, 0, 0])
        total[0] += 1
        total[1] += line.variance_milli
        total[2] += line.value_minor or 0
    return [(reason, *total) for reason, total in sorted(sums.items())]  # type: ignore[misc]


def reason_text(reason: str, say: Translate) -> str:
    """A reason in words; an empty one says that it is missing."""
    if reason in set(VarianceReason):
        return say(REASON_WORDS[VarianceReason(reason)])
    return reason or say(N_("no reason yet"))


def line_text(line: KeptLine, say: Translate) -> str:
    """One difference on one row."""
    value = "" if line.value_minor is None else display_amount(line.value_minor)
    parts = [
        f"{line.item_code} {line.batch}".rstrip(),
        line.description,
        f"{format_quantity(line.variance_milli)} {line.unit}".rstrip(),
        f"({format_quantity(line.counted_milli)} / {format_quantity(line.expected_milli)})",
        value,
        say(FINDING_WORDS.get(line.finding, "")) if FINDING_WORDS.get(line.finding) else "",
        reason_text(line.reason, say),
        line.note,
    ]
    return "  ".join(part for part in parts if part)


def pair_text(suggestion: Suggestion, say: Translate) -> str:
    """A suggestion in words."""
    who = ", ".join(f"{name} ({slips})" for name, slips in suggestion.cashiers)
    return say(
        N_("Wrong code? {quantity} of {over} rung up for {short}; sold by {who}; slips {slips}")
    ).format(
        quantity=format_quantity(suggestion.pair.quantity_milli),
        over=f"{suggestion.pair.surplus} {suggestion.surplus_name}".rstrip(),
        short=f"{suggestion.pair.shortage} {suggestion.shortage_name}".rstrip(),
        who=who or "-",
        slips=", ".join(slip.transaction_no for slip in suggestion.slips[:5]) or "-",
    )


def csv_text(lines: Sequence[KeptLine]) -> str:
    """The differences as CSV with a byte order mark, so that Excel reads Chinese."""
    columns = (
        "item_code", "batch", "description", "item_class", "unit", "counted", "expected",
        "variance", "value", "finding", "reason", "note", "areas", "counters",
    )  # fmt: skip
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(columns)
    for line in lines:
        value = line.value_minor
        writer.writerow(
            [
                _cell(text)
                for text in (
                    line.item_code,
                    line.batch,
                    line.description,
                    line.item_class,
                    line.unit,
                    format_quantity(line.counted_milli),
                    format_quantity(line.expected_milli),
                    format_quantity(line.variance_milli),
                    "" if value is None else display_amount(value),
                    line.finding,
                    line.reason,
                    line.note,
                    " ".join(line.areas),
                    " ".join(line.counters),
                )
            ]
        )
    return "\ufeff" + out.getvalue()


def _cell(text: str) -> str:
    """Text that a spreadsheet does not take for a formula; a negative number stays one."""
    plain = text.lstrip("-")
    if text.startswith(("=", "+", "@", "\t", "\r")) or (
        text[:1] == "-" and not plain.replace(".", "").isdigit()
    ):
        return "'" + text
    return text


def _slips(dialect: Dialect, count: StockCount, item_code: str) -> list[Slip]:
    rows = dialect.query(
        "SELECT s.transaction_no, s.operator_id, s.at, l.quantity_milli FROM sale_line l "
        "JOIN sale s ON s.store_id = l.store_id AND s.workstation_no = l.workstation_no "
        "AND s.epoch_no = l.epoch_no AND s.seq = l.seq "
        "WHERE l.store_id = ? AND l.item_code = ? AND l.kind = 'sale' "
        "AND s.corrected_utc_ms >= ? AND s.corrected_utc_ms <= ? "
        "ORDER BY s.corrected_utc_ms DESC LIMIT ?",
        (
            count.store_id,
            item_code,
            (count.ended_utc_ms or count.opened_utc_ms) - _PERIOD_DAYS_MS,
            count.ended_utc_ms or count.opened_utc_ms,
            _SLIPS,
        ),
    )
    return [Slip(str(r[0]), str(r[1]), str(r[2]), int(r[3])) for r in rows]
