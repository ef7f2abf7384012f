"""What the till does between sales: note new catalogue versions, read status for the header."""

from __future__ import annotations

import sqlite3

from pos.domain.journal import EntryKind
from pos.domain.journal.bodies import CatalogueApplied
from pos.services import clock_watch, drawer_watch
from pos.services.context import Till, WriteFailed
from pos.services.directives import act_on_directives
from pos.services.session import load_session
from pos.store import goods_reference, stock_ledger
from pos.store.errors import StoreError
from pos.store.writing import WriteTransaction

_GATHERED = 32
"""Movements beyond the fold that are few enough to be read with every look at an item's stock."""

_QUIET_MS = 5_000

_STALE_MS = 5 * 60 * 1000
"""An uploader that has not reached head office for this long is shown as offline."""


def apply_catalogue(till: Till) -> int:
    """Journal every feed version that came into force since the last one (R3); returns how many.

    One entry a version, with its hash: never one per price.
    """
    reader = till.journal.reader()
    row = reader.execute("SELECT catalogue_version FROM till_state WHERE id = 1").fetchone()
    versions = till.reference.versions_after(row[0] if row else 0)
    incarnation = till.reference.meta("incarnation") or ""
    for version in versions:
        till.append(
            EntryKind.CATALOGUE_APPLIED,
            CatalogueApplied(
                version=version.version, sha256=version.sha256, incarnation=incarnation
            ),
        ).result()
    if versions:
        till.overlays = None
    return len(versions)


def between_sales(till: Till) -> None:
    """What is only done when no sale is open: new catalogue versions, head office's directives.

    Rare and short; a disk in trouble is told by the write that meets it, and asked again later.
    """
    if not till.sale.empty or till.journal.undecided or till.training:
        return
    try:
        directives = till.reference.directives()
        if any(one.directive_id not in till.directives_seen for one in directives):
            acted = act_on_directives(till.journal, directives)
            till.directives_seen.update(one.directive_id for one in directives)
            if acted:
                load_session(till)  # a new epoch may have moved the numbers on
            for one in acted:
                till.tell(one)
        apply_catalogue(till)
        fold_stock(till)
        if till.operator is None:
            till.stock_watch = None
        else:
            from pos.services.goods import stock_watch  # nobody is signed on at a start

            stock_watch.refresh(till)
        _counts(till)
    except (StoreError, sqlite3.Error) as error:
        till.tell(WriteFailed(str(error)))


def _counts(till: Till) -> None:
    """Post the count results that head office issued; let scans that wait go up (R14)."""
    reached = f"counts at {till.reference.meta('feed_cursor')}"
    if reached not in till.directives_seen:
        till.directives_seen.add(reached)
        if till.reference.ask(goods_reference.has_count_results, absent=False):
            from pos.services.goods import count_posting  # a start does not wait for it

            count_posting.post_results(till)
    waiting = till.journal.reader().execute("SELECT max(draft_scan_id) FROM count_draft_scan")
    if waiting.fetchone()[0] is not None:
        from pos.services.goods import counting

        counting.flush_stale(till)


def fold_stock(till: Till) -> bool:
    """Let the write worker fold the next movements by item; whether there was anything to do.

    Not after every sale: when a few have gathered, or when the last one is some seconds old.
    """
    waiting, last = stock_ledger.unfolded(till.journal.reader(), stock_ledger.CHUNK_ROWS)
    if not waiting or (waiting < _GATHERED and not _is_quiet(till, last)):
        return False
    till.write(_fold)
    return True


def _fold(txn: WriteTransaction) -> int:
    return stock_ledger.fold(txn.connection)


def _is_quiet(till: Till, entry_id: int) -> bool:
    row = (
        till.journal.reader()
        .execute("SELECT at_utc_ms FROM journal_entry WHERE entry_id = ?", (entry_id,))
        .fetchone()
    )
    return row is None or abs(till.clock.utc_ms() - int(row[0])) >= _QUIET_MS


def tick(till: Till) -> None:
    """Once a second from the screen: the header's facts, and what waits for a quiet moment."""
    refresh_status(till)
    clock_watch.watch(till)
    drawer_watch.watch(till)
    between_sales(till)


def refresh_status(till: Till) -> None:
    """Bring the header's facts up to date; reads only, and survives files that are not there."""
    status = till.status
    status.undecided = till.journal.undecided
    try:
        status.enrolled = bool(till.reference.meta("workstation_uuid"))
        seq = till.journal.head()[0]
        row = till.reference.acked().get(till.journal.epoch_id)
        acked = row.acked_seq if row is not None else 0
        status.unsent = max(0, seq - acked)
        status.oldest_unsent_ms = _age_of(till, acked + 1) if status.unsent else 0
        last = int(till.reference.meta("last_success_ms") or 0)
        online = till.reference.meta("online") == "1"
        status.online = online and till.clock.utc_ms() - last < _STALE_MS
        status.head_office_error = till.reference.meta("last_error") or ""
        offset = till.reference.meta("head_office_offset_ms")
        till.clock.head_office_offset_ms = int(offset) if offset else None
        waiting = till.journal.reader().execute(
            "SELECT count(*) FROM print_job WHERE state NOT IN ('PRINTED', 'CANCELLED', 'OFF')"
        )
        status.print_jobs_waiting = int(waiting.fetchone()[0])
    except (StoreError, sqlite3.Error):
        status.online = False


def _age_of(till: Till, seq: int) -> int:
    row = (
        till.journal.reader()
        .execute(
            "SELECT at_utc_ms FROM journal_entry WHERE epoch_no = ? AND seq = ?",
            (till.journal.epoch_no, seq),
        )
        .fetchone()
    )
    return max(0, till.clock.utc_ms() - int(row[0])) if row else 0
