"""Counts at head office on both engines: every test that asks for `shop` runs on each of them."""

from collections.abc import Iterator

import pytest

from tests.postgres_fixture import postgres_server, postgres_url  # noqa: F401 - fixtures
from tests.sync.goods.test_counts import Shop


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    """One store of a new world; head office's database is on one engine, then on the other."""
    on_postgres = request.param == "postgresql"
    made = Shop(database_url=request.getfixturevalue("postgres_url") if on_postgres else None)
    yield made
    made.close()
