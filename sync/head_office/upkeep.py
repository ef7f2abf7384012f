"""Upkeep of head office: segments from files, verification, backup."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import subprocess
import time
from pathlib import Path
from urllib.parse import unquote, urlsplit

import msgspec

from pos.domain.journal import GENESIS_HASH, chain_hash
from sync.head_office import projections, quarantine
from sync.head_office.auth import workstation_by_uuid
from sync.head_office.batches import Batch, Refused
from sync.head_office.database import HeadOffice
from sync.head_office.dialect import DatabaseSetupError, SqliteDialect
from sync.head_office.ingest import Ingest
from sync.protocol import WireError
from sync.segment import Segment, read_segments


class FileTaken(msgspec.Struct):
    """What taking a file of segments did."""

    entries: int = 0
    new: int = 0
    problems: list[str] = []


class Verified(msgspec.Struct):
    """What verification found; no problems means that everything holds."""

    epochs: int = 0
    entries: int = 0
    quarantined: int = 0
    problems: list[str] = []


def ingest_file(office: HeadOffice, file: Path) -> FileTaken:
    """Take a file of journal segments through R6 (R24); a till must be enrolled here.

    A segment whose signature is not its workstation's is not taken; the others are.
    """
    taken = FileTaken()
    engine = Ingest(office)
    with file.open("rb") as stream:
        try:
            for segment in read_segments(stream.read):
                _take(office, engine, segment, taken)
        except WireError as error:
            taken.problems.append(error.detail)
    engine.fold()
    engine.goods_jobs.run()
    return taken


def _take(office: HeadOffice, engine: Ingest, segment: Segment, taken: FileTaken) -> None:
    header = segment.header
    taken.entries += header.count
    name = f"entries {header.first_seq}-{header.first_seq + header.count - 1}"
    workstation = workstation_by_uuid(office, header.workstation_uuid)
    if workstation is None:
        taken.problems.append(f"{name}: workstation {header.workstation_uuid} is not enrolled")
        return
    keys = (workstation.public_key, workstation.next_public_key)
    if not any(key and segment.signed_by(key) for key in keys):
        taken.problems.append(f"{name}: not signed by the workstation's key")
        return
    answer = engine.take(
        workstation.source,
        Batch(
            epoch=header.epoch,
            first_seq=header.first_seq,
            prev_hash=bytes.fromhex(header.prev_hash),
            records=segment.records,
            final_seq=header.final_seq,
            app_version=header.app_version,
        ),
    )
    if isinstance(answer, Refused):
        taken.problems.append(f"{name}: {answer.error}: {answer.detail}")
        return
    taken.new += answer.new


def verify(office: HeadOffice) -> Verified:
    """Check I1 (sequences, chains, watermarks) and I3 (rebuilt = incremental)."""
    result = Verified()
    dialect = office.dialect
    epochs = dialect.query(
        "SELECT store_id, workstation_no, epoch_no, acked_seq, head_hash FROM epoch "
        "ORDER BY store_id, workstation_no, epoch_no"
    )
    for store_id, workstation_no, epoch_no, acked_seq, head_hash in epochs:
        result.epochs += 1
        name = f"store {store_id}, workstation no. {workstation_no}, epoch {epoch_no}"
        place = (store_id, workstation_no, epoch_no)
        reached, digest = _walk(office, place, name, result)
        if reached != acked_seq:
            result.problems.append(f"{name}: watermark {acked_seq}, but entries to {reached}")
        elif digest != bytes(head_hash):
            result.problems.append(f"{name}: the head hash is not that of entry {reached}")
    before = projections.digest(dialect)
    with contextlib.suppress(_RolledBack), dialect.transaction():
        projections.rebuild_here(dialect)
        after = projections.digest(dialect)
        raise _RolledBack
    result.problems += [
        f"table {table} is not what the journal gives: run `hq rebuild`"
        for table in before
        if before[table] != after[table]
    ]
    return result


class _RolledBack(Exception):
    pass


def _walk(
    office: HeadOffice, place: tuple[str, int, int], name: str, result: Verified
) -> tuple[int, bytes]:
    previous, expected = GENESIS_HASH, 1
    while True:
        rows = office.dialect.query(
            "SELECT seq, hash, bytes, flags FROM journal WHERE store_id = ? "
            "AND workstation_no = ? AND epoch_no = ? AND seq >= ? ORDER BY seq LIMIT 1000",
            (*place, expected),
        )
        if not rows:
            return expected - 1, previous
        for seq, stated, data, flags in rows:
            if seq != expected:
                result.problems.append(f"{name}: entry {expected} is missing")
                expected = int(seq)
            result.entries += 1
            if flags in ("quarantined", quarantine.RELEASED, quarantine.REPEAT):
                # Kept with the hash that it claimed, which its bytes need not give (R9).
                result.quarantined += flags == "quarantined"
            elif chain_hash(previous, bytes(data)) != bytes(stated):
                result.problems.append(f"{name}: entry {seq} does not give its hash")
            previous = bytes(stated)
            expected += 1


def backup(office: HeadOffice, target: Path | None = None) -> Path:
    """Copy the database to `target` (a file; default in `backups/`) and check the copy.

    PostgreSQL is copied with its own pg_dump and the copy is read with pg_restore; raises
    DatabaseSetupError naming the package when they are missing, or older than the server.
    """
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(office.clock_ms() / 1000))
    suffix = "db" if isinstance(office.dialect, SqliteDialect) else "dump"
    chosen = target or office.home.backups / f"hq-{stamp}.{suffix}"
    chosen.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    partial = chosen.with_name(chosen.name + ".tmp")
    partial.unlink(missing_ok=True)
    if isinstance(office.dialect, SqliteDialect):
        office.dialect.execute("VACUUM INTO ?", (str(partial),))
        copy = sqlite3.connect(partial)
        try:
            verdict = copy.execute("PRAGMA integrity_check").fetchone()[0]
        finally:
            copy.close()
        if verdict != "ok":
            raise DatabaseSetupError(f"the copy is damaged: {verdict}")
    else:
        _dump_postgres(office.home.database_url, partial)
    partial.chmod(0o600)
    partial.replace(chosen)
    return chosen


def _dump_postgres(url: str, target: Path) -> None:
    parts = urlsplit(url)
    # The password goes by the environment: arguments are there for everybody to see.
    plain = url.replace(f":{parts.password}@", "@", 1) if parts.password else url
    environment = dict(os.environ)
    if parts.password:
        environment["PGPASSWORD"] = unquote(parts.password)
    _run_postgres_tool(
        ["pg_dump", "--format=custom", f"--file={target}", f"--dbname={plain}"], environment
    )
    listed = _run_postgres_tool(["pg_restore", "--list", str(target)], environment)
    if " TABLE DATA " not in listed:
        raise DatabaseSetupError("the copy is damaged: it holds no table")


def _run_postgres_tool(arguments: list[str], environment: dict[str, str]) -> str:
    try:
        done = subprocess.run(
            arguments, check=False, capture_output=True, text=True, env=environment
        )
    except FileNotFoundError as error:
        raise DatabaseSetupError(
            f"a backup of PostgreSQL needs {arguments[0]}, which is not installed here: install "
            "the package postgresql-client of the server's version (apt install "
            "postgresql-client), or run `hq backup` on the database's own machine"
        ) from error
    if done.returncode:
        raise DatabaseSetupError(f"{arguments[0]} did not make a backup: {done.stderr.strip()}")
    return done.stdout
