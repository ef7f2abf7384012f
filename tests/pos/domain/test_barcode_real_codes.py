"""Every code of real shops: 79,019 GTINs and the barcodes of a festival's shop."""

from __future__ import annotations

import csv
import gzip
from collections import Counter
from pathlib import Path

import pytest

from pos.domain.barcode import (
    Gtin,
    InStoreCode,
    ScanContext,
    Unknown,
    UnknownReason,
    WeighedLayout,
    classify,
    lookup_keys,
    normalise_gtin14,
)

DATA = Path(__file__).parents[4] / "shared" / "data"

LAYOUTS = (WeighedLayout("18", "26IIIIIPPPPPWWWWWC"),)


def rows(name: str) -> list[dict[str, str]]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"real retail data is not beside the checkout: ../shared/data/{name}")
    if path.suffix == ".gz":
        with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_gtin_of_real_shops_gets_its_fourteen_digits() -> None:
    kinds: Counter[str] = Counter()
    wrong = []
    for row in rows("gtin_shops.csv.gz"):
        code, gtin14 = row["code"], row["gtin14"]
        result = classify(
            code, symbology_id=None, layouts=LAYOUTS, context=ScanContext.SALE, today_year=2026
        )
        kinds[type(result).__name__] += 1
        if (
            not isinstance(result, Gtin | InStoreCode)
            or result.gtin14 != gtin14
            or lookup_keys(result)[0] != gtin14
            or normalise_gtin14(code) != gtin14
            or (row["class"] == "restricted_instore" and not isinstance(result, InStoreCode))
        ):
            wrong.append((code, result))

    assert wrong == []
    assert kinds.total() == 79_019
    # In-store ranges: 484 of prefix 2 and 02, 4 of prefix 04, 7 EAN-8 of prefix 0.
    assert kinds == {"Gtin": 79_019 - 495, "InStoreCode": 495}


def test_every_misread_of_a_real_code_is_refused() -> None:
    for row in rows("gtin_shops.csv.gz")[::100]:
        code = row["code"]
        misread = code[:-2] + str((int(code[-2]) + 1) % 10) + code[-1]

        result = classify(misread, symbology_id=None, layouts=(), context=ScanContext.SALE)

        assert result == Unknown(UnknownReason.BAD_CHECK_DIGIT, misread, misread)


def test_the_barcodes_of_a_real_shop_all_have_a_key() -> None:
    """Some are no standard's: stock codes, and numbers with invented check digits."""
    reasons: Counter[str] = Counter()
    for row in rows("emf2022_barcodes.csv"):
        code = row["barcode"]
        result = classify(code, symbology_id=None, layouts=(), context=ScanContext.SALE)

        reasons[result.reason if isinstance(result, Unknown) else "known"] += 1
        assert (normalise_gtin14(code) or code) in lookup_keys(result)
    assert reasons.total() == 99
    assert reasons["known"] == 85
