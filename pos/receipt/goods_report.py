"""Stock report and earnings as slips: a name, and below it the figures that are not nothing."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drivers.document import Document, Element, Pair, Text
from pos.receipt.facts import SlipFacts
from pos.receipt.goods_paper import finish
from pos.receipt.layout import head, heading, rule
from pos.receipt.words import Words

Row = tuple[str, Sequence[tuple[str, str]]]
"""A name, and label and figure of each column that has something to say."""


def report_slip(
    title: str,
    period: str,
    at: str,
    rows: Iterable[Row],
    total: Row,
    notes: Sequence[str],
    facts: SlipFacts,
) -> Document:
    """The page as a slip; labels are msgids, so that the paper speaks its own language."""
    words = Words(facts.language)
    elements: list[Element] = [
        *head(facts, words),
        *heading(title, words),
        Pair(period, at.replace("T", " ")[:16]),
        rule(),
    ]
    for row in rows:
        elements += _row(row, words, bold=False)
    elements.append(rule())
    elements += _row((words(total[0]), total[1]), words, bold=True)
    elements += [Text(words(note)) for note in notes]
    return finish(elements, f"{words(title)} {period}", barcode=False)


def _row(row: Row, words: Words, *, bold: bool) -> list[Element]:
    name, figures = row
    pairs = [Pair("  " + words(label), text) for label, text in figures]
    return [Text(name, bold=bold), *pairs]
