"""Feed rows for the store's tests, shaped like head office's."""

from __future__ import annotations

import hashlib
from typing import NamedTuple

from pos.store.reference_writer import ReferenceWriter


class ItemRow(NamedTuple):
    item_code: str
    name: str
    name_en: str = ""
    spec: str = ""
    model: str = ""
    unit: str = ""
    item_class: str = ""
    tax_code: str = ""
    weighed: bool = False
    department: bool = False
    mnemonic: str = ""
    origin: str = ""
    grade: str = ""


class BarcodeRow(NamedTuple):
    code: str
    item_code: str
    quantity_milli: int = 1000


class PriceRow(NamedTuple):
    item_code: str
    effective_day: str
    unit_price_e4: int
    version: int = 1


def open_writer(home, **options):
    return ReferenceWriter.open(home, app_version="1.0", **options)


def send_snapshot(writer, pages, version, *, meta=None, spoil=False):
    """Push (dataset, rows) pages as the uploader does."""
    digest = hashlib.sha256()
    writer.begin_snapshot()
    for dataset, rows in pages:
        raw = repr(rows).encode()
        digest.update(raw)
        writer.add_snapshot_page(dataset, rows, raw)
    count = sum(len(rows) for _, rows in pages) + spoil
    writer.finish_snapshot(count, digest.hexdigest(), version=version, meta=meta)


def catalogue_pages(price_e4, count=200, *, prefix="T"):
    """A whole catalogue in which every price and name says which one it is."""
    codes = [f"{prefix}{n:05d}" for n in range(count)]
    return [
        ("items", [ItemRow(code, f"货{price_e4} {code}", mnemonic="h") for code in codes]),
        ("barcodes", [BarcodeRow(f"{n:014d}", code) for n, code in enumerate(codes)]),
        ("prices", [PriceRow(code, "2026-01-01", price_e4) for code in codes]),
    ]
