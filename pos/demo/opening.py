"""The demonstration's shop was counted before it opened: its opening document (STK-01).

Two of its people signed it, as two people of a real shop would have to; the journal takes it by
the same road as any other document, so head office books it and nothing is made up beside it.
"""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import msgspec

from pos.config import load_sample_shop, load_settings
from pos.config.sample_goods import opening_stock
from pos.domain.goods import signing
from pos.domain.goods.documents import DocumentKind, GoodsDocument, Signature
from pos.domain.journal import EntryKind, uuid7
from pos.services.goods.documents import PREFIXES
from pos.setup import open_journal

COUNTED_BY, CHECKED_BY = "3001", "8001"


def post_opening(home: Path) -> GoodsDocument:
    """Post the sample shop's opening stock in the journal of a home that was just set up."""
    people = {one.operator_id: one for one in load_sample_shop().operators}
    with open_journal(home, load_settings(home)) as journal:
        at_utc_ms = journal.clock.utc_ms()
        day = journal.clock.local_iso()[:10]
        identity = journal.identity
        stem = f"{PREFIXES[DocumentKind.OPENING]}{identity.store_id}{identity.workstation_id}"
        document = GoodsDocument(
            document_uuid=uuid7(at_utc_ms, os.urandom(10)),
            document_kind=DocumentKind.OPENING,
            document_no=f"{stem}-{day.replace('-', '')}-001",
            lines=opening_stock(dt.date.fromisoformat(day)),
            source="demonstration",
        )
        numbers = tuple(line.line_no for line in document.lines)
        signatures = tuple(
            Signature(
                slot=slot,
                operator_id=operator_id,
                name=people[operator_id].name,
                role=people[operator_id].role,
                at_utc_ms=at_utc_ms,
                lines=numbers,
                sha256=signing.digest(document, numbers),
                workstation_id=identity.workstation_id,
            )
            for slot, operator_id in zip(signing.SLOTS, (COUNTED_BY, CHECKED_BY), strict=True)
        )
        signed = msgspec.structs.replace(document, signatures=signatures)
        journal.run(
            lambda txn: txn.append(
                EntryKind.GOODS_DOCUMENT, signed, operator_id=CHECKED_BY, business_day=day
            )
        )
    return signed
