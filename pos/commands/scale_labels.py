"""`pos scale-labels`: the layout of the shop's weighed labels, found from two of them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pos.commands.common import (
    CHECK_FAILED,
    HomeCommand,
    fail,
    find_home,
    home_option,
    json_option,
    print_json,
)
from pos.i18n import N_
from pos.i18n import gettext as _

if TYPE_CHECKING:
    from pos.config import Settings
    from pos.domain.barcode.in_store import WeighedLayout
    from pos.domain.barcode.label_layouts import DerivedLayout, LabelSample

_WEIGHT = re.compile(r"\s*([0-9]+(?:\.[0-9]+)?)\s*(kg|g|jin|公斤|千克|克|斤)?\s*")
_UNITS = {"kg": 1000, "公斤": 1000, "千克": 1000, "g": 1, "克": 1, "jin": 500, "斤": 500}
_LABELS = 2
_REFUSED = {
    "too_few": N_("It takes two labels or more."),
    "same_twice": N_("These are the same label."),
    "lengths": N_("The labels have different lengths."),
    "digits": N_("A label's barcode has digits alone."),
    "length": N_("A label's barcode has 10 to 32 digits."),
    "item": N_("An item code on a label has digits alone."),
    "nothing_printed": N_("Type the weight or the amount of each label."),
}


@click.command("scale-labels", cls=HomeCommand)
@home_option
@click.option(
    "--label",
    "labels",
    multiple=True,
    metavar="CODE,ITEM,WEIGHT,AMOUNT",
    help="What one label says; leave WEIGHT or AMOUNT empty when it has none. Repeat it.",
)
@click.option("--scanner", "scanner", metavar="URL", help="Read the labels with this scanner.")
@click.option("--name", default="", metavar="NAME", help="What the layout is called.")
@click.option("--yes", is_flag=True, help="Write it without asking.")
@json_option
def scale_labels(
    *,
    home: Path | None,
    labels: tuple[str, ...],
    scanner: str | None,
    name: str,
    yes: bool,
    as_json: bool,
) -> None:
    """Find the layout of weighed labels from two labels and what is printed on them.

    Take two labels of different goods and weights. Without --label it asks: scan each, then type
    item code, weight (0.356 kg, 356 g, 0.712 斤) and amount as they are printed.
    """
    from pos.config import load_settings
    from pos.domain.barcode.label_layouts import LabelsRefused, derive_layouts

    folder = find_home(home)
    settings = load_settings(folder)
    samples = [_sample(text) for text in labels] if labels else _ask(settings, scanner)
    try:
        found = derive_layouts(samples, name or _("label"))
    except LabelsRefused as error:
        hint = _("Take two labels of the same scale, with different goods and weights.")
        fail(_(_REFUSED[error.code]), hint)
    if not found:
        fail(
            _("No layout explains these labels."),
            _(
                "Check what was typed; the weight may be in 斤, or the amount rounded by the scale."
            ),
            code=CHECK_FAILED,
        )
    best = found[0]
    if as_json:
        print_json(_table(best.layout))
    else:
        _show(best, samples, found[1:])
    written = yes or (not as_json and click.confirm(_("Write it to the settings?"), default=True))
    if written:
        _write(folder, settings, best.layout)
        if not as_json:
            click.echo(_("Written. It holds from the next start of the till."))


# ------------------------------------------------------------------------------------ labels


def _ask(settings: Settings, scanner: str | None) -> list[LabelSample]:
    from pos.commands.scan_test import configured_scanners

    urls = (scanner,) if scanner else configured_scanners(settings)
    samples = []
    for number in range(1, _LABELS + 1):
        click.secho(_("Label {number}").format(number=number), bold=True)
        code = _scan(urls) if urls else click.prompt(_("Its barcode, scanned or typed"))
        if urls:
            click.echo(code)
        item = click.prompt(_("Item code (PLU) as printed"))
        weight = click.prompt(_("Weight with its unit (empty for none)"), default="")
        amount = click.prompt(_("Amount to pay (empty for none)"), default="")
        price = click.prompt(_("Unit price (empty to skip the check)"), default="")
        sample = _made(code, item, weight, amount)
        _compare(sample, price)
        samples.append(sample)
    return samples


def _scan(urls: Sequence[str]) -> str:
    """One scan of any scanner."""
    import asyncio

    from drivers.errors import Illegal
    from drivers.events import ScanEvent, ScannerEvent
    from drivers.registry import scanner_from_url
    from pos.scanners import scanner_profile

    async def one() -> str:
        heard: asyncio.Future[str] = asyncio.get_running_loop().create_future()

        def hear(event: ScannerEvent) -> None:
            if isinstance(event, ScanEvent) and not heard.done():
                heard.set_result(event.data.decode("ascii", "replace"))

        devices = [
            scanner_from_url(url, f"scanner{n}", scanner_profile) for n, url in enumerate(urls, 1)
        ]
        for device in devices:
            device.subscribe(hear)
            device.open()
            device.claim()
            device.enable()
        try:
            return await asyncio.wait_for(heard, 120)
        finally:
            for device in devices:
                device.close()

    click.echo(_("Scan it …"))
    try:
        return asyncio.run(one())
    except Illegal as error:
        fail(str(error), _("A scanner is named by its URL, such as serial:/dev/ttyACM0."))
    except TimeoutError:
        fail(_("No code came."), _("Name the code with --label instead."), code=CHECK_FAILED)


def _sample(text: str) -> LabelSample:
    parts = [part.strip() for part in text.split(",")]
    if len(parts) != 4:
        fail(
            _("Expected CODE,ITEM,WEIGHT,AMOUNT, got {text}").format(text=text),
            _("For example: --label 2112345003566,12345,0.356kg,4.98"),
        )
    return _made(*parts)


def _made(code: str, item: str, weight: str, amount: str) -> LabelSample:
    from pos.domain.barcode.label_layouts import LabelSample

    return LabelSample(code.strip(), item.strip(), _weight(weight), _amount(amount))


def _weight(text: str) -> int | None:
    """Thousandths of a kilogram of `0.356 kg`, `356g`, `0.712斤`; without a unit kilograms."""
    if not text.strip():
        return None
    match = _WEIGHT.fullmatch(text)
    if match is None:
        fail(_("Expected a weight such as 0.356 kg, got {text}").format(text=text))
    milli = Decimal(match.group(1)) * _UNITS[match.group(2) or "kg"]
    return int(milli.to_integral_value())


def _amount(text: str) -> int | None:
    if not text.strip():
        return None
    try:
        return int((Decimal(text.strip().lstrip("¥￥")) * 100).to_integral_exact())
    except (InvalidOperation, ValueError):
        fail(_("Expected an amount such as 4.98, got {text}").format(text=text))


def _compare(sample: LabelSample, price: str) -> None:
    """Say when price × weight is not the amount: one of the three is misread."""
    unit = _amount(price)
    if unit is None or sample.weight_milli is None or sample.amount_minor is None:
        return
    expected = Decimal(unit) * sample.weight_milli / 1000
    if abs(expected - sample.amount_minor) > 1:
        click.echo(
            "! "
            + _("Price times weight would be {expected}; look at the label again.").format(
                expected=f"{expected / 100:.2f}"
            )
        )


# ------------------------------------------------------------------------------------ answers


def _show(best: DerivedLayout, samples: Sequence[LabelSample], others: Sequence[Any]) -> None:
    layout = best.layout
    click.secho(layout.pattern, bold=True)
    click.echo(_("I = item code, P = amount, W = weight, C = check digit, X = ignored"))
    if "W" in layout.pattern:
        text = _("weight in {unit} with {decimals} decimals")
        click.echo(text.format(unit=layout.weight_unit, decimals=layout.weight_decimals))
    if "P" in layout.pattern:
        click.echo(_("amount with {decimals} decimals").format(decimals=layout.amount_decimals))
    if layout.pattern.endswith("C"):
        right = _("the check digit is right on every label and is verified")
        click.echo(right if layout.check else _("the check digit is wrong: it is not verified"))
    for sample in samples:
        read = layout.read(sample.code)
        item = getattr(read, "item_code", "")
        weight, amount = getattr(read, "quantity_milli", None), getattr(read, "amount_minor", None)
        shown = [sample.code, item]
        if weight is not None:
            shown.append(f"{Decimal(weight) / 1000} kg")
        if amount is not None:
            shown.append(f"¥{Decimal(amount) / 100:.2f}")
        click.echo("  " + "  ".join(shown))
    same = [one for one in others if one.left_over <= best.left_over]
    if same:
        click.echo(
            "! "
            + _(
                "{count} more layouts would explain them, such as {pattern}: try a third label."
            ).format(count=len(same), pattern=same[0].layout.pattern)
        )


def _table(layout: WeighedLayout) -> dict[str, Any]:
    """The layout as the settings write it."""
    table: dict[str, Any] = {"name": layout.name, "pattern": layout.pattern}
    if "P" in layout.pattern:
        table["amount_decimals"] = layout.amount_decimals
    if "W" in layout.pattern:
        table["weight_unit"] = layout.weight_unit
        table["weight_decimals"] = layout.weight_decimals
    table["check"] = layout.check
    return table


def _write(folder: Path, settings: Settings, layout: WeighedLayout) -> None:
    """Put it first: it was found from this shop's own labels. One that it shadows goes."""
    from pos.config import set_value

    rest = [
        _table(one) | ({} if one.enabled else {"enabled": False})
        for one in settings.barcode.layouts()
        if not _shadowed(one, layout)
    ]
    set_value(folder, "barcode.weighed", [_table(layout), *rest])


def _shadowed(one: WeighedLayout, by: WeighedLayout) -> bool:
    return len(one.pattern) == len(by.pattern) and one.prefix == by.prefix
