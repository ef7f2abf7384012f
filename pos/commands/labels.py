"""`pos labels`: price cards, shelf labels and barcodes; which cards a price change made wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pos.commands.common import (
    TEMPORARY,
    HomeGroup,
    fail,
    find_journal,
    home_option,
    json_option,
    print_json,
)
from pos.commands.till_access import reading_till, refuse
from pos.i18n import gettext as _
from pos.i18n import ngettext

if TYPE_CHECKING:
    from drivers.document import Document
    from drivers.ports import POSPrinter
    from pos.domain.item import Item
    from pos.receipt.price_card import CardKind
    from pos.services.context import Till
    from pos.services.labels import CardIncomplete, DueCard

_KINDS = click.Choice(["card", "shelf", "barcode", "burst"])
_ahead = click.option(
    "--ahead",
    "ahead_days",
    type=click.IntRange(0, 31),
    default=1,
    show_default=True,
    help="Days ahead: cards are changed the evening before.",
)
_kind = click.option("--kind", type=_KINDS, default="card", show_default=True, help="Which label.")


@click.group(cls=HomeGroup)
def labels() -> None:
    """Price cards, shelf labels and barcodes; the list of cards to change."""


@labels.command("list")
@home_option
@_ahead
@json_option
def list_due(*, home: Path | None, ahead_days: int, as_json: bool) -> None:
    """List the cards that show another price than the one in force."""
    from pos.domain.money import format_unit_price
    from pos.services.labels import due_cards

    with _shop(home) as till:
        due = due_cards(till, ahead_days=ahead_days)
    if as_json:
        print_json([_as_json(one) for one in due])
        return
    for one in due:
        price = one.item.unit_price_e4
        shown = "" if price is None else format_unit_price(price)
        lacking = _("lacks {marks}").format(marks=_marks(one.missing)) if one.missing else ""
        old = format_unit_price(one.shown_e4)
        line = f"{one.item.item_code:<14} {old:>9} → {shown:>9}  {one.since or '':<10}"
        click.echo(f"{line}  {one.item.name}  {lacking}".rstrip())
    text = ngettext("{count} card to change", "{count} cards to change", len(due))
    click.echo(text.format(count=len(due)))


@labels.command("print")
@click.argument("items", nargs=-1)
@home_option
@_kind
@click.option("--due", is_flag=True, help="Every card of the list instead of ITEMS.")
@_ahead
@click.option("--copies", type=click.IntRange(1, 999), default=1, show_default=True)
@click.option("--printer", metavar="NAME", help="A printer of the settings instead of the first.")
def print_items(
    items: tuple[str, ...],
    *,
    home: Path | None,
    kind: CardKind,
    due: bool,
    ahead_days: int,
    copies: int,
    printer: str | None,
) -> None:
    """Print the labels of ITEMS (item codes or barcodes); printed cards leave the list.

    They come out of the label printer, or as cards of paper where there is none. The till may be
    running.
    """
    from drivers.events import PrintOutcome
    from pos.services.labels import due_cards
    from pos.store.price_cards import note_printed

    with _shop(home) as till:
        wanted = (
            [one.item for one in due_cards(till, ahead_days=ahead_days)]
            if due
            else _items(till, items)
        )
        document = _document(till, wanted, kind, copies)
        device, name = _printer(till, printer)
        try:
            report = device.print_document(document, "labels")
        finally:
            device.close()
        if report.outcome is not PrintOutcome.PRINTED:
            fail(
                _("Not printed on {printer}: {why}").format(printer=name, why=_(report.hint)),
                code=TEMPORARY,
            )
        if kind != "barcode":
            prices = {one.item_code: one.unit_price_e4 for one in wanted}
            shown = {code: price for code, price in prices.items() if price is not None}
            note_printed(till.home, shown, till.clock.utc_ms())
    text = ngettext("✓ {count} label printed", "✓ {count} labels printed", len(wanted))
    click.echo(text.format(count=len(wanted)))


@labels.command()
@click.argument("items", nargs=-1, required=True)
@home_option
def done(items: tuple[str, ...], *, home: Path | None) -> None:
    """Say that the cards of ITEMS were changed by hand: they leave the list."""
    from pos.services.labels import tick

    with _shop(home) as till:
        count = tick(till, _items(till, items))
    click.echo(
        ngettext("✓ {count} card noted", "✓ {count} cards noted", count).format(count=count)
    )


@labels.command()
@click.argument("items", nargs=-1, required=True)
@home_option
@_kind
def preview(items: tuple[str, ...], *, home: Path | None, kind: CardKind) -> None:
    """Show the labels of ITEMS as text."""
    from drivers.document_layout import render_text

    with _shop(home) as till:
        document = _document(till, _items(till, items), kind, 1)
    click.echo(render_text(document, 40), nl=False)


@contextmanager
def _shop(home: Path | None) -> Iterator[Till]:
    """The till's facts on its business day, or today before the day is opened."""
    with reading_till(find_journal(home)) as till:
        till.business_day = till.business_day or till.local_iso()[:10]
        yield till


def _items(till: Till, codes: Sequence[str]) -> list[Item]:
    from pos.services.labels import item_of_code

    found = []
    for code in codes:
        item = item_of_code(till, code)
        if item is None:
            fail(_("There is no item {code}.").format(code=code))
        found.append(item)
    if not found:
        fail(_("Nothing to print: name items, or use --due."))
    return found


def _document(till: Till, items: list[Item], kind: CardKind, copies: int) -> Document:
    from pos.domain.cart import Refusal
    from pos.services.labels import CardIncomplete, checked_document

    document = checked_document(till, items, kind, copies)
    if isinstance(document, CardIncomplete):
        fail(_incomplete(document), _("Complete the items, or change price_card.marks."))
    if isinstance(document, Refusal):
        refuse(document)
    return document


def _incomplete(found: CardIncomplete) -> str:
    lines = [
        _("{name} lacks {marks}").format(name=name, marks=_marks(missing))
        for name, missing in found.missing.items()
    ]
    return "\n".join(lines)


def _marks(missing: Sequence[str]) -> str:
    from pos.receipt.price_card import MARK_WORDS

    return ", ".join(_(MARK_WORDS[mark]) for mark in missing)


def _as_json(one: DueCard) -> dict[str, object]:
    return {
        "item_code": one.item.item_code,
        "name": one.item.name,
        "shown_e4": one.shown_e4,
        "unit_price_e4": one.item.unit_price_e4,
        "since": one.since,
        "missing": list(one.missing),
    }


def _printer(till: Till, wanted: str | None) -> tuple[POSPrinter, str]:
    """The printer of that name; the label printer, or else the till's own, without a name."""
    from pos.printers import own_device, store_device

    settings = till.settings
    more = [one for one in settings.more_printers if one.url]
    labels_first = next((one for one in more if one.role == "label"), None)
    chosen = next((one for one in more if one.name == wanted), None) if wanted else labels_first
    if chosen is not None:
        return store_device(till, chosen), chosen.name
    if not settings.printer.url or wanted not in (None, settings.printer.name):
        fail(
            _("There is no printer for labels."),
            _("Write one as a [[printer]] into the settings; see config/guitai.toml."),
        )
    return own_device(till), settings.printer.name
