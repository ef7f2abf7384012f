"""The lines of a receipt: what a scan, a date or a `no` means to them (RCV-04..06, RCV-10, RCV-16).

Every change is written at once (`receiving_draft`). What is against the rules is
counted all the same and rejected with its reason: nothing that came off the lorry is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from pos.domain.cart import Refusal
from pos.domain.goods import receiving as judging
from pos.domain.goods.documents import GoodsLine, Rejection
from pos.domain.goods.orders import DateRule
from pos.domain.goods.receiving import Difference
from pos.domain.item import Item
from pos.domain.quantity import ONE
from pos.i18n import N_
from pos.services.goods import licences
from pos.services.goods.receiving_draft import ReceivingDraft
from pos.services.goods.receiving_values import Counted, UnknownScan
from pos.services.goods.rules import GoodsRule
from pos.services.goods.scanning import Scanned
from pos.store import units as stock_units


class ReceivingLines(ReceivingDraft):
    """What scans, typed counts and dates mean to the lines of one receipt."""

    # -------------------------------------------------------------------- counting

    def count(self, scanned: Scanned, quantity_milli: int) -> Counted | Refusal:
        """Count a scan; written before the next one is read."""
        unit = scanned.unit_code
        if unit:
            refusal = self._unit_known(unit)
            if refusal is not None:
                return refusal
        line = self._line_for(scanned)
        before = line.received_milli
        line = msgspec.structs.replace(
            line,
            received_milli=before + quantity_milli,
            batch=line.batch or scanned.batch,
            production_day=line.production_day or scanned.production_day,
            expiry=line.expiry or scanned.expiry,
            barcode=line.barcode or scanned.barcode,
        )
        if unit:
            units = {**self.working.units}
            units[str(line.line_no)] = (*units.get(str(line.line_no), ()), unit)
            self.working = msgspec.structs.replace(self.working, units=units)
        line = self._judged(line, scanned.item, scanned.rule)
        self._put(line, working=bool(unit))
        return self._counted(line, before, scanned.rule)

    def note(self, scanned: Scanned, quantity_milli: int) -> Counted:
        """What the delivery note says of these goods: expected and delivered, not yet counted."""
        code = scanned.item.item_code
        there = next((one for one in self.lines if one.item_code == code), None)
        line = there if there is not None else self._line_for(scanned)
        before = line.delivered_milli
        told = before + quantity_milli
        line = msgspec.structs.replace(line, delivered_milli=told, expected_milli=told)
        self._put(line)
        return Counted(line=line, before_milli=before)

    def set_noted(self, number: int, quantity_milli: int) -> Counted | Refusal:
        """The whole quantity of a line by the note, as typed."""
        line = self._by_number.get(number)
        if line is None:
            return Refusal("no_such_line", N_("there is no such line"))
        before = line.delivered_milli
        self._put(
            msgspec.structs.replace(
                line, delivered_milli=quantity_milli, expected_milli=quantity_milli
            )
        )
        return Counted(line=self._by_number[number], before_milli=before)

    def set_received(self, number: int, quantity_milli: int) -> Counted | Refusal:
        """The whole count of a line, as typed."""
        line = self._by_number.get(number)
        if line is None:
            return Refusal("no_such_line", N_("there is no such line"))
        rule = self.rule_of(line)
        units = self.working.units.get(str(number), ())
        if units and quantity_milli > len(units) * ONE:
            return Refusal(
                "serial_each", N_("goods with serial numbers are scanned one by one"), {}
            )
        if units:
            kept = {**self.working.units, str(number): units[: quantity_milli // ONE]}
            self.working = msgspec.structs.replace(self.working, units=kept)
        before = line.received_milli
        line = msgspec.structs.replace(line, received_milli=quantity_milli)
        self._put(self._judged(line, self.item_of(line), rule), working=bool(units))
        return self._counted(self._by_number[number], before, rule)

    def other_batch(self, number: int) -> GoodsLine | None:
        """A further line of the same goods, for another batch or date; scans go there now."""
        line = self._by_number.get(number)
        if line is None:
            return None
        fresh = GoodsLine(
            line_no=self._next_number(),
            item_code=line.item_code,
            quantity_milli=0,
            description=line.description,
            spec=line.spec,
            unit=line.unit,
            item_class=line.item_class,
            unit_cost_e4=line.unit_cost_e4,
            certificate=line.certificate,
            order_line=line.order_line,
        )
        self._put(fresh)
        return fresh

    def keep_unknown(self, code: str, quantity_milli: int) -> None:
        """A code nobody knows stays on the list of this receipt."""
        scan = UnknownScan(code, quantity_milli, self.till.local_iso())
        self._work(unknown=(*self.working.unknown, scan))

    def drop_unknown(self, index: int) -> UnknownScan | None:
        """Take one off the list: it is known now, or it was no goods."""
        unknown = self.working.unknown
        if not 0 <= index < len(unknown):
            return None
        self._work(unknown=unknown[:index] + unknown[index + 1 :])
        return unknown[index]

    def send_back_unknown(self, index: int, note: str = "") -> UnknownScan | None:
        """Its goods stay unknown and go back: a line of the claim, with its quantity (RCV-06)."""
        unknown = self.working.unknown
        if not 0 <= index < len(unknown):
            return None
        scan = msgspec.structs.replace(unknown[index], note=note)
        self._work(
            unknown=unknown[:index] + unknown[index + 1 :],
            nameless=(*self.working.nameless, scan),
        )
        return scan

    def ask_again(self, index: int) -> None:
        """A code of which it was said that its goods go back is unknown again."""
        nameless = self.working.nameless
        if 0 <= index < len(nameless):
            self._work(
                unknown=(*self.working.unknown, nameless[index]),
                nameless=nameless[:index] + nameless[index + 1 :],
            )

    # -------------------------------------------------------------------- about a line

    def set_facts(
        self,
        number: int,
        *,
        batch: str | None = None,
        production_day: str | None = None,
        expiry: str | None = None,
        temperature_tenths: int | None = None,
        certificate: str | None = None,
        sterilisation_batch: str | None = None,
        delivered_milli: int | None = None,
        unit_cost_e4: int | None = None,
        note: str | None = None,
    ) -> Counted | Refusal:
        """What a person said of a line; None leaves a field as it is."""
        line = self._by_number.get(number)
        if line is None:
            return Refusal("no_such_line", N_("there is no such line"))
        rule = self.rule_of(line)
        said = {
            "batch": batch,
            "production_day": production_day,
            "expiry": expiry,
            "temperature_tenths": temperature_tenths,
            "certificate": certificate,
            "sterilisation_batch": sterilisation_batch,
            "delivered_milli": delivered_milli,
            "unit_cost_e4": unit_cost_e4,
            "note": note,
        }
        given = {name: value for name, value in said.items() if value is not None}
        line = msgspec.structs.replace(line, **given)
        if production_day and not expiry:
            worked_out = rule.expiry_of(production_day)
            if worked_out:
                line = msgspec.structs.replace(line, expiry=worked_out)
        if line.production_day and line.production_day > self.today:
            return Refusal("produced_later", N_("the production day lies in the future"))
        if line.production_day and line.expiry and line.expiry < line.production_day:
            return Refusal("dates_crossed", N_("the expiry date lies before the production day"))
        if temperature_tenths is not None:
            self.working = msgspec.structs.replace(
                self.working, temperature_tenths=temperature_tenths
            )
        before = line.received_milli
        self._put(
            self._judged(line, self.item_of(line), rule), working=temperature_tenths is not None
        )
        return self._counted(self._by_number[number], before, rule)

    def reject(
        self,
        number: int,
        quantity_milli: int,
        reason: str = Difference.DAMAGED,
        failed_checks: tuple[str, ...] = (),
        note: str = "",
    ) -> GoodsLine | Refusal:
        """A further share of a line that is not good; 0 takes all of them back (RCV-05).

        A failed check is a reason. Shares of one reason and note add up; others stand beside each
        other, and each has its line on the claim.
        """
        line = self._by_number.get(number)
        if line is None:
            return Refusal("no_such_line", N_("there is no such line"))
        word = Difference.CHECKLIST if failed_checks else reason
        share = Rejection(
            quantity_milli=quantity_milli, reason=str(word), failed_checks=failed_checks, note=note
        )
        shares = (*self.shares_of(line), share) if quantity_milli else ()
        return self.set_shares(number, shares)

    def shares_of(self, line: GoodsLine) -> tuple[Rejection, ...]:
        """What of a line somebody rejected, share by share; what rules reject is not in it."""
        if line.reason in judging.AUTOMATIC:
            return ()
        return judging.shares_of(line, self.working.over.get(str(line.line_no), 0))

    def set_shares(self, number: int, shares: Sequence[Rejection]) -> GoodsLine | Refusal:
        """Exactly these shares of a line are not good."""
        line = self._by_number.get(number)
        if line is None:
            return Refusal("no_such_line", N_("there is no such line"))
        quantities = [one.quantity_milli for one in shares]
        if any(one < 0 for one in quantities) or sum(quantities) > line.received_milli:
            return Refusal("more_than_received", N_("not more than was received"))
        automatic = self._automatic(line, self.item_of(line), self.rule_of(line))
        if automatic:
            return Refusal(
                "rejected_by_rule", N_("these goods cannot be accepted"), {"reason": automatic}
            )
        # What is too much is worked out anew when counting ends.
        over = {key: share for key, share in self.working.over.items() if key != str(number)}
        settled = over != self.working.over
        self.working = msgspec.structs.replace(self.working, over=over)
        line = judging.with_shares(line, shares)
        self._put(self._judged(line, self.item_of(line), self.rule_of(line)), working=settled)
        return self._by_number[number]

    def is_opened(self, line: GoodsLine) -> bool:
        """Whether a line's boxes were opened: nobody said no, and its class asks for it (RCV-04)."""
        return line.line_no not in self.working.unopened and not self.rule_of(line).large

    def set_opened(self, number: int, *, opened: bool) -> None:
        """Whether the boxes of a line were opened; goods that are accepted have to be."""
        kept = tuple(one for one in self.working.unopened if one != number)
        self._work(unopened=kept if opened else (*kept, number))

    def set_cost(self, number: int, unit_cost_e4: int) -> GoodsLine | Refusal:
        """The day's price without tax of these goods, on every batch of them that came."""
        line = self._by_number.get(number)
        if line is None:
            return Refusal("no_such_line", N_("there is no such line"))
        group = judging.group_of(line)
        for one in list(self.lines):
            if judging.group_of(one) == group:
                self._put(msgspec.structs.replace(one, unit_cost_e4=unit_cost_e4))
        return self._by_number[number]

    def drop(self, number: int) -> None:
        """Take a line off that came on by mistake; one that the paper names is set to nothing."""
        line = self._by_number.get(number)
        if line is None:
            return
        units = {key: codes for key, codes in self.working.units.items() if key != str(number)}
        self.working = msgspec.structs.replace(self.working, units=units)
        if line.expected_milli is not None:
            bare = msgspec.structs.replace(
                line,
                received_milli=0,
                rejected_milli=0,
                quantity_milli=0,
                unit_codes=(),
                reason="",
                failed_checks=(),
                rejections=(),
            )
            self._put(bare, working=True)
            return
        lines = tuple(one for one in self.lines if one.line_no != number)
        self.replace(msgspec.structs.replace(self.document, lines=lines))

    def asks_of(self, line: GoodsLine, rule: GoodsRule) -> tuple[str, ...]:
        """What the class wants to know of a line and nobody told yet."""
        wanted: list[str] = []
        if rule.batch_tracked and not line.batch:
            wanted.append("batch")
        produced = rule.dates in (DateRule.PRODUCTION, DateRule.BOTH)
        if produced and not line.production_day:
            wanted.append("production_day")
        follows = rule.dates == DateRule.PRODUCTION and rule.shelf_life_days > 0
        if rule.dates and not line.expiry and not follows:
            wanted.append("expiry")
        if rule.temperature_tenths is not None and line.temperature_tenths is None:
            wanted.append("temperature")
        return tuple(wanted)

    # -------------------------------------------------------------------- inside

    def _line_for(self, scanned: Scanned) -> GoodsLine:
        """The line that a scan is about: same batch and date, else one without, else a new one."""
        code = scanned.item.item_code
        told = bool(scanned.batch or scanned.expiry or scanned.production_day)
        if told:
            number = self._by_facts.get((code, scanned.batch, scanned.expiry))
            if number is None:
                number = next(
                    (
                        line.line_no
                        for line in self.lines
                        if line.item_code == code
                        and line.batch in ("", scanned.batch)
                        and line.expiry in ("", scanned.expiry)
                        and (not line.received_milli or line.batch == scanned.batch != "")
                    ),
                    None,
                )
        else:
            number = self._latest.get(code)
        if number is not None:
            return self._by_number[number]
        known = code in self._latest
        first = next((one for one in self.lines if one.item_code == code), None) if known else None
        item = scanned.item
        self._items[code] = item
        return GoodsLine(
            line_no=self._next_number(),
            item_code=code,
            quantity_milli=0,
            description=item.name,
            spec=item.spec,
            unit=item.unit,
            item_class=item.item_class,
            unit_cost_e4=first.unit_cost_e4 if first is not None else scanned.rule.cost_e4,
            certificate=scanned.rule.certificate,
            order_line=first.order_line if first is not None else 0,
        )

    def _automatic(self, line: GoodsLine, item: Item, rule: GoodsRule) -> str:
        refused = licences.refusal(self.till, item, rule)
        return judging.automatic_reason(
            line,
            self.today,
            priced=self._priced(item),
            in_scope=rule.in_scope,
            licensed=refused is None or not rule.in_scope,
            missing_papers=rule.missing_on(self.today),
            temperature_tenths=rule.temperature_tenths,
        )

    def _priced(self, item: Item) -> bool:
        """Whether a retail price is approved; goods come in before the day is opened, too."""
        if item.unit_price_e4 is not None or self.till.business_day:
            return item.unit_price_e4 is not None
        known = self._prices.get(item.item_code)
        if known is None:
            found = self.till.reference.item(item.item_code, self.today)
            known = found is not None and found.unit_price_e4 is not None
            self._prices[item.item_code] = known
        return known

    def _judged(self, line: GoodsLine, item: Item, rule: GoodsRule) -> GoodsLine:
        return self._with_units(judging.judged(line, self._automatic(line, item, rule)))

    def _with_units(self, line: GoodsLine) -> GoodsLine:
        """Unit codes of the accepted units alone: those scanned last are the ones rejected."""
        units = self.working.units.get(str(line.line_no))
        if units is None:
            return line
        return msgspec.structs.replace(line, unit_codes=units[: line.quantity_milli // ONE])

    def _unit_known(self, unit: str) -> Refusal | None:
        for codes in self.working.units.values():
            if unit in codes:
                return Refusal(
                    "unit_twice", N_("this unit is on the receipt already"), {"code": unit}
                )
        reader = self.till.journal.reader()
        known = stock_units.unit(reader, stock_units.item_of(reader, unit), (unit,))
        if known is None or not known.in_stock:
            return None
        return Refusal("unit_in_stock", N_("this unit is in stock already"), {"code": unit})

    def _counted(self, line: GoodsLine, before_milli: int, rule: GoodsRule) -> Counted:
        warnings: list[str] = []
        left = judging.days_left(line.expiry, self.today)
        if line.reason in judging.AUTOMATIC:
            warnings.append(line.reason)
        elif left is not None and rule.min_remaining_days and left < rule.min_remaining_days:
            warnings.append("short_life")
        if self._too_much(line) and not self.blind and line.received_milli > before_milli:
            warnings.append("over" if line.expected_milli is not None else "wrong")
        return Counted(
            line=line,
            before_milli=before_milli,
            asks=self.asks_of(line, rule),
            warnings=tuple(warnings),
            days_left=left,
        )

    def _too_much(self, line: GoodsLine) -> bool:
        if not self._expects:
            return False
        group = judging.group_of(line)
        same = [one for one in self.lines if judging.group_of(one) == group]
        expected = sum(one.expected_milli or 0 for one in same)
        received = sum(one.quantity_milli for one in same)
        pieces = judging.in_pieces(same)
        return received > judging.allowed_milli(expected, self.tolerance_bp, pieces=pieces)
