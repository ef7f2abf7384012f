"""What the engine asks the network for, what comes back, and how the engine is set up: values.

The engine decides, someone else carries: the HTTP client in the product, a simulated network in
the simulation.
"""

from __future__ import annotations

from enum import StrEnum

import msgspec


class RequestKind(StrEnum):
    """What a request is for."""

    HELLO = "hello"
    LOCATE = "locate"
    """Where two histories part: own entries are asked back (R16, R17)."""

    JOURNAL = "journal"
    HEARTBEAT = "heartbeat"
    CHANGES = "changes"
    SNAPSHOT = "snapshot"
    SIBLINGS = "siblings"
    """What the shop's other tills wrote about goods (R14)."""

    SOLD = "sold"
    """What they sold by day (REP-06)."""

    STOCK = "stock"
    """Figures of the store's stock (R14)."""

    ROTATE_KEY = "rotate_key"


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """One request, unsigned. The same value may be carried more than once (R7)."""

    kind: RequestKind
    method: str
    target: str
    """Path and query."""

    body: bytes = b""
    gzip: bool = False


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What came back, whoever sent it: head office, a proxy, a hotel's login page."""

    status: int
    body: bytes = b""
    retry_after_s: float | None = None


class Lost(msgspec.Struct, frozen=True):
    """No answer, or none that is whole: whether head office acted is unknown (R7)."""

    reason: str


class Idle(msgspec.Struct, frozen=True):
    """Nothing to ask for before `wait_ms` have passed, unless the journal grows."""

    wait_ms: int
    failing: bool = False
    """The wait is a pause after a failure: growth of the journal does not shorten it."""


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Who asks (R1), and with which program."""

    workstation_uuid: str
    app_version: str


class Pace(msgspec.Struct, frozen=True, kw_only=True):
    """How fast; from the settings' `[sync]`."""

    interval_ms: int = 15_000
    """Between two rounds of heartbeat and feed when nothing else happens."""

    hello_interval_ms: int = 3_600_000
    """Notes are compared this often even when nothing calls for it: a database that was put back
    by hand keeps its incarnation."""

    stock_interval_ms: int = 60_000
    """The store's stock is asked for this often, and after what was sent; 0 is never."""

    sold_interval_ms: int = 3_600_000
    """What other tills sold by day is asked for this often: a plan is made once a day; 0 is never."""

    backoff_base_ms: int = 1_000
    backoff_max_ms: int = 300_000
    batch_entries: int = 500
    batch_bytes: int = 1024 * 1024


class Status(msgspec.Struct, kw_only=True):
    """How the exchange stands, for the till's header and `pos-sync status`."""

    online: bool = False
    last_success_utc_ms: int = 0
    last_error: str = ""
    """`code: detail`, empty when all is well. Codes: network, not_head_office, busy, credential,
    upgrade, clock, refused, gap, fork, store."""

    server_offset_ms: int | None = None
    """Head office's clock minus this machine's (R20)."""
