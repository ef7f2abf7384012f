"""商品发货登记: asked at tender, then the register: out, delivered, signed for, passes (REG-01..10)."""

from __future__ import annotations

from concurrent.futures import Future
from typing import TYPE_CHECKING, Any

from pos.domain.cart import CartLine, Refusal
from pos.domain.goods.documents import GoodsDocument
from pos.i18n import N_, ngettext
from pos.i18n import gettext as _
from pos.services.goods import dispatch, gate, held
from pos.services.goods.days import stock_day
from pos.services.goods.dispatch import Customer
from pos.services.goods.held import Held
from pos.ui import parsing
from pos.ui.flow import Ask, Saved
from pos.ui.flows.goods_leaving import finish
from pos.ui.goods_names import goods_name
from pos.ui.screens.choose import Choice, ChooseScreen
from pos.ui.screens.entry import EntryScreen
from pos.ui.screens.fields import Field, FieldsScreen
from pos.ui.screens.goods_check_out import CheckOutScreen
from pos.ui.screens.goods_choose import WideChooseScreen
from pos.ui.screens.goods_gate import GateScreen
from pos.ui.screens.page import ReadScreen
from pos.ui.text_grid import clean
from pos.ui.texts import line_name, quantity_text, refusal_text

if TYPE_CHECKING:
    from pos.ui.app import TillApp
    from pos.ui.homes import Home

STATES = {
    held.WAITING: "",
    held.OUT: N_("on its way"),
    held.UNSIGNED: N_("delivered, unsigned"),
}
MODES = {"deliver": N_("deliver"), "keep": N_("keep")}


# --------------------------------------------------------------------------------- at tender


async def at_tender(app: TillApp, home: Home) -> bool:
    """Large goods on the sale: taken now, to be delivered, or kept; False goes back to the goods."""
    lines = dispatch.to_ask(app.till)
    if not lines:
        return True
    answer = await Ask(
        ChooseScreen(
            _("Large goods: who takes them, and when?"),
            [
                Choice(1, _("The customer takes them now"), dispatch.TAKEN),
                Choice(2, _("To be delivered"), dispatch.DELIVER),
                Choice(3, _("Kept here for the customer"), dispatch.KEEP),
            ],
            lines=[f"{quantity_text(one.quantity_milli)} × {line_name(one)}" for one in lines[:5]],
        )
    )
    if answer is None:
        return False
    if answer == dispatch.TAKEN:
        dispatch.take_now(app.till)
        return True
    quantities = await _which(lines)
    if quantities is None:
        return False
    values = await Ask(_customer_screen(app, answer))
    if values is None:
        return False
    result = dispatch.hold(app.till, answer, _customer(values), quantities)
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
        return False
    return True


async def _which(lines: tuple[CartLine, ...]) -> dict[int, int] | None:
    """How many of each stay; with one piece there is nothing to ask."""
    everything = {line.line_no: line.quantity_milli for line in lines}
    if sum(everything.values()) <= 1000:
        return everything
    fields = [
        Field(
            str(line.line_no),
            _("{name} (sold {sold})").format(
                name=line_name(line), sold=quantity_text(line.quantity_milli)
            ),
            parsing.quantity,
            typed=quantity_text(line.quantity_milli),
        )
        for line in lines
    ]
    values = await Ask(FieldsScreen(_("How many stay here?"), fields))
    if values is None:
        return None
    return {int(name): int(str(value)) for name, value in values.items()}


def _customer_screen(app: TillApp, mode: str) -> FieldsScreen:
    deliver = mode == dispatch.DELIVER
    return FieldsScreen(
        _("To be delivered") if deliver else _("Kept here for the customer"),
        [
            Field("name", _("Customer"), parsing.words, free=True),
            Field("phone", _("Telephone"), parsing.words, optional=True, free=True),
            Field("address", _("Address"), parsing.words, optional=not deliver, free=True),
            Field(
                "due",
                _("Day promised"),
                parsing.day,
                typed=dispatch.due_day(app.till),
                letters="-",
            ),
            Field("half", _("1 morning, 2 afternoon"), _half, optional=True),
            Field("note", _("Note"), parsing.words, optional=True, free=True),
        ],
    )


def _customer(values: dict[str, object]) -> Customer:
    text = {name: str(value or "") for name, value in values.items()}
    return Customer(
        name=text["name"],
        phone=text["phone"],
        address=text["address"],
        due_day=text["due"],
        half=text["half"],
        note=text["note"],
    )


def _half(text: str) -> str:
    if text.strip() not in ("1", "2"):
        raise parsing.TypedError(_("Type 1 for the morning or 2 for the afternoon"))
    return "am" if text.strip() == "1" else "pm"


# --------------------------------------------------------------------------------- the register


async def goods_dispatch(app: TillApp, home: Home) -> None:
    """The open list, the pick list, the gate, and how promises were kept."""
    while True:
        entries = held.open_entries(app.till)
        late = sum(bool(one.overdue_days) for one in entries)
        inside = sum(not one.closed for one in gate.passes(app.till))
        count = str(len(entries))
        if late:
            count += " " + _("({count} late)").format(count=late)
        choices = [
            Choice(1, _("Open entries"), "open", detail=count),
            Choice(2, _("Find by sale or entry number"), "find"),
            Choice(3, _("Print the pick list"), "pick"),
            Choice(4, _("Gate: scan passes at the exit"), "gate", detail=str(inside)),
            Choice(5, _("Passes and goods without one"), "passes"),
            Choice(6, _("This month: on time, courier slips"), "month"),
        ]
        chosen = await Ask(WideChooseScreen(_("Goods sold and not taken"), choices))
        if chosen is None:
            home.refresh_sale()
            return
        done = False
        if chosen == "open":
            done = await _open(app, home, entries)
        elif chosen == "find":
            done = await _find(app, home)
        elif chosen == "pick":
            done = await _pick(app, home)
        elif chosen == "gate":
            await Ask(GateScreen(app.till))
        elif chosen == "passes":
            await Ask(ReadScreen(_("Passes and goods without one"), _pass_lines(app)))
        else:
            await Ask(ReadScreen(_("This month"), _month_lines(app)))
        if done:
            return


async def _open(app: TillApp, home: Home, entries: list[Held]) -> bool:
    choices = [
        Choice(number, _words(app, one), one, detail=_detail(one))
        for number, one in enumerate(entries, start=1)
    ]
    one = await Ask(WideChooseScreen(_("Open entries"), choices))
    return one is not None and await _entry(app, home, one)


async def _find(app: TillApp, home: Home) -> bool:
    number = await Ask(
        EntryScreen(
            _("Find by sale or entry number"),
            parsing.words,
            label=_("Number"),
            letters=True,
        )
    )
    if not number:
        return False
    one = held.find(app.till, number.upper())
    if one is None:
        home.error(_("Nothing waits under this number"), clean(number))
        return True
    return await _entry(app, home, one)


async def _entry(app: TillApp, home: Home, one: Held) -> bool:
    """What is done with one entry; whether anything was, so that the home says it."""
    actions = [
        Choice(1, _("The customer has signed: clear it"), "clear"),
        Choice(2, _("Check out: scan what leaves, print the pass"), "out"),
        Choice(3, _("Delivered, not signed for yet"), "delivered"),
        Choice(4, _("Courier and tracking number"), "courier"),
        Choice(5, _("Another day was agreed"), "promise"),
    ]
    action = await Ask(WideChooseScreen(one.number, actions, lines=_facts(app, one)))
    if action == "clear":
        return await _clear(app, home, one)
    if action == "out":
        number = await Ask(CheckOutScreen(app.till, one))
        if number:
            home.note(_("Pass {number} is printed").format(number=number))
        return bool(number)
    if action == "delivered":
        values = await _fields(
            _("Delivered, not signed for yet"),
            Field("day", _("Delivered on"), parsing.day, stock_day(app.till), letters="-"),
            Field("by", _("Delivered by"), parsing.words, free=True),
        )
        return await _told(
            home,
            values
            and dispatch.delivered(app.till, one.number, str(values["day"]), str(values["by"])),
        )
    if action == "courier":
        values = await _fields(
            _("Courier and tracking number"),
            Field("name", _("Courier"), parsing.words, one.courier, free=True),
            Field("tracking", _("Tracking number"), parsing.words, one.tracking_no, free=True),
        )
        return await _told(
            home,
            values
            and dispatch.courier(
                app.till, one.number, str(values["name"]), str(values["tracking"])
            ),
        )
    if action == "promise":
        values = await _fields(
            _("Another day was agreed"),
            Field("day", _("New day"), parsing.day, one.due_day, letters="-"),
            Field("reason", _("Reason"), parsing.words, free=True),
        )
        return await _told(
            home,
            values
            and dispatch.promise(app.till, one.number, str(values["day"]), str(values["reason"])),
        )
    return False


async def _clear(app: TillApp, home: Home, one: Held) -> bool:
    """回单销帐: receipt number, date, signer; several pieces may be signed for in parts."""
    parts = [
        Field(
            f"line:{line.line.line_no}",
            _("{name}: how many").format(name=goods_name(app.till, line.line)),
            parsing.quantity,
            quantity_text(line.open_milli),
        )
        for line in one.lines
        if one.pieces_milli > 1000
    ]
    values = await _fields(
        _("The customer has signed: clear it"),
        Field("receipt", _("Number of the signed receipt"), parsing.words, free=True),
        Field("day", _("Signed on"), parsing.day, stock_day(app.till), letters="-"),
        Field("signer", _("Signed by"), parsing.words, one.customer, free=True),
        *parts,
    )
    if not values:
        return False
    quantities = {
        int(name.removeprefix("line:")): int(str(value))
        for name, value in values.items()
        if name.startswith("line:")
    }
    done = await finish(
        home,
        dispatch.clear(
            app.till,
            one.number,
            receipt_no=str(values["receipt"]),
            signed_day=str(values["day"]),
            signer=str(values["signer"]),
            quantities=quantities or None,
        ),
    )
    if not isinstance(done, GoodsDocument):
        home.error(done)
    return True


async def _pick(app: TillApp, home: Home) -> bool:
    values = await _fields(
        _("Print the pick list"),
        Field("day", _("Day"), parsing.day, stock_day(app.till), letters="-"),
        Field("half", _("1 morning, 2 afternoon"), _half, optional=True),
    )
    half = str(values["half"] or "") if values else ""
    return await _told(home, values and held.print_pick_list(app.till, str(values["day"]), half))


async def _fields(title: str, *fields: Field) -> dict[str, object] | None:
    return await Ask(FieldsScreen(title, fields))


async def _told(home: Home, result: Future[Any] | Refusal | dict[str, object] | None) -> bool:
    """Wait for the disk and say it; False when nothing was asked for."""
    if isinstance(result, Refusal):
        home.error(refusal_text(result))
        return True
    if not isinstance(result, Future):
        return False
    try:
        await Saved(result)
    except Exception as error:  # noqa: BLE001 - whatever the disk said, the person is told
        home.error(_("Not written to disk: {why}").format(why=clean(str(error))))
        return True
    home.refresh_sale()
    home.note(_("Noted"))
    return True


# --------------------------------------------------------------------------------- words


def _words(app: TillApp, one: Held) -> str:
    state = STATES[one.state] or MODES.get(one.mode, "")
    goods = goods_name(app.till, one.lines[0].line) if one.lines else ""
    parts = [clean(one.customer), goods, _(state) if state else ""]
    return " ".join(part for part in parts if part)


def _detail(one: Held) -> str:
    if one.overdue_days:
        return _("{days} days late").format(days=one.overdue_days)
    return _("by {day}").format(day=one.due_day)


def _facts(app: TillApp, one: Held) -> list[str]:
    lines = [
        f"{clean(one.customer)} {clean(one.phone)}".rstrip(),
        clean(one.address),
        _("Sale {number}, {days} days ago, registered by {person}").format(
            number=one.transaction_no, days=one.age_days, person=one.person_id
        ),
    ]
    if one.courier:
        lines.append(f"{clean(one.courier)} {clean(one.tracking_no)}".rstrip())
    lines += [
        f"{quantity_text(line.open_milli)} × {goods_name(app.till, line.line)}"
        for line in one.lines[:5]
    ]
    if one.overdue_days:
        text = ngettext(
            "! {count} day late: {person} answers for it",
            "! {count} days late: {person} answers for it",
            one.overdue_days,
        )
        lines.append(text.format(count=one.overdue_days, person=one.person_id))
    return [line for line in lines if line]


def _pass_lines(app: TillApp) -> list[str]:
    lines = [_("Passes not scanned at the exit:")]
    lines += [
        f"  {one.number}  {one.reference}  {clean(one.goods)}"
        for one in gate.passes(app.till)
        if not one.closed
    ] or ["  -"]
    lines += ["", _("Delivered without a pass:")]
    lines += [
        f"  {one.number}  {_words(app, one)}" for one in held.left_without_pass(app.till)
    ] or ["  -"]
    return lines


def _month_lines(app: TillApp) -> list[str]:
    month = stock_day(app.till)[:7]
    found = held.on_time(app.till, month)
    lines = [
        _("{month}: {entries} cleared, {kept} on time, {nearly} within 2 days").format(
            month=month,
            entries=found.entries,
            kept=found.on_time,
            nearly=found.within_two_days,
        ),
        "",
        _("Courier slips:"),
    ]
    lines += [
        f"  {one.business_day}  {one.subject}  {clean(one.fields.get('courier', ''))}  "
        f"{clean(one.fields.get('tracking', ''))}"
        for one in held.courier_slips(app.till, month)
    ] or ["  -"]
    return lines


def overdue_lines(app: TillApp) -> list[str]:
    """Deliveries that are late, for the goods home."""
    return [
        _("! Delivery {customer}: {days} days late ({person})").format(
            customer=clean(one.customer), days=one.overdue_days, person=one.person_id
        )
        for one in held.open_entries(app.till)
        if one.overdue_days
    ]
