"""Ours, bar 20: head office's figures, cards, answers to tills, and folding."""

from __future__ import annotations

import contextlib
import sys
import time
from pathlib import Path

from sync.head_office import stock_cards, stock_figures, stock_fold
from sync.head_office.database import open_head_office
from sync.stock_wire import Position, cursor_of
from tests.bench.baselines.answering import serve
from tests.bench.big_office import LINES, STORE


class _Undone(Exception):
    """Folding is measured, and taken back so that the next run finds the same."""


def main(home: Path) -> None:
    """Answer questions about a head office's stock."""
    office = open_head_office(home)
    dialect = office.dialect

    def on_hand(codes: list[str]) -> list[float]:
        times = []
        for code in codes:
            begun = time.perf_counter()
            stock_figures.on_hand_milli(dialect, STORE, code)
            times.append(time.perf_counter() - begun)
        return times

    def card(codes: list[str], limit: int) -> list[float]:
        """A page with documents and persons, and what was left after each movement."""
        times = []
        for code in codes:
            begun = time.perf_counter()
            page = stock_cards.card(dialect, STORE, code, limit=limit)
            times.append(time.perf_counter() - begun)
            assert page.lines, code
        return times

    def asked(times: int) -> list[float]:
        """What a till that knows everything folded is told."""
        cursor, taken = cursor_of(office.incarnation, Position(1)), []
        for _ in range(times):
            begun = time.perf_counter()
            answer = stock_figures.answer(office, STORE, cursor)
            taken.append(time.perf_counter() - begun)
            assert answer.items
        return taken

    def fold(entries: int) -> list[float]:
        """Movements folded in a second, of the ledger's last entries."""
        took = 0.0
        with contextlib.suppress(_Undone), dialect.transaction():
            dialect.execute(f"UPDATE epoch SET folded_seq = acked_seq - {entries}")
            dialect.execute(
                "DELETE FROM stock_card WHERE seq > (SELECT folded_seq FROM epoch LIMIT 1)"
            )
            begun = time.perf_counter()
            stock_fold.fold_all(dialect)
            took = time.perf_counter() - begun
            raise _Undone
        return [entries * LINES / took]

    serve(on_hand=on_hand, card=card, asked=asked, fold=fold)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
