"""Ours, bar 16: a document becomes bytes, and a committed sale reaches the printer's wire."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path

from drivers.document_layout import render_text
from drivers.escpos.compiler import compile_document
from drivers.escpos.profile import PrinterProfile
from drivers.fakes import PtyPrinter
from pos.config import with_values
from pos.printers import connect_printers
from pos.receipt import receipt_document
from tests.bench.baselines.answering import serve
from tests.bench.receipts import FACTS, sale
from tests.support.headless import code_of, make_shop, open_counter, pay_cash, scan_all

PROFILE = PrinterProfile("bench-80", columns=48, dots=576)
_ASKED = 12
"""DLE EOT 1 to 4: the pre-flight question, three bytes each."""


def main(home: Path) -> None:
    """Answer questions about receipts."""

    def build(first: int, count: int) -> list[float]:
        """Document → bytes: sanitised, laid out, encoded."""
        documents = [receipt_document(sale(n), FACTS) for n in range(first, first + count)]
        times = []
        for document in documents:
            begun = time.perf_counter()
            compile_document(document, PROFILE)
            times.append(time.perf_counter() - begun)
        return times

    def sizes(number: int) -> list[int]:
        """Bytes of a receipt, and of its text as GBK with a line feed a line."""
        document = receipt_document(sale(number), FACTS)
        text = render_text(document, 48).replace("[cut]\n", "")
        return [len(compile_document(document, PROFILE)), len(text.encode("gbk"))]

    def wire(count: int) -> list[list[float]]:
        """COMMIT has returned → the printer has the first byte, and the first of the receipt."""
        shutil.rmtree(home, ignore_errors=True)
        make_shop(home)
        till = open_counter(home)
        till.settings = with_values(till.settings, {"printer.profile": "generic-80"}, "bench")
        asked, receipts = [], []
        with PtyPrinter() as far:
            gate, watch = connect_printers(till, far.url)
            assert gate is not None
            assert watch is not None
            watch.stop()
            try:
                for _ in range(count):
                    scan_all(till, [code_of(i) for i in range(30)])
                    far.wait_for(lambda model: not model.take_output())
                    before = len(far.raw)
                    saved = pay_cash(till).saved
                    saved.result()
                    begun = time.perf_counter()
                    assert far.wait_for(lambda model, n=before: len(model.raw) > n)
                    asked.append(max(0.0, time.perf_counter() - begun))
                    assert far.wait_for(lambda model, n=before: len(model.raw) > n + _ASKED)
                    receipts.append(time.perf_counter() - begun)
                    assert far.wait_for_receipts(len(receipts), 30)
                    till.write(lambda _: None).result()
            finally:
                gate.close()
        return [asked, receipts]

    serve(build=build, sizes=sizes, wire=wire)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
