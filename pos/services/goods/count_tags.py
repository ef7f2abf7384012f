"""Pieces with a mixed or lost tag: listed, never counted in, five a month and no more (STK-06..08)."""

from __future__ import annotations

import sqlite3
from concurrent.futures import Future

import msgspec

from pos.domain.goods.count_reasons import is_tag_violation
from pos.domain.goods.counting import CountScan, Tag
from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.goods.registers import Register, RegisterNoted
from pos.domain.journal import EntryKind
from pos.services.context import Till
from pos.services.goods import counting, drafting
from pos.services.goods.count_states import CountState
from pos.services.goods.days import stock_day
from pos.store.counts import Group
from pos.store.goods_drafts import StoredDraft
from pos.store.journal import WriteTransaction


def bad_tag(
    till: Till,
    group: Group,
    tag: Tag,
    *,
    description: str,
    item_code: str = "",
    quantity_milli: int = 1000,
) -> Future[CountScan]:
    """A piece with a mixed or lost tag: not counted in, on the unidentified list (STK-06)."""
    count_id, pass_no, area, counter_id = group
    line = CountScan(
        item_code=item_code,
        quantity_milli=quantity_milli,
        at_utc_ms=0,
        after_seq=0,
        tag=tag,
        description=description,
    )
    saved = counting.scan(till, group, line)
    if pass_no > 1:
        return saved  # the same piece as in the first pass: it is on the list already
    note_tag(
        till,
        tag,
        description=description,
        place=area,
        found_by="count",
        item_code=item_code,
        quantity_milli=quantity_milli,
        count_id=count_id,
        person_id=counter_id,
    )
    return saved


def note_tag(
    till: Till,
    tag: Tag,
    *,
    description: str,
    place: str,
    found_by: str,
    item_code: str = "",
    quantity_milli: int = 1000,
    count_id: str = "",
    person_id: str = "",
) -> None:
    """Put a piece on the list of bad tags; what the store found itself is forgiven (STK-08).

    `found_by` is `count` or `store`. The sixth piece of a month that others found writes a
    violation (STK-07), once a month.
    """
    day = stock_day(till)
    noted = RegisterNoted(
        register=Register.TAG,
        subject=count_id or day[:7],
        action=f"{tag.value}_found",
        item_code=item_code,
        quantity_milli=quantity_milli,
        person_id=person_id,
        fields={"description": description, "place": place, "found_by": found_by},
    )
    operator_id = till.operator_id

    def job(txn: WriteTransaction) -> None:
        txn.append(EntryKind.REGISTER_NOTED, noted, operator_id=operator_id, business_day=day)
        pieces = tags_of_month(txn.connection, day[:7])
        if found_by == "store" or not is_tag_violation(pieces):
            return
        if txn.connection.execute(
            "SELECT 1 FROM register_note WHERE register = ? AND subject = ? AND action = ?",
            (Register.VIOLATION.value, day[:7], "tags"),
        ).fetchone():
            return
        txn.append(
            EntryKind.REGISTER_NOTED,
            RegisterNoted(
                register=Register.VIOLATION,
                subject=day[:7],
                action="tags",
                quantity_milli=sum(pieces),
                fields={"rule": "STK-07", "pieces": str(sum(pieces) // 1000)},
            ),
            operator_id=operator_id,
            business_day=day,
        )

    till.write(job)


def tags_of_month(connection: sqlite3.Connection, month: str) -> list[int]:
    """Pieces with bad tags that others than the store found in a month (`2026-11`)."""
    rows = connection.execute(
        "SELECT quantity_milli, fields FROM register_note WHERE register = ? "
        "AND business_day >= ? AND business_day < ? AND action LIKE '%_found'",
        (Register.TAG.value, f"{month}-01", f"{month}-32"),
    )
    return [
        int(quantity)
        for quantity, fields in rows
        if msgspec.json.decode(fields).get("found_by") != "store"
    ]


def judge_draft(till: Till, count: CountState) -> StoredDraft | None:
    """A draft of the return to the goods department for a count's bad tags; None without any.

    It waits for its two signatures like every document; pieces whose item is known leave the stock
    for sale with it (STK-06).
    """
    bad = [one for one in counting.scans(till, count.count_id) if one.tag and one.pass_no == 1]
    lines = tuple(
        GoodsLine(
            line_no=number,
            item_code=one.item_code,
            quantity_milli=one.quantity_milli,
            description=one.description,
            reason=one.tag,
            note=one.area,
        )
        for number, one in enumerate(bad, start=1)
        if one.quantity_milli > 0
    )
    if not lines:
        return None
    return drafting.begin(
        till,
        GoodsDocument(
            document_uuid="",
            document_kind=DocumentKind.TO_JUDGE,
            document_no="",
            lines=lines,
            reference=count.count_id,
            reason="tag",
        ),
    )
