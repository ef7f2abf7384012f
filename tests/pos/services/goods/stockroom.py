"""What stock tests do often: post documents with two signatures, tell head office's figures."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from pathlib import Path

from pos.domain.goods.documents import DocumentKind, GoodsDocument, GoodsLine
from pos.services.context import Till
from pos.services.goods import documents, drafting
from pos.services.operators import Credentials
from pos.services.people import person
from pos.store.migrate import migrate
from pos.store.migrations import REFERENCE


def line(
    number: int, item_code: str, quantity_milli: int, cost_e4: int | None = None, **more: object
) -> GoodsLine:
    return GoodsLine(
        line_no=number,
        item_code=item_code,
        quantity_milli=quantity_milli,
        unit_cost_e4=cost_e4,
        **more,  # type: ignore[arg-type]
    )


def document(kind: DocumentKind, *lines: GoodsLine, **more: object) -> GoodsDocument:
    return GoodsDocument(
        document_uuid="",
        document_kind=kind,
        document_no="",
        lines=lines,
        **more,  # type: ignore[arg-type]
    )


def post(till: Till, kind: DocumentKind, *lines: GoodsLine, **more: object) -> GoodsDocument:
    """Draft, sign by two people, post and wait for the disk."""
    draft = drafting.begin(till, document(kind, *lines, **more))
    for operator_id in ("3001", "8001"):
        signed = documents.sign(till, draft, Credentials(person(till, operator_id)))
        assert isinstance(signed, drafting.StoredDraft), signed
        draft = signed
    posted = documents.post(till, draft)
    assert isinstance(posted, documents.Posted), posted
    return posted.saved.result(10)


def reference_of(till: Till) -> sqlite3.Connection:
    """A writing connection to the till's reference.db, made when there is none."""
    home = Path(till.home)
    migrate(home / "reference.db", REFERENCE, backup_dir=home / "backups", app_version="test")
    connection = sqlite3.connect(home / "reference.db", isolation_level=None)
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('workstation_uuid', 'W1')")
    return connection


def tell_figures(
    till: Till,
    figures: Iterable[tuple[str, str, str, int]],
    included: dict[str, int],
    at_utc_ms: int = 1_000,
) -> None:
    """Figures by item, place and batch, with what they include of this till's journal."""
    connection = reference_of(till)
    connection.execute("DELETE FROM stock_figure")
    connection.execute("DELETE FROM stock_included")
    connection.executemany("INSERT INTO stock_figure VALUES (?, ?, ?, ?)", list(figures))
    rows = [("W1", epoch, seq, "01", at_utc_ms) for epoch, seq in included.items()]
    rows.append(("W2", "sibling", 77, "02", at_utc_ms))
    connection.executemany("INSERT INTO stock_included VALUES (?, ?, ?, ?, ?)", rows)
    connection.close()
