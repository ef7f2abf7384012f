"""Tracked goods in the line mode: batch, serial number, held batches, held lines at the tender."""

from __future__ import annotations

from functools import partial
from itertools import count
from typing import TYPE_CHECKING

from pos.domain.cart import Refusal
from pos.domain.quantity import ONE
from pos.i18n import gettext as _
from pos.services import checkout
from pos.services.checkout import records
from pos.services.context import Grant
from pos.ui import parsing
from pos.ui.plain_base import PlainBase
from pos.ui.text_grid import clean
from pos.ui.texts import labelled, line_name, listed, named, quantity_text

if TYPE_CHECKING:
    from pos.services.goods.dispatch import Customer


class PlainGoods(PlainBase):
    """What the sale asks of goods that carry a batch or serial number."""

    async def tracked(self, asked: object, given: list[Grant]) -> None:
        """Ask until the goods are on the sale, refused or given up; `given` are its approvals."""
        result: object = asked
        while True:
            if isinstance(result, checkout.BatchToSee):
                result = await self._look_at_batch(result, given)
            elif isinstance(result, checkout.BatchNeeded):
                found = await self._batch(result)
                if found is None:
                    return
                result = await self.entry(
                    partial(checkout.batch_given, self.till, result, *found), given
                )
            elif isinstance(result, checkout.SerialNeeded):
                typed = await self.ask(_("Serial number"))
                if not typed:
                    return
                result = await self.entry(
                    partial(checkout.serial_given, self.till, result, typed), given
                )
            else:
                self.show(result)
                return

    async def settled(self) -> bool:
        """Put right what must not be paid as it stands; False leaves the sale where it is."""
        while found := checkout.gaps(self.till):
            gap = found[0]
            name = line_name(gap.line)
            if gap.code == "held":
                self.say("✗ " + labelled(name, clean(gap.holds[0].reason)))
                await self.ask(_("Held by head office: Enter takes it off"))
                result: object = checkout.take_out(self.till, [gap])
            elif gap.code == "batch_to_see":
                held = await self._is_held(name, [one.batch for one in gap.holds])
                result = checkout.batch_of_line_seen(self.till, gap, is_held=held)
            elif gap.code == "batch_missing":
                typed = await self.ask(name + " " + _("Batch number"))
                if not typed:
                    return False
                result = await self.entry(
                    partial(checkout.give_batch, self.till, gap.line.line_no, typed), []
                )
                if result is None:
                    return False
            else:
                self.say("✗ " + _("No serial number: take the line off and scan it again"))
                return False
            if isinstance(result, Refusal):
                self.show(result)
                return False
        if records.wants_buyer(self.till):
            self.say("✗ " + _("Use the full screen for this"))
            return False
        return bool(self.till.sale.cart.lines) or not self.till.sale.empty

    async def large_goods(self) -> bool:
        """商品发货登记: who takes large goods, and when (REG-01); False goes back to the goods."""
        if not self.till.settings.dispatch.ask:
            return True
        from pos.services.goods import dispatch  # a sale of small goods never needs it

        lines = dispatch.to_ask(self.till)
        if not lines:
            return True
        self.say(_("Large goods: who takes them, and when?"))
        for line in lines:
            self.say(f"  {quantity_text(line.quantity_milli)} × {line_name(line)}")
        now, later, kept = (
            _("The customer takes them now"),
            _("To be delivered"),
            _("Kept here for the customer"),
        )
        answer = await self.ask(f"1 {now}  2 {later}  3 {kept}  - " + _("Back"))
        if answer == "1":
            dispatch.take_now(self.till)
            return True
        if answer not in ("2", "3"):
            return False
        mode = dispatch.DELIVER if answer == "2" else dispatch.KEEP
        quantities: dict[int, int] = {}
        for line in lines:
            quantity: int | None = line.quantity_milli
            if line.quantity_milli > ONE:
                sold = quantity_text(line.quantity_milli)
                words = _("{name}: how many stay (Enter: all {sold})")
                quantity = await self.value(
                    words.format(name=line_name(line), sold=sold), parsing.quantity
                )
            quantities[line.line_no] = line.quantity_milli if quantity is None else quantity
        while True:
            customer = await self._customer(dispatch.due_day(self.till), mode == dispatch.DELIVER)
            if customer is None:
                return False
            held = dispatch.hold(self.till, mode, customer, quantities)
            if not isinstance(held, Refusal):
                return True
            self.show(held)
            if held.code not in ("no_customer", "no_address"):
                return False

    async def _customer(self, due_day: str, deliver: bool) -> Customer | None:
        """Whose goods they are and where they go; None when nothing at all was typed."""
        from pos.services.goods.dispatch import Customer

        name = await self.ask(_("Customer"))
        phone = await self.ask(_("Telephone"))
        if not (name or phone):
            return None
        address = await self.ask(_("Address")) if deliver else ""
        day = ""
        while not day:
            typed = await self.ask(f"{_('Day promised')} [{due_day}]")
            try:
                day = parsing.day(typed) if typed else due_day
            except parsing.TypedError as error:
                self.say(f"✗ {error}")
        half = await self.ask(_("1 morning, 2 afternoon"))
        return Customer(
            name=name,
            phone=phone,
            address=address,
            due_day=day,
            half={"1": "am", "2": "pm"}.get(half, ""),
        )

    async def _look_at_batch(self, asked: checkout.BatchToSee, given: list[Grant]) -> object:
        item = asked.entry.item
        batches = [one.batch for one in asked.holds]
        held = await self._is_held(named(item.name, item.name_en), batches)
        tries = count()

        def enter() -> object:
            # What was seen is journaled once, however often the entry has to be tried.
            return checkout.batch_seen(self.till, asked, is_held=held, note=next(tries) == 0)

        return await self.entry(enter, given)

    async def _is_held(self, name: str, held: list[str]) -> bool:
        batches = listed(map(clean, held))
        told = _("Held by head office: batch {batch}").format(batch=batches)
        self.say("! " + labelled(name, told))
        one, two = _("It is another batch: sell it"), _("It is this batch: do not sell it")
        return await self.ask(f"1 {one}  2 {two}") != "1"

    async def _batch(self, asked: checkout.BatchNeeded) -> tuple[str, str] | None:
        for number, one in enumerate(asked.choices, start=1):
            self.say(f"  {number} {one.batch} {one.expiry} {quantity_text(one.quantity_milli)}")
        typed = await self.ask(_("Number in the list, or the batch number"))
        if not typed:
            return None
        if typed.isdigit() and 1 <= int(typed) <= len(asked.choices):
            chosen = asked.choices[int(typed) - 1]
            return chosen.batch, chosen.expiry
        day = await self.ask(_("Good until (empty: not known)"))
        try:
            return typed, parsing.day(day) if day else ""
        except parsing.TypedError as error:
            self.say(f"✗ {error}")
            return None
