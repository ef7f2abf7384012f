"""Baseline, bar 16: the same receipt padded by hand and sent through python-escpos as GB18030.

This is what users of the library do for Chinese text: no sanitising, no wrapping, no barcode.
"""

from __future__ import annotations

import time

from escpos.printer import Dummy

from drivers.document import Document, Pair, Rule, Text
from pos.receipt import receipt_document
from tests.bench.baselines.answering import serve
from tests.bench.receipts import FACTS, sale

COLUMNS = 48


def plain(document: Document) -> bytes:
    """The lines of a receipt as bytes, the shortest way that prints."""
    printer = Dummy()
    for element in document.elements:
        if isinstance(element, Pair):
            used = len(element.left.encode("gb18030")) + len(element.right.encode("gb18030"))
            line = element.left + " " * (COLUMNS - used) + element.right
        elif isinstance(element, Text):
            left = (COLUMNS - len(element.text.encode("gb18030"))) // 2
            line = " " * left + element.text if element.align == "center" else element.text
        elif isinstance(element, Rule):
            line = element.char * COLUMNS
        else:
            continue
        printer._raw((line + "\n").encode("gb18030"))
    return bytes(printer.output)


def main() -> None:
    """Answer questions about receipts."""

    def encode(first: int, count: int) -> list[float]:
        documents = [receipt_document(sale(n), FACTS) for n in range(first, first + count)]
        times = []
        for document in documents:
            begun = time.perf_counter()
            plain(document)
            times.append(time.perf_counter() - begun)
        return times

    serve(encode=encode)


if __name__ == "__main__":
    main()
