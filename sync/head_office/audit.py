"""Sales audit: what is odd about entries that were booked all the same (R9, R17, R18).

Findings are rows, kept once per (store, code, subject); nothing here ever refuses an entry.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from pos.domain.journal import EntryKind
from sync.head_office import findings, remote_approvals
from sync.head_office.entries import ReadEntry

if TYPE_CHECKING:
    from sync.head_office.batches import Source
    from sync.head_office.booking import Booking
    from sync.head_office.database import HeadOffice
    from sync.head_office.epochs import Mark

_KNOWN_LIMIT = 500_000
DAY_MS = 86_400_000


class Auditor:
    """Writes findings; remembers which items it knows, so that ingest seldom asks."""

    def __init__(self, office: HeadOffice) -> None:
        """Work on an open head office."""
        self._dialect = office.dialect
        self._known: set[tuple[str, str]] = set()
        self._catalogue_empty: bool | None = None

    def forget(self) -> None:
        """Ask the catalogue anew: something was published."""
        self._known.clear()
        self._catalogue_empty = None

    def record(
        self,
        source: Source,
        mark: Mark,
        booking: Booking,
        read: Sequence[ReadEntry | str],
        quarantine: Sequence[tuple[Any, ...]],
        now_ms: int,
    ) -> None:
        """Write all findings of one batch, within its transaction."""
        place = f"{source.workstation_no}/{mark.epoch_no}"
        rows = [
            (
                source.store_id,
                finding.code,
                finding.subject,
                finding.business_day,
                finding.workstation_id,
                finding.detail[:500],
                now_ms,
            )
            for finding in booking.findings
        ]

        def add(code: str, subject: str, detail: str, day: str = "") -> None:
            rows.append(
                (source.store_id, code, subject, day, source.workstation_id, detail, now_ms)
            )

        for row in quarantine:
            add("quarantined", f"{place}/{row[3]}", row[4])
        if mark.late:
            add("late_epoch", place, f"entries of epoch {mark.epoch_no} after {mark.newest_no}")
        tomorrow = _day_of(now_ms + DAY_MS)
        for day in booking.days:
            if day > tomorrow:
                add("future_day", f"{place}/{day}", f"business day {day} lies ahead", day)
            elif not day:
                add("no_business_day", place, "a transaction outside any business day")
        self._check_entries(source, read, add, place)
        for code in self._unknown_items(source.store_id, booking.item_codes):
            day, workstation_id = booking.item_codes[code]
            rows.append((source.store_id, "unknown_item", code, day, workstation_id, "", now_ms))
        if rows:
            unique = {(row[0], row[1], row[2]): row for row in reversed(rows)}
            self._dialect.insert_missing("sales_audit", findings.COLUMNS, list(unique.values()))

    def alarm(self, source: Source, code: str, subject: str, detail: str, now_ms: int) -> None:
        """Write one finding about a workstation."""
        findings.note(
            self._dialect,
            store_id=source.store_id,
            code=code,
            subject=subject,
            workstation_id=source.workstation_id,
            detail=detail,
            found_utc_ms=now_ms,
        )

    def _check_entries(
        self, source: Source, read: Sequence[ReadEntry | str], add: Any, place: str
    ) -> None:
        entries = [entry for entry in read if not isinstance(entry, str)]
        for entry in entries:
            if entry.envelope.kind == EntryKind.APPROVAL and entry.body.request_no:
                subject = remote_approvals.subject(source.workstation_no, entry.body.request_no)
                add(
                    remote_approvals.USED,
                    subject,
                    f"{entry.body.right} {entry.envelope.operator_id} {entry.body.reason}",
                    entry.envelope.business_day,
                )
        if entries:
            traded = next((entry for entry in entries if entry.envelope.business_day), entries[0])
            for entry in (entries[0], traded, entries[-1]):
                self._check_labels(source, entry, add, place)
        for entry in entries:
            if "clock_suspect" in entry.envelope.flags:
                day = entry.envelope.business_day
                add("clock_suspect", f"{place}/{day}", "the till doubts its clock", day)
                break

    @staticmethod
    def _check_labels(source: Source, entry: ReadEntry, add: Any, place: str) -> None:
        envelope = entry.envelope
        # A home is set up before it is enrolled: what `pos init` writes is no till's at work.
        set_up = not (envelope.workstation_uuid or envelope.business_day)
        if envelope.workstation_uuid != source.workstation_uuid and not set_up:
            add("other_identity", place, f"entries of {envelope.workstation_uuid[:60]}")
        labels = (envelope.store_id, envelope.workstation_id)
        if labels != (source.store_id, source.workstation_id):
            add("other_label", place, f"entries say {labels[0][:60]}/{labels[1][:60]}")

    def _unknown_items(self, store_id: str, codes: dict[str, tuple[str, str]]) -> list[str]:
        asked = [code for code in codes if (store_id, code) not in self._known]
        if not asked:
            return []
        if self._catalogue_empty is None:
            row = self._dialect.one("SELECT 1 FROM catalogue WHERE dataset = 'items' LIMIT 1")
            self._catalogue_empty = row is None
        if self._catalogue_empty:
            return []
        found: set[str] = set()
        for scope in ("", store_id):
            found |= {
                str(code)
                for (code,) in self._dialect.rows_of_keys(
                    "SELECT row_key FROM catalogue WHERE scope = ? AND dataset = 'items' "
                    "AND row_key IN ?",
                    (scope,),
                    asked,
                )
            }
        if len(self._known) > _KNOWN_LIMIT:
            self._known.clear()
        # Unknown ones are remembered too: their row is written once and says it all.
        self._known.update((store_id, code) for code in asked)
        return [code for code in asked if code not in found]


def _day_of(utc_ms: int) -> str:
    return dt.datetime.fromtimestamp(utc_ms / 1000, tz=dt.UTC).date().isoformat()
