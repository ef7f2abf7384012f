"""Device profiles from data: a mapping, as TOML gives it, into a frozen dataclass, field by field.

A profile is what differs between models. The files lie in ``config/``; whoever loads them hands
the mapping in, and every fault is said in one message: the key, what was expected and what came.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from typing import TYPE_CHECKING, Any, Literal, TypeVar, get_args, get_origin, get_type_hints

from drivers.errors import Illegal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Profile = TypeVar("Profile", bound="DataclassInstance")

Limits = Mapping[str, tuple[int, int]]
"""Least and most of a number, by field."""


def profile_from(
    kind: type[Profile], what: str, mapping: Mapping[str, Any], limits: Limits
) -> Profile:
    """Make a ``kind`` of ``mapping``; ``what`` names it in the error, as in "scale profile".

    Fields may be ``str``, ``int``, ``bool``, ``Literal`` or, written in hexadecimal, ``bytes``.

    Raises:
        Illegal: with every fault, each naming the key, what was expected and what came.
    """
    hints = get_type_hints(kind)
    required = {one.name for one in fields(kind) if _has_no_default(one)}
    faults = [f"{name}: missing" for name in sorted(required - mapping.keys())]
    values: dict[str, Any] = {}
    for name, value in mapping.items():
        if name not in hints:
            faults.append(f"{name}: unknown; expected one of {', '.join(sorted(hints))}")
            continue
        taken, fault = _taken(name, value, hints[name], limits)
        values[name] = taken
        if fault:
            faults.append(f"{name}: {fault}")
    if faults:
        name = mapping.get("name", "unnamed")
        raise Illegal(f"{what} {name!r}: " + "; ".join(faults))
    return kind(**values)


def _has_no_default(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _taken(name: str, value: object, hint: Any, limits: Limits) -> tuple[object, str]:
    if get_origin(hint) is Literal:
        choices = get_args(hint)
        if isinstance(value, bool) or value not in choices:
            return value, f"expected one of {', '.join(map(repr, choices))}, got {value!r}"
        return value, ""
    if hint is bytes:
        return _hexadecimal(value)
    if hint is int and isinstance(value, bool):
        return value, f"expected a number, got {value!r}"
    if not isinstance(value, hint):
        return value, f"expected {hint.__name__}, got {value!r}"
    if name in limits and isinstance(value, int):
        least, most = limits[name]
        if not least <= value <= most:
            return value, f"expected {least} to {most}, got {value}"
    if name == "name" and not value:
        return value, "expected a name, got nothing"
    return value, ""


def _hexadecimal(value: object) -> tuple[bytes, str]:
    fault = f"expected bytes in hexadecimal such as '1b 40', got {value!r}"
    if not isinstance(value, str):
        return b"", fault
    try:
        return bytes.fromhex(value), ""
    except ValueError:
        return b"", fault
