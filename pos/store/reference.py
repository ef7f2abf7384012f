"""What the till looks up in `reference.db`: items, prices in force, holds, operators, the feed.

The file belongs to the uploader; the till opens it `mode=ro` (R26) and survives its absence: a
till that was never provisioned answers "nothing found". A lookup is one prepared statement, so
it sees one version of the catalogue, before or after a change and never between.
"""

from __future__ import annotations

import itertools
import sqlite3
import threading
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec
import peewee

from pos.domain.item import CatalogueHit, Item
from pos.domain.quantity import ONE
from pos.store import reference_schema as schema
from pos.store import search as searching
from pos.store.connection import connect_raw
from pos.store.errors import N_, CorruptStore, StoreError, StoreUnavailable
from pos.store.journal_files import REFERENCE_DB
from pos.store.reference_values import (
    AckRow,
    AppliedVersion,
    Directive,
    Hold,
    ItemClass,
    OperatorRow,
    QuickKey,
)
from pos.store.search import CodeHit, Question

CACHE_KIB = 32_768
_SCHEMA_RETRIES = 5

# `?1` is the business day everywhere: the price with the latest effective day not after it counts.
_FIELDS = """
i.item_code, i.name, i.name_en, i.spec, i.model, i.unit, i.item_class, i.tax_code, i.weighed,
i.department, i.origin, i.grade, i.mnemonic, p.unit_price_e4, p.version,
(SELECT min(h.batch || char(31) || h.serial || char(31) || coalesce(nullif(h.reason, ''), '\uffff'))
 FROM hold h WHERE h.item_code = i.item_code)"""
_PRICE = """
LEFT JOIN price p ON p.item_code = i.item_code AND p.effective_day =
  (SELECT max(q.effective_day) FROM price q
   WHERE q.item_code = i.item_code AND q.effective_day <= ?1)"""
# Where there is one item, its latest price is the first row of a walk backwards: one seek, not two.
_ONE_PRICE = "LEFT JOIN price p ON p.item_code = i.item_code AND p.effective_day <= ?1"
_LATEST = "ORDER BY p.effective_day DESC LIMIT 1"
_BY_BARCODE = f"""
SELECT {_FIELDS}, b.quantity_milli
FROM barcode b CROSS JOIN item i ON i.item_code = b.item_code {_ONE_PRICE}
WHERE b.code = ?2 {_LATEST}"""
_BY_ITEM_CODE = f"SELECT {_FIELDS} FROM item i {_ONE_PRICE} WHERE i.item_code = ?2 {_LATEST}"
_BY_TEXT = f"""
SELECT {_FIELDS}
FROM search_text s CROSS JOIN item i ON i.item_id = (s.rowid & {searching.ID_MASK}) {_PRICE}
WHERE s.search_text MATCH ?2 ORDER BY s.rowid"""
# json_each hands a list over in its order, so one statement fetches what the code ranges chose.
_BY_ITEM_CODES = f"""
SELECT {_FIELDS}
FROM json_each(?2) j CROSS JOIN item i ON i.item_code = j.value {_PRICE}
ORDER BY j.key"""

_RANKED = 2
_BETWEEN = "\x1f"
_UNSAID = "\uffff"
"""A hold without a reason comes last of its like."""

_WHOLE = _BETWEEN * 2
"""A hold without batch and serial is of the whole item, and comes first of an item's holds."""

_NOTHING: Mapping[str, int] = MappingProxyType({})

_moments = itertools.count(1)

_T = TypeVar("_T")
_Row = TypeVar("_Row", bound=msgspec.Struct)


class ReferenceReader:
    """Read-only view of a home's `reference.db`; one connection per thread, opened when needed.

    `tax_rates_bp` gives the tax-inclusive rate of a tax code in basis points, from the settings.
    Methods raise StoreUnavailable or CorruptStore when the file is there but cannot be read.
    """

    def __init__(
        self,
        home: Path,
        *,
        tax_rates_bp: Mapping[str, int] | None = None,
        default_tax_code: str = "",
    ) -> None:
        self.path = home / REFERENCE_DB
        self._rates = dict(tax_rates_bp or {})
        self._default_rate_bp = self._rates.get(default_tax_code, 0)
        self._local = threading.local()
        self._open: list[sqlite3.Connection] = []
        self._guard = threading.Lock()

    # ------------------------------------------------------------------------------ catalogue

    def find_code(self, keys: Sequence[str], business_day: str) -> CatalogueHit | None:
        """The item of the first key that is a barcode or, exactly and by case, an item code."""
        for key in keys:
            row = self._first(_BY_BARCODE, (business_day, key))
            if row is not None:
                return CatalogueHit(self._item(row), row[16], key)
            row = self._first(_BY_ITEM_CODE, (business_day, key))
            if row is not None:
                return CatalogueHit(self._item(row))
        return None

    def item(self, item_code: str, business_day: str) -> Item | None:
        """One item with its price in force at `business_day`, or None."""
        row = self._first(_BY_ITEM_CODE, (business_day, item_code))
        return None if row is None else self._item(row)

    def search(
        self, text: str, business_day: str, limit: int = 20, sold: Mapping[str, int] = _NOTHING
    ) -> list[CatalogueHit]:
        """At most `limit` items for what was typed (see `pos.store.search`), best first.

        Whole codes come first, then codes by their beginning or end, then names and 助记码 in the
        order of how well they sell: in the catalogue, and among twice as many as are wanted by
        `sold`, this shop's own figures by item code. Any text may be given.
        """
        question = searching.ask(text)
        if limit <= 0 or not (question.match or question.code):
            return []

        def find(connection: sqlite3.Connection) -> list[CatalogueHit]:
            if not question.code:
                return self._search_text(connection, question, business_day, limit, sold)
            began = _begin(connection)  # several statements, one version of the catalogue
            try:
                return self._search_both(connection, question, business_day, limit, sold)
            finally:
                if began:
                    connection.execute("ROLLBACK")

        return self._with(find, [])

    def hold(self, item_code: str) -> Hold | None:
        """The hold on a whole item, or None. A hold wins over everything local (R28)."""
        where = "WHERE item_code = ? AND batch = '' AND serial = '' LIMIT 1"
        rows = self._rows(schema.HoldTable, Hold, where, (item_code,))
        return rows[0] if rows else None

    def pack_hold(self, item_code: str, batch: str, serial: str) -> Hold | None:
        """The hold on a batch or on one pack of an item, or None."""
        where = (
            "WHERE item_code = ? AND ((batch <> '' AND batch = ? AND serial IN ('', ?)) "
            "OR (batch = '' AND serial <> '' AND serial = ?)) LIMIT 1"
        )
        rows = self._rows(schema.HoldTable, Hold, where, (item_code, batch, serial, serial))
        return rows[0] if rows else None

    def holds_of(self, item_codes: Collection[str]) -> list[Hold]:
        """Every hold on these items, of all of it, of batches and of single packs."""
        where = "WHERE item_code IN (SELECT value FROM json_each(?)) ORDER BY batch, hold_id"
        asked = msgspec.json.encode(list(item_codes)).decode()
        return self._rows(schema.HoldTable, Hold, where, (asked,))

    def quick_keys(self) -> list[QuickKey]:
        """Quick keys by position."""
        return self._rows(schema.QuickKeyTable, QuickKey, "ORDER BY position")

    def item_classes(self) -> list[ItemClass]:
        """Every 商品分类."""
        return self._rows(schema.ItemClassTable, ItemClass, "ORDER BY item_class")

    def item_count(self) -> int:
        """How many items the catalogue has."""
        row = self._first("SELECT count(*) FROM item", ())
        return 0 if row is None else int(row[0])

    # -------------------------------------------------------------------------------- people

    def operators(self) -> list[OperatorRow]:
        """Every operator, inactive ones included."""
        return self._rows(schema.OperatorTable, OperatorRow, "ORDER BY operator_id")

    def operator(self, operator_id: str) -> OperatorRow | None:
        """One operator, or None."""
        rows = self._rows(
            schema.OperatorTable, OperatorRow, "WHERE operator_id = ?", (operator_id,)
        )
        return rows[0] if rows else None

    # ------------------------------------------------------------------- the feed and head office

    def acked(self) -> dict[str, AckRow]:
        """What head office has acknowledged, by epoch id."""
        return {row.epoch: row for row in self._rows(schema.AckTable, AckRow)}

    def directives(self) -> list[Directive]:
        """Directives in the order in which they were made (R27)."""
        return self._rows(
            schema.DirectiveTable, Directive, "ORDER BY created_utc_ms, directive_id"
        )

    def versions_after(self, version: int) -> list[AppliedVersion]:
        """Versions of the feed in force above `version`, oldest first, to be journaled (R3)."""
        return self._rows(
            schema.FeedVersionTable,
            AppliedVersion,
            "WHERE version > ? ORDER BY version",
            (version,),
        )

    def catalogue_version(self) -> int:
        """Version of the feed in force; 0 before the first."""
        return int(self.meta("catalogue_version") or 0)

    def meta(self, key: str) -> str | None:
        """One fact, or None."""
        row = self._first("SELECT value FROM meta WHERE key = ?", (key,))
        return None if row is None else str(row[0])

    def ask(self, question: Callable[[sqlite3.Connection], _T], absent: _T) -> _T:
        """What a function of `pos.store.goods_reference` answers; `absent` before the file is made."""
        return self._with(question, absent)

    @contextmanager
    def at_one_moment(self) -> Iterator[None]:
        """While it lasts, this thread's questions see the file as it is now (R26: keep it short).

        For answers put together from several questions: what the uploader commits meanwhile is
        seen by none of them.
        """
        began = self._with(_begin, absent=False)
        try:
            yield
        finally:
            if began:
                self._with(_end, absent=False)

    @property
    def moment(self) -> int:
        """Number of the moment that this thread's questions see (`begin_moment`); 0 is none."""
        found: int = getattr(self._local, "moment", 0)
        return found

    def begin_moment(self) -> None:
        """Until `end_moment` this thread's questions see the file as it is now (R26: keep it short).

        For scans that were read together: they see one version of the catalogue, and what holds
        for it is asked once.
        """
        with suppress(StoreError):  # no scan is lost by it: whoever asks is told what is wrong
            if self._with(_begin, absent=False):
                self._local.moment = next(_moments)

    def end_moment(self) -> None:
        """What the uploader has committed meanwhile is seen again."""
        if self.moment:
            self._local.moment = 0
            self._with(_end, absent=False)

    def close(self) -> None:
        """Close every thread's connection."""
        with self._guard:
            for connection in self._open:
                connection.close()
            self._open.clear()
            self._local = threading.local()

    # ------------------------------------------------------------------------------- inside

    def _search_text(
        self,
        connection: sqlite3.Connection,
        question: Question,
        business_day: str,
        limit: int,
        sold: Mapping[str, int],
    ) -> list[CatalogueHit]:
        if not question.match:
            return []
        found: list[Sequence[Any]] = []
        wanted = _RANKED * limit if sold else limit
        cursor = connection.execute(_BY_TEXT, (business_day, question.match))
        try:
            for row in cursor:
                # name, name_en, spec, model
                if question.phrases and not searching.has_phrases(question.phrases, *row[1:5]):
                    continue
                found.append(row)
                if len(found) == wanted:
                    break
        finally:
            cursor.close()
        if sold:
            found.sort(key=lambda row: -sold.get(row[0], 0))
        return [CatalogueHit(self._item(row)) for row in found[:limit]]

    def _search_both(
        self,
        connection: sqlite3.Connection,
        question: Question,
        business_day: str,
        limit: int,
        sold: Mapping[str, int],
    ) -> list[CatalogueHit]:
        texts = self._search_text(connection, question, business_day, limit, sold)
        items = {text.item.item_code: text.item for text in texts}
        lists = searching.find_codes(connection, question.code, limit)
        hits = searching.share([*lists, [CodeHit(code) for code in items]], limit)
        wanted = [hit.item_code for hit in hits if hit.item_code not in items]
        if wanted:
            asked = (business_day, msgspec.json.encode(wanted).decode())
            rows = connection.execute(_BY_ITEM_CODES, asked).fetchall()
            items |= {row[0]: self._item(row) for row in rows}
        # A barcode may name an item that has not come yet.
        return [
            CatalogueHit(items[hit.item_code], hit.quantity_milli or ONE, hit.barcode)
            for hit in hits
            if hit.item_code in items
        ]

    def _item(self, row: Sequence[Any]) -> Item:
        item = Item(
            item_code=row[0],
            name=row[1],
            name_en=row[2],
            spec=row[3],
            model=row[4],
            unit=row[5],
            item_class=row[6],
            tax_code=row[7],
            tax_rate_bp=self._rates.get(row[7], self._default_rate_bp),
            weighed=row[8] == 1,
            department=row[9] == 1,
            origin=row[10],
            grade=row[11],
            mnemonic=row[12],
            unit_price_e4=row[13],
            price_version=row[14] or 0,
        )
        hold: str | None = row[15]
        if hold is None:
            return item
        whole = hold.startswith(_WHOLE)
        reason = hold.rpartition(_BETWEEN)[2].rstrip(_UNSAID)
        return msgspec.structs.replace(item, held=whole, hold_reason=reason, pack_holds=not whole)

    def _first(self, sql: str, values: tuple[Any, ...]) -> tuple[Any, ...] | None:
        try:
            connection: sqlite3.Connection = self._local.connection
        except AttributeError:
            first: tuple[Any, ...] | None = self._with(
                lambda c: c.execute(sql, values).fetchone(), None
            )
            return first
        try:
            row: tuple[Any, ...] | None = connection.execute(sql, values).fetchone()
        except sqlite3.Error as error:
            return self._failed(error, None)
        return row

    def _rows(
        self,
        model: type[peewee.Model],
        kind: type[_Row],
        tail: str = "",
        values: tuple[Any, ...] = (),
    ) -> list[_Row]:
        names = schema.columns(model)
        sql = f"SELECT {', '.join(names)} FROM {schema.table_name(model)} {tail}"
        rows: list[Any] = self._with(lambda c: c.execute(sql, values).fetchall(), [])
        # SQLite has no booleans: `strict=False` reads 0 and 1 where the value says bool.
        return [
            msgspec.convert(dict(zip(names, row, strict=True)), kind, strict=False) for row in rows
        ]

    def _with(self, ask: Callable[[sqlite3.Connection], _T], absent: _T) -> _T:
        connection = getattr(self._local, "connection", None)
        try:
            if connection is None:
                if not self.path.is_file():
                    return absent
                connection = connect_raw(
                    self.path, readonly=True, cache_kib=CACHE_KIB, check_same_thread=False
                )
                self._local.connection = connection
                with self._guard:
                    self._open.append(connection)
            for _attempt in range(_SCHEMA_RETRIES):
                try:
                    return ask(connection)
                except sqlite3.OperationalError as error:
                    # A snapshot's swap renames the search index under a connection that knows it
                    # by its old definition; asked again, SQLite has read the new one.
                    if "vtable constructor failed" not in str(error):
                        raise
            return ask(connection)
        except sqlite3.Error as error:
            return self._failed(error, absent)

    def _failed(self, error: sqlite3.Error, absent: _T) -> _T:
        if "no such table" in str(error):
            return absent  # made, but not provisioned yet
        if isinstance(error, sqlite3.OperationalError):
            raise StoreUnavailable(
                N_("{path} cannot be read: {reason}."), path=self.path, reason=error
            ) from error
        raise CorruptStore(
            N_("{path} is damaged: {reason}."),
            path=self.path,
            reason=error,
            hint=N_("Stop the uploader, delete this file and provision the till again."),
        ) from error


def _begin(connection: sqlite3.Connection) -> bool:
    if connection.in_transaction:
        return False
    connection.execute("BEGIN")
    return True


def _end(connection: sqlite3.Connection) -> bool:
    connection.execute("COMMIT")
    return True
