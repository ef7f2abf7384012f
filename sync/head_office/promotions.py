"""Promotions that stores suggest for what moves too slowly, and head office's answers (REP-05)."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Final

import msgspec

from pos.i18n import N_
from sync.head_office import goods_items, rights
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import Dialect
from sync.head_office.goods_received import IN_STORES
from sync.head_office.people import Person
from sync.head_office.refusals import refused
from sync.head_office.register_documents import fields_of

ACTION: Final = "promotion_suggested"
SHOWN_DAYS: Final = 120
MAX_LISTED: Final = 300
COLUMNS: Final = (
    "store_id", "business_day", "item_code", "description", "batch", "quantity", "kind", "days",
    "note", "suggested_by", "answer", "answer_note", "answered_by",
)  # fmt: skip


class PromotionAnswer(StrEnum):
    """What head office does about it."""

    PRICE = "price"
    """The price is lowered, or a promotion is published."""

    MOVE = "move"
    """The goods go to another store or back."""

    WATCH = "watch"
    """Nothing yet."""

    NO = "no"


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """One answer; a later one stands beside it."""

    answer: str
    note: str
    by_name: str
    at_utc_ms: int


class Suggestion(msgspec.Struct, frozen=True, kw_only=True):
    """What a store suggested."""

    store_id: str
    key: str
    """workstation no./epoch no./sequence of its note."""

    business_day: str
    item_code: str
    name: str
    batch: str
    quantity_milli: int
    kind: str
    """The warning that it came from: over, slow, dead, near_expiry."""

    days: str
    note: str
    suggested_by: str
    answers: tuple[Answered, ...] = ()

    @property
    def open(self) -> bool:
        """Whether nobody answered yet."""
        return not self.answers


def suggestions(
    office: HeadOffice, *, store_id: str = "", only_open: bool = False
) -> list[Suggestion]:
    """Suggestions of the last months, those without an answer first, the latest first."""
    dialect = office.dialect
    since = (office.today() - dt.timedelta(days=SHOWN_DAYS)).isoformat()
    where, values = ("= ?", (store_id,)) if store_id else (IN_STORES, ())
    rows = dialect.query(
        "SELECT store_id, workstation_no, epoch_no, seq, business_day, item_code, batch, "
        f"quantity_milli, operator_id, fields FROM register_note WHERE store_id {where} "
        "AND register = 'planning' AND action = ? AND business_day >= ? "
        "ORDER BY business_day DESC, at_utc_ms DESC LIMIT ?",
        (*values, ACTION, since, MAX_LISTED),
    )
    answers = _answers(dialect, store_id)
    found: list[Suggestion] = []
    names: dict[str, dict[str, str]] = {}
    for row in rows:
        names.setdefault(str(row[0]), {})[str(row[5])] = ""
    for store, codes in names.items():
        codes.update(
            {
                code: one.name
                for code, one in goods_items.items(dialect, list(codes), store).items()
            }
        )
    for row in rows:
        key = f"{row[1]}/{row[2]}/{row[3]}"
        fields = fields_of(row[9])
        found.append(
            Suggestion(
                store_id=str(row[0]),
                key=key,
                business_day=str(row[4]),
                item_code=str(row[5]),
                name=names[str(row[0])][str(row[5])],
                batch=str(row[6]),
                quantity_milli=int(row[7]),
                kind=fields.get("kind", ""),
                days=fields.get("days", ""),
                note=fields.get("note", ""),
                suggested_by=str(row[8]),
                answers=tuple(answers.get((str(row[0]), key), ())),
            )
        )
    return sorted(
        (one for one in found if one.open or not only_open), key=lambda one: not one.open
    )


def answer(
    office: HeadOffice, person: Person, store_id: str, key: str, verdict: str, note: str = ""
) -> None:
    """Answer a suggestion; raises NotAllowed, LookupError, Refused."""
    rights.require(person.name, person.role, rights.REQUISITION_ANSWER)
    if verdict not in set(PromotionAnswer):
        raise refused("answer", N_("Choose an answer."))
    if verdict == PromotionAnswer.NO and not note.strip():
        raise refused("note", N_("Say why not."))
    parts = key.split("/")
    if len(parts) != 3 or not all(
        one.isascii() and one.isdigit() and len(one) < 19 for one in parts
    ):
        raise LookupError(f"there is no suggestion {key[:40]!r}")
    place = (store_id, *map(int, parts))
    where = "store_id = ? AND workstation_no = ? AND epoch_no = ? AND seq = ?"
    dialect = office.dialect
    with dialect.transaction():
        if (
            dialect.one(
                f"SELECT 1 FROM register_note WHERE {where} AND register = 'planning' "
                "AND action = ?",
                (*place, ACTION),
            )
            is None
        ):
            raise LookupError(f"store {store_id!r} has no suggestion {key[:40]!r}")
        number = dialect.one(
            f"SELECT COALESCE(MAX(answer_no), 0) + 1 FROM promotion_answer WHERE {where}", place
        )
        dialect.execute(
            "INSERT INTO promotion_answer (store_id, workstation_no, epoch_no, seq, answer_no, "
            "answer, note, by_name, at_utc_ms) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                *place,
                int(number[0]) if number else 1,
                verdict,
                note.strip()[:200],
                person.name,
                office.clock_ms(),
            ),
        )


def as_row(one: Suggestion, quantity: Any) -> dict[str, Any]:
    """A row of a file, in `COLUMNS`."""
    last = one.answers[-1] if one.answers else None
    return {
        "store_id": one.store_id,
        "business_day": one.business_day,
        "item_code": one.item_code,
        "description": one.name,
        "batch": one.batch,
        "quantity": quantity(one.quantity_milli),
        "kind": one.kind,
        "days": one.days,
        "note": one.note,
        "suggested_by": one.suggested_by,
        "answer": last.answer if last else "",
        "answer_note": last.note if last else "",
        "answered_by": last.by_name if last else "",
    }


def _answers(dialect: Dialect, store_id: str) -> dict[tuple[str, str], list[Answered]]:
    where, values = (" WHERE store_id = ?", (store_id,)) if store_id else ("", ())
    found: dict[tuple[str, str], list[Answered]] = {}
    for row in dialect.query(
        "SELECT store_id, workstation_no, epoch_no, seq, answer, note, by_name, at_utc_ms "
        f"FROM promotion_answer{where} ORDER BY answer_no",
        values,
    ):
        found.setdefault((str(row[0]), f"{row[1]}/{row[2]}/{row[3]}"), []).append(
            Answered(
                answer=str(row[4]),
                note=str(row[5]),
                by_name=str(row[6]),
                at_utc_ms=int(row[7]),
            )
        )
    return found
