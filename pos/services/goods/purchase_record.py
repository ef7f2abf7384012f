"""进货记录: what was received, by supplier and batch, with dates and who signed (RCV-10)."""

from __future__ import annotations

import msgspec

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.domain.journal import Unreadable, decode_entry
from pos.services import reporting
from pos.services.context import Till
from pos.store.goods_projections import whole_document
from pos.store.journal_files import shop_files_of

LONGEST = 500


class ReceivedLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the purchase record."""

    business_day: str
    document_no: str
    supplier: str
    line: GoodsLine
    inspected_by: str
    checked_by: str


def received(
    till: Till,
    first_day: str,
    last_day: str,
    item_code: str = "",
    *,
    only_rejected: bool = False,
) -> list[ReceivedLine]:
    """Received lines of these business days, newest first, `LONGEST` at most.

    Of one item when it is named; those alone of which goods were rejected when asked.
    """
    found: list[ReceivedLine] = []
    for connection in shop_files_of(till.journal.reader()):
        of_file: list[ReceivedLine] = []
        rows = connection.execute(
            "SELECT d.business_day, j.bytes FROM goods_document d "
            "JOIN journal_entry j ON j.entry_id = d.entry_id "
            "WHERE d.document_kind IN (?, ?) AND d.business_day BETWEEN ? AND ? "
            "ORDER BY d.entry_id DESC",
            (
                DocumentKind.RECEIPT.value,
                DocumentKind.TRANSFER_IN.value,
                first_day,
                last_day,
            ),
        ).fetchall()
        for day, content in rows:
            entry = decode_entry(content)
            if isinstance(entry, Unreadable) or not isinstance(entry.body, GoodsDocument):
                continue
            document = whole_document(connection, entry.body)
            names = {one.slot: one.name or one.operator_id for one in document.signatures}
            of_file += [
                ReceivedLine(
                    business_day=day,
                    document_no=document.document_no,
                    supplier=document.counterparty_name or document.counterparty_id,
                    line=line,
                    inspected_by=names.get(1, ""),
                    checked_by=names.get(2, ""),
                )
                for line in document.lines
                if line.received_milli
                and item_code in ("", line.item_code)
                and (line.rejected_milli or not only_rejected)
            ]
            if len(of_file) >= LONGEST:
                break
        found += of_file
    # What other tills received lies in a file of its own: its days are between ours.
    return sorted(found, key=lambda one: one.business_day, reverse=True)[:LONGEST]


def print_record(till: Till, rows: list[ReceivedLine], first_day: str, last_day: str) -> None:
    """Print the record as a list."""
    from pos.receipt.goods_receiving import record_slip
    from pos.services import printing

    facts = reporting.facts_of(till)
    paper = record_slip(
        [
            (
                one.business_day,
                one.document_no,
                one.supplier,
                one.line,
                one.inspected_by,
                one.checked_by,
            )
            for one in rows
        ],
        facts,
        f"{first_day} - {last_day}",
    )
    job_id, created = till.new_uuid(), till.clock.utc_ms()
    saved = till.write(
        lambda txn: printing.insert_job(txn, job_id, "goods_record", paper, created)
    )
    printing.submit_when_saved(till, saved, job_id)
