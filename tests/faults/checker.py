"""What must hold of a home after any fault: nothing acknowledged lost, nothing doubled, all verifies.

Everything is looked at in a copy. The chain, the sums and the acknowledgements are checked with
sqlite3, hashlib and json alone; only the rebuild of the projections is the product's own.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pos.store import projections


@dataclass
class Findings:
    """What was found; `faults` is empty when everything holds."""

    entries: int = 0
    sales: int = 0
    acknowledged: int = 0
    printed: int = 0
    faults: list[str] = field(default_factory=list)

    @property
    def unacknowledged(self) -> int:
        """Sales on disk that nobody was told of: allowed, they are found at the next start."""
        return self.sales - self.acknowledged


def read_acks(path: Path) -> list[dict[str, Any]]:
    """Lines of an acknowledgement file; a last line that a kill cut is left out."""
    lines = []
    for line in path.read_bytes().splitlines() if path.exists() else ():
        try:
            lines.append(json.loads(line))
        except ValueError:
            continue
    return lines


def check(home: Path, acks: Path, copy: Path) -> Findings:
    """Compare a home with its acknowledgements, looking at a copy made in the folder `copy`."""
    shutil.rmtree(copy, ignore_errors=True)
    copy.mkdir(parents=True)
    for name in ("journal.db", "journal.db-wal"):
        if (home / name).exists():
            shutil.copyfile(home / name, copy / name)
    findings = Findings()
    connection = sqlite3.connect(copy / "journal.db", isolation_level=None)
    try:
        said = read_acks(acks) + read_acks(acks.with_name("prints"))
        _check(connection, said, findings)
    except sqlite3.DatabaseError as error:
        findings.faults.append(f"journal.db cannot be read: {error}")
    finally:
        connection.close()
    return findings


def _check(connection: sqlite3.Connection, acks: list[dict[str, Any]], findings: Findings) -> None:
    faults = findings.faults
    verdict = connection.execute("PRAGMA integrity_check").fetchone()[0]
    if verdict != "ok":
        faults.append(f"integrity_check: {verdict}")
    bodies = _check_chain(connection, findings)
    _check_acks(connection, bodies, acks, findings)
    before = projections.fingerprint(connection)
    connection.execute("BEGIN IMMEDIATE")
    projections.rebuild(connection)
    after = projections.fingerprint(connection)
    connection.execute("ROLLBACK")
    faults.extend(
        f"projection {name} differs once rebuilt" for name in before if before[name] != after[name]
    )


def _check_chain(connection: sqlite3.Connection, findings: Findings) -> dict[str, dict[str, Any]]:
    """Chain, gapless sequences, unique entries; returns transactions by their number."""
    faults = findings.faults
    epochs = dict(connection.execute("SELECT epoch_no, epoch_id FROM epoch").fetchall())
    heads = dict.fromkeys(epochs, (0, bytes(32)))
    uuids: Counter[str] = Counter()
    transactions: dict[str, dict[str, Any]] = {}
    for epoch_no, seq, digest, data in connection.execute(
        "SELECT epoch_no, seq, hash, bytes FROM journal_entry ORDER BY epoch_no, seq"
    ):
        last, head = heads.get(epoch_no, (0, bytes(32)))
        if seq != last + 1:
            faults.append(f"epoch {epoch_no}: entry {seq} follows {last}")
        if hashlib.sha256(head + data).digest() != digest:
            faults.append(f"epoch {epoch_no}: the chain breaks at entry {seq}")
        heads[epoch_no] = (seq, digest)
        entry = json.loads(data)
        if entry["epoch"] != epochs.get(epoch_no) or entry["seq"] != seq:
            faults.append(f"entry {seq} says epoch {entry['epoch']}, seq {entry['seq']}")
        uuids[entry["entry_uuid"]] += 1
        findings.entries += 1
        if entry["kind"] == "transaction":
            body = entry["body"]
            if body["transaction_no"] in transactions:
                faults.append(f"transaction {body['transaction_no']} stands there twice")
            transactions[body["transaction_no"]] = body
    faults.extend(f"entry_uuid {uuid} stands there twice" for uuid, n in uuids.items() if n > 1)
    findings.sales = len(transactions)
    return transactions


def _check_acks(
    connection: sqlite3.Connection,
    transactions: dict[str, dict[str, Any]],
    acks: list[dict[str, Any]],
    findings: Findings,
) -> None:
    faults = findings.faults
    begun = {line["try"] for line in acks if "try" in line}
    for line in acks:
        if "ack" not in line:
            continue
        findings.acknowledged += 1
        found = transactions.get(line["no"])
        if found is None:
            faults.append(f"lost: acknowledged sale {line['ack']} ({line['no']})")
        elif found.get("total_minor", 0) != line["total_minor"]:
            faults.append(f"sale {line['no']} was acknowledged with another total")
        elif _number(found) != line["ack"]:
            faults.append(f"sale {line['no']} is {_number(found)}, acknowledged as {line['ack']}")
    numbers = Counter(_number(body) for body in transactions.values())
    faults.extend(
        f"doubled: sale {number} was made {n} times" for number, n in numbers.items() if n > 1
    )
    faults.extend(f"sale {number} was never begun" for number in numbers if number not in begun)
    for number, body in transactions.items():
        lines = sum(line["amount_minor"] for line in body.get("lines", ()))
        tenders = sum(tender["amount_minor"] for tender in body.get("tenders", ()))
        if lines != tenders or lines != body.get("total_minor", 0):
            faults.append(
                f"sale {number} does not balance: {lines} in lines, {tenders} in tenders"
            )
    rows = connection.execute("SELECT job_id, transaction_no FROM print_job").fetchall()
    jobs = dict(rows)
    for line in acks:
        if "print" in line:
            findings.printed += 1
            if jobs.get(line["print"]) not in transactions:
                faults.append(f"printed without a sale: job {line['print']}")
    open_numbers = [
        json.loads(body)["quantity_milli"] // 1000
        for (body,) in connection.execute(
            "SELECT body FROM open_sale_line WHERE line_no = 1 AND sale_uuid IN "
            "(SELECT sale_uuid FROM open_sale)"
        )
    ]
    faults.extend(
        f"sale {number} is closed and still open" for number in open_numbers if number in numbers
    )


def _number(body: dict[str, Any]) -> int:
    return int(body["lines"][0]["quantity_milli"]) // 1000
