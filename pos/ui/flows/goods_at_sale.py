"""What tracked goods ask at the sale: batch, serial number, a look at the pack, who buys."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, Final

from pos.domain.cart import Refusal
from pos.i18n import N_
from pos.i18n import gettext as _
from pos.services import checkout, operators
from pos.services.checkout import records
from pos.services.context import Grant
from pos.ui import parsing
from pos.ui.flow import Ask
from pos.ui.flows import goods
from pos.ui.flows.entry_approval import with_grants
from pos.ui.scan_router import ScanPolicy
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen, ScannableEntry
from pos.ui.screens.goods_quality import BatchList
from pos.ui.text_grid import clean
from pos.ui.texts import labelled, line_name, listed, named, quantity_text, refusal_text

if TYPE_CHECKING:
    from drivers.events import ScanEvent
    from pos.domain.item import Item
    from pos.services.checkout import BatchChoice, BatchNeeded, BatchToSee, Gap, SerialNeeded
    from pos.ui.app import TillApp
    from pos.ui.screens.sale import SaleScreen

_TYPE = "type"

WHY_NOT: Final[dict[str, str]] = {"held": N_("held"), "expired": N_("past its date")}
"""Why a batch in stock must not be sold."""


async def ask(
    app: TillApp,
    sale: SaleScreen,
    asked: checkout.WeightNeeded | checkout.PriceNeeded | BatchToSee | BatchNeeded | SerialNeeded,
    given: list[Grant] | None = None,
) -> None:
    """Ask what the entry lacks until it is entered, refused or given up.

    `given` are approvals that it met already; they are offered again at each answer.
    """
    given = [] if given is None else given
    result: object = asked
    while True:
        if isinstance(result, checkout.WeightNeeded):
            await goods.weigh(app, sale, result.item, result.barcode)
            return
        if isinstance(result, checkout.PriceNeeded):
            await goods.open_price(app, sale, result.item, result.barcode)
            return
        if isinstance(result, checkout.BatchToSee):
            result = await _look_at_batch(app, sale, result, given)
        elif isinstance(result, checkout.BatchNeeded):
            result = await _pick_batch(app, sale, result, given)
        elif isinstance(result, checkout.SerialNeeded):
            result = await _serial(app, sale, result, given)
        else:
            break
    if result is not None:
        sale.show_result(result)


async def _answered(
    app: TillApp, sale: SaleScreen, given: list[Grant], name: str, action: Callable[[], object]
) -> object:
    result = await with_grants(app, given, action)
    if result is None:
        sale.error(_("Not sold: nobody approved it"), name)
    elif isinstance(result, Refusal):
        sale.error(refusal_text(result))
        return None
    return result


# ------------------------------------------------------------------------------ single questions


def _batches(asked: BatchToSee | Gap) -> str:
    return listed(clean(hold.batch) for hold in asked.holds)


def _see_screen(name: str, held: str, why: str) -> ChooseScreen[bool]:
    """看批号: Enter takes the safe answer only when it is chosen by its number."""
    return BatchList(
        _("Look at the batch number"),
        [
            Choice(1, _("It is another batch: sell it"), value=False),
            Choice(2, _("It is this batch: do not sell it"), value=True),
        ],
        lines=[
            name,
            _("Held by head office: batch {batch}").format(batch=held),
            *([clean(why)] if why else []),
            _("What does the pack say?"),
        ],
        marked=1,
        scan_policy=ScanPolicy.TAKE,
    )


async def _look_at_batch(
    app: TillApp, sale: SaleScreen, asked: BatchToSee, given: list[Grant]
) -> object:
    item = asked.entry.item
    app.ring()
    screen = _see_screen(named(item.name, item.name_en), _batches(asked), asked.holds[0].reason)
    answer = await Ask(screen)
    if screen.scanned is not None:
        # The pack's own code says its batch: it answers the question better than eyes do.
        sale.take_scan(screen.scanned)
        return None
    if answer is None:
        sale.error(_("Not sold: the batch was not looked at"), named(item.name, item.name_en))
        return None
    tries = count()

    def enter() -> object:
        # What was seen is journaled once, however often the entry has to be tried.
        first = next(tries) == 0
        return checkout.batch_seen(app.till, asked, is_held=answer, note=first)

    return await _answered(app, sale, given, named(item.name, item.name_en), enter)


async def _pick_batch(
    app: TillApp, sale: SaleScreen, asked: BatchNeeded, given: list[Grant]
) -> object:
    item = asked.entry.item
    name = named(item.name, item.name_en)
    picked = await _batch_of(asked.choices, name)
    if picked is None:
        sale.error(_("Not sold: no batch given"), name)
        return None

    def enter() -> object:
        if isinstance(picked, tuple):
            return checkout.batch_given(app.till, asked, *picked)
        return checkout.batch_scanned(app.till, asked, picked.data, picked.symbology_id)

    return await _answered(app, sale, given, name, enter)


async def _batch_of(
    choices: tuple[BatchChoice, ...], name: str
) -> tuple[str, str] | ScanEvent | None:
    """Batch and expiry as picked or typed, or the scan that says them."""
    if choices:
        first = next((n for n, one in enumerate(choices) if not one.refused), len(choices))
        rows = [
            Choice(
                number,
                clean(f"{one.batch}  {one.expiry}")
                + (f"  ✗ {_(WHY_NOT[one.refused])}" if one.refused else ""),
                (one.batch, one.expiry),
                detail=quantity_text(one.quantity_milli),
            )
            for number, one in enumerate(choices, start=1)
        ]
        rows.append(Choice(len(rows) + 1, _("Type another batch number"), (_TYPE, "")))
        screen = BatchList(
            _("Which batch?"), rows, lines=[name], marked=first, scan_policy=ScanPolicy.TAKE
        )
        answer = await Ask(screen)
        if screen.scanned is not None:
            return screen.scanned
        if answer is None or answer[0] != _TYPE:
            return answer
    typed = await Ask(
        EntryScreen(
            _("Which batch?"),
            parsing.words,
            label=_("Batch number"),
            lines=[name, _("Not in stock here: copy it from the pack")],
            letters=True,
        )
    )
    if typed is None:
        return None
    expiry = await Ask(
        EntryScreen(
            _("Which batch?"),
            parsing.day,
            label=_("Good until (empty: not known)"),
            lines=[name, typed],
            empty="",
        )
    )
    return None if expiry is None else (typed, expiry)


async def _serial(
    app: TillApp, sale: SaleScreen, asked: SerialNeeded, given: list[Grant]
) -> object:
    item = asked.entry.item
    name = named(item.name, item.name_en)
    code = await serial_of(name)
    if code is None:
        sale.error(_("Not sold: no serial number given"), name)
        return None
    return await _answered(
        app, sale, given, name, lambda: checkout.serial_given(app.till, asked, *code)
    )


async def serial_of(name: str) -> tuple[bytes | str, str | None] | None:
    """A serial number as scanned or typed, with the code's identifier."""
    screen: ScannableEntry = ScannableEntry(
        _("Serial number"),
        parsing.words,
        label=_("Scan or type it"),
        lines=[name],
        letters=True,
        scan_policy=ScanPolicy.TAKE,
    )
    typed = await Ask(screen)
    if screen.scanned is not None:
        return screen.scanned.data, screen.scanned.symbology_id
    return None if typed is None else (typed, None)


# ---------------------------------------------------------------------------------- at the tender


async def settle(app: TillApp, sale: SaleScreen) -> bool:
    """Put right what must not be paid as it stands; False when the sale stays where it is."""
    till = app.till
    while found := checkout.gaps(till):
        held = [gap for gap in found if gap.code == "held"]
        if held:
            if not await _take_out(app, held):
                return False
            sale.recalled()
            continue
        gap = found[0]
        if gap.code == "batch_to_see":
            app.ring()
            name = line_name(gap.line)
            seen = await Ask(_see_screen(name, _batches(gap), gap.holds[0].reason))
            if seen is None:
                return False
            checkout.batch_of_line_seen(till, gap, is_held=seen)
            sale.recalled()
        elif gap.code == "batch_missing":
            if not await _name_batch(app, sale, gap):
                return False
        else:
            sale.error(
                _("No serial number: take the line off and scan it again"), line_name(gap.line)
            )
            return False
    if not till.sale.cart.lines:
        sale.note(_("Nothing is left on the sale"), sign="!")
        return False
    return not records.wants_buyer(till) or await _buyer(app)


async def _take_out(app: TillApp, held: list[Gap]) -> bool:
    app.ring()
    lines = [
        labelled(
            f"{line_name(gap.line)} {clean(gap.line.batch)}".rstrip(), clean(gap.holds[0].reason)
        )
        for gap in held
    ]
    answer = await Ask(
        ChooseScreen(
            _("Held by head office: must not be sold"),
            [Choice(1, _("Take it off and go on with the sale"), value=True)],
            lines=lines,
        )
    )
    if not answer:
        return False
    return not isinstance(checkout.take_out(app.till, held), Refusal)


async def _name_batch(app: TillApp, sale: SaleScreen, gap: Gap) -> bool:
    from pos.services import catalogue
    from pos.services.checkout import tracking

    item: Item | None = catalogue.find_item(app.till, gap.line.item_code)
    if item is None:
        return False
    picked = await _batch_of(tracking.choices_of(app.till, item), line_name(gap.line))
    if picked is None:
        return False
    if not isinstance(picked, tuple):
        sale.take_scan(picked)
        return False
    line_no = gap.line.line_no
    result = await _answered(
        app,
        sale,
        [],
        line_name(gap.line),
        lambda: checkout.give_batch(app.till, line_no, *picked),
    )
    if result is None:
        return False
    sale.recalled()
    return True


# ----------------------------------------------------------------------------- who buys a device


async def _buyer(app: TillApp) -> bool:
    """Buyer's fields and the responsible person's signature (QLT-02, QLT-03)."""
    till = app.till
    wholesale = records.asks_buyer(till)
    if wholesale and till.settings.quality.device_buyer != "always":
        mode = await Ask(
            ChooseScreen(
                _("Who buys the device?"),
                [
                    Choice(1, _("A private person"), "retail"),
                    Choice(2, _("A company or clinic (wholesale)"), "wholesale"),
                ],
            )
        )
        if mode is None:
            return False
        wholesale = mode == "wholesale"
    buyer = {"mode": "wholesale" if wholesale else "retail"}
    if wholesale:
        fields = await _buyer_fields(app)
        if fields is None:
            return False
        buyer |= fields
    if records.asks_signature(till) and records.sterile_lines(till):
        sterile = await _sterile(app)
        if sterile is None:
            return False
        buyer |= sterile
    till.sale.buyer = buyer
    return True


async def _buyer_fields(app: TillApp) -> dict[str, str] | None:
    known = records.known_buyers(app.till)
    if known:
        rows = [
            Choice(number, clean(one["buyer"]), one, detail=clean(one.get("buyer_licence", "")))
            for number, one in enumerate(known, start=1)
        ]
        rows.append(Choice(len(rows) + 1, _("Another buyer"), {}))
        chosen = await Ask(ChooseScreen(_("Who buys the device?"), rows))
        if chosen is None or chosen:
            return chosen
    labels = {
        "buyer": _("Buyer's name"),
        "buyer_licence": _("Licence number"),
        "buyer_address": _("Address"),
        "buyer_contact": _("Telephone"),
    }
    found: dict[str, str] = {}
    for name, label in labels.items():
        typed = await Ask(
            EntryScreen(_("Who buys the device?"), parsing.words, label=label, letters=True)
        )
        if typed is None:
            return None
        found[name] = typed
    return found


async def _sterile(app: TillApp) -> dict[str, str] | None:
    """灭菌批号 of each sterile line where it is not known, and who is responsible signs."""
    till = app.till
    found: dict[str, str] = {}
    for line_no in records.sterile_lines(till):
        line = till.sale.cart.line(line_no)
        if line is None or records.sterilisation_batch(till, line.item_code, line.batch):
            continue
        typed = await Ask(
            EntryScreen(
                _("Sterile goods"),
                parsing.words,
                label=_("Sterilisation batch"),
                lines=[line_name(line)],
                letters=True,
            )
        )
        if typed is None:
            return None
        found[f"sterilisation_{line_no}"] = typed
    signer = await signature(app, _("Sterile goods: the responsible person signs"))
    if signer is None:
        return None
    return {**found, "responsible": signer}


async def signature(app: TillApp, title: str, *, other_than: str = "") -> str | None:
    """Number of whoever signs with their PIN, or None when it was given up."""
    lines: list[str] = []
    while True:
        number = await Ask(
            EntryScreen(title, parsing.words, label=_("Number"), lines=lines, letters=True)
        )
        if number is None:
            return None
        if number == other_than:
            lines = [_("Somebody else must sign")]
            continue
        pin = await Ask(
            EntryScreen(title, parsing.pin, label=_("PIN"), lines=[clean(number)], hidden=True)
        )
        if pin is None:
            return None
        checked = await app.off_loop(partial(operators.check_credentials, app.till, number, pin))
        if not isinstance(checked, Refusal):
            return number
        lines = [refusal_text(checked)]
