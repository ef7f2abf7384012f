"""Journal segments at the till: entries carried to head office on a stick, and brought back (R24).

A segment file is the same batches that a push sends, signed one by one. `hq ingest` takes them
down the same road, so that nothing counts twice when the line comes back. Memory is bounded by one
batch; the file appears under its name only when it is whole and on the disk.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple
from urllib.parse import urlencode

import msgspec

from pos.store.clock import Clock, SystemClock
from pos.store.errors import N_, StoreError, StoreUnavailable
from pos.store.reference import ReferenceReader
from pos.version import __version__
from sync.enrolment import load_key
from sync.exchange import Answer, Lost, Request, RequestKind
from sync.outbox import Outbox
from sync.protocol import (
    ERROR_UNKNOWN_EPOCH,
    MAX_RECORDS,
    ROUTE_JOURNAL,
    ErrorAnswer,
    OwnEntriesAnswer,
    WireError,
    decode,
)
from sync.segment import SegmentHeader, encode_segment

_SEGMENT_BYTES = 4 * 1024 * 1024


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """What a segment file holds."""

    path: Path
    entries: int
    segments: int
    epochs: int


class _Labels(NamedTuple):
    store_id: str
    workstation_id: str
    workstation_uuid: str


class PullBackError(StoreError):
    """Own entries could not be fetched back."""

    default_hint = N_("Check the network and try again; what was here is unchanged.")


def export_segments(
    home: Path, out: Path, *, everything: bool = False, clock: Clock | None = None
) -> Exported:
    """Write the entries that head office has not acknowledged, or all, to `out`.

    Reads only; the till and its uploader may be at work. Raises StoreError.
    """
    key = load_key(home)
    reader = ReferenceReader(home)
    outbox = Outbox(home)
    counts = [0, 0, 0]
    try:
        labels = _labels(reader, home)
        acked = {epoch: row.acked_seq for epoch, row in reader.acked().items()}
        with _whole_file(out) as file:
            for head in outbox.epochs():
                after = 0 if everything else acked.get(head.epoch, 0)
                before = counts[0]
                while batch := outbox.batch(
                    head, after, max_entries=MAX_RECORDS, max_bytes=_SEGMENT_BYTES
                ):
                    header = SegmentHeader(
                        store_id=labels.store_id,
                        workstation_id=labels.workstation_id,
                        workstation_uuid=labels.workstation_uuid,
                        epoch=batch.epoch,
                        first_seq=batch.first_seq,
                        prev_hash=batch.prev_hash.hex(),
                        count=len(batch.records),
                        app_version=__version__,
                        created_utc_ms=(clock or SystemClock()).utc_ms(),
                        final_seq=batch.final_seq,
                    )
                    file.write(encode_segment(header, batch.records, key))
                    counts[0] += len(batch.records)
                    counts[1] += 1
                    after = batch.last_seq
                counts[2] += counts[0] > before
    finally:
        outbox.close()
        reader.close()
    return Exported(path=out, entries=counts[0], segments=counts[1], epochs=counts[2])


def pull_back(
    home: Path,
    out: Path,
    epoch: str,
    carry: Callable[[Request], Answer | Lost],
    *,
    clock: Clock | None = None,
) -> Exported:
    """Fetch a till's own entries of one epoch back from head office into a segment file (R24).

    `carry` takes a request to head office. Raises PullBackError, StoreError.
    """
    key = load_key(home)
    reader = ReferenceReader(home)
    try:
        labels = _labels(reader, home)
    finally:
        reader.close()
    entries = segments = after = 0
    with _whole_file(out) as file:
        while True:
            answer = _own_entries(carry, epoch, after)
            if answer.records:
                records = tuple((bytes.fromhex(r.hash), r.payload()) for r in answer.records)
                header = SegmentHeader(
                    store_id=labels.store_id,
                    workstation_id=labels.workstation_id,
                    workstation_uuid=labels.workstation_uuid,
                    epoch=epoch,
                    first_seq=answer.first_seq,
                    prev_hash=answer.prev_hash,
                    count=len(records),
                    app_version=__version__,
                    created_utc_ms=(clock or SystemClock()).utc_ms(),
                )
                file.write(encode_segment(header, records, key))
                entries += len(records)
                segments += 1
                after = answer.first_seq + len(records) - 1
            if answer.last or not answer.records:
                break
    return Exported(path=out, entries=entries, segments=segments, epochs=int(entries > 0))


def _own_entries(
    carry: Callable[[Request], Answer | Lost], epoch: str, after: int
) -> OwnEntriesAnswer:
    query = urlencode({"epoch": epoch, "after": after})
    target = f"{ROUTE_JOURNAL}?{query}"
    answer = carry(Request(kind=RequestKind.LOCATE, method="GET", target=target))
    if isinstance(answer, Lost):
        raise PullBackError(N_("Head office does not answer: {reason}."), reason=answer.reason)
    try:
        if answer.status == 200:
            own = decode(answer.body, OwnEntriesAnswer)
            if own.epoch == epoch and own.first_seq == after + 1:
                return own
            raise WireError("malformed", "other entries than those asked for")
        error = decode(answer.body, ErrorAnswer)
    except WireError as wire_error:
        raise PullBackError(
            N_("What answers is not head office: {reason}."), reason=wire_error
        ) from wire_error
    if error.error == ERROR_UNKNOWN_EPOCH:
        raise PullBackError(
            N_("Head office has nothing of epoch {epoch}."),
            epoch=epoch,
            hint=N_("`pos-sync status --json` names the epochs that it acknowledged."),
        )
    raise PullBackError(N_("Head office refused: {detail}."), detail=error.detail or error.error)


def _labels(reader: ReferenceReader, home: Path) -> _Labels:
    workstation_uuid = reader.meta("workstation_uuid")
    if not workstation_uuid:
        raise StoreUnavailable(
            N_("{home} is not enrolled at a head office."),
            home=home,
            hint=N_("Only an enrolled till's entries can be taken in: enrol it first."),
        )
    return _Labels(
        reader.meta("store_id") or "", reader.meta("workstation_id") or "", workstation_uuid
    )


@contextmanager
def _whole_file(out: Path) -> Iterator[BinaryIO]:
    """A file that gets its name when it is whole; nothing is left behind when it is not."""
    draft = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        try:
            with draft.open("wb") as file:
                os.fchmod(file.fileno(), 0o600)
                yield file
                file.flush()
                os.fsync(file.fileno())
            draft.replace(out)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailable(
            N_("{path} cannot be written: {reason}."), path=out, reason=error.strerror or error
        ) from error
