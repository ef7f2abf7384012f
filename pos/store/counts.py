"""Counts on disk: scans that no entry carries yet, and what the journal says of counts.

A scan is written at once, with the place in the journal that the write worker had reached in that
very transaction; many of them become one `count_scans` entry. The draft rows go with it.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

import msgspec

from pos.domain.goods.counting import CountEvent, CountScan, CountScans
from pos.domain.goods.variance import ItemBatch, Moment, Moved, Scanned
from pos.domain.journal import EntryKind
from pos.store.goods_models import CountDraftScan
from pos.store.journal_files import files_of
from pos.store.models import insert_sql
from pos.store.writing import WriteTransaction

BATCH = 100
"""Scans that make an entry of their own; fewer wait for the end of their area."""

Group = tuple[str, int, str, str]
"""Count, pass, area and counter: what one entry is about."""

_INSERT = insert_sql(CountDraftScan)
_SCAN = msgspec.json.Decoder(CountScan)
_EVENT = msgspec.json.Decoder(CountEvent)
_OF_GROUP = "count_id = ? AND pass_no = ? AND area = ? AND counter_id = ?"


class StoredEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event of a count, and where it is in the journal."""

    entry_id: int
    epoch_no: int
    seq: int
    at_utc_ms: int
    operator_id: str
    body: CountEvent


class StoredScan(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A scan of a count, whether journaled already or not."""

    pass_no: int
    area: str
    counter_id: str
    epoch_no: int
    item_code: str
    quantity_milli: int
    at_utc_ms: int
    after_seq: int
    batch: str
    unit_code: str
    tag: str
    description: str

    def as_scanned(self, workstation: str) -> Scanned:
        """As the core takes it."""
        return Scanned(
            item_code=self.item_code,
            quantity_milli=self.quantity_milli,
            moment=Moment(workstation, self.epoch_no, self.after_seq, self.at_utc_ms),
            pass_no=self.pass_no,
            area=self.area,
            counter_id=self.counter_id,
            batch=self.batch,
            unit_code=self.unit_code,
            tag=self.tag,
        )


def put_scan(txn: WriteTransaction, group: Group, scan: CountScan) -> CountScan:
    """Write one scan as of this transaction; returns it with its place in the journal."""
    placed = msgspec.structs.replace(scan, after_seq=txn.last_seq, epoch=txn.head.epoch_id)
    txn.connection.execute(_INSERT, (None, *group, msgspec.json.encode(placed)))
    return placed


def waiting(connection: sqlite3.Connection, group: Group) -> int:
    """Scans of a group that no entry carries yet."""
    row = connection.execute(
        f"SELECT count(*) FROM count_draft_scan WHERE {_OF_GROUP}", group
    ).fetchone()
    return int(row[0])


def newest_waiting_utc_ms(connection: sqlite3.Connection) -> int:
    """Time of the last scan that no entry carries yet; 0 when none waits."""
    row = connection.execute(
        "SELECT body FROM count_draft_scan ORDER BY draft_scan_id DESC LIMIT 1"
    ).fetchone()
    return 0 if row is None else _SCAN.decode(row[0]).at_utc_ms


def waiting_groups(connection: sqlite3.Connection, count_id: str = "") -> list[Group]:
    """Groups with scans that no entry carries yet, of one count or of all."""
    rows = connection.execute(
        "SELECT DISTINCT count_id, pass_no, area, counter_id FROM count_draft_scan "
        "WHERE ? IN ('', count_id) ORDER BY 1, 2, 3, 4",
        (count_id,),
    )
    return [(row[0], row[1], row[2], row[3]) for row in rows]


def journal_group(
    txn: WriteTransaction, group: Group, *, operator_id: str, business_day: str
) -> int:
    """Turn a group's waiting scans into `count_scans` entries; returns how many scans."""
    rows = txn.connection.execute(
        f"SELECT draft_scan_id, body FROM count_draft_scan WHERE {_OF_GROUP} "
        "ORDER BY draft_scan_id",
        group,
    ).fetchall()
    scans = [_SCAN.decode(body) for _, body in rows]
    epoch = txn.head.epoch_id
    plain = [msgspec.structs.replace(s, epoch="") if s.epoch == epoch else s for s in scans]
    for start in range(0, len(plain), BATCH):
        count_id, pass_no, area, counter_id = group
        txn.append(
            EntryKind.COUNT_SCANS,
            CountScans(
                count_id=count_id,
                pass_no=pass_no,
                area=area,
                counter_id=counter_id,
                scans=tuple(plain[start : start + BATCH]),
            ),
            operator_id=operator_id,
            business_day=business_day,
        )
    txn.connection.executemany(
        "DELETE FROM count_draft_scan WHERE draft_scan_id = ?", [(row[0],) for row in rows]
    )
    return len(rows)


def events(connection: sqlite3.Connection, count_id: str = "") -> Iterator[StoredEvent]:
    """Events of one count, or of all, in order."""
    for row in connection.execute(
        "SELECT e.entry_id, j.epoch_no, j.seq, j.at_utc_ms, e.operator_id, e.body "
        "FROM count_event e JOIN journal_entry j ON j.entry_id = e.entry_id "
        "WHERE ? IN ('', e.count_id) ORDER BY e.entry_id",
        (count_id,),
    ):
        yield StoredEvent(
            entry_id=row[0],
            epoch_no=row[1],
            seq=row[2],
            at_utc_ms=row[3],
            operator_id=row[4],
            body=_EVENT.decode(row[5]),
        )


def scans(connection: sqlite3.Connection, count_id: str) -> list[StoredScan]:
    """Every scan of a count at this till, journaled and waiting, in order of scanning."""
    found = [
        StoredScan(
            pass_no=row[0],
            area=row[1],
            counter_id=row[2],
            # A scan that an entry of a later epoch carries was made before that epoch began.
            epoch_no=row[3] - (row[8] >= row[4]),
            item_code=row[5],
            quantity_milli=row[6],
            at_utc_ms=row[7],
            after_seq=row[8],
            batch=row[9],
            unit_code=row[10],
            tag=row[11],
            description=row[12],
        )
        for row in connection.execute(
            "SELECT s.pass_no, s.area, s.counter_id, j.epoch_no, j.seq, s.item_code, "
            "s.quantity_milli, s.at_utc_ms, s.after_seq, s.batch, s.unit_code, s.tag, "
            "s.description FROM count_scan s JOIN journal_entry j ON j.entry_id = s.entry_id "
            "WHERE s.count_id = ? ORDER BY s.entry_id, s.scan_no",
            (count_id,),
        )
    ]
    epochs = {row[1]: row[0] for row in connection.execute("SELECT epoch_no, epoch_id FROM epoch")}
    for pass_no, area, counter_id, body in connection.execute(
        "SELECT pass_no, area, counter_id, body FROM count_draft_scan WHERE count_id = ? "
        "ORDER BY draft_scan_id",
        (count_id,),
    ):
        scan = _SCAN.decode(body)
        found.append(
            StoredScan(
                pass_no=pass_no,
                area=area,
                counter_id=counter_id,
                epoch_no=epochs.get(scan.epoch, 0),
                item_code=scan.item_code,
                quantity_milli=scan.quantity_milli,
                at_utc_ms=scan.at_utc_ms,
                after_seq=scan.after_seq,
                batch=scan.batch,
                unit_code=scan.unit_code,
                tag=scan.tag.value,
                description=scan.description,
            )
        )
    return found


def progress(connection: sqlite3.Connection, count_id: str) -> dict[tuple[int, str], list[int]]:
    """(pass, area) → [scans, counted-in pieces in thousandths] so far, without the items."""
    found: dict[tuple[int, str], list[int]] = {}
    for pass_no, area, lines, quantity in connection.execute(
        "SELECT pass_no, area, count(*), sum(CASE WHEN tag = '' THEN quantity_milli ELSE 0 END) "
        "FROM count_scan WHERE count_id = ? GROUP BY pass_no, area",
        (count_id,),
    ):
        found[pass_no, area] = [int(lines), int(quantity)]
    for pass_no, area, body in connection.execute(
        "SELECT pass_no, area, body FROM count_draft_scan WHERE count_id = ?", (count_id,)
    ):
        total = found.setdefault((pass_no, area), [0, 0])
        scan = _SCAN.decode(body)
        total[0] += 1
        total[1] += 0 if scan.tag.value else scan.quantity_milli
    return found


def own_movements(
    connection: sqlite3.Connection, workstation: str, items: Iterable[str], first: Moment
) -> list[Moved]:
    """This till's movements of the shop's stock after a place in its journal."""
    wanted = set(items)
    row = connection.execute(
        "SELECT min(entry_id) FROM journal_entry WHERE epoch_no = ? AND seq > ?",
        (first.epoch_no, first.after_seq),
    ).fetchone()
    after = row[0]
    if after is None:
        after = connection.execute(
            "SELECT min(entry_id) FROM journal_entry WHERE epoch_no > ?", (first.epoch_no,)
        ).fetchone()[0]
    if after is None:
        return []
    rows = connection.execute(
        "SELECT j.epoch_no, j.seq, j.at_utc_ms, m.item_code, m.batch, m.quantity_milli "
        "FROM stock_movement m JOIN journal_entry j ON j.entry_id = m.entry_id "
        "WHERE m.entry_id >= ? AND m.place = ''",
        (after,),
    )
    return [Moved(workstation, *row) for row in rows if row[3] in wanted]


def how_many(connection: sqlite3.Connection, stem: str) -> int:
    """Counts whose number begins so, over all files."""
    found = {
        row[0]
        for file in files_of(connection)
        for row in file.execute(
            "SELECT DISTINCT count_id FROM count_event WHERE count_id >= ? AND count_id < ?",
            (stem, stem + ":"),
        )
    }
    return len(found)


def counters_of(connection: sqlite3.Connection, count_id: str) -> set[str]:
    """Everybody who counted in a count at this till."""
    rows = connection.execute(
        "SELECT counter_id FROM count_scan WHERE count_id = ? "
        "UNION SELECT counter_id FROM count_draft_scan WHERE count_id = ?",
        (count_id, count_id),
    )
    return {row[0] for row in rows}


def last_counted(connection: sqlite3.Connection) -> dict[str, int]:
    """Item → when it was last counted at this till, in UTC milliseconds."""
    return dict(
        connection.execute(
            "SELECT item_code, max(at_utc_ms) FROM count_scan WHERE item_code <> '' "
            "AND tag = '' GROUP BY item_code"
        ).fetchall()
    )


__all__ = [
    "BATCH",
    "Group",
    "ItemBatch",
    "StoredEvent",
    "StoredScan",
    "counters_of",
    "events",
    "how_many",
    "journal_group",
    "last_counted",
    "newest_waiting_utc_ms",
    "own_movements",
    "progress",
    "put_scan",
    "scans",
    "waiting",
    "waiting_groups",
]
