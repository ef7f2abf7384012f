"""How far a count is: areas, pieces and counters of each till, as they arrived (STK-05, R14).

It says how many, never how they compare with the books: head office sees during a blind count no
more than that it goes on.
"""

from __future__ import annotations

import msgspec

from sync.head_office.count_rows import StockCount
from sync.head_office.dialect import Dialect

_ENDING = ("ended", "cancelled")


class TillProgress(msgspec.Struct, frozen=True, kw_only=True):
    """What one till counted so far."""

    workstation_id: str
    state: str
    """`counting`, `ended`, `cancelled`, or `none` for a till that has not begun."""

    lines: int = 0
    pieces_milli: int = 0
    tags: int = 0
    """Lines with a bad tag, which are not counted in."""

    last_utc_ms: int = 0
    """When its last piece was counted, by its own clock."""


class AreaProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One area in one pass."""

    pass_no: int
    area: str
    workstation_id: str
    assigned_to: str
    counters: tuple[str, ...]
    lines: int
    pieces_milli: int
    done: bool


class CounterProgress(msgspec.Struct, frozen=True, kw_only=True):
    """One person."""

    counter_id: str
    lines: int
    pieces_milli: int


class Progress(msgspec.Struct, frozen=True, kw_only=True):
    """A count's progress."""

    tills: tuple[TillProgress, ...]
    areas: tuple[AreaProgress, ...]
    counters: tuple[CounterProgress, ...]
    items: int
    """Different items counted so far."""

    @property
    def lines(self) -> int:
        """Scans of all tills."""
        return sum(one.lines for one in self.tills)

    @property
    def pieces_milli(self) -> int:
        """Pieces of all tills, every pass of them."""
        return sum(one.pieces_milli for one in self.tills)


def progress(dialect: Dialect, count: StockCount) -> Progress:
    """What arrived of a count so far."""
    key = (count.store_id, count.count_id)
    labels = {
        int(number): str(label)
        for number, label in dialect.query(
            "SELECT workstation_no, workstation_id FROM workstation WHERE store_id = ? "
            "AND state = 'active' ORDER BY workstation_id",
            (count.store_id,),
        )
    }
    state: dict[int, str] = {}
    assigned: dict[tuple[int, str], str] = {}
    done: set[tuple[int, str, int]] = set()
    for number, action, area, pass_no, counter in dialect.query(
        "SELECT workstation_no, action, area, pass_no, counter_id FROM count_event "
        "WHERE store_id = ? AND count_id = ? ORDER BY epoch_no, seq",
        key,
    ):
        state[int(number)] = str(action) if action in _ENDING else "counting"
        if action == "assigned":
            assigned[int(number), str(area)] = str(counter)
        elif action == "area_done":
            done.add((int(number), str(area), int(pass_no)))
    sums: dict[int, list[int]] = {}
    areas: dict[tuple[int, str, int], list[int]] = {}
    who: dict[tuple[int, str, int], list[str]] = {}
    people: dict[str, list[int]] = {}
    for number, area, pass_no, counter, lines, pieces, tags, last in dialect.query(
        "SELECT workstation_no, area, pass_no, counter_id, COUNT(*), "
        "SUM(CASE WHEN tag = '' THEN quantity_milli ELSE 0 END), "
        "SUM(CASE WHEN tag = '' THEN 0 ELSE 1 END), MAX(at_utc_ms) FROM count_scan "
        "WHERE store_id = ? AND count_id = ? GROUP BY workstation_no, area, pass_no, counter_id "
        "ORDER BY pass_no, area, workstation_no, counter_id",
        key,
    ):
        till = sums.setdefault(int(number), [0, 0, 0, 0])
        place = (int(number), str(area), int(pass_no))
        cell = areas.setdefault(place, [0, 0])
        person = people.setdefault(str(counter), [0, 0])
        for target in (till, cell, person):
            target[0] += int(lines)
            target[1] += int(pieces)
        till[2] += int(tags)
        till[3] = max(till[3], int(last))
        who.setdefault(place, []).append(str(counter))
        state.setdefault(int(number), "counting")
    for number, area in assigned:
        if not any(place[:2] == (number, area) for place in areas):
            areas[number, area, 1] = [0, 0]
    items = dialect.one(
        "SELECT COUNT(DISTINCT item_code) FROM count_scan WHERE store_id = ? AND count_id = ? "
        "AND item_code <> '' AND tag = ''",
        key,
    )
    return Progress(
        tills=tuple(
            TillProgress(
                workstation_id=labels.get(number, str(number)),
                state=state.get(number, "none"),
                lines=sums.get(number, [0, 0, 0, 0])[0],
                pieces_milli=sums.get(number, [0, 0, 0, 0])[1],
                tags=sums.get(number, [0, 0, 0, 0])[2],
                last_utc_ms=sums.get(number, [0, 0, 0, 0])[3],
            )
            for number in sorted({*labels, *sums, *state})
        ),
        areas=tuple(
            AreaProgress(
                pass_no=place[2],
                area=place[1],
                workstation_id=labels.get(place[0], str(place[0])),
                assigned_to=assigned.get(place[:2], ""),
                counters=tuple(dict.fromkeys(who.get(place, []))),
                lines=cell[0],
                pieces_milli=cell[1],
                done=place in done or (place[0], place[1], 0) in done,
            )
            for place, cell in sorted(areas.items(), key=lambda pair: (pair[0][2], pair[0][1]))
        ),
        counters=tuple(
            CounterProgress(counter_id=name, lines=cell[0], pieces_milli=cell[1])
            for name, cell in sorted(people.items())
        ),
        items=int(items[0]) if items else 0,
    )
