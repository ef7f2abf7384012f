"""Device profiles from data: a mapping, as TOML gives it, into a frozen dataclass, field by field.

A profile is what differs between models. The files lie in ``config/``; whoever loads them hands
the mapping in, and every fault is said in one message: the key, what was expected and what came.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields
from enum import StrEnum
from typing import (
    TYPE_CHECKING,
    Any,
    Final,
    Literal,
    TypeVar,
    get_args,
    get_origin,
    get_type_hints,
)

from drivers.errors import Illegal

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Profile = TypeVar("Profile", bound="DataclassInstance")

Limits = Mapping[str, tuple[int, int]]
"""Least and most of a number, by field."""


Taking = Callable[[object], Any]
"""Makes a field's value of what the file says; raises :class:`Wrong`."""


class Wrong(Exception):
    """What is wrong with one value: what was expected, and what came."""


def profile_from(
    kind: type[Profile],
    what: str,
    mapping: Mapping[str, Any],
    limits: Limits,
    taking: Mapping[str, Taking] = {},
) -> Profile:
    """Make a ``kind`` of ``mapping``; ``what`` names it in the error, as in "scale profile".

    Fields may be ``str``, ``int``, ``bool``, ``Literal``, a ``StrEnum`` or, written in
    hexadecimal, ``bytes``; for others, or to expect more of one, ``taking`` has a function.

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
        try:
            if name in taking:
                values[name] = taking[name](value)
            else:
                values[name] = _taken(name, value, hints[name], limits)
        except Wrong as fault:
            faults.append(f"{name}: {fault}")
    refuse(what, mapping, faults)
    return kind(**values)


def refuse(what: str, mapping: Mapping[str, Any], faults: list[str]) -> None:
    """Raise Illegal with all ``faults``, if there are any."""
    if faults:
        name = mapping.get("name", "unnamed")
        raise Illegal(f"{what} {name!r}: " + "; ".join(faults))


def hexadecimal(value: object, most: int = 64) -> bytes:
    """Bytes written as ``1b 40``, at most ``most`` of them; raises Wrong."""
    fault = f"expected bytes in hexadecimal such as '1b 40', got {value!r}"
    if not isinstance(value, str):
        raise Wrong(fault)
    try:
        found = bytes.fromhex(value)
    except ValueError:
        raise Wrong(fault) from None
    if len(found) > most:
        raise Wrong(f"expected at most {most} bytes, got {len(found)}")
    return found


def _has_no_default(field: Any) -> bool:
    return field.default is MISSING and field.default_factory is MISSING


def _taken(name: str, value: object, hint: Any, limits: Limits) -> object:
    if get_origin(hint) is Literal:
        return _one_of(value, get_args(hint))
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return hint(_one_of(value, tuple(one.value for one in hint)))
    if hint is bytes:
        return hexadecimal(value)
    if hint is int and name in limits:
        least, most = limits[name]
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
            raise Wrong(f"expected {least} to {most}, got {value!r}")
        return value
    if not isinstance(value, hint) or (hint is int and isinstance(value, bool)):
        raise Wrong(f"expected {_NAMES.get(hint, hint.__name__)}, got {value!r}")
    if name == "name" and not value:
        raise Wrong("expected a name, got nothing")
    return value


_NAMES: Final = {bool: "true or false", int: "a number", str: "text"}


def _one_of(value: object, choices: tuple[Any, ...]) -> Any:
    if isinstance(value, bool) or value not in choices:
        raise Wrong(f"expected one of {', '.join(map(repr, choices))}, got {value!r}")
    return value
