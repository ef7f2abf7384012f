"""Shop ledger and company ledger, proven equal day by day and till by till (STK-03, STK-17).

A till notes, when it closes a day, how many movements of that day its journal has and a hash over
their sums. Head office makes the same of what came from that workstation before the note. Where
they differ the page says so, with what head office knows of a reason: entries that it holds in
quarantine, documents that it refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import msgspec

from pos.domain.stock_proof import DAY_PROOF, ledger_sha256
from sync.head_office import findings, stock_fold
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect

DIFFERS: Final = "ledger_differs"
_COLUMNS = (
    "store_id, business_day, workstation_no, epoch_no, seq, movements, sum_milli, sha256, "
    "own_movements, own_sum_milli, own_sha256, equal, checked_utc_ms"
)
_CARD = {name: at for at, name in enumerate(stock_fold.CARD_COLUMNS)}


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """The last proof of one till's business day, beside head office's own figures."""

    store_id: str
    business_day: str
    workstation_no: int
    workstation_id: str
    movements: int
    sum_milli: int
    sha256: str
    own_movements: int
    own_sum_milli: int
    own_sha256: str
    equal: bool
    checked_utc_ms: int
    opening_milli: int | None = None
    in_milli: int | None = None
    out_milli: int | None = None
    closing_milli: int | None = None
    difference_milli: int = 0
    """How far the till's own books were from opening + in - out = closing (STK-17)."""

    wrong_items: tuple[str, ...] = ()
    """Codes of items whose balance was not the sum of their movements there, ten at most."""


class Cause(msgspec.Struct, frozen=True, kw_only=True):
    """What head office knows of a difference: an entry that it does not book as the till does."""

    kind: str
    """`refused`, `double` or `quarantined`."""

    subject: str
    detail: str


class Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one item moved at a till on a day, as head office has it."""

    item_code: str
    place: str
    batch: str
    reason: str
    quantity_milli: int
    movements: int


def check(office: HeadOffice, store_id: str) -> int:
    """Compare the store's notes that were not compared yet; returns how many.

    The ledger of their journals must be folded up to them.
    """
    dialect = office.dialect
    waiting = dialect.query(
        "SELECT n.store_id, n.workstation_no, n.epoch_no, n.seq, n.subject, n.fields, "
        "n.workstation_id FROM register_note n JOIN epoch e ON e.store_id = n.store_id "
        "AND e.workstation_no = n.workstation_no AND e.epoch_no = n.epoch_no "
        "WHERE n.store_id = ? AND n.register = 'books' AND n.action = ? AND e.folded_seq >= n.seq "
        "AND NOT EXISTS (SELECT 1 FROM ledger_proof p WHERE p.store_id = n.store_id "
        "AND p.business_day = n.subject AND p.workstation_no = n.workstation_no "
        "AND p.epoch_no = n.epoch_no AND p.seq = n.seq) "
        "ORDER BY n.workstation_no, n.epoch_no, n.seq",
        (store_id, DAY_PROOF),
    )
    for row in waiting:
        with dialect.transaction():
            _check_one(office, row)
    return len(waiting)


def proofs(
    dialect: Dialect,
    *,
    store_id: str = "",
    first_day: str = "",
    last_day: str = "9999",
    limit: int = 500,
) -> list[Proof]:
    """The last proof of each till and day, the latest day first; those that differ before others."""
    of_store, values = (" AND p.store_id = ?", (store_id,)) if store_id else ("", ())
    rows = dialect.query(
        f"SELECT {', '.join('p.' + name.strip() for name in _COLUMNS.split(','))}, "
        "w.workstation_id, n.fields FROM ledger_proof p "
        "LEFT JOIN workstation w ON w.store_id = p.store_id AND w.workstation_no = p.workstation_no "
        "LEFT JOIN register_note n ON n.store_id = p.store_id AND n.workstation_no = p.workstation_no "
        "AND n.epoch_no = p.epoch_no AND n.seq = p.seq "
        f"WHERE p.business_day >= ? AND p.business_day <= ?{of_store} AND NOT EXISTS "
        "(SELECT 1 FROM ledger_proof l WHERE l.store_id = p.store_id "
        "AND l.business_day = p.business_day AND l.workstation_no = p.workstation_no "
        "AND (l.epoch_no > p.epoch_no OR (l.epoch_no = p.epoch_no AND l.seq > p.seq))) "
        "ORDER BY p.business_day DESC, p.equal, p.store_id, p.workstation_no LIMIT ?",
        (first_day, last_day, *values, limit),
    )
    return [_proof(row) for row in rows]


def unproven(
    dialect: Dialect, store_id: str, first_day: str, last_day: str
) -> list[tuple[str, str, str]]:
    """(store, business day, till) of days that a till closed without a proof."""
    of_store, values = (" AND d.store_id = ?", (store_id,)) if store_id else ("", ())
    rows = dialect.query(
        "SELECT d.store_id, d.business_day, COALESCE(w.workstation_id, '') FROM till_day d "
        "LEFT JOIN workstation w ON w.store_id = d.store_id "
        "AND w.workstation_no = d.workstation_no "
        f"WHERE d.z_no > 0 AND d.business_day >= ? AND d.business_day <= ?{of_store} "
        "AND NOT EXISTS (SELECT 1 FROM ledger_proof p WHERE p.store_id = d.store_id "
        "AND p.business_day = d.business_day AND p.workstation_no = d.workstation_no) "
        "ORDER BY d.business_day DESC, d.store_id, d.workstation_no LIMIT 200",
        (first_day, last_day, *values),
    )
    return [(str(store), str(day), str(till)) for store, day, till in rows]


def causes(dialect: Dialect, store_id: str, business_day: str, workstation_no: int) -> list[Cause]:
    """What may explain a difference."""
    at = (store_id, workstation_no, business_day)
    where = "store_id = ? AND workstation_no = ? AND business_day = ?"
    found = [
        Cause(kind=str(state), subject=str(number), detail=str(problem))
        for state, number, problem in dialect.query(
            "SELECT state, document_no, problem FROM goods_document "
            f"WHERE {where} AND state <> 'posted' ORDER BY epoch_no, seq",
            at,
        )
    ]
    found += [
        Cause(kind="quarantined", subject=f"{store_id}/{workstation_no}/{epoch}/{seq}", detail=why)
        for epoch, seq, why in dialect.query(
            "SELECT epoch_no, seq, reason FROM quarantine WHERE store_id = ? "
            "AND workstation_no = ? AND released_utc_ms = 0 ORDER BY epoch_no, seq LIMIT 50",
            at[:2],
        )
    ]
    return found


def shares(dialect: Dialect, store_id: str, business_day: str, workstation_no: int) -> list[Share]:
    """What head office has of a till's day, by item, place, batch and reason: for going through."""
    sums: dict[tuple[str, str, str, str], list[int]] = {}
    for row in _rows(dialect, store_id, business_day, workstation_no):
        key = (row[1], row[_CARD["place"]], row[_CARD["batch"]], row[_CARD["reason"]])
        cell = sums.setdefault(key, [0, 0])
        cell[0] += int(row[_CARD["quantity_milli"]])
        cell[1] += 1
    return [
        Share(
            item_code=code,
            place=place,
            batch=batch,
            reason=reason,
            quantity_milli=quantity,
            movements=movements,
        )
        for (code, place, batch, reason), (quantity, movements) in sorted(sums.items())
    ]


# ------------------------------------------------------------------------------------ helpers


def _check_one(office: HeadOffice, note: Sequence[Any]) -> None:
    dialect = office.dialect
    store_id, workstation_no, epoch_no, seq, day, text, workstation_id = note
    fields = _fields(text)
    rows = _rows(dialect, str(store_id), str(day), int(workstation_no), (int(epoch_no), int(seq)))
    names = ("item_code", "place", "batch", "reason", "quantity_milli")
    moved = [tuple(row[_CARD[name]] for name in names) for row in rows]
    own_sum = sum(row[4] for row in moved)
    own_hash = ledger_sha256((c, p, b, r, int(q)) for c, p, b, r, q in moved)
    movements, total = _number(fields, "movements"), _number(fields, "sum_milli")
    equal = (movements, total, fields.get("sha256", "")) == (len(moved), own_sum, own_hash)
    now_ms = office.clock_ms()
    dialect.insert_missing(
        "ledger_proof",
        tuple(name.strip() for name in _COLUMNS.split(",")),
        [
            (
                *(store_id, day, workstation_no, epoch_no, seq),
                *(movements or 0, total or 0, fields.get("sha256", "")[:64]),
                *(len(moved), own_sum, own_hash, int(equal), now_ms),
            )
        ],
    )
    subject = f"{workstation_no}/{day}"
    if equal:
        dialect.execute(
            "UPDATE sales_audit SET resolved_utc_ms = ?, resolved_by = ? WHERE store_id = ? "
            "AND code = ? AND subject = ? AND resolved_utc_ms = 0",
            (now_ms, DAY_PROOF, store_id, DIFFERS, subject),
        )
        return
    findings.note(
        dialect,
        store_id=str(store_id),
        code=DIFFERS,
        subject=subject,
        workstation_id=str(workstation_id),
        detail=f"till: {movements} movements, sum {total}; here: {len(moved)}, sum {own_sum}",
        found_utc_ms=now_ms,
        business_day=str(day),
    )


def _rows(
    dialect: Dialect,
    store_id: str,
    business_day: str,
    workstation_no: int,
    before: tuple[int, int] | None = None,
) -> list[stock_fold.Row]:
    """Movements of a till's business day, those before an entry alone when one is given."""
    found: list[stock_fold.Row] = []
    for epoch_no, first, last in dialect.query(
        "SELECT epoch_no, first_seq, last_seq FROM stock_day WHERE store_id = ? "
        "AND business_day = ? AND workstation_no = ? ORDER BY epoch_no",
        (store_id, business_day, workstation_no),
    ):
        if before is not None and int(epoch_no) > before[0]:
            continue
        upto = int(last)
        if before is not None and int(epoch_no) == before[0]:
            upto = min(upto, before[1] - 1)
        place = (store_id, workstation_no, int(epoch_no))
        found += [
            row
            for row in stock_fold.ledger(dialect, place, int(first) - 1, upto)
            if row[_CARD["business_day"]] == business_day
        ]
    return found


def _proof(row: Sequence[Any]) -> Proof:
    fields = _fields(row[14] or "{}")
    return Proof(
        store_id=str(row[0]),
        business_day=str(row[1]),
        workstation_no=int(row[2]),
        workstation_id=str(row[13] or row[2]),
        movements=int(row[5]),
        sum_milli=int(row[6]),
        sha256=str(row[7]),
        own_movements=int(row[8]),
        own_sum_milli=int(row[9]),
        own_sha256=str(row[10]),
        equal=bool(row[11]),
        checked_utc_ms=int(row[12]),
        opening_milli=_number(fields, "opening_milli"),
        in_milli=_number(fields, "in_milli"),
        out_milli=_number(fields, "out_milli"),
        closing_milli=_number(fields, "closing_milli"),
        difference_milli=_number(fields, "difference_milli") or 0,
        wrong_items=tuple(code for code in fields.get("wrong_items", "").split(",")[:10] if code),
    )


def _fields(text: Any) -> dict[str, str]:
    try:
        return msgspec.json.decode(str(text), type=dict[str, str])
    except msgspec.MsgspecError:
        return {}


def _number(fields: dict[str, str], name: str) -> int | None:
    """A number that a till wrote as text; None when it is none, or too large to be one."""
    text = fields.get(name, "")
    plain = text.removeprefix("-")
    return int(text) if plain.isascii() and plain.isdigit() and len(plain) < 19 else None
