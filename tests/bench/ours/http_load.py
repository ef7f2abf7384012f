"""Ours, bar 13: four tills push batches over four kept-open connections to a served head office."""

from __future__ import annotations

import http.client
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import urlsplit

from sync import protocol
from sync.head_office.database import open_head_office
from tests.bench.baselines.answering import serve
from tests.bench.entries import Trader, a_real_sale
from tests.sync.head_office.office_kit import EnrolledTill, new_code

CONNECTIONS = 4


class Pusher:
    """One till, its connection, and batches made beforehand."""

    def __init__(self, url: str, till: EnrolledTill, trader: Trader) -> None:
        parts = urlsplit(url)
        self.connection = http.client.HTTPConnection(parts.hostname or "", parts.port)
        self.till = till
        self.trader = trader
        self.bodies: list[bytes] = []

    def prepare(self, sales: int, batches: int) -> None:
        """Make bodies as the uploader sends them."""
        for _ in range(batches):
            batch = self.trader.batch(sales)
            last = batch.first_seq + len(batch.records) - 1
            request = self.trader.till.request(
                batch.first_seq, last, workstation_uuid=self.till.workstation_uuid
            )
            self.bodies.append(protocol.deflate(protocol.encode(request)))

    def push(self) -> None:
        """Send all of them, one in flight."""
        for body in self.bodies:
            headers = self.till.headers("POST", protocol.ROUTE_JOURNAL, body)
            headers |= {"Content-Type": "application/json", "Content-Encoding": "gzip"}
            self.connection.request("POST", protocol.ROUTE_JOURNAL, body, headers)
            answer = self.connection.getresponse()
            text = answer.read()
            assert answer.status == 200, text
        self.bodies.clear()


def main(home: Path, url: str) -> None:
    """Enrol and push."""
    office = open_head_office(home)
    sale = a_real_sale()
    pushers = []
    for number in range(1, CONNECTIONS + 1):
        code = new_code(office, "01", str(number))
        till = EnrolledTill.enrol(url, code, machine=f"machine-{number}")
        trader = Trader(sale, str(number))
        trader.till.workstation_uuid = till.workstation_uuid
        pushers.append(Pusher(url, till, trader))
    office.close()
    pool = ThreadPoolExecutor(CONNECTIONS)
    for pusher in pushers:
        pusher.prepare(1, 1)  # with the opening of epoch and day
        pusher.push()

    def push(sales: int, batches: int) -> list[float]:
        """Seconds per sale, all connections together."""
        for pusher in pushers:
            pusher.prepare(sales, batches)
        begun = time.perf_counter()
        for done in [pool.submit(pusher.push) for pusher in pushers]:
            done.result()
        return [(time.perf_counter() - begun) / (sales * batches * CONNECTIONS)]

    serve(push=push)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
