"""Whether the values of a settings file have the types that the settings want, key by key."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from msgspec import inspect

from pos.config.errors import N_, Problem, closest
from pos.config.settings import SettingsTables
from pos.config.source import TomlSource, dotted
from pos.config.toml_lines import KeyPath


def _tables() -> inspect.StructType:
    kind = inspect.type_info(SettingsTables)
    assert isinstance(kind, inspect.StructType)  # noqa: S101 - a Struct's own type
    return kind


TABLES = _tables()
"""The settings file as msgspec describes it."""


def check(source: TomlSource) -> list[Problem]:
    """Unknown keys, wrong types and incomplete list entries of one file."""
    return list(_walk(source, source.values, TABLES, ()))


def bare(kind: inspect.Type) -> inspect.Type:
    """A type without the examples that hang on it, and without the None of a key left out."""
    if isinstance(kind, inspect.Metadata):
        return bare(kind.type)
    if isinstance(kind, inspect.UnionType):
        some = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return bare(some[0]) if len(some) == 1 else kind
    return kind


def _walk(source: TomlSource, value: Any, kind: inspect.Type, at: KeyPath) -> Iterator[Problem]:
    if isinstance(kind, inspect.StructType) and isinstance(value, dict):
        yield from _walk_table(source, value, kind, at)
    elif isinstance(kind, inspect.VarTupleType) and isinstance(value, list) and _long(value, kind):
        for number, element in enumerate(value):
            yield from _walk(source, element, kind.item_type, (*at, number))
    elif isinstance(kind, inspect.DictType) and isinstance(value, dict):
        for name, element in value.items():
            # Names with dots may be written without quotes; TOML then nests them.
            inner = kind if isinstance(element, dict) else kind.value_type
            yield from _walk(source, element, inner, (*at, name))
    elif not fits(value, kind):
        expected, detail = describe(kind)
        yield source.problem(
            at,
            N_("{key}: expected {expected} {detail}, got {got}"),
            {"key": dotted(at), "detail": detail, "got": _shown(value)},
            words={"expected": expected},
            hint=N_("correct the value, or take the line out to use the default"),
        )


def _long(value: list[Any], kind: inspect.VarTupleType) -> bool:
    """Whether a list has as many entries as it must."""
    return (kind.min_length or 0) <= len(value) <= (kind.max_length or len(value))


def _walk_table(
    source: TomlSource, table: dict[str, Any], kind: inspect.StructType, at: KeyPath
) -> Iterator[Problem]:
    fields = {field.name: field for field in kind.fields}
    for name, value in table.items():
        field = fields.get(name)
        if field is None:
            yield _unknown(source, (*at, name), fields)
        else:
            yield from _walk(source, value, field.type, (*at, name))
    if at and isinstance(at[-1], int):  # entries of lists are whole; tables may be partial
        for field in kind.fields:
            if field.required and field.name not in table:
                yield source.problem(
                    at,
                    N_("{key} is missing"),
                    {"key": dotted((*at, field.name))},
                    hint=N_("add the line to this entry"),
                )


def _unknown(source: TomlSource, at: KeyPath, fields: Mapping[str, object]) -> Problem:
    name = str(at[-1])
    meant = closest(name, fields) or closest_key(name)
    hint = N_("did you mean {meant}?") if meant else N_("take it out; known here: {known}")
    values = {"key": dotted(at), "meant": meant, "known": ", ".join(fields)}
    return source.problem(at, N_("unknown key {key}"), values, hint=hint)


def closest_key(name: str) -> str:
    """The dotted key whose last name was probably meant, anywhere in the settings."""
    by_name = {key.rpartition(".")[2]: key for key in known_keys()}
    return by_name.get(name) or by_name.get(closest(name, by_name), "")


def known_keys() -> tuple[str, ...]:
    """Every dotted key that may be set; a list counts as one key."""
    return tuple(_keys(TABLES, ()))


def _keys(kind: inspect.Type, at: KeyPath) -> Iterator[str]:
    if isinstance(kind, inspect.StructType):
        for field in kind.fields:
            yield from _keys(field.type, (*at, field.name))
    else:
        yield dotted(at)


def kind_of(at: KeyPath) -> inspect.Type | None:
    """Type of the value at a path, also of `rules.overrides.NAME`; None when nothing is there."""
    kind: inspect.Type = TABLES
    for part in at:
        if isinstance(kind, inspect.StructType) and isinstance(part, str):
            field = next((field for field in kind.fields if field.name == part), None)
            if field is None:
                return None
            kind = field.type
        elif isinstance(kind, inspect.VarTupleType) and isinstance(part, int):
            kind = kind.item_type
        elif isinstance(kind, inspect.DictType):
            return kind.value_type
        else:
            return None
    return kind


def fits(value: Any, kind: inspect.Type) -> bool:
    """Whether one plain value (no table) is what `kind` wants."""
    match bare(kind):
        case inspect.BoolType():
            return isinstance(value, bool)
        case inspect.LiteralType(values=allowed):
            return type(value) in {str, int} and value in allowed
        case inspect.IntType(ge=low, le=high):
            return (
                type(value) is int
                and (low is None or value >= low)
                and (high is None or value <= high)
            )
        case inspect.StrType(max_length=longest, pattern=pattern):
            return (
                isinstance(value, str)
                and value.isprintable()
                and (longest is None or len(value) <= longest)
                and (pattern is None or re.search(pattern, value) is not None)
            )
        case _:
            return False


def describe(kind: inspect.Type) -> tuple[str, str]:
    """What a key may hold: a word to translate, and figures or names that need no language."""
    example = ""
    if isinstance(kind, inspect.Metadata) and kind.extra_json_schema:
        example = f'"{kind.extra_json_schema["examples"][0]}"'
    match bare(kind):
        case inspect.LiteralType(values=allowed):
            return N_("one of"), " | ".join(str(value) for value in allowed)
        case inspect.IntType(ge=low, le=high):
            return N_("a whole number"), f"{low}..{high}"
        case inspect.StrType(pattern=str()):
            return N_("text such as"), example
        case inspect.StrType(max_length=longest):
            return N_("text of length"), f"0..{longest or '∞'}"
        case inspect.BoolType():
            return N_("one of"), "true | false"
        case inspect.VarTupleType(min_length=int(least)):
            return N_("a list"), f"[ ] × {least}"
        case inspect.VarTupleType():
            return N_("a list"), "[ ]"
        case _:
            return N_("a table"), f"[{example}]"


def _shown(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case dict():
            return "{ }"
        case list():
            return f"[ ] × {len(value)}" if value else "[ ]"
        case str() if len(value) > 60:
            return f'"{value[:57]}…"'
        case str():
            return f'"{value}"'
        case _:
            return str(value)
