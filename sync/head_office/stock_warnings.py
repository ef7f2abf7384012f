"""Stock that somebody has to act on, over all stores: one list for head office (REP-04, STK-15).

What is warned about is `pos.domain.planning.warnings`, as at the till; here all tills of a store
are known, and what other stores sell. A store's list is made anew when anything came from it, was
ordered for it or published; in between it is kept, because the overview asks every minute.
"""

from __future__ import annotations

import datetime as dt
import time
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final
from weakref import WeakKeyDictionary

import msgspec

from pos.domain.goods.orders import ItemRule
from pos.domain.money import divide_half_away
from pos.domain.planning import forecast, warnings
from pos.domain.planning.warnings import Batch, Facts, Kind, Limits, Warned
from sync.head_office import (
    goods_items,
    goods_transfers,
    quality_notes,
    stock_batches,
    stock_figures,
)
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.order_documents import OPEN_STATES
from sync.protocol import FeedPrice

LOOK_BACK_DAYS: Final = 30
"""Days for which sales of other stores, and sales below zero, are looked at."""

_CALENDAR_DAYS: Final = 84
"""How far back trading days are looked for, as the till's plan does."""

KEPT_TIMES: Final = 20
"""The overview shows what was found last for so many times as long as finding it took."""

_DEFAULT_BANDS = (90, 60, 30)
_PRICE = msgspec.json.Decoder(FeedPrice)


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One warning with its store and the names of its goods."""

    store_id: str
    item_code: str
    name: str
    item_class: str
    warned: Warned


class _Kept(msgspec.Struct, frozen=True, gc=False):
    """A store's list and what it was made from."""

    stamp: tuple[Any, ...]
    made_s: float
    took_s: float
    found: list[Warned]
    sold: dict[str, int]
    """Item → sold within the days that count for other stores; items that moved at all."""

    there: dict[str, int]
    """Item → what is in the shop, of what is."""


_kept: WeakKeyDictionary[HeadOffice, dict[str, _Kept]] = WeakKeyDictionary()


def lines(
    office: HeadOffice,
    store_id: str = "",
    *,
    item_class: str = "",
    kinds: Collection[str] = (),
) -> list[Line]:
    """The warnings of all stores or one, the most urgent first; of a class or kinds when asked."""
    _refresh(office, _stores(office.dialect, ""), budget_s=None)
    wanted = [one for one in _stores(office.dialect, store_id) if one in _kept[office]]
    found: list[Line] = []
    for store in wanted:
        warned = _with_elsewhere(office, store)
        if kinds:
            warned = [one for one in warned if one.kind.value in kinds]
        names = goods_items.items(office.dialect, list({one.item_code for one in warned}), store)
        for one in warned:
            item = names.get(one.item_code)
            known_class = item.item_class if item else ""
            if item_class in ("", known_class):
                found.append(
                    Line(
                        store_id=store,
                        item_code=one.item_code,
                        name=item.name if item else "",
                        item_class=known_class,
                        warned=one,
                    )
                )
    rank = {kind: place for place, kind in enumerate(Kind)}
    # The order within a kind is `warnings.ordered`'s; sorting keeps it.
    return sorted(found, key=lambda line: rank[line.warned.kind])


def counts(
    office: HeadOffice, store_id: str = "", *, budget_s: float = 0.5
) -> tuple[Counter[Kind], int]:
    """How many warnings of each kind there are, and how many stores were not looked at yet.

    Works on what is kept; at most for `budget_s` it makes lists anew, the oldest first, so that a
    chain's overview never waits for all of them.
    """
    dialect = office.dialect
    _refresh(office, _stores(dialect, store_id), budget_s=budget_s)
    known = _kept.get(office, {})
    found: Counter[Kind] = Counter()
    waiting = 0
    for store in _stores(dialect, store_id):
        if store not in known:
            waiting += 1
            continue
        found.update(one.kind for one in _with_elsewhere(office, store))
    return found, waiting


def sold_below_zero(
    dialect: Dialect, today: str, store_id: str = "", *, limit: int = 500
) -> list[quality_notes.Note]:
    """What tills sold although their books had none left, the latest first (STK-15)."""
    since = (dt.date.fromisoformat(today) - dt.timedelta(days=LOOK_BACK_DAYS)).isoformat()
    found = quality_notes.notes(dialect, "books", store_id=store_id, since_day=since)
    below = [one for one in found if one.action == "sold_below_zero"]
    return below[::-1][:limit]


# ------------------------------------------------------------------------------------ keeping


def _refresh(office: HeadOffice, stores: Iterable[str], *, budget_s: float | None) -> None:
    """Make anew what is out of date; without a budget everything that changed at all."""
    kept = _kept.setdefault(office, {})
    coming = _coming(office)
    stamps = _stamps(office.dialect)
    published = office.dialect.one("SELECT COALESCE(MAX(publication_no), 0) FROM publication")
    today = office.today()
    began = time.monotonic()
    common: dict[str, int] | None = None
    for store in sorted(stores, key=lambda one: kept[one].made_s if one in kept else 0.0):
        own_coming = coming.get(store, {})
        stamp = (
            today.isoformat(),
            stamps.get(store, 0),
            int(published[0]) if published else 0,
            tuple(sorted(own_coming.items())),
        )
        known = kept.get(store)
        now = time.monotonic()
        if known is not None and known.stamp == stamp:
            continue
        fresh = known is not None and now - known.made_s < KEPT_TIMES * known.took_s
        if budget_s is not None and fresh:
            continue
        if budget_s is not None and now - began > budget_s:
            break
        if common is None:
            common = _prices(office.dialect, "", today.isoformat())
        kept[store] = _made(office.dialect, store, today, stamp, own_coming, common)


def _stamps(dialect: Dialect) -> dict[str, int]:
    """Store → how much has come from it."""
    rows = dialect.query("SELECT store_id, SUM(acked_seq) FROM epoch GROUP BY store_id")
    return {str(store): int(total) for store, total in rows}


def _with_elsewhere(office: HeadOffice, store_id: str) -> list[Warned]:
    """A store's list with goods that lie here and sell in other stores."""
    known = _kept.get(office, {})
    own = known[store_id]
    elsewhere: dict[str, int] = defaultdict(int)
    for store, one in known.items():
        if store != store_id:
            for code, quantity in one.sold.items():
                if quantity > 0 and code not in own.sold:
                    elsewhere[code] += quantity
    unmoved = [
        Warned(
            kind=Kind.UNMOVED,
            item_code=code,
            quantity_milli=own.there[code],
            limit_milli=elsewhere[code],
        )
        for code in own.there.keys() & elsewhere.keys()
    ]
    return warnings.ordered([*own.found, *unmoved]) if unmoved else own.found


# ------------------------------------------------------------------------------------ one store


def _made(
    dialect: Dialect,
    store_id: str,
    today: dt.date,
    stamp: tuple[Any, ...],
    coming: Mapping[str, int],
    common_prices: Mapping[str, int],
) -> _Kept:
    began = time.monotonic()
    with dialect.snapshot():
        figures = stock_figures.of_store(dialect, store_id)
        dates = stock_batches.expiries(dialect, store_id)
        counted = _counted(dialect, store_id)
        received = _received(dialect, store_id, today)
        per_day, last_sold, sold = _sold(dialect, store_id, today)
        prices = {**common_prices, **_prices(dialect, store_id, today.isoformat())}
    rules = _rules(dialect, store_id)
    in_shop = {
        code: stock_batches.in_shop(accounts, dates.get(code, {}))
        for code, accounts in figures.items()
    }
    on_hand = {code: sum(by_batch.values()) for code, by_batch in in_shop.items()}
    unpriced = _unpriced(dialect, store_id, on_hand, prices)
    nothing = ItemRule(item_code="")
    found: list[Warned] = []
    for code, quantity in on_hand.items():
        rule = rules.get(code, nothing)
        facts = Facts(
            item_code=code,
            on_hand_milli=quantity,
            coming_milli=coming.get(code, 0),
            min_milli=rule.min_milli,
            max_milli=rule.max_milli,
            per_day_milli=per_day.get(code, 0),
            last_sold=last_sold.get(code, ""),
            last_received=received.get(code, ""),
            counted=code in counted,
            unpriced=code in unpriced,
        )
        found += warnings.of_item(facts, today, Limits())
    if on_hand:
        # Goods with a minimum that never came in are out of stock as well.
        found += [
            Warned(kind=Kind.OUT, item_code=code, quantity_milli=0, limit_milli=rule.min_milli)
            for code, rule in rules.items()
            if rule.min_milli and code not in on_hand and not coming.get(code)
        ]
    found += warnings.of_batches(_batches(dialect, store_id, in_shop, dates), today)
    there = {code: quantity for code, quantity in on_hand.items() if quantity > 0}
    made = time.monotonic()
    return _Kept(stamp, made, made - began, warnings.ordered(found), sold, there)


def _batches(
    dialect: Dialect,
    store_id: str,
    in_shop: Mapping[str, Mapping[str, int]],
    dates: Mapping[str, Mapping[str, str]],
) -> list[Batch]:
    rules = goods_items.rules_in_force(dialect)
    bands = {item_class: rule.near_days for item_class, rule in rules.items()}
    dated = [code for code in in_shop if code in dates]
    items = goods_items.items(dialect, dated, store_id)
    found: list[Batch] = []
    for code in dated:
        item_class = items[code].item_class if code in items else ""
        near = bands.get(item_class) or _DEFAULT_BANDS
        found += [
            Batch(
                item_code=code,
                batch=batch,
                expiry=dates[code][batch],
                quantity_milli=quantity,
                near_days=near,
            )
            for batch, quantity in in_shop[code].items()
            if batch in dates[code]
        ]
    return found


def _sold(
    dialect: Dialect, store_id: str, today: dt.date
) -> tuple[dict[str, int], dict[str, str], dict[str, int]]:
    """Item → sold on a day of trade, the last day it was sold, and what it sold lately."""
    first = (today - dt.timedelta(days=_CALENDAR_DAYS)).isoformat()
    recent = (today - dt.timedelta(days=LOOK_BACK_DAYS)).isoformat()
    traded = dialect.query(
        "SELECT DISTINCT business_day FROM daily WHERE store_id = ? AND dimension = 'store' "
        "AND business_day >= ? AND business_day < ?",
        (store_id, first, today.isoformat()),
    )
    window = sorted(str(day) for (day,) in traded)[-forecast.WINDOW_DAYS :]
    per_day: dict[str, int] = {}
    last: dict[str, str] = {}
    sold: dict[str, int] = {}
    for code, total, last_day, lately, days in dialect.query(
        "SELECT grouping_key, SUM(CASE WHEN business_day >= ? AND business_day < ? "
        "THEN units_sold_milli - units_returned_milli - units_voided_milli ELSE 0 END), "
        "MAX(CASE WHEN units_sold_milli > 0 THEN business_day ELSE '' END), "
        "SUM(CASE WHEN business_day >= ? THEN units_sold_milli ELSE 0 END), "
        "SUM(CASE WHEN business_day >= ? THEN 1 ELSE 0 END) FROM daily WHERE store_id = ? "
        "AND dimension = 'item' AND grouping_key <> '' AND business_day >= ? "
        "GROUP BY grouping_key",
        (
            window[0] if window else today.isoformat(),
            today.isoformat(),
            recent,
            recent,
            store_id,
            first,
        ),
    ):
        item = str(code)
        per_day[item] = max(divide_half_away(int(total), max(len(window), 1)), 0)
        last[item] = str(last_day)
        if int(days):
            sold[item] = int(lately)
    return per_day, last, sold


def _received(dialect: Dialect, store_id: str, today: dt.date) -> dict[str, str]:
    """Item → the last day on which any of it came into the shop from outside."""
    since = (today - dt.timedelta(days=_CALENDAR_DAYS)).isoformat()
    rows = dialect.query(
        "SELECT item_code, MAX(business_day) FROM stock_move WHERE store_id = ? "
        "AND business_day >= ? AND place = '' AND quantity_milli > 0 "
        "AND reason IN ('receipt', 'transfer_in', 'opening') GROUP BY item_code",
        (store_id, since),
    )
    return {str(code): str(day) for code, day in rows}


def _counted(dialect: Dialect, store_id: str) -> set[str]:
    rows = dialect.query(
        "SELECT DISTINCT item_code FROM stock_move WHERE store_id = ? "
        "AND reason IN ('opening', 'count') UNION "
        "SELECT DISTINCT item_code FROM count_scan WHERE store_id = ?",
        (store_id, store_id),
    )
    return {str(code) for (code,) in rows}


def _rules(dialect: Dialect, store_id: str) -> dict[str, ItemRule]:
    found: dict[str, ItemRule] = {}
    for scope in ("", store_id):
        for (row,) in dialect.query(
            "SELECT row FROM catalogue WHERE scope = ? AND dataset = 'item_rules'", (scope,)
        ):
            rule = msgspec.json.decode(bytes(row), type=ItemRule)
            found[rule.item_code] = rule
    return found


def _prices(dialect: Dialect, scope: str, today: str) -> dict[str, int]:
    """Item → price in force, of those published for a scope."""
    found: dict[str, tuple[str, int]] = {}
    for (row,) in dialect.query(
        "SELECT row FROM catalogue WHERE scope = ? AND dataset = 'prices'", (scope,)
    ):
        price = _PRICE.decode(bytes(row))
        known = found.get(price.item_code)
        if price.effective_day <= today and (known is None or price.effective_day >= known[0]):
            found[price.item_code] = (price.effective_day, price.unit_price_e4)
    return {code: value for code, (_, value) in found.items()}


def _unpriced(
    dialect: Dialect, store_id: str, on_hand: Mapping[str, int], prices: Mapping[str, int]
) -> set[str]:
    """Goods in the shop whose price is nothing, or that have none; open departments left out."""
    codes = [code for code, quantity in on_hand.items() if quantity > 0 and not prices.get(code)]
    items = goods_items.items(dialect, codes, store_id)
    return {code for code in codes if code in items and not items[code].department}


def _coming(office: HeadOffice) -> dict[str, dict[str, int]]:
    """Store → item → ordered, sent to it or under way from another store, and not received."""
    dialect = office.dialect
    found: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    states = [state.value for state in OPEN_STATES]
    for store, code, left in dialect.query(
        "SELECT l.store_id, l.item_code, SUM(l.quantity_milli - l.done_milli) "
        "FROM order_document o JOIN order_line l ON l.store_id = o.store_id "
        "AND l.order_id = o.order_id WHERE o.order_kind IN ('purchase', 'dispatch') "
        f"AND o.state IN ({', '.join('?' * len(states))}) AND l.quantity_milli > l.done_milli "
        "GROUP BY l.store_id, l.item_code",
        tuple(states),
    ):
        found[str(store)][str(code)] += int(left)
    for transfer in goods_transfers.transfers(dialect, only_open=True):
        for line in goods_transfers.lines_of(dialect, transfer):
            found[transfer.to_store][line.item_code] += line.sent_milli
    return {store: dict(by_item) for store, by_item in found.items()}


def _stores(dialect: Dialect, store_id: str) -> list[str]:
    if store_id:
        return [store_id]
    rows = dialect.query("SELECT store_id FROM store WHERE active = 1 ORDER BY store_id")
    return [str(row[0]) for row in rows]
