"""Ours, bars 4 and 5: a barcode becomes a priced item, typed text becomes a list."""

from __future__ import annotations

import sys
import time
from pathlib import Path

from pos.domain.barcode import ScanContext, classify, lookup_keys
from pos.domain.cart import Refusal, line_for_item
from pos.services import catalogue
from tests.bench.baselines.answering import serve
from tests.support.headless import open_counter


def main(home: Path) -> None:
    """Answer questions about a home's catalogue."""
    till = open_counter(home)

    def find(codes: list[str]) -> list[float]:
        """Code as it is stored → item with the price in force (`catalogue.find`)."""
        times = []
        for code in codes:
            keys = (code,)
            begun = time.perf_counter()
            hit = catalogue.find(till, keys)
            times.append(time.perf_counter() - begun)
            assert hit is not None, code
        return times

    def line(codes: list[str]) -> list[float]:
        """Code as scanned → line of the cart: classified, looked up, priced."""
        times = []
        for code in codes:
            begun = time.perf_counter()
            classified = classify(
                code, symbology_id=None, layouts=till.layouts, context=ScanContext.SALE
            )
            hit = catalogue.find(till, lookup_keys(classified))
            made = line_for_item(hit.item, barcode=code) if hit is not None else None
            times.append(time.perf_counter() - begun)
            assert made is not None, code
            assert not isinstance(made, Refusal), made
        return times

    def search(texts: list[str]) -> list[float]:
        """One call of the search box per text."""
        times = []
        for text in texts:
            begun = time.perf_counter()
            catalogue.search(till, text)
            times.append(time.perf_counter() - begun)
        return times

    def names(text: str) -> list[list[str]]:
        """What the search box shows: code, name, specification, model."""
        hits = catalogue.search(till, text)
        return [[h.item.item_code, h.item.name, h.item.spec, h.item.model] for h in hits]

    serve(find=find, line=line, search=search, names=names)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
