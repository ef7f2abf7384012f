"""What a workstation pushes, and what it is answered (R6, R7, R17): values without a database."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec


class Source(msgspec.Struct, frozen=True):
    """The workstation that pushes, as its key proves."""

    store_id: str
    workstation_no: int
    workstation_uuid: str
    workstation_id: str


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Consecutive records of one epoch: (stated hash, bytes) from `first_seq` on."""

    epoch: str
    first_seq: int
    prev_hash: bytes
    records: Sequence[tuple[bytes, bytes]]
    final_seq: int | None = None
    app_version: str = ""


class Accepted(msgspec.Struct, frozen=True, kw_only=True):
    """Committed. `quarantined` lists sequences of this batch that are kept as bytes only."""

    epoch: str
    acked_seq: int
    head_hash: bytes
    quarantined: tuple[int, ...] = ()
    new: int = 0


class Refused(msgspec.Struct, frozen=True, kw_only=True):
    """409: a gap (with the sequence wanted) or a fork (with the sequence that differs)."""

    error: str
    detail: str
    expected: int
    head_hash: bytes


def durable_seq(accepted: Accepted) -> int:
    """What survives the loss of this machine: with one node, what is committed.

    On PostgreSQL with a synchronous standby COMMIT itself waits for it.
    """
    return accepted.acked_seq
