"""Head office on both engines: every test that asks for `hq` runs on SQLite and on PostgreSQL."""

from collections.abc import Iterator

import pytest

from tests.postgres_fixture import (  # noqa: F401 - fixtures
    new_database,
    postgres_server,
    postgres_url,
)
from tests.sync.head_office.office_kit import Office, make_office


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request, tmp_path):
    """URL of an empty database, once on each engine."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'hq' / 'hq.db'}"
    return request.getfixturevalue("postgres_url")


@pytest.fixture(
    scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]
)
def chain_database_url(request) -> str | None:
    """Database of a chain that a whole module shares, once on each engine; None is SQLite."""
    if request.param == "sqlite":
        return None
    return new_database(request.getfixturevalue("postgres_server"))


@pytest.fixture
def hq(tmp_path, database_url) -> Iterator[Office]:
    """A new head office on each engine."""
    (tmp_path / "hq").mkdir(exist_ok=True)
    made = make_office(tmp_path / "hq", database_url)
    yield made
    made.office.close()
