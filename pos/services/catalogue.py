"""Finding items: this till's own facts first, then the catalogue; a hold always wins (R28)."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from pos.domain.item import CatalogueHit, Item
from pos.domain.journal import EntryKind
from pos.domain.journal.sale_bodies import UnknownCode as UnknownCodeBody
from pos.services.context import Till
from pos.store.best_sellers import lines_sold
from pos.store.journal_files import files_of
from pos.store.overlays import Overlays

_SOLD_LINES = 200


class SoldLine(msgspec.Struct, frozen=True, kw_only=True):
    """A sold line found by its item: the way back to a lost receipt (experience rule 15)."""

    transaction_no: str
    business_day: str
    at: str
    line_no: int
    quantity_milli: int
    unit_price_e4: int
    amount_minor: int
    tender_types: tuple[str, ...]


def overlays(till: Till) -> Overlays:
    """Overlays of this till, loaded once and again after each change."""
    if till.overlays is None:
        till.overlays = Overlays.load(till.journal.reader())
    return till.overlays


def find(till: Till, keys: Sequence[str]) -> CatalogueHit | None:
    """The item that one of `keys` stands for, at this till's price, or None."""
    own = till.overlays or overlays(till)
    if own.items:
        for key in keys:
            item = own.item_by_code(key)
            if item is not None:
                return CatalogueHit(_own(till, item), barcode=key)
    hit = till.reference.find_code(keys, till.business_day or price_day(till))
    if hit is None or not own.prices:
        return hit
    corrected = own.prices.get(hit.item.item_code)
    if corrected is None:
        return hit
    return msgspec.structs.replace(
        hit, item=msgspec.structs.replace(hit.item, unit_price_e4=corrected)
    )


def price_day(till: Till) -> str:
    """The day whose prices hold: the open business day, else today (goods move before it opens)."""
    return till.business_day or till.local_iso()[:10]


def find_item(till: Till, item_code: str) -> Item | None:
    """The item with exactly this item code, at this till's price, or None."""
    own = overlays(till)
    if (known := own.items.get(item_code)) is not None:
        return _own(till, known)
    item = till.reference.item(item_code, price_day(till))
    if item is None:
        return next((d for d in departments(till) if d.item_code == item_code), None)
    return _priced(till, item)


def search(till: Till, text: str, limit: int = 20) -> list[CatalogueHit]:
    """Items by code, barcode tail, name part or 助记码, best sellers first."""
    own = overlays(till)
    wanted = text.strip()
    if not wanted:
        return []
    hits = [
        CatalogueHit(_own(till, item))
        for item in own.items.values()
        if wanted.lower() in item.name.lower() or item.item_code.startswith(wanted)
    ]
    # The catalogue ranks by what head office knows; this shop's own sales rank within more of it.
    sold = {} if wanted.isdigit() else _best_sellers(till)
    hits += till.reference.search(wanted, price_day(till), limit, sold)
    if sold:
        hits.sort(key=lambda hit: (hit.item.item_code != wanted, -sold.get(hit.item.item_code, 0)))
    shown = hits[:limit]
    if own.prices:
        return [msgspec.structs.replace(hit, item=_priced(till, hit.item)) for hit in shown]
    return shown


def departments(till: Till) -> list[Item]:
    """Open departments of the settings as items sold at a typed price."""
    rates = till.settings.prices.tax_rates_bp
    return [
        Item(
            item_code=d.item_code,
            name=d.name,
            name_en=d.name_en,
            item_class=d.item_class,
            tax_code=d.tax_code,
            tax_rate_bp=rates.get(d.tax_code, 0),
            department=True,
        )
        for d in till.settings.department
    ]


def report_unknown(till: Till, shown: str, description: str = "") -> None:
    """Put a code nobody knows on the 待建档 list that goes to head office (rule 14)."""
    till.append(
        EntryKind.UNKNOWN_CODE,
        UnknownCodeBody(code=shown, action="reported", description=description),
    )


def find_sales_of_item(till: Till, item_code: str, days: int = 30) -> list[SoldLine]:
    """Sale lines of an item on this till's last business days, newest first."""
    found: list[SoldLine] = []
    for connection in files_of(till.journal.reader()):
        if days <= 0 or len(found) >= _SOLD_LINES:
            break
        found += _sold_in(connection, item_code, days)
        days -= connection.execute("SELECT count(*) FROM business_day").fetchone()[0]
    return found[:_SOLD_LINES]


def _best_sellers(till: Till) -> dict[str, int]:
    """Item → lines sold here on the last 30 business days, in powers of two.

    Read once per business day, from the closed days: a search never waits for today's sales, and
    goods do not change places while they are being looked for.
    """
    if till.best_sellers[0] != till.business_day:
        sold = lines_sold(till.journal.reader(), till.business_day)
        till.best_sellers = (
            till.business_day,
            {item_code: lines.bit_length() for item_code, lines in sold.items()},
        )
    return till.best_sellers[1]


def _sold_in(connection: sqlite3.Connection, item_code: str, days: int) -> list[SoldLine]:
    """Of one file of the journal."""
    first = connection.execute(
        "SELECT min(business_day) FROM (SELECT business_day FROM business_day "
        "ORDER BY business_day DESC LIMIT ?)",
        (days,),
    ).fetchone()[0]
    rows = connection.execute(
        "SELECT t.entry_id, t.transaction_no, t.business_day, t.at, l.line_no, "
        "l.quantity_milli, l.unit_price_e4, l.amount_minor "
        "FROM txn t JOIN txn_line l ON l.entry_id = t.entry_id "
        "WHERE t.business_day >= ? AND l.item_code = ? AND l.kind = 'sale' "
        "ORDER BY t.entry_id DESC LIMIT ?",
        (first or "", item_code, _SOLD_LINES),
    ).fetchall()
    return [
        SoldLine(
            transaction_no=row[1],
            business_day=row[2],
            at=row[3],
            line_no=row[4],
            quantity_milli=row[5],
            unit_price_e4=row[6],
            amount_minor=row[7],
            tender_types=tuple(
                name
                for (name,) in connection.execute(
                    "SELECT DISTINCT tender_type FROM txn_tender WHERE entry_id = ?", (row[0],)
                )
            ),
        )
        for row in rows
    ]


def _own(till: Till, item: Item) -> Item:
    """An item set at this till, under what head office holds of it (QLT-04, R28)."""
    holds = till.reference.holds_of((item.item_code,))
    if holds:
        of_all = [hold for hold in holds if not hold.batch and not hold.serial]
        item = msgspec.structs.replace(
            item,
            held=bool(of_all),
            hold_reason=(of_all or holds)[0].reason,
            pack_holds=not of_all,
        )
    return _priced(till, item)


def _priced(till: Till, item: Item) -> Item:
    corrected = overlays(till).prices.get(item.item_code)
    if corrected is None:
        return item
    return msgspec.structs.replace(item, unit_price_e4=corrected)
