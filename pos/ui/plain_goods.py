"""Tracked goods in the line mode: batch, serial number, held batches, held lines at the tender."""

from __future__ import annotations

from pos.domain.cart import Refusal
from pos.i18n import gettext as _
from pos.services import checkout
from pos.services.checkout import records
from pos.ui import parsing
from pos.ui.plain_base import PlainBase
from pos.ui.text_grid import clean
from pos.ui.texts import labelled, line_name, listed, named, quantity_text


class PlainGoods(PlainBase):
    """What the sale asks of goods that carry a batch or serial number."""

    async def tracked(self, asked: object) -> None:
        """Ask until the goods are on the sale, refused or given up."""
        result: object = asked
        while True:
            if isinstance(result, checkout.BatchToSee):
                item = result.entry.item
                held = await self._is_held(
                    named(item.name, item.name_en), [one.batch for one in result.holds]
                )
                result = checkout.batch_seen(self.till, result, is_held=held)
            elif isinstance(result, checkout.BatchNeeded):
                found = await self._batch(result)
                if found is None:
                    return
                result = checkout.batch_given(self.till, result, *found)
            elif isinstance(result, checkout.SerialNeeded):
                typed = await self.ask(_("Serial number"))
                if not typed:
                    return
                result = checkout.serial_given(self.till, result, typed)
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
                result = checkout.give_batch(self.till, gap.line.line_no, typed)
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
