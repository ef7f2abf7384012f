"""How far each epoch has come: watermarks, forks, and what its first entry says (R2, R6, R17, R30)."""

from __future__ import annotations

from typing import Any

import msgspec

from pos.domain.journal import GENESIS_HASH
from sync.head_office.audit import Auditor
from sync.head_office.batches import Batch, Refused, Source
from sync.head_office.booking import Booking
from sync.head_office.booking_values import Place
from sync.head_office.dialect import Dialect
from sync.protocol import ERROR_GAP


class Mark(msgspec.Struct):
    """The watermark of one epoch: what is committed of it; `late` when a newer epoch has come."""

    epoch_no: int
    acked_seq: int
    head_hash: bytes
    final_seq: int | None
    newest_no: int
    late: bool


class Epochs:
    """The rows of `epoch`, within the transaction of whoever calls."""

    def __init__(self, dialect: Dialect, auditor: Auditor) -> None:
        """Alarms go to `auditor`."""
        self.dialect = dialect
        self.auditor = auditor

    def lock_mark(self, source: Source, batch: Batch, now_ms: int) -> Mark:
        """Lock an epoch's watermark until the commit; a new epoch's row is made.

        Raises RuntimeError when another connection made it in the same instant.
        """
        text = (
            "SELECT epoch_no, acked_seq, head_hash, final_seq, (SELECT MAX(n.epoch_no) "
            "FROM epoch n WHERE n.store_id = epoch.store_id "
            "AND n.workstation_no = epoch.workstation_no AND n.acked_seq > 0) FROM epoch "
            "WHERE store_id = ? AND workstation_no = ? AND epoch = ?" + self.dialect.for_update
        )
        key = (source.store_id, source.workstation_no, batch.epoch)
        row = self.dialect.one(text, key)
        if row is None:
            self.dialect.execute(
                "INSERT INTO epoch (store_id, workstation_no, epoch_no, epoch, acked_seq, "
                "head_hash, opened_utc_ms, last_seen_utc_ms) "
                "SELECT ?, ?, COALESCE(MAX(epoch_no), 0) + 1, ?, 0, ?, ?, ? FROM epoch "
                "WHERE store_id = ? AND workstation_no = ? ON CONFLICT DO NOTHING",
                (*key, GENESIS_HASH, now_ms, now_ms, *key[:2]),
            )
            row = self.dialect.one(text, key)
            if row is None:
                msg = "another connection opened this epoch; the same bytes will be taken"
                raise RuntimeError(msg)
        number, newest_no = int(row[0]), int(row[4] or 0)
        return Mark(number, int(row[1]), bytes(row[2]), row[3], newest_no, late=number < newest_no)

    def first_difference(self, place: Place, batch: Batch, mark: Mark, known: int) -> int | None:
        """First sequence whose hash is not the one kept here, the join before it included."""
        start = batch.first_seq - 1
        if start == mark.acked_seq:
            return None if batch.prev_hash == mark.head_hash else batch.first_seq
        rows = self.dialect.query(
            "SELECT seq, hash FROM journal WHERE store_id = ? AND workstation_no = ? "
            "AND epoch_no = ? AND seq >= ? AND seq < ? ORDER BY seq",
            (place.store_id, place.workstation_no, place.epoch_no, start, start + 1 + known),
        )
        kept = {int(seq): bytes(digest) for seq, digest in rows}
        kept[0] = GENESIS_HASH
        if kept.get(start) != batch.prev_hash:
            return batch.first_seq
        for offset in range(known):
            seq = batch.first_seq + offset
            if kept.get(seq) != batch.records[offset][0]:
                return seq
        return None

    def note_opening(self, source: Source, place: Place, booking: Booking, now_ms: int) -> None:
        """What an epoch's first entry says of itself and of the one before (R2)."""
        body = booking.epoch_open
        if body is None:
            return
        self.dialect.execute(
            "UPDATE epoch SET reason = ? "
            "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
            (body.reason[:40], *place.key),
        )
        if body.previous_epoch and body.final_seq > 0:
            self.dialect.execute(
                "UPDATE epoch SET final_seq = ?, "
                "state = CASE WHEN acked_seq >= ? THEN 'retired' ELSE state END "
                "WHERE store_id = ? AND workstation_no = ? AND epoch = ? AND final_seq IS NULL",
                (
                    body.final_seq,
                    body.final_seq,
                    place.store_id,
                    place.workstation_no,
                    body.previous_epoch,
                ),
            )

        if body.reason == "rollover":
            self._check_seam(source, place, body, now_ms)

    def _check_seam(self, source: Source, place: Place, body: Any, now_ms: int) -> None:
        """R30: a journal's new file names the last hash of the one before it, which is held here."""
        rows = self.dialect.query(
            "SELECT j.hash FROM epoch e JOIN journal j ON j.store_id = e.store_id "
            "AND j.workstation_no = e.workstation_no AND j.epoch_no = e.epoch_no "
            "WHERE e.store_id = ? AND e.workstation_no = ? AND e.epoch = ? AND j.seq = ?",
            (place.store_id, place.workstation_no, body.previous_epoch, body.final_seq),
        )
        if [bytes(row[0]).hex() for row in rows] != [body.previous_hash]:
            self.auditor.alarm(
                source,
                "rollover_seam",
                f"{source.workstation_no}/{place.epoch_no}",
                f"the new file does not follow entry {body.final_seq} of the one before it",
                now_ms,
            )

    def move(self, place: Place, mark: Mark, batch: Batch, now_ms: int) -> None:
        """Write the watermark as far as `mark` says; a complete epoch is retired."""
        final = batch.final_seq if batch.final_seq is not None else mark.final_seq
        state = "retired" if final is not None and mark.acked_seq >= final else "open"
        self.dialect.execute(
            "UPDATE epoch SET acked_seq = ?, head_hash = ?, final_seq = ?, state = ?, "
            "last_seen_utc_ms = ? WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
            (mark.acked_seq, mark.head_hash, final, state, now_ms, *place.key),
        )

    def touch(self, place: Place, now_ms: int) -> None:
        """Its workstation was heard of, though nothing of it was taken."""
        self.dialect.execute(
            "UPDATE epoch SET last_seen_utc_ms = ? "
            "WHERE store_id = ? AND workstation_no = ? AND epoch_no = ?",
            (now_ms, *place.key),
        )

    def keep_fork(
        self, source: Source, place: Place, batch: Batch, from_seq: int, now_ms: int
    ) -> None:
        """R17: the first is kept; the other's bytes are stored and an alarm is raised."""
        offset = from_seq - batch.first_seq
        rows = [
            (*place.key, batch.first_seq + i, stated, data, now_ms)
            for i, (stated, data) in enumerate(batch.records)
            if i >= offset
        ]
        self.dialect.insert_missing(
            "fork",
            ("store_id", "workstation_no", "epoch_no", "seq", "hash", "bytes", "received_utc_ms"),
            rows,
        )
        self.touch(place, now_ms)
        self.auditor.alarm(
            source,
            "fork",
            f"{source.workstation_no}/{place.epoch_no}",
            f"from entry {from_seq} on the till has another history",
            now_ms,
        )


def gap(mark: Mark) -> Refused:
    """The refusal of a batch that does not follow what is here; it names what is wanted."""
    return Refused(
        error=ERROR_GAP,
        detail=f"entry {mark.acked_seq + 1} is wanted next",
        expected=mark.acked_seq + 1,
        head_hash=mark.head_hash,
    )
