"""What the values of settings may be: numbers within their bounds, texts, addresses, choices."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

Minor = Annotated[int, Meta(ge=0, le=100_000_000_000)]
"""An amount in minor units of the currency."""

Seconds = Annotated[int, Meta(ge=1, le=86_400)]
Milliseconds = Annotated[int, Meta(ge=1, le=60_000)]
ShortText = Annotated[str, Meta(max_length=64)]
LineText = Annotated[str, Meta(max_length=200)]
Identifier = Annotated[str, Meta(pattern="^[a-z][a-z0-9_]{0,31}$", examples=["wechat"])]
Url = Annotated[str, Meta(pattern="^[a-z]+:.", examples=["serial:/dev/ttyUSB0"])]
OptionalUrl = Annotated[str, Meta(pattern="^$|^[a-z]+:", examples=["tcp:192.168.1.50:9100"])]
Language = Literal["zh_CN", "en"]
RuleMode = Literal["block", "approve", "warn", "carry", "off"]
"""What a rule of `rules.toml` does when it is met."""


class Table(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One table of the settings file."""
