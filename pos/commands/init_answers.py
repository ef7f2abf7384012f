"""Answers to `pos init`: from an answers file, from options, or from the wizard."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from pos.config import ConfigError, QuickKey, load_settings, parse_value
from pos.config.source import flatten, read_toml
from pos.i18n import N_
from pos.setup import NewOperator, SetUpRefused


class ItemsAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The item list of a shop that stands alone."""

    file: str = ""
    classes: str = ""
    effective_day: str = ""


class HeadOfficeAnswer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to enrol, and with which one-use code."""

    url: str = ""
    code: str = ""


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    settings: dict[str, Any] = {}
    operators: tuple[NewOperator, ...] = ()
    quick_keys: tuple[QuickKey, ...] = ()
    items: ItemsAnswer = ItemsAnswer()
    head_office: HeadOfficeAnswer = HeadOfficeAnswer()


class Answers(msgspec.Struct, kw_only=True):
    """Everything that a set-up needs to know."""

    values: dict[str, Any] = {}
    """Dotted settings keys."""

    operators: list[NewOperator] = []
    quick_keys: list[QuickKey] = []
    items: Path | None = None
    classes: Path | None = None
    effective_day: str = ""
    head_office_url: str = ""
    code: str = ""


def read_answers(path: Path) -> Answers:
    """An answers file: [settings], [[operators]], [[quick_keys]], [items], [head_office].

    Files that it names are beside it. ConfigError names what is wrong, with its line.
    """
    source = read_toml(path)
    try:
        file = msgspec.convert(source.values, _File)
    except msgspec.ValidationError as error:
        raise ConfigError([source.problem((), "{why}", {"why": str(error)})]) from error

    def beside(name: str) -> Path | None:
        return path.parent / name if name else None

    return Answers(
        values=flatten(file.settings),
        operators=list(file.operators),
        quick_keys=list(file.quick_keys),
        items=beside(file.items.file),
        classes=beside(file.items.classes),
        effective_day=file.items.effective_day,
        head_office_url=file.head_office.url,
        code=file.head_office.code,
    )


def read_quick_keys(path: Path) -> list[QuickKey]:
    """[[quick_keys]] of a TOML file; ConfigError otherwise."""
    source = read_toml(path)
    rest = {name for name in source.values if name != "quick_keys"}
    if rest:
        raise ConfigError(
            source.problem(
                (name,),
                N_("unknown key {key}"),
                {"key": name},
                hint=N_("this file holds [[quick_keys]] with number, item_code and label"),
            )
            for name in sorted(rest)
        )
    try:
        return msgspec.convert(source.values.get("quick_keys", []), list[QuickKey])
    except msgspec.ValidationError as error:
        raise ConfigError([source.problem((), "{why}", {"why": str(error)})]) from error


def parse_operator(text: str) -> NewOperator:
    """`1001:李娜:cashier:2580` or with `:en` behind it; SetUpRefused otherwise."""
    parts = text.split(":")
    if len(parts) not in {4, 5}:
        raise SetUpRefused(
            N_("--operator: expected ID:NAME:ROLE:PIN or ID:NAME:ROLE:PIN:LANGUAGE, got {parts}."),
            hint=N_("An answers file keeps PINs off the command line: see --answers."),
            parts=f"{len(parts)} part(s)",  # not the text: it may hold a PIN
        )
    operator_id, name, role, pin, *language = (part.strip() for part in parts)
    return NewOperator(
        operator_id=operator_id,
        name=name,
        role=role,
        pin=pin,
        language=language[0] if language else "",
    )


def parse_setting(text: str) -> tuple[str, object]:
    """`receipt.printing=ask` as key and value; SetUpRefused or ConfigError otherwise."""
    key, equals, value = text.partition("=")
    if not equals:
        raise SetUpRefused(
            N_("--set: expected KEY=VALUE, got {text}."),
            hint=N_("For example --set receipt.printing=ask"),
            text=repr(text),
        )
    return key.strip(), parse_value(key.strip(), value.strip())


def choose_tenders(home: Path, text: str) -> list[dict[str, Any]]:
    """`cash,wechat=5` → those tenders of the settings, in this order, with these numbers.

    Tenders that are not named are off. SetUpRefused for a name that is not there.
    """
    known: Sequence[Mapping[str, Any]] = [
        # Through JSON: a list in a tender is a list, as TOML would have it, and no tuple.
        msgspec.json.decode(msgspec.json.encode(tender))
        for tender in load_settings(home).payment.tenders
    ]
    by_id = {tender["id"]: tender for tender in known}
    chosen = []
    for number, part in enumerate((p.strip() for p in text.split(",")), start=1):
        name, equals, wanted = part.partition("=")
        if name not in by_id or (equals and not wanted.isdecimal()):
            raise SetUpRefused(
                N_("--tenders: expected names such as {known}, got {part}."),
                hint=N_("NAME=NUMBER gives a tender its number on the screen, as in wechat=5."),
                known=",".join(by_id),
                part=repr(part),
            )
        chosen.append({**by_id[name], "number": int(wanted) if equals else number})
    return chosen
