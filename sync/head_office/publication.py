"""What one publication does to head office's catalogue: the same as at the tills that apply it.

The order is that of `FeedChanges`: what is removed goes first, an item with its barcodes and prices;
then the rows are set, and of a key given twice the last one counts. A publication is *settled*
before its bytes are hashed: whatever a till's applying would take away although it still holds (a
common row that a store's own row hid, a barcode that also stands for another item) is set again in
the same version, so that a till that applies every version and a till that takes a snapshot hold
the same rows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from sync.head_office.dialect import Dialect
from sync.protocol import DATASETS, FeedChanges, WireError, encode, feed_key

MAX_KEY = 400
OF_ITEMS = ("barcodes", "prices")
"""Datasets whose rows go with the item that they name."""

_PAGE = 20_000
_POSITION = re.compile(r"-?(0|[1-9]\d*)", re.ASCII)


class _Row(msgspec.Struct, frozen=True):
    """A kept row of a barcode or a price, as far as removing needs it."""

    scope: str
    dataset: str
    key: str
    data: bytes


class _Owner(msgspec.Struct, frozen=True):
    item_code: str


def settle(dialect: Dialect, scope: str, changes: FeedChanges) -> FeedChanges:
    """The changes as they are published; raises WireError `bad_row` for a row without a key.

    The caller holds the publication lock.
    """
    rows = {name: {feed_key(row): row for row in getattr(changes, name)} for name in DATASETS}
    removed = {name: dict.fromkeys(keys) for name, keys in changes.removed.items()}
    for name in (*rows, *removed):
        for key in (*rows.get(name, ()), *removed.get(name, ())):
            _check_key(name, key)
    if scope:
        for name, keys in removed.items():
            for key, data in _common(dialect, name, list(keys)):
                del keys[key]
                rows[name].setdefault(key, _decoded(name, data))
    items = removed.get("items", {})
    if items:
        for row in _uncovered(dialect, scope, set(items)):
            if row.key not in removed.get(row.dataset, ()):
                rows[row.dataset].setdefault(row.key, _decoded(row.dataset, row.data))
    return FeedChanges(
        removed={name: tuple(keys) for name, keys in removed.items() if keys},
        **{name: tuple(found.values()) for name, found in rows.items()},
    )


def apply(dialect: Dialect, scope: str, number: int, changes: FeedChanges) -> None:
    """Bring the catalogue to what tills hold after these settled changes."""
    scopes = _scopes(dialect) if not scope else [scope]
    doomed = [(name, key) for name, keys in changes.removed.items() for key in keys]
    for each in scopes:
        _delete(dialect, each, doomed)
    items = set(changes.removed.get("items", ()))
    if items:
        for each in scopes:
            gone = [(row.dataset, row.key) for row in _rows_of_items(dialect, each, items)]
            _delete(dialect, each, gone)
    for name in DATASETS:
        found = {feed_key(row): row for row in getattr(changes, name)}
        if not scope:
            # The newer common row counts at every store: an older one of its own is no more.
            for each in scopes[1:]:
                own = _keys_in(dialect, each, name, list(found))
                _delete(dialect, each, [(name, key) for key in own])
        dialect.upsert(
            "catalogue",
            ("scope", "dataset", "row_key", "publication_no", "row"),
            [(scope, name, key, number, encode(row)) for key, row in found.items()],
            "scope, dataset, row_key",
            "publication_no = excluded.publication_no, row = excluded.row",
        )


def _check_key(name: str, key: str) -> None:
    parts = key.split("\t")
    expected = 2 if name == "prices" else 1
    if (
        not parts[0].strip()
        or len(key) > MAX_KEY
        or (name in DATASETS and len(parts) != expected)
        or (name == "quick_keys" and _POSITION.fullmatch(key) is None)
    ):
        raise WireError("bad_row", f"{name}: expected a key, got {key[:60]!r}")


def _uncovered(dialect: Dialect, scope: str, items: set[str]) -> Iterator[_Row]:
    """Common rows that hold on, although a till that removes the items takes them away."""
    if scope:
        own = list(_rows_of_items(dialect, scope, items))
        doomed = {(row.dataset, row.key) for row in own}
        for row in _rows_of_items(dialect, "", items):
            kept = _keys_in(dialect, scope, row.dataset, [row.key])
            if not kept or (row.dataset, row.key) in doomed:
                yield row
    else:
        own = [
            row
            for each in _scopes(dialect)[1:]
            for row in _rows_of_items(dialect, each, items)
        ]  # fmt: skip
    for row in own:
        for key, data in _common(dialect, row.dataset, [row.key]):
            if scope or _owner(data) not in items:
                yield _Row("", row.dataset, key, data)


def _rows_of_items(dialect: Dialect, scope: str, items: set[str]) -> Iterator[_Row]:
    """A scope's barcodes and prices of some items; reads every one of them, page by page."""
    for dataset in OF_ITEMS:
        after = ""
        while True:
            page = dialect.query(
                "SELECT row_key, row FROM catalogue WHERE scope = ? AND dataset = ? "
                f"AND row_key > ? ORDER BY row_key LIMIT {_PAGE}",
                (scope, dataset, after),
            )
            for key, data in page:
                if _owner(bytes(data)) in items:
                    yield _Row(scope, dataset, str(key), bytes(data))
            if len(page) < _PAGE:
                break
            after = str(page[-1][0])


def _owner(data: bytes) -> str:
    return msgspec.json.decode(data, type=_Owner).item_code


def _decoded(dataset: str, data: bytes) -> Any:
    return msgspec.json.decode(data, type=DATASETS[dataset])


def _common(dialect: Dialect, dataset: str, keys: Sequence[str]) -> list[tuple[str, bytes]]:
    rows = dialect.rows_of_keys(
        "SELECT row_key, row FROM catalogue WHERE scope = '' AND dataset = ? AND row_key IN ?",
        (dataset,),
        keys,
    )
    return [(str(key), bytes(data)) for key, data in rows]


def _keys_in(dialect: Dialect, scope: str, dataset: str, keys: Sequence[str]) -> list[str]:
    rows = dialect.rows_of_keys(
        "SELECT row_key FROM catalogue WHERE scope = ? AND dataset = ? AND row_key IN ?",
        (scope, dataset),
        keys,
    )
    return [str(key) for (key,) in rows]


def _scopes(dialect: Dialect) -> list[str]:
    """The common scope first, then every store that has rows of its own."""
    rows = dialect.query(
        "SELECT store_id FROM store WHERE EXISTS "
        "(SELECT 1 FROM catalogue WHERE catalogue.scope = store.store_id) ORDER BY store_id"
    )
    return ["", *(str(store_id) for (store_id,) in rows)]


def _delete(dialect: Dialect, scope: str, keys: Sequence[tuple[str, str]]) -> None:
    for dataset, key in keys:
        dialect.execute(
            "DELETE FROM catalogue WHERE scope = ? AND dataset = ? AND row_key = ?",
            (scope, dataset, key),
        )
