"""Settings of the counter's devices: scanners, printers, drawer, scale, display, card terminal."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from pos.config.setting_types import (
    LineText,
    Milliseconds,
    OptionalUrl,
    Seconds,
    ShortText,
    Table,
    Url,
)


class Scanner(Table, frozen=True, kw_only=True):
    """One barcode scanner."""

    url: Url
    name: ShortText = ""
    profile: Annotated[str, Meta(pattern="^[a-z0-9-]{1,32}$", examples=["zebra-ssi"])] = "generic"
    framing: Literal["", "cr", "lf", "crlf", "tab", "stx-etx", "none", "ssi"] = ""
    identifier: Literal["", "aim", "vendor"] = ""
    baudrate: Annotated[int, Meta(ge=300, le=921_600)] | None = None
    bytesize: Literal[7, 8] | None = None
    parity: Literal["", "none", "even", "odd"] = ""
    stopbits: Literal[1, 2] | None = None
    reread_window_ms: Annotated[int, Meta(ge=0, le=5000)] | None = None
    frame_timeout_ms: Annotated[int, Meta(ge=20, le=5000)] | None = None
    layout: Literal["", "us", "uk", "de"] = ""
    aim: bool = False
    """Still accepted: AIM identifiers are taken off whenever they come."""


class Wedge(Table, frozen=True, kw_only=True):
    """Scanners that type like a keyboard into the terminal."""

    enabled: bool
    prefix: Annotated[str, Meta(max_length=8)]
    check_digit: bool


class Printer(Table, frozen=True, kw_only=True):
    """The till's own receipt printer; an empty `url` means none."""

    name: ShortText
    url: OptionalUrl
    profile: ShortText
    baudrate: Annotated[int, Meta(ge=300, le=921_600)]
    bytesize: Literal[7, 8]
    parity: Literal["none", "even", "odd"]
    flow_control: Literal["none", "rts-cts", "dsr-dtr", "xon-xoff"]
    open_timeout_ms: Milliseconds
    write_timeout_ms: Milliseconds
    status_timeout_ms: Milliseconds


class MorePrinter(Table, frozen=True, kw_only=True):
    """Another printer of the store that this till can reach."""

    name: Annotated[str, Meta(pattern="^[^\\s].{0,31}$", examples=["仓库"])]
    url: OptionalUrl
    role: Literal["receipt", "label"] = "receipt"
    profile: ShortText = "generic-80"


class Drawer(Table, frozen=True, kw_only=True):
    """The cash drawer on the printer."""

    attached: bool
    pin: Literal[2, 5]
    pulse_ms: Annotated[int, Meta(ge=2, le=510)]
    open_within_ms: Annotated[int, Meta(ge=100, le=3000)]
    warn_open_s: Annotated[int, Meta(ge=0, le=3600)]


class Scale(Table, frozen=True, kw_only=True):
    """The scale at the counter; an empty `url` means none."""

    url: OptionalUrl
    profile: ShortText


class CustomerDisplay(Table, frozen=True, kw_only=True):
    """What the customer reads; an empty `url` means none."""

    url: OptionalUrl
    profile: ShortText
    greeting: LineText


class PaymentTerminal(Table, frozen=True, kw_only=True):
    """The card terminal behind tenders of kind `terminal`; an empty `url` means none."""

    url: OptionalUrl
    timeout_s: Seconds
