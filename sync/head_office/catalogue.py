"""Putting goods, operators and holds into the feed: item lists (CSV, xlsx), PINs, holds.

An item list is read whole, checked row by row, compared with what is there, and only what differs
is published, in versions of at most 100,000 items.
"""

from __future__ import annotations

import base64
import datetime as dt
import re
import secrets
import unicodedata
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import msgspec

from pos.config.item_list import ItemList
from pos.config.item_rows import Listed, RowProblem
from pos.config.mnemonic import mnemonic
from sync.head_office import people
from sync.head_office.feed import Feed
from sync.protocol import (
    FeedBarcode,
    FeedChanges,
    FeedHold,
    FeedItem,
    FeedOperator,
    FeedPrice,
)

MAX_ITEMS_PER_VERSION = 100_000
MAX_PROBLEMS = 50
MAX_TEXT = 400
MAX_MNEMONIC = 40
ARGON2_PARAMETERS = "m=19456,t=2,p=1"


class ImportResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an import did."""

    rows: int
    published: int
    """Items whose master data, codes or price changed."""

    versions: tuple[int, ...] = ()
    problems: tuple[RowProblem, ...] = ()
    """Rows that were not taken, the first of them."""

    notes: tuple[RowProblem, ...] = ()
    """Rows that were taken although something about them is odd, the first of them."""


class ImportedItem(msgspec.Struct, frozen=True):
    """One row of an item list."""

    item: FeedItem
    unit_price_e4: int | None
    barcodes: tuple[FeedBarcode, ...]


def import_items(
    feed: Feed,
    file: Path,
    *,
    effective_day: str = "",
    scope: str = "",
    by: str = "",
    dry_run: bool = False,
    progress: Callable[[int], None] | None = None,
) -> ImportResult:
    """Import an item list; rows with problems are named and left out, the rest is published.

    `effective_day` is the business day from which the prices count; empty means at once. Raises
    ListRefused for a file that is no item list at all.
    """
    if effective_day:
        dt.date.fromisoformat(effective_day)
    problems: list[RowProblem] = []
    notes: list[RowProblem] = []
    count = refused = 0

    def report(problem: RowProblem) -> None:
        nonlocal refused
        refused += not problem.kept
        found = notes if problem.kept else problems
        if len(found) < MAX_PROBLEMS:
            found.append(problem)

    values: list[ImportedItem] = []
    listed = ItemList(file, report, foreign_codes=True)
    with closing(listed):
        for count, row in enumerate(listed, start=1):
            values.append(_item(row))
            if progress is not None and count % 1000 == 0:
                progress(count)
    versions: list[int] = []
    published = 0
    dated = set[str]() if effective_day else _dated_items(feed, scope)
    for start in range(0, len(values), MAX_ITEMS_PER_VERSION):
        changes, changed = _differences(
            feed, values[start : start + MAX_ITEMS_PER_VERSION], effective_day, scope, dated
        )
        if changed:
            published += changed
            if not dry_run:
                versions.append(feed.publish(changes, scope=scope, by=by))
    return ImportResult(
        rows=count + refused,
        published=published,
        versions=tuple(versions),
        problems=tuple(problems),
        notes=tuple(notes),
    )


def operator(
    operator_id: str, name: str, role: str, pin: str, *, language: str = "", active: bool = True
) -> FeedOperator:
    """An operator with salt and argon2id verifier (R29); the PIN itself is kept nowhere."""
    if re.fullmatch(r"\d{4,12}", pin, re.ASCII) is None:
        raise ValueError("expected a PIN of 4 to 12 digits")
    salt = secrets.token_bytes(16)
    return FeedOperator(
        operator_id=_text(operator_id, "operator_id", 40),
        name=_text(name, "name", 80),
        role=_text(role, "role", 40),
        language=language,
        active=active,
        salt=base64.b64encode(salt).decode(),
        verifier=base64.b64encode(pin_verifier(pin, salt)).decode(),
        parameters=ARGON2_PARAMETERS,
    )


def pin_verifier(pin: str, salt: bytes) -> bytes:
    """argon2id(PIN, salt) with `ARGON2_PARAMETERS`, 32 bytes."""
    from argon2.low_level import Type, hash_secret_raw

    return hash_secret_raw(
        secret=pin.encode(),
        salt=salt,
        time_cost=2,
        memory_cost=19_456,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )


def set_operator(feed: Feed, made: FeedOperator, *, scope: str = "", by: str = "") -> int:
    """Publish an operator, to every store or to one.

    Raises ValueError when a person who orders goods would receive them at the till (CTL-05).
    """
    if made.active:
        people.check_operator(feed.office, made.operator_id, made.role)
    return feed.publish(FeedChanges(operators=(made,)), scope=scope, by=by)


def hold(
    feed: Feed,
    item_code: str,
    reason: str,
    *,
    batch: str = "",
    serial: str = "",
    scope: str = "",
    by: str = "",
) -> str:
    """Hold an item, one batch of it or one pack (I7); returns the hold's id."""
    hold_id = secrets.token_hex(6)
    row = FeedHold(
        hold_id=hold_id,
        item_code=_text(item_code, "item_code", MAX_TEXT),
        reason=reason,
        since_utc_ms=feed.office.clock_ms(),
        batch=batch,
        serial=serial,
    )
    feed.publish(FeedChanges(holds=(row,)), scope=scope, by=by)
    return hold_id


def lift_hold(feed: Feed, hold_id: str, *, scope: str = "", by: str = "") -> None:
    """Take a hold away; raises ValueError for one of a notice, which another person lifts whole."""
    standing = feed.dialect.one(
        "SELECT notice_no FROM recall_notice WHERE notice_id = ? AND lifted_utc_ms = 0",
        (hold_id.rpartition("-")[0],),
    )
    if standing is not None:
        raise ValueError(f"this hold is of notice {standing[0]}: use `hq goods recall lift`")
    feed.publish(FeedChanges(removed={"holds": (hold_id,)}), scope=scope, by=by)


# ------------------------------------------------------------------------------ rows of lists


def _item(row: Listed) -> ImportedItem:
    """A row of a list as the feed carries it, in NFC as journals write it (R4)."""

    def nfc(text: str) -> str:
        return text if text.isascii() else unicodedata.normalize("NFC", text)

    code = nfc(row.item_code)
    return ImportedItem(
        item=FeedItem(
            item_code=code,
            name=nfc(row.name),
            name_en=nfc(row.name_en),
            spec=nfc(row.spec),
            model=nfc(row.model),
            unit=nfc(row.unit),
            item_class=nfc(row.item_class),
            tax_code=nfc(row.tax_code),
            weighed=row.weighed,
            department=row.department,
            mnemonic=row.mnemonic.lower() or mnemonic(row.name)[:MAX_MNEMONIC],
            origin=nfc(row.origin),
            grade=nfc(row.grade),
        ),
        unit_price_e4=row.unit_price_e4,
        barcodes=tuple(
            FeedBarcode(code=nfc(barcode), item_code=code, quantity_milli=milli)
            for barcode, milli in row.codes
        ),
    )


def clean_text(text: str) -> str:
    """NFC text without control, format and unassigned characters (hostile names)."""
    normal = unicodedata.normalize("NFC", text.strip())
    if normal.isascii() and normal.isprintable():
        return normal
    return "".join(c for c in normal if unicodedata.category(c)[0] != "C")


def _text(text: str, name: str, limit: int) -> str:
    cleaned = clean_text(text)
    if not cleaned or len(cleaned) > limit:
        raise ValueError(f"expected {name} of 1 to {limit} characters, got {text[:60]!r}")
    return cleaned


def _dated_items(feed: Feed, scope: str) -> set[str]:
    """Items that have a price with a day: a price "at once" must come after it, so it is today's."""
    today = _today(feed)
    rows = feed.dialect.query(
        "SELECT row_key FROM catalogue WHERE dataset = 'prices' AND scope IN ('', ?) "
        "AND row_key NOT LIKE '%\t'",
        (scope,),
    )
    keys = (str(key).rpartition("\t") for (key,) in rows)
    return {code for code, _, day in keys if day <= today}


def _today(feed: Feed) -> str:
    now = dt.datetime.fromtimestamp(feed.office.clock_ms() / 1000, tz=dt.UTC)
    return now.date().isoformat()


def _differences(
    feed: Feed,
    values: Sequence[ImportedItem],
    effective_day: str,
    scope: str,
    dated: set[str],
) -> tuple[FeedChanges, int]:
    today = _today(feed)
    items = [value.item for value in values]
    prices = [
        FeedPrice(
            item_code=value.item.item_code,
            effective_day=today if value.item.item_code in dated else effective_day,
            unit_price_e4=value.unit_price_e4,
        )
        for value in values
        if value.unit_price_e4 is not None
    ]
    barcodes = [barcode for value in values for barcode in value.barcodes]
    same_items = feed.unchanged("items", items, scope)
    same_prices = feed.unchanged("prices", prices, scope)
    same_codes = feed.unchanged("barcodes", barcodes, scope)
    changes = FeedChanges(
        items=tuple(i for i in items if i.item_code not in same_items),
        prices=tuple(p for p in prices if f"{p.item_code}\t{p.effective_day}" not in same_prices),
        barcodes=tuple(b for b in barcodes if b.code not in same_codes),
    )
    changed = {i.item_code for i in changes.items} | {p.item_code for p in changes.prices}
    return changes, len(changed | {b.item_code for b in changes.barcodes})
