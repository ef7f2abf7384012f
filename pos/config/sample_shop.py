"""The sample shop of `config/sample_shop/`, and quick keys as any shop writes them.

The items themselves are files for the importer (`items.csv`, `classes.csv`; their columns are
described in `shop.toml`), so that the demonstration takes the road that a real shop takes.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta

from pos.config.errors import ConfigError
from pos.config.paths import HomePaths, config_dir
from pos.config.setting_types import Language, ShortText
from pos.config.source import flatten, read_toml

_Kind = TypeVar("_Kind")


class DemoOperator(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One person of the sample shop; the PIN is no secret."""

    operator_id: str
    name: str
    name_en: str
    role: str
    pin: str
    language: Language


class QuickKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One item without a code, sold by its number."""

    number: Annotated[int, Meta(ge=1, le=99)]
    item_code: ShortText
    label: ShortText
    label_en: ShortText = ""


class SampleShop(msgspec.Struct, frozen=True):
    """Everything of the sample shop but its items."""

    settings: dict[str, Any]
    """Dotted settings keys with their values, for `set_value`."""

    operators: tuple[DemoOperator, ...]
    quick_keys: tuple[QuickKey, ...]
    items_path: Path
    classes_path: Path

    def is_demo(self, *, operator_id: str = "", name: str = "", pin: str = "") -> bool:
        """Whether a real shop must refuse this: a PIN that everybody can read, or a demo person.

        A number or a name alone is not refused: 李娜 may well work in a real shop.
        """
        return any(
            operator.pin == pin or (operator.operator_id, operator.name) == (operator_id, name)
            for operator in self.operators
        )


class _Operators(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    demo: Literal[True]
    operators: tuple[DemoOperator, ...]


class _QuickKeys(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quick_keys: tuple[QuickKey, ...] = ()


class _Shop(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    demo: Literal[True]
    settings: dict[str, Any]


def load_sample_shop() -> SampleShop:
    """The shipped sample shop."""
    folder = config_dir() / "sample_shop"
    return SampleShop(
        settings=flatten(_read(folder / "shop.toml", _Shop).settings),
        operators=_read(folder / "operators.toml", _Operators).operators,
        quick_keys=_read(folder / "quick_keys.toml", _QuickKeys).quick_keys,
        items_path=folder / "items.csv",
        classes_path=folder / "classes.csv",
    )


def load_quick_keys(home: Path) -> tuple[QuickKey, ...]:
    """The quick keys of HOME/quick_keys.toml by number, none without the file."""
    path = HomePaths(home).quick_keys
    if not path.exists():
        return ()
    return tuple(sorted(_read(path, _QuickKeys).quick_keys, key=lambda key: key.number))


def _read(path: Path, kind: type[_Kind]) -> _Kind:
    source = read_toml(path)
    try:
        return msgspec.convert(source.values, kind)
    except msgspec.ValidationError as error:
        raise ConfigError([source.problem((), "{why}", {"why": str(error)})]) from error
