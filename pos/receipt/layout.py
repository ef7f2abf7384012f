"""Shared pieces of slips: head, marks, figures in columns."""

from __future__ import annotations

from drivers.document import Element, Pair, Rule, Text
from drivers.escpos.encoder import cell_width
from pos.domain.money import display_amount
from pos.i18n import N_
from pos.receipt.facts import SlipFacts
from pos.receipt.words import Words

_NARROW_WIDTHS = (4, 7, 9)
_WIDE_WIDTHS = (8, 11, 13)
_NARROW = 40


def head(facts: SlipFacts, words: Words) -> list[Element]:
    """The shop's name, centred and double height, its address and the shop's own lines."""
    names = [facts.store_name]
    if facts.language != "zh" and facts.store_name_en:
        names = [facts.store_name_en]
        if facts.language == "both" and facts.store_name != facts.store_name_en:
            names.insert(0, facts.store_name)
    elements: list[Element] = [
        Text(name, align="center", bold=True, double_height=True) for name in names if name
    ]
    place = []
    if facts.phone:
        place.append(words(N_("Tel.")) + f" {facts.phone}")
    if facts.address:
        place.append(words(N_("Address")) + f" {facts.address}")
    if cell_width(" ".join(place)) <= facts.columns:
        place = [" ".join(place)] if place else []
    elements.extend(Text(one, align="center") for one in place)
    elements.extend(Text(line, align="center") for line in facts.header_lines if line)
    if facts.training:
        elements.append(training_mark())
    return elements


def mark(text: str, words: Words, detail: str = "") -> Text:
    """A mark that nobody overlooks, such as `* 补打 2 *`."""
    inner = f"{words(text)} {detail}".rstrip()
    return Text(f"* {inner} *", align="center", bold=True)


def training_mark() -> Text:
    """Whatever the paper's language: nobody may take a practice slip for a real one."""
    return Text("* 培训 TRAINING *", align="center", bold=True)


def heading(text: str, words: Words) -> list[Element]:
    """The slip's own name, in each language of the slip."""
    return [Text(one, align="center", bold=True, double_height=True) for one in words.each(text)]


def figures(columns: int, quantity: str, price: str, amount: str) -> str:
    """Quantity, price and amount right-aligned as the last columns of a line."""
    widths = _NARROW_WIDTHS if columns < _NARROW else _WIDE_WIDTHS
    cells = [
        text.rjust(width) if len(text) < width else f" {text}"
        for text, width in zip((quantity, price, amount), widths, strict=True)
    ]
    return "".join(cells).lstrip()


def label(text: str, words: Words) -> str:
    """`合计:` for a label that stands before a figure."""
    return f"{words(text)}:"


def amount_pair(
    left: str, name: str, amount_minor: int, width: int, *, bold: bool = False
) -> Pair:
    """A line whose right edge is `合计:  3.60`, figures of one width below each other."""
    return Pair(left, f"{name}{display_amount(amount_minor).rjust(width)}", bold=bold)


def money(name: str, amount_minor: int, *, bold: bool = False) -> Pair:
    """A label at the left and an amount at the right edge."""
    return Pair(name, display_amount(amount_minor), bold=bold)


def rule() -> Rule:
    """A line across the paper."""
    return Rule()
