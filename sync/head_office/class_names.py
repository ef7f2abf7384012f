"""Names of classes of goods, beside their codes, as they were published (dataset `classes`)."""

from __future__ import annotations

from typing import Final
from weakref import WeakKeyDictionary

import msgspec

from sync.head_office.dialect import Dialect
from sync.protocol import FeedClass

Names = dict[str, tuple[str, str]]
"""Class code → its Chinese and its English name."""

_KEPT: Final[WeakKeyDictionary[Dialect, tuple[int, Names]]] = WeakKeyDictionary()


def names(dialect: Dialect) -> Names:
    """Names of all classes; read again when something was published since."""
    row = dialect.one("SELECT COALESCE(MAX(publication_no), 0) FROM publication")
    version = int(row[0]) if row else 0
    kept = _KEPT.get(dialect)
    if kept is not None and kept[0] == version:
        return kept[1]
    found: Names = {one.item_class: (one.name, one.name_en) for one in classes(dialect)}
    _KEPT[dialect] = (version, found)
    return found


def classes(dialect: Dialect) -> list[FeedClass]:
    """Every class that was published, by its code."""
    rows = dialect.query(
        "SELECT row FROM catalogue WHERE dataset = 'classes' ORDER BY scope, row_key"
    )
    return [msgspec.json.decode(bytes(row[0]), type=FeedClass) for row in rows]


def named(found: Names, item_class: str, language: str) -> str:
    """Code and name of a class as people read it; the code alone when it has no name."""
    name = name_of(found, item_class, language)
    return f"{item_class} {name}" if name and name != item_class else item_class


def name_of(found: Names, item_class: str, language: str) -> str:
    """The name alone, empty when there is none."""
    chinese, english = found.get(item_class, ("", ""))
    return chinese if language == "zh_CN" else english or chinese
