"""What to order and why, and which stock somebody must act on: one pass over books and catalogue.

Sold by day comes from this till's books, closed year files among them; what is on hand is the
store's (`pos.services.goods.stock`). In a shop with several tills head office tells what the others
sold; until it did, the plan says that it knows this till's sales alone (`Snapshot.own_sales`).
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Iterable
from functools import partial
from weakref import WeakKeyDictionary

import msgspec

from pos.domain.goods.orders import ItemRule, Supplier, SupplierState
from pos.domain.money import divide_half_away
from pos.domain.planning import classes, forecast, warnings
from pos.domain.planning.deliveries import Cover, cover, cycle_reached
from pos.domain.planning.forecast import Error
from pos.domain.planning.proposals import Available, Policy, Proposal, Why, propose
from pos.domain.planning.warnings import Kind, Warned
from pos.services import catalogue
from pos.services.context import Till
from pos.services.goods import on_the_way, stock
from pos.services.goods.rules import rule_for
from pos.store import goods_planning, goods_reference
from pos.store.goods_reference import StockIncluded

MIN_DAYS = 7
"""With fewer trading days than this nothing is forecast: minimum and cycle decide alone."""

_CALENDAR_DAYS = 84
"""How far back trading days are looked for: eight weeks of them, with a fortnight's holidays."""

_WIDEST_BAND = 400
"""Days ahead within which a date may be near, whatever band a class has."""

_URGENT = {why: place for place, why in enumerate((Why.CUSTOMER, Why.OUT, Why.MINIMUM))}


class Snapshot(msgspec.Struct, kw_only=True):
    """Everything that a plan and the warnings are made of, at one moment."""

    today: dt.date
    days: tuple[dt.date, ...]
    """Days of trade before today, oldest first, at most `forecast.WINDOW_DAYS`."""

    sold: dict[str, dict[int, int]]
    """Item → place of the day → thousandths sold."""

    shares: tuple[int, ...]
    """The whole shop's weekday profile."""

    stock: dict[str, int]
    coming: dict[str, on_the_way.Coming]
    rules: dict[str, ItemRule]
    suppliers: dict[str, Supplier]
    last_asked: dict[str, dt.date]
    own_sales: bool
    """Other tills sell here as well, and nobody told yet what; only this one's sales are known."""

    def quantities(self, item_code: str) -> list[int]:
        """What the item sold on each of `days`."""
        known = self.sold.get(item_code, {})
        return [known.get(place, 0) for place in range(len(self.days))]

    def per_day_milli(self, item_code: str) -> int:
        """Sold on a day of trade."""
        if not self.days:
            return 0
        total = sum(self.sold.get(item_code, {}).values())
        return max(divide_half_away(total, len(self.days)), 0)


class PlanLine(msgspec.Struct, frozen=True, kw_only=True):
    """One proposal with whom to ask and how good the forecast has been."""

    proposal: Proposal
    supplier_id: str
    error: Error
    cost_e4: int | None = None

    @property
    def item_code(self) -> str:
        """Which item."""
        return self.proposal.item_code


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """All proposals, by supplier, the most urgent first."""

    today: dt.date
    trading_days: int
    own_sales: bool
    lines: tuple[PlanLine, ...]
    suppliers: dict[str, Supplier]

    def of_supplier(self, supplier_id: str) -> tuple[PlanLine, ...]:
        """Proposals for one supplier; empty text is what has none."""
        return tuple(line for line in self.lines if line.supplier_id == supplier_id)


_sales: WeakKeyDictionary[Till, tuple[str, tuple[list[str], dict[str, dict[int, int]]]]] = (
    WeakKeyDictionary()
)


def today_of(till: Till) -> dt.date:
    """The business day, or the calendar's while none is open."""
    return dt.date.fromisoformat(till.business_day or till.local_iso()[:10])


def snapshot(till: Till) -> Snapshot:
    """Read books and catalogue once. Slow in a large shop (seconds): call it off the loop."""
    today = today_of(till)
    texts, sold = _sold(till, today)
    days = tuple(map(dt.date.fromisoformat, texts))
    whole: dict[int, int] = defaultdict(int)
    for item in sold.values():
        for place, quantity in item.items():
            whole[place] += quantity
    rules: list[ItemRule] = till.reference.ask(goods_reference.item_rules, [])
    suppliers: list[Supplier] = till.reference.ask(goods_reference.suppliers, [])
    included: list[StockIncluded] = till.reference.ask(goods_reference.included, [])
    own = till.reference.meta("workstation_uuid") or ""
    coming, last_asked = on_the_way.coming(till, today)
    return Snapshot(
        today=today,
        days=days,
        sold=sold,
        shares=forecast.profile([(day, whole[n]) for n, day in enumerate(days)]),
        stock=stock.shop_quantities(till),
        coming=coming,
        rules={rule.item_code: rule for rule in rules},
        suppliers={one.supplier_id: one for one in suppliers},
        last_asked=last_asked,
        own_sales=any(row.workstation_uuid != own for row in included)
        and not till.reference.meta("sold_cursor"),
    )


def plan(till: Till, at: Snapshot | None = None) -> Plan:
    """Every proposal of the moment (REP-01, REP-06, REP-08)."""
    at = at or snapshot(till)
    covers: dict[tuple[str, int, int], Cover] = {}
    lines: list[PlanLine] = []
    for code in at.rules.keys() | at.sold.keys():
        line = _line(till, at, code, covers)
        if line is not None:
            lines.append(line)
    lines.sort(key=lambda one: (_URGENT.get(one.proposal.why, len(_URGENT)), one.item_code))
    return Plan(
        today=at.today,
        trading_days=len(at.days),
        own_sales=at.own_sales,
        lines=tuple(lines),
        suppliers=at.suppliers,
    )


def warned(till: Till, at: Snapshot | None = None) -> list[Warned]:
    """The warning list, the most urgent first (REP-04, REP-12)."""
    at = at or snapshot(till)
    setting = till.settings.planning
    limits = warnings.Limits(slow_days=setting.slow_days, dead_days=setting.dead_days)
    reader = till.journal.reader()
    since = at.today - dt.timedelta(days=max(setting.dead_days, 1))
    moves = goods_planning.last_moves(reader, since.isoformat())
    counted = goods_planning.counted_items(reader)
    found: list[Warned] = []
    nothing = ItemRule(item_code="")
    for code, quantity in at.stock.items():
        rule = at.rules.get(code, nothing)
        sold, received = moves.get(code, ("", ""))
        found += warnings.of_item(
            warnings.Facts(
                item_code=code,
                on_hand_milli=quantity,
                coming_milli=_under_way(at, code),
                min_milli=rule.min_milli,
                max_milli=rule.max_milli,
                per_day_milli=at.per_day_milli(code),
                last_sold=sold,
                last_received=received,
                counted=code in counted,
            ),
            at.today,
            limits,
        )
    # Goods with a minimum that never came in are out of stock as well.
    found += [
        Warned(kind=Kind.OUT, item_code=code, quantity_milli=0, limit_milli=rule.min_milli)
        for code, rule in at.rules.items()
        if rule.min_milli and code not in at.stock and not _under_way(at, code)
    ]
    return warnings.ordered(found + warnings.of_batches(_batches(till, at), at.today))


def abc(till: Till, at: Snapshot | None = None) -> dict[str, str]:
    """ABC class of each item: head office's where it said one, else by this shop's sales value.

    Sales value is what was sold in the window at today's price (REP-03).
    """
    at = at or snapshot(till)
    day = at.today.isoformat()
    codes = [code for code, by_day in at.sold.items() if sum(by_day.values()) > 0]
    prices: dict[str, int] = till.reference.ask(
        partial(goods_planning.prices, codes=codes, day=day), {}
    )
    for code in codes:
        # Goods that only this shop knows.
        if code not in prices and (item := catalogue.find_item(till, code)) is not None:
            prices[code] = item.unit_price_e4 or 0
    values = {code: prices.get(code, 0) * sum(at.sold[code].values()) for code in codes}
    values |= dict.fromkeys(at.stock.keys() - values.keys(), 0)
    return classes.abc(values) | {code: r.abc for code, r in at.rules.items() if r.abc}


# ---------------------------------------------------------------------------------- helpers


def _line(
    till: Till, at: Snapshot, code: str, covers: dict[tuple[str, int, int], Cover]
) -> PlanLine | None:
    rule = at.rules.get(code) or ItemRule(item_code=code)
    supplier = at.suppliers.get(rule.supplier_id)
    if supplier is not None and supplier.state == SupplierState.DROPPED:
        supplier = None
    weekdays = supplier.delivery_weekdays if supplier is not None else ""
    lead = rule.lead_days or (supplier.lead_days if supplier is not None else 1)
    key = (weekdays, lead, rule.cycle_days)
    span = covers.get(key)
    if span is None:
        span = covers[key] = cover(
            at.today, weekdays=weekdays, lead_days=lead, cycle_days=rule.cycle_days
        )
    known = at.coming.get(code)
    available = Available(
        on_hand_milli=at.stock.get(code, 0),
        on_order_milli=known.on_order_milli + known.asked_milli if known else 0,
        in_transit_milli=known.in_transit_milli if known else 0,
    )
    needed = safety = 0
    error = Error()
    if len(at.days) >= MIN_DAYS and code in at.sold:
        quantities = at.quantities(code)
        history = list(zip(at.days, quantities, strict=True))
        season = till.settings.planning.season_percent[span.arrives.month - 1] * 100
        # Goods that sell on most days have weekdays of their own; the others take the shop's.
        steady = 2 * len(at.sold[code]) >= len(at.days) >= 4 * forecast.WEEK
        shares = forecast.profile(history) if steady else at.shares
        ahead = span.days(at.today)
        needed = forecast.expected_milli(quantities, shares, ahead, season)
        error = forecast.track(history, at.shares)
        safety = forecast.safety_milli(error, len(ahead))
    proposal = propose(
        code,
        available,
        Policy(
            min_milli=rule.min_milli,
            max_milli=rule.max_milli,
            case_milli=rule.case_milli,
            safety_milli=rule.safety_milli,
        ),
        span,
        per_day_milli=at.per_day_milli(code),
        needed_milli=needed,
        error_safety_milli=safety,
        at_cycle=cycle_reached(at.today, at.last_asked.get(code), rule.cycle_days),
    )
    if proposal is None:
        return None
    return PlanLine(
        proposal=proposal,
        supplier_id=supplier.supplier_id if supplier is not None else "",
        error=error,
        cost_e4=rule.cost_e4,
    )


def _under_way(at: Snapshot, code: str) -> int:
    """Ordered or sent; what was merely asked for lifts no warning."""
    coming = at.coming.get(code)
    return coming.on_order_milli + coming.in_transit_milli if coming is not None else 0


def _sold(till: Till, today: dt.date) -> tuple[list[str], dict[str, dict[int, int]]]:
    """What was sold on the days before today; they do not change any more while it is today."""
    kept = _sales.get(till)
    told = till.reference.meta("sold_cursor") or ""  # what other tills sold comes by and by
    key = f"{today} {till.journal.identity.workstation_uuid} {told}"
    if kept is not None and kept[0] == key:
        return kept[1]
    first = today - dt.timedelta(days=_CALENDAR_DAYS)
    last = today - dt.timedelta(days=1)
    days, sold = goods_planning.sold_by_day(
        till.journal.reader(), first.isoformat(), last.isoformat()
    )
    spare = max(len(days) - forecast.WINDOW_DAYS, 0)
    if spare:
        days = days[spare:]
        sold = {
            code: {place - spare: q for place, q in item.items() if place >= spare}
            for code, item in sold.items()
        }
    result = (days, {code: item for code, item in sold.items() if item})
    _sales[till] = (key, result)
    return result


def _batches(till: Till, at: Snapshot) -> Iterable[warnings.Batch]:
    """Batches in the shop whose date is within the widest band that anybody set."""
    until = (at.today + dt.timedelta(days=_WIDEST_BAND)).isoformat()
    dated = goods_planning.dated_batches(till.journal.reader(), until)
    for code in dict.fromkeys(one.item_code for one in dated):
        item = catalogue.find_item(till, code)
        near = rule_for(till, item).near_days if item is not None else ()
        for one in stock.batches(till, code):
            yield warnings.Batch(
                item_code=code,
                batch=one.batch,
                expiry=one.expiry,
                quantity_milli=one.quantity_milli,
                near_days=near or (90, 60, 30),
            )
