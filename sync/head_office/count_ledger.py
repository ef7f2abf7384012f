"""What a count's variance is computed from: scans, the end, who is missing, the ledger (R14).

Across workstations by head-office-corrected UTC, within one by sequence. The ledger is the figures
of now less what moved since the count began: only entries that came after its beginning are read,
found by the time that head office itself received them, so that no till's clock decides what is
looked at. Entries that a fork said again keep the place where they first stood (R17).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from pos.domain.goods.counting import CountAction, CountEvent, CountScans
from pos.domain.goods.variance import ItemBatch, Ledger, Moment, Moved, Scanned
from pos.domain.journal import Entry, Unreadable, decode_entry
from sync.head_office.dialect import Dialect

_ENDING = (CountAction.ENDED, CountAction.CANCELLED)
_ENTRY = "store_id = ? AND workstation_no = ? AND epoch_no = ?"


class Epoch(msgspec.Struct, frozen=True):
    """One life of one till's journal, as far as it is here."""

    workstation_no: int
    epoch_no: int
    epoch: str
    reason: str
    acked_seq: int
    folded_seq: int


class Missing(msgspec.Struct, frozen=True):
    """A till that has not said yet what happened up to the count's end."""

    workstation_id: str
    why: str
    """`not_ended` (it counted and did not end), `not_passed` (nothing later came from it)."""


class Counted(msgspec.Struct, frozen=True):
    """Everything the tills said of one count."""

    scans: tuple[Scanned, ...]
    ended: dict[int, Moment]
    """Workstation number → where it ended the count."""

    open: frozenset[int]
    """Workstations that began and have not ended."""

    first: CountEvent | None
    first_utc_ms: int

    @property
    def end(self) -> Moment | None:
        """The count's end: the latest of its workstations'."""
        return max(self.ended.values(), key=lambda m: m.utc_ms, default=None)


class Places:
    """Where entries first stood: own place, or that before a fork (R17)."""

    def __init__(self, dialect: Dialect, store_id: str) -> None:
        """Read the store's epochs."""
        self.dialect = dialect
        self.store_id = store_id
        self.epochs = [
            Epoch(int(row[0]), int(row[1]), str(row[2]), str(row[3]), int(row[4]), int(row[5]))
            for row in dialect.query(
                "SELECT workstation_no, epoch_no, epoch, reason, acked_seq, folded_seq "
                "FROM epoch WHERE store_id = ? ORDER BY workstation_no, epoch_no",
                (store_id,),
            )
        ]
        self._numbers = {(one.workstation_no, one.epoch): one.epoch_no for one in self.epochs}

    def epoch_no(self, workstation_no: int, epoch: str, otherwise: int) -> int:
        """Number of an epoch by its id."""
        return self._numbers.get((workstation_no, epoch), otherwise)

    def origin(self, entry: Entry, workstation_no: int, epoch_no: int) -> tuple[int, int]:
        """(epoch number, sequence) where an entry first stood."""
        epoch, _, seq = entry.envelope.reappended_from.rpartition("/")
        if not epoch or not seq.isdigit():
            return epoch_no, entry.envelope.seq
        known = self._numbers.get((workstation_no, epoch))
        return (epoch_no, entry.envelope.seq) if known is None else (known, int(seq))

    def forked(self, one: Epoch, first_seq: int) -> dict[int, tuple[int, int]]:
        """Sequence → first place, of entries that a fork's epoch says again."""
        if one.reason != "fork":
            return {}
        found = {}
        for seq, data in self.dialect.query(
            f"SELECT seq, bytes FROM journal WHERE {_ENTRY} AND seq >= ?",
            (self.store_id, one.workstation_no, one.epoch_no, first_seq),
        ):
            entry = decode_entry(bytes(data))
            if not isinstance(entry, Unreadable) and entry.envelope.reappended_from:
                found[int(seq)] = self.origin(entry, one.workstation_no, one.epoch_no)
        return found


def counted(dialect: Dialect, store_id: str, count_id: str) -> Counted:
    """Scans and events of a count, from the journals' own bytes."""
    places = Places(dialect, store_id)
    scans: list[Scanned] = []
    for workstation_no, epoch_no, entry in _entries(dialect, store_id, count_id, "count_scan"):
        if isinstance(entry.body, CountScans):
            scans += _scans(places, workstation_no, epoch_no, entry, entry.body)
    last: dict[int, tuple[Moment, CountAction]] = {}
    first: CountEvent | None = None
    first_utc_ms = 0
    for workstation_no, epoch_no, entry in _entries(dialect, store_id, count_id, "count_event"):
        body = entry.body
        if not isinstance(body, CountEvent):
            continue
        origin = places.origin(entry, workstation_no, epoch_no)
        moment = Moment(str(workstation_no), *origin, _corrected(entry))
        if body.action is CountAction.OPENED and (first is None or moment.utc_ms < first_utc_ms):
            first, first_utc_ms = body, moment.utc_ms
        before = last.get(workstation_no)
        if before is None or (moment.epoch_no, moment.after_seq) > (
            before[0].epoch_no,
            before[0].after_seq,
        ):
            last[workstation_no] = (moment, body.action)
    return Counted(
        scans=tuple(scans),
        ended={no: moment for no, (moment, action) in last.items() if action in _ENDING},
        open=frozenset(no for no, (_, action) in last.items() if action not in _ENDING),
        first=first,
        first_utc_ms=first_utc_ms,
    )


def missing(
    dialect: Dialect, store_id: str, found: Counted, waived: Iterable[str] = ()
) -> list[Missing]:
    """Tills of the store that have not passed the count's end; empty when it can be computed."""
    end = found.end
    absent: list[Missing] = []
    spared = set(waived)
    for number, label in dialect.query(
        "SELECT workstation_no, workstation_id FROM workstation WHERE store_id = ? "
        "AND state = 'active' ORDER BY workstation_id",
        (store_id,),
    ):
        if str(label) in spared:
            continue
        if int(number) in found.open:
            absent.append(Missing(str(label), "not_ended"))
        elif end is None or not _passed(dialect, store_id, int(number), end.utc_ms):
            absent.append(Missing(str(label), "not_passed"))
    return absent


def ledger_since(
    dialect: Dialect, store_id: str, begun_utc_ms: int, item_codes: Sequence[str] | None = None
) -> Ledger:
    """The shop's stock at any moment after `begun_utc_ms` by head office's clock.

    `item_codes` narrows it down; None is every item that ever moved.
    """
    wanted = None if item_codes is None else set(item_codes)
    now: dict[ItemBatch, int] = {}
    moves: list[Moved] = []
    with dialect.snapshot():
        places = Places(dialect, store_id)
        for item_code, batch, quantity in dialect.query(
            "SELECT item_code, batch, quantity_milli FROM stock_balance "
            "WHERE store_id = ? AND place = ''",
            (store_id,),
        ):
            now[str(item_code), str(batch)] = int(quantity)
        for epoch in places.epochs:
            key = (store_id, epoch.workstation_no, epoch.epoch_no)
            first = _first_since(dialect, key, epoch.acked_seq, begun_utc_ms)
            again = places.forked(epoch, first)
            for seq, at_utc_ms, item_code, batch, quantity in dialect.query(
                "SELECT seq, at_utc_ms, item_code, batch, quantity_milli FROM stock_ledger "
                f"WHERE {_ENTRY} AND seq >= ? AND place = '' ORDER BY seq",
                (*key, min(first, epoch.folded_seq + 1)),
            ):
                place = (str(item_code), str(batch))
                if int(seq) > epoch.folded_seq:
                    now[place] = now.get(place, 0) + int(quantity)
                if int(seq) >= first:
                    origin = again.get(int(seq), (epoch.epoch_no, int(seq)))
                    moves.append(
                        Moved(
                            str(epoch.workstation_no),
                            *origin,
                            int(at_utc_ms),
                            *place,
                            int(quantity),
                        )
                    )
    opening = dict(now)
    for moved in moves:
        key_of = (moved.item_code, moved.batch)
        opening[key_of] = opening.get(key_of, 0) - moved.quantity_milli
    if wanted is not None:
        opening = {key: value for key, value in opening.items() if key[0] in wanted}
        moves = [moved for moved in moves if moved.item_code in wanted]
    return Ledger(opening, moves)


def _entries(
    dialect: Dialect, store_id: str, count_id: str, table: str
) -> list[tuple[int, int, Entry]]:
    found = []
    for workstation_no, epoch_no, data in dialect.query(
        "SELECT j.workstation_no, j.epoch_no, j.bytes FROM "
        f"(SELECT DISTINCT workstation_no, epoch_no, seq FROM {table} "
        "WHERE store_id = ? AND count_id = ?) s "
        "JOIN journal j ON j.store_id = ? AND j.workstation_no = s.workstation_no "
        "AND j.epoch_no = s.epoch_no AND j.seq = s.seq "
        "ORDER BY j.workstation_no, j.epoch_no, j.seq",
        (store_id, count_id, store_id),
    ):
        entry = decode_entry(bytes(data))
        if not isinstance(entry, Unreadable):
            found.append((int(workstation_no), int(epoch_no), entry))
    return found


def _scans(
    places: Places, workstation_no: int, epoch_no: int, entry: Entry, body: CountScans
) -> list[Scanned]:
    origin_no, origin_seq = places.origin(entry, workstation_no, epoch_no)
    made = []
    for scan in body.scans:
        offset = scan.head_office_offset_ms
        if offset is None:
            offset = entry.envelope.head_office_offset_ms or 0
        scanned_in = places.epoch_no(workstation_no, scan.epoch, origin_no)
        if not scan.epoch and scan.after_seq >= origin_seq:
            scanned_in -= 1  # of an older till that did not say which epoch it meant
        made.append(
            Scanned(
                item_code=scan.item_code,
                quantity_milli=scan.quantity_milli,
                moment=Moment(
                    str(workstation_no), scanned_in, scan.after_seq, scan.at_utc_ms + offset
                ),
                pass_no=body.pass_no,
                area=body.area,
                counter_id=body.counter_id,
                batch=scan.batch,
                unit_code=scan.unit_code,
                tag=scan.tag.value,
            )
        )
    return made


def _corrected(entry: Entry) -> int:
    return entry.envelope.at_utc_ms + (entry.envelope.head_office_offset_ms or 0)


def _passed(dialect: Dialect, store_id: str, workstation_no: int, end_utc_ms: int) -> bool:
    """Whether everything a till did up to a time is here.

    Its newest entry is not earlier; or a heartbeat of later says that nothing is unsent.
    """
    row = dialect.one(
        "SELECT e.epoch, e.epoch_no, e.acked_seq, j.bytes FROM epoch e JOIN journal j "
        "ON j.store_id = e.store_id AND j.workstation_no = e.workstation_no "
        "AND j.epoch_no = e.epoch_no AND j.seq = e.acked_seq "
        "WHERE e.store_id = ? AND e.workstation_no = ? ORDER BY e.epoch_no DESC LIMIT 1",
        (store_id, workstation_no),
    )
    if row is None:
        return False
    entry = decode_entry(bytes(row[3]))
    if not isinstance(entry, Unreadable) and _corrected(entry) >= end_utc_ms:
        return True
    heartbeat = dialect.one(
        "SELECT epoch, max_seq, received_utc_ms FROM heartbeat "
        "WHERE store_id = ? AND workstation_no = ?",
        (store_id, workstation_no),
    )
    return (
        heartbeat is not None
        and str(heartbeat[0]) == str(row[0])
        and int(heartbeat[1]) <= int(row[2])
        and int(heartbeat[2]) >= end_utc_ms
    )


def _first_since(
    dialect: Dialect, key: tuple[str, int, int], acked_seq: int, since_utc_ms: int
) -> int:
    """First sequence of an epoch that was received at or after a time: looked for by halves."""
    low, high = 1, acked_seq + 1
    while low < high:
        middle = (low + high) // 2
        row = dialect.one(
            f"SELECT received_utc_ms FROM journal WHERE {_ENTRY} AND seq = ?", (*key, middle)
        )
        if row is not None and int(row[0]) < since_utc_ms:
            low = middle + 1
        else:
            high = middle
    return low
