"""A till that sells without a screen, to be killed: one fsynced line per acknowledged sale.

    python -m tests.faults.headless_till --home HOME --acks FILE [--sales N] [--lines M] …

Sales go through the services as the screen's do: each scan is persisted, the sale is committed,
and only when `saved` says so is the acknowledgement written and fsynced. Sale k begins with k pieces
of one item, so that a sale that is lost or doubled can be named. A sale left open by the last life is
taken up again and finished, as a cashier would. The acknowledgement file holds JSON lines:

    {"try": k}                     before the first scan of sale k
    {"ack": k, "no": …, "total_minor": …, "seq": …}
    {"undecided": true|false}      a commit is in doubt, or no longer (R15)
    {"refused": code}              what the till answered to a scan meanwhile

The file `prints` beside it holds `{"print": "<job id>"}` for each receipt handed to the printer
(R31). Standard output says all of it, and `{"ready": pid}` first.
"""

from __future__ import annotations

import argparse
import json
import os
import sqlite3
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

from pos.bootstrap import close_till
from pos.domain.cart import Refusal
from pos.domain.quantity import ONE
from pos.domain.tender import CASH
from pos.services import checkout
from pos.services.context import Till
from pos.services.session import load_session
from pos.store.connection import connect_raw
from tests.support.headless import code_of, open_counter

T = TypeVar("T")


class AckFile:
    """Append-only JSON lines, on disk before the call returns."""

    def __init__(self, path: Path, *, synced: bool = True) -> None:
        self._fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        self._synced = synced

    def write(self, **facts: object) -> None:
        """Write one line."""
        line = json.dumps(facts).encode() + b"\n"
        os.write(self._fd, line)
        if self._synced:
            os.fsync(self._fd)
        sys.stdout.write(line.decode())
        sys.stdout.flush()


class RecordingPrinter:
    """A printer that only says which jobs it was given."""

    def __init__(self, prints: AckFile) -> None:
        self._prints = prints

    def submit(self, job_id: str) -> None:
        """Say so."""
        self._prints.write(print=job_id)

    def open_drawer(self) -> None:
        """Nothing."""


def tried(path: Path) -> int:
    """Number of the last sale begun."""
    last = 0
    if path.exists():
        for line in path.read_bytes().splitlines():
            try:
                last = max(last, json.loads(line).get("try", 0))
            except ValueError:
                continue  # the line that the kill cut
    return last


class Seller:
    """The cashier: sells, waits when the till says so, acknowledges what is on disk."""

    def __init__(
        self, till: Till, acks: AckFile, *, ack_first: bool, naive: bool, no_reader: bool
    ) -> None:
        self.till = till
        self.acks = acks
        self.ack_first = ack_first
        self.naive = naive
        self.no_reader = no_reader

    def patiently(self, ask: Callable[[], T]) -> T:
        """Ask again for as long as the till refuses because a commit is in doubt."""
        said = False
        while True:
            answer = ask()
            if not (isinstance(answer, Refusal) and answer.code == "sale_undecided"):
                return answer
            if not said:
                self.acks.write(refused=answer.code)
                said = True
            time.sleep(0.02)

    def written(self) -> None:
        """One line a commit, as from a hand; a burst would share one, and syncs are counted here."""
        behind = self.till.write(lambda _: None)
        while not (behind.done() or self.till.journal.undecided):
            time.sleep(0.001)

    def sell(self, number: int, lines: int) -> None:
        """Sale `number`: that many pieces of the first item, then `lines - 1` others."""
        self.acks.write(**{"try": number})
        refusal = checkout.set_next_quantity(self.till, number * ONE)
        assert refusal is None, refusal
        for code in [code_of(0), *(code_of(1 + (number + i) % 30) for i in range(lines - 1))]:
            added = self.patiently(lambda code=code: checkout.scan(self.till, code))  # type: ignore[misc]
            assert isinstance(added, checkout.LineAdded), added
            self.written()
        self.finish(number)

    def finish(self, number: int) -> None:
        """Pay and complete the open sale; the acknowledgement follows the commit."""
        self.pay()
        if self.no_reader:
            # With no connection but the writer's, reopening recovers the WAL: a commit whose sync
            # failed is then there. With any other one it is not (R15).
            self.till.write(lambda _: None).result()
            self.till.journal.reader().close()
            self.till.journal._readers.close_mine()
        completion = self.patiently(lambda: checkout.complete(self.till))
        assert isinstance(completion, checkout.Completion), completion
        facts: dict[str, object] = {
            "ack": number,
            "no": completion.transaction.transaction_no,
            "total_minor": completion.transaction.total_minor,
        }
        if self.ack_first:  # the planted fault of a negative control
            self.acks.write(**facts)
        committed = self.committed(completion)
        if committed is None:  # the naive till said "not sold": the cashier enters it again
            self.finish(number)
        elif not self.ack_first:
            self.acks.write(**facts, seq=committed.seq)

    def pay(self) -> None:
        """Subtotal and exact cash, unless the recovered sale has been paid."""
        till = self.till
        for ask in (lambda: checkout.subtotal(till), lambda: checkout.tender(till, CASH)):
            if till.sale.payment is not None and not till.sale.payment.remaining_minor:
                return
            answer = self.patiently(ask)
            assert not isinstance(answer, Refusal), answer

    def committed(self, completion: checkout.Completion) -> checkout.Committed | None:
        """Wait for the commit; whoever scans while it is in doubt is refused."""
        while True:
            try:
                return completion.saved.result(timeout=0.2)
            except TimeoutError:
                if self.till.journal.undecided:
                    answer = checkout.scan(self.till, code_of(5))
                    self.acks.write(refused=getattr(answer, "code", "NOT REFUSED"))
            except sqlite3.Error:
                if not self.naive:
                    raise
                load_session(self.till)
                return None

    def resume(self) -> None:
        """Take up what the last life left open."""
        left = checkout.recover(self.till)
        if left.open_cart is None:
            return
        answer = checkout.resume_recovered(self.till)
        assert isinstance(answer, checkout.Recalled), answer
        self.finish(left.open_cart.lines[0].quantity_milli // ONE)


def plant_naive_commit(till: Till) -> None:
    """Negative control: an error from COMMIT is taken to mean that nothing happened (not R15)."""
    store: Any = till.journal

    def decide(job: Any, _doubtful: object, _result: object, error: sqlite3.Error) -> None:
        store._rollback()
        store._connection.close()
        store._connection = connect_raw(store.path, check_same_thread=False)
        store._load()
        job.future.set_exception(error)

    store._decide = decide


def main(arguments: Sequence[str] | None = None) -> int:
    """Sell until the number is reached or the process is killed."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--home", type=Path, required=True)
    parser.add_argument("--acks", type=Path, required=True)
    parser.add_argument("--sales", type=int, default=1_000_000)
    parser.add_argument("--lines", type=int, default=3)
    parser.add_argument("--pause-s", type=float, default=0.0)
    parser.add_argument("--synchronous", default="FULL", help="OFF and NORMAL: negative controls")
    parser.add_argument("--ack-first", action="store_true", help="negative control")
    parser.add_argument("--naive", action="store_true", help="negative control: R15 ignored")
    parser.add_argument("--no-reader", action="store_true", help="close the till's own reader")
    parser.add_argument("--no-close", action="store_true", help="leave as a killed process does")
    parser.add_argument("--only-open", action="store_true", help="open, close and say so")
    parser.add_argument("--wait", action="store_true", help="sell only after a line on stdin")
    options = parser.parse_args(arguments)

    acks = AckFile(options.acks)
    # A file of its own: the write worker says that it prints, the main thread acknowledges.
    prints = AckFile(options.acks.with_name("prints"))
    first = tried(options.acks) + 1
    till = open_counter(options.home, RecordingPrinter(prints))
    if options.naive:
        plant_naive_commit(till)
    if options.synchronous != "FULL":
        till.journal._connection.execute(f"PRAGMA synchronous = {options.synchronous}")
    till.journal.on_undecided = lambda undecided: acks.write(undecided=undecided)
    sys.stdout.write(json.dumps({"ready": os.getpid()}) + "\n")
    sys.stdout.flush()
    if options.wait:
        sys.stdin.readline()
    if not options.only_open:
        seller = Seller(
            till,
            acks,
            ack_first=options.ack_first,
            naive=options.naive,
            no_reader=options.no_reader,
        )
        seller.resume()
        for number in range(first, first + options.sales):
            seller.sell(number, options.lines)
            time.sleep(options.pause_s)
    if options.no_close:
        os._exit(0)
    close_till(till)
    acks.write(closed=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
